//! The modal for an absence: who approves meanwhile, and until when.

use jiff::civil::Date;
use slack_morphism::prelude::*;

use super::{MAX_TITLE, modal};
use crate::slack::blocks::{plain, section};
use crate::slack::ids::{ActionId, CallbackId, PERSON_BLOCK, UNTIL_BLOCK};
use crate::slack::incoming::ViewRef;

/// Returns the modal.
pub fn away() -> SlackModalView {
    let text = "Who answers for you while you are away? They can approve and deny what you could, never their own \
                requests, and every answer shows that it was given for you.";
    let value = || SlackActionId(ActionId::FieldValue.as_str().to_owned());
    let select = SlackBlockUsersSelectElement::new()
        .with_action_id(value())
        .with_placeholder(plain("Choose a colleague", 150));
    let person =
        SlackInputBlock::new(plain("Answers for you", 2000), SlackInputBlockElement::UsersSelect(select))
            .with_block_id(SlackBlockId(PERSON_BLOCK.to_owned()));
    let date = SlackBlockDatePickerElement::new().with_action_id(value());
    let until = SlackInputBlock::new(plain("Last day", 2000), SlackInputBlockElement::DatePicker(date))
        .with_block_id(SlackBlockId(UNTIL_BLOCK.to_owned()))
        .with_hint(plain("The day ends at midnight UTC. You can come back earlier on the home tab.", 2000));
    modal("Out of office", CallbackId::Away, vec![section(text), person.into(), until.into()])
        .with_submit(plain("Leave", MAX_TITLE))
        .with_close(plain("Back", MAX_TITLE))
}

/// Returns the selected day; `None` if there is none or it is not a date.
pub fn last_day(view: &ViewRef) -> Option<Date> {
    view.values.text(UNTIL_BLOCK)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::views::check::{assert_within_limits, transcript};

    #[test]
    fn whoever_goes_away_says_who_answers_and_until_when() {
        insta::assert_snapshot!(transcript(&away()), @"
        Out of office [Leave] [Back]
        Who answers for you while you are away? They can approve and deny what you could, never their own requests, and every answer shows that it was given for you.
        Answers for you: <person>
        Last day: ?datepicker
          The day ends at midnight UTC. You can come back earlier on the home tab.
        ");
        assert_within_limits(&away());
    }
}
