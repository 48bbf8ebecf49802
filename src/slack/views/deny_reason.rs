//! The modal that asks for the reason of a denial.

use slack_morphism::prelude::SlackModalView;

use super::reason::reason_input;
use super::{MAX_TITLE, modal};
use crate::domain::approval::About;
use crate::domain::request::Request;
use crate::portal::people::click::ButtonContext;
use crate::slack::blocks::{plain, section};
use crate::slack::ids::CallbackId;
use crate::slack::mrkdwn::{escape_within, mention};

/// Returns the modal, for denying a request, a renewal or a change.
pub fn deny_reason(request: &Request, pressed: &ButtonContext) -> SlackModalView {
    let product = escape_within(&request.product.name, 150);
    let approval = request.approval();
    let purpose = match &approval.about {
        About::Change(_) => format!("to change *{product}*"),
        About::Renew(renewal) => format!("to keep *{product}* {} longer", renewal.period.describe()),
        About::Create => format!("for *{product}*"),
    };
    let text = format!("{} asks {purpose}. They will read your reason.", mention(&approval.asked_by));
    let reason = reason_input("For example: use the shared bucket of your team instead");
    modal("Deny the request", CallbackId::DenyReason, vec![section(&text), reason])
        .with_submit(plain("Deny", MAX_TITLE))
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
    fn a_denial_asks_why_and_remembers_which_card() {
        let view = deny_reason(&fixtures::awaiting(), &pressed());
        insta::assert_snapshot!(transcript(&view), @"
        Deny the request [Deny] [Back]
        <@U0ALICE> asks for *Secure S3 Bucket*. They will read your reason.
        Reason: <lines>
        ");
        assert_within_limits(&deny_reason(&fixtures::enormous(), &pressed()));
        assert_eq!(ButtonContext::parse(view.private_metadata.as_deref().unwrap()), Some(pressed()));
    }
}
