//! Statistics about requests: a paragraph for each of the reader's teams, and a table if there are several.

use slack_morphism::prelude::{
    SlackBlock, SlackTableBlock, SlackTableCell, SlackTableColumnAlign, SlackTableColumnSetting,
};

use super::{Message, text};
use crate::domain::counters::{Counter, CounterTotals, DurationBucket};
use crate::portal::people::stats::{DAYS, DETAILED, Stats, StatsSection};
use crate::slack::blocks::{MAX_SECTION, context, cut, header, section};
use crate::slack::mrkdwn::{date_time, escape};

/// Most rows that Slack accepts in a table, including the heading.
const MAX_ROWS: usize = 100;
/// Longest cell, in characters. Slack has no such limit, but a phone's screen has.
const MAX_CELL: usize = 60;

/// The columns of the table, and the counter of each.
const COLUMNS: [(&str, Counter); 10] = [
    ("Asked", Counter::Submitted),
    ("Approved", Counter::Approved),
    ("Automatic", Counter::Auto),
    ("Denied", Counter::Denied),
    ("Cancelled", Counter::Cancelled),
    ("Unanswered", Counter::TimedOut),
    ("Ready", Counter::Ready),
    ("Failed", Counter::Failed),
    ("Renewed", Counter::Renewed),
    ("Torn down", Counter::TornDown),
];

/// Returns the statistics as a message.
pub fn stats(stats: &Stats) -> Message {
    let title = title();
    let (paragraphs, note) = stats_paragraphs(stats);
    let mut blocks = vec![header(&title)];
    blocks.extend(paragraphs.iter().map(|paragraph| section(paragraph)));
    blocks.extend(table(stats));
    blocks.push(context(&note));
    Message::new(&format!("{title}\n{}\n{note}", paragraphs.join("\n")), blocks)
}

fn title() -> String {
    format!("Requests in the last {DAYS} days")
}

/// Returns the statistics as text: a paragraph for all teams and for each team, and a note that explains the figures.
pub fn stats_paragraphs(stats: &Stats) -> (Vec<String>, String) {
    let all = stats.all.iter().map(|part| ("All teams".to_owned(), part));
    let teams = stats.teams.iter().map(|(team, part)| (format!("Team {}", escape(team.as_str())), part));
    let paragraphs = all.chain(teams).take(DETAILED).map(|(name, part)| paragraph(&name, part));
    let note = format!(
        "Counted since {}, in UTC days. Durations are rounded up to the next bucket, such as 5 or 10 minutes.",
        stats.since
    );
    (paragraphs.collect(), note)
}

fn paragraph(name: &str, part: &StatsSection) -> String {
    let counts = &part.counts;
    let mut lines = vec![format!("*{name}*: {}", outcomes(counts))];
    let times = [
        ("Approvers took", counts.approved_within(50), counts.approved_within(95)),
        ("From the form to ready", counts.ready_within(50), counts.ready_within(95)),
    ];
    for (label, half, most) in times {
        if let (Some(half), Some(most)) = (half, most) {
            lines.push(format!("{label}: half {}, 95% {}", within(half), within(most)));
        }
    }
    lines.extend(waits(part));
    text::as_many_as_fit(&lines, MAX_SECTION - 40)
}

/// Lists the counters that are not zero.
fn outcomes(counts: &CounterTotals) -> String {
    let labels = [
        (Counter::Submitted, "requested"),
        (Counter::Approved, "approved"),
        (Counter::Auto, "approved automatically"),
        (Counter::Denied, "denied"),
        (Counter::Cancelled, "cancelled"),
        (Counter::TimedOut, "not answered in time"),
        (Counter::Ready, "ready"),
        (Counter::Failed, "failed"),
        (Counter::Renewed, "renewed"),
        (Counter::TornDown, "torn down"),
    ];
    let some: Vec<String> = labels
        .iter()
        .map(|(mark, words)| (counts.of(*mark), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if some.is_empty() { "nothing happened".to_owned() } else { some.join(", ") }
}

fn waits(part: &StatsSection) -> Vec<String> {
    let Some(first) = part.longest.first() else {
        return vec!["Nothing is waiting for an approver.".to_owned()];
    };
    let since = date_time(first.approval().asked_at);
    let mut lines = vec![match (part.waiting, part.more) {
        (1, false) => format!("1 is waiting for an approver, since {since}"),
        (count, false) => format!("{count} are waiting for approvers, the first since {since}"),
        (count, true) => format!("More than {count} are waiting for approvers, the first since {since}"),
    }];
    lines.extend(part.longest.iter().map(|request| {
        let (id, since) = (request.id.short(), date_time(request.approval().asked_at));
        format!("• `{id}` {} of {} since {since}", text::product(request), text::team(request))
    }));
    lines
}

/// Formats the upper bound of a histogram bucket, such as "within 5 minutes".
fn within(span: DurationBucket) -> String {
    match span.end() {
        Some(end) => format!("within {}", spelled(end.as_secs())),
        None => format!("in more than {}", spelled(DurationBucket::longest().as_secs())),
    }
}

fn spelled(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// Returns a table with one row for all teams together, if shown, and one for each team.
fn table(stats: &Stats) -> Option<SlackBlock> {
    let all = stats.all.iter().map(|part| ("All teams".to_owned(), part));
    let teams = stats.teams.iter().map(|(team, part)| (cut(team.as_str(), MAX_CELL), part));
    let rows: Vec<Vec<SlackTableCell>> =
        all.chain(teams).take(MAX_ROWS - 1).map(|(name, part)| row(name, part)).collect();
    let titles = ["Team"].into_iter().chain(COLUMNS.map(|(title, _)| title));
    let titles = titles.chain(["Waiting"]).map(SlackTableCell::from).collect();
    let right = || SlackTableColumnSetting::new().with_align(SlackTableColumnAlign::Right);
    let settings = std::iter::once(SlackTableColumnSetting::new());
    let settings = settings.chain((0..=COLUMNS.len()).map(|_| right())).collect();
    let table = SlackTableBlock::new([vec![titles], rows].concat());
    if stats.teams.len() > 1 { Some(table.with_column_settings(settings).into()) } else { None }
}

fn row(name: String, part: &StatsSection) -> Vec<SlackTableCell> {
    let counted = COLUMNS.iter().map(|(_, mark)| part.counts.of(*mark).to_string());
    let waiting = format!("{}{}", part.waiting, if part.more { "+" } else { "" });
    std::iter::once(name)
        .chain(counted)
        .chain([waiting])
        .map(|cell| SlackTableCell::from(cell.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TeamName;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};
    use jiff::SignedDuration;

    fn part() -> StatsSection {
        let mut counts = CounterTotals::default();
        let spans = [(40, 9), (4_000, 2)]
            .map(|(seconds, count)| (DurationBucket::of(SignedDuration::from_secs(seconds)), count));
        for (span, count) in spans {
            counts.add(Counter::ApprovedWithin(span), count);
            counts.add(Counter::ReadyWithin(span), count);
        }
        for (mark, count) in
            [(Counter::Submitted, 14), (Counter::Approved, 11), (Counter::Denied, 1), (Counter::Ready, 11)]
        {
            counts.add(mark, count);
        }
        StatsSection { counts, waiting: 1, more: false, longest: vec![fixtures::awaiting()] }
    }

    fn stats_of(parts: Vec<StatsSection>) -> Stats {
        let named = |(number, part)| (TeamName::new(format!("team<{number}>")), part);
        Stats {
            since: "2026-10-24".parse().unwrap(),
            all: Some(parts[0].clone()),
            teams: parts.into_iter().enumerate().map(named).collect(),
        }
    }

    #[test]
    fn the_figures_say_what_happened_how_long_it_took_and_what_waits() {
        insta::assert_snapshot!(transcript(&stats(&stats_of(vec![part(), StatsSection::default()]))), @"
        (Requests in the last 30 days / *All teams*: 14 requested, 11 approved, 1 denied, 11 ready / Approvers took: half within 1 minute, 95% within 2 hours / From the form to ready: half within 1 minute, 95% within 2 hours / 1 is waiting for an approver, since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> / • `0b8f1c9e` Secure S3 Bucket v1.0 of payments since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> / *Team team&lt;0&gt;*: 14 requested, 11 approved, 1 denied, 11 ready / Approvers took: half within 1 minute, 95% within 2 hours / From the form to ready: half within 1 minute, 95% within 2 hours / 1 is waiting for an approver, since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> / • `0b8f1c9e` Secure S3 Bucket v1.0 of payments since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC> / *Team team&lt;1&gt;*: nothing happened / Nothing is waiting for an approver. / Counted since 2026-10-24, in UTC days. Durations are rounded up to the next bucket, such as 5 or 10 minutes.)
        # Requests in the last 30 days
        *All teams*: 14 requested, 11 approved, 1 denied, 11 ready
        Approvers took: half within 1 minute, 95% within 2 hours
        From the form to ready: half within 1 minute, 95% within 2 hours
        1 is waiting for an approver, since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC>
        • `0b8f1c9e` Secure S3 Bucket v1.0 of payments since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC>
        *Team team&lt;0&gt;*: 14 requested, 11 approved, 1 denied, 11 ready
        Approvers took: half within 1 minute, 95% within 2 hours
        From the form to ready: half within 1 minute, 95% within 2 hours
        1 is waiting for an approver, since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC>
        • `0b8f1c9e` Secure S3 Bucket v1.0 of payments since <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC>
        *Team team&lt;1&gt;*: nothing happened
        Nothing is waiting for an approver.
        | Team | Asked | Approved | Automatic | Denied | Cancelled | Unanswered | Ready | Failed | Renewed | Torn down | Waiting |
        | All teams | 14 | 11 | 0 | 1 | 0 | 0 | 11 | 0 | 0 | 0 | 1 |
        | team<0> | 14 | 11 | 0 | 1 | 0 | 0 | 11 | 0 | 0 | 0 | 1 |
        | team<1> | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
        (Counted since 2026-10-24, in UTC days. Durations are rounded up to the next bucket, such as 5 or 10 minutes.)
        ");
    }

    #[test]
    fn figures_of_many_teams_keep_slacks_limits() {
        let longest = vec![fixtures::enormous(); 5];
        let many = vec![StatsSection { waiting: 100, more: true, longest, ..part() }; 150];
        let message = stats(&stats_of(many));
        assert_within_limits(&message);
        assert!(message.text.contains("More than 100 are waiting for approvers"), "{}", message.text);
    }

    #[test]
    fn a_span_is_spelled_as_people_say_it() {
        let said: Vec<String> = [5, 60, 7_200, 86_400, 1_209_601]
            .map(|seconds| within(DurationBucket::of(SignedDuration::from_secs(seconds))))
            .to_vec();
        insta::assert_snapshot!(said.join(" · "), @"within 5 seconds · within 1 minute · within 2 hours · within 1 day · in more than 14 days");
    }
}
