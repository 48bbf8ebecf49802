//! `/provision change <id> [Key=value …]`: opens the form of a change, prefilled with the current values and the typed
//! ones.

use super::request::{named, which};
use crate::portal::people::change::open;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::reply::Ack;
use crate::slack::views;

pub(super) async fn change(
    edge: &Edge,
    target: &ReplyTarget,
    (trigger, key): (Option<&str>, &str),
    typed: Option<&str>,
    pairs: &[(String, String)],
) -> Ack {
    let Some(typed) = typed else { return which(edge, "change") };
    edge.opens(
        target,
        trigger,
        Box::pin(async {
            let click = named(edge, target, key, typed).await?;
            Ok(views::form(&open(&edge.portal, &click, pairs).await?, None))
        }),
    )
    .await
}
