//! One `TransactWriteItems` call: its parts, and the loop that sends it until DynamoDB has accepted or
//! refused it. What a refusal means for a commit is decided in `commit`.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::expression::Expression;
use super::item::Item;
use super::tables::DynamoStore;

/// The most writes that one transaction takes.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub(super) const MOST_WRITES: usize = 100;

/// What it means if the condition of a part does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// The part has no condition.
    Nothing,
    /// The claim is lost.
    Claim,
    /// The job is not parked.
    Parked,
    /// The idempotency key was committed before.
    Once,
    /// New requests are paused.
    Pause,
    /// The row has another revision by now.
    Row,
    /// The team's budget is spent. `elsewhere` is the part of it used under other names of the team.
    Budget { elsewhere: Decimal },
    /// All `limit` slots are taken. `elsewhere` is the number taken under other names of the team.
    Slot { limit: u32, elsewhere: u32 },
    /// Another writer has written this audit entry.
    Entry,
    /// Another bot has counted this refusal, or a newer one has written it.
    Counted,
    /// The stored item has a format that this program does not read.
    Format,
    /// A finished job has a format that this program does not read, so it is kept.
    Idle,
    /// Says nothing about the commit: data that the plan was based on has changed, so plan again.
    Plan,
}

/// One write of a transaction.
#[derive(Clone, Debug)]
pub(super) struct TransactionWrite {
    pub(super) check: Check,
    action: TransactWriteItem,
}

/// One of the store's two tables.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Requests,
    Events,
}

impl DynamoStore {
    fn name(&self, table: Table) -> &str {
        match table {
            Table::Requests => &self.tables.requests,
            Table::Events => &self.tables.events,
        }
    }

    /// Returns a part that writes a whole item unconditionally.
    pub(super) fn put(&self, table: Table, item: Item) -> anyhow::Result<TransactionWrite> {
        let put = Put::builder().table_name(self.name(table)).set_item(Some(item)).build()?;
        Ok(TransactionWrite { check: Check::Nothing, action: TransactWriteItem::builder().put(put).build() })
    }

    /// Returns a part that writes a whole item if the condition holds.
    pub(super) fn put_if(
        &self,
        table: Table,
        item: Item,
        check: Check,
        condition: Expression,
    ) -> anyhow::Result<TransactionWrite> {
        let put = Put::builder()
            .table_name(self.name(table))
            .set_item(Some(item))
            .condition_expression(condition.text)
            .set_expression_attribute_names(names(condition.names))
            .set_expression_attribute_values(values(condition.values))
            .return_values_on_condition_check_failure(returned(check))
            .build()?;
        Ok(TransactionWrite { check, action: TransactWriteItem::builder().put(put).build() })
    }

    /// Returns a part that deletes an item of the table of events, if it exists.
    pub(super) fn delete(&self, key: Item) -> anyhow::Result<TransactionWrite> {
        let delete = Delete::builder().table_name(&self.tables.events).set_key(Some(key)).build()?;
        Ok(TransactionWrite {
            check: Check::Nothing,
            action: TransactWriteItem::builder().delete(delete).build(),
        })
    }

    /// Returns a part that deletes an item of the table of events if the condition holds.
    pub(super) fn delete_if(
        &self,
        key: Item,
        check: Check,
        condition: Expression,
    ) -> anyhow::Result<TransactionWrite> {
        let delete = Delete::builder()
            .table_name(&self.tables.events)
            .set_key(Some(key))
            .condition_expression(condition.text)
            .set_expression_attribute_names(names(condition.names))
            .set_expression_attribute_values(values(condition.values))
            .return_values_on_condition_check_failure(returned(check))
            .build()?;
        Ok(TransactionWrite { check, action: TransactWriteItem::builder().delete(delete).build() })
    }

    /// Returns a part that updates attributes of an item of the table of events if `condition` holds; an
    /// empty one means no condition. `change` holds the values of both.
    pub(super) fn update(
        &self,
        key: Item,
        change: Expression,
        check: Check,
        condition: &str,
    ) -> anyhow::Result<TransactionWrite> {
        let update = Update::builder()
            .table_name(&self.tables.events)
            .set_key(Some(key))
            .update_expression(change.text)
            .set_condition_expression((!condition.is_empty()).then(|| condition.to_owned()))
            .set_expression_attribute_names(names(change.names))
            .set_expression_attribute_values(values(change.values))
            .return_values_on_condition_check_failure(returned(check))
            .build()?;
        Ok(TransactionWrite { check, action: TransactWriteItem::builder().update(update).build() })
    }

    /// Returns a part that only checks a condition on an item of the table of events.
    pub(super) fn holds(
        &self,
        key: Item,
        check: Check,
        condition: Expression,
    ) -> anyhow::Result<TransactionWrite> {
        let holds = ConditionCheck::builder()
            .table_name(&self.tables.events)
            .set_key(Some(key))
            .condition_expression(condition.text)
            .set_expression_attribute_names(names(condition.names))
            .set_expression_attribute_values(values(condition.values))
            .return_values_on_condition_check_failure(returned(check))
            .build()?;
        Ok(TransactionWrite { check, action: TransactWriteItem::builder().condition_check(holds).build() })
    }

    /// Returns a part that checks that nothing is stored under a key.
    pub(super) fn absent(&self, key: Item, check: Check) -> anyhow::Result<TransactionWrite> {
        self.holds(key, check, Expression::new("attribute_not_exists(pk)", Vec::new()))
    }

    /// Sends the parts as one transaction until DynamoDB has accepted or refused them. A conflict with
    /// another transaction is neither; it is retried.
    pub(super) async fn transact(&self, parts: &[TransactionWrite]) -> anyhow::Result<TransactionOutcome> {
        if parts.len() > MOST_WRITES {
            bail!("cannot commit {} writes at once: DynamoDB takes {MOST_WRITES}", parts.len());
        }
        // Retries use the same token: if an attempt was accepted but its answer lost, DynamoDB reports
        // success instead of writing twice.
        let token = Uuid::new_v4().to_string();
        let actions: Vec<_> = parts.iter().map(|part| part.action.clone()).collect();
        let cannot = || format!("cannot write to {} and {}", self.tables.requests, self.tables.events);
        let mut pauses = RetryPauses::default();
        loop {
            let write = self.client.transact_write_items().set_transact_items(Some(actions.clone()));
            let Err(error) = write.client_request_token(&token).send().await else {
                return Ok(TransactionOutcome::Taken);
            };
            match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                    let reasons = canceled.cancellation_reasons();
                    // A part that met a conflict may have been refused as well, and the first refusal gives
                    // the reason.
                    if !reasons.iter().any(is_passing) {
                        if reasons.iter().any(is_refusal) {
                            return Ok(TransactionOutcome::Refused(reasons.to_vec()));
                        }
                        return Err(error).with_context(cannot);
                    }
                }
                // An earlier attempt with the same token is still being processed.
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => {}
                _ => return Err(error).with_context(cannot),
            }
            pauses.next().await;
        }
    }
}

/// The result of a transaction.
#[derive(Debug)]
pub(super) enum TransactionOutcome {
    /// Everything was written.
    Taken,
    /// Nothing was written. Has a reason for each part, in their order.
    Refused(Vec<CancellationReason>),
}

/// Whether the condition of this part did not hold.
pub(super) fn is_refusal(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// Whether the reason is transient: contention or throttling, which says nothing about the part.
fn is_passing(reason: &CancellationReason) -> bool {
    matches!(reason.code(), Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"))
}

/// Requests the old item only for counters and keys. Jobs and rows contain task tokens, and no caller reads
/// them.
fn returned(check: Check) -> ReturnValuesOnConditionCheckFailure {
    match check {
        Check::Once | Check::Pause | Check::Counted | Check::Budget { .. } | Check::Slot { .. } => {
            ReturnValuesOnConditionCheckFailure::AllOld
        }
        Check::Nothing
        | Check::Claim
        | Check::Parked
        | Check::Row
        | Check::Entry
        | Check::Format
        | Check::Idle
        | Check::Plan => ReturnValuesOnConditionCheckFailure::None,
    }
}

fn values(values: Vec<(String, AttributeValue)>) -> Option<Item> {
    // DynamoDB rejects an empty map.
    (!values.is_empty()).then(|| values.into_iter().collect())
}

fn names(names: Vec<(&'static str, &'static str)>) -> Option<HashMap<String, String>> {
    let owned = names.into_iter().map(|(name, attribute)| (name.to_owned(), attribute.to_owned()));
    let names: HashMap<_, _> = owned.collect();
    (!names.is_empty()).then_some(names)
}

/// Growing pauses between attempts, each of random length so that two writers that collided do not collide
/// again.
#[derive(Debug, Default)]
pub(super) struct RetryPauses {
    taken: u32,
}

impl RetryPauses {
    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_secs(1);

    #[expect(clippy::disallowed_methods, reason = "a pause within one call, which has a limit as a whole")]
    pub(super) async fn next(&mut self) {
        tokio::time::sleep(self.length(Uuid::new_v4().as_bytes()[0])).await;
        self.taken = self.taken.saturating_add(1);
    }

    /// Returns between half and all of the current maximum, depending on `random`.
    fn length(&self, random: u8) -> Duration {
        let whole = Self::FIRST.saturating_mul(1 << self.taken.min(10)).min(Self::LONGEST);
        whole / 2 + whole / 2 * u32::from(random) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_second_and_are_never_less_than_half_of_that() {
        let lengths = [0, 1, 2, 9, u32::MAX].map(|taken| {
            let pauses = RetryPauses { taken };
            (pauses.length(0).as_millis(), pauses.length(255).as_millis())
        });
        assert_eq!(lengths, [(10, 20), (20, 40), (40, 80), (500, 1_000), (500, 1_000)]);
    }

    #[test]
    fn being_busy_is_no_refusal() {
        let reason = |code: &str| CancellationReason::builder().code(code).build();
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert!(is_passing(&reason(code)) && !is_refusal(&reason(code)), "{code}");
        }
        for code in ["None", "ValidationError", "ItemCollectionSizeLimitExceeded"] {
            assert!(!is_passing(&reason(code)) && !is_refusal(&reason(code)), "{code}");
        }
        assert!(is_refusal(&reason("ConditionalCheckFailed")));
    }
}
