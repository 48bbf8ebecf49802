//! The lease of a provisioned product: its dates, which follow from the product's terms, and the next step they call
//! for, and whether it can be renewed now. Who may renew is decided in `portal::access`, and what else a renewal
//! changes in [`transition`](super::transition).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::catalog::LeaseTerms;
use super::period::Period;
use super::silence::Silence;

/// Warnings that come due within this fraction of the grace period are sent together: with seven days of grace,
/// within 17 hours, so that the owner gets one message instead of several.
const TOGETHER: i32 = 10;

/// The least that a renewal has to add, unless its whole period is shorter.
const LEAST_GAIN: Period = Period::days(1);

/// The running lease of an active request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// When the owner is warned first.
    pub warn_at: Timestamp,
    /// When the product is torn down; the only date people see.
    pub expires_at: Timestamp,
    /// How often the lease has been renewed.
    pub renewals: u32,
    /// The warnings of this expiry date; `None` until the first one has been delivered.
    pub warned: Option<Warned>,
    /// Whether the latest renewal was cut to the longest time that the product allows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Whether the product was transferred after a warning, which gives the new owner a grace period of their own.
    /// Only once until the next renewal, otherwise transferring to and fro would postpone the end for ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handed: bool,
    /// How often this end was postponed because the bot could not receive answers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moved: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// The warnings that have been delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warned {
    /// When the first one was delivered.
    pub first: Timestamp,
    /// Reminders due until this date count as delivered.
    pub covers: Timestamp,
}

/// What has to be done about a lease at some point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseStep {
    /// Nothing before this date.
    Wait(Timestamp),
    /// The owner has to be warned.
    Warn,
    /// The lease is over.
    End,
}

impl Lease {
    /// Returns the first lease of a product that becomes active now.
    pub fn begin(terms: &LeaseTerms, now: Timestamp) -> Self {
        Self::from_warning(terms, terms.ttl.after(now), 0)
    }

    fn from_warning(terms: &LeaseTerms, warn_at: Timestamp, renewals: u32) -> Self {
        Self {
            warn_at,
            expires_at: terms.grace.after(warn_at),
            renewals,
            warned: None,
            cut: false,
            handed: false,
            moved: 0,
        }
    }

    /// Returns the lease after a renewal, counted from the first warning or from now, whichever is later. It is cut
    /// to the longest time that the product allows from now, and never ends before the current end.
    #[must_use]
    pub fn renewed(&self, terms: &LeaseTerms, period: Period, now: Timestamp) -> Self {
        let requested = period.after(self.warn_at.max(now));
        let longest = terms.longest().after(now);
        let renewed = Self::from_warning(terms, requested.min(longest), self.renewals.saturating_add(1));
        Self { expires_at: renewed.expires_at.max(self.expires_at), cut: requested > longest, ..renewed }
    }

    /// Returns from when a renewal by this period adds enough to be allowed.
    pub fn renewable_from(&self, terms: &LeaseTerms, period: Period) -> Timestamp {
        let enough = period.min(LEAST_GAIN).after(self.expires_at);
        // Until the first warning a renewal counts from that warning; then it counts from now, and adds more the
        // later it comes.
        let uncut = terms.grace.after(period.after(self.warn_at));
        let from_uncut =
            if uncut < enough { period.before(terms.grace.before(enough)) } else { Timestamp::MIN };
        // The longest time counts from now, so waiting makes room for a later end.
        terms.longest().before(terms.grace.before(enough)).max(from_uncut)
    }

    /// Whether a renewal by this period is allowed now.
    pub fn can_renew(&self, terms: &LeaseTerms, period: Period, now: Timestamp) -> bool {
        now >= self.renewable_from(terms, period)
    }

    /// Returns the lease under possibly new terms, cut to the longest time that they allow from now.
    #[must_use]
    pub fn within(&self, terms: &LeaseTerms, now: Timestamp) -> Self {
        let warn_at = terms.longest().after(now);
        let expires_at = terms.grace.after(warn_at);
        Self {
            warn_at: self.warn_at.min(warn_at),
            expires_at: self.expires_at.min(expires_at),
            ..self.clone()
        }
    }

    /// Returns the lease after a warning was delivered. The first warning is followed by a whole grace period.
    #[must_use]
    pub fn after_warning(&self, terms: &LeaseTerms, now: Timestamp) -> Self {
        // Reminders due soon would only repeat this message.
        let covers = now.saturating_add(together(terms)).unwrap_or(Timestamp::MAX);
        // Reminders do not restart the grace period.
        let first = self.warned.as_ref().map_or(now, |warned| warned.first);
        let expires_at = self.expires_at.max(terms.grace.after(first));
        Self { expires_at, warned: Some(Warned { first, covers }), ..self.clone() }
    }

    /// Returns the changed lease if a new owner takes over one that was warned about, since they have not been
    /// warned. The first new owner gets a warning and a whole grace period; later ones read the date in the message
    /// about the transfer.
    pub fn handed_over(&self) -> Option<Self> {
        let is_first = self.warned.is_some() && !self.handed;
        is_first.then(|| Self { warned: None, handed: true, ..self.clone() })
    }

    /// Returns the lease postponed for a time in which the bot could not receive answers; `None` if it stays. A lease
    /// that was not warned about has a whole grace period ahead anyway.
    pub fn after_silence(&self, terms: &LeaseTerms, silence: &Silence) -> Option<Self> {
        let end = self.end(terms, self.warned.as_ref()?);
        let expires_at = silence.moves(end, terms.grace, self.moved)?;
        Some(Self { expires_at, moved: self.moved.saturating_add(1), ..self.clone() })
    }

    /// Returns the lease with at least this much time left.
    #[must_use]
    pub fn at_least(&self, left: Period, now: Timestamp) -> Self {
        Self { expires_at: self.expires_at.max(left.after(now)), ..self.clone() }
    }

    /// Returns the next step. No lease ends without a warning a whole grace period before.
    pub fn step(&self, terms: &LeaseTerms, now: Timestamp) -> LeaseStep {
        let Some(warned) = &self.warned else {
            return if now < self.warn_at { LeaseStep::Wait(self.warn_at) } else { LeaseStep::Warn };
        };
        let end = self.end(terms, warned);
        if now >= end {
            return LeaseStep::End;
        }
        match self.next_reminder(terms, warned) {
            Some(reminder) if reminder <= now => LeaseStep::Warn,
            Some(reminder) => LeaseStep::Wait(reminder.min(end)),
            None => LeaseStep::Wait(end),
        }
    }

    /// Whether a warning is due so soon that it is sent together with one that is due now.
    pub fn is_warned_with(&self, terms: &LeaseTerms, now: Timestamp) -> bool {
        let soon = now.saturating_add(together(terms)).unwrap_or(Timestamp::MAX);
        match &self.warned {
            // Not so early that the renewals offered in the warning would be refused.
            None => {
                let can_renew = |period: &Period| self.can_renew(terms, *period, now);
                self.warn_at <= now || (self.warn_at <= soon && terms.renew.iter().all(can_renew))
            }
            // `soon` may lie after the end, and a reminder just before the end still has to be sent.
            Some(warned) => {
                now < self.end(terms, warned)
                    && self.next_reminder(terms, warned).is_some_and(|at| at <= soon)
            }
        }
    }

    /// Returns the end, taking into account when the first warning was delivered.
    fn end(&self, terms: &LeaseTerms, warned: &Warned) -> Timestamp {
        self.expires_at.max(terms.grace.after(warned.first))
    }

    fn next_reminder(&self, terms: &LeaseTerms, warned: &Warned) -> Option<Timestamp> {
        let reminders = terms.reminders.iter().map(|before| before.before(self.expires_at));
        reminders.filter(|reminder| *reminder > warned.covers).min()
    }
}

fn together(terms: &LeaseTerms) -> SignedDuration {
    terms.grace.duration() / TOGETHER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{product, submitted_at};
    use proptest::prelude::*;

    fn terms() -> LeaseTerms {
        product(1).lease
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Becomes active on 2 March; warned on 1 April, reminded on 7 April, ends on 8 April, always at nine.
    fn begun() -> Lease {
        Lease::begin(&terms(), submitted_at())
    }

    #[test]
    fn a_lease_runs_its_time_and_then_its_grace() {
        let lease = begun();
        assert_eq!(lease.warn_at, at("2026-04-01T09:00:00Z"));
        assert_eq!(lease.expires_at, at("2026-04-08T09:00:00Z"));
    }

    #[test]
    fn a_lease_without_grace_ends_with_its_warning_and_none_overflows() {
        let terms = LeaseTerms { grace: Period::ZERO, ..terms() };
        let lease = Lease::begin(&terms, submitted_at());
        assert_eq!(lease.warn_at, lease.expires_at);
        assert_eq!(Lease::begin(&terms, Timestamp::MAX).expires_at, Timestamp::MAX);
    }

    #[test]
    fn it_is_warned_about_once_then_again_of_and_then_it_ends() {
        let (terms, lease) = (terms(), begun());
        assert_eq!(lease.step(&terms, at("2026-04-01T08:59:59Z")), LeaseStep::Wait(lease.warn_at));
        assert_eq!(lease.step(&terms, at("2026-04-01T09:00:00Z")), LeaseStep::Warn);
        let told = lease.after_warning(&terms, at("2026-04-01T09:00:01Z"));
        let reminder = at("2026-04-07T09:00:01Z");
        assert_eq!(told.expires_at, at("2026-04-08T09:00:01Z"));
        assert_eq!(told.step(&terms, at("2026-04-02T00:00:00Z")), LeaseStep::Wait(reminder));
        assert_eq!(told.step(&terms, reminder), LeaseStep::Warn);
        let again = told.after_warning(&terms, reminder);
        assert_eq!(again.expires_at, told.expires_at, "a reminder moves nothing");
        assert_eq!(again.step(&terms, reminder), LeaseStep::Wait(told.expires_at));
        assert_eq!(again.step(&terms, told.expires_at), LeaseStep::End);
    }

    #[test]
    fn after_an_outage_there_is_one_warning_and_a_whole_grace_after_it() {
        let (terms, lease) = (terms(), begun());
        let late = at("2026-06-01T00:00:00Z");
        assert_eq!(lease.step(&terms, late), LeaseStep::Warn, "unwarned, however late it is");
        let warned = lease.after_warning(&terms, late);
        assert_eq!(warned.expires_at, at("2026-06-08T00:00:00Z"));
        assert_eq!(warned.step(&terms, late), LeaseStep::Wait(at("2026-06-07T00:00:00Z")));
    }

    #[test]
    fn a_renewal_counts_from_the_first_warning_or_from_now_and_starts_the_warnings_anew() {
        let (terms, lease) = (terms(), begun());
        let month = Period::days(30);
        let early = lease.renewed(&terms, month, at("2026-03-22T09:00:00Z"));
        assert_eq!((early.warn_at, early.renewals, early.cut), (at("2026-04-21T09:00:00Z"), 1, true));
        let warned = lease.after_warning(&terms, lease.warn_at);
        let late = warned.renewed(&terms, month, at("2026-04-05T09:00:00Z"));
        assert_eq!((late.warn_at, late.expires_at), (at("2026-05-05T09:00:00Z"), at("2026-05-12T09:00:00Z")));
        assert_eq!(late.warned, None);
        assert_eq!(late.renewed(&terms, month, at("2026-04-05T09:00:00Z")).renewals, 2);
    }

    #[test]
    fn a_renewal_counts_once_it_adds_a_day_and_never_goes_beyond_the_longest_time_from_now() {
        let (terms, lease) = (terms(), begun());
        let month = Period::days(30);
        let from = at("2026-03-03T09:00:00Z");
        assert_eq!(lease.renewable_from(&terms, month), from);
        assert!(!lease.can_renew(&terms, month, at("2026-03-03T08:59:59Z")));
        assert!(lease.can_renew(&terms, month, from));
        let renewed = lease.renewed(&terms, month, from);
        assert_eq!((renewed.expires_at, renewed.cut), (at("2026-04-09T09:00:00Z"), true));
        assert_eq!(renewed.renewable_from(&terms, month), at("2026-03-04T09:00:00Z"));
        let whole = lease.renewed(&terms, month, lease.warn_at);
        assert_eq!((whole.expires_at, whole.cut), (at("2026-05-08T09:00:00Z"), false));
    }

    #[test]
    fn what_lives_for_hours_is_renewed_by_its_whole_period() {
        let hour = Period::hours(1);
        let terms = LeaseTerms { ttl: Period::hours(2), grace: hour, renew: vec![hour], ..terms() };
        let lease = Lease::begin(&terms, submitted_at());
        let from = hour.after(submitted_at());
        assert_eq!(lease.renewable_from(&terms, hour), from);
        let renewed = lease.renewed(&terms, hour, from);
        assert_eq!((renewed.warn_at, renewed.cut), (Period::hours(3).after(submitted_at()), false));
    }

    #[test]
    fn a_lease_under_shorter_terms_is_cut_to_them() {
        let (lease, week) = (begun(), Period::days(7));
        let longer = terms();
        let terms = LeaseTerms { ttl: week, renew: vec![week], ..terms() };
        let cut = lease.within(&terms, submitted_at());
        assert_eq!(cut.expires_at, at("2026-03-16T09:00:00Z"));
        assert_eq!(cut.within(&longer, submitted_at()), cut, "longer terms add nothing");
    }

    #[test]
    fn what_is_due_soon_is_warned_about_together() {
        let (terms, lease) = (terms(), begun());
        assert!(lease.is_warned_with(&terms, at("2026-03-31T17:00:00Z")));
        assert!(!lease.is_warned_with(&terms, at("2026-03-31T16:00:00Z")));
        let warned = lease.after_warning(&terms, at("2026-03-31T17:00:00Z"));
        assert_eq!(warned.expires_at, lease.expires_at, "an early warning takes no time away");
        assert_eq!(warned.step(&terms, lease.warn_at), LeaseStep::Wait(at("2026-04-07T09:00:00Z")));
    }

    #[test]
    fn a_reminder_shortly_before_the_end_is_given_too() {
        let hour = Period::hours(1);
        let terms = LeaseTerms { reminders: vec![Period::days(1), hour], ..terms() };
        let warned = begun().after_warning(&terms, begun().warn_at);
        let reminded = warned.after_warning(&terms, at("2026-04-07T09:00:00Z"));
        let last = hour.before(reminded.expires_at);
        assert_eq!(reminded.step(&terms, last), LeaseStep::Warn);
        assert!(reminded.is_warned_with(&terms, last));
        assert!(!reminded.is_warned_with(&terms, reminded.expires_at), "too late");
        assert!(!reminded.after_warning(&terms, last).is_warned_with(&terms, last), "once");
    }

    fn any_terms() -> impl Strategy<Value = LeaseTerms> {
        let hours = |most: u16| (1..most).prop_map(Period::hours);
        (hours(2000), 0_u16..500, prop::collection::vec(hours(600), 0..4)).prop_map(
            |(ttl, grace, reminders)| LeaseTerms {
                ttl,
                grace: Period::hours(grace),
                reminders,
                renew: vec![Period::hours(24)],
                max_renewals: 1,
            },
        )
    }

    proptest! {
        /// The clock goes anywhere, even backwards; the observer does what the lease asks for.
        #[test]
        fn nothing_ends_before_its_date_or_without_a_whole_grace_after_a_warning(
            terms in any_terms(),
            looks in prop::collection::vec(-200_i64..400, 1..60),
        ) {
            let mut lease = Lease::begin(&terms, submitted_at());
            let mut now = submitted_at();
            let mut first = None;
            for hours in looks {
                now += SignedDuration::from_hours(hours);
                match lease.step(&terms, now) {
                    LeaseStep::Wait(until) => prop_assert!(until > now),
                    LeaseStep::Warn => {
                        prop_assert!(lease.is_warned_with(&terms, now), "whoever delivers it agrees");
                        prop_assert!(lease.warned.is_some() || now >= lease.warn_at);
                        first = first.or(Some(now));
                        let before = lease.expires_at;
                        lease = lease.after_warning(&terms, now);
                        prop_assert!(lease.expires_at >= before);
                        prop_assert!(lease.step(&terms, now) != LeaseStep::Warn, "once");
                    }
                    LeaseStep::End => {
                        prop_assert!(now >= lease.expires_at);
                        prop_assert!(now >= terms.grace.after(first.unwrap()));
                        break;
                    }
                }
            }
        }
    }
}
