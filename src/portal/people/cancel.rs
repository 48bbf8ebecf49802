//! Withdrawal of an undecided request by its requester.

use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Request};
use crate::portal::commit::applying;
use crate::portal::people::click::{RequestAction, named_request, refresh_clicked, refusal_in};
use crate::portal::{Error, Portal};

/// Cancels the request if it is the person's own and undecided.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn cancel(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Direct, "cancel").await?;
    let event = Event::Cancel { by: click.by.clone() };
    let result = portal.change(request.id, click.options(), applying(&event)).await;
    refresh_clicked(portal, &request, click, (MessageSlot::Direct, refusal_in(&result))).await;
    match result {
        // Only the core knows whose request it is; here it gets onto the trail.
        Err(Error::Refused(refusal @ Refusal::NotTheRequester { .. })) => {
            Err(portal.refuse(&request, &click.by, "cancel", refusal).await)
        }
        result => result,
    }
}
