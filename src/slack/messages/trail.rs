//! The audit trail as people read it: copied to the audit channel as it grows, and whole for one request.

use super::Message;
use crate::domain::audit::AuditEntry;
use crate::slack::blocks::section;
use crate::slack::mrkdwn::{date_time, escape_within};

/// New entries, for the audit channel.
pub(super) fn copied(entries: &[AuditEntry]) -> Message {
    let lines: Vec<String> = entries.iter().map(line).collect();
    let text = lines.join("\n");
    Message::new(&text, lines.iter().map(|line| section(line)).collect())
}

fn line(entry: &AuditEntry) -> String {
    format!(
        "`{}` #{} {} *{}* by {}: {} for {} {}",
        entry.request.short(),
        entry.seq,
        date_time(entry.at),
        escape_within(&entry.event, 60),
        actor(entry),
        escape_within(&entry.product, 60),
        escape_within(&entry.team, 60),
        escape_within(&entry.detail.replace('\n', " "), 200)
    )
}

/// Who did it, as a mention where it is a person.
pub(super) fn actor(entry: &AuditEntry) -> String {
    let actor = entry.actor.as_str();
    let is_person =
        actor.starts_with(['U', 'W']) && actor.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if is_person { format!("<@{actor}>") } else { escape_within(actor, 60) }
}
