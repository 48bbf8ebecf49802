//! `/provision change <id> [Key=value …]`: opens the form of a change, prefilled with the current values and the typed
//! ones.

use slack_morphism::prelude::SlackModalView;

use super::request::{named, which};
use crate::portal::people::change::{ChangeSession, open};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::ButtonValue;
use crate::slack::reply::Ack;
use crate::slack::views::{ButtonContext, change_form};

pub(super) async fn change(
    edge: &Edge,
    at: &ReplyTarget,
    (trigger, key): (Option<&str>, &str),
    typed: Option<&str>,
    pairs: &[(String, String)],
) -> Ack {
    let Some(typed) = typed else { return which(edge, "change") };
    edge.opens(
        at,
        trigger,
        Box::pin(async {
            let click = named(edge, at, key, typed).await?;
            let session = open(&edge.portal, &click, pairs).await?;
            let button = ButtonValue { request: click.request, epoch: click.epoch };
            Ok(change_view(&session, &ButtonContext { button, message: None }))
        }),
    )
    .await
}

/// Returns the modal of a change.
pub(in crate::slack) fn change_view(session: &ChangeSession, pressed: &ButtonContext) -> SlackModalView {
    change_form(session, &session.product.deciding_parameters(), pressed)
}
