//! Who is away and who answers for them.

use std::sync::Arc;

use super::StoreUnderTest;
use crate::sample::at;
use jiff::ToSpan as _;
use quartermaster::domain::away::{Away, today};
use quartermaster::domain::ids::PersonId;
use quartermaster::ports::retention::IdempotencyKey;
use quartermaster::ports::store::{Absence, Commit, CommitError, Store};

fn away(person: &str, delegate: &str, days: i64) -> Away {
    let until = today(at(0)).saturating_add(days.days());
    Away { person: PersonId::new(person), delegate: PersonId::new(delegate), until }
}

async fn change(store: &Arc<dyn Store>, absence: Absence) {
    store.commit(Commit { absence: Some(absence), ..Commit::default() }).await.unwrap();
}

pub(crate) async fn an_absence_that_comes_again_under_its_key_changes_nothing(test: StoreUnderTest) {
    let store = &test.store;
    let morgan = away("U0MORGAN", "U0SAM", 3);
    let begin = || Commit {
        absence: Some(Absence::Begin(morgan.clone())),
        idempotency_key: Some(IdempotencyKey::for_now("view:V1", at(0))),
        ..Commit::default()
    };
    store.commit(begin()).await.unwrap();
    change(store, Absence::End(PersonId::new("U0MORGAN"))).await;
    assert!(matches!(store.commit(begin()).await, Err(CommitError::Again(None))));
    assert_eq!(store.aways(at(0)).await.unwrap(), []);
}

pub(crate) async fn who_is_away_is_known_until_the_day_is_over_or_they_are_back(test: StoreUnderTest) {
    let store = &test.store;
    assert_eq!(store.aways(at(0)).await.unwrap(), []);
    let (alice, morgan, sam) =
        (away("U0ALICE", "U0BOB", 0), away("U0MORGAN", "U0SAM", 3), away("U0SAM", "U0BOB", -1));
    for away in [&alice, &morgan, &sam] {
        change(store, Absence::Begin(away.clone())).await;
    }
    assert_eq!(store.aways(at(0)).await.unwrap(), [alice, morgan.clone()]);
    let tomorrow = at(24 * 3600);
    assert_eq!(store.aways(tomorrow).await.unwrap(), [morgan]);
    let longer = away("U0MORGAN", "U0PAT", 9);
    change(store, Absence::Begin(longer.clone())).await;
    assert_eq!(store.aways(tomorrow).await.unwrap(), [longer], "the last word counts");
    change(store, Absence::End(PersonId::new("U0MORGAN"))).await;
    change(store, Absence::End(PersonId::new("U0NOBODY"))).await;
    assert_eq!(store.aways(tomorrow).await.unwrap(), []);
}
