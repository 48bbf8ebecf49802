//! Something in an open form changed: show what that means for price, approval and quota.

use crate::portal::form::refresh;
use crate::ports::slack::SlackError;
use crate::slack::commands::form_view;
use crate::slack::edge::{Edge, words};
use crate::slack::incoming::Click;
use crate::slack::views::{FormMetadata, answer};

/// Rewrites the form after the answer. Fields keep what was typed, because their blocks keep their names.
pub(super) fn changed(edge: &Edge, click: &Click) {
    let Some(view) = click.view.clone() else { return };
    let Some(metadata) = FormMetadata::parse(&view.private_metadata) else { return };
    let (edge_, person) = (edge.clone(), click.origin.person.clone());
    edge.follow(async move {
        let answer = answer(metadata, &view.values);
        let team = answer.team.to_string();
        let session =
            refresh(&edge_.portal, &person, answer.product.as_str(), Some(&team), &answer.given).await;
        let next = match session {
            Ok(session) => form_view(&session, None),
            Err(error) => crate::slack::views::note("Not available", &words(&error)),
        };
        match edge_.client.update_view(&view.id, view.hash.as_deref(), &next).await {
            // The person has changed something again meanwhile; that change brings its own rewrite.
            Err(SlackError::Refused(why)) if why.contains("hash_conflict") => {}
            Err(error) => tracing::warn!(actor = %person, %error, "cannot rewrite an open form"),
            Ok(_) => {}
        }
    });
}
