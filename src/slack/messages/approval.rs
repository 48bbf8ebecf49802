//! The card of a request: everything an approver needs to decide, and afterwards who decided and the result.

use slack_morphism::prelude::SlackBlock;

use super::{Message, request_buttons, text};
use crate::domain::request::{Request, Status};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{buttons, fields, header, section};
use crate::slack::mrkdwn::{code, date_time, escape_within, inline, mention, monthly};

pub(super) fn card(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    let mut blocks = vec![header(&title(request))];
    blocks.extend(fields(&[
        text::people(request),
        ("Team", text::team(request)),
        ("Product", text::product(request)),
        ("Cost", text::cost(request)),
        ("Quota", text::quota(notice)),
    ]));
    if request.exceeds_budget {
        blocks.push(section(ABOVE_BUDGET));
    }
    blocks.extend(text::exception(request).map(|exception| section(&exception_line(request, &exception))));
    blocks.extend(text::reason(request).iter().map(|reason| section(reason)));
    blocks.extend(text::ticket(request).iter().map(|ticket| section(ticket)));
    blocks.extend(resources_of_the_team(notice).iter().map(|lines| section(lines)));
    blocks.extend(text::parameters(request).iter().map(|parameters| section(parameters)));
    blocks.extend(outcome(notice));
    let ends = undecided(request).then(|| format!("times out {}", date_time(request.creation.answer_by)));
    blocks.push(text::footer(notice, ends));
    Message::new(&fallback(notice), blocks)
}

/// An exception is shown as a warning; one that is no longer needed, only as a note.
fn exception_line(request: &Request, exception: &str) -> String {
    let warns = request.creation.exception.is_some();
    if warns { format!(":warning: *{exception}*") } else { format!("{exception}.") }
}

/// Shown on a card that needs an approval because of the budget.
pub(super) const ABOVE_BUDGET: &str = ":warning: This exceeds the team's monthly budget.";

/// Lists what the team already has of this product, with owners and costs; `None` if it has nothing.
fn resources_of_the_team(notice: &RequestNotice<'_>) -> Option<String> {
    let line = |request: &Request| {
        let cost = request.estimate.as_ref().map(|estimate| format!(" · {}", monthly(estimate)));
        let (name, owner) = (code(&text::resource(request), 100), mention(&request.owner));
        format!("{name} · {owner}{}", cost.unwrap_or_default())
    };
    let lines: Vec<String> = notice.held.iter().map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(format!("*The team has*\n{}", lines.join("\n")))
}

fn undecided(request: &Request) -> bool {
    request.status.name().is_undecided()
}

fn title(request: &Request) -> String {
    let name = &request.product.name;
    match request.status {
        Status::AwaitingApproval { .. } => format!("Approval needed: {name}"),
        Status::Pending
        | Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::TeardownFailed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => format!("{}: {name}", request.status.name().label()),
    }
}

/// Before the decision: who can approve, and the buttons. Afterwards: who decided, and the state.
fn outcome(notice: &RequestNotice<'_>) -> Vec<SlackBlock> {
    let request = notice.request;
    if !undecided(request) {
        return vec![section(&decided(request))];
    }
    let mut blocks = vec![section(&waiting(notice))];
    // Before the execution asks for an approval, there is nothing that a click could decide.
    if matches!(request.status, Status::AwaitingApproval { .. }) {
        blocks.push(buttons("decide", request_buttons::decision_buttons(request)));
    }
    blocks
}

fn waiting(notice: &RequestNotice<'_>) -> String {
    let names = text::approvers(notice);
    let who = if names.is_empty() { "its approvers".to_owned() } else { names };
    let so_far = text::approvals_so_far(notice.request).map(|count| format!("\n{count}")).unwrap_or_default();
    let escalated = text::escalated(notice.request).map(|text| format!("\n{text}")).unwrap_or_default();
    let note = text::note(notice);
    let reductions =
        text::reductions(&notice.request.creation).map(|text| format!("\n{text}")).unwrap_or_default();
    format!("Waiting for {who}{note}{so_far}{escalated}{reductions}")
}

/// Says who decided, and what happened since.
fn decided(request: &Request) -> String {
    let decision = text::decision(request).unwrap_or_default();
    match request.status {
        Status::Denied { .. } | Status::Cancelled | Status::TimedOut => decision,
        // The card is not updated at every step, so a progress bar would soon be wrong here.
        Status::Provisioning { .. } => format!("{decision}\nProvisioning: the thread shows the progress."),
        Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Failed { .. }
        | Status::TeardownFailed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => format!("{decision}\n{}", text::standing(request)),
    }
}

fn fallback(notice: &RequestNotice<'_>) -> String {
    let request = notice.request;
    let ask = format!(
        "{} asks for {} for team {}, {}, quota {}.",
        mention(&request.requester),
        text::product(request),
        text::team(request),
        text::cost(request),
        text::quota(notice)
    );
    let why = match request.reason.trim() {
        "" => String::new(),
        reason => format!(" Why: {}.", inline(reason, 300)),
    };
    let above = if request.exceeds_budget { " This exceeds the team's monthly budget." } else { "" };
    let exception = text::exception(request).map(|exception| format!(" {exception}.")).unwrap_or_default();
    let state = if undecided(request) { waiting(notice) } else { decided(request) };
    let simulated = text::simulated(notice);
    format!(
        "{}. {ask}{above}{exception}{why} {state} (request {}){simulated}",
        escape_within(&title(request), 200),
        request.id.short()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::MessageSlot;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::transcript;

    fn shown(request: &Request) -> String {
        transcript(&card(&fixtures::notice(request, MessageSlot::Card, &fixtures::approvers())))
    }

    #[test]
    fn a_waiting_card_shows_everything_needed_to_decide() {
        insta::assert_snapshot!(shown(&fixtures::awaiting()), @"
        (Approval needed: Secure S3 Bucket. <@U0ALICE> asks for Secure S3 Bucket v1.0 for team payments, about $15/month, us-east-1 list price of 2026-08-21, quota 2 of 3 used, this one included. Why: `Invoices &amp; receipts &gt; for audit`. Waiting for <@U0MORGAN> or <!subteam^S0LEADS> (request 0b8f1c9e) Simulated: nothing real is created.)
        # Approval needed: Secure S3 Bucket
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Quota* 2 of 3 used, this one included
        *Why*
        “Invoices & receipts
        > for audit”
        *Parameters*
        Environment: `dev` — Development &amp; tests
        Name: `invoices &lt;2026&gt;`
        Waiting for <@U0MORGAN> or <!subteam^S0LEADS>
        [Approve primary] [Deny danger] [Approve with changes]
        (Request `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> · Simulated: nothing real is created)
        ");
    }

    #[test]
    fn a_card_with_some_approvals_says_how_many_are_missing() {
        let mut request = fixtures::awaiting();
        request.creation.path = crate::domain::approval::ApprovalPath::ask(2);
        request.creation.consents = fixtures::active().creation.consents;
        let text = shown(&request);
        assert!(text.contains("1 of 2 approvals: <@U0MORGAN>"), "{text}");
    }

    #[test]
    fn a_decided_card_has_no_buttons_and_says_who_decided() {
        let statuses = fixtures::in_every_status(&fixtures::request());
        let lines: Vec<String> = statuses
            .iter()
            .filter(|request| !undecided(request))
            .map(|request| {
                let text = shown(request);
                assert!(!text.contains("[Approve") && !text.contains("[Deny"));
                let lines: Vec<&str> = text.lines().collect();
                let parameters = lines.iter().position(|line| line.starts_with("Environment:")).unwrap();
                format!("{}\n{}", lines[1], lines[parameters + 2..lines.len() - 1].join("\n"))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n\n"), @"
        # Approved: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Provisioning starts in a moment.

        # Provisioning: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Provisioning: the thread shows the progress.

        # Active: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Active until <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.

        # Updating: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Being changed. Its lease is unaffected and ends <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>.

        # Tearing down: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Provisioning failed. Whatever was created is being cleaned up.

        # Denied: Secure S3 Bucket
        Denied by <@U0MORGAN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)
        “Invoices & receipts
        > for audit”

        # Cancelled: Secure S3 Bucket
        Cancelled by <@U0ALICE> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>)

        # Timed out: Secure S3 Bucket
        Timed out (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>): nobody decided in time.

        # Failed: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Provisioning failed. Everything was cleaned up.

        # Teardown failed: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Provisioning failed, and so did the clean-up: something may be left over, and it keeps its quota slot.

        # Torn down: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Torn down <!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>: <@U0ALICE> asked for it.

        # Retained: Secure S3 Bucket
        Approved by <@U0MORGAN> (<!date^1795341600^{date_short_pretty} at {time}|2026-11-22 10:00 UTC>)
        Left as it is, by <@U0ADMIN> (<!date^1795341900^{date_short_pretty} at {time}|2026-11-22 10:05 UTC>). The portal no longer manages it.
        “Invoices & receipts
        > for audit”
        ");
    }

    #[test]
    fn a_card_says_when_the_request_goes_beyond_the_budget() {
        let mut request = fixtures::awaiting();
        assert!(!shown(&request).contains("budget"));
        request.exceeds_budget = true;
        assert_eq!(shown(&request).matches("This exceeds the team's monthly budget.").count(), 2);
    }

    #[test]
    fn a_card_says_what_an_exception_goes_beyond() {
        let mut request = fixtures::awaiting();
        request.creation.exception = Some(crate::domain::approval::Exception {
            quota: Some(crate::domain::quota::QuotaUse { used: 3, limit: 3 }),
            budget: None,
        });
        assert_eq!(shown(&request).matches("Exception: quota 3 of 3 used").count(), 2);
    }

    #[test]
    fn a_long_list_of_parameters_says_how_many_are_left_out() {
        let mut request = fixtures::awaiting();
        request.parameters = (0..60).map(|n| (format!("Parameter{n:02}"), "x".repeat(100))).collect();
        let text = shown(&request);
        assert!(text.contains("Parameter00") && text.contains("and 35 more"), "{text}");
    }
}
