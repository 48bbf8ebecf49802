//! Early teardown, retrying a failed one, and retaining what cannot be removed.

use crate::domain::catalog::TeardownConfirm;
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Request};
use crate::domain::transition::next;
use crate::portal::access::Managing;
use crate::portal::commit::applying;
use crate::portal::people::click::{RequestAction, named_request, refresh_clicked, refresh_news};
use crate::portal::{Error, Portal};

/// Checks whether the person may tear down the resource, before the dialog opens.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn may_tear_down(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Warning, "tear down").await?;
    portal.check_manages(&request, &click.by, (Managing::TearDown, "tear down")).await?;
    // Refuse now rather than after the user has typed a name.
    if let Err(refusal) = next(&request, &Event::TearDown { by: click.by.clone() }, portal.now()) {
        refresh_clicked(portal, &request, click, (MessageSlot::Warning, Some(&refusal))).await;
        return Err(refusal.into());
    }
    Ok(request)
}

/// The result of a confirmed teardown.
#[derive(Debug)]
pub enum TornDown {
    /// It started, or will start once provisioning has ended; the updated request.
    Begun(Box<Request>),
    /// The typed name is wrong; holds the right one.
    WrongName(String),
}

/// Starts the teardown. `typed` is the typed name, if the product requires it.
///
/// # Errors
/// See [`may_tear_down`].
pub async fn tear_down(
    portal: &Portal,
    click: &RequestAction,
    typed: Option<&str>,
) -> Result<TornDown, Error> {
    let request = may_tear_down(portal, click).await?;
    let name = request.resource_name();
    let needs_name = request.product.teardown == TeardownConfirm::TypeTheName;
    // Compared here, on the server: the dialog only helps to type it.
    if needs_name && typed.map(str::trim) != Some(name.as_str()) {
        return Ok(TornDown::WrongName(name));
    }
    let event = Event::TearDown { by: click.by.clone() };
    let request = portal.change(request.id, click.options(), applying(&event)).await?;
    refresh_news(portal, &request, click).await?;
    Ok(TornDown::Begun(Box::new(request)))
}

/// Checks whether the person may retain a resource whose teardown failed, before the dialog opens.
///
/// # Errors
/// See [`may_tear_down`].
pub async fn may_retain(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = of_an_admin(portal, click, "retain").await?;
    let event = Event::Retain { by: click.by.clone(), reason: String::new() };
    next(&request, &event, portal.now())?;
    Ok(request)
}

/// Keeps a resource that could not be torn down and ends its request; its quota slot becomes free.
///
/// # Errors
/// See [`may_tear_down`].
pub async fn retain(portal: &Portal, click: &RequestAction, reason: &str) -> Result<Request, Error> {
    let request = may_retain(portal, click).await?;
    let event = Event::Retain { by: click.by.clone(), reason: reason.to_owned() };
    let request = portal.change(request.id, click.options(), applying(&event)).await?;
    refresh_news(portal, &request, click).await?;
    Ok(request)
}

/// Checks again what a request waits for, for an admin, because it is stuck.
///
/// # Errors
/// See [`may_retain`].
pub async fn look_again(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = of_an_admin(portal, click, "look again").await?;
    // Once the request is decided, an execution that still runs waits for an answer that nothing will send any more.
    let is_undecided = request.status.name().is_undecided();
    let lost = !is_undecided || { !portal.ports.workflow.is_running(&request.execution()).await? };
    let event = Event::LookAgain { by: click.by.clone(), lost };
    let request = portal.change(request.id, click.options(), applying(&event)).await?;
    refresh_news(portal, &request, click).await?;
    Ok(request)
}

/// Ends what a request waits for, for an admin, as if that had failed.
///
/// # Errors
/// See [`may_retain`].
pub async fn end(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = of_an_admin(portal, click, "end").await?;
    let event = Event::End { by: click.by.clone() };
    let request = portal.change(request.id, click.options(), applying(&event)).await?;
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
