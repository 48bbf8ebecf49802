//! An approver's decision: whether it counts, and applying it. A click is judged when it arrives, or by a job if Slack
//! could not say then who the approvers are.

use crate::domain::approval::{approved_changes, may_decide};
use crate::domain::audit::By;
use crate::domain::catalog::Product;
use crate::domain::event::Event;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::stored_click::ClickedDecision;
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

/// Applies the decision if the person may decide, with the idempotency key `key`.
pub(super) async fn judge(
    portal: &Portal,
    request: &Request,
    (by, key): (&By, Option<&str>),
    decision: &ClickedDecision,
) -> Result<Request, Unjudged> {
    let on_behalf_of = check_right(portal, request, by, tried(decision)).await?;
    let event = match decision {
        ClickedDecision::Approve => Event::Approve { by: by.clone(), on_behalf_of, changes: None },
        ClickedDecision::ApproveWithChanges(wanted) => {
            let changes =
                approved_changes(request, product_of(portal, request), &portal.catalog.prices, wanted);
            let changes = Some(Box::new(changes.map_err(|why| Error::from(Refusal::from(why)))?));
            Event::Approve { by: by.clone(), on_behalf_of, changes }
        }
        ClickedDecision::Deny { reason } => {
            Event::Deny { by: by.clone(), reason: reason.clone(), on_behalf_of }
        }
    };
    let options = ChangeOptions {
        idempotency_key: key,
        // Judged was this row; if it has changed since, the answer may mean something else.
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
    let (lookup, person, about) = (portal.clone(), by.person.clone(), request.clone());
    let answer =
        portal.wait_briefly(async move { lookup.eligibility(&person, &about, Freshness::Fresh).await }).await;
    let eligibility = answer.map_err(Unjudged::SlackSilent)?;
    if let Ok(on_behalf_of) = may_decide(request, &by.person, eligibility.clone(), "") {
        return Ok(on_behalf_of);
    }
    // Look up approvers only for the error text.
    let approvers = mentions(&portal.approver_set(request).await.mentioned);
    let allowed = may_decide(request, &by.person, eligibility, &approvers);
    match allowed {
        Ok(on_behalf_of) => Ok(on_behalf_of),
        Err(refusal) => Err(portal.refuse(request, by, tried, refusal).await.into()),
    }
}

/// Returns the product from the current catalog, if it is still there.
pub(super) fn product_of<'p>(portal: &'p Portal, request: &Request) -> Option<&'p Product> {
    portal.catalog.product(&request.product.key).map(AsRef::as_ref)
}

pub(super) fn tried(decision: &ClickedDecision) -> &'static str {
    match decision {
        ClickedDecision::Approve | ClickedDecision::ApproveWithChanges(_) => "approve",
        ClickedDecision::Deny { .. } => "deny",
    }
}
