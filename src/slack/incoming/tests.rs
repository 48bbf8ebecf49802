//! Replaces every field of every payload with values of other shapes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Incoming, ParseError, parse_command_json, parse_event, parse_interaction_json};

type Parse = fn(&[u8]) -> Result<Incoming, ParseError>;

macro_rules! wire {
    ($name:literal) => {
        include_str!(concat!("../../../tests/wire/slack/", $name))
    };
}

fn recorded() -> Vec<(Value, Parse)> {
    let command: serde_json::Map<_, _> = form_urlencoded::parse(wire!("command.txt").as_bytes())
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect();
    let interactions = [
        wire!("click_approve.json"),
        wire!("click_ephemeral.json"),
        wire!("click_home.json"),
        wire!("click_in_view.json"),
        wire!("shortcut.json"),
        wire!("submission.json"),
        wire!("submission_enterprise.json"),
        wire!("suggestion.json"),
    ];
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut all: Vec<(Value, Parse)> =
        interactions.map(|text| (read(text), parse_interaction_json as Parse)).into();
    all.push((read(wire!("home_opened.json")), parse_event));
    all.push((command.into(), parse_command_json));
    all
}

fn odd() -> [Value; 5] {
    [json!([]), json!({}), Value::Null, json!("x"), json!(7)]
}

/// Collects the JSON pointers to everything within a value.
fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    let mut go = |name: &str, inner: &Value| {
        let pointer = format!("{here}/{name}");
        all.push(pointer.clone());
        pointers(inner, &pointer, all);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| go(name, inner)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| go(&index.to_string(), inner));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn parse(payload: &Value, parse: Parse) -> Result<Incoming, ParseError> {
    parse(payload.to_string().as_bytes())
}

#[test]
fn only_what_says_who_did_what_is_required() {
    let mut required = BTreeSet::new();
    for (payload, reads) in recorded() {
        parse(&payload, reads).unwrap();
        let mut all = Vec::new();
        pointers(&payload, "", &mut all);
        for pointer in all {
            for odd in odd() {
                let mut changed = payload.clone();
                *changed.pointer_mut(&pointer).unwrap() = odd;
                if matches!(parse(&changed, reads), Err(_) | Ok(Incoming::UnreadForm { .. })) {
                    required.insert(pointer.clone());
                }
            }
        }
    }
    let required: Vec<_> = required.into_iter().collect();
    insta::assert_snapshot!(required.join("\n"), @"
    /actions
    /actions/0
    /actions/0/action_id
    /callback_id
    /command
    /event
    /event/type
    /event/user
    /event_id
    /type
    /user
    /user/id
    /user_id
    /view
    /view/id
    ");
}

#[test]
fn an_odd_field_of_a_form_costs_what_is_in_it_and_nothing_else() {
    let payload: Value = serde_json::from_str(wire!("submission.json")).unwrap();
    let values = |payload: &Value| {
        let Incoming::Submission(submission) = parse(payload, parse_interaction_json).unwrap() else {
            panic!("{payload}")
        };
        submission.view.values
    };
    let whole = values(&payload);
    let mut all = Vec::new();
    pointers(&payload["view"]["state"]["values"], "", &mut all);
    for pointer in all {
        let block = pointer.split('/').nth(1).unwrap();
        for odd in odd() {
            let mut changed = payload.clone();
            *changed["view"]["state"]["values"].pointer_mut(&pointer).unwrap() = odd.clone();
            let left = values(&changed);
            for (name, texts) in whole.iter().filter(|(name, _)| *name != block) {
                assert_eq!(left.all(name), texts, "{name} beside {pointer} {odd}");
            }
            assert!(left.iter().any(|(name, _)| name == block), "{pointer} {odd} was left empty");
        }
    }
    let mut changed = payload.clone();
    changed["view"]["blocks"] = json!([
        {"type": "input", "block_id": "reason", "element": {"type": "plain_text_input"}},
        {"type": "section", "block_id": "text"}, {"type": "input"}, "x", null,
    ]);
    for pointer in ["/view/state", "/view/state/values"] {
        for odd in odd() {
            let mut changed = changed.clone();
            *changed.pointer_mut(pointer).unwrap() = odd.clone();
            let left: Vec<_> =
                values(&changed).iter().map(|(name, texts)| (name.to_owned(), texts.len())).collect();
            assert_eq!(left, [("reason".to_owned(), 0)], "{pointer} {odd}");
            changed["view"]["blocks"] = odd;
            assert_eq!(values(&changed).iter().count(), 0);
        }
    }
}

#[test]
fn a_list_in_the_place_of_an_object_is_not_read_as_one() {
    for parse in [parse_interaction_json as Parse, parse_event, parse_command_json] {
        assert_eq!(parse(br#"["block_actions", {"id": "U1"}]"#), Err(ParseError::Missing("object")));
    }
    let listed = br#"{"type":"block_actions","user":["U1"],"actions":[{"action_id":"a"}]}"#;
    assert_eq!(parse_interaction_json(listed), Err(ParseError::Missing("user id")));
}
