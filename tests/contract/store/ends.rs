//! What comes to an end, what is summed up and counted, and what is read in pages.

use std::collections::BTreeMap;

use super::StoreUnderTest;
use crate::sample::{alices, at, changed, insert, replace, submission};
use jiff::{SignedDuration, Timestamp};
use quartermaster::domain::cost::Estimate;
use quartermaster::domain::ids::{PersonId, ProductKey, TeamName};
use quartermaster::domain::job::{JobKind, JobOwner};
use quartermaster::domain::lease::Lease;
use quartermaster::domain::quota::QuotaChange;
use quartermaster::domain::request::{Billed, Request, Status};
use quartermaster::domain::spending::{Amounts, Month, spending};
use quartermaster::ports::retention::{FORM_KEPT_FOR, IdempotencyKey, KEPT_FOR};
use quartermaster::ports::store::{Commit, CommitError, RequestScope};
use rust_decimal::Decimal;

pub(crate) async fn a_key_whose_time_is_over_is_as_good_as_new(test: StoreUnderTest) {
    let keyed = |key| Commit { idempotency_key: Some(key), ..Commit::default() };
    test.commit(keyed(IdempotencyKey::for_ever("begun"))).await;
    let mut latest = at(0);
    for (key, kept_for) in [("click:T1", KEPT_FOR), ("view:V1", FORM_KEPT_FOR)] {
        test.commit(keyed(IdempotencyKey::for_now(key, at(0)))).await;
        let end = at(0).saturating_add(kept_for).unwrap();
        let before = end.saturating_sub(SignedDuration::from_secs(1)).unwrap();
        latest = end.saturating_add(SignedDuration::from_secs(2)).unwrap();
        let again = test.refusal(keyed(IdempotencyKey::for_now(key, before))).await;
        assert!(matches!(again, CommitError::Again(None)), "{key}: {again:?}");
        test.commit(keyed(IdempotencyKey::for_now(key, latest))).await;
        let again = test.refusal(keyed(IdempotencyKey::for_now(key, latest))).await;
        assert!(matches!(again, CommitError::Again(None)), "{key} is remembered anew: {again:?}");
    }
    let later = latest.saturating_add(SignedDuration::from_hours(24 * 365)).unwrap();
    while test.store.forget(later).await.unwrap() {}
    let again = test.refusal(keyed(IdempotencyKey::for_ever("begun"))).await;
    assert!(matches!(again, CommitError::Again(None)), "{again:?}");
}

pub(crate) async fn rows_trail_and_what_belongs_to_what_lives_have_no_end(test: StoreUnderTest) {
    let transition = alices();
    test.commit(insert(&transition)).await;
    let job = test.write_job(transition.request.id, JobKind::Lease, 10).await;
    let later = at(0).saturating_add(SignedDuration::from_hours(24 * 365)).unwrap();
    while test.store.forget(later).await.unwrap() {}
    let id = transition.request.id;
    assert_eq!(test.loaded(id).await.unwrap(), transition.request);
    assert_eq!(test.store.audit_of(id).await.unwrap(), transition.audit);
    assert!(test.store.jobs_of(&id.into()).await.unwrap().contains(&job));
    assert_eq!(test.used(&transition.request.slot()).await, 1);
}

pub(crate) async fn every_parked_job_is_counted(test: StoreUnderTest) {
    for round in 0..6_u32 {
        let jobs = (0..20).map(|n| JobKind::Home.due(PersonId::new(format!("U{round}X{n}")), at(1)));
        test.commit(Commit { jobs: jobs.collect(), ..Commit::default() }).await;
        for job in test.claim_due(2).await {
            test.store.park(&job.claim, "no").await.unwrap();
        }
    }
    assert_eq!(test.store.count_parked().await.unwrap(), 120);
    assert_eq!(test.store.parked(7).await.unwrap().len(), 7);
}

pub(crate) async fn jobs_are_read_in_pages_between_two_moments(test: StoreUnderTest) {
    for second in 1..=6 {
        let person = PersonId::new(format!("U{second}"));
        let job = JobKind::Home.due(person, at(second));
        test.commit(Commit { jobs: vec![job], ..Commit::default() }).await;
    }
    let page = async |from, by, limit| {
        let due = test.store.due_between(at(from), at(by), limit).await.unwrap();
        due.into_iter()
            .map(|(due_at, key)| {
                let JobOwner::Person(person) = key.owner else { panic!("{key:?} is of nobody") };
                (due_at, person.to_string())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(page(2, 5, 2).await, [(at(2), "U2".to_owned()), (at(3), "U3".to_owned())]);
    assert_eq!(page(3, 5, 9).await.len(), 3);
    assert_eq!(page(7, 9, 9).await, []);
}

/// Provisioned at this moment, with a lease that ends then.
fn lives(request: &mut Request, from: &str, until: &str) {
    let from: Timestamp = from.parse().unwrap();
    request.activated_at = Some(from);
    let expires_at = until.parse().unwrap();
    request.status =
        Status::Active { lease: Lease { expires_at, ..Lease::begin(&request.product.lease, from) } };
}

/// The request with what is said of it, at most one revision later.
async fn stored(
    test: &StoreUnderTest,
    (person, team, product): (&str, &str, &str),
    cents: Option<i64>,
    become_: impl FnOnce(&mut Request),
) -> Request {
    let mut transition = submission(person, team, product, at(0));
    transition.request.estimate = cents.map(|cents| Estimate {
        monthly: Decimal::new(cents, 2),
        region: "us-east-1".into(),
        priced_on: "2026-02-01".into(),
    });
    test.commit(insert(&transition)).await;
    let mut request = changed(&transition.request, "changed");
    become_(&mut request);
    test.commit(replace(&request)).await;
    request
}

/// What their sums come to, and what they should, to four places.
async fn compare(test: &StoreUnderTest, whose: &RequestScope, now: Timestamp) {
    let holdings = test.store.holdings(whose, Month::of(now).begin).await.unwrap();
    let mut expected: BTreeMap<ProductKey, Amounts> = BTreeMap::new();
    for holding in holdings {
        let one = spending(&[holding.resource(now)], now).total;
        expected.entry(holding.product).or_default().add(&one);
    }
    let rounded = |amounts: &Amounts| Amounts {
        so_far: amounts.so_far.round_dp(4).normalize(),
        projected: amounts.projected.round_dp(4).normalize(),
        monthly: amounts.monthly.normalize(),
        billed: amounts.billed.map(|billed| billed.normalize()),
        ..amounts.clone()
    };
    let found = test.store.spending(whose, now).await.unwrap();
    let told = |amounts: &BTreeMap<ProductKey, Amounts>| {
        amounts.iter().map(|(key, amounts)| (key.clone(), rounded(amounts))).collect::<Vec<_>>()
    };
    assert_eq!(told(&found), told(&expected), "{whose:?} at {now}");
}

pub(crate) async fn a_lease_that_ran_out_long_ago_goes_on_to_this_moment_and_no_further(
    test: StoreUnderTest,
) {
    let mut all = Vec::new();
    // Long before they were stored, lately, and later on.
    for (product, until) in [
        ("s3-bucket", "2024-11-20T00:00:00Z"),
        ("s3-bucket", "2026-02-01T00:00:00Z"),
        ("s3-bucket", "2031-01-01T00:00:00Z"),
        ("rds-postgres", "2025-11-20T00:00:00Z"),
        ("rds-postgres", "2026-03-20T00:00:00Z"),
    ] {
        let become_ = |request: &mut Request| lives(request, "2024-06-10T00:00:00Z", until);
        all.push(stored(&test, ("U0ALICE", "payments", product), Some(1_000), become_).await);
    }
    let payments = RequestScope::Team(TeamName::new("payments"));
    let times =
        ["2026-03-12T00:00:00Z", "2026-04-12T00:00:00Z", "2026-07-12T00:00:00Z", "2027-08-12T00:00:00Z"];
    for now in times {
        compare(&test, &payments, now.parse().unwrap()).await;
    }
    // One is renewed, one ends.
    let mut renewed = changed(&all[0], "renewed");
    lives(&mut renewed, "2024-06-10T00:00:00Z", "2026-07-20T00:00:00Z");
    test.commit(replace(&renewed)).await;
    let mut ended = changed(&all[1], "gone");
    (ended.ended_at, ended.status) = (Some(at(60)), Status::Cancelled);
    test.commit(replace(&ended)).await;
    for now in times {
        compare(&test, &payments, now.parse().unwrap()).await;
    }
}

pub(crate) async fn what_is_summed_up_is_what_each_comes_to(test: StoreUnderTest) {
    let bucket = ("U0ALICE", "payments", "s3-bucket");
    let database = ("U0BOB", "payments", "rds-postgres");
    stored(&test, bucket, Some(333), |request| {
        lives(request, "2026-01-10T00:00:00Z", "2026-06-01T00:00:00Z");
    })
    .await;
    stored(&test, bucket, Some(1_000), |request| {
        lives(request, "2026-03-03T05:00:00Z", "2026-03-20T07:30:00Z");
    })
    .await;
    stored(&test, bucket, None, |request| {
        lives(request, "2026-03-03T05:00:00Z", "2026-03-20T07:30:00Z");
    })
    .await;
    let gone = stored(&test, database, Some(9_999), |request| {
        lives(request, "2026-02-20T00:00:00Z", "2026-04-01T00:00:00Z");
        let month = jiff::civil::date(2026, 3, 1);
        let before = jiff::civil::date(2026, 3, 9);
        request.billed = Some(Billed { month, before, amount: Decimal::new(1_234, 2) });
    })
    .await;
    let mut ended = changed(&gone, "gone");
    ended.ended_at = Some("2026-03-11T12:00:00Z".parse().unwrap());
    ended.status = Status::Cancelled;
    test.commit(replace(&ended)).await;
    stored(&test, database, Some(500), |_| {}).await;
    let moved = stored(&test, database, Some(700), |request| {
        lives(request, "2026-03-05T00:00:00Z", "2026-03-08T00:00:00Z");
    })
    .await;
    let mut handed = changed(&moved, "handed over");
    (handed.owner, handed.team) = (PersonId::new("U0ALICE"), TeamName::new("search"));
    let (from, to, monthly) = (moved.slot(), handed.slot(), moved.monthly());
    let quota = Some(QuotaChange::Move { from, to, monthly });
    test.commit(Commit { quota, ..replace(&handed) }).await;
    let all = [
        RequestScope::Owner(PersonId::new("U0ALICE")),
        RequestScope::Owner(PersonId::new("U0BOB")),
        RequestScope::Owner(PersonId::new("U0NOBODY")),
        RequestScope::Team(TeamName::new("payments")),
        RequestScope::Team(TeamName::new("search")),
        RequestScope::TeamProduct(TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap()),
        RequestScope::All,
    ];
    for now in
        ["2026-03-12T00:00:00Z", "2026-03-20T12:00:00Z", "2026-03-31T23:59:59Z", "2026-04-02T00:00:00Z"]
    {
        for whose in &all {
            compare(&test, whose, now.parse().unwrap()).await;
        }
    }
}
