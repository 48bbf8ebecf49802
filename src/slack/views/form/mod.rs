//! The form of a new request or of a change: one page of fields, and a preview of what submitting would do. `draft`
//! reads the input back.

mod draft;
mod limits;
mod preview;

use slack_morphism::prelude::*;

use self::draft::{carried_input, written};
use self::limits::{beyond_limits, quota_used_up};
use self::preview::preview;
use super::{MAX_TITLE, field, modal};
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::ticket::{LONGEST, TicketRule};
use crate::portal::people::form_view::{FormPurpose, FormView};
use crate::slack::blocks::{
    MAX_FIELD, MAX_VIEW_BLOCKS, button, buttons, context, divider, header, plain, section,
};
use crate::slack::ids::{
    ActionId, CallbackId, PERSON_BLOCK, REASON_BLOCK, TEAM_BLOCK, TICKET_BLOCK, parameter_of,
};
use crate::slack::mrkdwn::{code, escape, escape_within, inline};
use crate::slack::reply::MAX_OPTIONS;

pub use self::draft::draft;

/// Longest team name that an option can hold, in bytes.
const MAX_TEAM: usize = 75;

/// Longest warning under a field, in characters.
const MAX_WARNING: usize = 500;

/// Blocks reserved on each page for everything except headings, fields and the warnings under them.
const OTHER_BLOCKS: usize = 13;

/// Returns the form, with a `problem` that is formatted and escaped. It names the fields whose input is too long to be
/// stored while other pages are open. Beyond a limit it lists the requests that use it up; it then asks for an
/// exception, or, if the product allows none, has no fields and no submit button.
pub fn form(view: &FormView, problem: Option<&str>) -> SlackModalView {
    let (title, callback, submit) = match &view.purpose {
        FormPurpose::Create { .. } => (view.product.name.as_str(), CallbackId::RequestForm, "Request"),
        FormPurpose::Change { .. } => ("Change it", CallbackId::Change, "Change"),
    };
    let submit = if view.preview.exception.is_some() { "Ask for an exception" } else { submit };
    let has_fields = !is_full(view);
    let carried = carried_input(view, has_fields);
    let mut blocks = heading(view, problem, &carried.left_out);
    blocks.extend(if has_fields { page_blocks(view) } else { blocks_without_fields(view) });
    let form = modal(title, callback, blocks).with_private_metadata(written(&carried.draft));
    // Nothing to submit: choosing another team is all that is left to do here.
    if !has_fields {
        return form;
    }
    form.with_submit(plain(if view.is_last_page() { submit } else { "Next" }, MAX_TITLE))
        .with_close(plain("Cancel", MAX_TITLE))
}

/// Returns what to do if a page cannot store all the input of the other pages; `None` if it can.
pub fn too_much(view: &FormView) -> Option<String> {
    let excess = carried_input(view, !is_full(view)).excess;
    if excess == 0 {
        return None;
    }
    Some(format!(
        "This is more text than a form in Slack can carry from page to page. Shorten it by {excess} characters, for example here, or leave fields at their defaults."
    ))
}

/// Returns whether the quota has no room for a new request, and no exception can be requested.
fn is_full(view: &FormView) -> bool {
    match view.purpose {
        FormPurpose::Create { .. } => view.preview.exception.is_none() && view.preview.quota.left() == 0,
        FormPurpose::Change { .. } => false,
    }
}

fn heading(view: &FormView, problem: Option<&str>, left_out: &[String]) -> Vec<SlackBlock> {
    let mut blocks = vec![section(&about(view))];
    if !is_full(view) && view.pages.len() > 1 {
        blocks.push(context(&format!("Page {} of {}", view.page_index() + 1, view.pages.len())));
    }
    blocks.extend(problem.map(|problem| section(&format!(":warning: {problem}"))));
    let mut notes: Vec<String> = view.notes.iter().map(|note| inline(note, MAX_FIELD)).collect();
    if !left_out.is_empty() {
        let names = inline(&left_out.join(", "), MAX_FIELD);
        notes.push(format!("Too long to carry over, so please fill in again: {names}."));
    }
    if !notes.is_empty() {
        blocks.push(context(&notes.join("\n")));
    }
    blocks
}

/// Returns what uses up the quota. Only the team can be changed, because another one may have quota left.
fn blocks_without_fields(view: &FormView) -> Vec<SlackBlock> {
    let FormPurpose::Create { teams, .. } = &view.purpose else { return Vec::new() };
    let mut blocks = vec![section(&quota_used_up(view))];
    blocks.extend(team_choice(teams, &view.team).map(|select| {
        let select = SlackActionBlockElement::StaticSelect(select);
        SlackActionsBlock::new(vec![select]).with_block_id(SlackBlockId(TEAM_BLOCK.to_owned())).into()
    }));
    blocks
}

/// Returns the fields of the page, and what belongs to the first and the last one.
fn page_blocks(view: &FormView) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    // Shown where users begin and where they submit, not on every page.
    if let Some(exception) = &view.preview.exception
        && (view.is_first_page() || view.is_last_page())
    {
        blocks.push(section(&beyond_limits(view, exception)));
    }
    if let FormPurpose::Create { teams, .. } = &view.purpose
        && view.is_first_page()
    {
        blocks.push(team_block(teams, &view.team));
    }
    blocks.extend(fields(view));
    blocks.extend(warnings_elsewhere(view));
    if view.is_last_page() {
        blocks.extend(last_blocks(view));
    }
    if !view.is_first_page() {
        blocks
            .push(buttons("page", vec![button(ActionId::PageBack, "Back", "-", "Back to the page before")]));
    }
    blocks
}

/// Returns what the last page shows below its fields.
fn last_blocks(view: &FormView) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    let reason = reason_block(&view.reason, view.preview.exception.is_some());
    match &view.purpose {
        FormPurpose::Create { ticket, owner, has_mates, .. } => {
            blocks.push(reason);
            blocks.extend(view.product.ticket.as_ref().map(|rule| ticket_block(rule, ticket)));
            if *has_mates {
                blocks.push(owner_block(owner.as_ref()));
            }
        }
        FormPurpose::Change { fixed, .. } => {
            blocks.extend(fixed_values(fixed).map(|text| context(&text)));
            blocks.push(reason);
        }
    }
    blocks.push(divider());
    blocks.extend(preview(view));
    blocks
}

fn about(view: &FormView) -> String {
    let product = &view.product;
    let (name, version) = (escape_within(&product.name, 150), escape_within(&product.version, 50));
    match &view.purpose {
        FormPurpose::Create { .. } => {
            format!("*{name}* {version}\n{}", escape_within(&product.description, 1000))
        }
        FormPurpose::Change { request, .. } => {
            let mut versions = escape_within(&request.product.version, 50);
            if request.product.template_hash != product.template_hash {
                versions = format!("{versions} → {version}");
            }
            let resource = code(&request.resource_name(), 100);
            format!("*{name}* {versions}\n{resource} of team *{}*", escape(view.team.as_str()))
        }
    }
}

fn fixed_values(fixed: &[(String, String)]) -> Option<String> {
    let line = |(key, value): &(String, String)| format!("{}: {}", escape_within(key, 100), code(value, 100));
    let lines: Vec<String> = fixed.iter().take(20).map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(format!("Unchanged: {}", lines.join(" · ")))
}

/// Lists the errors on other pages, so that a user does not submit this page in vain.
fn warnings_elsewhere(view: &FormView) -> Option<SlackBlock> {
    let lines: Vec<String> = view
        .warnings
        .iter()
        .filter_map(|(key, warning)| {
            let page = view.form.page_of(key).filter(|page| *page != view.page)?;
            let index = view.pages.iter().position(|other| *other == page)?;
            Some(format!(":warning: Page {}: {}", index + 1, escape_within(warning, MAX_WARNING)))
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    Some(section(&lines.join("\n")))
}

fn team_choice(teams: &[TeamName], chosen: &TeamName) -> Option<SlackBlockStaticSelectElement> {
    if teams.len() < 2 {
        return None;
    }
    let option = |team: &TeamName| {
        SlackBlockChoiceItem::<SlackBlockPlainTextOnly>::new(plain(team.as_str(), MAX_TEAM), team.to_string())
    };
    // If there are more teams than a select can hold, the selected one must not be cut off.
    let mut teams: Vec<&TeamName> = teams.iter().filter(|team| team.as_str().len() <= MAX_TEAM).collect();
    if teams.len() > MAX_OPTIONS {
        teams.sort_by_key(|team| *team != chosen);
        teams.truncate(MAX_OPTIONS);
    }
    let select = SlackBlockStaticSelectElement::new()
        .with_action_id(SlackActionId(ActionId::ChooseTeam.as_str().to_owned()))
        .with_options(teams.iter().map(|team| option(team)).collect());
    // The initial option has to be among the options, and a name that is too long for one is not.
    let is_offered = teams.contains(&chosen);
    Some(if is_offered { select.with_initial_option(option(chosen)) } else { select })
}

fn team_block(teams: &[TeamName], chosen: &TeamName) -> SlackBlock {
    match team_choice(teams, chosen) {
        Some(select) => {
            // Quota, budget and approvers depend on the team, so selecting one updates the form.
            SlackInputBlock::new(plain("Team", 2000), SlackInputBlockElement::StaticSelect(select))
                .with_block_id(SlackBlockId(TEAM_BLOCK.to_owned()))
                .with_dispatch_action(true)
                .into()
        }
        None => context(&format!("For team *{}*", escape_within(chosen.as_str(), 100))),
    }
}

fn fields(view: &FormView) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    let mut warnings = Vec::new();
    let watched = view.watched();
    for (title, fields) in view.form.on_page(view.page, &view.hidden) {
        blocks.extend(title.map(header));
        for field in fields {
            let value = view.values.get(&field.key).or(field.initial.as_ref());
            blocks.push(field::input(field, value.map(String::as_str), watched.contains(&field.key)));
            warnings.extend(warning_under(&field.key, view).map(|warning| (blocks.len(), warning)));
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

fn warning_under(key: &str, view: &FormView) -> Option<SlackBlock> {
    let warnings = view.warnings.iter().filter(|(of, _)| of == key);
    let lines: Vec<String> =
        warnings.map(|(_, warning)| format!(":warning: {}", escape_within(warning, MAX_WARNING))).collect();
    if lines.is_empty() {
        return None;
    }
    Some(section(&lines.join("\n")))
}

fn reason_block(reason: &str, is_exception: bool) -> SlackBlock {
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
        // An exception needs a reason, as the text above the fields says.
        .with_optional(!is_exception)
        .into()
}

fn ticket_block(rule: &TicketRule, ticket: &str) -> SlackBlock {
    let mut input = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_max_length(u64::from(LONGEST));
    // As for the reason, Slack refuses an initial value that does not fit the input.
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
