//! The payloads as Slack sends them: only the fields we use, each of which may be absent or of another shape.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::{ByName, Field, Flag, Input, List, Object, Text, Texts, tolerant};
use super::{Origin, ParseError, Values};
use crate::domain::ids::PersonId;

/// An object with an `id`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WithId {
    id: Field<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Payload {
    #[serde(rename = "type")]
    pub(super) kind: Field<Text>,
    pub(super) user: Field<Object<WithId>>,
    pub(super) team: Field<Object<WithId>>,
    pub(super) enterprise: Field<Object<WithId>>,
    pub(super) trigger_id: Field<Text>,
    pub(super) response_url: Field<Text>,
    pub(super) response_urls: Field<List<ResponseTarget>>,
    pub(super) channel: Field<Object<WithId>>,
    pub(super) container: Field<Object<Container>>,
    pub(super) message: Field<Object<WireMessage>>,
    pub(super) view: Field<Object<WireView>>,
    pub(super) actions: Field<List<Action>>,
    pub(super) callback_id: Field<Text>,
    pub(super) action_id: Field<Text>,
    pub(super) block_id: Field<Text>,
    pub(super) value: Field<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResponseTarget {
    pub(super) response_url: Field<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Container {
    pub(super) message_ts: Field<Text>,
    pub(super) channel_id: Field<Text>,
    pub(super) thread_ts: Field<Text>,
    pub(super) is_ephemeral: Field<Flag>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireMessage {
    pub(super) ts: Field<Text>,
    pub(super) thread_ts: Field<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireView {
    pub(super) id: Field<Text>,
    pub(super) hash: Field<Text>,
    pub(super) callback_id: Field<Text>,
    pub(super) private_metadata: Field<Text>,
    pub(super) state: Field<Object<ViewState>>,
    // Kept as raw JSON, to show the view again as it was.
    pub(super) blocks: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block {
    #[serde(rename = "type")]
    kind: Field<Text>,
    block_id: Field<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ViewState {
    values: Field<ByName<ByName<Object<Element>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are Slack's")]
pub(super) struct Action {
    pub(super) action_id: Field<Text>,
    pub(super) block_id: Field<Text>,
    #[serde(flatten)]
    pub(super) element: Element,
}

/// The input of one element. Which field is set depends on the element's type; empty inputs are null, `[]` or absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Element {
    value: Field<Input>,
    selected_option: Field<Object<SelectedOption>>,
    selected_options: Field<List<SelectedOption>>,
    selected_user: Field<Text>,
    selected_users: Field<Texts>,
    selected_channel: Field<Text>,
    selected_channels: Field<Texts>,
    selected_conversation: Field<Text>,
    selected_conversations: Field<Texts>,
    selected_date: Field<Text>,
    selected_time: Field<Text>,
    // Seconds since 1970, as a number.
    selected_date_time: Field<Input>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SelectedOption {
    value: Field<Text>,
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
    let blocks = tolerant::<Field<List<Block>>>(blocks.as_bytes()).ok()?.0?.into_iter();
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
pub(super) fn person(id: Field<Text>) -> Result<PersonId, ParseError> {
    id.0.filter(|id| is_id(id)).map(PersonId::new).ok_or(ParseError::Missing("user id"))
}

pub(in crate::slack) fn is_id(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(super) fn origin(
    user: Field<Text>,
    team: Field<Text>,
    enterprise: Field<Text>,
) -> Result<Origin, ParseError> {
    Ok(Origin { person: person(user)?, team: team.0, enterprise: enterprise.0 })
}

pub(super) fn id_of(named: Field<Object<WithId>>) -> Field<Text> {
    named.0.unwrap_or_default().id
}
