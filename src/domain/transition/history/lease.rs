//! Invariants of the lease in a random history: the warnings that were delivered, and the job that checks the lease.

use super::super::{Transition, lease_step};
use crate::domain::approval::Answer;
use crate::domain::event::Event;
use crate::domain::lease::{Lease, LeaseStep};
use crate::domain::period::Period;
use crate::domain::request::{Cause, Ending, Request, Status};
use crate::domain::silence::Silence;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// When a lease whose warning has not been delivered is checked again.
pub(super) const UNTIL_WARNED: SignedDuration = SignedDuration::from_hours(1);

/// The warnings of one expiry date, counted independently of the row, and the dated jobs.
#[derive(Default)]
pub(super) struct LeaseWatch {
    /// When the first warning of this term was delivered.
    first: Option<Timestamp>,
    /// Number of warnings of this expiry date.
    warnings: usize,
    /// Due dates of jobs by name, and when they were written.
    pub(super) jobs: BTreeMap<String, (Timestamp, Timestamp)>,
    /// The latest time that the clock has shown.
    latest: Option<Timestamp>,
    /// When the end was last moved.
    moved: Option<Timestamp>,
    /// Before this, nothing of this term may end, because the bot could not receive answers when it would have.
    heard_again: Option<Timestamp>,
}

impl LeaseWatch {
    /// A lease that would have ended during a silence must not end right after it.
    pub(super) fn is_unheard(&mut self, request: &Request, silence: &Silence) {
        let grace = request.product.lease.grace;
        let Some(lease) = goes_on(request).filter(|lease| lease.warned.is_some() && lease.moved < 7) else {
            return;
        };
        let end = lease.expires_at.max(grace.after(self.first.expect("it was warned about")));
        let heard_again = Period::days(1).min(grace).after(silence.until);
        // Without grace nobody was promised any time after it.
        if silence.from < end && end <= silence.until && silence.until < heard_again {
            self.heard_again = Some(heard_again);
        }
    }

    /// Checks a change made by `event`, or by a posted message.
    pub(super) fn take(
        &mut self,
        before: &Request,
        event: Option<&Event>,
        change: &Transition,
        now: Timestamp,
    ) {
        let after = &change.request;
        for job in &change.jobs {
            self.jobs.insert(job.key.name.clone(), (job.due_at, now));
        }
        let is_latest = self.latest.is_none_or(|latest| now >= latest);
        self.latest = self.latest.max(Some(now));
        self.count(before, event, after, now);
        check_end(before, event, after);
        self.check_bound(before, after, now);
        if matches!(event, Some(Event::LeaseEnded)) {
            self.check_expiry(before, now);
        }
        if let (true, Some(was), Some(is)) = (is_latest, before.lease(), after.lease()) {
            assert!(is.expires_at >= was.expires_at, "no date moves forward while the clock is right");
        }
        check_renewal(before, event, after);
        check_epoch(before, after);
        self.check_job(after, now);
    }

    fn count(&mut self, before: &Request, event: Option<&Event>, after: &Request, now: Timestamp) {
        let terms = &after.product.lease;
        let (Some(is), was) = (goes_on(after), goes_on(before)) else { return };
        if was.is_none_or(|was| was.renewals != is.renewals) {
            (self.first, self.warnings, self.heard_again) = (None, 0, None);
            assert_eq!(is.warned, None, "a new term is warned about anew");
            assert!(is.expires_at >= terms.grace.after(is.warn_at));
            return;
        }
        if matches!(event, Some(Event::Transfer { .. })) {
            // The first new owner of a term is warned again.
            if was.is_some_and(|was| was.warned.is_some() && !was.handed) {
                (self.first, self.warnings) = (None, 0);
            }
        } else if matches!(event, Some(Event::Warned { .. })) {
            let soon = now + terms.grace.duration() / 10;
            assert!(soon >= is.warn_at, "not before its time");
            self.first = self.first.or(Some(now));
            self.warnings += 1;
            let most = 1 + terms.reminders.len();
            assert!(self.warnings <= most, "{} warnings of one expiry date", self.warnings);
        } else if was.is_some_and(|was| was.expires_at != is.expires_at) {
            // A refused renewal left more time. That is a different end date, with reminders of its own.
            self.warnings = 0;
        }
        assert_eq!(is.warned.as_ref().map(|warned| warned.first), self.first);
    }

    /// However often it is renewed, the end is no further away than the product allows at a time.
    fn check_bound(&mut self, before: &Request, after: &Request, now: Timestamp) {
        let Some(is) = goes_on(after) else { return };
        let is_same = |was: &Lease| was.expires_at == is.expires_at;
        let other_terms = before.product.lease != after.product.lease;
        if other_terms || !goes_on(before).is_some_and(is_same) {
            // If the clock was set back, an existing end stays.
            self.moved = self.moved.max(Some(now));
        }
        let terms = &after.product.lease;
        let bound = terms.grace.after(terms.longest().after(self.moved.unwrap()));
        assert!(is.expires_at <= bound, "ends {}, but {bound} is the furthest", is.expires_at);
    }

    /// Checks that an expiry meets all its preconditions.
    fn check_expiry(&self, before: &Request, now: Timestamp) {
        let lease = before.lease().unwrap();
        let first = self.first.expect("a warning was delivered");
        assert!(now >= lease.expires_at && lease.expires_at >= lease.warn_at);
        assert!(now >= before.product.lease.grace.after(first), "a whole grace after the warning");
        assert!(self.heard_again.is_none_or(|least| now >= least), "nobody could be heard when it ran out");
        let held = before.waiting_renewal().is_some_and(|(_, renewal)| renewal.holds_end);
        assert!(!held, "whoever asked to keep it is answered first");
    }

    /// Checks that a job exists for the lease's next step, and for the deadline of a renewal.
    fn check_job(&self, after: &Request, now: Timestamp) {
        let Some(step) = lease_step(after, now) else { return };
        let next = if let LeaseStep::Wait(until) = step { until.max(now) } else { now };
        // A lease delayed by a renewal continues with its answer, even if the clock was set back meanwhile.
        let held = after.waiting_renewal().map_or(next, |(waiting, _)| waiting.answer_by);
        let (due, written) = self.jobs.get("lease").expect("a running lease has a job");
        let latest = next.max(held).max(*written) + UNTIL_WARNED;
        assert!(*due <= latest, "looked at {due}, later than {latest}");
        if let Some((waiting, _)) = after.waiting_renewal() {
            let (due, _) = self.jobs.get("renewal-deadline").expect("a renewal that waits has a job");
            assert_eq!(*due, waiting.answer_by);
        }
    }
}

/// Returns the lease, also during an update, when nothing checks it.
fn goes_on(request: &Request) -> Option<&Lease> {
    if let Status::Updating { lease } = &request.status { Some(lease) } else { request.lease() }
}

/// An existing product ends only by expiry or by a person, and its status says which.
fn check_end(before: &Request, event: Option<&Event>, after: &Request) {
    let ends = goes_on(before).is_some() && goes_on(after).is_none();
    if !ends {
        return;
    }
    if matches!((event, &after.status), (Some(Event::Retain { .. }), Status::Retained { .. })) {
        return;
    }
    let Status::Terminating { ending: Ending::Terminated { cause }, attempt: 1 } = &after.status else {
        panic!("{:?} after a lease", after.status);
    };
    match event {
        Some(Event::LeaseEnded) => assert_eq!(*cause, Cause::Expired),
        Some(Event::TearDown { by } | Event::End { by }) => {
            assert_eq!(*cause, Cause::Asked { by: by.person.clone() });
        }
        other => panic!("{other:?} ended a lease"),
    }
}

fn check_renewal(before: &Request, event: Option<&Event>, after: &Request) {
    let renews = matches!(event, Some(Event::Renew { .. }));
    if let Some((is, _)) = after.renewal() {
        let who: BTreeSet<_> = is.consents.iter().map(|consent| &consent.by).collect();
        assert_eq!(who.len(), is.consents.len(), "nobody agrees twice");
        assert!(is.answer.is_some() || after.lease().is_some(), "only what lives waits for an answer");
    }
    match (before.renewal(), after.renewal()) {
        (None, None) => {}
        (None, Some(_)) => assert!(renews),
        (Some(_), None) => panic!("a renewal was forgotten"),
        (Some((was, _)), Some((is, _))) if was.answer.is_some() => {
            assert!(was == is || renews, "answered once");
        }
        (Some((was, from)), Some((is, to))) => {
            assert_eq!((&was.asked_by, from.period), (&is.asked_by, to.period), "one at a time");
            let is_later = matches!(event, Some(Event::Unheard { .. })) && is.answer_by > was.answer_by;
            assert!(is_later || is.answer_by == was.answer_by, "its time limit is moved for one reason only");
        }
    }
    if let (Some(was), Some(is)) = (before.lease(), after.lease()) {
        let granted = |request: &Request| {
            request.renewal().is_some_and(|(renewal, _)| {
                let enough = renewal.have() >= before.approval().needed();
                renewal.answer == Some(Answer::Approved) && enough
            })
        };
        if is.renewals != was.renewals {
            assert_eq!(is.renewals, was.renewals + 1);
            let least = Period::hours(1).after(was.expires_at);
            assert!(!renews || is.expires_at >= least, "a renewal adds something");
            let free = renews && was.renewals < before.product.lease.max_renewals;
            let by_approval = before.waiting_renewal().is_some() && granted(after);
            assert!(free || by_approval, "beyond the free ones only with approval");
        }
    }
}

/// Buttons of an earlier state have to be out of date.
fn check_epoch(before: &Request, after: &Request) {
    let lived = before.lease().is_some()
        || matches!(before.status, Status::Terminating { .. } | Status::TeardownFailed { .. });
    if lived && !after.status.name().is_ended() && buttons(before) != buttons(after) {
        assert!(after.epoch > before.epoch, "what buttons mean has changed");
    }
}

/// What the buttons of an existing product would do.
fn buttons(request: &Request) -> impl PartialEq {
    (
        request.status.name(),
        request.owner.clone(),
        request.lease().map(|lease| (lease.renewals, lease.warn_at)),
        request.waiting_renewal().is_some(),
        request.waiting_change().is_some(),
    )
}
