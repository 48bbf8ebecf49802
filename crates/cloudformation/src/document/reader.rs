//! Reads typed values from a map. Every mistake is collected, and unknown keys are reported.
//!
//! The caller decides which keys exist and what their defaults are.

use super::{Entry, Node, Problem, Problems, Value, nearest};
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::str::FromStr;

/// Reads one map. Query every key that may exist, then call [`Reader::finish`].
#[derive(Debug)]
#[must_use = "call finish() so that unknown keys are reported"]
pub struct Reader<'a> {
    entries: &'a [Entry],
    line: usize,
    path: String,
    // Every query records its key through a shared reference, hence the `RefCell`s.
    asked: RefCell<Vec<String>>,
    refused: RefCell<Vec<String>>,
    problems: &'a Problems,
}

impl<'a> Reader<'a> {
    /// Returns a reader of the document's root. If that is no map, this is reported and it reads as an empty map.
    pub fn new(node: &'a Node, problems: &'a Problems) -> Self {
        Self::at(node, String::new(), problems)
    }

    fn at(node: &'a Node, path: String, problems: &'a Problems) -> Self {
        // Continues with an empty map, so that problems elsewhere are found as well.
        let entries = node.as_map().unwrap_or_else(|| {
            let place = if path.is_empty() { "the file" } else { &path };
            problems.add(Problem::new(
                node.line,
                format!("`{place}` is {} where a map should be", node.describe()),
                problems.map_example(&path, false),
            ));
            &[]
        });
        Self {
            entries,
            line: node.line,
            path,
            asked: RefCell::default(),
            refused: RefCell::default(),
            problems,
        }
    }

    /// Returns the line the map starts on, counted from 1; 0 if unknown.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the map's path in its document, such as `approval` or `cost[1]`; empty for the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the path of one of its keys, such as `approval.timeout`.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Whether the key is present. Does not mark it as known.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Reports a problem with `key` (or its absence) that only the caller can detect.
    pub fn report(&self, key: &str, description: impl Into<String>, remedy: impl Into<String>) {
        let line = self.entry(key).map_or(self.line, |entry| entry.value.line);
        self.problems.add(Problem::new(line, description, remedy));
    }

    /// Like [`Reader::report`], for a key that must not be present. It is not reported as unknown as well, and never
    /// suggested instead of another key.
    pub fn refuse(&self, key: &str, description: impl Into<String>, remedy: impl Into<String>) {
        self.refused.borrow_mut().push(key.to_owned());
        self.report(key, description, remedy);
    }

    fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Returns the raw value of a key, for shapes that this reader has no method for.
    pub fn node(&self, key: &str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key.to_owned());
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns every entry, for a map with arbitrary keys; all of them are marked as known.
    pub fn entries(&self) -> &'a [Entry] {
        self.asked.borrow_mut().extend(self.entries.iter().map(|entry| entry.key.clone()));
        self.entries
    }

    fn wrong(&self, key: &str, node: &Node, wanted: &str, example: &str) {
        self.problems.add(Problem::new(
            node.line,
            format!("`{}` is {} where {wanted} should be", self.path_of(key), node.describe()),
            format!("write for example `{example}`"),
        ));
    }

    /// Returns an example line for this key: its own example value if there is one, else the usual one for the type.
    fn example(&self, key: &str, usual: &str) -> String {
        self.problems.assignment(key, self.problems.example(&self.path_of(key)).unwrap_or(usual))
    }

    /// Parses a scalar; `wanted` and `example` are for the message, such as `a whole number` and `10`.
    pub fn parsed<T: FromStr>(&self, key: &str, wanted: &str, example: &str) -> Option<T> {
        let node = self.node(key)?;
        let value = scalar(node).and_then(|text| text.parse().ok());
        if value.is_none() {
            self.wrong(key, node, wanted, &self.example(key, example));
        }
        value
    }

    /// Parses a list of scalars.
    pub fn parsed_list<T: FromStr>(&self, key: &str, wanted: &str, example: &str) -> Option<Vec<T>> {
        let node = self.node(key)?;
        let example = self.example(key, &format!("[{example}]"));
        let Some(list) = node.as_list() else {
            self.wrong(key, node, &format!("a list of {wanted}"), &example);
            return None;
        };
        let values: Vec<T> = list.iter().filter_map(|node| scalar(node)?.parse().ok()).collect();
        if values.len() == list.len() {
            return Some(values);
        }
        // Report every wrong element, not only the first.
        for wrong in list.iter().filter(|node| scalar(node).is_none_or(|text| text.parse::<T>().is_err())) {
            self.wrong(key, wrong, &format!("one of a list of {wanted}"), &example);
        }
        None
    }

    /// Reads a text, if the key is present.
    pub fn text(&self, key: &str) -> Option<String> {
        self.parsed(key, "text", "\"some text\"")
    }

    /// Reads a text that must be present and not blank; returns an empty text after reporting that it is not.
    pub fn required_text(&self, key: &str) -> String {
        if !self.has(key) {
            // `has` does not mark the key as known, but it has to be suggested for a misspelt one.
            self.asked.borrow_mut().push(key.to_owned());
            self.problems.add(Problem::new(
                self.line,
                format!("`{}` is missing", self.path_of(key)),
                format!("add a line such as `{}`", self.example(key, "\"some text\"")),
            ));
            return String::new();
        }
        let text = self.text(key).unwrap_or_default();
        if text.trim().is_empty() && self.entry(key).is_some_and(|entry| scalar(&entry.value).is_some()) {
            let remedy = format!("write for example `{}`", self.example(key, "\"some text\""));
            self.report(key, format!("`{}` is blank", self.path_of(key)), remedy);
        }
        text
    }

    /// Reads a text, or returns the default if the key is absent.
    pub fn text_or(&self, key: &str, default: &str) -> String {
        self.text(key).unwrap_or_else(|| default.to_owned())
    }

    /// Reads `true` or `false`, if the key is present.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.parsed(key, "`true` or `false`", "true")
    }

    /// Reads a non-negative whole number, if the key is present.
    pub fn count(&self, key: &str) -> Option<u32> {
        self.parsed(key, "a whole number", "10")
    }

    /// Reads a decimal number without an exponent, if the key is present.
    pub fn decimal(&self, key: &str) -> Option<Decimal> {
        self.parsed(key, "a number", "12.50")
    }

    /// Reads a list of texts, if the key is present.
    pub fn list_of_texts(&self, key: &str) -> Option<Vec<String>> {
        self.parsed_list(key, "texts", "\"one\", \"two\"")
    }

    /// Reads one of several words, each of which stands for a value.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let node = self.node(key)?;
        let choice = scalar(node).and_then(|text| choices.iter().find(|(word, _)| *word == text));
        if let Some((_, value)) = choice {
            return Some(*value);
        }
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
        let near = scalar(node).and_then(|text| nearest(text, choices.iter().map(|(word, _)| *word)));
        self.problems.add(Problem::new(
            node.line,
            format!("`{}` is {}", self.path_of(key), node.describe()),
            near.map_or_else(
                || format!("write one of {}", words.join(", ")),
                |word| format!("did you mean `{word}`?"),
            ),
        ));
        None
    }

    /// Returns a reader of the map under `key`, if the key is present.
    pub fn map(&self, key: &str) -> Option<Self> {
        self.node(key).map(|node| Self::at(node, self.path_of(key), self.problems))
    }

    /// Returns a reader of the map under `key`. An absent key reads as an empty map, so that its defaults apply.
    pub fn section(&self, key: &str) -> Self {
        self.map(key).unwrap_or_else(|| Self {
            entries: &[],
            line: self.line,
            path: self.path_of(key),
            asked: RefCell::default(),
            refused: RefCell::default(),
            problems: self.problems,
        })
    }

    /// Returns readers of the list of maps under `key`; empty if the key is absent.
    pub fn maps(&self, key: &str) -> Vec<Self> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let Some(list) = node.as_list() else {
            let description =
                format!("`{}` is {} where a list of maps should be", self.path_of(key), node.describe());
            let remedy = self.problems.map_example(&self.path_of(key), true);
            self.problems.add(Problem::new(node.line, description, remedy));
            return Vec::new();
        };
        let path = self.path_of(key);
        list.iter()
            .enumerate()
            .map(|(index, node)| Self::at(node, format!("{path}[{index}]"), self.problems))
            .collect()
    }

    /// Reports every key that was not queried, and suggests the nearest known one.
    pub fn finish(self) {
        let mut keys = self.asked.take();
        keys.sort();
        keys.dedup();
        let refused = self.refused.take();
        let is_unknown = |entry: &&Entry| !keys.contains(&entry.key) && !refused.contains(&entry.key);
        for entry in self.entries.iter().filter(is_unknown) {
            let remedy = match nearest(&entry.key, keys.iter().map(String::as_str)) {
                Some(word) => format!("did you mean `{word}`?"),
                None if keys.is_empty() => "remove it".to_owned(),
                None => format!("known keys: {}", keys.join(", ")),
            };
            let description = format!("unknown key `{}`", self.path_of(&entry.key));
            self.problems.add(Problem::new(entry.line, description, remedy));
        }
    }
}

fn scalar(node: &Node) -> Option<&str> {
    match &node.value {
        // A null is no text `null`.
        Value::Scalar { text, .. } if !node.is_null() => Some(text),
        Value::Scalar { .. } | Value::List(_) | Value::Map(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{parse_toml, parse_yaml};

    fn report(problems: Problems) -> String {
        let lines: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn good_values_are_read_without_a_problem() {
        let node = parse_toml("name = \"a\"\nflag = true\ncount = 3\nrate = 1.25\nwords = [\"x\", \"y\"]\n[in]\nmode = \"on\"\n[[many]]\nk = 1\n[[many]]\nk = 2\n").unwrap();
        let problems = Problems::new();
        let reader = Reader::new(&node, &problems);
        assert_eq!(reader.required_text("name"), "a");
        assert_eq!(reader.boolean("flag"), Some(true));
        assert_eq!(reader.count("count"), Some(3));
        assert_eq!(reader.decimal("rate"), Some(Decimal::new(125, 2)));
        assert_eq!(reader.list_of_texts("words"), Some(vec!["x".to_owned(), "y".to_owned()]));
        let inner = reader.map("in").unwrap();
        assert_eq!(inner.choice("mode", &[("on", 1), ("off", 0)]), Some(1));
        inner.finish();
        let counts: Vec<Option<u32>> = reader.maps("many").iter().map(|inner| inner.count("k")).collect();
        assert_eq!(counts, [Some(1), Some(2)]);
        assert_eq!(reader.text_or("absent", "default"), "default");
        assert_eq!(reader.section("nowhere").count("x"), None);
        reader.finish();
        assert!(problems.is_empty());
    }

    #[test]
    fn every_mistake_is_reported_at_once_with_line_path_and_example() {
        let text = "aproval: x\nname:\nlease:\n  ttl: [1]\n  max: many\nmode: autp\nwords: one\nlist: [a, {b: c}]\nsub: 5\nzebra: 1\n";
        let node = parse_yaml(text).unwrap();
        let problems = Problems::new();
        let reader = Reader::new(&node, &problems);
        reader.required_text("name");
        reader.required_text("owner");
        let lease = reader.section("lease");
        lease.text("ttl");
        lease.count("max");
        lease.finish();
        reader.choice("mode", &[("auto", ()), ("required", ())]);
        reader.list_of_texts("words");
        reader.list_of_texts("list");
        reader.section("sub").finish();
        reader.section("approval").finish();
        reader.finish();
        insta::assert_snapshot!(report(problems), @r#"
        line 1: `owner` is missing: add a line such as `owner: "some text"`
        line 1: unknown key `aproval`: did you mean `approval`?
        line 2: `name` is nothing where text should be: write for example `name: "some text"`
        line 4: `lease.ttl` is a list where text should be: write for example `ttl: "some text"`
        line 5: `lease.max` is `many` where a whole number should be: write for example `max: 10`
        line 6: `mode` is `autp`: did you mean `auto`?
        line 7: `words` is `one` where a list of texts should be: write for example `words: ["one", "two"]`
        line 8: `list` is a map where one of a list of texts should be: write for example `list: ["one", "two"]`
        line 9: `sub` is `5` where a map should be: write keys with their values, for example `name: value`
        line 10: unknown key `zebra`: known keys: approval, lease, list, mode, name, owner, sub, words
        "#);
    }

    #[test]
    fn a_document_that_is_no_map_is_one_problem() {
        let node = parse_yaml("- a\n").unwrap();
        let problems = Problems::new();
        Reader::new(&node, &problems).finish();
        insta::assert_snapshot!(report(problems), @"line 1: `the file` is a list where a map should be: write keys with their values, for example `name: value`");
    }
}
