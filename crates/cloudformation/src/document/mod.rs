//! Parses YAML, JSON and TOML into one small tree of [`Node`]s with line numbers.
//!
//! Reading files, and interpreting the values as a product or a template, is left to the callers.

mod builder;
mod json;
mod node;
mod problem;
mod reader;
mod toml;
mod yaml;

pub use builder::{MAX_BYTES, MAX_DEPTH};
pub use json::parse_json;
pub use node::{Entry, Node, Value};
pub use problem::{ParseProblem, Problem, Problems, nearest};
pub use reader::Reader;
pub use toml::parse_toml;
pub use yaml::parse_yaml;

use json::NO_COMMENTS;

/// The parsed text of a template.
#[derive(Debug)]
pub struct TemplateText {
    /// The outermost value, usually a map.
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
