//! A team under several names: its limits hold for all of them together, whatever moves from one to the other meanwhile.

use super::{StoreUnderTest, slot};
use crate::sample::{alices, at};
use futures_util::stream::{self, StreamExt as _};
use jiff::civil::date;
use quartermaster::domain::counters::{Counter, CounterDay};
use quartermaster::domain::ids::TeamName;
use quartermaster::domain::quota::{QuotaChange, QuotaUse, TeamUse};
use quartermaster::domain::request::Request;
use quartermaster::domain::transition::rename_team;
use quartermaster::ports::store::{Commit, CommitError, RequestFilter, RequestScope, RowChange, Store};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What payments held when it was renamed, the slots there are, and forms that are submitted meanwhile.
const HELD: u32 = 20;
pub(crate) const SLOTS: u32 = 25;
const FORMS: usize = 200;
const AT_ONCE: usize = 16;

fn name(text: &str) -> TeamName {
    TeamName::new(text)
}

/// Somebody's request under one name of the team, within limits that count both.
fn submission(team: &str, namesake: &str, limit: Option<u32>, budget: Option<i64>) -> (Request, Commit) {
    let mut request = alices().request;
    request.team = name(team);
    let (slot, monthly) = (request.slot(), Decimal::from(10));
    let quota = QuotaChange::Take { slot, limit, monthly, budget: budget.map(Decimal::from) };
    let commit = Commit {
        row: Some(RowChange::Insert(Box::new(request.clone()))),
        quota: Some(quota),
        namesakes: vec![name(namesake)],
        ..Commit::default()
    };
    (request, commit)
}

/// What the takeover commits of a row.
fn moved(request: &Request) -> Commit {
    let change = rename_team(request, &name("billing"), at(60));
    let Some(QuotaChange::Move { from, to, .. }) = change.quota else { panic!("its slot moves") };
    Commit {
        row: Some(RowChange::Replace(Box::new(change.request))),
        quota: Some(QuotaChange::Move { from, to, monthly: Decimal::from(10) }),
        ..Commit::default()
    }
}

async fn held(store: &dyn Store, team: &str) -> (u32, Decimal) {
    let uses: Vec<TeamUse> = store.team_use(&name(team)).await.unwrap();
    (uses.iter().map(|held| held.used).sum(), uses.iter().map(|held| held.monthly).sum())
}

/// Takes over everything while forms are submitted, by these bots in turn, and checks that the limit holds exactly.
pub(crate) async fn takes_over(stores: &[Arc<dyn Store>], limit: Option<u32>, budget: Option<i64>) {
    let mut old = Vec::new();
    for _ in 0..HELD {
        let (request, commit) = submission("payments", "billing", None, None);
        stores[0].commit(commit).await.unwrap();
        old.push(request);
    }
    let forms = stores.iter().cycle().take(FORMS).map(|store| {
        let store = Arc::clone(store);
        let commit = async move { store.commit(submission("billing", "payments", limit, budget).1).await };
        async { tokio::spawn(commit).await.unwrap() }
    });
    let forms = stream::iter(forms).buffer_unordered(AT_ONCE).collect::<Vec<_>>();
    // As the job does: one row after the other, again where the store did not answer.
    let rows = async {
        for (request, store) in old.iter().zip(stores.iter().cycle()) {
            while let Err(CommitError::Other(_)) = store.commit(moved(request)).await {}
        }
    };
    let (forms, ()) = tokio::join!(forms, rows);
    let mut taken = 0;
    for form in forms {
        match form {
            Ok(()) => taken += 1,
            Err(CommitError::QuotaFull(QuotaUse { used: SLOTS, limit: SLOTS })) if limit.is_some() => {}
            Err(CommitError::BudgetSpent(spent)) if budget.is_some() => {
                assert_eq!(spent, Decimal::from(SLOTS * 10));
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(held(&*stores[0], "payments").await, (0, Decimal::ZERO));
    assert_eq!(held(&*stores[0], "billing").await, (HELD + taken, Decimal::from((HELD + taken) * 10)));
    let listed = async |team: &str| {
        stores[0]
            .list(&RequestScope::Team(name(team)), RequestFilter::Live, None, 1_000)
            .await
            .unwrap()
            .places
            .len()
    };
    assert_eq!(
        (listed("payments").await, listed("billing").await),
        (0, usize::try_from(HELD + taken).unwrap())
    );
    assert_eq!(taken, SLOTS - HELD);
}

pub(crate) async fn while_a_team_is_taken_over_submissions_take_exactly_the_free_slots(test: StoreUnderTest) {
    takes_over(&[test.store], Some(SLOTS), None).await;
}

pub(crate) async fn while_a_team_is_taken_over_submissions_take_exactly_what_the_budget_has_left(
    test: StoreUnderTest,
) {
    takes_over(&[test.store], None, Some(i64::from(SLOTS) * 10)).await;
}

pub(crate) async fn limits_count_what_stands_under_other_names_of_the_team(test: StoreUnderTest) {
    let taken = |team, namesake, limit, budget| submission(team, namesake, limit, budget).1;
    test.commit(taken("payments", "billing", Some(2), Some(25))).await;
    test.commit(taken("billing", "payments", Some(2), Some(25))).await;
    for (team, namesake) in [("billing", "payments"), ("payments", "billing"), ("billing", "other")] {
        let full = test.store.commit(taken(team, namesake, Some(2), None)).await;
        if namesake == "other" {
            full.unwrap();
        } else {
            assert!(matches!(full, Err(CommitError::QuotaFull(QuotaUse { used: 2, limit: 2 }))), "{full:?}");
        }
    }
    let spent = test.refusal(taken("payments", "billing", None, Some(35))).await;
    assert!(matches!(&spent, CommitError::BudgetSpent(spent) if *spent == Decimal::from(30)), "{spent:?}");
    let grows = |monthly: i64| {
        let (slot, budget) = (slot("payments", "s3-bucket"), Some(Decimal::from(35)));
        let quota = Some(QuotaChange::Grow { slot, monthly: Decimal::from(monthly), budget });
        Commit { quota, namesakes: vec![name("billing")], ..Commit::default() }
    };
    let spent = test.refusal(grows(6)).await;
    assert!(matches!(&spent, CommitError::BudgetSpent(spent) if *spent == Decimal::from(30)), "{spent:?}");
    test.commit(grows(5)).await;
    assert_eq!(held(&*test.store, "payments").await, (1, Decimal::from(15)));
}

pub(crate) async fn of_a_row_that_moves_and_ends_at_once_one_slot_is_free(test: StoreUnderTest) {
    let (request, commit) = submission("payments", "billing", None, None);
    test.commit(commit).await;
    test.commit(submission("payments", "billing", None, None).1).await;
    let mut ended = request.clone();
    ended.revision += 1;
    let release = Commit {
        row: Some(RowChange::Replace(Box::new(ended))),
        quota: Some(QuotaChange::Release { slot: request.slot(), monthly: Decimal::from(10) }),
        ..Commit::default()
    };
    let (one, other) = tokio::join!(test.store.commit(release), test.store.commit(moved(&request)));
    let is_stale = |done: &Result<(), CommitError>| matches!(done, Err(CommitError::Stale));
    assert!(one.is_ok() != other.is_ok() && (is_stale(&one) || is_stale(&other)), "{one:?} {other:?}");
    let (old, new) = (held(&*test.store, "payments").await.0, held(&*test.store, "billing").await.0);
    assert_eq!((old, new), if one.is_ok() { (1, 0) } else { (1, 1) });
}

pub(crate) async fn every_team_that_ever_held_something_is_known(test: StoreUnderTest) {
    assert_eq!(test.store.teams().await.unwrap(), []);
    let (request, commit) = submission("payments", "billing", None, None);
    test.commit(commit).await;
    test.commit(submission("search", "billing", None, None).1).await;
    test.commit(moved(&request)).await;
    let release = QuotaChange::Release { slot: slot("search", "s3-bucket"), monthly: Decimal::from(10) };
    test.commit(Commit { quota: Some(release), ..Commit::default() }).await;
    assert_eq!(test.store.teams().await.unwrap(), ["billing", "payments", "search"].map(name));
}

pub(crate) async fn all_requests_are_listed_newest_first_in_pages(test: StoreUnderTest) {
    let mut ids = Vec::new();
    for (second, team) in ["payments", "search", "payments", "billing", "search"].into_iter().enumerate() {
        let (mut request, mut commit) = submission(team, "-", None, None);
        request.submitted_at = at(u32::try_from(second).unwrap());
        commit.row = Some(RowChange::Insert(Box::new(request.clone())));
        test.commit(commit).await;
        ids.insert(0, request.id);
    }
    let page = async |which, limit| {
        let page = test.store.list(&RequestScope::All, which, None, limit).await.unwrap();
        let next = page.next();
        (page.requests().into_iter().map(|request| request.id).collect::<Vec<_>>(), next)
    };
    let (first, next) = page(RequestFilter::Live, 3).await;
    assert_eq!(first, ids[..3]);
    let rest =
        test.store.list(&RequestScope::All, RequestFilter::Live, next.as_ref(), 3).await.unwrap().requests();
    assert_eq!(rest.into_iter().map(|request| request.id).collect::<Vec<_>>(), ids[3..]);
    assert_eq!(page(RequestFilter::Live, 10).await, (ids.clone(), None));
    assert_eq!(page(RequestFilter::Ended, 10).await, (Vec::new(), None));
    let (waiting, _) = page(RequestFilter::Waiting, 10).await;
    let waits = test.store.load(ids[0]).await.unwrap().unwrap().waits_for_approvers();
    assert_eq!(waiting.len(), if waits { 5 } else { 0 });
    let holdings = test.store.holdings(&RequestScope::All, at(0)).await.unwrap();
    assert_eq!(holdings.iter().map(|held| held.request).collect::<BTreeSet<_>>(), ids.into_iter().collect());
}

pub(crate) async fn what_was_counted_of_a_team_moves_whole_and_once(test: StoreUnderTest) {
    let [first, second] = [1, 2].map(|day| date(2026, 3, day));
    let tally = |team: &str, day, marks: &[Counter]| {
        let tally = CounterDay { team: name(team), day, marks: marks.iter().copied().collect() };
        Commit { tally: Some(tally), ..Commit::default() }
    };
    test.commit(tally("payments", first, &[Counter::Submitted, Counter::Auto])).await;
    test.commit(tally("payments", second, &[Counter::Submitted])).await;
    test.commit(tally("billing", second, &[Counter::Submitted, Counter::Ready])).await;
    for _ in 0..2 {
        test.store.move_counts(&name("payments"), &name("billing")).await.unwrap();
        let counts = test.store.counts(&name("billing"), first).await.unwrap();
        let of = [Counter::Submitted, Counter::Auto, Counter::Ready].map(|mark| counts.of(mark));
        assert_eq!(of, [3, 1, 1]);
        assert_eq!(test.store.counts(&name("payments"), first).await.unwrap().of(Counter::Submitted), 0);
        assert_eq!(test.store.counts(&name("billing"), second).await.unwrap().of(Counter::Submitted), 2);
    }
    test.commit(tally("payments", second, &[Counter::Submitted])).await;
    test.store.move_counts(&name("payments"), &name("billing")).await.unwrap();
    assert_eq!(test.store.counts(&name("billing"), second).await.unwrap().of(Counter::Submitted), 3);
}
