//! Updates of provisioned resources: other values for the parameters that the product allows, and the current version.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::domain::approval::{ApprovalPath, approval_path, path_above_budget, path_of_budget};
use crate::domain::audit::By;
use crate::domain::catalog::{OverBudget, Product};
use crate::domain::cost::estimate;
use crate::domain::event::Event;
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::parameters::{FieldProblem, ParameterValues, check_parameters, in_effect};
use crate::domain::preview::Preview;
use crate::domain::refusal::Refusal;
use crate::domain::request::{ChangeOrder, Difference, MessageSlot, Request, Status};
use crate::domain::submission::snapshot;
use crate::portal::access::Tending;
use crate::portal::commit::{ChangeOptions, applying};
use crate::portal::people::click::{RequestAction, named_request, refresh_news};
use crate::portal::people::filled::Correction;
use crate::portal::people::form::{find_product, prefilled};
use crate::portal::people::session::{fitting, preview};
use crate::portal::people::submit::{SubmitError, broken_rules};
use crate::portal::{Error, Portal};
use crate::ports::store::CommitError;
use cloudformation::Parameter;
use cloudformation::value::value_problem;

/// What the form of a change shows.
#[derive(Clone, Debug)]
pub struct ChangeSession {
    /// The request to change.
    pub request: Request,
    /// Its product in the current catalog.
    pub product: Arc<Product>,
    /// The fields that may be changed.
    pub form: Form,
    /// Initial values by parameter.
    pub values: BTreeMap<String, String>,
    /// Parameters that stay as they are, with their values.
    pub fixed: Vec<(String, String)>,
    /// Differences so far.
    pub differences: Vec<Difference>,
    /// What would happen on submission.
    pub preview: Preview,
    /// Notes about what was typed after the command.
    pub notes: Vec<String>,
}

/// A submitted form of a change.
#[derive(Clone, Debug)]
pub struct FilledChange {
    /// SHA-256 of the template that the form was built from.
    pub template_hash: String,
    /// Values by parameter key, as the inputs send them.
    pub given: BTreeMap<String, Option<String>>,
    /// The reason; may be empty.
    pub reason: String,
}

/// Opens the form, filled with the current values and with what was typed after the command.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn open(
    portal: &Portal,
    click: &RequestAction,
    typed: &[(String, String)],
) -> Result<ChangeSession, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Direct, "change").await?;
    let product = changeable(portal, &request, &click.by).await?;
    let fields = ChangeableFields::of(&product, &request)?;
    let (typed, notes) = prefilled(&fields.form, typed);
    session(portal, request, product, fields, typed, notes).await
}

/// Rebuilds the form after the user chose something, or submitted it although the product has changed.
///
/// # Errors
/// See [`open`].
pub async fn refresh(
    portal: &Portal,
    person: &PersonId,
    id: RequestId,
    filled: &FilledChange,
) -> Result<ChangeSession, Error> {
    let request = portal.load(id).await?;
    if !portal.may_see(person, &request).await? {
        return Err(Refusal::UnknownRequest { typed: id.short() }.into());
    }
    let product = find_product(portal, request.product.key.as_str())?;
    let fields = ChangeableFields::of(&product, &request)?;
    let (values, notes) = fitting(&product, &fields.form, &filled.template_hash, &filled.given)?;
    session(portal, request, product, fields, values, notes).await
}

/// Requests the change. The returned request waits for approvers, or is being updated.
///
/// # Errors
/// See [`SubmitError`]. Nothing is stored then, except a refusal for lack of permission on the trail.
pub async fn submit(
    portal: &Portal,
    click: &RequestAction,
    filled: FilledChange,
) -> Result<Request, SubmitError> {
    // The first submission has moved the epoch, so `named_request` would refuse a redelivery as stale.
    if let Some(earlier) = asked_before(portal, click, &click.idempotency_key).await? {
        return Ok(earlier);
    }
    let request = named_request(portal, click, |_| MessageSlot::Direct, "change").await?;
    let product = changeable(portal, &request, &click.by).await?;
    if product.template_hash != filled.template_hash {
        return Err(Refusal::ProductChanged { product: product.name.clone() }.into());
    }
    let fields = ChangeableFields::of(&product, &request)?;
    let values = match fields.checked(&product, &request, &filled.given) {
        Ok(values) => values,
        Err(problems) if problems.iter().any(|problem| problem.is_forged) => {
            let forged = Refusal::Forged { command: portal.organization.command.clone() };
            return Err(portal.refuse(&request, &click.by, "change", forged).await.into());
        }
        Err(problems) => {
            return Err(SubmitError::Fields(problems.into_iter().map(Correction::from).collect()));
        }
    };
    let (order, path) = order(portal, &request, &product, values, &filled.reason);
    if order.differences.is_empty() {
        return Err(Refusal::NothingDifferent.into());
    }
    let theirs = [&click.by.person, &request.owner];
    portal.somebody_can_approve(&product, &request.team, theirs, &path).await?;
    let changed =
        store(portal, &request, &product, (&click.by, &click.idempotency_key), (order, path)).await?;
    refresh_news(portal, &changed, click).await?;
    Ok(changed)
}

/// Returns the request if this view has already requested its change.
async fn asked_before(portal: &Portal, click: &RequestAction, key: &str) -> Result<Option<Request>, Error> {
    let asked = portal.ports.store.load(click.request).await?;
    let is_theirs = |request: &Request| {
        request.change().is_some_and(|(approval, order)| {
            approval.asked_by == click.by.person && order.idempotency_key == key
        })
    };
    Ok(asked.filter(is_theirs))
}

/// Returns the current product if the person may change the resource and there is something to change.
async fn changeable(portal: &Portal, request: &Request, by: &By) -> Result<Arc<Product>, Error> {
    portal.check_tends(request, by, (Tending::Keep, "change")).await?;
    if let Some(waiting) = request.waiting() {
        return Err(Refusal::waits(waiting).into());
    }
    if matches!(request.status, Status::Updating { .. }) {
        return Err(Refusal::BeingChanged.into());
    }
    if request.lease().is_none() {
        return Err(Refusal::NothingToChange { status: request.status.name() }.into());
    }
    let product = find_product(portal, request.product.key.as_str())?;
    // A newer version is a change of its own, even if no parameter may be changed.
    let is_newest = product.template_hash == request.product.template_hash;
    if is_newest && product.change.is_empty() {
        return Err(Refusal::NotChangeable { product: product.name.clone() }.into());
    }
    Ok(product)
}

/// The parts of a product's form that can change an existing resource.
struct ChangeableFields {
    form: Form,
    /// Parameters without a field.
    hidden: BTreeSet<String>,
}

impl ChangeableFields {
    /// Creates fields for parameters that the product allows to change, and for those whose current value is missing or
    /// no longer valid.
    fn of(product: &Product, request: &Request) -> Result<Self, anyhow::Error> {
        let offered = product.offered();
        let mut hidden = product.preset();
        for parameter in &offered.parameters {
            let stands = request
                .parameter(&parameter.key)
                .is_some_and(|value| value_problem(parameter, value).is_none());
            if stands && !product.change.contains(&parameter.key) {
                hidden.insert(parameter.key.clone());
            }
        }
        let mut form = Form::from_template(&offered, &hidden).map_err(|_| {
            anyhow::anyhow!("product {} has no form although the catalog was checked", product.key)
        })?;
        for field in form.groups.iter_mut().flat_map(|group| &mut group.fields) {
            if let Some(standing) = request.parameter(&field.key) {
                field.canonical.keep(standing);
            }
        }
        Ok(Self { form, hidden })
    }

    /// Returns all parameters after the change, or the problems with the fields.
    fn checked(
        &self,
        product: &Product,
        request: &Request,
        given: &BTreeMap<String, Option<String>>,
    ) -> Result<ParameterValues, Vec<FieldProblem>> {
        let mut given = given.clone();
        // A change has only one page; fields of other pages keep their values.
        for field in self.form.fields() {
            let is_shown = self.form.page_of(&field.key) == Some(0);
            let stands = request.parameter(&field.key).filter(|_| !is_shown).map(str::to_owned);
            if is_shown || stands.is_some() {
                given.entry(field.key.clone()).or_insert(stands);
            }
        }
        let mut values = check_parameters(&product.offered(), &self.form, &self.hidden, &given)?;
        for key in &self.hidden {
            if let Some(value) = kept(product, request, key) {
                values.bind(&product.template, key, value);
            }
        }
        let problems = broken_rules(product, &self.form, &|key| self.form.field(key).is_some(), &values);
        if problems.is_empty() { Ok(values) } else { Err(problems) }
    }
}

/// Returns the value of a parameter without a field: the current one, or what the portal fills in.
fn kept(product: &Product, request: &Request, key: &str) -> Option<String> {
    let bound = || product.bind.get(key)?.value(&request.team, &request.requester, Some(request.id));
    let fixed = || product.fixed().find(|(own, _)| *own == key).map(|(_, value)| value.to_owned());
    let known = product.template.parameter(key)?;
    let present = request.parameter(key).filter(|value| value_problem(known, value).is_none());
    present.map(str::to_owned).or_else(bound).or_else(fixed)
}

async fn session(
    portal: &Portal,
    request: Request,
    product: Arc<Product>,
    fields: ChangeableFields,
    chosen: BTreeMap<String, String>,
    notes: Vec<String>,
) -> Result<ChangeSession, Error> {
    let mut values = BTreeMap::new();
    for field in fields.form.fields() {
        let value = chosen.get(&field.key).map(String::as_str).or_else(|| request.parameter(&field.key));
        values.extend(value.map(|value| (field.key.clone(), value.to_owned())));
    }
    let mut known = values.clone();
    for key in &fields.hidden {
        known.extend(kept(&product, &request, key).map(|value| (key.clone(), value)));
    }
    let will_be = with_defaults(&product, &known);
    let preview = preview(portal, &request.owner, &product, &request.team, &will_be, Some(&request)).await?;
    let bound: Vec<String> = product.preset().into_iter().collect();
    let differences = request.differences(&snapshot(&product, &will_be), &will_be, &bound);
    let is_fixed = |(key, _): &&(String, String)| fields.hidden.contains(key) && !bound.contains(key);
    let fixed = will_be.iter().filter(is_fixed).cloned().collect();
    Ok(ChangeSession { request, product, form: fields.form, values, fixed, differences, preview, notes })
}

/// Returns all parameters, with defaults for those that have no value yet.
fn with_defaults(product: &Product, values: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let template = product.offered();
    let value = |known: &Parameter| in_effect(known, values.get(&known.key).map(String::as_str));
    template.parameters.iter().filter_map(|known| Some((known.key.clone(), value(known)?))).collect()
}

fn order(
    portal: &Portal,
    request: &Request,
    product: &Product,
    values: ParameterValues,
    reason: &str,
) -> (ChangeOrder, ApprovalPath) {
    let price = estimate(&product.cost, &|key| values.get(key), &portal.catalog.prices);
    let parameters = values.into_vec();
    let snapshot = snapshot(product, &parameters);
    let bound: Vec<String> = product.preset().into_iter().collect();
    let (rule, team) = (&product.approval, &request.team);
    let has_budget = portal.organization.team(team).is_some_and(|team| team.monthly_budget.is_some());
    let path = approval_path(rule, team, &parameters, price.as_ref());
    let path = path_of_budget(rule, path, has_budget, price.as_ref());
    let order = ChangeOrder {
        idempotency_key: String::new(),
        differences: request.differences(&snapshot, &parameters, &bound),
        product: snapshot,
        labels: product.labels(&parameters),
        parameters,
        bound,
        reason: reason.trim().to_owned(),
        estimate_before: request.estimate.clone(),
        estimate: price,
        exceeds_budget: false,
        outcome: None,
    };
    (order, path)
}

async fn store(
    portal: &Portal,
    request: &Request,
    product: &Product,
    (by, key): (&By, &str),
    (mut order, mut path): (ChangeOrder, ApprovalPath),
) -> Result<Request, SubmitError> {
    key.clone_into(&mut order.idempotency_key);
    let budget = portal.organization.team(&request.team).and_then(|team| team.monthly_budget);
    let event = |order: &ChangeOrder, path: &ApprovalPath| Event::Change {
        by: by.clone(),
        order: Box::new(order.clone()),
        path: path.clone(),
        budget,
    };
    let options = ChangeOptions {
        idempotency_key: Some(key),
        expected_epoch: Some(request.epoch),
        ..ChangeOptions::default()
    };
    // The first attempt assumes that the budget has room; only the store knows.
    let mut stored = portal.change(request.id, options, applying(&event(&order, &path))).await;
    if spent(&stored).is_some() && product.quota.over_budget == OverBudget::Ask {
        order.exceeds_budget = true;
        path = path_above_budget(&product.approval, path);
        stored = portal.change(request.id, options, applying(&event(&order, &path))).await;
    }
    match spent(&stored) {
        Some(spent) => {
            let (team, budget) = (request.team.clone(), budget.unwrap_or_default());
            Err(Refusal::BudgetSpent { team, spent, budget }.into())
        }
        None => Ok(stored?),
    }
}

/// Returns what the team's estimates come to, if its budget has no room for the change.
fn spent(stored: &Result<Request, Error>) -> Option<Decimal> {
    if let Err(Error::Failed(error)) = stored
        && let Some(CommitError::BudgetSpent(spent)) = error.downcast_ref()
    {
        return Some(*spent);
    }
    None
}
