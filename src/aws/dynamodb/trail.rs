//! The audit trail: each entry once under its request, which is its chain, and once more under its number in the order
//! of all commits. Both are written once and only together.
//!
//! Numbers have no gaps: an entry is written under the number behind the last one, and only if nobody has written that.
//! So whoever has read up to a number has read all that will ever stand before it, however many replicas append. The
//! price is that commits with entries follow each other, each after the answer to the one before.

use anyhow::Context as _;

use super::item::{Item, must_text, number as count, read_json, read_number, read_text, text};
use super::lists::all;
use super::transaction::{Check, Expression, Part, Table};
use super::{DynamoStore, keys};
use crate::domain::audit::{AuditEntry, AuditHead};
use crate::domain::ids::RequestId;

/// The number of the last entry, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct End(Option<u64>);

impl End {
    /// Takes what is known, or reads it. Until [`is_at`](Self::is_at) it is unknown again, whatever goes wrong meanwhile.
    pub(super) async fn take(&mut self, store: &DynamoStore) -> anyhow::Result<u64> {
        match self.0.take() {
            Some(end) => Ok(end),
            None => end(store).await,
        }
    }

    pub(super) fn is_at(&mut self, last: u64) {
        self.0 = Some(last);
    }
}

pub(super) async fn of(store: &DynamoStore, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :request AND begins_with(sk, :audit)")
        .expression_attribute_values(":request", text(keys::audit_partition(request)))
        .expression_attribute_values(":audit", text("AUDIT#"));
    let entries =
        all(query, usize::MAX).await.with_context(|| format!("cannot read the trail of {request}"))?;
    entries.iter().map(|entry| read_json(entry, "body", "an audit entry")).collect()
}

pub(super) async fn last(store: &DynamoStore, request: RequestId) -> anyhow::Result<Option<AuditEntry>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :request AND begins_with(sk, :audit)")
        .expression_attribute_values(":request", text(keys::audit_partition(request)))
        .expression_attribute_values(":audit", text("AUDIT#"))
        .scan_index_forward(false)
        .limit(1);
    let last =
        all(query, 1).await.with_context(|| format!("cannot read the end of the trail of {request}"))?;
    last.first().map(|entry| read_json(entry, "body", "an audit entry")).transpose()
}

pub(super) async fn page(
    store: &DynamoStore,
    cursor: u64,
    limit: usize,
) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :trail AND sk > :cursor")
        .expression_attribute_values(":trail", text(keys::TRAIL))
        .expression_attribute_values(":cursor", text(keys::trail_sort(cursor)))
        .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX));
    let found = all(query, limit.max(1)).await.context("cannot read the audit trail")?;
    let last = found.last().map(|last| number(must_text(last, "sk")?)).transpose()?;
    let entries = found.iter().map(|entry| read_json(entry, "body", "an audit entry"));
    Ok((entries.collect::<anyhow::Result<_>>()?, last.unwrap_or(cursor)))
}

pub(super) async fn end(store: &DynamoStore) -> anyhow::Result<u64> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :trail")
        .expression_attribute_values(":trail", text(keys::TRAIL))
        .scan_index_forward(false)
        .limit(1);
    let last = all(query, 1).await.context("cannot read the end of the audit trail")?;
    last.first().map_or(Ok(0), |last| number(must_text(last, "sk")?))
}

/// Moves the end of the portal's chain to this entry. It moves on only: whoever would move it back has read the chain while
/// others appended.
pub(super) fn portal_head_at(store: &DynamoStore, last: &AuditEntry) -> anyhow::Result<Part> {
    let mut item = keys::portal_head();
    item.insert("seq".to_owned(), count(&last.seq));
    item.insert("digest".to_owned(), text(&last.digest));
    let moves_on =
        Expression::new("attribute_not_exists(pk) OR seq < :seq", vec![(":seq", count(&last.seq))]);
    store.put_if(Table::Events, item, Check::Entry, moves_on)
}

pub(super) async fn portal_head(store: &DynamoStore) -> anyhow::Result<Option<AuditHead>> {
    let head = store.event(keys::portal_head()).await.context("cannot read the end of the portal's chain")?;
    let read = |head: Item| {
        Ok(AuditHead {
            seq: read_number(&head, "seq")?.context("the portal's chain has no length")?,
            digest: read_text(&head, "digest").unwrap_or_default().to_owned(),
        })
    };
    head.map(read).transpose()
}

/// The portal's chain has an end from the beginning on, where nothing is on the trail yet.
pub(super) async fn begin(store: &DynamoStore) -> anyhow::Result<()> {
    if portal_head(store).await?.is_some() || end(store).await? > 0 {
        return Ok(());
    }
    let mut item = keys::portal_head();
    item.insert("seq".to_owned(), count(&0));
    let absent = Expression::new("attribute_not_exists(pk)", Vec::new());
    // Whoever was faster has begun it as well.
    store.transact(&[store.put_if(Table::Events, item, Check::Entry, absent)?]).await.map(drop)
}

fn number(sort: &str) -> anyhow::Result<u64> {
    sort.parse().with_context(|| format!("`{sort}` is stored where the number of an entry should be"))
}
