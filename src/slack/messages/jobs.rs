//! Parked jobs, as shown to admins: owner, reason, and what can be done about each.

use slack_morphism::prelude::{SlackBlock, SlackBlockButtonStyle};

use super::Message;
use crate::domain::job::JobOwner;
use crate::ports::store::ParkedJob;
use crate::slack::blocks::{button, buttons, confirm, context, header, section};
use crate::slack::ids::{ActionId, JobValue};
use crate::slack::mrkdwn::{code, date_time, escape_within, mention, quote};

/// Most jobs in one message: each takes three blocks, including the quoted reason.
pub const JOBS_SHOWN: usize = 15;
/// Longest quoted reason, in characters.
const WHY: usize = 500;

/// Returns the first of `count` parked jobs, below the result of the last action, if any.
pub fn jobs(jobs: &[ParkedJob], count: usize, done: Option<&str>) -> Message {
    let title = match count {
        0 => "There are no failed jobs.".to_owned(),
        1 => "1 failed job".to_owned(),
        many => format!("{many} failed jobs"),
    };
    let mut blocks: Vec<SlackBlock> = done.map(section).into_iter().collect();
    if jobs.is_empty() {
        blocks.push(section(&title));
    } else {
        blocks.push(header(&title));
    }
    for (number, job) in jobs.iter().take(JOBS_SHOWN).enumerate() {
        blocks.push(section(&line(job)));
        blocks.push(tend(job, number));
    }
    let more = count.saturating_sub(jobs.len().min(JOBS_SHOWN));
    if more > 0 {
        blocks.push(context(&format!(
            "{more} more appear as you deal with these; `quartermaster jobs list` prints all."
        )));
    }
    let done = done.map(|done| format!("{done}\n")).unwrap_or_default();
    Message::new(&format!("{done}{title}"), blocks)
}

/// Formats the job's name and owner.
pub fn named(job: &ParkedJob) -> String {
    format!("{} of {}", code(&job.key.name, 100), whose(&job.key.owner))
}

fn line(job: &ParkedJob) -> String {
    let times = if job.attempts == 1 { "time" } else { "times" };
    format!(
        "*{}* · due {}, retried {} {times}\n{}",
        named(job),
        date_time(job.written_at),
        job.attempts,
        quote(&job.why, WHY)
    )
}

fn whose(owner: &JobOwner) -> String {
    match owner {
        JobOwner::Request(id) => format!("request `{}`", id.short()),
        JobOwner::Person(person) => mention(person),
        JobOwner::Portal => "the portal".to_owned(),
    }
}

fn tend(job: &ParkedJob, number: usize) -> SlackBlock {
    let value = JobValue::of(job).to_string();
    let name = &job.key.name;
    let sure = confirm(
        "Drop this job?",
        &format!("Its work will not be done: {}.", escape_within(name, 100)),
        "Drop it",
        "Keep it",
    );
    let mut ways = Vec::new();
    // A job of an unknown kind, such as one from a newer version, cannot be retried.
    if job.kind.is_ok() {
        ways.push(
            button(ActionId::RetryJob, "Retry", &value, &format!("Retry {name}"))
                .with_style(SlackBlockButtonStyle::Primary),
        );
    }
    ways.push(
        button(ActionId::DropJob, "Drop", &value, &format!("Drop {name}"))
            .with_style(SlackBlockButtonStyle::Danger)
            .with_confirm(sure),
    );
    // Numbered, because Slack refuses two blocks with the same id in one message.
    buttons(&format!("job.{number}"), ways)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PersonId;
    use crate::domain::job::JobKind;
    use crate::ports::stored::Unreadable;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    fn parked(owner: impl Into<JobOwner>, kind: JobKind, why: &str) -> ParkedJob {
        let written_at = "2026-11-22T09:00:00Z".parse().unwrap();
        let job = kind.due(owner, written_at);
        ParkedJob { key: job.key, kind: Ok(job.kind), attempts: 3, written_at, why: why.to_owned() }
    }

    #[test]
    fn each_job_says_why_it_was_given_up_and_dropping_it_asks_first() {
        let alices =
            parked(PersonId::new("U0ALICE"), JobKind::Home, "Slack refused the call: <invalid_blocks>");
        insta::assert_snapshot!(transcript(&jobs(&[alices], 1, Some("`bill` of the portal is tried again."))), @"
        (`bill` of the portal is tried again. / 1 failed job)
        `bill` of the portal is tried again.
        # 1 failed job
        *`show:home` of <@U0ALICE>* · due <!date^1795338000^{date_short_pretty} at {time}|2026-11-22 09:00 UTC>, retried 3 times
        “Slack refused the call: <invalid_blocks>”
        [Retry primary] [Drop danger ?Its work will not be done: show:home.]
        ");
        let spoilt = ParkedJob {
            kind: Err(Unreadable::new("the job `lease` of X", "no text")),
            ..parked(JobOwner::Portal, JobKind::ReadBill, "cannot read it")
        };
        assert!(!transcript(&jobs(&[spoilt], 1, None)).contains("Retry"), "nobody knows what to try");
        insta::assert_snapshot!(transcript(&jobs(&[], 0, None)), @"
        (There are no failed jobs.)
        There are no failed jobs.
        ");
    }

    #[test]
    fn many_jobs_with_enormous_reasons_keep_slacks_limits() {
        let many = vec![parked(JobOwner::Portal, JobKind::ReadBill, &"<&>".repeat(3_000)); 40];
        let message = jobs(&many, many.len(), None);
        assert_within_limits(&message);
        let shown = transcript(&message);
        assert!(shown.contains("(25 more appear"));
        let (named, tended) =
            (shown.matches("*`bill` of the portal*").count(), shown.matches("[Drop").count());
        assert_eq!((named, tended), (15, 15));
    }
}
