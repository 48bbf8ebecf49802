//! The embedded implementations: how to make them, and what survives closing their file.

use std::sync::Arc;
use std::time::Duration;

use quartermaster::domain::ids::ProductKey;
use quartermaster::domain::period::Period;
use quartermaster::local::database::Database;
use quartermaster::local::provisioner::{SimulatedProvisioner, Simulation};
use quartermaster::local::queue::LocalQueue;
use quartermaster::local::store::SqliteStore;
use quartermaster::local::workflow::LocalWorkflow;
use quartermaster::ports::provisioner::{Provisioner as _, RecordState};
use quartermaster::ports::queue::{Queue as _, Signal};
use quartermaster::ports::store::{Commit, CommitError, Store as _};
use quartermaster::ports::workflow::Workflow as _;

use crate::provisioner::{FAILING, Order, ProvisionerUnderTest, STUBBORN};
use crate::sample::{Keep, ManualClock, alices, at, insert};
use crate::store::StoreUnderTest;
use crate::workflow::{AT_ONCE, WorkflowUnderTest, input};

pub(crate) fn store_in_memory() -> StoreUnderTest {
    let database = Database::open(":memory:").unwrap();
    StoreUnderTest { store: Arc::new(SqliteStore::new(database)), _keep: Box::new(()) }
}

pub(crate) fn store_in_a_file() -> StoreUnderTest {
    let (database, keep) = in_a_file();
    StoreUnderTest { store: Arc::new(SqliteStore::new(database)), _keep: keep }
}

pub(crate) fn workflow_in_memory() -> WorkflowUnderTest {
    workflow(Database::open(":memory:").unwrap(), Box::new(()))
}

pub(crate) fn workflow_in_a_file() -> WorkflowUnderTest {
    let (database, keep) = in_a_file();
    workflow(database, keep)
}

pub(crate) fn provisioner() -> ProvisionerUnderTest {
    let database = Database::open(":memory:").unwrap();
    let clock = ManualClock::new();
    let queue = LocalQueue::new(database.clone(), clock.clone());
    let provisioner = simulated(database, queue.clone(), &clock);
    ProvisionerUnderTest { provisioner: Arc::new(provisioner), queue: Arc::new(queue), clock, stand_in: None }
}

#[test]
fn people_can_be_told_that_nothing_real_is_made() {
    let ProvisionerUnderTest { provisioner, .. } = provisioner();
    assert!(provisioner.is_simulated());
    assert_eq!(provisioner.poll_every(), Duration::from_secs(2));
}

fn in_a_file() -> (Database, Keep) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path().join("q.db").to_str().unwrap()).unwrap();
    (database, Box::new(folder))
}

fn workflow(database: Database, keep: Keep) -> WorkflowUnderTest {
    let clock = ManualClock::new();
    let queue = LocalQueue::new(database.clone(), clock.clone());
    let workflow = LocalWorkflow::new(database, queue.clone(), clock.clone());
    WorkflowUnderTest {
        workflow: Arc::new(workflow),
        queue: Arc::new(queue),
        clock,
        patience: AT_ONCE,
        _keep: keep,
    }
}

fn simulated(database: Database, queue: LocalQueue, clock: &Arc<ManualClock>) -> SimulatedProvisioner {
    let only = |key| vec![ProductKey::parse(key).unwrap()];
    let simulation = Simulation {
        step: Period::seconds(2),
        fail_products: only(FAILING),
        fail_teardowns: only(STUBBORN),
        fail_changes: only(STUBBORN),
    };
    SimulatedProvisioner::new(database, queue, clock.clone(), simulation)
}

#[tokio::test]
async fn everything_committed_is_there_after_the_file_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q.db").to_str().unwrap().to_owned();
    let submitted = alices();
    let (id, name) = (submitted.request.id, submitted.request.execution());
    let order = Order::of(id, "s3-bucket");
    let clock = ManualClock::new();
    {
        let database = Database::open(&path).unwrap();
        let queue = LocalQueue::new(database.clone(), clock.clone());
        SqliteStore::new(database.clone()).commit(insert(&submitted)).await.unwrap();
        let workflow = LocalWorkflow::new(database.clone(), queue.clone(), clock.clone());
        workflow.start_execution(&input(id, false)).await.unwrap();
        simulated(database, queue, &clock).provision(&order.as_port()).await.unwrap();
    }
    let database = Database::open(&path).unwrap();
    let store = SqliteStore::new(database.clone());
    assert_eq!(store.load(id).await.unwrap(), Some(submitted.request));
    assert_eq!(store.audit_of(id).await.unwrap(), submitted.audit);
    assert_eq!(store.due(at(0), 10).await.unwrap().len(), 2);

    let queue = LocalQueue::new(database.clone(), clock.clone());
    let workflow = LocalWorkflow::new(database.clone(), queue.clone(), clock.clone());
    let Signal::ApprovalRequested { execution, token, .. } =
        queue.receive(Duration::ZERO).await.unwrap().remove(0).signal
    else {
        panic!("not asked for approval");
    };
    assert_eq!(execution, name);
    workflow.send_task_success(&token).await.unwrap();

    clock.advance(Period::seconds(8));
    let provisioner = simulated(database, queue, &clock);
    let started = provisioner.provision(&order.as_port()).await.unwrap();
    assert!(matches!(provisioner.describe(&started.record).await.unwrap(), RecordState::Succeeded { .. }));
}

#[tokio::test]
async fn what_a_killed_program_had_claimed_is_due_again_when_the_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q.db").to_str().unwrap().to_owned();
    let claimed = {
        let store = SqliteStore::new(Database::open(&path).unwrap());
        store.commit(insert(&alices())).await.unwrap();
        let keys = store.due(at(0), 10).await.unwrap();
        let claimed = store.claim(&keys, at(0), at(120)).await.unwrap();
        assert!(!claimed.is_empty() && store.due(at(1), 10).await.unwrap().is_empty());
        claimed
    };
    let store = SqliteStore::new(Database::open(&path).unwrap());
    assert_eq!(store.due(at(1), 10).await.unwrap().len(), claimed.len());
    let late = store.commit(Commit { done: Some(claimed[0].claim.clone()), ..Commit::default() }).await;
    assert!(matches!(late, Err(CommitError::ClaimLost)), "{late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_commits_share_disk_flushes() {
    let (database, _keep) = in_a_file();
    let store = SqliteStore::new(database.clone());
    let commits = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut commit = insert(&alices());
            commit.quota = None;
            store.commit(commit).await
        })
    });
    for commit in futures_util::future::join_all(commits).await {
        commit.unwrap().unwrap();
    }
    assert_eq!(database.writes(), 64);
    assert!(database.commits() < 64, "{} commits for 64 writes", database.commits());
}
