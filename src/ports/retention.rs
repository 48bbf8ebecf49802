//! How long the store keeps records that are neither rows nor audit entries. Records that belong to something else,
//! such as jobs, quotas or absences, are deleted together with it.

use jiff::{SignedDuration, Timestamp};

/// How long idempotency keys are kept, and what belongs to an ended request: its messages, and its local executions and
/// records. Slack redelivers within minutes, and a signature is valid for five.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(2);
/// How long the idempotency key of a form is kept: a modal stays open until the user closes it, so its button may be
/// pressed again on the next day.
pub const FORM_KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);
/// Prefix of the idempotency keys of forms.
pub const OF_A_FORM: &str = "view:";
/// How long messages of a live request can be looked up after its last change, if the store expires them. The row
/// itself always knows where its current messages are.
pub const MESSAGES_KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long the key of a daily notification is kept.
pub const DAY_KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);
/// How long the key of a notification is kept whose job is retried for a week.
pub const WEEK_KEPT_FOR: SignedDuration = SignedDuration::from_hours(9 * 24);
/// How long the counters of a day are kept.
pub const COUNTS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(35 * 24);
/// How long the sums of a month are kept, from its first day.
pub const SUMS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(62 * 24);
/// How long a home tab is kept that nobody opens.
pub const HOMES_KEPT_FOR: SignedDuration = SignedDuration::from_hours(180 * 24);

/// A key that can be committed once, so that repeating a commit has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key.
    pub key: String,
    /// When it is used. A stored key that expired before this time does not count.
    pub at: Timestamp,
    /// When it expires; `None` if never.
    pub until: Option<Timestamp>,
}

impl IdempotencyKey {
    /// Creates a key that never expires; use it only for few keys.
    pub fn for_ever(key: impl Into<String>) -> Self {
        // No stored key expired before this time, so every earlier use counts.
        Self { key: key.into(), at: Timestamp::MIN, until: None }
    }

    /// Creates a key for something that happens at `now` and is not repeated later than [`KEPT_FOR`], or
    /// [`FORM_KEPT_FOR`] for a form.
    pub fn for_now(key: impl Into<String>, now: Timestamp) -> Self {
        let key = key.into();
        let kept_for = if key.starts_with(OF_A_FORM) { FORM_KEPT_FOR } else { KEPT_FOR };
        Self { key, at: now, until: Some(later(now, kept_for)) }
    }

    /// Creates a key for something that is retried for a week.
    pub fn for_a_week(key: impl Into<String>, now: Timestamp) -> Self {
        Self { key: key.into(), at: now, until: Some(later(now, WEEK_KEPT_FOR)) }
    }

    /// Creates a key that contains a date; it expires after that day.
    pub fn for_a_day(key: impl Into<String>, now: Timestamp) -> Self {
        Self { key: key.into(), at: now, until: Some(later(now, DAY_KEPT_FOR)) }
    }
}

/// Returns `at` plus `length`, at most the last timestamp.
pub fn later(start: Timestamp, length: SignedDuration) -> Timestamp {
    start.saturating_add(length).unwrap_or(Timestamp::MAX)
}

/// Returns `now` minus `length`: what ended by then has expired.
pub fn earlier(now: Timestamp, length: SignedDuration) -> Timestamp {
    now.saturating_sub(length).unwrap_or(Timestamp::MIN)
}
