//! YAML to [`Node`], keeping raw scalars and turning CloudFormation's short tags into their long form.
//!
//! Aliases are refused, as CloudFormation does, so a text cannot expand into more than was written.

use super::{MAX_DEPTH, MapBuilder, Node, ParseProblem, Value, checked, too_deep};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};
use std::borrow::Cow;

/// How many badly indented quoted texts are put right in one document.
const MAX_REPAIRS: usize = 32;

/// Reads one YAML document; `!Sub x` becomes `{"Fn::Sub": x}`, `!Ref x` becomes `{"Ref": x}`.
pub fn parse_yaml(text: &str) -> Result<Node, ParseProblem> {
    let mut text = Cow::Borrowed(checked(text)?);
    for _ in 0..MAX_REPAIRS {
        match parse_strictly(&text) {
            Ok(node) => return Ok(node),
            Err(Stop { problem, place }) => match place.and_then(|place| indent_quoted(&text, place)) {
                Some(repaired) => text = Cow::Owned(repaired),
                None => return Err(problem),
            },
        }
    }
    parse_strictly(&text).map_err(|stop| stop.problem)
}

/// Why reading stopped, and where if the text itself is no YAML.
struct Stop {
    problem: ParseProblem,
    place: Option<Marker>,
}

impl From<ParseProblem> for Stop {
    fn from(problem: ParseProblem) -> Self {
        Self { problem, place: None }
    }
}

/// Indents the further lines of the quoted text that starts at `place`; `None` when that cannot be the mistake.
///
/// CloudFormation's reader takes such lines however little they are indented, and public templates rely on it. The
/// blanks are not part of the text.
fn indent_quoted(text: &str, place: Marker) -> Option<String> {
    const INDENT: &str = "                                                                ";
    let line_start = match place.line() {
        0 => return None,
        1 => 0,
        line => text.match_indices('\n').nth(line - 2)?.0 + 1,
    };
    let column = text[line_start..].char_indices().nth(place.col())?.0;
    let start = line_start + column;
    let quote = text[start..].chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inside = &text[start + 1..];
    let end = closing_quote(inside, quote)?;
    let quoted = &inside[..end];
    if !quoted.contains('\n') || quoted.contains(INDENT) {
        return None;
    }
    let indented = quoted.replace('\n', &format!("\n{INDENT}"));
    Some(format!("{}{indented}{}", &text[..=start], &inside[end..]))
}

fn closing_quote(inside: &str, quote: char) -> Option<usize> {
    let mut chars = inside.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let doubled = quote == '\'' && c == quote && chars.peek().is_some_and(|(_, next)| *next == quote);
        if doubled || (quote == '"' && c == '\\') {
            chars.next();
        } else if c == quote {
            return Some(at);
        }
    }
    None
}

fn parse_strictly(text: &str) -> Result<Node, Stop> {
    let mut events = Events { parser: Parser::new_from_str(text), line: 1 };
    let node = loop {
        match events.next()? {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => {
                return Err(ParseProblem::new(1, "there is nothing in it").into());
            }
            first @ (Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::SequenceEnd
            | Event::MappingStart(..)
            | Event::MappingEnd) => break events.node(first, 0)?,
        }
    };
    loop {
        match events.next()? {
            Event::StreamEnd => return Ok(node),
            Event::DocumentStart(_) => {
                return Err(ParseProblem::new(
                    events.line,
                    "a second document starts here, only one is read",
                )
                .into());
            }
            Event::StreamStart
            | Event::DocumentEnd
            | Event::Nothing
            | Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::SequenceEnd
            | Event::MappingStart(..)
            | Event::MappingEnd => {}
        }
    }
}

struct Events<'t> {
    parser: Parser<'t, StrInput<'t>>,
    line: usize,
}

impl<'t> Events<'t> {
    fn next(&mut self) -> Result<Event<'t>, Stop> {
        let (event, span): (Event<'t>, Span) = match self.parser.next_event() {
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                let problem = ParseProblem::new(error.marker().line(), error.info());
                return Err(Stop { problem, place: Some(*error.marker()) });
            }
            None => return Ok(Event::StreamEnd),
        };
        self.line = span.start.line();
        Ok(event)
    }

    fn node(&mut self, first: Event<'t>, depth: usize) -> Result<Node, Stop> {
        let line = self.line;
        if depth >= MAX_DEPTH {
            return Err(too_deep(line).into());
        }
        match first {
            Event::Scalar(text, style, _, tag) => Ok(scalar(line, &text, style, tag)),
            Event::SequenceStart(_, tag) => {
                let list = self.list(depth)?;
                Ok(tagged(Node { line, value: list }, tag))
            }
            Event::MappingStart(_, tag) => {
                let map = self.map(depth)?;
                Ok(tagged(Node { line, value: map }, tag))
            }
            Event::Alias(_) => Err(ParseProblem::new(
                line,
                "aliases (`*name`) are not read, neither here nor by CloudFormation: write the value out",
            )
            .into()),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                Err(ParseProblem::new(line, "the text ends where a value should begin").into())
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Stop> {
        let mut nodes = Vec::new();
        loop {
            let event = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Value::List(nodes));
            }
            nodes.push(self.node(event, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Stop> {
        let mut map = MapBuilder::default();
        loop {
            let event = self.next()?;
            let line = self.line;
            let key = match event {
                Event::MappingEnd => return Ok(Value::Map(map.entries)),
                Event::Scalar(key, _, _, None) => key.into_owned(),
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..) => {
                    return Err(ParseProblem::new(line, "a key must be plain text").into());
                }
            };
            map.add_key(&key, line)?;
            let event = self.next()?;
            let value = self.node(event, depth + 1)?;
            map.add_value(key, line, value);
        }
    }
}

fn scalar(line: usize, text: &str, style: ScalarStyle, tag: Option<Cow<'_, Tag>>) -> Node {
    // A tag such as `!!str` or `!Ref` says what the scalar is, so it is no longer open to be a number.
    let plain = style == ScalarStyle::Plain && tag.is_none();
    let value = Value::Scalar { text: text.to_owned(), plain };
    tagged(Node { line, value }, tag)
}

/// Wraps a value with a local tag (`!Name`) into CloudFormation's long form; other tags change nothing.
fn tagged(node: Node, tag: Option<Cow<'_, Tag>>) -> Node {
    let Some(tag) = tag.filter(|tag| tag.handle == "!" && !tag.suffix.is_empty()) else {
        return node;
    };
    let line = node.line;
    let (key, value) = match tag.suffix.as_str() {
        "Ref" | "Condition" => (tag.suffix.clone(), node),
        "GetAtt" => ("Fn::GetAtt".to_owned(), split_at_first_dot(node)),
        name => (format!("Fn::{name}"), node),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Scalar { text, plain: true } => text.clone(),
            Value::Scalar { text, plain: false } => format!("{text:?}"),
            Value::List(nodes) => format!("[{}]", nodes.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let pairs: Vec<String> =
                    entries.iter().map(|entry| format!("{}: {}", entry.key, shown(&entry.value))).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }

    fn read(text: &str) -> String {
        match parse_yaml(text) {
            Ok(node) => shown(&node),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn scalars_keep_the_digits_and_words_that_were_written() {
        insta::assert_snapshot!(
            read("a: 0755\nb: yes\nc: 2010-09-09\nd: True\ne: 1e3\nf: '5'\ng:\nh: ~\ni: !!str 7\n"),
            @r#"{a: 0755, b: yes, c: 2010-09-09, d: True, e: 1e3, f: "5", g: , h: ~, i: "7"}"#
        );
    }

    #[test]
    fn short_tags_become_the_long_form_at_any_depth() {
        insta::assert_snapshot!(
            read("a: !Ref X\nb: !GetAtt Db.Endpoint.Port\nc: !Join ['-', [!Ref A, !Sub '${B}']]\nd: !If [C, !GetAtt [R, Arn], x]\ne: !Condition K\nf: !Transform {Name: N}\n"),
            @r#"{a: {Ref: "X"}, b: {Fn::GetAtt: ["Db", "Endpoint.Port"]}, c: {Fn::Join: ["-", [{Ref: "A"}, {Fn::Sub: "${B}"}]]}, d: {Fn::If: [C, {Fn::GetAtt: [R, Arn]}, x]}, e: {Condition: "K"}, f: {Fn::Transform: {Name: N}}}"#
        );
    }

    #[test]
    fn every_value_knows_its_line() {
        let node = parse_yaml("a: 1\nb:\n  c: |\n    text\n  d: [x,\n    y]\n").unwrap();
        let b = node.get("b").unwrap();
        assert_eq!(b.get("d").unwrap().as_list().unwrap()[1].line, 6);
        assert_eq!(b.as_map().unwrap()[1].line, 5);
        assert_eq!(b.get("c").unwrap().as_text(), Some("text\n"));
    }

    #[test]
    fn windows_line_ends_read_the_same() {
        assert_eq!(read("a: 1\r\nb:\r\n  - x\r\n"), read("a: 1\nb:\n  - x\n"));
    }

    #[test]
    fn what_is_not_read_is_said_with_its_line() {
        insta::assert_snapshot!(read("a: 1\na: 2\n"), @"line 2: the key `a` is here twice");
        insta::assert_snapshot!(read("a: &x [1]\nb: *x\n"), @"line 2: aliases (`*name`) are not read, neither here nor by CloudFormation: write the value out");
        insta::assert_snapshot!(read("a: 1\n---\nb: 2\n"), @"line 2: a second document starts here, only one is read");
        insta::assert_snapshot!(read("# nothing\n"), @"line 1: there is nothing in it");
        insta::assert_snapshot!(read("? [a]\n: 1\n"), @"line 1: a key must be plain text");
        insta::assert_snapshot!(read("a: [1\nb: 2\n"), @"line 2: illegal placement of ':' indicator");
    }

    #[test]
    fn quoted_text_may_go_on_at_the_margin_as_it_may_in_cloudformation() {
        let text = "a:\n  b: 'one\n  it''s two\n\n  three'\n  c: \"x\\\"\n\"\n  d: 1\n";
        insta::assert_snapshot!(read(text), @r#"{a: {b: "one it's two\nthree", c: "x\" ", d: 1}}"#);
        assert_eq!(parse_yaml(text).unwrap().get("a").unwrap().get("d").unwrap().line, 8);
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        assert!(parse_yaml(&"[".repeat(100_000)).is_err());
        assert!(parse_yaml(&"- ".repeat(100_000)).is_err());
        let nested = format!("{}x{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        insta::assert_snapshot!(parse_yaml(&nested).unwrap_err(), @"line 1: lists and maps are nested more than 128 deep");
    }
}
