//! The payloads as Slack sends them: only the fields we use, each of which may be absent or of another shape.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::{
    FlagShape, InputShape, ListShape, MapShape, ObjectShape, PayloadField, TextShape, TextsShape, tolerant,
};
use super::{Origin, ParseError, Values};
use crate::domain::ids::PersonId;

/// An object with an `id`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WithId {
    id: PayloadField<TextShape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Payload {
    #[serde(rename = "type")]
    pub(super) kind: PayloadField<TextShape>,
    pub(super) user: PayloadField<ObjectShape<WithId>>,
    pub(super) team: PayloadField<ObjectShape<WithId>>,
    pub(super) enterprise: PayloadField<ObjectShape<WithId>>,
    pub(super) trigger_id: PayloadField<TextShape>,
    pub(super) response_url: PayloadField<TextShape>,
    pub(super) response_urls: PayloadField<ListShape<ResponseTarget>>,
    pub(super) channel: PayloadField<ObjectShape<WithId>>,
    pub(super) container: PayloadField<ObjectShape<Container>>,
    pub(super) message: PayloadField<ObjectShape<WireMessage>>,
    pub(super) view: PayloadField<ObjectShape<WireView>>,
    pub(super) actions: PayloadField<ListShape<Action>>,
    pub(super) callback_id: PayloadField<TextShape>,
    pub(super) action_id: PayloadField<TextShape>,
    pub(super) block_id: PayloadField<TextShape>,
    pub(super) value: PayloadField<TextShape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResponseTarget {
    pub(super) response_url: PayloadField<TextShape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Container {
    pub(super) message_ts: PayloadField<TextShape>,
    pub(super) channel_id: PayloadField<TextShape>,
    pub(super) thread_ts: PayloadField<TextShape>,
    pub(super) is_ephemeral: PayloadField<FlagShape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireMessage {
    pub(super) ts: PayloadField<TextShape>,
    pub(super) thread_ts: PayloadField<TextShape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireView {
    pub(super) id: PayloadField<TextShape>,
    pub(super) hash: PayloadField<TextShape>,
    pub(super) callback_id: PayloadField<TextShape>,
    pub(super) private_metadata: PayloadField<TextShape>,
    pub(super) state: PayloadField<ObjectShape<ViewState>>,
    // Kept as raw JSON, to show the view again as it was.
    pub(super) blocks: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block {
    #[serde(rename = "type")]
    kind: PayloadField<TextShape>,
    block_id: PayloadField<TextShape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ViewState {
    values: PayloadField<MapShape<MapShape<ObjectShape<Element>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are Slack's")]
pub(super) struct Action {
    pub(super) action_id: PayloadField<TextShape>,
    pub(super) block_id: PayloadField<TextShape>,
    #[serde(flatten)]
    pub(super) element: Element,
}

/// The input of one element. Which field is set depends on the element's type; empty inputs are null, `[]` or absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Element {
    value: PayloadField<InputShape>,
    selected_option: PayloadField<ObjectShape<SelectedOption>>,
    selected_options: PayloadField<ListShape<SelectedOption>>,
    selected_user: PayloadField<TextShape>,
    selected_users: PayloadField<TextsShape>,
    selected_channel: PayloadField<TextShape>,
    selected_channels: PayloadField<TextsShape>,
    selected_conversation: PayloadField<TextShape>,
    selected_conversations: PayloadField<TextsShape>,
    selected_date: PayloadField<TextShape>,
    selected_time: PayloadField<TextShape>,
    // Seconds since 1970, as a number.
    selected_date_time: PayloadField<InputShape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SelectedOption {
    value: PayloadField<TextShape>,
}

impl Element {
    /// Returns all input, in the order of selection.
    pub(super) fn texts(self) -> Vec<String> {
        let ones = [
            self.value.0,
            self.selected_option.0.and_then(|choice| choice.value.0),
            self.selected_user.0,
            self.selected_channel.0,
            self.selected_conversation.0,
            self.selected_date.0,
            self.selected_time.0,
            self.selected_date_time.0,
        ];
        let options = self.selected_options.0.unwrap_or_default().into_iter();
        let lists = [self.selected_users.0, self.selected_channels.0, self.selected_conversations.0];
        let many = lists.into_iter().flatten().flatten();
        ones.into_iter().flatten().chain(options.filter_map(|choice| choice.value.0)).chain(many).collect()
    }
}

impl ViewState {
    /// Flattens the state to one entry per block, as an input block has one element.
    fn flat(self) -> impl Iterator<Item = (String, Vec<String>)> {
        let blocks = self.values.0.unwrap_or_default().into_iter();
        blocks.map(|(block, elements)| (block, elements.into_values().flat_map(Element::texts).collect()))
    }
}

/// Returns the ids of the input blocks of a view; `None` if `blocks` is not a list.
pub(super) fn inputs(blocks: &str) -> Option<BTreeSet<String>> {
    let blocks = tolerant::<PayloadField<ListShape<Block>>>(blocks.as_bytes()).ok()?.0?.into_iter();
    let inputs = blocks.filter(|block| block.kind.0.as_deref() == Some("input"));
    Some(inputs.filter_map(|block| block.block_id.0).collect())
}

impl WireView {
    /// Returns the input of the view. A field that was shown but whose input is missing or unreadable is empty.
    pub(super) fn values(&self, state: Option<ViewState>) -> Values {
        let inputs = self.blocks.as_deref().and_then(|blocks| inputs(blocks.get())).unwrap_or_default();
        let empty = inputs.into_iter().map(|block| (block, Vec::new()));
        // Later entries win, so input replaces the empty entry of its block.
        empty.chain(state.into_iter().flat_map(ViewState::flat)).collect()
    }
}

/// Returns the user id. Slack ids are letters and digits; anything else must not get into a mention.
pub(super) fn person(id: PayloadField<TextShape>) -> Result<PersonId, ParseError> {
    id.0.filter(|id| is_id(id)).map(PersonId::new).ok_or(ParseError::Missing("user id"))
}

pub(in crate::slack) fn is_id(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(super) fn origin(
    user: PayloadField<TextShape>,
    team: PayloadField<TextShape>,
    enterprise: PayloadField<TextShape>,
) -> Result<Origin, ParseError> {
    Ok(Origin { person: person(user)?, team: team.0, enterprise: enterprise.0 })
}

pub(super) fn id_of(named: PayloadField<ObjectShape<WithId>>) -> PayloadField<TextShape> {
    named.0.unwrap_or_default().id
}
