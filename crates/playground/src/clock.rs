//! The clock, which users can move ahead from the page to see in a minute what takes days. It never goes
//! back, and the bot's clock moves with it. Tests control time with their own `now`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Playground;
use super::answer::DeliveryFailure;

/// The steps of the page, by the name in the request.
const STEPS: [(&str, &str, SignedDuration); 4] = [
    ("1h", "1 hour", SignedDuration::from_hours(1)),
    ("1d", "1 day", SignedDuration::from_hours(24)),
    ("7d", "7 days", SignedDuration::from_hours(7 * 24)),
    ("30d", "30 days", SignedDuration::from_hours(30 * 24)),
];

/// The maximum, ten years: longer than any lease, but far from the last representable date.
const FARTHEST: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

impl Playground {
    /// Moves the clock ahead by one of the page's steps: `1h`, `1d`, `7d` or `30d`.
    pub fn move_clock(&self, by: &str) -> Result<(), DeliveryFailure> {
        let Some(advance) = &self.settings().advance else {
            return Err(DeliveryFailure::NotThere("clock here that can be moved".to_owned()));
        };
        let Some((_, _, by)) = STEPS.iter().find(|(name, _, _)| *name == by) else {
            let refusal = format!("step of {by:?}: move the clock ahead by 1h, 1d, 7d or 30d");
            return Err(DeliveryFailure::NotThere(refusal));
        };
        self.change(|workspace| {
            let ahead = workspace.ahead.saturating_add(*by);
            if ahead > FARTHEST {
                let refusal = "later date here: ten years ahead is as far as the clock goes";
                return Err(DeliveryFailure::NotThere(refusal.to_owned()));
            }
            workspace.ahead = ahead;
            advance(*by);
            Ok(())
        })
    }

    /// Moves the clock ahead to where it was in an earlier run.
    pub(super) fn take_up_clock(&self, ahead: SignedDuration) {
        let Some(advance) = &self.settings().advance else { return };
        self.change(|workspace| {
            let by = ahead.min(FARTHEST) - workspace.ahead;
            if by.is_positive() {
                workspace.ahead += by;
                advance(by);
            }
        });
    }

    /// Returns the clock's state for the page: milliseconds ahead of the machine's clock, and the available
    /// steps.
    pub(super) fn clock_shown(&self, ahead: SignedDuration) -> Value {
        let movable = self.settings().advance.is_some();
        let steps = STEPS.iter().filter(|_| movable);
        json!({
            "ahead": i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX),
            "steps": steps.map(|(name, words, _)| json!({"by": name, "words": words})).collect::<Value>(),
        })
    }
}
