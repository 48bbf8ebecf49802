//! The modal in which an admin gives the reason for retaining.

use std::collections::BTreeMap;

use super::modal::{clicked, done, refused};
use crate::portal::people::teardown::retain;
use crate::slack::edge::Edge;
use crate::slack::ids::REASON_BLOCK;
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages;
use crate::slack::reply::Ack;
use crate::slack::views::reason_of;

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let click = match clicked(edge, submission, "retain").await {
        Ok(click) => click,
        Err(error) => return refused(edge, submission, "Not retained", &error),
    };
    let reason = match reason_of(&submission.view) {
        Ok(reason) => reason,
        Err(problem) => return Ack::FieldErrors(BTreeMap::from([(REASON_BLOCK.to_owned(), problem)])),
    };
    match retain(&edge.portal, &click, &reason).await {
        Ok(request) => done(&click, "Retained", &messages::retained(&request)),
        Err(error) => refused(edge, submission, "Not retained", &error),
    }
}
