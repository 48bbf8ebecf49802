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
const MOST_LISTED: usize = 10;

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
    // From here on `as_of_now`, since `portal` itself still holds the rules of before.
    for change in changes {
        tracing::info!(change, "reloaded settings and catalog");
    }
    if changes.is_empty() {
        tracing::info!("reloaded settings and catalog: nothing has changed");
    }
    if !changes.is_empty() {
        let homes = JobKind::FollowUp.due(JobOwner::Portal, portal.now());
        portal.write_jobs(vec![homes]).await.context("cannot update home tabs")?;
        Box::pin(ask_anew(&before, &portal.as_of_now()))
            .await
            .context("cannot update the approvers of waiting requests")?;
    }
    // Also if nothing has changed: a reload is when somebody looks at the log.
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
            if (&old.mentioned, &old.note) == (&new.mentioned, &new.note) {
                continue;
            }
            let due = |kind: JobKind| kind.due(request.id, now.now());
            let mut jobs = vec![due(JobKind::Show(request.card())), due(JobKind::Show(MessageSlot::Direct))];
            let added = new.mentioned.iter().filter(|principal| !old.mentioned.contains(principal));
            jobs.extend(added.filter_map(|principal| match principal {
                Principal::Person(person) => Some(due(JobKind::TellApprover {
                    reminder: ReminderKind::Turn,
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
        tracing::error!(
            problem,
            "the new settings or catalog cannot be used; the previous ones stay in force"
        );
    }
    // The admins know these problems already; the log has them at every attempt.
    if !is_news {
        return;
    }
    let lines: Vec<String> =
        problems.iter().take(MOST_LISTED).map(|problem| format!("• {}", safe(problem))).collect();
    let list = lines.join("\n");
    let more = match problems.len().checked_sub(MOST_LISTED) {
        Some(more) if more > 0 => format!("\nand {more} more, in the log"),
        _ => String::new(),
    };
    let text = format!(
        "The new settings or catalog cannot be used, so the previous ones stay in force. To be corrected:\n{list}{more}"
    );
    portal.as_of_now().tell_admins(&text).await;
}

/// Escapes the three characters that Slack's markup gives a meaning.
fn safe(text: &str) -> String {
    // `&` first, or the other entities would be escaped again.
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
