//! The table of all legal transitions, and the generic events that it is computed with. Scenarios with several events
//! are in `tests`, random ones in `history`.

use super::{Transition, next};
use crate::domain::approval::{Approval, ApprovalPath, Exception, path_of_exception};
use crate::domain::event::Event;
use crate::domain::fixtures::{approved_change, at, by, minutes, order, person, token, waiting_renewal};
use crate::domain::ids::{ChannelId, ProvisionedProductId, RecordId};
use crate::domain::job::{Job, JobKind};
use crate::domain::period::Period;
use crate::domain::quota::QuotaChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::{
    Billed, ChangeOrder, MessageRef, MessageSlot, ReminderKind, Request, Status, StatusName,
};
use crate::domain::silence::Silence;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

pub(super) fn approve(name: &str) -> Event {
    Event::Approve { by: by(name), on_behalf_of: None, changes: None }
}

pub(super) fn deny(name: &str, reason: &str) -> Event {
    Event::Deny { by: by(name), reason: reason.to_owned(), on_behalf_of: None }
}

pub(super) fn cancel(name: &str) -> Event {
    Event::Cancel { by: by(name) }
}

pub(super) fn asks_approvers(request: &Request, n: u32) -> Event {
    Event::ApprovalRequested { execution: request.execution(), token: token(n) }
}

pub(super) fn asks_to_provision(request: &Request, n: u32) -> Event {
    Event::ProvisionRequested { execution: request.execution(), token: token(n) }
}

pub(super) fn lost(request: &Request) -> Event {
    Event::ExecutionLost { execution: request.execution() }
}

pub(super) fn started() -> Event {
    Event::ProvisioningStarted {
        product: ProvisionedProductId::new("pp-1"),
        record: RecordId::new("rec-1"),
        resources: 2,
    }
}

pub(super) fn created(logical_id: &str) -> Event {
    Event::ResourceCreated { logical_id: logical_id.to_owned() }
}

pub(super) fn failed(why: &str) -> Event {
    Event::ProvisioningFailed { why: why.to_owned() }
}

/// One event of each kind: by the requester if only she may, and with a token not seen before.
pub(super) fn one_of_each(request: &Request) -> [Event; 37] {
    [
        approve("priya"),
        deny("priya", "too big"),
        cancel("alice"),
        Event::ApprovalDeadline,
        Event::RoomFound,
        Event::Reminder { reminder: ReminderKind::Reminder, epoch: request.epoch },
        Event::Reminder { reminder: ReminderKind::Escalation, epoch: request.epoch },
        Event::Nudge { by: by("alice") },
        asks_approvers(request, 2),
        asks_to_provision(request, 2),
        lost(request),
        started(),
        created("Bucket"),
        Event::ProvisioningSucceeded { outputs: Vec::new() },
        failed("AccessDenied"),
        Event::TerminationStarted { record: RecordId::new("rec-2") },
        Event::TerminationSucceeded,
        Event::TerminationFailed { why: "the bucket is not empty".into() },
        Event::Vanished,
        Event::Billed { billed: billed() },
        Event::ConditionSeen { trouble: Some("TAINTED".into()) },
        warned(),
        Event::LeaseEnded,
        renew("alice"),
        changes("alice", order()),
        Event::UpdateStarted { record: RecordId::new("rec-3") },
        Event::UpdateSucceeded { outputs: Vec::new() },
        Event::UpdateFailed { why: "AccessDenied".into() },
        tear_down("alice"),
        Event::Retain { by: by("pat"), reason: "kept for the auditors".into() },
        Event::LookAgain { by: by("pat"), lost: false },
        Event::Unheard { silence: Silence { from: minutes(10), until: minutes(20) } },
        Event::JobLost,
        Event::HeldUp { right: "servicecatalog:ProvisionProduct".into(), job: "provision".into() },
        Event::PermissionGranted { job: "provision".into() },
        Event::End { by: by("pat") },
        Event::Transfer { by: by("alice"), to: person("amir"), team: None },
    ]
}

fn billed() -> Billed {
    let month = jiff::civil::date(2026, 3, 1);
    Billed { month, before: jiff::civil::date(2026, 3, 5), amount: Decimal::ONE }
}

pub(super) fn warned() -> Event {
    Event::Warned {
        owner: person("alice"),
        message: MessageRef { channel: ChannelId::new("D0ALICE"), ts: "9.9".into() },
    }
}

pub(super) fn renew(name: &str) -> Event {
    Event::Renew { by: by(name), period: Period::days(30) }
}

pub(super) fn changes(name: &str, order: ChangeOrder) -> Event {
    Event::Change {
        by: by(name),
        order: Box::new(order),
        path: ApprovalPath::ask(1),
        exception: None,
        budget: None,
    }
}

pub(super) fn tear_down(name: &str) -> Event {
    Event::TearDown { by: by(name) }
}

/// Returns the request in a state in which the generic event can apply, if that takes more than the status.
fn ready_for(event: &Event, mut request: Request) -> Request {
    let terms = request.product.lease.clone();
    if let (Event::LeaseEnded, Status::Active { lease }) = (event, &mut request.status) {
        *lease = lease.after_warning(&terms, lease.warn_at);
    }
    if matches!((event, &request.status), (Event::RoomFound, Status::Active { .. })) {
        let mut approval = Approval { answer: None, answer_by: minutes(120), ..approved_change(order()) };
        approval.exception = Some(Exception::default());
        approval.path = path_of_exception(&request.product.approval, approval.path);
        request.later = vec![approval];
    } else if matches!(event, Event::RoomFound) {
        request.creation.exception = Some(Exception::default());
        request.creation.path = path_of_exception(&request.product.approval, request.creation.path);
    }
    if matches!(request.status, Status::Updating { .. }) {
        request.later = vec![approved_change(order())];
    }
    if matches!((event, &request.status), (Event::ApprovalDeadline, Status::Active { .. })) {
        request.later = vec![waiting_renewal()];
    }
    request
}

/// Returns when the generic event happens: within the approval deadline, except for events that wait for a date.
#[expect(clippy::wildcard_enum_match_arm, reason = "only some events wait for a date")]
pub(super) fn moment(event: &Event) -> Timestamp {
    match event {
        Event::ApprovalDeadline => minutes(24 * 60),
        Event::Reminder { .. } => minutes(13 * 60),
        Event::Warned { .. } => minutes(31 * 24 * 60),
        Event::Renew { .. } => minutes(20 * 24 * 60),
        Event::LeaseEnded => minutes(38 * 24 * 60),
        _ => minutes(60),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only some kinds say more than their name")]
pub(super) fn told(job: &Job) -> String {
    match &job.kind {
        JobKind::Resume { with, .. } => format!("resume({})", with.error().unwrap_or("success")),
        JobKind::Show(MessageSlot::Notification(news)) => format!("tell {}", news.as_str()),
        JobKind::Show(slot) => format!("show {slot:?}").to_lowercase(),
        JobKind::Reminder { reminder, .. } => format!("{} later", reminder.as_str()),
        JobKind::StartExecution { attempt } => format!("start attempt {attempt}"),
        _ => job.kind.as_str().replace('_', " "),
    }
}

fn listed(mut words: impl Iterator<Item = String>) -> String {
    words.next().map_or("-".to_owned(), |first| words.fold(first, |list, word| list + ", " + &word))
}

fn line(before: StatusName, event: &Event, change: &Transition) -> String {
    let quota = match &change.quota {
        None => "-",
        Some(QuotaChange::Release { .. }) => "release",
        Some(QuotaChange::Take { .. }) => "take",
        Some(QuotaChange::Grow { .. }) => "grow",
        Some(QuotaChange::Shrink { .. }) => "shrink",
        Some(QuotaChange::Move { .. }) => "move",
    };
    format!(
        "{before:?} + {} -> {:?}  [jobs: {}] [quota: {quota}] [audit: {}]",
        event.as_str(),
        change.request.status.name(),
        listed(change.jobs.iter().map(told)),
        listed(change.audit.iter().map(|entry| entry.event.clone())),
    )
}

fn legal_changes() -> String {
    let mut lines = Vec::new();
    for name in StatusName::ALL {
        for event in one_of_each(&at(name)) {
            let request = ready_for(&event, at(name));
            if let Ok(change) = next(&request, &event, moment(&event)) {
                lines.push(line(name, &event, &change));
            }
        }
    }
    lines.join("\n")
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
fn this_is_every_legal_change_of_a_request() {
    insta::assert_snapshot!(legal_changes(), @"
    Pending + cancel -> Cancelled  [jobs: show card, show direct] [quota: release] [audit: cancelled]
    Pending + approval deadline -> TimedOut  [jobs: show card, show thread, show direct, tell TIMED_OUT] [quota: release] [audit: timed out]
    Pending + room found -> Pending  [jobs: show card, show direct] [quota: -] [audit: exception not needed]
    Pending + approval requested -> AwaitingApproval  [jobs: reminder later, escalation later, show card, show direct] [quota: -] [audit: approval requested]
    Pending + execution lost -> Pending  [jobs: start attempt 2] [quota: -] [audit: execution lost]
    Pending + look again -> Pending  [jobs: start attempt 1, approval deadline, show direct] [quota: -] [audit: looked at again]
    Pending + unheard -> Pending  [jobs: approval deadline, show card, show direct] [quota: -] [audit: answer-by moved]
    Pending + held up -> Pending  [jobs: show direct] [quota: -] [audit: held up]
    Pending + end -> Failed  [jobs: show card, show thread, show direct, tell FAILED] [quota: release] [audit: ended]
    AwaitingApproval + approve -> Approved  [jobs: resume(success), show card, show thread, show direct, tell APPROVED] [quota: -] [audit: approved]
    AwaitingApproval + deny -> Denied  [jobs: resume(Request.Denied), show card, show direct, tell DENIED] [quota: release] [audit: denied]
    AwaitingApproval + cancel -> Cancelled  [jobs: resume(Request.Cancelled), show card, show direct] [quota: release] [audit: cancelled]
    AwaitingApproval + approval deadline -> TimedOut  [jobs: resume(Request.TimedOut), show card, show thread, show direct, tell TIMED_OUT] [quota: release] [audit: timed out]
    AwaitingApproval + room found -> AwaitingApproval  [jobs: reminder later, escalation later, show card, show direct] [quota: -] [audit: exception not needed]
    AwaitingApproval + escalation -> AwaitingApproval  [jobs: find approvers, show card, show direct, show reminder(escalation)] [quota: -] [audit: escalated]
    AwaitingApproval + nudge -> AwaitingApproval  [jobs: find approvers, show card, show direct, show reminder(nudge)] [quota: -] [audit: approvers nudged]
    AwaitingApproval + approval requested -> AwaitingApproval  [jobs: reminder later, escalation later, show card, show direct] [quota: -] [audit: approval requested]
    AwaitingApproval + execution lost -> Pending  [jobs: start attempt 2] [quota: -] [audit: execution lost]
    AwaitingApproval + look again -> AwaitingApproval  [jobs: approval deadline, reminder later, escalation later, show card, show direct] [quota: -] [audit: looked at again]
    AwaitingApproval + unheard -> AwaitingApproval  [jobs: approval deadline, reminder later, escalation later, show card, show direct] [quota: -] [audit: answer-by moved]
    AwaitingApproval + held up -> AwaitingApproval  [jobs: show direct] [quota: -] [audit: held up]
    AwaitingApproval + end -> Failed  [jobs: resume(Request.Cancelled), show card, show thread, show direct, tell FAILED] [quota: release] [audit: ended]
    Approved + approval requested -> Approved  [jobs: resume(success)] [quota: -] [audit: -]
    Approved + provision requested -> Provisioning  [jobs: provision, show card, show thread, show direct] [quota: -] [audit: provisioning]
    Approved + execution lost -> Approved  [jobs: start attempt 2] [quota: -] [audit: execution lost]
    Approved + look again -> Approved  [jobs: start attempt 1, show direct] [quota: -] [audit: looked at again]
    Approved + held up -> Approved  [jobs: show thread, show direct] [quota: -] [audit: held up]
    Approved + end -> Failed  [jobs: show card, show thread, show direct, tell FAILED] [quota: release] [audit: ended]
    Provisioning + approval requested -> Provisioning  [jobs: resume(success)] [quota: -] [audit: -]
    Provisioning + provision requested -> Provisioning  [jobs: -] [quota: -] [audit: provisioning]
    Provisioning + provisioning started -> Provisioning  [jobs: watch provisioning, show thread, show direct] [quota: -] [audit: -]
    Provisioning + resource created -> Provisioning  [jobs: show thread, show direct] [quota: -] [audit: -]
    Provisioning + provisioning succeeded -> Active  [jobs: resume(success), lease, show card, show thread, show direct, tell ACTIVE] [quota: -] [audit: active]
    Provisioning + provisioning failed -> Terminating  [jobs: terminate, resume(Request.ProvisioningFailed), show card, show thread, show direct] [quota: -] [audit: provisioning failed]
    Provisioning + billed -> Provisioning  [jobs: -] [quota: -] [audit: -]
    Provisioning + tear down -> Provisioning  [jobs: show card, show thread, show direct] [quota: -] [audit: teardown]
    Provisioning + retain -> Retained  [jobs: resume(success), show card, show thread, show direct, tell RETAINED] [quota: release] [audit: retained]
    Provisioning + look again -> Provisioning  [jobs: watch provisioning, show direct] [quota: -] [audit: looked at again]
    Provisioning + job lost -> Provisioning  [jobs: watch provisioning, show direct] [quota: -] [audit: looked at again]
    Provisioning + held up -> Provisioning  [jobs: show thread, show direct] [quota: -] [audit: held up]
    Provisioning + end -> Terminating  [jobs: terminate, resume(Request.ProvisioningFailed), show card, show thread, show direct] [quota: -] [audit: ended, provisioning failed]
    Active + approval deadline -> Active  [jobs: lease, show renewal, show direct, tell renewal] [quota: -] [audit: renewal timed out]
    Active + room found -> Active  [jobs: show change, show direct] [quota: -] [audit: change exception not needed]
    Active + approval requested -> Active  [jobs: resume(success)] [quota: -] [audit: -]
    Active + provision requested -> Active  [jobs: resume(success)] [quota: -] [audit: -]
    Active + vanished -> Terminated  [jobs: show card, show thread, show direct, tell TERMINATED] [quota: release] [audit: vanished]
    Active + billed -> Active  [jobs: -] [quota: -] [audit: -]
    Active + condition seen -> Active  [jobs: show card, show thread, show direct] [quota: -] [audit: troubled]
    Active + warned -> Active  [jobs: lease, show direct] [quota: -] [audit: warned]
    Active + lease ended -> Terminating  [jobs: terminate, show card, show thread, show direct] [quota: -] [audit: expired]
    Active + renew -> Active  [jobs: lease, show card, show thread, show direct] [quota: -] [audit: renewed]
    Active + change -> Active  [jobs: change deadline, reminder later, escalation later, show change, show direct] [quota: -] [audit: change requested]
    Active + tear down -> Terminating  [jobs: terminate, show card, show thread, show direct] [quota: -] [audit: teardown]
    Active + look again -> Active  [jobs: lease, show direct] [quota: -] [audit: looked at again]
    Active + held up -> Active  [jobs: show thread, show direct] [quota: -] [audit: held up]
    Active + transfer -> Active  [jobs: show direct, tell handed] [quota: -] [audit: transferred]
    Updating + approval requested -> Updating  [jobs: resume(success)] [quota: -] [audit: -]
    Updating + provision requested -> Updating  [jobs: resume(success)] [quota: -] [audit: -]
    Updating + billed -> Updating  [jobs: -] [quota: -] [audit: -]
    Updating + update started -> Updating  [jobs: watch update] [quota: -] [audit: -]
    Updating + update succeeded -> Active  [jobs: lease, show change, show card, show thread, show direct, tell change] [quota: shrink] [audit: changed]
    Updating + update failed -> Active  [jobs: lease, show change, show card, show thread, show direct, tell change] [quota: -] [audit: change failed]
    Updating + retain -> Retained  [jobs: show card, show thread, show direct, show change, tell RETAINED] [quota: release] [audit: retained]
    Updating + look again -> Updating  [jobs: update, show direct] [quota: -] [audit: looked at again]
    Updating + job lost -> Updating  [jobs: update, show direct] [quota: -] [audit: looked at again]
    Updating + held up -> Updating  [jobs: show thread, show direct] [quota: -] [audit: held up]
    Updating + end -> Active  [jobs: lease, show change, show card, show thread, show direct, tell change] [quota: -] [audit: ended, change failed]
    Terminating + approval requested -> Terminating  [jobs: resume(Request.ProvisioningFailed)] [quota: -] [audit: -]
    Terminating + provision requested -> Terminating  [jobs: resume(Request.ProvisioningFailed)] [quota: -] [audit: -]
    Terminating + termination started -> Terminating  [jobs: watch termination] [quota: -] [audit: -]
    Terminating + termination succeeded -> Failed  [jobs: show card, show thread, show direct, tell FAILED] [quota: release] [audit: failed]
    Terminating + termination failed -> TeardownFailed  [jobs: show card, show thread, show direct, tell TEARDOWN_FAILED] [quota: -] [audit: teardown failed]
    Terminating + billed -> Terminating  [jobs: -] [quota: -] [audit: -]
    Terminating + retain -> Retained  [jobs: show card, show thread, show direct, tell RETAINED] [quota: release] [audit: retained]
    Terminating + look again -> Terminating  [jobs: terminate, show direct] [quota: -] [audit: looked at again]
    Terminating + job lost -> Terminating  [jobs: terminate, show direct] [quota: -] [audit: looked at again]
    Terminating + held up -> Terminating  [jobs: show thread, show direct] [quota: -] [audit: held up]
    Terminating + end -> TeardownFailed  [jobs: show card, show thread, show direct, tell TEARDOWN_FAILED] [quota: -] [audit: ended, teardown failed]
    Denied + approval requested -> Denied  [jobs: resume(Request.Denied)] [quota: -] [audit: -]
    Denied + provision requested -> Denied  [jobs: resume(Request.Denied)] [quota: -] [audit: -]
    Cancelled + approval requested -> Cancelled  [jobs: resume(Request.Cancelled)] [quota: -] [audit: -]
    Cancelled + provision requested -> Cancelled  [jobs: resume(Request.Cancelled)] [quota: -] [audit: -]
    TimedOut + approval requested -> TimedOut  [jobs: resume(Request.TimedOut)] [quota: -] [audit: -]
    TimedOut + provision requested -> TimedOut  [jobs: resume(Request.TimedOut)] [quota: -] [audit: -]
    Failed + approval requested -> Failed  [jobs: resume(Request.ProvisioningFailed)] [quota: -] [audit: -]
    Failed + provision requested -> Failed  [jobs: resume(Request.ProvisioningFailed)] [quota: -] [audit: -]
    Failed + billed -> Failed  [jobs: -] [quota: -] [audit: -]
    TeardownFailed + approval requested -> TeardownFailed  [jobs: resume(Request.ProvisioningFailed)] [quota: -] [audit: -]
    TeardownFailed + provision requested -> TeardownFailed  [jobs: resume(Request.ProvisioningFailed)] [quota: -] [audit: -]
    TeardownFailed + vanished -> Failed  [jobs: show card, show thread, show direct, tell FAILED] [quota: release] [audit: vanished]
    TeardownFailed + billed -> TeardownFailed  [jobs: -] [quota: -] [audit: -]
    TeardownFailed + tear down -> Terminating  [jobs: terminate, show card, show thread, show direct] [quota: -] [audit: teardown]
    TeardownFailed + retain -> Retained  [jobs: show card, show thread, show direct, tell RETAINED] [quota: release] [audit: retained]
    TeardownFailed + transfer -> TeardownFailed  [jobs: show direct, tell handed] [quota: -] [audit: transferred]
    Terminated + approval requested -> Terminated  [jobs: resume(success)] [quota: -] [audit: -]
    Terminated + provision requested -> Terminated  [jobs: resume(success)] [quota: -] [audit: -]
    Terminated + billed -> Terminated  [jobs: -] [quota: -] [audit: -]
    Retained + approval requested -> Retained  [jobs: resume(success)] [quota: -] [audit: -]
    Retained + provision requested -> Retained  [jobs: resume(success)] [quota: -] [audit: -]
    Retained + billed -> Retained  [jobs: -] [quota: -] [audit: -]
    ");
}

#[test]
fn a_change_the_table_does_not_list_is_refused_with_the_status_that_stands() {
    let mut pairs = BTreeSet::new();
    for name in StatusName::ALL {
        let request = at(name);
        for event in one_of_each(&request) {
            assert!(pairs.insert((name, event.as_str())), "each pair is tried once");
            let Err(refusal) = next(&request, &event, moment(&event)) else { continue };
            let to_a_person = is_a_persons(&event);
            let for_the_machine = matches!(&refusal, Refusal::DoesNotApply { status, .. } if *status == name);
            assert_eq!(for_the_machine, !to_a_person, "{name:?} + {}: {refusal:?}", event.as_str());
        }
    }
    assert_eq!(pairs.len(), 14 * 37);
}

fn is_a_persons(event: &Event) -> bool {
    let words = [
        "approve",
        "deny",
        "cancel",
        "nudge",
        "renew",
        "tear down",
        "retain",
        "transfer",
        "change",
        "look again",
        "end",
    ];
    words.contains(&event.as_str())
}
