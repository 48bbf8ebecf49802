//! An approver's decision: whether it counts, and applying it. A click is judged when it arrives, or by a job if Slack
//! could not say then who the approvers are.

use crate::domain::approval::{approved_changes, may_decide};
use crate::domain::audit::By;
use crate::domain::catalog::Product;
use crate::domain::event::Event;
use crate::domain::ids::PersonId;
use crate::domain::job::ClickedDecision;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::portal::access::membership::mentions;
use crate::portal::commit::{ChangeOptions, applying};
use crate::portal::{Error, Portal};
use crate::ports::directory::Freshness;

/// Why a decision does not count, at least for now.
pub(super) enum Unjudged {
    /// It is refused, or something failed.
    Error(Error),
    /// Slack did not say whether the person is an approver.
    SlackSilent(anyhow::Error),
}

impl From<Error> for Unjudged {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Applies the decision if the person may decide, with the idempotency key `once`.
pub(super) async fn judge(
    portal: &Portal,
    request: &Request,
    (by, once): (&By, Option<&str>),
    decision: &ClickedDecision,
) -> Result<Request, Unjudged> {
    let instead_of = check_right(portal, request, by, tried(decision)).await?;
    let event = match decision {
        ClickedDecision::Approve => Event::Approve { by: by.clone(), instead_of, lowered: None },
        ClickedDecision::ApproveLess(wanted) => {
            let lowered =
                approved_changes(request, product_of(portal, request), &portal.catalog.prices, wanted);
            let lowered = Some(Box::new(lowered.map_err(|why| Error::from(Refusal::from(why)))?));
            Event::Approve { by: by.clone(), instead_of, lowered }
        }
        ClickedDecision::Deny { reason } => {
            Event::Deny { by: by.clone(), reason: reason.clone(), instead_of }
        }
    };
    let options = ChangeOptions {
        idempotency_key: once,
        expected_epoch: Some(request.epoch),
        ..ChangeOptions::default()
    };
    Ok(portal.change(request.id, options, applying(&event)).await?)
}

/// Returns whom the person decides on behalf of, if they are a delegate, or refuses.
pub(super) async fn check_right(
    portal: &Portal,
    request: &Request,
    by: &By,
    tried: &str,
) -> Result<Option<PersonId>, Unjudged> {
    let (asking, person, asked_about) = (portal.clone(), by.person.clone(), request.clone());
    let asked = portal
        .wait_briefly(async move { asking.eligibility(&person, &asked_about, Freshness::Fresh).await })
        .await;
    let standing = asked.map_err(Unjudged::SlackSilent)?;
    if let Ok(instead_of) = may_decide(request, &by.person, standing.clone(), "") {
        return Ok(instead_of);
    }
    // Look up approvers only for the error text.
    let approvers = mentions(&portal.approver_set(request).await.asked);
    let allowed = may_decide(request, &by.person, standing, &approvers);
    match allowed {
        Ok(instead_of) => Ok(instead_of),
        Err(refusal) => Err(portal.refuse(request, by, tried, refusal).await.into()),
    }
}

/// Returns the product from the current catalog, if it is still there.
pub(super) fn product_of<'p>(portal: &'p Portal, request: &Request) -> Option<&'p Product> {
    portal.catalog.product(&request.product.key).map(AsRef::as_ref)
}

pub(super) fn tried(decision: &ClickedDecision) -> &'static str {
    match decision {
        ClickedDecision::Approve | ClickedDecision::ApproveLess(_) => "approve",
        ClickedDecision::Deny { .. } => "deny",
    }
}
