//! Parses TOML into a [`Node`], with line numbers; `[[teams]]` becomes a list of maps.

use super::builder::{MapBuilder, checked};
use super::{Node, ParseProblem, Value};
use std::ops::Range;
use toml_edit::{Document, Formatted, Item, TableLike};

/// Parses a TOML text. Strings become quoted scalars; numbers, booleans and dates plain ones.
pub fn parse_toml(text: &str) -> Result<Node, ParseProblem> {
    let text = checked(text)?;
    let lines = Lines::of(text);
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        ParseProblem::new(lines.at(error.span()), message)
    })?;
    Ok(Node { line: 1, value: lines.map(document.as_table()) })
}

/// The text, and the byte offset at which each of its lines starts.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(index, _)| index + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Self { text, starts }
    }

    fn at(&self, span: Option<Range<usize>>) -> usize {
        // The number of lines that start up to this offset is the line's number, counted from 1.
        span.map_or(0, |span| self.starts.partition_point(|start| *start <= span.start))
    }

    fn map(&self, table: &dyn TableLike) -> Value {
        let mut map = MapBuilder::default();
        for (name, item) in table.iter() {
            let value = self.node(item);
            // Only some keys of a dotted header (`[a.b]`) have a span of their own; the line of the value serves
            // otherwise.
            let line = match table.key(name).map(|key| self.at(key.span())) {
                Some(0) | None => value.line,
                Some(line) => line,
            };
            map.add_value(name.to_owned(), line, value);
        }
        Value::Map(map.entries)
    }

    fn node(&self, item: &Item) -> Node {
        let line = self.at(item.span());
        let value = match item {
            Item::None => Value::Map(Vec::new()),
            Item::Value(value) => return self.value(value),
            Item::Table(table) => self.map(table),
            Item::ArrayOfTables(tables) => {
                let maps =
                    tables.iter().map(|table| Node { line: self.at(table.span()), value: self.map(table) });
                Value::List(maps.collect())
            }
        };
        Node { line, value }
    }

    fn value(&self, value: &toml_edit::Value) -> Node {
        let line = self.at(value.span());
        let plain = |text: String| Value::Scalar { text, plain: true };
        let value = match value {
            toml_edit::Value::String(text) => Value::Scalar { text: text.value().clone(), plain: false },
            toml_edit::Value::Integer(number) => plain(number.value().to_string()),
            toml_edit::Value::Float(number) => plain(self.digits(number)),
            toml_edit::Value::Boolean(flag) => plain(flag.value().to_string()),
            toml_edit::Value::Datetime(date) => plain(date.value().to_string()),
            toml_edit::Value::Array(array) => {
                Value::List(array.iter().map(|value| self.value(value)).collect())
            }
            toml_edit::Value::InlineTable(table) => self.map(table),
        };
        Node { line, value }
    }

    /// Returns a decimal as written: amounts of money must not pass through binary floating point.
    fn digits(&self, number: &Formatted<f64>) -> String {
        let written = number.span().and_then(|span| self.text.get(span));
        written.map_or_else(|| number.value().to_string(), |text| text.replace('_', ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_lists_and_values_keep_their_lines() {
        let node = parse_toml("a = 1_000\n[server]\nlisten = \"x\"\n\n[[teams]]\nname = \"one\"\n[[teams]]\nname = \"two\"\nrate = 0.10\n").unwrap();
        assert_eq!(node.get("a").unwrap().as_text(), Some("1000"));
        assert_eq!(node.get("server").unwrap().get("listen").unwrap().line, 3);
        let teams = node.get("teams").unwrap().as_list().unwrap();
        assert_eq!(teams.len(), 2);
        assert_eq!(teams[1].line, 7);
        assert_eq!(teams[1].as_map().unwrap()[1].line, 9);
        assert_eq!(teams[1].get("rate").unwrap().as_text(), Some("0.10"));
    }

    #[test]
    fn a_broken_line_is_named() {
        let problem = parse_toml("a = 1\nb = \n").unwrap_err();
        assert_eq!(problem.line, 2);
        assert!(parse_toml("a = 1\na = 2\n").is_err());
    }
}
