//! The two tables and their indexes, and the time limit for reaching them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use tokio::sync::Mutex;

use super::tip::End;
use crate::domain::ids::TeamName;

/// Time limit for all DynamoDB calls of one store operation. The port promises that each operation ends
/// within a minute.
pub(super) const LONGEST: Duration = Duration::from_secs(45);

/// The index of due dates: jobs, and places in lists.
pub(super) const DUE_INDEX: &str = "DueIndex";
/// Older bots' index of what a team has.
pub(super) const TEAM_INDEX: &str = "TeamProductIndex";
/// Older bots' index of what a person owns.
pub(super) const USER_INDEX: &str = "UserIndex";
/// Older bots' index of what waits for a team's approvers.
pub(super) const AWAITING_INDEX: &str = "AwaitingIndex";

/// The names of the two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Table with one row per request.
    pub requests: String,
    /// Table of audit entries, quota counters, jobs and idempotency keys.
    pub events: String,
}

/// The table names in `infra/portal.yml`.
impl Default for Tables {
    fn default() -> Self {
        Self { requests: "ProvisioningRequests".to_owned(), events: "ProvisioningEvents".to_owned() }
    }
}

/// The store in two DynamoDB tables.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    pub(super) client: Client,
    pub(super) tables: Tables,
    /// Locked while appending to the trail, so that tasks of one process do not compete for the same number.
    pub(super) trail: Arc<Mutex<End>>,
    /// Teams that this process knows to be in the list of teams.
    pub(super) teams: Arc<std::sync::Mutex<BTreeSet<TeamName>>>,
}

impl DynamoStore {
    /// Creates a store in `tables`, with clients built from `configuration`.
    pub fn new(configuration: &SdkConfig, tables: Tables) -> Self {
        Self { client: Client::new(configuration), tables, trail: Arc::default(), teams: Arc::default() }
    }
}

/// Awaits the calls of one operation, or fails after [`LONGEST`].
pub(super) async fn within<T>(calls: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let answer = tokio::time::timeout(LONGEST, calls).await;
    answer.with_context(|| format!("DynamoDB did not answer within {} s", LONGEST.as_secs()))?
}
