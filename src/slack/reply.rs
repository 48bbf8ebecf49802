//! Answers to Slack, which must arrive within three seconds. Anything slower is sent later by `client`.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use slack_morphism::prelude::{SlackBlock, SlackModalView};

use super::blocks::cut;
use super::incoming::Incoming;
use super::messages::Message;
use super::views::to_json;

/// Most options that Slack accepts in one answer to a type-ahead select.
pub const MAX_OPTIONS: usize = 100;

/// An answer. Which ones make sense depends on the payload; Slack ignores the body of the others.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack {
    /// Acknowledges: closes a submitted modal, otherwise shows nothing.
    Empty,
    /// Shows a message to the acting user only: in the answer to a command, otherwise sent separately.
    Ephemeral(Message),
    /// An answer that was serialized earlier, as JSON.
    Written(Bytes),
    /// Keeps a submitted modal open with these errors under its fields, by the `block_id` of an input block.
    FieldErrors(BTreeMap<String, String>),
    /// Closes a submitted modal and all modals below it.
    Close,
    /// Replaces a submitted modal with another view.
    UpdateView(Box<SlackModalView>),
    /// Answers a type-ahead select: label and value of each option, at most [`MAX_OPTIONS`].
    Options(Vec<(String, String)>),
    /// Answers Slack's verification of the events URL.
    Challenge(String),
}

impl Ack {
    /// Returns the answer that shows nothing.
    pub(super) fn nothing(incoming: &Incoming) -> Self {
        match incoming {
            Incoming::Suggestion(_) => Self::Options(Vec::new()),
            Incoming::Command(_)
            | Incoming::Click(_)
            | Incoming::Submission(_)
            | Incoming::UnreadForm { .. }
            | Incoming::Shortcut(_)
            | Incoming::Event(_)
            | Incoming::Closed
            | Incoming::UrlVerification { .. }
            | Incoming::Unknown { .. } => Self::Empty,
        }
    }

    /// Returns the JSON body, as sent over a socket; `None` if it is empty.
    pub fn body(&self) -> Option<Value> {
        match self {
            Self::Empty => None,
            Self::Ephemeral(message) => serde_json::to_value(Private::from(message)).ok(),
            Self::Written(body) => serde_json::from_slice(body).ok(),
            Self::FieldErrors(errors) => Some(json!({ "response_action": "errors", "errors": errors })),
            Self::Close => Some(json!({ "response_action": "clear" })),
            Self::UpdateView(view) => {
                Some(json!({ "response_action": "update", "view": to_json(view).ok()? }))
            }
            Self::Options(options) => Some(json!({ "options": wire_options(options) })),
            Self::Challenge(challenge) => Some(json!({ "challenge": challenge })),
        }
    }
}

/// The answer to a command. Serialized without an intermediate `Value`, because it is by far the most frequent one.
#[derive(Serialize)]
struct Private<'a> {
    blocks: &'a [SlackBlock],
    response_type: &'static str,
    text: &'a str,
}

impl<'a> From<&'a Message> for Private<'a> {
    fn from(message: &'a Message) -> Self {
        Self { blocks: &message.blocks, response_type: "ephemeral", text: &message.text }
    }
}

fn wire_options(options: &[(String, String)]) -> Vec<Value> {
    let offered = options.iter().take(MAX_OPTIONS);
    offered
        .map(|(text, value)| json!({ "text": { "type": "plain_text", "text": cut(text, 75) }, "value": value }))
        .collect()
}

impl IntoResponse for Ack {
    fn into_response(self) -> Response {
        match &self {
            Self::Ephemeral(message) => return Json(Private::from(message)).into_response(),
            Self::Written(body) => {
                return ([(CONTENT_TYPE, "application/json")], body.clone()).into_response();
            }
            Self::Empty
            | Self::FieldErrors(_)
            | Self::Close
            | Self::UpdateView(_)
            | Self::Options(_)
            | Self::Challenge(_) => {}
        }
        match self.body() {
            None => StatusCode::OK.into_response(),
            Some(body) => Json(body).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_the_body_slack_expects() {
        assert_eq!(Ack::Empty.body(), None);
        let errors = BTreeMap::from([("param.Name".to_owned(), "Use 3 to 63 characters".to_owned())]);
        let bodies = [
            Ack::FieldErrors(errors),
            Ack::Close,
            Ack::Options(vec![("A".repeat(80), "a".into())]),
            Ack::Options(Vec::new()),
            Ack::Challenge("3eZ".into()),
            Ack::Ephemeral(Message::plain("Hi")),
            Ack::Written(Bytes::from_static(br#"{"text":"written before"}"#)),
        ];
        let lines: Vec<String> = bodies.iter().filter_map(Ack::body).map(|body| body.to_string()).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"errors":{"param.Name":"Use 3 to 63 characters"},"response_action":"errors"}
        {"response_action":"clear"}
        {"options":[{"text":{"text":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA…","type":"plain_text"},"value":"a"}]}
        {"options":[]}
        {"challenge":"3eZ"}
        {"blocks":[{"text":{"text":"Hi","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"Hi"}
        {"text":"written before"}
        "#);
    }

    #[test]
    fn what_was_written_is_read_back_where_it_has_to_go_another_way() {
        let message = crate::slack::messages::help("/provision", &["s3-bucket"]);
        let body = Ack::Ephemeral(message.clone()).body().unwrap().to_string();
        assert_eq!(Message::written(body.as_bytes()), Some(message));
        assert_eq!(Message::written(b"{}"), None);
    }

    #[test]
    fn a_long_list_of_options_is_cut_to_what_slack_takes() {
        let many = (0..150).map(|n| (n.to_string(), n.to_string())).collect();
        let body = Ack::Options(many).body().unwrap();
        assert_eq!(body["options"].as_array().unwrap().len(), MAX_OPTIONS);
    }
}
