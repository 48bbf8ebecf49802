//! The modal in which an approver types a name to confirm, for products that require it.

use slack_morphism::prelude::*;

use super::teardown::name_input;
use super::{MAX_TITLE, modal};
use crate::domain::request::Request;
use crate::portal::people::click::ButtonContext;
use crate::slack::blocks::{plain, section};
use crate::slack::ids::CallbackId;
use crate::slack::messages::ask;

/// Returns the modal.
pub fn approve(request: &Request, pressed: &ButtonContext) -> SlackModalView {
    let blocks = vec![section(&ask(request)), name_input(&request.resource_name())];
    modal("Approve", CallbackId::Approve, blocks)
        .with_submit(plain("Approve", MAX_TITLE))
        .with_close(plain("Back", MAX_TITLE))
        .with_private_metadata(pressed.written())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::fixtures;
    use crate::slack::views::button_context::tests::pressed;
    use crate::slack::views::check::{assert_within_limits, transcript};

    #[test]
    fn an_approver_reads_once_more_what_it_is_and_types_its_name() {
        let mut request = fixtures::awaiting();
        request.outputs.clear();
        let view = approve(&request, &pressed());
        insta::assert_snapshot!(transcript(&view), @"
        Approve [Approve] [Back]
        *Secure S3 Bucket v1.0* `dev` for team *payments* · about $15/month
        <@U0ALICE> asks for it · `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
        “Invoices & receipts > for audit”
        Type its name to confirm: <text>
          s3-bucket-0b8f1c9e
        ");
        assert_eq!(ButtonContext::parse(view.private_metadata.as_deref().unwrap()), Some(pressed()));
        assert_within_limits(&approve(&fixtures::enormous(), &pressed()));
    }
}
