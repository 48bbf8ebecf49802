//! Random lives of requests: whatever comes, in whatever order, some things never happen.

use super::{Transition, next, note_refusal, record_message};
use crate::domain::audit::AuditEntry;
use crate::domain::event::Event;
use crate::domain::fixtures::{
    SECRET, auto_product, by, execution, product, submission, submitted_at, token, verify_chain,
};
use crate::domain::ids::{ChannelId, ProvisionedProductId, RecordId};
use crate::domain::job::{JobKind, Subject};
use crate::domain::policy::ApprovalPath;
use crate::domain::quota::QuotaChange;
use crate::domain::request::{MessageRef, News, Output, Request, Status, StatusName, Surface};
use crate::domain::submission::submit;
use jiff::SignedDuration;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Something that may happen next.
#[derive(Clone, Debug)]
enum Step {
    /// By a person: which event, who.
    Person(u8, &'static str),
    /// By the workflow: which event, which token, how many attempts ago.
    Workflow(u8, u32, u32),
    /// By the provisioner: which event.
    Provisioner(u8),
    /// The deadline job runs.
    Deadline,
    /// A refusal is put on the trail.
    Refusal,
    /// A message was posted.
    Posted(Surface),
}

impl Step {
    fn event(&self, request: &Request) -> Option<Event> {
        let why = || "it is broken".to_owned();
        Some(match *self {
            Self::Person(0, name) => Event::Cancel { by: by(name) },
            Self::Person(1, name) => Event::Deny { by: by(name), reason: why() },
            Self::Person(_, name) => Event::Approve { by: by(name) },
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
            Self::Provisioner(_) => Event::TerminationFailed { why: why() },
            Self::Deadline => Event::ApprovalDeadline,
            Self::Refusal | Self::Posted(_) => return None,
        })
    }
}

fn steps() -> impl Strategy<Value = Vec<(Step, i64)>> {
    let who = || prop::sample::select(vec!["alice", "morgan", "priya", "sam"]);
    let surface = prop::sample::select(vec![
        Surface::Card,
        Surface::Thread,
        Surface::Direct,
        Surface::Told(News::Status(StatusName::Active)),
    ]);
    let ago = prop_oneof![4 => Just(0_u32), 1 => 1_u32..3];
    let step = prop_oneof![
        4 => (prop_oneof![1 => Just(0_u8), 1 => Just(1_u8), 8 => Just(2_u8)], who())
            .prop_map(|(kind, name)| Step::Person(kind, name)),
        5 => (0_u8..3, 1_u32..5, ago).prop_map(|(kind, n, ago)| Step::Workflow(kind, n, ago)),
        6 => (0_u8..7).prop_map(Step::Provisioner),
        1 => Just(Step::Deadline),
        1 => Just(Step::Refusal),
        1 => surface.prop_map(Step::Posted),
    ];
    prop::collection::vec((step, 0_i64..90), 1..80)
}

/// A request, its trail and the slots it holds, checked after every change.
struct History {
    request: Request,
    trail: Vec<AuditEntry>,
    taken: i32,
}

impl History {
    fn begin(birth: Transition) -> Self {
        assert!(matches!(birth.quota, Some(QuotaChange::Take { .. })), "a slot is taken at birth");
        assert_eq!(birth.request.revision, 1);
        Self { request: birth.request, trail: birth.audit, taken: 1 }
    }

    fn take(&mut self, change: Transition) {
        let before = &self.request;
        assert_eq!(change.request.revision, before.revision + 1, "each change counts once");
        assert!(change.request.epoch >= before.epoch, "an epoch never goes back");
        assert!(change.request.attempt >= before.attempt, "an attempt never goes back");
        assert!(change.request.updated_at >= before.updated_at);
        if before.status.name().is_ended() {
            assert_eq!(change.request.status, before.status, "an end is an end");
        }
        check_jobs(&change);
        check_secrecy(&change);
        match &change.quota {
            None => {}
            Some(QuotaChange::Release { slot, monthly }) => {
                assert_eq!((slot, *monthly), (&before.slot(), before.monthly()));
                self.taken -= 1;
            }
            Some(QuotaChange::Take { .. }) => panic!("a slot is taken at birth only"),
        }
        if change.request.status.name() != before.status.name() {
            assert!(!change.audit.is_empty(), "every change of status is on the trail");
        }
        self.trail.extend(change.audit);
        self.request = change.request;
        assert_eq!(
            self.taken,
            i32::from(!self.request.status.name().is_ended()),
            "a slot is held until the end"
        );
        let last = self.trail.last().unwrap();
        assert_eq!((last.seq, &last.digest), (self.request.audit.seq, &self.request.audit.digest));
    }
}

fn is_approved(request: &Request) -> bool {
    let who: BTreeSet<_> = request.approvals.iter().map(|approval| &approval.by).collect();
    assert_eq!(who.len(), request.approvals.len(), "nobody approves twice");
    match request.approval {
        ApprovalPath::Auto { .. } => true,
        ApprovalPath::Ask { needed } => request.approvals.len() >= usize::try_from(needed).unwrap(),
    }
}

fn check_jobs(change: &Transition) {
    let request = &change.request;
    let has = |kind: &JobKind| change.jobs.iter().any(|job| job.kind == *kind);
    let provisioning = matches!(request.status, Status::Provisioning { .. });
    if provisioning || has(&JobKind::Provision) {
        assert!(provisioning && is_approved(request), "nothing is provisioned without a decision");
    }
    if has(&JobKind::Terminate) || has(&JobKind::WatchTermination) {
        assert!(matches!(request.status, Status::Terminating { .. }));
    }
    if has(&JobKind::WatchTermination) || has(&JobKind::WatchProvisioning) {
        assert!(request.provisioned.is_some(), "what is watched has a record");
    }
    let keys: BTreeSet<_> = change.jobs.iter().map(|job| &job.key).collect();
    assert_eq!(keys.len(), change.jobs.len(), "no job replaces another of the same change");
    assert!(change.jobs.iter().all(|job| job.key.of == Subject::Request(request.id)));
}

/// No token in anything that may be logged, shown or exported, a job's name included.
fn check_secrecy(change: &Transition) {
    assert!(!format!("{change:?}").contains(SECRET));
    assert!(change.jobs.iter().all(|job| !format!("{job:?} {}", job.key.name).contains(SECRET)));
}

/// Lives through the steps that apply; the others have to be refused, not to go wrong.
fn live(birth: Transition, steps: &[(Step, i64)]) -> History {
    let mut history = History::begin(birth);
    let mut now = submitted_at();
    for (step, minutes) in steps {
        now += SignedDuration::from_mins(*minutes);
        let request = &history.request;
        let change = match (step.event(request), step) {
            (Some(event), _) => next(request, &event, now),
            (None, Step::Posted(surface)) => {
                let message = MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1.2".into() };
                Ok(record_message(request, *surface, message, now))
            }
            (None, _) => Ok(note_refusal(request, &by("mallory"), "approve", "not an approver", now)),
        };
        match change {
            Ok(change) => history.take(change),
            Err(refusal) => assert!(!format!("{refusal} {refusal:?}").contains(SECRET)),
        }
    }
    assert_eq!(verify_chain(&history.trail), Ok(()));
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_history_provisions_undecided_loses_a_slot_or_shows_a_token(
        needed in 0_u32..3,
        steps in steps(),
    ) {
        let product = if needed == 0 { auto_product() } else { product(needed) };
        live(submit(submission(), &product, submitted_at()), &steps);
    }
}
