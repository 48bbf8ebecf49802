//! Parses the `Parameters` section: what each parameter accepts. Checking values is in
//! [`value`](crate::value).

use crate::document::{Entry, Node, Problem, Problems, Value, nearest};
use crate::logical_ids::is_logical_id;
use crate::pattern::Pattern;
use crate::scalars::{read_otherwise, scalar_text};
use crate::text::{grouped, parse_number};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The attributes of a parameter: "CloudFormation template Parameters syntax" in the AWS CloudFormation User Guide,
/// read on 2026-11-29.
const ATTRIBUTES: [&str; 11] = [
    "Type",
    "Default",
    "AllowedValues",
    "AllowedPattern",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
    "ConstraintDescription",
    "Description",
    "NoEcho",
];

/// Longest name ("Understand CloudFormation quotas" in the same guide) and description in characters, and longest
/// value in bytes.
const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 4_000;
const MAX_VALUE: usize = 4_096;

/// One parameter of a template.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The key, letters and digits.
    pub key: String,
    /// The line of the key in the template.
    pub line: usize,
    /// The line of the default, or of the key if there is none.
    pub default_line: usize,
    /// The type of its values.
    pub kind: ParameterKind,
    /// The default; `None` if a value has to be given.
    pub default: Option<String>,
    /// The only allowed values, each once, in file order; empty if any value is allowed.
    pub allowed_values: Vec<String>,
    /// Labels of allowed values, from the metadata `ParameterAllowedValueLabels`.
    pub value_labels: BTreeMap<String, String>,
    /// The Java regular expression that the whole value has to match.
    pub allowed_pattern: Option<Pattern>,
    /// The message for a value that is refused.
    pub constraint_description: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// Minimum length in characters.
    pub min_length: Option<u32>,
    /// Maximum length in characters.
    pub max_length: Option<u32>,
    /// Minimum of a number.
    pub min_value: Option<Decimal>,
    /// Maximum of a number.
    pub max_value: Option<Decimal>,
    /// Whether the value is a secret that AWS does not print.
    pub no_echo: bool,
    /// The label from the Interface metadata.
    pub label: Option<String>,
}

impl Parameter {
    /// Returns the default, unless it is a secret.
    pub fn shown_default(&self) -> Option<&str> {
        self.default.as_deref().filter(|_| !self.no_echo)
    }
}

/// The type of a parameter's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKind {
    /// `String`: any text.
    String,
    /// `Number`: an integer or a decimal number.
    Number,
    /// Numbers separated by commas.
    NumberList,
    /// Texts separated by commas.
    CommaDelimitedList,
    /// The id or name of an existing resource, by its type such as `AWS::EC2::VPC::Id`.
    Aws(String),
    /// Several of those, separated by commas.
    AwsList(String),
    /// The path of an SSM parameter whose value has this type.
    SsmValue(String),
}

/// Types that CloudFormation checks against the account.
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
    /// Parses a `Type`; `None` if CloudFormation does not know it either.
    pub fn parse(text: &str) -> Option<Self> {
        let inside = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix('>');
        match text {
            "String" => return Some(Self::String),
            "Number" => return Some(Self::Number),
            "CommaDelimitedList" => return Some(Self::CommaDelimitedList),
            "List<Number>" => return Some(Self::NumberList),
            // The name of the SSM parameter itself is the value.
            "AWS::SSM::Parameter::Name" => return Some(Self::Aws(text.to_owned())),
            aws_type if AWS_TYPES.contains(&aws_type) => return Some(Self::Aws(text.to_owned())),
            _ => {}
        }
        if let Some(inner) = inside("AWS::SSM::Parameter::Value<") {
            let element =
                inner.strip_prefix("List<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(inner);
            return (!element.is_empty()).then(|| Self::SsmValue(inner.to_owned()));
        }
        match inside("List<") {
            // CloudFormation accepts `List<String>` although it documents only `CommaDelimitedList`.
            Some("String") => Some(Self::CommaDelimitedList),
            // "Lists of SSM parameter types" are documented as not supported.
            Some(inner) if inner.is_empty() || inner.starts_with("AWS::SSM::") => None,
            Some(inner) => Some(Self::AwsList(inner.to_owned())),
            None => None,
        }
    }

    /// Returns the element type, if CloudFormation accepts it without documenting it (W2002 of cfn-lint 1.58.0). It
    /// then checks no values.
    fn undocumented(&self) -> Option<&str> {
        const PLAIN: [&str; 4] = ["String", "Number", "CommaDelimitedList", "AWS::SSM::Parameter::Name"];
        let (inner, element) = match self {
            Self::AwsList(inner) => (inner, inner.as_str()),
            Self::SsmValue(inner) => (
                inner,
                inner.strip_prefix("List<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(inner),
            ),
            Self::String | Self::Number | Self::NumberList | Self::CommaDelimitedList | Self::Aws(_) => {
                return None;
            }
        };
        (!AWS_TYPES.contains(&element) && !PLAIN.contains(&element)).then_some(inner)
    }

    /// Whether a value is a list separated by commas.
    pub fn is_list(&self) -> bool {
        match self {
            Self::NumberList | Self::CommaDelimitedList | Self::AwsList(_) => true,
            Self::String | Self::Number | Self::Aws(_) | Self::SsmValue(_) => false,
        }
    }
}

pub(crate) fn read_all(section: Option<&Node>, problems: &Problems, doubts: &Problems) -> Vec<Parameter> {
    let Some(section) = section.filter(|section| !section.is_null()) else {
        return Vec::new();
    };
    let entries = section.as_map().unwrap_or_default();
    // AWS expands `Fn::ForEach` and the like.
    let own = entries.iter().filter(|entry| !entry.key.starts_with("Fn::"));
    own.filter_map(|entry| ParameterReader { entry, problems, doubts }.read()).collect()
}

/// Reads the attributes of one parameter and reports what is wrong with them.
struct ParameterReader<'a> {
    entry: &'a Entry,
    problems: &'a Problems,
    doubts: &'a Problems,
}

impl ParameterReader<'_> {
    fn doubt(&self, line: usize, description: &str, remedy: impl Into<String>) {
        self.doubts.add(Problem::new(line, format!("parameter `{}`: {description}", self.entry.key), remedy));
    }

    fn problem(&self, line: usize, description: &str, remedy: impl Into<String>) {
        let description = format!("parameter `{}`: {description}", self.entry.key);
        self.problems.add(Problem::new(line, description, remedy));
    }

    fn read(&self) -> Option<Parameter> {
        let Entry { key, line, value } = self.entry;
        if !is_logical_id(key) {
            self.problem(
                *line,
                "its key is not made of letters and digits",
                "rename it, for example `BucketName`",
            );
        }
        self.at_most(*line, "its name has", key.chars().count(), MAX_NAME, "characters");
        // Null values are reported for the whole template.
        if value.is_null() {
            return None;
        }
        if value.as_map().is_none() {
            self.problem(
                value.line,
                &format!("it is {}", value.describe()),
                "write at least `Type: String` under it",
            );
            return None;
        }
        self.known_attributes();
        self.sizes();
        // Without a type the other attributes cannot be interpreted.
        let kind = self.kind()?;
        self.fitting_attributes(&kind);
        Some(Parameter {
            key: key.clone(),
            line: *line,
            default_line: value.get("Default").map_or(*line, |default| default.line),
            default: self.default(&kind),
            kind,
            allowed_values: self.allowed_values(),
            value_labels: BTreeMap::new(),
            allowed_pattern: self.text("AllowedPattern").map(|java| Pattern::new(&java)),
            constraint_description: self.text("ConstraintDescription").filter(|text| !text.trim().is_empty()),
            description: self.text("Description").filter(|text| !text.trim().is_empty()),
            min_length: self.bound("MinLength"),
            max_length: self.bound("MaxLength"),
            min_value: self.bound("MinValue"),
            max_value: self.bound("MaxValue"),
            no_echo: self.no_echo(),
            label: None,
        })
    }

    fn at_most(&self, line: usize, description: &str, count: usize, most: usize, unit: &str) {
        if count > most {
            let description = format!("{description} {} {unit}", grouped(&count));
            self.problem(line, &description, format!("CloudFormation takes {} at most", grouped(&most)));
        }
    }

    fn known_attributes(&self) {
        for attribute in self.entry.value.as_map().unwrap_or_default() {
            if !ATTRIBUTES.contains(&attribute.key.as_str()) {
                let remedy = match nearest(&attribute.key, ATTRIBUTES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("remove it, there are {}", ATTRIBUTES.join(", ")),
                };
                self.problem(attribute.line, &format!("unknown attribute `{}`", attribute.key), remedy);
            }
        }
    }

    fn sizes(&self) {
        let text = |attribute: &str| {
            self.entry.value.get(attribute).map(|node| (node.line, scalar_text(node).unwrap_or_default()))
        };
        if let Some((line, description)) = text("Description") {
            self.at_most(
                line,
                "`Description` has",
                description.chars().count(),
                MAX_DESCRIPTION,
                "characters",
            );
        }
        if let Some((line, default)) = text("Default") {
            self.at_most(line, "`Default` has", default.len(), MAX_VALUE, "bytes");
        }
        let allowed = self.entry.value.get("AllowedValues").and_then(Node::as_list).unwrap_or_default();
        for node in allowed {
            let length = node.as_text().map_or(0, str::len);
            self.at_most(node.line, "one of its `AllowedValues` has", length, MAX_VALUE, "bytes");
        }
        for (least, most) in [("MinLength", "MaxLength"), ("MinValue", "MaxValue")] {
            let number = |attribute| text(attribute)?.1.trim().parse::<Decimal>().ok();
            if number(least).zip(number(most)).is_some_and(|(least, most)| least > most) {
                let line = text(least).map_or(self.entry.line, |(line, _)| line);
                self.problem(line, &format!("`{least}` is above `{most}`"), "exchange them");
            }
        }
    }

    /// Reports constraints that do not fit this type, as cfn-lint does (E2001). CloudFormation's guide says what they
    /// are for, but not that it refuses them elsewhere.
    fn fitting_attributes(&self, kind: &ParameterKind) {
        let (unfit, rather): (&[&str], _) = match kind {
            ParameterKind::Number => {
                (&["MinLength", "MaxLength", "AllowedPattern"], "`MinValue` and `MaxValue` are for numbers")
            }
            ParameterKind::String
            | ParameterKind::NumberList
            | ParameterKind::CommaDelimitedList
            | ParameterKind::Aws(_)
            | ParameterKind::AwsList(_)
            | ParameterKind::SsmValue(_) => (&["MinValue", "MaxValue"], "they are for `Type: Number` only"),
        };
        for attribute in self.entry.value.as_map().unwrap_or_default() {
            if unfit.contains(&attribute.key.as_str()) {
                let description = format!("`{}` is no constraint of its type", attribute.key);
                self.doubt(attribute.line, &description, format!("remove it: {rather}"));
            }
        }
        if let Some(node) = self.entry.value.get("MaxLength").filter(|node| {
            node.as_text()
                .and_then(|text| text.trim().parse::<usize>().ok())
                .is_some_and(|most| most > MAX_VALUE)
        }) {
            self.doubt(
                node.line,
                "`MaxLength` is above 4,096",
                "lower it: CloudFormation takes values of 4,096 bytes at most",
            );
        }
        if self.entry.value.get("AllowedValues").and_then(Node::as_list).is_some_and(<[Node]>::is_empty) {
            self.doubt(self.entry.line, "`AllowedValues` is empty", "add a value, or remove it");
        }
        if let Some(inner) = kind.undocumented() {
            self.doubt(
                self.entry.line,
                &format!("`{inner}` is no documented type"),
                "check its spelling: CloudFormation checks no value of it",
            );
        }
    }

    fn no_echo(&self) -> bool {
        let Some(written) = self.text("NoEcho").filter(|text| !text.is_empty()) else { return false };
        let is_secret = written.eq_ignore_ascii_case("true");
        if !is_secret && !written.eq_ignore_ascii_case("false") {
            let line = self.entry.value.get("NoEcho").map_or(self.entry.line, |node| node.line);
            self.problem(
                line,
                &format!("`NoEcho` is `{written}`"),
                "write `NoEcho: true` for a secret, or remove it",
            );
        }
        // A misspelt value was probably not meant to reveal the secret.
        is_secret || !written.eq_ignore_ascii_case("false")
    }

    /// Reads the default. An unquoted number that only YAML 1.1 can read is taken as YAML 1.1 reads it.
    fn default(&self, kind: &ParameterKind) -> Option<String> {
        let text = self.text("Default")?;
        let is_plain = matches!(self.entry.value.get("Default")?.value, Value::Scalar { plain: true, .. });
        let read = (is_plain && *kind == ParameterKind::Number && parse_number(&text).is_none())
            .then(|| read_otherwise(&text))
            .flatten();
        Some(read.unwrap_or(text))
    }

    fn kind(&self) -> Option<ParameterKind> {
        let Some(written) = self.text("Type").filter(|text| !text.is_empty()) else {
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
            let description = format!("`{attribute}` is {}", node.describe());
            self.problem(node.line, &description, format!("write one text after `{attribute}:`"));
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
        // The form identifies options by value, so a repeated one could not be told apart.
        texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
    }

    fn bound<T: FromStr>(&self, attribute: &str) -> Option<T> {
        let text = self.text(attribute).filter(|text| !text.is_empty())?;
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
            "AWS::EC2::Nonsense",
            "",
            "AWS::SSM::Parameter::Value<>",
            "List<AWS::SSM::Parameter::Value<String>>",
        ] {
            assert_eq!(ParameterKind::parse(wrong), None, "{wrong}");
        }
    }
}
