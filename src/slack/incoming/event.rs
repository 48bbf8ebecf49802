//! The Events API: JSON envelopes around events in the workspace.

use serde::Deserialize;

use super::field::{ObjectShape, PayloadField, TextShape, read};
use super::wire::origin;
use super::{Incoming, ParseError, SlackEvent};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventEnvelope {
    #[serde(rename = "type")]
    kind: PayloadField<TextShape>,
    challenge: PayloadField<TextShape>,
    event_id: PayloadField<TextShape>,
    team_id: PayloadField<TextShape>,
    enterprise_id: PayloadField<TextShape>,
    context_enterprise_id: PayloadField<TextShape>,
    event: PayloadField<ObjectShape<Inner>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    #[serde(rename = "type")]
    kind: PayloadField<TextShape>,
    /// A user id; in some events, which we do not use, an object.
    user: PayloadField<TextShape>,
    tab: PayloadField<TextShape>,
}

/// Parses an event delivery.
///
/// # Errors
/// When it is not an envelope. An unknown event is not an error.
pub fn parse_event(body: &[u8]) -> Result<Incoming, ParseError> {
    let mut envelope: EventEnvelope = read(body)?;
    let kind = envelope.kind.0.take().ok_or(ParseError::Missing("type"))?;
    match kind.as_str() {
        "url_verification" => {
            let challenge = envelope.challenge.0.ok_or(ParseError::Missing("challenge"))?;
            Ok(Incoming::UrlVerification { challenge })
        }
        "event_callback" => happened(envelope).map(Incoming::Event),
        _ => Ok(Incoming::Unknown { kind }),
    }
}

fn happened(envelope: EventEnvelope) -> Result<SlackEvent, ParseError> {
    let event = envelope.event.0.ok_or(ParseError::Missing("event"))?;
    let kind = event.kind.0.ok_or(ParseError::Missing("type of the event"))?;
    if kind != "app_home_opened" {
        return Ok(SlackEvent::Other { kind });
    }
    let enterprise = PayloadField(envelope.enterprise_id.0.or(envelope.context_enterprise_id.0));
    Ok(SlackEvent::AppHomeOpened {
        origin: origin(event.user, envelope.team_id, enterprise)?,
        event_id: envelope.event_id.0.ok_or(ParseError::Missing("event_id"))?,
        tab: event.tab.0.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_challenge_comes_back_as_it_is() {
        let body = br#"{"token":"t","challenge":"3eZbrw1aB","type":"url_verification"}"#;
        assert_eq!(parse_event(body), Ok(Incoming::UrlVerification { challenge: "3eZbrw1aB".into() }));
    }

    #[test]
    fn an_opened_home_says_who_and_carries_its_event_id() {
        let parsed = parse_event(include_bytes!("../../../tests/wire/slack/home_opened.json")).unwrap();
        let Incoming::Event(SlackEvent::AppHomeOpened { origin, event_id, tab }) = parsed else {
            panic!("{parsed:?}")
        };
        assert_eq!(origin.person.as_str(), "U0ALICE");
        assert_eq!(origin.team.as_deref(), Some("T0PLAY"));
        assert_eq!((event_id.as_str(), tab.as_str()), ("Ev0HOME", "home"));
    }

    #[test]
    fn other_events_and_envelopes_are_let_pass() {
        let other = br#"{"type":"event_callback","event":{"type":"user_change","user":{"id":"U1"}}}"#;
        assert_eq!(parse_event(other), Ok(Incoming::Event(SlackEvent::Other { kind: "user_change".into() })));
        let limited = br#"{"type":"app_rate_limited","minute_rate_limited":1518467820}"#;
        assert_eq!(parse_event(limited), Ok(Incoming::Unknown { kind: "app_rate_limited".into() }));
    }

    proptest! {
        #[test]
        fn no_body_breaks_the_parser(body in ".{0,200}") {
            let _ = parse_event(body.as_bytes());
        }
    }
}
