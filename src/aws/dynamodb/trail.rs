//! The audit trail: each entry is stored twice, under its request (whose chain it extends) and under its
//! number in the order of all commits. Both are written once, in one transaction.
//!
//! Numbers have no gaps: an entry is written under the next number on the condition that it is free. Thus
//! whoever has read up to a number has read everything that will ever precede it, however many replicas
//! append. The price is that commits with audit entries run one after the other, each waiting for the
//! previous answer.

use anyhow::Context as _;

use super::expression::Expression;
use super::item::{Item, must_text, number as count, read_json, read_number, read_text, text};
use super::keys;
use super::query::all;
use super::tables::DynamoStore;
use super::tip::{End, LISTED_SINCE, Tip};
use super::transaction::{Check, Table, TransactionWrite};
use crate::domain::audit::{AuditEntry, AuditHead};
use crate::domain::ids::RequestId;
use crate::ports::store::PortalHead;

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
        // A page without entries means the end of the trail, so a page has one at least.
        .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX));
    let items = all(query, limit.max(1)).await.context("cannot read the audit trail")?;
    let last = items.last().map(|last| number(must_text(last, "sk")?)).transpose()?;
    let entries = items.iter().map(|entry| read_json(entry, "body", "an audit entry"));
    Ok((entries.collect::<anyhow::Result<_>>()?, last.unwrap_or(cursor)))
}

pub(super) async fn end(store: &DynamoStore) -> anyhow::Result<u64> {
    Ok(tip(store).await?.number)
}

/// Returns the position of the next entry, from memory or else from the table.
pub(super) async fn next(store: &DynamoStore, end: &mut End) -> anyhow::Result<Tip> {
    match end.take() {
        Some(tip) => Ok(tip.next()),
        None => Ok(tip(store).await?.next()),
    }
}

pub(super) async fn tip(store: &DynamoStore) -> anyhow::Result<Tip> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :trail")
        .expression_attribute_values(":trail", text(keys::TRAIL))
        .scan_index_forward(false)
        .limit(1);
    let last = all(query, 1).await.context("cannot read the end of the audit trail")?;
    let read = |last: &Item| {
        let listed_since = read_number(last, LISTED_SINCE)?;
        Ok(Tip { number: number(must_text(last, "sk")?)?, listed_since })
    };
    last.first().map_or(Ok(Tip::default()), read)
}

/// Returns the writes that move the head of the portal's chain to this entry. It only moves forward: a bot
/// that would move it back has read the chain while others appended. A head that was removed stays gone.
pub(super) async fn portal_head_at(
    store: &DynamoStore,
    last: &AuditEntry,
) -> anyhow::Result<Vec<TransactionWrite>> {
    match portal_head(store).await? {
        PortalHead::Gone => Ok(Vec::new()),
        PortalHead::NotBegun => begins_at(store, &AuditHead::at(last)),
        PortalHead::At(_) => {
            let moves_on = Expression::new("seq < :seq", vec![(":seq", count(&last.seq))]);
            Ok(vec![store.put_if(Table::Events, item_of(&AuditHead::at(last)), Check::Entry, moves_on)?])
        }
    }
}

fn item_of(head: &AuditHead) -> Item {
    let mut item = keys::portal_head();
    item.insert("seq".to_owned(), count(&head.seq));
    if head.seq > 0 {
        item.insert("digest".to_owned(), text(&head.digest));
    }
    item
}

/// Returns the writes of the head and of the marker that it has existed.
fn begins_at(store: &DynamoStore, head: &AuditHead) -> anyhow::Result<Vec<TransactionWrite>> {
    let absent = || Expression::new("attribute_not_exists(pk)", Vec::new());
    Ok(vec![
        store.put_if(Table::Events, item_of(head), Check::Entry, absent())?,
        store.put_if(Table::Events, keys::portal_head_begun(), Check::Entry, absent())?,
    ])
}

pub(super) async fn portal_head(store: &DynamoStore) -> anyhow::Result<PortalHead> {
    let head = store.event(keys::portal_head()).await.context("cannot read the end of the portal's chain")?;
    let Some(head) = head else {
        return is_gone(store).await;
    };
    read(&head).map(PortalHead::At)
}

fn read(head: &Item) -> anyhow::Result<AuditHead> {
    Ok(AuditHead {
        seq: read_number(head, "seq")?.context("the portal's chain has no length")?,
        digest: read_text(head, "digest").unwrap_or_default().to_owned(),
    })
}

/// Tells a chain that has not begun from one whose head was removed, given that there is no head.
async fn is_gone(store: &DynamoStore) -> anyhow::Result<PortalHead> {
    let begun = store.event(keys::portal_head_begun()).await;
    if begun.context("cannot read whether the portal's chain has an end")?.is_none() {
        return Ok(PortalHead::NotBegun);
    }
    // Head and marker are written together, so the chain may have begun between the two reads.
    let head = store.event(keys::portal_head()).await.context("cannot read the end of the portal's chain")?;
    head.map_or(Ok(PortalHead::Gone), |head| read(&head).map(PortalHead::At))
}

/// Starts the portal's chain in tables whose trail is still empty.
pub(super) async fn begin(store: &DynamoStore) -> anyhow::Result<()> {
    if portal_head(store).await? != PortalHead::NotBegun || end(store).await? > 0 {
        return Ok(());
    }
    // If another bot was faster, it has started the chain too, so a refusal is fine.
    store.transact(&begins_at(store, &AuditHead::default())?).await.map(drop)
}

fn number(sort: &str) -> anyhow::Result<u64> {
    sort.parse().with_context(|| format!("`{sort}` is stored where the number of an entry should be"))
}
