//! What lists cost to read, and what has an end.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::domain::away::Away;
use quartermaster::domain::ids::{ChannelId, PersonId, ProductKey, RequestId, TeamName};
use quartermaster::domain::request::{MessageRef, Request, Status, Surface};
use quartermaster::domain::tally::{Mark, Tally, day};
use quartermaster::ports::kept::Once;
use quartermaster::ports::store::{Absence, Bot, Commit, HomeTab, Store as _, Which, Whose};

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
        Whose::Owner(PersonId::new("U0ALICE")),
        Whose::Team(payments.clone()),
        Whose::TeamProduct(payments, ProductKey::parse("s3-bucket").unwrap()),
        Whose::All,
    ];
    for whose in lists {
        for (which, skip) in [(Which::Live, 0), (Which::Live, 4), (Which::Ended, 0)] {
            let (listed, looked_at, units) = counted.reads(counted.store.list(&whose, which, skip, 4)).await;
            let listed: Vec<RequestId> = listed.unwrap().iter().map(|request| request.id).collect();
            assert_eq!(listed.len(), 4, "{whose:?} {which:?}");
            if which == Which::Live {
                assert_eq!(listed, live[skip..skip + 4], "{whose:?}");
            }
            // Its place in the list and the row of each, and the places before them.
            assert!(looked_at <= 8 + skip as u64, "{whose:?} {which:?}: {looked_at} items");
            assert!(units < 20.0, "{whose:?} {which:?}: {units} units");
        }
    }
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn sums_are_read_and_not_added_up() {
    let counted = counted().await;
    for second in 0..30 {
        counted.stored(second * 2, second % 5 > 0).await;
    }
    let payments = Whose::Team(TeamName::new("payments"));
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
        once: Some(Once::for_now("view:V1", now)),
        tally: Some(Tally {
            team: TeamName::new("payments"),
            day: day(now),
            marks: [Mark::Submitted].into(),
        }),
        ..insert(&transition)
    };
    counted.store.commit(commit).await.unwrap();
    let mut request = changed(&transition.request, "posted");
    let card = MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1.1".to_owned() };
    request.messages.insert(Surface::Card, card);
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
