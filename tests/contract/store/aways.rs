//! Who is away and who answers for them.

use super::StoreUnderTest;
use crate::sample::at;
use jiff::ToSpan as _;
use quartermaster::domain::away::{Away, today};
use quartermaster::domain::ids::PersonId;

fn away(person: &str, delegate: &str, days: i64) -> Away {
    let until = today(at(0)).saturating_add(days.days());
    Away { person: PersonId::new(person), delegate: PersonId::new(delegate), until }
}

pub(crate) async fn who_is_away_is_known_until_the_day_is_over_or_they_are_back(test: StoreUnderTest) {
    let store = &test.store;
    assert_eq!(store.aways(at(0)).await.unwrap(), []);
    let (alice, morgan, sam) =
        (away("U0ALICE", "U0BOB", 0), away("U0MORGAN", "U0SAM", 3), away("U0SAM", "U0BOB", -1));
    for away in [&alice, &morgan, &sam] {
        store.put_away(away).await.unwrap();
    }
    assert_eq!(store.aways(at(0)).await.unwrap(), [alice, morgan.clone()]);
    let tomorrow = at(24 * 3600);
    assert_eq!(store.aways(tomorrow).await.unwrap(), [morgan]);
    let longer = away("U0MORGAN", "U0PAT", 9);
    store.put_away(&longer).await.unwrap();
    assert_eq!(store.aways(tomorrow).await.unwrap(), [longer], "the last word counts");
    store.end_away(&PersonId::new("U0MORGAN")).await.unwrap();
    store.end_away(&PersonId::new("U0NOBODY")).await.unwrap();
    assert_eq!(store.aways(tomorrow).await.unwrap(), []);
}
