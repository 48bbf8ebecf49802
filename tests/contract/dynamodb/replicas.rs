//! Several replicas on the same tables, and commits larger than one transaction.

use std::sync::Arc;

use futures_util::future::join_all;
use quartermaster::aws::dynamodb::DynamoStore;
use quartermaster::domain::ids::{PersonId, ProductKey, TeamName};
use quartermaster::domain::job::JobKind;
use quartermaster::domain::quota::{QuotaChange, QuotaSlot};
use quartermaster::ports::store::{Commit, CommitError, Store};
use rust_decimal::Decimal;

use super::replicas_of;
use crate::sample::{alices, at, changed, insert, replace};
use crate::store::teams::{SLOTS, takes_over};

/// Commits all of them at once, each on the next replica in turn.
async fn commit_at_once(replicas: &[DynamoStore], commits: Vec<Commit>) -> Vec<Result<(), CommitError>> {
    let commits = commits.into_iter().zip(replicas.iter().cycle()).map(|(commit, replica)| {
        let replica = replica.clone();
        tokio::spawn(async move { replica.commit(commit).await })
    });
    join_all(commits).await.into_iter().map(Result::unwrap).collect()
}

fn slot() -> QuotaSlot {
    QuotaSlot { team: TeamName::new("payments"), product: ProductKey::parse("s3-bucket").unwrap() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn replicas_append_to_one_trail_without_a_gap() {
    let replicas = replicas_of(3).await;
    let commits = (0..60).map(|_| Commit { quota: None, ..insert(&alices()) }).collect();
    for answer in commit_at_once(&replicas, commits).await {
        answer.unwrap();
    }
    for replica in &replicas {
        assert_eq!(replica.audit_end().await.unwrap(), 60);
        let (entries, end) = replica.audit_page(0, 100).await.unwrap();
        let requests: std::collections::BTreeSet<_> = entries.iter().map(|entry| entry.request).collect();
        assert_eq!((entries.len(), requests.len(), end), (60, 60, 60));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_replicas_take_and_give_back_at_once_is_counted_once_each() {
    let replicas = replicas_of(2).await;
    let monthly = Decimal::new(1_150, 2);
    let take =
        QuotaChange::Take { slot: slot(), limit: Some(5), monthly, budget: Some(Decimal::from(1_000)) };
    let change = |quota: &QuotaChange| Commit { quota: Some(quota.clone()), ..Commit::default() };
    let answers = commit_at_once(&replicas, (0..20).map(|_| change(&take)).collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    let refused = answers.into_iter().filter_map(Result::err);
    for refusal in refused {
        assert!(matches!(refusal, CommitError::QuotaFull(full) if full.used == 5), "{refusal:?}");
    }
    let release = QuotaChange::Release { slot: slot(), monthly };
    for answer in commit_at_once(&replicas, (0..4).map(|_| change(&release)).collect()).await {
        answer.unwrap();
    }
    let uses = replicas[0].team_use(&slot().team).await.unwrap();
    assert_eq!((uses[0].used, uses[0].monthly), (1, monthly));
    // The team's total went down with it: there is room for all but what is still held.
    let rest = Decimal::from(1_000) - monthly;
    let whole =
        QuotaChange::Take { slot: slot(), limit: Some(5), monthly: rest, budget: Some(Decimal::from(1_000)) };
    replicas[1].commit(change(&whole)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn two_replicas_take_over_a_team_while_both_take_forms() {
    let replicas = replicas_of(2).await;
    let stores: Vec<Arc<dyn Store>> = replicas.into_iter().map(|replica| Arc::new(replica) as _).collect();
    takes_over(&stores, Some(SLOTS), Some(1_000_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn one_replicas_commit_makes_the_others_stale() {
    let replicas = replicas_of(2).await;
    let submitted = alices();
    replicas[0].commit(insert(&submitted)).await.unwrap();
    let next = |reason| replace(&changed(&submitted.request, reason));
    replicas[1].commit(next("first")).await.unwrap();
    assert!(matches!(replicas[0].commit(next("second")).await, Err(CommitError::Stale)));
    assert_eq!(replicas[0].load(submitted.request.id).await.unwrap().unwrap().reason, "first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn more_jobs_than_a_transaction_takes_are_all_written() {
    let store = Arc::new(replicas_of(1).await.remove(0));
    let jobs = (0..250).map(|n| JobKind::Home.due(PersonId::new(format!("U{n}")), at(0)));
    // Of two with one key the later stands.
    let twice = [at(900), at(0)].map(|due| JobKind::Warn.due(PersonId::new("U0"), due));
    let jobs = jobs.chain(twice).collect();
    store.commit(Commit { jobs, ..Commit::default() }).await.unwrap();
    let due = store.due(at(0), 1_000).await.unwrap();
    assert_eq!(due.len(), 251);
    assert_eq!(store.claim(&due, at(0), at(120)).await.unwrap().len(), 251);
    assert_eq!(store.due(at(0), 1_000).await.unwrap(), []);
}
