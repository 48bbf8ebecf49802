//! Home tabs that were opened.

use super::StoreUnderTest;
use crate::sample::at;
use quartermaster::domain::ids::PersonId;
use quartermaster::ports::store::HomeTab;

fn home(seconds: u32, shows: &str) -> HomeTab {
    HomeTab { first_opened_at: at(0), opened_at: at(seconds), shows: shows.to_owned() }
}

pub(crate) async fn a_home_tab_is_remembered_as_it_was_put_last(test: StoreUnderTest) {
    let (alice, amir) = (PersonId::new("U0ALICE"), PersonId::new("U0AMIR"));
    assert_eq!(test.store.home(&alice).await.unwrap(), None);
    for home in [home(0, ""), home(60, "0a1b"), home(30, "2c3d")] {
        test.store.put_home(&alice, &home).await.unwrap();
        assert_eq!(test.store.home(&alice).await.unwrap(), Some(home));
    }
    assert_eq!(test.store.home(&amir).await.unwrap(), None);
}

pub(crate) async fn who_opened_their_home_tab_lately_is_found(test: StoreUnderTest) {
    for (person, seconds) in [("U0ALICE", 10), ("U0AMIR", 20), ("U0MORGAN", 30)] {
        test.store.put_home(&PersonId::new(person), &home(seconds, "")).await.unwrap();
    }
    for (since, found) in [(0, 3), (10, 3), (11, 2), (30, 1), (31, 0)] {
        let mut people = test.store.homes_opened_since(at(since)).await.unwrap();
        people.dedup();
        assert_eq!(people.len(), found, "{since}");
    }
    test.store.put_home(&PersonId::new("U0ALICE"), &home(40, "")).await.unwrap();
    assert_eq!(test.store.homes_opened_since(at(31)).await.unwrap(), [PersonId::new("U0ALICE")]);
}
