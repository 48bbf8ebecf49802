//! The modal for approving with changes, and parsing its input.

use std::collections::BTreeMap;

use slack_morphism::prelude::*;

use super::field::input;
use super::teardown::name_input;
use super::{MAX_TITLE, modal};
use crate::domain::approval::{AboutKind, RequestedReduction, period_asked};
use crate::domain::catalog::ApprovalConfirm;
use crate::domain::form::{CHOOSE, Field};
use crate::domain::period::Period;
use crate::domain::request::Request;
use crate::portal::people::click::ButtonContext;
use crate::slack::blocks::{plain, section};
use crate::slack::ids::{ActionId, CallbackId, LEASE_BLOCK, parameter_block, parameter_of};
use crate::slack::incoming::ViewRef;
use crate::slack::messages::ask;

/// Returns the modal, prefilled with the requested values.
pub fn approve_with_changes(request: &Request, fields: &[Field], pressed: &ButtonContext) -> SlackModalView {
    let approval = request.approval();
    let parameters = approval.change().map_or(&request.parameters, |order| &order.parameters);
    let mut blocks = vec![section(&ask(request))];
    if let Some((asked, shorter)) = period_asked(request) {
        blocks.push(lease(asked, &shorter, approval.about.kind()));
    }
    for field in fields {
        let current = parameters.iter().find(|(key, _)| *key == field.key);
        // Not watched, because this modal has no preview to update.
        blocks.push(input(field, current.map(|(_, value)| value.as_str()), false));
    }
    if request.rule().confirm == ApprovalConfirm::TypeTheName {
        blocks.push(name_input(&request.resource_name()));
    }
    modal("Approve with changes", CallbackId::ApproveWithChanges, blocks)
        .with_submit(plain("Approve", MAX_TITLE))
        .with_close(plain("Back", MAX_TITLE))
        .with_private_metadata(pressed.written())
}

fn lease(asked: Period, shorter: &[Period], kind: AboutKind) -> SlackBlock {
    let option = |period: Period, note: &str| {
        SlackBlockChoiceItem::new(plain(&format!("{}{note}", period.describe()), 75), period.to_string())
    };
    let now = option(asked, " (as it stands)");
    let mut options: Vec<_> = shorter.iter().map(|period| option(*period, "")).collect();
    // Slack accepts only a listed option as the initial one, and an approver may leave the period as it is.
    options.push(now.clone());
    let select = SlackBlockStaticSelectElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_options(options)
        .with_initial_option(now);
    let (label, hint) = match kind {
        AboutKind::Create | AboutKind::Change => ("Lease", "How long it runs before its owner is warned"),
        AboutKind::Renew => ("Renewal", "How much longer it runs before its owner is warned again"),
    };
    SlackInputBlock::new(plain(label, 2000), SlackInputBlockElement::StaticSelect(select))
        .with_block_id(SlackBlockId(LEASE_BLOCK.to_owned()))
        .with_hint(plain(hint, 2000))
        .into()
}

/// Returns errors for fields without input: every field was prefilled, so an empty one is not intended.
pub fn lacking(view: &ViewRef, has_period: bool, fields: &[Field]) -> BTreeMap<String, String> {
    let demands = fields.iter().map(|field| (parameter_block(&field.key), field.demand()));
    let all = demands.chain(has_period.then(|| (LEASE_BLOCK.to_owned(), CHOOSE)));
    let lacking = all.filter(|(block, _)| view.values.text(block).is_none());
    lacking.map(|(block, demand)| (block, demand.to_owned())).collect()
}

/// Parses the input by the current fields; `None` if the lease cannot be parsed, so that the form must be forged.
pub fn wanted(view: &ViewRef, fields: &[Field]) -> Option<RequestedReduction> {
    let lease = view.values.text(LEASE_BLOCK).map(str::parse).transpose().ok()?;
    let mut parameters = BTreeMap::new();
    for (block, _) in view.values.iter() {
        let Some(key) = parameter_of(block) else { continue };
        let Some(typed) = view.values.text(block) else { continue };
        let field = fields.iter().find(|field| field.key == key);
        let value = field.and_then(|field| field.sent(typed));
        // What no field accepts goes on as it came, so that the core refuses it with its reason.
        parameters.insert(key.to_owned(), value.unwrap_or_else(|| typed.to_owned()));
    }
    Some(RequestedReduction { lease, parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::form::Input;
    use crate::domain::parameters::Canonical;
    use crate::slack::messages::fixtures;
    use crate::slack::views::button_context::tests::pressed;
    use crate::slack::views::check::{assert_within_limits, transcript};

    fn size() -> Field {
        let choice = |value: &str| crate::domain::form::Choice { value: value.into(), label: value.into() };
        Field {
            key: "Environment".into(),
            label: "Environment".into(),
            hint: None,
            input: Input::Select { options: vec![choice("tiny"), choice("dev")] },
            left_empty: None,
            initial: None,
            canonical: Canonical::AsTyped,
        }
    }

    #[test]
    fn an_approver_sees_what_stands_and_may_choose_what_is_less() {
        let view = approve_with_changes(&fixtures::awaiting(), &[size()], &pressed());
        insta::assert_snapshot!(transcript(&view), @"
        Approve with changes [Approve] [Back]
        *Secure S3 Bucket v1.0* `dev` for team *payments* · about $15/month
        <@U0ALICE> asks for it · `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
        “Invoices & receipts > for audit”
        Lease: <1 day|7 days|15 days|30 days (as it stands)=30d>
          How long it runs before its owner is warned
        Environment: <tiny|dev=dev>
        ");
        assert_eq!(ButtonContext::parse(view.private_metadata.as_deref().unwrap()), Some(pressed()));
        assert_within_limits(&approve_with_changes(&fixtures::enormous(), &[size()], &pressed()));
    }
}
