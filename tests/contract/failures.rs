//! What AWS refuses is counted by its own name, and what is an answer to a condition is not. The answers follow AWS's service
//! model in botocore 1.44.8 (2026-11-29); they are not recorded from AWS.

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use quartermaster::aws::configuration_counting;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::ports::error_counters::ErrorCounters;
use quartermaster::ports::store::{Commit, Store as _};
use serde_json::json;

use crate::sample::{alices, insert};
use crate::script::{Answer, error, listening, not_of_aws, to};

#[tokio::test]
async fn failed_tries_are_counted_by_service_operation_and_code() {
    let refused = json!({"__type": "com.amazonaws#TransactionCanceledException", "Message": "canceled",
                         "CancellationReasons": [{"Code": "ConditionalCheckFailed"}]});
    let busy = not_of_aws(503, "busy");
    let answers: [Answer; 4] =
        [error("ThrottlingException").into(), busy, (400, refused).into(), (200, json!({})).into()];
    let (endpoint, _) = listening(answers).await;
    let trouble = ErrorCounters::default();
    let configuration = to(&endpoint, configuration_counting(&trouble).await);
    let store = DynamoStore::new(&configuration, Tables::default());
    let commit = Commit { audit: Vec::new(), ..insert(&alices()) };
    let stale = store.commit(commit).await.unwrap_err();
    assert_eq!(stale.to_string(), "the request has changed in the meantime", "the answer is still readable");

    let mut registry = Registry::default();
    trouble.register(&mut registry);
    let mut shown = String::new();
    encode(&mut shown, &registry).unwrap();
    let mut counted: Vec<&str> = shown.lines().filter(|line| line.starts_with("aws_errors_total")).collect();
    counted.sort_unstable();
    insta::assert_snapshot!(counted.join("\n"), @r#"
    aws_errors_total{service="DynamoDB",operation="TransactWriteItems",code="503"} 1
    aws_errors_total{service="DynamoDB",operation="TransactWriteItems",code="ThrottlingException"} 1
    "#);
}
