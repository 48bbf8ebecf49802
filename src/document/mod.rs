//! Parses YAML, JSON and TOML into one small tree of [`Node`]s with line numbers.
//!
//! Reading files, and interpreting the values as a product or a template, is left to the callers.

mod json;
mod problem;
mod reader;
mod toml;
mod yaml;

use json::NO_COMMENTS;
pub use json::parse_json;
pub use problem::{ParseProblem, Problem, Problems, nearest};
pub use reader::Reader;
pub use toml::parse_toml;
pub use yaml::parse_yaml;

use std::collections::HashSet;

/// Deepest nesting of lists and maps that is accepted. Deeper text is refused, because the parsers recurse.
pub const MAX_DEPTH: usize = 128;

/// Longest text that is accepted, in bytes: CloudFormation's own limit for a template in a bucket.
pub const MAX_BYTES: usize = 1024 * 1024;

/// One value of a parsed document, with the line it starts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The line the value starts on, counted from 1; 0 if unknown.
    pub line: usize,
    /// The value itself.
    pub value: Value,
}

/// The value of a [`Node`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A scalar, kept as written: `true`, `0755` and `2010-09-09` are not interpreted.
    Scalar {
        /// The text, without quotes and with escapes resolved.
        text: String,
        /// Whether it was written without quotes, so that `5` may be meant as a number.
        plain: bool,
    },
    /// A list, in document order.
    List(Vec<Node>),
    /// A map, in document order; its keys are unique.
    Map(Vec<Entry>),
}

/// One key of a map, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, without quotes.
    pub key: String,
    /// The line of the key, counted from 1; 0 if unknown.
    pub line: usize,
    /// The value of the key.
    pub value: Node,
}

impl Node {
    /// Returns a quoted scalar, for values that the program generates.
    pub fn text(line: usize, text: impl Into<String>) -> Self {
        Self { line, value: Value::Scalar { text: text.into(), plain: false } }
    }

    /// Returns the text of a scalar; `None` for lists and maps.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns the elements of a list; `None` for anything else.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(nodes) => Some(nodes),
            Value::Scalar { .. } | Value::Map(_) => None,
        }
    }

    /// Returns the entries of a map; `None` for anything else.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar { .. } | Value::List(_) => None,
        }
    }

    /// Returns the value of `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Whether it is null: nothing was written (`key:`), or an unquoted `null` or `~`.
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar { text, plain } => {
                *plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            Value::List(_) | Value::Map(_) => false,
        }
    }

    /// Describes the value for a message: `` `5` ``, `a list`, `a map`, `nothing`.
    pub fn describe(&self) -> String {
        match &self.value {
            _ if self.is_null() => "nothing".to_owned(),
            Value::Scalar { text, .. } => {
                let mut shown: String = text.chars().take(40).collect();
                // Compares bytes: the text was cut if any are missing.
                if shown.len() < text.len() {
                    shown.push('…');
                }
                format!("`{shown}`")
            }
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }
}

/// The parsed text of a template.
#[derive(Debug)]
pub struct TemplateText {
    /// The document.
    pub root: Node,
    /// Why a text that looks like JSON is not valid JSON, although it can be read as YAML.
    pub doubt: Option<ParseProblem>,
}

/// Parses a CloudFormation template: strict JSON first, otherwise YAML, as CloudFormation does ("Validating a
/// template" in its user guide, read on 2026-11-29).
///
/// Both are needed: JSON indented with tabs is not YAML, and some public `.json` templates can only be read as YAML.
pub fn parse_template_text(text: &str) -> Result<TemplateText, ParseProblem> {
    let json = match parse_json(text) {
        Ok(root) => return Ok(TemplateText { root, doubt: None }),
        Err(json) => json,
    };
    // Only a hint: a flow map of YAML begins with a brace as well.
    let looks_like_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    match parse_yaml(text) {
        // YAML would silently read a comment as part of a key.
        Ok(_) if looks_like_json && json.message == NO_COMMENTS => Err(json),
        Ok(root) => Ok(TemplateText { root, doubt: looks_like_json.then_some(json) }),
        // The author meant JSON, so the message about JSON helps more.
        Err(_) if looks_like_json => Err(json),
        Err(yaml) => Err(yaml),
    }
}

/// Refuses text that is too long, and strips a byte order mark.
fn checked(text: &str) -> Result<&str, ParseProblem> {
    if text.len() > MAX_BYTES {
        return Err(ParseProblem::new(
            0,
            format!("the text has {} bytes, the most that is read is {MAX_BYTES}", text.len()),
        ));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn too_deep(line: usize) -> ParseProblem {
    ParseProblem::new(line, format!("lists and maps are nested more than {MAX_DEPTH} deep"))
}

/// Collects the entries of one map and refuses duplicate keys.
#[derive(Default)]
struct MapBuilder {
    entries: Vec<Entry>,
    seen: HashSet<String>,
}

impl MapBuilder {
    fn add_key(&mut self, key: &str, line: usize) -> Result<(), ParseProblem> {
        if self.seen.insert(key.to_owned()) {
            Ok(())
        } else {
            Err(ParseProblem::new(line, format!("the key `{key}` is here twice")))
        }
    }

    fn add_value(&mut self, key: String, line: usize, value: Node) {
        self.entries.push(Entry { key, line, value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_indented_with_tabs_and_json_with_a_trailing_comma_are_both_templates() {
        let tabs = parse_template_text("{\n\t\"A\": 1\n}").unwrap();
        assert_eq!(tabs.root.get("A").and_then(Node::as_text), Some("1"));
        assert_eq!(tabs.doubt, None);
        let comma = parse_template_text("{\n  \"A\": 1,\n}").unwrap();
        assert_eq!(comma.root.get("A").and_then(Node::as_text), Some("1"));
        insta::assert_snapshot!(comma.doubt.unwrap(), @"line 3: JSON has no `,` before `}`: remove it");
        assert_eq!(parse_template_text("A: 1").unwrap().doubt, None);
    }

    #[test]
    fn a_comment_in_json_is_named_even_where_yaml_would_make_a_key_of_it() {
        for text in
            ["{\n/* x */ \"A\": 1\n}", "{\n// x\n\"A\": 1\n}", "\u{feff} {\n\"B\": 2, // x\n\"A\": 1\n}"]
        {
            let problem = parse_template_text(text).unwrap_err();
            assert_eq!(problem.to_string(), "line 2: JSON has no comments: remove this one", "{text}");
        }
    }

    #[test]
    fn broken_json_is_reported_as_json_and_not_as_yaml() {
        let problem = parse_template_text("{\n  \"A\": [1,\n").unwrap_err();
        insta::assert_snapshot!(problem, @"line 3: the text ends where a value should begin");
    }

    #[test]
    fn a_text_over_one_mebibyte_is_refused_by_every_reader() {
        let long = " ".repeat(MAX_BYTES + 1);
        assert!(parse_json(&long).is_err());
        assert!(parse_yaml(&long).is_err());
        assert!(parse_toml(&long).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in "\\PC*") {
            let _ = parse_json(&text);
            let _ = parse_yaml(&text);
            let _ = parse_toml(&text);
        }

        #[test]
        fn no_structural_text_makes_a_reader_panic(text in "[\\[\\]{}:,\"'!&*#|>\\-? \n\tab1=.\\\\u]{0,80}") {
            let _ = parse_json(&text);
            let _ = parse_yaml(&text);
            let _ = parse_toml(&text);
        }
    }
}
