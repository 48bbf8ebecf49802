//! What CloudFormation refuses of a template as a whole: sections and attributes that it does not know, values that are
//! missing, names, sizes and counts. What a parameter may say belongs to `parameter`.

use std::collections::BTreeMap;

use super::{loops, scalar_text};
use crate::document::{Entry, Node, Problem, Problems, Value, nearest};
use crate::domain::parameters::grouped;

/// Sections, and how many members each may have: "Understand CloudFormation quotas" and "CloudFormation template sections" in
/// the AWS CloudFormation User Guide, and `LIMITS` in cfn-lint 1.58.0, read on 2026-11-29.
const SECTIONS: [(&str, Option<usize>); 12] = [
    ("AWSTemplateFormatVersion", None),
    ("Description", None),
    ("Metadata", None),
    ("Parameters", Some(200)),
    ("Rules", None),
    ("Mappings", Some(200)),
    ("Conditions", None),
    ("Transform", None),
    ("Resources", Some(500)),
    ("Outputs", Some(200)),
    ("Hooks", None),
    // Of AWS SAM.
    ("Globals", None),
];

/// Attributes in one mapping, and values under one of them, by the same pages.
const MAX_ATTRIBUTES: usize = 200;

/// Characters of a logical id, likewise.
const MAX_NAME: usize = 255;

/// Bytes of a description of the template or of an output, likewise.
const MAX_DESCRIPTION: usize = 1_024;

/// The only version that there is.
const VERSION: &str = "2010-09-09";

/// What a resource may say: "CloudFormation resource syntax" in the same guide, and of AWS SAM `Connectors` and `IgnoreGlobals`
/// (`resources/configuration.json` in cfn-lint 1.58.0).
const OF_RESOURCE: [&str; 12] = [
    "Type",
    "Properties",
    "Condition",
    "DependsOn",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
    "Metadata",
    "Version",
    "Connectors",
    "IgnoreGlobals",
];

/// What an output may say: "Outputs section syntax reference" in the same guide.
const OF_OUTPUT: [&str; 4] = ["Value", "Description", "Condition", "Export"];

/// Notes everything that CloudFormation would refuse about the template as a whole; `root` is a map.
///
/// `written` is the template before its loops are written out.
pub(super) fn check(root: &Node, written: &Node, problems: &Problems) {
    let checker = Checker { root, problems };
    checker.sections();
    checker.version();
    checker.description(root, "`Description`");
    checker.resources_are_there(written);
    checker.one_name_for_one_thing();
    // A macro may turn into something right whatever stands there.
    if !loops::has_macro(root) {
        checker.members("Resources", "resource", &OF_RESOURCE);
        checker.members("Outputs", "output", &OF_OUTPUT);
        checker.outputs();
        checker.mappings();
    }
    for entry in entries(Some(root)).iter().filter(|entry| entry.key != "Metadata") {
        checker.nothing_is_missing(&entry.value, &entry.key);
    }
}

struct Checker<'a> {
    root: &'a Node,
    problems: &'a Problems,
}

/// The entries of a section that has some.
fn entries(section: Option<&Node>) -> &[Entry] {
    section.and_then(Node::as_map).unwrap_or_default()
}

/// Without `Fn::ForEach` and `Fn::Transform`, which AWS replaces.
fn own(section: Option<&Node>) -> impl Iterator<Item = &Entry> {
    entries(section).iter().filter(|entry| !entry.key.starts_with("Fn::"))
}

impl Checker<'_> {
    fn problem(&self, line: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.problems.add(Problem::new(line, what, remedy));
    }

    fn at_most(&self, line: usize, what: &str, count: usize, most: usize, unit: &str) {
        if count > most {
            let what = format!("{what} {} {unit}", grouped(&count));
            self.problem(line, what, format!("CloudFormation takes {} at most", grouped(&most)));
        }
    }

    fn sections(&self) {
        for entry in entries(Some(self.root)) {
            let Some((name, most)) = SECTIONS.iter().find(|(name, _)| *name == entry.key) else {
                let what = format!("there is no section `{}`", entry.key);
                self.problem(entry.line, what, self.instead(&entry.key, &SECTIONS.map(|(name, _)| name)));
                continue;
            };
            let is_of_sam =
                loops::transforms(self.root).iter().any(|name| name.starts_with("AWS::Serverless"));
            if *name == "Globals" && !is_of_sam {
                let remedy = "remove it, or write `Transform: AWS::Serverless-2016-10-31`";
                self.problem(entry.line, "`Globals` is a section of AWS SAM only", remedy);
            }
            let Some(most) = most else { continue };
            if entry.value.as_map().is_none() && !entry.value.is_null() {
                let what = format!("`{name}` is {}", entry.value.in_words());
                self.problem(entry.value.line, what, "write names with what they stand for under it");
            }
            let count = entries(Some(&entry.value)).len();
            self.at_most(entry.line, "the template has", count, *most, &name.to_lowercase());
        }
    }

    fn instead(&self, word: &str, known: &[&str]) -> String {
        match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("remove it, there are {}", known.join(", ")),
        }
    }

    fn version(&self) {
        let Some(node) = self.root.get("AWSTemplateFormatVersion") else { return };
        if scalar_text(node).as_deref() != Some(VERSION) && !node.is_null() {
            let what = format!("`AWSTemplateFormatVersion` is {}", node.in_words());
            self.problem(
                node.line,
                what,
                format!("write `AWSTemplateFormatVersion: '{VERSION}'`, no other exists"),
            );
        }
    }

    fn description(&self, of: &Node, name: &str) {
        let Some(node) = of.get("Description").filter(|node| !node.is_null()) else { return };
        match node.as_text() {
            Some(text) => {
                self.at_most(node.line, &format!("{name} has"), text.len(), MAX_DESCRIPTION, "bytes")
            }
            None => self.problem(node.line, format!("{name} is {}", node.in_words()), "write one text"),
        }
    }

    fn resources_are_there(&self, written: &Node) {
        let remedy = "add the resources that the product consists of";
        match written.get("Resources") {
            None => self.problem(written.line, "the template has no `Resources`", remedy),
            Some(node) if node.as_map().is_some_and(<[Entry]>::is_empty) => {
                self.problem(node.line, "`Resources` is empty", remedy);
            }
            Some(_) => {}
        }
    }

    /// A name stands for one parameter or one resource.
    fn one_name_for_one_thing(&self) {
        let parameters: BTreeMap<&str, usize> =
            own(self.root.get("Parameters")).map(|entry| (entry.key.as_str(), entry.line)).collect();
        for entry in own(self.root.get("Resources")) {
            if let Some(line) = parameters.get(entry.key.as_str()) {
                let what = format!("resource `{}` has the name of the parameter in line {line}", entry.key);
                self.problem(entry.line, what, "rename one of both");
            }
        }
    }

    /// Names and attributes of resources or outputs.
    fn members(&self, section: &str, kind: &str, attributes: &[&str]) {
        for entry in own(self.root.get(section)) {
            self.name(entry, kind);
            if entry.value.as_map().is_none() && !entry.value.is_null() {
                let what = format!("{kind} `{}` is {}", entry.key, entry.value.in_words());
                self.problem(entry.value.line, what, format!("write at least `{}:` under it", attributes[0]));
            }
            for attribute in own(Some(&entry.value)) {
                if !attributes.contains(&attribute.key.as_str()) {
                    let what = format!("{kind} `{}`: unknown attribute `{}`", entry.key, attribute.key);
                    self.problem(attribute.line, what, self.instead(&attribute.key, attributes));
                }
            }
        }
    }

    fn name(&self, entry: &Entry, kind: &str) {
        if !is_logical_id(&entry.key) {
            let what = format!("{kind} `{}`: its key is not made of letters and digits", entry.key);
            self.problem(entry.line, what, "rename it, for example `BucketName`");
        }
        self.at_most(
            entry.line,
            &format!("the name of a {kind} has"),
            entry.key.chars().count(),
            MAX_NAME,
            "characters",
        );
    }

    fn outputs(&self) {
        for entry in own(self.root.get("Outputs")) {
            let name = format!("output `{}`", entry.key);
            let is_map = entry.value.as_map().is_some();
            if is_map
                && entry.value.get("Value").is_none()
                && own(Some(&entry.value)).count() == entries(Some(&entry.value)).len()
            {
                self.problem(
                    entry.line,
                    format!("{name} has no `Value`"),
                    "write what comes out, for example `Value: !Ref Bucket`",
                );
            }
            self.description(&entry.value, &format!("the description of {name}"));
            if let Some(export) = entry.value.get("Export").filter(|export| export.get("Name").is_none()) {
                self.problem(
                    export.line,
                    format!("{name}: `Export` has no `Name`"),
                    "write `Export: {Name: …}`",
                );
            }
        }
    }

    fn mappings(&self) {
        for mapping in own(self.root.get("Mappings")) {
            self.name(mapping, "mapping");
            self.map_of(mapping, &format!("mapping `{}`", mapping.key));
            for attribute in own(Some(&mapping.value)) {
                self.map_of(attribute, &format!("`{}` of mapping `{}`", attribute.key, mapping.key));
                for value in own(Some(&attribute.value)).filter(|value| value.value.as_map().is_some()) {
                    let what = format!("`{}` in mapping `{}` is a map", value.key, mapping.key);
                    self.problem(value.line, what, "write a text or a list of texts");
                }
            }
        }
    }

    /// What stands on one of the two levels of a mapping.
    fn map_of(&self, entry: &Entry, name: &str) {
        match entry.value.as_map() {
            None if entry.value.is_null() => {}
            None => self.problem(
                entry.line,
                format!("{name} is {}", entry.value.in_words()),
                "write keys with their values",
            ),
            Some([]) => {
                self.problem(entry.line, format!("{name} is empty"), "add a key with its value, or remove it")
            }
            Some(inside) => {
                self.at_most(entry.line, &format!("{name} has"), inside.len(), MAX_ATTRIBUTES, "attributes")
            }
        }
    }

    /// "'null' values are not allowed in templates", says CloudFormation (davidgf/serverless-plugin-canary-deployments, issue 38,
    /// read on 2026-11-29).
    fn nothing_is_missing(&self, node: &Node, path: &str) {
        match &node.value {
            _ if node.is_null() => {
                let what = format!("nothing stands at `{path}`");
                self.problem(node.line, what, "write a value, for an empty text `''`, or remove the key");
            }
            Value::Scalar { .. } => {}
            Value::Map(entries) => {
                for Entry { key, value, .. } in entries {
                    self.nothing_is_missing(value, &format!("{path}.{key}"));
                }
            }
            Value::List(nodes) => {
                for (at, node) in nodes.iter().enumerate() {
                    self.nothing_is_missing(node, &format!("{path}[{at}]"));
                }
            }
        }
    }
}

/// Whether CloudFormation takes it as the name of something.
pub(super) fn is_logical_id(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use crate::domain::parameters::default_problems;
    use crate::domain::template::Template;

    /// What is wrong with a template, then what is doubted.
    fn told(text: &str) -> String {
        match Template::parse(text) {
            Ok(template) => {
                let defaults = default_problems(&template).into_iter().map(|problem| problem.to_string());
                defaults
                    .chain(template.doubts.iter().map(|doubt| format!("doubt: {doubt}")))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    fn many(count: usize, one: &str) -> String {
        (0..count).map(|n| format!("  N{n}: {one}\n")).collect()
    }

    const TOPIC: &str = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n";

    #[test]
    fn a_template_at_its_limits_is_taken_and_one_beyond_them_is_told_all_at_once() {
        let long = |n: usize| "d".repeat(n);
        let template = |beyond: usize| {
            let inside: String = (0..200 + beyond).map(|n| format!("k{n}: {{v: x}}, ")).collect();
            format!(
                "AWSTemplateFormatVersion: 2010-09-09\nDescription: {}\nParameters:\n{}Mappings:\n  Big: {{{inside}}}\n{}Resources:\n{}Outputs:\n{}  Long: {{Value: x, Description: {}}}\n",
                long(1024 + beyond),
                many(200 + beyond, "{Type: String}"),
                many(199 + beyond, "{k: {v: x}}"),
                many(500 + beyond, "{Type: AWS::SNS::Topic}").replace("  N", "  R"),
                many(199 + beyond, "{Value: x}"),
                long(1024 + beyond)
            )
        };
        assert_eq!(told(&template(0)), "");
        insta::assert_snapshot!(told(&template(1)), @"
        line 2: `Description` has 1,025 bytes: CloudFormation takes 1,024 at most
        line 3: the template has 201 parameters: CloudFormation takes 200 at most
        line 205: the template has 201 mappings: CloudFormation takes 200 at most
        line 206: mapping `Big` has 201 attributes: CloudFormation takes 200 at most
        line 407: the template has 501 resources: CloudFormation takes 500 at most
        line 909: the template has 201 outputs: CloudFormation takes 200 at most
        line 1110: the description of output `Long` has 1,025 bytes: CloudFormation takes 1,024 at most
        ");
        let name = |n: usize| {
            format!(
                "Parameters: {{{0}: {{Type: String}}}}\nResources: {{{0}R: {{Type: AWS::SNS::Topic}}}}\n",
                long(n)
            )
        };
        assert_eq!(told(&name(254)), "");
        insta::assert_snapshot!(told(&name(256)), @"
        line 1: parameter `dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd`: its name has 256 characters: CloudFormation takes 255 at most
        line 2: the name of a resource has 257 characters: CloudFormation takes 255 at most
        ");
    }

    #[test]
    fn what_no_section_resource_or_output_may_say_is_told_with_what_was_meant() {
        let text = "AWSTemplateFormatVersion: '2012-01-01'\nDescription: [x]\nGlobal: {}\nGlobals: {}\nMetadata: {a: }\n\
                    Mappings:\n  Empty: {}\n  Flat: x\n  Deep: {k: {v: {w: x}}, l: {}}\n\
                    Resources:\n  Topic: {Type: AWS::SNS::Topic, DependOn: Queue, Properties: {TopicName: , Tags: [null]}}\n  \
                    My_Queue: {Type: AWS::SQS::Queue}\n  Plain: AWS::SNS::Topic\n\
                    Outputs:\n  A: {Valu: x}\n  B-C: {Value: x, Export: x}\n  D: {Value: x, Description: {a: b}}\n  E: {Value: null}\n";
        insta::assert_snapshot!(told(text), @"
        line 1: `AWSTemplateFormatVersion` is `2012-01-01`: write `AWSTemplateFormatVersion: '2010-09-09'`, no other exists
        line 2: `Description` is a list: write one text
        line 3: there is no section `Global`: did you mean `Globals`?
        line 4: `Globals` is a section of AWS SAM only: remove it, or write `Transform: AWS::Serverless-2016-10-31`
        line 7: mapping `Empty` is empty: add a key with its value, or remove it
        line 8: mapping `Flat` is `x`: write keys with their values
        line 9: `v` in mapping `Deep` is a map: write a text or a list of texts
        line 9: `l` of mapping `Deep` is empty: add a key with its value, or remove it
        line 11: resource `Topic`: unknown attribute `DependOn`: did you mean `DependsOn`?
        line 11: nothing stands at `Resources.Topic.Properties.TopicName`: write a value, for an empty text `''`, or remove the key
        line 11: nothing stands at `Resources.Topic.Properties.Tags[0]`: write a value, for an empty text `''`, or remove the key
        line 12: resource `My_Queue`: its key is not made of letters and digits: rename it, for example `BucketName`
        line 13: resource `Plain` is `AWS::SNS::Topic`: write at least `Type:` under it
        line 13: resource `Plain` has no `Type`: add one, for example `Type: AWS::S3::Bucket`
        line 15: output `A`: unknown attribute `Valu`: did you mean `Value`?
        line 15: output `A` has no `Value`: write what comes out, for example `Value: !Ref Bucket`
        line 16: output `B-C`: its key is not made of letters and digits: rename it, for example `BucketName`
        line 16: output `B-C`: `Export` has no `Name`: write `Export: {Name: …}`
        line 17: the description of output `D` is a map: write one text
        line 18: nothing stands at `Outputs.E.Value`: write a value, for an empty text `''`, or remove the key
        ");
        insta::assert_snapshot!(told("Resources: {}"), @"line 1: `Resources` is empty: add the resources that the product consists of");
        insta::assert_snapshot!(told("Parameters: []\nResources:\nOutputs: x\n"), @"
        line 1: `Parameters` is a list: write names with what they stand for under it
        line 2: nothing stands at `Resources`: write a value, for an empty text `''`, or remove the key
        line 3: `Outputs` is `x`: write names with what they stand for under it
        ");
        insta::assert_snapshot!(told("Parameters: {Topic: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}"), @"line 2: resource `Topic` has the name of the parameter in line 1: rename one of both");
    }

    #[test]
    fn a_macro_may_make_something_right_of_whatever_stands_there() {
        let text = format!("Transform: [Explode]\n{TOPIC}    ExplodeMap: x\nOutputs: {{A: {{Valu: x}}}}\n");
        assert_eq!(told(&text.replace(" {Type: AWS::SNS::Topic}", "\n    Type: AWS::SNS::Topic")), "");
        let sam =
            format!("Transform: AWS::Serverless-2016-10-31\nGlobals: {{Function: {{Timeout: 3}}}}\n{TOPIC}");
        assert_eq!(told(&sam), "");
    }

    #[test]
    fn what_a_parameter_may_not_say_is_told_with_what_was_meant() {
        let text = format!(
            "Parameters:\n  \
             Size: {{Type: String, Default: small, AllowedValue: [small, large], Descripton: How large it is}}\n  \
             Label: {{Type: String, Label: x}}\n  Secret: {{Type: String, NoEcho: maybe, Default: x}}\n  \
             Nothing: {{Type: String, Default: , AllowedPattern: null}}\n  Less: {{Type: String, MinLength: 5, MaxLength: 3}}\n  \
             Fewer: {{Type: Number, MinValue: 2, MaxValue: 1}}\n  Wordy: {{Type: String, Description: {0}}}\n  \
             Big: {{Type: String, Default: {0}, AllowedValues: [{0}]}}\n  Empty:\n  Under_score: {{Type: String}}\n{TOPIC}",
            "é".repeat(4_001)
        );
        insta::assert_snapshot!(told(&text), @"
        line 2: parameter `Size`: unknown attribute `AllowedValue`: did you mean `AllowedValues`?
        line 2: parameter `Size`: unknown attribute `Descripton`: did you mean `Description`?
        line 3: parameter `Label`: unknown attribute `Label`: remove it, there are Type, Default, AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue, ConstraintDescription, Description, NoEcho
        line 4: parameter `Secret`: `NoEcho` is `maybe`: write `NoEcho: true` for a secret, or remove it
        line 5: nothing stands at `Parameters.Nothing.Default`: write a value, for an empty text `''`, or remove the key
        line 5: nothing stands at `Parameters.Nothing.AllowedPattern`: write a value, for an empty text `''`, or remove the key
        line 6: parameter `Less`: `MinLength` is above `MaxLength`: exchange them
        line 7: parameter `Fewer`: `MinValue` is above `MaxValue`: exchange them
        line 8: parameter `Wordy`: `Description` has 4,001 characters: CloudFormation takes 4,000 at most
        line 9: parameter `Big`: `Default` has 8,002 bytes: CloudFormation takes 4,096 at most
        line 9: parameter `Big`: one of its `AllowedValues` has 8,002 bytes: CloudFormation takes 4,096 at most
        line 10: nothing stands at `Parameters.Empty`: write a value, for an empty text `''`, or remove the key
        line 11: parameter `Under_score`: its key is not made of letters and digits: rename it, for example `BucketName`
        ");
    }

    #[test]
    fn what_has_no_effect_on_a_parameter_is_doubted() {
        let text = format!(
            "Parameters:\n  Count: {{Type: Number, MinLength: 1, AllowedPattern: '[0-9]+', Default: 1}}\n  \
             Ports: {{Type: List<Number>, MaxValue: 9, Default: 1}}\n  Long: {{Type: String, MaxLength: 5000}}\n  \
             None: {{Type: String, AllowedValues: []}}\n  Path: {{Type: 'AWS::SSM::Parameter::Value<Foo>'}}\n  \
             List: {{Type: 'List<AWS::EC2::Subnet>'}}\n  Known: {{Type: 'AWS::SSM::Parameter::Value<List<Number>>'}}\n{TOPIC}"
        );
        insta::assert_snapshot!(told(&text), @"
        doubt: line 2: parameter `Count`: `MinLength` is no constraint of its type: remove it: `MinValue` and `MaxValue` are for numbers
        doubt: line 2: parameter `Count`: `AllowedPattern` is no constraint of its type: remove it: `MinValue` and `MaxValue` are for numbers
        doubt: line 3: parameter `Ports`: `MaxValue` is no constraint of its type: remove it: they are for `Type: Number` only
        doubt: line 4: parameter `Long`: `MaxLength` is above 4,096: lower it: CloudFormation takes values of 4,096 bytes at most
        doubt: line 5: parameter `None`: `AllowedValues` is empty: add a value, or remove it
        doubt: line 6: parameter `Path`: `Foo` is no documented type: check its spelling: CloudFormation checks no value of it
        doubt: line 7: parameter `List`: `AWS::EC2::Subnet` is no documented type: check its spelling: CloudFormation checks no value of it
        ");
    }

    #[test]
    fn a_default_that_its_own_constraints_do_not_allow_is_told() {
        let text = format!(
            "Parameters:\n  Size: {{Type: String, AllowedValues: [small, large], Default: medium}}\n  \
             Flag: {{Type: String, AllowedValues: [true, false], Default: True}}\n  \
             Name: {{Type: String, AllowedPattern: '[a-z]+', Default: A, ConstraintDescription: lower case}}\n  \
             Short: {{Type: String, MinLength: 2, Default: ''}}\n  Long: {{Type: String, MaxLength: 2, Default: abc}}\n  \
             Low: {{Type: Number, MinValue: 0, Default: -1}}\n  High: {{Type: Number, MaxValue: 9, Default: 10}}\n  \
             Number: {{Type: Number, Default: ten}}\n  Numbers: {{Type: List<Number>, Default: '1,x'}}\n  \
             Zones: {{Type: CommaDelimitedList, AllowedValues: [a, b], Default: 'a, c'}}\n  \
             Ids: {{Type: 'List<AWS::EC2::Subnet::Id>', Default: ''}}\n  Path: {{Type: 'AWS::SSM::Parameter::Value<String>', AllowedPattern: x, Default: /y}}\n  \
             Later:\n    Type: String\n    MinLength: 2\n    Default: y\n{TOPIC}"
        );
        insta::assert_snapshot!(told(&text), @"
        line 2: parameter `Size`: its own constraints do not allow its default `medium`: change one of them: Choose one of: small, large
        line 4: parameter `Name`: its own constraints do not allow its default `A`: change one of them: Must match the pattern [a-z]+
        line 5: parameter `Short`: its own constraints do not allow its default ``: change one of them: Use at least 2 characters
        line 6: parameter `Long`: its own constraints do not allow its default `abc`: change one of them: Use at most 2 characters
        line 7: parameter `Low`: its own constraints do not allow its default `-1`: change one of them: Must be a whole number of at least 0
        line 8: parameter `High`: its own constraints do not allow its default `10`: change one of them: Must be a whole number of at most 9
        line 9: parameter `Number`: its own constraints do not allow its default `ten`: change one of them: Must be a whole number
        line 10: parameter `Numbers`: its own constraints do not allow its default `1,x`: change one of them: Must be numbers, separated by commas
        line 11: parameter `Zones`: its own constraints do not allow its default `a, c`: change one of them: Use only these, separated by commas: a, b
        line 17: parameter `Later`: its own constraints do not allow its default `y`: change one of them: Use at least 2 characters
        ");
    }
}
