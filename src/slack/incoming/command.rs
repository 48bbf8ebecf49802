//! Slash commands: top-level fields, form-encoded over HTTP and JSON over a socket. `commands` parses the text.

use serde::Deserialize;

use super::field::{PayloadField, TextShape, read};
use super::wire::{is_id, origin};
use super::{Incoming, ParseError, ResponseUrl, SlashCommand, key};
use crate::domain::ids::ChannelId;

/// Parses the body of a slash command.
///
/// # Errors
/// When the command or the user is missing.
pub fn parse_command(body: &[u8]) -> Result<Incoming, ParseError> {
    command(CommandFields::read(body), body)
}

/// Parses the JSON of a slash command, as a socket delivers it.
///
/// # Errors
/// Same as [`parse_command`], and when it is not JSON.
pub fn parse_command_json(json: &[u8]) -> Result<Incoming, ParseError> {
    command(read(json)?, json)
}

fn command(fields: CommandFields, body: &[u8]) -> Result<Incoming, ParseError> {
    let command = fields.command.0.ok_or(ParseError::Missing("command"))?;
    let key = key("command", fields.trigger_id.0.as_deref(), body);
    Ok(Incoming::Command(SlashCommand {
        origin: origin(fields.person, fields.team, fields.enterprise)?,
        command,
        text: fields.text.0.unwrap_or_default(),
        channel: fields.channel.0.filter(|id| is_id(id)).map(ChannelId::new),
        trigger_id: fields.trigger_id.0,
        key,
        response_url: fields.response_url.0.map(ResponseUrl::new),
    }))
}

/// The fields that are used. If a field occurs more than once, the first non-empty one counts. Decoding is most of the
/// cost of a command, so the body is read only once.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CommandFields {
    command: PayloadField<TextShape>,
    #[serde(rename = "user_id")]
    person: PayloadField<TextShape>,
    #[serde(rename = "team_id")]
    team: PayloadField<TextShape>,
    #[serde(rename = "enterprise_id")]
    enterprise: PayloadField<TextShape>,
    text: PayloadField<TextShape>,
    #[serde(rename = "channel_id")]
    channel: PayloadField<TextShape>,
    trigger_id: PayloadField<TextShape>,
    response_url: PayloadField<TextShape>,
}

/// Fields that Slack sends with every command but nobody uses, skipped before they are decoded.
const IGNORED: [&[u8]; 7] = [
    b"token",
    b"team_domain",
    b"channel_name",
    b"user_name",
    b"api_app_id",
    b"is_enterprise_install",
    b"enterprise_name",
];

fn is_ignored(pair: &[u8]) -> bool {
    pair.split(|byte| *byte == b'=').next().is_some_and(|key| IGNORED.contains(&key))
}

impl CommandFields {
    fn read(body: &[u8]) -> Self {
        let mut fields = Self::default();
        let pairs = body.split(|byte| *byte == b'&').filter(|pair| !is_ignored(pair));
        for (key, value) in pairs.flat_map(form_urlencoded::parse) {
            let field = match key.as_ref() {
                "command" => &mut fields.command,
                "user_id" => &mut fields.person,
                "team_id" => &mut fields.team,
                "enterprise_id" => &mut fields.enterprise,
                "text" => &mut fields.text,
                "channel_id" => &mut fields.channel,
                "trigger_id" => &mut fields.trigger_id,
                "response_url" => &mut fields.response_url,
                _ => continue,
            };
            if field.0.is_none() && !value.is_empty() {
                field.0 = Some(value.into_owned());
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_command_keeps_its_text_as_typed() {
        let parsed = parse_command(include_bytes!("../../../tests/wire/slack/command.txt")).unwrap();
        let Incoming::Command(command) = parsed else { panic!("{parsed:?}") };
        assert_eq!(command.origin.person.as_str(), "U0ALICE");
        assert_eq!(command.origin.team.as_deref(), Some("T0PLAY"));
        assert_eq!(command.origin.enterprise, None);
        assert_eq!(command.command, "/provision");
        assert_eq!(command.text, "s3-bucket\u{a0}Name=\u{201c}a b\u{201d}");
        assert_eq!(command.channel, Some(ChannelId::new("C0PAYMENTS")));
        assert!(command.trigger_id.is_some());
        assert!(!format!("{command:?}").contains("hooks.slack.com"));
    }

    #[test]
    fn a_grid_command_names_its_enterprise() {
        let body = b"command=%2Fprovision&user_id=W1&enterprise_id=E0GRID&is_enterprise_install=true&text=";
        let Incoming::Command(command) = parse_command(body).unwrap() else { panic!() };
        assert_eq!((command.origin.team, command.origin.enterprise.as_deref()), (None, Some("E0GRID")));
        assert_eq!(command.text, "");
    }

    #[test]
    fn a_command_is_the_same_whichever_way_it_comes() {
        let form = include_bytes!("../../../tests/wire/slack/command.txt");
        let fields: serde_json::Map<_, _> =
            form_urlencoded::parse(form).map(|(key, value)| (key.into_owned(), value.into())).collect();
        let json = serde_json::to_vec(&fields).unwrap();
        assert_eq!(parse_command_json(&json), parse_command(form));
        let null = br#"{"command":"/provision","user_id":"U1","team_id":"","enterprise_id":null,"text":"","trigger_id":"1.2"}"#;
        let form = b"command=%2Fprovision&user_id=U1&team_id=&text=&trigger_id=1.2";
        assert_eq!(parse_command_json(null), parse_command(form));
        assert!(parse_command_json(b"{}").is_err() && parse_command_json(b"[]").is_err());
    }

    #[test]
    fn a_command_by_nobody_is_refused() {
        for body in ["", "command=%2Fprovision", "command=%2Fprovision&user_id=%3C!channel%3E", "user_id=U1"]
        {
            assert!(parse_command(body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_breaks_the_parser(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_command(&body);
            let _ = parse_command_json(&body);
        }
    }
}
