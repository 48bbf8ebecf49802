//! The form of a change: what can be changed, what stays, and a preview.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use slack_morphism::prelude::*;

use super::button_context::ButtonContext;
use super::request_form::{FormMetadata, FormState, UNKNOWN, approval, fields, reason_block};
use super::{MAX_TITLE, modal};
use crate::domain::catalog::OverBudget;
use crate::portal::people::change::ChangeSession;
use crate::slack::blocks::{MAX_FIELD, context, divider, plain, section};
use crate::slack::ids::CallbackId;
use crate::slack::messages::{difference_lines, estimates};
use crate::slack::mrkdwn::{code, dollars, escape, escape_within, inline};

/// Shown on every form of a change: which changes replace a resource depends on the template and AWS.
const REPLACES: &str = "Some changes make AWS replace the resource, and its contents are lost. If you are not sure, ask your \
    platform team.";

/// What this form stores besides the usual metadata: the button that opened it.
#[derive(Debug, Deserialize)]
struct ChangeFormWire {
    pressed: String,
}

/// Returns the form of a change. Fields in `watched` report their changes, so that the preview can be updated.
pub fn change_form(
    session: &ChangeSession,
    watched: &BTreeSet<String>,
    pressed: &ButtonContext,
) -> SlackModalView {
    let notes: Vec<String> = session.notes.iter().map(|note| inline(note, MAX_FIELD)).collect();
    let state = FormState {
        product: &session.product,
        // A change cannot move a request to another team.
        teams: &[],
        team: &session.request.team,
        values: &session.values,
        reason: "",
        ticket: "",
        owner: None,
        has_mates: false,
        notes: &notes,
        preview: Some(&session.preview),
        held_by: &[],
        problem: None,
        watched,
        unasked: &BTreeSet::new(),
        page: 0,
        warnings: &[],
    };
    let mut blocks = vec![section(&about(session))];
    if !notes.is_empty() {
        blocks.push(context(&notes.join("\n")));
    }
    blocks.extend(fields(&session.form, &state));
    blocks.extend(fixed(session).map(|text| context(&text)));
    blocks.push(reason_block("", false));
    blocks.push(divider());
    blocks.push(section(&preview(session)));
    blocks.push(context(REPLACES));
    let mut remembered = FormMetadata::of(&session.product, &session.request.team).fields();
    remembered.insert("pressed".to_owned(), pressed.written().into());
    modal("Change it", CallbackId::Change, blocks)
        .with_submit(plain("Change", MAX_TITLE))
        .with_close(plain("Cancel", MAX_TITLE))
        .with_private_metadata(Value::from(remembered).to_string())
}

/// Parses what [`change_form`] stored; `None` for anything else.
pub fn changing(metadata: &str) -> Option<(ButtonContext, FormMetadata)> {
    let wire: ChangeFormWire = serde_json::from_str(metadata).ok()?;
    let form = FormMetadata::parse(metadata)?;
    Some((ButtonContext::parse(&wire.pressed)?, form))
}

fn about(session: &ChangeSession) -> String {
    let (request, product) = (&session.request, &session.product);
    let version = escape_within(&request.product.version, 50);
    let versions = if request.product.template_hash == product.template_hash {
        version
    } else {
        format!("{version} → {}", escape_within(&product.version, 50))
    };
    format!(
        "*{}* {versions}\n{} of team *{}*",
        escape_within(&product.name, 150),
        code(&request.resource_name(), 100),
        escape(request.team.as_str())
    )
}

fn fixed(session: &ChangeSession) -> Option<String> {
    let line = |(key, value): &(String, String)| format!("{}: {}", escape_within(key, 100), code(value, 100));
    let lines: Vec<String> = session.fixed.iter().take(20).map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(format!("Unchanged: {}", lines.join(" · ")))
}

fn preview(session: &ChangeSession) -> String {
    let preview = &session.preview;
    let changes = if session.differences.is_empty() {
        ": nothing yet".to_owned()
    } else {
        format!("\n{}", difference_lines(&session.differences))
    };
    let mut lines = vec![
        format!("*Changes*{changes}"),
        format!("*Cost*: {}", estimates(session.request.estimate.as_ref(), preview.estimate.as_ref())),
        format!("*Approval*: {}", approval(preview)),
    ];
    lines.extend(budget(session));
    lines.join("\n")
}

/// Formats the budget, including the current costs of this request; `None` if the change costs no more.
fn budget(session: &ChangeSession) -> Option<String> {
    let preview = &session.preview;
    let budget = preview.budget?;
    let spent = dollars(budget.spent + session.request.monthly());
    let used = format!("*Budget*: about {spent} of {} a month used", dollars(budget.limit));
    if preview.estimate.is_none() {
        return Some(format!("{used}; {UNKNOWN}"));
    }
    Some(match (preview.exceeded_budget(), session.product.quota.over_budget) {
        (None, _) => used,
        (Some(_), OverBudget::Ask) => format!("{used}; this exceeds it, so approvers are asked"),
        (Some(_), OverBudget::Refuse) => format!(":warning: {used}; this does not fit."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::views::button_context::tests::pressed;

    #[test]
    fn a_change_is_remembered_with_its_form_and_its_button() {
        let form = FormMetadata::parse(r#"{"product":"s3-bucket","hash":"h","team":"a & \"b\""}"#).unwrap();
        let mut remembered = form.fields();
        remembered.insert("pressed".to_owned(), pressed().written().into());
        assert_eq!(changing(&Value::from(remembered).to_string()), Some((pressed(), form.clone())));
        assert_eq!(changing(&Value::from(form.fields()).to_string()), None);
    }
}
