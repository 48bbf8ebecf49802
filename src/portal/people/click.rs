//! A click on a button about a request: finding the request, and refreshing the message that was clicked.

use crate::domain::audit::{By, Via};
use crate::domain::ids::RequestId;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, Request};
use crate::domain::transition::record_message;
use crate::portal::commit::ChangeOptions;
use crate::portal::{Error, Portal};
use crate::ports::outage::warn_unless;

/// A click on a button about a request, or a command that does the same.
#[derive(Clone, Debug)]
pub struct RequestAction {
    /// Who clicked, and where.
    pub by: By,
    /// The request that the button refers to.
    pub request: RequestId,
    /// The request's epoch when the button was rendered.
    pub epoch: u32,
    /// The message that contains the button, if any.
    pub message: Option<MessageRef>,
    /// Idempotency key; redeliveries of the same click, command or submission have the same key.
    pub idempotency_key: String,
}

/// The button, or the command, that opened a modal about a request. It passes through the user's client, so it must not
/// be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButtonContext {
    /// The request that the button refers to.
    pub request: RequestId,
    /// The request's epoch when the button was rendered.
    pub epoch: u32,
    /// The message that contains the button; `None` for a command and for ephemeral messages.
    pub message: Option<MessageRef>,
}

impl RequestAction {
    /// Creates the click on the submit button of a modal that `button` opened.
    pub fn of_form(by: By, button: ButtonContext, idempotency_key: String) -> Self {
        let ButtonContext { request, epoch, message } = button;
        Self { by, request, epoch, message, idempotency_key }
    }

    /// Returns what the modal that this click opens stores about it.
    pub fn button(&self) -> ButtonContext {
        ButtonContext { request: self.request, epoch: self.epoch, message: self.message.clone() }
    }

    /// Returns the options of a change that the click causes: once, and only while the button means what it did.
    pub(super) fn options(&self) -> ChangeOptions<'_> {
        ChangeOptions {
            idempotency_key: Some(&self.idempotency_key),
            expected_epoch: Some(self.epoch),
            // A command means the request in its current state, so a redelivery that arrives after the request has
            // changed must not succeed. Buttons are protected by their epoch, and a form may be submitted again after
            // a refusal.
            refusal_uses_key: self.by.via == Via::Command,
        }
    }
}

/// Loads the request that a click refers to, and rejects forged clicks.
///
/// `slot` is the message slot that contains such a button. A message that was posted but not recorded, because the
/// program stopped in between, is recorded by the click on it.
pub(super) async fn named_request(
    portal: &Portal,
    click: &RequestAction,
    slot: fn(&Request) -> MessageSlot,
    tried: &str,
) -> Result<Request, Error> {
    let forged = Refusal::Forged { command: portal.organization.command.clone() };
    let Some(request) = portal.ports.store.load(click.request).await? else {
        return Err(portal.refuse_unstored(None, &click.by, tried, forged).await);
    };
    // Before everything that says something about the request.
    portal.check_counts(&request, &click.by, tried).await?;
    // Messages known to the row need no lookup.
    if let Some(message) = &click.message
        && slot_at(&request, message).is_none()
    {
        let requests = portal.ports.store.requests_of_message(message).await?;
        match requests.as_slice() {
            // Posted, but the program stopped before it was recorded.
            [] => record_unknown(portal, &request, slot(&request), message).await?,
            ids if ids.contains(&request.id) => {}
            // A real message of another request: the button was made up.
            _ => return Err(portal.refuse(&request, &click.by, tried, forged).await),
        }
    }
    // The buttons mean something else by now, so the person has to see the current ones first.
    if click.epoch != request.epoch {
        if let Some(message) = &click.message {
            portal
                .refresh(&request, slot_at(&request, message).unwrap_or_else(|| slot(&request)), message)
                .await?;
        }
        return Err(Refusal::stale(&request).into());
    }
    Ok(request)
}

/// Returns which of the request's message slots this message fills, if any.
fn slot_at(request: &Request, message: &MessageRef) -> Option<MessageSlot> {
    request.messages.iter().find(|(_, at)| *at == message).map(|(slot, _)| *slot)
}

/// Updates the clicked message if it is a notification or an earlier warning; nothing else updates those.
pub(super) async fn refresh_news(
    portal: &Portal,
    request: &Request,
    click: &RequestAction,
) -> Result<(), Error> {
    let Some(message) = &click.message else { return Ok(()) };
    match slot_at(request, message) {
        Some(slot @ MessageSlot::Notification(_)) => Ok(portal.refresh(request, slot, message).await?),
        Some(
            // The change itself has written the jobs that update these.
            MessageSlot::Card
            | MessageSlot::Thread
            | MessageSlot::Direct
            | MessageSlot::Renewal
            | MessageSlot::Change
            | MessageSlot::Warning
            | MessageSlot::Reminder(_),
        ) => Ok(()),
        None => Ok(portal.refresh(request, MessageSlot::Warning, message).await?),
    }
}

/// Returns the refusal, if this is one.
pub(super) fn refusal_in<T>(result: &Result<T, Error>) -> Option<&Refusal> {
    match result {
        Err(Error::Refused(refusal)) => Some(refusal),
        Ok(_) | Err(Error::Failed(_)) => None,
    }
}

/// Updates the clicked message if it still offers what is refused to everybody. Also updates copies that nothing else
/// does: Slack posted the message, but its response was lost, and it was posted again.
pub(super) async fn refresh_clicked(
    portal: &Portal,
    request: &Request,
    click: &RequestAction,
    (copied, refused): (MessageSlot, Option<&Refusal>),
) {
    let Some(clicked) = &click.message else { return };
    let is_old = refused.is_some_and(|refusal| refusal.lack_of_right().is_none());
    let slot = match slot_at(request, clicked) {
        Some(slot) if is_old => slot,
        None if request.messages.contains_key(&copied) => copied,
        Some(_) | None => return,
    };
    if let Err(error) = portal.refresh(request, slot, clicked).await {
        // Only a warning: the decision is independent of the message.
        warn_unless!(
            portal.ports.trouble.outages.explains(&error),
            request = %request.id,
            error = format!("{error:#}"),
            "cannot update the clicked message"
        );
    }
}

async fn record_unknown(
    portal: &Portal,
    request: &Request,
    slot: MessageSlot,
    message: &MessageRef,
) -> Result<(), Error> {
    let newer = request.messages.get(&slot);
    // A second card was posted instead. There may be several warnings, and the newest remains the current one.
    if newer.is_some() && slot != MessageSlot::Warning {
        return Ok(());
    }
    for at in [Some(message), newer].into_iter().flatten() {
        let record = |request: &Request, now| Ok(record_message(request, slot, at.clone(), now));
        portal.change(request.id, ChangeOptions::default(), record).await?;
    }
    Ok(())
}
