//! The audit trail in the order of its commits.

use super::StoreUnderTest;
use crate::sample::{alices, at, insert, submission};
use quartermaster::domain::audit::{Actor, AuditEntry, AuditHead, AuditSubject, By, Via};
use quartermaster::domain::ids::{PersonId, RequestId};
use quartermaster::domain::repeats::{RefusedAction, RepeatedRefusal};
use quartermaster::portal::people::pause;
use quartermaster::portal::people::verify::verify;
use quartermaster::ports::store::{Bot, Commit, CommitError, PortalHead, RefusalsChange, Store};

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
        let subject = AuditSubject::Request {
            id: request.id,
            team: &request.team,
            product: &request.product.key,
            status: request.status.name().as_str(),
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

/// An entry of the portal's chain behind this end, which moves.
fn portals(head: &mut AuditHead, event: &str) -> AuditEntry {
    head.append(at(1), AuditSubject::Portal(None), event, &Actor::Operator, "")
}

pub(crate) async fn the_portals_chain_has_an_end_that_moves_with_its_entries(test: StoreUnderTest) {
    let mut head = AuditHead::default();
    let both = vec![portals(&mut head, "paused"), portals(&mut head, "resumed")];
    test.commit(Commit { audit: both, ..Commit::default() }).await;
    assert_eq!(test.store.portal_head().await.unwrap(), PortalHead::At(head.clone()));
    // A request's entry is in another chain.
    test.submitted().await;
    assert_eq!(test.store.portal_head().await.unwrap(), PortalHead::At(head.clone()));
    let mut twice = AuditHead { seq: 1, ..head.clone() };
    let again = vec![portals(&mut twice, "paused")];
    assert!(matches!(test.refusal(Commit { audit: again, ..Commit::default() }).await, CommitError::Stale));
    assert_eq!(test.store.portal_head().await.unwrap(), PortalHead::At(head));
}

fn mallory(tried: &str) -> RefusedAction {
    let by = By { person: PersonId::new("U0MALLORY"), via: Via::Command };
    let why = "not an approver".to_owned();
    RefusedAction { chain: RequestId::PORTAL, meant: None, by, tried: tried.to_owned(), why }
}

fn refusals(before: Option<RepeatedRefusal>, after: Option<RepeatedRefusal>) -> Commit {
    let key = mallory("approve").key();
    Commit { refusals: Some(RefusalsChange { key, before, after }), ..Commit::default() }
}

pub(crate) async fn refusals_are_counted_for_an_hour_and_changed_as_they_were_read(test: StoreUnderTest) {
    let (key, store) = (mallory("approve").key(), &test.store);
    let began = mallory("approve").counted_from(at(0));
    assert!(!store.refused_again(&key, at(0)).await.unwrap());
    test.commit(refusals(None, Some(began.clone()))).await;
    assert!(matches!(test.refusal(refusals(None, Some(began.clone()))).await, CommitError::Stale));
    for second in [1, 3_599] {
        assert!(store.refused_again(&key, at(second)).await.unwrap());
        assert_eq!(counted_at(&**store, second).await, []);
    }
    assert!(!store.refused_again(&key, at(3_600)).await.unwrap(), "the hour is over");
    assert!(!store.refused_again(&mallory("deny").key(), at(1)).await.unwrap(), "another action");
    let counted = RepeatedRefusal { again: 2, ..began.clone() };
    assert_eq!(counted_at(&**store, 3_600).await, std::slice::from_ref(&counted));
    assert_eq!(store.repeated_refusal(&key).await.unwrap(), Some(counted.clone()));
    // Who has read an older count changes nothing.
    assert!(matches!(test.refusal(refusals(Some(began), None)).await, CommitError::Stale));
    test.commit(refusals(Some(counted), None)).await;
    assert_eq!(store.repeated_refusal(&key).await.unwrap(), None);
}

async fn counted_at(store: &dyn Store, second: u32) -> Vec<RepeatedRefusal> {
    let counted = store.counted_refusals(at(second), 10).await.unwrap();
    counted.into_iter().map(|counted| counted.refusal.unwrap()).collect()
}

pub(crate) async fn of_many_refusals_at_once_none_is_lost_or_counted_twice(test: StoreUnderTest) {
    let (key, began) = (mallory("approve").key(), mallory("approve").counted_from(at(0)));
    test.commit(refusals(None, Some(began))).await;
    let counted = (0..20).map(|_| {
        let (store, key) = (test.store.clone(), key.clone());
        tokio::spawn(async move { store.refused_again(&key, at(1)).await.unwrap() })
    });
    for counted in futures_util::future::join_all(counted).await {
        assert!(counted.unwrap());
    }
    assert_eq!(test.store.repeated_refusal(&key).await.unwrap().unwrap().again, 20);
}

pub(crate) async fn bots_are_known_while_they_say_that_they_are_there(test: StoreUnderTest) {
    let bot = |id: &str, format, seconds| Bot { id: id.to_owned(), format, seen_at: at(seconds) };
    for seen in [bot("b", 1, 0), bot("a", 2, 10), bot("b", 1, 20)] {
        test.store.put_bot(&seen).await.unwrap();
    }
    assert_eq!(test.store.bots(at(0)).await.unwrap(), [bot("a", 2, 10), bot("b", 1, 20)]);
    assert_eq!(test.store.bots(at(11)).await.unwrap(), [bot("b", 1, 20)]);
    assert_eq!(test.store.heard_at().await.unwrap(), None);
    for seconds in [20, 80] {
        test.store.put_heard(at(seconds)).await.unwrap();
    }
    test.store.put_bot(&bot("c", 1, 9_000_000)).await.unwrap();
    assert_eq!(test.store.heard_at().await.unwrap(), Some(at(80)), "however long ago");
}

async fn findings(store: &dyn Store) -> Vec<String> {
    let verdict = verify(store, |_| Ok(())).await.unwrap();
    verdict.findings.iter().map(ToString::to_string).collect()
}

pub(crate) async fn a_trail_that_grows_while_it_is_verified_holds(test: StoreUnderTest) {
    // As a bot that starts finds it.
    pause::begin(&*test.store, None, &Actor::Operator, at(0)).await.unwrap();
    let store = test.store.clone();
    let writing = tokio::spawn(async move {
        for n in 0..30 {
            let mut submitted = alices();
            submitted.quota = None;
            store.commit(insert(&submitted)).await.unwrap();
            let by = Actor::Operator;
            if n % 2 == 0 {
                pause::end(&*store, &by, at(n)).await.unwrap();
            } else {
                pause::begin(&*store, None, &by, at(n)).await.unwrap();
            }
        }
    });
    let mut looks = 0;
    while !writing.is_finished() || looks < 2 {
        assert_eq!(findings(&*test.store).await, Vec::<String>::new());
        looks += 1;
    }
    writing.await.unwrap();
    let verdict = verify(&*test.store, |_| Ok(())).await.unwrap();
    assert_eq!((verdict.entries, verdict.holds), (61, true));
}
