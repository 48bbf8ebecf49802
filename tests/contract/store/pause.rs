//! New requests are paused: who submits meanwhile is refused, and nobody else.

use super::StoreUnderTest;
use crate::sample::{alices, at, changed, insert, replace};
use quartermaster::domain::audit::Actor;
use quartermaster::domain::pause::Pause;
use quartermaster::ports::retention::IdempotencyKey;
use quartermaster::ports::store::{Commit, CommitError, Pausing};

fn pause(message: &str, seconds: u32) -> Pause {
    Pause::new(Some(message), &Actor::Operator, at(seconds))
}

fn begins(pause: &Pause) -> Commit {
    Commit { pausing: Some(Pausing::Begin(pause.clone())), ..Commit::default() }
}

fn ends() -> Commit {
    Commit { pausing: Some(Pausing::End), ..Commit::default() }
}

pub(crate) async fn a_pause_is_remembered_as_it_was_begun_last_until_it_ends(test: StoreUnderTest) {
    assert_eq!(test.store.pause().await.unwrap(), None);
    for pause in [pause("until noon", 0), pause("until one", 60)] {
        test.commit(begins(&pause)).await;
        assert_eq!(test.store.pause().await.unwrap(), Some(pause));
    }
    test.commit(ends()).await;
    assert_eq!(test.store.pause().await.unwrap(), None);
    test.commit(ends()).await;
}

pub(crate) async fn what_may_not_be_made_in_a_pause_is_refused_with_it_and_changes_nothing(
    test: StoreUnderTest,
) {
    let submitted = || Commit {
        unless_paused: true,
        idempotency_key: Some(IdempotencyKey::for_now("V1", at(0))),
        ..insert(&alices())
    };
    let pause = pause("until noon", 0);
    test.commit(begins(&pause)).await;
    let refusal = test.refusal(submitted()).await;
    assert!(matches!(&refusal, CommitError::Paused(told) if **told == pause), "{refusal:?}");
    assert!(test.waiting().await.is_empty());
    assert_eq!(test.store.audit_end().await.unwrap(), 0);
    test.commit(ends()).await;
    test.commit(submitted()).await;
    test.commit(begins(&pause)).await;
    let again = test.refusal(submitted()).await;
    assert!(matches!(again, CommitError::Again(Some(_))), "what was stored before stays stored: {again:?}");
}

pub(crate) async fn all_else_goes_on_in_a_pause(test: StoreUnderTest) {
    let request = test.submitted().await;
    test.commit(begins(&pause("until noon", 0))).await;
    test.commit(replace(&changed(&request, "still wanted"))).await;
    assert_eq!(test.loaded(request.id).await.unwrap().reason, "still wanted");
}
