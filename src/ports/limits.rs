//! Timeouts of calls to the outside while a user waits. The whole program shares one set, chosen where it is wired
//! together, so that tests do not depend on the speed of their machine.

use std::time::Duration;

/// Timeouts of outside calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long Slack waits for our answer at most. Work that takes longer continues, and its result is shown later.
    /// Slack shows an error after 3 seconds (docs.slack.dev/interactivity/handling-user-interaction, 2026-11-29), and
    /// the network takes part of that.
    pub answer: Duration,
    /// How much longer than `answer` an action may take before the user is told that it takes a while.
    pub silence: Duration,
    /// How long to wait for Slack to say which workspace the app belongs to before the user is asked to try again.
    /// Everything else waits for this first, so it must leave enough of a trigger's 3 seconds to open a view.
    pub identity: Duration,
    /// How long a click waits for Slack's answer about an account before it continues without it.
    pub standing: Duration,
    /// How long to wait for the inventory before a user who types is offered the cached list.
    pub inventory: Duration,
    /// How long a readiness check waits for the store and Slack.
    pub health: Duration,
    /// How long one lookup of people may take, however many calls it needs, before the user is asked to press again.
    /// The lookup continues meanwhile. An action with several lookups in a row, such as a form with several approval
    /// stages, may wait this long for each, after `identity`.
    pub question: Duration,
    /// Timeout of a call to Slack that opens a view: its trigger lives for 3 seconds.
    pub open: Duration,
    /// Timeout of a call to Slack in background work.
    pub call: Duration,
    /// Minimum time between two messages in one conversation, to stay within Slack's rate limit.
    pub pace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer: Duration::from_millis(600),
            silence: Duration::from_millis(1500),
            // Leaves a second of the trigger's three.
            identity: Duration::from_secs(2),
            // Less than `answer`, so that a click can still be stored as a job and acknowledged in time.
            standing: Duration::from_millis(400),
            // Within `answer`, because the options themselves are the answer to what was typed.
            inventory: Duration::from_millis(500),
            health: Duration::from_secs(3),
            question: Duration::from_secs(3),
            // Leaves half a second of the trigger's three.
            open: Duration::from_millis(2500),
            // Well within the minute that every outside call of a job may take.
            call: Duration::from_secs(10),
            // Slack allows about one message a second in each channel.
            pace: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// No limit that a test could reach, and no pace.
    pub const NONE: Self = {
        let never = Duration::from_hours(24);
        Self {
            answer: never,
            silence: never,
            identity: never,
            standing: never,
            inventory: never,
            health: never,
            question: never,
            open: never,
            call: never,
            pace: Duration::ZERO,
        }
    };
}
