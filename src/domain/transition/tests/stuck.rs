//! Requests whose job is missing: an admin can get each of them moving or ended, whatever its status.

use super::super::{Transition, expected_jobs, next};
use super::minutes;
use crate::domain::event::Event;
use crate::domain::fixtures::{approved_change, at, by, order};
use crate::domain::ids::RecordId;
use crate::domain::job::JobKind;
use crate::domain::quota::QuotaChange;
use crate::domain::request::{Provisioned, Request, Status, StatusName};

fn standing(name: StatusName) -> Request {
    let mut request = at(name);
    if matches!(request.status, Status::Updating { .. }) {
        request.later = vec![approved_change(order())];
    }
    request
}

fn look_again() -> Event {
    Event::LookAgain { by: by("pat"), lost: false }
}

fn leave() -> Event {
    Event::Retain { by: by("pat"), reason: "it stands still".into() }
}

/// What an admin and the provisioner do until the request has ended, without any earlier job.
fn way_out(mut request: Request) -> Vec<String> {
    let mut way = Vec::new();
    for _ in 0..5 {
        if request.status.name().is_ended() {
            return way;
        }
        let removes = request.status.name() == StatusName::Terminating;
        let failed = request.status.name() == StatusName::TeardownFailed;
        let event = if failed || (removes && way.is_empty()) {
            leave()
        } else if request.status.name() == StatusName::Active {
            assert!(
                next(&request, &Event::End { by: by("pat") }, minutes(60)).is_err(),
                "it waits for nothing"
            );
            Event::TearDown { by: by("pat") }
        } else if removes {
            Event::TerminationSucceeded
        } else {
            Event::End { by: by("pat") }
        };
        let change = next(&request, &event, minutes(60)).unwrap();
        way.push(format!("{} -> {:?}", event.as_str(), change.request.status.name()));
        request = change.request;
    }
    panic!("no end: {way:?}");
}

#[test]
fn from_wherever_it_stands_an_admin_gets_it_to_an_end_although_its_job_is_gone() {
    let lines = StatusName::ALL.map(|name| format!("{name:?}: {}", way_out(standing(name)).join(", ")));
    insta::assert_snapshot!(lines.join("\n"), @"
    Pending: end -> Failed
    AwaitingApproval: end -> Failed
    Approved: end -> Failed
    Provisioning: end -> Terminating, termination succeeded -> Failed
    Active: tear down -> Terminating, termination succeeded -> Terminated
    Updating: end -> Active, tear down -> Terminating, termination succeeded -> Terminated
    Terminating: retain -> Retained
    Denied: 
    Cancelled: 
    TimedOut: 
    Failed: 
    TeardownFailed: retain -> Retained
    Terminated: 
    Retained:
    ");
}

#[test]
fn looked_at_again_it_has_the_job_that_moves_it_on() {
    let job = |name: StatusName| match next(&standing(name), &look_again(), minutes(60)) {
        Ok(Transition { jobs, .. }) => {
            jobs.iter().map(|job| job.key.name.clone()).collect::<Vec<_>>().join(", ")
        }
        Err(refusal) => format!("{refusal:?}"),
    };
    let lines = StatusName::ALL.map(|name| format!("{name:?}: {}", job(name)));
    insta::assert_snapshot!(lines.join("\n"), @"
    Pending: start, deadline, show:direct
    AwaitingApproval: deadline, prompt:reminder, prompt:escalation, show:card, show:direct
    Approved: start, show:direct
    Provisioning: watch, show:direct
    Active: lease, show:direct
    Updating: update, show:direct
    Terminating: terminate, show:direct
    Denied: NotStuck { status: Denied }
    Cancelled: NotStuck { status: Cancelled }
    TimedOut: NotStuck { status: TimedOut }
    Failed: NotStuck { status: Failed }
    TeardownFailed: NotStuck { status: TeardownFailed }
    Terminated: NotStuck { status: Terminated }
    Retained: NotStuck { status: Retained }
    ");
}

#[test]
fn what_has_begun_is_watched_and_not_begun_again() {
    let mut request = standing(StatusName::Provisioning);
    request.provisioned = Some(Provisioned { product: None, record: RecordId::new("rec-1") });
    let change = next(&request, &look_again(), minutes(60)).unwrap();
    assert!(change.jobs.iter().any(|job| job.kind == JobKind::WatchProvisioning));
    assert!(change.jobs.iter().all(|job| job.kind != JobKind::Provision));
}

#[test]
fn an_execution_that_is_gone_is_started_anew() {
    for name in [StatusName::Pending, StatusName::AwaitingApproval, StatusName::Approved] {
        let change =
            next(&standing(name), &Event::LookAgain { by: by("pat"), lost: true }, minutes(60)).unwrap();
        assert!(change.jobs.iter().any(|job| job.kind == JobKind::StartExecution { attempt: 2 }), "{name:?}");
        let entries: Vec<&str> = change.audit.iter().map(|entry| entry.event.as_str()).collect();
        assert_eq!(entries, ["looked at again", "execution lost"]);
    }
}

#[test]
fn what_is_left_as_it_is_frees_its_slot_wherever_it_stands() {
    for name in [StatusName::Provisioning, StatusName::Updating, StatusName::Terminating] {
        let change = next(&standing(name), &leave(), minutes(60)).unwrap();
        assert_eq!(change.request.status.name(), StatusName::Retained);
        assert!(matches!(change.quota, Some(QuotaChange::Release { .. })), "{name:?}");
    }
}

#[test]
fn of_what_should_have_moved_on_one_of_these_jobs_has_to_be_there() {
    let words = |request: &Request, at| {
        let words: Vec<&str> = expected_jobs(request, at).iter().map(JobKind::as_str).collect();
        if words.is_empty() { "-".to_owned() } else { words.join(" or ") }
    };
    let lines = StatusName::ALL.map(|name| {
        let request = standing(name);
        let (soon, years) = (minutes(40), minutes(60_000));
        assert!(expected_jobs(&request, request.updated_at).is_empty(), "it changed this moment");
        format!("{name:?}: {}; long after: {}", words(&request, soon), words(&request, years))
    });
    insta::assert_snapshot!(lines.join("\n"), @"
    Pending: -; long after: approval_deadline
    AwaitingApproval: -; long after: approval_deadline
    Approved: -; long after: -
    Provisioning: -; long after: provision or watch_provisioning
    Active: -; long after: lease
    Updating: -; long after: update or watch_update
    Terminating: -; long after: terminate or watch_termination
    Denied: -; long after: -
    Cancelled: -; long after: -
    TimedOut: -; long after: -
    Failed: -; long after: -
    TeardownFailed: -; long after: -
    Terminated: -; long after: -
    Retained: -; long after: -
    ");
}

#[test]
fn what_lost_its_job_gets_another_one_and_what_did_not_is_left_alone() {
    for name in StatusName::ALL {
        let request = standing(name);
        for now in [request.updated_at, minutes(60_000)] {
            let due = expected_jobs(&request, now);
            match next(&request, &Event::JobLost, now) {
                Ok(change) => {
                    assert!(
                        change.jobs.iter().any(|job| due.contains(&job.kind) && job.due_at <= now),
                        "{name:?}"
                    );
                    assert_eq!(change.audit[0].actor, "clock");
                }
                Err(_) => assert_eq!(due, [], "{name:?}"),
            }
        }
    }
}
