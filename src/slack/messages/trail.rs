//! The audit trail for readers: new entries for the audit channel, and the whole trail of one request.

use slack_morphism::prelude::SlackBlock;

use super::{Message, text};
use crate::domain::audit::{AuditEntry, is_person};
use crate::domain::ids::RequestId;
use crate::portal::people::trail::Trail;
use crate::slack::blocks::{MAX_SECTION, context, cut, header, section};
use crate::slack::mrkdwn::{date_time, escape_within, inline};

/// Most sections of entries in one message. Slack truncates a message above 40,000 characters.
const SECTIONS: usize = 10;

/// Returns new entries for the audit channel.
pub(super) fn copied(entries: &[AuditEntry]) -> Message {
    let lines: Vec<String> = entries.iter().map(copied_line).collect();
    let text = lines.join("\n");
    Message::new(&text, lines.iter().map(|line| section(line)).collect())
}

fn copied_line(entry: &AuditEntry) -> String {
    // Entries about the portal itself have no request to name.
    if entry.request == RequestId::PORTAL {
        let (at, event) = (date_time(entry.at), escape_within(&entry.event, 60));
        return format!(
            "Portal #{} {at} *{event}* by {}{}",
            entry.seq,
            actor(entry),
            detail(entry, ShowVia::Named)
        );
    }
    format!(
        "`{}` #{} {} *{}* by {}{}{}",
        entry.request.short(),
        entry.seq,
        date_time(entry.at),
        escape_within(&entry.event, 60),
        actor(entry),
        subject(entry),
        detail(entry, ShowVia::Named)
    )
}

/// Returns the trail of one request, oldest entry first: as many of its newest entries as one message can hold.
pub fn trail(trail: &Trail) -> Message {
    let request = &trail.request;
    let title = format!("Audit trail: {}", request.product.name);
    let verdict = verdict(trail);
    let (sections, earlier) = newest(&trail.entries);
    let mut blocks = vec![header(&title), section(&verdict)];
    if earlier > 0 {
        let entries = if earlier == 1 { "entry is" } else { "entries are" };
        blocks.push(context(&format!(
            "{earlier} earlier {entries} in the output of `quartermaster audit export`."
        )));
    }
    blocks.extend(sections);
    let digest = "Each line ends with the beginning of its digest.";
    blocks.push(context(&format!("Request `{}` · team {} · {digest}", request.id, text::team(request))));
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
        None => "The chain is intact: no entry was changed, removed or forged.".to_owned(),
        Some(why) => format!(
            "*The chain is broken*: {}. Tell your platform team; this trail cannot be relied on.",
            escape_within(why, 500)
        ),
    }
}

/// Returns the newest entries in as few sections as possible, and how many earlier ones do not fit.
fn newest(entries: &[AuditEntry]) -> (Vec<SlackBlock>, usize) {
    let mut sections: Vec<Vec<String>> = vec![Vec::new()];
    let (mut length, mut count) = (0, 0);
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
        count += 1;
    }
    let joined = |mut lines: Vec<String>| {
        lines.reverse();
        section(&lines.join("\n"))
    };
    let filled = sections.into_iter().rev().filter(|lines| !lines.is_empty());
    (filled.map(joined).collect(), entries.len() - count)
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
        detail(entry, ShowVia::Named),
        escape_within(&digest, 48)
    )
}

/// Returns product and team, after a colon; empty if the entry is not about a product.
fn subject(entry: &AuditEntry) -> String {
    match entry.product.as_str() {
        "-" => String::new(),
        product => format!(": {} for {}", escape_within(product, 60), escape_within(&entry.team, 60)),
    }
}

/// Whether to show how the action was triggered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShowVia {
    /// Show it, such as a button in a channel.
    Named,
    /// Leave it out.
    LeftOut,
}

/// Returns the entry's detail after a colon, with times in the reader's time zone, and users and channels as mentions.
pub(super) fn detail(entry: &AuditEntry, way: ShowVia) -> String {
    let (text, _, done_by) = entry.parts();
    // Cut before words become dates and mentions, because half of one would be broken markup.
    let text = cut(&text.replace('\n', " "), 200);
    let word = |word| if entry.event == "transferred" { person(word) } else { in_readers_time(word) };
    let words: Vec<String> = text.split(' ').map(word).collect();
    let done_by = match done_by {
        Some(done_by) if way == ShowVia::Named => Some(format!("[{}]", place(done_by))),
        Some(_) | None => None,
    };
    let parts = [Some(words.join(" ")).filter(|text| !text.is_empty()), done_by];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(" ")) }
}

/// Turns a user id into a mention and keeps the punctuation after it.
fn person(word: &str) -> String {
    let id = word.trim_end_matches(',');
    if is_person(id) { format!("{}{}", named(id), &word[id.len()..]) } else { one_word(word) }
}

fn in_readers_time(word: &str) -> String {
    let moment = word.trim_end_matches(',');
    match moment.parse() {
        Ok(at) => format!("{}{}", date_time(at), &word[moment.len()..]),
        Err(_) => one_word(word),
    }
}

/// Escapes a word of the entry, which may be user input.
fn one_word(word: &str) -> String {
    if word.is_empty() { String::new() } else { inline(word, MAX_SECTION) }
}

fn place(done_by: &str) -> String {
    match done_by.strip_prefix("button in ") {
        // A direct message channel has no name that could be shown.
        Some(channel) if channel.starts_with('D') => "button in a direct message".to_owned(),
        Some(channel) => format!("button in <#{}>", escape_within(channel, 40)),
        None => escape_within(done_by, 60),
    }
}

/// Returns the actor, as a mention if it is a user, and on whose behalf.
fn actor(entry: &AuditEntry) -> String {
    let (_, done_for, _) = entry.parts();
    let done_for = done_for.map(|person| format!(" for {}", named(person)));
    format!("{}{}", named(&entry.actor), done_for.unwrap_or_default())
}

/// Like [`actor`]; `None` if the actor is a part of the program.
pub(super) fn by_a_person(entry: &AuditEntry) -> Option<String> {
    if is_person(&entry.actor) { Some(actor(entry)) } else { None }
}

/// Like [`actor`], for an actor without an entry.
pub(super) fn named(actor: &str) -> String {
    if is_person(actor) { format!("<@{actor}>") } else { escape_within(actor, 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Actor, AuditHead, AuditSubject, By, Via, answered};
    use crate::domain::ids::{ChannelId, PersonId};
    use crate::domain::request::Request;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    fn entries(request: &Request, events: &[(&str, &str)]) -> Vec<AuditEntry> {
        let subject = AuditSubject::Request {
            id: request.id,
            team: &request.team,
            product: &request.product.key,
            status: request.status.name().as_str(),
        };
        let mut head = AuditHead::default();
        let alice = Actor::Person(By { person: request.requester.clone(), via: Via::Command });
        let append = |(event, detail): &(&str, &str)| {
            let actor = if *event == "expired" { &Actor::Clock } else { &alice };
            head.append(request.submitted_at, subject, event, actor, *detail)
        };
        events.iter().map(append).collect()
    }

    #[test]
    fn a_detail_has_moments_in_the_readers_time_and_says_where_a_button_was() {
        let request = fixtures::active();
        let shown = |channel: &str, text: &str| {
            let by = By { person: request.requester.clone(), via: Via::Message(ChannelId::new(channel)) };
            let subject = AuditSubject::Request {
                id: request.id,
                team: &request.team,
                product: &request.product.key,
                status: "ACTIVE",
            };
            let entry = AuditHead::default().append(
                request.submitted_at,
                subject,
                "renewed",
                &Actor::Person(by),
                text.to_owned(),
            );
            [ShowVia::Named, ShowVia::LeftOut].map(|way| detail(&entry, way)).join(" / ")
        };
        let shown = [
            shown("C0PAYMENTS", "by 30d, ends 2026-12-30T09:00:00Z"),
            shown("D0ALICE", "since 2026-12-30T09:00:00Z, he said [form]"),
            shown("C0PAYMENTS", ""),
        ];
        insta::assert_snapshot!(shown.join("\n"), @"
        : by 30d, ends <!date^1798621200^{date_short_pretty} at {time}|2026-12-30 09:00 UTC> [button in <#C0PAYMENTS>] / : by 30d, ends <!date^1798621200^{date_short_pretty} at {time}|2026-12-30 09:00 UTC>
        : since <!date^1798621200^{date_short_pretty} at {time}|2026-12-30 09:00 UTC>, he said [form] [button in a direct message] / : since <!date^1798621200^{date_short_pretty} at {time}|2026-12-30 09:00 UTC>, he said [form]
        : [button in <#C0PAYMENTS>] /
        ");
    }

    #[test]
    fn who_did_something_for_somebody_and_who_handed_over_to_whom_are_mentioned() {
        let request = fixtures::active();
        let morgan = PersonId::new("U0MORGAN");
        let events = [
            ("approved", answered("", Some(&morgan))),
            ("approved", answered("1 of 2 approvals", Some(&morgan))),
            ("denied", answered("too big,\nfor now", Some(&morgan))),
            ("denied", answered("too big,\nfor U0MORGAN", None)),
            ("denied", answered("for U0MORGAN ", None)),
            ("submitted", "1 approval needed, for U0MORGAN".to_owned()),
            ("transferred", "from U0ALICE to U0BOB, from team a to team b".to_owned()),
            ("retained", "kept, for U0MORGAN".to_owned()),
        ];
        let events: Vec<(&str, &str)> =
            events.iter().map(|(event, detail)| (*event, detail.as_str())).collect();
        let entries = entries(&request, &events);
        let lines = entries.iter().map(|entry| {
            let by = by_a_person(entry).unwrap();
            format!("{} by {by}{}", entry.event, detail(entry, ShowVia::LeftOut))
        });
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
        approved by <@U0ALICE> for <@U0MORGAN>
        approved by <@U0ALICE> for <@U0MORGAN>: 1 of 2 approvals
        denied by <@U0ALICE> for <@U0MORGAN>: too big, for now
        denied by <@U0ALICE>: too big, for U0MORGAN.
        denied by <@U0ALICE>: for U0MORGAN.
        submitted by <@U0ALICE> for <@U0MORGAN>: 1 approval needed
        transferred by <@U0ALICE>: from <@U0ALICE> to <@U0BOB>, from team a to team b
        retained by <@U0ALICE>: kept, for U0MORGAN
        ");
        assert!(copied_line(&entries[0]).contains("*approved* by <@U0ALICE> for <@U0MORGAN>: s3-bucket"));
        assert!(line(&entries[0]).contains("*approved* by <@U0ALICE> for <@U0MORGAN> · ACTIVE: [command]"));
    }

    #[test]
    fn a_trail_shows_every_entry_and_whether_the_chain_is_whole() {
        let request = fixtures::active();
        let entries = entries(
            &request,
            &[("submitted", "1 approval\nneeded"), ("refused", "<!channel>"), ("expired", "")],
        );
        let whole = Trail { request, entries, broken: None };
        insta::assert_snapshot!(transcript(&trail(&whole)), @"
        (Audit trail: Secure S3 Bucket. 3 entries. The chain is intact: no entry was changed, removed or forged.)
        # Audit trail: Secure S3 Bucket
        The chain is intact: no entry was changed, removed or forged.
        #1 <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> *submitted* by <@U0ALICE> · ACTIVE: 1 approval needed [command] `97cdc609`
        #2 <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> *refused* by <@U0ALICE> · ACTIVE: &lt;!channel&gt; [command] `fd46a15d`
        #3 <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> *expired* by clock · ACTIVE `c702bf79`
        (Request `0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10` · team payments · Each line ends with the beginning of its digest.)
        ");
        let broken = Trail { broken: Some("entry 2 was changed".into()), ..whole };
        assert!(trail(&broken).text.contains("*The chain is broken*: entry 2 was changed."));
    }

    #[test]
    fn a_long_trail_keeps_its_newest_entries_in_order_and_counts_the_others() {
        let request = fixtures::enormous();
        let long = "<".repeat(500);
        let mut events = vec![("refused", long.as_str()); 300];
        events.push(("newest", ""));
        let entries = entries(&request, &events);
        let message = trail(&Trail { request, entries, broken: Some(long.clone()) });
        assert_within_limits(&message);
        let text = transcript(&message);
        let shown: Vec<usize> =
            text.lines().filter_map(|line| line.strip_prefix('#')?.split(' ').next()?.parse().ok()).collect();
        assert!(shown.is_sorted() && shown.last() == Some(&301), "{shown:?}");
        assert!(text.contains(&format!("({} earlier entries are in", 301 - shown.len())), "{text}");
    }

    #[test]
    fn entries_are_copied_to_the_audit_channel_one_a_paragraph() {
        let request = fixtures::active();
        let message = copied(&entries(&request, &[("submitted", ""), ("renewed", "by 30d")]));
        insta::assert_snapshot!(transcript(&message), @"
        (`0b8f1c9e` #1 <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> *submitted* by <@U0ALICE>: s3-bucket for payments: [command] / `0b8f1c9e` #2 <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> *renewed* by <@U0ALICE>: s3-bucket for payments: by 30d [command])
        `0b8f1c9e` #1 <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> *submitted* by <@U0ALICE>: s3-bucket for payments: [command]
        `0b8f1c9e` #2 <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> *renewed* by <@U0ALICE>: s3-bucket for payments: by 30d [command]
        ");
        let long = "&".repeat(900);
        assert_within_limits(&copied(&entries(&fixtures::enormous(), &vec![("refused", long.as_str()); 20])));
    }
}
