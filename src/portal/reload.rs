//! Reload of settings and catalog while the program runs. What has started keeps its rules, and everything later uses
//! the new ones. If the new ones are invalid, all old ones stay in force and the admins are notified.

use crate::portal::{Portal, Rules, teams};
use anyhow::Context as _;

use crate::domain::job::{JobKind, JobOwner};
use crate::domain::principal::Principal;
use crate::domain::request::{MessageSlot, ReminderKind};
use crate::portal::jobs::trail_copy;
use crate::ports::store::{RequestFilter, RequestScope};

/// How many waiting requests to read at a time.
const PAGE: usize = 100;
/// How many problems a message to the admins lists.
const TOLD: usize = 10;

/// Puts new rules in force. `changes` lists the differences, one per line.
///
/// # Errors
/// If the store cannot be used to update home tabs or to start a new audit channel. The rules are in force
/// nevertheless.
pub async fn follow(portal: &Portal, rules: Rules, changes: &[String]) -> anyhow::Result<()> {
    let before = portal.as_of_now();
    // Before the rules are in force, so that the series of new products start at zero.
    portal.metrics.offers(&rules.catalog);
    portal.begins_to_follow(rules);
    for change in changes {
        tracing::info!(change, "settings and catalog are read anew");
    }
    if changes.is_empty() {
        tracing::info!("settings and catalog are read anew: nothing has changed");
    }
    if !changes.is_empty() {
        let homes = JobKind::FindHomes.due(JobOwner::Portal, portal.now());
        portal.write_jobs(vec![homes]).await.context("cannot have home tabs published")?;
        Box::pin(ask_anew(&before, &portal.as_of_now())).await.context("cannot show who can answer now")?;
    }
    teams::warn_of_gone(&portal.as_of_now()).await;
    trail_copy::begin_copying(&portal.as_of_now()).await.context("cannot begin to copy the audit trail")
}

/// Updates waiting requests whose approvers have changed, and notifies the new approvers.
async fn ask_anew(before: &Portal, now: &Portal) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page =
            now.ports.store.list(&RequestScope::All, RequestFilter::Waiting, after.as_ref(), PAGE).await?;
        after = page.next();
        for request in &page.requests() {
            // Load it with the team name of the old rules.
            let Some(was) = before.ports.store.load(request.id).await? else { continue };
            let (old, new) = (before.approver_set(&was).await, now.approver_set(request).await);
            if (&old.asked, &old.note) == (&new.asked, &new.note) {
                continue;
            }
            let due = |kind: JobKind| kind.due(request.id, now.now());
            let mut jobs = vec![due(JobKind::Show(request.card())), due(JobKind::Show(MessageSlot::Direct))];
            let added = new.asked.iter().filter(|one| !old.asked.contains(one));
            jobs.extend(added.filter_map(|one| match one {
                Principal::Person(person) => Some(due(JobKind::TellApprover {
                    prompt: ReminderKind::Turn,
                    epoch: request.epoch,
                    person: person.clone(),
                })),
                // A group is mentioned on the card; an address that Slack does not know cannot be messaged.
                Principal::Group(_) | Principal::Email(_) => None,
            }));
            now.write_jobs(jobs).await?;
        }
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

/// Keeps the current rules because the new ones have these problems. Notifies the admins if `is_news`.
pub async fn keep(portal: &Portal, problems: &[String], is_news: bool) {
    for problem in problems {
        tracing::error!(problem, "settings and catalog stay as they were");
    }
    if !is_news {
        return;
    }
    let told: Vec<String> =
        problems.iter().take(TOLD).map(|problem| format!("• {}", safe(problem))).collect();
    let told = told.join("\n");
    let more = match problems.len().checked_sub(TOLD) {
        Some(more) if more > 0 => format!("\nand {more} more, in the log"),
        _ => String::new(),
    };
    let text = format!(
        "The new settings or catalog cannot be used, so I go on with those from before. What to correct:\n{told}{more}"
    );
    portal.as_of_now().tell_admins(&text).await;
}

/// Escapes the three characters that Slack's markup gives a meaning.
fn safe(text: &str) -> String {
    // `&` first, or the other entities would be escaped again.
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
