//! Lists what the portal has provisioned in the account, ignoring products of others.

use anyhow::Context as _;
use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::types::{
    AccessLevelFilter, AccessLevelFilterKey, ProvisionedProductAttribute, ProvisionedProductStatus,
    ProvisionedProductViewFilterBy, Tag,
};

use super::names;
use crate::aws::Needs as _;
use crate::domain::drift::{ProvisionedCondition, ProvisionedRecord};

/// The most products in one answer.
const PAGE: i32 = 100;
const SEARCH: &str = "servicecatalog:SearchProvisionedProducts";

pub(super) async fn survey(client: &Client) -> anyhow::Result<Vec<ProvisionedRecord>> {
    // The role may only see what it has provisioned itself; see `infra/portal.yml`.
    let mine = AccessLevelFilter::builder().key(AccessLevelFilterKey::Role).value("self").build();
    let (mut records, mut next) = (Vec::new(), None);
    loop {
        let call = client.search_provisioned_products().access_level_filter(mine.clone()).page_size(PAGE);
        let answer = call
            .set_page_token(next)
            .send()
            .await
            .needs(SEARCH)
            .context("cannot list provisioned products")?;
        records.extend(answer.provisioned_products().iter().filter_map(existing));
        next = answer.next_page_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(records);
        }
    }
}

/// Whether the account has a provisioned product with this name, whoever provisioned it. After the portal's
/// role was recreated, all other calls report what the old role has provisioned as not found.
///
/// The level `Account` needs a right with the condition `servicecatalog:accountLevel`. A search by name also
/// matches names that merely contain it.
/// <https://docs.aws.amazon.com/servicecatalog/latest/dg/API_SearchProvisionedProducts.html> and
/// <https://docs.aws.amazon.com/servicecatalog/latest/adminguide/security_iam_service-with-iam-id-based-policies-examples.html>,
/// both of 2026-11-28.
pub(super) async fn is_in_account(client: &Client, name: &str) -> anyhow::Result<bool> {
    let all = AccessLevelFilter::builder().key(AccessLevelFilterKey::Account).value("self").build();
    let mut next = None;
    loop {
        let call = client.search_provisioned_products().access_level_filter(all.clone()).page_size(PAGE);
        let call = call.filters(ProvisionedProductViewFilterBy::SearchQuery, vec![format!("name:{name}")]);
        let answer = call.set_page_token(next).send().await.needs(SEARCH);
        let answer = answer.with_context(|| format!("cannot look for {name} in the whole account"))?;
        if answer.provisioned_products().iter().any(|product| product.name() == Some(name)) {
            return Ok(true);
        }
        next = answer.next_page_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(false);
        }
    }
}

fn existing(product: &ProvisionedProductAttribute) -> Option<ProvisionedRecord> {
    let request = names::request_of(product.name()?)?;
    let pair = |tag: &Tag| (tag.key().to_owned(), tag.value().to_owned());
    let tags = Some(product.tags().iter().map(pair).collect());
    Some(ProvisionedRecord { request, condition: condition(product), tags })
}

/// Maps the status of a provisioned product. An unknown status counts as changing, so it is looked at again
/// later.
fn condition(product: &ProvisionedProductAttribute) -> ProvisionedCondition {
    let troubled = |status: &str| match product.status_message() {
        Some(why) if !why.is_empty() => ProvisionedCondition::Troubled(format!("{status}: {why}")),
        Some(_) | None => ProvisionedCondition::Troubled(status.to_owned()),
    };
    match product.status() {
        Some(ProvisionedProductStatus::Available) => ProvisionedCondition::Fine,
        Some(status @ (ProvisionedProductStatus::Tainted | ProvisionedProductStatus::Error)) => {
            troubled(status.as_str())
        }
        _ => ProvisionedCondition::Changing,
    }
}
