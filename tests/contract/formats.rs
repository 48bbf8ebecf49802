//! What a newer program has stored in a format that this one does not read is left alone, on each store. A higher format is
//! put there by hand, since nothing of this program writes one.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::domain::audit::{Actor, By, Via};
use quartermaster::domain::away::Away;
use quartermaster::domain::ids::{PersonId, RequestId, TeamName};
use quartermaster::domain::job::{JobKey, JobKind, JobOwner};
use quartermaster::domain::pause::Pause;
use quartermaster::domain::repeats::{RefusedAction, RepeatedRefusal};
use quartermaster::local::database::Database;
use quartermaster::local::store::SqliteStore;
use quartermaster::ports::store::{
    Absence, Commit, CommitError, HomeTab, Pausing, RefusalsChange, RequestFilter, RequestScope, Store,
};
use quartermaster::ports::stored::Newer;

use crate::emulator::{emulator, tables};
use crate::sample::{alices, at, changed, insert, replace, submission};

/// Something that a newer program has written last.
enum Thing {
    Row(RequestId),
    Job(JobKey),
    Pause,
    Away(PersonId),
    Home(PersonId),
    Refusals(String),
}

trait Raise {
    /// Gives it format 2.
    async fn raise(&self, thing: Thing);

    /// Makes it something that no version reads.
    async fn spoil(&self, job: &JobKey);

    /// The same of a request.
    async fn spoil_row(&self, id: RequestId);
}

impl Raise for rusqlite::Connection {
    async fn raise(&self, thing: Thing) {
        let (table, filter) = match thing {
            Thing::Row(id) => ("requests", format!("id = '{id}'")),
            Thing::Job(key) => ("jobs", format!("of = '{}' AND name = '{}'", key.owner, key.name)),
            Thing::Pause => ("pause", "id = 1".to_owned()),
            Thing::Away(person) => ("aways", format!("person = '{person}'")),
            Thing::Home(person) => ("homes", format!("person = '{person}'")),
            Thing::Refusals(key) => ("refusals", format!("key = '{key}'")),
        };
        let raised = self.execute(&format!("UPDATE {table} SET format = 2 WHERE {filter}"), []);
        assert_eq!(raised.unwrap(), 1);
    }

    async fn spoil(&self, job: &JobKey) {
        let sql = "UPDATE jobs SET kind = 'secret', attempts = 'many', written_at = 'never'
                   WHERE of = ?1 AND name = ?2";
        assert_eq!(self.execute(sql, [job.owner.to_string(), job.name.clone()]).unwrap(), 1);
    }

    async fn spoil_row(&self, id: RequestId) {
        let sql = "UPDATE requests SET body = 'secret' WHERE id = ?1";
        assert_eq!(self.execute(sql, [id.to_string()]).unwrap(), 1);
    }
}

impl Raise for (Client, Tables) {
    async fn raise(&self, thing: Thing) {
        let (client, tables) = self;
        let of = |pk: String, sk: String| (&tables.events, vec![("pk", pk), ("sk", sk)]);
        let (table, key) = match thing {
            Thing::Row(id) => (&tables.requests, vec![("requestId", id.to_string())]),
            Thing::Job(key) => of(format!("JOB#{}", key.owner), key.name),
            Thing::Pause => of("PAUSE".to_owned(), "PAUSE".to_owned()),
            Thing::Away(person) => of("AWAYS".to_owned(), person.to_string()),
            Thing::Home(person) => of("HOMES".to_owned(), person.to_string()),
            Thing::Refusals(key) => of("REFUSALS".to_owned(), key),
        };
        let key = key.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).collect();
        let update = client.update_item().table_name(table).set_key(Some(key));
        let update = update
            .update_expression("SET formatNumber = :two")
            .condition_expression("attribute_exists(formatNumber)")
            .expression_attribute_values(":two", AttributeValue::N("2".to_owned()));
        update.send().await.unwrap();
    }

    async fn spoil(&self, job: &JobKey) {
        let (client, tables) = self;
        let (pk, sk) = (format!("JOB#{}", job.owner), job.name.clone());
        let update = client.update_item().table_name(&tables.events);
        let update = update.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk));
        let update = update
            .update_expression("SET kind = :spoilt, attempts = :spoilt REMOVE writtenAt")
            .condition_expression("attribute_exists(kind)")
            .expression_attribute_values(":spoilt", AttributeValue::S("secret".to_owned()));
        update.send().await.unwrap();
    }

    async fn spoil_row(&self, id: RequestId) {
        let (client, tables) = self;
        let update = client.update_item().table_name(&tables.requests);
        let update = update.key("requestId", AttributeValue::S(id.to_string()));
        let update = update
            .update_expression("SET body = :spoilt")
            .condition_expression("attribute_exists(body)")
            .expression_attribute_values(":spoilt", AttributeValue::S("secret".to_owned()));
        update.send().await.unwrap();
    }
}

/// Pages are full of what can be read, and say whether there is more of that.
async fn what_cannot_be_read_leaves_no_page_short(store: &dyn Store, hand: &impl Raise) {
    let mut stored = Vec::new();
    for second in 0..9 {
        let submitted = submission("U0ALICE", "payments", "s3-bucket", at(second));
        stored.push(submitted.request.id);
        store.commit(Commit { quota: None, ..insert(&submitted) }).await.unwrap();
    }
    stored.reverse();
    // Of nine, the newest, three in between and the oldest.
    for newer in [0, 3, 4] {
        hand.raise(Thing::Row(stored[newer])).await;
    }
    for spoilt in [5, 8] {
        hand.spoil_row(stored[spoilt]).await;
    }
    let whose = RequestScope::Team(TeamName::new("payments"));
    let (mut after, mut pages) = (None, Vec::new());
    loop {
        let page = store.list(&whose, RequestFilter::Live, after.as_ref(), 2).await.unwrap();
        after = page.next();
        pages.push(page.requests().iter().map(|request| request.id).collect::<Vec<_>>());
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec![stored[1], stored[2]], vec![stored[6], stored[7]]]);
}

/// What cannot be read is claimed, parked and listed like any other, and keeps none from being that.
async fn what_is_spoilt_keeps_nothing_back(store: &dyn Store, hand: &impl Raise) {
    let of = JobOwner::Person(PersonId::new("U0BOB"));
    let (spoilt, good) = (JobKind::Home.due(of.clone(), at(0)), JobKind::Warn.due(of, at(1)));
    let both = Commit { jobs: vec![spoilt.clone(), good.clone()], ..Commit::default() };
    store.commit(both).await.unwrap();
    hand.spoil(&spoilt.key).await;
    let due = store.due(at(1), 10).await.unwrap();
    assert_eq!(due, [spoilt.key.clone(), good.key.clone()]);
    let claimed = store.claim(&due, at(1), at(60)).await.unwrap();
    let why = claimed[0].kind.clone().unwrap_err().to_string();
    assert!(why.contains("show:home") && !why.contains("secret"), "{why}");
    assert_eq!(claimed[1].kind, Ok(JobKind::Warn));
    for job in &claimed {
        store.park(&job.claim, "no reason").await.unwrap();
    }
    assert_eq!(store.due(at(100), 10).await.unwrap(), []);
    let parked = store.parked(10).await.unwrap();
    let kinds: Vec<_> = parked.iter().map(|job| job.kind.as_ref().ok()).collect();
    assert_eq!(kinds, [None, Some(&JobKind::Warn)]);
    let dropped = Commit { unparked: Some(spoilt.key), ..Commit::default() };
    store.commit(dropped).await.unwrap();
    assert_eq!(store.parked(10).await.unwrap().len(), 1);
}

async fn is_left_alone(store: &dyn Store, hand: &impl Raise) {
    rows_are(store, hand).await;
    jobs_are(store, hand).await;
    what_is_kept_of_people_is(store, hand).await;
    a_pause_is(store, hand).await;
    a_count_of_refusals_is(store, hand).await;
}

fn is_newer(error: &anyhow::Error) -> bool {
    error.is::<Newer>()
}

fn refused_as_newer(done: Result<(), CommitError>) -> bool {
    matches!(done, Err(CommitError::Other(error)) if is_newer(&error))
}

async fn rows_are(store: &dyn Store, hand: &impl Raise) {
    let (newer, ours) = (alices(), alices());
    for submitted in [&newer, &ours] {
        store.commit(insert(submitted)).await.unwrap();
    }
    let id = newer.request.id;
    hand.raise(Thing::Row(id)).await;
    assert!(is_newer(&store.load(id).await.unwrap_err()));
    let change = replace(&changed(&newer.request, "another"));
    assert!(matches!(store.commit(change).await, Err(CommitError::Stale | CommitError::Other(_))));
    assert!(is_newer(&store.load(id).await.unwrap_err()));
    let whose = RequestScope::Owner(PersonId::new("U0ALICE"));
    let listed = store.list(&whose, RequestFilter::Live, None, 10).await.unwrap().requests();
    assert_eq!(listed.iter().map(|request| request.id).collect::<Vec<_>>(), [ours.request.id]);
    assert_eq!(store.find(&id.to_string(), 10).await.unwrap(), []);
    assert_eq!(store.find(&ours.request.id.to_string(), 10).await.unwrap().len(), 1);
    assert_eq!(store.holdings(&whose, at(0)).await.unwrap().len(), 2, "it counts as it did");
}

async fn jobs_are(store: &dyn Store, hand: &impl Raise) {
    let of = JobOwner::Person(PersonId::new("U0BOB"));
    let (waiting, parked) = (JobKind::Home.due(of.clone(), at(0)), JobKind::Warn.due(of.clone(), at(0)));
    let both = Commit { jobs: vec![waiting.clone(), parked.clone()], ..Commit::default() };
    store.commit(both).await.unwrap();
    let claim = store.claim(std::slice::from_ref(&parked.key), at(0), at(60)).await.unwrap().remove(0).claim;
    store.park(&claim, "no reason").await.unwrap();
    assert_eq!(store.parked(10).await.unwrap().len(), 1);
    for key in [&waiting.key, &parked.key] {
        hand.raise(Thing::Job(key.clone())).await;
    }
    assert_eq!(store.claim(std::slice::from_ref(&waiting.key), at(1), at(60)).await.unwrap(), []);
    assert_eq!(store.parked(10).await.unwrap(), [], "a list is not kept from being read");
    assert_eq!(store.retry_parked(&of, "", at(1)).await.unwrap(), 0);
    let dropped = Commit { unparked: Some(parked.key.clone()), ..Commit::default() };
    assert!(matches!(store.commit(dropped).await, Err(CommitError::NotParked)));
    let again = Commit { jobs: vec![JobKind::Home.due(of.clone(), at(9))], ..Commit::default() };
    assert!(refused_as_newer(store.commit(again).await));
    what_has_nothing_left_to_do_is(store, hand).await;
}

/// Of jobs that a commit deletes because they are idle, that which a newer program has written stays, and the commit is made.
async fn what_has_nothing_left_to_do_is(store: &dyn Store, hand: &impl Raise) {
    let submitted = alices();
    store.commit(insert(&submitted)).await.unwrap();
    let of = submitted.request.id;
    let [newer, ours] = [JobKind::Lease, JobKind::ApprovalDeadline].map(|kind| kind.due(of, at(0)));
    let both = Commit { jobs: vec![newer.clone(), ours.clone()], ..Commit::default() };
    store.commit(both).await.unwrap();
    hand.raise(Thing::Job(newer.key.clone())).await;
    let idle = vec![newer.key.clone(), ours.key.clone(), JobKind::RenewalDeadline.due(of, at(0)).key];
    let ended = changed(&submitted.request, "ended");
    store.commit(Commit { idle, ..replace(&ended) }).await.unwrap();
    let left = store.jobs_of(&of.into()).await.unwrap();
    assert!(left.contains(&newer.key) && !left.contains(&ours.key), "{left:?}");
    assert_eq!(store.load(of).await.unwrap().unwrap().reason, "ended");
}

async fn what_is_kept_of_people_is(store: &dyn Store, hand: &impl Raise) {
    let (alice, bob) = (PersonId::new("U0ALICE"), PersonId::new("U0BOB"));
    let until = "2026-03-09".parse().unwrap();
    let away = Away { person: alice.clone(), delegate: bob, until };
    let change = |absence| Commit { absence: Some(absence), ..Commit::default() };
    store.commit(change(Absence::Begin(away.clone()))).await.unwrap();
    hand.raise(Thing::Away(alice.clone())).await;
    assert_eq!(store.aways(at(0)).await.unwrap(), [], "nobody decides by what is not understood");
    assert!(refused_as_newer(store.commit(change(Absence::Begin(away))).await));
    assert!(refused_as_newer(store.commit(change(Absence::End(alice.clone()))).await));
    let home = |seconds| HomeTab { first_opened_at: at(0), opened_at: at(seconds), shows: String::new() };
    store.put_home(&alice, &home(0)).await.unwrap();
    hand.raise(Thing::Home(alice.clone())).await;
    store.put_home(&alice, &home(5)).await.unwrap();
    assert_eq!(store.home(&alice).await.unwrap(), None);
}

async fn a_pause_is(store: &dyn Store, hand: &impl Raise) {
    let pause = |message| Pausing::Begin(Pause::new(Some(message), &Actor::Operator, at(0)));
    let pausing = |pausing| Commit { pausing: Some(pausing), ..Commit::default() };
    store.commit(pausing(pause("moving house"))).await.unwrap();
    hand.raise(Thing::Pause).await;
    assert!(is_newer(&store.pause().await.unwrap_err()));
    assert!(refused_as_newer(store.commit(pausing(pause("tea"))).await));
    assert!(refused_as_newer(store.commit(pausing(Pausing::End)).await));
    let submitted = Commit { unless_paused: true, ..insert(&alices()) };
    assert!(refused_as_newer(store.commit(submitted).await), "nobody knows what it says, but it is one");
}

async fn a_count_of_refusals_is(store: &dyn Store, hand: &impl Raise) {
    let by = By { person: PersonId::new("U0MALLORY"), via: Via::Command };
    let (tried, why) = ("approve".to_owned(), "not an approver".to_owned());
    let action = RefusedAction { chain: RequestId::PORTAL, meant: None, by, tried, why };
    let key = action.key();
    let counted = action.counted_from(at(0));
    let change = |before: Option<&RepeatedRefusal>, after: Option<&RepeatedRefusal>| {
        let (before, after) = (before.cloned(), after.cloned());
        Commit { refusals: Some(RefusalsChange { key: key.clone(), before, after }), ..Commit::default() }
    };
    store.commit(change(None, Some(&counted))).await.unwrap();
    hand.raise(Thing::Refusals(key.clone())).await;
    assert!(refused_as_newer(store.commit(change(None, Some(&counted))).await));
    assert!(refused_as_newer(store.commit(change(Some(&counted), None)).await));
    store.forget_refusals(&key).await.unwrap();
    assert!(refused_as_newer(store.commit(change(None, Some(&counted))).await), "it is there still");
    assert!(!store.refused_again(&key, at(1)).await.unwrap());
    assert!(store.counted_refusals(at(9_000), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_in_a_file_leaves_no_page_short() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("q.db").to_str().unwrap().to_owned();
    let store = SqliteStore::new(Database::open(&file).unwrap());
    Box::pin(what_cannot_be_read_leaves_no_page_short(&store, &rusqlite::Connection::open(&file).unwrap()))
        .await;
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_cannot_be_read_in_tables_leaves_no_page_short() {
    let (configuration, tables) = (emulator().await, tables::new().await);
    let store = DynamoStore::new(&configuration, tables.clone());
    Box::pin(what_cannot_be_read_leaves_no_page_short(&store, &(Client::new(&configuration), tables))).await;
}

#[tokio::test]
async fn what_a_newer_program_has_stored_in_a_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("q.db").to_str().unwrap().to_owned();
    let store = SqliteStore::new(Database::open(&file).unwrap());
    Box::pin(is_left_alone(&store, &rusqlite::Connection::open(&file).unwrap())).await;
}

#[tokio::test]
async fn a_spoilt_job_in_a_file_keeps_no_other_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("q.db").to_str().unwrap().to_owned();
    let store = SqliteStore::new(Database::open(&file).unwrap());
    Box::pin(what_is_spoilt_keeps_nothing_back(&store, &rusqlite::Connection::open(&file).unwrap())).await;
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_spoilt_job_in_tables_keeps_no_other_back() {
    let (configuration, tables) = (emulator().await, tables::new().await);
    let store = DynamoStore::new(&configuration, tables.clone());
    Box::pin(what_is_spoilt_keeps_nothing_back(&store, &(Client::new(&configuration), tables))).await;
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_a_newer_program_has_stored_in_tables_is_left_alone() {
    let (configuration, tables) = (emulator().await, tables::new().await);
    let store = DynamoStore::new(&configuration, tables.clone());
    Box::pin(is_left_alone(&store, &(Client::new(&configuration), tables))).await;
}
