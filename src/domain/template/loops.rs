//! `Fn::ForEach`: what CloudFormation puts in its place before it reads the sections.
//!
//! "All instances of `${Identifier}` and `&{Identifier}`" in the key and in what stands under it are replaced by one item after
//! the other; `&{Identifier}` takes the letters and digits of an item only ("`Fn::ForEach`" in the CloudFormation Template
//! Reference Guide and `_language_extensions.py` in cfn-lint 1.58.0, read on 2026-11-29).

use super::{Parameter, ParameterKind, limits, scalar_text};
use crate::document::{Entry, Node, Problem, Problems, Value};
use std::borrow::Cow;

/// The sections in which a loop may stand.
const SECTIONS: [&str; 3] = ["Conditions", "Resources", "Outputs"];

/// The transform that a loop needs.
const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Most keys that loops may make, so that loops in loops cannot multiply without end.
const MAX_MADE: usize = 10_000;

/// The names of the transforms of a template, in order.
pub(super) fn transforms(root: &Node) -> Vec<String> {
    let Some(node) = root.get("Transform") else { return Vec::new() };
    let one = |node: &Node| scalar_text(node.get("Name").unwrap_or(node));
    node.as_list()
        .map_or_else(|| one(node).into_iter().collect(), |list| list.iter().filter_map(one).collect())
}

/// Whether something rewrites the template of which nobody knows here what it does.
pub(super) fn has_macro(root: &Node) -> bool {
    transforms(root).iter().any(|name| !name.starts_with("AWS::") || name == "AWS::Include")
}

/// Whether outputs may come out that nobody knows of here.
pub(super) fn has_foreign_outputs(root: &Node) -> bool {
    has_macro(root) || root.get("Outputs").is_some_and(|outputs| outputs.get("Fn::Transform").is_some())
}

/// A template with its loops, kept so that they can be read with other values.
#[derive(Debug, Clone)]
pub(super) struct Looped(Node);

impl Looped {
    /// The template, if it has loops.
    pub(super) fn of(root: &Node) -> Option<Self> {
        let has_loop = |section: &&str| root.get(section).is_some_and(contains_loop);
        SECTIONS.iter().any(has_loop).then(|| Self(root.clone()))
    }

    /// The template without its loops, with these values of its parameters. What cannot be told of is left out.
    pub(super) fn written_out(&self, parameters: &[Parameter], given: &[(String, String)]) -> Node {
        let mut writer =
            Writer { parameters, given, mappings: self.0.get("Mappings"), made: 0, open: Vec::new() };
        writer.root(&self.0)
    }

    /// Names of outputs that depend on parameters, with a `*` for each item.
    pub(super) fn open_outputs(&self, parameters: &[Parameter]) -> Vec<String> {
        let mut writer =
            Writer { parameters, given: &[], mappings: self.0.get("Mappings"), made: 0, open: Vec::new() };
        writer.root(&self.0);
        writer.open
    }
}

/// Notes loops that AWS would not take.
pub(super) fn check(root: &Node, problems: &Problems) {
    let is_extended = transforms(root).iter().any(|name| name == EXTENSIONS) || has_macro(root);
    for section in SECTIONS.iter().filter_map(|section| root.get(section)).filter_map(Node::as_map) {
        for entry in section.iter().filter(|entry| is_loop(&entry.key)) {
            if !is_extended {
                let remedy = format!("write `Transform: {EXTENSIONS}`");
                problems.add(Problem::new(entry.line, "`Fn::ForEach` needs a transform", remedy));
            }
            if !matches!(entry.value.as_list(), Some([id, _, body]) if id.as_text().is_some() && body.as_map().is_some())
            {
                let what = format!("`{}` is no loop", entry.key);
                let remedy = "write a list of three: a name, the values, and a map of what is made for each";
                problems.add(Problem::new(entry.line, what, remedy));
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

/// What stands for the names of the loops around a place.
type Items<'a> = Vec<(&'a str, String)>;

struct Writer<'a> {
    parameters: &'a [Parameter],
    given: &'a [(String, String)],
    mappings: Option<&'a Node>,
    made: usize,
    open: Vec<String>,
}

impl<'a> Writer<'a> {
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

    /// The node with the items in place; `is_outputs` where its keys are names of outputs.
    fn node(&mut self, node: &'a Node, items: &Items<'a>, is_outputs: bool) -> Node {
        let value = match &node.value {
            Value::Scalar { text, plain } => {
                Value::Scalar { text: replaced(text, items).into_owned(), plain: *plain }
            }
            Value::List(nodes) => {
                Value::List(nodes.iter().map(|node| self.node(node, items, false)).collect())
            }
            Value::Map(entries) => {
                if let Some(item) = item_of(entries, items) {
                    Value::Scalar { text: item.to_owned(), plain: false }
                } else {
                    let mut written = Vec::new();
                    for entry in entries {
                        self.entry(entry, items, is_outputs, &mut written);
                    }
                    Value::Map(written)
                }
            }
        };
        Node { line: node.line, value }
    }

    fn entry(&mut self, entry: &'a Entry, items: &Items<'a>, is_outputs: bool, written: &mut Vec<Entry>) {
        self.made += 1;
        if self.made > MAX_MADE {
            return;
        }
        let looped = entry.value.as_list().filter(|_| is_loop(&entry.key));
        let Some([identifier, collection, body]) = looped else {
            let key = replaced(&entry.key, items).into_owned();
            // What AWS would take for the same twice is kept once.
            if written.iter().all(|known| known.key != key) {
                let value = self.node(&entry.value, items, false);
                written.push(Entry { key, line: entry.line, value });
            }
            return;
        };
        let Some(identifier) = identifier.as_text() else { return };
        let within = |item: String| items.iter().cloned().chain([(identifier, item)]).collect::<Items<'a>>();
        let values = self.collection(collection, items);
        if is_outputs && (values.is_none() || depends_on_parameters(collection)) {
            self.open_names(body, &within("*".to_owned()));
        }
        for item in values.unwrap_or_default() {
            let inside = within(item);
            for entry in body.as_map().unwrap_or_default() {
                self.entry(entry, &inside, is_outputs, written);
            }
        }
    }

    /// Notes the names of all that a loop makes, whatever its items are.
    fn open_names(&mut self, body: &'a Node, items: &Items<'a>) {
        for entry in body.as_map().unwrap_or_default() {
            let inner = entry.value.as_list().filter(|_| is_loop(&entry.key));
            if let Some([identifier, _, body]) = inner {
                let any = identifier.as_text().map(|identifier| (identifier, "*".to_owned()));
                self.open_names(body, &items.iter().cloned().chain(any).collect());
            } else if self.open.len() < MAX_MADE {
                self.open.push(replaced(&entry.key, items).into_owned());
            }
        }
    }

    /// The items of a loop; `None` when only AWS can tell.
    fn collection(&self, node: &Node, items: &Items<'a>) -> Option<Vec<String>> {
        if let Some(list) = node.as_list() {
            return list.iter().map(|node| self.text(node, items)).collect();
        }
        let [Entry { key, value, .. }] = node.as_map()? else { return None };
        match key.as_str() {
            "Ref" => {
                let (parameter, value) = self.parameter(&replaced(value.as_text()?, items))?;
                parameter
                    .kind
                    .is_list()
                    .then(|| value.split(',').map(|item| item.trim().to_owned()).collect())
            }
            "Fn::FindInMap" => {
                let found = self.found(value, items)?;
                found.as_list()?.iter().map(scalar_text).collect()
            }
            _ => None,
        }
    }

    fn text(&self, node: &Node, items: &Items<'a>) -> Option<String> {
        if let Some(text) = scalar_text(node) {
            return Some(replaced(&text, items).into_owned());
        }
        let entries = node.as_map()?;
        if let Some(item) = item_of(entries, items) {
            return Some(item.to_owned());
        }
        let [Entry { key, value, .. }] = entries else { return None };
        match key.as_str() {
            "Ref" => self
                .parameter(value.as_text()?)
                .filter(|(of, _)| !of.kind.is_list())
                .map(|(_, value)| value.to_owned()),
            "Fn::FindInMap" => scalar_text(self.found(value, items)?),
            _ => None,
        }
    }

    fn found(&self, argument: &Node, items: &Items<'a>) -> Option<&'a Node> {
        let mut place = self.mappings?;
        for part in argument.as_list()?.get(..3)? {
            place = place.get(&self.text(part, items)?)?;
        }
        Some(place)
    }

    /// A parameter and its value; what a path in the Parameter Store leads to is not known.
    fn parameter(&self, key: &str) -> Option<(&'a Parameter, &'a str)> {
        let parameter = self.parameters.iter().find(|parameter| parameter.key == key)?;
        let given = self.given.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
        let value = given.or(parameter.default.as_deref())?;
        (!matches!(parameter.kind, ParameterKind::SsmValue(_))).then_some((parameter, value))
    }
}

fn depends_on_parameters(collection: &Node) -> bool {
    match &collection.value {
        Value::Scalar { .. } => false,
        Value::List(nodes) => nodes.iter().any(depends_on_parameters),
        Value::Map(entries) => {
            entries.iter().any(|entry| entry.key == "Ref" || depends_on_parameters(&entry.value))
        }
    }
}

/// The item that `{Ref: Identifier}` is.
fn item_of<'i>(entries: &[Entry], items: &'i Items<'_>) -> Option<&'i str> {
    let [Entry { key, value, .. }] = entries else { return None };
    let name = value.as_text().filter(|_| key == "Ref")?;
    items.iter().rev().find(|(identifier, _)| *identifier == name).map(|(_, item)| item.as_str())
}

fn replaced<'t>(text: &'t str, items: &Items<'_>) -> Cow<'t, str> {
    if items.is_empty() || !text.contains('{') {
        return Cow::Borrowed(text);
    }
    let mut written = text.to_owned();
    for (identifier, item) in items.iter().rev() {
        let bare: String = item.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '*').collect();
        written = written
            .replace(&format!("${{{identifier}}}"), item)
            .replace(&format!("&{{{identifier}}}"), &bare);
    }
    Cow::Owned(written)
}

/// Whether a name is one that a loop makes for some item: `Arn*` for `ArnOrders`.
pub(super) fn is_one_of(open: &str, name: &str) -> bool {
    let mut parts = open.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first).filter(|_| limits::is_logical_id(name)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use crate::domain::template::{Evaluation, Inputs, LiveResource, Template};
    use std::collections::BTreeMap;

    fn evaluated(template: &Template, given: &[(&str, &str)]) -> Evaluation {
        let given: Vec<(String, String)> =
            given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        template.evaluate(&Inputs {
            parameters: &given,
            ssm: &BTreeMap::new(),
            region: "us-east-1",
            account_id: "123456789012",
            stack_name: "stack",
            stack_id: "arn:stack",
            physical: &|resource: &LiveResource, attribute| {
                let name = resource.name.as_deref().unwrap_or(&resource.logical_id);
                Some(format!("<{name}.{}>", attribute.unwrap_or("ref")))
            },
        })
    }

    /// What is made and what comes out.
    fn shown(text: &str, given: &[(&str, &str)]) -> String {
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(problems) => return problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        };
        let evaluation = evaluated(&template, given);
        let made: Vec<String> =
            evaluation.resources.into_iter().map(|resource| resource.logical_id).collect();
        let outputs = evaluation.outputs.into_iter();
        let outputs = outputs.map(|output| {
            format!("{} = {}", output.name, output.value.unwrap_or_else(|why| why.to_string()))
        });
        [made.join(" ")].into_iter().chain(outputs).collect::<Vec<_>>().join("\n")
    }

    const TOPICS: &str = "Transform: AWS::LanguageExtensions\n\
                          Parameters:\n  Names: {Type: CommaDelimitedList, Default: 'Orders, Returns'}\n  Env: {Type: String, Default: dev}\n\
                          Mappings: {Teams: {dev: {all: [One, Two]}}}\n\
                          Conditions:\n  'Fn::ForEach::Is':\n    - Env\n    - [dev, prod]\n    - 'Is${Env}': !Equals [!Ref Env, !Sub '${Env}']\n\
                          Resources:\n  'Fn::ForEach::Topics':\n    - Name\n    - !Ref Names\n    - 'Topic${Name}':\n        Type: AWS::SNS::Topic\n        Properties: {TopicName: !Sub '${Name}-${AWS::Region}'}\n  \
                          'Fn::ForEach::Hosts':\n    - Host\n    - [a.b-1, 'c.d']\n    - 'Host&{Host}': {Type: AWS::SSM::Parameter, Properties: {Name: !Ref Host}}\n  \
                          Plain: {Type: AWS::SNS::Topic}\n\
                          Outputs:\n  'Fn::ForEach::Arns':\n    - Name\n    - !Ref Names\n    - 'Arn${Name}': {Value: !GetAtt [!Sub 'Topic${Name}', TopicArn]}\n      'Name${Name}': {Value: !Ref Name}\n  \
                          'Fn::ForEach::Outer':\n    - A\n    - [X, Y]\n    - 'Fn::ForEach::Inner':\n      - B\n      - !FindInMap [Teams, !Ref Env, all]\n      - '${A}${B}': {Value: !Join ['-', [!Ref A, '${B}', !Sub '${A}/${!B}']]}\n  \
                          Host: {Value: !Ref Hostab1}\n";

    #[test]
    fn loops_are_written_out_as_cloudformation_writes_them_out() {
        insta::assert_snapshot!(shown(TOPICS, &[]), @"
        TopicOrders TopicReturns Hostab1 Hostcd Plain
        ArnOrders = <Orders-us-east-1.TopicArn>
        NameOrders = Orders
        ArnReturns = <Returns-us-east-1.TopicArn>
        NameReturns = Returns
        XOne = X-One-X/${B}
        XTwo = X-Two-X/${B}
        YOne = Y-One-Y/${B}
        YTwo = Y-Two-Y/${B}
        Host = a.b-1
        ");
    }

    #[test]
    fn a_loop_over_a_parameter_goes_by_what_was_chosen() {
        insta::assert_snapshot!(shown(TOPICS, &[("Names", "Bills")]), @"
        TopicBills Hostab1 Hostcd Plain
        ArnBills = <Bills-us-east-1.TopicArn>
        NameBills = Bills
        XOne = X-One-X/${B}
        XTwo = X-Two-X/${B}
        YOne = Y-One-Y/${B}
        YTwo = Y-Two-Y/${B}
        Host = a.b-1
        ");
    }

    #[test]
    fn an_output_of_a_loop_can_be_named_whether_or_not_the_default_makes_it() {
        let template = Template::parse(TOPICS).unwrap();
        let may_give = |names: &[&str]| {
            names.iter().filter(|name| template.may_give(name)).copied().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            may_give(&["ArnOrders", "ArnBills", "NameBills", "XOne", "Host"]),
            "ArnOrders ArnBills NameBills XOne Host"
        );
        assert_eq!(may_give(&["Arn-Orders", "arnOrders", "Topic", "ZOne"]), "");
        let only_aws = TOPICS.replace("Default: 'Orders, Returns'", "Description: no default");
        assert!(Template::parse(&only_aws).unwrap().may_give("ArnBills"));
        let of_a_macro = "Transform: Mine\nResources: {A: {Type: AWS::SNS::Topic}}\n";
        assert!(Template::parse(of_a_macro).unwrap().may_give("Anything"));
    }

    #[test]
    fn what_is_no_loop_to_aws_is_told_with_its_line() {
        let text = "Resources:\n  A: {Type: AWS::SNS::Topic}\n  'Fn::ForEach::B': [Name, [x]]\n";
        insta::assert_snapshot!(shown(text, &[]), @"
        line 3: `Fn::ForEach` needs a transform: write `Transform: AWS::LanguageExtensions`
        line 3: `Fn::ForEach::B` is no loop: write a list of three: a name, the values, and a map of what is made for each
        ");
    }

    #[test]
    fn loops_in_loops_are_cut_off() {
        let items: Vec<String> = (0..100).map(|n| format!("I{n}")).collect();
        let items = items.join(", ");
        let mut body = "'${A}${B}${C}': {Value: x}".to_owned();
        for name in ["C", "B", "A"] {
            body = format!("'Fn::ForEach::L{name}': [{name}, [{items}], {{{body}}}]");
        }
        let text = format!(
            "Transform: AWS::LanguageExtensions\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\nOutputs: {{{body}}}"
        );
        insta::assert_snapshot!(shown(&text, &[]), @"line 3: the template has 4,973 outputs: CloudFormation takes 200 at most");
    }
}
