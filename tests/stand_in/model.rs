//! What AWS's service model says of requests and answers: shapes, limits, patterns, words. `model.json` is made by
//! `model.py`, which names its source; the gate compares the two.

use std::sync::LazyLock;

use fancy_regex::Regex;
use serde_json::Value;

static MODEL: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("model.json")).unwrap());

/// What is wrong with a request; nothing where the service takes it.
pub(super) fn mistakes(operation: &str, request: &Value) -> Vec<String> {
    found(operation, "input", request)
}

/// Stops the test where an answer of the stand-in is none that the service could give.
pub(super) fn assert_answer(operation: &str, answer: &Value) {
    let wrong = found(operation, "output", answer);
    assert!(wrong.is_empty(), "the stand-in's answer to {operation} is none of AWS's: {wrong:?}\n{answer}");
}

/// Errors that every operation can have, which no model lists.
/// Source: <https://docs.aws.amazon.com/servicecatalog/latest/dg/CommonErrors.html> (2026-11-29)
const OF_EVERY_OPERATION: [&str; 3] = ["AccessDeniedException", "ThrottlingException", "ValidationException"];

/// What the service says while something is under change. It is in no model; the program knows it by its name alone.
const IN_NO_MODEL: &str = "ResourceInUseException";

/// Stops the test where the stand-in would refuse with an error that the operation does not have.
pub(super) fn assert_error(operation: &str, kind: &str) {
    let errors = MODEL["operations"][operation]["errors"].as_array();
    let modelled = errors.is_some_and(|errors| errors.iter().any(|error| error == kind));
    let known = modelled || OF_EVERY_OPERATION.contains(&kind) || kind == IN_NO_MODEL;
    assert!(known, "{operation} has no {kind}");
}

fn found(operation: &str, side: &str, value: &Value) -> Vec<String> {
    let shape = MODEL["operations"][operation][side].as_str();
    let shape = shape.unwrap_or_else(|| panic!("model.json has no {operation}: add it to model.py"));
    let mut wrong = Vec::new();
    look(shape, value, operation, &mut wrong);
    wrong
}

fn look(shape: &str, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let description = &MODEL["shapes"][shape];
    let fits = match description["type"].as_str().unwrap() {
        "structure" | "map" => value.is_object(),
        "list" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" | "long" => value.is_i64(),
        "timestamp" => value.is_number(),
        other => panic!("model.rs knows no {other}"),
    };
    if !fits {
        wrong.push(format!("{place} is no {}", description["type"]));
        return;
    }
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            usize::try_from(value.as_i64().unwrap_or_default()).unwrap_or_default()
        }
    };
    let limit = |name: &str| description[name].as_u64().and_then(|limit| usize::try_from(limit).ok());
    if limit("min").is_some_and(|min| size < min) || limit("max").is_some_and(|max| size > max) {
        wrong.push(format!(
            "{place} has {size}, the limits are {} to {}",
            description["min"], description["max"]
        ));
    }
    match value {
        Value::Object(members) if description["type"] == "structure" => {
            look_at_members(description, members, place, wrong);
        }
        Value::Object(members) => {
            for (key, value) in members {
                look(description["value"].as_str().unwrap(), value, &format!("{place}.{key}"), wrong);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                look(description["member"].as_str().unwrap(), element, &format!("{place}[{index}]"), wrong);
            }
        }
        Value::String(text) => look_at_text(description, text, place, wrong),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn look_at_members(
    description: &Value,
    members: &serde_json::Map<String, Value>,
    place: &str,
    wrong: &mut Vec<String>,
) {
    let required = description["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required.filter(|name| members.get(*name).is_none_or(Value::is_null)) {
        wrong.push(format!("{place}.{name} is missing"));
    }
    for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
        match description["members"][name].as_str() {
            Some(shape) => look(shape, member, &format!("{place}.{name}"), wrong),
            None => wrong.push(format!("{place} has no {name}")),
        }
    }
}

fn look_at_text(description: &Value, text: &str, place: &str, wrong: &mut Vec<String>) {
    if let Some(words) = description["enum"].as_array().filter(|words| !words.iter().any(|word| word == text))
    {
        wrong.push(format!("{place} is `{text}`, not one of {words:?}"));
    }
    if let Some(pattern) = description["pattern"].as_str() {
        // A pattern is meant for the whole value, whether it says so or not.
        if !Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap().is_match(text).unwrap() {
            wrong.push(format!("{place} does not match {pattern}"));
        }
    }
}
