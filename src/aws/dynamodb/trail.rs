//! The audit trail: each entry once under its request, which is its chain, and once more under its number in the order
//! of all commits. Both are written once and only together.
//!
//! Numbers have no gaps: an entry is written under the number behind the last one, and only if nobody has written that.
//! So whoever has read up to a number has read all that will ever stand before it, however many replicas append. The
//! price is that commits with entries follow each other, each after the answer to the one before.

use anyhow::Context as _;

use super::item::{Item, must_text, number as count, read_json, read_number, read_text, text};
use super::lists::all;
use super::transaction::{Check, Expression, Table, TransactionWrite};
use super::{DynamoStore, keys};
use crate::domain::audit::{AuditEntry, AuditHead};
use crate::domain::ids::RequestId;
use crate::ports::store::PortalHead;

/// The attribute of an entry of the trail's order that says [`Tip::listed_since`]; one of before has none.
const LISTED_SINCE: &str = "listedSince";

/// The last entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tip {
    /// Its number; 0, which none has, where there is none.
    pub(super) number: u64,
    /// From which entry on up to this one each was written together with the lists; `None` where this one was not. Bots of
    /// before do not know of lists, so whoever appends to an entry of theirs begins anew.
    pub(super) listed_since: Option<u64>,
}

impl Tip {
    /// The one behind it, written together with the lists.
    fn next(self) -> Self {
        let number = self.number + 1;
        Self { number, listed_since: Some(self.listed_since.unwrap_or(number)) }
    }

    /// So many entries further on, written together with this.
    pub(super) fn plus(self, entries: u64) -> Self {
        Self { number: self.number + entries, ..self }
    }

    /// An entry here.
    pub(super) fn item(self, body: &str) -> Item {
        let mut item = keys::trail(self.number);
        item.insert("body".to_owned(), text(body));
        if let Some(since) = self.listed_since {
            item.insert(LISTED_SINCE.to_owned(), count(&since));
        }
        item
    }
}

/// The last entry, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct End(Option<Tip>);

impl End {
    /// Where the next entry goes, behind what is known or is read. Until [`is_at`](Self::is_at) the end is unknown again,
    /// whatever goes wrong meanwhile.
    pub(super) async fn next(&mut self, store: &DynamoStore) -> anyhow::Result<Tip> {
        match self.0.take() {
            Some(tip) => Ok(tip.next()),
            None => Ok(tip(store).await?.next()),
        }
    }

    pub(super) fn is_at(&mut self, last: Tip) {
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
    Ok(tip(store).await?.number)
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

/// Moves the end of the portal's chain to this entry. It moves on only: whoever would move it back has read the chain while
/// others appended. One that is gone stays gone.
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

/// The end and the mark that it was ever there.
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

/// Where there was no end: whether there was one ever.
async fn is_gone(store: &DynamoStore) -> anyhow::Result<PortalHead> {
    let begun = store.event(keys::portal_head_begun()).await;
    if begun.context("cannot read whether the portal's chain has an end")?.is_none() {
        return Ok(PortalHead::NotBegun);
    }
    // Both are written together: it may have begun between the two looks.
    let head = store.event(keys::portal_head()).await.context("cannot read the end of the portal's chain")?;
    head.map_or(Ok(PortalHead::Gone), |head| read(&head).map(PortalHead::At))
}

/// The portal's chain has an end from the beginning on, where nothing is on the trail yet.
pub(super) async fn begin(store: &DynamoStore) -> anyhow::Result<()> {
    if portal_head(store).await? != PortalHead::NotBegun || end(store).await? > 0 {
        return Ok(());
    }
    // Whoever was faster has begun it as well.
    store.transact(&begins_at(store, &AuditHead::default())?).await.map(drop)
}

fn number(sort: &str) -> anyhow::Result<u64> {
    sort.parse().with_context(|| format!("`{sort}` is stored where the number of an entry should be"))
}
