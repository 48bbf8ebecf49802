//! A request as a row in a list or on the home tab: its text and its buttons.

use jiff::Timestamp;
use slack_morphism::prelude::{SlackBlock, SlackBlockButtonElement};

use super::{request_buttons, text, warning};
use crate::domain::approval::About;
use crate::domain::ids::PersonId;
use crate::domain::request::{Request, Status};
use crate::slack::blocks::{button, buttons};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{date_time, day, dollars, mention, monthly, quote};

/// Longest quoted reason in a row, in characters.
const REASON: usize = 300;

/// Shown wherever a simulation could be taken for the real thing.
pub const SIMULATED: &str = text::SIMULATED;

/// Formats product, status, owner and cost in two lines.
pub fn line(request: &Request) -> String {
    format!(
        "{} · {}\n`{}` · {} · {} · {}",
        text::named(request),
        since(request),
        request.id.short(),
        text::team(request),
        mention(&request.owner),
        cost(request)
    )
}

fn cost(request: &Request) -> String {
    let estimate = request.estimate.as_ref().map_or_else(|| "no estimate".to_owned(), monthly);
    match &request.billed {
        Some(billed) => {
            format!("{estimate}, {} charged in {}", dollars(billed.amount), billed.month.strftime("%B"))
        }
        None => estimate,
    }
}

/// Formats the status with its most relevant date.
fn since(request: &Request) -> String {
    let label = request.status.name().label();
    let dated = |words: &str, at: Timestamp| format!("{label}, {words} {}", day(at));
    match &request.status {
        Status::Active { lease } => {
            let waits = text::waiting(request).map(|waits| format!("; a {waits}")).unwrap_or_default();
            let trouble = if request.trouble.is_some() { "; AWS reports a problem" } else { "" };
            dated("until", lease.expires_at) + &waits + trouble
        }
        Status::AwaitingApproval { .. } | Status::Pending => {
            format!("{label}, times out {}", date_time(request.creation.answer_by))
        }
        Status::Approved
        | Status::Provisioning { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::TeardownFailed { .. } => dated("since", request.updated_at),
        Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            // No "on" before the day, because clients may show "today" for it.
            format!("{label} {}", day(request.updated_at))
        }
    }
}

/// Formats what an approver must know before deciding: who asks for what and for whom, the cost and the reason.
pub fn ask(request: &Request) -> String {
    let approval = request.approval();
    let purpose = match &approval.about {
        About::Change(order) => format!(
            "to change `{}`: {}",
            text::resource(request),
            on_one_line(&text::difference_lines(&order.differences))
        ),
        About::Renew(renewal) => {
            format!(
                "to keep `{}` {} longer",
                text::resource(request),
                approval.extension_asked(renewal).describe()
            )
        }
        About::Create => "for it".to_owned(),
    };
    let question = format!("{} asks {purpose}", mention(&approval.asked_by));
    let until = approval.answer_by;
    let above = if request.exceeds_budget_by(approval) { " · *over the team's monthly budget*" } else { "" };
    let exception =
        text::exception(request, approval).map(|exception| format!(" · *{exception}*")).unwrap_or_default();
    let so_far = text::approvals_so_far(approval).map(|count| format!(" · {count}")).unwrap_or_default();
    let why = text::typed_reason(request, approval);
    let why = why.map(|reason| format!("\n{}", quote(&on_one_line(reason), REASON))).unwrap_or_default();
    format!(
        "{} for team *{}* · {}{above}{exception}\n{question} · `{}` · times out {}{so_far}{why}",
        text::named(request),
        text::team(request),
        cost(request),
        request.id.short(),
        date_time(until)
    )
}

/// Joins the lines of a text, so that a long reason does not push everything else off the screen.
fn on_one_line(reason: &str) -> String {
    reason.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the Details button.
pub fn details(request: &Request) -> SlackBlockButtonElement {
    let spoken = text::spoken("Details of", request);
    button(ActionId::ShowStatus, "Details", &text::button_value(request), &spoken)
}

/// Returns an approver's buttons: the same as on the card.
pub fn decide(request: &Request) -> SlackBlock {
    let mut row = request_buttons::decision_buttons(request);
    row.push(details(request));
    buttons(&format!("decide.{}", request.id), row)
}

/// Returns the owner's buttons: what can be done with the request now.
pub fn tend(request: &Request, owner: &PersonId, now: Timestamp) -> SlackBlock {
    let mut row = vec![details(request)];
    match &request.status {
        Status::Active { .. } => {
            // While a renewal waits for its approvers, another one would be refused.
            if request.waiting_renewal().is_none() {
                row.extend(warning::renew_buttons(request, now).into_iter().map(plain));
            }
            if request.may_withdraw(owner) {
                row.extend(request_buttons::withdraw_button(request));
            }
            row.push(plain(request_buttons::teardown_button(request)));
        }
        // Without Retain, which only an admin may press: this row is the owner's.
        Status::TeardownFailed { .. } => row.push(plain(request_buttons::try_again_button(request))),
        // Only the requester can cancel, not a team-mate for whom it was requested.
        Status::Pending | Status::AwaitingApproval { .. } if request.requester == *owner => {
            row.push(request_buttons::cancel_button(request));
        }
        Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Provisioning { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {}
    }
    buttons(&format!("tend.{}", request.id), row)
}

/// Removes the color, so that in a long list only waiting approvals stand out.
fn plain(button: SlackBlockButtonElement) -> SlackBlockButtonElement {
    SlackBlockButtonElement { style: None, ..button }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::fixtures;

    #[test]
    fn an_approver_reads_why_and_whether_it_goes_beyond_the_budget() {
        let request = Request { exceeds_budget: true, ..fixtures::awaiting() };
        insta::assert_snapshot!(ask(&request), @"
        *Secure S3 Bucket v1.0* `dev` for team *payments* · about $15/month · *over the team's monthly budget*
        <@U0ALICE> asks for it · `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
        > Invoices &amp; receipts &gt; for audit
        ");
        let silent = ask(&Request { reason: String::new(), ..request });
        assert_eq!(silent.lines().count(), 2, "{silent}");
    }

    #[test]
    fn every_status_has_a_line_and_only_what_can_be_done_has_a_button() {
        let owner = PersonId::new("U0ALICE");
        let rows = fixtures::in_every_status(&fixtures::request()).into_iter().map(|request| {
            let json = serde_json::to_value(tend(&request, &owner, fixtures::now())).unwrap();
            let elements = json["elements"].as_array().unwrap().iter();
            let texts: Vec<&str> =
                elements.map(|element| element["text"]["text"].as_str().unwrap()).collect();
            format!("{}: {}", request.status.name().label(), texts.join(", "))
        });
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @"
        Submitted: Details, Cancel
        Waiting for approval: Details, Cancel
        Approved: Details
        Provisioning: Details
        Active: Details, Renew 30 days, Tear down
        Updating: Details
        Tearing down: Details
        Denied: Details
        Cancelled: Details
        Timed out: Details
        Failed: Details
        Teardown failed: Details, Try again
        Torn down: Details
        Retained: Details
        ");
    }
}
