//! `/provision again <id>`: opens the request form, prefilled from an earlier request.

use super::request::which;
use crate::portal::people::{form, lookup};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::reply::Ack;
use crate::slack::views;

pub(super) async fn again(
    edge: &Edge,
    target: &ReplyTarget,
    trigger: Option<&str>,
    typed: Option<&str>,
) -> Ack {
    let Some(typed) = typed else { return which(edge, "again") };
    edge.opens(
        target,
        trigger,
        Box::pin(async {
            // Looked up first, because people may type only the beginning of an id.
            let request = lookup::find(&edge.portal, &target.person, typed).await?;
            let form = form::again(&edge.portal, &target.person, request.id).await?;
            Ok(views::form(&form, None))
        }),
    )
    .await
}
