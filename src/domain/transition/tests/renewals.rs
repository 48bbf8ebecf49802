//! Renewals, with and without an approval.

use super::super::lease_step;
use super::super::table::{approve, cancel, changes, deny, renew, tear_down, warned};
use super::{Life, lease_job, words};
use crate::domain::approval::{AboutKind, Answer, Eligibility, may_decide};
use crate::domain::catalog::LeaseTerms;
use crate::domain::event::Event;
use crate::domain::fixtures::{by, order, person, product};
use crate::domain::job::JobKind;
use crate::domain::lease::LeaseStep;
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::StatusName;
use jiff::Timestamp;

/// A product whose every renewal needs `needed` approvals, warned about on day 30.
fn used_up(needed: u32) -> Life {
    let mut life = Life::provisioned(LeaseTerms { max_renewals: 0, ..product(1).lease });
    life.request.product.approval.needed = needed;
    life.goes_on_at(life.day(30), &warned());
    life
}

/// The same, after Alice asked for a renewal half a day before the end; the answer comes half a day after it.
fn asked(needed: u32) -> Life {
    let mut life = used_up(needed);
    life.goes_on_at(half_past(&life, 36), &renew("alice"));
    life
}

fn half_past(life: &Life, day: u16) -> Timestamp {
    Period::hours(12).after(life.day(day))
}

fn answer(life: &Life) -> Option<&Answer> {
    life.request.renewal().unwrap().0.answer.as_ref()
}

#[test]
fn a_renewal_moves_every_date_and_makes_the_old_buttons_stale() {
    let mut life = Life::active();
    life.goes_on_at(life.day(30), &warned());
    let epoch = life.request.epoch;
    let jobs = life.goes_on_at(life.day(31), &renew("alice"));
    let lease = life.lease();
    assert_eq!((lease.warn_at, lease.expires_at), (life.day(61), life.day(68)));
    assert_eq!((lease.renewals, &lease.warned), (1, &None));
    assert_eq!(life.request.epoch, epoch + 1);
    assert_eq!(lease_job(&jobs), life.day(61));
    assert_eq!(words(&jobs), ["lease", "show card", "show thread", "show direct", "show warning"]);
    assert_eq!(
        life.last_entry(),
        "renewed by U0ALICE: by 30d, ends 2026-05-09T09:05:00Z [button in C0PAYMENTS]"
    );
}

#[test]
fn what_was_renewed_is_warned_about_again_before_it_ends() {
    let mut life = Life::active();
    for term in 0..3_u16 {
        let first = life.lease().warn_at;
        life.drops(first - Period::hours(17).duration(), &warned());
        life.goes_on_at(first, &warned());
        life.drops(first, &Event::LeaseEnded);
        life.goes_on_at(first, &renew("alice"));
        assert_eq!(life.lease().warn_at, life.day(60 + 30 * term));
    }
    let told: Vec<&str> = life.trail.iter().skip(5).map(|entry| entry.event.as_str()).collect();
    assert_eq!(told, ["warned", "renewed", "warned", "renewed", "warned", "renewed"]);
}

#[test]
fn only_a_period_that_is_offered_renews() {
    let mut life = Life::active();
    let century = Event::Renew { by: by("alice"), period: Period::days(36_525) };
    let refused = life.tries(&century).unwrap_err();
    assert_eq!(refused, Refusal::NotARenewal { offered: vec![Period::days(30)] });
}

#[test]
fn after_the_last_free_renewal_approvers_are_asked() {
    let mut life = Life::provisioned(LeaseTerms { max_renewals: 1, ..product(1).lease });
    life.goes_on_at(life.day(30), &renew("alice"));
    let (lease, epoch) = (life.lease().clone(), life.request.epoch);
    let jobs = life.goes_on_at(life.day(61), &renew("alice"));
    let asked = ["renewal deadline", "reminder later", "escalation later", "show renewal", "show direct"];
    assert_eq!(words(&jobs), asked);
    assert_eq!((jobs[0].due_at, life.request.epoch), (life.day(62), epoch + 1));
    assert_eq!(life.lease(), &lease, "nothing is granted yet");
    assert!(life.request.waits_for_approvers());
    assert_eq!(life.last_entry(), "renewal requested by U0ALICE: by 30d, 1 needed [button in C0PAYMENTS]");
}

#[test]
fn a_renewal_is_not_asked_for_twice_at_a_time() {
    let mut life = asked(1);
    let again = Refusal::ApprovalWaits { kind: AboutKind::Renew, until: half_past(&life, 37) };
    assert_eq!(life.tries_at(life.day(37), &renew("amir")), Err(again));
    life.goes_on_at(life.day(37), &deny("morgan", "it is not used"));
    let jobs = life.goes_on_at(half_past(&life, 37), &renew("amir"));
    assert!(words(&jobs).contains(&"show renewal".to_owned()));
    let renewal = life.request.waiting_renewal().unwrap();
    assert_eq!((&renewal.0.asked_by, renewal.0.consents.len()), (&person("amir"), 0));
}

#[test]
fn a_granted_renewal_counts_from_the_moment_it_was_granted() {
    let mut life = asked(1);
    let epoch = life.request.epoch;
    let jobs = life.goes_on_at(life.day(37), &approve("morgan"));
    assert_eq!((life.lease().warn_at, life.lease().renewals), (life.day(67), 1));
    assert_eq!((answer(&life), life.request.epoch), (Some(&Answer::Approved), epoch + 1));
    assert_eq!(
        words(&jobs),
        ["lease", "show renewal", "show card", "show thread", "show direct", "show warning", "tell renewal"]
    );
    let late = life.tries_at(life.day(37), &deny("priya", "no")).unwrap_err();
    assert!(matches!(late, Refusal::AlreadyDecided { status: StatusName::Approved, .. }), "{late:?}");
    life.drops(life.day(38), &Event::ApprovalDeadline);
    assert_eq!(answer(&life), Some(&Answer::Approved), "answered once");
}

#[test]
fn a_renewal_needs_as_many_different_approvers_as_the_product() {
    let mut life = asked(2);
    let jobs = life.goes_on_at(life.day(37), &approve("morgan"));
    assert_eq!(words(&jobs), ["show renewal", "show direct"]);
    assert_eq!(life.last_entry(), "renewal approved by U0MORGAN: 1 of 2 approvals [button in C0PAYMENTS]");
    let twice = Refusal::AlreadyApprovedByYou { missing: 1 };
    assert_eq!(life.tries_at(life.day(37), &approve("morgan")), Err(twice));
    assert_eq!(life.lease().renewals, 0);
    life.goes_on_at(life.day(37), &approve("priya"));
    assert_eq!(life.lease().renewals, 1);
}

#[test]
fn neither_who_asked_for_a_renewal_nor_the_owner_answers_it() {
    let mut life = used_up(1);
    life.goes_on_at(life.day(31), &renew("morgan"));
    let may = |name: &str| may_decide(&life.request, &person(name), Eligibility::Approver, "<@U0PRIYA>");
    let own = Err(Refusal::OwnRequest { approvers: "<@U0PRIYA>".into() });
    assert_eq!(may("morgan"), own, "who asked");
    assert_eq!(may("alice"), own, "the owner");
    assert_eq!(may("priya"), Ok(None));
}

#[test]
fn after_a_no_there_is_a_day_left_to_save_what_is_needed() {
    let mut life = asked(1);
    let epoch = life.request.epoch;
    let jobs = life.goes_on_at(life.day(37), &deny("morgan", "it is not used"));
    assert_eq!(life.lease().expires_at, life.day(38));
    let no = Answer::Denied { by: person("morgan"), on_behalf_of: None, reason: "it is not used".into() };
    assert_eq!((answer(&life), life.request.epoch), (Some(&no), epoch + 1));
    assert_eq!(words(&jobs), ["lease", "show renewal", "show direct", "show warning", "tell renewal"]);
    assert_eq!(life.last_entry(), "renewal denied by U0MORGAN: it is not used [button in C0PAYMENTS]");
    life.drops(half_past(&life, 37), &Event::LeaseEnded);
    life.goes_on_at(life.day(38), &Event::LeaseEnded);
}

#[test]
fn a_no_takes_no_time_away_and_a_short_grace_is_not_made_longer() {
    let mut life = used_up(1);
    life.goes_on_at(life.day(31), &renew("alice"));
    life.goes_on_at(life.day(31), &deny("morgan", "ask again later"));
    assert_eq!(life.lease().expires_at, life.day(37));

    let terms =
        LeaseTerms { grace: Period::hours(2), reminders: Vec::new(), max_renewals: 0, ..product(1).lease };
    let mut life = Life::provisioned(terms);
    life.goes_on_at(life.day(30), &warned());
    life.goes_on_at(life.day(30), &renew("alice"));
    life.goes_on_at(half_past(&life, 30), &deny("morgan", "no"));
    assert_eq!(life.lease().expires_at, Period::hours(14).after(life.day(30)));
}

#[test]
fn an_unanswered_renewal_ends_at_its_deadline_and_not_before() {
    let mut life = asked(1);
    let deadline = half_past(&life, 37);
    life.drops(deadline - Period::millis(1).duration(), &Event::ApprovalDeadline);
    let late = life.tries_at(deadline, &approve("morgan"));
    assert!(matches!(late, Err(Refusal::StaleButton { .. })), "too late to answer: {late:?}");
    life.goes_on_at(deadline, &Event::ApprovalDeadline);
    assert_eq!(answer(&life), Some(&Answer::TimedOut));
    assert_eq!(life.lease().expires_at, half_past(&life, 38));
    life.drops(deadline, &Event::ApprovalDeadline);
}

#[test]
fn what_is_torn_down_while_its_renewal_waits_is_not_answered_any_more() {
    let mut life = asked(1);
    let jobs = life.goes_on_at(life.day(37), &tear_down("alice"));
    assert_eq!(answer(&life), Some(&Answer::Moot));
    assert!(words(&jobs).contains(&"show renewal".to_owned()));
    assert!(!life.request.waits_for_approvers());
    assert!(life.tries_at(life.day(37), &approve("morgan")).is_err());
    assert!(life.tries_at(life.day(37), &deny("morgan", "no")).is_err());
    life.drops(half_past(&life, 37), &Event::ApprovalDeadline);
    assert_eq!(answer(&life), Some(&Answer::Moot));
}

#[test]
fn nothing_ends_while_its_renewal_waits_and_it_goes_on_afterwards() {
    let mut life = asked(1);
    let deadline = half_past(&life, 37);
    life.drops(life.day(37), &Event::LeaseEnded);
    assert_eq!(lease_step(&life.request, life.day(37)), Some(LeaseStep::Wait(deadline)));
    let jobs = life.goes_on_at(deadline, &Event::ApprovalDeadline);
    // The new date has a reminder as well, and the day before it is now.
    assert_eq!(lease_job(&jobs), deadline);
    life.goes_on_at(deadline, &warned());
    life.drops(life.day(38), &Event::LeaseEnded);
    let jobs = life.goes_on_at(half_past(&life, 38), &Event::LeaseEnded);
    assert!(jobs.iter().any(|job| job.kind == JobKind::Terminate));
}

#[test]
fn a_renewal_that_adds_less_than_a_day_is_refused_and_uses_up_nothing() {
    for max_renewals in [12, 0] {
        let mut life = Life::provisioned(LeaseTerms { max_renewals, ..product(1).lease });
        let (lease, trail) = (life.lease().clone(), life.trail.len());
        let too_early = Refusal::RenewsTooLittle { from: life.day(1), until: life.day(37) };
        assert_eq!(life.tries(&renew("alice")), Err(too_early));
        assert_eq!((life.lease(), life.trail.len(), life.request.renewal()), (&lease, trail, None));
        life.goes_on_at(life.day(1), &renew("alice"));
    }
}

#[test]
fn twelve_renewals_in_a_row_bring_the_end_no_further_than_one() {
    let mut life = Life::active();
    life.goes_on_at(life.day(20), &renew("alice"));
    assert_eq!(life.lease().expires_at, life.day(57));
    assert_eq!(
        life.last_entry(),
        "renewed by U0ALICE: by 30d, limited to the longest allowed, ends 2026-04-28T09:05:00Z [button in C0PAYMENTS]"
    );
    for _ in 0..12 {
        let refused = life.tries_at(life.day(20), &renew("alice"));
        assert_eq!(refused, Err(Refusal::RenewsTooLittle { from: life.day(21), until: life.day(57) }));
    }
    assert_eq!(life.lease().renewals, 1);
}

#[test]
fn an_approval_that_comes_late_gives_the_longest_time_from_then_at_most() {
    let mut life = Life::provisioned(LeaseTerms { max_renewals: 0, ..product(1).lease });
    life.request.product.approval.timeout = Period::days(20);
    life.goes_on_at(life.day(5), &renew("alice"));
    life.goes_on_at(life.day(9), &approve("morgan"));
    assert_eq!((life.lease().expires_at, life.lease().cut), (life.day(46), true));
}

#[test]
fn what_is_handed_over_again_and_again_is_renewed_no_further() {
    let mut life = Life::active();
    for (from, to) in [("alice", "amir"), ("amir", "alice")] {
        life.goes_on_at(life.day(3), &Event::Transfer { by: by(from), to: person(to), team: None });
        drop(life.tries_at(life.day(3), &renew(to)));
    }
    assert_eq!((life.lease().expires_at, life.lease().renewals), (life.day(40), 1));
}

#[test]
fn whoever_asked_for_a_renewal_or_owns_it_takes_it_back() {
    for who in ["amir", "alice"] {
        let mut life = used_up(1);
        life.goes_on_at(half_past(&life, 36), &renew("amir"));
        let epoch = life.request.epoch;
        let refused = life.tries_at(life.day(37), &cancel("morgan"));
        assert_eq!(refused, Err(Refusal::NotTheRequester { requester: person("amir") }));
        let jobs = life.goes_on_at(life.day(37), &cancel(who));
        assert_eq!(words(&jobs), ["lease", "show renewal", "show direct", "show warning"]);
        let withdrawn = Answer::Withdrawn { by: person(who) };
        assert_eq!((answer(&life), life.request.epoch), (Some(&withdrawn), epoch + 1));
        assert_eq!(life.lease().expires_at, life.day(38), "as after a denial");
        assert!(life.last_entry().starts_with("renewal withdrawn by U0A"), "{}", life.last_entry());
        life.drops(half_past(&life, 37), &Event::ApprovalDeadline);
        assert!(life.tries_at(life.day(37), &approve("morgan")).is_err());
        life.goes_on_at(life.day(37), &changes("alice", order()));
    }
}

#[test]
fn a_withdrawn_renewal_that_is_asked_for_again_holds_no_end_back() {
    let mut life = asked(1);
    life.goes_on_at(life.day(37), &cancel("alice"));
    life.goes_on_at(life.day(37), &renew("alice"));
    assert!(!life.request.waiting_renewal().unwrap().1.holds_end);
    life.goes_on_at(life.day(37), &cancel("alice"));
    assert_eq!(life.lease().expires_at, life.day(38), "nothing is gained by asking again and again");
}

#[test]
fn only_what_is_active_is_renewed() {
    for name in StatusName::ALL.into_iter().filter(|name| *name != StatusName::Active) {
        let refused = super::next(&super::at(name), &renew("alice"), super::minutes(60));
        let is_changed = name == StatusName::Updating;
        let refusal =
            if is_changed { Refusal::BeingChanged } else { Refusal::NothingToRenew { status: name } };
        assert_eq!(refused, Err(refusal));
    }
}
