//! The characters of a YAML text with their positions, and the classes of characters.

/// A position in the text; lines and columns count from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A text and the current position in it.
pub(super) struct Text {
    chars: Vec<char>,
    pub(super) mark: Mark,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), mark: Mark::default() }
    }

    /// Returns the character `ahead` characters from here; `None` after the end.
    pub(super) fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.mark.index + ahead).copied()
    }

    pub(super) fn is(&self, wanted: char) -> bool {
        self.peek(0) == Some(wanted)
    }

    /// Whether a blank, a line end or the end of the text comes `ahead` characters from here.
    pub(super) fn is_gap(&self, ahead: usize) -> bool {
        self.peek(ahead).is_none_or(|c| is_blank(c) || is_break(c))
    }

    /// Whether `---` or `...` is at the start of this line.
    pub(super) fn is_document_marker(&self) -> bool {
        self.mark.column == 0 && (self.is_marker('-') || self.is_marker('.'))
    }

    /// Whether three of these characters come next, followed by a gap.
    pub(super) fn is_marker(&self, marker: char) -> bool {
        (0..3).all(|ahead| self.peek(ahead) == Some(marker)) && self.is_gap(3)
    }

    /// Takes one character, which must not be a line end.
    pub(super) fn take(&mut self) -> Option<char> {
        let taken = self.peek(0)?;
        self.mark.index += 1;
        self.mark.column += 1;
        Some(taken)
    }

    /// Takes this many characters, none of which may be a line end.
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.take();
        }
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek(0).filter(|c| wanted(*c)) {
            taken.push(c);
            self.take();
        }
        taken
    }

    /// Takes a line end, if one comes next, and returns it normalized.
    pub(super) fn take_break(&mut self) -> Option<char> {
        let first = self.peek(0).filter(|c| is_break(*c))?;
        // A Windows line end is one line end.
        let is_pair = first == '\r' && self.peek(1) == Some('\n');
        self.mark = Mark {
            index: self.mark.index + if is_pair { 2 } else { 1 },
            line: self.mark.line + 1,
            column: 0,
        };
        Some(if matches!(first, '\u{2028}' | '\u{2029}') { first } else { '\n' })
    }
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the character closes or separates elements in `[…]` and `{…}`.
pub(super) fn is_flow_sign(c: char) -> bool {
    matches!(c, ',' | '[' | ']' | '{' | '}')
}

/// Whether YAML allows this character unescaped.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}
