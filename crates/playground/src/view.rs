//! Open modal views and home tabs: the stack of three, hashes, and input values that survive when the app
//! updates the view.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::workspace::Workspace;
use super::{inputs, normalize};

/// One opened view and two pushed onto it.
const STACK_LIMIT: usize = 3;

/// A view that is open on someone's screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct View {
    pub(super) id: String,
    pub(super) hash: String,
    pub(super) root_view_id: String,
    pub(super) previous_view_id: Option<String>,
    /// The view from the app, with its blocks completed.
    pub(super) body: Value,
    /// `state.values`: the value of each element by block id and action id.
    pub(super) values: Map<String, Value>,
    /// The errors under fields, by block id.
    pub(super) errors: BTreeMap<String, String>,
}

impl View {
    /// Whether the app set this flag of the view.
    pub(super) fn asks(&self, flag: &str) -> bool {
        self.body[flag].as_bool().unwrap_or(false)
    }

    /// Returns the complete view, as the Web API and all payloads contain it.
    pub(super) fn to_json(&self, workspace: &Workspace) -> Value {
        let body = &self.body;
        let identity = &workspace.identity;
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let mut view = json!({
            "id": self.id,
            "team_id": identity.team_id,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": text("private_metadata"),
            "callback_id": text("callback_id"),
            "state": {"values": self.values},
            "hash": self.hash,
            "clear_on_close": self.asks("clear_on_close"),
            "notify_on_close": self.asks("notify_on_close"),
            "previous_view_id": self.previous_view_id,
            "root_view_id": self.root_view_id,
            "app_id": identity.app_id,
            "external_id": text("external_id"),
            "app_installed_team_id": identity.team_id,
            "bot_id": identity.bot_id,
        });
        if body["type"] == "modal" {
            for key in ["title", "submit", "close"] {
                view[key] = body.get(key).cloned().unwrap_or(Value::Null);
            }
            view["submit_disabled"] = json!(self.asks("submit_disabled"));
        }
        view
    }

    /// Returns the errors with which Slack's client prevents a submission, by block id.
    pub(super) fn complaints(&self) -> BTreeMap<String, String> {
        let blocks = self.body["blocks"].as_array().into_iter().flatten();
        blocks
            .filter(|block| block["type"] == "input")
            .filter_map(|block| {
                let block_id = block["block_id"].as_str()?;
                let action_id = block["element"]["action_id"].as_str()?;
                let state = self.values.get(block_id).map_or(&Value::Null, |values| &values[action_id]);
                Some((block_id.to_owned(), inputs::complaint(block, state)?))
            })
            .collect()
    }

    /// Returns where the app may answer after a submission: block, element and selected conversation of each
    /// select with `response_url_enabled` (@slack/bolt 5.1.0, `ViewResponseUrl`, read on 2026-11-29).
    pub(super) fn response_targets(&self) -> Vec<(String, String, String)> {
        let blocks = self.body["blocks"].as_array().into_iter().flatten();
        let selects = blocks.filter(|block| block["element"]["response_url_enabled"] == json!(true));
        selects
            .filter_map(|block| {
                let block_id = block["block_id"].as_str()?;
                let action_id = block["element"]["action_id"].as_str()?;
                let current = self.values.get(block_id)?.get(action_id)?;
                let chosen =
                    current["selected_conversation"].as_str().or(current["selected_channel"].as_str())?;
                Some((block_id.to_owned(), action_id.to_owned(), chosen.to_owned()))
            })
            .collect()
    }

    /// Whether `block_id` is an input block, the only kind that can have an error.
    pub(super) fn has_input(&self, block_id: &str) -> bool {
        let mut blocks = self.body["blocks"].as_array().into_iter().flatten();
        blocks.any(|block| block["type"] == "input" && block["block_id"] == block_id)
    }
}

/// Sets a value in a `state.values` map.
pub(super) fn hold(values: &mut Map<String, Value>, block_id: &str, action_id: &str, state: Value) {
    values
        .entry(block_id)
        .or_insert_with(|| json!({}))
        .as_object_mut()
        .map(|block| block.insert(action_id.to_owned(), state));
}

/// Returns the values of a view when it opens. Inputs that existed before keep their values.
fn values_of(blocks: &Value, before: &Map<String, Value>) -> Map<String, Value> {
    let mut values = Map::new();
    for block in blocks.as_array().into_iter().flatten() {
        let block_id = block["block_id"].as_str().unwrap_or_default();
        for element in normalize::elements(block) {
            let action_id = element["action_id"].as_str().unwrap_or_default();
            let Some(start) = inputs::initial(element) else {
                continue;
            };
            let kept = before
                .get(block_id)
                .and_then(|actions| actions.get(action_id))
                .filter(|current| current["type"] == start["type"] && still_possible(element, current));
            hold(&mut values, block_id, action_id, kept.cloned().unwrap_or(start));
        }
    }
    values
}

/// Whether a selected option survives an update of the view, which requires that it is still offered.
fn still_possible(element: &Value, current: &Value) -> bool {
    let offered = inputs::options(element);
    let chosen = [&current["selected_option"]].into_iter();
    let several = current["selected_options"].as_array().into_iter().flatten();
    // Options that are looked up are not part of the view, so an update cannot take them away.
    offered.is_empty()
        || chosen
            .chain(several)
            .filter(|option| !option.is_null())
            .all(|option| offered.iter().any(|other| other["value"] == option["value"]))
}

impl Workspace {
    fn build_view(&mut self, json: &Value, now: Timestamp) -> View {
        let id = format!("V0{:06}", self.next_serial());
        let body = self.complete_body(json);
        View {
            hash: self.next_hash(now),
            root_view_id: id.clone(),
            previous_view_id: None,
            values: values_of(&body["blocks"], &Map::new()),
            errors: BTreeMap::new(),
            body,
            id,
        }
    }

    fn complete_body(&mut self, json: &Value) -> Value {
        let mut body = normalize::texts(&without_blocks(json));
        body["blocks"] = self.complete_blocks(&json["blocks"]);
        body
    }

    fn next_hash(&mut self, now: Timestamp) -> String {
        format!("{}.{:08x}", now.as_second(), self.next_serial())
    }

    /// Opens a modal for `person`, replacing all open ones.
    pub(super) fn open_view(&mut self, person: &str, json: &Value, now: Timestamp) -> Value {
        let view = self.build_view(json, now);
        let answer = view.to_json(self);
        self.views.insert(person.to_owned(), vec![view]);
        answer
    }

    /// Pushes a modal onto the stack. Returns Slack's error code if the stack is empty or full.
    pub(super) fn push_view(
        &mut self,
        person: &str,
        json: &Value,
        now: Timestamp,
    ) -> Result<Value, &'static str> {
        let stack = self.views.get(person).map_or(&[][..], Vec::as_slice);
        if stack.len() >= STACK_LIMIT {
            return Err("push_limit_reached");
        }
        let top = stack.last().ok_or("not_found")?;
        let (root, previous) = (top.root_view_id.clone(), top.id.clone());
        let mut view = self.build_view(json, now);
        view.root_view_id = root;
        view.previous_view_id = Some(previous);
        let answer = view.to_json(self);
        self.views.entry(person.to_owned()).or_default().push(view);
        Ok(answer)
    }

    /// Replaces the content of an open view. The id stays the same, the hash changes.
    pub(super) fn replace_view(&mut self, view_id: &str, json: &Value, now: Timestamp) -> Option<Value> {
        let before = self.find_view(view_id)?.1.clone();
        let body = self.complete_body(json);
        let after = View {
            hash: self.next_hash(now),
            values: values_of(&body["blocks"], &before.values),
            errors: BTreeMap::new(),
            body,
            ..before
        };
        let answer = after.to_json(self);
        *self.view_mut(view_id)? = after;
        Some(answer)
    }

    /// Publishes the home tab of `person`.
    pub(super) fn publish_home(&mut self, person: &str, json: &Value, now: Timestamp) -> Value {
        let mut home = self.build_view(json, now);
        if let Some(before) = self.homes.get(person) {
            // As when a modal is updated, the id stays and only the hash changes.
            home.id.clone_from(&before.id);
            home.root_view_id.clone_from(&before.id);
            home.values = values_of(&home.body["blocks"], &before.values);
        }
        let answer = home.to_json(self);
        self.homes.insert(person.to_owned(), home);
        answer
    }

    /// Returns the open modal with this id, and the person who has it open.
    pub(super) fn find_view(&self, view_id: &str) -> Option<(&str, &View)> {
        self.views.iter().find_map(|(person, stack)| {
            let view = stack.iter().find(|view| view.id == view_id)?;
            Some((person.as_str(), view))
        })
    }

    /// Returns the id of the open modal with this external id.
    pub(super) fn view_by_external_id(&self, external_id: &str) -> Option<String> {
        let mut views = self.views.values().flatten();
        views.find(|view| view.body["external_id"] == external_id).map(|view| view.id.clone())
    }

    pub(super) fn view_mut(&mut self, view_id: &str) -> Option<&mut View> {
        self.views.values_mut().flatten().find(|view| view.id == view_id)
    }

    /// Removes a view and all views pushed onto it from the stack.
    pub(super) fn close_view(&mut self, person: &str, view_id: &str) -> Vec<View> {
        let Some(stack) = self.views.get_mut(person) else {
            return Vec::new();
        };
        let index = stack.iter().position(|view| view.id == view_id);
        index.map_or_else(Vec::new, |index| stack.split_off(index))
    }
}

fn without_blocks(json: &Value) -> Value {
    let mut json = json.clone();
    if let Some(fields) = json.as_object_mut() {
        fields.remove("blocks");
    }
    json
}
