//! The content of a request form before submission: fields, values, approvers and cost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::approval::{Exception, path_as_things_stand};
use crate::domain::catalog::Product;
use crate::domain::cost::estimate;
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::parameters::in_effect;
use crate::domain::preview::Preview;
use crate::domain::principal::Principal;
use crate::domain::quota::{BudgetUse, QuotaSlot, QuotaUse};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::portal::access::approvers::usual_answer;
use crate::portal::people::filled::Filled;
use crate::portal::{Error, Portal};
use crate::ports::store::{RequestFilter, RequestScope};
use cloudformation::Parameter;

/// How many requests to name when a limit is reached, and how many of a team to search for them.
const NAMED_HOLDERS: usize = 10;
const MOST_HOLDERS: usize = 50;

/// What a request form shows.
#[derive(Clone, Debug)]
pub struct FormSession {
    /// The requested product.
    pub product: Arc<Product>,
    /// All fields, including hidden ones.
    pub form: Form,
    /// Parameters hidden because their condition does not hold.
    pub unasked: BTreeSet<String>,
    /// The shown page, from 0.
    pub page: usize,
    /// The teams that the person may choose, at least one.
    pub teams: Vec<TeamName>,
    /// The chosen team.
    pub team: TeamName,
    /// Initial values by parameter; not checked.
    pub values: BTreeMap<String, String>,
    /// Initial reason.
    pub reason: String,
    /// Initial ticket.
    pub ticket: String,
    /// The chosen owner, if somebody else.
    pub owner: Option<PersonId>,
    /// Whether the team has other members who could be the owner.
    pub has_mates: bool,
    /// What would happen on submission.
    pub preview: Preview,
    /// The requests that use up the quota or the budget, if it is used up.
    pub holders: Vec<Request>,
    /// The slash command.
    pub command: String,
    /// Notes about what was typed after the command.
    pub notes: Vec<String>,
    /// Problems with fields, by parameter.
    pub warnings: Vec<(String, String)>,
}

/// Initial content of a form.
#[derive(Debug, Default)]
pub(super) struct Filling {
    pub(super) values: BTreeMap<String, String>,
    pub(super) reason: String,
    pub(super) ticket: String,
    pub(super) owner: Option<PersonId>,
    pub(super) notes: Vec<String>,
    /// The page to show. If that page is hidden, the last visible one before it is shown.
    pub(super) page: usize,
    /// Problems by parameter.
    pub(super) wrong: Vec<(String, String)>,
}

impl Filling {
    /// Returns the content of an open form.
    ///
    /// # Errors
    /// See [`fitting`].
    pub(super) fn of(product: &Product, form: &Form, filled: &Filled) -> Result<Self, Refusal> {
        let (values, notes) = fitting(product, form, &filled.template_hash, &filled.given)?;
        Ok(Self {
            values,
            notes,
            reason: filled.reason.clone(),
            ticket: filled.ticket.clone(),
            owner: filled.owner.clone(),
            page: filled.page,
            ..Self::default()
        })
    }
}

/// Returns the values of an open form that fit the current product. If the form was built from another template, notes
/// say what to check.
///
/// # Errors
/// [`Refusal::ProductChanged`] if an option was chosen by position: the position may mean another option now, and Slack
/// keeps the choice in the field when the view is updated.
pub(super) fn fitting(
    product: &Product,
    form: &Form,
    made_from: &str,
    given: &BTreeMap<String, Option<String>>,
) -> Result<(BTreeMap<String, String>, Vec<String>), Refusal> {
    let values = form.held(given);
    if product.template_hash == made_from {
        return Ok((values, Vec::new()));
    }
    let is_option = |key: &str| form.field(key).is_some_and(|field| !field.options().is_empty());
    let is_position = |sent: &Option<String>| sent.as_ref().is_some_and(|sent| sent.starts_with('#'));
    if given.iter().any(|(key, sent)| is_position(sent) && is_option(key)) {
        return Err(Refusal::ProductChanged { product: product.name.clone() });
    }
    let filled = given.iter().filter(|(_, sent)| sent.as_ref().is_some_and(|sent| !sent.is_empty()));
    let lost = filled.map(|(key, _)| key).filter(|key| !values.contains_key(*key));
    let (asked, gone): (Vec<_>, Vec<_>) = lost.cloned().partition(|key| form.field(key).is_some());
    let mut notes = vec![format!(
        "{} was changed by its owner while this form was open, so nothing was saved yet. Look through what is filled in, then press \
         the button again.",
        product.name
    )];
    for (what, keys) in [("Choose again", asked), ("No longer asked for", gone)] {
        notes.extend((!keys.is_empty()).then(|| format!("{what}: {}.", keys.join(", "))));
    }
    Ok((values, notes))
}

pub(super) async fn session(
    portal: &Portal,
    person: &PersonId,
    product: Arc<Product>,
    form: Form,
    (teams, team): (Vec<TeamName>, TeamName),
    Filling { values, reason, ticket, owner, notes, page, wrong }: Filling,
) -> Result<FormSession, Error> {
    let unasked = product.hidden(&values);
    let pages = form.pages(&unasked);
    // A change may have hidden the requested page.
    let page = pages.iter().rfind(|known| **known <= page).or(pages.first()).copied().unwrap_or_default();
    let known = known(&product, &values, &unasked, (&team, person));
    let preview = preview(portal, person, &product, &team, &known, None).await?;
    let mut warnings = wrong;
    for broken in broken_rules(&product, &form, &unasked, page, &known) {
        if !warnings.contains(&broken) {
            warnings.push(broken);
        }
    }
    let holders = holders(portal, &product, &team, &preview).await?;
    // A group counts as more than one person.
    let own = Principal::Person(person.clone());
    let has_mates = portal.organization.members_of(&team).iter().any(|member| *member != own);
    Ok(FormSession {
        product,
        form,
        unasked,
        page,
        teams,
        team,
        values,
        reason,
        ticket,
        owner,
        has_mates,
        preview,
        holders,
        command: portal.organization.command.clone(),
        notes,
        warnings,
    })
}

/// Returns what would be submitted now, as far as it is known.
fn known(
    product: &Product,
    values: &BTreeMap<String, String>,
    unasked: &BTreeSet<String>,
    (team, person): (&TeamName, &PersonId),
) -> Vec<(String, String)> {
    let template = product.offered();
    let value = |known: &Parameter| {
        if let Some(binding) = product.bind.get(&known.key) {
            return binding.value(team, person, None);
        }
        let held = values.get(&known.key).filter(|_| !unasked.contains(&known.key));
        in_effect(known, held.map(String::as_str))
    };
    template.parameters.iter().filter_map(|known| Some((known.key.clone(), value(known)?))).collect()
}

/// Returns violations of the template's rules, each with a visible field that it mentions, preferably on this page.
fn broken_rules(
    product: &Product,
    form: &Form,
    unasked: &BTreeSet<String>,
    page: usize,
    known: &[(String, String)],
) -> Vec<(String, String)> {
    let failed = product.offered().failed_rules(known).into_iter();
    failed
        .filter_map(|rule| {
            let mut shown =
                rule.parameters.iter().filter(|key| form.field(key).is_some() && !unasked.contains(*key));
            let first = shown.clone().next()?;
            let here = shown.find(|key| form.page_of(key) == Some(page));
            Some((here.unwrap_or(first).clone(), rule.message))
        })
        .collect()
}

/// Previews a submission of these values. `standing` is the request that they would change; its estimate is already
/// part of the budget.
pub(super) async fn preview(
    portal: &Portal,
    person: &PersonId,
    product: &Product,
    team: &TeamName,
    values: &[(String, String)],
    standing: Option<&Request>,
) -> Result<Preview, Error> {
    let value = |key: &str| values.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
    let estimate = estimate(&product.cost, &value, &portal.catalog.prices);
    let mut budget = portal.budget_of(team).await?;
    if let Some(standing) = standing {
        budget = budget.and_then(|budget| budget.beyond(standing.monthly(), estimate.as_ref()));
    }
    let slot = QuotaSlot { team: team.clone(), product: product.key.clone() };
    let used = portal.ports.store.quota_used(&slot).await?;
    let quota = QuotaUse { used, limit: product.quota.per_team };
    let exception = Exception::needed(product.quota, quota, budget, estimate.as_ref());
    // An existing resource has its slot already, and exceptions to the budget exist for new requests only.
    let exception = exception.filter(|_| standing.is_none() && portal.may_except(product));
    let is_exception = exception.is_some();
    let path = path_as_things_stand(product, team, values, estimate.as_ref(), budget, is_exception);
    let theirs = [person, person];
    // Both may ask Slack, and a user is waiting.
    let (turned, can_be) = tokio::join!(
        portal.preview_stages(product, &path, team, person),
        portal.somebody_can_approve(product, team, theirs, &path)
    );
    let ((turns, note), unapprovable) = (turned, can_be.err());
    let usually = if turns.is_empty() { None } else { usual_answer(portal, product, team).await? };
    Ok(Preview {
        estimate,
        path,
        turns,
        note,
        unapprovable,
        usually,
        quota,
        budget,
        exception,
        expires_at: product.lease.grace.after(product.lease.ttl.after(portal.now())),
        simulated: portal.ports.provisioner.is_simulated(),
    })
}

impl Portal {
    /// Returns whether somebody can approve a request of this product beyond a limit.
    pub(super) fn may_except(&self, product: &Product) -> bool {
        product.quota.may_except(&self.organization.admins)
    }

    /// Returns what the team's budget is used for, if it has one.
    async fn budget_of(&self, team: &TeamName) -> anyhow::Result<Option<BudgetUse>> {
        let Some(limit) = self.organization.team(team).and_then(|team| team.monthly_budget) else {
            return Ok(None);
        };
        let held = self.ports.store.team_use(team).await?;
        Ok(Some(BudgetUse::of(&held, limit)))
    }
}

/// Returns what could be torn down to make room: the requests that hold the slots, or the most expensive ones if the
/// budget has no room.
async fn holders(
    portal: &Portal,
    product: &Product,
    team: &TeamName,
    preview: &Preview,
) -> Result<Vec<Request>, Error> {
    let store = &portal.ports.store;
    if preview.quota.left() == 0 {
        let whose = RequestScope::TeamProduct(team.clone(), product.key.clone());
        return Ok(store.list(&whose, RequestFilter::Live, None, NAMED_HOLDERS).await?.requests());
    }
    if preview.exception.is_none() {
        return Ok(Vec::new());
    }
    let mut held = store
        .list(&RequestScope::Team(team.clone()), RequestFilter::Live, None, MOST_HOLDERS)
        .await?
        .requests();
    // Tearing these down would not free any budget.
    held.retain(|request| !request.monthly().is_zero());
    held.sort_by_key(|request| std::cmp::Reverse(request.monthly()));
    held.truncate(NAMED_HOLDERS);
    Ok(held)
}
