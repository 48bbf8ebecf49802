//! Warnings: when one counts, what it postpones, and that no lease ends without one.

use super::super::lease_step;
use super::super::table::warned;
use super::{Life, lease_job, words};
use crate::domain::event::Event;
use crate::domain::fixtures::product;
use crate::domain::job::JobKind;
use crate::domain::lease::LeaseStep;
use crate::domain::period::Period;
use crate::domain::request::{Cause, Ending, MessageSlot, Status, StatusName};

#[test]
fn a_lease_is_looked_at_when_its_first_warning_is_due() {
    let mut life = Life::waiting_for(1);
    life.goes_on(&super::approve("morgan"));
    life.goes_on(&super::asks_to_provision(&life.request, 2));
    let jobs = life.goes_on(&super::succeeded());
    assert_eq!(lease_job(&jobs), life.day(30));
    assert_eq!(lease_step(&life.request, life.day(29)), Some(LeaseStep::Wait(life.day(30))));
    assert_eq!(lease_step(&life.request, life.day(30)), Some(LeaseStep::Warn));
}

#[test]
fn a_warning_that_comes_too_early_or_twice_is_dropped() {
    let mut life = Life::active();
    life.drops(life.day(29), &warned());
    let jobs = life.goes_on_at(life.day(30), &warned());
    assert_eq!(words(&jobs), ["lease", "show direct"]);
    assert_eq!(lease_job(&jobs), life.day(36), "the reminder");
    assert_eq!(life.last_entry(), "warned by clock: ends 2026-04-08T09:05:00Z");
    assert!(life.request.messages.contains_key(&MessageSlot::Warning));
    life.drops(life.day(30), &warned());
    life.drops(life.day(35), &warned());

    let jobs = life.goes_on_at(life.day(36), &warned());
    assert_eq!(lease_job(&jobs), life.day(37), "the end");
    assert_eq!(life.last_entry(), "reminded by clock: ends 2026-04-08T09:05:00Z");
    life.drops(life.day(36), &warned());
}

#[test]
fn a_warning_that_comes_late_moves_the_end_and_tells_so() {
    let mut life = Life::active();
    let jobs = life.goes_on_at(life.day(50), &warned());
    assert_eq!(life.lease().expires_at, life.day(57));
    assert_eq!(words(&jobs), ["lease", "show direct"]);
    assert_eq!(lease_job(&jobs), life.day(56));
    life.drops(life.day(56) - Period::hours(17).duration(), &warned());
    life.drops(life.day(57) - Period::millis(1).duration(), &Event::LeaseEnded);
}

#[test]
fn nothing_ends_unwarned_however_long_it_is_overdue() {
    let mut life = Life::active();
    life.drops(life.day(37), &Event::LeaseEnded);
    life.drops(life.day(400), &Event::LeaseEnded);
    assert_eq!(lease_step(&life.request, life.day(400)), Some(LeaseStep::Warn));
}

#[test]
fn what_was_warned_about_ends_a_whole_grace_later_and_not_before() {
    let mut life = Life::active();
    let delivered = life.day(31);
    life.goes_on_at(delivered, &warned());
    life.drops(life.day(38) - Period::millis(1).duration(), &Event::LeaseEnded);
    let epoch = life.request.epoch;
    let jobs = life.goes_on_at(life.day(38), &Event::LeaseEnded);
    let ending = Ending::Terminated { cause: Cause::Expired };
    assert_eq!(life.request.status, Status::Terminating { ending, attempt: 1 });
    assert_eq!(words(&jobs), ["terminate", "show card", "show thread", "show direct", "show warning"]);
    assert_eq!((life.request.epoch, life.last_entry().as_str()), (epoch + 1, "expired by clock: "));
    life.drops(life.day(39), &Event::LeaseEnded);
}

#[test]
fn a_clock_that_goes_back_ends_nothing_early() {
    let mut life = Life::active();
    life.goes_on_at(life.day(30), &warned());
    life.drops(life.day(1), &warned());
    life.drops(life.day(1), &Event::LeaseEnded);
    assert_eq!(life.lease().expires_at, life.day(37));
}

#[test]
fn a_lease_without_grace_ends_right_after_its_warning() {
    let mut life = Life::provisioned(crate::domain::catalog::LeaseTerms {
        grace: Period::ZERO,
        reminders: Vec::new(),
        ..product(1).lease
    });
    life.drops(life.day(30), &Event::LeaseEnded);
    let jobs = life.goes_on_at(life.day(30), &warned());
    assert_eq!(lease_job(&jobs), life.day(30));
    let jobs = life.goes_on_at(life.day(30), &Event::LeaseEnded);
    assert!(jobs.iter().any(|job| job.kind == JobKind::Terminate));
    assert_eq!(life.status(), StatusName::Terminating);
}
