//! The modal that confirms a teardown: what is deleted, what is kept, and an input for the name if the product requires
//! it.

use slack_morphism::prelude::*;

use super::{MAX_TITLE, modal};
use crate::domain::catalog::TeardownConfirm;
use crate::domain::request::{Request, Status};
use crate::portal::people::click::ButtonContext;
use crate::slack::blocks::{plain, section, typed};
use crate::slack::ids::{ActionId, CallbackId, NAME_BLOCK};
use crate::slack::incoming::ViewRef;
use crate::slack::messages::lost_and_kept;
use crate::slack::mrkdwn::{code, escape_within, mention};

/// The title of the modal and its submit button.
pub(super) const TEAR_DOWN: &str = "Tear down";
/// The button that closes the modal.
pub(super) const KEEP_IT: &str = "Keep it";

/// Longest input for a name, in characters; names are shorter.
const LONGEST_TYPED: u64 = 200;

/// Returns the modal, for a first attempt or a retry.
pub fn tear_down(request: &Request, pressed: &ButtonContext) -> SlackModalView {
    let mut blocks = vec![section(&what(request)), section(&lost_and_kept(request))];
    if matches!(request.status, Status::Provisioning { .. }) {
        blocks.push(section("It is still being provisioned, and will be torn down as soon as that is done."));
    }
    if request.product.teardown == TeardownConfirm::TypeTheName {
        blocks.push(name_input(&request.resource_name()));
    }
    modal(TEAR_DOWN, CallbackId::TearDown, blocks)
        .with_submit(plain(TEAR_DOWN, MAX_TITLE))
        .with_close(plain(KEEP_IT, MAX_TITLE))
        .with_private_metadata(pressed.written())
}

fn what(request: &Request) -> String {
    format!(
        "{}\n*{} {}* of team *{}*, owned by {}",
        code(&request.resource_name(), 100),
        escape_within(&request.product.name, 150),
        escape_within(&request.product.version, 50),
        escape_within(request.team.as_str(), 150),
        mention(&request.owner)
    )
}

/// Returns the input for the name.
pub(super) fn name_input(name: &str) -> SlackBlock {
    let input = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_max_length(LONGEST_TYPED);
    SlackInputBlock::new(
        plain("Type its name to confirm", 2000),
        SlackInputBlockElement::PlainTextInput(input),
    )
    .with_block_id(SlackBlockId(NAME_BLOCK.to_owned()))
    .with_hint(typed(name, 2000).into())
    .into()
}

/// Returns the name as typed; `None` if it was not asked for.
pub fn typed_name(view: &ViewRef) -> Option<&str> {
    view.values.text(NAME_BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deletion::DeletionOutcome;
    use crate::slack::messages::fixtures;
    use crate::slack::views::button_context::tests::pressed;
    use crate::slack::views::check::{assert_within_limits, transcript};

    #[test]
    fn a_teardown_names_the_resource_what_is_lost_and_what_is_kept() {
        let mut request = fixtures::active();
        request.product.deletion_effects = fixtures::fates_of(&[
            ("Bucket", "AWS::S3::Bucket", DeletionOutcome::Kept),
            ("Log", "AWS::Logs::LogGroup", DeletionOutcome::Deleted),
        ]);
        let view = tear_down(&request, &pressed());
        insta::assert_snapshot!(transcript(&view), @"
        Tear down [Tear down] [Keep it]
        `s3-bucket-0b8f1c9e`
        *Secure S3 Bucket v1.0* of team *payments*, owned by <@U0ALICE>
        *Deleted*, and cannot be recovered: Log (AWS::Logs::LogGroup).
        *Kept*: Bucket (AWS::S3::Bucket) stays in the AWS account and may still cost money.
        ");
        assert_eq!(ButtonContext::parse(view.private_metadata.as_deref().unwrap()), Some(pressed()));
    }

    #[test]
    fn what_holds_data_is_confirmed_by_typing_its_name() {
        let mut request = fixtures::active();
        request.product.teardown = TeardownConfirm::TypeTheName;
        request.outputs[0].value = "payments-invoices".into();
        insta::assert_snapshot!(transcript(&tear_down(&request, &pressed())), @"
        Tear down [Tear down] [Keep it]
        `payments-invoices`
        *Secure S3 Bucket v1.0* of team *payments*, owned by <@U0ALICE>
        All of its resources are deleted and cannot be recovered.
        Type its name to confirm: <text>
          payments-invoices
        ");
    }

    #[test]
    fn what_is_being_provisioned_is_torn_down_as_soon_as_it_is_there() {
        let text = transcript(&tear_down(&fixtures::provisioning(), &pressed()));
        assert!(text.contains("torn down as soon as that is done"), "{text}");
    }

    #[test]
    fn no_name_and_no_number_of_resources_breaks_slacks_limits() {
        let mut request = fixtures::enormous();
        request.product.teardown = TeardownConfirm::TypeTheName;
        assert_within_limits(&tear_down(&request, &pressed()));
    }
}
