//! The modal that asks an approver why.

use serde::{Deserialize, Serialize};
use slack_morphism::prelude::*;

use super::{MAX_TITLE, modal};
use crate::domain::ids::ChannelId;
use crate::domain::request::{MessageRef, Request};
use crate::slack::blocks::{plain, section};
use crate::slack::ids::{ActionId, ButtonValue, CallbackId, REASON_BLOCK};
use crate::slack::incoming::ViewRef;
use crate::slack::mrkdwn::{escape_within, mention};

/// Characters of a reason.
pub const REASON_LENGTH: std::ops::RangeInclusive<usize> = 3..=1000;

/// What the modal remembers while it is open. It passes through the person's client, so it is no proof of anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenyMetadata {
    /// The button that opened it.
    pub button: ButtonValue,
    /// The card the button stands on.
    pub card: Option<MessageRef>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    button: String,
    channel: Option<String>,
    ts: Option<String>,
}

impl DenyMetadata {
    /// Reads what [`deny_reason`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let wire: Wire = serde_json::from_str(text).ok()?;
        let card = wire.channel.zip(wire.ts);
        let card = card.map(|(channel, ts)| MessageRef { channel: ChannelId::new(channel), ts });
        Some(Self { button: ButtonValue::parse(&wire.button)?, card })
    }

    fn written(&self) -> String {
        let (channel, ts) = self.card.clone().map(|card| (card.channel.to_string(), card.ts)).unzip();
        serde_json::to_string(&Wire { button: self.button.to_string(), channel, ts }).unwrap_or_default()
    }
}

/// Asks for the reason of a denial.
pub fn deny_reason(request: &Request, metadata: &DenyMetadata) -> SlackModalView {
    let what = format!(
        "{} asks for *{}*. They will read your reason.",
        mention(&request.requester),
        escape_within(&request.product.name, 150)
    );
    let input = SlackBlockPlainTextInputElement::new()
        .with_action_id(SlackActionId(ActionId::FieldValue.as_str().to_owned()))
        .with_multiline(true)
        .with_min_length(3)
        .with_max_length(1000)
        .with_placeholder(plain("For example: use the shared bucket of your team instead", 150));
    let reason = SlackInputBlock::new(plain("Reason", 2000), SlackInputBlockElement::PlainTextInput(input))
        .with_block_id(SlackBlockId(REASON_BLOCK.to_owned()));
    modal("Deny the request", CallbackId::DenyReason, vec![section(&what), reason.into()])
        .with_submit(plain("Deny", MAX_TITLE))
        .with_close(plain("Back", MAX_TITLE))
        .with_private_metadata(metadata.written())
}

/// The reason that was typed, or what is wrong with it, to be shown under its field.
///
/// # Errors
/// A sentence for the person.
pub fn reason_of(view: &ViewRef) -> Result<String, String> {
    let reason = view.values.text(REASON_BLOCK).unwrap_or_default().trim();
    if !REASON_LENGTH.contains(&reason.chars().count()) {
        return Err("Write a reason of 3 to 1,000 characters.".to_owned());
    }
    Ok(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::sample;
    use crate::slack::views::check::{assert_within_limits, transcript};

    fn metadata() -> DenyMetadata {
        DenyMetadata {
            button: ButtonValue { request: sample::request().id, epoch: 1 },
            card: Some(MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1.2".into() }),
        }
    }

    #[test]
    fn a_denial_asks_why_and_remembers_which_card() {
        let view = deny_reason(&sample::awaiting(), &metadata());
        insta::assert_snapshot!(transcript(&view), @"
        Deny the request [Deny] [Back]
        <@U0ALICE> asks for *Secure S3 Bucket*. They will read your reason.
        Reason: <lines>
        ");
        assert_within_limits(&deny_reason(&sample::enormous(), &metadata()));
        assert_eq!(DenyMetadata::parse(view.private_metadata.as_deref().unwrap()), Some(metadata()));
        let without = DenyMetadata { card: None, ..metadata() };
        assert_eq!(DenyMetadata::parse(&without.written()), Some(without));
        assert_eq!(DenyMetadata::parse("{}"), None);
    }

    #[test]
    fn a_reason_of_blanks_is_no_reason() {
        let typed = |text: &str| ViewRef {
            id: "V1".into(),
            hash: None,
            callback_id: String::new(),
            private_metadata: String::new(),
            values: [(REASON_BLOCK, vec![text])].into_iter().collect(),
        };
        assert!(reason_of(&typed("  a ")).is_err());
        assert!(reason_of(&typed(&"x".repeat(1001))).is_err());
        assert_eq!(reason_of(&typed(" too dear \n")), Ok("too dear".to_owned()));
    }
}
