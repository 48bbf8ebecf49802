//! The meaning of tags: CloudFormation's short form becomes the long form, and YAML's own tags give the type of a
//! scalar.

use super::scanner::problem;
use super::text::Mark;
use crate::document::builder::MapBuilder;
use crate::document::{Node, ParseProblem, Value};

/// A resolved tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    /// `!Name`, a CloudFormation function.
    Local(String),
    /// `! value`, read as if it had no quotes.
    NonSpecific,
    /// `!!str`: a text, whatever it looks like.
    Text,
    /// Another core tag of YAML, which leaves the text unchanged.
    Core,
}

const YAML: &str = "tag:yaml.org,2002:";

impl Tag {
    /// Resolves the tag of `handle` (`!`, `!!` or one from a `%TAG` line) and `suffix`.
    pub(super) fn resolve(
        handle: Option<&str>,
        suffix: String,
        handles: &[(String, String)],
        mark: Mark,
    ) -> Result<Self, ParseProblem> {
        let declared = |handle: &str| handles.iter().find(|(name, _)| name == handle);
        let name = match handle {
            None if suffix == "!" => return Ok(Self::NonSpecific),
            None => suffix,
            Some(handle) => match (declared(handle), handle) {
                // Declared handles come first: `%TAG` may redefine `!` and `!!`.
                (Some((_, prefix)), _) => format!("{prefix}{suffix}"),
                (None, "!") => format!("!{suffix}"),
                (None, "!!") => format!("{YAML}{suffix}"),
                (None, _) => {
                    return Err(problem(mark, format!("no `%TAG` line says what `{handle}` means")));
                }
            },
        };
        if let Some(function) = name.strip_prefix('!').filter(|function| !function.is_empty()) {
            return Ok(Self::Local(function.to_owned()));
        }
        let own = name.strip_prefix(YAML);
        match own {
            Some("str") => Ok(Self::Text),
            Some("int" | "float" | "bool" | "null" | "map" | "seq") => Ok(Self::Core),
            // "CloudFormation doesn't support … the binary, omap, pairs, set, and timestamp tags": AWS CloudFormation
            // User Guide, "CloudFormation template format", read on 2026-11-29.
            Some(_) | None => {
                let tag = own.map_or_else(|| format!("!<{name}>"), |own| format!("!!{own}"));
                let description = "is read neither here nor by CloudFormation: write the value without it, or one `!` before a function";
                Err(problem(mark, format!("the tag `{tag}` {description}")))
            }
        }
    }
}

/// Applies the tag to the value.
pub(super) fn tagged(mut node: Node, tag: Option<Tag>) -> Node {
    let Some(tag) = tag else { return node };
    if let Value::Scalar { plain, .. } = &mut node.value {
        *plain = match tag {
            // The tag determines the type, so the scalar cannot be a number any more.
            Tag::Local(_) | Tag::Text => false,
            Tag::NonSpecific | Tag::Core => true,
        };
    }
    let Tag::Local(name) = tag else { return node };
    let line = node.line;
    let (key, value) = match name.as_str() {
        "Ref" | "Condition" => (name, node),
        "GetAtt" => ("Fn::GetAtt".to_owned(), split_at_first_dot(node)),
        _ => (format!("Fn::{name}"), node),
    };
    let mut map = MapBuilder::default();
    map.add_value(key, line, value);
    Node { line, value: Value::Map(map.entries) }
}

fn split_at_first_dot(node: Node) -> Node {
    let Some((resource, attribute)) = node.as_text().and_then(|text| text.split_once('.')) else {
        return node;
    };
    let parts = vec![Node::text(node.line, resource), Node::text(node.line, attribute)];
    Node { line: node.line, value: Value::List(parts) }
}
