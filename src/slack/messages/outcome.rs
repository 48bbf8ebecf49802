//! What the cards of renewals and changes share: their titles, and who is asked or has answered.

use slack_morphism::prelude::SlackBlock;

use super::{request_buttons, text};
use crate::domain::approval::{About, Answer, Approval};
use crate::domain::request::{ChangeOutcome, Request};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::buttons;
use crate::slack::mrkdwn::{date_time, mention, quote};

/// Returns the title of the card.
pub(super) fn title(request: &Request, approval: &Approval) -> String {
    let noun = match approval.about {
        About::Create => "Request",
        About::Renew(_) => "Renewal",
        About::Change(_) => "Change",
    };
    let outcome = approval.change().and_then(|order| order.outcome.as_ref());
    let state = match (&approval.answer, outcome) {
        (Some(Answer::Approved), Some(ChangeOutcome::Done)) => "Changed".to_owned(),
        (Some(Answer::Approved), Some(ChangeOutcome::Failed { .. })) => format!("{noun} failed"),
        (Some(Answer::Approved), None) => format!("{noun} approved"),
        (Some(Answer::Denied { .. }), _) => format!("{noun} denied"),
        (Some(Answer::TimedOut), _) => format!("{noun} not answered"),
        (Some(Answer::Withdrawn { .. }), _) => format!("{noun} withdrawn"),
        (None, _) if is_waiting(request, approval) => format!("{noun} needs approval"),
        (Some(Answer::Moot) | None, _) => format!("{noun} no longer needed"),
    };
    format!("{state}: {}", request.product.name)
}

/// Says who is asked until when, or what the answer was.
pub(super) fn outcome(notice: &RequestNotice<'_>, approval: &Approval) -> String {
    let standing = text::standing(notice.request);
    match &approval.answer {
        None if is_waiting(notice.request, approval) => waiting(notice, approval),
        None | Some(Answer::Moot) => standing,
        Some(Answer::Approved) => approved(notice.request, approval, &standing),
        Some(Answer::Denied { by, on_behalf_of, reason }) => text::denied(by, on_behalf_of.as_ref(), reason),
        Some(Answer::TimedOut) => "Nobody answered in time.".to_owned(),
        Some(Answer::Withdrawn { by }) => format!("{} withdrew it.\n{standing}", mention(by)),
    }
}

/// Returns the buttons of a card that waits for an answer.
pub(super) fn decide(request: &Request, approval: &Approval) -> Option<SlackBlock> {
    if is_waiting(request, approval) {
        Some(buttons("decide", request_buttons::decision_buttons(request)))
    } else {
        None
    }
}

fn is_waiting(request: &Request, approval: &Approval) -> bool {
    request.waiting().is_some_and(|waiting| waiting.about.kind() == approval.about.kind())
}

fn waiting(notice: &RequestNotice<'_>, approval: &Approval) -> String {
    let so_far: Vec<String> = approval.consents.iter().map(text::answer).collect();
    let so_far = if so_far.is_empty() { String::new() } else { format!("\nAgreed: {}", so_far.join(", ")) };
    let escalated = text::escalated(notice.request).map(|text| format!("\n{text}")).unwrap_or_default();
    let reductions = text::reductions(approval).map(|text| format!("\n{text}")).unwrap_or_default();
    format!(
        "Waiting for {} until {}.{}{so_far}{escalated}{reductions}",
        text::approvers(notice),
        date_time(approval.answer_by),
        text::note(notice)
    )
}

fn approved(request: &Request, approval: &Approval, standing: &str) -> String {
    let by = approved_by(approval);
    match approval.change().map(|order| &order.outcome) {
        None => {
            let is_cut = request.lease().is_some_and(|lease| lease.cut);
            let cut = if is_cut { " That is the longest this product allows at a time." } else { "" };
            format!("{by}\n{standing}{cut}")
        }
        Some(None) => format!("{by}\n{standing}"),
        Some(Some(ChangeOutcome::Done)) => format!("{by}\nIt is done."),
        Some(Some(ChangeOutcome::Failed { why })) => {
            format!("{by}\nIt could not be changed and is as it was before.\n{}", quote(why, text::QUOTED))
        }
    }
}

fn approved_by(approval: &Approval) -> String {
    let by = |consent| format!("{} ({})", text::answer(consent), date_time(consent.at));
    let by: Vec<String> = approval.consents.iter().map(by).collect();
    if by.is_empty() {
        "Approved automatically.".to_owned()
    } else {
        let reductions = text::reductions(approval).map(|text| format!("\n{text}")).unwrap_or_default();
        format!("Approved by {}{reductions}", by.join(", "))
    }
}
