//! Finding requests and messages, and what people and teams hold.

use super::{StoreUnderTest, message};
use crate::sample::{alices, at, changed, insert, replace, submission};
use jiff::Timestamp;
use quartermaster::domain::approval::{About, Answer, Approval, ApprovalPath, Renewal};
use quartermaster::domain::cost::Estimate;
use quartermaster::domain::ids::{ChannelId, PersonId, ProductKey, RequestId, TaskToken, TeamName};
use quartermaster::domain::lease::Lease;
use quartermaster::domain::period::Period;
use quartermaster::domain::request::{Billed, MessageRef, MessageSlot, Request, Status};
use quartermaster::ports::store::{Commit, Cursor, Holding, RequestFilter, RequestPage, RequestScope};
use rust_decimal::Decimal;

pub(crate) async fn a_message_finds_its_request_even_after_another_took_its_place(test: StoreUnderTest) {
    let mut request = changed(&test.submitted().await, "posted");
    request.messages.insert(MessageSlot::Card, message("1.1"));
    test.commit(replace(&request)).await;
    request = changed(&request, "posted again");
    request.messages.insert(MessageSlot::Card, message("2.2"));
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
    let alice = RequestScope::Owner(PersonId::new("U0ALICE"));
    let payments = RequestScope::Team(TeamName::new("payments"));
    let buckets =
        RequestScope::TeamProduct(TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap());
    for (whose, limit, expected) in [
        (&alice, 10, vec![vec![ids[3], ids[2], ids[0]]]),
        (&alice, 1, vec![vec![ids[3]], vec![ids[2]], vec![ids[0]]]),
        (&payments, 2, vec![vec![ids[3], ids[1]], vec![ids[0]]]),
        (&payments, 3, vec![vec![ids[3], ids[1], ids[0]]]),
        (&buckets, 10, vec![vec![ids[3], ids[0]]]),
    ] {
        assert_eq!(pages(&test, whose, RequestFilter::Live, limit).await, expected, "{whose:?} {limit}");
    }
}

fn ids(listed: RequestPage) -> Vec<RequestId> {
    listed.requests().into_iter().map(|request| request.id).collect()
}

/// All pages of a list, one after the other.
async fn pages(
    test: &StoreUnderTest,
    whose: &RequestScope,
    which: RequestFilter,
    limit: usize,
) -> Vec<Vec<RequestId>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = test.store.list(whose, which, after.as_ref(), limit).await.unwrap();
        after = page.next();
        pages.push(ids(page));
        if after.is_none() {
            return pages;
        }
    }
}

pub(crate) async fn what_is_of_one_moment_comes_once_each_in_whatever_pages(test: StoreUnderTest) {
    let mut all = Vec::new();
    for n in 0..7 {
        all.push(stored(&test, n / 5, activate).await.id);
    }
    all.sort();
    let payments = RequestScope::Team(TeamName::new("payments"));
    for limit in 1..=8 {
        let mut read = pages(&test, &payments, RequestFilter::Live, limit).await.concat();
        let (newer, older) = read.split_at(2);
        let is_newer = |id: &RequestId| newer.contains(id) && !older.contains(id);
        assert_eq!(read.iter().filter(|id| is_newer(id)).count(), 2, "{limit}");
        read.sort();
        assert_eq!(read, all, "{limit}");
    }
}

pub(crate) async fn what_moves_between_pages_is_neither_missed_nor_shown_twice(test: StoreUnderTest) {
    let mut live = Vec::new();
    for second in 0..8 {
        live.push(stored(&test, second, activate).await);
    }
    live.reverse();
    let payments = RequestScope::Team(TeamName::new("payments"));
    let first = test.store.list(&payments, RequestFilter::Live, None, 3).await.unwrap();
    let after = first.next().unwrap();
    assert_eq!(ids(first), [0, 1, 2].map(|at| live[at].id));
    // Of those that were shown two end, the last one too, of the others one does, and another is submitted.
    for at in [0, 2, 4] {
        let mut ended = changed(&live[at], "gone");
        end(&mut ended, 100 + u32::try_from(at).unwrap());
        test.commit(replace(&ended)).await;
    }
    stored(&test, 50, activate).await;
    // A cursor may be kept as a text meanwhile.
    let after = Cursor::parse(&after.written());
    let second = test.store.list(&payments, RequestFilter::Live, after.as_ref(), 3).await.unwrap();
    let after = second.next().unwrap();
    assert_eq!(ids(second), [3, 5, 6].map(|at| live[at].id));
    let third = test.store.list(&payments, RequestFilter::Live, Some(&after), 3).await.unwrap();
    assert_eq!((third.more, ids(third)), (false, vec![live[7].id]));
}

pub(crate) async fn what_was_asked_first_waits_longest_however_old_its_request_is(test: StoreUnderTest) {
    let mut renewals = Vec::new();
    for second in 0..4 {
        renewals.push(stored(&test, second, |request| ask_for_a_renewal(request, None)).await.id);
    }
    let asking = stored(&test, 30, |request| {
        request.status = Status::AwaitingApproval { token: TaskToken::new("token") };
    })
    .await
    .id;
    for whose in [
        RequestScope::Team(TeamName::new("payments")),
        RequestScope::Product(ProductKey::parse("s3-bucket").unwrap()),
        RequestScope::All,
    ] {
        let longest = test.store.list(&whose, RequestFilter::Waiting, None, 1).await.unwrap();
        let after = longest.next();
        assert_eq!(ids(longest), [asking], "{whose:?}");
        let mut rest =
            ids(test.store.list(&whose, RequestFilter::Waiting, after.as_ref(), 10).await.unwrap());
        rest.sort();
        renewals.sort();
        assert_eq!(rest, renewals, "{whose:?}");
        assert_eq!(test.store.count_waiting(&whose, 3).await.unwrap(), 3);
        assert_eq!(test.store.count_waiting(&whose, 10).await.unwrap(), 5);
    }
    let elsewhere = [
        RequestScope::Team(TeamName::new("search")),
        RequestScope::Product(ProductKey::parse("vm").unwrap()),
    ];
    for whose in elsewhere {
        assert_eq!(test.store.count_waiting(&whose, 10).await.unwrap(), 0, "{whose:?}");
    }
}

pub(crate) async fn what_is_answered_waits_in_no_list_and_waits_again_when_it_asks_again(
    test: StoreUnderTest,
) {
    let renewal = stored(&test, 0, |request| ask_for_a_renewal(request, None)).await;
    let mut answered = changed(&renewal, "answered");
    ask_for_a_renewal(&mut answered, Some(Answer::Approved));
    test.commit(replace(&answered)).await;
    let lists = [
        RequestScope::Team(TeamName::new("payments")),
        RequestScope::Product(ProductKey::parse("s3-bucket").unwrap()),
        RequestScope::All,
    ];
    for whose in &lists {
        assert_eq!(test.store.count_waiting(whose, 10).await.unwrap(), 0, "{whose:?}");
    }
    let mut again = changed(&answered, "asked again");
    ask_for_a_renewal(&mut again, None);
    test.commit(replace(&again)).await;
    for whose in &lists {
        let waiting = test.store.list(whose, RequestFilter::Waiting, None, 10).await.unwrap();
        assert_eq!(ids(waiting), [renewal.id], "{whose:?}");
    }
}

pub(crate) async fn a_list_that_nobody_reads_is_an_error_and_not_empty(test: StoreUnderTest) {
    let (alice, buckets) = (
        RequestScope::Owner(PersonId::new("U0ALICE")),
        RequestScope::Product(ProductKey::parse("s3-bucket").unwrap()),
    );
    for (whose, which) in [
        (&alice, RequestFilter::Waiting),
        (&alice, RequestFilter::Exceptions),
        (&buckets, RequestFilter::Live),
    ] {
        assert!(test.store.list(whose, which, None, 1).await.is_err(), "{whose:?} {which:?}");
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

fn ask_for_a_renewal(request: &mut Request, answer: Option<Answer>) {
    activate(request);
    let renewal = Renewal { period: Period::days(30), renewals: 12, holds_end: true };
    let answer_by = request.product.approval.timeout.after(at(90));
    let asked = (PersonId::new("U0ALICE"), at(90));
    let path = ApprovalPath::ask(1);
    request.later = vec![Approval { answer, ..Approval::new(About::Renew(renewal), asked, answer_by, path) }];
}

pub(crate) async fn a_message_about_several_requests_finds_them_all(test: StoreUnderTest) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        let warned = |request: &mut Request| {
            request.messages.insert(MessageSlot::Warning, message("7.7"));
            request.messages.insert(MessageSlot::Direct, message(&request.id.to_string()));
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
    let granted = stored(&test, 4, |request| ask_for_a_renewal(request, Some(Answer::Approved))).await.id;
    let ended = stored(&test, 5, |request| end(request, 60)).await.id;
    let first_to_end = stored(&test, 6, |request| end(request, 50)).await.id;
    for whose in [
        RequestScope::Owner(PersonId::new("U0ALICE")),
        RequestScope::Team(TeamName::new("payments")),
        RequestScope::TeamProduct(TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap()),
    ] {
        for (which, expected) in [
            (RequestFilter::Live, vec![granted, renewing, active, asking, pending]),
            (RequestFilter::Ended, vec![ended, first_to_end]),
            (RequestFilter::Waiting, vec![asking, renewing]),
        ] {
            if which.is_listed_of(&whose) {
                let listed = test.store.list(&whose, which, None, 10).await.unwrap();
                assert_eq!((listed.more, ids(listed)), (false, expected), "{whose:?} {which:?}");
            }
        }
    }
}

/// When what they hold was submitted is not told, so these are told apart by their ends.
async fn ends_of_held(test: &StoreUnderTest, whose: &RequestScope, since: u32) -> Vec<Option<Timestamp>> {
    let holdings = test.store.holdings(whose, at(since)).await.unwrap();
    let mut ends: Vec<_> = holdings.into_iter().map(|holding| holding.ended_at).collect();
    ends.sort();
    ends
}

pub(crate) async fn what_is_held_is_what_lives_and_what_ended_since(test: StoreUnderTest) {
    stored(&test, 0, activate).await;
    stored(&test, 1, |request| end(request, 100)).await;
    stored(&test, 2, |request| end(request, 200)).await;
    for whose in [
        RequestScope::Owner(PersonId::new("U0ALICE")),
        RequestScope::Team(TeamName::new("payments")),
        RequestScope::TeamProduct(TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap()),
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
        RequestScope::Owner(PersonId::new("U0AMIR")),
        RequestScope::Team(TeamName::new("search")),
        RequestScope::TeamProduct(TeamName::new("payments"), ProductKey::parse("rds-postgres").unwrap()),
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
    let team = RequestScope::Team(TeamName::new("payments"));
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
        let whose = RequestScope::Owner(PersonId::new(person));
        let listed = test.store.list(&whose, RequestFilter::Live, None, 10).await.unwrap();
        assert_eq!(listed.places.len(), expected, "{person}");
        assert_eq!(test.store.holdings(&whose, at(0)).await.unwrap().len(), expected, "{person}");
    }
    let team = RequestScope::Team(TeamName::new("payments"));
    assert_eq!(test.store.holdings(&team, at(0)).await.unwrap()[0].owner, PersonId::new("U0AMIR"));
}
