//! Opens request forms, filled in with what was typed after the command or with an earlier request.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::catalog::Product;
use crate::domain::cost::{Estimate, estimate};
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::parameters::match_prefill;
use crate::domain::refusal::Refusal;
use crate::portal::access::no_team;
use crate::portal::people::form_draft::FormDraft;
use crate::portal::people::form_view::{FormView, new_request_view};
use crate::portal::people::pause::refuse_while_paused;
use crate::portal::{Error, Portal};
use cloudformation::Parameter;

/// A product that somebody may request.
#[derive(Clone, Debug)]
pub struct OfferedProduct {
    /// The product.
    pub product: Arc<Product>,
    /// Its estimate with all fields at their defaults, if known.
    pub estimate: Option<Estimate>,
}

/// What was typed after the command.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The team, if one was named.
    pub team: Option<String>,
    /// Keys and values as typed.
    pub pairs: Vec<(String, String)>,
}

/// Returns the products that `person` may request, sorted by name.
///
/// # Errors
/// A refusal if the person is in no team; a failure if Slack had to be asked and could not be.
pub async fn offers(portal: &Portal, person: &PersonId) -> Result<Vec<OfferedProduct>, Error> {
    let teams = portal.teams_of(person).await?;
    if teams.is_empty() {
        return Err(no_team::refusal(portal, person).await.into());
    }
    let offered = |product: &&Arc<Product>| teams.iter().any(|team| product.requesters.include(&team.name));
    let offer = |product: &Arc<Product>| {
        let template = product.offered();
        let default = |key: &str| template.parameter(key).and_then(Parameter::shown_default);
        let estimate = estimate(&product.cost, &default, &portal.catalog.prices);
        OfferedProduct { product: Arc::clone(product), estimate }
    };
    let mut offers: Vec<OfferedProduct> =
        portal.catalog.products.values().filter(offered).map(offer).collect();
    offers.sort_by(|one, other| one.product.name.cmp(&other.product.name));
    Ok(offers)
}

/// Returns whether `person` may request this product, according to the cache; `false` if Slack does not answer.
pub async fn may_open(portal: &Portal, person: &PersonId, product: &Product) -> bool {
    let teams = portal.teams_of(person).await.unwrap_or_default();
    teams.iter().any(|team| product.requesters.include(&team.name))
}

/// Returns the products that `person` may request and that contain all of these words.
///
/// # Errors
/// See [`offers`].
pub async fn found(
    portal: &Portal,
    person: &PersonId,
    words: &[String],
) -> Result<Vec<OfferedProduct>, Error> {
    let mut offers = offers(portal, person).await?;
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    offers.retain(|OfferedProduct { product, .. }| {
        let about = [product.key.as_str(), &product.name, &product.description, &product.owner];
        let about = about.join("\n").to_lowercase();
        words.iter().all(|word| about.contains(word.as_str()))
    });
    Ok(offers)
}

/// Opens the form of a product, filled with what was typed after the command.
///
/// # Errors
/// A refusal if the person may not use the product or the team; a failure if Slack or the store does not answer.
pub async fn open(portal: &Portal, person: &PersonId, key: &str, typed: &Typed) -> Result<FormView, Error> {
    let product = find_product(portal, key)?;
    refuse_while_paused(portal).await?;
    let (teams, team) = choose_team(portal, person, &product, typed.team.as_deref()).await?;
    let form = form_of(&product)?;
    let (values, mut notes) = prefilled(&form, &typed.pairs);
    notes.extend(notes_about_hidden(&product, &values));
    let draft = FormDraft::empty(&product, team);
    new_request_view(portal, person, (product, form), teams, draft, (values, notes), Vec::new()).await
}

/// Matches typed values with the form's fields; returns notes about those that do not fit.
pub(super) fn prefilled(form: &Form, typed: &[(String, String)]) -> (BTreeMap<String, String>, Vec<String>) {
    let (values, unknown) = match_prefill(form, typed);
    let mut notes: Vec<String> = unknown
        .into_iter()
        .map(|key| match key.nearest {
            Some(nearest) => format!("There is no field {}; did you mean {nearest}?", key.typed),
            None => format!("There is no field {}.", key.typed),
        })
        .collect();
    let values = take_over(form, values, &mut notes);
    (values, notes)
}

/// Returns the values that the form can start with; adds a note about each of the others.
fn take_over(
    form: &Form,
    values: BTreeMap<String, String>,
    notes: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let mut taken = BTreeMap::new();
    for (key, typed) in values {
        match form.field(&key).and_then(|field| field.value(&typed)) {
            Some(value) => {
                taken.insert(key, value);
            }
            None if typed.is_empty() => {
                notes.push(format!("{key} cannot be empty: choose one of its options."));
            }
            None => notes.push(format!("{typed} is not one of the options of {key}.")),
        }
    }
    taken
}

/// Returns notes about typed parameters that are hidden with the other values.
fn notes_about_hidden(product: &Product, values: &BTreeMap<String, String>) -> Vec<String> {
    let hidden = product.hidden(values);
    let typed =
        product.show_when.iter().filter(|(key, _)| hidden.contains(*key) && values.contains_key(*key));
    typed
        .map(|(key, condition)| {
            format!("{key} is only asked for where {}, so it is left out for now.", condition.describe())
        })
        .collect()
}

/// Opens a form with the values of an earlier request.
///
/// # Errors
/// See [`open`]; also a refusal if the person may not see that request.
pub async fn again(portal: &Portal, person: &PersonId, id: RequestId) -> Result<FormView, Error> {
    let request = portal.load(id).await?;
    if !portal.may_see(person, &request).await? {
        return Err(Refusal::UnknownRequest { typed: id.short() }.into());
    }
    let product = find_product(portal, request.product.key.as_str())?;
    refuse_while_paused(portal).await?;
    // The person may have left the request's team; then the form starts with one of their teams.
    let is_member = portal.teams_of(person).await?.iter().any(|team| team.name == request.team);
    let team = is_member.then(|| request.team.to_string());
    let (teams, team) = choose_team(portal, person, &product, team.as_deref()).await?;
    let form = form_of(&product)?;
    // The product may have changed: say nothing about a removed field, but mention a removed option.
    let parameters = request.shown_parameters().filter(|(key, _)| form.field(key).is_some());
    let values = parameters.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let mut notes = Vec::new();
    let values = take_over(&form, values, &mut notes);
    let reason = request.reason.clone();
    let ticket = request.ticket.as_ref().map(|ticket| ticket.reference.clone()).unwrap_or_default();
    let draft = FormDraft { reason, ticket, ..FormDraft::empty(&product, team) };
    new_request_view(portal, person, (product, form), teams, draft, (values, notes), Vec::new()).await
}

/// Finds the product that was typed, or refuses with the nearest names.
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
    Err(Refusal::UnknownProduct { typed: quotable(typed), nearest })
}

/// Shortens typed text and removes Slack's markup, so that it can be quoted in a sentence.
pub(super) fn quotable(typed: &str) -> String {
    typed.chars().filter(|c| !matches!(c, '<' | '>' | '&' | '*' | '`' | '_' | '~')).take(60).collect()
}

/// Builds the form of a product.
///
/// # Errors
/// A failure: the catalog was checked when it was loaded.
pub(super) fn form_of(product: &Product) -> Result<Form, anyhow::Error> {
    product
        .form()
        .map_err(|_| anyhow::anyhow!("product {} has no form although the catalog was checked", product.key))
}

/// Returns the teams that a person may choose for this product, and the chosen one.
pub(super) async fn choose_team(
    portal: &Portal,
    person: &PersonId,
    product: &Product,
    named: Option<&str>,
) -> Result<(Vec<TeamName>, TeamName), Error> {
    let mut teams: Vec<TeamName> =
        portal.teams_of(person).await?.iter().map(|team| team.name.clone()).collect();
    // The cache may be old, so look up a team that was named before refusing it.
    let team = named.and_then(|name| portal.organization.team(&TeamName::new(name)));
    if let Some(team) = team.filter(|team| !teams.contains(&team.name))
        && portal.is_one_of_in_time(person, &team.members).await?
    {
        teams.push(team.name.clone());
    }
    let Some(first) = teams.first() else { return Err(no_team::refusal(portal, person).await.into()) };
    let offered: Vec<TeamName> =
        teams.iter().filter(|team| product.requesters.include(team)).cloned().collect();
    let chosen = match named {
        Some(name) => {
            let current_name = portal.organization.current_name(&TeamName::new(name));
            teams.iter().find(|team| **team == current_name).ok_or_else(|| Refusal::NotYourTeam {
                team: quotable(name),
                yours: teams.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            })?
        }
        None => offered.first().unwrap_or(first),
    };
    if !offered.contains(chosen) {
        let (product, owner) = (product.name.clone(), product.owner.clone());
        return Err(Refusal::NotOffered { product, team: chosen.clone(), owner }.into());
    }
    let chosen = chosen.clone();
    Ok((offered, chosen))
}
