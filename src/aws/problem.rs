//! What keeps the program from working with an account as it is set up.

use std::fmt;

/// Something that is missing, different or forbidden, and what to do about it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    what: String,
    remedy: String,
}

impl Problem {
    /// What is wrong, and what to do, both as the middle of a sentence.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

/// `what: remedy`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.remedy)
    }
}
