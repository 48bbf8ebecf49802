//! Which version the tables are of, and how they come to the present one.

use aws_sdk_dynamodb::types::AttributeValue;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::ports::store::Store as _;

use super::check::told;
use crate::emulator::{emulator, tables};

/// Where the version stands.
const SCHEMA: &str = "SCHEMA";

async fn version(tables: &Tables) -> Option<String> {
    let client = aws_sdk_dynamodb::Client::new(&emulator().await);
    let key = || AttributeValue::S(SCHEMA.to_owned());
    let get = client.get_item().table_name(&tables.events).key("pk", key()).key("sk", key());
    let item = get.consistent_read(true).send().await.unwrap().item?;
    Some(item["version"].as_n().unwrap().clone())
}

async fn write_version(tables: &Tables, version: &str) {
    let client = aws_sdk_dynamodb::Client::new(&emulator().await);
    let key = || AttributeValue::S(SCHEMA.to_owned());
    let put = client.put_item().table_name(&tables.events).item("pk", key()).item("sk", key());
    let put = put.item("version", AttributeValue::N(version.to_owned()));
    put.item("needs", AttributeValue::S("9.1.0".to_owned())).send().await.unwrap();
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn tables_that_say_nothing_are_brought_forward_once_however_many_bots_start() {
    let tables = tables::new().await;
    assert_eq!(version(&tables).await, None);
    let configuration = emulator().await;
    let bots: Vec<_> = (0..4).map(|_| DynamoStore::new(&configuration, tables.clone())).collect();
    let (one, two, three, four) = tokio::join!(
        bots[0].bring_forward(),
        bots[1].bring_forward(),
        bots[2].bring_forward(),
        bots[3].bring_forward(),
    );
    for brought in [one, two, three, four] {
        brought.unwrap();
    }
    assert_eq!(version(&tables).await.as_deref(), Some("2"));
    assert_eq!(told(&bots[0].problems().await), "");
    bots[0].check().await.unwrap();
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn tables_of_a_newer_version_are_refused_and_left_alone() {
    let tables = tables::new().await;
    write_version(&tables, "7").await;
    let store = DynamoStore::new(&emulator().await, tables.clone());
    let problems = told(&store.problems().await).replace(&tables.events, "EVENTS");
    insta::assert_snapshot!(problems, @"`EVENTS` is used by a newer quartermaster (tables 7, this one knows 2): start quartermaster 9.1.0 or newer, or name other tables in `backend.store`");
    let refused = store.bring_forward().await.unwrap_err().to_string();
    assert_eq!(refused.replace(&tables.events, "EVENTS"), problems);
    assert_eq!(version(&tables).await.as_deref(), Some("7"));
}
