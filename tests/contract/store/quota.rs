//! Slots and budgets: counted in the commit, never beyond their limit.

use super::{StoreUnderTest, slot};
use crate::sample::{alices, insert};
use quartermaster::domain::ids::TeamName;
use quartermaster::domain::quota::{QuotaChange, QuotaUse};
use quartermaster::ports::store::{Commit, CommitError, RequestFilter, RequestScope};
use rust_decimal::Decimal;
use std::sync::Arc;

pub(crate) async fn two_hundred_submissions_take_three_slots(test: StoreUnderTest) {
    let writers = (0..200).map(|_| {
        let store = Arc::clone(&test.store);
        tokio::spawn(async move { store.commit(insert(&alices())).await })
    });
    let mut taken = 0;
    for writer in futures_util::future::join_all(writers).await {
        match writer.unwrap() {
            Ok(()) => taken += 1,
            Err(error) => {
                assert!(matches!(error, CommitError::QuotaFull(QuotaUse { used: 3, limit: 3 })), "{error:?}");
            }
        }
    }
    assert_eq!(taken, 3);
    assert_eq!(test.used(&slot("payments", "s3-bucket")).await, 3);
    let whose = RequestScope::Team(TeamName::new("payments"));
    assert_eq!(test.store.list(&whose, RequestFilter::Live, None, 100).await.unwrap().places.len(), 3);
}

pub(crate) async fn an_exception_takes_a_slot_beyond_the_limit_and_makes_no_room_for_others(
    test: StoreUnderTest,
) {
    let bucket = slot("payments", "s3-bucket");
    let take = |limit, budget: Option<i64>| {
        let (slot, monthly) = (bucket.clone(), Decimal::from(60));
        let change = QuotaChange::Take { slot, limit, monthly, budget: budget.map(Decimal::from) };
        Commit { quota: Some(change), ..Commit::default() }
    };
    test.commit(take(None, None)).await;
    test.commit(take(None, None)).await;
    assert_eq!(test.used(&bucket).await, 2, "also where nothing was held before");
    let refusal = test.refusal(take(Some(1), None)).await;
    assert!(matches!(refusal, CommitError::QuotaFull(QuotaUse { used: 2, limit: 1 })), "{refusal:?}");
    let refusal = test.refusal(take(None, Some(100))).await;
    assert!(
        matches!(&refusal, CommitError::BudgetSpent(spent) if *spent == Decimal::from(120)),
        "{refusal:?}"
    );
    test.commit(gives_back("s3-bucket", 6_000)).await;
    let refusal = test.refusal(take(Some(1), None)).await;
    assert!(matches!(refusal, CommitError::QuotaFull(QuotaUse { used: 1, limit: 1 })), "{refusal:?}");
    test.commit(gives_back("s3-bucket", 6_000)).await;
    test.commit(take(Some(1), Some(60))).await;
    assert_eq!(held(&test).await, [row("s3-bucket", 1, 6_000)]);
}

pub(crate) async fn slots_are_counted_for_each_team_and_product(test: StoreUnderTest) {
    for (team, product) in [("payments", "s3-bucket"), ("payments", "rds-postgres"), ("search", "s3-bucket")]
    {
        let change = QuotaChange::Take {
            slot: slot(team, product),
            limit: Some(1),
            monthly: Decimal::ZERO,
            budget: None,
        };
        test.commit(Commit { quota: Some(change), ..Commit::default() }).await;
        assert_eq!(test.used(&slot(team, product)).await, 1);
    }
    assert_eq!(test.used(&slot("search", "rds-postgres")).await, 0);
}

pub(crate) async fn a_slot_is_given_back_and_never_more_than_were_taken(test: StoreUnderTest) {
    let change = |quota| Commit { quota: Some(quota), ..Commit::default() };
    let bucket = slot("payments", "s3-bucket");
    test.commit(change(QuotaChange::Release { slot: bucket.clone(), monthly: Decimal::ZERO })).await;
    test.commit(change(QuotaChange::Take {
        slot: bucket.clone(),
        limit: Some(1),
        monthly: Decimal::ZERO,
        budget: None,
    }))
    .await;
    for _ in 0..2 {
        test.commit(change(QuotaChange::Release { slot: bucket.clone(), monthly: Decimal::ZERO })).await;
        assert_eq!(test.used(&bucket).await, 0);
    }
    test.commit(change(QuotaChange::Take {
        slot: bucket.clone(),
        limit: Some(1),
        monthly: Decimal::ZERO,
        budget: None,
    }))
    .await;
    assert_eq!(test.used(&bucket).await, 1);
}

/// A slot of payments for an amount in cents, where there are plenty of slots.
fn takes(product: &str, cents: i64, budget: Option<i64>) -> Commit {
    let change = QuotaChange::Take {
        slot: slot("payments", product),
        limit: Some(1_000),
        monthly: Decimal::new(cents, 2),
        budget: budget.map(|cents| Decimal::new(cents, 2)),
    };
    Commit { quota: Some(change), ..Commit::default() }
}

fn gives_back(product: &str, cents: i64) -> Commit {
    let change = QuotaChange::Release { slot: slot("payments", product), monthly: Decimal::new(cents, 2) };
    Commit { quota: Some(change), ..Commit::default() }
}

/// Products, slots and cents a month of payments.
async fn held(test: &StoreUnderTest) -> Vec<(String, u32, Decimal)> {
    let uses = test.store.team_use(&TeamName::new("payments")).await.unwrap();
    uses.into_iter()
        .map(|held| (held.product.to_string(), held.used, held.monthly * Decimal::ONE_HUNDRED))
        .collect()
}

fn row(product: &str, used: u32, cents: i64) -> (String, u32, Decimal) {
    (product.to_owned(), used, Decimal::from(cents))
}

pub(crate) async fn what_fits_the_budget_exactly_is_taken_and_a_cent_more_is_refused(test: StoreUnderTest) {
    test.commit(takes("s3-bucket", 6_000, Some(10_000))).await;
    let refusal = test.refusal(takes("s3-bucket", 4_001, Some(10_000))).await;
    assert!(
        matches!(&refusal, CommitError::BudgetSpent(spent) if *spent == Decimal::from(60)),
        "{refusal:?}"
    );
    assert_eq!(held(&test).await, [row("s3-bucket", 1, 6_000)], "nothing was taken");
    test.commit(takes("s3-bucket", 4_000, Some(10_000))).await;
    assert!(matches!(test.refusal(takes("s3-bucket", 1, Some(10_000))).await, CommitError::BudgetSpent(_)));
    // What costs nothing fits even a budget that is used up, and nothing limits a team without one.
    test.commit(takes("s3-bucket", 0, Some(10_000))).await;
    test.commit(takes("s3-bucket", 90_000, None)).await;
    assert_eq!(held(&test).await, [row("s3-bucket", 4, 100_000)]);
}

pub(crate) async fn two_hundred_submissions_take_what_a_budget_for_three_allows(test: StoreUnderTest) {
    let writers = (0..200).map(|_| {
        let store = Arc::clone(&test.store);
        let commit = Commit { quota: takes("s3-bucket", 3_333, Some(10_000)).quota, ..insert(&alices()) };
        tokio::spawn(async move { store.commit(commit).await })
    });
    let mut taken = 0;
    for writer in futures_util::future::join_all(writers).await {
        match writer.unwrap() {
            Ok(()) => taken += 1,
            Err(CommitError::BudgetSpent(spent)) => assert_eq!(spent, Decimal::new(9_999, 2)),
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((taken, held(&test).await), (3, vec![row("s3-bucket", 3, 9_999)]));
    let whose = RequestScope::Team(TeamName::new("payments"));
    assert_eq!(test.store.list(&whose, RequestFilter::Live, None, 100).await.unwrap().places.len(), 3);
}

pub(crate) async fn a_budget_is_a_teams_over_all_its_products(test: StoreUnderTest) {
    assert_eq!(held(&test).await, []);
    test.commit(takes("s3-bucket", 3_000, Some(10_000))).await;
    test.commit(takes("rds-postgres", 5_000, Some(10_000))).await;
    let search = QuotaChange::Take {
        slot: slot("search", "s3-bucket"),
        limit: Some(1),
        monthly: Decimal::from(100),
        budget: Some(Decimal::from(100)),
    };
    test.commit(Commit { quota: Some(search), ..Commit::default() }).await;
    let refusal = test.refusal(takes("ecs-service", 2_001, Some(10_000))).await;
    assert!(
        matches!(&refusal, CommitError::BudgetSpent(spent) if *spent == Decimal::from(80)),
        "{refusal:?}"
    );
    assert_eq!(held(&test).await, [row("rds-postgres", 1, 5_000), row("s3-bucket", 1, 3_000)]);
}

pub(crate) async fn what_is_given_back_leaves_room_in_the_budget(test: StoreUnderTest) {
    test.commit(takes("s3-bucket", 6_000, Some(10_000))).await;
    assert!(matches!(
        test.refusal(takes("s3-bucket", 6_000, Some(10_000))).await,
        CommitError::BudgetSpent(_)
    ));
    test.commit(gives_back("s3-bucket", 6_000)).await;
    assert_eq!(held(&test).await, [row("s3-bucket", 0, 0)], "of what was ever held");
    test.commit(takes("s3-bucket", 6_000, Some(10_000))).await;
    for _ in 0..2 {
        test.commit(gives_back("s3-bucket", 6_000)).await;
    }
    assert_eq!(held(&test).await, [row("s3-bucket", 0, 0)], "never less than nothing");
}

pub(crate) async fn what_a_slot_holds_grows_within_the_budget_and_shrinks_while_it_is_held(
    test: StoreUnderTest,
) {
    let grows = |cents, budget: Option<i64>| Commit {
        quota: Some(QuotaChange::Grow {
            slot: slot("payments", "s3-bucket"),
            monthly: Decimal::new(cents, 2),
            budget: budget.map(|cents| Decimal::new(cents, 2)),
        }),
        ..Commit::default()
    };
    let shrinks = |cents| {
        let change =
            QuotaChange::Shrink { slot: slot("payments", "s3-bucket"), monthly: Decimal::new(cents, 2) };
        Commit { quota: Some(change), ..Commit::default() }
    };
    test.commit(takes("s3-bucket", 6_000, Some(10_000))).await;
    let refusal = test.refusal(grows(4_001, Some(10_000))).await;
    assert!(
        matches!(&refusal, CommitError::BudgetSpent(spent) if *spent == Decimal::from(60)),
        "{refusal:?}"
    );
    test.commit(grows(4_000, Some(10_000))).await;
    assert_eq!(held(&test).await, [row("s3-bucket", 1, 10_000)]);
    test.commit(grows(2_000, None)).await;
    test.commit(shrinks(7_000)).await;
    assert_eq!(held(&test).await, [row("s3-bucket", 1, 5_000)]);
    test.commit(takes("rds-postgres", 5_000, Some(10_000))).await;
    assert!(
        matches!(test.refusal(grows(1, Some(10_000))).await, CommitError::BudgetSpent(_)),
        "the total follows"
    );
}
