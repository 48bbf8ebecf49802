//! Missing permissions. Jobs that need one are retried and succeed once it is granted. Meanwhile the admins are
//! notified once of each permission, and waiting owners that the platform team has to act.

use jiff::{SignedDuration, Timestamp};

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{JobKey, JobKind, JobOwner};
use crate::portal::Portal;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::portal::jobs::parking::somebody_waits;
use crate::portal::memory::{AdminNotice, Awareness};
use crate::ports::access_denied::Denied;
use crate::ports::outage::warn_unless;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::ClaimedJob;

/// How long a denial must last before it is reported, since AWS takes a while to apply a new permission.
pub(super) const TOLD_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Returns when the admins are notified, if the next attempt is denied too.
pub(super) fn told_at(job: &ClaimedJob) -> Timestamp {
    job.written_at.saturating_add(TOLD_AFTER).unwrap_or(Timestamp::MAX)
}

/// Notifies the admins, and the waiting owner, of a permission that a job has lacked for some time.
///
/// # Errors
/// If the store cannot be used.
pub(super) async fn tell(
    portal: &Portal,
    job: &ClaimedJob,
    kind: &JobKind,
    denied: &Denied,
) -> anyhow::Result<()> {
    if portal.now() < told_at(job) {
        return Ok(());
    }
    tell_admins(portal, &job.claim.key, denied).await?;
    let JobKey { of, name } = &job.claim.key;
    match of {
        JobOwner::Request(id) if somebody_waits(kind) => hold_up(portal, *id, &denied.right, name).await,
        JobOwner::Request(_) | JobOwner::Person(_) | JobOwner::Portal => Ok(()),
    }
}

/// Notifies the admins unless they know. If none can be reached, every job that lacks the permission tries again.
async fn tell_admins(portal: &Portal, job: &JobKey, denied: &Denied) -> anyhow::Result<()> {
    let (JobKey { of, name }, role) = (job, denied.role.as_deref().unwrap_or_default());
    let day = portal.today();
    match portal.denials.turn(job, denied, day) {
        AdminNotice::Over => return Ok(()),
        AdminNotice::Ours => {}
        AdminNotice::Open => {
            // Another bot may have done so, or this one before it was restarted.
            let key = format!("denied:{}:{role}:{day}", denied.right);
            match portal.is_first(IdempotencyKey::for_a_day(key, portal.now())).await {
                Ok(true) => {
                    tracing::error!(%of, job = name, right = denied.right, role, "a right is missing");
                }
                Ok(false) => {
                    portal.denials.stands(denied, Awareness::Elsewhere(day));
                    return Ok(());
                }
                Err(error) => {
                    portal.denials.gives_back(denied);
                    return Err(error.context("cannot remember which right is missing"));
                }
            }
        }
    }
    if !portal.tell_admins(&missing(of, denied)).await {
        portal.denials.stands(denied, Awareness::Owed);
    }
    Ok(())
}

/// Handles a job that succeeded after failures: its permission was granted, and its request is no longer held up.
///
/// # Errors
/// If the store cannot be used.
pub(super) async fn goes_on(portal: &Portal, job: &JobKey) -> anyhow::Result<()> {
    portal.denials.done(job);
    let JobOwner::Request(id) = job.of else { return Ok(()) };
    let held_up = portal.ports.store.load(id).await?.and_then(|request| request.held_up);
    if let Some(held_up) = held_up.filter(|held_up| held_up.job == job.name) {
        portal.denials.forget(&held_up.right);
        let event = Event::GoesOn { job: held_up.job };
        unless_refused(portal.change(id, ChangeOptions::default(), applying(&event)).await)?;
    }
    Ok(())
}

async fn hold_up(portal: &Portal, id: RequestId, right: &str, job: &str) -> anyhow::Result<()> {
    let event = Event::HeldUp { right: right.to_owned(), job: job.to_owned() };
    let held_up = portal.change(id, ChangeOptions::default(), applying(&event)).await;
    let Some(request) = unless_refused(held_up)? else { return Ok(()) };
    let text = format!(
        "Your *{}* waits for the platform team: this app lacks the right `{right}` in AWS. They have been told, and you need not \
         do anything: it goes on once the right is there.",
        request.product.name
    );
    if let Err(error) = portal.ports.slack.post_ephemeral(None, &request.owner, &text).await {
        warn_unless!(portal.ports.trouble.outages.explains(&error), request = %id, %error, "cannot tell the owner what it waits for");
    }
    Ok(())
}

fn missing(of: &JobOwner, denied: &Denied) -> String {
    let who = denied.role.as_ref().map_or("the role of the bot".to_owned(), |role| format!("`{role}`"));
    let what = match of {
        JobOwner::Request(id) => format!("request `{}`", id.short()),
        JobOwner::Person(_) | JobOwner::Portal => "a job of the portal".to_owned(),
    };
    format!(
        "The right `{}` is missing to {who} in AWS, and has been for a quarter of an hour. So {what} does not go on, and neither \
         does what else needs it. Allow it to that role as `infra/portal.yml` does; `quartermaster doctor` names every right \
         that is missing. All of it is tried again every five minutes and goes on then.",
        denied.right
    )
}
