//! Finding requests and messages, and what people and teams hold.

use super::{StoreUnderTest, message};
use crate::sample::{alices, at, changed, insert, replace, submission};
use jiff::Timestamp;
use quartermaster::domain::ids::{ChannelId, PersonId, ProductKey, RequestId, TaskToken, TeamName};
use quartermaster::domain::lease::Lease;
use quartermaster::domain::period::Period;
use quartermaster::domain::request::{
    Billed, Estimate, MessageRef, Renewal, RenewalAnswer, Request, Status, Surface,
};
use quartermaster::ports::store::{Commit, Holding, Which, Whose};
use rust_decimal::Decimal;

pub(crate) async fn a_message_finds_its_request_even_after_another_took_its_place(test: StoreUnderTest) {
    let mut request = changed(&test.submitted().await, "posted");
    request.messages.insert(Surface::Card, message("1.1"));
    test.commit(replace(&request)).await;
    request = changed(&request, "posted again");
    request.messages.insert(Surface::Card, message("2.2"));
    test.commit(replace(&request)).await;
    for ts in ["1.1", "2.2"] {
        assert_eq!(test.store.requests_of_message(&message(ts)).await.unwrap(), [request.id]);
    }
    assert_eq!(test.store.requests_of_message(&message("3.3")).await.unwrap(), []);
}

pub(crate) async fn a_request_is_found_by_the_beginning_of_its_id(test: StoreUnderTest) {
    let ids = ["aaaaaa11-0000-4000-8000-000000000000", "aaaaaa22-0000-4000-8000-000000000000"];
    for id in ids {
        let mut transition = alices();
        transition.request.id = RequestId::parse(id).unwrap();
        transition.audit.clear();
        transition.jobs.clear();
        test.commit(insert(&transition)).await;
    }
    for (prefix, limit, found) in [
        ("aaaaaa", 10, 2),
        ("aaaaaa", 1, 1),
        ("aaaaaa11", 10, 1),
        (ids[1], 10, 1),
        ("aaaaaaff", 10, 0),
        ("bbbbbb", 10, 0),
        ("aaaaa%", 10, 0),
        ("aaaaa_", 10, 0),
        ("' OR 1=1", 10, 0),
    ] {
        assert_eq!(test.store.find(prefix, limit).await.unwrap().len(), found, "{prefix}");
    }
}

pub(crate) async fn lists_are_newest_first_and_come_in_pages(test: StoreUnderTest) {
    let rows = [
        ("U0ALICE", "payments", "s3-bucket"),
        ("U0BOB", "payments", "rds-postgres"),
        ("U0ALICE", "search", "s3-bucket"),
        ("U0ALICE", "payments", "s3-bucket"),
    ];
    let mut ids = Vec::new();
    for (n, (person, team, product)) in (0..).zip(rows) {
        let transition = submission(person, team, product, at(n));
        ids.push(transition.request.id);
        test.commit(insert(&transition)).await;
    }
    let alice = Whose::Owner(PersonId::new("U0ALICE"));
    let payments = Whose::Team(TeamName::new("payments"));
    let buckets = Whose::TeamProduct(TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap());
    for (whose, skip, limit, expected) in [
        (&alice, 0, 10, vec![ids[3], ids[2], ids[0]]),
        (&alice, 1, 1, vec![ids[2]]),
        (&alice, 3, 10, vec![]),
        (&payments, 0, 10, vec![ids[3], ids[1], ids[0]]),
        (&buckets, 0, 10, vec![ids[3], ids[0]]),
    ] {
        let listed = test.store.list(whose, Which::All, skip, limit).await.unwrap();
        let listed: Vec<RequestId> = listed.iter().map(|request| request.id).collect();
        assert_eq!(listed, expected, "{whose:?} {skip} {limit}");
    }
}

pub(crate) async fn the_store_can_be_checked(test: StoreUnderTest) {
    test.store.check().await.unwrap();
}

/// Alice's request as it becomes: another status, at most one revision later.
async fn stored(test: &StoreUnderTest, seconds: u32, become_: impl FnOnce(&mut Request)) -> Request {
    let transition = submission("U0ALICE", "payments", "s3-bucket", at(seconds));
    test.commit(Commit { quota: None, ..insert(&transition) }).await;
    let mut request = changed(&transition.request, "changed");
    become_(&mut request);
    test.commit(replace(&request)).await;
    request
}

/// Provisioned at 12:00, and its lease runs.
fn activate(request: &mut Request) {
    request.activated_at = Some(at(0));
    request.status = Status::Active { lease: Lease::begin(&request.product.lease, at(0)) };
}

fn end(request: &mut Request, seconds: u32) {
    request.ended_at = Some(at(seconds));
    request.status = Status::Cancelled;
}

fn ask_for_a_renewal(request: &mut Request, answer: Option<RenewalAnswer>) {
    activate(request);
    request.renewal = Some(Renewal {
        by: PersonId::new("U0ALICE"),
        period: Period::days(30),
        renewals: 12,
        holds_end: true,
        approve_by: request.product.approval.timeout.after(at(90)),
        approvals: Vec::new(),
        answer,
        withdrawn_by: None,
    });
}

pub(crate) async fn a_message_about_several_requests_finds_them_all(test: StoreUnderTest) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        let warned = |request: &mut Request| {
            request.messages.insert(Surface::Warning, message("7.7"));
            request.messages.insert(Surface::Direct, message(&request.id.to_string()));
        };
        ids.push(stored(&test, 0, warned).await.id);
    }
    ids.sort_by_key(ToString::to_string);
    assert_eq!(test.store.requests_of_message(&message("7.7")).await.unwrap(), ids);
    let own = message(&ids[2].to_string());
    assert_eq!(test.store.requests_of_message(&own).await.unwrap(), [ids[2]]);
    let elsewhere = MessageRef { channel: ChannelId::new("C0OTHER"), ts: "7.7".to_owned() };
    assert_eq!(test.store.requests_of_message(&elsewhere).await.unwrap(), []);
}

pub(crate) async fn what_is_listed_may_be_what_lives_has_ended_or_waits(test: StoreUnderTest) {
    let pending = stored(&test, 0, |_| {}).await.id;
    let asking = stored(&test, 1, |request| {
        request.status = Status::AwaitingApproval { token: TaskToken::new("token") };
    })
    .await
    .id;
    let active = stored(&test, 2, activate).await.id;
    let renewing = stored(&test, 3, |request| ask_for_a_renewal(request, None)).await.id;
    let granted =
        stored(&test, 4, |request| ask_for_a_renewal(request, Some(RenewalAnswer::Granted))).await.id;
    let ended = stored(&test, 5, |request| end(request, 60)).await.id;
    let first_to_end = stored(&test, 6, |request| end(request, 50)).await.id;
    for whose in [
        Whose::Owner(PersonId::new("U0ALICE")),
        Whose::Team(TeamName::new("payments")),
        Whose::TeamProduct(TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap()),
    ] {
        for (which, expected) in [
            (Which::All, vec![first_to_end, ended, granted, renewing, active, asking, pending]),
            (Which::Live, vec![granted, renewing, active, asking, pending]),
            (Which::Ended, vec![ended, first_to_end]),
            (Which::Waiting, vec![asking, renewing]),
        ] {
            let listed = test.store.list(&whose, which, 0, 10).await.unwrap();
            let listed: Vec<RequestId> = listed.iter().map(|request| request.id).collect();
            assert_eq!(listed, expected, "{whose:?} {which:?}");
            let second = test.store.list(&whose, which, 1, 1).await.unwrap();
            assert_eq!(second[0].id, expected[1], "{whose:?} {which:?}");
        }
    }
}

/// When what they hold was submitted is not told, so these are told apart by their ends.
async fn ends_of_held(test: &StoreUnderTest, whose: &Whose, since: u32) -> Vec<Option<Timestamp>> {
    let held = test.store.holdings(whose, at(since)).await.unwrap();
    let mut ends: Vec<_> = held.into_iter().map(|holding| holding.ended_at).collect();
    ends.sort();
    ends
}

pub(crate) async fn what_is_held_is_what_lives_and_what_ended_since(test: StoreUnderTest) {
    stored(&test, 0, activate).await;
    stored(&test, 1, |request| end(request, 100)).await;
    stored(&test, 2, |request| end(request, 200)).await;
    for whose in [
        Whose::Owner(PersonId::new("U0ALICE")),
        Whose::Team(TeamName::new("payments")),
        Whose::TeamProduct(TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap()),
    ] {
        let (first, second) = (Some(at(100)), Some(at(200)));
        for (since, expected) in [
            (100, vec![None, first, second]),
            (101, vec![None, second]),
            (200, vec![None, second]),
            (201, vec![None]),
        ] {
            assert_eq!(ends_of_held(&test, &whose, since).await, expected, "{whose:?} since {since}");
        }
    }
    let others = [
        Whose::Owner(PersonId::new("U0AMIR")),
        Whose::Team(TeamName::new("search")),
        Whose::TeamProduct(TeamName::new("payments"), ProductKey::parse("rds-postgres").unwrap()),
    ];
    for whose in others {
        assert!(ends_of_held(&test, &whose, 0).await.is_empty(), "{whose:?}");
    }
}

pub(crate) async fn a_holding_says_what_sums_need_and_follows_the_row(test: StoreUnderTest) {
    let mut transition = alices();
    transition.request.estimate = Some(Estimate {
        monthly: Decimal::new(1_150, 2),
        region: "us-east-1".into(),
        priced_on: "2026-02-01".into(),
    });
    test.commit(insert(&transition)).await;
    let team = Whose::Team(TeamName::new("payments"));
    let mut expected = Holding {
        request: transition.request.id,
        team: TeamName::new("payments"),
        product: ProductKey::parse("s3-bucket").unwrap(),
        owner: PersonId::new("U0ALICE"),
        monthly: Some(Decimal::new(1_150, 2)),
        activated_at: None,
        ended_at: None,
        expires_at: None,
        billed: None,
    };
    assert_eq!(test.store.holdings(&team, at(0)).await.unwrap(), [expected.clone()]);

    let mut request = changed(&transition.request, "provisioned");
    activate(&mut request);
    test.commit(replace(&request)).await;
    expected.activated_at = Some(at(0));
    expected.expires_at = Some(request.lease().unwrap().expires_at);
    assert_eq!(test.store.holdings(&team, at(0)).await.unwrap(), [expected.clone()]);

    let month = jiff::civil::date(2026, 3, 1);
    let mut request = changed(&request, "charged");
    let amount = Decimal::new(1_234, 2);
    request.billed = Some(Billed { month, before: jiff::civil::date(2026, 3, 9), amount });
    test.commit(replace(&request)).await;
    expected.billed = Some((month, amount));
    assert_eq!(test.store.holdings(&team, at(0)).await.unwrap(), [expected.clone()]);

    let mut request = changed(&request, "gone");
    end(&mut request, 300);
    test.commit(replace(&request)).await;
    (expected.expires_at, expected.ended_at) = (None, Some(at(300)));
    assert_eq!(test.store.holdings(&team, at(0)).await.unwrap(), [expected]);
}

pub(crate) async fn what_is_handed_over_moves_to_the_lists_of_its_new_owner(test: StoreUnderTest) {
    let request = stored(&test, 0, activate).await;
    let mut handed = changed(&request, "handed over");
    handed.owner = PersonId::new("U0AMIR");
    test.commit(replace(&handed)).await;
    for (person, expected) in [("U0ALICE", 0), ("U0AMIR", 1)] {
        let whose = Whose::Owner(PersonId::new(person));
        for which in [Which::All, Which::Live] {
            assert_eq!(test.store.list(&whose, which, 0, 10).await.unwrap().len(), expected, "{person}");
        }
        assert_eq!(test.store.holdings(&whose, at(0)).await.unwrap().len(), expected, "{person}");
    }
    let team = Whose::Team(TeamName::new("payments"));
    assert_eq!(test.store.holdings(&team, at(0)).await.unwrap()[0].owner, PersonId::new("U0AMIR"));
}
