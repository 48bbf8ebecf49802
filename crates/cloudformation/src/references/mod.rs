//! Checks what expressions refer to: CloudFormation refuses names that stand for nothing, cycles, functions with too
//! few or too many arguments, and outputs that are no text ("Unresolved resource dependencies", "Circular dependency
//! between resources" and "The Value field of every Outputs member must evaluate to a String"; E1010 to E1041, E3004,
//! E3005 and E6101 of cfn-lint 1.58.0, read on 2026-11-29). Forms and counts are in `limits`.

mod circles;
mod judgements;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Entry, Node, Problem, Problems, Value, nearest};
use crate::logical_ids::{ANY, is_or_becomes};
use crate::parameter::{Parameter, ParameterKind};
use crate::{limits, loops};

/// "Pseudo parameters reference" in the CloudFormation Template Reference Guide.
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// "Intrinsic function reference" and "Rule-specific intrinsic functions" in the same guide.
const FUNCTIONS: [&str; 28] = [
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
    "Fn::ForEach",
    "Condition",
    "Ref",
];

/// Most names for which a similar one is suggested: the search is slow.
const MAX_PROPOSED: usize = 20;

/// Most patterns that a name is compared with; with more, every name is accepted.
const MAX_PATTERNS: usize = 500;

/// Where an expression is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Conditions,
    Rules,
    Resources,
    Outputs,
}

/// Reports references to nothing; `expanded` is the template after expanding its loops, `original` before.
pub(crate) fn check(
    expanded: &Node,
    original: &Node,
    parameters: &[Parameter],
    problems: &Problems,
    doubts: &Problems,
) {
    let transforms = loops::transforms(expanded);
    let rewrites = |name: &String| name != loops::EXTENSIONS && limits::TRANSFORMS.contains(&name.as_str());
    let is_rewritten = loops::has_macro(expanded)
        || transforms.iter().any(rewrites)
        || contains_key(original, "Fn::Transform");
    let mut checker = ReferenceChecker {
        parameters: parameters.iter().map(|parameter| (parameter.key.as_str(), parameter)).collect(),
        known_parameters: Names::of(expanded.get("Parameters")),
        resources: Names::of(expanded.get("Resources")),
        modules: own(expanded.get("Resources")).filter(|entry| is_module(entry)).map(key).collect(),
        conditions: Names::of(expanded.get("Conditions")),
        is_sam: transforms.iter().any(|name| name.starts_with("AWS::Serverless-")),
        is_extended: is_rewritten || transforms.iter().any(|name| name == loops::EXTENSIONS),
        // A macro may add whatever is missing here.
        found: if is_rewritten { doubts } else { problems },
        told: BTreeSet::new(),
        needs: BTreeMap::new(),
        needed_by: None,
    };
    checker.conditions(expanded.get("Conditions"));
    checker.rules(expanded.get("Rules"));
    checker.resources(expanded.get("Resources"));
    checker.outputs(expanded.get("Outputs"));
    if let Some(circle) = circles::first(&checker.needs) {
        let names: Vec<String> = circle.iter().map(|name| format!("`{name}`")).collect();
        let line = own(expanded.get("Resources")).find(|entry| entry.key == circle[0]);
        let description = match names.as_slice() {
            [one] => format!("resource {one} refers to itself"),
            all => format!("the resources {} refer to each other in a circle", all.join(", ")),
        };
        let remedy = "take one of the references out: nothing of it could be made first";
        checker.found.add(Problem::new(line.map_or(0, |entry| entry.line), description, remedy));
    }
}

/// Returns the entries of a section without `Fn::ForEach` and `Fn::Transform`.
fn own(section: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let entries = section.and_then(Node::as_map).unwrap_or_default();
    entries.iter().filter(|entry| !entry.key.starts_with("Fn::"))
}

fn key(entry: &Entry) -> &str {
    &entry.key
}

fn is_module(resource: &Entry) -> bool {
    resource
        .value
        .get("Type")
        .and_then(Node::as_text)
        .is_some_and(|resource_type| resource_type.ends_with("::MODULE"))
}

fn contains_key(node: &Node, key: &str) -> bool {
    match &node.value {
        Value::Scalar { .. } => false,
        Value::List(nodes) => nodes.iter().any(|node| contains_key(node, key)),
        Value::Map(entries) => {
            entries.iter().any(|entry| entry.key == key || contains_key(&entry.value, key))
        }
    }
}

/// Whether a prefix of `name` is known, as in the names that AWS derives from it.
fn begins_like(name: &str, is_known: impl Fn(&str) -> bool) -> bool {
    name.char_indices().skip(1).any(|(end, _)| is_known(&name[..end]))
}

/// The names of one section.
struct Names<'a> {
    known: BTreeSet<&'a str>,
    /// Patterns of names that a loop over unknown items produces.
    patterns: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn of(section: Option<&'a Node>) -> Self {
        let names: BTreeSet<&str> = own(section).map(key).collect();
        let patterns = names.iter().filter(|name| name.contains(ANY)).copied().collect();
        Self { known: names, patterns }
    }

    fn has(&self, name: &str) -> bool {
        self.known.contains(name)
            // A reference built from an unknown item may name anything.
            || name.contains(ANY)
            || self.patterns.len() > MAX_PATTERNS
            || self.patterns.iter().any(|pattern| is_or_becomes(pattern, name))
    }
}

struct ReferenceChecker<'a> {
    parameters: BTreeMap<&'a str, &'a Parameter>,
    known_parameters: Names<'a>,
    resources: Names<'a>,
    modules: BTreeSet<&'a str>,
    conditions: Names<'a>,
    is_sam: bool,
    is_extended: bool,
    found: &'a Problems,
    /// Names that have been reported.
    told: BTreeSet<&'a str>,
    /// The resources that each resource depends on.
    needs: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The resource whose dependencies are being collected.
    needed_by: Option<&'a str>,
}

impl<'a> ReferenceChecker<'a> {
    fn problem(&self, line: usize, description: impl Into<String>, remedy: impl Into<String>) {
        self.found.add(Problem::new(line, description, remedy));
    }

    /// Reports a name that stands for nothing, once.
    fn nothing(
        &mut self,
        line: usize,
        name: &'a str,
        description: String,
        names: &[&Names<'_>],
        remedy: &str,
    ) {
        // Similar names are searched only for the first few.
        let is_near = self.told.len() < MAX_PROPOSED;
        let candidates = names.iter().filter(|_| is_near).flat_map(|names| names.known.iter().copied());
        let near = nearest(name, candidates).map(|near| format!("did you mean `{near}`?"));
        self.found.add(Problem::new(line, description, near.unwrap_or_else(|| remedy.to_owned())));
        self.told.insert(name);
    }

    fn has_resource(&self, name: &str) -> bool {
        self.resources.has(name)
            // A module's resources get its name as a prefix; SAM derives further resources from those it knows.
            || begins_like(name, |begin| self.modules.contains(begin))
            || (self.is_sam
                && (name.starts_with("Serverless")
                    || begins_like(name, |begin| self.resources.known.contains(begin))))
    }

    fn is_list(&self, name: &str) -> bool {
        name == "AWS::NotificationARNs"
            || self.parameters.get(name).is_some_and(|parameter| {
                // The type inside of `AWS::SSM::Parameter::Value<…>` is that of the stored value.
                let is_list_there = matches!(&parameter.kind, ParameterKind::SsmValue(of) if of.starts_with("List<") || of == "CommaDelimitedList");
                is_list_there || parameter.kind.is_list()
            })
    }

    fn resources(&mut self, section: Option<&'a Node>) {
        for Entry { key, value, .. } in own(section) {
            self.needs.entry(key).or_default();
            for Entry { key: attribute, value, .. } in own(Some(value)) {
                // References in metadata create no dependency.
                self.needed_by = (attribute != "Metadata").then_some(key);
                match attribute.as_str() {
                    "Condition" => self.condition(value),
                    "DependsOn" => self.depends_on(key, value),
                    _ => self.node(value, Place::Resources),
                }
            }
        }
        self.needed_by = None;
    }

    fn depends_on(&mut self, resource: &str, node: &'a Node) {
        for node in node.as_list().unwrap_or(std::slice::from_ref(node)) {
            let Some(name) = node.as_text() else {
                let description = format!("resource `{resource}`: `DependsOn` holds {}", node.describe());
                self.problem(node.line, description, "write the names of resources");
                continue;
            };
            if self.has_resource(name) {
                self.need(name);
            } else if !name.is_empty() {
                let description = format!("resource `{resource}` depends on `{name}`, which is no resource");
                self.missing_resource(node.line, name, description);
            }
        }
    }

    fn outputs(&mut self, section: Option<&'a Node>) {
        for Entry { key, value, .. } in own(section) {
            if let Some(value) = value.get("Value")
                && let Some(description) = self.no_text(value)
            {
                let remedy = "make one text of it, for example with `!Join [',', …]`";
                self.problem(value.line, format!("output `{key}` is {description}"), remedy);
            }
            for Entry { key: attribute, value, .. } in own(Some(value)) {
                if attribute == "Condition" {
                    self.condition(value);
                } else {
                    self.node(value, Place::Outputs);
                }
            }
        }
    }

    /// Describes the value of an output if it is certainly no text.
    fn no_text(&self, value: &Node) -> Option<&'static str> {
        match &value.value {
            Value::Scalar { .. } => None,
            Value::List(_) => Some("a list"),
            Value::Map(entries) => match entries.as_slice() {
                [Entry { key, value, .. }] if key == "Ref" => {
                    value.as_text().is_some_and(|name| self.is_list(name)).then_some("a list")
                }
                [Entry { key, value, .. }] if key == "Fn::If" => {
                    value.as_list()?.iter().skip(1).find_map(|branch| self.no_text(branch))
                }
                [Entry { key, .. }] if ["Fn::Split", "Fn::Cidr", "Fn::GetAZs"].contains(&key.as_str()) => {
                    Some("a list")
                }
                // Other functions return a text, or a value that is unknown here.
                [Entry { key, .. }] if key.starts_with("Fn::") => None,
                _ => Some("a map"),
            },
        }
    }

    fn node(&mut self, node: &'a Node, place: Place) {
        match &node.value {
            Value::Scalar { .. } => {}
            Value::List(nodes) => nodes.iter().for_each(|node| self.node(node, place)),
            Value::Map(entries) => {
                if let [entry] = entries.as_slice() {
                    self.function(entry, place);
                }
                let kept = self.needed_by;
                if matches!(entries.as_slice(), [Entry { key, .. }] if key == "Fn::If") {
                    // The branch that is not chosen is no dependency.
                    self.needed_by = None;
                }
                for entry in entries {
                    self.node(&entry.value, place);
                }
                self.needed_by = kept;
            }
        }
    }

    fn function(&mut self, Entry { key, line, value }: &'a Entry, place: Place) {
        let parts = value.as_list();
        match key.as_str() {
            "Ref" => {
                if let Some(name) = value.as_text() {
                    self.reference(value.line, name, place);
                }
            }
            "Fn::GetAtt" => {
                let named = parts.map_or_else(|| value.as_text(), |parts| plain(parts.first()?));
                if let Some(name) = named {
                    // As one text, the logical id ends at the first dot.
                    let name = if parts.is_some() { name } else { name.split('.').next().unwrap_or(name) };
                    self.attribute(value.line, name, place);
                }
            }
            "Fn::Sub" => self.substituted(value, place),
            "Fn::If" => match parts {
                Some([condition, _, _]) => self.condition(condition),
                _ => self.problem(*line, "`Fn::If` has not 3 parts", "write a condition and two values"),
            },
            "Condition" if place == Place::Conditions => self.condition(value),
            "Fn::Length" | "Fn::ToJsonString" => self.extension(*line, key),
            "Fn::FindInMap" if parts.is_some_and(|parts| parts.len() > 3) => {
                self.extension(*line, "DefaultValue` of `Fn::FindInMap");
            }
            _ if key.starts_with("Fn::ForEach::") => {}
            _ if key.starts_with("Fn::") && !FUNCTIONS.contains(&key.as_str()) => {
                let names = FUNCTIONS.iter().filter_map(|name| name.strip_prefix("Fn::"));
                let remedy = match nearest(key.trim_start_matches("Fn::"), names) {
                    Some(near) => format!("did you mean `Fn::{near}`?"),
                    None => "use a function of CloudFormation".to_owned(),
                };
                self.problem(*line, format!("there is no function `{key}`"), remedy);
            }
            _ => {}
        }
    }

    fn extension(&self, line: usize, name: &str) {
        if !self.is_extended {
            let remedy = format!("write `Transform: {}`", loops::EXTENSIONS);
            self.problem(line, format!("`{name}` needs a transform"), remedy);
        }
    }

    fn condition(&mut self, node: &'a Node) {
        let Some(name) = node.as_text() else {
            self.problem(node.line, format!("a condition is {}", node.describe()), "write its name");
            return;
        };
        if !node.is_null() && !self.conditions.has(name) && !self.told.contains(name) {
            let description = format!("there is no condition `{name}`");
            // `nothing` borrows the checker mutably, so the names are taken out for the call.
            let conditions = std::mem::replace(&mut self.conditions, Names::of(None));
            self.nothing(node.line, name, description, &[&conditions], "define it under `Conditions`");
            self.conditions = conditions;
        }
    }

    fn need(&mut self, name: &'a str) {
        if let Some(by) = self.needed_by {
            self.needs.entry(by).or_default().insert(name);
        }
    }

    /// Checks what `Ref` names.
    fn reference(&mut self, line: usize, name: &'a str, place: Place) {
        if PSEUDO.contains(&name) || name.is_empty() || self.known_parameters.has(name) {
            return;
        }
        let takes_resources = matches!(place, Place::Resources | Place::Outputs);
        if !self.has_resource(name) {
            if self.told.contains(name) {
                return;
            }
            let names = [
                std::mem::replace(&mut self.known_parameters, Names::of(None)),
                std::mem::replace(&mut self.resources, Names::of(None)),
            ];
            let description = format!("`{name}` is neither a parameter nor a resource");
            self.nothing(line, name, description, &[&names[0], &names[1]], "define it, or correct its name");
            [self.known_parameters, self.resources] = names;
        } else if takes_resources {
            self.need(name);
        } else {
            self.no_resource_here(line, name, place);
        }
    }

    /// Checks what `Fn::GetAtt` names.
    fn attribute(&mut self, line: usize, name: &'a str, place: Place) {
        if !matches!(place, Place::Resources | Place::Outputs) {
            self.no_resource_here(line, name, place);
        } else if self.has_resource(name) {
            self.need(name);
        } else {
            self.missing_resource(line, name, format!("`{name}` is no resource"));
        }
    }

    fn missing_resource(&mut self, line: usize, name: &'a str, description: String) {
        if !self.told.contains(name) {
            // Taken out for the call, as in `condition`.
            let resources = std::mem::replace(&mut self.resources, Names::of(None));
            self.nothing(line, name, description, &[&resources], "define it, or correct its name");
            self.resources = resources;
        }
    }

    fn no_resource_here(&self, line: usize, name: &str, place: Place) {
        let here = if place == Place::Rules { "a rule" } else { "a condition" };
        let description = format!("`{name}` is a resource, {here} can ask for parameters only");
        self.problem(line, description, "refer to a parameter: nothing is made yet when it is judged");
    }

    fn substituted(&mut self, argument: &'a Node, place: Place) {
        let (text, own) = match argument.as_list() {
            Some([text, own]) => (text, Some(own)),
            Some(_) => {
                self.problem(argument.line, "`Fn::Sub` is a list", "write one text, or a text and a map");
                return;
            }
            None => (argument, None),
        };
        let Some(written) = text.as_text() else { return };
        let own: BTreeSet<&str> = own.and_then(Node::as_map).unwrap_or_default().iter().map(key).collect();
        for part in written.split("${").skip(1) {
            let Some((name, _)) = part.split_once('}') else { continue };
            let name = name.trim();
            // `${!Literal}` is a literal, and names of the function's own map are no references.
            if name.starts_with('!') || own.contains(name) {
                continue;
            }
            if self.is_list(name) {
                let description = format!("`Fn::Sub` makes a text of `{name}`, which is a list");
                self.problem(text.line, description, "use `!Join [',', …]`");
            } else if let Some((resource, _)) = name.split_once('.') {
                self.attribute(text.line, resource, place);
            } else {
                self.reference(text.line, name, place);
            }
        }
    }
}

/// Returns a text, or one that `Fn::Sub` leaves unchanged.
fn plain(node: &Node) -> Option<&str> {
    node.as_text().or_else(|| node.get("Fn::Sub")?.as_text().filter(|text| !text.contains("${")))
}
