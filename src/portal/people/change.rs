//! Updates of provisioned resources: other values for the parameters that the product allows, and the current version.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::approval::{ApprovalPath, ExceededLimits, path_within_limits};
use crate::domain::audit::By;
use crate::domain::catalog::Product;
use crate::domain::cost::estimate;
use crate::domain::event::Event;
use crate::domain::form::Form;
use crate::domain::ids::PersonId;
use crate::domain::parameters::{FieldProblem, ParameterValues, check_parameters, in_effect};
use crate::domain::refusal::Refusal;
use crate::domain::request::{ChangeOrder, MessageSlot, Request, Status};
use crate::domain::submission::snapshot;
use crate::portal::access::Managing;
use crate::portal::commit::{ChangeOptions, applying};
use crate::portal::people::click::{ButtonContext, RequestAction, named_request, refresh_news};
use crate::portal::people::form::{find_product, prefilled};
use crate::portal::people::form_draft::{Correction, FormDraft};
use crate::portal::people::form_view::{FormPurpose, FormView, fitting, holders, preview};
use crate::portal::people::limits::{lift, unannounced_exception};
use crate::portal::people::submit::{SubmitError, Submitted, broken_rules};
use crate::portal::{Error, Portal};
use crate::ports::store::CommitError;
use cloudformation::Parameter;
use cloudformation::value::value_problem;

/// The page of the form. Fields that would be on others keep their values.
const ONLY_PAGE: usize = 0;

/// Opens the form, filled with the current values and with what was typed after the command.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn open(
    portal: &Portal,
    click: &RequestAction,
    typed: &[(String, String)],
) -> Result<FormView, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Direct, "change").await?;
    let product = changeable(portal, &request, &click.by).await?;
    let fields = ChangeableFields::of(&product, &request)?;
    let inputs = prefilled(&fields.form, typed);
    change_view(portal, (request, click.button()), product, fields, "", inputs).await
}

/// Rebuilds the form that this button opened; `form_navigation` does so for all forms.
pub(super) async fn refresh(
    portal: &Portal,
    person: &PersonId,
    button: &ButtonContext,
    draft: &FormDraft,
) -> Result<FormView, Error> {
    let request = portal.load(button.request).await?;
    if !portal.may_see(person, &request).await? {
        return Err(Refusal::UnknownRequest { typed: button.request.short() }.into());
    }
    let product = find_product(portal, request.product.key.as_str())?;
    let fields = ChangeableFields::of(&product, &request)?;
    let inputs = fitting(&product, &fields.form, draft)?;
    change_view(portal, (request, button.clone()), product, fields, &draft.reason, inputs).await
}

/// Requests the change. The stored request waits for approvers, or is being updated.
///
/// # Errors
/// See [`SubmitError`]. Nothing is stored then, except a refusal for lack of permission on the trail.
pub(super) async fn submit(
    portal: &Portal,
    click: &RequestAction,
    draft: &FormDraft,
) -> Result<Submitted<Box<Request>>, SubmitError> {
    // The first submission has moved the epoch, so `named_request` would refuse a redelivery as stale.
    if let Some(earlier) = requested_before(portal, click).await? {
        return Ok(Submitted::Stored(Box::new(earlier)));
    }
    let request = named_request(portal, click, |_| MessageSlot::Direct, "change").await?;
    let product = changeable(portal, &request, &click.by).await?;
    if product.template_hash != draft.template_hash {
        return Err(Refusal::ProductChanged { product: product.name.clone() }.into());
    }
    let fields = ChangeableFields::of(&product, &request)?;
    let values = match fields.checked(&product, &request, &draft.values) {
        Ok(values) => values,
        Err(problems) if problems.iter().any(|problem| problem.is_forged) => {
            let forged = Refusal::Forged { command: portal.organization.command.clone() };
            return Err(portal.refuse(&request, &click.by, "change", forged).await.into());
        }
        Err(problems) => {
            return Err(SubmitError::Fields(problems.into_iter().map(Correction::from).collect()));
        }
    };
    let (order, path) = order(portal, &request, &product, values, &draft.reason);
    if order.differences.is_empty() {
        return Err(Refusal::NothingDifferent.into());
    }
    let requester_and_owner = [&click.by.person, &request.owner];
    portal.somebody_can_approve(&product, &request.team, requester_and_owner, &path).await?;
    let submitted = store(portal, &request, &product, click, (order, path), draft.as_exception).await?;
    if let Submitted::Stored(changed) = &submitted {
        refresh_news(portal, changed, click).await?;
    }
    Ok(submitted)
}

/// Returns the request if this view has already requested its change.
async fn requested_before(portal: &Portal, click: &RequestAction) -> Result<Option<Request>, Error> {
    let Some(request) = portal.ports.store.load(click.request).await? else { return Ok(None) };
    let is_same = request.change().is_some_and(|(approval, order)| {
        approval.asked_by == click.by.person && order.idempotency_key == click.idempotency_key
    });
    Ok(if is_same { Some(request) } else { None })
}

/// Returns the current product if the person may change the resource and there is something to change.
async fn changeable(portal: &Portal, request: &Request, by: &By) -> Result<Arc<Product>, Error> {
    portal.check_manages(request, by, (Managing::Keep, "change")).await?;
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
            let is_valid = request
                .parameter(&parameter.key)
                .is_some_and(|value| value_problem(parameter, value).is_none());
            if is_valid && !product.change.contains(&parameter.key) {
                hidden.insert(parameter.key.clone());
            }
        }
        let mut form = Form::from_template(&offered, &hidden).map_err(|_| {
            anyhow::anyhow!("product {} has no form although the catalog was checked", product.key)
        })?;
        for field in form.groups.iter_mut().flat_map(|group| &mut group.fields) {
            if let Some(value) = request.parameter(&field.key) {
                field.canonical.keep(value);
            }
        }
        Ok(Self { form, hidden })
    }

    /// Returns all parameters after the change, or the problems with the fields.
    fn checked(
        &self,
        product: &Product,
        request: &Request,
        inputs: &BTreeMap<String, Option<String>>,
    ) -> Result<ParameterValues, Vec<FieldProblem>> {
        let mut inputs = inputs.clone();
        // A change has only one page; fields of other pages keep their values.
        for field in self.form.fields() {
            let is_on_page = self.form.page_of(&field.key) == Some(ONLY_PAGE);
            let current = request.parameter(&field.key).filter(|_| !is_on_page).map(str::to_owned);
            if is_on_page || current.is_some() {
                inputs.entry(field.key.clone()).or_insert(current);
            }
        }
        let mut values = check_parameters(&product.offered(), &self.form, &self.hidden, &inputs)?;
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
    let parameter = product.template.parameter(key)?;
    let current = request.parameter(key).filter(|value| value_problem(parameter, value).is_none());
    current.map(str::to_owned).or_else(bound).or_else(fixed)
}

async fn change_view(
    portal: &Portal,
    (request, button): (Request, ButtonContext),
    product: Arc<Product>,
    ChangeableFields { form, hidden: unchanged }: ChangeableFields,
    reason: &str,
    (inputs, notes): (BTreeMap<String, String>, Vec<String>),
) -> Result<FormView, Error> {
    let mut values = BTreeMap::new();
    for field in form.fields() {
        let value = inputs.get(&field.key).map(String::as_str).or_else(|| request.parameter(&field.key));
        values.extend(value.map(|value| (field.key.clone(), value.to_owned())));
    }
    let mut all_values = values.clone();
    for key in &unchanged {
        all_values.extend(kept(&product, &request, key).map(|value| (key.clone(), value)));
    }
    let parameters = with_defaults(&product, &all_values);
    let team = request.team.clone();
    let preview = preview(portal, &request.owner, &product, &team, &parameters, Some(&request)).await?;
    let holders = match preview.exception {
        Some(_) => holders(portal, &product, &team, &preview).await?,
        None => Vec::new(),
    };
    let bound: Vec<String> = product.preset().into_iter().collect();
    let differences = request.differences(&snapshot(&product, &parameters), &parameters, &bound);
    let is_fixed = |(key, _): &&(String, String)| unchanged.contains(key) && !bound.contains(key);
    let fixed = parameters.iter().filter(is_fixed).cloned().collect();
    Ok(FormView {
        product,
        form,
        // Conditions hold for new requests only.
        hidden: BTreeSet::new(),
        pages: vec![ONLY_PAGE],
        page: ONLY_PAGE,
        team,
        values,
        reason: reason.to_owned(),
        preview,
        notes,
        warnings: Vec::new(),
        holders,
        command: portal.organization.command.clone(),
        purpose: FormPurpose::Change { request: Box::new(request), button, fixed, differences },
    })
}

/// Returns all parameters, with defaults for those that have no value yet.
fn with_defaults(product: &Product, values: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let template = product.offered();
    let value = |parameter: &Parameter| in_effect(parameter, values.get(&parameter.key).map(String::as_str));
    let parameters = template.parameters.iter();
    parameters.filter_map(|parameter| Some((parameter.key.clone(), value(parameter)?))).collect()
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
    let path = path_within_limits(rule, team, &parameters, price.as_ref(), has_budget);
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
    click: &RequestAction,
    (mut order, path): (ChangeOrder, ApprovalPath),
    as_exception: bool,
) -> Result<Submitted<Box<Request>>, SubmitError> {
    click.idempotency_key.clone_into(&mut order.idempotency_key);
    let budget = portal.organization.team(&request.team).and_then(|team| team.monthly_budget);
    let options = ChangeOptions {
        idempotency_key: Some(&click.idempotency_key),
        expected_epoch: Some(request.epoch),
        ..ChangeOptions::default()
    };
    // The first attempt assumes that the budget has room, whatever the form said; only the store knows.
    let mut exceeded = ExceededLimits::default();
    loop {
        order.exceeds_budget = exceeded.budget;
        let path = exceeded.path(&product.approval, path.clone());
        let (team, theirs) = (&request.team, [&click.by.person, &request.owner]);
        let (exceeded_so_far, asked) = ((&exceeded, as_exception), (&path, &*order.reason));
        if let Some(exception) =
            unannounced_exception(portal, product, team, theirs, exceeded_so_far, asked).await?
        {
            return Ok(Submitted::BeyondLimits(exception));
        }
        let event = Event::Change {
            by: click.by.clone(),
            order: Box::new(order.clone()),
            path,
            exception: exceeded.exception.clone(),
            budget,
        };
        match portal.change(request.id, options, applying(&event)).await {
            Ok(changed) => return Ok(Submitted::Stored(Box::new(changed))),
            Err(Error::Failed(error)) => match error.downcast_ref::<CommitError>() {
                Some(why) if lift(portal, product, budget, &mut exceeded, why) => {}
                Some(CommitError::BudgetSpent(spent)) => {
                    let (team, budget) = (request.team.clone(), budget.unwrap_or_default());
                    return Err(Refusal::BudgetSpent { team, spent: *spent, budget }.into());
                }
                _ => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        }
    }
}
