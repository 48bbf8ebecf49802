//! One `TransactWriteItems`: the parts it is made of, and sending it until DynamoDB has said yes or no. What a no means
//! to a commit is `commit`'s to say.

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

use super::DynamoStore;
use super::item::Item;

/// The most writes that one transaction takes.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub(super) const MOST_WRITES: usize = 100;

/// What it means when the condition of a part does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// The part has no condition.
    Nothing,
    /// The claim is lost.
    Claim,
    /// The job is not parked.
    Parked,
    /// The key was committed before.
    Once,
    /// New requests are paused.
    Pause,
    /// The row has moved on.
    Row,
    /// The team's budget is spent; so much of it under other names of the team.
    Budget { elsewhere: Decimal },
    /// No slot of so many is free; so many are taken under other names of the team.
    Slot { limit: u32, elsewhere: u32 },
    /// Somebody else has written this audit entry.
    Entry,
    /// Somebody else has counted this refusal, or a newer bot has.
    Counted,
    /// What is there is of a format that we do not read.
    Format,
    /// A job with nothing left to do is of a format that we do not read: it stays.
    Idle,
    /// Nothing about the commit: what was read to plan it has changed, so it is planned again.
    Plan,
}

/// One write of a transaction.
#[derive(Clone, Debug)]
pub(super) struct TransactionWrite {
    pub(super) check: Check,
    action: TransactWriteItem,
}

/// An expression with its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Expression {
    pub(super) text: String,
    pub(super) values: Vec<(String, AttributeValue)>,
    /// Names of attributes that are words of DynamoDB's own.
    names: Vec<(&'static str, &'static str)>,
}

impl Expression {
    pub(super) fn new(text: impl Into<String>, values: Vec<(&'static str, AttributeValue)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { text: text.into(), values, names: Vec::new() }
    }

    /// The same, in which this stands for the attribute of that name.
    pub(super) fn named(mut self, name: &'static str, attribute: &'static str) -> Self {
        self.names.push((name, attribute));
        self
    }

    /// The same with another value.
    pub(super) fn with(mut self, name: impl Into<String>, value: AttributeValue) -> Self {
        self.values.push((name.into(), value));
        self
    }
}

/// Which of the two tables.
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

    /// Writes a whole item.
    pub(super) fn put(&self, table: Table, item: Item) -> anyhow::Result<TransactionWrite> {
        let put = Put::builder().table_name(self.name(table)).set_item(Some(item)).build()?;
        Ok(TransactionWrite { check: Check::Nothing, action: TransactWriteItem::builder().put(put).build() })
    }

    /// Writes a whole item if the condition holds.
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

    /// Deletes an item of the table of events, if it is there.
    pub(super) fn delete(&self, key: Item) -> anyhow::Result<TransactionWrite> {
        let delete = Delete::builder().table_name(&self.tables.events).set_key(Some(key)).build()?;
        Ok(TransactionWrite {
            check: Check::Nothing,
            action: TransactWriteItem::builder().delete(delete).build(),
        })
    }

    /// Deletes an item of the table of events if the condition holds.
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

    /// Changes attributes of an item of the table of events, if the condition holds; without a condition where it is
    /// empty. Values of both are in `change`.
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

    /// Checks that a condition holds of an item of the table of events.
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

    /// Checks that nothing is stored under a key.
    pub(super) fn absent(&self, key: Item, check: Check) -> anyhow::Result<TransactionWrite> {
        self.holds(key, check, Expression::new("attribute_not_exists(pk)", Vec::new()))
    }

    /// Sends the parts as one transaction until DynamoDB has taken or refused them. A conflict with another
    /// transaction is neither: it is sent again under the same token, as what may have been taken already.
    pub(super) async fn transact(&self, parts: &[TransactionWrite]) -> anyhow::Result<TransactionOutcome> {
        if parts.len() > MOST_WRITES {
            bail!("cannot commit {} writes at once: DynamoDB takes {MOST_WRITES}", parts.len());
        }
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
                    if !reasons.iter().any(is_passing) {
                        if reasons.iter().any(is_refusal) {
                            return Ok(TransactionOutcome::Refused(reasons.to_vec()));
                        }
                        return Err(error).with_context(cannot);
                    }
                }
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => {}
                _ => return Err(error).with_context(cannot),
            }
            pauses.next().await;
        }
    }
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) enum TransactionOutcome {
    /// It is written.
    Taken,
    /// Nothing is written; a reason for each part.
    Refused(Vec<CancellationReason>),
}

/// Whether the part's condition did not hold.
pub(super) fn is_refusal(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// Whether it says nothing about the part, only that DynamoDB was busy.
fn is_passing(reason: &CancellationReason) -> bool {
    matches!(reason.code(), Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"))
}

/// Only counters and keys come back with a refusal: jobs and rows hold task tokens, and nobody reads them there.
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
    // DynamoDB refuses an empty map.
    (!values.is_empty()).then(|| values.into_iter().collect())
}

fn names(names: Vec<(&'static str, &'static str)>) -> Option<HashMap<String, String>> {
    let owned = names.into_iter().map(|(name, attribute)| (name.to_owned(), attribute.to_owned()));
    let names: HashMap<_, _> = owned.collect();
    (!names.is_empty()).then_some(names)
}

/// Growing pauses between tries, each of a random length so that two who collided do not again.
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

    /// Between half and all of what this pause may last.
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
