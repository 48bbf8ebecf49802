//! Modals, built from the catalog and a user's input so far. Pure: `client` opens them, and `submissions` handles what
//! is submitted.

mod approve;
mod approve_with_changes;
mod away;
mod button_context;
mod deny_reason;
mod existing;
mod field;
mod form;
mod hand_over;
mod lists;
mod reason;
mod retain;
mod simple;
mod teardown;

pub use approve::approve;
pub use approve_with_changes::{approve_with_changes, lacking, wanted};
pub use away::{away, last_day};
pub use deny_reason::deny_reason;
pub use existing::{existing_suggestions, existing_type};
pub use form::{draft, form, suggestions, too_much};
pub use hand_over::{hand_over, person_of};
pub use lists::{costs, details, requests, stats};
pub use reason::reason_of;
pub use retain::retain;
pub use simple::{again, catalog, note, one_moment};
pub use teardown::{tear_down, typed_name};

use slack_morphism::prelude::{SlackBlock, SlackCallbackId, SlackModalView};

use super::blocks::{MAX_VIEW_BLOCKS, arranged, plain};
use super::ids::CallbackId;

/// Slack's limit for the title of a modal and the labels of its buttons, in characters.
const MAX_TITLE: usize = 24;

/// Returns a modal without a submit button.
fn modal(title: &str, callback: CallbackId, blocks: Vec<SlackBlock>) -> SlackModalView {
    SlackModalView::new(plain(title, MAX_TITLE), arranged(blocks, MAX_VIEW_BLOCKS))
        .with_callback_id(SlackCallbackId(callback.as_str().to_owned()))
        .with_close(plain("Close", MAX_TITLE))
}

/// Returns the JSON of a modal as Slack expects it.
///
/// # Errors
/// Never in practice: every part of a view can be written as JSON.
pub fn to_json(view: &SlackModalView) -> serde_json::Result<serde_json::Value> {
    let mut json = serde_json::to_value(slack_morphism::prelude::SlackView::Modal(view.clone()))?;
    if let Some(fields) = json.as_object_mut() {
        // The models serialize absent texts as "". Slack would take an empty `external_id` for an id, which must be
        // unique in the workspace.
        fields.retain(|_, value| value != "");
    }
    Ok(json)
}

#[cfg(test)]
pub(crate) mod check {
    use super::*;
    use crate::slack::messages::transcript::{lines, problems};

    /// Renders a modal as lines: title and buttons, then its blocks.
    pub(crate) fn transcript(view: &SlackModalView) -> String {
        let json = to_json(view).unwrap();
        let text = |key: &str| json[key]["text"].as_str().unwrap_or("-").to_owned();
        format!("{} [{}] [{}]\n{}", text("title"), text("submit"), text("close"), lines(&json["blocks"]))
    }

    /// Panics if Slack would refuse this modal.
    pub(crate) fn assert_within_limits(view: &SlackModalView) {
        let json = to_json(view).unwrap();
        let problems = problems(&json["blocks"], 100);
        assert!(problems.is_empty(), "{problems:#?}");
        for key in ["title", "submit", "close"] {
            let length = json[key]["text"].as_str().map_or(0, |text| text.chars().count());
            assert!(length <= 24 && (length > 0 || key == "submit"), "{key}: {length}");
        }
        assert!(json["private_metadata"].as_str().unwrap_or_default().chars().count() <= 3000);
        assert!(json.to_string().len() <= 250_000, "{} bytes", json.to_string().len());
        let has_input = json["blocks"].as_array().unwrap().iter().any(|block| block["type"] == "input");
        assert!(!has_input || json.get("submit").is_some(), "an input needs a submit button");
        assert_eq!(json.get("external_id"), None);
    }
}
