//! The card that asks for approval of a change, and what the owner is notified of.

use super::{Message, outcome, text};
use crate::domain::approval::Answer;
use crate::domain::cost::Estimate;
use crate::domain::request::{ChangeOutcome, Difference, Request};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{MAX_SECTION, fields, header, section};
use crate::slack::mrkdwn::{code, escape_within, inline, mention, monthly, quote};

pub(super) fn card(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    // A card without a change should not exist. If it does, the state is better than nothing.
    let Some((approval, order)) = request.change() else { return super::progress::direct(notice) };
    let title = outcome::title(request, approval);
    let question =
        format!("{} asks to change {}.", mention(&approval.asked_by), code(&text::resource(request), 100));
    let mut blocks = vec![header(&title), section(&question)];
    blocks.push(section(&format!("*Changes*\n{}", difference_lines(&order.differences))));
    blocks.extend(fields(&[
        ("Owner", mention(&request.owner)),
        ("Team", text::team(request)),
        ("Product", text::product(request)),
        ("Cost", estimates(order.estimate_before.as_ref(), order.estimate.as_ref())),
    ]));
    if order.exceeds_budget {
        blocks.push(section(super::approval::ABOVE_BUDGET));
    }
    if !order.reason.trim().is_empty() {
        blocks.push(section(&format!("*Why*\n{}", quote(&order.reason, text::QUOTED))));
    }
    let outcome = outcome::outcome(notice, approval);
    blocks.push(section(&outcome));
    blocks.extend(outcome::decide(request, approval));
    blocks.push(text::footer(notice, None));
    let simulated = text::simulated(notice);
    let changes = inline(&order.describe(), 1000);
    let text = format!("{}. {question} {changes}. {outcome}{simulated}", escape_within(&title, 200));
    Message::new(&text, blocks)
}

/// Lists the differences, one per line, as many as fit into a section.
pub fn difference_lines(differences: &[Difference]) -> String {
    let formatted = |value: &str| if value.is_empty() { "–".to_owned() } else { code(value, 300) };
    let line = |difference: &Difference| {
        format!(
            "{}: {} → {}",
            escape_within(&difference.name, 100),
            formatted(&difference.before),
            formatted(&difference.after)
        )
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

/// Returns the owner's notification about the last change.
pub(super) fn news(request: &Request) -> String {
    let product = text::named(request);
    let Some((approval, order)) = request.change() else { return text::standing(request) };
    match (&approval.answer, &order.outcome) {
        (Some(Answer::Approved), Some(ChangeOutcome::Done)) => {
            format!("{product} is changed.\n{}", difference_lines(&order.differences))
        }
        (Some(Answer::Approved), Some(ChangeOutcome::Failed { why })) => {
            format!("{product} could not be changed and is as it was before.\n{}", quote(why, text::QUOTED))
        }
        (Some(Answer::Approved), None) => format!("The change of {product} is approved."),
        (Some(Answer::Denied { by, on_behalf_of, reason }), _) => format!(
            "The change of {product} was denied by {}.\n{}",
            text::answered(by, on_behalf_of.as_ref()),
            quote(reason, text::QUOTED)
        ),
        (Some(Answer::TimedOut), _) => format!("Nobody answered the change of {product} in time."),
        (Some(Answer::Withdrawn { .. } | Answer::Moot) | None, _) => {
            format!("The change of {product} is no longer needed.")
        }
    }
}
