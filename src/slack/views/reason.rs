//! The input for a reason.

use slack_morphism::prelude::*;

use crate::slack::blocks::plain;
use crate::slack::ids::{ActionId, REASON_BLOCK};
use crate::slack::incoming::ViewRef;

/// Accepted length of a reason, in characters.
const REASON_LENGTH: std::ops::RangeInclusive<usize> = 3..=1000;

/// Returns a multi-line input with an example as its placeholder.
pub(super) fn reason_input(example: &str) -> SlackBlock {
    let input = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_multiline(true)
        .with_min_length(3)
        .with_max_length(1000)
        .with_placeholder(plain(example, 150));
    SlackInputBlock::new(plain("Reason", 2000), SlackInputBlockElement::PlainTextInput(input))
        .with_block_id(SlackBlockId(REASON_BLOCK.to_owned()))
        .into()
}

/// Returns the reason.
///
/// # Errors
/// A sentence for the user, shown under the field.
pub fn reason_of(view: &ViewRef) -> Result<String, String> {
    let reason = view.values.text(REASON_BLOCK).unwrap_or_default().trim();
    // Checked again, because the form came through a client, and blanks at the ends are cut only here.
    if !REASON_LENGTH.contains(&reason.chars().count()) {
        return Err("Write a reason of 3 to 1,000 characters.".to_owned());
    }
    Ok(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_blanks_is_no_reason() {
        let typed = |text: &str| ViewRef {
            id: "V1".into(),
            hash: None,
            callback_id: String::new(),
            private_metadata: String::new(),
            values: [(REASON_BLOCK, vec![text])].into_iter().collect(),
            blocks: String::new(),
        };
        assert!(reason_of(&typed("  a ")).is_err());
        assert!(reason_of(&typed(&"x".repeat(1001))).is_err());
        assert_eq!(reason_of(&typed(" too dear \n")), Ok("too dear".to_owned()));
    }
}
