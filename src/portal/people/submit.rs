//! Submission of a request form: checks it, and stores it as a request with its jobs.

use thiserror::Error as ThisError;

use crate::domain::approval::Exception;
use crate::domain::audit::{By, Via};
use crate::domain::catalog::{OverBudget, Product};
use crate::domain::cost::estimate;
use crate::domain::form::Form;
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::parameters::{FieldProblem, ParameterValues, check_parameters};
use crate::domain::quota::BudgetUse;
use crate::domain::refusal::Refusal;
use crate::domain::submission::{Submission, submit as birth};
use crate::portal::access::no_team;
use crate::portal::people::filled::{Correction, FieldPlace, Filled};
use crate::portal::people::form::{choose_team, find_product, form_of};
use crate::portal::people::transfer::is_team_mate;
use crate::portal::{Error, Portal};
use crate::ports::retention::{IdempotencyKey, OF_A_FORM};
use crate::ports::store::{Commit, CommitError};
use cloudformation::FailedRule;

/// The result of a valid form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is stored as this request.
    Stored(RequestId),
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

/// Stores the request; submitting the same view again returns the same request.
///
/// # Errors
/// See [`SubmitError`]. Nothing is stored then, except a refusal for lack of permission on the trail.
pub async fn submit(portal: &Portal, filled: Filled) -> Result<Submitted, SubmitError> {
    // The prefix makes the store keep this key longer, since a form may stay open for days.
    let once = format!("{OF_A_FORM}{}", filled.view);
    let product = find_product(portal, &filled.product)?;
    let id = RequestId::random();
    let team = match choose_team(portal, &filled.by, &product, filled.team.as_deref()).await {
        Ok((_, team)) => team,
        Err(Error::Refused(refusal)) => {
            // An unknown team name may be any text, so it must not go on the trail.
            let named =
                filled.team.as_deref().and_then(|name| portal.organization.team(&TeamName::new(name)));
            let team = named.map_or_else(|| TeamName::new("-"), |team| team.name.clone());
            return Err(refused(portal, &team, &product.key, &filled.by, refusal).await);
        }
        Err(error) => return Err(error.into()),
    };
    // `choose_team` uses the cache; membership in the chosen team must be current.
    if !portal.is_one_of_in_time(&filled.by, portal.organization.members_of(&team)).await? {
        let refusal = no_team::not_in(portal, &filled.by, &team).await;
        return Err(refused(portal, &team, &product.key, &filled.by, refusal).await);
    }
    // Options may be sent by position, which may mean another option in the new template.
    if product.template_hash != filled.template_hash {
        return Err(Refusal::ProductChanged { product: product.name.clone() }.into());
    }
    let mut corrections = Vec::new();
    let values = match checked(id, &product, &team, &filled)? {
        Ok(values) => values,
        Err(problems) if problems.iter().any(|problem| problem.is_forged) => {
            let forged = Refusal::Forged { command: portal.organization.command.clone() };
            return Err(refused(portal, &team, &product.key, &filled.by, forged).await);
        }
        Err(problems) => {
            corrections.extend(problems.into_iter().map(Correction::from));
            ParameterValues::default()
        }
    };
    corrections.extend(filled.team_correction());
    let ticket = product.ticket.as_ref().map_or(Ok(None), |rule| rule.read(&filled.ticket));
    let ticket = ticket.unwrap_or_else(|message| {
        corrections.push(Correction { place: FieldPlace::Ticket, message });
        None
    });
    let owner = filled.owner.clone().unwrap_or_else(|| filled.by.clone());
    if owner != filled.by && !is_team_mate(portal, &owner, &team).await? {
        let message = format!("Choose a member of team {team}, or leave it empty.");
        corrections.push(Correction { place: FieldPlace::Owner, message });
    }
    if !corrections.is_empty() {
        return Err(SubmitError::Fields(corrections));
    }
    let submission = Submission { owner, ticket, ..submission(portal, id, &filled, team, &product, values) };
    can_be_approved(portal, &product, &submission).await?;
    store(portal, submission, &product, filled.as_exception, once).await
}

async fn store(
    portal: &Portal,
    mut submission: Submission,
    product: &Product,
    as_exception: bool,
    once: String,
) -> Result<Submitted, SubmitError> {
    let (team, key) = (submission.team.clone(), product.key.clone());
    let commit = |submission: &Submission| {
        let (now, key) = (portal.now(), once.clone());
        let once = Some(IdempotencyKey::for_now(key, now));
        portal.commit(
            birth(submission.clone(), product, now),
            Commit { idempotency_key: once, ..Commit::default() },
        )
    };
    // Start as an ordinary request whatever the form said: there may be room again.
    let mut committed = commit(&submission).await;
    // Each round lifts one limit, since a commit reports only the first one that it exceeds.
    while let Err(refusal) = &committed {
        if !goes_beyond(portal, product, &mut submission, refusal) {
            break;
        }
        match &submission.exception {
            Some(exception) if !as_exception => return Ok(Submitted::BeyondLimits(exception.clone())),
            Some(_) => may_be_exception(portal, product, &submission).await?,
            None => {}
        }
        committed = commit(&submission).await;
    }
    match committed {
        Ok(request) => Ok(Submitted::Stored(request.id)),
        // The same view was submitted before.
        Err(CommitError::Again(Some(earlier))) => Ok(Submitted::Stored(earlier)),
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

/// Lifts the limit that stopped the request if the product allows it to be exceeded; returns whether it did.
fn goes_beyond(portal: &Portal, product: &Product, submission: &mut Submission, why: &CommitError) -> bool {
    let may_except = portal.may_except(product);
    match why {
        CommitError::BudgetSpent(_) if product.quota.over_budget == OverBudget::Ask => {
            submission.exceeds_budget = true;
        }
        CommitError::BudgetSpent(spent) if may_except => {
            let limit = submission.budget.unwrap_or_default();
            let exception = submission.exception.get_or_insert_default();
            exception.budget = Some(BudgetUse { spent: *spent, limit });
        }
        CommitError::QuotaFull(quota) if may_except => {
            submission.exception.get_or_insert_default().quota = Some(*quota);
        }
        CommitError::BudgetSpent(_)
        | CommitError::QuotaFull(_)
        | CommitError::Stale
        | CommitError::Again(_)
        | CommitError::ClaimLost
        | CommitError::NotParked
        | CommitError::Paused(_)
        | CommitError::Other(_) => return false,
    }
    true
}

/// Checks whether admins can be asked for an exception: there is a reason, and one of them could approve.
async fn may_be_exception(
    portal: &Portal,
    product: &Product,
    submission: &Submission,
) -> Result<(), SubmitError> {
    if submission.reason.is_empty() {
        let message = "Say why the exception is needed: the admins decide by it.".to_owned();
        return Err(SubmitError::Fields(vec![Correction { place: FieldPlace::Reason, message }]));
    }
    Ok(can_be_approved(portal, product, submission).await?)
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
    team: &TeamName,
    filled: &Filled,
) -> Result<Result<ParameterValues, Vec<FieldProblem>>, anyhow::Error> {
    let form = form_of(product)?;
    let unasked = product.hidden(&form.held(&filled.given));
    let mut given = filled.given.clone();
    given.retain(|key, _| !unasked.contains(key));
    let mut values = match check_parameters(&product.offered(), &form, &product.preset(), &given) {
        Ok(values) => values,
        Err(problems) => return Ok(Err(problems)),
    };
    // Bound parameters are set after the check, so that no submitted value can replace them.
    for (key, binding) in &product.bind {
        values.bind(&product.template, key, binding.value(team, &filled.by, Some(id)).unwrap_or_default());
    }
    for (key, value) in product.fixed() {
        values.bind(&product.template, key, value);
    }
    let asked = |key: &str| form.field(key).is_some() && !unasked.contains(key);
    let problems = broken_rules(product, &form, &asked, &values);
    Ok(if problems.is_empty() { Ok(values) } else { Err(problems) })
}

/// Returns violations of the template's rules, each for the first visible field that it mentions.
pub(super) fn broken_rules(
    product: &Product,
    form: &Form,
    asked: &dyn Fn(&str) -> bool,
    values: &ParameterValues,
) -> Vec<FieldProblem> {
    let failed = product.template.failed_rules(values.as_slice());
    let problem = |rule: FailedRule| {
        let place = rule.parameters.into_iter().find(|key| asked(key));
        let first = || form.fields().find(|field| asked(&field.key)).map(|field| field.key.clone());
        Some(FieldProblem { key: place.or_else(first)?, message: rule.message, is_forged: false })
    };
    failed.into_iter().filter_map(problem).collect()
}

fn submission(
    portal: &Portal,
    id: RequestId,
    filled: &Filled,
    team: TeamName,
    product: &Product,
    values: ParameterValues,
) -> Submission {
    let budget = portal.organization.team(&team).and_then(|team| team.monthly_budget);
    let price = estimate(&product.cost, &|key| values.get(key), &portal.catalog.prices);
    Submission {
        id,
        requester: filled.by.clone(),
        owner: filled.by.clone(),
        team,
        parameters: values.into_vec(),
        bound: product.preset().into_iter().collect(),
        reason: filled.reason.trim().to_owned(),
        ticket: None,
        estimate: price,
        budget,
        exceeds_budget: false,
        exception: None,
    }
}
