//! The card that asks for approval of a change, and what the owner is notified of.

use slack_morphism::prelude::SlackBlock;

use super::{Message, request_buttons, text};
use crate::domain::request::{ChangeAnswer, ChangeOrder, Difference, Estimate, Request};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{MAX_SECTION, buttons, fields, header, section};
use crate::slack::mrkdwn::{code, date_time, escape_within, inline, mention, monthly, quote};

pub(super) fn card(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    // A card without a change should not exist. If it does, the state is better than nothing.
    let Some(order) = &request.change else { return super::progress::direct(notice) };
    let title = title(request, order);
    let asked = format!("{} asks to change {}.", mention(&order.by), code(&text::resource(request), 100));
    let mut blocks = vec![header(&title), section(&asked)];
    blocks.push(section(&format!("*Changes*\n{}", difference_lines(&order.differences))));
    blocks.extend(fields(&[
        ("Owner", mention(&request.owner)),
        ("Team", text::team(request)),
        ("Product", text::product(request)),
        ("Cost", estimates(order.estimate_before.as_ref(), order.estimate.as_ref())),
    ]));
    blocks.extend(order.exceeds_budget.then(|| section(super::approval::ABOVE_BUDGET)));
    if !order.reason.trim().is_empty() {
        blocks.push(section(&format!("*Why*\n{}", quote(&order.reason, text::QUOTED))));
    }
    let outcome = outcome(notice, order);
    blocks.push(section(&outcome));
    blocks.extend(decide(request));
    blocks.push(text::footer(notice, None));
    let simulated = text::simulated(notice);
    let changes = inline(&order.describe(), 1000);
    let text = format!("{}. {asked} {changes}. {outcome}{simulated}", escape_within(&title, 200));
    Message::new(&text, blocks)
}

/// Lists the differences, one per line, as many as fit into a section.
pub fn difference_lines(differences: &[Difference]) -> String {
    let shown = |value: &str| if value.is_empty() { "–".to_owned() } else { code(value, 300) };
    let line = |one: &Difference| {
        format!("{}: {} → {}", escape_within(&one.what, 100), shown(&one.before), shown(&one.after))
    };
    let lines: Vec<String> = differences.iter().map(line).collect();
    // Leave room for the text that callers put in the same section.
    text::as_many_as_fit(&lines, MAX_SECTION - 900)
}

/// Formats the estimates before and after the change.
pub fn estimates(before: Option<&Estimate>, after: Option<&Estimate>) -> String {
    let words = |estimate: Option<&Estimate>| estimate.map_or_else(|| "no estimate".to_owned(), monthly);
    let (before, after) = (words(before), words(after));
    if before == after { format!("{after}, as before") } else { format!("{before} → {after}") }
}

fn title(request: &Request, order: &ChangeOrder) -> String {
    let what = match (&order.answer, request.waiting_change()) {
        (None, Some(_)) => "Change needs approval",
        (Some(ChangeAnswer::Granted), _) => "Change approved",
        (Some(ChangeAnswer::Done), _) => "Changed",
        (Some(ChangeAnswer::Failed { .. }), _) => "Change failed",
        (Some(ChangeAnswer::Denied { .. }), _) => "Change denied",
        (Some(ChangeAnswer::Withdrawn), _) => "Change withdrawn",
        (Some(ChangeAnswer::Unanswered), _) => "Change not answered",
        (Some(ChangeAnswer::Moot) | None, _) => "Change no longer needed",
    };
    format!("{what}: {}", request.product.name)
}

fn outcome(notice: &RequestNotice<'_>, order: &ChangeOrder) -> String {
    match (&order.answer, notice.request.waiting_change()) {
        (None, Some(_)) => waiting(notice, order),
        (Some(ChangeAnswer::Granted), _) => {
            format!("{}\n{}", approved_by(order), text::standing(notice.request))
        }
        (Some(ChangeAnswer::Done), _) => format!("{}\nIt is done.", approved_by(order)),
        (Some(ChangeAnswer::Failed { why }), _) => format!("{}\n{}", approved_by(order), failed(why)),
        (Some(ChangeAnswer::Denied { by, instead_of, reason }), _) => {
            text::denied(by, instead_of.as_ref(), reason)
        }
        (Some(ChangeAnswer::Withdrawn), _) => format!("{} withdrew it.", mention(&order.by)),
        (Some(ChangeAnswer::Unanswered), _) => "Nobody answered in time.".to_owned(),
        (Some(ChangeAnswer::Moot) | None, _) => text::standing(notice.request),
    }
}

fn waiting(notice: &RequestNotice<'_>, order: &ChangeOrder) -> String {
    let so_far: Vec<String> = order.approvals.iter().map(text::answer).collect();
    let so_far = if so_far.is_empty() { String::new() } else { format!("\nAgreed: {}", so_far.join(", ")) };
    let escalated = text::escalated(notice.request).map(|text| format!("\n{text}")).unwrap_or_default();
    format!(
        "Waiting for {} until {}.{}{so_far}{escalated}",
        text::approvers(notice),
        date_time(order.approve_by),
        text::note(notice)
    )
}

fn approved_by(order: &ChangeOrder) -> String {
    let by = |approval| format!("{} ({})", text::answer(approval), date_time(approval.at));
    let by: Vec<String> = order.approvals.iter().map(by).collect();
    if by.is_empty() {
        "Approved automatically.".to_owned()
    } else {
        format!("Approved by {}", by.join(", "))
    }
}

fn failed(why: &str) -> String {
    format!("It could not be changed and is as it was before.\n{}", quote(why, text::QUOTED))
}

/// Returns the owner's notification about the last change.
pub(super) fn news(request: &Request) -> String {
    let product = text::named(request);
    let Some(order) = &request.change else { return text::standing(request) };
    match &order.answer {
        Some(ChangeAnswer::Done) => {
            format!("{product} is changed.\n{}", difference_lines(&order.differences))
        }
        Some(ChangeAnswer::Failed { why }) => {
            format!("{product} could not be changed and is as it was before.\n{}", quote(why, text::QUOTED))
        }
        Some(ChangeAnswer::Denied { by, instead_of, reason }) => format!(
            "The change of {product} was denied by {}.\n{}",
            text::answered(by, instead_of.as_ref()),
            quote(reason, text::QUOTED)
        ),
        Some(ChangeAnswer::Unanswered) => format!("Nobody answered the change of {product} in time."),
        Some(ChangeAnswer::Granted) => format!("The change of {product} is approved."),
        Some(ChangeAnswer::Withdrawn | ChangeAnswer::Moot) | None => {
            format!("The change of {product} is no longer needed.")
        }
    }
}

fn decide(request: &Request) -> Option<SlackBlock> {
    request.waiting_change()?;
    Some(buttons("decide", request_buttons::decision_buttons(request)))
}
