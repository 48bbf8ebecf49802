//! What is counted of a team, day by day.

use super::StoreUnderTest;
use crate::sample::{alices, at, insert};
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use quartermaster::domain::counters::{Counter, CounterDay, CounterTotals, DurationBucket};
use quartermaster::domain::ids::TeamName;
use quartermaster::ports::retention::IdempotencyKey;
use quartermaster::ports::store::{Commit, CommitError};

fn tally(team: &str, day: Date, marks: &[Counter]) -> Commit {
    let (team, marks) = (TeamName::new(team), marks.iter().copied().collect());
    Commit { tally: Some(CounterDay { team, day, marks }), ..Commit::default() }
}

pub(crate) async fn what_was_counted_is_added_up_by_team_from_a_day_on(test: StoreUnderTest) {
    let soon = Counter::ReadyWithin(DurationBucket::of(SignedDuration::from_secs(9)));
    let [first, second, third] = [1, 2, 3].map(|day| date(2026, 3, day));
    test.commit(tally("payments", first, &[Counter::Submitted])).await;
    test.commit(tally("payments", second, &[Counter::Submitted, Counter::Auto])).await;
    test.commit(tally("payments", third, &[Counter::Ready, soon])).await;
    test.commit(tally("payments", third, &[Counter::Ready, soon])).await;
    test.commit(tally("search", third, &[Counter::Denied])).await;
    let counted = async |team: &str, from| test.store.counts(&TeamName::new(team), from).await.unwrap();
    let sum = |marks: &[(Counter, u64)]| {
        let mut counts = CounterTotals::default();
        for (mark, count) in marks {
            counts.add(*mark, *count);
        }
        counts
    };
    let lately = [(Counter::Ready, 2), (soon, 2)];
    assert_eq!(counted("payments", third).await, sum(&lately));
    let both = sum(&[&lately[..], &[(Counter::Submitted, 1), (Counter::Auto, 1)]].concat());
    assert_eq!(counted("payments", second).await, both);
    assert_eq!(counted("payments", first).await.of(Counter::Submitted), 2);
    assert_eq!(counted("search", first).await, sum(&[(Counter::Denied, 1)]));
    assert_eq!(counted("search", date(2026, 3, 4)).await, CounterTotals::default());
}

pub(crate) async fn a_commit_that_is_refused_counts_nothing(test: StoreUnderTest) {
    let day = date(2026, 3, 2);
    let submitted = || Commit {
        idempotency_key: Some(IdempotencyKey::for_now("V1", at(0))),
        tally: tally("payments", day, &[Counter::Submitted]).tally,
        ..insert(&alices())
    };
    test.commit(submitted()).await;
    assert!(matches!(test.refusal(submitted()).await, CommitError::Again(Some(_))));
    assert_eq!(test.store.counts(&TeamName::new("payments"), day).await.unwrap().of(Counter::Submitted), 1);
}
