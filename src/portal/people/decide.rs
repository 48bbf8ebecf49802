//! Approvers' decisions: Approve, or Deny with a reason.
//!
//! Who may decide is checked now, on the server, whatever the message shows. If Slack cannot say who is in a group, the
//! click is stored and judged as soon as Slack answers.

use crate::domain::approval::Irreducible;
use crate::domain::approval::{ApprovalConfirm, can_be_reduced, period_asked, reducible_fields, unchanged};
use crate::domain::event::Event;
use crate::domain::form::Field;
use crate::domain::ids::ChannelId;
use crate::domain::job::JobKind;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::stored_click::{ClickedDecision, StoredClick};
use crate::domain::transition::next;
use crate::portal::decision::{Unjudged, check_right, judge, product_of, tried};
use crate::portal::people::click::{RequestAction, named_request, refresh_clicked};
use crate::portal::{Error, Portal};
use crate::ports::outage::warn_unless;

/// The result of a decision.
#[derive(Debug)]
pub enum DecisionOutcome {
    /// It counts; the updated request.
    Now(Box<Request>),
    /// It is stored and will be judged when Slack answers.
    Later,
    /// It does not count yet: for this product the approver has to type the resource's name first.
    NameWanted(Box<Request>),
}

/// Decides a request, if the person may. `typed` is the name that the approver typed to confirm, if they were asked to.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn decide(
    portal: &Portal,
    click: &RequestAction,
    decision: ClickedDecision,
    typed: Option<&str>,
) -> Result<DecisionOutcome, Error> {
    let request = named_request(portal, click, Request::card, tried(&decision)).await?;
    let approves = matches!(decision, ClickedDecision::Approve | ClickedDecision::ApproveWithChanges(_));
    if approves && wants_name(&request, typed) {
        // Ask only those for the name who may approve.
        return match check_right(portal, &request, &click.by, "approve").await {
            // While Slack is silent the dialog opens all the same: the right is checked again when it is submitted.
            Ok(_) | Err(Unjudged::SlackSilent(_)) => Ok(DecisionOutcome::NameWanted(Box::new(request))),
            Err(Unjudged::Error(error)) => Err(error),
        };
    }
    let result = judge(portal, &request, (&click.by, Some(&click.idempotency_key)), &decision).await;
    let refusal = match &result {
        Err(Unjudged::Error(Error::Refused(refusal))) => Some(refusal),
        Ok(_) | Err(Unjudged::Error(Error::Failed(_)) | Unjudged::SlackSilent(_)) => None,
    };
    refresh_clicked(portal, &request, click, (request.card(), refusal)).await;
    match result {
        Ok(request) => Ok(DecisionOutcome::Now(Box::new(request))),
        Err(Unjudged::Error(error)) => Err(error),
        Err(Unjudged::SlackSilent(error)) => {
            warn_unless!(
                portal.ports.trouble.outages.explains(&error),
                request = %request.id,
                error = format!("{error:#}"),
                "a click is stored until Slack answers"
            );
            store_click(portal, click, decision).await?;
            Ok(DecisionOutcome::Later)
        }
    }
}

/// Returns whether the approver has to type the resource's name and has not.
fn wants_name(request: &Request, typed: Option<&str>) -> bool {
    let is_required = request.rule().confirm == ApprovalConfirm::TypeTheName;
    is_required && request.waits_for_approvers() && typed.map(str::trim) != Some(&request.resource_name())
}

/// Checks whether the person may deny, before the form for the reason opens.
///
/// # Errors
/// See [`decide`].
pub async fn may_deny(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    may_decide_now(portal, click, "deny").await
}

/// Checks whether the person may approve with changes, before that form opens; returns its fields.
///
/// # Errors
/// See [`decide`].
pub async fn may_approve_with_changes(
    portal: &Portal,
    click: &RequestAction,
) -> Result<(Request, Vec<Field>), Error> {
    let request = may_decide_now(portal, click, "approve").await?;
    if !can_be_reduced(&request) {
        return Err(Refusal::stale(&request).into());
    }
    // Report now what cannot be approved at any size, rather than after the approver has chosen one.
    let product = unchanged(&request, product_of(portal, &request)).map_err(Refusal::from)?;
    let fields = product.map(|product| reducible_fields(&request, product)).unwrap_or_default();
    if fields.is_empty() && period_asked(&request).is_none() {
        let name = request.rule().may_reduce.first().cloned().unwrap_or_default();
        return Err(Refusal::from(Irreducible::NotOffered { name }).into());
    }
    Ok((request, fields))
}

/// Returns whether an approver can shorten a lease or extension now, and the fields that can be reduced.
///
/// # Errors
/// A refusal if the form is about something that has been decided since: what can be reduced now is something else.
pub async fn reducible(portal: &Portal, click: &RequestAction) -> Result<(bool, Vec<Field>), Error> {
    let request = named_request(portal, click, Request::card, "approve").await?;
    let product = unchanged(&request, product_of(portal, &request)).ok().flatten();
    let fields = product.map(|product| reducible_fields(&request, product)).unwrap_or_default();
    Ok((period_asked(&request).is_some(), fields))
}

async fn may_decide_now(portal: &Portal, click: &RequestAction, tried: &str) -> Result<Request, Error> {
    let request = named_request(portal, click, Request::card, tried).await?;
    if !request.waits_for_approvers() {
        let event = Event::Deny { by: click.by.clone(), reason: String::new(), on_behalf_of: None };
        if let Err(refusal) = next(&request, &event, portal.now()) {
            refresh_clicked(portal, &request, click, (request.card(), Some(&refusal))).await;
            return Err(refusal.into());
        }
    }
    match check_right(portal, &request, &click.by, tried).await {
        // Checked again on submission, so an unanswered lookup does not keep the form closed.
        Ok(_) | Err(Unjudged::SlackSilent(_)) => Ok(request),
        Err(Unjudged::Error(error)) => Err(error),
    }
}

async fn store_click(portal: &Portal, click: &RequestAction, decision: ClickedDecision) -> Result<(), Error> {
    let channel: Option<ChannelId> = click.message.as_ref().map(|message| message.channel.clone());
    let now = portal.now();
    let stored = StoredClick { by: click.by.clone(), epoch: click.epoch, channel, decision, at: now };
    Ok(portal.write_jobs(vec![JobKind::JudgeClick(stored).due(click.request, now)]).await?)
}
