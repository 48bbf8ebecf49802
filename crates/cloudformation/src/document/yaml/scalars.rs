//! Scans the tokens that hold a text: plain, quoted and block scalars, tags and anchors.

use super::scanner::{Scanner, Token, cannot_begin, problem};
use super::text::{Mark, is_blank, is_break, is_flow_sign};
use crate::document::ParseProblem;

impl Scanner {
    pub(super) fn scan_anchor(&mut self) -> Result<Token, ParseProblem> {
        self.anchor_name().map(|_| Token::Anchor)
    }

    pub(super) fn scan_alias(&mut self) -> Result<Token, ParseProblem> {
        self.anchor_name().map(Token::Alias)
    }

    fn anchor_name(&mut self) -> Result<String, ParseProblem> {
        let mark = self.text.mark;
        let sign = self.text.take().unwrap_or_default();
        let name = self.text.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let ends = self.text.is_gap(0)
            || self.text.peek(0).is_some_and(|c| matches!(c, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`'));
        if name.is_empty() || !ends {
            return Err(cannot_begin(mark, sign));
        }
        Ok(name)
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token, ParseProblem> {
        let mark = self.text.mark;
        self.text.take();
        let token = if self.text.is('<') {
            self.text.take();
            let name = self.uri(mark, true)?;
            if name.is_empty() || self.text.take() != Some('>') {
                return Err(problem(mark, "a tag that begins with `!<` ends with `>`"));
            }
            Token::Tag(None, name)
        } else {
            let word = self.text.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if self.text.is('!') {
                self.text.take();
                Token::Tag(Some(format!("!{word}!")), self.uri(mark, false)?)
            } else {
                match word + &self.uri(mark, false)? {
                    alone if alone.is_empty() => Token::Tag(None, "!".to_owned()),
                    name => Token::Tag(Some("!".to_owned()), name),
                }
            }
        };
        if self.text.is_gap(0)
            || self.flow_level > 0 && self.text.peek(0).is_some_and(|c| matches!(c, ',' | ']' | '}'))
        {
            return Ok(token);
        }
        Err(problem(mark, "a blank should stand behind a tag such as `!Ref`"))
    }

    /// Scans the rest of a tag; brackets and commas belong to it only between `<` and `>`.
    fn uri(&mut self, mark: Mark, between_angles: bool) -> Result<String, ParseProblem> {
        let belongs = |c: char| {
            c.is_ascii_alphanumeric()
                || "-;/?:@&=+$_.!~*'()%".contains(c)
                || between_angles && matches!(c, ',' | '[' | ']')
        };
        let written = self.text.take_while(belongs);
        let mut bytes = Vec::new();
        let mut rest = written.as_bytes();
        while let [first, after @ ..] = rest {
            let (byte, after) = match (first, after) {
                (b'%', [high, low, after @ ..]) => {
                    let pair = [char::from(*high), char::from(*low)].map(|digit| digit.to_digit(16));
                    let [Some(high), Some(low)] = pair else { return Err(no_escape(mark)) };
                    (u8::try_from(high * 16 + low).unwrap_or_default(), after)
                }
                (b'%', _) => return Err(no_escape(mark)),
                (other, after) => (*other, after),
            };
            bytes.push(byte);
            rest = after;
        }
        String::from_utf8(bytes).map_err(|_| no_escape(mark))
    }

    pub(super) fn scan_plain(&mut self) -> Result<Token, ParseProblem> {
        let in_flow = self.flow_level > 0;
        let (mut text, mut gap) = (String::new(), Gap::default());
        loop {
            // At this point whitespace has been skipped, so a `#` starts a comment.
            if self.text.is_document_marker() || self.text.is('#') {
                break;
            }
            while let Some(c) = self.text.peek(0).filter(|c| !is_blank(*c) && !is_break(*c)) {
                let ends_key = c == ':'
                    && (self.text.is_gap(1) || in_flow && self.text.peek(1).is_some_and(is_flow_sign));
                if ends_key || in_flow && is_flow_sign(c) {
                    break;
                }
                gap.close(&mut text);
                text.push(c);
                self.text.take();
            }
            if self.text.peek(0).is_none_or(|c| !is_blank(c) && !is_break(c)) {
                break;
            }
            self.scan_gap(&mut gap, self.indent + 1)?;
            let column = isize::try_from(self.text.mark.column).unwrap_or(isize::MAX);
            if !in_flow && column <= self.indent {
                break;
            }
        }
        // The scalar ended on a later line, where a key may begin.
        if gap.has_break {
            self.key_may_begin = true;
        }
        Ok(Token::Scalar { text, plain: true })
    }

    /// Scans whitespace and line ends inside of a scalar. A tab before column `indent` of a continuation line is
    /// refused.
    fn scan_gap(&mut self, gap: &mut Gap, indent: isize) -> Result<(), ParseProblem> {
        loop {
            if let Some(c) = self.text.peek(0).filter(|c| is_blank(*c)) {
                let column = isize::try_from(self.text.mark.column).unwrap_or(isize::MAX);
                if gap.has_break && c == '\t' && column < indent {
                    return Err(cannot_begin(self.text.mark, c));
                }
                self.text.take();
                if !gap.has_break {
                    gap.blanks.push(c);
                }
            } else if let Some(end) = self.text.take_break() {
                gap.add_break(end);
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn scan_quoted(&mut self) -> Result<Token, ParseProblem> {
        let start = self.text.mark;
        let quote = self.text.take().unwrap_or_default();
        let not_closed =
            || problem(start, format!("a text begins here with `{quote}` and has no closing one"));
        let (mut text, mut gap) = (String::new(), Gap::default());
        loop {
            if self.text.is_document_marker() {
                return Err(not_closed());
            }
            while let Some(c) = self.text.peek(0).filter(|c| !is_blank(*c) && !is_break(*c)) {
                let doubled = quote == '\'' && c == quote && self.text.peek(1) == Some(quote);
                if c == quote && !doubled {
                    break;
                }
                gap.close(&mut text);
                if c == '\\' && quote == '"' {
                    if self.text.peek(1).is_some_and(is_break) {
                        self.text.take();
                        self.text.take_break();
                        // An escaped line end joins the lines without a space.
                        gap.has_break = true;
                        break;
                    }
                    text.push(self.escape()?);
                } else {
                    text.push(c);
                    self.text.skip(if doubled { 2 } else { 1 });
                }
            }
            match self.text.peek(0) {
                Some(c) if c == quote => break,
                Some(_) => self.scan_gap(&mut gap, 0)?,
                None => return Err(not_closed()),
            }
        }
        gap.close(&mut text);
        self.text.take();
        Ok(Token::Scalar { text, plain: false })
    }

    /// Scans an escape sequence.
    fn escape(&mut self) -> Result<char, ParseProblem> {
        let mark = self.text.mark;
        self.text.take();
        let letter = self.text.take();
        let digits = match letter {
            Some('0') => return Ok('\0'),
            Some('a') => return Ok('\u{7}'),
            Some('b') => return Ok('\u{8}'),
            Some('t' | '\t') => return Ok('\t'),
            Some('n') => return Ok('\n'),
            Some('v') => return Ok('\u{b}'),
            Some('f') => return Ok('\u{c}'),
            Some('r') => return Ok('\r'),
            Some('e') => return Ok('\u{1b}'),
            Some(itself @ (' ' | '"' | '/' | '\\')) => return Ok(itself),
            Some('N') => return Ok('\u{85}'),
            Some('_') => return Ok('\u{a0}'),
            Some('L') => return Ok('\u{2028}'),
            Some('P') => return Ok('\u{2029}'),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                let description = format!(
                    "`\\{other}` means nothing in double quotes: write `\\\\` for a backslash, or use single quotes"
                );
                return Err(problem(mark, description));
            }
            None => return Err(problem(mark, "the text ends after a backslash")),
        };
        let mut code = 0;
        for _ in 0..digits {
            let Some(digit) = self.text.peek(0).and_then(|c| c.to_digit(16)) else {
                let letter = letter.unwrap_or_default();
                return Err(problem(
                    mark,
                    format!("`\\{letter}` is followed by {digits} hexadecimal digits"),
                ));
            };
            self.text.take();
            code = code << 4 | digit;
        }
        char::from_u32(code).ok_or_else(|| problem(mark, format!("there is no character {code:X}")))
    }

    /// Scans a block scalar after `|` or `>`, up to the first line that is indented less.
    pub(super) fn scan_block(&mut self, literal: bool) -> Result<String, ParseProblem> {
        let (keep_breaks, increment) = self.block_header()?;
        let base = usize::try_from(self.indent).unwrap_or_default();
        let mut indent = increment.map(|increment| base + increment);
        let mut breaks = String::new();
        self.block_indent(&mut indent, &mut breaks)?;
        let indent = indent.unwrap_or(1);
        let (mut text, mut line_end, mut was_blank) = (String::new(), String::new(), false);
        while self.text.mark.column == indent && self.text.peek(0).is_some() {
            let is_blank = self.text.peek(0).is_some_and(is_blank);
            // Folding joins lines with a space, except around lines that are indented further.
            if literal || line_end != "\n" || was_blank || is_blank {
                text.push_str(&line_end);
            } else if breaks.is_empty() {
                text.push(' ');
            }
            text.push_str(&std::mem::take(&mut breaks));
            was_blank = is_blank;
            text.push_str(&self.text.take_while(|c| !is_break(c)));
            line_end = self.text.take_break().map(String::from).unwrap_or_default();
            self.block_indent(&mut Some(indent), &mut breaks)?;
        }
        if keep_breaks != Some(false) {
            text.push_str(&line_end);
        }
        if keep_breaks == Some(true) {
            text.push_str(&breaks);
        }
        Ok(text)
    }

    /// Scans the header of a block scalar: whether all final line ends are kept (`+`) or none (`-`), and the explicit
    /// indentation.
    fn block_header(&mut self) -> Result<(Option<bool>, Option<usize>), ParseProblem> {
        let mark = self.text.mark;
        self.text.take();
        let (mut keep, mut increment) = (None, None);
        while let Some(sign) = self.text.peek(0) {
            match sign {
                '+' | '-' if keep.is_none() => keep = Some(sign == '+'),
                '1'..='9' if increment.is_none() => {
                    increment = sign.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
                }
                _ => break,
            }
            self.text.take();
        }
        self.text.take_while(is_blank);
        if self.text.is('#') {
            self.text.take_while(|c| !is_break(c));
        }
        if self.text.peek(0).is_some() && self.text.take_break().is_none() {
            return Err(problem(mark, "the text after `|` or `>` begins on the next line"));
        }
        Ok((keep, increment))
    }

    /// Skips to the text of the next non-empty line. The first one determines the indentation, if it is not explicit.
    fn block_indent(&mut self, indent: &mut Option<usize>, breaks: &mut String) -> Result<(), ParseProblem> {
        let mut widest = 0;
        loop {
            let goes_on = |column: usize| indent.is_none_or(|indent| column < indent);
            while goes_on(self.text.mark.column) && self.text.is(' ') {
                self.text.take();
            }
            widest = widest.max(self.text.mark.column);
            if goes_on(self.text.mark.column) && self.text.is('\t') {
                return Err(cannot_begin(self.text.mark, '\t'));
            }
            match self.text.take_break() {
                Some(end) => breaks.push(end),
                None => break,
            }
        }
        // The text has to be indented further than its parent, even if its first lines are empty.
        let least = usize::try_from(self.indent + 1).unwrap_or_default().max(1);
        indent.get_or_insert(widest.max(least));
        Ok(())
    }
}

fn no_escape(mark: Mark) -> ParseProblem {
    problem(mark, "`%` in a tag is followed by two hexadecimal digits")
}

/// Whitespace and line ends between two words of a scalar. They fold into one space, or into the line ends without
/// the first.
#[derive(Default)]
struct Gap {
    blanks: String,
    has_break: bool,
    /// The first line end; `further` has the others.
    first: Option<char>,
    further: String,
}

impl Gap {
    fn add_break(&mut self, end: char) {
        if self.has_break {
            self.further.push(end);
        } else {
            self.has_break = true;
            self.first = Some(end);
            self.blanks.clear();
        }
    }

    /// Appends the folded gap and resets it.
    fn close(&mut self, text: &mut String) {
        let gap = std::mem::take(self);
        if !gap.has_break {
            text.push_str(&gap.blanks);
            return;
        }
        match gap.first {
            Some('\n') if gap.further.is_empty() => text.push(' '),
            Some('\n') | None => {}
            Some(other) => text.push(other),
        }
        text.push_str(&gap.further);
    }
}
