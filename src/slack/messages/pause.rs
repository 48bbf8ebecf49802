//! Messages about pausing and resuming new requests.

use super::{Message, text};
use crate::domain::pause::Pause;
use crate::slack::mrkdwn::{date_time, escape, quote};

/// Returns the notice shown wherever a user could begin a new request.
pub fn paused(pause: &Pause) -> String {
    format!(
        "*New requests are paused* since {} by {}:\n{}",
        date_time(pause.since),
        super::trail::named(&pause.by),
        quote(&pause.message, text::QUOTED)
    )
}

/// Answers the admin who paused new requests.
pub fn pause_begun(pause: &Pause, command: &str) -> Message {
    Message::plain(&format!(
        "{}\nEverything else continues: approvals, renewals, teardowns. `{} resume` allows new requests again.",
        paused(pause),
        escape(command)
    ))
}

/// Answers the admin who resumed new requests; `ended` is `None` if they were not paused.
pub fn pause_ended(ended: Option<&Pause>) -> Message {
    Message::plain(&match ended {
        Some(pause) => format!(
            "New requests are possible again. They had been paused since {} by {}.",
            date_time(pause.since),
            super::trail::named(&pause.by)
        ),
        None => "New requests were not paused. Nothing was changed.".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Actor;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    #[test]
    fn a_pause_says_since_when_by_whom_and_why() {
        let pause = Pause::new(
            Some("We move <house> & home."),
            &Actor::Operator,
            "2026-11-22T09:00:00Z".parse().unwrap(),
        );
        insta::assert_snapshot!(transcript(&pause_begun(&pause, "/provision")), @"
        (*New requests are paused* since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> by operator: / We move &lt;house&gt; &amp; home. / Everything else continues: approvals, renewals, teardowns. `/provision resume` allows new requests again.)
        *New requests are paused* since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> by operator:
        “We move <house> & home.”
        Everything else continues: approvals, renewals, teardowns. `/provision resume` allows new requests again.
        ");
        insta::assert_snapshot!(transcript(&pause_ended(Some(&Pause { by: "U0ADMIN".into(), ..pause }))), @"
        (New requests are possible again. They had been paused since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> by <@U0ADMIN>.)
        New requests are possible again. They had been paused since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> by <@U0ADMIN>.
        ");
        let long = Pause::new(Some(&"<".repeat(900)), &Actor::Operator, jiff::Timestamp::UNIX_EPOCH);
        assert_within_limits(&pause_begun(&long, "/provision"));
    }
}
