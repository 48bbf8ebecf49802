//! `/provision again <id>`: opens the request form, prefilled from an earlier request.

use super::form::form_view;
use super::request::which;
use crate::portal::people::{form, lookup};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::reply::Ack;

pub(super) async fn again(edge: &Edge, at: &ReplyTarget, trigger: Option<&str>, typed: Option<&str>) -> Ack {
    let Some(typed) = typed else { return which(edge, "again") };
    edge.opens(
        at,
        trigger,
        Box::pin(async {
            let request = lookup::find(&edge.portal, &at.person, typed).await?;
            let session = form::again(&edge.portal, &at.person, request.id).await?;
            Ok(form_view(&session, None))
        }),
    )
    .await
}
