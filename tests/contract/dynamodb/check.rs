//! What the program says at its start about tables that are not as `infra/portal.yml` makes them. Refusals without the
//! emulator follow AWS's service model in botocore 1.44.8 (2026-11-29); they are not recorded from AWS.

use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::domain::ids::RequestId;
use serde_json::json;

use super::wire::store_answered;
use crate::emulator::{emulator, tables};
use crate::script::error;

pub(super) fn told(problems: &[quartermaster::aws::SetupProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn tables_as_they_are_deployed_are_all_right() {
    let store = DynamoStore::new(&emulator().await, tables::new().await);
    assert_eq!(told(&store.problems().await), "");
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn missing_and_mistaken_tables_are_named_all_at_once() {
    let Tables { requests, .. } = tables::new().await;
    let missing = format!("{}.missing", RequestId::random());
    let mixed_up = Tables { requests: missing.clone(), events: requests.clone() };
    let store = DynamoStore::new(&emulator().await, mixed_up);
    let told = told(&store.problems().await).replace(&missing, "MISSING").replace(&requests, "REQUESTS");
    insta::assert_snapshot!(told, @"
    there is no table `MISSING`: correct `backend.store`, or deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    the table `REQUESTS` has other keys: keys cannot be changed: name another table in `backend.store`, and deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    the table `REQUESTS` has no index `DueIndex`: deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    ");
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let kind = "com.amazonaws.dynamodb.v20120810#AccessDeniedException";
    let denied = (400, json!({"__type": kind, "Message": "User bot is not authorized"}));
    let (store, _) = store_answered([denied.clone(), denied]).await;
    insta::assert_snapshot!(told(&store.problems().await), @"
    cannot look at the table `ProvisioningRequests`: service error: unhandled error (AccessDeniedException): Error { code: \"AccessDeniedException\", message: \"User bot is not authorized\" }: allow `dynamodb:DescribeTable` to the role of the bot, as `infra/portal.yml` does
    cannot look at the table `ProvisioningEvents`: service error: unhandled error (AccessDeniedException): Error { code: \"AccessDeniedException\", message: \"User bot is not authorized\" }: allow `dynamodb:DescribeTable` to the role of the bot, as `infra/portal.yml` does
    ");
}

#[tokio::test]
async fn each_right_to_the_tables_that_is_missing_is_named() {
    let kind = "com.amazonaws.dynamodb.v20120810#AccessDeniedException";
    let denied = (400, json!({"__type": kind, "Message": "User bot is not authorized"}));
    let (store, script) = store_answered(vec![denied; 7]).await;
    insta::assert_snapshot!(told(&store.missing_rights().await), @"
    `dynamodb:GetItem` is not allowed: User bot is not authorized: allow `dynamodb:GetItem` to the role of the bot, as `infra/portal.yml` does
    `dynamodb:Query` is not allowed: User bot is not authorized: allow `dynamodb:Query` to the role of the bot, as `infra/portal.yml` does
    `dynamodb:BatchGetItem` is not allowed: User bot is not authorized: allow `dynamodb:BatchGetItem` to the role of the bot, as `infra/portal.yml` does
    `dynamodb:PutItem` is not allowed: User bot is not authorized: allow `dynamodb:PutItem` to the role of the bot, as `infra/portal.yml` does
    `dynamodb:UpdateItem` is not allowed: User bot is not authorized: allow `dynamodb:UpdateItem` to the role of the bot, as `infra/portal.yml` does
    `dynamodb:DeleteItem` is not allowed: User bot is not authorized: allow `dynamodb:DeleteItem` to the role of the bot, as `infra/portal.yml` does
    `dynamodb:ConditionCheckItem` is not allowed: User bot is not authorized: allow `dynamodb:ConditionCheckItem` to the role of the bot, as `infra/portal.yml` does
    ");
    assert_eq!(script.asked("TableName").len(), 7, "each was tried once");
}

#[tokio::test]
async fn what_is_refused_and_not_denied_lacks_no_right() {
    let (store, _) = store_answered(vec![error("ResourceNotFoundException"); 7]).await;
    assert_eq!(told(&store.missing_rights().await), "");
}
