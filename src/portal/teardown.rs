//! Tearing something down before its time, trying again when that failed, and giving it up.

use super::access::Tending;
use super::decide::{RequestAction, named_request, refresh_clicked, refresh_news};
use super::{Error, Portal};
use crate::domain::catalog::TeardownConfirm;
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Request};
use crate::domain::transition::next;

/// Whether the person may go on to confirm it: asked before the dialog opens.
///
/// # Errors
/// A refusal, noted on the trail when it is for lack of right; or a failure, with nothing changed.
pub async fn may_tear_down(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Warning, "tear down").await?;
    portal.check_tends(&request, &click.by, (Tending::TearDown, "tear down")).await?;
    // What cannot be done is said now instead of after somebody has typed a name.
    if let Err(refusal) = next(&request, &Event::TearDown { by: click.by.clone() }, portal.now()) {
        refresh_clicked(portal, &request, click, (MessageSlot::Warning, Some(&refusal))).await;
        return Err(refusal.into());
    }
    Ok(request)
}

/// What became of a confirmed teardown.
#[derive(Debug)]
pub enum TornDown {
    /// It began, or will as soon as it is provisioned; the request after that.
    Begun(Box<Request>),
    /// What was typed is not the name, which is this.
    WrongName(String),
}

/// Tears it down. `typed` is the name as typed, where the product asks for it.
///
/// # Errors
/// As [`may_tear_down`].
pub async fn tear_down(
    portal: &Portal,
    click: &RequestAction,
    typed: Option<&str>,
) -> Result<TornDown, Error> {
    let request = may_tear_down(portal, click).await?;
    let name = request.resource_name();
    let needs_name = request.product.teardown == TeardownConfirm::TypeTheName;
    if needs_name && typed.map(str::trim) != Some(name.as_str()) {
        return Ok(TornDown::WrongName(name));
    }
    let event = Event::TearDown { by: click.by.clone() };
    let request = portal.change_as_seen(&request, Some(&click.once), &event).await?;
    refresh_news(portal, &request, click).await?;
    Ok(TornDown::Begun(Box::new(request)))
}

/// Whether the person may give up a failed teardown: asked before the dialog opens.
///
/// # Errors
/// As [`may_tear_down`].
pub async fn may_retain(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = of_an_admin(portal, click, "retain").await?;
    let event = Event::Retain { by: click.by.clone(), reason: String::new() };
    next(&request, &event, portal.now())?;
    Ok(request)
}

/// Leaves what could not be torn down as it is; its quota slot is free again.
///
/// # Errors
/// As [`may_tear_down`].
pub async fn retain(portal: &Portal, click: &RequestAction, reason: &str) -> Result<Request, Error> {
    let request = may_retain(portal, click).await?;
    let event = Event::Retain { by: click.by.clone(), reason: reason.to_owned() };
    let request = portal.change_as_seen(&request, Some(&click.once), &event).await?;
    refresh_news(portal, &request, click).await?;
    Ok(request)
}

/// Has it looked at again, for an admin, because it stands still.
///
/// # Errors
/// As [`may_retain`].
pub async fn look_again(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = of_an_admin(portal, click, "look again").await?;
    // One that waits for what was decided long ago is told nothing any more.
    let undecided = request.status.name().is_undecided();
    let lost = !undecided || { !portal.ports.workflow.is_running(&request.execution()).await? };
    let event = Event::LookAgain { by: click.by.clone(), lost };
    let request = portal.change_as_seen(&request, Some(&click.once), &event).await?;
    refresh_news(portal, &request, click).await?;
    Ok(request)
}

/// Ends what it waits for, for an admin, as if that had failed.
///
/// # Errors
/// As [`may_retain`].
pub async fn end(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = of_an_admin(portal, click, "end").await?;
    let event = Event::End { by: click.by.clone() };
    let request = portal.change_as_seen(&request, Some(&click.once), &event).await?;
    refresh_news(portal, &request, click).await?;
    Ok(request)
}

async fn of_an_admin(portal: &Portal, click: &RequestAction, tried: &str) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Direct, tried).await?;
    if portal.is_one_of_in_time(&click.by.person, &portal.organization.admins).await? {
        return Ok(request);
    }
    Err(portal.refuse(&request, &click.by, tried, Refusal::NotAnAdmin).await)
}
