//! Slash commands: form fields at the top level. What the text asks for is parsed elsewhere.

use super::wire::{is_id, origin};
use super::{Command, Incoming, ParseError, ResponseUrl};
use crate::domain::ids::ChannelId;

/// Reads the body of a slash command, or of Slack's certificate check.
///
/// # Errors
/// When there is no command or nobody who typed it.
pub fn parse_command(body: &[u8]) -> Result<Incoming, ParseError> {
    let field = |name: &str| {
        let mut pairs = form_urlencoded::parse(body);
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .filter(|value| !value.is_empty())
    };
    if field("ssl_check").is_some_and(|value| value == "1") {
        return Ok(Incoming::SslCheck);
    }
    let command = field("command").ok_or(ParseError::Missing("command"))?;
    Ok(Incoming::Command(Command {
        origin: origin(field("user_id"), field("team_id"), field("enterprise_id"))?,
        command,
        text: field("text").unwrap_or_default(),
        channel: field("channel_id").filter(|id| is_id(id)).map(ChannelId::new),
        trigger_id: field("trigger_id"),
        response_url: field("response_url").map(ResponseUrl::new),
    }))
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
    fn a_certificate_check_has_no_command() {
        assert_eq!(parse_command(b"ssl_check=1&token=abc"), Ok(Incoming::SslCheck));
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
        }
    }
}
