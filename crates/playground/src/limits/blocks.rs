//! Limits of blocks, and where each is allowed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::elements::Host;
use super::{Checker, ID, Surface};
use crate::normalize;

const SECTION_TEXT: usize = 3_000;
const FIELDS: usize = 10;
const FIELD_TEXT: usize = 2_000;
const HEADER_TEXT: usize = 150;
const CONTEXT: usize = 10;
const ACTIONS: usize = 25;
const LABEL: usize = 2_000;
/// Blocks that are only allowed in messages.
const MESSAGE_ONLY: [&str; 6] = ["table", "data_table", "markdown", "plan", "task_card", "context_actions"];

/// Blocks that exist in Slack but that our bot does not use. Only what is certain about them is checked.
const OTHERS: [&str; 12] = [
    "alert",
    "call",
    "card",
    "carousel",
    "container",
    "context_actions",
    "data_table",
    "data_visualization",
    "file",
    "plan",
    "task_card",
    "video",
];

impl Checker {
    pub(super) fn block(&mut self, block: &Value, path: &str) {
        let kind = block["type"].as_str().unwrap_or_default();
        self.block_id(block, path);
        if MESSAGE_ONLY.contains(&kind) && self.surface != Surface::Message {
            self.fail(&format!("{path}/type"), format!("{kind} is allowed in messages only"));
        }
        match kind {
            "section" => self.section(block, path),
            "header" => {
                self.fields(block, path, &["text", "block_id"]);
                if self.required(block, "text", path) {
                    self.plain_text(&block["text"], &format!("{path}/text"), HEADER_TEXT);
                }
            }
            "divider" => self.fields(block, path, &["block_id"]),
            "context" => self.context(block, path),
            "actions" => self.actions(block, path),
            "input" => self.input(block, path),
            "image" => {
                self.fields(block, path, &["image_url", "slack_file", "alt_text", "title", "block_id"]);
                self.image_parts(block, path);
                self.optional_plain_text(block, "title", path, LABEL);
            }
            "rich_text" => {
                self.fields(block, path, &["elements", "block_id"]);
                self.list(block, "elements", path, 0, usize::MAX);
            }
            "table" => self.table(block, path),
            "markdown" => {
                self.fields(block, path, &["text", "block_id"]);
                self.required(block, "text", path);
                let text = block["text"].as_str().unwrap_or_default();
                self.markdown += text.chars().count();
            }
            kind if OTHERS.contains(&kind) => self.other(block, kind, path),
            _ => self.fail(&format!("{path}/type"), format!("unsupported type: {kind}")),
        }
        self.unique_actions(block, path);
    }

    fn block_id(&mut self, block: &Value, path: &str) {
        self.string(block, "block_id", path, 0, ID);
        let block_id = block["block_id"].as_str().filter(|id| !id.is_empty());
        if let Some(id) = block_id
            && !self.block_ids.insert(id.to_owned())
        {
            self.fail(&format!("{path}/block_id"), format!("block_id {id:?} already exists"));
        }
    }

    fn unique_actions(&mut self, block: &Value, path: &str) {
        let mut seen = BTreeSet::new();
        for element in normalize::elements(block) {
            let id = element["action_id"].as_str().unwrap_or_default();
            if !seen.insert(id) {
                self.fail(path, format!("action_id {id:?} already exists"));
            }
        }
    }

    fn section(&mut self, block: &Value, path: &str) {
        self.fields(block, path, &["text", "fields", "accessory", "block_id", "expand"]);
        if block.get("text").is_none() && block.get("fields").is_none() {
            self.fail(path, "needs text or fields");
        }
        if let Some(text) = block.get("text") {
            self.any_text(text, &format!("{path}/text"), SECTION_TEXT);
        }
        if block.get("fields").is_some() {
            let fields = self.list(block, "fields", path, 1, FIELDS);
            for (index, field) in fields.iter().enumerate() {
                self.any_text(field, &format!("{path}/fields/{index}"), FIELD_TEXT);
            }
        }
        if let Some(accessory) = block.get("accessory") {
            self.element(accessory, &format!("{path}/accessory"), Host::Accessory);
        }
    }

    fn context(&mut self, block: &Value, path: &str) {
        self.fields(block, path, &["elements", "block_id"]);
        let elements = self.list(block, "elements", path, 1, CONTEXT);
        for (index, element) in elements.iter().enumerate() {
            let path = format!("{path}/elements/{index}");
            if element["type"] == "image" {
                self.image_element(element, &path);
            } else {
                self.any_text(element, &path, SECTION_TEXT);
            }
        }
    }

    fn actions(&mut self, block: &Value, path: &str) {
        self.fields(block, path, &["elements", "block_id"]);
        let elements = self.list(block, "elements", path, 1, ACTIONS);
        for (index, element) in elements.iter().enumerate() {
            self.element(element, &format!("{path}/elements/{index}"), Host::Actions);
        }
    }

    fn input(&mut self, block: &Value, path: &str) {
        self.fields(block, path, &["label", "element", "dispatch_action", "block_id", "hint", "optional"]);
        if self.required(block, "label", path) {
            self.plain_text(&block["label"], &format!("{path}/label"), LABEL);
        }
        self.optional_plain_text(block, "hint", path, LABEL);
        self.boolean(block, "optional", path);
        self.boolean(block, "dispatch_action", path);
        if self.required(block, "element", path) {
            self.element(&block["element"], &format!("{path}/element"), Host::Input);
        }
    }

    fn other(&mut self, block: &Value, kind: &str, path: &str) {
        match kind {
            "alert" if self.surface == Surface::Message => {
                self.fail(&format!("{path}/type"), "alert is not sure to be allowed in messages");
            }
            "card" => {
                for (key, most) in [("title", 150), ("subtitle", 150), ("body", 200)] {
                    if let Some(text) = block.get(key) {
                        self.any_text(text, &format!("{path}/{key}"), most);
                    }
                }
            }
            "carousel" => {
                self.list(block, "elements", path, 1, 10);
            }
            "data_table" => {
                self.required(block, "caption", path);
                self.list(block, "rows", path, 1, 101);
            }
            _ => {}
        }
    }
}
