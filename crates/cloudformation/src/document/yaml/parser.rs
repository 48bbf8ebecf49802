//! Builds the tree of nodes from tokens and checks their order. The meaning of tags is in `tags`.

use super::scanner::{Scanner, Token, problem};
use super::tags::{Tag, tagged};
use super::text::Mark;
use crate::document::builder::{MAX_DEPTH, MapBuilder, too_deep};
use crate::document::{Node, ParseProblem, Value};

/// Parses a text with a single document.
pub(super) struct Parser {
    scanner: Scanner,
    /// Handles and prefixes from `%TAG` lines.
    handles: Vec<(String, String)>,
}

/// The context of a node, which determines what may follow it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NodePlace {
    /// In block style, by indentation.
    Block,
    /// In block style after a key, where the `-` of a list may be in the key's column.
    BehindKey,
    /// In flow style, in brackets.
    Flow,
}

impl Parser {
    pub(super) fn new(text: &str) -> Result<Self, ParseProblem> {
        Ok(Self { scanner: Scanner::new(text)?, handles: Vec::new() })
    }

    pub(super) fn document(mut self) -> Result<Node, ParseProblem> {
        while self.takes(&Token::DocumentEnd)? {}
        while let (Token::TagDirective(handle, prefix), _) = self.scanner.peek()? {
            let directive = (handle.clone(), prefix.clone());
            self.handles.push(directive);
            self.scanner.next()?;
        }
        let is_marked = self.takes(&Token::DocumentStart)?;
        if self.comes(&[Token::StreamEnd, Token::DocumentEnd, Token::DocumentStart])? {
            let line = if is_marked { self.mark()?.line } else { 0 };
            return Err(ParseProblem::new(line.max(1), "there is nothing in it"));
        }
        let node = self.node(NodePlace::Block, 0)?;
        while self.takes(&Token::DocumentEnd)? {}
        match self.scanner.next()? {
            (Token::StreamEnd, _) => Ok(node),
            (Token::DocumentStart | Token::TagDirective(..), mark) => {
                Err(problem(mark, "a second document starts here, only one is read"))
            }
            (token, mark) => Err(problem(mark, misplaced(&token))),
        }
    }

    fn mark(&mut self) -> Result<Mark, ParseProblem> {
        Ok(self.scanner.peek()?.1)
    }

    fn comes(&mut self, tokens: &[Token]) -> Result<bool, ParseProblem> {
        let next = &self.scanner.peek()?.0;
        Ok(tokens.contains(next))
    }

    fn takes(&mut self, token: &Token) -> Result<bool, ParseProblem> {
        let comes = self.scanner.peek()?.0 == *token;
        if comes {
            self.scanner.next()?;
        }
        Ok(comes)
    }

    fn node(&mut self, place: NodePlace, depth: usize) -> Result<Node, ParseProblem> {
        let mark = self.mark()?;
        if depth >= MAX_DEPTH {
            return Err(too_deep(mark.line + 1));
        }
        // Tag and anchor may come in either order, once each.
        let (mut tag, mut has_anchor) = (None, false);
        loop {
            match self.scanner.peek()? {
                (Token::Anchor, _) if !has_anchor => has_anchor = true,
                (Token::Tag(..), _) if tag.is_none() => {}
                _ => break,
            }
            if let (Token::Tag(handle, suffix), mark) = self.scanner.next()? {
                tag = Some(Tag::resolve(handle.as_deref(), suffix, &self.handles, mark)?);
            }
        }
        let value = if place == NodePlace::BehindKey && self.comes(&[Token::BlockEntry])? {
            // A list in the column of its key is no block of its own, so no `BlockEnd` follows.
            self.block_list(&[Token::BlockEntry, Token::Key, Token::Value, Token::BlockEnd], depth)?
        } else {
            let is_described = has_anchor || tag.is_some();
            self.content(place, is_described, depth)?.unwrap_or_else(empty)
        };
        Ok(tagged(Node { line: mark.line + 1, value }, tag))
    }

    /// Parses the content after tag and anchor, of which there may be none if there is a tag or an anchor.
    fn content(
        &mut self,
        place: NodePlace,
        is_described: bool,
        depth: usize,
    ) -> Result<Option<Value>, ParseProblem> {
        let is_block = place != NodePlace::Flow;
        if is_described && !self.begins_value(is_block)? {
            return Ok(None);
        }
        match self.scanner.next()? {
            (Token::Scalar { text, plain }, _) => Ok(Some(Value::Scalar { text, plain })),
            (Token::FlowSequenceStart, mark) => self.flow_list(mark, depth).map(Some),
            (Token::FlowMappingStart, mark) => self.flow_map(mark, depth).map(Some),
            (Token::BlockSequenceStart, mark) if is_block => {
                let list = self.block_list(&[Token::BlockEntry, Token::BlockEnd], depth)?;
                self.end_block(mark).map(|()| Some(list))
            }
            (Token::BlockMappingStart, mark) if is_block => self.block_map(mark, depth).map(Some),
            (Token::Alias(name), mark) => {
                let description = format!(
                    "aliases (`*{name}`) are not read, neither here nor by CloudFormation: write the value out"
                );
                Err(problem(mark, description))
            }
            (other, mark) => Err(problem(mark, misplaced(&other))),
        }
    }

    fn begins_value(&mut self, is_block: bool) -> Result<bool, ParseProblem> {
        let next = &self.scanner.peek()?.0;
        let begins =
            matches!(next, Token::Scalar { .. } | Token::FlowSequenceStart | Token::FlowMappingStart);
        Ok(begins || is_block && matches!(next, Token::BlockSequenceStart | Token::BlockMappingStart))
    }

    /// Parses an element of a list or map. If one of `ends` follows, the element is empty.
    fn node_unless(&mut self, ends: &[Token], place: NodePlace, depth: usize) -> Result<Node, ParseProblem> {
        if self.comes(ends)? {
            let line = self.scanner.last_line;
            return Ok(Node { line, value: empty() });
        }
        self.node(place, depth + 1)
    }

    fn block_list(&mut self, ends: &[Token], depth: usize) -> Result<Value, ParseProblem> {
        let mut nodes = Vec::new();
        while self.takes(&Token::BlockEntry)? {
            nodes.push(self.node_unless(ends, NodePlace::Block, depth)?);
        }
        Ok(Value::List(nodes))
    }

    fn block_map(&mut self, start: Mark, depth: usize) -> Result<Value, ParseProblem> {
        const ENDS: [Token; 3] = [Token::Key, Token::Value, Token::BlockEnd];
        let mut map = MapBuilder::default();
        while self.takes(&Token::Key)? {
            let key = self.node_unless(&ENDS, NodePlace::BehindKey, depth)?;
            let value = if self.takes(&Token::Value)? {
                self.node_unless(&ENDS, NodePlace::BehindKey, depth)?
            } else {
                // A key without `:`, as in `? key`, has an empty value.
                Node { line: key.line, value: empty() }
            };
            add(&mut map, &key, value)?;
        }
        self.end_block(start)?;
        Ok(Value::Map(map.entries))
    }

    fn end_block(&mut self, start: Mark) -> Result<(), ParseProblem> {
        let before = self.scanner.last_line;
        match self.scanner.next()? {
            (Token::BlockEnd, _) => Ok(()),
            (
                Token::BlockSequenceStart
                | Token::BlockMappingStart
                | Token::BlockEntry
                | Token::Scalar { .. },
                mark,
            ) if mark.line >= before => {
                let description = format!(
                    "this line is indented differently from line {}, which it should go on with",
                    start.line + 1
                );
                Err(problem(mark, description))
            }
            (other, mark) => Err(problem(mark, misplaced(&other))),
        }
    }

    fn flow_list(&mut self, start: Mark, depth: usize) -> Result<Value, ParseProblem> {
        const ENDS: [Token; 3] = [Token::Value, Token::FlowEntry, Token::FlowSequenceEnd];
        let mut nodes = Vec::new();
        while !self.takes(&Token::FlowSequenceEnd)? {
            if !nodes.is_empty() {
                self.flow_entry(start, '[', ']')?;
                if self.takes(&Token::FlowSequenceEnd)? {
                    break;
                }
            }
            let mark = self.mark()?;
            if !self.takes(&Token::Key)? {
                nodes.push(self.node_in(start, '[', depth)?);
                continue;
            }
            // A pair in a list, as in `[a: b]`, is a map with one entry.
            let key = self.node_unless(&ENDS, NodePlace::Flow, depth + 1)?;
            let value = self.flow_value(&key, &ENDS[1..], depth + 1)?;
            let mut map = MapBuilder::default();
            add(&mut map, &key, value)?;
            nodes.push(Node { line: mark.line + 1, value: Value::Map(map.entries) });
        }
        Ok(Value::List(nodes))
    }

    fn flow_map(&mut self, start: Mark, depth: usize) -> Result<Value, ParseProblem> {
        const ENDS: [Token; 3] = [Token::Value, Token::FlowEntry, Token::FlowMappingEnd];
        let mut map = MapBuilder::default();
        while !self.takes(&Token::FlowMappingEnd)? {
            if !map.entries.is_empty() {
                self.flow_entry(start, '{', '}')?;
                if self.takes(&Token::FlowMappingEnd)? {
                    break;
                }
            }
            if self.takes(&Token::Key)? {
                let key = self.node_unless(&ENDS, NodePlace::Flow, depth)?;
                let value = self.flow_value(&key, &ENDS[1..], depth)?;
                add(&mut map, &key, value)?;
            } else {
                // A key alone, as in `{a}`, has an empty value.
                let key = self.node_in(start, '{', depth)?;
                let value = Node { line: key.line, value: empty() };
                add(&mut map, &key, value)?;
            }
        }
        Ok(Value::Map(map.entries))
    }

    fn flow_value(&mut self, key: &Node, ends: &[Token], depth: usize) -> Result<Node, ParseProblem> {
        if self.takes(&Token::Value)? {
            self.node_unless(ends, NodePlace::Flow, depth)
        } else {
            Ok(Node { line: key.line, value: empty() })
        }
    }

    /// Parses an element in the brackets that began at `start`.
    fn node_in(&mut self, start: Mark, bracket: char, depth: usize) -> Result<Node, ParseProblem> {
        if self.comes(&[Token::StreamEnd, Token::DocumentStart, Token::DocumentEnd])? {
            return Err(not_closed(start, bracket));
        }
        self.node(NodePlace::Flow, depth + 1)
    }

    fn flow_entry(&mut self, start: Mark, bracket: char, closing: char) -> Result<(), ParseProblem> {
        match self.scanner.next()? {
            (Token::FlowEntry, _) => Ok(()),
            (Token::StreamEnd | Token::DocumentStart | Token::DocumentEnd, _) => {
                Err(not_closed(start, bracket))
            }
            (_, mark) => {
                let line = start.line + 1;
                Err(problem(
                    mark,
                    format!(
                        "a `,` or `{closing}` should be here, because the `{bracket}` in line {line} is still open"
                    ),
                ))
            }
        }
    }
}

fn not_closed(start: Mark, bracket: char) -> ParseProblem {
    problem(start, format!("the `{bracket}` here is never closed"))
}

fn empty() -> Value {
    Value::Scalar { text: String::new(), plain: true }
}

fn add(map: &mut MapBuilder, key: &Node, value: Node) -> Result<(), ParseProblem> {
    let Value::Scalar { text, plain } = &key.value else {
        return Err(ParseProblem::new(key.line, "a key must be plain text"));
    };
    if key.is_null() {
        return Err(ParseProblem::new(key.line, "a key is missing here: write one before the `:`"));
    }
    // PyYAML would merge the maps, CloudFormation does not.
    if text == "<<" && *plain {
        let description =
            "a merge (`<<`) is not read, neither here nor by CloudFormation: write the values out";
        return Err(ParseProblem::new(key.line, description));
    }
    map.add_key(text, key.line)?;
    map.add_value(text.clone(), key.line, value);
    Ok(())
}

/// Returns the message for a token in a wrong position.
fn misplaced(token: &Token) -> String {
    let sign = match token {
        Token::StreamEnd | Token::DocumentStart | Token::DocumentEnd => {
            return "the text ends where a value should begin".to_owned();
        }
        Token::FlowSequenceEnd => "]",
        Token::FlowMappingEnd => "}",
        Token::FlowEntry => ",",
        Token::BlockEntry => "-",
        Token::Key => "?",
        Token::Value => ":",
        Token::Alias(_) => "*",
        Token::Anchor => "&",
        Token::Tag(..) => "!",
        Token::FlowSequenceStart => "[",
        Token::FlowMappingStart => "{",
        Token::TagDirective(..) => "%TAG",
        Token::Scalar { .. } => {
            return "there is more text where the value has ended: indent it, or put it into quotes together with what stands before it".to_owned();
        }
        Token::BlockSequenceStart | Token::BlockMappingStart | Token::BlockEnd => {
            return "a value should be here: indent it further than its key".to_owned();
        }
    };
    format!("there is a `{sign}` where it cannot stand: remove it, or put the text into quotes")
}
