//! Property tests with random request histories: whatever happens, in whatever order and at whatever time, the
//! invariants hold.

mod lease;
mod steps;

use self::lease::{LeaseWatch, UNTIL_WARNED};
use self::steps::{Step, anything, delivered, of_a_lease, terms, to_active};
use super::{Transition, lease_step, next, note_refusals, record_message};
use crate::domain::approval::{Answer, ApprovalPath};
use crate::domain::audit::AuditEntry;
use crate::domain::event::Event;
use crate::domain::fixtures::{SECRET, auto_product, by, product, submission, submitted_at, verify_chain};
use crate::domain::ids::ChannelId;
use crate::domain::job::{Job, JobKind, JobOwner};
use crate::domain::lease::LeaseStep;
use crate::domain::quota::QuotaChange;
use crate::domain::request::{MessageRef, MessageSlot, Request, Status, StatusName};
use crate::domain::silence::Silence;
use crate::domain::submission::submit;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// A request, its trail, its slots and its lease, checked after every change.
struct History {
    request: Request,
    trail: Vec<AuditEntry>,
    taken: i32,
    monthly: Decimal,
    watch: LeaseWatch,
    now: Timestamp,
}

impl History {
    fn begin(birth: Transition) -> Self {
        let Some(QuotaChange::Take { monthly, .. }) = birth.quota else { panic!("a slot is taken at birth") };
        assert_eq!(birth.request.revision, 1);
        let watch = LeaseWatch::default();
        Self { request: birth.request, trail: birth.audit, taken: 1, monthly, watch, now: submitted_at() }
    }

    /// Applies an event. One that does not apply has to be refused without side effects.
    fn tries(&mut self, event: &Event) -> bool {
        match next(&self.request, event, self.now) {
            Ok(change) => {
                self.take(Some(event), change);
                true
            }
            Err(refusal) => {
                assert!(!format!("{refusal:?}").contains(SECRET));
                false
            }
        }
    }

    fn take(&mut self, event: Option<&Event>, change: Transition) {
        let before = &self.request;
        assert_eq!(change.request.revision, before.revision + 1, "each change counts once");
        assert!(change.request.epoch >= before.epoch, "an epoch never goes back");
        assert!(change.request.attempt >= before.attempt, "an attempt never goes back");
        assert!([before.updated_at, self.now].contains(&change.request.updated_at));
        if before.status.name().is_ended() {
            assert_eq!(change.request.status, before.status, "an end is an end");
            assert_eq!(change.request.ended_at, before.ended_at);
        }
        check_jobs(&change);
        check_secrecy(&change);
        match &change.quota {
            None => {}
            Some(QuotaChange::Release { slot, monthly }) => {
                assert_eq!(slot, &before.slot());
                self.taken -= 1;
                self.monthly -= monthly;
            }
            Some(QuotaChange::Grow { slot, monthly, .. }) => {
                assert_eq!(slot, &before.slot());
                self.monthly += monthly;
            }
            Some(QuotaChange::Shrink { slot, monthly }) => {
                assert_eq!(slot, &before.slot());
                self.monthly -= monthly;
            }
            Some(QuotaChange::Take { .. } | QuotaChange::Move { .. }) => {
                panic!("a slot is taken at birth only")
            }
        }
        if change.request.status.name() != before.status.name() {
            assert!(!change.audit.is_empty(), "every change of status is on the trail");
        }
        self.watch.take(before, event, &change, self.now);
        self.trail.extend(change.audit);
        self.request = change.request;
        let has_ended = self.request.status.name().is_ended();
        assert_eq!(self.taken, i32::from(!has_ended), "a slot is held until the end");
        assert!(!has_ended || self.monthly.is_zero(), "what was taken of the budget is given back");
        assert_eq!(self.request.ended_at.is_some(), has_ended);
        let last = self.trail.last().unwrap();
        assert_eq!((last.seq, &last.digest), (self.request.audit.seq, &self.request.audit.digest));
    }

    /// Runs these steps.
    fn live(&mut self, steps: &[(Step, SignedDuration)]) {
        for (step, pause) in steps {
            self.now += *pause;
            match (step.event(&self.request), step) {
                (Some(event), _) => drop(self.tries(&event)),
                (None, Step::Jobs) => self.run_jobs(),
                (None, Step::Silence(length)) => self.is_unheard(*length),
                (None, Step::Posted(slot)) => {
                    let message =
                        MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: String::from(*slot) };
                    self.take(None, record_message(&self.request, *slot, message, self.now));
                }
                (None, _) => {
                    let why = "not an approver";
                    self.take(
                        None,
                        note_refusals(
                            &self.request,
                            &by("mallory"),
                            &[("refused", format!("approve: {why}"))],
                            self.now,
                        ),
                    );
                }
            }
        }
        assert_eq!(verify_chain(&self.trail), Ok(()));
    }

    /// The bot is down or cannot reach Slack for some time. Deadlines that passed meanwhile are postponed.
    fn is_unheard(&mut self, length: SignedDuration) {
        let from = self.now;
        self.now += length;
        let silence = Silence { from, until: self.now };
        self.watch.is_unheard(&self.request, &silence);
        let undecided = self.request.status.name().is_undecided();
        let (approve_by, moved) =
            (self.request.creation.answer_by, self.request.asking.moved.unwrap_or_default());
        self.tries(&Event::Unheard { silence });
        let ran_out = undecided && from < approve_by && approve_by <= self.now && moved < 7;
        let day = SignedDuration::from_hours(24);
        assert!(
            !ran_out || self.request.creation.answer_by >= self.now + day,
            "approvers have a day at least"
        );
    }

    /// Runs the dated jobs as the dispatcher does. The delivery of a warning is a separate step.
    fn run_jobs(&mut self) {
        for deadline in ["renewal-deadline", "change-deadline"] {
            if self.is_due(deadline) {
                self.watch.jobs.remove(deadline);
                let is_over = self.request.waiting().is_some_and(|waiting| waiting.answer_by <= self.now);
                assert_eq!(self.tries(&Event::ApprovalDeadline), is_over, "its job is due with its date");
            }
        }
        if !self.is_due("lease") {
            return;
        }
        let again = match lease_step(&self.request, self.now) {
            None => {
                self.watch.jobs.remove("lease");
                return;
            }
            Some(LeaseStep::End) => {
                assert!(self.tries(&Event::LeaseEnded), "what has run out ends");
                return;
            }
            Some(LeaseStep::Warn) => self.now + UNTIL_WARNED,
            Some(LeaseStep::Wait(until)) => until,
        };
        self.watch.jobs.insert("lease".to_owned(), (again, self.now));
    }

    fn is_due(&self, job: &str) -> bool {
        self.watch.jobs.get(job).is_some_and(|(due, _)| *due <= self.now)
    }

    /// From here on nobody acts: the clock advances, and warnings are delivered at once.
    fn is_left_alone(&mut self) {
        let begun = self.now;
        // Every operation in AWS ends eventually.
        let failed = Event::UpdateFailed { why: "AccessDenied".into() };
        let was_changing = matches!(self.request.status, Status::Updating { .. });
        assert_eq!(self.tries(&failed), was_changing);
        while self.request.lease().is_some() {
            let due = |name| self.watch.jobs.get(name).map(|(due, _)| *due);
            let waits = self.request.waiting_renewal().and_then(|_| due("renewal-deadline"));
            self.now = self.now.max(due("lease").into_iter().chain(waits).min().unwrap());
            self.run_jobs();
            if lease_step(&self.request, self.now) == Some(LeaseStep::Warn) {
                assert!(self.tries(&delivered(&self.request.clone())), "what is due is warned about");
            }
            assert!(self.now < begun + SignedDuration::from_hours(24 * 365 * 10), "it never ends");
        }
    }
}

fn is_approved(request: &Request) -> bool {
    let who: BTreeSet<_> = request.creation.consents.iter().map(|approval| &approval.by).collect();
    assert_eq!(who.len(), request.creation.consents.len(), "nobody approves twice");
    let places: BTreeSet<_> =
        request.creation.consents.iter().map(|one| one.on_behalf_of.as_ref().unwrap_or(&one.by)).collect();
    assert_eq!(places.len(), request.creation.consents.len(), "nor is anybody's answer given twice");
    match request.creation.path {
        ApprovalPath::Auto { .. } => true,
        ApprovalPath::Ask { needed, .. } => {
            request.creation.consents.len() >= usize::try_from(needed).unwrap()
        }
    }
}

fn check_jobs(change: &Transition) {
    let request = &change.request;
    let has = |kind: &JobKind| change.jobs.iter().any(|job| job.kind == *kind);
    let provisioning = matches!(request.status, Status::Provisioning { .. });
    if provisioning || has(&JobKind::Provision) {
        assert!(provisioning && is_approved(request), "nothing is provisioned without a decision");
    }
    if has(&JobKind::Update) || has(&JobKind::WatchUpdate) {
        let (approval, _) = request.change().unwrap();
        let needed = match approval.path {
            ApprovalPath::Auto { .. } => 0,
            ApprovalPath::Ask { needed, .. } => usize::try_from(needed).unwrap(),
        };
        assert!(approval.consents.len() >= needed, "nothing is changed without a decision");
        assert_eq!(approval.answer, Some(Answer::Approved));
    }
    if has(&JobKind::Terminate) || has(&JobKind::WatchTermination) {
        assert!(matches!(request.status, Status::Terminating { .. }));
    }
    if has(&JobKind::WatchTermination) || has(&JobKind::WatchProvisioning) {
        assert!(request.provisioned.is_some(), "what is watched has a record");
    }
    let presses = |job: &Job| {
        matches!(
            job.kind,
            JobKind::Reminder { .. }
                | JobKind::FindApprovers { .. }
                | JobKind::Show(MessageSlot::Reminder(_))
        )
    };
    assert!(request.waits_for_approvers() || !change.jobs.iter().any(presses), "an answer ends the pressing");
    let keys: BTreeSet<_> = change.jobs.iter().map(|job| &job.key).collect();
    assert_eq!(keys.len(), change.jobs.len(), "no job replaces another of the same change");
    assert!(change.jobs.iter().all(|job| job.key.owner == JobOwner::Request(request.id)));
}

/// No token appears in anything that may be logged, shown or exported, including the names of jobs.
fn check_secrecy(change: &Transition) {
    assert!(!format!("{change:?}").contains(SECRET));
    assert!(change.jobs.iter().all(|job| !format!("{job:?} {}", job.key.name).contains(SECRET)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn no_history_provisions_undecided_loses_a_slot_or_shows_a_token(
        needed in 0_u32..3,
        terms in terms(),
        steps in anything(),
    ) {
        let mut product = if needed == 0 { auto_product() } else { product(needed) };
        product.lease = terms;
        let mut history = History::begin(submit(submission(), &product, submitted_at()));
        history.live(&steps);
        history.is_left_alone();
    }

    #[test]
    fn no_history_ends_what_was_not_warned_about_or_warns_twice_or_never_ends(
        needed in 1_u32..3,
        terms in terms(),
        steps in of_a_lease(),
    ) {
        let mut product = product(1);
        product.lease = terms;
        product.approval.timeout = crate::domain::period::Period::hours(24 * 20);
        let mut history = History::begin(submit(submission(), &product, submitted_at()));
        history.live(&to_active());
        prop_assert_eq!(history.request.status.name(), StatusName::Active);
        history.request.product.approval.needed = needed;
        history.live(&steps);
        history.is_left_alone();
    }
}
