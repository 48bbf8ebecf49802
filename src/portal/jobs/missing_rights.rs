//! Missing permissions. Jobs that need one are retried and succeed once it is granted. Meanwhile the admins are
//! notified once of each permission, and waiting owners that the platform team has to act.

use jiff::{SignedDuration, Timestamp};

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{JobKey, JobKind, JobOwner};
use crate::portal::Portal;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::portal::jobs::parking::blocks_request;
use crate::portal::memory::{AdminNotice, Awareness};
use crate::ports::access_denied::Denied;
use crate::ports::outage::warn_unless;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::ClaimedJob;

/// How long a denial must last before it is reported, since AWS takes a while to apply a new permission.
pub(super) const REPORT_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Returns when the admins are notified, if the next attempt is denied too.
pub(super) fn report_at(job: &ClaimedJob) -> Timestamp {
    job.written_at.saturating_add(REPORT_AFTER).unwrap_or(Timestamp::MAX)
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
    // AWS may still be applying the permission.
    if portal.now() < report_at(job) {
        return Ok(());
    }
    tell_admins(portal, &job.claim.key, denied).await?;
    let JobKey { owner, name } = &job.claim.key;
    match owner {
        JobOwner::Request(id) if blocks_request(kind) => hold_up(portal, *id, &denied.right, name).await,
        JobOwner::Request(_) | JobOwner::Person(_) | JobOwner::Portal => Ok(()),
    }
}

/// Notifies the admins unless they know. If none can be reached, every job that lacks the permission tries again.
async fn tell_admins(portal: &Portal, job: &JobKey, denied: &Denied) -> anyhow::Result<()> {
    let (JobKey { owner, name }, role) = (job, denied.role.as_deref().unwrap_or_default());
    let day = portal.today();
    match portal.denials.turn(job, denied, day) {
        AdminNotice::Over => return Ok(()),
        AdminNotice::Ours => {}
        AdminNotice::Open => {
            // Another bot may have done so, or this one before it was restarted.
            let key = format!("denied:{}:{role}:{day}", denied.right);
            match portal.is_first(IdempotencyKey::for_a_day(key, portal.now())).await {
                Ok(true) => {
                    tracing::error!(of = %owner, job = name, right = denied.right, role, "the bot lacks a permission");
                }
                Ok(false) => {
                    portal.denials.stands(denied, Awareness::Elsewhere(day));
                    return Ok(());
                }
                Err(error) => {
                    portal.denials.gives_back(denied);
                    return Err(
                        error.context("cannot record that the admins are notified of a missing permission")
                    );
                }
            }
        }
    }
    // The key of the day is used up, so no other bot will do it.
    if !portal.tell_admins(&missing_permission_text(owner, denied)).await {
        portal.denials.stands(denied, Awareness::Owed);
    }
    Ok(())
}

/// Handles a job that succeeded after failures: its permission was granted, and its request is no longer held up.
///
/// # Errors
/// If the store cannot be used.
pub(super) async fn resolved(portal: &Portal, job: &JobKey) -> anyhow::Result<()> {
    portal.denials.done(job);
    let JobOwner::Request(id) = job.owner else { return Ok(()) };
    let held_up = portal.ports.store.load(id).await?.and_then(|request| request.held_up);
    // Another job's success says nothing about the permission that this one lacks.
    if let Some(held_up) = held_up.filter(|held_up| held_up.job == job.name) {
        portal.denials.forget(&held_up.right);
        let event = Event::PermissionGranted { job: held_up.job };
        unless_refused(portal.change(id, ChangeOptions::default(), applying(&event)).await)?;
    }
    Ok(())
}

async fn hold_up(portal: &Portal, id: RequestId, right: &str, job: &str) -> anyhow::Result<()> {
    let event = Event::HeldUp { right: right.to_owned(), job: job.to_owned() };
    let changed = portal.change(id, ChangeOptions::default(), applying(&event)).await;
    // Refused if it is held up already, so that the owner is notified once.
    let Some(request) = unless_refused(changed)? else { return Ok(()) };
    let text = format!(
        "Your *{}* is waiting for the platform team: this app lacks the permission `{right}` in AWS. They have been notified, and \
         you need not do anything: it continues once the permission is granted.",
        request.product.name
    );
    if let Err(error) = portal.ports.slack.post_ephemeral(None, &request.owner, &text).await {
        warn_unless!(portal.ports.trouble.outages.explains(&error), request = %id, %error, "cannot notify the owner of a missing permission");
    }
    Ok(())
}

fn missing_permission_text(owner: &JobOwner, denied: &Denied) -> String {
    let role = denied.role.as_ref().map_or("The role of the bot".to_owned(), |role| format!("`{role}`"));
    let blocked = match owner {
        JobOwner::Request(id) => format!("request `{}`", id.short()),
        JobOwner::Person(_) | JobOwner::Portal => "a job of the portal".to_owned(),
    };
    format!(
        "{role} has been missing the permission `{}` in AWS for 15 minutes, so {blocked} and everything else that needs it is on \
         hold. Grant it as `infra/portal.yml` does; `quartermaster doctor` lists all missing permissions. Everything is \
         retried every five minutes and continues once the permission is granted.",
        denied.right
    )
}
