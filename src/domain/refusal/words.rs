//! Parts of the refusal sentences: timestamps, statuses and numbers in people's words.

use jiff::Timestamp;

use crate::domain::approval::{About, AboutKind};
use crate::domain::ids::PersonId;
use crate::domain::period::Period;
use crate::domain::request::{Request, StatusName};

/// Escapes the three characters that Slack's markup gives a meaning.
pub(crate) fn safe(text: &str) -> String {
    // `&` first, or the other entities would be escaped again.
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Formats user text as a Slack block quote, escaped so that Slack shows it as plain text.
pub(super) fn quoted(text: &str) -> String {
    // Slack's quotation ends with the line, so every line needs the mark.
    text.lines().map(|line| format!("> {}", safe(line))).collect::<Vec<_>>().join("\n")
}

pub(super) fn others_in_words(needed: u32) -> String {
    if needed == 1 { "somebody else".to_owned() } else { format!("{needed} different other people") }
}

pub(super) fn nearest_sentence(nearest: &[String]) -> String {
    match nearest {
        [] => " The command without a product shows what there is.".to_owned(),
        [one] => format!(" Did you mean *{one}*?"),
        [rest @ .., last] => format!(" Did you mean *{}* or *{last}*?", rest.join("*, *")),
    }
}

pub(super) fn teams_sentence(yours: &str) -> String {
    if yours.is_empty() { String::new() } else { format!(" You can name one of yours: {yours}.") }
}

/// Returns what an approval is about, as a noun.
pub(super) fn noun(kind: AboutKind) -> &'static str {
    match kind {
        AboutKind::Create => "request",
        AboutKind::Renew => "renewal",
        AboutKind::Change => "change",
    }
}

/// Formats a timestamp so that Slack shows it in the reader's time zone.
///
/// The part after `|` is the fallback for clients that do not support the format.
pub(super) fn when(at: Timestamp) -> String {
    format!(
        "<!date^{}^{{date_short_pretty}} at {{time}}|{}>",
        at.as_second(),
        at.strftime("%Y-%m-%d %H:%M UTC")
    )
}

/// Describes the request's current state, worded to follow a colon.
pub(super) fn stands(request: &Request) -> String {
    if let Some(waiting) = request.waiting() {
        let by = match &waiting.about {
            About::Renew(renewal) => format!(" by {}", renewal.period.describe()),
            About::Create | About::Change(_) => String::new(),
        };
        let (noun, until) = (noun(waiting.about.kind()), when(waiting.answer_by));
        return format!("a {noun}{by} waits for its approvers until {until}");
    }
    match (request.lease(), request.status.name()) {
        (Some(lease), _) if lease.renewals > 0 => {
            format!("it is already renewed until {}", when(lease.expires_at))
        }
        (Some(lease), _) => format!("it lives until {}", when(lease.expires_at)),
        (None, StatusName::Terminating) => "it is being torn down already".to_owned(),
        (None, status) => format!("the request is now at *{}*", status.label()),
    }
}

pub(super) fn instead_of_teardown(status: StatusName) -> &'static str {
    if status.is_undecided() {
        " Cancel it instead."
    } else if status == StatusName::Approved {
        " Try again in a moment, when it is being provisioned."
    } else {
        ""
    }
}

pub(super) fn periods(offered: &[Period]) -> String {
    match offered {
        [] => "nothing: ask your platform team".to_owned(),
        some => some.iter().map(|period| format!("`{period}`")).collect::<Vec<_>>().join(" or "),
    }
}

pub(super) fn decided_words(status: StatusName, by: Option<&PersonId>, at: Timestamp) -> String {
    let when = when(at);
    match by {
        Some(by) => format!("{} by <@{by}> ({when})", status.label().to_lowercase()),
        None => format!("{} ({when})", status.label().to_lowercase()),
    }
}
