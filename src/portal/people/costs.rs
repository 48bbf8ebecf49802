//! Costs of a person's and a team's resources: this month so far, and per month. The domain does the sums.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::ids::{PersonId, ProductKey};
use crate::domain::spending::{Amounts, Month, Spending};
use crate::portal::access::readers::{reads_all, teams_to_see};
use crate::portal::people::lookup::{ListTarget, named_team};
use crate::portal::{Error, Portal};
use crate::ports::directory::Freshness;
use crate::ports::store::RequestScope;

/// The response to a question for costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The person's own costs, then those of their teams in the order of the settings; or only those that were named.
    pub accounts: Vec<OwnerCosts>,
    /// Whether the person may also read the costs of all teams and did not ask for them.
    pub more_to_read: bool,
    /// Region of the price list.
    pub region: String,
    /// Day of the price list, `YYYY-MM-DD`.
    pub priced_on: String,
    /// The month, such as `November 2026`.
    pub month: String,
}

/// The costs of a person or a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerCosts {
    /// Whose costs.
    pub whose: RequestScope,
    /// Display name and costs of each product, most expensive first.
    pub products: Vec<(String, Amounts)>,
    /// The sum over all products.
    pub total: Amounts,
    /// Limit of a team's estimates, US dollars a month.
    pub budget: Option<Decimal>,
}

/// Returns the costs of a person and of their teams, or of the team or all teams that `team` names, if the person may
/// see them. "All teams" are those that hold something, including removed ones.
///
/// # Errors
/// A refusal if the person may not see the team; a failure if Slack or the store does not answer.
pub async fn costs(portal: &Portal, person: &PersonId, team: Option<&str>) -> Result<Costs, Error> {
    let (mut accounts, mut more_to_read) = (Vec::new(), false);
    match named_team(portal, person, team).await? {
        ListTarget::Team(team) => accounts.push(account(portal, RequestScope::Team(team)).await?),
        ListTarget::All => accounts.extend(everyones(portal).await?),
        ListTarget::Nothing => {
            accounts.push(account(portal, RequestScope::Owner(person.clone())).await?);
            for team in teams_to_see(portal, person).await? {
                accounts.push(account(portal, RequestScope::Team(team)).await?);
            }
            // If Slack does not answer, their own costs are better than none.
            more_to_read = reads_all(portal, person, Freshness::Known).await.unwrap_or(false);
        }
    }
    let prices = &portal.catalog.prices;
    Ok(Costs {
        accounts,
        more_to_read,
        region: prices.region.clone(),
        priced_on: prices.date.clone(),
        month: Month::of(portal.now()).begin.strftime("%B %Y").to_string(),
    })
}

/// Returns the costs of all teams together, then of each team that holds something.
async fn everyones(portal: &Portal) -> anyhow::Result<Vec<OwnerCosts>> {
    let (mut all, mut teams) = (BTreeMap::new(), Vec::new());
    for team in portal.all_teams().await? {
        let scope = RequestScope::Team(team);
        let products = portal.ports.store.spending(&scope, portal.now()).await?;
        if !products.is_empty() {
            for (product, amounts) in &products {
                let sum: &mut Amounts = all.entry(product.clone()).or_default();
                sum.add(amounts);
            }
            teams.push(summed(portal, scope, products));
        }
    }
    teams.insert(0, summed(portal, RequestScope::All, all));
    Ok(teams)
}

async fn account(portal: &Portal, scope: RequestScope) -> anyhow::Result<OwnerCosts> {
    let products = portal.ports.store.spending(&scope, portal.now()).await?;
    Ok(summed(portal, scope, products))
}

fn summed(portal: &Portal, scope: RequestScope, products: BTreeMap<ProductKey, Amounts>) -> OwnerCosts {
    let spent = Spending::of(products);
    let budget = match &scope {
        RequestScope::Team(team) | RequestScope::TeamProduct(team, _) => {
            portal.organization.team(team).and_then(|team| team.monthly_budget)
        }
        RequestScope::Owner(_) | RequestScope::Product(_) | RequestScope::All => None,
    };
    let products =
        spent.products.into_iter().map(|(key, amounts)| (product_name(portal, &key), amounts)).collect();
    OwnerCosts { whose: scope, products, total: spent.total, budget }
}

/// Returns the display name of a product; its key if it was removed from the catalog.
fn product_name(portal: &Portal, key: &ProductKey) -> String {
    portal.catalog.product(key).map_or_else(|| key.to_string(), |product| product.name.clone())
}
