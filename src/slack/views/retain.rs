//! The modal that asks an admin why a failed teardown is given up.

use slack_morphism::prelude::SlackModalView;

use super::pressed::Pressed;
use super::reason::reason_input;
use super::{MAX_TITLE, modal};
use crate::domain::request::Request;
use crate::slack::blocks::{plain, section};
use crate::slack::ids::CallbackId;
use crate::slack::mrkdwn::{code, escape_within};

/// Asks for the reason, and says what retaining means.
pub fn retain(request: &Request, pressed: &Pressed) -> SlackModalView {
    let what = format!(
        "{} of team *{}* could not be torn down. Retaining it leaves everything that is left in the AWS account, where \
         it may go on costing. Its quota slot is free again, and nobody looks after it here any more.",
        code(&request.resource_name(), 100),
        escape_within(request.team.as_str(), 150)
    );
    let reason = reason_input("For example: its data is still needed, it moves to the archive account");
    modal("Retain", CallbackId::Retain, vec![section(&what), reason])
        .with_submit(plain("Retain", MAX_TITLE))
        .with_close(plain("Back", MAX_TITLE))
        .with_private_metadata(pressed.written())
}
