//! `AllowedPattern`: Java regular expressions, matched against the whole value.
//!
//! Rewriting them is in `translate`; when a value is checked is up to [`value`](crate::value).

mod class;
mod translate;
#[cfg(test)]
mod verdicts;

use fancy_regex::{Regex, RegexBuilder};
use std::sync::Arc;

/// Backtracking steps after which a value is left to AWS to check; some milliseconds of work.
const BACKTRACK_LIMIT: usize = 100_000;

/// Memory limit of one compiled pattern, in bytes.
const SIZE_LIMIT: usize = 1024 * 1024;

/// Longest expression that is compiled, in bytes; each is compiled when its template is parsed.
const MAX_LENGTH: usize = 4096;

/// A Java regular expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    java: String,
    regex: Option<Arc<Regex>>,
}

impl Pattern {
    /// Compiles the expression. One that cannot be rewritten accepts every value.
    pub fn new(java: &str) -> Self {
        let readable = Some(java).filter(|java| java.len() <= MAX_LENGTH);
        let regex = readable.and_then(translate::to_rust).and_then(|rust| {
            RegexBuilder::new(&format!(r"\A(?:{rust})\z"))
                .backtrack_limit(BACKTRACK_LIMIT)
                .delegate_size_limit(SIZE_LIMIT)
                .build()
                .ok()
        });
        Self { java: java.to_owned(), regex: regex.map(Arc::new) }
    }

    /// Returns the expression as written in the template.
    pub fn as_str(&self) -> &str {
        &self.java
    }

    /// Whether values are checked here; otherwise only AWS checks them.
    pub fn is_checked(&self) -> bool {
        self.regex.is_some()
    }

    /// Whether the whole value matches, as far as can be decided here.
    pub fn accepts(&self, value: &str) -> bool {
        // If the steps run out, the value is accepted: AWS checks it anyway.
        self.regex.as_ref().is_none_or(|regex| regex.is_match(value).unwrap_or(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_expression_that_cannot_be_rewritten_accepts_everything_and_says_so() {
        for java in ["[a-", "(?x) a", "a{", r"\y", "(", "[a-\\w]", r"[^a[b]]", "*a", "a?{1,2}", "(?m)^a$"] {
            let pattern = Pattern::new(java);
            assert!(!pattern.is_checked(), "{java}");
            assert!(pattern.accepts("anything"), "{java}");
        }
    }

    #[test]
    fn an_expression_that_backtracks_without_end_is_left_to_aws() {
        let pattern = Pattern::new(r"(.*)(.*)(.*)(.*)(.*)(.*)\6[xy]");
        assert!(pattern.is_checked());
        assert!(pattern.accepts(&"a".repeat(60)));
    }

    #[test]
    fn an_expression_of_unreasonable_length_is_left_to_aws() {
        assert!(Pattern::new(&"a".repeat(MAX_LENGTH)).is_checked());
        assert!(!Pattern::new(&"a".repeat(MAX_LENGTH + 1)).is_checked());
    }

    proptest! {
        #[test]
        fn no_expression_and_no_value_panics(java in "[\\[\\](){}\\\\^$.|?*+a-c0-9&~:=!<,pQE-]{0,24}", value in "\\PC{0,12}") {
            let _ = Pattern::new(&java).accepts(&value);
        }

        #[test]
        fn no_text_is_too_strange_to_be_an_expression(java in "\\PC{0,24}") {
            let _ = Pattern::new(&java).accepts("a");
        }
    }
}
