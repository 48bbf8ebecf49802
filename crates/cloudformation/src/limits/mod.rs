//! What CloudFormation refuses about a template as a whole: unknown sections and attributes, missing values, names,
//! sizes and counts. The attributes of a parameter are in `parameter`.

use std::collections::BTreeMap;
use std::fmt;

mod rules;
#[cfg(test)]
mod tests;

use crate::document::{Entry, Node, Problem, Problems, Value, nearest};
use crate::logical_ids::{ANY, is_logical_id};
use crate::loops;
use crate::scalars::scalar_text;
use crate::text::grouped;

/// Sections, and how many members each may have: "Understand CloudFormation quotas" and "CloudFormation template
/// sections" in the AWS CloudFormation User Guide, and `LIMITS` in cfn-lint 1.58.0, read on 2026-11-29.
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
    // From AWS SAM.
    ("Globals", None),
];

/// Most attributes of one mapping, and values of one attribute, by the same pages.
const MAX_ATTRIBUTES: usize = 200;

/// Longest logical id in characters, by the same pages.
const MAX_NAME: usize = 255;

/// Longest description of a template or an output in bytes, by the same pages.
const MAX_DESCRIPTION: usize = 1_024;

/// The only template version that exists.
const VERSION: &str = "2010-09-09";

/// The attributes of a resource: "CloudFormation resource syntax" in the same guide, and AWS SAM's `Connectors` and
/// `IgnoreGlobals` (`resources/configuration.json` in cfn-lint 1.58.0).
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

/// The values of deletion policies: "`DeletionPolicy` attribute" and "`UpdateReplacePolicy` attribute" in the same
/// guide.
const POLICIES: [(&str, &[&str]); 2] = [
    ("DeletionPolicy", &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"]),
    ("UpdateReplacePolicy", &["Delete", "Retain", "Snapshot"]),
];

/// Transforms by AWS: "Transform reference" in the same guide, read on 2026-11-29.
pub(crate) const TRANSFORMS: [&str; 8] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::Include",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-29",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
    "AWS::ServiceCatalog",
];

/// The attributes of an output: "Outputs section syntax reference" in the same guide.
const OF_OUTPUT: [&str; 4] = ["Value", "Description", "Condition", "Export"];

/// Reports everything that CloudFormation would refuse about the template as a whole: `expanded` is the template
/// after expanding its loops, `original` before. Both are maps.
pub(crate) fn check(expanded: &Node, original: &Node, problems: &Problems, doubts: &Problems) {
    let is_looped = loops::Looped::of(original).is_some();
    let checker = LimitChecker { root: expanded, is_looped, problems };
    checker.sections();
    checker.version();
    checker.transforms();
    checker.description(expanded, "`Description`");
    // In the original, because loops may expand to nothing for the defaults.
    checker.resources_are_there(original);
    checker.one_name_for_one_thing();
    // A macro may turn anything into something valid.
    if !loops::has_macro(expanded) {
        checker.members("Resources", "resource", &OF_RESOURCE);
        checker.members("Outputs", "output", &OF_OUTPUT);
        checker.resources();
        checker.outputs();
        checker.mappings();
        rules::check(expanded.get("Rules"), problems, doubts);
    }
    for entry in entries(Some(expanded)).iter().filter(|entry| entry.key != "Metadata") {
        checker.nothing_is_missing(&entry.value, &Path { before: None, step: Step::Key(&entry.key) });
    }
}

struct LimitChecker<'a> {
    root: &'a Node,
    is_looped: bool,
    problems: &'a Problems,
}

/// Returns the remedy for an unknown word.
fn instead(word: &str, names: &[&str]) -> String {
    match nearest(word, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("remove it, there are {}", names.join(", ")),
    }
}

/// Returns the entries of a section; empty if there is none.
fn entries(section: Option<&Node>) -> &[Entry] {
    section.and_then(Node::as_map).unwrap_or_default()
}

/// Returns the entries without `Fn::ForEach` and `Fn::Transform`, which AWS replaces.
fn own(section: Option<&Node>) -> impl Iterator<Item = &Entry> {
    entries(section).iter().filter(|entry| !entry.key.starts_with("Fn::"))
}

impl LimitChecker<'_> {
    fn problem(&self, line: usize, description: impl Into<String>, remedy: impl Into<String>) {
        self.problems.add(Problem::new(line, description, remedy));
    }

    fn at_most(&self, line: usize, description: &str, count: usize, most: usize, unit: &str) {
        if count > most {
            let description = format!("{description} {} {unit}", grouped(&count));
            self.problem(line, description, format!("CloudFormation takes {} at most", grouped(&most)));
        }
    }

    fn sections(&self) {
        for entry in entries(Some(self.root)) {
            let Some((name, most)) = SECTIONS.iter().find(|(name, _)| *name == entry.key) else {
                let description = format!("there is no section `{}`", entry.key);
                self.problem(entry.line, description, instead(&entry.key, &SECTIONS.map(|(name, _)| name)));
                continue;
            };
            let is_of_sam =
                loops::transforms(self.root).iter().any(|name| name.starts_with("AWS::Serverless"));
            // SAM's transform consumes the section before CloudFormation sees it.
            if *name == "Globals" && !is_of_sam {
                let remedy = "remove it, or write `Transform: AWS::Serverless-2016-10-31`";
                self.problem(entry.line, "`Globals` is a section of AWS SAM only", remedy);
            }
            let Some(most) = most else { continue };
            if entry.value.as_map().is_none() && !entry.value.is_null() {
                let description = format!("`{name}` is {}", entry.value.describe());
                self.problem(entry.value.line, description, "write names with what they stand for under it");
            }
            let count = entries(Some(&entry.value)).len();
            self.at_most(entry.line, "the template has", count, *most, &name.to_lowercase());
        }
    }

    fn version(&self) {
        let Some(node) = self.root.get("AWSTemplateFormatVersion") else { return };
        if scalar_text(node).as_deref() != Some(VERSION) && !node.is_null() {
            let description = format!("`AWSTemplateFormatVersion` is {}", node.describe());
            self.problem(
                node.line,
                description,
                format!("write `AWSTemplateFormatVersion: '{VERSION}'`, no other exists"),
            );
        }
    }

    fn transforms(&self) {
        let Some(node) = self.root.get("Transform") else { return };
        for name in loops::transforms(self.root) {
            if name.starts_with("AWS::") && !TRANSFORMS.contains(&name.as_str()) {
                let description = format!("there is no transform `{name}`");
                self.problem(node.line, description, instead(&name, &TRANSFORMS));
            }
        }
    }

    fn description(&self, value: &Node, name: &str) {
        let Some(node) = value.get("Description").filter(|node| !node.is_null()) else { return };
        match node.as_text() {
            Some(text) => {
                self.at_most(node.line, &format!("{name} has"), text.len(), MAX_DESCRIPTION, "bytes");
            }
            None => self.problem(node.line, format!("{name} is {}", node.describe()), "write one text"),
        }
    }

    fn resources_are_there(&self, original: &Node) {
        let remedy = "add the resources that the product consists of";
        match original.get("Resources") {
            None => self.problem(original.line, "the template has no `Resources`", remedy),
            Some(node) if node.as_map().is_some_and(<[Entry]>::is_empty) => {
                self.problem(node.line, "`Resources` is empty", remedy);
            }
            Some(_) => {}
        }
    }

    /// Reports names that stand for both a parameter and a resource.
    fn one_name_for_one_thing(&self) {
        let parameters: BTreeMap<&str, usize> =
            own(self.root.get("Parameters")).map(|entry| (entry.key.as_str(), entry.line)).collect();
        for entry in own(self.root.get("Resources")) {
            if let Some(line) = parameters.get(entry.key.as_str()) {
                let description =
                    format!("resource `{}` has the name of the parameter in line {line}", entry.key);
                self.problem(entry.line, description, "rename one of both");
            }
        }
    }

    /// Checks the names and attributes of resources or outputs.
    fn members(&self, section: &str, kind: &str, attributes: &[&str]) {
        for entry in own(self.root.get(section)) {
            self.name(entry, kind);
            if entry.value.as_map().is_none() && !entry.value.is_null() {
                let description = format!("{kind} `{}` is {}", entry.key, entry.value.describe());
                self.problem(
                    entry.value.line,
                    description,
                    format!("write at least `{}:` under it", attributes[0]),
                );
            }
            for attribute in own(Some(&entry.value)) {
                if !attributes.contains(&attribute.key.as_str()) {
                    let description =
                        format!("{kind} `{}`: unknown attribute `{}`", entry.key, attribute.key);
                    self.problem(attribute.line, description, instead(&attribute.key, attributes));
                }
            }
        }
    }

    fn name(&self, entry: &Entry, kind: &str) {
        // A loop over unknown items leaves a placeholder in the names.
        if !is_logical_id(&entry.key.replace(ANY, if self.is_looped { "x" } else { ANY })) {
            let description = format!("{kind} `{}`: its key is not made of letters and digits", entry.key);
            self.problem(entry.line, description, "rename it, for example `BucketName`");
        }
        self.at_most(
            entry.line,
            &format!("the name of a {kind} has"),
            entry.key.chars().count(),
            MAX_NAME,
            "characters",
        );
    }

    fn resources(&self) {
        for Entry { key, value, .. } in own(self.root.get("Resources")) {
            if let Some(node) = value.get("Type").filter(|node| !node.is_null())
                && let Some(resource_type) = node.as_text().filter(|resource_type| !is_type(resource_type))
            {
                let description = format!("resource `{key}`: `{resource_type}` is no type");
                self.problem(node.line, description, "write one such as `AWS::S3::Bucket`");
            }
            for (attribute, policies) in POLICIES {
                // Null values are reported separately.
                let Some(node) = value.get(attribute).filter(|node| !node.is_null()) else { continue };
                // An expression is allowed with the language extensions; only a text can be compared.
                if let Some(policy) = node.as_text().filter(|policy| !policies.contains(policy)) {
                    let description = format!("resource `{key}`: `{attribute}` is `{policy}`");
                    let remedy = match nearest(policy, policies.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are {}", policies.join(", ")),
                    };
                    self.problem(node.line, description, remedy);
                }
            }
        }
    }

    fn outputs(&self) {
        for entry in own(self.root.get("Outputs")) {
            let name = format!("output `{}`", entry.key);
            let is_map = entry.value.as_map().is_some();
            if is_map
                && entry.value.get("Value").is_none()
                // `Fn::Transform` inside of the output may add the value.
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

    /// Checks the mappings: "Mappings element name must be non-empty and can contain only alphanumerics, '-' or '.'"
    /// and "Mappings attribute name must contain only alphanumeric characters", says CloudFormation
    /// (aws-cloudformation/cfn-lint, issue 2004, and aws/serverless-application-model, issue 1608, read on
    /// 2026-11-29).
    fn mappings(&self) {
        for mapping in own(self.root.get("Mappings")) {
            self.name(mapping, "mapping");
            self.map_of(mapping, &format!("mapping `{}`", mapping.key));
            for element in own(Some(&mapping.value)) {
                let place = format!("`{}` of mapping `{}`", element.key, mapping.key);
                if !is_logical_id(&element.key.replace(['-', '.'], "")) {
                    let description = format!("{place}: its key is not made of letters, digits, `-` and `.`");
                    self.problem(element.line, description, "rename it, for example `us-east-1`");
                }
                self.map_of(element, &place);
                for attribute in own(Some(&element.value)) {
                    self.name(attribute, "mapping");
                    if attribute.value.as_map().is_some() {
                        let description =
                            format!("`{}` in mapping `{}` is a map", attribute.key, mapping.key);
                        self.problem(attribute.line, description, "write a text or a list of texts");
                    }
                }
            }
        }
    }

    /// Checks one of the two levels of a mapping.
    fn map_of(&self, entry: &Entry, name: &str) {
        match entry.value.as_map() {
            None if entry.value.is_null() => {}
            None => self.problem(
                entry.line,
                format!("{name} is {}", entry.value.describe()),
                "write keys with their values",
            ),
            Some([]) => {
                self.problem(
                    entry.line,
                    format!("{name} is empty"),
                    "add a key with its value, or remove it",
                );
            }
            Some(inside) => {
                self.at_most(entry.line, &format!("{name} has"), inside.len(), MAX_ATTRIBUTES, "attributes");
            }
        }
    }

    /// Reports null values: "'null' values are not allowed in templates", says CloudFormation
    /// (davidgf/serverless-plugin-canary-deployments, issue 38, read on 2026-11-29).
    fn nothing_is_missing(&self, node: &Node, path: &Path<'_>) {
        match &node.value {
            _ if node.is_null() => {
                let description = format!("nothing stands at `{path}`");
                self.problem(
                    node.line,
                    description,
                    "write a value, for an empty text `''`, or remove the key",
                );
            }
            Value::Scalar { .. } => {}
            Value::Map(entries) => {
                for Entry { key, value, .. } in entries {
                    self.nothing_is_missing(value, &Path { before: Some(path), step: Step::Key(key) });
                }
            }
            Value::List(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    self.nothing_is_missing(node, &Path { before: Some(path), step: Step::At(index) });
                }
            }
        }
    }
}

/// The path to a node, which is formatted only for a problem.
struct Path<'a> {
    before: Option<&'a Self>,
    step: Step<'a>,
}

enum Step<'a> {
    Key(&'a str),
    At(usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = self.before {
            write!(f, "{before}")?;
        }
        match (&self.step, self.before) {
            (Step::Key(key), None) => f.write_str(key),
            (Step::Key(key), Some(_)) => write!(f, ".{key}"),
            (Step::At(index), _) => write!(f, "[{index}]"),
        }
    }
}

/// Whether the text has the form of a resource type: "alphanumeric characters and the following characters: `_@-`"
/// after `Custom::`, otherwise three names, or four for a module ("Resource type identifiers" and "Create custom
/// provisioning logic" in the same guide).
fn is_type(text: &str) -> bool {
    let parts: Vec<&str> = text.split("::").collect();
    match parts.as_slice() {
        ["Custom", name] => is_logical_id(&name.replace(['_', '@', '-'], "x")),
        ["Custom", ..] => false,
        [names @ .., "MODULE"] if names.len() == 3 => names.iter().all(|name| is_logical_id(name)),
        names => names.len() == 3 && names.iter().all(|name| is_logical_id(name)),
    }
}
