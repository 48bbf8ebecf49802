//! Jobs that are given up: in the log, in the store, and to those who can do something about it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::denials::SECONDS_OF_A_DAY;
use super::labels::JobOutcome;
use super::lease::unwarned;
use super::metrics::UNREADABLE;
use super::{Error, Portal};
use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{JobKey, JobKind, Subject};
use crate::domain::next::next;
use crate::domain::request::Surface;
use crate::ports::outage::warn_unless;
use crate::ports::store::{ClaimedJob, Commit, CommitError};
use crate::ports::stored::Unreadable;

/// Gives a job up, visibly: in the log, in the store, and to those who can do something about it.
pub(super) async fn park(portal: &Portal, job: &ClaimedJob, kind: &JobKind, why: &str) -> anyhow::Result<()> {
    let of = &job.claim.key.of;
    tracing::error!(%of, job = kind.word(), why, "a job is parked and needs a person");
    portal.ports.store.park(&job.claim, why).await?;
    match (of, kind) {
        (Subject::Person(owner), JobKind::Warn) => {
            portal.tell_admins(&unwarned(owner, why)).await;
            Ok(())
        }
        (Subject::Request(id), JobKind::Terminate | JobKind::WatchTermination) => {
            give_up_removal(portal, *id, why).await
        }
        (Subject::Request(id), kind) if somebody_waits(kind) => {
            portal.tell_admins(&given_up(*id, kind, why)).await;
            tell_owner(portal, *id).await
        }
        (Subject::Request(id), kind @ JobKind::Show(Surface::Told(_))) => {
            portal.tell_admins(&given_up(*id, kind, why)).await;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What the admins still have to be told of jobs that cannot be read; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Untold(Arc<Mutex<Option<String>>>);

impl Untold {
    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The admins are told at most once a day: where one cannot be read, many cannot.
pub(super) async fn park_unread(
    portal: &Portal,
    job: &ClaimedJob,
    unreadable: &Unreadable,
) -> anyhow::Result<()> {
    let (JobKey { of, name }, why) = (&job.claim.key, unreadable.to_string());
    tracing::error!(%of, job = name, why, "a job is parked and needs a person");
    portal.metrics.job(UNREADABLE, JobOutcome::Parked);
    portal.ports.store.park(&job.claim, &why).await?;
    let day = portal.now().as_second().div_euclid(SECONDS_OF_A_DAY);
    // Another bot may have taken it on, or this one before it was started again.
    let once = Some(format!("unreadable-jobs:{day}"));
    match portal.ports.store.commit(Commit { once, ..Commit::default() }).await {
        Ok(()) => *portal.untold.lock() = Some(unreadable_jobs(portal, of, name)),
        Err(CommitError::Again(_)) => return Ok(()),
        Err(error) => return Err(error.into_error().context("cannot remember that the admins are told")),
    }
    tell_of_unread(portal).await;
    Ok(())
}

/// Tells the admins of jobs that cannot be read, if they have to be told. While none of them can be, it is tried again.
pub(super) async fn tell_of_unread(portal: &Portal) {
    let untold = portal.untold.lock().take();
    if let Some(text) = untold
        && !portal.tell_admins(&text).await
    {
        *portal.untold.lock() = Some(text);
    }
}

fn unreadable_jobs(portal: &Portal, of: &Subject, name: &str) -> String {
    let command = &portal.organization.command;
    format!(
        "The stored job `{name}` of `{of}` cannot be read and was given up, so what it was for is not done. There may be more, of \
         which you are not told again today. `{command} jobs` lists them all and why, and can drop them: a request that then \
         stands still gets another one within six hours. Find out what wrote them before more is lost."
    )
}

/// What is wrong with a request that does not go on.
const STUCK: &str = "is stuck";

/// What admins read about a job that needs them.
fn given_up(id: RequestId, kind: &JobKind, why: &str) -> String {
    let what = if matches!(kind, JobKind::Show(Surface::Told(_))) {
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
    format!("Request `{id}` {what}: `{}` is given up. {why}{ways}", kind.word())
}

/// Whether the request stands still without this job.
pub(super) fn somebody_waits(kind: &JobKind) -> bool {
    match kind {
        JobKind::Show(surface) => matches!(surface, Surface::Card | Surface::Renewal | Surface::Change),
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

/// A removal that cannot be got on with has failed: people can try again or retain it.
async fn give_up_removal(portal: &Portal, id: RequestId, why: &str) -> anyhow::Result<()> {
    let event = Event::TerminationFailed { why: why.to_owned() };
    match portal.change(id, |request, now| next(request, &event, now)).await {
        Ok(_) | Err(Error::Refused(_)) => Ok(()),
        Err(Error::Failed(error)) => Err(error),
    }
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
    if let Err(error) = portal.ports.slack.whisper(None, &request.owner, &text).await {
        warn_unless!(
            error.is_silence(),
            request = %id,
            %error,
            "cannot tell the owner that a job is parked"
        );
    }
    Ok(())
}
