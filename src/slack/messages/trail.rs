//! The audit trail as people read it: copied to the audit channel as it grows, and whole for one request.

use slack_morphism::prelude::SlackBlock;

use super::{Message, facts};
use crate::domain::audit::AuditEntry;
use crate::portal::trail::Trail;
use crate::slack::blocks::{MAX_SECTION, context, header, section};
use crate::slack::mrkdwn::{date_time, escape_within};

/// Sections of entries in one message. A message is cut somewhere above 40,000 characters.
const SECTIONS: usize = 10;

/// New entries, for the audit channel.
pub(super) fn copied(entries: &[AuditEntry]) -> Message {
    let lines: Vec<String> = entries.iter().map(copied_line).collect();
    let text = lines.join("\n");
    Message::new(&text, lines.iter().map(|line| section(line)).collect())
}

fn copied_line(entry: &AuditEntry) -> String {
    format!(
        "`{}` #{} {} *{}* by {}: {} for {}{}",
        entry.request.short(),
        entry.seq,
        date_time(entry.at),
        escape_within(&entry.event, 60),
        actor(entry),
        escape_within(&entry.product, 60),
        escape_within(&entry.team, 60),
        detail(entry)
    )
}

/// The whole trail of one request, oldest first: as many of its newest entries as one message holds.
pub fn trail(trail: &Trail) -> Message {
    let request = &trail.request;
    let title = format!("Audit trail: {}", request.product.name);
    let verdict = verdict(trail);
    let (sections, earlier) = newest(&trail.entries);
    let mut blocks = vec![header(&title), section(&verdict)];
    if earlier > 0 {
        let entries = if earlier == 1 { "entry is" } else { "entries are" };
        blocks.push(context(&format!("{earlier} earlier {entries} in what `quartermaster audit export` writes.")));
    }
    blocks.extend(sections);
    let digest = "Each line ends with the beginning of its digest.";
    blocks.push(context(&format!("Request `{}` · team {} · {digest}", request.id, facts::team(request))));
    let text = format!(
        "{}. {} {verdict}",
        escape_within(&title, 200),
        match trail.entries.len() {
            1 => "1 entry.".to_owned(),
            many => format!("{many} entries."),
        }
    );
    Message::new(&text, blocks)
}

fn verdict(trail: &Trail) -> String {
    match &trail.broken {
        None => "The chain is whole: no entry was changed, removed or forged.".to_owned(),
        Some(why) => format!(
            "*The chain is broken*: {}. Tell your platform team; what is written here cannot be relied on.",
            escape_within(why, 500)
        ),
    }
}

/// The newest entries in as few sections as hold them, and how many earlier ones have no room.
fn newest(entries: &[AuditEntry]) -> (Vec<SlackBlock>, usize) {
    let mut sections: Vec<Vec<String>> = vec![Vec::new()];
    let (mut length, mut shown) = (0, 0);
    for entry in entries.iter().rev() {
        let line = line(entry);
        length += line.chars().count() + 1;
        if length > MAX_SECTION {
            if sections.len() == SECTIONS {
                break;
            }
            length = line.chars().count() + 1;
            sections.push(Vec::new());
        }
        if let Some(last) = sections.last_mut() {
            last.push(line);
        }
        shown += 1;
    }
    let joined = |mut lines: Vec<String>| {
        lines.reverse();
        section(&lines.join("\n"))
    };
    let filled = sections.into_iter().rev().filter(|lines| !lines.is_empty());
    (filled.map(joined).collect(), entries.len() - shown)
}

fn line(entry: &AuditEntry) -> String {
    let digest: String = entry.digest.chars().take(8).collect();
    format!(
        "#{} {} *{}* by {} · {}{} `{}`",
        entry.seq,
        date_time(entry.at),
        escape_within(&entry.event, 60),
        actor(entry),
        escape_within(&entry.status, 40),
        detail(entry),
        escape_within(&digest, 48)
    )
}

fn detail(entry: &AuditEntry) -> String {
    match entry.detail.trim() {
        "" => String::new(),
        detail => format!(": {}", escape_within(&detail.replace('\n', " "), 200)),
    }
}

/// Who did it, as a mention where it is a person.
pub(super) fn actor(entry: &AuditEntry) -> String {
    let actor = entry.actor.as_str();
    let is_person =
        actor.starts_with(['U', 'W']) && actor.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if is_person { format!("<@{actor}>") } else { escape_within(actor, 60) }
}
