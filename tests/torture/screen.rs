//! What stands before a person's eyes: buttons and forms.

use playground::{Message, Place, Playground};
use serde_json::{Value, json};

/// Messages of a conversation that somebody scrolls back to.
const SCROLLED: usize = 12;

/// A button as it stood on somebody's screen, to be pressed now or when it is out of date.
#[derive(Clone, Debug)]
pub(crate) struct Button {
    pub(crate) place: Place,
    pub(crate) block_id: String,
    /// What pressing it sends.
    pub(crate) action: Value,
}

impl Button {
    pub(crate) fn id(&self) -> &str {
        self.action["action_id"].as_str().unwrap_or_default()
    }

    /// The request that it names.
    pub(crate) fn request(&self) -> &str {
        let value = self.action["value"].as_str().unwrap_or_default();
        value.split_once(':').map_or("", |(request, _)| request)
    }
}

/// The buttons that a person sees in these channels and in the bot's direct messages.
pub(crate) fn buttons(slack: &Playground, person: &str, channels: &[String]) -> Vec<Button> {
    let mut messages = newest(slack.dm(person));
    for channel in channels {
        messages.extend(newest(slack.messages(channel, person)));
    }
    messages.iter().flat_map(of_message).collect()
}

fn newest(mut messages: Vec<Message>) -> Vec<Message> {
    messages.split_off(messages.len().saturating_sub(SCROLLED))
}

fn of_message(message: &Message) -> Vec<Button> {
    let place = Place::message(&message.channel, &message.ts);
    let mut found = Vec::new();
    for block in message.blocks.as_array().into_iter().flatten() {
        let elements = block["elements"].as_array().into_iter().flatten().chain(block.get("accessory"));
        for element in elements.filter(|element| element["type"] == "button") {
            let action = json!({
                "type": "button", "action_id": element["action_id"], "text": element["text"], "value": element["value"],
            });
            let block_id = block["block_id"].as_str().unwrap_or_default().to_owned();
            found.push(Button { place: place.clone(), block_id, action });
        }
    }
    found
}

/// The open form.
#[derive(Clone, Debug)]
pub(crate) struct Form(Value);

impl Form {
    pub(crate) fn of(slack: &Playground, person: &str) -> Option<Self> {
        slack.view(person).map(Self)
    }

    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap_or_default()
    }

    pub(crate) fn callback(&self) -> &str {
        self.0["callback_id"].as_str().unwrap_or_default()
    }

    pub(crate) fn title(&self) -> &str {
        self.0["title"]["text"].as_str().unwrap_or_default()
    }

    pub(crate) fn can_be_sent(&self) -> bool {
        self.0["submit"].is_object()
    }

    /// The request that the form is about, as the button named it that opened it.
    pub(crate) fn request(&self) -> String {
        let remembered = self.0["private_metadata"].as_str().unwrap_or_default();
        let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
        let mut words = remembered.split(|c| !is_part(c));
        words.find(|word| word.len() == 36).unwrap_or_default().to_owned()
    }

    /// The field of this block: its action.
    pub(crate) fn field(&self, block_id: &str) -> Option<String> {
        let blocks = self.0["blocks"].as_array()?;
        let block = blocks.iter().find(|block| block["block_id"] == block_id && block["type"] == "input")?;
        block["element"]["action_id"].as_str().map(str::to_owned)
    }
}
