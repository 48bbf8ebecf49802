//! The shapes on the wire: only the fields we use, each one allowed to be absent or null.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Origin, ParseError, Values};
use crate::domain::ids::PersonId;

/// Anything that Slack gives an `id`.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) user: Option<Named>,
    pub(super) team: Option<Named>,
    pub(super) enterprise: Option<Named>,
    pub(super) trigger_id: Option<String>,
    pub(super) response_url: Option<String>,
    pub(super) response_urls: Option<Vec<ResponseTarget>>,
    pub(super) channel: Option<Named>,
    pub(super) container: Option<Container>,
    pub(super) message: Option<Message>,
    pub(super) view: Option<View>,
    pub(super) actions: Option<Vec<Action>>,
    pub(super) callback_id: Option<String>,
    pub(super) action_id: Option<String>,
    pub(super) block_id: Option<String>,
    pub(super) value: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ResponseTarget {
    pub(super) response_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Container {
    pub(super) message_ts: Option<String>,
    pub(super) channel_id: Option<String>,
    pub(super) thread_ts: Option<String>,
    pub(super) is_ephemeral: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) ts: Option<String>,
    pub(super) thread_ts: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct View {
    pub(super) id: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) callback_id: Option<String>,
    pub(super) private_metadata: Option<String>,
    pub(super) state: Option<State>,
    pub(super) blocks: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct State {
    pub(super) values: Option<BTreeMap<String, BTreeMap<String, Input>>>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are Slack's")]
pub(super) struct Action {
    pub(super) action_id: Option<String>,
    pub(super) block_id: Option<String>,
    #[serde(flatten)]
    pub(super) input: Input,
}

/// What one element holds. Which field is set depends on the element's type; empty inputs are null, `[]` or absent.
#[derive(Debug, Deserialize)]
pub(super) struct Input {
    value: Option<Value>,
    selected_option: Option<Choice>,
    selected_options: Option<Vec<Choice>>,
    selected_user: Option<String>,
    selected_users: Option<Vec<String>>,
    selected_channel: Option<String>,
    selected_channels: Option<Vec<String>>,
    selected_conversation: Option<String>,
    selected_conversations: Option<Vec<String>>,
    selected_date: Option<String>,
    selected_time: Option<String>,
    selected_date_time: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    value: Option<String>,
}

impl Input {
    /// Whatever is filled in, in the order of selection.
    pub(super) fn texts(self) -> Vec<String> {
        let typed = match self.value {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let chosen = self.selected_option.and_then(|choice| choice.value);
        let date_time = self.selected_date_time.map(|seconds| seconds.to_string());
        let ones = [
            typed,
            chosen,
            self.selected_user,
            self.selected_channel,
            self.selected_conversation,
            self.selected_date,
            self.selected_time,
            date_time,
        ];
        let options = self.selected_options.unwrap_or_default().into_iter().filter_map(|choice| choice.value);
        let lists = [self.selected_users, self.selected_channels, self.selected_conversations];
        let many = lists.into_iter().flatten().flatten();
        ones.into_iter().flatten().chain(options).chain(many).collect()
    }
}

impl State {
    /// Flattened to one entry per block: an input block has one element.
    pub(super) fn flat(self) -> Values {
        let blocks = self.values.unwrap_or_default().into_iter();
        blocks
            .map(|(block, elements)| {
                (block, elements.into_values().flat_map(Input::texts).collect::<Vec<_>>())
            })
            .collect()
    }
}

/// Slack ids are letters and digits; anything else must not reach a mention.
pub(super) fn person(id: Option<String>) -> Result<PersonId, ParseError> {
    id.filter(|id| is_id(id)).map(PersonId::new).ok_or(ParseError::Missing("user id"))
}

pub(in crate::slack) fn is_id(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(super) fn origin(
    user: Option<String>,
    team: Option<String>,
    enterprise: Option<String>,
) -> Result<Origin, ParseError> {
    let filled = |id: Option<String>| id.filter(|id| !id.is_empty());
    Ok(Origin { person: person(user)?, team: filled(team), enterprise: filled(enterprise) })
}

pub(super) fn id_of(named: Option<Named>) -> Option<String> {
    named.and_then(|named| named.id)
}
