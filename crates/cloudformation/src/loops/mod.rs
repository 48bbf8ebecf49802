//! Expands `Fn::ForEach`, as CloudFormation does before it reads the sections.
//!
//! "All instances of `${Identifier}` and `&{Identifier}`" in the key and in everything under it are replaced by one
//! item after the other; `&{Identifier}` uses only the letters and digits of an item ("`Fn::ForEach`" in the
//! CloudFormation Template Reference Guide and `_language_extensions.py` in cfn-lint 1.58.0, read on 2026-11-29).

#[cfg(test)]
mod tests;

use crate::document::{Entry, Node, Problem, Problems, Value};
use crate::logical_ids::ANY;
use crate::parameter::{Parameter, ParameterKind};
use crate::scalars::scalar_text;
use std::borrow::Cow;
use std::collections::HashSet;

/// The sections that may contain a loop.
const SECTIONS: [&str; 3] = ["Conditions", "Resources", "Outputs"];

/// The transform that a loop requires.
pub(crate) const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Most that loops may produce, in characters plus [`EACH`] per value, so that nested loops cannot multiply without
/// limit. More than the 1 MB that CloudFormation accepts as a template ("Understand CloudFormation quotas", read on
/// 2026-11-29).
const MAX_MADE: usize = 4 * 1024 * 1024;

/// What each value counts besides its characters.
const EACH: usize = 8;

/// Returns the names of a template's transforms, in order.
pub(crate) fn transforms(root: &Node) -> Vec<String> {
    let Some(node) = root.get("Transform") else { return Vec::new() };
    let one = |node: &Node| scalar_text(node.get("Name").unwrap_or(node));
    node.as_list()
        .map_or_else(|| one(node).into_iter().collect(), |list| list.iter().filter_map(one).collect())
}

/// Whether a macro rewrites the template in a way that is unknown here.
pub(crate) fn has_macro(root: &Node) -> bool {
    transforms(root).iter().any(|name| !name.starts_with("AWS::") || name == "AWS::Include")
}

/// Whether there may be outputs that are unknown here.
pub(crate) fn has_foreign_outputs(root: &Node) -> bool {
    has_macro(root) || root.get("Outputs").is_some_and(|outputs| outputs.get("Fn::Transform").is_some())
}

/// A template with its loops, kept so that they can be expanded with other values.
#[derive(Debug, Clone)]
pub(crate) struct Looped(Node);

impl Looped {
    /// Returns the template if it has loops.
    pub(crate) fn of(root: &Node) -> Option<Self> {
        let has_loop = |section: &&str| root.get(section).is_some_and(contains_loop);
        SECTIONS.iter().any(has_loop).then(|| Self(root.clone()))
    }

    /// Expands the loops with these values of the template's parameters.
    pub(crate) fn expanded(&self, inputs: LoopInputs<'_>) -> Expanded {
        let mut writer = Writer {
            inputs,
            mappings: self.0.get("Mappings"),
            made: 0,
            told: HashSet::new(),
            open: Vec::new(),
            problems: Vec::new(),
            doubts: Vec::new(),
        };
        let root = writer.root(&self.0);
        let is_cut = writer.is_cut();
        Expanded { root, open: writer.open, problems: writer.problems, doubts: writer.doubts, is_cut }
    }
}

/// Where the items of loops come from.
#[derive(Clone, Copy)]
pub(crate) struct LoopInputs<'a> {
    pub(crate) parameters: &'a [Parameter],
    /// Values by key; defaults apply where one is missing.
    pub(crate) given: &'a [(String, String)],
    /// The value of `AWS::Region`, if known.
    pub(crate) region: Option<&'a str>,
}

/// A template with expanded loops.
pub(crate) struct Expanded {
    /// The template, with [`ANY`] for unknown items.
    pub(crate) root: Node,
    /// Names of outputs that depend on parameters or are unknown, with [`ANY`] for each item.
    pub(crate) open: Vec<String>,
    /// What CloudFormation would refuse.
    pub(crate) problems: Vec<Problem>,
    /// Loops whose items only AWS knows.
    pub(crate) doubts: Vec<Problem>,
    /// Whether the loops produce so much that the rest was left out.
    pub(crate) is_cut: bool,
}

/// Reports loops that AWS would refuse, wherever they are.
pub(crate) fn check(root: &Node, problems: &Problems) {
    let is_extended = transforms(root).iter().any(|name| name == EXTENSIONS) || has_macro(root);
    for section in SECTIONS.iter().filter_map(|section| root.get(section)) {
        check_within(section, is_extended, problems);
    }
}

fn check_within(node: &Node, is_extended: bool, problems: &Problems) {
    match &node.value {
        Value::Scalar { .. } => {}
        Value::List(nodes) => nodes.iter().for_each(|node| check_within(node, is_extended, problems)),
        Value::Map(entries) => {
            for Entry { key, line, value } in entries {
                if is_loop(key) && !is_extended {
                    let remedy = format!("write `Transform: {EXTENSIONS}`");
                    problems.add(Problem::new(*line, "`Fn::ForEach` needs a transform", remedy));
                }
                if is_loop(key)
                    && !matches!(value.as_list(), Some([id, _, body]) if id.as_text().is_some() && body.as_map().is_some())
                {
                    let description = format!("`{key}` is no loop");
                    let remedy =
                        "write a list of three: a name, the values, and a map of what is made for each";
                    problems.add(Problem::new(*line, description, remedy));
                }
                check_within(value, is_extended, problems);
            }
        }
    }
}

fn is_loop(key: &str) -> bool {
    key.starts_with("Fn::ForEach::")
}

fn contains_loop(node: &Node) -> bool {
    match &node.value {
        Value::Scalar { .. } => false,
        Value::List(nodes) => nodes.iter().any(contains_loop),
        Value::Map(entries) => entries.iter().any(|entry| is_loop(&entry.key) || contains_loop(&entry.value)),
    }
}

/// The current items of the loops around a position, by identifier.
type Items<'a> = Vec<(&'a str, String)>;

/// Why an item is unknown.
#[derive(Clone, Copy)]
enum Unknown {
    /// It depends on a parameter without a value, or on the region.
    Here,
    /// Only AWS can know it, whatever the parameters.
    Always,
}

/// A map under construction.
#[derive(Default)]
struct Written {
    entries: Vec<Entry>,
    keys: HashSet<String>,
}

struct Writer<'a> {
    inputs: LoopInputs<'a>,
    mappings: Option<&'a Node>,
    made: usize,
    /// Lines for which something has been reported.
    told: HashSet<usize>,
    open: Vec<String>,
    problems: Vec<Problem>,
    doubts: Vec<Problem>,
}

impl<'a> Writer<'a> {
    fn is_cut(&self) -> bool {
        self.made > MAX_MADE
    }

    /// Counts what a loop produces or searches.
    fn count(&mut self, more: usize) {
        self.made = self.made.saturating_add(more);
    }

    fn root(&mut self, root: &'a Node) -> Node {
        let entries = root.as_map().unwrap_or_default().iter().map(|entry| {
            let value = if SECTIONS.contains(&entry.key.as_str()) {
                self.node(&entry.value, &Vec::new(), entry.key == "Outputs")
            } else {
                entry.value.clone()
            };
            Entry { key: entry.key.clone(), line: entry.line, value }
        });
        Node { line: root.line, value: Value::Map(entries.collect()) }
    }

    /// Returns the node with items replaced; `is_outputs` if its keys are names of outputs.
    fn node(&mut self, node: &'a Node, items: &Items<'a>, is_outputs: bool) -> Node {
        // Outside of loops nothing is multiplied, so only what is inside counts.
        if !items.is_empty() {
            self.count(EACH);
        }
        let value = match &node.value {
            Value::Scalar { text, plain } => {
                Value::Scalar { text: self.replaced(text, items), plain: *plain }
            }
            Value::List(nodes) => {
                Value::List(nodes.iter().map(|node| self.node(node, items, false)).collect())
            }
            Value::Map(entries) => {
                if let Some(item) = item_of(entries, items) {
                    Value::Scalar { text: item.to_owned(), plain: false }
                } else {
                    let mut written = Written::default();
                    for entry in entries {
                        self.entry(entry, items, is_outputs, &mut written);
                    }
                    Value::Map(written.entries)
                }
            }
        };
        Node { line: node.line, value }
    }

    fn replaced(&mut self, text: &str, items: &Items<'a>) -> String {
        let text = replaced(text, items).into_owned();
        if !items.is_empty() {
            self.count(text.len());
        }
        text
    }

    fn entry(&mut self, entry: &'a Entry, items: &Items<'a>, is_outputs: bool, written: &mut Written) {
        if !items.is_empty() && self.is_cut() {
            return;
        }
        let looped = entry.value.as_list().filter(|_| is_loop(&entry.key));
        let Some([identifier, collection, body]) = looped else {
            let key = self.replaced(&entry.key, items);
            if written.keys.insert(key.clone()) {
                let value = self.node(&entry.value, items, false);
                written.entries.push(Entry { key, line: entry.line, value });
            // Names with a placeholder may differ in AWS.
            } else if !key.contains(ANY) && self.told.insert(entry.line) {
                let remedy = "put `${…}` with the name of the loop into the key, and use each item once";
                self.problems.push(Problem::new(
                    entry.line,
                    format!("loops make `{key}` more than once"),
                    remedy,
                ));
            }
            return;
        };
        let Some(identifier) = identifier.as_text() else { return };
        let within = |item: String| items.iter().cloned().chain([(identifier, item)]).collect::<Items<'a>>();
        let values = self.collection(entry, collection, items);
        // Other values of the parameters produce other outputs, which `outputs` in `product.yml` may name.
        if is_outputs && (values.iter().any(|value| value == ANY) || depends_on_parameters(collection)) {
            self.open_names(body, &within(ANY.to_owned()));
        }
        for item in values {
            if self.is_cut() {
                // Said once, however many loops are cut short.
                if self.problems.iter().all(|problem| problem.description != TOO_MUCH) {
                    self.problems.push(Problem::new(entry.line, TOO_MUCH, "let them go round less often"));
                }
                return;
            }
            self.count(EACH);
            let inside = within(item);
            for entry in body.as_map().unwrap_or_default() {
                self.entry(entry, &inside, is_outputs, written);
            }
        }
    }

    /// Records the names of everything that a loop produces, whatever its items are.
    fn open_names(&mut self, body: &'a Node, items: &Items<'a>) {
        for entry in body.as_map().unwrap_or_default() {
            let inner = entry.value.as_list().filter(|_| is_loop(&entry.key));
            if let Some([identifier, _, body]) = inner {
                let any = identifier.as_text().map(|identifier| (identifier, ANY.to_owned()));
                self.open_names(body, &items.iter().cloned().chain(any).collect());
            } else if !self.is_cut() {
                self.count(EACH);
                let name = self.replaced(&entry.key, items);
                self.open.push(name);
            }
        }
    }

    /// Returns the items of a loop, with [`ANY`] for unknown ones.
    fn collection(&mut self, looped: &Entry, node: &Node, items: &Items<'a>) -> Vec<String> {
        let elements = match (&node.value, node.as_map()) {
            (Value::List(list), _) => {
                self.count(list.len());
                list.iter().map(|node| self.text(node, items)).collect()
            }
            (_, Some([Entry { key, value, .. }])) => match key.as_str() {
                "Ref" => vec![self.of_parameter(value, items)],
                "Fn::FindInMap" => vec![self.found(value, items)],
                _ => vec![Err(Unknown::Always)],
            },
            _ => vec![Err(Unknown::Always)],
        };
        let is_list = node.as_list().is_some();
        let only_aws = elements.iter().any(|item| matches!(item, Err(Unknown::Always)));
        if only_aws && self.told.insert(looped.line) {
            let description = format!("only AWS can tell how often `{}` goes round", looped.key);
            let remedy = "write a list, a parameter or a map, or people are not told beforehand what is made";
            self.doubts.push(Problem::new(looped.line, description, remedy));
        }
        let mut is_any_there = false;
        elements
            .into_iter()
            .flat_map(|item| match item {
                // An element of a list stands for one item, so one that is a list itself counts as unknown.
                Ok(texts) if !is_list || texts.len() == 1 => texts,
                Ok(_) | Err(_) => vec![ANY.to_owned()],
            })
            // One placeholder stands for all unknown items.
            .filter(|item| item != ANY || !std::mem::replace(&mut is_any_there, true))
            .collect()
    }

    /// Returns the items of a parameter that is a list.
    fn of_parameter(&mut self, name: &Node, items: &Items<'a>) -> Result<Vec<String>, Unknown> {
        let (parameter, value) = self.parameter(&replaced(name.as_text().ok_or(Unknown::Always)?, items))?;
        if !parameter.kind.is_list() {
            return Err(Unknown::Always);
        }
        Ok(value.split(',').map(|item| item.trim().to_owned()).collect())
    }

    /// Returns one text of a list of items, or of a path into a mapping.
    fn text(&mut self, node: &Node, items: &Items<'a>) -> Result<Vec<String>, Unknown> {
        if let Some(text) = scalar_text(node) {
            return Ok(vec![replaced(&text, items).into_owned()]);
        }
        let entries = node.as_map().ok_or(Unknown::Always)?;
        if let Some(item) = item_of(entries, items) {
            return if item == ANY { Err(Unknown::Here) } else { Ok(vec![item.to_owned()]) };
        }
        let [Entry { key, value, .. }] = entries else { return Err(Unknown::Always) };
        match (key.as_str(), value.as_text()) {
            ("Ref", Some("AWS::Region")) => {
                self.inputs.region.map(|region| vec![region.to_owned()]).ok_or(Unknown::Here)
            }
            ("Ref", Some("AWS::Partition")) => Ok(vec!["aws".to_owned()]),
            ("Ref", Some(name)) => {
                let (parameter, value) = self.parameter(name)?;
                if parameter.kind.is_list() { Err(Unknown::Always) } else { Ok(vec![value.to_owned()]) }
            }
            ("Fn::FindInMap", _) => self.found(value, items),
            _ => Err(Unknown::Always),
        }
    }

    /// Evaluates `Fn::FindInMap`, including its `DefaultValue`.
    fn found(&mut self, argument: &Node, items: &Items<'a>) -> Result<Vec<String>, Unknown> {
        let parts = argument.as_list().unwrap_or_default();
        let way = parts.get(..3).ok_or(Unknown::Always)?;
        let mut place = self.mappings;
        for part in way {
            let key = self.text(part, items)?;
            self.count(place.and_then(Node::as_map).map_or(0, <[Entry]>::len));
            place = place.and_then(|place| place.get(key.first()?));
        }
        let place = place.or_else(|| parts.get(3)?.get("DefaultValue")).ok_or(Unknown::Always)?;
        let Some(list) = place.as_list() else { return self.text(place, items) };
        self.count(list.len());
        let texts: Result<Vec<_>, _> = list.iter().map(|node| self.text(node, items)).collect();
        Ok(texts?.into_iter().flatten().collect())
    }

    /// Returns a parameter and its value. The value behind a path in the Parameter Store is unknown.
    fn parameter(&mut self, key: &str) -> Result<(&'a Parameter, &'a str), Unknown> {
        let LoopInputs { parameters, given, .. } = self.inputs;
        self.count(parameters.len());
        let parameter = parameters.iter().find(|parameter| parameter.key == key).ok_or(Unknown::Always)?;
        if matches!(parameter.kind, ParameterKind::SsmValue(_)) {
            return Err(Unknown::Always);
        }
        let typed = given.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
        let value = typed.or(parameter.default.as_deref()).ok_or(Unknown::Here)?;
        Ok((parameter, value))
    }
}

const TOO_MUCH: &str = "the loops make more than CloudFormation takes";

fn depends_on_parameters(collection: &Node) -> bool {
    match &collection.value {
        Value::Scalar { .. } => false,
        Value::List(nodes) => nodes.iter().any(depends_on_parameters),
        Value::Map(entries) => {
            entries.iter().any(|entry| entry.key == "Ref" || depends_on_parameters(&entry.value))
        }
    }
}

/// Returns the item that `{Ref: Identifier}` stands for.
fn item_of<'i>(entries: &[Entry], items: &'i Items<'_>) -> Option<&'i str> {
    let [Entry { key, value, .. }] = entries else { return None };
    let name = value.as_text().filter(|_| key == "Ref")?;
    // The innermost loop with this identifier counts.
    items.iter().rev().find(|(identifier, _)| *identifier == name).map(|(_, item)| item.as_str())
}

fn replaced<'t>(text: &'t str, items: &Items<'_>) -> Cow<'t, str> {
    if items.is_empty() || !text.contains('{') {
        return Cow::Borrowed(text);
    }
    let mut written = text.to_owned();
    // Innermost first, so that an inner loop hides an outer one with the same identifier.
    for (identifier, item) in items.iter().rev() {
        let bare: String = item.chars().filter(|c| c.is_ascii_alphanumeric() || ANY.contains(*c)).collect();
        written = written
            .replace(&format!("${{{identifier}}}"), item)
            .replace(&format!("&{{{identifier}}}"), &bare);
    }
    Cow::Owned(written)
}
