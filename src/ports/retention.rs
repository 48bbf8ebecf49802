//! How long a store remembers what is neither a row nor an entry of the trail. What belongs to something that is there, such as
//! a job, a quota or somebody's absence, ends with that.

use jiff::{SignedDuration, Timestamp};

/// For how long a key against repetition is remembered, and what belongs to a request after its end: its messages, and its
/// executions and records on this machine. What Slack sends comes again within minutes, and a signature is good for five.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(2);
/// For how long the key of a form is remembered: a modal stays open until somebody closes it, and its button may be pressed
/// again the next day.
pub const FORM_KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);
/// What the keys of forms begin with.
pub const OF_A_FORM: &str = "view:";
/// For how long the messages of a request that lives are found after its last change, where they end by themselves. Where they
/// stand now its row knows in any case.
pub const MESSAGES_KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);
/// For how long it is remembered that something was said which is said once a day.
pub const DAY_KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);
/// For how long it is remembered that something was said which is said once while it is tried for a week.
pub const WEEK_KEPT_FOR: SignedDuration = SignedDuration::from_hours(9 * 24);
/// For how long what was counted on a day is remembered.
pub const COUNTS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(35 * 24);
/// For how long the sums of a month are remembered after its beginning.
pub const SUMS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(62 * 24);
/// For how long a home tab is remembered that nobody opens.
pub const HOMES_KEPT_FOR: SignedDuration = SignedDuration::from_hours(180 * 24);

/// A key that may be committed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key.
    pub key: String,
    /// When it is used: one that was remembered until before then is as good as new.
    pub at: Timestamp,
    /// Until when it is remembered; for ever where there is no end.
    pub until: Option<Timestamp>,
}

impl IdempotencyKey {
    /// A key that is remembered for ever, of which there are few.
    pub fn for_ever(key: impl Into<String>) -> Self {
        Self { key: key.into(), at: Timestamp::MIN, until: None }
    }

    /// A key of what happened at `now` and cannot come again later than [`KEPT_FOR`], or [`FORM_KEPT_FOR`] if a form was sent.
    pub fn for_now(key: impl Into<String>, now: Timestamp) -> Self {
        let key = key.into();
        let kept_for = if key.starts_with(OF_A_FORM) { FORM_KEPT_FOR } else { KEPT_FOR };
        Self { key, at: now, until: Some(later(now, kept_for)) }
    }

    /// A key of what is tried for a week.
    pub fn for_a_week(key: impl Into<String>, now: Timestamp) -> Self {
        Self { key: key.into(), at: now, until: Some(later(now, WEEK_KEPT_FOR)) }
    }

    /// A key that names a day, which is over before it is forgotten.
    pub fn for_a_day(key: impl Into<String>, now: Timestamp) -> Self {
        Self { key: key.into(), at: now, until: Some(later(now, DAY_KEPT_FOR)) }
    }
}

/// `length` after `at`.
pub fn later(at: Timestamp, length: SignedDuration) -> Timestamp {
    at.saturating_add(length).unwrap_or(Timestamp::MAX)
}

/// `length` before `now`: what ended by then is forgotten.
pub fn earlier(now: Timestamp, length: SignedDuration) -> Timestamp {
    now.saturating_sub(length).unwrap_or(Timestamp::MIN)
}
