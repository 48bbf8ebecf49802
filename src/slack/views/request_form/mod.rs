//! A product's request form: fields, what submitting would lead to, and reading the answers back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use slack_morphism::prelude::*;

use super::{MAX_TITLE, field, modal};
use crate::domain::catalog::{OverBudget, Product};
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, ProductKey, TeamName};
use crate::domain::policy::ApprovalPath;
use crate::domain::preview::{Preview, Turn};
use crate::domain::quota::BudgetUse;
use crate::domain::ticket::{LONGEST, TicketRule};
use crate::slack::blocks::{MAX_SECTION, context, divider, header, plain, section};
use crate::slack::ids::{
    ActionId, CallbackId, PERSON_BLOCK, REASON_BLOCK, TEAM_BLOCK, TICKET_BLOCK, parameter_of,
};
use crate::slack::incoming::{Values, is_id};
use crate::slack::mrkdwn::{any_of, date_time, dollars, escape_within, estimate};
use crate::slack::reply::MAX_OPTIONS;

/// Longest team name that an option can hold.
const MAX_TEAM: usize = 75;

/// What the form shows besides its fields.
#[derive(Clone, Debug)]
pub struct FormState<'a> {
    /// The product.
    pub product: &'a Product,
    /// The person's teams that may ask for it.
    pub teams: &'a [TeamName],
    /// The team it is for.
    pub team: &'a TeamName,
    /// Values to start with, by parameter; the template's default stands where there is none.
    pub values: &'a BTreeMap<String, String>,
    /// A reason to start with.
    pub reason: &'a str,
    /// A ticket to start with.
    pub ticket: &'a str,
    /// Whether there is somebody else in the team that it could be for.
    pub has_mates: bool,
    /// Remarks about values that could not be taken over; formatted text, already safe.
    pub notes: &'a [String],
    /// What submitting now would lead to, once that is known.
    pub preview: Option<&'a Preview>,
    /// Requests that hold the team's quota, a line each; formatted text, already safe.
    pub held_by: &'a [String],
    /// Why the last attempt did not go through; formatted text, already safe.
    pub problem: Option<&'a str>,
    /// Parameters that price, approval or quota depend on.
    pub watched: &'a BTreeSet<String>,
}

/// What the form remembers while it is open. It passes through the person's client, so it is checked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormMetadata {
    /// The product.
    pub product: ProductKey,
    /// The hash of the template that the form was made from.
    #[serde(rename = "hash")]
    pub template_hash: String,
    /// The team it was opened for.
    pub team: TeamName,
}

impl FormMetadata {
    /// Reads what [`request_form`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let metadata: Self = serde_json::from_str(text).ok()?;
        // What came through a client is a key only if it is shaped like one.
        ProductKey::parse(metadata.product.as_str()).is_some().then_some(metadata)
    }
}

/// What a person filled in; nothing of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormAnswer {
    /// The product.
    pub product: ProductKey,
    /// The template that the form was made from.
    pub template_hash: String,
    /// The team.
    pub team: TeamName,
    /// Values by parameter; `None` where the field was left empty.
    pub given: BTreeMap<String, Option<String>>,
    /// Why it is needed; may be empty.
    pub reason: String,
    /// The ticket, as typed; may be empty.
    pub ticket: String,
    /// The team-mate it is for, if somebody was chosen.
    pub owner: Option<PersonId>,
}

/// The form. Where the team's quota is used up it says by what, and there is nothing to fill in or submit.
pub fn request_form(form: &Form, state: &FormState<'_>) -> SlackModalView {
    let is_full = state.preview.is_some_and(|preview| preview.quota.left() == 0);
    let mut blocks = vec![section(&about(state))];
    blocks.extend(state.problem.map(|problem| section(&format!(":warning: {problem}"))));
    blocks.extend((!state.notes.is_empty()).then(|| context(&state.notes.join("\n"))));
    if is_full {
        blocks.push(section(&full(state)));
        blocks.extend(team_choice(state).map(|select| {
            let select = SlackActionBlockElement::StaticSelect(select);
            SlackActionsBlock::new(vec![select]).with_block_id(SlackBlockId(TEAM_BLOCK.to_owned())).into()
        }));
        return with_metadata(modal(&state.product.name, CallbackId::RequestForm, blocks), state);
    }
    blocks.push(team_block(state));
    blocks.extend(fields(form, state));
    blocks.push(reason_block(state.reason));
    blocks.extend(state.product.ticket.as_ref().map(|rule| ticket_block(rule, state.ticket)));
    blocks.extend(state.has_mates.then(owner_block));
    blocks.push(divider());
    blocks.extend(preview(state));
    let view = modal(&state.product.name, CallbackId::RequestForm, blocks)
        .with_submit(plain("Request", MAX_TITLE))
        .with_close(plain("Cancel", MAX_TITLE));
    with_metadata(view, state)
}

fn with_metadata(view: SlackModalView, state: &FormState<'_>) -> SlackModalView {
    let metadata = FormMetadata {
        product: state.product.key.clone(),
        template_hash: state.product.template_hash.clone(),
        team: state.team.clone(),
    };
    view.with_private_metadata(serde_json::to_string(&metadata).unwrap_or_default())
}

fn about(state: &FormState<'_>) -> String {
    let product = state.product;
    format!(
        "*{}* {}\n{}",
        escape_within(&product.name, 150),
        escape_within(&product.version, 50),
        escape_within(&product.description, 1000)
    )
}

fn team_choice(state: &FormState<'_>) -> Option<SlackBlockStaticSelectElement> {
    if state.teams.len() < 2 {
        return None;
    }
    let option = |team: &TeamName| {
        SlackBlockChoiceItem::<SlackBlockPlainTextOnly>::new(plain(team.as_str(), MAX_TEAM), team.to_string())
    };
    // The chosen team comes first where there are more than a select can hold.
    let mut teams: Vec<&TeamName> =
        state.teams.iter().filter(|team| team.as_str().len() <= MAX_TEAM).collect();
    if teams.len() > MAX_OPTIONS {
        teams.sort_by_key(|team| *team != state.team);
        teams.truncate(MAX_OPTIONS);
    }
    let select = SlackBlockStaticSelectElement::new()
        .with_action_id(SlackActionId(ActionId::ChooseTeam.as_str().to_owned()))
        .with_options(teams.iter().map(|team| option(team)).collect());
    let is_offered = teams.contains(&state.team);
    Some(if is_offered { select.with_initial_option(option(state.team)) } else { select })
}

fn team_block(state: &FormState<'_>) -> SlackBlock {
    match team_choice(state) {
        Some(select) => {
            SlackInputBlock::new(plain("Team", 2000), SlackInputBlockElement::StaticSelect(select))
                .with_block_id(SlackBlockId(TEAM_BLOCK.to_owned()))
                .with_dispatch_action(true)
                .into()
        }
        None => context(&format!("For team *{}*", escape_within(state.team.as_str(), 100))),
    }
}

fn fields(form: &Form, state: &FormState<'_>) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    for group in &form.groups {
        blocks.extend(group.title.iter().map(|title| header(title)));
        blocks.extend(group.fields.iter().map(|field| {
            let value = state.values.get(&field.key).or(field.initial.as_ref());
            field::input(field, value.map(String::as_str), state.watched.contains(&field.key))
        }));
    }
    blocks
}

fn reason_block(reason: &str) -> SlackBlock {
    let mut input = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_multiline(true)
        .with_max_length(1000);
    if (1..=1000).contains(&reason.chars().count()) {
        input = input.with_initial_value(reason.to_owned());
    }
    SlackInputBlock::new(plain("Why do you need it?", 2000), SlackInputBlockElement::PlainTextInput(input))
        .with_block_id(SlackBlockId(REASON_BLOCK.to_owned()))
        .with_optional(true)
        .into()
}

fn ticket_block(rule: &TicketRule, ticket: &str) -> SlackBlock {
    let mut input = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_max_length(u64::from(LONGEST));
    if (1..=LONGEST as usize).contains(&ticket.chars().count()) {
        input = input.with_initial_value(ticket.to_owned());
    }
    SlackInputBlock::new(plain(&rule.label, 2000), SlackInputBlockElement::PlainTextInput(input))
        .with_block_id(SlackBlockId(TICKET_BLOCK.to_owned()))
        .with_optional(!rule.required)
        .into()
}

fn owner_block() -> SlackBlock {
    let select = SlackBlockUsersSelectElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_placeholder(plain("Yourself", 150));
    SlackInputBlock::new(plain("For a team-mate?", 2000), SlackInputBlockElement::UsersSelect(select))
        .with_block_id(SlackBlockId(PERSON_BLOCK.to_owned()))
        .with_hint(plain("It is theirs then: they are told how it goes, and renew it or tear it down.", 2000))
        .with_optional(true)
        .into()
}

fn preview(state: &FormState<'_>) -> Vec<SlackBlock> {
    let Some(preview) = state.preview else {
        return vec![context("Cost, approval and quota are being looked up …")];
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
        format!("*Lives until*: {}", date_time(preview.expires_at)),
    ];
    lines.extend(preview.budget.map(|budget| budget_line(state, preview, budget)));
    let mut blocks = vec![section(&lines.join("\n"))];
    if preview.simulated {
        blocks.push(context("Simulated: nothing real is made"));
    }
    blocks
}

/// What the budget has to spare, and what happens where that is not enough.
fn budget_line(state: &FormState<'_>, preview: &Preview, budget: BudgetUse) -> String {
    let used = format!("*Budget*: about {} of {} a month used", dollars(budget.spent), dollars(budget.limit));
    match (preview.exceeded_budget(), state.product.quota.over_budget) {
        (None, _) => used,
        (Some(_), OverBudget::Ask) => format!("{used}; this goes beyond it, so approvers are asked"),
        (Some(_), OverBudget::Refuse) => format!(
            ":warning: {used}; this does not fit. Choose something smaller, tear down what is no longer needed, or ask your platform team for a larger budget."
        ),
    }
}

fn approval(preview: &Preview) -> String {
    match &preview.path {
        ApprovalPath::Auto { why } => format!("automatic, because {}", escape_within(why, 300)),
        ApprovalPath::Ask { why, .. } => {
            let turns: Vec<String> = preview.turns.iter().map(turn).collect();
            let why = why.as_deref().map(|why| format!(", because {}", escape_within(why, 300)));
            let usually =
                preview.usually.map(|usually| format!("; usually answered in {}", usually.in_words()));
            let note = preview.note.as_deref().map(|note| format!("; {note}"));
            let more = [why, usually, note].into_iter().flatten().collect::<String>();
            format!("{}{more}", turns.join(", then "))
        }
    }
}

fn turn(turn: &Turn) -> String {
    let names = any_of(&turn.approvers);
    let who = if names.is_empty() { "the team's approvers".to_owned() } else { names };
    if turn.needed > 1 { format!("{} of {who}", turn.needed) } else { who }
}

fn full(state: &FormState<'_>) -> String {
    let quota = state.preview.map_or(0, |preview| preview.quota.limit);
    let used = state.preview.map_or(0, |preview| preview.quota.used);
    let mut text = format!(
        "Team *{}* already uses {used} of {quota}. Free one by tearing down what is no longer needed, or ask your platform team for a larger quota.",
        escape_within(state.team.as_str(), 100)
    );
    for line in state.held_by {
        if text.chars().count() + line.chars().count() + 3 > MAX_SECTION {
            break;
        }
        text.push_str("\n• ");
        text.push_str(line);
    }
    text
}

/// Reads a form's values as its inputs sent them; nothing of it is checked yet.
pub fn answer(metadata: FormMetadata, values: &Values) -> FormAnswer {
    let given = values.iter().filter_map(|(block, texts)| {
        let key = parameter_of(block)?;
        // Several choices are one value: a list, as CloudFormation takes it.
        Some((key.to_owned(), (!texts.is_empty()).then(|| texts.join(","))))
    });
    FormAnswer {
        product: metadata.product,
        template_hash: metadata.template_hash,
        team: values.text(TEAM_BLOCK).map_or(metadata.team, TeamName::new),
        given: given.collect(),
        reason: values.text(REASON_BLOCK).unwrap_or_default().trim().to_owned(),
        ticket: values.text(TICKET_BLOCK).unwrap_or_default().to_owned(),
        owner: values.text(PERSON_BLOCK).filter(|id| is_id(id)).map(PersonId::new),
    }
}

/// Options of a type-ahead field whose text or value contains what was typed: text and value on the wire, those that
/// begin with it first, at most as many as Slack takes.
pub fn suggestions(form: &Form, block_id: &str, typed: &str) -> Vec<(String, String)> {
    let Some(field) = parameter_of(block_id).and_then(|key| form.field(key)) else { return Vec::new() };
    let typed = typed.trim().to_lowercase();
    let options = field.options().iter().enumerate();
    let mut found: Vec<(bool, String, String)> = options
        .filter_map(|(position, choice)| {
            let (label, value) = (choice.label.to_lowercase(), choice.value.to_lowercase());
            let begins = label.starts_with(&typed) || value.starts_with(&typed);
            let matches = begins || label.contains(&typed) || value.contains(&typed);
            matches.then(|| Some((!begins, choice.label.clone(), field.wire_value(position)?)))?
        })
        .collect();
    // The sort is stable: within each half the options keep the template's order.
    found.sort_by_key(|(later, _, _)| *later);
    found.into_iter().take(MAX_OPTIONS).map(|(_, label, value)| (label, value)).collect()
}

#[cfg(test)]
mod tests;
