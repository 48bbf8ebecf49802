//! Escapes text that users type, as Slack does: three characters become entities and, in commands with
//! `should_escape`, people, channels and links become references
//! (docs.slack.dev/interactivity/implementing-slash-commands, 2026-11-29).

use super::workspace::Workspace;

/// Escapes the three characters that have a special meaning.
pub(super) fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Escapes the text of a command. References that the composer has inserted stay unchanged.
pub(super) fn of_command(workspace: &Workspace, text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        escaped.push_str(&of_word(workspace, bare));
        escaped.push_str(&word[bare.len()..]);
    }
    escaped
}

fn of_word(workspace: &Workspace, word: &str) -> String {
    let end = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    let rest = plain(&word[end.len()..]);
    let is_reference = ["<@", "<#", "<!"].iter().any(|begin| end.starts_with(begin)) && end.ends_with('>');
    let is_link = ["http://", "https://"].iter().any(|scheme| end.starts_with(scheme));
    let reference = match end.chars().next() {
        _ if is_reference => Some(end.to_owned()),
        _ if is_link => Some(format!("<{}>", plain(end))),
        Some('@') => person(workspace, &end[1..]),
        Some('#') => channel(workspace, &end[1..]),
        _ => None,
    };
    reference.unwrap_or_else(|| plain(end)) + &rest
}

fn person(workspace: &Workspace, name: &str) -> Option<String> {
    if ["here", "channel", "everyone"].contains(&name) {
        return Some(format!("<!{name}>"));
    }
    let account = workspace.people.iter().find(|person| !person.deleted && person.name == name)?;
    Some(format!("<@{}|{}>", account.id, account.name))
}

/// Returns the reference to a channel, which omits the name of a private one.
fn channel(workspace: &Workspace, name: &str) -> Option<String> {
    let conversation = workspace.channels.iter().find(|channel| !channel.is_dm() && channel.name == name)?;
    let label = if conversation.is_private { "" } else { &conversation.name };
    Some(format!("<#{}|{label}>", conversation.id))
}
