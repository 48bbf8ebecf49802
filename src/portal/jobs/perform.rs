//! The function of each kind of job.

use crate::domain::ids::RequestId;
use crate::domain::job::{JobKind, JobOwner};
use crate::portal::Portal;
use crate::portal::jobs::actual_costs::read_bill;
use crate::portal::jobs::deadline::at_deadline;
use crate::portal::jobs::events::tell;
use crate::portal::jobs::execution::{resume, start_execution};
use crate::portal::jobs::home::{follow_up, publish, refresh_all_homes};
use crate::portal::jobs::judge_click::judge_click;
use crate::portal::jobs::lease::{look_at_lease, warn};
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::jobs::provisioning::{
    provision, terminate, update, watch_provisioning, watch_termination, watch_update,
};
use crate::portal::jobs::reconcile::reconcile;
use crate::portal::jobs::reminders::{find_approvers, remind, tell_approver};
use crate::portal::jobs::show::{refresh, show};
use crate::portal::jobs::teams::{TakeoverProgress, look_at_teams};
use crate::portal::jobs::trail_copy::copy;

/// Performs a job once. Which kind belongs to which owner is said here and nowhere else.
pub(super) async fn perform(
    portal: &Portal,
    owner: &JobOwner,
    kind: &JobKind,
) -> Result<Performed, JobError> {
    match (owner, kind) {
        (JobOwner::Request(id), kind) => of_request(portal, *id, kind).await,
        (JobOwner::Person(person), JobKind::Warn) => warn(portal, person).await,
        (JobOwner::Person(person), JobKind::Home) => publish(portal, person).await,
        (JobOwner::Portal, JobKind::CopyTrail { after }) => copy(portal, *after).await,
        (JobOwner::Portal, JobKind::TellEvents { after }) => tell(portal, *after).await,
        (JobOwner::Portal, JobKind::FollowUp) => refresh_all_homes(portal).await,
        (JobOwner::Portal, JobKind::ReadBill) => Ok(read_bill(portal).await),
        (JobOwner::Portal, JobKind::Reconcile { reported }) => reconcile(portal, reported).await,
        (JobOwner::Portal, JobKind::Teams { begun, gone, unsent }) => {
            look_at_teams(portal, TakeoverProgress { begun, gone, unsent }).await
        }
        (JobOwner::Person(_) | JobOwner::Portal, kind) => misplaced(owner, kind),
    }
}

fn misplaced(owner: &JobOwner, kind: &JobKind) -> Result<Performed, JobError> {
    Err(JobError::Never(format!("there is no job `{}` of {owner}", kind.as_str())))
}

async fn of_request(portal: &Portal, id: RequestId, kind: &JobKind) -> Result<Performed, JobError> {
    match kind {
        JobKind::Show(slot) => show(portal, id, *slot).await,
        JobKind::Refresh { at, slot } => refresh(portal, id, *slot, at).await,
        JobKind::Lease => look_at_lease(portal, id).await,
        JobKind::Update => update(portal, id).await,
        JobKind::WatchUpdate => watch_update(portal, id).await,
        JobKind::Reminder { reminder: kind, epoch } => remind(portal, id, *kind, *epoch).await,
        JobKind::FindApprovers { reminder, epoch } => find_approvers(portal, id, *reminder, *epoch).await,
        JobKind::TellApprover { reminder, epoch, person } => {
            tell_approver(portal, id, (*reminder, *epoch), person).await
        }
        JobKind::FollowUp => follow_up(portal, id).await,
        JobKind::Warn
        | JobKind::Home
        | JobKind::CopyTrail { .. }
        | JobKind::TellEvents { .. }
        | JobKind::ReadBill
        | JobKind::Teams { .. }
        | JobKind::Reconcile { .. } => misplaced(&JobOwner::Request(id), kind),
        JobKind::JudgeClick(click) => judge_click(portal, id, click).await,
        JobKind::ApprovalDeadline | JobKind::RenewalDeadline | JobKind::ChangeDeadline => {
            at_deadline(portal, id).await
        }
        JobKind::StartExecution { attempt } => start_execution(portal, id, *attempt).await,
        JobKind::Resume { token, with, attempt } => resume(portal, id, token, with, *attempt).await,
        JobKind::Provision => provision(portal, id).await,
        JobKind::WatchProvisioning => watch_provisioning(portal, id).await,
        JobKind::Terminate => terminate(portal, id).await,
        JobKind::WatchTermination => watch_termination(portal, id).await,
    }
}
