//! What a person's and a team's resources cost, this month and a month. The sums are the domain's.

use super::lookup::visible_team;
use super::{Error, Portal};
use crate::domain::ids::{PersonId, ProductKey};
use crate::domain::spending::{Amounts, Month, Resource, spending};
use crate::ports::store::{Holding, Whose};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// What is shown when somebody asks for costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The person's own first, then their teams' in the order of the settings; or the one team they named.
    pub accounts: Vec<Account>,
    /// Region of the price list.
    pub region: String,
    /// Day of the price list, `YYYY-MM-DD`.
    pub priced_on: String,
    /// The month, such as `November 2026`.
    pub month: String,
}

/// The costs of one owner or team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub whose: Whose,
    /// By product, the dearest first: what people call it and what it comes to.
    pub products: Vec<(String, Amounts)>,
    /// All of them.
    pub total: Amounts,
    /// What a team's estimates may come to, US dollars a month.
    pub budget: Option<Decimal>,
}

/// The costs of a person and of each of their teams, or of the team they name if they may see it.
///
/// # Errors
/// A refusal when the team is not theirs to see; a failure when Slack or the store is silent.
pub async fn costs(portal: &Portal, person: &PersonId, team: Option<&str>) -> Result<Costs, Error> {
    let whose = if let Some(name) = team {
        vec![Whose::Team(visible_team(portal, person, name).await?)]
    } else {
        let teams = portal.teams_of(person).await?;
        let teams = teams.iter().map(|team| Whose::Team(team.name.clone()));
        [Whose::Owner(person.clone())].into_iter().chain(teams).collect()
    };
    let mut accounts = Vec::new();
    for whose in whose {
        accounts.push(account(portal, whose).await?);
    }
    let prices = &portal.catalog.prices;
    Ok(Costs {
        accounts,
        region: prices.region.clone(),
        priced_on: prices.date.clone(),
        month: Month::of(portal.now()).begin.strftime("%B %Y").to_string(),
    })
}

async fn account(portal: &Portal, whose: Whose) -> anyhow::Result<Account> {
    let now = portal.now();
    let held = portal.ports.store.holdings(&whose, Month::of(now).begin).await?;
    let resources: Vec<Resource> =
        held.into_iter().map(|held| resource(held, Month::first_day(now))).collect();
    let spent = spending(&resources, now);
    let budget = match &whose {
        Whose::Team(team) | Whose::TeamProduct(team, _) => {
            portal.organization.team(team).and_then(|team| team.monthly_budget)
        }
        Whose::Owner(_) => None,
    };
    let products =
        spent.products.into_iter().map(|(key, amounts)| (product_name(portal, &key), amounts)).collect();
    Ok(Account { whose, products, total: spent.total, budget })
}

fn resource(held: Holding, month: Date) -> Resource {
    Resource {
        product: held.product,
        monthly: held.monthly,
        billed: held.billed.filter(|(in_month, _)| *in_month == month).map(|(_, amount)| amount),
        activated_at: held.activated_at,
        ended_at: held.ended_at,
        expires_at: held.expires_at,
    }
}

/// What people call a product; its key where it has left the catalog.
fn product_name(portal: &Portal, key: &ProductKey) -> String {
    portal.catalog.product(key).map_or_else(|| key.to_string(), |product| product.name.clone())
}
