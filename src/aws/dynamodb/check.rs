//! Checks that the tables exist as `infra/portal.yml` creates them.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{IndexStatus, KeyType, TableDescription, TableStatus};

use super::tables::{AWAITING_INDEX, DUE_INDEX, DynamoStore, TEAM_INDEX, USER_INDEX};
use crate::aws::SetupProblem;

/// The end of most remedies.
const DEPLOY: &str = "deploy the stack of `infra/portal.yml` with `infra/deploy.sh`";

/// The names of the key attributes of a table or an index.
struct Keys {
    hash: &'static str,
    range: Option<&'static str>,
}

/// The keys that the table of requests must have.
const REQUESTS: Keys = Keys { hash: "requestId", range: None };
const REQUEST_INDEXES: [(&str, Keys); 3] = [
    (TEAM_INDEX, Keys { hash: "teamName", range: Some("productType") }),
    (USER_INDEX, Keys { hash: "userId", range: Some("createdAt") }),
    (AWAITING_INDEX, Keys { hash: "awaitingTeam", range: Some("createdAt") }),
];
/// The keys that the table of events must have.
const EVENTS: Keys = Keys { hash: "pk", range: Some("sk") };
const EVENT_INDEXES: [(&str, Keys); 1] = [(DUE_INDEX, Keys { hash: "dueShard", range: Some("dueAt") })];

/// Returns the problems with both tables, which are described concurrently.
pub(super) async fn problems(store: &DynamoStore) -> Vec<SetupProblem> {
    let (mut requests, events) = tokio::join!(
        of_table(store, &store.tables.requests, &REQUESTS, &REQUEST_INDEXES),
        of_table(store, &store.tables.events, &EVENTS, &EVENT_INDEXES),
    );
    requests.extend(events);
    requests
}

async fn of_table(
    store: &DynamoStore,
    name: &str,
    keys: &Keys,
    indexes: &[(&str, Keys)],
) -> Vec<SetupProblem> {
    let described = match store.client.describe_table().table_name(name).send().await {
        Ok(answer) => answer.table,
        Err(error)
            if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) =>
        {
            None
        }
        Err(error) => {
            return vec![SetupProblem::of_call(
                &format!("the table `{name}`"),
                "dynamodb:DescribeTable",
                &error,
            )];
        }
    };
    // DynamoDB still describes a table that is being deleted.
    let Some(table) = described.filter(|table| table.table_status != Some(TableStatus::Deleting)) else {
        return vec![SetupProblem::new(
            format!("there is no table `{name}`"),
            format!("correct `backend.store`, or {DEPLOY}"),
        )];
    };
    let mut problems = Vec::new();
    if !keys.are(table.key_schema()) {
        problems.push(SetupProblem::new(
            format!("the table `{name}` has other keys"),
            format!("keys cannot be changed: name another table in `backend.store`, and {DEPLOY}"),
        ));
    }
    problems.extend(indexes.iter().filter_map(|(index, keys)| of_index(&table, name, index, keys)));
    problems
}

fn of_index(table: &TableDescription, name: &str, index: &str, keys: &Keys) -> Option<SetupProblem> {
    let described = table.global_secondary_indexes().iter().find(|other| other.index_name() == Some(index));
    let Some(described) = described else {
        return Some(SetupProblem::new(format!("the table `{name}` has no index `{index}`"), DEPLOY));
    };
    if !keys.are(described.key_schema()) {
        let remedy = format!("delete the index, and {DEPLOY}");
        return Some(SetupProblem::new(
            format!("the index `{index}` of the table `{name}` has other keys"),
            remedy,
        ));
    }
    (described.index_status == Some(IndexStatus::Creating)).then(|| {
        let description = format!("the index `{index}` of the table `{name}` is still being made");
        SetupProblem::new(description, "start again when it is active")
    })
}

impl Keys {
    fn are(&self, schema: &[aws_sdk_dynamodb::types::KeySchemaElement]) -> bool {
        let name_of = |kind: &KeyType| {
            schema.iter().find(|key| key.key_type == *kind).map(|key| key.attribute_name.as_str())
        };
        name_of(&KeyType::Hash) == Some(self.hash) && name_of(&KeyType::Range) == self.range
    }
}
