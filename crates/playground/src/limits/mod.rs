//! Block Kit's limits: what Slack refuses in a message, a modal or a home tab. Pure checks of JSON. Each
//! problem says what is wrong, with a JSON pointer, in the format of `response_metadata.messages`.

mod blocks;
mod elements;
mod objects;
mod table;

use std::collections::BTreeSet;

use serde_json::Value;

/// The most blocks in a message.
const MESSAGE_BLOCKS: usize = 50;
/// The most blocks in a modal or a home tab.
const VIEW_BLOCKS: usize = 100;
/// The most characters of a modal's title, submit and close texts.
const MODAL_TEXT: usize = 24;
const PRIVATE_METADATA: usize = 3_000;
/// The most characters of all markdown blocks of a message together.
const MARKDOWN: usize = 12_000;
pub(super) const ID: usize = 255;
/// The most options, or groups of options.
const OPTIONS: usize = 100;

/// Returns the problems of a message's `blocks`; empty if Slack would accept them.
pub fn check_message_blocks(blocks: &Value) -> Vec<String> {
    let mut checker = Checker::new(Surface::Message);
    checker.blocks(blocks, "/blocks", MESSAGE_BLOCKS);
    checker.problems
}

/// Returns the problems of a modal or home view; empty if Slack would accept it.
pub fn check_view(view: &Value) -> Vec<String> {
    let surface = match view["type"].as_str() {
        Some("modal") => Surface::Modal,
        Some("home") => Surface::Home,
        _ => {
            return vec!["[ERROR] must be modal or home [json-pointer:/view/type]".to_owned()];
        }
    };
    let mut checker = Checker::new(surface);
    let allowed: &[&str] = match surface {
        Surface::Modal => &[
            "title",
            "blocks",
            "close",
            "submit",
            "private_metadata",
            "callback_id",
            "clear_on_close",
            "notify_on_close",
            "external_id",
            "submit_disabled",
        ],
        Surface::Home | Surface::Message => &["blocks", "private_metadata", "callback_id", "external_id"],
    };
    checker.fields(view, "/view", allowed);
    checker.string(view, "private_metadata", "/view", 0, PRIVATE_METADATA);
    checker.string(view, "callback_id", "/view", 0, ID);
    checker.string(view, "external_id", "/view", 0, ID);
    if surface == Surface::Modal {
        checker.modal_frame(view);
    }
    checker.blocks(&view["blocks"], "/view/blocks", VIEW_BLOCKS);
    checker.problems
}

/// Returns the problems of the answer to a search in an external select: `options` or `option_groups`.
pub fn check_options_answer(answer: &Value) -> Vec<String> {
    let mut checker = Checker::new(Surface::Modal);
    checker.fields(answer, "", &["options", "option_groups"]);
    let options = answer["options"].as_array();
    let empty = options.is_some_and(Vec::is_empty) && answer.get("option_groups").is_none();
    if !empty {
        checker.option_lists(answer, "", OPTIONS);
    }
    checker.problems
}

/// Where blocks are shown. Some blocks are not allowed everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surface {
    Message,
    Modal,
    Home,
}

/// Collects problems while walking through a payload.
#[derive(Debug)]
struct Checker {
    surface: Surface,
    problems: Vec<String>,
    block_ids: BTreeSet<String>,
    focused: usize,
    tables: usize,
    markdown: usize,
}

impl Checker {
    fn new(surface: Surface) -> Self {
        Self { surface, problems: Vec::new(), block_ids: BTreeSet::new(), focused: 0, tables: 0, markdown: 0 }
    }

    fn fail(&mut self, path: &str, problem: impl AsRef<str>) {
        let problem = problem.as_ref();
        self.problems.push(format!("[ERROR] {problem} [json-pointer:{path}]"));
    }

    /// Checks that the value is an object with only these fields and `type`.
    fn fields(&mut self, value: &Value, path: &str, allowed: &[&str]) {
        let Some(fields) = value.as_object() else {
            self.fail(path, "must be an object");
            return;
        };
        for key in fields.keys() {
            if key != "type" && !allowed.contains(&key.as_str()) {
                self.fail(path, format!("invalid additional property: {key}"));
            }
        }
    }

    /// Checks an optional string. Its length is counted in characters.
    fn string(&mut self, value: &Value, key: &str, path: &str, least: usize, most: usize) {
        let Some(field) = value.get(key) else { return };
        let path = format!("{path}/{key}");
        match field.as_str().map(|text| text.chars().count()) {
            None => self.fail(&path, "must be a string"),
            Some(length) if length > most => {
                self.fail(&path, format!("must be less than {} characters", most + 1));
            }
            Some(length) if length < least => {
                self.fail(&path, format!("must be more than {} characters", least - 1));
            }
            Some(_) => {}
        }
    }

    fn required(&mut self, value: &Value, key: &str, path: &str) -> bool {
        let present = value.get(key).is_some_and(|field| !field.is_null());
        if !present {
            self.fail(path, format!("missing required field: {key}"));
        }
        present
    }

    fn boolean(&mut self, value: &Value, key: &str, path: &str) {
        if value.get(key).is_some_and(|field| !field.is_boolean()) {
            self.fail(&format!("{path}/{key}"), "must be a boolean");
        }
    }

    /// Returns the list under `key`, and checks its length.
    fn list<'a>(
        &mut self,
        value: &'a Value,
        key: &str,
        path: &str,
        least: usize,
        most: usize,
    ) -> &'a [Value] {
        let path = format!("{path}/{key}");
        let Some(list) = value.get(key).and_then(Value::as_array) else {
            self.fail(&path, "must be an array");
            return &[];
        };
        if list.len() < least {
            self.fail(&path, format!("no fewer than {least} items required"));
        }
        if list.len() > most {
            self.fail(&path, format!("no more than {most} items allowed"));
        }
        list
    }

    fn modal_frame(&mut self, view: &Value) {
        if self.required(view, "title", "/view") {
            self.plain_text(&view["title"], "/view/title", MODAL_TEXT);
        }
        for key in ["submit", "close"] {
            if let Some(text) = view.get(key).filter(|text| !text.is_null()) {
                self.plain_text(text, &format!("/view/{key}"), MODAL_TEXT);
            }
        }
        for key in ["clear_on_close", "notify_on_close", "submit_disabled"] {
            self.boolean(view, key, "/view");
        }
        let mut blocks = view["blocks"].as_array().into_iter().flatten();
        let has_input = blocks.any(|block| block["type"] == "input");
        if has_input && view.get("submit").is_none_or(Value::is_null) {
            self.fail("/view", "missing required field: submit, because there is an input block");
        }
    }

    fn blocks(&mut self, blocks: &Value, path: &str, most: usize) {
        let Some(blocks) = blocks.as_array() else {
            self.fail(path, "must be an array");
            return;
        };
        if blocks.len() > most {
            self.fail(path, format!("no more than {most} items allowed"));
        }
        for (index, block) in blocks.iter().enumerate() {
            self.block(block, &format!("{path}/{index}"));
        }
        if self.tables > 1 {
            self.fail(path, "only_one_table_allowed");
        }
        if self.focused > 1 {
            self.fail(path, "only one element may have focus_on_load");
        }
        if self.markdown > MARKDOWN {
            self.fail(path, "markdown must be less than 12001 characters together");
        }
    }
}

#[cfg(test)]
mod tests;
