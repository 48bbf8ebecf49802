//! What an open form stores, and parsing its input. A Slack modal holds the fields of one page and 3,000 characters of
//! metadata; the input of all other pages is stored there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::ids::{PersonId, ProductKey, TeamName};
use crate::portal::people::click::ButtonContext;
use crate::portal::people::form_draft::FormDraft;
use crate::portal::people::form_view::{FormPurpose, FormView};
use crate::slack::ids::{CallbackId, PERSON_BLOCK, REASON_BLOCK, TEAM_BLOCK, TICKET_BLOCK, parameter_of};
use crate::slack::incoming::{ViewRef, is_id};

/// Slack's limit for a view's `private_metadata`, in characters.
const MAX_METADATA: usize = 3000;

/// The part of a draft that a view has room to store. It describes no form: it is the result of fitting one into the
/// metadata of its view.
pub(super) struct CarriedInput {
    pub(super) draft: FormDraft,
    /// Parameters whose values are not stored because they do not fit.
    pub(super) left_out: Vec<String>,
    /// By how many characters the input exceeds the limit.
    pub(super) excess: usize,
}

/// Returns what the view must store of what is not in its fields; `has_fields` if it shows those of its page.
pub(super) fn carried_input(view: &FormView, has_fields: bool) -> CarriedInput {
    let empty = FormDraft::empty(&view.product, view.team.clone());
    let mut draft = match &view.purpose {
        FormPurpose::Create { ticket, owner, .. } => {
            let is_last = has_fields && view.is_last_page();
            let elsewhere = |text: &str| if is_last { String::new() } else { text.to_owned() };
            FormDraft {
                page: view.page,
                values: values_elsewhere(view, has_fields).collect(),
                reason: elsewhere(&view.reason),
                ticket: elsewhere(ticket),
                owner: if is_last { None } else { owner.clone() },
                as_exception: view.preview.exception.is_some(),
                is_last: Some(is_last),
                ..empty
            }
        }
        // What its one page does not show stays as it is.
        FormPurpose::Change { button, .. } => {
            let as_exception = view.preview.exception.is_some();
            FormDraft { button: Some(button.clone()), as_exception, ..empty }
        }
    };
    // Values of hidden fields are not used, so they are dropped first.
    while excess(&draft) > 0
        && let Some(key) = longest(&draft, |key| view.hidden.contains(key))
    {
        draft.values.remove(&key);
    }
    // Measured before visible values are dropped, because it is shown as how much to shorten.
    let too_much = excess(&draft);
    let mut left_out = Vec::new();
    while excess(&draft) > 0
        // The longest first, so that as few fields as possible have to be filled in again.
        && let Some(key) = longest(&draft, |_| true)
    {
        draft.values.remove(&key);
        left_out.push(key);
    }
    CarriedInput { draft, left_out, excess: too_much }
}

/// Returns the values that are not in a field of the page, unless the field starts with them anyway.
fn values_elsewhere(view: &FormView, has_fields: bool) -> impl Iterator<Item = (String, Option<String>)> {
    let on_page = view.form.on_page(view.page, &view.hidden).flat_map(|(_, fields)| fields);
    let on_page: BTreeSet<&str> =
        if has_fields { on_page.map(|field| field.key.as_str()).collect() } else { BTreeSet::new() };
    view.values.iter().filter_map(move |(key, value)| {
        let field = view.form.field(key).filter(|field| !on_page.contains(field.key.as_str()))?;
        // An empty text can be a valid option. For other inputs it is the same as no input.
        let initial = field.initial.as_deref().or(field.options().is_empty().then_some(""));
        if initial == Some(value) {
            return None;
        }
        Some((key.clone(), Some(field.to_wire(value)?)))
    })
}

fn longest(draft: &FormDraft, is_counted: impl Fn(&str) -> bool) -> Option<String> {
    let counted = draft.values.iter().filter(|(key, _)| is_counted(key));
    counted
        .max_by_key(|(_, input)| input.iter().flat_map(|text| text.chars()).count())
        .map(|(key, _)| key.clone())
}

fn excess(draft: &FormDraft) -> usize {
    written(draft).chars().count().saturating_sub(MAX_METADATA)
}

/// Returns the `private_metadata` of a view that stores this draft.
pub(super) fn written(draft: &FormDraft) -> String {
    let mut metadata = json!(draft);
    if let Some(button) = &draft.button {
        metadata["pressed"] = button.written().into();
    }
    metadata.to_string()
}

/// Parses what [`written`] returned; `None` for anything else.
fn parse(metadata: &str) -> Option<FormDraft> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let button = match metadata.get("pressed") {
        Some(button) => Some(ButtonContext::parse(button.as_str()?)?),
        None => None,
    };
    let draft: FormDraft = serde_json::from_value(metadata).ok()?;
    // The text came through a client, so the key must be validated.
    ProductKey::parse(draft.product.as_str())?;
    Some(FormDraft { button, ..draft })
}

/// Parses the input of an open form; `None` if it is not one of ours. The input is not validated yet.
pub fn draft(view: &ViewRef) -> Option<FormDraft> {
    let mut draft = parse(&view.private_metadata)?;
    let is_change = CallbackId::parse(&view.callback_id) == Some(CallbackId::Change);
    // A change is about the request that its button names, so we never write one without it.
    if is_change && draft.button.is_none() {
        return None;
    }
    let input = &view.values;
    let has = |named: &str| input.iter().any(|(block, _)| block == named);
    // Fields of this page are newer than stored values.
    for (block, texts) in input.iter() {
        let Some(key) = parameter_of(block) else { continue };
        // Several selected options are one value, a comma-separated list as CloudFormation expects it.
        let value = if texts.is_empty() { None } else { Some(texts.join(",")) };
        draft.values.insert(key.to_owned(), value);
        draft.fields.insert(key.to_owned());
    }
    if *draft.is_last.get_or_insert_with(|| has(REASON_BLOCK)) {
        draft.reason = input.text(REASON_BLOCK).map(str::to_owned).unwrap_or_default();
        draft.ticket = input.text(TICKET_BLOCK).map(str::to_owned).unwrap_or_default();
        draft.owner = input.text(PERSON_BLOCK).filter(|id| is_id(id)).map(PersonId::new);
    }
    draft.reason = draft.reason.trim().to_owned();
    match input.text(TEAM_BLOCK) {
        Some(team) => draft.team = TeamName::new(team),
        None => draft.lacks_team = has(TEAM_BLOCK),
    }
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::views::button_context::tests::pressed;

    fn first() -> FormDraft {
        let product = crate::slack::messages::fixtures::product("s3-bucket");
        FormDraft { template_hash: "h".into(), ..FormDraft::empty(&product, TeamName::new("a & \"b\"")) }
    }

    #[test]
    fn everything_that_a_form_remembers_reads_back() {
        insta::assert_snapshot!(written(&first()), @r#"{"hash":"h","product":"s3-bucket","team":"a & \"b\""}"#);
        let later = FormDraft {
            page: 2,
            values: [("Name".to_owned(), Some("\u{1}\n<é>".to_owned()))].into(),
            reason: "why".into(),
            ticket: "OPS-1".into(),
            owner: Some(PersonId::new("U0BOB")),
            as_exception: true,
            is_last: Some(false),
            ..first()
        };
        insta::assert_snapshot!(written(&later), @r#"{"exception":true,"filled":{"Name":"\u0001\n<é>"},"hash":"h","last":false,"owner":"U0BOB","page":2,"product":"s3-bucket","reason":"why","team":"a & \"b\"","ticket":"OPS-1"}"#);
        for draft in [first(), later] {
            assert_eq!(parse(&written(&draft)), Some(draft));
        }
    }

    #[test]
    fn metadata_that_we_did_not_write_is_no_metadata() {
        for text in ["", "{}", r#"{"product":"../etc","hash":"","team":"a"}"#, "[]"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_change_is_remembered_with_its_form_and_its_button() {
        let change = FormDraft { button: Some(pressed()), ..first() };
        let metadata = written(&change);
        insta::assert_snapshot!(metadata, @r#"{"hash":"h","pressed":"{\"button\":\"0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10:1\",\"channel\":\"C0PAYMENTS\",\"ts\":\"1.2\"}","product":"s3-bucket","team":"a & \"b\""}"#);
        assert_eq!(parse(&metadata), Some(change));
        let view = |private_metadata: String| ViewRef {
            id: "V1".into(),
            hash: None,
            callback_id: CallbackId::Change.as_str().to_owned(),
            private_metadata,
            values: [("reason", vec!["why"])].into_iter().collect(),
            blocks: String::new(),
        };
        assert_eq!(draft(&view(metadata)).unwrap().reason, "why");
        assert_eq!(draft(&view(written(&first()))), None, "a change needs its button");
    }
}
