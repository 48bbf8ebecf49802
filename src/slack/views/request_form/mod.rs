//! The request form of a product: one page of fields, and a preview of what submitting would do. `memory` reads the
//! input back.

mod memory;
mod preview;
mod state;

use slack_morphism::prelude::*;

use self::memory::memory;
use self::preview::preview;
pub(super) use self::preview::{UNKNOWN, approval};
use super::{MAX_TITLE, field, modal};
use crate::domain::approval::Exception;
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::ticket::{LONGEST, TicketRule};
use crate::slack::blocks::{
    MAX_SECTION, MAX_VIEW_BLOCKS, button, buttons, context, divider, header, plain, section,
};
use crate::slack::ids::{
    ActionId, CallbackId, PERSON_BLOCK, REASON_BLOCK, TEAM_BLOCK, TICKET_BLOCK, parameter_of,
};
use crate::slack::mrkdwn::escape_within;
use crate::slack::reply::MAX_OPTIONS;
use std::collections::BTreeSet;

pub use memory::{FormAnswer, FormMetadata, Memory, answer};
pub use state::FormState;

/// Longest team name that an option can hold, in bytes.
const MAX_TEAM: usize = 75;

/// Longest warning under a field, in characters.
const MAX_WARNING: usize = 500;

/// Blocks reserved on each page for everything except headings, fields and the warnings under them.
const OTHER_BLOCKS: usize = 13;

/// Returns the form. Beyond a limit it lists the requests that use it up; it then asks for an exception, or, if the
/// product allows none, has no fields and no submit button.
pub fn request_form(form: &Form, state: &FormState<'_>) -> SlackModalView {
    let remembered = remembered(form, state).metadata.written();
    let (page, is_full, beyond) = (FormPage::of(form, state), is_full(state), exception(state));
    let mut blocks = vec![section(&about(state))];
    if !is_full {
        blocks.extend(page.describe().map(|words| context(&words)));
    }
    blocks.extend(state.problem.map(|problem| section(&format!(":warning: {problem}"))));
    if !state.notes.is_empty() {
        blocks.push(context(&state.notes.join("\n")));
    }
    // Only the team can be changed, because another one may have quota left.
    if is_full {
        blocks.push(section(&full(state)));
        blocks.extend(team_choice(state).map(|select| {
            let select = SlackActionBlockElement::StaticSelect(select);
            SlackActionsBlock::new(vec![select]).with_block_id(SlackBlockId(TEAM_BLOCK.to_owned())).into()
        }));
        return modal(&state.product.name, CallbackId::RequestForm, blocks).with_private_metadata(remembered);
    }
    // Shown where users begin and where they submit, not on every page.
    if page.is_first() || page.is_last() {
        blocks.extend(beyond.map(|beyond| section(&beyond_limits(state, beyond))));
    }
    if page.is_first() {
        blocks.push(team_block(state));
    }
    blocks.extend(fields(form, state));
    blocks.extend(page.warnings_elsewhere(form, state));
    if page.is_last() {
        blocks.push(reason_block(state.reason, beyond.is_some()));
        blocks.extend(state.product.ticket.as_ref().map(|rule| ticket_block(rule, state.ticket)));
        if state.has_mates {
            blocks.push(owner_block(state.owner));
        }
        blocks.push(divider());
        blocks.extend(preview(state));
    }
    if !page.is_first() {
        blocks.push(back_button());
    }
    let send = if beyond.is_some() { "Ask for an exception" } else { "Request" };
    modal(&state.product.name, CallbackId::RequestForm, blocks)
        .with_submit(plain(if page.is_last() { send } else { "Next" }, MAX_TITLE))
        .with_close(plain("Cancel", MAX_TITLE))
        .with_private_metadata(remembered)
}

/// Returns what the form must store in its `private_metadata` besides the visible fields.
pub fn remembered(form: &Form, state: &FormState<'_>) -> Memory {
    let is_full = is_full(state);
    let on_page = form.on_page(state.page, state.unasked).flat_map(|(_, fields)| fields);
    // A full form shows no fields, only what to do about it.
    let visible = if is_full { BTreeSet::new() } else { on_page.map(|field| field.key.as_str()).collect() };
    memory(form, state, &visible, !is_full && FormPage::of(form, state).is_last())
}

/// Returns the limits that the request exceeds, if an exception can be requested.
fn exception<'a>(state: &FormState<'a>) -> Option<&'a Exception> {
    state.preview?.exception.as_ref()
}

fn is_full(state: &FormState<'_>) -> bool {
    exception(state).is_none() && state.preview.is_some_and(|preview| preview.quota.left() == 0)
}

/// The position of a page within the form.
struct FormPage {
    pages: Vec<usize>,
    at: usize,
}

impl FormPage {
    fn of(form: &Form, state: &FormState<'_>) -> Self {
        let pages = form.pages(state.unasked);
        let at = pages.iter().position(|page| *page == state.page).unwrap_or_default();
        Self { pages, at }
    }

    fn is_first(&self) -> bool {
        self.at == 0
    }

    fn is_last(&self) -> bool {
        self.at + 1 == self.pages.len()
    }

    fn describe(&self) -> Option<String> {
        if self.pages.len() > 1 {
            Some(format!("Page {} of {}", self.at + 1, self.pages.len()))
        } else {
            None
        }
    }

    /// Lists the errors on other pages, so that a user does not submit this page in vain.
    fn warnings_elsewhere(&self, form: &Form, state: &FormState<'_>) -> Option<SlackBlock> {
        let lines: Vec<String> = state
            .warnings
            .iter()
            .filter_map(|(key, warning)| {
                let page = form.page_of(key).filter(|page| *page != state.page)?;
                let at = self.pages.iter().position(|other| *other == page)?;
                Some(format!(":warning: Page {}: {}", at + 1, escape_within(warning, MAX_WARNING)))
            })
            .collect();
        if lines.is_empty() {
            return None;
        }
        Some(section(&lines.join("\n")))
    }
}

fn back_button() -> SlackBlock {
    buttons("page", vec![button(ActionId::PageBack, "Back", "-", "Back to the page before")])
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
    // If there are more teams than a select can hold, the selected one must not be cut off.
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
            // Quota, budget and approvers depend on the team, so selecting one updates the form.
            SlackInputBlock::new(plain("Team", 2000), SlackInputBlockElement::StaticSelect(select))
                .with_block_id(SlackBlockId(TEAM_BLOCK.to_owned()))
                .with_dispatch_action(true)
                .into()
        }
        None => context(&format!("For team *{}*", escape_within(state.team.as_str(), 100))),
    }
}

pub(super) fn fields(form: &Form, state: &FormState<'_>) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    let mut warnings = Vec::new();
    for (title, fields) in form.on_page(state.page, state.unasked) {
        blocks.extend(title.map(header));
        for field in fields {
            let value = state.values.get(&field.key).or(field.initial.as_ref());
            blocks.push(field::input(field, value.map(String::as_str), state.watched.contains(&field.key)));
            warnings.extend(warning_under(&field.key, state).map(|warning| (blocks.len(), warning)));
        }
    }
    // Too many warnings would exceed Slack's block limit. The rest appear once the first ones are corrected.
    warnings.truncate(MAX_VIEW_BLOCKS.saturating_sub(OTHER_BLOCKS + blocks.len()));
    // From the end, so that inserting does not move the remaining positions.
    for (at, warning) in warnings.into_iter().rev() {
        blocks.insert(at, warning);
    }
    blocks
}

fn warning_under(key: &str, state: &FormState<'_>) -> Option<SlackBlock> {
    let warnings = state.warnings.iter().filter(|(of, _)| of == key);
    let lines: Vec<String> =
        warnings.map(|(_, warning)| format!(":warning: {}", escape_within(warning, MAX_WARNING))).collect();
    if lines.is_empty() {
        return None;
    }
    Some(section(&lines.join("\n")))
}

pub(super) fn reason_block(reason: &str, is_exception: bool) -> SlackBlock {
    let label = if is_exception { "Why is an exception needed?" } else { "Why do you need it?" };
    let mut input = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_multiline(true)
        .with_max_length(1000);
    // Slack refuses an initial value that is empty or longer than the input allows.
    if (1..=1000).contains(&reason.chars().count()) {
        input = input.with_initial_value(reason.to_owned());
    }
    SlackInputBlock::new(plain(label, 2000), SlackInputBlockElement::PlainTextInput(input))
        .with_block_id(SlackBlockId(REASON_BLOCK.to_owned()))
        .with_optional(!is_exception)
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

fn owner_block(chosen: Option<&PersonId>) -> SlackBlock {
    let mut select = SlackBlockUsersSelectElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_placeholder(plain("Yourself", 150));
    if let Some(person) = chosen {
        select = select.with_initial_user(person.to_string());
    }
    SlackInputBlock::new(plain("For a team-mate?", 2000), SlackInputBlockElement::UsersSelect(select))
        .with_block_id(SlackBlockId(PERSON_BLOCK.to_owned()))
        .with_hint(plain("They become the owner and get all updates.", 2000))
        .with_optional(true)
        .into()
}

fn full(state: &FormState<'_>) -> String {
    let quota = state.preview.map_or(0, |preview| preview.quota.limit);
    let used = state.preview.map_or(0, |preview| preview.quota.used);
    let mut text = format!(
        "Team *{}* already uses {used} of {quota}. Tear down one that is no longer needed, or ask your platform team for a larger quota.",
        escape_within(state.team.as_str(), 100)
    );
    name_holders(&mut text, state.held_by);
    text
}

/// Says which limits the request exceeds, how to ask for an exception, and which requests could be ended instead.
fn beyond_limits(state: &FormState<'_>, exception: &Exception) -> String {
    let estimate = state.preview.and_then(|preview| preview.estimate.as_ref());
    let mut text = format!(
        ":warning: Team *{}* has no room for this: {}. Tear down something that is no longer needed, or ask for an exception for this request only: it needs a reason and an admin's approval.",
        escape_within(state.team.as_str(), 100),
        exception.describe(estimate.map(|estimate| estimate.monthly))
    );
    name_holders(&mut text, state.held_by);
    text
}

/// Appends as many lines as fit into a section.
fn name_holders(text: &mut String, held_by: &[String]) {
    for line in held_by {
        if text.chars().count() + line.chars().count() + 3 > MAX_SECTION {
            break;
        }
        text.push_str("\n• ");
        text.push_str(line);
    }
}

/// Returns the options of a type-ahead field whose label or value contains `typed`, as pairs of label and wire value.
/// Those that begin with it come first; at most [`MAX_OPTIONS`].
pub fn suggestions(form: &Form, block_id: &str, typed: &str) -> Vec<(String, String)> {
    let Some(field) = parameter_of(block_id).and_then(|key| form.field(key)) else { return Vec::new() };
    let typed = typed.trim().to_lowercase();
    let options = field.options().iter().enumerate();
    let mut suggestions: Vec<(bool, String, String)> = options
        .filter_map(|(position, choice)| {
            let (label, value) = (choice.label.to_lowercase(), choice.value.to_lowercase());
            let begins = label.starts_with(&typed) || value.starts_with(&typed);
            let matches = begins || label.contains(&typed) || value.contains(&typed);
            matches.then(|| Some((!begins, choice.label.clone(), field.wire_value(position)?)))?
        })
        .collect();
    // The sort is stable, so the options keep the template's order within each half.
    suggestions.sort_by_key(|(later, _, _)| *later);
    suggestions.into_iter().take(MAX_OPTIONS).map(|(_, label, value)| (label, value)).collect()
}

#[cfg(test)]
mod tests;
