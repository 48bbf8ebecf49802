//! Stored clicks of approvers: judged as soon as Slack says who they are.

use std::time::Duration;

use jiff::SignedDuration;

use crate::domain::ids::RequestId;
use crate::domain::job::JobKind;
use crate::domain::refusal::Refusal;
use crate::domain::stored_click::{ClickedDecision, StoredClick};
use crate::portal::access::membership::is_for_now;
use crate::portal::decision::{Unjudged, judge};
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::{Error, Portal};
use crate::ports::slack::{HandBackReason, SlackError};

/// A stored click expires this long after Slack was last asked about it. A click from long before a restart no longer
/// counts.
const JUDGED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// How often to ask Slack about a stored click.
const UNTIL_ASKED: Duration = Duration::from_secs(10);

/// Judges a stored click. While Slack does not answer it is kept, with the time of the last attempt.
pub(super) async fn judge_click(
    portal: &Portal,
    id: RequestId,
    click: &StoredClick,
) -> Result<Performed, JobError> {
    let now = portal.now();
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    // Somebody else has decided meanwhile, or the request has changed.
    let result = if click.epoch != request.epoch || !request.waits_for_approvers() {
        Err(Error::from(Refusal::stale(&request)).into())
    } else if now.duration_since(click.at) > JUDGED_WITHIN {
        Err(Error::from(Refusal::NotJudgedInTime).into())
    } else {
        judge(portal, &request, (&click.by, None), &click.decision).await
    };
    match result {
        Ok(_) => Ok(Performed::Done),
        Err(Unjudged::Error(Error::Refused(refusal))) => {
            hand_back(portal, click, HandBackReason::Refused(&refusal)).await?;
            Ok(Performed::Done)
        }
        Err(Unjudged::Error(Error::Failed(error))) => Err(JobError::Later(error)),
        // An error that would repeat is no silence: retry as a failing job, until the click expires.
        Err(Unjudged::SlackSilent(error)) if !is_for_now(&error) => Err(JobError::Later(error)),
        Err(Unjudged::SlackSilent(error)) => {
            tracing::debug!(request = %id, error = format!("{error:#}"), "a stored click still waits for Slack's answer");
            let click = StoredClick { at: now, ..click.clone() };
            Ok(Performed::AgainAs(JobKind::JudgeClick(click), UNTIL_ASKED))
        }
    }
}

/// Tells the person why their click does not count, and returns what they typed.
pub(super) async fn hand_back(
    portal: &Portal,
    click: &StoredClick,
    why: HandBackReason<'_>,
) -> Result<(), SlackError> {
    let typed = match &click.decision {
        ClickedDecision::Deny { reason } => Some(reason.clone()),
        ClickedDecision::ApproveWithChanges(wanted) => Some(wanted.to_string()),
        ClickedDecision::Approve => None,
    };
    portal.ports.slack.hand_back(click.channel.as_ref(), &click.by.person, why, typed.as_deref()).await
}
