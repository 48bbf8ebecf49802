//! What a form shows: fields, values, approvers and cost. `form` and `form_navigation` decide what is filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::domain::approval::{Exception, path_as_things_stand};
use crate::domain::catalog::Product;
use crate::domain::cost::{estimate, increase};
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::parameters::in_effect;
use crate::domain::preview::Preview;
use crate::domain::principal::Principal;
use crate::domain::quota::{BudgetUse, QuotaSlot, QuotaUse};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Difference, Request};
use crate::portal::access::approvers::usual_answer;
use crate::portal::people::click::ButtonContext;
use crate::portal::people::form_draft::FormDraft;
use crate::portal::{Error, Portal};
use crate::ports::store::{RequestFilter, RequestScope};
use cloudformation::Parameter;

/// How many requests to name when a limit is reached, and how many of a team to search for them.
const NAMED_HOLDERS: usize = 10;
const MOST_HOLDERS: usize = 50;

/// What a form shows, of a new request or of a change.
#[derive(Clone, Debug)]
pub struct FormView {
    /// The product in the current catalog.
    pub product: Arc<Product>,
    /// All fields, including hidden ones.
    pub form: Form,
    /// Parameters hidden because their condition does not hold.
    pub hidden: BTreeSet<String>,
    /// The pages that are shown one after the other, at least one.
    pub pages: Vec<usize>,
    /// The shown page, from 0.
    pub page: usize,
    /// The team that it is for.
    pub team: TeamName,
    /// Initial values by parameter, not checked; the template's default applies where there is none.
    pub values: BTreeMap<String, String>,
    /// Initial reason.
    pub reason: String,
    /// What would happen on submission.
    pub preview: Preview,
    /// Notes about what was typed after the command, or about a product that has changed.
    pub notes: Vec<String>,
    /// Problems with fields, by parameter.
    pub warnings: Vec<(String, String)>,
    /// The requests that use up the quota or the budget, if it is used up.
    pub holders: Vec<Request>,
    /// The slash command.
    pub command: String,
    /// What is filled in, with what only such a form shows.
    pub purpose: FormPurpose,
}

/// What a form is filled in for.
#[derive(Clone, Debug)]
pub enum FormPurpose {
    /// A new request.
    Create {
        /// The teams that the person may choose, at least one.
        teams: Vec<TeamName>,
        /// Initial ticket.
        ticket: String,
        /// The chosen owner, if somebody else.
        owner: Option<PersonId>,
        /// Whether the team has other members who could be the owner.
        has_mates: bool,
    },
    /// A change of an existing resource.
    Change {
        /// Its request.
        request: Box<Request>,
        /// The button that opened the form.
        button: ButtonContext,
        /// Parameters that stay as they are, with their values.
        fixed: Vec<(String, String)>,
        /// Differences so far.
        differences: Vec<Difference>,
    },
}

impl FormView {
    /// Returns the index of the shown page among those that are shown.
    pub fn page_index(&self) -> usize {
        self.pages.iter().position(|page| *page == self.page).unwrap_or_default()
    }

    /// Whether this is the page that users begin with.
    pub fn is_first_page(&self) -> bool {
        self.page_index() == 0
    }

    /// Whether this is the page that is submitted for good.
    pub fn is_last_page(&self) -> bool {
        self.page_index() + 1 == self.pages.len()
    }

    /// Returns what it would add to the team's estimates, US dollars a month; `None` if that is not known.
    pub fn adds(&self) -> Option<Decimal> {
        let estimate = self.preview.estimate.as_ref()?;
        Some(match &self.purpose {
            FormPurpose::Create { .. } => estimate.monthly,
            FormPurpose::Change { request, .. } => increase(request.estimate.as_ref(), Some(estimate)),
        })
    }

    /// Returns the parameters that other parts of the form depend on; the form has to be updated when one changes.
    pub fn watched(&self) -> BTreeSet<String> {
        match self.purpose {
            FormPurpose::Create { .. } => self.product.watched(),
            FormPurpose::Change { .. } => self.product.deciding_parameters(),
        }
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
    draft: &FormDraft,
) -> Result<(BTreeMap<String, String>, Vec<String>), Refusal> {
    let values = form.held(&draft.values);
    if product.template_hash == draft.template_hash {
        return Ok((values, Vec::new()));
    }
    let is_option = |key: &str| form.field(key).is_some_and(|field| !field.options().is_empty());
    let is_position = |input: &Option<String>| input.as_ref().is_some_and(|input| input.starts_with('#'));
    if draft.values.iter().any(|(key, input)| is_position(input) && is_option(key)) {
        return Err(Refusal::ProductChanged { product: product.name.clone() });
    }
    let filled =
        draft.values.iter().filter(|(_, input)| input.as_ref().is_some_and(|input| !input.is_empty()));
    let lost = filled.map(|(key, _)| key).filter(|key| !values.contains_key(*key));
    let (again, gone): (Vec<_>, Vec<_>) = lost.cloned().partition(|key| form.field(key).is_some());
    let mut notes = vec![format!(
        "{} was changed by its owner while this form was open, so nothing was saved yet. Look through what is filled in, then press \
         the button again.",
        product.name
    )];
    for (heading, keys) in [("Choose again", again), ("No longer asked for", gone)] {
        if !keys.is_empty() {
            notes.push(format!("{heading}: {}.", keys.join(", ")));
        }
    }
    Ok((values, notes))
}

/// Builds the form of a new request. If the draft's page is hidden, the last visible one before it is shown.
pub(super) async fn new_request_view(
    portal: &Portal,
    person: &PersonId,
    (product, form): (Arc<Product>, Form),
    teams: Vec<TeamName>,
    draft: FormDraft,
    (values, notes): (BTreeMap<String, String>, Vec<String>),
    mut warnings: Vec<(String, String)>,
) -> Result<FormView, Error> {
    let team = draft.team;
    let hidden = product.hidden(&values);
    let pages = form.pages(&hidden);
    let page = pages.iter().rfind(|page| **page <= draft.page).or(pages.first()).copied().unwrap_or_default();
    let parameters = parameters(&product, &values, &hidden, (&team, person));
    let preview = preview(portal, person, &product, &team, &parameters, None).await?;
    for problem in broken_rules(&product, &form, &hidden, page, &parameters) {
        if !warnings.contains(&problem) {
            warnings.push(problem);
        }
    }
    let holders = holders(portal, &product, &team, &preview).await?;
    // A group counts as more than one person.
    let own = Principal::Person(person.clone());
    let has_mates = portal.organization.members_of(&team).iter().any(|member| *member != own);
    let (ticket, owner) = (draft.ticket, draft.owner);
    Ok(FormView {
        product,
        form,
        hidden,
        pages,
        page,
        team,
        values,
        reason: draft.reason,
        preview,
        notes,
        warnings,
        holders,
        command: portal.organization.command.clone(),
        purpose: FormPurpose::Create { teams, ticket, owner, has_mates },
    })
}

/// Returns the parameters that would be submitted now, as far as they are known.
fn parameters(
    product: &Product,
    values: &BTreeMap<String, String>,
    hidden: &BTreeSet<String>,
    (team, person): (&TeamName, &PersonId),
) -> Vec<(String, String)> {
    let template = product.offered();
    let value = |parameter: &Parameter| {
        if let Some(binding) = product.bind.get(&parameter.key) {
            return binding.value(team, person, None);
        }
        let value = values.get(&parameter.key).filter(|_| !hidden.contains(&parameter.key));
        in_effect(parameter, value.map(String::as_str))
    };
    let parameters = template.parameters.iter();
    parameters.filter_map(|parameter| Some((parameter.key.clone(), value(parameter)?))).collect()
}

/// Returns violations of the template's rules, each with a visible field that it mentions, preferably on this page.
fn broken_rules(
    product: &Product,
    form: &Form,
    hidden: &BTreeSet<String>,
    page: usize,
    parameters: &[(String, String)],
) -> Vec<(String, String)> {
    let failed = product.offered().failed_rules(parameters).into_iter();
    failed
        .filter_map(|rule| {
            let mut visible =
                rule.parameters.iter().filter(|key| form.field(key).is_some() && !hidden.contains(*key));
            let first = visible.clone().next()?;
            let on_page = visible.find(|key| form.page_of(key) == Some(page));
            Some((on_page.unwrap_or(first).clone(), rule.message))
        })
        .collect()
}

/// Previews a submission of these values. `changed` is the request that they would change; its estimate is already
/// part of the budget.
pub(super) async fn preview(
    portal: &Portal,
    person: &PersonId,
    product: &Product,
    team: &TeamName,
    values: &[(String, String)],
    changed: Option<&Request>,
) -> Result<Preview, Error> {
    let value = |key: &str| values.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
    let estimate = estimate(&product.cost, &value, &portal.catalog.prices);
    let whole_budget = portal.budget_of(team).await?;
    let budget = match changed {
        Some(request) => whole_budget.and_then(|budget| budget.beyond(request.monthly(), estimate.as_ref())),
        None => whole_budget,
    };
    let slot = QuotaSlot { team: team.clone(), product: product.key.clone() };
    let used = portal.ports.store.quota_used(&slot).await?;
    let quota = QuotaUse { used, limit: product.quota.per_team };
    // An existing resource has its slot already.
    let needed_quota = if changed.is_none() { Some(quota) } else { None };
    let exception = Exception::needed(product.quota, needed_quota, budget, estimate.as_ref());
    // A change of unknown cost takes nothing of the budget, so it needs no exception.
    let takes_nothing = changed.is_some() && estimate.is_none();
    let exception = exception.filter(|_| portal.may_except(product) && !takes_nothing);
    // It is stated as the store would: with what the resource costs today.
    let exception =
        exception.map(|exception| Exception { budget: exception.budget.and(whole_budget), ..exception });
    let path = path_as_things_stand(product, team, values, estimate.as_ref(), budget, exception.clone());
    let requester_and_owner = [person, person];
    // Both may ask Slack, and a user is waiting.
    let ((turns, note), can_be_approved) = tokio::join!(
        portal.preview_stages(product, &path, team, person),
        portal.somebody_can_approve(product, team, requester_and_owner, &path)
    );
    let unapprovable = can_be_approved.err();
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
        let team_use = self.ports.store.team_use(team).await?;
        Ok(Some(BudgetUse::of(&team_use, limit)))
    }
}

/// Returns what could be torn down to make room: the requests that hold the slots, or the most expensive ones if the
/// budget has no room.
pub(super) async fn holders(
    portal: &Portal,
    product: &Product,
    team: &TeamName,
    preview: &Preview,
) -> Result<Vec<Request>, Error> {
    let store = &portal.ports.store;
    let is_slot_missing = match &preview.exception {
        Some(exception) => exception.quota.is_some(),
        None => preview.quota.left() == 0,
    };
    if is_slot_missing {
        let scope = RequestScope::TeamProduct(team.clone(), product.key.clone());
        return Ok(store.list(&scope, RequestFilter::Live, None, NAMED_HOLDERS).await?.requests());
    }
    if preview.exception.is_none() {
        return Ok(Vec::new());
    }
    let scope = RequestScope::Team(team.clone());
    let mut requests = store.list(&scope, RequestFilter::Live, None, MOST_HOLDERS).await?.requests();
    // Tearing these down would not free any budget.
    requests.retain(|request| !request.monthly().is_zero());
    requests.sort_by_key(|request| std::cmp::Reverse(request.monthly()));
    requests.truncate(NAMED_HOLDERS);
    Ok(requests)
}
