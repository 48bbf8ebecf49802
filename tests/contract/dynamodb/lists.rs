//! What lists cost to read, and what has an end.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::domain::away::Away;
use quartermaster::domain::counters::{Counter, CounterDay, day};
use quartermaster::domain::ids::{ChannelId, PersonId, ProductKey, TaskToken, TeamName};
use quartermaster::domain::request::{MessageRef, MessageSlot, Request, Status};
use quartermaster::ports::retention::IdempotencyKey;
use quartermaster::ports::store::{Absence, Bot, Commit, HomeTab, RequestFilter, RequestScope, Store as _};

use crate::emulator::recorder::Recorder;
use crate::emulator::{emulator, recorded, tables};
use crate::sample::{at, changed, insert, replace, submission};

/// A store before which somebody counts.
pub(super) struct Counted {
    pub(super) store: DynamoStore,
    pub(super) tables: Tables,
    pub(super) recorder: Recorder,
    pub(super) client: Client,
}

pub(super) async fn counted() -> Counted {
    let (configuration, recorder) = recorded().await;
    let tables = tables::new().await;
    let store = DynamoStore::new(&configuration, tables.clone());
    Counted { store, tables, recorder, client: Client::new(&emulator().await) }
}

/// An item as it is stored.
pub(super) type Item = HashMap<String, AttributeValue>;

impl Counted {
    /// Alice's request, ended or not.
    pub(super) async fn stored(&self, seconds: u32, is_ended: bool) -> Request {
        let transition = submission("U0ALICE", "payments", "s3-bucket", at(seconds));
        self.store.commit(Commit { quota: None, ..insert(&transition) }).await.unwrap();
        if !is_ended {
            return transition.request;
        }
        let mut request = changed(&transition.request, "ended");
        (request.ended_at, request.status) = (Some(at(seconds + 1)), Status::Cancelled);
        self.store.commit(replace(&request)).await.unwrap();
        request
    }

    /// Every item of the table of events.
    pub(super) async fn events(&self) -> Vec<Item> {
        let scan = self.client.scan().table_name(&self.tables.events).consistent_read(true);
        scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap()
    }

    /// What this reads: items that DynamoDB looked at, and units.
    async fn reads<T>(&self, read: impl Future<Output = T>) -> (T, u64, f64) {
        let before = self.recorder.calls().len();
        let answer = read.await;
        let calls = self.recorder.calls().split_off(before);
        let looked_at = calls.iter().map(|call| {
            let rows = call.answer["Responses"].as_object().into_iter().flat_map(|tables| tables.values());
            let rows = rows.filter_map(|rows| Some(rows.as_array()?.len() as u64)).sum::<u64>();
            call.answer["ScannedCount"].as_u64().unwrap_or_default() + rows
        });
        (answer, looked_at.sum(), calls.iter().map(|call| call.units.1).sum())
    }

    /// How many of them the sums of the team know.
    async fn held(&self) -> u32 {
        let payments = RequestScope::Team(TeamName::new("payments"));
        let spent = self.store.spending(&payments, at(0)).await.unwrap();
        spent.values().map(|amounts| amounts.held).sum()
    }

    /// Puts what somebody else would have written there.
    async fn puts(&self, item: &[(&str, AttributeValue)]) {
        let item = item.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let put = self.client.put_item().table_name(&self.tables.events).set_item(Some(item));
        put.send().await.unwrap();
    }

    /// What the calls since then have written of lists, each with whether it was put or deleted.
    fn written(&self, before: usize) -> Vec<String> {
        let calls = self.recorder.calls().split_off(before);
        let mut written = Vec::new();
        for call in calls.iter().filter(|call| call.operation == "dynamodb:TransactWriteItems") {
            for part in call.asked["TransactItems"].as_array().unwrap() {
                let (put, delete) = (&part["Put"]["Item"], &part["Delete"]["Key"]);
                for (name, key) in [("put", put), ("delete", delete)] {
                    if key["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("LIST#")) {
                        written.push(format!("{name} {}", key["sk"]["S"].as_str().unwrap()));
                    }
                }
            }
        }
        written
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_list_reads_no_more_than_it_shows_however_many_there_were() {
    let counted = counted().await;
    let mut live = Vec::new();
    for second in 0..60 {
        let request = counted.stored(second * 2, second % 5 > 0).await;
        live.extend(request.ended_at.is_none().then_some(request.id));
    }
    live.reverse();
    let payments = TeamName::new("payments");
    let lists = [
        RequestScope::Owner(PersonId::new("U0ALICE")),
        RequestScope::Team(payments.clone()),
        RequestScope::TeamProduct(payments, ProductKey::parse("s3-bucket").unwrap()),
        RequestScope::All,
    ];
    for whose in lists {
        for which in [RequestFilter::Live, RequestFilter::Ended] {
            let (mut after, mut read) = (None, Vec::new());
            for page in 0..3 {
                let page_of_four = counted.store.list(&whose, which, after.as_ref(), 4);
                let (listed, looked_at, units) = counted.reads(page_of_four).await;
                let listed = listed.unwrap();
                after = listed.next();
                read.extend(listed.requests().iter().map(|request| request.id));
                assert_eq!(read.len(), 4 * (page + 1), "{whose:?} {which:?}");
                // The place and the row of each and of one more, the place before them, and one behind.
                assert!(looked_at <= 12, "{whose:?} {which:?}: {looked_at} items on page {page}");
                assert!(units < 20.0, "{whose:?} {which:?}: {units} units");
            }
            if which == RequestFilter::Live {
                assert_eq!(read, live, "{whose:?}");
            }
        }
    }
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn an_index_that_is_behind_leaves_no_page_short() {
    let counted = counted().await;
    let mut live = Vec::new();
    for second in 0..20 {
        let is_ended = second >= 11;
        let request = counted.stored(second * 2, is_ended).await;
        if is_ended {
            // As the index has it for a moment after a teardown.
            let id = text(&format!("LIST#{}", request.id));
            let (list, at) = (text("LIVE#TEAM#payments"), text(&format!("{:.9}", request.submitted_at)));
            counted.puts(&[("pk", id), ("sk", text("TEAM")), ("dueShard", list), ("dueAt", at)]).await;
        } else {
            live.insert(0, request.id);
        }
    }
    let payments = RequestScope::Team(TeamName::new("payments"));
    let page = counted.store.list(&payments, RequestFilter::Live, None, 8).await.unwrap();
    let after = page.next().expect("there are three more");
    assert_eq!(page.requests().iter().map(|request| request.id).collect::<Vec<_>>(), live[..8]);
    let page = counted.store.list(&payments, RequestFilter::Live, Some(&after), 8).await.unwrap();
    assert!(!page.more);
    assert_eq!(page.requests().iter().map(|request| request.id).collect::<Vec<_>>(), live[8..]);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_waits_of_a_product_is_read_at_once_however_many_teams_there_are() {
    let counted = counted().await;
    let mut waiting = Vec::new();
    for team in 0..30 {
        let transition = submission("U0ALICE", &format!("team{team}"), "s3-bucket", at(team));
        counted.store.commit(insert(&transition)).await.unwrap();
        let mut request = changed(&transition.request, "asked");
        request.status = Status::AwaitingApproval { token: TaskToken::new("token") };
        counted.store.commit(replace(&request)).await.unwrap();
        waiting.push(request.id);
    }
    let buckets = RequestScope::Product(ProductKey::parse("s3-bucket").unwrap());
    let before = counted.recorder.calls().len();
    let page = counted.store.list(&buckets, RequestFilter::Waiting, None, 12).await.unwrap();
    assert_eq!(page.requests().iter().map(|request| request.id).collect::<Vec<_>>(), waiting[..12]);
    let calls = counted.recorder.calls().split_off(before);
    let calls: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(calls, ["dynamodb:Query", "dynamodb:BatchGetItem"]);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_change_writes_the_places_that_differ_and_no_others() {
    let counted = counted().await;
    let transition = submission("U0ALICE", "payments", "s3-bucket", at(0));
    let mut request = transition.request.clone();
    let mut told = Vec::new();
    let before = counted.recorder.calls().len();
    counted.store.commit(insert(&transition)).await.unwrap();
    told.push(format!("submitted: {}", counted.written(before).join(", ")));
    for name in ["posted", "asked", "reminded", "handed over", "ended"] {
        request = changed(&request, name);
        match name {
            "asked" => request.status = Status::AwaitingApproval { token: TaskToken::new("token") },
            "handed over" => request.owner = PersonId::new("U0AMIR"),
            "ended" => (request.ended_at, request.status) = (Some(at(60)), Status::Cancelled),
            _ => {}
        }
        let before = counted.recorder.calls().len();
        counted.store.commit(replace(&request)).await.unwrap();
        told.push(format!("{name}: {}", counted.written(before).join(", ")));
    }
    insta::assert_snapshot!(told.join("\n"), @"
    submitted: put ALL, put OWNER, put TEAM, put PRODUCT
    posted: put ALL
    asked: put ALL, put WAITING, put WAITING_TEAM, put WAITING_PRODUCT
    reminded: put ALL
    handed over: put ALL, put OWNER
    ended: put ALL, put OWNER, put TEAM, put PRODUCT, delete WAITING, delete WAITING_TEAM, delete WAITING_PRODUCT
    ");
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_place_that_cannot_be_read_keeps_no_change_back_and_is_put_right_by_it() {
    let counted = counted().await;
    let request = counted.stored(0, false).await;
    let key = |list: &str| [("pk", text(&format!("LIST#{}", request.id))), ("sk", text(list))];
    let waits = [("dueShard", text("WAITING#TEAM#payments")), ("dueAt", text(&format!("{:.9}", at(0))))];
    counted.puts(&[&key("WAITING_TEAM")[..], &waits].concat()).await;
    counted.puts(&[&key("ALL")[..], &[("rev", text("secret")), ("dueShard", text("LIVE"))]].concat()).await;
    assert_eq!(counted.store.count_waiting(&RequestScope::Team(request.team.clone()), 10).await.unwrap(), 1);
    let handed = Request { owner: PersonId::new("U0AMIR"), ..changed(&request, "handed over") };
    counted.store.commit(replace(&handed)).await.unwrap();
    for whose in [
        RequestScope::Owner(handed.owner.clone()),
        RequestScope::Team(handed.team.clone()),
        RequestScope::All,
    ] {
        let listed = counted.store.list(&whose, RequestFilter::Live, None, 10).await.unwrap();
        assert_eq!(listed.requests(), std::slice::from_ref(&handed), "{whose:?}");
    }
    assert_eq!(counted.store.count_waiting(&RequestScope::Team(request.team.clone()), 10).await.unwrap(), 0);
    assert_eq!(counted.held().await, 1, "it is counted once");
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn who_opened_their_home_tab_lately_is_read_without_those_who_did_before() {
    let counted = counted().await;
    let opened = async |person: &str, second: u32| {
        let home = HomeTab { first_opened_at: at(0), opened_at: at(second), shows: "0a1b".repeat(16) };
        counted.store.put_home(&PersonId::new(person), &home).await.unwrap();
    };
    for person in 0..40 {
        opened(&format!("U{person}"), person).await;
    }
    let (people, looked_at, _) = counted.reads(counted.store.homes_opened_since(at(38))).await;
    assert_eq!(people.unwrap(), ["U38", "U39"].map(PersonId::new));
    assert_eq!(looked_at, 2);

    // What a bot of before has written stands in no index, until it is put there; what is newer stays.
    let old = |person: &str, second: u32| {
        let at = text(&format!("{:.9}", at(second)));
        [("pk", text("HOMES")), ("sk", text(person)), ("firstOpenedAt", at.clone()), ("openedAt", at)]
    };
    counted.puts(&old("U7", 50)).await;
    counted.puts(&old("U8", 50)).await;
    opened("U8", 60).await;
    assert_eq!(counted.store.homes_opened_since(at(45)).await.unwrap(), ["U8"].map(PersonId::new));
    counted.stored(0, false).await;
    counted.store.bring_forward().await.unwrap();
    assert_eq!(counted.store.homes_opened_since(at(45)).await.unwrap(), ["U7", "U8"].map(PersonId::new));
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn sums_are_read_and_not_added_up() {
    let counted = counted().await;
    for second in 0..30 {
        counted.stored(second * 2, second % 5 > 0).await;
    }
    let payments = RequestScope::Team(TeamName::new("payments"));
    let (spent, looked_at, _) = counted.reads(counted.store.spending(&payments, at(100))).await;
    let held: u32 = spent.unwrap().values().map(|amounts| amounts.held).sum();
    assert_eq!((held, looked_at), (6, 1));
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn whatever_is_neither_a_row_nor_trail_carries_its_end() {
    let counted = counted().await;
    let (alice, now) = (PersonId::new("U0ALICE"), at(0));
    let transition = submission("U0ALICE", "payments", "s3-bucket", now);
    let commit = Commit {
        idempotency_key: Some(IdempotencyKey::for_now("click:T1", now)),
        tally: Some(CounterDay {
            team: TeamName::new("payments"),
            day: day(now),
            marks: [Counter::Submitted].into(),
        }),
        ..insert(&transition)
    };
    counted.store.commit(commit).await.unwrap();
    let mut request = changed(&transition.request, "posted");
    let card = MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1.1".to_owned() };
    request.messages.insert(MessageSlot::Card, card);
    counted.store.commit(replace(&request)).await.unwrap();
    let home = HomeTab { first_opened_at: now, opened_at: now, shows: String::new() };
    counted.store.put_home(&alice, &home).await.unwrap();
    counted.store.put_bot(&Bot { id: "b".to_owned(), format: 1, seen_at: now }).await.unwrap();
    let away = Away { person: alice, delegate: PersonId::new("U0BOB"), until: day(now) };
    let absence = Commit { absence: Some(Absence::Begin(away)), ..Commit::default() };
    counted.store.commit(absence).await.unwrap();

    let mut ends: BTreeMap<String, Option<String>> = BTreeMap::new();
    for item in counted.events().await {
        let pk = item["pk"].as_s().unwrap();
        let kind = pk.split('#').next().unwrap().to_owned();
        let end = item.get("ttl").map(|end| {
            let second: i64 = end.as_n().unwrap().parse().unwrap();
            let after = Timestamp::from_second(second).unwrap().duration_since(now);
            format!("{} h", after.as_hours())
        });
        ends.insert(kind, end);
    }
    let told: Vec<String> = ends
        .into_iter()
        .map(|(kind, end)| format!("{kind}: {}", end.unwrap_or_else(|| "with what it belongs to".to_owned())))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    AWAYS: 12 h
    BOTS: 24 h
    COUNTS: 828 h
    HOMES: 4320 h
    ID: with what it belongs to
    JOB: with what it belongs to
    LIST: with what it belongs to
    MSG: 9600 h
    ONCE: 2 h
    QUOTA: with what it belongs to
    REQ: with what it belongs to
    SUMS: with what it belongs to
    TEAMS: with what it belongs to
    TRAIL: with what it belongs to
    ");
}
