//! Changes in an open form, and going back a page: updates the page, with price, approval and quota for the current
//! input.

use std::sync::atomic::Ordering;

use slack_morphism::prelude::SlackModalView;

use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::change::refresh as refresh_change;
use crate::portal::people::filled::Filled;
use crate::portal::people::form::{PageTurn, refresh};
use crate::ports::outage::warn_unless;
use crate::ports::slack::SlackError;
use crate::slack::commands::{change_view, form_view, too_much};
use crate::slack::edge::Edge;
use crate::slack::ids::ActionId;
use crate::slack::incoming::Click;
use crate::slack::reply::Ack;
use crate::slack::submissions::{filled, filled_change};
use crate::slack::views::{ButtonContext, FormAnswer, FormMetadata, answer, changing, note};

/// Updates the form. Fields keep their input, because their blocks keep their ids.
pub(super) async fn changed(edge: &Edge, click: &Click) -> Ack {
    let Some(view) = &click.view else { return Ack::Empty };
    let Some(metadata) = FormMetadata::parse(&view.private_metadata) else { return Ack::Empty };
    let is_back = ActionId::parse(&click.action_id) == Some(ActionId::PageBack);
    // A user who keeps filling in the form is not waiting for this update, so it is never reported as slow.
    edge.is_seen.fetch_or(!is_back, Ordering::Relaxed);
    let person = &click.origin.person;
    let answer = answer(metadata, &view.values);
    // Both kinds of forms have the same fields, but only that of a change stores a button.
    let next = if let Some((pressed, _)) = changing(&view.private_metadata) {
        change_form(edge, person, &pressed, answer).await
    } else {
        let go = if is_back { PageTurn::Back } else { PageTurn::Stay };
        request_form(edge, &filled(answer, person, &view.id), go).await
    };
    let next = match next {
        Ok(next) => next,
        // The input stays on screen. After a mere change the user sees the error when they submit the form.
        Err(error @ Error::Failed(_)) if is_back => return edge.refusal_of(&error),
        Err(Error::Failed(error)) => {
            warn_unless!(
                edge.portal.ports.trouble.outages.explains(&error),
                actor = %person,
                error = format!("{error:#}"),
                "an open form stays as it is"
            );
            return Ack::Empty;
        }
        Err(Error::Refused(Refusal::ProductChanged { .. })) if !is_back => return Ack::Empty,
        Err(error @ Error::Refused(Refusal::ProductChanged { .. })) => return edge.refusal_of(&error),
        Err(error) => note("Not available", &edge.words(&error)),
    };
    match edge.client.update_view(&view.id, view.hash.as_deref(), &next).await {
        // The user has changed something else meanwhile; that change triggers its own update.
        Err(SlackError::Refused(why)) if why.contains("hash_conflict") => {}
        Err(error) => {
            warn_unless!(edge.portal.ports.trouble.outages.explains(&error), actor = %person, %error, "cannot rewrite an open form");
        }
        Ok(_) => {}
    }
    Ack::Empty
}

async fn change_form(
    edge: &Edge,
    person: &PersonId,
    pressed: &ButtonContext,
    answer: FormAnswer,
) -> Result<SlackModalView, Error> {
    let session =
        refresh_change(&edge.portal, person, pressed.button.request, &filled_change(answer)).await?;
    Ok(change_view(&session, pressed))
}

/// Returns the requested page, or the current one with an error if the requested page cannot store all the input.
async fn request_form(edge: &Edge, filled: &Filled, go: PageTurn) -> Result<SlackModalView, Error> {
    let there = refresh(&edge.portal, filled, go).await?;
    if go == PageTurn::Back
        && let Some(too_much) = too_much(&there)
    {
        let here = refresh(&edge.portal, filled, PageTurn::Stay).await?;
        return Ok(form_view(&here, Some(&too_much)));
    }
    Ok(form_view(&there, None))
}
