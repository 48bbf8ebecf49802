//! Something in an open form changed, or an earlier page of it is wanted: show that page, and what the form means now for
//! price, approval and quota.

use crate::portal::form::{Go, refresh};
use crate::ports::slack::SlackError;
use crate::slack::commands::{form_view, too_much};
use crate::slack::edge::{Edge, words};
use crate::slack::ids::ActionId;
use crate::slack::incoming::Click;
use crate::slack::submissions::filled;
use crate::slack::views::{FormMetadata, answer, note};

/// Rewrites the form after the answer. Fields keep what was typed, because their blocks keep their names.
pub(super) fn changed(edge: &Edge, click: &Click) {
    let Some(view) = click.view.clone() else { return };
    let Some(metadata) = FormMetadata::parse(&view.private_metadata) else { return };
    let go = if ActionId::parse(&click.action_id) == Some(ActionId::PageBack) { Go::Back } else { Go::Stay };
    let (edge_, person) = (edge.clone(), click.origin.person.clone());
    edge.follow(async move {
        let filled = filled(answer(metadata, &view.values), &person, &view.id);
        let mut session = refresh(&edge_.portal, &filled, go).await;
        let mut problem = None;
        if let (Ok(there), Go::Back) = (&session, go)
            && let Some(too_much) = too_much(there)
        {
            problem = Some(too_much);
            session = refresh(&edge_.portal, &filled, Go::Stay).await;
        }
        let next = match session {
            Ok(session) => form_view(&session, problem.as_deref()),
            Err(error) => note("Not available", &words(&error)),
        };
        match edge_.client.update_view(&view.id, view.hash.as_deref(), &next).await {
            // The person has changed something again meanwhile; that change brings its own rewrite.
            Err(SlackError::Refused(why)) if why.contains("hash_conflict") => {}
            Err(error) => tracing::warn!(actor = %person, %error, "cannot rewrite an open form"),
            Ok(_) => {}
        }
    });
}
