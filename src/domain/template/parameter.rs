//! The `Parameters` section: what each parameter accepts. Checking a value belongs to `parameters`.

use super::{Pattern, scalar_text};
use crate::document::{Entry, Node, Problem, Problems, nearest};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Most parameters a template may have.
const MAX_PARAMETERS: usize = 200;

/// One parameter of a template.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its key, letters and digits.
    pub key: String,
    /// Line of the key in the template.
    pub line: usize,
    /// What sort of value it takes.
    pub kind: ParameterKind,
    /// Value used when none is given; `None` means one must be given.
    pub default: Option<String>,
    /// The only values it takes, each once, in file order; empty when any value will do.
    pub allowed_values: Vec<String>,
    /// Friendly texts for allowed values, from the metadata `ParameterAllowedValueLabels`.
    pub value_labels: BTreeMap<String, String>,
    /// Java regular expression the whole value must match.
    pub allowed_pattern: Option<Pattern>,
    /// What to tell a person whose value is refused.
    pub constraint_description: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Fewest characters.
    pub min_length: Option<u32>,
    /// Most characters.
    pub max_length: Option<u32>,
    /// Smallest number.
    pub min_value: Option<Decimal>,
    /// Largest number.
    pub max_value: Option<Decimal>,
    /// Whether the value is a secret that AWS does not print.
    pub no_echo: bool,
    /// Friendly name from the Interface metadata.
    pub label: Option<String>,
}

/// What sort of value a parameter takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKind {
    /// Any text.
    String,
    /// One number.
    Number,
    /// Numbers separated by commas.
    NumberList,
    /// Texts separated by commas.
    CommaDelimitedList,
    /// The id or name of something that exists, by its type such as `AWS::EC2::VPC::Id`.
    Aws(String),
    /// Several of those, separated by commas.
    AwsList(String),
    /// The path of an SSM parameter whose value has this type.
    SsmValue(String),
}

/// Types CloudFormation checks against the account.
const AWS_TYPES: [&str; 10] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

impl ParameterKind {
    /// Reads a `Type`; `None` for what CloudFormation does not know either.
    pub fn parse(text: &str) -> Option<Self> {
        let inside = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix('>');
        match text {
            "String" => return Some(Self::String),
            "Number" => return Some(Self::Number),
            "CommaDelimitedList" => return Some(Self::CommaDelimitedList),
            "List<Number>" => return Some(Self::NumberList),
            // The name of an SSM parameter is passed on as it is.
            "AWS::SSM::Parameter::Name" => return Some(Self::Aws(text.to_owned())),
            known if AWS_TYPES.contains(&known) => return Some(Self::Aws(text.to_owned())),
            _ => {}
        }
        if let Some(of) = inside("AWS::SSM::Parameter::Value<") {
            let element = of.strip_prefix("List<").and_then(|of| of.strip_suffix('>')).unwrap_or(of);
            let known = matches!(element, "String" | "CommaDelimitedList") || AWS_TYPES.contains(&element);
            return known.then(|| Self::SsmValue(of.to_owned()));
        }
        match inside("List<") {
            // CloudFormation takes `List<String>` although it documents `CommaDelimitedList` only.
            Some("String") => Some(Self::CommaDelimitedList),
            Some(of) => AWS_TYPES.contains(&of).then(|| Self::AwsList(of.to_owned())),
            None => None,
        }
    }

    /// Whether the value is several ones separated by commas.
    pub fn is_list(&self) -> bool {
        match self {
            Self::NumberList | Self::CommaDelimitedList | Self::AwsList(_) => true,
            Self::String | Self::Number | Self::Aws(_) | Self::SsmValue(_) => false,
        }
    }
}

pub(super) fn read_all(section: Option<&Node>, problems: &Problems) -> Vec<Parameter> {
    let Some(section) = section.filter(|section| !section.is_null()) else {
        return Vec::new();
    };
    let Some(entries) = section.as_map() else {
        let what = format!("`Parameters` is {}", section.in_words());
        problems.add(Problem::new(section.line, what, "write a map from parameter keys to their types"));
        return Vec::new();
    };
    if entries.len() > MAX_PARAMETERS {
        let what = format!("the template has {} parameters", entries.len());
        problems.add(Problem::new(
            section.line,
            what,
            format!("CloudFormation takes {MAX_PARAMETERS} at most"),
        ));
    }
    // `Fn::ForEach` and the like are left for AWS to expand.
    let own = entries.iter().filter(|entry| !entry.key.starts_with("Fn::"));
    own.filter_map(|entry| ParameterReader { entry, problems }.read()).collect()
}

/// Reads the attributes of one parameter and notes what is wrong with them.
struct ParameterReader<'a> {
    entry: &'a Entry,
    problems: &'a Problems,
}

impl ParameterReader<'_> {
    fn problem(&self, line: usize, what: &str, remedy: impl Into<String>) {
        let what = format!("parameter `{}`: {what}", self.entry.key);
        self.problems.add(Problem::new(line, what, remedy));
    }

    fn read(&self) -> Option<Parameter> {
        let Entry { key, line, value } = self.entry;
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric()) {
            self.problem(
                *line,
                "its key is not made of letters and digits",
                "rename it, for example `BucketName`",
            );
        }
        if value.as_map().is_none() {
            self.problem(
                value.line,
                &format!("it is {}", value.in_words()),
                "write at least `Type: String` under it",
            );
            return None;
        }
        Some(Parameter {
            key: key.clone(),
            line: *line,
            kind: self.kind()?,
            default: self.text("Default"),
            allowed_values: self.allowed_values(),
            value_labels: BTreeMap::new(),
            allowed_pattern: self.text("AllowedPattern").map(|java| Pattern::new(&java)),
            constraint_description: self.text("ConstraintDescription").filter(|text| !text.trim().is_empty()),
            description: self.text("Description").filter(|text| !text.trim().is_empty()),
            min_length: self.bound("MinLength"),
            max_length: self.bound("MaxLength"),
            min_value: self.bound("MinValue"),
            max_value: self.bound("MaxValue"),
            no_echo: self.text("NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true")),
            label: None,
        })
    }

    fn kind(&self) -> Option<ParameterKind> {
        let Some(written) = self.text("Type") else {
            if self.entry.value.get("Type").is_none() {
                self.problem(self.entry.line, "it has no `Type`", "add one, for example `Type: String`");
            }
            return None;
        };
        let kind = ParameterKind::parse(&written);
        if kind.is_none() {
            let line = self.entry.value.get("Type").map_or(self.entry.line, |node| node.line);
            let plain = ["String", "Number", "CommaDelimitedList", "List<Number>"];
            let remedy = match nearest(&written, plain.into_iter().chain(AWS_TYPES)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if written.eq_ignore_ascii_case("boolean") => {
                    "use `String` with `AllowedValues: [\"true\", \"false\"]`".to_owned()
                }
                None => "use `String`, `Number`, `CommaDelimitedList` or a type such as `AWS::EC2::VPC::Id`"
                    .to_owned(),
            };
            self.problem(line, &format!("there is no type `{written}`"), remedy);
        }
        kind
    }

    fn text(&self, attribute: &str) -> Option<String> {
        let node = self.entry.value.get(attribute)?;
        let text = scalar_text(node);
        if text.is_none() {
            let what = format!("`{attribute}` is {}", node.in_words());
            self.problem(node.line, &what, format!("write one text after `{attribute}:`"));
        }
        text
    }

    fn allowed_values(&self) -> Vec<String> {
        let Some(node) = self.entry.value.get("AllowedValues") else {
            return Vec::new();
        };
        let texts: Option<Vec<String>> =
            node.as_list().and_then(|list| list.iter().map(scalar_text).collect());
        let Some(texts) = texts else {
            self.problem(
                node.line,
                "`AllowedValues` is not a list of texts",
                "write for example `AllowedValues: [small, large]`",
            );
            return Vec::new();
        };
        let mut seen = std::collections::HashSet::new();
        texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
    }

    fn bound<T: FromStr>(&self, attribute: &str) -> Option<T> {
        let text = self.text(attribute)?;
        let bound = text.trim().parse().ok();
        if bound.is_none() {
            let line = self.entry.value.get(attribute).map_or(self.entry.line, |node| node.line);
            self.problem(
                line,
                &format!("`{attribute}` is `{text}`"),
                format!("write a number, for example `{attribute}: 3`"),
            );
        }
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_cloudformation_and_no_others() {
        assert_eq!(ParameterKind::parse("List<Number>"), Some(ParameterKind::NumberList));
        assert_eq!(
            ParameterKind::parse("List<AWS::EC2::VPC::Id>"),
            Some(ParameterKind::AwsList("AWS::EC2::VPC::Id".into()))
        );
        assert_eq!(
            ParameterKind::parse("AWS::SSM::Parameter::Value<List<String>>"),
            Some(ParameterKind::SsmValue("List<String>".into()))
        );
        for wrong in [
            "Boolean",
            "string",
            "List<>",
            "List<Boolean>",
            "AWS::EC2::Nonsense",
            "",
            "AWS::SSM::Parameter::Value<X>",
        ] {
            assert_eq!(ParameterKind::parse(wrong), None, "{wrong}");
        }
    }
}
