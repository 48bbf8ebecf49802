//! Retry and Drop on a parked job.

use super::button::by;
use crate::portal::Error;
use crate::portal::people::parked_jobs;
use crate::ports::store::ParkedJob;
use crate::slack::commands::listed_jobs;
use crate::slack::edge::Edge;
use crate::slack::ids::JobValue;
use crate::slack::incoming::Click;
use crate::slack::messages::named_job;
use crate::slack::reply::Ack;

pub(super) async fn retry(edge: &Edge, click: &Click) -> Ack {
    let retried = match click.value().and_then(JobValue::parse) {
        Some(JobValue(named)) => parked_jobs::retry_as(&edge.portal, &by(click), &click.key, &named).await,
        None => Err(edge.portal.refuse_forged(&by(click), "retry a job").await),
    };
    answer(edge, click, retried, "will be retried.").await
}

pub(super) async fn forget(edge: &Edge, click: &Click) -> Ack {
    let dropped = match click.value().and_then(JobValue::parse) {
        Some(JobValue(named)) => parked_jobs::drop_as(&edge.portal, &by(click), &click.key, &named).await,
        None => Err(edge.portal.refuse_forged(&by(click), "drop a job").await),
    };
    answer(edge, click, dropped, "was dropped.").await
}

async fn answer(edge: &Edge, click: &Click, done: Result<ParkedJob, Error>, outcome: &str) -> Ack {
    match done {
        // The list is sent anew, because Slack cannot edit an ephemeral message by its timestamp.
        Ok(job) => {
            let done = format!("{} {outcome}", named_job(&job));
            Ack::Ephemeral(listed_jobs(edge, &by(click), Some(&done)).await)
        }
        Err(error) => edge.refusal_of(&error),
    }
}
