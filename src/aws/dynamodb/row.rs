//! A request as an item: its body as JSON, and attributes for the indexes, the sums and people who look at
//! the console.

use std::collections::HashMap;

use anyhow::Context as _;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::item::{
    Item, mark, must_be_readable, must_text, number, read_amount, read_json, read_text, read_time, text, time,
};
use super::tables::DynamoStore;
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::request::Request;
use crate::ports::store::Holding;
use crate::ports::stored::{product_key, request_id};

/// Attribute with the team's name.
pub(super) const TEAM: &str = "teamName";

pub(super) fn key(id: RequestId) -> Item {
    Item::from([("requestId".to_owned(), text(id.to_string()))])
}

/// Returns the attributes that [`holding`] reads.
pub(super) fn held(request: &Request) -> Item {
    let mut item = key(request.id);
    let mut put = |name: &str, value| item.insert(name.to_owned(), value);
    put("userId", text(request.owner.as_str()));
    put(TEAM, text(request.team.as_str()));
    put("productType", text(request.product.key.as_str()));
    if let Some(estimate) = &request.estimate {
        put("monthly", number(&estimate.monthly));
    }
    if let Some(billed) = &request.billed {
        put("billedIn", text(billed.month.to_string()));
        put("billed", number(&billed.amount));
    }
    let dates = [
        ("activatedAt", request.activated_at),
        ("endedAt", request.ended_at),
        ("expiresAt", request.lease().map(|lease| lease.expires_at)),
    ];
    for (name, timestamp) in dates {
        if let Some(timestamp) = timestamp {
            put(name, time(timestamp));
        }
    }
    item
}

/// Encodes a request. `userId`, the key of older bots' index of a person's requests, holds the owner rather
/// than the requester.
pub(super) fn encode(request: &Request, body: &str) -> Item {
    let mut item = held(request);
    let mut put = |name: &str, value| item.insert(name.to_owned(), value);
    put("catalogVersion", text(&request.product.version));
    let parameters: HashMap<_, _> =
        request.parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    put("parameters", AttributeValue::M(parameters));
    put("status", text(request.status.name().as_str()));
    put("rev", number(&request.revision));
    put("createdAt", time(request.submitted_at));
    put("updatedAt", time(request.updated_at));
    put("body", text(body));
    if request.waits_for_approvers() {
        // The index is sparse: it only contains items that have this attribute.
        put("awaitingTeam", text(request.team.as_str()));
    }
    if let Some(provisioned) = &request.provisioned {
        put("recordId", text(provisioned.record.as_str()));
        if let Some(product) = &provisioned.product {
            put("provisionedProductId", text(product.as_str()));
        }
    }
    mark(&mut item);
    item
}

pub(super) fn decode(item: &Item) -> anyhow::Result<Request> {
    must_be_readable(item)?;
    let id = read_text(item, "requestId").unwrap_or("a request");
    read_json(item, "body", id)
}

/// Reads the id of a row.
pub(super) fn id(item: &Item) -> anyhow::Result<RequestId> {
    request_id(must_text(item, "requestId")?)
}

pub(super) fn holding(item: &Item) -> anyhow::Result<Holding> {
    Ok(Holding {
        request: id(item)?,
        team: TeamName::new(must_text(item, TEAM)?),
        product: product_key(must_text(item, "productType")?)?,
        owner: PersonId::new(must_text(item, "userId")?),
        monthly: read_amount(item, "monthly")?,
        activated_at: read_time(item, "activatedAt")?,
        ended_at: read_time(item, "endedAt")?,
        expires_at: read_time(item, "expiresAt")?,
        billed: billed(item)?,
    })
}

fn billed(item: &Item) -> anyhow::Result<Option<(Date, Decimal)>> {
    let Some(month) = read_text(item, "billedIn") else { return Ok(None) };
    let month = month.parse().context("cannot read the month of a bill")?;
    Ok(read_amount(item, "billed")?.map(|amount| (month, amount)))
}

impl DynamoStore {
    /// Reads a row consistently.
    pub(super) async fn row(&self, id: RequestId) -> anyhow::Result<Option<Item>> {
        let get = self.client.get_item().table_name(&self.tables.requests).consistent_read(true);
        let answer = get.set_key(Some(key(id))).send().await;
        Ok(answer.with_context(|| format!("cannot load request {id}"))?.item)
    }

    /// Reads an item of the table of events consistently.
    pub(super) async fn event(&self, key: Item) -> anyhow::Result<Option<Item>> {
        let get = self.client.get_item().table_name(&self.tables.events).consistent_read(true);
        Ok(get.set_key(Some(key)).send().await.context("cannot read an item of the table of events")?.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::request::StatusName;

    #[test]
    fn a_row_reads_back_and_its_attributes_say_what_the_request_says() {
        for name in StatusName::ALL {
            let request = fixtures::at(name);
            let item = encode(&request, &serde_json::to_string(&request).unwrap());
            assert_eq!(decode(&item).unwrap(), request);
            assert_eq!(id(&item).unwrap(), request.id);
            let holding = holding(&item).unwrap();
            assert_eq!((&holding.owner, holding.ended_at), (&request.owner, request.ended_at));
            assert_eq!(item.contains_key("awaitingTeam"), request.waits_for_approvers());
        }
    }
}
