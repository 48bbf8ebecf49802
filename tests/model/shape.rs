//! A value against a shape of a service's model.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use fancy_regex::Regex;
use serde_json::{Map, Value};

use super::documented;

/// The patterns that were met, which are too large to be read each time.
static PATTERNS: LazyLock<Mutex<HashMap<&'static str, Regex>>> = LazyLock::new(Mutex::default);

/// Adds to `wrong` in what a value is not of this shape.
pub(super) fn compare(
    service: &'static Value,
    shape: &str,
    value: &Value,
    place: &str,
    wrong: &mut Vec<String>,
) {
    match shape {
        "AttributeValue" => documented::compare_attribute(value, place, wrong),
        "Key" => documented::compare_key(value, place, wrong),
        _ => {}
    }
    let shape = &service["shapes"][shape];
    let kind = shape["type"].as_str().unwrap();
    if !is_of_type(kind, value) {
        wrong.push(format!("{place} is no {kind}"));
        return;
    }
    compare_size(shape, value, place, wrong);
    match value {
        Value::Object(members) if shape["type"] == "structure" => {
            compare_members(service, shape, members, place, wrong);
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                let place = format!("{place}.{key}");
                compare(service, shape["key"].as_str().unwrap(), &Value::from(key.as_str()), &place, wrong);
                compare(service, shape["value"].as_str().unwrap(), value, &place, wrong);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let place = format!("{place}[{index}]");
                compare(service, shape["member"].as_str().unwrap(), element, &place, wrong);
            }
        }
        Value::String(text) => compare_text(shape, text, place, wrong),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Blobs are text in JSON, and times are seconds.
fn is_of_type(kind: &str, value: &Value) -> bool {
    match kind {
        "structure" | "map" => value.is_object(),
        "list" => value.is_array(),
        "string" | "blob" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" | "long" => value.is_i64(),
        "timestamp" | "double" => value.is_number(),
        other => panic!("a shape of the type {other} is new here"),
    }
}

fn compare_size(shape: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let size = match value {
        Value::String(text) => i64::try_from(text.chars().count()).ok(),
        Value::Array(elements) => i64::try_from(elements.len()).ok(),
        Value::Object(members) => i64::try_from(members.len()).ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.as_i64(),
    };
    let Some(size) = size else { return };
    let (min, max) = (&shape["min"], &shape["max"]);
    if min.as_i64().is_some_and(|min| size < min) || max.as_i64().is_some_and(|max| size > max) {
        wrong.push(format!("{place} has {size}, the limits are {min} to {max}"));
    }
}

fn compare_members(
    service: &'static Value,
    shape: &Value,
    members: &Map<String, Value>,
    place: &str,
    wrong: &mut Vec<String>,
) {
    let required = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required.filter(|name| members.get(*name).is_none_or(Value::is_null)) {
        wrong.push(format!("{place}.{name} is missing"));
    }
    for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
        match shape["members"][name].as_str() {
            Some(shape) => compare(service, shape, member, &format!("{place}.{name}"), wrong),
            None => wrong.push(format!("{place} has no {name}")),
        }
    }
}

fn compare_text(shape: &'static Value, text: &str, place: &str, wrong: &mut Vec<String>) {
    if shape["enum"].as_array().is_some_and(|words| !words.iter().any(|word| word == text)) {
        wrong.push(format!("{place} is `{text}`, not one of {}", shape["enum"]));
    }
    let Some(pattern) = shape["pattern"].as_str() else { return };
    let mut patterns = PATTERNS.lock().unwrap();
    // It is meant for the whole value, whether it says so or not.
    let read = patterns.entry(pattern);
    let read = read.or_insert_with(|| Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap());
    if !read.is_match(text).unwrap() {
        wrong.push(format!("{place} does not match {pattern}"));
    }
}

/// A form has a map as numbered entries of `Name` and `Value`.
pub(super) fn unfold_maps(request: &mut Value) {
    for member in request.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(entries) = member["entry"].as_object() {
            let pairs = entries
                .values()
                .map(|entry| (entry["Name"].as_str().unwrap().to_owned(), entry["Value"].clone()));
            *member = Value::from(pairs.collect::<Map<_, _>>());
        }
    }
}
