//! The preview at the end of a form: what submitting would lead to.

use slack_morphism::prelude::SlackBlock;

use super::FormState;
use crate::domain::approval::ApprovalPath;
use crate::domain::catalog::OverBudget;
use crate::domain::preview::{Preview, PreviewStage};
use crate::domain::quota::BudgetUse;
use crate::slack::blocks::{context, section};
use crate::slack::mrkdwn::{any_of, date_time, dollars, escape_within, estimate};
use crate::slack::refusal::sentence;

pub(super) fn preview(state: &FormState<'_>) -> Vec<SlackBlock> {
    let Some(preview) = state.preview else {
        return vec![context("Looking up cost, approval and quota …")];
    };
    let cost = match &preview.estimate {
        Some(figure) => estimate(figure),
        None if state.product.cost.is_empty() => "no estimate for this product".to_owned(),
        None => "known once the fields it depends on are filled in".to_owned(),
    };
    let quota = preview.quota;
    let mut lines = vec![
        format!("*Cost*: {cost}"),
        format!("*Approval*: {}", approval(preview)),
        format!("*Quota*: {} of {} used, {} left", quota.used, quota.limit, quota.left()),
        format!("*Expires*: {}", date_time(preview.expires_at)),
    ];
    lines.extend(preview.budget.map(|budget| budget_line(state, preview, budget)));
    let mut blocks = vec![section(&lines.join("\n"))];
    if preview.simulated {
        blocks.push(context("Simulated: nothing real is created"));
    }
    blocks
}

/// What a missing estimate means for the budget.
pub(in crate::slack::views) const UNKNOWN: &str =
    "the cost of this is unknown, so it counts as $0, and approvers are asked";

/// Formats the budget, and what happens if it is exceeded.
fn budget_line(state: &FormState<'_>, preview: &Preview, budget: BudgetUse) -> String {
    let used = format!("*Budget*: about {} of {} a month used", dollars(budget.spent), dollars(budget.limit));
    if preview.estimate.is_none() {
        // The estimate may depend on fields that are not filled in yet.
        let so_far = if state.product.cost.is_empty() { "" } else { " so far" };
        return format!("{used};{so_far} {UNKNOWN}");
    }
    match (preview.exceeded_budget(), state.product.quota.over_budget) {
        (None, _) => used,
        (Some(_), OverBudget::Refuse) if preview.exception.is_some() => {
            format!("{used}; this exceeds it, so it needs an exception")
        }
        (Some(_), OverBudget::Ask) => format!("{used}; this exceeds it, so approvers are asked"),
        (Some(_), OverBudget::Refuse) => format!(
            ":warning: {used}; this does not fit. Choose something smaller, tear down what is no longer needed, or ask your platform team for a larger budget."
        ),
    }
}

pub(in crate::slack::views) fn approval(preview: &Preview) -> String {
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
