//! A commit is whole, once, and on the revision it was made for.

use super::{StoreUnderTest, message, slot};
use crate::sample::{alices, at, changed, insert, replace};
use quartermaster::domain::audit::Actor;
use quartermaster::domain::job::{JobKey, JobKind};
use quartermaster::domain::pause::Pause;
use quartermaster::domain::quota::{QuotaChange, QuotaUse};
use quartermaster::domain::request::{MessageSlot, Notification, Request, StatusName};
use quartermaster::ports::retention::IdempotencyKey;
use quartermaster::ports::store::{Claim, Commit, CommitError, Pausing, RowChange};
use rust_decimal::Decimal;
use std::sync::Arc;

pub(crate) async fn a_request_is_read_back_as_it_was_committed(test: StoreUnderTest) {
    let mut transition = alices();
    for (slot, ts) in [
        (MessageSlot::Card, "1.1"),
        (MessageSlot::Thread, "1.2"),
        (MessageSlot::Direct, "1.3"),
        (MessageSlot::Notification(Notification::Status(StatusName::Active)), "1.4"),
    ] {
        transition.request.messages.insert(slot, message(ts));
    }
    transition.request.labels.insert("BucketName".to_owned(), "The logs".to_owned());
    let id = transition.request.id;
    assert_eq!(test.loaded(id).await, None);
    test.commit(insert(&transition)).await;
    assert_eq!(test.loaded(id).await, Some(transition.request));
    assert_eq!(test.store.audit_of(id).await.unwrap(), transition.audit);
    assert_eq!(test.used(&slot("payments", "s3-bucket")).await, 1);
    assert_eq!(test.waiting().await, ["show:direct", "start", "deadline"]);
}

pub(crate) async fn of_many_commits_on_one_revision_exactly_one_wins(test: StoreUnderTest) {
    let request = test.submitted().await;
    let writers = (0..32).map(|n| {
        let (store, next) = (Arc::clone(&test.store), changed(&request, &n.to_string()));
        tokio::spawn(async move { store.commit(replace(&next)).await.map(|()| next) })
    });
    let mut winners = Vec::new();
    for writer in futures_util::future::join_all(writers).await {
        match writer.unwrap() {
            Ok(next) => winners.push(next),
            Err(error) => assert!(matches!(error, CommitError::Stale), "{error:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(test.loaded(request.id).await, winners.pop());
}

pub(crate) async fn a_request_is_inserted_once(test: StoreUnderTest) {
    let request = test.submitted().await;
    let other = Request { reason: "another".to_owned(), ..request.clone() };
    let again = Commit { row: Some(RowChange::Insert(Box::new(other))), ..Commit::default() };
    assert!(matches!(test.refusal(again).await, CommitError::Stale));
    assert_eq!(test.loaded(request.id).await, Some(request));
}

pub(crate) async fn a_replacement_needs_the_revision_before_its_own(test: StoreUnderTest) {
    let request = test.submitted().await;
    let ahead = Request { revision: 3, ..request.clone() };
    assert!(matches!(test.refusal(replace(&ahead)).await, CommitError::Stale));
    let unknown = changed(&alices().request, "never inserted");
    assert!(matches!(test.refusal(replace(&unknown)).await, CommitError::Stale));
    test.commit(replace(&changed(&request, "next"))).await;
    assert!(matches!(test.refusal(replace(&changed(&request, "late"))).await, CommitError::Stale));
    assert_eq!(test.loaded(request.id).await.unwrap().reason, "next");
}

pub(crate) async fn a_commit_whose_answer_was_lost_may_be_repeated(test: StoreUnderTest) {
    let transition = alices();
    let mut commit = insert(&transition);
    commit.idempotency_key = Some(IdempotencyKey::for_now("V1", at(0)));
    test.commit(commit.clone()).await;
    test.commit(commit).await;
    assert_eq!(test.store.audit_of(transition.request.id).await.unwrap(), transition.audit);
    assert_eq!(test.used(&slot("payments", "s3-bucket")).await, 1);
}

pub(crate) async fn two_changes_that_differ_in_their_jobs_alone_are_not_one(test: StoreUnderTest) {
    let request = test.submitted().await;
    let next = Request { revision: request.revision + 1, ..request.clone() };
    let with = |kind: JobKind| Commit { jobs: vec![kind.due(next.id, at(0))], ..replace(&next) };
    test.commit(with(JobKind::Provision)).await;
    assert!(matches!(test.refusal(with(JobKind::Terminate)).await, CommitError::Stale));
}

pub(crate) async fn a_key_commits_once_and_names_its_request(test: StoreUnderTest) {
    let (first, second) = (alices(), alices());
    let keyed = |transition| Commit {
        idempotency_key: Some(IdempotencyKey::for_now("V1", at(0))),
        ..insert(transition)
    };
    test.commit(keyed(&first)).await;
    let refusal = test.refusal(keyed(&second)).await;
    assert!(matches!(refusal, CommitError::Again(Some(id)) if id == first.request.id), "{refusal:?}");
    assert_eq!(test.loaded(second.request.id).await, None);
}

pub(crate) async fn a_key_that_came_without_a_row_names_no_request(test: StoreUnderTest) {
    let event = Commit { idempotency_key: Some(IdempotencyKey::for_now("Ev1", at(0))), ..Commit::default() };
    test.commit(event.clone()).await;
    assert!(matches!(test.refusal(event).await, CommitError::Again(None)));
}

pub(crate) async fn a_refused_commit_changes_nothing(test: StoreUnderTest) {
    let transition = alices();
    let full = QuotaChange::Take {
        slot: slot("payments", "s3-bucket"),
        limit: Some(0),
        monthly: Decimal::ZERO,
        budget: None,
    };
    let refused = Commit {
        idempotency_key: Some(IdempotencyKey::for_now("V1", at(0))),
        quota: Some(full),
        ..insert(&transition)
    };
    let refusal = test.refusal(refused).await;
    assert!(matches!(refusal, CommitError::QuotaFull(QuotaUse { used: 0, limit: 0 })), "{refusal:?}");
    assert_eq!(test.loaded(transition.request.id).await, None);
    assert!(test.store.audit_of(transition.request.id).await.unwrap().is_empty());
    assert!(test.waiting().await.is_empty());
    test.commit(Commit {
        idempotency_key: Some(IdempotencyKey::for_now("V1", at(0))),
        ..insert(&transition)
    })
    .await;
}

pub(crate) async fn reasons_to_refuse_are_checked_in_their_order(test: StoreUnderTest) {
    let transition = alices();
    test.commit(insert(&transition)).await;
    let request = transition.request;
    test.commit(Commit { idempotency_key: Some(IdempotencyKey::for_now("V1", at(0))), ..Commit::default() })
        .await;
    let full = |budget| QuotaChange::Take {
        slot: slot("payments", "s3-bucket"),
        limit: Some(1),
        monthly: Decimal::ONE,
        budget,
    };
    let pause = Pause::new(None, &Actor::Operator, at(0));
    test.commit(Commit { pausing: Some(Pausing::Begin(pause)), ..Commit::default() }).await;
    let key = JobKey { owner: request.id.into(), name: "never written".to_owned() };
    let other = JobKey { owner: request.id.into(), name: "never parked".to_owned() };
    let mut wrong = Commit {
        done: Some(Claim { key, id: 7 }),
        unparked: Some(other),
        unless_paused: true,
        idempotency_key: Some(IdempotencyKey::for_now("V1", at(0))),
        quota: Some(full(Some(Decimal::ZERO))),
        // The entry that the submission has appended already.
        audit: transition.audit.clone(),
        ..replace(&Request { revision: 9, ..request.clone() })
    };
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::ClaimLost));
    wrong.done = None;
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::NotParked));
    wrong.unparked = None;
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::Again(None)));
    wrong.idempotency_key = None;
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::Paused(_)));
    wrong.unless_paused = false;
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::Stale));
    wrong.row = replace(&changed(&request, "next")).row;
    let refusal = test.refusal(wrong.clone()).await;
    assert!(matches!(&refusal, CommitError::BudgetSpent(spent) if spent.is_zero()), "{refusal:?}");
    wrong.quota = Some(full(Some(Decimal::ONE)));
    assert!(matches!(
        test.refusal(wrong.clone()).await,
        CommitError::QuotaFull(QuotaUse { used: 1, limit: 1 })
    ));
    wrong.quota = None;
    assert!(matches!(test.refusal(wrong).await, CommitError::Stale));
}
