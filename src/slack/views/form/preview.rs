//! The preview at the end of a form: what submitting would lead to.

use rust_decimal::Decimal;
use slack_morphism::prelude::SlackBlock;

use crate::domain::approval::ApprovalPath;
use crate::domain::catalog::OverBudget;
use crate::domain::preview::{Preview, PreviewStage};
use crate::domain::request::{Difference, Request};
use crate::portal::people::form_view::{FormPurpose, FormView};
use crate::slack::blocks::{context, section};
use crate::slack::messages::{difference_lines, estimates};
use crate::slack::mrkdwn::{any_of, date_time, dollars, escape_within, estimate};
use crate::slack::refusal::sentence;

/// Shown on every form of a change: which changes replace a resource depends on the template and AWS.
const REPLACES: &str = "Some changes make AWS replace the resource, and its contents are lost. If you are not sure, ask your \
    platform team.";

/// What a missing estimate means for the budget.
const UNKNOWN: &str = "the cost of this is unknown, so it counts as $0, and approvers are asked";

pub(super) fn preview(view: &FormView) -> Vec<SlackBlock> {
    let (mut lines, note) = match &view.purpose {
        FormPurpose::Create { .. } => {
            let note = if view.preview.simulated { Some("Simulated: nothing real is created") } else { None };
            (new_request_lines(view), note)
        }
        FormPurpose::Change { request, differences, .. } => {
            (change_lines(&view.preview, request, differences), Some(REPLACES))
        }
    };
    lines.extend(budget_line(view));
    let mut blocks = vec![section(&lines.join("\n"))];
    blocks.extend(note.map(context));
    blocks
}

fn new_request_lines(view: &FormView) -> Vec<String> {
    let preview = &view.preview;
    let cost = match &preview.estimate {
        Some(figure) => estimate(figure),
        None if view.product.cost.is_empty() => "no estimate for this product".to_owned(),
        None => "known once the fields it depends on are filled in".to_owned(),
    };
    let quota = preview.quota;
    vec![
        format!("*Cost*: {cost}"),
        format!("*Approval*: {}", approval(preview)),
        format!("*Quota*: {} of {} used, {} left", quota.used, quota.limit, quota.left()),
        format!("*Expires*: {}", date_time(preview.expires_at)),
    ]
}

fn change_lines(preview: &Preview, request: &Request, differences: &[Difference]) -> Vec<String> {
    let changes = if differences.is_empty() {
        ": nothing yet".to_owned()
    } else {
        format!("\n{}", difference_lines(differences))
    };
    vec![
        format!("*Changes*{changes}"),
        format!("*Cost*: {}", estimates(request.estimate.as_ref(), preview.estimate.as_ref())),
        format!("*Approval*: {}", approval(preview)),
    ]
}

/// Formats the budget, and what happens if it is exceeded; `None` if there is none, or a change costs no more.
fn budget_line(view: &FormView) -> Option<String> {
    let (product, preview) = (&view.product, &view.preview);
    let budget = preview.budget?;
    let (own, so_far, advice) = match &view.purpose {
        FormPurpose::Create { .. } => {
            // The estimate may depend on fields that are not filled in yet.
            let so_far = if product.cost.is_empty() { "" } else { " so far" };
            let advice = " Choose something smaller, tear down what is no longer needed, or ask your platform team for a larger budget.";
            (Decimal::ZERO, so_far, advice)
        }
        // The preview's budget leaves out what the resource costs today.
        FormPurpose::Change { request, .. } => (request.monthly(), "", ""),
    };
    let (spent, limit) = (dollars(budget.spent + own), dollars(budget.limit));
    let used = format!("*Budget*: about {spent} of {limit} a month used");
    if preview.estimate.is_none() {
        return Some(format!("{used};{so_far} {UNKNOWN}"));
    }
    Some(match (preview.exceeded_budget(), product.quota.over_budget) {
        (None, _) => used,
        (Some(_), OverBudget::Refuse) if preview.exception.is_some() => {
            format!("{used}; this exceeds it, so it needs an exception")
        }
        (Some(_), OverBudget::Ask) => format!("{used}; this exceeds it, so approvers are asked"),
        (Some(_), OverBudget::Refuse) => format!(":warning: {used}; this does not fit.{advice}"),
    })
}

fn approval(preview: &Preview) -> String {
    if let Some(why) = &preview.unapprovable {
        return format!(":warning: {}", sentence(why));
    }
    match &preview.path {
        ApprovalPath::Auto { why } => format!("automatic, because {}", escape_within(why, 300)),
        ApprovalPath::Ask { why, .. } => {
            let turns: Vec<String> = preview.turns.iter().map(turn).collect();
            let why = why.as_deref().map(|why| format!(", because {}", escape_within(why, 300)));
            let usually =
                preview.usually.map(|usually| format!("; usually answered in {}", usually.describe()));
            let note = preview.note.as_deref().map(|note| format!("; {note}"));
            let more = [why, usually, note].into_iter().flatten().collect::<String>();
            format!("{}{more}", turns.join(", then "))
        }
    }
}

fn turn(turn: &PreviewStage) -> String {
    let names = any_of(&turn.approvers);
    let who = if names.is_empty() { "the team's approvers".to_owned() } else { names };
    if turn.needed > 1 { format!("{} of {who}", turn.needed) } else { who }
}
