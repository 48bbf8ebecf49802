//! Scenarios behind the lines of the table: who is notified of what, and what arrives twice, late or too early.
//! Events before provisioning are tested here, the others in one file per phase.

mod asking;
mod leases;
mod removals;
mod renewals;
mod stuck;
mod transfers;

use super::table::{
    approve, asks_approvers, asks_to_provision, cancel, created, deny, lost, moment, one_of_each, started,
    told,
};
use super::{MAX_ATTEMPTS, next, note_refusals, record_message};
use crate::domain::approval::ApprovalPath;
use crate::domain::audit::AuditEntry;
use crate::domain::catalog::LeaseTerms;
use crate::domain::event::Event;
use crate::domain::fixtures::{
    at, born, by, execution, minutes, person, product, submitted_at, token, verify_chain,
};
use crate::domain::ids::ChannelId;
use crate::domain::job::{Job, JobKind, Resume};
use crate::domain::lease::Lease;
use crate::domain::period::Period;
use crate::domain::quota::QuotaChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, Output, Request, Status, StatusName};
use jiff::Timestamp;

/// A request and its whole history.
struct Life {
    request: Request,
    trail: Vec<AuditEntry>,
    releases: usize,
    minute: u16,
}

impl Life {
    /// Submitted a minute ago, waiting for this many approvals.
    fn waiting_for(needed: u32) -> Self {
        let birth = born(needed);
        let mut life = Self { request: birth.request, trail: birth.audit, releases: 0, minute: 0 };
        life.goes_on(&asks_approvers(&life.request, 1));
        life
    }

    /// Provisioned five minutes after submission, with a lease of these terms.
    fn provisioned(terms: LeaseTerms) -> Self {
        let mut life = Self::waiting_for(1);
        life.request.product.lease = terms;
        life.goes_on(&approve("morgan"));
        life.goes_on(&asks_to_provision(&life.request, 2));
        life.goes_on(&started());
        life.goes_on(&succeeded());
        life
    }

    /// Provisioned; warned on day 30, reminded on day 36, torn down on day 37.
    fn active() -> Self {
        Self::provisioned(product(1).lease)
    }

    /// Returns the time this many days after provisioning.
    fn day(&self, day: u16) -> Timestamp {
        Period::days(day).after(self.request.activated_at.unwrap())
    }

    fn tries(&mut self, event: &Event) -> Result<Vec<Job>, Refusal> {
        self.minute += 1;
        self.tries_at(minutes(self.minute), event)
    }

    fn tries_at(&mut self, now: Timestamp, event: &Event) -> Result<Vec<Job>, Refusal> {
        let change = next(&self.request, event, now)?;
        self.request = change.request;
        self.trail.extend(change.audit);
        self.releases += usize::from(matches!(change.quota, Some(QuotaChange::Release { .. })));
        Ok(change.jobs)
    }

    #[track_caller]
    fn goes_on(&mut self, event: &Event) -> Vec<Job> {
        self.tries(event).unwrap()
    }

    #[track_caller]
    fn goes_on_at(&mut self, now: Timestamp, event: &Event) -> Vec<Job> {
        self.tries_at(now, event).unwrap()
    }

    /// Checks that an event without news is dropped.
    #[track_caller]
    fn drops(&mut self, now: Timestamp, event: &Event) {
        let dropped = Refusal::DoesNotApply { status: self.status(), event: event.as_str() };
        assert_eq!(self.tries_at(now, event), Err(dropped));
    }

    fn status(&self) -> StatusName {
        self.request.status.name()
    }

    #[track_caller]
    fn lease(&self) -> &Lease {
        self.request.lease().unwrap()
    }

    /// Returns the last entry of its trail.
    fn last_entry(&self) -> String {
        let entry = self.trail.last().unwrap();
        format!("{} by {}: {}", entry.event, entry.actor, entry.detail)
    }

    /// Returns its whole trail, an entry per line.
    fn whole_trail(&self) -> String {
        assert_eq!(verify_chain(&self.trail), Ok(()));
        let lines = self.trail.iter().map(|entry| {
            format!("{} {} by {}: {} ({})", entry.seq, entry.event, entry.actor, entry.status, entry.detail)
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn succeeded() -> Event {
    Event::ProvisioningSucceeded { outputs: Vec::new() }
}

/// Describes what these jobs do.
fn words(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(told).collect()
}

/// Returns when the lease is checked next.
#[track_caller]
fn lease_job(jobs: &[Job]) -> Timestamp {
    jobs.iter().find(|job| job.kind == JobKind::Lease).unwrap().due_at
}

/// Returns the results that waiting tasks get from these jobs.
fn resumes(jobs: &[Job]) -> Vec<(&str, &Resume)> {
    jobs.iter()
        .filter_map(|job| {
            let JobKind::Resume { token, with, .. } = &job.kind else { return None };
            Some((token.reveal(), with))
        })
        .collect()
}

#[test]
fn nobody_is_answered_for_twice() {
    let for_morgan =
        |name: &str| Event::Approve { by: by(name), on_behalf_of: Some(person("morgan")), changes: None };
    let mut life = Life::waiting_for(3);
    life.goes_on(&for_morgan("sam"));
    assert_eq!(life.last_entry(), "approved by U0SAM: 1 of 3 approvals, for U0MORGAN [button in C0PAYMENTS]");
    let taken = Err(Refusal::PlaceIsTaken { by: person("sam"), missing: 2 });
    assert_eq!(life.tries(&approve("morgan")), taken);
    assert_eq!(life.tries(&for_morgan("priya")), taken);
    assert_eq!(life.tries(&approve("sam")), Err(Refusal::AlreadyApprovedByYou { missing: 2 }));
    life.goes_on(&approve("priya"));
    life.goes_on(&approve("pat"));
    assert_eq!(life.status(), StatusName::Approved);
    let mut life = Life::waiting_for(1);
    let denied =
        Event::Deny { by: by("sam"), reason: "too big".into(), on_behalf_of: Some(person("morgan")) };
    life.goes_on(&denied);
    assert_eq!(life.last_entry(), "denied by U0SAM: too big, for U0MORGAN [button in C0PAYMENTS]");
}

#[test]
fn a_second_approver_is_told_who_decided() {
    let mut life = Life::waiting_for(1);
    life.goes_on(&approve("morgan"));
    assert_eq!(
        life.tries(&approve("priya")),
        Err(Refusal::AlreadyDecided {
            status: StatusName::Approved,
            by: Some(person("morgan")),
            at: minutes(2)
        })
    );
    life.goes_on(&asks_to_provision(&life.request, 2));
    let late = life.tries(&deny("priya", "too late")).unwrap_err();
    let (status, by) = (StatusName::Approved, Some(person("morgan")));
    assert_eq!(late, Refusal::AlreadyDecided { status, by, at: minutes(2) });
}

#[test]
fn who_comes_after_the_end_is_told_how_it_ended() {
    let told = |name| next(&at(name), &approve("priya"), minutes(60)).unwrap_err();
    let decided = |status, by| Refusal::AlreadyDecided { status, by, at: minutes(30) };
    assert_eq!(told(StatusName::Denied), decided(StatusName::Denied, Some(person("morgan"))));
    assert_eq!(told(StatusName::Cancelled), decided(StatusName::Cancelled, Some(person("alice"))));
    assert_eq!(told(StatusName::TimedOut), decided(StatusName::TimedOut, None));
}

#[test]
fn nobody_is_told_that_a_request_was_approved_which_failed_before_anybody_could() {
    let mut life = Life::waiting_for(2);
    life.goes_on(&approve("morgan"));
    for _ in 0..MAX_ATTEMPTS {
        life.goes_on(&lost(&life.request));
    }
    let failed_at = minutes(life.minute);
    assert_eq!(
        life.tries(&approve("priya")),
        Err(Refusal::AlreadyDecided { status: StatusName::Failed, by: None, at: failed_at })
    );
}

#[test]
fn an_approval_goes_ahead_only_when_enough_different_approvers_agree() {
    let mut life = Life::waiting_for(2);
    let jobs = life.goes_on(&approve("morgan"));
    assert_eq!((life.status(), resumes(&jobs)), (StatusName::AwaitingApproval, vec![]));
    assert_eq!(life.trail.last().unwrap().detail, "1 of 2 approvals [button in C0PAYMENTS]");
    assert_eq!(life.tries(&approve("morgan")), Err(Refusal::AlreadyApprovedByYou { missing: 1 }));
    let jobs = life.goes_on(&approve("priya"));
    assert_eq!(life.status(), StatusName::Approved);
    assert_eq!(resumes(&jobs), [(token(1).reveal(), &Resume::Success)]);
    let who: Vec<&str> = life.request.creation.consents.iter().map(|approval| approval.by.as_str()).collect();
    assert_eq!(who, ["U0MORGAN", "U0PRIYA"]);
}

#[test]
fn an_approval_counts_on_after_the_workflow_had_to_ask_again() {
    let mut life = Life::waiting_for(2);
    life.goes_on(&approve("morgan"));
    life.goes_on(&lost(&life.request));
    life.goes_on(&asks_approvers(&life.request, 2));
    let jobs = life.goes_on(&approve("priya"));
    assert_eq!(resumes(&jobs), [(token(2).reveal(), &Resume::Success)]);
}

#[test]
fn one_no_outweighs_an_earlier_yes() {
    let mut life = Life::waiting_for(2);
    life.goes_on(&approve("morgan"));
    let jobs = life.goes_on(&deny("priya", "use the shared bucket"));
    assert_eq!(life.status(), StatusName::Denied);
    assert_eq!(resumes(&jobs), [(token(1).reveal(), &Resume::Denied)]);
    assert_eq!(life.releases, 1);
}

#[test]
fn a_reason_is_kept_whole() {
    let reason = "prod incident: customer 42: data fix";
    let mut life = Life::waiting_for(1);
    life.goes_on(&deny("morgan", reason));
    assert_eq!(
        life.request.status,
        Status::Denied { by: person("morgan"), on_behalf_of: None, reason: reason.into() }
    );
    assert_eq!(life.trail.last().unwrap().detail, format!("{reason} [button in C0PAYMENTS]"));
}

#[test]
fn an_approver_cannot_answer_before_the_workflow_asks() {
    let submitted = born(1).request;
    let stale = Refusal::stale(&submitted);
    assert_eq!(next(&submitted, &approve("morgan"), minutes(1)), Err(stale.clone()));
    assert_eq!(next(&submitted, &deny("morgan", "no"), minutes(1)), Err(stale));
}

#[test]
fn only_the_requester_cancels() {
    let mut life = Life::waiting_for(1);
    let stranger = Refusal::NotTheRequester { requester: person("alice") };
    assert_eq!(life.tries(&cancel("morgan")), Err(stranger));
    let jobs = life.goes_on(&cancel("alice"));
    assert_eq!(life.status(), StatusName::Cancelled);
    assert_eq!(resumes(&jobs), [(token(1).reveal(), &Resume::Cancelled)]);
}

#[test]
fn once_decided_it_is_too_late_to_cancel() {
    let never_provisioned = [StatusName::Denied, StatusName::Cancelled, StatusName::TimedOut];
    for name in StatusName::ALL.into_iter().filter(|name| !name.is_undecided()) {
        let refusal = next(&at(name), &cancel("alice"), minutes(60)).unwrap_err();
        if never_provisioned.contains(&name) {
            let over = matches!(refusal, Refusal::AlreadyDecided { status, .. } if status == name);
            assert!(over, "{name:?}: {refusal:?}");
        } else {
            assert_eq!(refusal, Refusal::TooLateToCancel { status: name });
        }
    }
}

#[test]
fn the_row_alone_decides_when_time_is_up() {
    let request = at(StatusName::AwaitingApproval);
    let day = 24 * 60;
    let early = next(&request, &Event::ApprovalDeadline, minutes(day - 1)).unwrap_err();
    assert_eq!(
        early,
        Refusal::DoesNotApply { status: StatusName::AwaitingApproval, event: "approval deadline" }
    );
    let late = next(&request, &Event::ApprovalDeadline, minutes(day)).unwrap();
    assert_eq!(late.request.status, Status::TimedOut);
    assert_eq!(resumes(&late.jobs), [(token(1).reveal(), &Resume::TimedOut)]);
    assert_eq!(late.audit[0].actor, "clock");
    let decided = at(StatusName::Approved);
    assert!(next(&decided, &Event::ApprovalDeadline, minutes(2 * day)).is_err());
}

#[test]
fn what_an_older_execution_says_is_dropped() {
    for name in StatusName::ALL {
        let mut request = at(name);
        request.attempt = 2;
        let (execution, token) = (execution(&request, 1), token(2));
        let late = [
            Event::ApprovalRequested { execution: execution.clone(), token: token.clone() },
            Event::ProvisionRequested { execution: execution.clone(), token },
            Event::ExecutionLost { execution },
        ];
        for event in late {
            let dropped = Refusal::DoesNotApply { status: name, event: event.as_str() };
            assert_eq!(next(&request, &event, minutes(60)), Err(dropped));
        }
    }
}

#[test]
fn a_message_that_comes_twice_is_dropped_and_a_newer_token_takes_over() {
    let waiting = at(StatusName::AwaitingApproval);
    let making = at(StatusName::Provisioning);
    assert!(next(&waiting, &asks_approvers(&waiting, 1), minutes(60)).is_err());
    assert!(next(&making, &asks_to_provision(&making, 1), minutes(60)).is_err());

    let waiting = next(&waiting, &asks_approvers(&waiting, 2), minutes(60)).unwrap();
    assert_eq!(waiting.request.status, Status::AwaitingApproval { token: token(2) });
    assert_eq!(waiting.audit[0].detail, "asked again by the workflow");
    let making = next(&making, &asks_to_provision(&making, 2), minutes(60)).unwrap();
    assert_eq!(making.request.status, Status::Provisioning { token: token(2), unwanted: None });
    assert_eq!(making.jobs, [], "it is being provisioned already");
}

#[test]
fn an_undecided_request_is_not_provisioned_whatever_the_workflow_says() {
    for name in [StatusName::Pending, StatusName::AwaitingApproval] {
        let request = at(name);
        let dropped = Refusal::DoesNotApply { status: name, event: "provision requested" };
        assert_eq!(next(&request, &asks_to_provision(&request, 2), minutes(60)), Err(dropped));
    }
}

#[test]
fn an_execution_that_asks_late_is_told_what_is_known_and_nothing_else_changes() {
    let answer = |name, event: fn(&Request, u32) -> Event| {
        let request = at(name);
        let change = next(&request, &event(&request, 9), minutes(60)).unwrap();
        assert_eq!((&change.request.status, &change.quota), (&request.status, &None));
        assert_eq!((change.request.updated_at, change.audit.len()), (request.updated_at, 0));
        let [(told, with)] = resumes(&change.jobs)[..] else { panic!("one answer for {name:?}") };
        assert_eq!((told, change.jobs.len()), (token(9).reveal(), 1));
        with.clone()
    };
    for (name, known) in [
        (StatusName::Active, Resume::Success),
        (StatusName::Terminating, Resume::ProvisioningFailed),
        (StatusName::Denied, Resume::Denied),
        (StatusName::Cancelled, Resume::Cancelled),
        (StatusName::TimedOut, Resume::TimedOut),
        (StatusName::Failed, Resume::ProvisioningFailed),
        (StatusName::TeardownFailed, Resume::ProvisioningFailed),
        (StatusName::Terminated, Resume::Success),
        (StatusName::Retained, Resume::Success),
    ] {
        assert_eq!(answer(name, asks_approvers), known, "{name:?}");
        assert_eq!(answer(name, asks_to_provision), known, "{name:?}");
    }
    assert_eq!(answer(StatusName::Approved, asks_approvers), Resume::Success);
    assert_eq!(answer(StatusName::Provisioning, asks_approvers), Resume::Success);
}

#[test]
fn a_request_whose_execution_is_lost_again_and_again_fails_and_frees_its_slot_once() {
    for name in [StatusName::AwaitingApproval, StatusName::Approved] {
        let mut life = Life::waiting_for(1);
        if name == StatusName::Approved {
            life.goes_on(&approve("morgan"));
        }
        for attempt in 2..=MAX_ATTEMPTS {
            let jobs = life.goes_on(&lost(&life.request));
            assert_eq!(jobs.iter().map(told).collect::<Vec<_>>(), [format!("start attempt {attempt}")]);
            assert_eq!(life.releases, 0);
        }
        let jobs = life.goes_on(&lost(&life.request));
        assert_eq!(
            jobs.iter().map(told).collect::<Vec<_>>(),
            ["show card", "show thread", "show direct", "tell FAILED"]
        );
        let why = "the workflow ended 5 times before it was done".to_owned();
        assert_eq!(life.request.status, Status::Failed { why });
        assert!(life.tries(&lost(&life.request)).is_err());
        assert_eq!(life.releases, 1);
    }
}

#[test]
fn a_whole_life_reads_from_its_trail() {
    let mut life = Life::waiting_for(1);
    life.goes_on(&approve("morgan"));
    life.goes_on(&asks_to_provision(&life.request, 2));
    life.goes_on(&started());
    life.goes_on(&created("Bucket"));
    assert!(life.tries(&created("Bucket")).is_err(), "told twice");
    assert_eq!((life.request.progress.total, life.request.progress.done.len()), (2, 1));
    let outputs =
        vec![Output { name: "BucketName".into(), description: String::new(), value: "logs".into() }];
    let jobs = life.goes_on(&Event::ProvisioningSucceeded { outputs: outputs.clone() });
    assert_eq!(resumes(&jobs), [(token(2).reveal(), &Resume::Success)]);
    assert_eq!(life.request.outputs, outputs);
    let lease = Lease::begin(&life.request.product.lease, minutes(life.minute));
    assert_eq!(life.request.status, Status::Active { lease });
    assert_eq!(life.releases, 0);
    insta::assert_snapshot!(life.whole_trail(), @"
    1 submitted by U0ALICE: PENDING (1 approval needed [form])
    2 approval requested by workflow: AWAITING_APPROVAL ()
    3 approved by U0MORGAN: APPROVED ([button in C0PAYMENTS])
    4 provisioning by workflow: PROVISIONING ()
    5 active by provisioner: ACTIVE ()
    ");
}

#[test]
fn where_nobody_was_asked_there_is_no_card_and_no_thread() {
    for name in StatusName::ALL {
        let mut request = at(name);
        request.creation.path = ApprovalPath::Auto { why: "Environment is dev".into() };
        for event in one_of_each(&request) {
            let Ok(change) = next(&request, &event, moment(&event)) else { continue };
            let shown: Vec<String> = change.jobs.iter().map(told).collect();
            assert!(!shown.iter().any(|job| job == "show card" || job == "show thread"), "{shown:?}");
        }
    }
}

#[test]
fn a_refusal_goes_on_the_trail_and_changes_nothing_else() {
    for name in StatusName::ALL {
        let request = at(name);
        let mut noted = note_refusals(
            &request,
            &by("mallory"),
            &[("refused", "approve: not an approver".to_owned())],
            minutes(60),
        );
        let entry = noted.audit.remove(0);
        assert_eq!((entry.event.as_str(), entry.actor.as_str()), ("refused", "U0MALLORY"));
        assert_eq!(entry.detail, "approve: not an approver [button in C0PAYMENTS]");
        assert_eq!((noted.jobs, noted.quota, noted.audit), (vec![], None, vec![]));
        assert_eq!(noted.request.revision, request.revision + 1);
        assert_eq!((noted.request.status, noted.request.updated_at), (request.status, request.updated_at));
    }
}

#[test]
fn a_thread_that_had_to_wait_for_its_card_is_written_when_the_card_is_posted() {
    let message = || MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1.2".into() };
    let posted = |name, slot| record_message(&at(name), slot, message(), submitted_at());
    let waiting = posted(StatusName::AwaitingApproval, MessageSlot::Card);
    assert_eq!((waiting.jobs, waiting.audit), (vec![], vec![]));
    assert_eq!(waiting.request.messages[&MessageSlot::Card], message());
    let decided = posted(StatusName::Approved, MessageSlot::Card);
    assert_eq!(decided.jobs.iter().map(told).collect::<Vec<_>>(), ["show thread"]);
    assert_eq!(posted(StatusName::Approved, MessageSlot::Direct).jobs, []);
}
