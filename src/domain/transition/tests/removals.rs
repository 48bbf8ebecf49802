//! Teardowns: asked for early, failing, retried, abandoned; and the slot, which is freed once.

use super::super::next;
use super::super::table::{approve, asks_approvers, asks_to_provision, failed, started, tear_down};
use super::{Life, resumes, succeeded, words};
use crate::domain::event::Event;
use crate::domain::fixtures::{at, by, minutes, person, token};
use crate::domain::ids::RecordId;
use crate::domain::job::Resume;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Cause, Ending, Request, Status, StatusName};

fn begun() -> Event {
    Event::TerminationStarted { record: RecordId::new("rec-2") }
}

fn not_empty() -> Event {
    Event::TerminationFailed { why: "the bucket is not empty".into() }
}

fn retain() -> Event {
    Event::Retain { by: by("pat"), reason: "kept for the auditors".into() }
}

fn asked_by(name: &str) -> Ending {
    Ending::Terminated { cause: Cause::Asked { by: person(name) } }
}

/// Alice's teardown has failed once.
fn failed_once() -> Life {
    let mut life = Life::active();
    life.goes_on(&tear_down("alice"));
    life.goes_on(&begun());
    life.goes_on(&not_empty());
    life
}

fn being_provisioned() -> Life {
    let mut life = Life::waiting_for(1);
    life.goes_on(&approve("morgan"));
    life.goes_on(&asks_to_provision(&life.request, 2));
    life.goes_on(&started());
    life
}

#[test]
fn what_is_torn_down_while_it_is_provisioned_is_removed_once_it_is_there() {
    let mut life = being_provisioned();
    let jobs = life.goes_on(&tear_down("alice"));
    assert_eq!((life.status(), words(&jobs)[0].as_str()), (StatusName::Provisioning, "show card"));
    assert_eq!(life.tries(&tear_down("morgan")), Err(Refusal::AlreadyTearingDown));
    life.goes_on(&asks_to_provision(&life.request, 3));
    let epoch = life.request.epoch;

    let jobs = life.goes_on(&succeeded());
    assert_eq!(life.request.status, Status::Terminating { ending: asked_by("alice"), attempt: 1 });
    assert_eq!(resumes(&jobs), [(token(3).reveal(), &Resume::Success)]);
    assert!(words(&jobs).contains(&"terminate".to_owned()));
    assert!(!words(&jobs).contains(&"lease".to_owned()), "what goes has no lease");
    assert!(life.request.activated_at.is_some(), "it lived, and was paid for");
    assert_eq!((life.request.epoch, life.releases), (epoch + 1, 0));
    life.goes_on(&Event::TerminationSucceeded);
    assert_eq!((life.status(), life.releases), (StatusName::Terminated, 1));
}

#[test]
fn what_is_unwanted_and_fails_anyway_ends_as_failed() {
    let mut life = being_provisioned();
    life.goes_on(&tear_down("alice"));
    let jobs = life.goes_on(&failed("AccessDenied"));
    assert_eq!(resumes(&jobs), [(token(2).reveal(), &Resume::ProvisioningFailed)]);
    life.goes_on(&Event::TerminationSucceeded);
    assert_eq!(life.request.status, Status::Failed { why: "AccessDenied".into() });
    assert_eq!(life.releases, 1);
}

#[test]
fn a_teardown_that_failed_is_tried_again_and_frees_its_slot_once() {
    let mut life = failed_once();
    let why = || "the bucket is not empty".to_owned();
    assert_eq!(
        life.request.status,
        Status::TeardownFailed { why: why(), ending: asked_by("alice"), attempt: 1 }
    );
    assert_eq!(life.releases, 0, "it is still there");
    let epoch = life.request.epoch;
    let jobs = life.goes_on(&tear_down("morgan"));
    // The status names the person who asked first; the trail names the one who retried.
    assert_eq!(life.request.status, Status::Terminating { ending: asked_by("alice"), attempt: 2 });
    assert_eq!((words(&jobs)[0].as_str(), life.request.epoch), ("terminate", epoch + 1));
    assert_eq!(life.last_entry(), "teardown by U0MORGAN: try 2 [button in C0PAYMENTS]");
    life.goes_on(&begun());
    life.goes_on(&not_empty());
    life.goes_on(&tear_down("alice"));
    life.goes_on(&begun());
    let jobs = life.goes_on(&Event::TerminationSucceeded);
    assert!(words(&jobs).contains(&"tell TERMINATED".to_owned()));
    assert!(life.tries(&Event::TerminationSucceeded).is_err());
    assert!(life.tries(&not_empty()).is_err());
    assert_eq!((life.status(), life.releases), (StatusName::Terminated, 1));
}

#[test]
fn what_is_retained_frees_its_slot_once_and_is_left_alone() {
    let mut life = failed_once();
    let jobs = life.goes_on(&retain());
    let retained = Status::Retained { by: person("pat"), reason: "kept for the auditors".into() };
    assert_eq!((&life.request.status, life.releases), (&retained, 1));
    assert!(life.request.ended_at.is_some());
    assert!(words(&jobs).contains(&"tell RETAINED".to_owned()));
    assert_eq!(life.tries(&retain()), Err(Refusal::NothingToRetain { status: StatusName::Retained }));
    assert_eq!(
        life.tries(&tear_down("alice")),
        Err(Refusal::NothingToTearDown { status: StatusName::Retained })
    );
    assert!(life.tries(&Event::TerminationSucceeded).is_err());
    assert_eq!((&life.request.status, life.releases), (&retained, 1));
}

#[test]
fn only_what_could_not_be_torn_down_or_is_under_way_is_retained() {
    let may_stand_still =
        [StatusName::TeardownFailed, StatusName::Provisioning, StatusName::Updating, StatusName::Terminating];
    for name in StatusName::ALL.into_iter().filter(|name| !may_stand_still.contains(name)) {
        let refused = next(&at(name), &retain(), minutes(60));
        assert_eq!(refused, Err(Refusal::NothingToRetain { status: name }));
    }
}

#[test]
fn what_is_torn_down_already_is_not_torn_down_again() {
    let mut life = Life::active();
    life.goes_on(&tear_down("alice"));
    assert_eq!(life.tries(&tear_down("alice")), Err(Refusal::AlreadyTearingDown));
    life.goes_on(&Event::TerminationSucceeded);
    let gone = Refusal::NothingToTearDown { status: StatusName::Terminated };
    assert_eq!(life.tries(&tear_down("alice")), Err(gone));
}

#[test]
fn an_execution_that_asks_after_the_teardown_hears_that_it_was_provisioned() {
    fn answer(request: &Request, event: &Event) -> Resume {
        let change = next(request, event, minutes(120)).unwrap();
        let [(_, with)] = resumes(&change.jobs)[..] else { panic!("one answer") };
        assert_eq!((&change.request.status, change.quota), (&request.status, None));
        with.clone()
    }
    let mut life = Life::active();
    let mut stages = Vec::new();
    for event in [tear_down("alice"), not_empty(), tear_down("alice"), Event::TerminationSucceeded] {
        life.goes_on(&event);
        for late in [asks_approvers(&life.request, 9), asks_to_provision(&life.request, 9)] {
            assert_eq!(answer(&life.request, &late), Resume::Success, "{:?}", life.status());
        }
        stages.push(life.status());
    }
    assert_eq!(
        stages,
        [
            StatusName::Terminating,
            StatusName::TeardownFailed,
            StatusName::Terminating,
            StatusName::Terminated
        ]
    );
}

#[test]
fn a_teardown_with_all_its_trouble_reads_from_its_trail() {
    let mut life = failed_once();
    life.goes_on(&tear_down("morgan"));
    life.goes_on(&begun());
    life.goes_on(&not_empty());
    life.goes_on(&retain());
    insta::assert_snapshot!(life.whole_trail(), @"
    1 submitted by U0ALICE: PENDING (1 approval needed [form])
    2 approval requested by workflow: AWAITING_APPROVAL ()
    3 approved by U0MORGAN: APPROVED ([button in C0PAYMENTS])
    4 provisioning by workflow: PROVISIONING ()
    5 active by provisioner: ACTIVE ()
    6 teardown by U0ALICE: TERMINATING ([button in C0PAYMENTS])
    7 teardown failed by provisioner: TEARDOWN_FAILED (the bucket is not empty)
    8 teardown by U0MORGAN: TERMINATING (try 2 [button in C0PAYMENTS])
    9 teardown failed by provisioner: TEARDOWN_FAILED (the bucket is not empty)
    10 retained by U0PAT: RETAINED (kept for the auditors [button in C0PAYMENTS])
    ");
}

#[test]
fn what_failed_is_cleaned_up_before_its_slot_is_free() {
    let mut life = Life::waiting_for(1);
    life.goes_on(&approve("morgan"));
    life.goes_on(&asks_to_provision(&life.request, 2));
    life.goes_on(&started());
    let jobs = life.goes_on(&failed("AccessDenied"));
    assert_eq!(resumes(&jobs), [(token(2).reveal(), &Resume::ProvisioningFailed)]);
    assert_eq!((life.status(), life.releases), (StatusName::Terminating, 0));
    life.goes_on(&Event::TerminationStarted { record: RecordId::new("rec-2") });
    assert_eq!(life.request.provisioned.as_ref().unwrap().record, RecordId::new("rec-2"));
    life.goes_on(&Event::TerminationSucceeded);
    assert_eq!(life.request.status, Status::Failed { why: "AccessDenied".into() });
    assert_eq!(life.releases, 1);
}

#[test]
fn a_removal_is_watched_also_where_it_was_never_heard_that_provisioning_began() {
    let mut life = Life::waiting_for(1);
    life.goes_on(&approve("morgan"));
    life.goes_on(&asks_to_provision(&life.request, 2));
    life.goes_on(&failed("the product was changed"));
    life.goes_on(&Event::TerminationStarted { record: RecordId::new("rec-2") });
    assert_eq!(life.request.provisioned.unwrap().record, RecordId::new("rec-2"));
}

#[test]
fn what_cannot_be_cleaned_up_keeps_its_slot_and_both_reasons() {
    let request = at(StatusName::Terminating);
    let change = next(&request, &Event::TerminationFailed { why: "in use".into() }, minutes(60)).unwrap();
    let ending = Ending::Failed { why: "no such bucket".into() };
    assert_eq!(change.request.status, Status::TeardownFailed { why: "in use".into(), ending, attempt: 1 });
    assert_eq!(change.quota, None);
}
