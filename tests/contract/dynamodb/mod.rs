//! The store on DynamoDB: new tables of the shape in `infra/portal.yml` for each test, in an emulator on this machine.
//! What several replicas do to the same tables is in `replicas`, what no emulator answers in `wire`.

mod replicas;
mod wire;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use quartermaster::aws::configuration;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::document::{Node, parse_yaml};
use quartermaster::domain::ids::RequestId;

use crate::store::StoreUnderTest;

/// Where the emulator is, as the AWS SDKs call it.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

pub(crate) fn store_in_new_tables() -> StoreUnderTest {
    let made = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(replicas_of(1)));
    let [store] = made.try_into().unwrap();
    StoreUnderTest { store: Arc::new(store), _keep: Box::new(()) }
}

/// So many stores that know nothing of each other, in the same new tables.
async fn replicas_of(count: usize) -> Vec<DynamoStore> {
    let configuration = emulator().await;
    let tables = new_tables(&Client::new(&configuration)).await;
    (0..count).map(|_| DynamoStore::new(&configuration, tables.clone())).collect()
}

/// Nothing but an emulator: these tests make tables, and never in an account.
#[expect(clippy::disallowed_methods, reason = "the emulator's script says where it listens")]
async fn emulator() -> SdkConfig {
    let endpoint = std::env::var(ENDPOINT).unwrap_or_default();
    assert!(endpoint.starts_with("http://127.0.0.1:"), "run .ci/aws: {ENDPOINT} is `{endpoint}`");
    configuration().await
}

async fn new_tables(client: &Client) -> Tables {
    let template = parse_yaml(include_str!("../../../infra/portal.yml")).unwrap();
    let prefix = RequestId::random();
    let mut names = Vec::new();
    for resource in ["RequestsTable", "EventsTable"] {
        let shape = at(&template, &["Resources", resource, "Properties"]);
        let name = format!("{prefix}.{}", text(shape, "TableName"));
        create(client, &name, shape).await;
        names.push(name);
    }
    let [requests, events] = names.try_into().unwrap();
    Tables { requests, events }
}

async fn create(client: &Client, name: &str, shape: &Node) {
    let attributes = list(shape, "AttributeDefinitions").iter().map(|attribute| {
        AttributeDefinition::builder()
            .attribute_name(text(attribute, "AttributeName"))
            .attribute_type(ScalarAttributeType::from(text(attribute, "AttributeType")))
            .build()
            .unwrap()
    });
    let indexes = list(shape, "GlobalSecondaryIndexes").iter().map(|index| {
        let projected = text(at(index, &["Projection"]), "ProjectionType");
        GlobalSecondaryIndex::builder()
            .index_name(text(index, "IndexName"))
            .set_key_schema(Some(keys(index)))
            .projection(Projection::builder().projection_type(ProjectionType::from(projected)).build())
            .build()
            .unwrap()
    });
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.collect()))
        .set_key_schema(Some(keys(shape)))
        .set_global_secondary_indexes(Some(indexes.collect()))
        .send()
        .await
        .unwrap();
}

fn keys(shape: &Node) -> Vec<KeySchemaElement> {
    let key = |key: &Node| {
        KeySchemaElement::builder()
            .attribute_name(text(key, "AttributeName"))
            .key_type(KeyType::from(text(key, "KeyType")))
            .build()
            .unwrap()
    };
    list(shape, "KeySchema").iter().map(key).collect()
}

fn at<'a>(node: &'a Node, path: &[&str]) -> &'a Node {
    path.iter().fold(node, |node, key| node.get(key).unwrap_or_else(|| panic!("no {key}")))
}

fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    at(node, &[key]).as_text().unwrap()
}

fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    at(node, &[key]).as_list().unwrap()
}
