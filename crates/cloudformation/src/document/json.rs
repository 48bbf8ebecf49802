//! Parses strict JSON into a [`Node`], with line numbers. Numbers keep their digits as written.

use super::builder::{MAX_DEPTH, MapBuilder, checked, too_deep};
use super::{Node, ParseProblem, Value};

/// The message about a comment, which must not be read as YAML instead.
pub(super) const NO_COMMENTS: &str = "JSON has no comments: remove this one";

/// Parses one JSON text strictly by RFC 8259, except that duplicate keys are refused.
pub fn parse_json(text: &str) -> Result<Node, ParseProblem> {
    let mut scanner = JsonScanner { rest: checked(text)?, line: 1, has_comma: false };
    let node = scanner.value(0)?;
    scanner.skip_blanks();
    match scanner.rest.chars().next() {
        None => Ok(node),
        Some(_) => Err(scanner.problem("there is more text after the end of the value")),
    }
}

struct JsonScanner<'t> {
    rest: &'t str,
    line: usize,
    /// Whether the token taken last is a comma.
    has_comma: bool,
}

impl JsonScanner<'_> {
    fn problem(&self, message: impl Into<String>) -> ParseProblem {
        ParseProblem::new(self.line, message)
    }

    /// Returns a message for a common mistake at this position, or else `otherwise`.
    fn instead_of(&self, otherwise: &str) -> String {
        match self.rest.as_bytes() {
            [b'/', b'/' | b'*', ..] => NO_COMMENTS.to_owned(),
            [closing @ (b'}' | b']'), ..] if self.has_comma => {
                format!("JSON has no `,` before `{}`: remove it", char::from(*closing))
            }
            [b'\'', ..] => "JSON has double quotes only, no single ones".to_owned(),
            _ => otherwise.to_owned(),
        }
    }

    fn skip_blanks(&mut self) {
        let trimmed = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let skipped = &self.rest[..self.rest.len() - trimmed.len()];
        self.line += skipped.matches('\n').count();
        self.rest = trimmed;
    }

    /// Takes `token` if it comes next, after whitespace.
    fn took(&mut self, token: char) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                self.has_comma = token == ',';
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, ParseProblem> {
        self.skip_blanks();
        let line = self.line;
        // The parser recurses, so deep nesting would overflow the stack.
        if depth >= MAX_DEPTH {
            return Err(too_deep(line));
        }
        let value = match self.rest.chars().next() {
            Some('{') => self.map(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Value::Scalar { text: self.string()?, plain: false },
            Some(_) => self.word()?,
            None => return Err(self.problem("the text ends where a value should begin")),
        };
        Ok(Node { line, value })
    }

    fn map(&mut self, depth: usize) -> Result<Value, ParseProblem> {
        let mut map = MapBuilder::default();
        self.took('{');
        if self.took('}') {
            return Ok(Value::Map(map.entries));
        }
        loop {
            self.skip_blanks();
            let line = self.line;
            if !self.rest.starts_with('"') {
                return Err(self.problem(self.instead_of("a key in double quotes should be here")));
            }
            let key = self.string()?;
            map.add_key(&key, line)?;
            if !self.took(':') {
                return Err(self.problem(format!("a `:` should follow the key `{key}`")));
            }
            let value = self.value(depth + 1)?;
            map.add_value(key, line, value);
            if self.took('}') {
                return Ok(Value::Map(map.entries));
            }
            if !self.took(',') {
                return Err(self.problem(self.instead_of("a `,` or `}` should be here")));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, ParseProblem> {
        let mut nodes = Vec::new();
        self.took('[');
        if self.took(']') {
            return Ok(Value::List(nodes));
        }
        loop {
            nodes.push(self.value(depth + 1)?);
            if self.took(']') {
                return Ok(Value::List(nodes));
            }
            if !self.took(',') {
                return Err(self.problem(self.instead_of("a `,` or `]` should be here")));
            }
        }
    }

    fn word(&mut self) -> Result<Value, ParseProblem> {
        // Splits at the end of the whole word, so that `truex` is reported as one.
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            let beginning: String = self.rest.chars().take(20).take_while(|c| !c.is_whitespace()).collect();
            return Err(self.problem(self.instead_of(&format!("`{beginning}` is not a JSON value"))));
        }
        self.rest = rest;
        Ok(Value::Scalar { text: word.to_owned(), plain: true })
    }

    fn string(&mut self) -> Result<String, ParseProblem> {
        let mut text = String::new();
        self.took('"');
        loop {
            let mut chars = self.rest.chars();
            let next = chars.next();
            self.rest = chars.as_str();
            match next {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                // RFC 8259 requires control characters to be escaped.
                Some(c) if c < ' ' => {
                    return Err(self.problem("a line end or control character stands inside a string"));
                }
                Some(c) => text.push(c),
                None => return Err(self.problem("a string has no closing quote")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseProblem> {
        let mut chars = self.rest.chars();
        let letter = chars.next();
        self.rest = chars.as_str();
        match letter {
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => self.unicode_escape(),
            Some(_) | None => {
                Err(self.problem("a backslash in a string must be followed by one of \"\\/bfnrtu"))
            }
        }
    }

    fn unicode_escape(&mut self) -> Result<char, ParseProblem> {
        let mut units = vec![self.hex_unit()?];
        // A high surrogate is completed by the next escape.
        if (0xD800..0xDC00).contains(&units[0])
            && let Some(rest) = self.rest.strip_prefix("\\u")
        {
            self.rest = rest;
            units.push(self.hex_unit()?);
        }
        match char::decode_utf16(units).collect::<Result<Vec<char>, _>>().as_deref() {
            Ok([c]) => Ok(*c),
            Ok(_) | Err(_) => Err(self.problem("`\\u` does not name a character here")),
        }
    }

    fn hex_unit(&mut self) -> Result<u16, ParseProblem> {
        let unit = self
            .rest
            .get(..4)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match unit {
            Some(unit) => {
                self.rest = &self.rest[4..];
                Ok(unit)
            }
            None => Err(self.problem("`\\u` must be followed by four hexadecimal digits")),
        }
    }
}

/// Whether the word is a JSON number: `-0.5e+3` is, `01`, `.5`, `5.` and `+5` are not.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        // RFC 8259 allows no leading zeros.
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse_json(text).unwrap_err().to_string()
    }

    #[test]
    fn values_keep_their_text_and_their_line() {
        let node = parse_json("{\n  \"a\": [1.50, true,\n null],\n  \"b\": \"x\\u00e9\\ud83d\\ude00\\n\"\n}")
            .unwrap();
        let list = node.get("a").unwrap().as_list().unwrap();
        assert_eq!(list[0].as_text(), Some("1.50"));
        assert_eq!(list[2].line, 3);
        assert!(list[2].is_null());
        assert_eq!(node.get("b").unwrap().as_text(), Some("xé😀\n"));
        assert_eq!(node.as_map().unwrap()[1].line, 4);
    }

    #[test]
    fn what_is_not_strict_json_is_refused_with_its_line() {
        insta::assert_snapshot!(refusal("{\n\"a\": 1,\n}"), @"line 3: JSON has no `,` before `}`: remove it");
        insta::assert_snapshot!(refusal("[1,\n]"), @"line 2: JSON has no `,` before `]`: remove it");
        insta::assert_snapshot!(refusal("{\n// x\n\"a\": 1}"), @"line 2: JSON has no comments: remove this one");
        insta::assert_snapshot!(refusal("{\"a\": 1 /* x */}"), @"line 1: JSON has no comments: remove this one");
        insta::assert_snapshot!(refusal("{\"a\":\n/* x */ 1}"), @"line 2: JSON has no comments: remove this one");
        insta::assert_snapshot!(refusal("{\"a\": 'x'}"), @"line 1: JSON has double quotes only, no single ones");
        insta::assert_snapshot!(refusal("{}}"), @"line 1: there is more text after the end of the value");
        insta::assert_snapshot!(refusal("[1 2]"), @"line 1: a `,` or `]` should be here");
        insta::assert_snapshot!(refusal("{\"a\": 1, \"a\": 2}"), @"line 1: the key `a` is here twice");
        insta::assert_snapshot!(refusal("[01]"), @"line 1: `01]` is not a JSON value");
        insta::assert_snapshot!(refusal("\"\\ud800\""), @r"line 1: `\u` does not name a character here");
        insta::assert_snapshot!(refusal("\"abc"), @"line 1: a string has no closing quote");
        insta::assert_snapshot!(refusal("1 x"), @"line 1: there is more text after the end of the value");
        assert!(parse_json("'a'").is_err());
        assert!(parse_json("{\"a\" 1}").is_err());
    }

    #[test]
    fn numbers_follow_the_grammar() {
        for good in ["0", "-0", "10", "1.5", "1e3", "-1.5E-10"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", "01", ".5", "5.", "+5", "1e", "0x1", "1.e3"] {
            assert!(!is_number(bad), "{bad}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        assert!(parse_json(&"[".repeat(500_000)).is_err());
    }
}
