//! Random steps of a request's history. The invariants are checked in the parent module.

use crate::domain::approval::Exception;
use crate::domain::approval::path_of_exception;
use crate::domain::approval::{
    ApprovalPath, ApprovedChanges, RequestedReduction, approved_changes, shorter_leases,
};
use crate::domain::catalog::LeaseTerms;
use crate::domain::cost::{Estimate, PriceList};
use crate::domain::event::Event;
use crate::domain::fixtures::{by, execution, order, person, product, token};
use crate::domain::ids::{ChannelId, ProvisionedProductId, RecordId};
use crate::domain::period::Period;
use crate::domain::quota::BudgetUse;
use crate::domain::request::{
    ChangeOrder, MessageRef, MessageSlot, Notification, Output, ReminderKind, Request, StatusName,
};
use jiff::SignedDuration;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// Something that may happen next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A person acts on the request: which event, and who.
    Person(u8, &'static str),
    /// A person acts on the existing product: which event, and who, or the new owner.
    Owner(u8, &'static str),
    /// The workflow reports: which event, which token, how many attempts ago.
    Workflow(u8, u32, u32),
    /// The provisioner reports: which event.
    Provisioner(u8),
    /// A date may have passed, or a warning was delivered: which event.
    Clock(u8),
    /// The dispatcher runs dated jobs that are due.
    Jobs,
    /// A refusal is recorded in the audit trail.
    Refusal,
    /// The bot cannot receive answers for some time.
    Silence(SignedDuration),
    /// A message was posted.
    Posted(MessageSlot),
}

impl Step {
    pub(super) fn event(&self, request: &Request) -> Option<Event> {
        let why = || "it is broken".to_owned();
        Some(match *self {
            Self::Person(0, name) => Event::Cancel { by: by(name) },
            Self::Person(1, name) => Event::Deny { by: by(name), reason: why(), on_behalf_of: None },
            Self::Person(3, name) => {
                Event::Approve { by: by(name), on_behalf_of: Some(person("priya")), changes: None }
            }
            Self::Person(4, name) => {
                Event::Approve { by: by(name), on_behalf_of: None, changes: Some(Box::new(shorter(request))) }
            }
            Self::Person(_, name) => Event::Approve { by: by(name), on_behalf_of: None, changes: None },
            Self::Owner(0, name) => Event::TearDown { by: by(name) },
            Self::Owner(1, name) => Event::Retain { by: by(name), reason: why() },
            Self::Owner(2, name) => Event::Transfer { by: by("alice"), to: person(name), team: None },
            Self::Owner(3, name) => Event::Renew { by: by(name), period: Period::days(365) },
            Self::Owner(4, name) => Event::Renew { by: by(name), period: Period::hours(1) },
            Self::Owner(7, name) => Event::LookAgain { by: by(name), lost: name == "sam" },
            Self::Owner(8, "sam") => Event::JobLost,
            Self::Owner(8, name) => Event::End { by: by(name) },
            Self::Owner(6, name) => {
                let (order, path, exception) = order_of(request, name);
                Event::Change { by: by(name), order: Box::new(order), path, exception, budget: None }
            }
            Self::Owner(_, name) => Event::Renew { by: by(name), period: Period::days(30) },
            Self::Workflow(kind, n, ago) => {
                let (execution, token) = (execution(request, request.attempt.saturating_sub(ago)), token(n));
                match kind {
                    0 => Event::ExecutionLost { execution },
                    1 => Event::ApprovalRequested { execution, token },
                    _ => Event::ProvisionRequested { execution, token },
                }
            }
            Self::Provisioner(0) => Event::ProvisioningStarted {
                product: ProvisionedProductId::new("pp-1"),
                record: RecordId::new("rec-1"),
                resources: 2,
            },
            Self::Provisioner(1) => Event::ResourceCreated { logical_id: "Bucket".into() },
            Self::Provisioner(2) => Event::ProvisioningSucceeded {
                outputs: vec![Output { name: "BucketName".into(), description: why(), value: "logs".into() }],
            },
            Self::Provisioner(3) => Event::ProvisioningFailed { why: why() },
            Self::Provisioner(4) => Event::TerminationStarted { record: RecordId::new("rec-2") },
            Self::Provisioner(5) => Event::TerminationSucceeded,
            Self::Provisioner(7) => Event::UpdateStarted { record: RecordId::new("rec-3") },
            Self::Provisioner(8) => Event::UpdateSucceeded { outputs: Vec::new() },
            Self::Provisioner(9) => Event::UpdateFailed { why: why() },
            Self::Provisioner(_) => Event::TerminationFailed { why: why() },
            Self::Clock(0) => Event::ApprovalDeadline,
            Self::Clock(1) => Event::LeaseEnded,
            Self::Clock(2) => Event::ApprovalDeadline,
            Self::Clock(4) => Event::Reminder { reminder: ReminderKind::Reminder, epoch: request.epoch },
            Self::Clock(5) => Event::Reminder { reminder: ReminderKind::Escalation, epoch: request.epoch },
            Self::Clock(6) => Event::Nudge { by: by("alice") },
            Self::Clock(7) => Event::ApprovalDeadline,
            Self::Clock(8) => Event::RoomFound,
            Self::Clock(_) => delivered(request),
            Self::Jobs | Self::Refusal | Self::Silence(_) | Self::Posted(_) => return None,
        })
    }
}

/// Alice's change is more expensive and waits for approvers, the others' are cheaper. Sam's is auto-approved, and
/// Priya's leads to a version with a shorter lease.
fn order_of(request: &Request, name: &str) -> (ChangeOrder, ApprovalPath, Option<Exception>) {
    let factor = if name == "alice" { Decimal::TWO } else { Decimal::new(5, 1) };
    let estimate = request.estimate.clone();
    let estimate = estimate.map(|estimate| Estimate { monthly: estimate.monthly * factor, ..estimate });
    let approval = if name == "sam" {
        ApprovalPath::Auto { why: "it is smaller".into() }
    } else {
        ApprovalPath::ask(request.product.approval.needed)
    };
    let (mut product, estimate_before) = (request.product.clone(), request.estimate.clone());
    if name == "priya" {
        // A newer version with a shorter lease.
        product.lease.ttl = Period::days(10);
        product.lease.renew.retain(|period| *period < Period::days(30));
    }
    let order = ChangeOrder { product, estimate_before, estimate, ..order() };
    // Every other change that costs more goes beyond the budget.
    if name != "alice" || request.epoch.is_multiple_of(2) {
        return (order, approval, None);
    }
    let budget = Some(BudgetUse { spent: request.monthly(), limit: request.monthly() });
    let path = path_of_exception(&order.product.approval, approval);
    (order, path, Some(Exception { quota: None, budget }))
}

/// Returns the shortest lease that can be approved, if there is a shorter one.
fn shorter(request: &Request) -> ApprovedChanges {
    let lease = shorter_leases(request.product.lease.ttl).into_iter().next();
    let wanted = RequestedReduction { lease, ..RequestedReduction::default() };
    approved_changes(request, None, &PriceList::default(), &wanted).unwrap()
}

/// The event of a delivered warning.
pub(super) fn delivered(request: &Request) -> Event {
    Event::Warned {
        owner: request.owner.clone(),
        message: MessageRef { channel: ChannelId::new("D0ALICE"), ts: "9.9".into() },
    }
}

/// The steps that make a request with one approval active, a minute apart.
pub(super) fn to_active() -> Vec<(Step, SignedDuration)> {
    let minute = SignedDuration::from_mins(1);
    [
        Step::Workflow(1, 1, 0),
        Step::Person(2, "morgan"),
        Step::Workflow(2, 2, 0),
        Step::Provisioner(0),
        Step::Provisioner(2),
    ]
    .into_iter()
    .map(|step| (step, minute))
    .collect()
}

fn who() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["alice", "morgan", "priya", "sam"])
}

fn any_step() -> impl Strategy<Value = Step> {
    let slot = prop::sample::select(vec![
        MessageSlot::Card,
        MessageSlot::Thread,
        MessageSlot::Direct,
        MessageSlot::Renewal,
        MessageSlot::Change,
        MessageSlot::Warning,
        MessageSlot::Reminder(ReminderKind::Reminder),
        MessageSlot::Notification(Notification::Status(StatusName::Active)),
    ]);
    let ago = prop_oneof![4 => Just(0_u32), 1 => 1_u32..3];
    prop_oneof![
        4 => (prop_oneof![1 => Just(0_u8), 1 => Just(1_u8), 8 => Just(2_u8), 1 => Just(3_u8)], who())
            .prop_map(|(kind, name)| Step::Person(kind, name)),
        5 => (0_u8..3, 1_u32..5, ago).prop_map(|(kind, n, ago)| Step::Workflow(kind, n, ago)),
        6 => (0_u8..10).prop_map(Step::Provisioner),
        2 => (0_u8..9, who()).prop_map(|(kind, name)| Step::Owner(kind, name)),
        3 => (0_u8..9).prop_map(Step::Clock),
        1 => Just(Step::Jobs),
        1 => Just(Step::Refusal),
        1 => silence(),
        1 => slot.prop_map(Step::Posted),
    ]
}

/// Typical steps of an existing product. Teardowns are rare, so that it exists for long.
fn step_of_a_lease() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (3_u8..7, who()).prop_map(|(kind, name)| Step::Owner(kind, name)),
        1 => (0_u8..3, who()).prop_map(|(kind, name)| Step::Owner(kind, name)),
        3 => (0_u8..3, who()).prop_map(|(kind, name)| Step::Person(kind, name)),
        6 => (0_u8..4).prop_map(Step::Clock),
        2 => (3_u8..8).prop_map(Step::Clock),
        6 => Just(Step::Jobs),
        3 => (0_u8..10).prop_map(Step::Provisioner),
        3 => silence(),
        1 => any_step(),
    ]
}

fn silence() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_i64..400).prop_map(SignedDuration::from_secs),
        (1_i64..400).prop_map(SignedDuration::from_hours),
    ]
    .prop_map(Step::Silence)
}

/// How far the clock moves before a step: minutes, hours or days, and sometimes backwards.
fn pause(days: u32) -> impl Strategy<Value = SignedDuration> {
    prop_oneof![
        8 => (0_i64..90).prop_map(SignedDuration::from_mins),
        days => (0_i64..60).prop_map(SignedDuration::from_hours),
        days => (0_i64..40).prop_map(|days| SignedDuration::from_hours(24 * days)),
        1 => (-300_i64..0).prop_map(SignedDuration::from_hours),
    ]
}

/// Any steps, mostly within hours.
pub(super) fn anything() -> impl Strategy<Value = Vec<(Step, SignedDuration)>> {
    prop::collection::vec((any_step(), pause(1)), 1..80)
}

/// Steps of an existing product, over months.
pub(super) fn of_a_lease() -> impl Strategy<Value = Vec<(Step, SignedDuration)>> {
    prop::collection::vec((step_of_a_lease(), pause(6)), 1..60)
}

/// Terms with a short, a long or no grace period, and any reminders.
pub(super) fn terms() -> impl Strategy<Value = LeaseTerms> {
    let grace = prop::sample::select(vec![Period::ZERO, Period::hours(2), Period::days(7)]);
    let reminders = prop::collection::vec((0_u16..200).prop_map(Period::hours), 0..4);
    (grace, reminders, 0_u32..4).prop_map(|(grace, reminders, max_renewals)| LeaseTerms {
        grace,
        reminders,
        max_renewals,
        renew: vec![Period::days(30), Period::hours(1)],
        ..product(1).lease
    })
}
