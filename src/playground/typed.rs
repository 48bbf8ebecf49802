//! What people type, as Slack stores and sends it.

use super::workspace::Workspace;

/// A message or a word: the three characters that mean something to Slack are escaped.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text of a command whose manifest says `should_escape`: people, channels and links are marked, a private channel
/// without its name (docs.slack.dev/interactivity/implementing-slash-commands, 2026-11-29).
pub(super) fn command_text(workspace: &Workspace, typed: &str) -> String {
    typed
        .split_inclusive(char::is_whitespace)
        .map(|part| {
            let word = part.trim_end();
            let blanks = &part[word.len()..];
            format!("{}{blanks}", marked(workspace, word).unwrap_or_else(|| escape(word)))
        })
        .collect()
}

fn marked(workspace: &Workspace, word: &str) -> Option<String> {
    if let Some(name) = word.strip_prefix('@') {
        let person = workspace.people.iter().find(|person| person.name == name && !person.deleted)?;
        return Some(format!("<@{}|{name}>", person.id));
    }
    if let Some(name) = word.strip_prefix('#') {
        let channel = workspace.channels.iter().find(|channel| !channel.is_dm() && channel.name == name)?;
        let shown = if channel.is_private { "" } else { name };
        return Some(format!("<#{}|{shown}>", channel.id));
    }
    if word.starts_with("http://") || word.starts_with("https://") {
        return Some(format!("<{}>", escape(word)));
    }
    // Somebody who was picked from the list of names while it was typed.
    let is_picked = word.starts_with("<@") && word.ends_with('>');
    is_picked.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::playground::Settings;

    #[test]
    fn people_channels_and_links_are_marked_and_all_else_stays_text() {
        let now = Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap());
        let mut workspace = Workspace::new(&Settings::demo("signing", "xoxb-play", now));
        workspace.channels[1].is_private = true;
        let typed =
            "transfer 1a  @bob @nobody #general #team-payments\u{a0}https://a.example/?b&c <!here> <@U0BOB>";
        let marked = "transfer 1a  <@U0BOB|bob> @nobody <#C0GENERAL|general> <#C0PAYMENTS|>\u{a0}\
            <https://a.example/?b&amp;c> &lt;!here&gt; <@U0BOB>";
        assert_eq!(command_text(&workspace, typed), marked);
    }
}
