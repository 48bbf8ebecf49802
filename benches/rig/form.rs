//! What people do in Slack: they submit a product's form, which is the view that `catalog form --json` prints with every
//! field filled in, and they press buttons.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};

use super::bot::{PROGRAM, settings_of};
use super::company::member;
use super::slack::WORKSPACE;

/// A form that was filled in once and is submitted again and again, each time as another view by another person.
pub(crate) struct FilledForm {
    view: Value,
}

impl FilledForm {
    /// The form of `product` of the company in `folder`, with its initial values, or else the first option of a select.
    pub(crate) fn of(product: &str, folder: &Path) -> anyhow::Result<Self> {
        let printed = Command::new(PROGRAM)
            .args(["catalog", "form", product, "--json", "--config"])
            .arg(settings_of(folder))
            .output()
            .context("cannot print a form")?;
        ensure!(
            printed.status.success(),
            "cannot print a form: {}",
            String::from_utf8_lossy(&printed.stderr)
        );
        let mut view: Value =
            serde_json::from_slice(&printed.stdout).context("cannot read a printed form")?;
        let blocks = view["blocks"].as_array().context("a printed form without blocks")?;
        let values: Map<String, Value> = blocks.iter().filter_map(filled).collect();
        ensure!(!values.is_empty(), "a printed form without fields");
        view["state"] = json!({ "values": values });
        Ok(Self { view })
    }

    /// The id of the view with this number.
    pub(crate) fn view(number: usize) -> String {
        format!("V{number:010}")
    }

    /// The body of the submission with this number.
    pub(crate) fn body(&self, number: usize) -> String {
        let mut view = self.view.clone();
        view["id"] = Value::from(Self::view(number));
        view["root_view_id"] = Value::from(Self::view(number));
        view["team_id"] = Value::from(WORKSPACE);
        let person = member(number);
        let payload = json!({
            "type": "view_submission",
            "team": { "id": WORKSPACE, "domain": "benchmark-workspace" },
            "user": { "id": person, "username": "somebody", "name": "somebody", "team_id": WORKSPACE },
            "api_app_id": "A0QUARTER001",
            "token": "legacytokenisnotusedabc",
            "enterprise": null,
            "is_enterprise_install": false,
            "trigger_id": format!("{number:013}.1763800000000.0123456789abcdef0123456789abcdef"),
            "view": view,
            "response_urls": [],
        });
        escaped(&payload)
    }
}

/// The body of a press on Approve in the message at this place, by the value that the button carries.
pub(crate) fn approve(person: &str, button: &str, ts: &str) -> String {
    escaped(&json!({
        "type": "block_actions",
        "team": { "id": WORKSPACE, "domain": "benchmark-workspace" },
        "user": { "id": person, "username": "somebody", "name": "somebody", "team_id": WORKSPACE },
        "api_app_id": "A0QUARTER001",
        "container": { "type": "message", "message_ts": ts, "channel_id": "C0APPROVALS", "is_ephemeral": false },
        "channel": { "id": "C0APPROVALS", "name": "approvals" },
        "message": { "type": "message", "ts": ts },
        // Slack makes one for every press; a press that comes again under the same one counts once.
        "trigger_id": format!("{button}.{person}"),
        "actions": [{ "type": "button", "action_id": "request.approve", "block_id": "decide", "value": button }],
    }))
}

fn escaped(payload: &Value) -> String {
    let payload = payload.to_string();
    format!("payload={}", form_urlencoded::byte_serialize(payload.as_bytes()).collect::<String>())
}

/// The state of an input block; nothing for any other block.
fn filled(block: &Value) -> Option<(String, Value)> {
    let element = block.get("element")?;
    let (name, action) = (block["block_id"].as_str()?, element["action_id"].as_str()?);
    let kind = element["type"].as_str()?;
    let state = if kind.ends_with("_select") {
        let chosen = element.get("initial_option").or_else(|| element["options"].get(0));
        json!({ "type": kind, "selected_option": chosen })
    } else {
        // Good for every field of the shipped products that begins empty.
        json!({ "type": kind, "value": element.get("initial_value").cloned().unwrap_or_else(|| "orders".into()) })
    };
    Some((name.to_owned(), json!({ action: state })))
}
