//! New requests can be paused: with what people read, since when and by whom.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::Actor;

/// Characters of a message; more is no message but a document.
const LONGEST: usize = 500;

/// What people read where nobody wrote anything.
const UNSAID: &str = "the platform team is working on something. Please try again later.";

/// A pause: nothing new can be asked for, everything else goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// What people read, as it was written.
    pub message: String,
    /// Who paused: see [`Actor::word`].
    pub by: String,
    /// Since when.
    pub since: Timestamp,
}

impl Pause {
    /// A pause from now on.
    pub fn new(message: Option<&str>, by: &Actor, now: Timestamp) -> Self {
        let message = message.map(str::trim).filter(|message| !message.is_empty()).unwrap_or(UNSAID);
        Self { message: message.chars().take(LONGEST).collect(), by: by.as_str().to_owned(), since: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_always_says_something_and_never_too_much() {
        let said = |message| Pause::new(message, &Actor::Operator, Timestamp::UNIX_EPOCH).message;
        assert_eq!(said(Some(" We move house. ")), "We move house.");
        assert_eq!(said(None), UNSAID);
        assert_eq!(said(Some(" \n ")), UNSAID);
        assert_eq!(said(Some(&"é".repeat(900))).chars().count(), LONGEST);
    }
}
