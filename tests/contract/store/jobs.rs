//! Jobs: when they are due, who holds them, and what becomes of them.

use super::{StoreUnderTest, names};
use crate::sample::{alices, at, changed, insert, replace};
use quartermaster::domain::ids::{PersonId, RequestId};
use quartermaster::domain::job::{Job, JobKey, JobKind, JobOwner};
use quartermaster::domain::period::Period;
use quartermaster::ports::store::{Commit, CommitError, ParkedJob};
use std::sync::Arc;

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
    assert_eq!(first[0].kind, Ok(JobKind::Terminate));
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
    let gone = JobKey { owner: id.into(), name: "gone".to_owned() };
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

pub(crate) async fn parked_jobs_of_a_subject_are_tried_again_as_if_they_were_new(test: StoreUnderTest) {
    let (mine, others) = (RequestId::random(), RequestId::random());
    for (id, kind) in [
        (mine, JobKind::Provision),
        (mine, JobKind::Terminate),
        (others, JobKind::Provision),
        (mine, JobKind::Lease),
    ] {
        test.write_job(id, kind, 0).await;
    }
    for job in test.claim_due(0).await {
        if job.kind != Ok(JobKind::Lease) {
            test.store.put_off(&job.claim, at(1), "away").await.unwrap();
        }
    }
    for job in test.claim_due(1).await {
        test.store.park(&job.claim, "it never works").await.unwrap();
    }
    let retry = async |prefix| test.store.retry_parked(&mine.into(), prefix, at(9)).await.unwrap();
    assert_eq!(retry("pro").await, 1);
    assert_eq!(retry("pro").await, 0, "it is parked no more");
    assert!(test.claim_due(8).await.is_empty());
    let job = test.claim_one(9).await;
    assert_eq!((job.kind, job.attempts, job.written_at), (Ok(JobKind::Provision), 0, at(9)));
    assert_eq!(retry("").await, 1, "the lease was never parked");
}

pub(crate) async fn what_is_parked_is_listed_with_its_reason_until_it_is_tried_again(test: StoreUnderTest) {
    let id = RequestId::random();
    let key = test.write_job(id, JobKind::Provision, 0).await;
    test.write_job(id, JobKind::Lease, 5).await;
    let home = JobKind::Home.due(PersonId::new("U0ALICE"), at(3));
    test.commit(Commit { jobs: vec![home.clone()], ..Commit::default() }).await;
    let job = test.claim_one(0).await;
    test.store.put_off(&job.claim, at(1), "away").await.unwrap();
    for job in test.claim_due(3).await {
        test.store.park(&job.claim, "it never works").await.unwrap();
    }
    let parked = |key, kind, attempts, seconds| ParkedJob {
        key,
        kind: Ok(kind),
        attempts,
        written_at: at(seconds),
        why: "it never works".to_owned(),
    };
    let mine = parked(key.clone(), JobKind::Provision, 1, 0);
    let alices = parked(home.key, JobKind::Home, 0, 3);
    assert_eq!(test.parked().await, [mine.clone(), alices.clone()]);
    assert_eq!(test.store.parked(1).await.unwrap().len(), 1);
    test.store.retry_parked(&id.into(), "", at(9)).await.unwrap();
    assert_eq!(test.parked().await, std::slice::from_ref(&alices));
    // Parked once more, and written anew by a later change.
    let claim = test.store.claim(&[key], at(9), at(129)).await.unwrap().remove(0).claim;
    test.store.park(&claim, "it never works").await.unwrap();
    assert_eq!(test.parked().await, [parked(claim.key, JobKind::Provision, 0, 9), alices.clone()]);
    test.write_job(id, JobKind::Provision, 20).await;
    assert_eq!(test.parked().await, [alices]);
}

pub(crate) async fn the_jobs_of_a_subject_are_all_that_there_are_of_it(test: StoreUnderTest) {
    let (mine, others) = (RequestId::random(), RequestId::random());
    let watch = test.write_job(mine, JobKind::WatchProvisioning, 90).await;
    let parked = test.write_job(mine, JobKind::Lease, 0).await;
    test.write_job(others, JobKind::Provision, 0).await;
    parks(&test, &parked, 0).await;
    assert_eq!(test.store.jobs_of(&mine.into()).await.unwrap(), [parked, watch]);
    assert_eq!(test.store.jobs_of(&RequestId::random().into()).await.unwrap(), []);
}

/// Parks the job with this key.
async fn parks(test: &StoreUnderTest, key: &JobKey, seconds: u32) {
    let claimed = test.store.claim(std::slice::from_ref(key), at(seconds), at(seconds + 120)).await.unwrap();
    test.store.park(&claimed[0].claim, "it never works").await.unwrap();
}

pub(crate) async fn a_parked_job_is_deleted_or_due_again_by_the_commit_that_says_so(test: StoreUnderTest) {
    let id = RequestId::random();
    let key = test.write_job(id, JobKind::Provision, 0).await;
    parks(&test, &key, 0).await;
    let again = JobKind::Provision.due(id, at(5));
    test.commit(Commit { unparked: Some(key.clone()), jobs: vec![again], ..Commit::default() }).await;
    let job = test.claim_one(5).await;
    assert_eq!((job.attempts, job.written_at), (0, at(5)));
    test.store.park(&job.claim, "it never works").await.unwrap();
    assert_eq!(test.parked().await.len(), 1);
    test.commit(Commit { unparked: Some(key), ..Commit::default() }).await;
    assert!(test.parked().await.is_empty());
    assert!(test.claim_due(100_000).await.is_empty());
}

pub(crate) async fn a_job_that_is_not_parked_is_left_alone_by_who_thinks_it_is(test: StoreUnderTest) {
    let id = RequestId::random();
    let key = JobKey { owner: id.into(), name: "provision".to_owned() };
    let dropped = || Commit { unparked: Some(key.clone()), ..insert(&alices()) };
    assert!(matches!(test.refusal(dropped()).await, CommitError::NotParked), "there is none");
    assert_eq!(test.write_job(id, JobKind::Provision, 0).await, key);
    assert!(matches!(test.refusal(dropped()).await, CommitError::NotParked), "it waits");
    let again = Commit { jobs: vec![JobKind::Provision.due(id, at(9))], ..dropped() };
    assert!(matches!(test.refusal(again).await, CommitError::NotParked));
    assert_eq!(test.claim_one(0).await.claim.key, key);
    assert!(matches!(test.refusal(dropped()).await, CommitError::NotParked), "somebody is at it");
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
    assert_eq!(test.claim_one(3).await.kind, Ok(JobKind::StartExecution { attempt: 2 }));
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
    let key = JobKey { owner: request.id.into(), name: "watch".to_owned() };
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

pub(crate) async fn a_job_of_a_person_or_of_the_portal_is_claimed_like_any_other(test: StoreUnderTest) {
    let alice = || JobOwner::Person(PersonId::new("U0ALICE"));
    let jobs = vec![
        JobKind::Warn.due(alice(), at(1)),
        JobKind::Home.due(alice(), at(2)),
        JobKind::Home.due(PersonId::new("U0AMIR"), at(3)),
        JobKind::CopyTrail { after: 7 }.due(JobOwner::Portal, at(4)),
    ];
    test.commit(Commit { jobs: jobs.clone(), ..Commit::default() }).await;
    let claimed = test.claim_due(4).await;
    let found: Vec<_> = claimed.iter().map(|job| (job.claim.key.clone(), job.kind.clone())).collect();
    let written: Vec<_> = jobs.into_iter().map(|job| (job.key, Ok(job.kind))).collect();
    assert_eq!(found, written);
    test.store.complete(&claimed[0].claim).await.unwrap();
    test.store.put_off(&claimed[1].claim, at(9), "Slack is away").await.unwrap();
    test.store.park(&claimed[2].claim, "no such person").await.unwrap();
    let replaced = JobKind::CopyTrail { after: 8 }.due(JobOwner::Portal, at(10));
    test.commit(Commit {
        jobs: vec![replaced.clone()],
        done: Some(claimed[3].claim.clone()),
        ..Commit::default()
    })
    .await;
    let later = test.claim_due(10).await;
    let found: Vec<_> =
        later.iter().map(|job| (job.claim.key.owner.clone(), job.kind.clone(), job.attempts)).collect();
    assert_eq!(found, [(alice(), Ok(JobKind::Home), 1), (JobOwner::Portal, Ok(replaced.kind), 0)]);
}
