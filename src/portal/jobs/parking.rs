//! Parking of jobs: in the log, in the store, and with a message to those who can help.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{JobKey, JobKind, JobOwner};
use crate::domain::request::MessageSlot;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::portal::jobs::lease::unwarned;
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
    let of = &job.claim.key.of;
    tracing::error!(%of, job = kind.as_str(), why, "a job is parked and needs a person");
    // Before the notifications, which may fail.
    portal.ports.store.park(&job.claim, why).await?;
    match (of, kind) {
        (JobOwner::Person(owner), JobKind::Warn) => {
            portal.tell_admins(&unwarned(owner, why)).await;
            Ok(())
        }
        (JobOwner::Request(id), JobKind::Terminate | JobKind::WatchTermination) => {
            give_up_removal(portal, *id, why).await
        }
        (JobOwner::Request(id), kind) if somebody_waits(kind) => {
            portal.tell_admins(&given_up(*id, kind, why)).await;
            tell_owner(portal, *id).await
        }
        (JobOwner::Request(id), kind @ JobKind::Show(MessageSlot::Notification(_))) => {
            portal.tell_admins(&given_up(*id, kind, why)).await;
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
    let (JobKey { of, name }, why) = (&job.claim.key, unreadable.to_string());
    let now = portal.now();
    let is_old = now.duration_since(job.written_at) > UNTOLD_FOR;
    if is_first_of_day(portal, job.attempts).await?
        && !(portal.hears_now() && portal.tell_admins(&unreadable_jobs(portal, of, name)).await)
        && !is_old
    {
        let due_at = now.saturating_add(back_off(job)).unwrap_or(Timestamp::MAX);
        return portal.ports.store.put_off(&job.claim, due_at, &why).await;
    }
    tracing::error!(%of, job = name, why, "a job is parked and needs a person");
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
        .context("cannot remember that the admins are told")
}

fn unreadable_jobs(portal: &Portal, of: &JobOwner, name: &str) -> String {
    let command = &portal.organization.command;
    format!(
        "The stored job `{name}` of `{of}` cannot be read and was given up, so what it was for is not done. There may be more, of \
         which you are not told again today. `{command} jobs` lists them all and why, and can drop them: a request that then \
         stands still gets another one within six hours. Find out what wrote them before more is lost."
    )
}

/// What is wrong with a request that does not make progress.
const STUCK: &str = "is stuck";

/// Text for the admins about a parked job.
fn given_up(id: RequestId, kind: &JobKind, why: &str) -> String {
    let what = if matches!(kind, JobKind::Show(MessageSlot::Notification(_))) {
        "has news that its owner cannot be told"
    } else if matches!(kind, JobKind::Show(_)) {
        "has no card, so nobody can answer it"
    } else {
        STUCK
    };
    let ways = if what == STUCK {
        format!(" `status {id}` has buttons for you: Look again, End it, Leave it.")
    } else {
        String::new()
    };
    format!("Request `{id}` {what}: `{}` is given up. {why}{ways}", kind.as_str())
}

/// Returns whether the request cannot make progress without this job.
pub(super) fn somebody_waits(kind: &JobKind) -> bool {
    match kind {
        JobKind::Show(surface) => {
            matches!(surface, MessageSlot::Card | MessageSlot::Renewal | MessageSlot::Change)
        }
        JobKind::JudgeClick(_)
        | JobKind::Prompt { .. }
        | JobKind::FindApprovers { .. }
        | JobKind::TellApprover { .. }
        | JobKind::Refresh { .. }
        | JobKind::FindHomes
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
async fn give_up_removal(portal: &Portal, id: RequestId, why: &str) -> anyhow::Result<()> {
    let event = Event::TerminationFailed { why: why.to_owned() };
    unless_refused(portal.change(id, ChangeOptions::default(), applying(&event)).await).map(drop)
}

async fn tell_owner(portal: &Portal, id: RequestId) -> anyhow::Result<()> {
    let request = match portal.load(id).await {
        Ok(request) => request,
        Err(Error::Refused(_)) => return Ok(()),
        Err(Error::Failed(error)) => return Err(error),
    };
    let text = format!(
        "Your request for *{}* is stuck and needs the platform team. Mention `{id}` to them.",
        request.product.name
    );
    if let Err(error) = portal.ports.slack.post_ephemeral(None, &request.owner, &text).await {
        warn_unless!(
            portal.ports.trouble.outages.explains(&error),
            request = %id,
            %error,
            "cannot tell the owner that a job is parked"
        );
    }
    Ok(())
}
