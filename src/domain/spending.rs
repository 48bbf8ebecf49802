//! What resources cost in a calendar month, by their estimates and the time they existed. Only sums: actual costs and
//! who owns the resources are handled elsewhere.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::ids::ProductKey;

/// Decimal places of a prorated amount. Rounding to these keeps sums exact.
const PLACES: u32 = 6;

/// A calendar month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// The start of the month.
    pub begin: Timestamp,
    /// The start of the next month.
    pub end: Timestamp,
}

impl Month {
    /// Returns the month that contains `now`.
    pub fn of(now: Timestamp) -> Self {
        let first = Self::first_day(now);
        let start = |date: Date| date.to_zoned_datetime(TimeZone::UTC).map(|midnight| midnight.timestamp());
        let begin = start(first).unwrap_or(Timestamp::MIN);
        let next = first.last_of_month().tomorrow();
        Self { begin, end: next.and_then(start).unwrap_or(Timestamp::MAX) }
    }

    /// Returns the first day of the month that contains `now`.
    pub fn first_day(now: Timestamp) -> Date {
        now.to_zoned_datetime(TimeZone::UTC).date().first_of_month()
    }

    /// Returns the seconds of this month between two points in time; zero if the second is not later.
    fn seconds(&self, from: Timestamp, until: Timestamp) -> i64 {
        let (from, until) = (from.clamp(self.begin, self.end), until.clamp(self.begin, self.end));
        until.as_second().saturating_sub(from.as_second()).max(0)
    }

    /// Returns the share of a monthly amount for this many seconds of the month.
    fn share(&self, monthly: Decimal, seconds: i64) -> Decimal {
        let whole = self.seconds(self.begin, self.end);
        // Without division, so that a full month costs exactly the estimate.
        if seconds >= whole {
            return monthly;
        }
        let part = monthly.checked_mul(Decimal::from(seconds)).and_then(|sum| sum.checked_div(whole.into()));
        part.unwrap_or(monthly).round_dp(PLACES)
    }
}

/// One resource, or a request for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostedResource {
    /// The product.
    pub product: ProductKey,
    /// The estimate, US dollars a month, if there is one.
    pub monthly: Option<Decimal>,
    /// What AWS has charged for it this month, if known.
    pub billed: Option<Decimal>,
    /// When it became active, if it ever did.
    pub activated_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When its lease ends; `None` if no lease is running.
    pub expires_at: Option<Timestamp>,
}

impl CostedResource {
    /// Returns its cost in this month until now, and until the end of the month if nobody renews or removes anything.
    fn costs(&self, month: &Month, now: Timestamp) -> (Decimal, Decimal) {
        let (Some(monthly), Some(from)) = (self.monthly, self.activated_at) else {
            return (Decimal::ZERO, Decimal::ZERO);
        };
        let until_now = self.ended_at.unwrap_or(now).min(now);
        // Without a running lease its end is unknown: a failed removal keeps costing.
        let leaves = self.expires_at.unwrap_or(month.end).max(now);
        let until_end = self.ended_at.unwrap_or(leaves);
        let share = |until| month.share(monthly, month.seconds(from, until));
        (share(until_now), share(until_end))
    }
}

/// What a set of resources costs, in US dollars.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Number of resources that have not ended, including requests in progress.
    pub held: u32,
    /// How many of those have no estimate.
    pub unpriced: u32,
    /// Sum of their estimates, a month.
    pub monthly: Decimal,
    /// The cost in this month so far, including ended resources.
    pub so_far: Decimal,
    /// What AWS has charged this month so far, for the resources where that is known; `None` if it is known for none.
    pub billed: Option<Decimal>,
    /// The expected cost at the end of the month, if every resource is removed when its lease ends.
    pub projected: Decimal,
}

impl Amounts {
    /// Adds the amounts of other resources.
    pub fn add(&mut self, other: &Self) {
        self.held = self.held.saturating_add(other.held);
        self.unpriced = self.unpriced.saturating_add(other.unpriced);
        self.monthly = self.monthly.saturating_add(other.monthly);
        self.so_far = self.so_far.saturating_add(other.so_far);
        self.billed = match (self.billed, other.billed) {
            (Some(mine), Some(theirs)) => Some(mine.saturating_add(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.projected = self.projected.saturating_add(other.projected);
    }

    fn of(resource: &CostedResource, month: &Month, now: Timestamp) -> Self {
        let (so_far, projected) = resource.costs(month, now);
        let lives = resource.ended_at.is_none();
        Self {
            held: u32::from(lives),
            unpriced: u32::from(lives && resource.monthly.is_none()),
            monthly: resource.monthly.filter(|_| lives).unwrap_or_default(),
            so_far,
            billed: resource.billed,
            projected,
        }
    }
}

/// Cents in a dollar.
const CENTS: i128 = 100;
const DAY: i64 = 24 * 60 * 60;

/// Running sums of resources, updated with every change of one of them, so that their cost can be computed without
/// reading them all. Amounts are US cents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Number of resources that have not ended.
    pub held: u32,
    /// How many of those have no estimate.
    pub unpriced: u32,
    /// Sum of the estimates of resources that have not ended, a month.
    pub monthly: i64,
    /// Sum of the estimates of existing resources, a month.
    pub running: i64,
    /// For resources that became active this month: the estimate times the seconds of the month before that.
    pub begun: i64,
    /// For resources that ended this month: the estimate times the seconds of the month before that.
    pub ended: i64,
    /// What AWS has charged this month, US dollars, if known for any resource.
    pub billed: Option<Decimal>,
    /// Existing resources whose leases end before the next month, by day.
    pub leaving: Vec<Leaving>,
}

/// Existing resources whose leases end on the same day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// The day, UTC.
    pub day: Date,
    /// Sum of the estimates, cents a month.
    pub monthly: i64,
    /// Sum over the resources: the estimate times the seconds of the day before its end.
    pub seconds: i64,
}

impl Sums {
    /// Computes the amounts. Leases that end today are treated as if they ended together.
    pub fn amounts(&self, month: &Month, now: Timestamp) -> Amounts {
        let whole = month.seconds(month.begin, month.end).max(1);
        let passed = month.seconds(month.begin, now);
        let running = i128::from(self.running);
        // As if every existing resource had existed from the start, minus the time before it was active, plus those
        // that ended.
        let so_far = running * i128::from(passed) - i128::from(self.begun) + i128::from(self.ended);
        let until_end = running * i128::from(whole - passed);
        let leaves: i128 = self.leaving.iter().map(|leaving| leaving.leaves(month, passed, whole)).sum();
        let dollars = |cent_seconds: i128| {
            let part = Decimal::try_from_i128_with_scale(cent_seconds.max(0), 0).ok();
            let part = part.and_then(|sum| sum.checked_div(Decimal::from(i128::from(whole) * CENTS)));
            part.unwrap_or_default().round_dp(PLACES).normalize()
        };
        Amounts {
            held: self.held,
            unpriced: self.unpriced,
            monthly: Decimal::new(self.monthly, 2),
            so_far: dollars(so_far),
            billed: self.billed,
            projected: dollars(so_far + until_end - leaves),
        }
    }
}

impl Leaving {
    /// Returns the sum over the leases of the estimate times the seconds between its end, or now if that has passed,
    /// and the end of the month.
    fn leaves(&self, month: &Month, passed: i64, whole: i64) -> i128 {
        let begin = self.day.to_zoned_datetime(TimeZone::UTC).map_or(month.begin, |zoned| zoned.timestamp());
        let begins = begin.as_second().saturating_sub(month.begin.as_second());
        let (monthly, passed, whole) = (i128::from(self.monthly), i128::from(passed), i128::from(whole));
        let ends = i128::from(begins) * monthly + i128::from(self.seconds);
        let is_over = i128::from(begins) + i128::from(DAY) <= passed;
        // Leases of a past day that are still running, for example in quiet hours, count as ending now.
        let ends = if is_over { monthly * passed } else { ends.max(monthly * passed) };
        monthly * whole - ends
    }
}

/// What resources cost in one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The amounts by product, most expensive first.
    pub products: Vec<(ProductKey, Amounts)>,
    /// The sum of all products.
    pub total: Amounts,
}

/// Sums up resources in the month of `now`. Those that did not exist in it count as nothing.
pub fn spending(resources: &[CostedResource], now: Timestamp) -> Spending {
    let month = Month::of(now);
    let mut products: BTreeMap<&ProductKey, Amounts> = BTreeMap::new();
    for resource in resources {
        products.entry(&resource.product).or_default().add(&Amounts::of(resource, &month, now));
    }
    let products = products.into_iter().map(|(key, amounts)| (key.clone(), amounts)).collect();
    Spending::of(products)
}

impl Spending {
    /// Sums up products, leaving out those that cost nothing.
    pub fn of(products: BTreeMap<ProductKey, Amounts>) -> Self {
        let mut total = Amounts::default();
        for amounts in products.values() {
            total.add(amounts);
        }
        // An ended resource still counts in the month it ended in.
        let worth = |(_, amounts): &(ProductKey, Amounts)| amounts.held > 0 || !amounts.projected.is_zero();
        let mut products: Vec<(ProductKey, Amounts)> = products.into_iter().filter(worth).collect();
        products.sort_by_key(|(_, amounts)| Reverse((amounts.monthly, amounts.projected)));
        Self { products, total }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bucket(cents: i64, activated_at: &str) -> CostedResource {
        CostedResource {
            billed: None,
            product: ProductKey::parse("s3-bucket").unwrap(),
            monthly: Some(Decimal::new(cents, 2)),
            activated_at: Some(at(activated_at)),
            ended_at: None,
            expires_at: None,
        }
    }

    fn of_one(resource: CostedResource, now: &str) -> Amounts {
        spending(&[resource], at(now)).total
    }

    #[test]
    fn a_month_is_the_calendars_in_utc() {
        let leap = Month::of(at("2028-02-29T23:59:59Z"));
        assert_eq!((leap.begin, leap.end), (at("2028-02-01T00:00:00Z"), at("2028-03-01T00:00:00Z")));
        let december = Month::of(at("2026-12-01T00:00:00Z"));
        assert_eq!(december.end, at("2027-01-01T00:00:00Z"));
        assert_eq!(Month::of(Timestamp::MAX).end, Timestamp::MAX);
    }

    #[test]
    fn what_lives_the_whole_month_costs_its_estimate() {
        let amounts = of_one(bucket(333, "2026-10-01T00:00:00Z"), "2026-11-16T00:00:00Z");
        assert_eq!(amounts.projected, Decimal::new(333, 2));
        assert_eq!(amounts.so_far, Decimal::new(1665, 3), "15 of 30 days");
        let over = of_one(bucket(333, "2026-10-01T00:00:00Z"), "2026-11-30T23:59:59Z");
        assert!(over.so_far < over.projected);
    }

    #[test]
    fn what_ends_in_the_month_costs_what_it_lived() {
        let ended = CostedResource {
            ended_at: Some(at("2026-11-07T00:00:00Z")),
            ..bucket(3000, "2026-11-04T00:00:00Z")
        };
        let amounts = of_one(ended, "2026-11-20T00:00:00Z");
        assert_eq!((amounts.held, amounts.monthly), (0, Decimal::ZERO));
        assert_eq!((amounts.so_far, amounts.projected), (Decimal::from(3), Decimal::from(3)));
    }

    #[test]
    fn a_lease_that_ends_in_the_month_is_not_projected_further() {
        let leased = CostedResource {
            expires_at: Some(at("2026-11-25T00:00:00Z")),
            ..bucket(3000, "2026-11-15T00:00:00Z")
        };
        let amounts = of_one(leased.clone(), "2026-11-20T00:00:00Z");
        assert_eq!((amounts.so_far, amounts.projected), (Decimal::from(5), Decimal::from(10)));
        let overdue = of_one(leased, "2026-11-27T00:00:00Z");
        assert_eq!(overdue.so_far, overdue.projected, "it is still there, but nobody knows how long");
    }

    #[test]
    fn what_is_not_there_yet_is_held_and_costs_nothing() {
        let asked = CostedResource { activated_at: None, ..bucket(3000, "2026-11-01T00:00:00Z") };
        let amounts = of_one(asked, "2026-11-20T00:00:00Z");
        assert_eq!((amounts.held, amounts.monthly), (1, Decimal::from(30)));
        assert_eq!((amounts.so_far, amounts.projected), (Decimal::ZERO, Decimal::ZERO));
    }

    #[test]
    fn what_has_no_estimate_is_counted_and_costs_nothing() {
        let unknown = CostedResource { monthly: None, ..bucket(0, "2026-11-01T00:00:00Z") };
        let amounts = of_one(unknown, "2026-11-20T00:00:00Z");
        assert_eq!((amounts.held, amounts.unpriced, amounts.projected), (1, 1, Decimal::ZERO));
    }

    fn any_resource() -> impl Strategy<Value = CostedResource> {
        let span = 0_i64..6_000_000;
        (0_usize..3, prop::option::of(0_i64..10_000_000), prop::option::of(span.clone()), span.clone(), 0..3)
            .prop_map(|(product, cents, begun, life, end)| {
                let from = at("2026-10-01T00:00:00Z").as_second() + begun.unwrap_or_default();
                let until = Some(Timestamp::from_second(from + life).unwrap());
                CostedResource {
                    billed: None,
                    product: ProductKey::parse(["s3-bucket", "rds-postgres", "ecs-service"][product])
                        .unwrap(),
                    monthly: cents.map(|cents| Decimal::new(cents, 2)),
                    activated_at: begun.map(|_| Timestamp::from_second(from).unwrap()),
                    ended_at: until.filter(|_| end == 1),
                    expires_at: until.filter(|_| end == 2),
                }
            })
    }

    proptest! {
        #[test]
        fn the_parts_make_up_the_total_and_nothing_costs_more_than_its_estimate(
            resources in prop::collection::vec(any_resource(), 0..40),
            later in 0_i64..6_000_000,
        ) {
            let now = Timestamp::from_second(at("2026-10-01T00:00:00Z").as_second() + later).unwrap();
            let spent = spending(&resources, now);
            let mut sum = Amounts::default();
            spent.products.iter().for_each(|(_, amounts)| sum.add(amounts));
            prop_assert_eq!(&sum, &spent.total);
            prop_assert!(spent.total.so_far <= spent.total.projected);
            let all: Decimal = resources.iter().filter_map(|resource| resource.monthly).sum();
            prop_assert!(spent.total.projected <= all);
            prop_assert!(spent.total.so_far >= Decimal::ZERO);
            for pair in spent.products.windows(2) {
                prop_assert!(pair[0].1.monthly >= pair[1].1.monthly);
            }
        }
    }
}
