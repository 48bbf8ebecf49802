//! Checks that the bot has the rights it needs on the tables. Each right is tested by a call that reads one
//! item or whose condition cannot hold, so nothing changes. Only a denial counts as a problem.

use aws_sdk_dynamodb::types::{ConditionCheck, KeysAndAttributes, TransactWriteItem};

use super::tables::DynamoStore;
use super::{keys, row};
use crate::aws::SetupProblem;
use crate::domain::ids::RequestId;

/// A condition that never holds: no item has this attribute.
const NEVER: &str = "attribute_exists(neverWritten)";

/// Returns a problem for each missing right.
pub(super) async fn missing(store: &DynamoStore) -> Vec<SetupProblem> {
    let (reads, writes) = tokio::join!(of_reading(store), of_writing(store));
    [reads, writes].concat()
}

async fn of_reading(store: &DynamoStore) -> Vec<SetupProblem> {
    let (client, tables) = (&store.client, &store.tables);
    // No request has a random id, so nothing is read.
    let nobody = row::key(RequestId::random());
    let get = client.get_item().table_name(&tables.requests).set_key(Some(nobody.clone())).send().await;
    let query = super::jobs::one_shard(store).send().await;
    let wanted = KeysAndAttributes::builder().keys(nobody).build().ok();
    let batch = client
        .batch_get_item()
        .set_request_items(wanted.map(|wanted| [(tables.requests.clone(), wanted)].into()));
    let batch = batch.send().await;
    let missing = [
        SetupProblem::of_right("dynamodb:GetItem", &get),
        SetupProblem::of_right("dynamodb:Query", &query),
        SetupProblem::of_right("dynamodb:BatchGetItem", &batch),
    ];
    missing.into_iter().flatten().collect()
}

async fn of_writing(store: &DynamoStore) -> Vec<SetupProblem> {
    let (client, events) = (&store.client, &store.tables.events);
    let key = || Some(keys::check());
    let put = client.put_item().table_name(events).set_item(key()).condition_expression(NEVER).send().await;
    let update = client.update_item().table_name(events).set_key(key());
    let update = update.update_expression("REMOVE neverWritten").condition_expression(NEVER).send().await;
    let delete =
        client.delete_item().table_name(events).set_key(key()).condition_expression(NEVER).send().await;
    let check = ConditionCheck::builder().table_name(events).set_key(key()).condition_expression(NEVER);
    let items =
        check.build().ok().map(|check| vec![TransactWriteItem::builder().condition_check(check).build()]);
    let check = client.transact_write_items().set_transact_items(items).send().await;
    let missing = [
        SetupProblem::of_right("dynamodb:PutItem", &put),
        SetupProblem::of_right("dynamodb:UpdateItem", &update),
        SetupProblem::of_right("dynamodb:DeleteItem", &delete),
        SetupProblem::of_right("dynamodb:ConditionCheckItem", &check),
    ];
    missing.into_iter().flatten().collect()
}
