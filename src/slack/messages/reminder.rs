//! Reminders, escalations and nudges for approvers who have not answered, in the card's thread and as direct messages.

use super::{Message, list_items, text};
use crate::domain::approval::About;
use crate::domain::request::{ReminderKind, Request};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{buttons, section};
use crate::slack::mrkdwn::{date_time, mention};

pub(super) fn reminder(notice: &RequestNotice<'_>, reminder: ReminderKind) -> Message {
    let request = notice.request;
    let text = format!("{}\n{}", headline(notice, reminder), question(request));
    let until = format!("times out {}", date_time(request.approval().answer_by));
    let blocks = vec![
        section(&text),
        buttons("prompt", vec![list_items::details(request)]),
        text::footer(notice, Some(until)),
    ];
    let simulated = text::simulated(notice);
    Message::new(&format!("{text} (request {}){simulated}", request.id.short()), blocks)
}

fn headline(notice: &RequestNotice<'_>, reminder: ReminderKind) -> String {
    let request = notice.request;
    let names = text::approvers(notice);
    let since = request.asking.since.map(|at| format!(" since {}", date_time(at))).unwrap_or_default();
    match reminder {
        ReminderKind::Reminder => format!("This is waiting for {names}{since}."),
        ReminderKind::Escalation => format!(
            "This is waiting{since}, and nobody has answered. The platform team can decide now, too: it is waiting for {names}."
        ),
        ReminderKind::Turn if request.approval().consents.is_empty() => {
            format!("This is waiting for {names}.")
        }
        ReminderKind::Turn => format!("The previous approvers have agreed. Now this is waiting for {names}."),
        ReminderKind::Nudge => {
            format!("{} asks {names} to look at this.", mention(&request.approval().asked_by))
        }
    }
}

/// Says what to decide, and where.
fn question(request: &Request) -> String {
    let team = text::team(request);
    let asker = mention(&request.approval().asked_by);
    let question = match &request.approval().about {
        About::Change(_) => {
            format!("{asker} asks to change {} of team *{team}*.", text::named(request))
        }
        About::Renew(renewal) => format!(
            "{asker} asks to keep {} of team *{team}* {} longer.",
            text::named(request),
            request.approval().extension_asked(renewal).describe()
        ),
        About::Create => {
            let (product, cost) = (text::named(request), text::cost(request));
            format!("{asker} asks for {product} for team *{team}*, {cost}.")
        }
    };
    let exception = text::exception(request, request.approval());
    let question = exception.map_or(question.clone(), |exception| format!("{question} *{exception}*."));
    if request.asking.unposted_at.is_some() {
        return format!(
            "{question} Answer under *Details* or on the app's home tab: there is no channel to post its card in."
        );
    }
    format!("{question} Answer on the card, under *Details* or on the app's home tab.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::MessageSlot;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::transcript;

    fn shown(request: &Request, kind: ReminderKind) -> String {
        let approvers = fixtures::approvers();
        let text =
            transcript(&reminder(&fixtures::notice(request, MessageSlot::Reminder(kind), &approvers), kind));
        text.lines().skip(2).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn whoever_is_pressed_reads_what_waits_for_them_and_why_they_are_told() {
        let shown = ReminderKind::ALL.map(|kind| shown(&fixtures::awaiting(), kind));
        insta::assert_snapshot!(shown.join("\n---\n"), @"
        <@U0ALICE> asks for *Secure S3 Bucket v1.0* `dev` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> · Simulated: nothing real is created)
        ---
        <@U0ALICE> asks for *Secure S3 Bucket v1.0* `dev` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> · Simulated: nothing real is created)
        ---
        <@U0ALICE> asks for *Secure S3 Bucket v1.0* `dev` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> · Simulated: nothing real is created)
        ---
        <@U0ALICE> asks for *Secure S3 Bucket v1.0* `dev` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> · Simulated: nothing real is created)
        ");
    }

    #[test]
    fn a_renewal_that_waits_is_told_as_one() {
        insta::assert_snapshot!(shown(&fixtures::renewal_waits(), ReminderKind::Reminder), @"
        <@U0ALICE> asks to keep *Secure S3 Bucket v1.0* `dev` of team *payments* 30 days longer. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `0b8f1c9e` · times out <!date^1798020300^{date_short_pretty} at {time}|2026-12-23 10:05 UTC> · Simulated: nothing real is created)
        ");
    }
}
