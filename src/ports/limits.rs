//! How long the outside may take, where somebody waits for it. One set of limits for the whole program; whoever puts it
//! together chooses, so that no test depends on the speed of its machine.

use std::time::Duration;

/// The limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until Slack has its answer, whatever is asked; what is not ready by then goes on, and is shown when it is there. Slack
    /// shows an error after 3 seconds (docs.slack.dev/interactivity/handling-user-interaction, 2026-11-29), and the way there
    /// and back takes time as well.
    pub answer: Duration,
    /// How much longer than that something may take before whoever did it is told.
    pub silence: Duration,
    /// Until Slack has said which workspace the app belongs to, before whoever acts is asked to do it again: as long as a
    /// trigger lives.
    pub identity: Duration,
    /// Until Slack has said who somebody is, before what they did goes on without.
    pub standing: Duration,
    /// Until the account has said what exists in it, before somebody who types is offered what was known.
    pub inventory: Duration,
    /// Until the store and Slack have said that they are well, for whoever watches the program.
    pub health: Duration,
    /// A whole question about a person, however many calls it takes, before whoever waits for the answer is told to press
    /// again: as long as a trigger lives. What is asked goes on.
    pub question: Duration,
    /// A call to Slack that opens a view: its trigger lives for 3 seconds.
    pub open: Duration,
    /// A call to Slack that nobody waits for.
    pub call: Duration,
    /// Slack's pace: a message in each conversation for so much time.
    pub pace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer: Duration::from_millis(600),
            silence: Duration::from_millis(1500),
            identity: Duration::from_secs(3),
            standing: Duration::from_millis(400),
            inventory: Duration::from_millis(500),
            health: Duration::from_secs(3),
            question: Duration::from_secs(3),
            open: Duration::from_millis(2500),
            call: Duration::from_secs(10),
            pace: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// Limits that nothing meets in the time of a test, and no pace.
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
