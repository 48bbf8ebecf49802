//! Reminders to approvers who have not answered: when due, after a nudge, and when a stage starts.

use std::time::Duration;

use crate::domain::event::Event;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::job::{Job, JobKind};
use crate::domain::request::{MessageSlot, ReminderKind, Request};
use crate::domain::transition::reminder_due;
use crate::portal::Portal;
use crate::portal::jobs::apply::apply;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::jobs::show::tell_directly;
use crate::ports::directory::Freshness;

/// How many people get a direct message at most; the others see the message in the card's thread.
const MOST_TOLD: usize = 25;

/// Reminds the approvers if that is due. The clock may have been set back since the job became due.
pub(super) async fn remind(
    portal: &Portal,
    id: RequestId,
    reminder: ReminderKind,
    epoch: u32,
) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let left = reminder_due(&request, reminder).map(|due| due.duration_since(portal.now()));
    match left.map(Duration::try_from) {
        Some(Ok(left)) if !left.is_zero() => Ok(Performed::Again(left)),
        // Also if none is due any more: the core refuses that, and the job is done.
        _ => apply(portal, id, Event::Reminder { reminder, epoch }).await,
    }
}

/// Returns the request if it still waits for the same approval, which its epoch identifies.
async fn load_if_waiting(portal: &Portal, id: RequestId, epoch: u32) -> anyhow::Result<Option<Request>> {
    let request = portal.ports.store.load(id).await?;
    Ok(request.filter(|request| request.waits_for_approvers() && request.epoch == epoch))
}

/// Schedules a message to everybody who can answer and has not. An escalation goes to the admins, who were not asked
/// before.
pub(super) async fn find_approvers(
    portal: &Portal,
    id: RequestId,
    reminder: ReminderKind,
    epoch: u32,
) -> Result<Performed, JobError> {
    let Some(request) = load_if_waiting(portal, id, epoch).await? else { return Ok(Performed::Done) };
    let approvers = match reminder {
        ReminderKind::Escalation => portal.organization.admins.clone(),
        ReminderKind::Reminder | ReminderKind::Nudge | ReminderKind::Turn => {
            portal.try_approver_set(&request).await?.mentioned
        }
    };
    let excluded = request.cannot_approve();
    // Fresh answers: a message to somebody who has left cannot be taken back.
    let people = portal.some_who_count(&approvers, &excluded, MOST_TOLD, Freshness::Fresh).await?.people;
    let now = portal.now();
    let tell = |person: PersonId| JobKind::TellApprover { reminder, epoch, person }.due(id, now);
    let jobs: Vec<Job> = people.into_iter().map(tell).collect();
    if !jobs.is_empty() {
        portal.write_jobs(jobs).await?;
    }
    Ok(Performed::Done)
}

/// Sends one approver a direct message. If that fails, they see it in the card's thread, or get it once they can be
/// messaged, as long as the request still waits.
pub(super) async fn tell_approver(
    portal: &Portal,
    id: RequestId,
    (reminder, epoch): (ReminderKind, u32),
    person: &PersonId,
) -> Result<Performed, JobError> {
    let Some(request) = load_if_waiting(portal, id, epoch).await? else { return Ok(Performed::Done) };
    tell_directly(portal, &request, MessageSlot::Reminder(reminder), person).await??;
    Ok(Performed::Done)
}
