//! The audit trail in the order of its commits.

use super::StoreUnderTest;
use crate::sample::{alices, at, insert, submission};
use quartermaster::domain::audit::{Actor, AuditSubject};
use quartermaster::domain::ids::RequestId;
use quartermaster::ports::store::{Commit, CommitError};

pub(crate) async fn entries_are_read_in_the_order_of_their_commits(test: StoreUnderTest) {
    let mut committed = Vec::new();
    for n in 0..3 {
        let transition = submission("U0ALICE", "payments", "s3-bucket", at(n));
        test.commit(insert(&transition)).await;
        committed.extend(transition.audit);
    }
    let (mut cursor, mut read, mut sizes) = (0, Vec::new(), Vec::new());
    loop {
        let (entries, next) = test.store.audit_page(cursor, 2).await.unwrap();
        sizes.push(entries.len());
        if entries.is_empty() {
            assert_eq!(next, cursor, "the end stays the end");
            break;
        }
        read.extend(entries);
        cursor = next;
    }
    assert_eq!(read, committed);
    assert_eq!(sizes, [2, 1, 0]);
    assert_eq!(test.store.audit_end().await.unwrap(), cursor);
}

pub(crate) async fn an_entry_that_somebody_else_appended_makes_the_commit_stale(test: StoreUnderTest) {
    let request = test.submitted().await;
    let append = |detail| {
        let subject = AuditSubject {
            request: request.id,
            team: &request.team,
            product: &request.product.key,
            status: request.status.name().word(),
        };
        let entry = request.audit.clone().append(at(1), subject, "refused", &Actor::Clock, detail);
        Commit { audit: vec![entry], ..Commit::default() }
    };
    test.commit(append("first")).await;
    assert!(matches!(test.refusal(append("second")).await, CommitError::Stale));
    let details: Vec<String> =
        test.store.audit_of(request.id).await.unwrap().into_iter().map(|entry| entry.detail).collect();
    assert_eq!(details, ["1 approval needed [form]", "first"]);
}

pub(crate) async fn entries_without_a_request_are_on_the_trail_too(test: StoreUnderTest) {
    let refused = alices();
    test.commit(Commit { audit: refused.audit.clone(), ..Commit::default() }).await;
    assert_eq!(test.loaded(refused.request.id).await, None);
    assert_eq!(test.store.audit_of(refused.request.id).await.unwrap(), refused.audit);
    assert_eq!(test.store.audit_page(0, 10).await.unwrap().0, refused.audit);
}

pub(crate) async fn the_last_entry_of_a_chain_is_found(test: StoreUnderTest) {
    let request = test.submitted().await;
    let last = test.store.audit_last(request.id).await.unwrap();
    assert_eq!(last, test.store.audit_of(request.id).await.unwrap().pop());
    assert!(last.is_some());
    test.submitted().await;
    assert_eq!(test.store.audit_last(request.id).await.unwrap(), last);
    assert_eq!(test.store.audit_last(RequestId::PORTAL).await.unwrap(), None);
}

pub(crate) async fn the_end_of_the_trail_is_behind_its_last_entry(test: StoreUnderTest) {
    assert_eq!(test.store.audit_end().await.unwrap(), 0);
    assert_eq!(test.store.audit_page(0, 10).await.unwrap(), (vec![], 0));
    test.submitted().await;
    let end = test.store.audit_end().await.unwrap();
    assert_eq!(test.store.audit_page(end, 10).await.unwrap(), (vec![], end));
    let later = alices();
    test.commit(insert(&later)).await;
    let (entries, cursor) = test.store.audit_page(end, 10).await.unwrap();
    assert_eq!((entries, cursor), (later.audit, test.store.audit_end().await.unwrap()));
}
