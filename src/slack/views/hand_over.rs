//! The modal that asks for the new owner.

use slack_morphism::prelude::*;

use super::{MAX_TITLE, modal};
use crate::domain::ids::PersonId;
use crate::domain::request::Request;
use crate::portal::people::click::ButtonContext;
use crate::slack::blocks::{plain, section};
use crate::slack::ids::{ActionId, CallbackId, PERSON_BLOCK};
use crate::slack::incoming::{ViewRef, is_id};
use crate::slack::mrkdwn::code;

/// Returns the modal.
pub fn hand_over(request: &Request, pressed: &ButtonContext) -> SlackModalView {
    let text = format!(
        "Who owns {} from now on? They get all updates and can renew it.",
        code(&request.resource_name(), 100)
    );
    let select = SlackBlockUsersSelectElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_placeholder(plain("Choose a team-mate", 150));
    let hint = format!("A member of team {}", request.team);
    let person = SlackInputBlock::new(plain("New owner", 2000), SlackInputBlockElement::UsersSelect(select))
        .with_block_id(SlackBlockId(PERSON_BLOCK.to_owned()))
        .with_hint(plain(&hint, 2000));
    modal("Hand over", CallbackId::Transfer, vec![section(&text), person.into()])
        .with_submit(plain("Hand over", MAX_TITLE))
        .with_close(plain("Back", MAX_TITLE))
        .with_private_metadata(pressed.written())
}

/// Returns the selected user; `None` if there is none or the id is malformed.
pub fn person_of(view: &ViewRef) -> Option<PersonId> {
    view.values.text(PERSON_BLOCK).filter(|id| is_id(id)).map(PersonId::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::fixtures;
    use crate::slack::views::button_context::tests::pressed;
    use crate::slack::views::check::{assert_within_limits, transcript};

    #[test]
    fn handing_over_asks_for_a_team_mate() {
        let view = hand_over(&fixtures::active(), &pressed());
        insta::assert_snapshot!(transcript(&view), @"
        Hand over [Hand over] [Back]
        Who owns `s3-bucket-0b8f1c9e` from now on? They get all updates and can renew it.
        New owner: <person>
          A member of team payments
        ");
        assert_within_limits(&hand_over(&fixtures::enormous(), &pressed()));
        assert_eq!(ButtonContext::parse(view.private_metadata.as_deref().unwrap()), Some(pressed()));
    }

    #[test]
    fn only_an_id_is_a_person() {
        let chosen = |id: &str| ViewRef {
            id: "V1".into(),
            hash: None,
            callback_id: String::new(),
            private_metadata: String::new(),
            values: [(PERSON_BLOCK, vec![id])].into_iter().collect(),
            blocks: String::new(),
        };
        assert_eq!(person_of(&chosen("U0BOB")), Some(PersonId::new("U0BOB")));
        assert_eq!(person_of(&chosen("<!channel>")), None);
        assert_eq!(person_of(&chosen("")), None);
    }
}
