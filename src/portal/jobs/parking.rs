//! Parking of jobs: in the log, in the store, and with a message to those who can help.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{JobKey, JobKind, JobOwner};
use crate::domain::request::MessageSlot;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::portal::jobs::lease::undelivered_warning_text;
use crate::portal::jobs::outcome::back_off;
use crate::portal::labels::JobOutcome;
use crate::portal::metrics::UNREADABLE;
use crate::portal::{Error, Portal};
use crate::ports::outage::warn_unless;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::ClaimedJob;
use crate::ports::stored::Unreadable;

/// How long an unreadable job waits for the admins to be notified.
const UNTOLD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Parks a job, and notifies those who can help.
pub(super) async fn park(portal: &Portal, job: &ClaimedJob, kind: &JobKind, why: &str) -> anyhow::Result<()> {
    let owner = &job.claim.key.owner;
    tracing::error!(of = %owner, job = kind.as_str(), why, "a job failed for good; an operator has to retry or drop it");
    // Before the notifications, which may fail.
    portal.ports.store.park(&job.claim, why).await?;
    match (owner, kind) {
        (JobOwner::Person(person), JobKind::Warn) => {
            portal.tell_admins(&undelivered_warning_text(person, why)).await;
            Ok(())
        }
        (JobOwner::Request(id), JobKind::Terminate | JobKind::WatchTermination) => {
            fail_removal(portal, *id, why).await
        }
        (JobOwner::Request(id), kind) if blocks_request(kind) => {
            portal.tell_admins(&parked_text(*id, kind, why)).await;
            tell_owner(portal, *id).await
        }
        (JobOwner::Request(id), kind @ JobKind::Show(MessageSlot::Notification(_))) => {
            portal.tell_admins(&parked_text(*id, kind, why)).await;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Parks a job that cannot be read. The admins are notified at most once a day, since one unreadable job rarely comes
/// alone. The job that the message is about waits until it was sent, at most for a day, even across a restart.
pub(super) async fn park_unread(
    portal: &Portal,
    job: &ClaimedJob,
    unreadable: &Unreadable,
) -> anyhow::Result<()> {
    let (JobKey { owner, name }, why) = (&job.claim.key, unreadable.to_string());
    let now = portal.now();
    let is_old = now.duration_since(job.written_at) > UNTOLD_FOR;
    if is_first_of_day(portal, job.attempts).await?
        && !(portal.is_reachable() && portal.tell_admins(&unreadable_job_text(portal, owner, name)).await)
        && !is_old
    {
        // Tried again instead of parked: once it is parked, nothing would notify the admins.
        let due_at = now.saturating_add(back_off(job)).unwrap_or(Timestamp::MAX);
        return portal.ports.store.put_off(&job.claim, due_at, &why).await;
    }
    tracing::error!(of = %owner, job = name, why, "a job failed for good; an operator has to retry or drop it");
    portal.metrics.job(UNREADABLE, JobOutcome::Parked);
    portal.ports.store.park(&job.claim, &why).await
}

/// Returns whether the admins have not been notified of such a job today, or this attempt is the first to try.
async fn is_first_of_day(portal: &Portal, attempt: u32) -> anyhow::Result<bool> {
    // The first attempt uses the key of older programs, so that both notify only once.
    let again = if attempt == 0 { String::new() } else { format!(":{attempt}") };
    let key = format!("unreadable-jobs:{}{again}", portal.today());
    portal
        .is_first(IdempotencyKey::for_a_day(key, portal.now()))
        .await
        .context("cannot record that the admins are notified")
}

fn unreadable_job_text(portal: &Portal, owner: &JobOwner, name: &str) -> String {
    let command = &portal.organization.command;
    format!(
        "The stored job `{name}` of `{owner}` cannot be read, so its work is not done. There may be more; you are not notified \
         again today. `{command} jobs` lists all of them with the reason, and can drop them: a request that needs one gets a \
         new one within six hours. Find out what wrote them before more is lost."
    )
}

/// What is wrong with a request that does not make progress.
const STUCK: &str = "is stuck";

/// Text for the admins about a parked job.
fn parked_text(id: RequestId, kind: &JobKind, why: &str) -> String {
    let problem = if matches!(kind, JobKind::Show(MessageSlot::Notification(_))) {
        "has a notification that cannot reach its owner"
    } else if matches!(kind, JobKind::Show(_)) {
        "has no card, so nobody can answer it"
    } else {
        STUCK
    };
    let remedies = if problem == STUCK {
        format!(" `status {id}` offers you Look again, End it and Leave it.")
    } else {
        String::new()
    };
    format!("Request `{id}` {problem}: the job `{}` failed for good. {why}{remedies}", kind.as_str())
}

/// Returns whether the request cannot make progress without this job.
pub(super) fn blocks_request(kind: &JobKind) -> bool {
    match kind {
        JobKind::Show(slot) => {
            matches!(slot, MessageSlot::Card | MessageSlot::Renewal | MessageSlot::Change)
        }
        // Without one of these something is shown late or not at all, but the request still progresses.
        JobKind::JudgeClick(_)
        | JobKind::Reminder { .. }
        | JobKind::FindApprovers { .. }
        | JobKind::TellApprover { .. }
        | JobKind::Refresh { .. }
        | JobKind::FollowUp
        | JobKind::Warn
        | JobKind::Home
        | JobKind::CopyTrail { .. }
        | JobKind::TellEvents { .. }
        | JobKind::ReadBill
        | JobKind::Teams { .. }
        | JobKind::Reconcile { .. } => false,
        JobKind::StartExecution { .. }
        | JobKind::Resume { .. }
        | JobKind::ApprovalDeadline
        | JobKind::Provision
        | JobKind::WatchProvisioning
        | JobKind::Terminate
        | JobKind::WatchTermination
        | JobKind::Lease
        | JobKind::RenewalDeadline
        | JobKind::ChangeDeadline
        | JobKind::Update
        | JobKind::WatchUpdate => true,
    }
}

/// Marks a removal as failed, so that people can try again or retain the resource.
async fn fail_removal(portal: &Portal, id: RequestId, why: &str) -> anyhow::Result<()> {
    let event = Event::TerminationFailed { why: why.to_owned() };
    unless_refused(portal.change(id, ChangeOptions::default(), applying(&event)).await).map(drop)
}

async fn tell_owner(portal: &Portal, id: RequestId) -> anyhow::Result<()> {
    let request = match portal.load(id).await {
        Ok(request) => request,
        // There is no such request, so there is nobody to notify.
        Err(Error::Refused(_)) => return Ok(()),
        Err(Error::Failed(error)) => return Err(error),
    };
    let text = format!(
        "Your request for *{}* is stuck. Ask the platform team for help and give them its id, `{id}`.",
        request.product.name
    );
    if let Err(error) = portal.ports.slack.post_ephemeral(None, &request.owner, &text).await {
        warn_unless!(
            portal.ports.trouble.outages.explains(&error),
            request = %id,
            %error,
            "cannot notify the owner that a request is stuck"
        );
    }
    Ok(())
}
