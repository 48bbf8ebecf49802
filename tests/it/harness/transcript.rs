//! What people see, as lines of text for snapshots: blocks and forms, with everything that differs from run to run
//! replaced.

use std::sync::LazyLock;

use fancy_regex::{Captures, Regex};
use serde_json::Value;

/// Blocks of a message or a view, one or more lines each.
pub(crate) fn lines(blocks: &Value) -> String {
    steady(&list(blocks).map(block).collect::<Vec<_>>().join("\n"))
}

/// A message: its blocks, or its text where it has none.
pub(crate) fn message(message: &playground::Message) -> String {
    if list(&message.blocks).next().is_none() { steady(&message.text) } else { lines(&message.blocks) }
}

/// An open form with what it holds now and the errors under its fields.
pub(crate) fn form(view: &Value, errors: &[(String, String)]) -> String {
    let buttons = ["submit", "close"].map(|key| view[key]["text"].as_str().map(|text| format!("[{text}]")));
    let mut shown =
        vec![format!("{} {}", text(&view["title"]), buttons.map(Option::unwrap_or_default).join(" "))];
    for each in list(&view["blocks"]) {
        if each["type"] != "input" {
            shown.push(block(each));
            continue;
        }
        let id = each["block_id"].as_str().unwrap_or_default();
        let action = each["element"]["action_id"].as_str().unwrap_or_default();
        shown.push(format!("{}: {}", text(&each["label"]), held(&view["state"]["values"][id][action])));
        shown.extend(errors.iter().filter(|(at, _)| at == id).map(|(_, error)| format!("  ! {error}")));
    }
    steady(&shown.join("\n"))
}

fn text(value: &Value) -> &str {
    value["text"].as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn block(block: &Value) -> String {
    let elements = || list(&block["elements"]);
    match block["type"].as_str().unwrap_or_default() {
        "header" => format!("# {}", text(&block["text"])),
        "divider" => "---".to_owned(),
        "context" => format!("({})", elements().map(text).collect::<Vec<_>>().join(" ")),
        "actions" => elements().map(element).collect::<Vec<_>>().join(" "),
        "section" => {
            let mut parts: Vec<String> =
                block["text"]["text"].as_str().map(str::to_owned).into_iter().collect();
            parts.extend(list(&block["fields"]).map(|field| text(field).replacen('\n', " ", 1)));
            parts.extend(block.get("accessory").map(element));
            parts.join("\n")
        }
        "table" => list(&block["rows"]).map(table_row).collect::<Vec<_>>().join("\n"),
        other => format!("?{other}"),
    }
}

fn table_row(row: &Value) -> String {
    format!("| {} |", list(row).map(text).collect::<Vec<_>>().join(" | "))
}

fn element(element: &Value) -> String {
    match element["type"].as_str().unwrap_or_default() {
        "button" => format!("[{}]", text(&element["text"])),
        other => format!("?{other}"),
    }
}

/// What a field holds: its text, or the label of its option, or those of several.
fn held(state: &Value) -> String {
    let several = state["selected_options"].as_array().filter(|options| !options.is_empty());
    if let Some(options) = several {
        return options.iter().map(|option| text(&option["text"])).collect::<Vec<_>>().join(", ");
    }
    let chosen = state["selected_option"]["text"]["text"].as_str();
    chosen.or_else(|| state["value"].as_str()).unwrap_or("_").to_owned()
}

/// Text without what differs from run to run: ids become `ID` or, cut short, `id`; dates lose Slack's markup.
pub(crate) fn steady(shown: &str) -> String {
    static CHANGING: LazyLock<Regex> = LazyLock::new(|| {
        let date = r"<!date\^[0-9]+\^[^|>]*\|(?<date>[^>]*)>";
        let uuid = r"(?<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})";
        // Eight letters are an id cut short, even without a digit, and so are six behind a whole one; shorter or longer ones
        // may be a word.
        let hex =
            r"(?<hex>(?<![0-9a-z])(?!123456789012)([0-9a-f]{8}|(?=[0-9a-f]*[0-9])[0-9a-f]{6,})(?![0-9a-z]))";
        let suffix = r"(?<=-[0-9a-f]{12}-)[0-9a-f]{6}(?![0-9a-z])";
        Regex::new(&format!("{date}|{uuid}|{suffix}|{hex}")).unwrap()
    });
    let replaced = CHANGING.replace_all(shown, |found: &Captures<'_, str>| match found.name("date") {
        Some(date) => date.as_str().to_owned(),
        None if found.name("uuid").is_some() => "ID".to_owned(),
        None => "id".to_owned(),
    });
    replaced.into_owned()
}
