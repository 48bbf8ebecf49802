//! A pause of new requests, with its message, start and author.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::Actor;

/// Longest message in characters.
const LONGEST: usize = 500;

/// The message if the admin wrote none.
const UNSAID: &str = "the platform team is working on something. Please try again later.";

/// A pause: nothing new can be requested, everything else continues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The message to users, exactly as written.
    pub message: String,
    /// Who paused; see [`Actor::as_str`].
    pub by: String,
    /// When the pause began.
    pub since: Timestamp,
}

impl Pause {
    /// Returns a pause that begins now.
    pub fn new(message: Option<&str>, by: &Actor, now: Timestamp) -> Self {
        let message = message.map(str::trim).filter(|message| !message.is_empty()).unwrap_or(UNSAID);
        // Cut by characters, because cutting bytes could split one.
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
