//! What no emulator answers: busy, refused, half done. The answers follow AWS's service model in botocore 1.44.8 and
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html> (2026-11-29); they are
//! not recorded from AWS.

use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::domain::ids::PersonId;
use quartermaster::domain::job::JobKind;
use quartermaster::ports::store::{Commit, CommitError, Store as _};
use serde_json::{Value, json};

use crate::sample::{alices, at, insert};
use crate::script::{Answer, Script, answered, error};

/// A store that gets these answers, one for each call.
pub(super) async fn store_answered<A: Into<Answer>>(
    answers: impl IntoIterator<Item = A>,
) -> (DynamoStore, Script) {
    let (configuration, script) = answered(answers).await;
    (DynamoStore::new(&configuration, Tables::default()), script)
}

/// A cancelled transaction with these codes.
fn canceled(codes: &[&str]) -> (u16, Value) {
    let reasons: Vec<Value> = codes.iter().map(|code| json!({"Code": code})).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    (400, json!({"__type": kind, "Message": "canceled", "CancellationReasons": reasons}))
}

/// A submission without a trail, whose parts are the row, the slot, two jobs and what finds it.
fn submission() -> Commit {
    Commit { audit: Vec::new(), ..insert(&alices()) }
}

fn done() -> (u16, Value) {
    (200, json!({}))
}

#[tokio::test]
async fn a_conflict_with_another_transaction_is_no_refusal_and_sent_again_under_the_same_token() {
    for busy in [
        canceled(&["None", "TransactionConflict"]),
        // What conflicts may hide an earlier reason, so nothing is concluded from a later one.
        canceled(&["TransactionConflict", "ConditionalCheckFailed"]),
        canceled(&["ThrottlingError", "None"]),
        error("TransactionInProgressException"),
    ] {
        let (store, script) = store_answered([busy.clone(), busy, done()]).await;
        store.commit(submission()).await.unwrap();
        let tokens = script.asked("ClientRequestToken");
        assert_eq!(tokens.len(), 3);
        assert!(tokens.iter().all(|token| token.is_string() && *token == tokens[0]), "{tokens:?}");
        let writes = script.asked("TransactItems");
        assert!(writes.iter().all(|parts| *parts == writes[0]));
    }
}

#[tokio::test]
async fn throttling_and_an_error_of_the_server_are_tried_again_under_the_same_token() {
    let broken = (500, json!({"__type": "InternalServerError"}));
    let (store, script) = store_answered([error("ThrottlingException"), broken, done()]).await;
    store.commit(submission()).await.unwrap();
    let tokens = script.asked("ClientRequestToken");
    assert!(tokens.len() == 3 && tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
}

#[tokio::test]
async fn an_entry_whose_number_another_has_taken_gets_the_next_one() {
    let last = |n: u64| (200, json!({"Items": [{"sk": {"S": format!("{n:020}")}}], "Count": 1}));
    let none = "None";
    // Row, slot, entry, place on the trail, three jobs, id.
    let taken = canceled(&[none, none, none, "ConditionalCheckFailed", none, none, none, none]);
    let no_row = (200, json!({}));
    let (store, script) = store_answered([last(4), taken, no_row, last(7), done()]).await;
    store.commit(insert(&alices())).await.unwrap();
    let numbers: Vec<Value> = script
        .asked("TransactItems")
        .iter()
        .filter_map(|parts| Some(parts.as_array()?[3]["Put"]["Item"]["sk"]["S"].clone()))
        .collect();
    assert_eq!(numbers, [json!("00000000000000000005"), json!("00000000000000000008")]);
    let tokens: Vec<Value> =
        script.asked("ClientRequestToken").into_iter().filter(Value::is_string).collect();
    assert!(tokens.len() == 2 && tokens[0] != tokens[1], "another content, another token: {tokens:?}");
}

#[tokio::test]
async fn a_missing_table_is_named_as_what_it_is() {
    let (store, _) = store_answered([error("ResourceNotFoundException")]).await;
    let error = store.commit(submission()).await.unwrap_err();
    let CommitError::Other(error) = error else { panic!("{error:?}") };
    let text = format!("{error:#}");
    assert!(text.starts_with("cannot write to ProvisioningRequests and ProvisioningEvents: "), "{text}");
    assert!(text.contains("ResourceNotFoundException: Requested resource not found"), "{text}");
}

#[tokio::test]
async fn a_commit_larger_than_a_transaction_is_refused_before_it_is_sent() {
    let (store, script) = store_answered([done()]).await;
    let submitted = alices();
    let jobs = (0..100).map(|n| JobKind::Home.due(PersonId::new(format!("U{n}")), at(0))).collect();
    let error = store.commit(Commit { jobs, ..insert(&submitted) }).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot commit 112 writes at once: DynamoDB takes 100");
    assert_eq!(script.asked("TransactItems").into_iter().filter(Value::is_array).count(), 0);
}
