//! Rewrites Java's regular expression syntax for the `fancy-regex` engine. Bracketed classes are in `class`.
//!
//! `None` means that the expression is invalid in Java, or that its meaning in the engine is uncertain.

use super::class;
use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

/// Java's `.`: any character except line ends.
const DOT: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";

/// Java's `\R`: one line end of any system.
const LINE_END: &str = r"(?:\r\n|[\n\x{B}\x{C}\r\x{85}\x{2028}\x{2029}])";

/// Java's `$` and `\Z`: the end, or before one final line end.
const BEFORE_FINAL_LINE_END: &str = r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)";

pub(super) type Source<'t> = Peekable<Chars<'t>>;

/// Deepest nesting of groups and classes. Nobody writes more, and the engine recurses.
pub(super) const MAX_NESTING: usize = 50;

/// Rewrites a whole expression.
pub(super) fn to_rust(java: &str) -> Option<String> {
    let mut translator = Translator {
        source: java.chars().peekable(),
        rust: String::new(),
        groups: Vec::new(),
        dot_all: false,
        after_repetition: false,
    };
    while let Some(c) = translator.source.next() {
        translator.element(c)?;
    }
    translator.groups.is_empty().then_some(translator.rust)
}

struct Group {
    /// Where its text starts in the output.
    start: usize,
    is_look: bool,
}

struct Translator<'t> {
    source: Source<'t>,
    rust: String,
    groups: Vec<Group>,
    dot_all: bool,
    after_repetition: bool,
}

impl Translator<'_> {
    fn element(&mut self, c: char) -> Option<()> {
        let is_repetition = matches!(c, '?' | '*' | '+' | '{');
        self.symbol(c)?;
        self.after_repetition = is_repetition;
        Some(())
    }

    fn symbol(&mut self, c: char) -> Option<()> {
        match c {
            '\\' => self.escape()?,
            '[' => class::class(&mut self.source, &mut self.rust, 0)?,
            '(' => self.open_group()?,
            ')' => self.close_group()?,
            '.' if self.dot_all => self.rust.push_str("(?s:.)"),
            '.' => self.rust.push_str(DOT),
            '$' => self.dollar(),
            // Without Java's MULTILINE flag, `^` matches only at the start.
            '^' => self.rust.push_str(r"\A"),
            '|' | '?' | '*' | '+' => self.rust.push(c),
            '{' => {
                // A repetition of a repetition has a different meaning in the engine than in Java.
                if self.after_repetition {
                    return None;
                }
                let repeat = repetition(&mut self.source)?;
                self.rust.push_str(&repeat);
            }
            _ => push_literal(&mut self.rust, c),
        }
        Some(())
    }

    fn dollar(&mut self) {
        match self.source.peek() {
            // Nothing can be consumed after it, so the exception for a final line end cannot apply.
            None | Some('|' | ')') => self.rust.push_str(r"\z"),
            Some(_) => self.rust.push_str(BEFORE_FINAL_LINE_END),
        }
    }

    fn escape(&mut self) -> Option<()> {
        let c = self.source.next()?;
        match c {
            'A' | 'z' | 'b' | 'B' => {
                self.rust.push('\\');
                self.rust.push(c);
            }
            'Z' => self.rust.push_str(BEFORE_FINAL_LINE_END),
            'R' => self.rust.push_str(LINE_END),
            'Q' => self.quoted(),
            '1'..='9' => {
                self.rust.push('\\');
                self.rust.push(c);
                // Java reads another digit only if there are that many groups; too rare to support.
                if self.source.peek().is_some_and(char::is_ascii_digit) {
                    return None;
                }
            }
            'k' => {
                self.rust.push_str(r"\k");
                self.name()?;
            }
            _ => {
                let escaped = class::escaped(c, &mut self.source)?;
                escaped.push_outside(&mut self.rust);
            }
        }
        Some(())
    }

    fn quoted(&mut self) {
        while let Some(c) = self.source.next() {
            if c == '\\' && self.source.peek() == Some(&'E') {
                self.source.next();
                return;
            }
            push_literal(&mut self.rust, c);
        }
    }

    fn name(&mut self) -> Option<()> {
        if self.source.peek() == Some(&'<') {
            self.source.next();
        }
        self.rust.push('<');
        loop {
            match self.source.next()? {
                '>' => break,
                c if c.is_ascii_alphanumeric() => self.rust.push(c),
                _ => return None,
            }
        }
        self.rust.push('>');
        Some(())
    }

    fn open_group(&mut self) -> Option<()> {
        let start = self.rust.len();
        let mut is_look = false;
        self.rust.push('(');
        if self.source.peek() == Some(&'?') {
            self.source.next();
            self.rust.push('?');
            match self.source.next()? {
                c @ (':' | '>') => self.rust.push(c),
                c @ ('=' | '!') => {
                    is_look = true;
                    self.rust.push(c);
                }
                '<' => match self.source.peek()? {
                    c @ ('=' | '!') => {
                        is_look = true;
                        self.rust.push('<');
                        self.rust.push(*c);
                        self.source.next();
                    }
                    _ => self.name()?,
                },
                c => return self.flags(c, start),
            }
        }
        self.groups.push(Group { start, is_look });
        (self.groups.len() <= MAX_NESTING).then_some(())
    }

    /// Accepts `(?i)` and `(?s)`, alone or together; other flags have different meanings in the engine and in Java.
    fn flags(&mut self, first: char, start: usize) -> Option<()> {
        let mut next = first;
        loop {
            match next {
                'i' => self.rust.push('i'),
                // Only at the very start, so that it need not be undone at the end of a group.
                's' if start == 0 => self.dot_all = true,
                ')' if self.rust.ends_with('?') => {
                    self.rust.truncate(start);
                    return Some(());
                }
                ')' => {
                    self.rust.push(')');
                    return Some(());
                }
                // `(?s:…)` would have to be undone where the group ends.
                ':' if !self.dot_all => {
                    self.rust.push(':');
                    self.groups.push(Group { start, is_look: false });
                    return (self.groups.len() <= MAX_NESTING).then_some(());
                }
                _ => return None,
            }
            next = self.source.next()?;
        }
    }

    fn close_group(&mut self) -> Option<()> {
        let group = self.groups.pop()?;
        self.rust.push(')');
        if group.is_look {
            self.repeat_look(group.start)?;
        }
        Some(())
    }

    /// Rewrites a repeated look-around, which the engine does not support: an optional one is not a condition, a
    /// repeated one is equal to a single one.
    fn repeat_look(&mut self, start: usize) -> Option<()> {
        match self.source.peek() {
            Some('?' | '*') => self.rust.truncate(start),
            Some('+') => {}
            // `{0}` and `{1}` mean different things, and nobody repeats a look-around that way.
            Some('{') => return None,
            Some(_) | None => return Some(()),
        }
        self.source.next();
        // A lazy or possessive suffix makes no difference to a condition.
        if matches!(self.source.peek(), Some('?' | '+')) {
            self.source.next();
        }
        Some(())
    }
}

/// Parses `{2}`, `{2,}` or `{2,5}`; Java refuses any other text after a brace.
fn repetition(source: &mut Source<'_>) -> Option<String> {
    let mut text = String::from("{");
    loop {
        let c = source.next()?;
        match c {
            '0'..='9' => text.push(c),
            ',' if text.len() > 1 && !text.contains(',') => text.push(c),
            '}' if text.len() > 1 => {
                text.push(c);
                return Some(text);
            }
            _ => return None,
        }
    }
}

/// Writes a character so that it is literal.
pub(super) fn push_literal(rust: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        rust.push(c);
    } else {
        // Writing to a `String` cannot fail.
        let _ = write!(rust, r"\x{{{:X}}}", u32::from(c));
    }
}
