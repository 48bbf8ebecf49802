//! Completes blocks as Slack does when it stores them: ids that were left out, and defaults of text objects.
//! Whether the blocks are allowed is checked in `limits`.

use serde_json::{Map, Value, json};

/// Returns blocks as Slack does: every block has a `block_id`, every interactive element an `action_id`,
/// plain text an `emoji` flag and mrkdwn a `verbatim` flag. `next` returns an unused id.
pub(super) fn blocks(json: &Value, next: &mut impl FnMut() -> String) -> Value {
    let mut blocks = json.as_array().cloned().unwrap_or_default();
    for block in &mut blocks {
        if let Some(fields) = block.as_object_mut() {
            let missing = fields.get("block_id").and_then(Value::as_str).is_none_or(str::is_empty);
            if missing {
                fields.insert("block_id".to_owned(), json!(next()));
            }
        }
        complete(block, next);
    }
    Value::Array(blocks)
}

/// Completes a single object, such as a title or an option, with the defaults of its text.
pub(super) fn texts(json: &Value) -> Value {
    let mut value = json.clone();
    complete(&mut value, &mut String::new);
    value
}

fn complete(value: &mut Value, next: &mut impl FnMut() -> String) {
    match value {
        Value::Object(fields) => {
            complete_fields(fields, next);
            for inner in fields.values_mut() {
                complete(inner, next);
            }
        }
        Value::Array(values) => {
            for inner in values {
                complete(inner, next);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn complete_fields(fields: &mut Map<String, Value>, next: &mut impl FnMut() -> String) {
    let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind == "plain_text" && fields.contains_key("text") {
        fields.entry("emoji").or_insert(json!(true));
    } else if kind == "mrkdwn" && fields.contains_key("text") {
        fields.entry("verbatim").or_insert(json!(false));
    } else if is_interactive(kind) && !fields.contains_key("action_id") {
        fields.insert("action_id".to_owned(), json!(next()));
    }
}

fn is_interactive(kind: &str) -> bool {
    kind.ends_with("_select")
        || kind.ends_with("_input")
        || kind.ends_with("picker")
        || matches!(kind, "button" | "overflow" | "checkboxes" | "radio_buttons")
}

/// Returns every element with an `action_id` in `block`, in reading order.
pub(super) fn elements(block: &Value) -> Vec<&Value> {
    let mut all = Vec::new();
    collect(block, &mut all);
    all
}

fn collect<'a>(value: &'a Value, all: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("action_id") {
                all.push(value);
            }
            for inner in fields.values() {
                collect(inner, all);
            }
        }
        Value::Array(values) => {
            for inner in values {
                collect(inner, all);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Finds the element with these ids, and its block.
pub(super) fn find<'a>(blocks: &'a Value, block_id: &str, action_id: &str) -> Option<(&'a Value, &'a Value)> {
    let block = blocks.as_array()?.iter().find(|block| block["block_id"] == block_id)?;
    let element = elements(block).into_iter().find(|element| element["action_id"] == action_id)?;
    Some((block, element))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_left_out_are_filled_in_and_given_ones_stay() {
        let mut serial = 0;
        let mut next = || {
            serial += 1;
            format!("n{serial}")
        };
        let json = json!([
            {"type": "actions", "elements": [{"type": "button",
                "text": {"type": "plain_text", "text": "Go"}}]},
            {"type": "divider", "block_id": "mine"}]);
        let stored = blocks(&json, &mut next);
        assert_eq!(stored[0]["block_id"], "n1");
        assert_eq!(stored[0]["elements"][0]["action_id"], "n2");
        assert_eq!(stored[0]["elements"][0]["text"]["emoji"], true);
        assert_eq!(stored[1]["block_id"], "mine");
        assert!(find(&stored, "n1", "n2").is_some());
    }
}
