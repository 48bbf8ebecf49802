//! Migrates the tables between schema versions. An item records the version; tables without it have the first
//! version. Several bots may migrate at once: a step may run twice, and a conditional write lets one of them record it.
//!
//! Old bots keep running while the first new one migrates, so a step must leave in place whatever they read.

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::operation::put_item::PutItemError;

use super::item::{number, read_number, read_text, text};
use super::keys;
use super::tables::DynamoStore;
use crate::aws::SetupProblem;

/// The version that this program works with.
const VERSION: u64 = 2;
/// The first release that can use [`VERSION`].
const NEEDS: &str = "0.1.0";

/// The version of the tables, and the first release that can use it if the tables say so.
struct SchemaVersion {
    version: u64,
    needs: Option<String>,
}

/// Returns a problem if the tables have a newer version or it cannot be read.
pub(super) async fn problems(store: &DynamoStore) -> Vec<SetupProblem> {
    match read(store).await {
        Ok(current) => current.newer(store).into_iter().collect(),
        Err(error) => vec![SetupProblem::new(
            format!("the version of the tables cannot be read: {error:#}"),
            "allow `dynamodb:GetItem` to the role of the bot, as `infra/portal.yml` does",
        )],
    }
}

/// Migrates the tables to [`VERSION`], one step at a time.
pub(super) async fn bring_forward(store: &DynamoStore) -> anyhow::Result<()> {
    loop {
        // Read in each round, because another bot may have taken the step.
        let current = read(store).await?;
        if let Some(problem) = current.newer(store) {
            bail!("{problem}");
        }
        if current.version == VERSION {
            return Ok(());
        }
        let next = take_step(current.version)?;
        tracing::info!(from = current.version, to = next, "the tables are brought forward");
        write(store, current.version, next).await?;
    }
}

/// Performs the step from one version to the next and returns the latter. Must be safe to repeat.
fn take_step(from: u64) -> anyhow::Result<u64> {
    match from {
        // Version 2 only adds the item itself.
        1 => Ok(2),
        _ => bail!("there is no way from version {from} of the tables"),
    }
}

async fn read(store: &DynamoStore) -> anyhow::Result<SchemaVersion> {
    let item = store.event(keys::schema()).await.context("cannot read the version of the tables")?;
    let item = item.unwrap_or_default();
    let version = read_number(&item, "version")?.unwrap_or(1);
    Ok(SchemaVersion { version, needs: read_text(&item, "needs").map(str::to_owned) })
}

/// Records a step, unless another bot has recorded it meanwhile.
async fn write(store: &DynamoStore, from: u64, to: u64) -> anyhow::Result<()> {
    let mut item = keys::schema();
    item.insert("version".to_owned(), number(&to));
    item.insert("needs".to_owned(), text(NEEDS));
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
    let put = put
        .condition_expression("attribute_not_exists(pk) OR version = :from")
        .expression_attribute_values(":from", number(&from));
    // A refused write means that another bot has recorded the step; the next round reads that.
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(error).context("cannot write the version of the tables"),
    }
}

impl SchemaVersion {
    fn newer(&self, store: &DynamoStore) -> Option<SetupProblem> {
        let needs = self.needs.as_deref().unwrap_or("a later version");
        (self.version > VERSION).then(|| {
            SetupProblem::new(
                format!(
                    "`{}` is used by a newer quartermaster (tables {}, this one knows {VERSION})",
                    store.tables.events, self.version
                ),
                format!("start quartermaster {needs} or newer, or name other tables in `backend.store`"),
            )
        })
    }
}
