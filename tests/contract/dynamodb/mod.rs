//! The store on DynamoDB: new tables of the shape in `infra/portal.yml` for each test, in an emulator on this machine.
//! What several replicas do to the same tables is in `replicas`, what no emulator answers in `wire`.

mod check;
mod filling;
mod lists;
mod replicas;
mod schema;
mod tamper;
mod wire;

use std::sync::Arc;

use quartermaster::aws::dynamodb::DynamoStore;

use crate::emulator::{recorded, tables};
use crate::store::StoreUnderTest;

pub(crate) fn store_in_new_tables() -> StoreUnderTest {
    let made = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(replicas_of(1)));
    let [store] = made.try_into().unwrap();
    StoreUnderTest { store: Arc::new(store), _keep: Box::new(()) }
}

/// So many stores that know nothing of each other, in the same new tables.
async fn replicas_of(count: usize) -> Vec<DynamoStore> {
    let (configuration, _) = recorded().await;
    let tables = tables::new().await;
    (0..count).map(|_| DynamoStore::new(&configuration, tables.clone())).collect()
}
