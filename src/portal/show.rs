//! Brings one message about a request up to date with its row, posting it if there is none.
//!
//! Slack posts cannot be made idempotent; a message is rendered from the row as it is at that moment, so a second
//! run shows the same or something newer.

use super::Portal;
use super::perform::JobError;
use crate::domain::ids::RequestId;
use crate::domain::next::record_message;
use crate::domain::policy::ApprovalPath;
use crate::domain::quota::{QuotaSlot, QuotaUse};
use crate::domain::request::{MessageRef, Request, Surface};
use crate::ports::slack::{Destination, Notice, SlackError};

pub(super) async fn show(portal: &Portal, id: RequestId, surface: Surface) -> Result<(), JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(()) };
    match request.messages.get(&surface) {
        Some(_) if matches!(surface, Surface::Told(_)) => Ok(()),
        Some(at) => update(portal, &request, surface, at).await,
        None => match destination(portal, &request, surface) {
            Some(to) => post(portal, &request, surface, to).await,
            None => Ok(()),
        },
    }
}

/// Where a message goes that was not posted yet; `None` when there is nothing to say there.
fn destination(portal: &Portal, request: &Request, surface: Surface) -> Option<Destination> {
    let asked = matches!(request.approval, ApprovalPath::Ask { .. });
    match surface {
        Surface::Card => {
            let waiting = request.status.name().is_undecided();
            (asked && waiting)
                .then(|| Destination::Channel(portal.organization.channel_of(&request.team).clone()))
        }
        Surface::Thread => {
            let decided = !request.status.name().is_undecided();
            request.messages.get(&Surface::Card).filter(|_| decided).cloned().map(Destination::Thread)
        }
        Surface::Direct | Surface::Told(_) => Some(Destination::Person(request.requester.clone())),
    }
}

async fn update(
    portal: &Portal,
    request: &Request,
    surface: Surface,
    at: &MessageRef,
) -> Result<(), JobError> {
    let result =
        with_notice(portal, request, surface, async |notice| portal.ports.slack.update(at, notice).await);
    match result.await? {
        Ok(()) => Ok(()),
        Err(SlackError::Gone(_)) if request.status.name().is_ended() => Ok(()),
        // A card is needed wherever it can be shown; any other message is where its readers are, or nowhere.
        Err(error @ (SlackError::Gone(_) | SlackError::Unreachable(_)))
            if surface == Surface::Card || matches!(error, SlackError::Gone(_)) =>
        {
            tracing::warn!(request = %request.id, ?surface, %error, "a message is posted again");
            match destination(portal, request, surface) {
                Some(to) => post(portal, request, surface, to).await,
                None => Ok(()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn post(portal: &Portal, request: &Request, surface: Surface, to: Destination) -> Result<(), JobError> {
    let posted = post_once(portal, request, surface, &to).await?;
    let at = match (posted, to) {
        (Ok(at), _) => at,
        (Err(SlackError::Unreachable(why)), Destination::Channel(channel))
            if channel != portal.organization.approvals_channel =>
        {
            tracing::warn!(request = %request.id, %channel, why, "the card goes to the approvals channel instead");
            let fallback = Destination::Channel(portal.organization.approvals_channel.clone());
            post_once(portal, request, surface, &fallback)
                .await?
                .map_err(|error| not_posted(surface, error))?
        }
        (Err(error), _) => return Err(not_posted(surface, error)),
    };
    portal.change(request.id, |request, now| Ok(record_message(request, surface, at.clone(), now))).await?;
    Ok(())
}

/// A card that cannot be posted is tried again: somebody has to invite the bot, and until then nobody can decide.
fn not_posted(surface: Surface, error: SlackError) -> JobError {
    if let (SlackError::Unreachable(why), Surface::Card) = (&error, surface) {
        return JobError::Later(anyhow::anyhow!("{why}: invite the bot to the approvals channel"));
    }
    error.into()
}

async fn post_once(
    portal: &Portal,
    request: &Request,
    surface: Surface,
    to: &Destination,
) -> Result<Result<MessageRef, SlackError>, JobError> {
    with_notice(portal, request, surface, async |notice| portal.ports.slack.post(to, notice).await).await
}

async fn with_notice<T>(
    portal: &Portal,
    request: &Request,
    surface: Surface,
    call: impl AsyncFnOnce(&Notice<'_>) -> T,
) -> Result<T, JobError> {
    let slot = QuotaSlot { team: request.team.clone(), product: request.product.key.clone() };
    let used = portal.ports.store.quota_used(&slot).await?;
    let approvers = portal.askable(request);
    let notice = Notice {
        surface,
        request,
        approvers: &approvers,
        quota: QuotaUse { used, limit: request.product.per_team },
        simulated: portal.ports.provisioner.is_simulated(),
    };
    Ok(call(&notice).await)
}
