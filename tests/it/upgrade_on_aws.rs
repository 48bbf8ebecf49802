//! Tables that an earlier program has left.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use quartermaster::aws::dynamodb::Tables;
use quartermaster::domain::request::StatusName;
use serde_json::Value;

use crate::emulator::{emulator, tables};
use crate::harness::{Setup, run_in};
use crate::upgrade::{Waiting, goes_on};
use crate::upgrade_approvals::{Posted, is_answered};

const VERSION_2: &str = include_str!("stores/version-2.json");

/// The same story, left by the program of version 3, which writes the ends of all chains itself.
const VERSION_3: &str = include_str!("stores/version-3.json");

/// Left by the program of version 5: see `upgrade_approvals`.
const VERSION_5: &str = include_str!("stores/version-5.json");

/// New tables with these items.
async fn filled(items: &str) -> Tables {
    let tables = tables::new().await;
    let client = Client::new(&emulator().await);
    let items: Value = serde_json::from_str(items).unwrap();
    for (kind, table) in [("requests", &tables.requests), ("events", &tables.events)] {
        for item in items[kind].as_array().unwrap() {
            let item = item.as_object().unwrap();
            let item = item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        }
    }
    tables
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("M", Value::Object(map)) => {
            let map: HashMap<_, _> =
                map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            AttributeValue::M(map)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs this"]
async fn what_version_2_has_left_waiting_is_agreed_to_under_this_one() {
    let tables = filled(VERSION_2).await;
    Box::pin(run_in(Setup::new().in_tables(tables), async |company| {
        let waiting = Waiting {
            approval: "936926b4-18a8-4460-80f6-023be0fab638",
            renewal: "1387a7dd-41e0-4656-9f08-8f040cc9e569",
            change: "c9ba8547-3d41-4ea5-ace2-469678571b1d",
            // What there is to change was made by a simulation that is not here.
            changed: "change failed",
            sealed: 1,
        };
        Box::pin(goes_on(company, &waiting)).await;
    }))
    .await;
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs this"]
async fn what_version_3_has_left_waiting_is_agreed_to_under_this_one() {
    let tables = filled(VERSION_3).await;
    Box::pin(run_in(Setup::new().in_tables(tables), async |company| {
        let waiting = Waiting {
            approval: "da4149b7-9bd2-40b5-a88a-828ced9cdf69",
            renewal: "0bd955dc-ed13-4790-a46b-42baee32ba97",
            change: "651b565f-9678-44dd-a6db-f4f649a3d49a",
            // What there is to change was made by a simulation that is not here.
            changed: "change failed",
            sealed: 0,
        };
        Box::pin(goes_on(company, &waiting)).await;
    }))
    .await;
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs this"]
async fn what_waits_since_version_5_is_answered_on_the_messages_of_then() {
    let tables = filled(VERSION_5).await;
    Box::pin(run_in(Setup::new().in_tables(tables), async |company| {
        let posted = Posted {
            renewal: "a9ddd2fe-478b-40ff-9eca-52687c98791b:2",
            change: "4c6f5ed2-5561-4509-8f9a-742136e6263c:4",
        };
        // What there is to change was made by a simulation that is not here.
        Box::pin(is_answered(company, &posted, "change failed")).await;
    }))
    .await;
}

/// Takes all requests out of the lists and sums, as if a bot that knows of none had stored them.
async fn forgets_lists(tables: &Tables) {
    let client = Client::new(&emulator().await);
    let scan = client.scan().table_name(&tables.events).consistent_read(true);
    let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    for item in items {
        let pk = item["pk"].as_s().unwrap();
        if pk.starts_with("LIST#") || pk.starts_with("SUMS#") {
            let delete = client.delete_item().table_name(&tables.events);
            delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs this"]
async fn what_is_in_no_list_is_warned_about_in_time_and_ends() {
    let tables = tables::new().await;
    Box::pin(run_in(Setup::new().in_tables(tables.clone()), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.waits("719h").await;
        let before = alice.dms().len();
        forgets_lists(&tables).await;
        company.waits("1h").await;
        assert!(alice.newest_dm().contains("[Renew 30 days] [Tear down]"), "{}", alice.newest_dm());
        assert_eq!(alice.dms().len(), before + 1);
        company.waits("169h").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Terminated);
    }))
    .await;
}
