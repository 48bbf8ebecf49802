//! Slack's frames over a socket, as one closed enum, and their acknowledgement.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::slack::incoming::{
    CountShape, FlagShape, Incoming, ParseError, PayloadField, TextShape, parse_command_json, parse_event,
    parse_interaction_json, tolerant,
};

/// A text frame from Slack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The connection is ready; holds how many the app has now.
    Hello { connections: u64 },
    /// The connection is about to be closed.
    Disconnect(SocketNotice),
    /// A payload, which Slack delivers again unless it is acknowledged.
    Envelope(Box<SocketEnvelope>),
}

/// Why Slack closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SocketNotice {
    /// It has reached its maximum age and should be replaced.
    Refresh,
    /// Socket Mode was switched off for the app.
    Disabled,
    /// The app has too many connections.
    TooMany,
}

/// A payload that must be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SocketEnvelope {
    /// The id that the acknowledgement names.
    pub(super) id: String,
    /// Whether the acknowledgement may contain an answer.
    pub(super) takes_answer: bool,
    /// How often it was delivered before.
    pub(super) retries: u64,
    /// The payload, if it can be parsed.
    pub(super) incoming: Result<Incoming, ParseError>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FrameWire {
    #[serde(rename = "type")]
    kind: PayloadField<TextShape>,
    num_connections: PayloadField<CountShape>,
    reason: PayloadField<TextShape>,
    envelope_id: PayloadField<TextShape>,
    accepts_response_payload: PayloadField<FlagShape>,
    retry_attempt: PayloadField<CountShape>,
    payload: Option<Box<RawValue>>,
}

impl Frame {
    /// Parses a text frame.
    ///
    /// # Errors
    /// When it is not JSON, or an envelope that cannot be acknowledged because it has no id.
    pub(super) fn read(text: &str) -> Result<Self, ParseError> {
        let wire: FrameWire = tolerant(text.as_bytes())?;
        match wire.kind.0.as_deref() {
            Some("hello") => Ok(Self::Hello { connections: wire.num_connections.0.unwrap_or(1) }),
            Some("disconnect") => Ok(Self::Disconnect(SocketNotice::read(wire.reason.0.as_deref()))),
            _ => SocketEnvelope::read(wire).map(Box::new).map(Self::Envelope),
        }
    }
}

impl SocketNotice {
    /// Parses the reason. For an unknown one, replacing the connection does no harm.
    fn read(reason: Option<&str>) -> Self {
        match reason {
            Some("link_disabled") => Self::Disabled,
            Some("too_many_websockets") => Self::TooMany,
            _ => Self::Refresh,
        }
    }
}

impl SocketEnvelope {
    fn read(wire: FrameWire) -> Result<Self, ParseError> {
        let payload = wire.payload.as_deref().map_or("null", RawValue::get).as_bytes();
        let incoming = match wire.kind.0.ok_or(ParseError::Missing("type")) {
            Ok(kind) if kind == "slash_commands" => parse_command_json(payload),
            Ok(kind) if kind == "interactive" => parse_interaction_json(payload),
            Ok(kind) if kind == "events_api" => parse_event(payload),
            kind => kind.map(|kind| Incoming::Unknown { kind }),
        };
        Ok(Self {
            id: wire.envelope_id.0.ok_or(ParseError::Missing("envelope_id"))?,
            takes_answer: wire.accepts_response_payload.0.unwrap_or(false),
            retries: wire.retry_attempt.0.unwrap_or(0),
            incoming,
        })
    }
}

/// Returns the text that acknowledges an envelope.
pub(super) fn acknowledgement(envelope_id: &str, payload: Option<Value>) -> String {
    let mut written = json!({"envelope_id": envelope_id});
    if let Some(payload) = payload {
        written["payload"] = payload;
    }
    written.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn envelope(kind: &str, payload: &str) -> Box<SocketEnvelope> {
        let text = format!(r#"{{"envelope_id":"e1","type":"{kind}","payload":{payload}}}"#);
        match Frame::read(&text).unwrap() {
            Frame::Envelope(envelope) => envelope,
            other @ (Frame::Hello { .. } | Frame::Disconnect(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_happens_is_the_same_as_over_http() {
        let command = envelope("slash_commands", r#"{"command":"/provision","user_id":"U1","text":"list"}"#);
        assert!(matches!(command.incoming, Ok(Incoming::Command(ref command)) if command.text == "list"));
        let click = include_str!("../../../tests/wire/slack/click_approve.json");
        assert_eq!(envelope("interactive", click).incoming, parse_interaction_json(click.as_bytes()));
        let opened = include_str!("../../../tests/wire/slack/home_opened.json");
        assert_eq!(envelope("events_api", opened).incoming, parse_event(opened.as_bytes()));
    }

    #[test]
    fn an_envelope_says_whether_an_answer_may_go_back_and_how_often_it_came() {
        let text = r#"{"envelope_id":"e2","type":"interactive","accepts_response_payload":true,
            "retry_attempt":2,"retry_reason":"timeout","payload":{"type":"view_closed"}}"#;
        let Frame::Envelope(read) = Frame::read(text).unwrap() else { panic!() };
        assert_eq!((read.id.as_str(), read.takes_answer, read.retries), ("e2", true, 2));
        let plain = envelope("interactive", r#"{"type":"view_closed"}"#);
        assert_eq!((plain.takes_answer, plain.retries), (false, 0));
    }

    #[test]
    fn kinds_we_do_not_know_can_be_acknowledged_and_payloads_we_cannot_read_are_told_apart() {
        let odd = r#"{"type":"events_api","type":"interactive","x":"\ud83d","envelope_id":"e","payload":{"type":"view_closed"}}"#;
        assert!(
            matches!(Frame::read(odd), Ok(Frame::Envelope(read)) if read.incoming == Ok(Incoming::Closed))
        );
        let unknown = envelope("hologram", "[1]");
        assert_eq!(unknown.incoming, Ok(Incoming::Unknown { kind: "hologram".into() }));
        assert!(envelope("slash_commands", "null").incoming.is_err());
        assert!(envelope("events_api", "{}").incoming.is_err());
        assert_eq!(Frame::read(r#"{"type":"events_api"}"#), Err(ParseError::Missing("envelope_id")));
        assert!(Frame::read("no json").is_err());
    }

    #[test]
    fn slack_says_why_a_connection_ends() {
        let notices = ["warning", "refresh_requested", "link_disabled", "too_many_websockets", "of late"];
        let read = notices.map(|reason| {
            Frame::read(&json!({"type": "disconnect", "reason": reason, "debug_info": {}}).to_string())
        });
        let [refresh, disabled, many] =
            [SocketNotice::Refresh, SocketNotice::Disabled, SocketNotice::TooMany]
                .map(|notice| Ok(Frame::Disconnect(notice)));
        assert_eq!(read, [refresh.clone(), refresh.clone(), disabled, many, refresh]);
        let hello = r#"{"type":"hello","num_connections":3,"connection_info":{"app_id":"A0QM"}}"#;
        assert_eq!(Frame::read(hello), Ok(Frame::Hello { connections: 3 }));
    }

    #[test]
    fn an_acknowledgement_carries_an_answer_or_none() {
        assert_eq!(acknowledgement("e\"1", None), r#"{"envelope_id":"e\"1"}"#);
        let answer = json!({"response_action": "clear"});
        assert_eq!(
            acknowledgement("e1", Some(answer)),
            r#"{"envelope_id":"e1","payload":{"response_action":"clear"}}"#
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,200}", kind in "[a-z_]{0,12}", payload in "[\\[\\]{}\":,a-z0-9]{0,40}") {
            let _ = Frame::read(&text);
            let _ = Frame::read(&format!(r#"{{"type":"{kind}","envelope_id":"e","payload":{payload}}}"#));
        }
    }
}
