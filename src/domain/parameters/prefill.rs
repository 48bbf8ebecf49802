//! Parses `Environment=dev Name='x y'` after a command, including a phone's curly quotes.

use crate::domain::form::Form;
use cloudformation::document::nearest;
use std::collections::BTreeMap;

/// The text after a command: pairs in typed order, and words that are no pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefill {
    /// Keys as typed, with their values unquoted.
    pub pairs: Vec<(String, String)>,
    /// All other words.
    pub words: Vec<String>,
}

/// A typed key that the form does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// The key as typed.
    pub typed: String,
    /// The key of the most similar field.
    pub nearest: Option<String>,
}

/// Splits the text at whitespace; straight or curly quotes keep a value together.
pub fn parse_prefill(text: &str) -> Prefill {
    let mut prefill = Prefill::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = match after.strip_prefix('=') {
            Some(after) if !word.is_empty() => {
                let (value, after) = take_value(after);
                prefill.pairs.push((word.to_owned(), value));
                after
            }
            // A `=` without a key before it is skipped.
            Some(after) => after,
            None => {
                prefill.words.push(word.to_owned());
                after
            }
        }
        .trim_start();
    }
    prefill
}

fn closing(open: char) -> Option<&'static [char]> {
    match open {
        // Phones replace quotes depending on the language, so any of the same kind closes.
        '"' | '“' | '”' | '„' => Some(&['"', '“', '”']),
        '\'' | '‘' | '’' | '‚' => Some(&['\'', '‘', '’']),
        _ => None,
    }
}

fn take_value(text: &str) -> (String, &str) {
    let mut chars = text.chars();
    if let Some(quotes) = chars.next().and_then(closing) {
        let inside = chars.as_str();
        // A closing quote is followed by whitespace; the apostrophe in `it's` is not.
        let end = inside
            .match_indices(quotes)
            .find(|(at, quote)| inside[at + quote.len()..].chars().next().is_none_or(char::is_whitespace));
        if let Some((at, quote)) = end {
            return (inside[..at].to_owned(), &inside[at + quote.len()..]);
        }
    }
    // A quote that is never closed belongs to the value; the rest of the command is not swallowed.
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

/// Matches typed keys with the form's fields, ignoring case. If a key is repeated, the last value wins.
pub fn match_prefill(form: &Form, pairs: &[(String, String)]) -> (BTreeMap<String, String>, Vec<UnknownKey>) {
    let mut values = BTreeMap::new();
    let mut unknown = Vec::new();
    for (typed, value) in pairs {
        match form.fields().find(|field| field.key.eq_ignore_ascii_case(typed)) {
            Some(field) => {
                values.insert(field.key.clone(), value.clone());
            }
            None => unknown.push(UnknownKey {
                typed: typed.clone(),
                nearest: nearest(typed, form.fields().map(|field| field.key.as_str())).map(str::to_owned),
            }),
        }
    }
    (values, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_of_every_kind_hold_a_value_together() {
        let prefill = parse_prefill(
            "s3\u{a0}Environment=dev Name='x y' Note=“it’s ok” Q=\"a=b\" Empty= Apostrophe=it's Open='abc",
        );
        insta::assert_snapshot!(format!("{:?}\n{:?}", prefill.pairs, prefill.words), @r#"
        [("Environment", "dev"), ("Name", "x y"), ("Note", "it’s ok"), ("Q", "a=b"), ("Empty", ""), ("Apostrophe", "it's"), ("Open", "'abc")]
        ["s3"]
        "#);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-c=\"'“”‘’ \u{a0}]{0,30}") {
            let _ = parse_prefill(&text);
        }
    }
}
