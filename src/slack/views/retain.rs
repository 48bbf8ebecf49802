//! The modal in which an admin gives the reason for retaining what a failed teardown left.

use slack_morphism::prelude::SlackModalView;

use super::reason::reason_input;
use super::{MAX_TITLE, modal};
use crate::domain::request::{Request, StatusName};
use crate::portal::people::click::ButtonContext;
use crate::slack::blocks::{plain, section};
use crate::slack::ids::CallbackId;
use crate::slack::mrkdwn::{code, escape_within};

/// Returns the modal, which explains what retaining means.
pub fn retain(request: &Request, pressed: &ButtonContext) -> SlackModalView {
    let failed = request.status.name() == StatusName::TeardownFailed;
    let why = if failed { "could not be torn down" } else { "is stuck" };
    let text = format!(
        "{} of team *{}* {why}. Retaining it leaves everything that remains in the AWS account, where \
         it may still cost money. Its quota slot is freed, and the portal no longer manages it.",
        code(&request.resource_name(), 100),
        escape_within(request.team.as_str(), 150)
    );
    let reason = reason_input("For example: its data is still needed, it moves to the archive account");
    modal("Retain", CallbackId::Retain, vec![section(&text), reason])
        .with_submit(plain("Retain", MAX_TITLE))
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
    fn giving_up_a_teardown_asks_why_and_says_what_it_means() {
        let view = retain(&fixtures::not_torn_down(), &pressed());
        insta::assert_snapshot!(transcript(&view), @"
        Retain [Retain] [Back]
        `s3-bucket-0b8f1c9e` of team *payments* could not be torn down. Retaining it leaves everything that remains in the AWS account, where it may still cost money. Its quota slot is freed, and the portal no longer manages it.
        Reason: <lines>
        ");
        assert_within_limits(&retain(&fixtures::enormous(), &pressed()));
        assert_eq!(ButtonContext::parse(view.private_metadata.as_deref().unwrap()), Some(pressed()));
    }
}
