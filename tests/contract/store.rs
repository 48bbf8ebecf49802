//! What [`Store`] promises.

use std::sync::Arc;

use quartermaster::domain::audit::{Actor, AuditSubject};
use quartermaster::domain::ids::{ChannelId, PersonId, ProductKey, RequestId, TaskToken, TeamName};
use quartermaster::domain::job::{Job, JobKey, JobKind};
use quartermaster::domain::period::Period;
use quartermaster::domain::quota::{QuotaChange, QuotaSlot, QuotaUse};
use quartermaster::domain::request::{MessageRef, News, Request, Status, StatusName, Surface};
use quartermaster::ports::store::{Claim, ClaimedJob, Commit, CommitError, RowChange, Store, Which, Whose};
use rust_decimal::Decimal;

use crate::sample::{Keep, alices, at, changed, insert, replace, submission};

macro_rules! store_suite {
    ($name:ident, $make:path) => {
        crate::suite!(
            store,
            $name,
            $make,
            [
                a_request_is_read_back_as_it_was_committed,
                of_many_commits_on_one_revision_exactly_one_wins,
                a_request_is_inserted_once,
                a_replacement_needs_the_revision_before_its_own,
                a_commit_whose_answer_was_lost_may_be_repeated,
                two_changes_that_differ_in_their_jobs_alone_are_not_one,
                a_key_commits_once_and_names_its_request,
                a_key_that_came_without_a_row_names_no_request,
                a_refused_commit_changes_nothing,
                reasons_to_refuse_are_checked_in_their_order,
                two_hundred_submissions_take_three_slots,
                slots_are_counted_for_each_team_and_product,
                a_slot_is_given_back_and_never_more_than_were_taken,
                a_message_finds_its_request_even_after_another_took_its_place,
                entries_are_read_in_the_order_of_their_commits,
                an_entry_that_somebody_else_appended_makes_the_commit_stale,
                a_request_is_found_by_the_beginning_of_its_id,
                lists_are_newest_first_and_come_in_pages,
                what_lives_what_has_ended_and_what_waits_are_listed_apart,
                holdings_are_what_lives_and_what_ended_since_then,
                the_store_can_be_checked,
                jobs_are_claimed_when_due_oldest_first,
                of_many_claimers_one_gets_the_job,
                a_claim_runs_out,
                only_the_named_jobs_that_are_due_are_claimed,
                a_job_is_never_due_before_its_time,
                a_done_job_is_gone,
                a_job_that_was_put_off_comes_back_and_counts,
                a_parked_job_is_not_claimed_until_it_is_written_again,
                whoever_holds_a_rewritten_job_has_lost_it,
                a_claim_does_not_fit_a_job_that_was_deleted_and_written_again,
                a_commit_finishes_the_job_that_caused_it,
                a_commit_may_write_the_job_that_caused_it_again,
            ]
        );
    };
}
pub(crate) use store_suite as suite;

/// A fresh store.
pub(crate) struct StoreUnderTest {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) _keep: Keep,
}

impl StoreUnderTest {
    async fn commit(&self, commit: Commit) {
        self.store.commit(commit).await.unwrap();
    }

    async fn refusal(&self, commit: Commit) -> CommitError {
        self.store.commit(commit).await.unwrap_err()
    }

    /// Commits Alice's submission.
    async fn submitted(&self) -> Request {
        let transition = alices();
        self.commit(insert(&transition)).await;
        transition.request
    }

    async fn loaded(&self, id: RequestId) -> Option<Request> {
        self.store.load(id).await.unwrap()
    }

    async fn used(&self, slot: &QuotaSlot) -> u32 {
        self.store.quota_used(slot).await.unwrap()
    }

    /// Writes one job due at 12:00 and this many seconds.
    async fn write_job(&self, request: RequestId, kind: JobKind, seconds: u32) -> JobKey {
        let job = kind.due(request, at(seconds));
        let key = job.key.clone();
        self.commit(Commit { jobs: vec![job], ..Commit::default() }).await;
        key
    }

    /// Claims what is due, each claim for two minutes.
    async fn claim_due(&self, seconds: u32) -> Vec<ClaimedJob> {
        let keys = self.store.due(at(seconds), 100).await.unwrap();
        self.store.claim(&keys, at(seconds), at(seconds + 120)).await.unwrap()
    }

    /// Names of the jobs that are not parked.
    async fn waiting(&self) -> Vec<String> {
        let due = self.store.due(at(u32::MAX), 100).await.unwrap();
        due.into_iter().map(|key| key.name).collect()
    }

    async fn claim_one(&self, seconds: u32) -> ClaimedJob {
        let mut claimed = self.claim_due(seconds).await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }
}

fn slot(team: &str, product: &str) -> QuotaSlot {
    QuotaSlot { team: TeamName::new(team), product: ProductKey::parse(product).unwrap() }
}

fn names(claimed: &[ClaimedJob]) -> Vec<&str> {
    claimed.iter().map(|job| job.claim.key.name.as_str()).collect()
}

fn message(ts: &str) -> MessageRef {
    MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: ts.to_owned() }
}

pub(crate) async fn a_request_is_read_back_as_it_was_committed(test: StoreUnderTest) {
    let mut transition = alices();
    for (surface, ts) in [
        (Surface::Card, "1.1"),
        (Surface::Thread, "1.2"),
        (Surface::Direct, "1.3"),
        (Surface::Told(News::Status(StatusName::Active)), "1.4"),
    ] {
        transition.request.messages.insert(surface, message(ts));
    }
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
    commit.once = Some("V1".to_owned());
    test.commit(commit.clone()).await;
    test.commit(commit).await;
    assert_eq!(test.store.audit_of(transition.request.id).await.unwrap(), transition.audit);
    assert_eq!(test.used(&slot("payments", "s3-bucket")).await, 1);
}

pub(crate) async fn a_key_commits_once_and_names_its_request(test: StoreUnderTest) {
    let (first, second) = (alices(), alices());
    let keyed = |transition| Commit { once: Some("V1".to_owned()), ..insert(transition) };
    test.commit(keyed(&first)).await;
    let refusal = test.refusal(keyed(&second)).await;
    assert!(matches!(refusal, CommitError::Again(Some(id)) if id == first.request.id), "{refusal:?}");
    assert_eq!(test.loaded(second.request.id).await, None);
}

pub(crate) async fn a_key_that_came_without_a_row_names_no_request(test: StoreUnderTest) {
    let event = Commit { once: Some("Ev1".to_owned()), ..Commit::default() };
    test.commit(event.clone()).await;
    assert!(matches!(test.refusal(event).await, CommitError::Again(None)));
}

pub(crate) async fn a_refused_commit_changes_nothing(test: StoreUnderTest) {
    let transition = alices();
    let full = QuotaChange::Take {
        slot: slot("payments", "s3-bucket"),
        limit: 0,
        monthly: Decimal::ZERO,
        budget: None,
    };
    let refused = Commit { once: Some("V1".to_owned()), quota: Some(full), ..insert(&transition) };
    let refusal = test.refusal(refused).await;
    assert!(matches!(refusal, CommitError::QuotaFull(QuotaUse { used: 0, limit: 0 })), "{refusal:?}");
    assert_eq!(test.loaded(transition.request.id).await, None);
    assert!(test.store.audit_of(transition.request.id).await.unwrap().is_empty());
    assert!(test.waiting().await.is_empty());
    test.commit(Commit { once: Some("V1".to_owned()), ..insert(&transition) }).await;
}

pub(crate) async fn reasons_to_refuse_are_checked_in_their_order(test: StoreUnderTest) {
    let request = test.submitted().await;
    test.commit(Commit { once: Some("V1".to_owned()), ..Commit::default() }).await;
    let key = JobKey { of: request.id.into(), name: "never written".to_owned() };
    let mut wrong = Commit {
        done: Some(Claim { key, id: 7 }),
        once: Some("V1".to_owned()),
        quota: Some(QuotaChange::Take {
            slot: slot("payments", "s3-bucket"),
            limit: 1,
            monthly: Decimal::ZERO,
            budget: None,
        }),
        ..replace(&Request { revision: 9, ..request.clone() })
    };
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::ClaimLost));
    wrong.done = None;
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::Again(None)));
    wrong.once = None;
    assert!(matches!(test.refusal(wrong.clone()).await, CommitError::Stale));
    wrong.row = replace(&changed(&request, "next")).row;
    assert!(matches!(test.refusal(wrong).await, CommitError::QuotaFull(QuotaUse { used: 1, limit: 1 })));
}

pub(crate) async fn two_changes_that_differ_in_their_jobs_alone_are_not_one(test: StoreUnderTest) {
    let request = test.submitted().await;
    let next = Request { revision: request.revision + 1, ..request.clone() };
    let with = |kind: JobKind| Commit { jobs: vec![kind.due(next.id, at(0))], ..replace(&next) };
    test.commit(with(JobKind::Provision)).await;
    assert!(matches!(test.refusal(with(JobKind::Terminate)).await, CommitError::Stale));
}

pub(crate) async fn two_hundred_submissions_take_three_slots(test: StoreUnderTest) {
    let writers = (0..200).map(|_| {
        let store = Arc::clone(&test.store);
        tokio::spawn(async move { store.commit(insert(&alices())).await })
    });
    let mut taken = 0;
    for writer in futures_util::future::join_all(writers).await {
        match writer.unwrap() {
            Ok(()) => taken += 1,
            Err(error) => {
                assert!(matches!(error, CommitError::QuotaFull(QuotaUse { used: 3, limit: 3 })), "{error:?}");
            }
        }
    }
    assert_eq!(taken, 3);
    assert_eq!(test.used(&slot("payments", "s3-bucket")).await, 3);
    let whose = Whose::Team(TeamName::new("payments"));
    assert_eq!(test.store.list(&whose, Which::All, 0, 100).await.unwrap().len(), 3);
}

pub(crate) async fn slots_are_counted_for_each_team_and_product(test: StoreUnderTest) {
    for (team, product) in [("payments", "s3-bucket"), ("payments", "rds-postgres"), ("search", "s3-bucket")]
    {
        let change =
            QuotaChange::Take { slot: slot(team, product), limit: 1, monthly: Decimal::ZERO, budget: None };
        test.commit(Commit { quota: Some(change), ..Commit::default() }).await;
        assert_eq!(test.used(&slot(team, product)).await, 1);
    }
    assert_eq!(test.used(&slot("search", "rds-postgres")).await, 0);
}

pub(crate) async fn a_slot_is_given_back_and_never_more_than_were_taken(test: StoreUnderTest) {
    let change = |quota| Commit { quota: Some(quota), ..Commit::default() };
    let bucket = slot("payments", "s3-bucket");
    test.commit(change(QuotaChange::Release { slot: bucket.clone(), monthly: Decimal::ZERO })).await;
    test.commit(change(QuotaChange::Take {
        slot: bucket.clone(),
        limit: 1,
        monthly: Decimal::ZERO,
        budget: None,
    }))
    .await;
    for _ in 0..2 {
        test.commit(change(QuotaChange::Release { slot: bucket.clone(), monthly: Decimal::ZERO })).await;
        assert_eq!(test.used(&bucket).await, 0);
    }
    test.commit(change(QuotaChange::Take {
        slot: bucket.clone(),
        limit: 1,
        monthly: Decimal::ZERO,
        budget: None,
    }))
    .await;
    assert_eq!(test.used(&bucket).await, 1);
}

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

pub(crate) async fn what_lives_what_has_ended_and_what_waits_are_listed_apart(test: StoreUnderTest) {
    let (mut ids, payments) = (Vec::new(), Whose::Team(TeamName::new("payments")));
    for n in 0..4 {
        let transition = submission("U0ALICE", "payments", "s3-bucket", at(n));
        let mut request = transition.request.clone();
        test.commit(Commit { quota: None, ..insert(&transition) }).await;
        request.revision += 1;
        match n {
            // The second ended after the third.
            1 => (request.status, request.ended_at) = (Status::Cancelled, Some(at(90))),
            2 => (request.status, request.ended_at) = (Status::TimedOut, Some(at(80))),
            3 => request.status = Status::AwaitingApproval { token: TaskToken::new("t") },
            _ => {}
        }
        ids.push(request.id);
        test.commit(replace(&request)).await;
    }
    for (which, skip, expected) in [
        (Which::All, 0, vec![ids[3], ids[2], ids[1], ids[0]]),
        (Which::Live, 0, vec![ids[3], ids[0]]),
        (Which::Live, 1, vec![ids[0]]),
        (Which::Ended, 0, vec![ids[1], ids[2]]),
        (Which::Ended, 1, vec![ids[2]]),
        (Which::Waiting, 0, vec![ids[3]]),
    ] {
        for whose in [&payments, &Whose::Owner(PersonId::new("U0ALICE"))] {
            let listed = test.store.list(whose, which, skip, 10).await.unwrap();
            let listed: Vec<RequestId> = listed.iter().map(|request| request.id).collect();
            assert_eq!(listed, expected, "{which:?} {skip} of {whose:?}");
        }
    }
}

pub(crate) async fn holdings_are_what_lives_and_what_ended_since_then(test: StoreUnderTest) {
    let payments = Whose::Team(TeamName::new("payments"));
    for (n, ended_at) in [None, Some(at(50)), Some(at(60)), Some(at(70))].into_iter().enumerate() {
        let transition = submission("U0ALICE", "payments", "s3-bucket", at(0));
        test.commit(Commit { quota: None, ..insert(&transition) }).await;
        let mut request = transition.request;
        request.revision += 1;
        request.activated_at = Some(at(10 + u32::try_from(n).unwrap()));
        request.ended_at = ended_at;
        test.commit(replace(&request)).await;
    }
    test.commit(insert(&submission("U0BOB", "search", "s3-bucket", at(0)))).await;
    let mut held = test.store.holdings(&payments, at(60)).await.unwrap();
    held.sort_by_key(|holding| holding.activated_at);
    let dates: Vec<_> = held.iter().map(|holding| (holding.activated_at, holding.ended_at)).collect();
    let at = |seconds| Some(at(seconds));
    assert_eq!(dates, [(at(10), None), (at(12), at(60)), (at(13), at(70))]);
    assert!(held.iter().all(|holding| holding.owner.as_str() == "U0ALICE" && holding.monthly.is_none()));
}

pub(crate) async fn the_store_can_be_checked(test: StoreUnderTest) {
    test.store.check().await.unwrap();
}

pub(crate) async fn jobs_are_claimed_when_due_oldest_first(test: StoreUnderTest) {
    let id = RequestId::random();
    test.write_job(id, JobKind::Provision, 30).await;
    test.write_job(id, JobKind::Terminate, 10).await;
    test.write_job(id, JobKind::ApprovalDeadline, 20).await;
    assert_eq!(test.store.next_due().await.unwrap(), Some(at(10)));
    assert!(test.claim_due(9).await.is_empty());
    let oldest = test.store.due(at(20), 1).await.unwrap();
    let first = test.store.claim(&oldest, at(20), at(140)).await.unwrap();
    assert_eq!(names(&first), ["terminate"]);
    assert_eq!(first[0].kind, JobKind::Terminate);
    assert_eq!(first[0].attempts, 0);
    assert_eq!(names(&test.claim_due(30).await), ["deadline", "provision"]);
    assert!(test.claim_due(30).await.is_empty());
    assert_eq!(test.store.next_due().await.unwrap(), Some(at(140)));
    assert_eq!(names(&test.claim_due(150).await), ["terminate", "deadline", "provision"]);
}

pub(crate) async fn of_many_claimers_one_gets_the_job(test: StoreUnderTest) {
    let key = test.write_job(RequestId::random(), JobKind::Provision, 0).await;
    let claimers = (0..16).map(|n| {
        let (store, key) = (Arc::clone(&test.store), key.clone());
        tokio::spawn(async move {
            if n % 2 == 0 {
                store.claim(&[key], at(0), at(120)).await.unwrap()
            } else {
                let keys = store.due(at(0), 10).await.unwrap();
                store.claim(&keys, at(0), at(120)).await.unwrap()
            }
        })
    });
    let claimed = futures_util::future::join_all(claimers).await;
    assert_eq!(claimed.into_iter().flat_map(Result::unwrap).count(), 1);
}

pub(crate) async fn a_claim_runs_out(test: StoreUnderTest) {
    test.write_job(RequestId::random(), JobKind::Provision, 0).await;
    let lost = test.claim_one(0).await.claim;
    assert!(test.claim_due(119).await.is_empty());
    let held = test.claim_one(120).await.claim;
    assert_ne!(lost, held);
    test.store.complete(&lost).await.unwrap();
    test.store.put_off(&lost, at(0), "late").await.unwrap();
    test.store.park(&lost, "late").await.unwrap();
    assert!(test.claim_due(239).await.is_empty());
    test.store.complete(&held).await.unwrap();
    assert!(test.waiting().await.is_empty());
}

pub(crate) async fn only_the_named_jobs_that_are_due_are_claimed(test: StoreUnderTest) {
    let id = RequestId::random();
    let due = test.write_job(id, JobKind::Provision, 0).await;
    let later = test.write_job(id, JobKind::ApprovalDeadline, 60).await;
    test.write_job(id, JobKind::Terminate, 0).await;
    let gone = JobKey { of: id.into(), name: "gone".to_owned() };
    let keys = [later, gone, due];
    assert_eq!(names(&test.store.claim(&keys, at(0), at(120)).await.unwrap()), ["provision"]);
    assert!(test.store.claim(&keys, at(0), at(120)).await.unwrap().is_empty());
}

pub(crate) async fn a_job_is_never_due_before_its_time(test: StoreUnderTest) {
    let due_at = at(10).checked_add(jiff::SignedDuration::from_nanos(1)).unwrap();
    let job = JobKind::ApprovalDeadline.due(RequestId::random(), due_at);
    test.commit(Commit { jobs: vec![job], ..Commit::default() }).await;
    assert!(test.claim_due(10).await.is_empty());
    let next_due = test.store.next_due().await.unwrap().unwrap();
    assert!(next_due >= due_at);
    let keys = test.store.due(next_due, 1).await.unwrap();
    assert_eq!(test.store.claim(&keys, next_due, at(120)).await.unwrap().len(), 1);
}

pub(crate) async fn a_done_job_is_gone(test: StoreUnderTest) {
    test.write_job(RequestId::random(), JobKind::Provision, 0).await;
    let claim = test.claim_one(0).await.claim;
    test.store.complete(&claim).await.unwrap();
    test.store.complete(&claim).await.unwrap();
    assert!(test.claim_due(1_000).await.is_empty());
}

pub(crate) async fn a_job_that_was_put_off_comes_back_and_counts(test: StoreUnderTest) {
    test.write_job(RequestId::random(), JobKind::Provision, 5).await;
    for attempts in 0..3 {
        let seconds = 5 + attempts * 60;
        let job = test.claim_one(seconds).await;
        assert_eq!(job.attempts, attempts);
        assert_eq!(job.written_at, at(5));
        test.store.put_off(&job.claim, at(seconds + 60), "Slack is away").await.unwrap();
        // The claim was used up.
        test.store.complete(&job.claim).await.unwrap();
        assert!(test.claim_due(seconds + 59).await.is_empty());
    }
}

pub(crate) async fn a_parked_job_is_not_claimed_until_it_is_written_again(test: StoreUnderTest) {
    let id = RequestId::random();
    let key = test.write_job(id, JobKind::Provision, 0).await;
    let job = test.claim_one(0).await;
    test.store.put_off(&job.claim, at(1), "away").await.unwrap();
    let job = test.claim_one(1).await;
    test.store.park(&job.claim, "it never works").await.unwrap();
    assert!(test.claim_due(100_000).await.is_empty());
    assert!(test.store.claim(&[key], at(100_000), at(100_001)).await.unwrap().is_empty());
    assert!(test.waiting().await.is_empty());
    assert_eq!(test.store.next_due().await.unwrap(), None);
    test.write_job(id, JobKind::Provision, 7).await;
    let job = test.claim_one(7).await;
    assert_eq!((job.attempts, job.written_at), (0, at(7)));
}

pub(crate) async fn whoever_holds_a_rewritten_job_has_lost_it(test: StoreUnderTest) {
    let id = RequestId::random();
    test.write_job(id, JobKind::StartExecution { attempt: 1 }, 0).await;
    let lost = test.claim_one(0).await.claim;
    test.write_job(id, JobKind::StartExecution { attempt: 2 }, 3).await;
    test.store.complete(&lost).await.unwrap();
    test.store.put_off(&lost, at(900), "late").await.unwrap();
    test.store.park(&lost, "late").await.unwrap();
    let by_job = Commit { done: Some(lost), ..insert(&alices()) };
    assert!(matches!(test.refusal(by_job).await, CommitError::ClaimLost));
    assert_eq!(test.claim_one(3).await.kind, JobKind::StartExecution { attempt: 2 });
}

pub(crate) async fn a_claim_does_not_fit_a_job_that_was_deleted_and_written_again(test: StoreUnderTest) {
    let id = RequestId::random();
    test.write_job(id, JobKind::Provision, 0).await;
    let first = test.claim_one(0).await.claim;
    let second = test.claim_one(120).await.claim;
    test.store.complete(&second).await.unwrap();
    test.write_job(id, JobKind::Provision, 120).await;
    let third = test.claim_one(120).await.claim;
    test.store.complete(&first).await.unwrap();
    test.store.complete(&second).await.unwrap();
    assert_eq!(test.claim_one(240).await.claim.key, third.key);
}

pub(crate) async fn a_commit_finishes_the_job_that_caused_it(test: StoreUnderTest) {
    let request = test.submitted().await;
    let claimed = test.claim_due(0).await;
    assert_eq!(names(&claimed), ["show:direct", "start"]);
    let next = changed(&request, "shown");
    test.commit(Commit { done: Some(claimed[0].claim.clone()), ..replace(&next) }).await;
    let again = Commit { done: Some(claimed[0].claim.clone()), ..replace(&changed(&next, "again")) };
    assert!(matches!(test.refusal(again).await, CommitError::ClaimLost));
    assert_eq!(names(&test.claim_due(120).await), ["start"]);
}

pub(crate) async fn a_commit_may_write_the_job_that_caused_it_again(test: StoreUnderTest) {
    let request = test.submitted().await;
    test.write_job(request.id, JobKind::WatchProvisioning, 0).await;
    let key = JobKey { of: request.id.into(), name: "watch".to_owned() };
    let claim = test.store.claim(&[key], at(0), at(120)).await.unwrap().remove(0).claim;
    let next = changed(&request, "watched");
    let job: Job = JobKind::WatchProvisioning.due(request.id, Period::seconds(9).after(at(0)));
    let again = Commit { done: Some(claim.clone()), jobs: vec![job.clone()], ..replace(&next) };
    test.commit(again).await;
    test.store.complete(&claim).await.unwrap();
    let claimed = test.store.claim(&[job.key], at(9), at(120)).await.unwrap();
    assert_eq!(claimed.len(), 1);
    // Nothing that waits for a date has been failing until then.
    assert_eq!((claimed[0].attempts, claimed[0].written_at), (0, at(9)));
}
