//! `/provision audit <id>`: shows the audit trail of one request, for auditors.

use super::request::which;
use crate::domain::audit::{By, Via};
use crate::portal::people::trail;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::messages;
use crate::slack::reply::Ack;

pub(super) async fn audit(edge: &Edge, at: &ReplyTarget, typed: Option<&str>) -> Ack {
    let Some(typed) = typed else { return which(edge, "audit") };
    let by = By { person: at.person.clone(), via: Via::Command };
    match trail::read(&edge.portal, &by, typed).await {
        Ok(trail) => Ack::Ephemeral(messages::trail(&trail)),
        Err(error) => edge.refusal_of(&error),
    }
}
