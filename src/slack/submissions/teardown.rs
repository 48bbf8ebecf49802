//! The modal that confirms a teardown or a retry of one.

use std::collections::BTreeMap;

use super::modal::{clicked, done, refused};
use crate::portal::people::teardown::{TornDown, tear_down};
use crate::slack::edge::Edge;
use crate::slack::ids::NAME_BLOCK;
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages;
use crate::slack::reply::Ack;
use crate::slack::views::typed_name;

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let click = match clicked(edge, submission, "tear down").await {
        Ok(click) => click,
        Err(error) => return refused(edge, submission, "Not torn down", &error),
    };
    match tear_down(&edge.portal, &click, typed_name(&submission.view)).await {
        Ok(TornDown::Begun(request)) => done(&click, "Tearing down", &messages::begun(&request)),
        Ok(TornDown::WrongName(name)) => {
            let problem = format!("That is not its name. Type {name} to confirm, or keep it.");
            Ack::FieldErrors(BTreeMap::from([(NAME_BLOCK.to_owned(), problem)]))
        }
        Err(error) => refused(edge, submission, "Not torn down", &error),
    }
}
