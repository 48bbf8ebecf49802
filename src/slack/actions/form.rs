//! Changes in an open form, and going back a page: updates the page, with price, approval and quota for the current
//! input.

use std::sync::atomic::Ordering;

use slack_morphism::prelude::SlackModalView;

use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::form_draft::FormDraft;
use crate::portal::people::form_navigation::{PageTurn, refresh};
use crate::ports::outage::warn_unless;
use crate::ports::slack::SlackError;
use crate::slack::edge::Edge;
use crate::slack::ids::ActionId;
use crate::slack::incoming::Click;
use crate::slack::reply::Ack;
use crate::slack::views::{self, note, too_much};

/// Updates the form. Fields keep their input, because their blocks keep their ids.
pub(super) async fn changed(edge: &Edge, click: &Click) -> Ack {
    let Some(view) = &click.view else { return Ack::Empty };
    // Not recorded as forged: nothing is stored here, and submitting the form judges it.
    let Some(draft) = views::draft(view) else { return Ack::Empty };
    let is_back = ActionId::parse(&click.action_id) == Some(ActionId::PageBack);
    // A user who keeps filling in the form is not waiting for this update, so it is never reported as slow.
    edge.is_seen.fetch_or(!is_back, Ordering::Relaxed);
    let person = &click.origin.person;
    let turn = if is_back { PageTurn::Back } else { PageTurn::Stay };
    let next = match page(edge, person, &draft, turn).await {
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
        // Replacing the form would lose the input. Submitting it says that the product was changed.
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

/// Returns the requested page, or the current one with an error if the requested page cannot store all the input.
async fn page(
    edge: &Edge,
    person: &PersonId,
    draft: &FormDraft,
    turn: PageTurn,
) -> Result<SlackModalView, Error> {
    let page = refresh(&edge.portal, person, draft, turn).await?;
    if turn == PageTurn::Back
        && let Some(problem) = too_much(&page)
    {
        let page = refresh(&edge.portal, person, draft, PageTurn::Stay).await?;
        return Ok(views::form(&page, Some(&problem)));
    }
    Ok(views::form(&page, None))
}
