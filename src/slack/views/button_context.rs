//! What a modal stores about the button that opened it.

use serde::Deserialize;
use serde_json::json;

use crate::domain::ids::ChannelId;
use crate::domain::request::MessageRef;
use crate::portal::people::click::ButtonContext;
use crate::slack::ids::ButtonValue;

#[derive(Deserialize)]
struct ButtonContextWire {
    button: String,
    channel: Option<String>,
    ts: Option<String>,
}

impl ButtonContext {
    /// Parses a modal's `private_metadata`; `None` if it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let wire: ButtonContextWire = serde_json::from_str(text).ok()?;
        // Slack names a message by channel and timestamp together; one alone names none.
        let message = wire.channel.zip(wire.ts);
        let message = message.map(|(channel, ts)| MessageRef { channel: ChannelId::new(channel), ts });
        let ButtonValue { request, epoch } = ButtonValue::parse(&wire.button)?;
        Some(Self { request, epoch, message })
    }

    pub(super) fn written(&self) -> String {
        let (channel, ts) = self.message.as_ref().map(|at| (at.channel.as_str(), at.ts.as_str())).unzip();
        let button = ButtonValue { request: self.request, epoch: self.epoch };
        json!({"button": button.to_string(), "channel": channel, "ts": ts}).to_string()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::slack::messages::fixtures;

    pub(in crate::slack::views) fn pressed() -> ButtonContext {
        ButtonContext {
            request: fixtures::request().id,
            epoch: 1,
            message: Some(MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1.2".into() }),
        }
    }

    #[test]
    fn a_modal_remembers_its_button_and_the_message_it_stood_in() {
        assert_eq!(ButtonContext::parse(&pressed().written()), Some(pressed()));
        let without = ButtonContext { message: None, ..pressed() };
        assert_eq!(ButtonContext::parse(&without.written()), Some(without));
        for bad in ["", "{}", r#"{"button":"x"}"#, r#"{"button":"x:1","channel":"C1","ts":"1.2"}"#] {
            assert_eq!(ButtonContext::parse(bad), None, "{bad}");
        }
    }
}
