//! Renders a form field as an input block.

use rust_decimal::Decimal;
use slack_morphism::prelude::*;

use crate::domain::form::{Choice, Field, Input};
use crate::slack::blocks::plain;
use crate::slack::ids::{ActionId, parameter_block};

/// Longest label and value of an option, in characters.
pub(super) const MAX_OPTION: usize = 75;

type Option_ = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// Returns the block of a field, prefilled with `value` if the input accepts it. A `watched` field reports its changes,
/// so that the preview can be updated.
pub(super) fn input(field: &Field, value: Option<&str>, watched: bool) -> SlackBlock {
    let is_multiline = matches!(field.input, Input::Text { multiline: true, .. });
    let mut block = SlackInputBlock::new(plain(&field.label, 2000), element(field, value))
        .with_block_id(SlackBlockId(parameter_block(&field.key)))
        .with_optional(field.optional());
    if let Some(hint) = &field.hint {
        block = block.with_hint(plain(hint, 2000));
    }
    // Enter starts a new line in a multi-line field, so Slack would not report when the input is complete.
    if watched && !is_multiline {
        block = block.with_dispatch_action(true);
    }
    block.into()
}

fn action() -> SlackActionId {
    SlackActionId(ActionId::FieldValue.as_str().to_owned())
}

fn element(field: &Field, value: Option<&str>) -> SlackInputBlockElement {
    match &field.input {
        Input::Select { options } => {
            let offered = options.iter().enumerate();
            let offered = offered.filter_map(|(position, choice)| option(field, position, choice)).collect();
            let select = SlackBlockStaticSelectElement::new().with_action_id(action()).with_options(offered);
            SlackInputBlockElement::StaticSelect(match chosen(field, value) {
                Some(chosen) => select.with_initial_option(chosen),
                None => select,
            })
        }
        Input::TypeAhead { .. } => {
            let select = SlackBlockExternalSelectElement::new()
                .with_action_id(action())
                .with_placeholder(plain("Type to search", 150))
                .with_min_query_length(0);
            SlackInputBlockElement::ExternalSelect(match chosen(field, value) {
                Some(chosen) => select.with_initial_option(chosen),
                None => select,
            })
        }
        Input::Existing { many, .. } => existing(value, *many),
        Input::Text { multiline, min_length, max_length } => {
            SlackInputBlockElement::PlainTextInput(text(value, *multiline, *min_length, *max_length))
        }
        Input::Number { decimal, min, max } => {
            SlackInputBlockElement::NumberInput(number(value, *decimal, *min, *max))
        }
    }
}

/// Returns a select of existing resources, prefilled by id.
fn existing(value: Option<&str>, many: bool) -> SlackInputBlockElement {
    let ids = value.unwrap_or_default().split(',').map(str::trim);
    // An id that no option can hold would make Slack refuse the form. Views are pure, so names are not known here.
    let chosen: Vec<Option_> = ids.filter(|id| fits(id)).map(|id| by_id(id, id)).collect();
    let placeholder = || plain("Type a name or an id", 150);
    if many {
        let select = SlackBlockMultiExternalSelectElement::new()
            .with_action_id(action())
            .with_placeholder(placeholder())
            .with_min_query_length(0);
        return SlackInputBlockElement::MultiExternalSelect(if chosen.is_empty() {
            select
        } else {
            select.with_initial_options(chosen)
        });
    }
    let select = SlackBlockExternalSelectElement::new()
        .with_action_id(action())
        .with_placeholder(placeholder())
        .with_min_query_length(0);
    SlackInputBlockElement::ExternalSelect(match chosen.into_iter().next() {
        Some(chosen) => select.with_initial_option(chosen),
        None => select,
    })
}

/// Returns whether an option can have this value.
pub(super) fn fits(id: &str) -> bool {
    (1..=MAX_OPTION).contains(&id.chars().count())
}

fn by_id(label: &str, id: &str) -> Option_ {
    Option_::new(plain(label, MAX_OPTION), id.to_owned())
}

/// Returns the option in Slack's format. Slack requires the initial option to be identical to the listed one.
pub(super) fn option(field: &Field, position: usize, choice: &Choice) -> Option<Option_> {
    Some(Option_::new(plain(&choice.label, 75), field.wire_value(position)?))
}

fn chosen(field: &Field, value: Option<&str>) -> Option<Option_> {
    let position = field.position(value?)?;
    option(field, position, field.options().get(position)?)
}

fn text(
    value: Option<&str>,
    multiline: bool,
    min_length: Option<u32>,
    max_length: u32,
) -> SlackBlockPlainTextInputElement {
    let mut input = SlackBlockPlainTextInputElement::new()
        .with_action_id(action())
        .with_max_length(u64::from(max_length));
    if multiline {
        input = input.with_multiline(true);
    }
    if let Some(min_length) = min_length.filter(|length| *length > 0) {
        input = input.with_min_length(u64::from(min_length));
    }
    // Slack refuses the whole form if an initial value is too long.
    let fits = |text: &&str| (1..=max_length as usize).contains(&text.chars().count());
    match value.filter(fits) {
        Some(value) => input.with_initial_value(value.to_owned()),
        None => input,
    }
}

fn number(
    value: Option<&str>,
    decimal: bool,
    min: Option<Decimal>,
    max: Option<Decimal>,
) -> SlackBlockNumberInputElement {
    let mut input = SlackBlockNumberInputElement::new(decimal).with_action_id(action());
    if let Some(min) = min {
        input = input.with_min_value(min.normalize().to_string());
    }
    if let Some(max) = max {
        input = input.with_max_value(max.normalize().to_string());
    }
    // Slack also refuses a form over an initial number that is out of range.
    let fits = |number: &Decimal| {
        (decimal || number.is_integer())
            && min.is_none_or(|min| *number >= min)
            && max.is_none_or(|max| *number <= max)
    };
    match value.and_then(|text| text.trim().parse().ok()).filter(fits) {
        Some(value) => input.with_initial_value(value.normalize().to_string()),
        None => input,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::form::Form;
    use cloudformation::Template;

    #[test]
    fn a_number_is_shown_in_its_shortest_text_and_comes_back_as_the_template_writes_it() {
        let template =
            "Parameters: {Size: {Type: Number, Default: 020}}\nResources: {B: {Type: AWS::S3::Bucket}}\n";
        let form = Form::from_template(&Template::parse(template).unwrap(), &BTreeSet::new()).unwrap();
        let field = form.field("Size").unwrap();
        let block = serde_json::to_value(input(field, field.initial.as_deref(), false)).unwrap();
        assert_eq!(block["element"]["initial_value"], "20");
        assert_eq!(field.sent("20").as_deref(), Some("020"));
    }
}
