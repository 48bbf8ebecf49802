//! New tables of the shape in `infra/portal.yml`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use cloudformation::document::{Node, parse_yaml};
use quartermaster::aws::dynamodb::Tables;
use quartermaster::domain::ids::RequestId;

/// Two tables that nobody else uses.
pub(crate) async fn new() -> Tables {
    let client = Client::new(&super::emulator().await);
    let template = parse_yaml(include_str!("../../infra/portal.yml")).unwrap();
    let prefix = RequestId::random();
    let mut names = Vec::new();
    for resource in ["RequestsTable", "EventsTable"] {
        let shape = at(&template, &["Resources", resource, "Properties"]);
        let name = format!("{prefix}.{}", text(shape, "TableName"));
        create(&client, &name, shape).await;
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
    let created = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.collect()))
        .set_key_schema(Some(keys(shape)))
        .set_global_secondary_indexes(Some(indexes.collect()))
        .send()
        .await
        .map_err(SdkError::into_service_error);
    // An emulator that was slow to answer is asked once more by the client, and has made it by then.
    assert!(created.as_ref().err().is_none_or(CreateTableError::is_resource_in_use_exception), "{created:?}");
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
