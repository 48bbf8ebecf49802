//! Renders blocks as lines of text for snapshots, and checks Slack's limits. Works on the JSON that Slack receives,
//! independent of how blocks are built.

use serde_json::Value;

use super::{MAX_TEXT, Message};

/// Renders a message: its fallback text, then its blocks.
pub(crate) fn transcript(message: &Message) -> String {
    let blocks = serde_json::to_value(&message.blocks).unwrap();
    format!("({})\n{}", message.text.replace('\n', " / "), lines(&blocks))
}

/// Renders blocks, one or more lines each.
pub(crate) fn lines(blocks: &Value) -> String {
    blocks.as_array().unwrap().iter().map(block).collect::<Vec<_>>().join("\n")
}

fn text(value: &Value) -> &str {
    value["text"].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    value[key].as_array().map(|values| values.iter().collect()).unwrap_or_default()
}

fn block(block: &Value) -> String {
    match block["type"].as_str().unwrap() {
        "header" => format!("# {}", text(&block["text"])),
        "divider" => "---".to_owned(),
        "context" => {
            format!("({})", list(block, "elements").into_iter().map(text).collect::<Vec<_>>().join(" "))
        }
        "actions" => list(block, "elements").into_iter().map(element).collect::<Vec<_>>().join(" "),
        "section" => {
            let mut parts: Vec<String> = Vec::new();
            parts.extend(block["text"]["text"].as_str().map(str::to_owned));
            parts.extend(list(block, "fields").into_iter().map(|field| text(field).replacen('\n', " ", 1)));
            parts.extend(block.get("accessory").map(element));
            parts.join("\n")
        }
        "input" => {
            let optional = if block["optional"] == true { " (optional)" } else { "" };
            let live = if block["dispatch_action"] == true { " *live*" } else { "" };
            let hint = block["hint"]["text"].as_str().map(|hint| format!("\n  {hint}")).unwrap_or_default();
            format!("{}{optional}{live}: {}{hint}", text(&block["label"]), element(&block["element"]))
        }
        "table" => list(block, "rows").into_iter().map(table_row).collect::<Vec<_>>().join("\n"),
        other => format!("?{other}"),
    }
}

fn table_row(row: &Value) -> String {
    let cells: Vec<&str> = row.as_array().unwrap().iter().map(text).collect();
    format!("| {} |", cells.join(" | "))
}

fn element(element: &Value) -> String {
    let initial = |key: &str| element[key].as_str().map(|text| format!("={text}")).unwrap_or_default();
    match element["type"].as_str().unwrap() {
        "button" => {
            let style = element["style"].as_str().map(|style| format!(" {style}")).unwrap_or_default();
            let confirm = element
                .get("confirm")
                .map(|dialog| format!(" ?{}", text(&dialog["text"])))
                .unwrap_or_default();
            format!("[{}{style}{confirm}]", text(&element["text"]))
        }
        "static_select" => {
            let options: Vec<&str> =
                list(element, "options").into_iter().map(|option| text(&option["text"])).collect();
            let chosen = element["initial_option"]["value"]
                .as_str()
                .map(|value| format!("={value}"))
                .unwrap_or_default();
            format!("<{}{chosen}>", options.join("|"))
        }
        "external_select" => {
            let chosen = element["initial_option"]["value"]
                .as_str()
                .map(|value| format!("={value}"))
                .unwrap_or_default();
            format!("<type{chosen}>")
        }
        "number_input" => {
            let bound = |key: &str| element[key].as_str().unwrap_or("").to_owned();
            format!("<{}..{}{}>", bound("min_value"), bound("max_value"), initial("initial_value"))
        }
        "plain_text_input" if element["multiline"] == true => format!("<lines{}>", initial("initial_value")),
        "plain_text_input" => format!("<text{}>", initial("initial_value")),
        "users_select" => "<person>".to_owned(),
        other => format!("?{other}"),
    }
}

/// Panics if Slack would refuse or cut this message.
pub(crate) fn assert_within_limits(message: &Message) {
    let blocks = serde_json::to_value(&message.blocks).unwrap();
    let problems = problems(&blocks, 50);
    assert!(problems.is_empty(), "{problems:#?}");
    assert!((1..=MAX_TEXT).contains(&message.text.chars().count()), "{}", message.text);
}

/// Panics if Slack would format, mention, link or draw what [`TYPED`](super::fixtures::TYPED) says, anywhere in a
/// message.
pub(crate) fn assert_typed_stays_text_in(message: &Message) {
    assert_typed_stays_text(&serde_json::to_value(&message.blocks).unwrap());
    assert_typed_stays_text(&serde_json::json!({ "type": "mrkdwn", "text": message.text, "verbatim": true }));
}

/// Checks a part of a message in the same way.
pub(crate) fn assert_typed_stays_text(part: &Value) {
    match part {
        Value::Object(fields) if fields.get("type") == Some(&"mrkdwn".into()) => {
            let text = text(part);
            assert_eq!(fields.get("verbatim"), Some(&true.into()), "{text}");
            let outside_of_code: String = text.split('`').step_by(2).collect();
            assert!(!outside_of_code.contains("TYPED"), "{text}");
            assert!(!text.lines().any(|line| line.trim_start().starts_with("&gt;")), "{text}");
        }
        Value::Object(fields) if fields.get("type") == Some(&"plain_text".into()) => {
            let text = text(part);
            let is_drawn = text.contains(":TYPED:") && fields.get("emoji") != Some(&false.into());
            assert!(!is_drawn, "{text}");
        }
        Value::Object(fields) => fields.values().for_each(assert_typed_stays_text),
        Value::Array(parts) => parts.iter().for_each(assert_typed_stays_text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns everything that Slack would reject in these blocks.
pub(crate) fn problems(blocks: &Value, most: usize) -> Vec<String> {
    let mut problems = Vec::new();
    let blocks = blocks.as_array().unwrap();
    if !(1..=most).contains(&blocks.len()) {
        problems.push(format!("{} blocks", blocks.len()));
    }
    let mut ids: Vec<&str> = blocks.iter().filter_map(|block| block["block_id"].as_str()).collect();
    ids.sort_unstable();
    problems.extend(
        ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| format!("two blocks {}", pair[0])),
    );
    for block in blocks {
        within(block, "", &mut problems);
        if list(block, "rows").len() > 100 {
            problems.push(format!("{} rows", list(block, "rows").len()));
        }
        for (key, most) in [("fields", 10), ("elements", if block["type"] == "context" { 10 } else { 25 })] {
            let count = list(block, key).len();
            if block.get(key).is_some() && !(1..=most).contains(&count) {
                problems.push(format!("{count} {key}"));
            }
        }
    }
    problems
}

/// Longest text under a path, by the end of the path; the first match counts.
const LIMITS: [(&str, usize); 24] = [
    ("header.text.text", 150),
    ("context.elements.text", 2000),
    ("section.text.text", 3000),
    ("section.fields.text", 2000),
    ("confirm.title.text", 100),
    ("confirm.text.text", 300),
    ("confirm.confirm.text", 30),
    ("confirm.deny.text", 30),
    ("button.text.text", 75),
    ("button.value", 2000),
    ("accessibility_label", 75),
    ("options.text.text", 75),
    ("options.value", 75),
    ("initial_option.text.text", 75),
    ("initial_option.value", 75),
    ("placeholder.text", 150),
    ("label.text", 2000),
    ("hint.text", 2000),
    ("initial_value", 3000),
    ("block_id", 255),
    ("action_id", 255),
    (".style", 7),
    ("raw_text.text", 60),
    ("column_settings.align", 6),
];

/// Keys whose text is one of a few words, or a number.
const WORDS: [&str; 4] = ["type", "style", "min_value", "max_value"];

fn within(value: &Value, path: &str, problems: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            // The type of an element or block determines the limits below it.
            let own = fields
                .get("type")
                .and_then(Value::as_str)
                .filter(|kind| !["mrkdwn", "plain_text"].contains(kind));
            let path = own.map_or_else(|| path.to_owned(), |kind| format!("{path}.{kind}"));
            for (key, field) in fields.iter().filter(|(key, _)| !WORDS.contains(&key.as_str())) {
                within(field, &format!("{path}.{key}"), problems);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| within(value, path, problems)),
        Value::String(text) => {
            let Some((_, most)) = LIMITS.iter().find(|(end, _)| path.ends_with(end)) else {
                problems.push(format!("no limit known for {path}"));
                return;
            };
            if !(1..=*most).contains(&text.chars().count()) {
                problems.push(format!("{path}: {} characters", text.chars().count()));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
