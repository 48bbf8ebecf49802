//! The bill on Cost Explorer: one call per day and page, grouped by the tag that names the request. The tag
//! has to be activated as a cost allocation tag, and figures arrive a day late.

use std::collections::BTreeMap;

use anyhow::Context as _;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_costexplorer::Client;
use aws_sdk_costexplorer::operation::get_cost_and_usage::builders::GetCostAndUsageFluentBuilder;
use aws_sdk_costexplorer::types::{
    DateInterval, Granularity, Group, GroupDefinition, GroupDefinitionType, ResultByTime,
};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::ids::RequestId;
use crate::ports::bill::Bill;

/// The tag that the portal sets on all resources of a request.
const TAG: &str = "RequestId";
/// The charge for usage, before credits are distributed.
const METRIC: &str = "UnblendedCost";

/// Cost Explorer of the account.
#[derive(Clone, Debug)]
pub struct CostExplorer {
    client: Client,
}

impl CostExplorer {
    /// Creates a client from `configuration`.
    pub fn new(configuration: &SdkConfig) -> Self {
        Self { client: Client::new(configuration) }
    }

    fn asked(&self, from: Date, before: Date) -> anyhow::Result<GetCostAndUsageFluentBuilder> {
        let period = DateInterval::builder().start(from.to_string()).end(before.to_string()).build()?;
        let by_request = GroupDefinition::builder().r#type(GroupDefinitionType::Tag).key(TAG).build();
        // One sum for the whole period, which never spans two months.
        let call = self.client.get_cost_and_usage().time_period(period).granularity(Granularity::Monthly);
        // Cost Explorer's end date is exclusive too, so `before` is passed on as it is.
        Ok(call.metrics(METRIC).group_by(by_request))
    }
}

#[async_trait]
impl Bill for CostExplorer {
    async fn of_requests(&self, from: Date, before: Date) -> anyhow::Result<BTreeMap<RequestId, Decimal>> {
        let (mut charged, mut next) = (BTreeMap::new(), None);
        loop {
            let call = self.asked(from, before)?.set_next_page_token(next);
            let page = call.send().await.context("cannot ask Cost Explorer")?;
            for group in page.results_by_time().iter().flat_map(ResultByTime::groups) {
                let Some(request) = request_of(group) else { continue };
                let amount = amount(group).with_context(|| format!("no amount for request {request}"))?;
                *charged.entry(request).or_default() += amount;
            }
            next = page.next_page_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(charged);
            }
        }
    }
}

/// Parses the request from `RequestId$<id>`. Costs without the tag are grouped as `RequestId$`.
fn request_of(group: &Group) -> Option<RequestId> {
    let (tag, value) = group.keys().first()?.split_once('$')?;
    if tag == TAG { RequestId::parse(value) } else { None }
}

fn amount(group: &Group) -> Option<Decimal> {
    let amount = group.metrics()?.get(METRIC)?.amount()?;
    // Tiny amounts are formatted as `1.2E-7`.
    amount.parse().or_else(|_| Decimal::from_scientific(amount)).ok()
}
