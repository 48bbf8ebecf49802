//! Turns YAML text into tokens. The parser checks their order.
//!
//! The rules are those of libyaml, which `PyYAML` and therefore cfn-lint use, and to which CloudFormation's parser is
//! related (`src/scanner.c` of yaml/libyaml 0.2.5 and `lib/yaml/scanner.py` of yaml/pyyaml 6.0, 2026-11-29):
//! indentation counts only outside of brackets, and a `#` starts a comment wherever a token could start.

use std::collections::VecDeque;

use super::text::{Mark, Text, is_break, is_printable};
use crate::document::ParseProblem;

/// Longest key without a `?` before it, in characters, measured up to its `:`.
const MAX_SIMPLE_KEY: usize = 1024;

/// A token of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    StreamEnd,
    /// `%TAG handle prefix`.
    TagDirective(String, String),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor,
    /// `!handle!suffix`; without a handle the suffix is the whole tag.
    Tag(Option<String>, String),
    Scalar {
        text: String,
        plain: bool,
    },
}

/// A token and its start.
pub(super) type Placed = (Token, Mark);

/// The start of a possible key, which only turns out to be one at its `:`.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Whether nothing but a key may be at this position.
    required: bool,
    token: usize,
    mark: Mark,
}

/// Scans tokens on demand.
pub(super) struct Scanner {
    pub(super) text: Text,
    tokens: VecDeque<Placed>,
    taken: usize,
    /// The line of the token taken last, counted from 1. Block ends do not count: they are detected only at the next
    /// token.
    pub(super) last_line: usize,
    has_ended: bool,
    /// Number of open brackets.
    pub(super) flow_level: usize,
    /// Column of the innermost block list or map; -1 outside of all.
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) key_may_begin: bool,
    /// The possible key of each open bracket, after that of the block context.
    simple_keys: Vec<SimpleKey>,
}

/// Returns a problem at this position.
pub(super) fn problem(mark: Mark, message: impl Into<String>) -> ParseProblem {
    ParseProblem::new(mark.line + 1, message)
}

pub(super) fn cannot_begin(mark: Mark, sign: char) -> ParseProblem {
    let description = match sign {
        '\t' => "a tab stands where only spaces may: indent with spaces".to_owned(),
        _ => format!("a text cannot begin with `{sign}`: put it into quotes"),
    };
    problem(mark, description)
}

fn column(mark: Mark) -> isize {
    isize::try_from(mark.column).unwrap_or(isize::MAX)
}

impl Scanner {
    pub(super) fn new(text: &str) -> Result<Self, ParseProblem> {
        if let Some(index) = text.find(|c| !is_printable(c)) {
            let mut before = Text::new(&text[..index]);
            while before.take_break().is_some() || before.take().is_some() {}
            let code = text[index..].chars().next().map_or(0, u32::from);
            let description = format!("the character U+{code:04X} cannot be printed: remove it");
            return Err(problem(before.mark, description));
        }
        Ok(Self {
            text: Text::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            last_line: 1,
            has_ended: false,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            key_may_begin: true,
            simple_keys: vec![SimpleKey::default()],
        })
    }

    /// Returns the next token without taking it.
    pub(super) fn peek(&mut self) -> Result<&Placed, ParseProblem> {
        while !self.has_ended && self.needs_more()? {
            self.fetch()?;
        }
        if self.tokens.is_empty() {
            self.tokens.push_back((Token::StreamEnd, self.text.mark));
        }
        Ok(&self.tokens[0])
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Result<Placed, ParseProblem> {
        self.peek()?;
        let next = self.tokens.pop_front().unwrap_or((Token::StreamEnd, self.text.mark));
        self.taken += 1;
        if next.0 != Token::BlockEnd {
            self.last_line = next.1.line + 1;
        }
        Ok(next)
    }

    /// Whether the next token is still undetermined: there is none, or a later `:` may insert a key token before it.
    fn needs_more(&mut self) -> Result<bool, ParseProblem> {
        self.forget_old_keys()?;
        let may_become_key = |key: &SimpleKey| key.possible && key.token == self.taken;
        Ok(self.tokens.is_empty() || self.simple_keys.iter().any(may_become_key))
    }

    fn fetch(&mut self) -> Result<(), ParseProblem> {
        self.skip_to_token();
        self.forget_old_keys()?;
        self.close_blocks(column(self.text.mark));
        let Some(next) = self.text.peek(0) else { return self.end_stream() };
        if self.text.mark.column == 0 {
            match next {
                '%' => return self.directive(),
                '-' if self.text.is_marker('-') => return self.document_marker(Token::DocumentStart),
                '.' if self.text.is_marker('.') => return self.document_marker(Token::DocumentEnd),
                _ => {}
            }
        }
        let in_flow = self.flow_level > 0;
        match next {
            '[' => self.open_bracket(Token::FlowSequenceStart),
            '{' => self.open_bracket(Token::FlowMappingStart),
            ']' => self.close_bracket(Token::FlowSequenceEnd),
            '}' => self.close_bracket(Token::FlowMappingEnd),
            ',' if in_flow => self.flow_entry(),
            // Without whitespace after it, the character starts a plain scalar.
            '-' if self.text.is_gap(1) => self.block_entry(),
            '?' if in_flow || self.text.is_gap(1) => self.key(),
            ':' if in_flow || self.text.is_gap(1) => self.value(),
            '*' | '&' => self.anchor(next == '*'),
            '!' => self.begin_node(Self::scan_tag),
            '|' | '>' if !in_flow => self.block_scalar(next == '|'),
            '\'' | '"' => self.begin_node(Self::scan_quoted),
            ',' | '|' | '>' | '%' | '@' | '`' | '\t' => Err(cannot_begin(self.text.mark, next)),
            _ => self.begin_node(Self::scan_plain),
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            // Tabs cannot indent: where a key may begin, a tab would be indentation.
            let tabs_too = self.flow_level > 0 || !self.key_may_begin;
            self.text.take_while(|c| c == ' ' || c == '\t' && tabs_too);
            // YAML allows a byte order mark at the start of every document.
            if self.text.mark.column == 0 && self.text.is('\u{feff}') {
                self.text.take();
                continue;
            }
            if self.text.is('#') {
                self.text.take_while(|c| !is_break(c));
            }
            if self.text.take_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.key_may_begin = true;
            }
        }
    }

    fn push(&mut self, token: Token, mark: Mark) {
        self.tokens.push_back((token, mark));
    }

    fn forget_old_keys(&mut self) -> Result<(), ParseProblem> {
        let now = self.text.mark;
        for key in self.simple_keys.iter_mut().filter(|key| key.possible) {
            // A key without `?` is on one line and at most 1,024 characters long.
            if key.mark.line < now.line || key.mark.index + MAX_SIMPLE_KEY < now.index {
                key.possible = false;
                if key.required {
                    return Err(no_colon(key.mark));
                }
            }
        }
        Ok(())
    }

    /// Records that a key may start here.
    fn note_key(&mut self) -> Result<(), ParseProblem> {
        if !self.key_may_begin {
            return Ok(());
        }
        self.drop_key()?;
        let mark = self.text.mark;
        // In a block map, a line in the map's column can only be another key.
        let required = self.flow_level == 0 && self.indent == column(mark);
        let noted = SimpleKey { possible: true, required, token: self.taken + self.tokens.len(), mark };
        if let Some(key) = self.simple_keys.last_mut() {
            *key = noted;
        }
        Ok(())
    }

    fn drop_key(&mut self) -> Result<(), ParseProblem> {
        match self.simple_keys.last_mut() {
            Some(key) if key.possible => {
                key.possible = false;
                if key.required { Err(no_colon(key.mark)) } else { Ok(()) }
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Opens a block list or map if this column is indented further. Its token is inserted at index `place` of the
    /// queue.
    fn open_block(&mut self, mark: Mark, place: usize, token: Token) {
        if self.flow_level == 0 && self.indent < column(mark) {
            self.indents.push(self.indent);
            self.indent = column(mark);
            self.tokens.insert(place, (token, mark));
        }
    }

    // Inside of brackets indentation does not count, so no block ends there.
    fn close_blocks(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.push(Token::BlockEnd, self.text.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn end_stream(&mut self) -> Result<(), ParseProblem> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_may_begin = false;
        self.has_ended = true;
        self.push(Token::StreamEnd, self.text.mark);
        Ok(())
    }

    fn document_marker(&mut self, token: Token) -> Result<(), ParseProblem> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_may_begin = false;
        self.push(token, self.text.mark);
        self.text.skip(3);
        Ok(())
    }

    fn open_bracket(&mut self, token: Token) -> Result<(), ParseProblem> {
        self.note_key()?;
        self.simple_keys.push(SimpleKey::default());
        self.flow_level += 1;
        self.key_may_begin = true;
        self.push(token, self.text.mark);
        self.text.take();
        Ok(())
    }

    fn close_bracket(&mut self, token: Token) -> Result<(), ParseProblem> {
        self.drop_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.simple_keys.pop();
        }
        self.key_may_begin = false;
        self.push(token, self.text.mark);
        self.text.take();
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), ParseProblem> {
        self.drop_key()?;
        self.key_may_begin = true;
        self.push(Token::FlowEntry, self.text.mark);
        self.text.take();
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), ParseProblem> {
        if self.flow_level == 0 {
            if !self.key_may_begin {
                return Err(problem(
                    self.text.mark,
                    "a list cannot begin here: put the `-` on a line of its own",
                ));
            }
            self.open_block(self.text.mark, self.tokens.len(), Token::BlockSequenceStart);
        }
        self.drop_key()?;
        self.key_may_begin = true;
        self.push(Token::BlockEntry, self.text.mark);
        self.text.take();
        Ok(())
    }

    fn key(&mut self) -> Result<(), ParseProblem> {
        if self.flow_level == 0 {
            if !self.key_may_begin {
                return Err(problem(
                    self.text.mark,
                    "a key cannot begin here: put the `?` on a line of its own",
                ));
            }
            self.open_block(self.text.mark, self.tokens.len(), Token::BlockMappingStart);
        }
        self.drop_key()?;
        self.key_may_begin = self.flow_level == 0;
        self.push(Token::Key, self.text.mark);
        self.text.take();
        Ok(())
    }

    fn value(&mut self) -> Result<(), ParseProblem> {
        let key = self.simple_keys.last().copied().unwrap_or_default();
        if key.possible {
            if let Some(key) = self.simple_keys.last_mut() {
                key.possible = false;
            }
            // The key's token was scanned before its `:` was seen, so the key token is inserted before it.
            // Index into the queue, from which tokens have been taken.
            let place = key.token - self.taken;
            self.tokens.insert(place, (Token::Key, key.mark));
            self.open_block(key.mark, place, Token::BlockMappingStart);
            self.key_may_begin = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_may_begin {
                    let description = "a `:` with a blank behind it makes a key, and none can stand here: put the text into quotes, or the key on a line of its own";
                    return Err(problem(self.text.mark, description));
                }
                self.open_block(self.text.mark, self.tokens.len(), Token::BlockMappingStart);
            }
            self.key_may_begin = self.flow_level == 0;
        }
        self.push(Token::Value, self.text.mark);
        self.text.take();
        Ok(())
    }

    /// Scans a token that may start a value or a key.
    fn begin_node(&mut self, scan: fn(&mut Self) -> Result<Token, ParseProblem>) -> Result<(), ParseProblem> {
        self.note_key()?;
        self.key_may_begin = false;
        let mark = self.text.mark;
        let token = scan(self)?;
        self.push(token, mark);
        Ok(())
    }

    fn anchor(&mut self, is_alias: bool) -> Result<(), ParseProblem> {
        self.begin_node(if is_alias { Self::scan_alias } else { Self::scan_anchor })
    }

    fn block_scalar(&mut self, literal: bool) -> Result<(), ParseProblem> {
        self.drop_key()?;
        self.key_may_begin = true;
        let mark = self.text.mark;
        let text = self.scan_block(literal)?;
        self.push(Token::Scalar { text, plain: false }, mark);
        Ok(())
    }

    fn directive(&mut self) -> Result<(), ParseProblem> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_may_begin = false;
        let mark = self.text.mark;
        let line = self.text.take_while(|c| !is_break(c));
        let words: Vec<&str> =
            line.split_ascii_whitespace().take_while(|word| !word.starts_with('#')).collect();
        match words.as_slice() {
            // libyaml accepts both and reads them alike.
            ["%YAML", "1.1" | "1.2"] => Ok(()),
            ["%YAML", version] => {
                Err(problem(mark, format!("YAML {version} is not read: write `%YAML 1.1`")))
            }
            ["%TAG", handle, prefix] => {
                self.push(Token::TagDirective((*handle).to_owned(), (*prefix).to_owned()), mark);
                Ok(())
            }
            _ => Err(cannot_begin(mark, '%')),
        }
    }
}

fn no_colon(mark: Mark) -> ParseProblem {
    let description = "here stands a text where a key should, without a `:` and a blank behind it on the same line: write `key: value`, or indent the line if it belongs to the text above";
    problem(mark, description)
}
