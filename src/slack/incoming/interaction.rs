//! Interactions, which are forms with one field, `payload`, that holds JSON; and requests for options, which look the
//! same.

use super::field::{PayloadField, TextShape, read};
use super::wire::{Container, Payload, WireMessage, WireView, id_of, is_id, origin};
use super::{
    Click, ClickedMessage, Incoming, Origin, ParseError, ResponseUrl, Shortcut, Suggestion, ViewRef,
    ViewSubmission, key,
};
use crate::domain::ids::ChannelId;
use crate::domain::request::MessageRef;

/// Parses the body of an interaction.
///
/// # Errors
/// When it has no readable payload or no user. An unknown kind is not an error.
pub fn parse_interaction(body: &[u8]) -> Result<Incoming, ParseError> {
    let mut pairs = form_urlencoded::parse(body);
    let (_, payload) = pairs.find(|(key, _)| key == "payload").ok_or(ParseError::Missing("payload"))?;
    parse_interaction_json(payload.as_bytes())
}

/// Parses the body of a request for options.
///
/// # Errors
/// Same as [`parse_interaction`], and when it is of another kind.
pub fn parse_options(body: &[u8]) -> Result<Incoming, ParseError> {
    let incoming = parse_interaction(body)?;
    if matches!(incoming, Incoming::Suggestion(_)) {
        Ok(incoming)
    } else {
        Err(ParseError::Missing("block_suggestion"))
    }
}

/// Parses the JSON of an interaction, as a socket delivers it.
///
/// # Errors
/// Same as [`parse_interaction`].
pub fn parse_interaction_json(json: &[u8]) -> Result<Incoming, ParseError> {
    let mut payload: Payload = read(json)?;
    let Some(kind) = payload.kind.0.take() else { return of_no_kind(payload) };
    match kind.as_str() {
        "block_actions" => click(payload, json),
        "view_submission" => Ok(submission(payload)),
        "view_closed" => Ok(Incoming::Closed),
        "block_suggestion" => suggestion(payload),
        "shortcut" => shortcut(payload),
        _ => Ok(Incoming::Unknown { kind }),
    }
}

fn who(payload: &mut Payload) -> Result<Origin, ParseError> {
    let [user, team, enterprise] = [&mut payload.user, &mut payload.team, &mut payload.enterprise]
        .map(|named| id_of(std::mem::take(named)));
    origin(user, team, enterprise)
}

fn click(mut payload: Payload, json: &[u8]) -> Result<Incoming, ParseError> {
    let key = key("click", payload.trigger_id.0.as_deref(), json);
    let origin = who(&mut payload)?;
    let channel = id_of(payload.channel).0.filter(|id| is_id(id)).map(ChannelId::new);
    let message = clicked_message(
        payload.container.0.unwrap_or_default(),
        payload.message.0.unwrap_or_default(),
        channel.clone(),
    );
    // Slack sends a list, but always with exactly one action.
    let action = payload.actions.0.and_then(|actions| actions.into_iter().next());
    let action = action.ok_or(ParseError::Missing("action"))?;
    Ok(Incoming::Click(Click {
        origin,
        action_id: action.action_id.0.ok_or(ParseError::Missing("action_id"))?,
        block_id: action.block_id.0.unwrap_or_default(),
        values: action.element.texts(),
        trigger_id: payload.trigger_id.0,
        key,
        response_url: response_url(payload.response_url),
        channel,
        message,
        view: payload.view.0.and_then(view),
    }))
}

/// Returns the message that was clicked in. The container names it even if Slack omits the message itself.
fn clicked_message(
    container: Container,
    message: WireMessage,
    channel: Option<ChannelId>,
) -> Option<ClickedMessage> {
    let in_channel = container.channel_id.0.filter(|id| is_id(id)).map(ChannelId::new);
    Some(ClickedMessage {
        at: MessageRef { channel: in_channel.or(channel)?, ts: container.message_ts.0.or(message.ts.0)? },
        thread_ts: container.thread_ts.0.or(message.thread_ts.0),
        is_ephemeral: container.is_ephemeral.0.unwrap_or(false),
    })
}

fn response_url(url: PayloadField<TextShape>) -> Option<ResponseUrl> {
    url.0.map(ResponseUrl::new)
}

fn view(view: WireView) -> Option<ViewRef> {
    Some(shown(view)).filter(|view| !view.id.is_empty())
}

/// Returns a view as far as it could be parsed.
fn shown(mut view: WireView) -> ViewRef {
    let state = view.state.0.take();
    ViewRef {
        values: view.values(state),
        id: view.id.0.unwrap_or_default(),
        hash: view.hash.0,
        callback_id: view.callback_id.0.unwrap_or_default(),
        private_metadata: view.private_metadata.0.unwrap_or_default(),
        blocks: view.blocks.map(|blocks| blocks.get().to_owned()).unwrap_or_default(),
    }
}

/// Handles a payload without a kind. It may be a submitted form, whose input must not be lost silently.
fn of_no_kind(payload: Payload) -> Result<Incoming, ParseError> {
    let why = ParseError::Missing("type");
    match payload.view.0 {
        // A click has actions, so a payload with only a view is most likely a submission.
        Some(view) if payload.actions.0.is_none() => Ok(unread(shown(view), why)),
        _ => Err(why),
    }
}

fn unread(view: ViewRef, why: ParseError) -> Incoming {
    Incoming::UnreadForm { view: Box::new(view), why }
}

fn submission(mut payload: Payload) -> Incoming {
    let (origin, view) = (who(&mut payload), shown(payload.view.0.unwrap_or_default()));
    let origin = match origin {
        Ok(origin) if !view.id.is_empty() => origin,
        Ok(_) => return unread(view, ParseError::Missing("view")),
        Err(why) => return unread(view, why),
    };
    let targets = payload.response_urls.0.unwrap_or_default();
    Incoming::Submission(ViewSubmission {
        origin,
        view,
        trigger_id: payload.trigger_id.0,
        response_urls: targets.into_iter().filter_map(|target| response_url(target.response_url)).collect(),
    })
}

fn suggestion(mut payload: Payload) -> Result<Incoming, ParseError> {
    Ok(Incoming::Suggestion(Suggestion {
        origin: who(&mut payload)?,
        action_id: payload.action_id.0.unwrap_or_default(),
        block_id: payload.block_id.0.unwrap_or_default(),
        typed: payload.value.0.unwrap_or_default(),
        view: payload.view.0.and_then(view),
    }))
}

fn shortcut(mut payload: Payload) -> Result<Incoming, ParseError> {
    Ok(Incoming::Shortcut(Shortcut {
        origin: who(&mut payload)?,
        callback_id: payload.callback_id.0.ok_or(ParseError::Missing("callback_id"))?,
        trigger_id: payload.trigger_id.0,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    macro_rules! recorded {
        ($name:literal) => {
            parse_interaction_json(include_bytes!(concat!("../../../tests/wire/slack/", $name))).unwrap()
        };
    }

    #[test]
    fn a_button_in_a_channel_message_says_who_what_and_where() {
        let Incoming::Click(click) = recorded!("click_approve.json") else { panic!() };
        assert_eq!(click.origin.person.as_str(), "U0MORGAN");
        assert_eq!((click.action_id.as_str(), click.block_id.as_str()), ("request.approve", "decide"));
        assert_eq!(click.value(), Some("0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10:1"));
        let message = click.message.unwrap();
        assert_eq!(
            message.at,
            MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1763800000.000100".into() }
        );
        assert!(!message.is_ephemeral);
        assert_eq!(message.thread_ts, None);
        assert!(click.response_url.is_some());
        assert_eq!(click.view, None);
    }

    #[test]
    fn a_select_that_changed_in_a_modal_brings_the_whole_form() {
        let Incoming::Click(click) = recorded!("click_in_view.json") else { panic!() };
        assert_eq!((click.action_id.as_str(), click.value()), ("value", Some("prod")));
        assert_eq!(click.message, None);
        let view = click.view.unwrap();
        assert_eq!((view.id.as_str(), view.hash.as_deref()), ("V0FORM", Some("1763800000.aB3")));
        assert_eq!(view.callback_id, "request.form");
        assert_eq!(view.values.text("param.Environment"), Some("prod"));
        assert_eq!(view.values.text("reason"), None);
    }

    #[test]
    fn every_kind_of_input_is_flattened() {
        let Incoming::Submission(submission) = recorded!("submission.json") else { panic!() };
        let values = submission.view.values;
        let lines: Vec<String> = values.iter().map(|(block, texts)| format!("{block} = {texts:?}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        approver = ["U0MORGAN"]
        at = ["1763800000"]
        channels = ["C0A", "C0B"]
        day = ["2026-12-01"]
        empty_many = []
        empty_select = []
        empty_text = []
        features = ["logs", "metrics"]
        param.Environment = ["dev"]
        param.Name = ["a <b> & c"]
        param.Size = ["20"]
        param.Zone = ["us-east-1a"]
        "#);
        assert_eq!(values.all("features").len(), 2);
        assert_eq!(submission.response_urls.len(), 1);
    }

    #[test]
    fn an_enterprise_install_has_no_workspace() {
        let Incoming::Submission(submission) = recorded!("submission_enterprise.json") else { panic!() };
        assert_eq!(submission.origin.person.as_str(), "W0ALICE");
        assert_eq!(submission.origin.team, None);
        assert_eq!(submission.origin.enterprise.as_deref(), Some("E0GRID"));
    }

    #[test]
    fn a_type_ahead_says_what_was_typed_and_in_which_form() {
        let Incoming::Suggestion(suggestion) = recorded!("suggestion.json") else { panic!() };
        assert_eq!((suggestion.block_id.as_str(), suggestion.typed.as_str()), ("param.Zone", "us-"));
        assert_eq!(suggestion.view.unwrap().callback_id, "request.form");
    }

    #[test]
    fn a_home_button_comes_with_the_home_view() {
        let Incoming::Click(click) = recorded!("click_home.json") else { panic!() };
        assert_eq!((click.channel, click.message), (None, None));
        assert_eq!(click.view.unwrap().id, "V0HOME");
    }

    #[test]
    fn a_button_on_a_private_message_in_a_thread_knows_both() {
        let Incoming::Click(click) = recorded!("click_ephemeral.json") else { panic!() };
        let message = click.message.unwrap();
        assert!(message.is_ephemeral);
        assert_eq!(message.thread_ts.as_deref(), Some("1763800000.000100"));
    }

    #[test]
    fn shortcuts_closings_and_unknown_kinds_are_told_apart() {
        let Incoming::Shortcut(shortcut) = recorded!("shortcut.json") else { panic!() };
        assert_eq!(shortcut.callback_id, "catalog.open");
        let closed = br#"{"type":"view_closed","user":{"id":"U0ALICE"},"view":{},"is_cleared":false}"#;
        assert_eq!(parse_interaction_json(closed), Ok(Incoming::Closed));
        let unknown = Incoming::Unknown { kind: "workflow_step_edit".into() };
        assert_eq!(parse_interaction_json(br#"{"type":"workflow_step_edit"}"#), Ok(unknown));
    }

    #[test]
    fn the_form_field_is_unwrapped_and_nothing_else_is_accepted() {
        let body = b"payload=%7B%22type%22%3A%22view_closed%22%7D";
        assert_eq!(parse_interaction(body), Ok(Incoming::Closed));
        assert_eq!(parse_options(body), Err(ParseError::Missing("block_suggestion")));
        assert_eq!(parse_interaction(b"{}"), Err(ParseError::Missing("payload")));
        assert!(matches!(parse_interaction(b"payload=%7B"), Err(ParseError::Json { .. })));
    }

    #[test]
    fn a_click_by_nobody_or_on_nothing_is_refused() {
        for json in [
            r#"{"type":"block_actions","actions":[{"action_id":"a"}]}"#,
            r#"{"type":"block_actions","user":{"id":"U1"},"actions":[]}"#,
            r#"{"type":"block_actions","user":{"id":"<@U1>"},"actions":[{"action_id":"a"}]}"#,
        ] {
            assert!(parse_interaction_json(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn a_form_that_does_not_say_enough_keeps_what_is_filled_in() {
        let lacking = |json: &str| match parse_interaction_json(json.as_bytes()) {
            Ok(Incoming::UnreadForm { view, why }) => format!("{why}: {:?}", view.last_field()),
            other => format!("{other:?}"),
        };
        let form = r#""view":{"id":"V1","state":{"values":{"reason":{"value":{"value":"why"}}}}}"#;
        let forms = [
            r#"{"type":"view_submission","user":{"id":"U1"}}"#.to_owned(),
            format!(r#"{{"type":"view_submission","user":{{"id":"<@U1>"}},{form}}}"#),
            format!(r#"{{"type":"view_submission","user":{{"id":"U1"}},{}}}"#, form.replace("V1", "")),
            format!(r#"{{"user":{{"id":"U1"}},{form}}}"#),
            format!(r#"{{"type":[],"actions":[{{"action_id":"a"}}],{form}}}"#),
        ];
        insta::assert_snapshot!(forms.map(|json| lacking(&json)).join("\n"), @r#"
        the payload has no usable `view`: None
        the payload has no usable `user id`: Some("reason")
        the payload has no usable `view`: Some("reason")
        the payload has no usable `type`: Some("reason")
        Err(Missing("type"))
        "#);
    }

    #[test]
    fn a_problem_is_said_under_an_input_and_under_nothing_else() {
        let field = |blocks: &str| {
            let json = format!(
                r#"{{"type":"view_submission","view":{{"blocks":{blocks},"state":{{"values":{{"a":{{}},"z":{{}}}}}}}}}}"#
            );
            let Ok(Incoming::UnreadForm { view, .. }) = parse_interaction_json(json.as_bytes()) else {
                panic!()
            };
            view.last_field().map(str::to_owned)
        };
        assert_eq!(
            field(r#"[{"type":"input","block_id":"a"},{"type":"section","block_id":"z"}]"#),
            Some("a".into())
        );
        assert_eq!(field(r#"[{"type":"actions","block_id":"z"}]"#), None);
        assert_eq!(field("7"), Some("z".into()));
    }

    #[test]
    fn what_serde_does_not_take_costs_itself_alone() {
        let read = |json: &str| {
            let Ok(Incoming::Submission(submission)) = parse_interaction_json(json.as_bytes()) else {
                panic!("{json}")
            };
            format!("{:?}", submission.view.values)
        };
        let whole = |value: &str, more: &str| {
            read(&format!(
                r#"{{"type":"view_submission","user":{{"id":"U1"}},{more}"view":{{"id":"V1","state":{{"values":
                    {{"a":{{"value":{{"value":{value}}}}},"b":{{"value":{{"value":"kept"}}}}}}}}}}}}"#
            ))
        };
        let all = [
            whole(r#""half \ud83d of a face""#, ""),
            whole("1e999", ""),
            whole(&format!("{}{}", "[".repeat(1000), "]".repeat(1000)), ""),
            whole("1", r#""type":"view_submission","x":"\udead","#),
        ];
        insta::assert_snapshot!(all.join("\n"), @r#"
        Values({"a": ["half � of a face"], "b": ["kept"]})
        Values({"a": [], "b": ["kept"]})
        Values({"a": [], "b": ["kept"]})
        Values({"a": ["1"], "b": ["kept"]})
        "#);
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let deep = format!(r#"{{"type":"shortcut","x":{}"#, "[".repeat(100_000));
        assert!(parse_interaction_json(deep.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_body_breaks_the_parser(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_interaction(&body);
            let _ = parse_interaction_json(&body);
        }
    }
}
