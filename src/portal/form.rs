//! What a request form shows before it is submitted: its fields, who may be asked, what it would cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::approvers::usual_answer;
use super::pause::refuse_while_paused;
use super::{Error, Portal, outsider};
use crate::domain::catalog::{Principal, Product};
use crate::domain::cost::estimate;
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::parameters::match_prefill;
use crate::domain::policy::path_with_budget;
use crate::domain::preview::Preview;
use crate::domain::quota::{BudgetUse, QuotaSlot, QuotaUse};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Estimate, Request};
use crate::ports::store::{Which, Whose};

/// Requests that are named when a quota is full.
const NAMED_HOLDERS: usize = 10;

/// A product that somebody may ask for.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The product.
    pub product: Arc<Product>,
    /// What it costs with every field at its default, where that is known.
    pub estimate: Option<Estimate>,
}

/// A form on its way to a person.
#[derive(Clone, Debug)]
pub struct FormSession {
    /// What is asked for.
    pub product: Arc<Product>,
    /// Its fields.
    pub form: Form,
    /// The teams the person may ask for, at least one.
    pub teams: Vec<TeamName>,
    /// The team that is chosen.
    pub team: TeamName,
    /// Values to start with, by parameter; not checked yet.
    pub values: BTreeMap<String, String>,
    /// The reason to start with.
    pub reason: String,
    /// The ticket to start with.
    pub ticket: String,
    /// Whether there is somebody else in the team that it could be for.
    pub has_mates: bool,
    /// What would come of submitting now.
    pub preview: Preview,
    /// Who holds the slots when none is free.
    pub holders: Vec<Request>,
    /// Remarks about what was typed behind the command.
    pub notes: Vec<String>,
}

/// What somebody typed behind the command.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The team, if they named one.
    pub team: Option<String>,
    /// Keys and values as typed.
    pub pairs: Vec<(String, String)>,
}

/// The products that `person` may ask for, by name, each with what it costs.
///
/// # Errors
/// A refusal when the person is in no team; a failure when Slack had to be asked and could not.
pub async fn offers(portal: &Portal, person: &PersonId) -> Result<Vec<Offer>, Error> {
    let teams = portal.teams_of(person).await?;
    if teams.is_empty() {
        return Err(outsider::refusal(portal, person).await.into());
    }
    let offered = |product: &&Arc<Product>| teams.iter().any(|team| product.requesters.include(&team.name));
    let offer = |product: &Arc<Product>| {
        let template = product.offered();
        let default = |key: &str| template.parameter(key).and_then(|known| known.default.as_deref());
        let estimate = estimate(&product.cost, &default, &portal.catalog.prices);
        Offer { product: Arc::clone(product), estimate }
    };
    let mut offers: Vec<Offer> = portal.catalog.products.values().filter(offered).map(offer).collect();
    offers.sort_by(|one, other| one.product.name.cmp(&other.product.name));
    Ok(offers)
}

/// The form of a product, filled with what was typed behind the command.
///
/// # Errors
/// A refusal when the product or the team is not for this person; a failure when Slack or the store is silent.
pub async fn open(
    portal: &Portal,
    person: &PersonId,
    key: &str,
    typed: &Typed,
) -> Result<FormSession, Error> {
    let product = find_product(portal, key)?;
    refuse_while_paused(portal).await?;
    let (teams, team) = choose_team(portal, person, &product, typed.team.as_deref()).await?;
    let form = form_of(&product)?;
    let (values, unknown) = match_prefill(&form, &typed.pairs);
    let mut notes: Vec<String> = unknown
        .into_iter()
        .map(|key| match key.nearest {
            Some(nearest) => format!("There is no field {}; did you mean {nearest}?", key.typed),
            None => format!("There is no field {}.", key.typed),
        })
        .collect();
    let values = take_over(&form, values, &mut notes);
    session(portal, person, product, form, (teams, team), Filling { values, notes, ..Filling::default() })
        .await
}

/// The values that the form can begin with; a note about each of the others.
fn take_over(
    form: &Form,
    values: BTreeMap<String, String>,
    notes: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let offered =
        |key: &String, value: &String| form.field(key).is_some_and(|field| field.to_wire(value).is_some());
    let (values, strange): (BTreeMap<_, _>, BTreeMap<_, _>) =
        values.into_iter().partition(|(key, value)| offered(key, value));
    notes.extend(strange.iter().map(|(key, value)| format!("{value} is not one of the options of {key}.")));
    values
}

/// The form again, after the person chose something in it; `given` is what its inputs hold, as they send it.
///
/// # Errors
/// As [`open`].
pub async fn refresh(
    portal: &Portal,
    person: &PersonId,
    key: &str,
    team: Option<&str>,
    given: &BTreeMap<String, Option<String>>,
) -> Result<FormSession, Error> {
    let product = find_product(portal, key)?;
    let choice = choose_team(portal, person, &product, team).await?;
    let form = form_of(&product)?;
    let plain = |(key, sent): (&String, &Option<String>)| {
        let (field, sent) = (form.field(key)?, sent.as_deref()?);
        let value = if field.options().is_empty() { Some(sent) } else { field.from_wire(sent) };
        Some((key.clone(), value?.to_owned()))
    };
    let values = given.iter().filter_map(plain).collect();
    session(portal, person, product, form, choice, Filling { values, ..Filling::default() }).await
}

/// The form of an earlier request, filled in as it was.
///
/// # Errors
/// As [`open`]; also a refusal when the person may not see that request.
pub async fn again(portal: &Portal, person: &PersonId, id: RequestId) -> Result<FormSession, Error> {
    let request = portal.load(id).await?;
    if !portal.may_see(person, &request).await? {
        return Err(Refusal::UnknownRequest { typed: id.short() }.into());
    }
    let product = find_product(portal, request.product.key.as_str())?;
    refuse_while_paused(portal).await?;
    let mine = portal.teams_of(person).await?.iter().any(|team| team.name == request.team);
    let team = mine.then(|| request.team.to_string());
    let choice = choose_team(portal, person, &product, team.as_deref()).await?;
    let form = form_of(&product)?;
    // The product may have changed since: a field that is gone needs no word, an option that is gone does.
    let known = request.shown_parameters().filter(|(key, _)| form.field(key).is_some());
    let values = known.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let mut notes = Vec::new();
    let values = take_over(&form, values, &mut notes);
    let reason = request.reason.clone();
    let ticket = request.ticket.as_ref().map(|ticket| ticket.reference.clone()).unwrap_or_default();
    session(portal, person, product, form, choice, Filling { values, reason, ticket, notes }).await
}

/// The product somebody named, or a refusal with the nearest names.
///
/// # Errors
/// The refusal.
pub fn find_product(portal: &Portal, typed: &str) -> Result<Arc<Product>, Refusal> {
    let key = ProductKey::parse(&typed.to_lowercase());
    if let Some(product) = key.and_then(|key| portal.catalog.product(&key)) {
        return Ok(Arc::clone(product));
    }
    let mut near: Vec<(f64, &str)> = portal
        .catalog
        .products
        .keys()
        .map(|key| (strsim::jaro_winkler(&typed.to_lowercase(), key.as_str()), key.as_str()))
        .filter(|(likeness, _)| *likeness > 0.7)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let nearest = near.into_iter().take(3).map(|(_, key)| key.to_owned()).collect();
    Err(Refusal::UnknownProduct { typed: shown(typed), nearest })
}

/// Typed text as it may stand in a sentence: short, and without what Slack would read as markup.
pub(super) fn shown(typed: &str) -> String {
    typed.chars().filter(|c| !matches!(c, '<' | '>' | '&' | '*' | '`' | '_' | '~')).take(60).collect()
}

/// The form of a product of the catalog.
///
/// # Errors
/// A failure: the catalog was checked when it was loaded.
pub(super) fn form_of(product: &Product) -> Result<Form, anyhow::Error> {
    product
        .form()
        .map_err(|_| anyhow::anyhow!("product {} has no form although the catalog was checked", product.key))
}

/// The teams a person may ask for, and the one of them that is meant.
pub(super) async fn choose_team(
    portal: &Portal,
    person: &PersonId,
    product: &Product,
    named: Option<&str>,
) -> Result<(Vec<TeamName>, TeamName), Error> {
    let mine: Vec<TeamName> = portal.teams_of(person).await?.iter().map(|team| team.name.clone()).collect();
    let Some(first) = mine.first() else { return Err(outsider::refusal(portal, person).await.into()) };
    let offered: Vec<TeamName> =
        mine.iter().filter(|team| product.requesters.include(team)).cloned().collect();
    let wanted = match named {
        Some(name) => mine.iter().find(|team| team.as_str() == name).ok_or_else(|| Refusal::NotYourTeam {
            team: shown(name),
            yours: mine.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        })?,
        None => offered.first().unwrap_or(first),
    };
    if !offered.contains(wanted) {
        let (product, owner) = (product.name.clone(), product.owner.clone());
        return Err(Refusal::NotOffered { product, team: wanted.clone(), owner }.into());
    }
    let wanted = wanted.clone();
    Ok((offered, wanted))
}

/// What a form begins with.
#[derive(Default)]
struct Filling {
    values: BTreeMap<String, String>,
    reason: String,
    ticket: String,
    notes: Vec<String>,
}

async fn session(
    portal: &Portal,
    person: &PersonId,
    product: Arc<Product>,
    form: Form,
    (teams, team): (Vec<TeamName>, TeamName),
    Filling { values, reason, ticket, notes }: Filling,
) -> Result<FormSession, Error> {
    let preview = preview(portal, person, &product, &team, &with_defaults(&product, &values)).await?;
    let holders =
        if preview.quota.left() == 0 { holders(portal, &product, &team).await? } else { Vec::new() };
    // A group is taken for more than one.
    let own = Principal::Person(person.clone());
    let has_mates = portal.organization.members_of(&team).iter().any(|member| *member != own);
    Ok(FormSession { product, form, teams, team, values, reason, ticket, has_mates, preview, holders, notes })
}

/// What would be submitted now, as far as it is known.
fn with_defaults(product: &Product, values: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let template = product.offered();
    let value = |key: &String, default: &Option<String>| {
        values.get(key).filter(|value| !value.is_empty()).cloned().or_else(|| default.clone())
    };
    template
        .parameters
        .iter()
        .filter_map(|known| Some((known.key.clone(), value(&known.key, &known.default)?)))
        .collect()
}

async fn preview(
    portal: &Portal,
    person: &PersonId,
    product: &Product,
    team: &TeamName,
    values: &[(String, String)],
) -> Result<Preview, Error> {
    let value = |key: &str| values.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
    let estimate = estimate(&product.cost, &value, &portal.catalog.prices);
    let budget = portal.budget_of(team).await?;
    let path = path_with_budget(product, team, values, estimate.as_ref(), budget);
    let (turns, note) = portal.turns(product, &path, team, person).await;
    let usually = if turns.is_empty() { None } else { usual_answer(portal, product, team).await? };
    let slot = QuotaSlot { team: team.clone(), product: product.key.clone() };
    let used = portal.ports.store.quota_used(&slot).await?;
    Ok(Preview {
        estimate,
        path,
        turns,
        note,
        usually,
        quota: QuotaUse { used, limit: product.quota.per_team },
        budget,
        expires_at: product.lease.grace.after(product.lease.ttl.after(portal.now())),
        simulated: portal.ports.provisioner.is_simulated(),
    })
}

impl Portal {
    /// What the team's budget is used for, if it has one.
    async fn budget_of(&self, team: &TeamName) -> anyhow::Result<Option<BudgetUse>> {
        let Some(limit) = self.organization.team(team).and_then(|team| team.monthly_budget) else {
            return Ok(None);
        };
        let held = self.ports.store.team_use(team).await?;
        Ok(Some(BudgetUse::of(&held, limit)))
    }
}

async fn holders(portal: &Portal, product: &Product, team: &TeamName) -> Result<Vec<Request>, Error> {
    let whose = Whose::TeamProduct(team.clone(), product.key.clone());
    let requests = portal.ports.store.list(&whose, Which::Live, 0, NAMED_HOLDERS).await?;
    Ok(requests)
}
