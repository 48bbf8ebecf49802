//! Submission of a request form: checks it, and stores it as a request with its jobs.

use thiserror::Error as ThisError;

use crate::domain::approval::{ExceededLimits, Exception};
use crate::domain::audit::{By, Via};
use crate::domain::catalog::Product;
use crate::domain::cost::estimate;
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::parameters::{FieldProblem, ParameterValues, check_parameters};
use crate::domain::refusal::Refusal;
use crate::domain::submission::{Submission, submit as birth};
use crate::portal::access::no_team;
use crate::portal::people::form::{choose_team, find_product, form_of};
use crate::portal::people::form_draft::{Correction, FieldPlace, FormDraft};
use crate::portal::people::limits::{lift, unannounced_exception};
use crate::portal::people::transfer::is_team_mate;
use crate::portal::{Error, Portal};
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError};
use cloudformation::FailedRule;

/// The result of a valid form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted<T> {
    /// It is stored.
    Stored(T),
    /// Nothing is stored: it exceeds these limits, and the form did not say that an exception is needed.
    BeyondLimits(Exception),
}

/// Why a form did not become a request.
#[derive(Debug, ThisError)]
pub enum SubmitError {
    /// These fields need correction.
    #[error("{} field(s) have to be corrected", .0.len())]
    Fields(Vec<Correction>),
    /// Any other error of a use case.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<Refusal> for SubmitError {
    fn from(refusal: Refusal) -> Self {
        Self::Other(refusal.into())
    }
}

impl From<anyhow::Error> for SubmitError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Stores the request; submitting the same view again, which has the same key, returns the same request.
///
/// # Errors
/// See [`SubmitError`]. Nothing is stored then, except a refusal for lack of permission on the trail.
pub async fn submit(
    portal: &Portal,
    person: &PersonId,
    idempotency_key: &str,
    draft: &FormDraft,
) -> Result<Submitted<()>, SubmitError> {
    let product = find_product(portal, draft.product.as_str())?;
    let id = RequestId::random();
    let team = match choose_team(portal, person, &product, Some(draft.team.as_str())).await {
        Ok((_, team)) => team,
        Err(Error::Refused(refusal)) => {
            // An unknown team name may be any text, so it must not go on the trail.
            let team = portal.organization.team(&draft.team);
            let team = team.map_or_else(|| TeamName::new("-"), |team| team.name.clone());
            return Err(refused(portal, &team, &product.key, person, refusal).await);
        }
        Err(error) => return Err(error.into()),
    };
    // `choose_team` uses the cache; membership in the chosen team must be current.
    if !portal.is_one_of_in_time(person, portal.organization.members_of(&team)).await? {
        let refusal = no_team::not_in(portal, person, &team).await;
        return Err(refused(portal, &team, &product.key, person, refusal).await);
    }
    // Options may be sent by position, which may mean another option in the new template.
    if product.template_hash != draft.template_hash {
        return Err(Refusal::ProductChanged { product: product.name.clone() }.into());
    }
    let mut corrections = Vec::new();
    let values = match checked(id, &product, (&team, person), draft)? {
        Ok(values) => values,
        Err(problems) if problems.iter().any(|problem| problem.is_forged) => {
            let forged = Refusal::Forged { command: portal.organization.command.clone() };
            return Err(refused(portal, &team, &product.key, person, forged).await);
        }
        Err(problems) => {
            corrections.extend(problems.into_iter().map(Correction::from));
            ParameterValues::default()
        }
    };
    corrections.extend(draft.team_correction());
    let ticket = product.ticket.as_ref().map_or(Ok(None), |rule| rule.read(&draft.ticket));
    let ticket = ticket.unwrap_or_else(|message| {
        corrections.push(Correction { place: FieldPlace::Ticket, message });
        None
    });
    let owner = draft.owner.as_ref().unwrap_or(person);
    if owner != person && !is_team_mate(portal, owner, &team).await? {
        let message = format!("Choose a member of team {team}, or leave it empty.");
        corrections.push(Correction { place: FieldPlace::Owner, message });
    }
    if !corrections.is_empty() {
        return Err(SubmitError::Fields(corrections));
    }
    let submission = submission(portal, id, &product, (person, owner), team, values);
    let submission = Submission { reason: draft.reason.trim().to_owned(), ticket, ..submission };
    can_be_approved(portal, &product, &submission).await?;
    store(portal, submission, &product, draft.as_exception, idempotency_key).await
}

async fn store(
    portal: &Portal,
    mut submission: Submission,
    product: &Product,
    as_exception: bool,
    idempotency_key: &str,
) -> Result<Submitted<()>, SubmitError> {
    let (team, key) = (submission.team.clone(), product.key.clone());
    let commit = |submission: &Submission| {
        let now = portal.now();
        let once = Some(IdempotencyKey::for_now(idempotency_key.to_owned(), now));
        portal.commit(
            birth(submission.clone(), product, now),
            Commit { idempotency_key: once, ..Commit::default() },
        )
    };
    // Start as an ordinary request whatever the form said: there may be room again.
    let mut committed = commit(&submission).await;
    // Each round lifts one limit, since a commit reports only the first one that it exceeds.
    while let Err(refusal) = &committed {
        if !lift(portal, product, submission.budget, &mut submission.exceeded, refusal) {
            break;
        }
        let (path, theirs) = (submission.path(&product.approval), [&submission.requester, &submission.owner]);
        let (exceeded, asked) = ((&submission.exceeded, as_exception), (&path, &*submission.reason));
        if let Some(exception) =
            unannounced_exception(portal, product, &team, theirs, exceeded, asked).await?
        {
            return Ok(Submitted::BeyondLimits(exception));
        }
        committed = commit(&submission).await;
    }
    match committed {
        // `Again`: the same view was submitted before.
        Ok(_) | Err(CommitError::Again(Some(_))) => Ok(Submitted::Stored(())),
        Err(CommitError::BudgetSpent(spent)) => {
            let budget = submission.budget.unwrap_or_default();
            Err(Refusal::BudgetSpent { team, spent, budget }.into())
        }
        Err(CommitError::Paused(pause)) => Err(Refusal::Paused { message: pause.message }.into()),
        Err(CommitError::QuotaFull(quota)) => Err(Refusal::QuotaFull { team, product: key, quota }.into()),
        Err(error) => Err(error.into_error().context("cannot store the request").into()),
    }
}

/// Refuses a request that nobody could ever approve.
async fn can_be_approved(portal: &Portal, product: &Product, submission: &Submission) -> Result<(), Refusal> {
    let path = submission.path(&product.approval);
    let theirs = [&submission.requester, &submission.owner];
    portal.somebody_can_approve(product, &submission.team, theirs, &path).await
}

async fn refused(
    portal: &Portal,
    team: &TeamName,
    product: &ProductKey,
    by: &PersonId,
    refusal: Refusal,
) -> SubmitError {
    let by = By { person: by.clone(), via: Via::Form };
    portal.refuse_unstored(Some((team, product)), &by, "submit", refusal).await.into()
}

/// Returns all parameters, bound ones included, or the problems with the fields. A parameter hidden by a condition gets
/// its default, whatever was submitted for it.
fn checked(
    id: RequestId,
    product: &Product,
    (team, person): (&TeamName, &PersonId),
    draft: &FormDraft,
) -> Result<Result<ParameterValues, Vec<FieldProblem>>, anyhow::Error> {
    let form = form_of(product)?;
    let hidden = product.hidden(&form.held(&draft.values));
    let mut inputs = draft.values.clone();
    inputs.retain(|key, _| !hidden.contains(key));
    let mut values = match check_parameters(&product.offered(), &form, &product.preset(), &inputs) {
        Ok(values) => values,
        Err(problems) => return Ok(Err(problems)),
    };
    // Bound parameters are set after the check, so that no submitted value can replace them.
    for (key, binding) in &product.bind {
        values.bind(&product.template, key, binding.value(team, person, Some(id)).unwrap_or_default());
    }
    for (key, value) in product.fixed() {
        values.bind(&product.template, key, value);
    }
    let is_visible = |key: &str| form.field(key).is_some() && !hidden.contains(key);
    let problems = broken_rules(product, &form, &is_visible, &values);
    Ok(if problems.is_empty() { Ok(values) } else { Err(problems) })
}

/// Returns violations of the template's rules, each for the first visible field that it mentions.
pub(super) fn broken_rules(
    product: &Product,
    form: &Form,
    is_visible: &dyn Fn(&str) -> bool,
    values: &ParameterValues,
) -> Vec<FieldProblem> {
    let failed = product.template.failed_rules(values.as_slice());
    let problem = |rule: FailedRule| {
        let mentioned = rule.parameters.into_iter().find(|key| is_visible(key));
        let first = || form.fields().find(|field| is_visible(&field.key)).map(|field| field.key.clone());
        Some(FieldProblem { key: mentioned.or_else(first)?, message: rule.message, is_forged: false })
    };
    failed.into_iter().filter_map(problem).collect()
}

/// Returns the submission of these values, without a reason and a ticket.
fn submission(
    portal: &Portal,
    id: RequestId,
    product: &Product,
    (requester, owner): (&PersonId, &PersonId),
    team: TeamName,
    values: ParameterValues,
) -> Submission {
    let budget = portal.organization.team(&team).and_then(|team| team.monthly_budget);
    let estimate = estimate(&product.cost, &|key| values.get(key), &portal.catalog.prices);
    Submission {
        id,
        requester: requester.clone(),
        owner: owner.clone(),
        team,
        parameters: values.into_vec(),
        bound: product.preset().into_iter().collect(),
        reason: String::new(),
        ticket: None,
        estimate,
        budget,
        exceeded: ExceededLimits::default(),
    }
}
