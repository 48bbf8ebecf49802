//! The progress messages, in the card's thread and in the owner's direct messages. Both are updated as the request
//! progresses.

use super::{Message, failure_text, request_buttons, text};
use crate::domain::request::Status;
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{button, buttons, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::mention;

/// Returns progress and result, for readers of the card.
pub(super) fn thread(notice: &RequestNotice<'_>) -> Message {
    let text = sentence(notice);
    Message::new(&plain(notice, &text), vec![section(&text), text::footer(notice, None)])
}

/// Returns the owner's message, with Cancel until the request is decided.
pub(super) fn direct(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    // After a transfer the previous owner still has this message, so name the new one.
    let owner = if request.owner == request.requester {
        String::new()
    } else {
        format!(", owned by {}", mention(&request.owner))
    };
    let heading = format!("{} for team *{}*{owner}", text::named(request), text::team(request));
    let exception = match text::exception(request, request.approval()) {
        // Only until the answer: after that the sentence below says how it was decided.
        Some(exception) if request.approval().answer.is_none() => format!("\n{exception}"),
        Some(_) | None => String::new(),
    };
    let text = format!("{heading}{exception}\n{}", sentence(notice));
    let mut row = Vec::new();
    if request.status.name().is_undecided() {
        row.push(request_buttons::cancel_button(request));
    }
    if request.may_withdraw(&request.owner) {
        row.extend(request_buttons::withdraw_button(request));
    }
    row.extend(request_buttons::nudge_button(request));
    row.extend(request_buttons::failed_teardown_buttons(request));
    let spoken = text::spoken("Details of", request);
    row.push(button(ActionId::ShowStatus, "Details", &text::button_value(request), &spoken));
    let blocks = vec![section(&text), buttons("mine", row), text::footer(notice, Some(text::cost(request)))];
    Message::new(&plain(notice, &text), blocks)
}

/// Formats the state, and what holds it up.
fn sentence(notice: &RequestNotice<'_>) -> String {
    let parts = [Some(standing(notice)), text::held_up(notice.request)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Formats the state, with the decision and the cause if there are any.
fn standing(notice: &RequestNotice<'_>) -> String {
    let request = notice.request;
    let standing = text::standing(request);
    match &request.status {
        Status::AwaitingApproval { .. } => {
            let who = text::asked(notice).map(|who| format!("\n{who}")).unwrap_or_default();
            let so_far = text::approvals_so_far(&request.creation)
                .map(|count| format!("\n{count}"))
                .unwrap_or_default();
            format!("{standing}{who}{so_far}")
        }
        // Nobody has been asked yet, so there is nobody to name.
        Status::Pending => standing,
        Status::Failed { why } => format!("{standing}\n{}", failure_text::of_provisioning(why)),
        Status::TeardownFailed { why, .. } => format!("{standing}\n{}", failure_text::of_teardown(why)),
        Status::Denied { .. } | Status::Cancelled | Status::TimedOut => {
            text::decision(request, &request.creation).unwrap_or(standing)
        }
        Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            let parts = [
                Some(standing),
                text::asked(notice),
                text::decision(request, &request.creation),
                text::trouble(request),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
        }
    }
}

fn plain(notice: &RequestNotice<'_>, text: &str) -> String {
    let simulated = text::simulated(notice);
    format!("{text} (request {}){simulated}", notice.request.id.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::{MessageSlot, Request};
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::transcript;

    fn steps() -> Vec<String> {
        let direct_of = |request: &Request| {
            let shown = transcript(&direct(&fixtures::notice(request, MessageSlot::Direct, &[])));
            let lines: Vec<&str> = shown.lines().skip(2).collect();
            lines[..lines.len() - 1].join("\n")
        };
        fixtures::in_every_status(&fixtures::request()).iter().map(direct_of).collect()
    }

    #[test]
    fn the_requester_sees_every_step_and_can_cancel_until_it_is_decided() {
        insta::assert_snapshot!(steps().join("\n---\n"), @"
        Submitted. The approvers will be asked in a moment.
        [Cancel ?Your request for Secure S3 Bucket is withdrawn. Nothing has been provisioned yet.] [Details]
        ---
        Waiting for approval until <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>.
        [Cancel ?Your request for Secure S3 Bucket is withdrawn. Nothing has been provisioned yet.] [Nudge] [Details]
        ---
        Provisioning starts in a moment.
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        [Details]
        ---
        Provisioning: ▓▓▓░░░░ 3 of 7 · latest: Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        [Details]
        ---
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        [Details]
        ---
        Being changed. Its lease is unaffected and ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        [Details]
        ---
        Provisioning failed. Whatever was created is being cleaned up.
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        [Details]
        ---
        Denied by <@U0MORGAN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)
        “Invoices & receipts
        > for audit”
        [Details]
        ---
        Cancelled by <@U0ALICE> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)
        [Details]
        ---
        Timed out (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>): nobody decided in time.
        [Details]
        ---
        Provisioning failed. Everything was cleaned up.
        Something with that name already exists. Try again with another name.
        “Bucket: invoices already exists”
        [Details]
        ---
        Provisioning failed, and so did the clean-up: something may be left over, and it keeps its quota slot.
        It is not empty, and AWS deletes it only when it is. Empty it first, then press Try again.
        “Bucket is not empty”
        [Try again] [Retain] [Details]
        ---
        Torn down <!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>: <@U0ALICE> asked for it.
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        [Details]
        ---
        Left as it is, by <@U0ADMIN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>). The portal no longer manages it.
        “Invoices & receipts
        > for audit”
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        [Details]
        ");
    }

    #[test]
    fn the_thread_shows_a_bar_that_fills() {
        let mut request = fixtures::provisioning();
        let mut lines = Vec::new();
        for done in [0, 3, 7, 9] {
            request.progress.done = (0..done).map(|n| format!("Part{n}")).collect();
            let text = transcript(&thread(&fixtures::notice(&request, MessageSlot::Thread, &[])));
            lines.push(text.lines().nth(1).unwrap().to_owned());
        }
        request.progress.total = 40;
        let text = transcript(&thread(&fixtures::notice(&request, MessageSlot::Thread, &[])));
        lines.push(text.lines().nth(1).unwrap().to_owned());
        insta::assert_snapshot!(lines.join("\n"), @"
        Provisioning: ░░░░░░░ 0 of 7
        Provisioning: ▓▓▓░░░░ 3 of 7 · latest: Part2
        Provisioning: ▓▓▓▓▓▓▓ 7 of 7 · latest: Part6
        Provisioning: ▓▓▓▓▓▓▓ 7 of 7 · latest: Part8
        Provisioning: ▓▓░░░░░░░░ 9 of 40 · latest: Part8
        ");
    }
}
