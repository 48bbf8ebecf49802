//! Java's character classes, and escapes that stand for a character or a set of them.

use super::translate::{MAX_NESTING, Source, push_literal};

/// The meaning of an escape.
pub(super) enum Escaped {
    /// One character.
    Literal(char),
    /// A set, as the inside of a bracketed class, and whether its complement is meant.
    Set { inside: String, negated: bool },
}

impl Escaped {
    /// Writes it outside of brackets.
    pub(super) fn push_outside(&self, rust: &mut String) {
        match self {
            Self::Literal(c) => push_literal(rust, *c),
            Self::Set { inside, negated } => {
                rust.push_str(if *negated { "[^" } else { "[" });
                rust.push_str(inside);
                rust.push(']');
            }
        }
    }
}

/// Parses the escape that begins with `c` after its backslash. Sets contain only ASCII, as in Java.
pub(super) fn escaped(c: char, source: &mut Source<'_>) -> Option<Escaped> {
    let literal = |c: char| Some(Escaped::Literal(c));
    match c {
        'd' | 'D' => set("0-9", c == 'D'),
        'w' | 'W' => set("A-Za-z0-9_", c == 'W'),
        's' | 'S' => set(r"\x{20}\t\n\x{B}\x{C}\r", c == 'S'),
        'h' | 'H' => {
            set(r"\x{20}\t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}", c == 'H')
        }
        'v' | 'V' => set(r"\n\x{B}\x{C}\r\x{85}\x{2028}\x{2029}", c == 'V'),
        'p' | 'P' => property(source, c == 'P'),
        't' => literal('\t'),
        'n' => literal('\n'),
        'r' => literal('\r'),
        'f' => literal('\u{c}'),
        'a' => literal('\u{7}'),
        'e' => literal('\u{1b}'),
        'x' if source.peek() == Some(&'{') => {
            source.next();
            let digits: String = source.by_ref().take_while(|c| *c != '}').collect();
            character(&digits)
        }
        'x' => hex(source, 2),
        'u' => hex(source, 4),
        '0' => octal(source),
        // Java reserves other escaped letters and refuses them.
        _ if c.is_ascii_alphanumeric() => None,
        _ => literal(c),
    }
}

// Other escapes may fail, so all of them return an `Option`.
#[expect(clippy::unnecessary_wraps, reason = "stands beside parts that can fail")]
fn set(inside: &str, negated: bool) -> Option<Escaped> {
    Some(Escaped::Set { inside: inside.to_owned(), negated })
}

fn hex(source: &mut Source<'_>, length: usize) -> Option<Escaped> {
    let digits: String = source.by_ref().take(length).collect();
    if digits.len() == length { character(&digits) } else { None }
}

fn character(digits: &str) -> Option<Escaped> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(Escaped::Literal)
}

/// Parses `\0n`, `\0nn` or `\0mnn`, with m up to 3.
fn octal(source: &mut Source<'_>) -> Option<Escaped> {
    let mut value = source.next()?.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = source.peek().and_then(|c| c.to_digit(8)).filter(|_| value < 0o40) else {
            break;
        };
        source.next();
        value = value * 8 + digit;
    }
    char::from_u32(value).map(Escaped::Literal)
}

/// Parses a POSIX name, which Java limits to ASCII, or a general category such as `L` or `Lu`.
fn property(source: &mut Source<'_>, negated: bool) -> Option<Escaped> {
    let name: String = match source.next()? {
        '{' => source.by_ref().take_while(|c| *c != '}').collect(),
        c => c.to_string(),
    };
    let inside = match name.as_str() {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "Alpha" => "A-Za-z",
        "Digit" => "0-9",
        "Alnum" => "A-Za-z0-9",
        "Punct" => r"\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}",
        "Graph" => r"\x{21}-\x{7E}",
        "Print" => r"\x{20}-\x{7E}",
        "Blank" => r"\x{20}\t",
        "Cntrl" => r"\x{0}-\x{1F}\x{7F}",
        "XDigit" => "0-9A-Fa-f",
        "Space" => r"\x{20}\t\n\x{B}\x{C}\r",
        "ASCII" => r"\x{0}-\x{7F}",
        _ => return category(name.strip_prefix("Is").unwrap_or(&name), negated),
    };
    set(inside, negated)
}

fn category(name: &str, negated: bool) -> Option<Escaped> {
    let is_category = matches!(name.len(), 1 | 2)
        && name.starts_with(['L', 'M', 'N', 'P', 'S', 'Z', 'C'])
        && name.bytes().all(|b| b.is_ascii_alphabetic());
    if is_category || name == "Alphabetic" { set(&format!(r"\p{{{name}}}"), negated) } else { None }
}

/// A member of a class, or what separates members.
enum Member {
    Single(char),
    Other,
}

/// Rewrites a class after its `[`. Every literal is escaped, so that `--` and `~~` have no special meaning in the
/// result.
pub(super) fn class(source: &mut Source<'_>, rust: &mut String, depth: usize) -> Option<()> {
    if depth >= MAX_NESTING {
        return None;
    }
    rust.push('[');
    let negated = source.peek() == Some(&'^');
    if negated {
        source.next();
        rust.push('^');
    }
    let mut is_first = true;
    loop {
        let c = source.next()?;
        match c {
            // A `]` right after the opening bracket is literal.
            ']' if !is_first => {
                rust.push(']');
                return Some(());
            }
            // The meaning of a union or intersection inside a negated class differs between versions of Java.
            '[' | '&' if negated && (c == '[' || source.peek() == Some(&'&')) => return None,
            '[' => class(source, rust, depth + 1)?,
            '&' if source.peek() == Some(&'&') => {
                source.next();
                // Without something on both sides it is uncertain what an intersection means.
                if is_first || matches!(source.peek(), Some(']' | '&')) {
                    return None;
                }
                rust.push_str("&&");
            }
            _ => {
                if let Member::Single(from) = member(c, source, rust)? {
                    range_or_single(from, source, rust)?;
                }
            }
        }
        is_first = false;
    }
}

fn member(c: char, source: &mut Source<'_>, rust: &mut String) -> Option<Member> {
    if c != '\\' {
        return Some(Member::Single(c));
    }
    let letter = source.next()?;
    if letter == 'Q' {
        return quoted(source, rust);
    }
    match escaped(letter, source)? {
        Escaped::Literal(c) => Some(Member::Single(c)),
        Escaped::Set { inside, negated: false } => {
            rust.push_str(&inside);
            Some(Member::Other)
        }
        // Written as a class of its own, because a complement inside of a class needs brackets.
        complement @ Escaped::Set { .. } => {
            complement.push_outside(rust);
            Some(Member::Other)
        }
    }
}

fn quoted(source: &mut Source<'_>, rust: &mut String) -> Option<Member> {
    loop {
        match source.next()? {
            '\\' if source.peek() == Some(&'E') => {
                source.next();
                return Some(Member::Other);
            }
            c => push_literal(rust, c),
        }
    }
}

/// Writes a character or a range. A hyphen forms a range only between two single characters; before `]` or `[` it is
/// literal.
fn range_or_single(from: char, source: &mut Source<'_>, rust: &mut String) -> Option<()> {
    let mut ahead = source.clone();
    let is_range = ahead.next() == Some('-') && !matches!(ahead.next(), None | Some(']' | '['));
    push_literal(rust, from);
    if !is_range {
        return Some(());
    }
    source.next();
    let last = match source.next()? {
        '\\' => {
            let letter = source.next()?;
            match escaped(letter, source)? {
                Escaped::Literal(c) => c,
                Escaped::Set { .. } => return None,
            }
        }
        c => c,
    };
    rust.push('-');
    push_literal(rust, last);
    // Java refuses a range that runs backwards.
    (from <= last).then_some(())
}
