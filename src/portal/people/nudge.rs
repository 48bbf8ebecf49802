//! A reminder to the approvers, sent by the requester.

use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Request};
use crate::domain::transition::next;
use crate::portal::access::Managing;
use crate::portal::commit::applying;
use crate::portal::people::click::{RequestAction, named_request, refresh_clicked, refusal_in};
use crate::portal::{Error, Portal};

/// Reminds the approvers on behalf of the requester; possible once.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn nudge(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Direct, "nudge").await?;
    let event = Event::Nudge { by: click.by.clone() };
    // An owner who has left the team may not nudge. Others are refused below, because the request is not theirs.
    if next(&request, &event, portal.now()).is_ok() && click.by.person == request.owner {
        portal.check_manages(&request, &click.by, (Managing::Keep, "nudge")).await?;
    }
    let result = portal.change(request.id, click.options(), applying(&event)).await;
    refresh_clicked(portal, &request, click, (MessageSlot::Direct, refusal_in(&result))).await;
    match result {
        Err(Error::Refused(refusal @ Refusal::NotTheirsToNudge { .. })) => {
            Err(portal.refuse(&request, &click.by, "nudge", refusal).await)
        }
        result => result,
    }
}
