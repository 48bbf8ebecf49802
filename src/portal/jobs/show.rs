//! Brings one message about a request up to date with its row; posts it if there is none.
//!
//! Posting to Slack is not idempotent. Since a message is rendered from the current row, a second run shows the same or
//! something newer.

use std::time::Duration;

use crate::domain::approval::{About, ApprovalPath};
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::job::JobKind;
use crate::domain::quota::QuotaUse;
use crate::domain::request::{MessageRef, MessageSlot, Request};
use crate::domain::transition::{record_message, record_unposted};
use crate::portal::Portal;
use crate::portal::access::ApproverSet;
use crate::portal::commit::{ChangeOptions, unless_refused};
use crate::portal::jobs::lease::place_in_warning;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::memory::ShownMessage;
use crate::ports::slack::{
    Destination, LeaseToWarn, Notice, Posted, RequestNotice, SlackError, WarningNotice,
};
use crate::ports::store::{RequestFilter, RequestScope};

/// How many requests of the same team and product a card lists.
const MOST_HELD: usize = 6;
/// How often to look again at a message that is not up to date yet: while Slack has not said who some approvers are, and
/// while a card waits for an answer of which there is a copy that the row does not know.
const RENDER_AGAIN: Duration = Duration::from_mins(1);
/// How often to retry a card that cannot be posted in any channel.
const UNTIL_INVITED: Duration = Duration::from_mins(5);

pub(super) async fn show(portal: &Portal, id: RequestId, slot: MessageSlot) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let (posted_at, to) = (request.messages.get(&slot), destination(portal, &request, slot));
    // Notifications and reminders are about one moment and are not updated.
    let is_once = matches!(slot, MessageSlot::Notification(_) | MessageSlot::Reminder(_));
    if (posted_at.is_some() && is_once) || (posted_at.is_none() && to.is_none()) {
        return Ok(Performed::Done);
    }
    let approvers = approvers_shown(portal, &request, slot).await;
    // Render it again until Slack has said who all approvers are, so that they are mentioned.
    let is_shown_again = approvers.is_partial && !is_once && request.waits_for_approvers();
    let showing = async {
        match (posted_at, to) {
            (Some(at), _) => update(portal, &request, (slot, &approvers), at).await,
            (None, Some(to)) => post(portal, &request, (slot, &approvers), to).await,
            (None, None) => Ok(Performed::Done),
        }
    };
    // Boxed, since the future holds whole notices and would otherwise sit in the one of every job.
    let showing = Box::pin(showing);
    render_while(is_shown_again, portal, (id, slot, None), (&request, &approvers), showing).await
}

/// Shows a message that is rendered again every minute while `again` holds, if it would show something else than before.
async fn render_while(
    again: bool,
    portal: &Portal,
    message: ShownMessage,
    (request, approvers): (&Request, &ApproverSet),
    showing: impl Future<Output = Result<Performed, JobError>>,
) -> Result<Performed, JobError> {
    // Neither the request nor its approvers have changed, so Slack need not be called.
    if again && portal.rendered_again.is(&message, request, approvers) {
        return Ok(Performed::Again(RENDER_AGAIN));
    }
    let performed = showing.await?;
    if again && performed == Performed::Done {
        portal.rendered_again.put(message, request.clone(), approvers.clone());
        return Ok(Performed::Again(RENDER_AGAIN));
    }
    portal.rendered_again.forget(&message);
    Ok(performed)
}

/// Returns the approver set, if this message shows it.
async fn approvers_shown(portal: &Portal, request: &Request, slot: MessageSlot) -> ApproverSet {
    // A warning covers several requests and shows no approvers.
    if slot == MessageSlot::Warning { ApproverSet::default() } else { portal.approver_set(request).await }
}

/// Updates a message that the row no longer refers to; a deleted message is left alone. A copy of a card that waits for
/// an answer is updated until it is answered.
pub(super) async fn refresh(
    portal: &Portal,
    id: RequestId,
    slot: MessageSlot,
    at: &MessageRef,
) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let approvers = approvers_shown(portal, &request, slot).await;
    let is_copy = request.messages.get(&slot) != Some(at);
    let asks = is_card(slot) && slot == request.card() && request.waits_for_approvers();
    let rewriting = async {
        rewrite(portal, &request, (slot, &approvers), at).await??;
        Ok(Performed::Done)
    };
    render_while(is_copy && asks, portal, (id, slot, Some(at.clone())), (&request, &approvers), rewriting)
        .await
}

/// Returns where to post a message that was not posted yet; `None` if there is nothing to post.
fn destination(portal: &Portal, request: &Request, slot: MessageSlot) -> Option<Destination> {
    let channel = || Destination::Channel(portal.organization.channel_of(&request.team).clone());
    match slot {
        MessageSlot::Card => {
            let needs_approval = matches!(request.creation.path, ApprovalPath::Ask { .. });
            (needs_approval && request.status.name().is_undecided()).then(channel)
        }
        MessageSlot::Renewal => request.waiting_renewal().map(|_| channel()),
        MessageSlot::Change => request.waiting_change().map(|_| channel()),
        MessageSlot::Thread => {
            let is_decided = !request.status.name().is_undecided();
            request.messages.get(&MessageSlot::Card).filter(|_| is_decided).cloned().map(Destination::Thread)
        }
        MessageSlot::Reminder(_) => {
            let card = request.messages.get(&request.card());
            card.filter(|_| request.waits_for_approvers()).cloned().map(Destination::Thread)
        }
        // Posted for all of a person's requests together, by `Warn`.
        MessageSlot::Warning => None,
        MessageSlot::Direct | MessageSlot::Notification(_) => {
            Some(Destination::Person(request.owner.clone()))
        }
    }
}

/// Returns where to post instead if the first place cannot be reached: a card in the channel of all approvals, and an
/// owner's notification in the team's channel.
fn fallbacks(
    portal: &Portal,
    request: &Request,
    slot: MessageSlot,
    to: &Destination,
) -> impl Iterator<Item = Destination> {
    let organization = &portal.organization;
    let (team, all) = (organization.channel_of(&request.team), &organization.approvals_channel);
    let channels = match to {
        Destination::Channel(channel) if channel != all => vec![all],
        Destination::Person(_) if matches!(slot, MessageSlot::Notification(_)) && team != all => {
            vec![team, all]
        }
        Destination::Person(_) if matches!(slot, MessageSlot::Notification(_)) => vec![all],
        Destination::Channel(_) | Destination::Thread(_) | Destination::Person(_) => Vec::new(),
    };
    channels.into_iter().cloned().map(Destination::Channel).collect::<Vec<_>>().into_iter()
}

async fn update(
    portal: &Portal,
    request: &Request,
    (slot, approvers): (MessageSlot, &ApproverSet),
    at: &MessageRef,
) -> Result<Performed, JobError> {
    match rewrite(portal, request, (slot, approvers), at).await? {
        Ok(()) => Ok(Performed::Done),
        // Somebody deleted a message that nobody needs any more.
        Err(SlackError::Gone(_)) if request.status.name().is_ended() => Ok(Performed::Done),
        // A card must be shown somewhere. Other messages are useful only where they are.
        Err(error @ (SlackError::Gone(_) | SlackError::Unreachable(_)))
            if is_card(slot) || matches!(error, SlackError::Gone(_)) =>
        {
            let Some(to) = destination(portal, request, slot) else { return Err(error.into()) };
            tracing::info!(request = %request.id, ?slot, %error, "posting a message again");
            let posted = post(portal, request, (slot, approvers), to).await?;
            if posted == Performed::Done && matches!(error, SlackError::Unreachable(_)) {
                // The old message still exists and cannot be updated now; retry that later.
                portal.refresh(request, slot, at).await?;
            }
            Ok(posted)
        }
        Err(error) => not_posted(portal, request, slot, error).await,
    }
}

async fn post(
    portal: &Portal,
    request: &Request,
    (slot, approvers): (MessageSlot, &ApproverSet),
    to: Destination,
) -> Result<Performed, JobError> {
    let mut posted = post_once(portal, request, (slot, approvers), &to).await?;
    for fallback in fallbacks(portal, request, slot, &to) {
        // After any other error it may have been posted, or the retry of this job can post it where it belongs.
        if !matches!(posted, Err(SlackError::Unreachable(_))) {
            break;
        }
        posted = post_once(portal, request, (slot, approvers), &fallback).await?;
    }
    let is_first = !request.messages.contains_key(&slot);
    let Posted { at, is_outside_thread } = match posted {
        Ok(posted) => posted,
        Err(error) => return not_posted(portal, request, slot, error).await,
    };
    // A crash before this posts the message twice; a click on the unrecorded copy records it (`people::click`).
    let recorded = portal
        .change(request.id, ChangeOptions::default(), |request, now| {
            Ok(record_message(request, slot, at.clone(), now))
        })
        .await?;
    if is_outside_thread {
        tracing::warn!(request = %request.id, ?slot, "the card is gone, so a reply in its thread was posted as a message of its own");
        if recorded.waits_for_approvers() {
            // Updating the card detects that it was deleted, and posts it again.
            portal.write_jobs(vec![JobKind::Show(recorded.card()).due(request.id, portal.now())]).await?;
        }
    }
    if is_card(slot)
        && is_first
        && recorded.waits_for_approvers()
        && portal.nobody_can_answer(&recorded).await
    {
        portal.tell_admins(&unanswerable_card_text(&recorded)).await;
    }
    Ok(Performed::Done)
}

/// Sends to one person what another message slot shows to many. Not recorded in the row.
pub(super) async fn tell_directly(
    portal: &Portal,
    request: &Request,
    slot: MessageSlot,
    person: &PersonId,
) -> Result<Result<Posted, SlackError>, JobError> {
    let approvers = approvers_shown(portal, request, slot).await;
    post_once(portal, request, (slot, &approvers), &Destination::Person(person.clone())).await
}

/// Returns whether approvers answer in this message slot.
fn is_card(slot: MessageSlot) -> bool {
    matches!(slot, MessageSlot::Card | MessageSlot::Renewal | MessageSlot::Change)
}

/// Handles a message that could not be posted. A card is retried until somebody invites the bot; meanwhile its
/// approvers get direct messages, and the admins are notified. Other messages are retried with growing pauses.
async fn not_posted(
    portal: &Portal,
    request: &Request,
    slot: MessageSlot,
    error: SlackError,
) -> Result<Performed, JobError> {
    let SlackError::Unreachable(why) = &error else { return Err(error.into()) };
    if !is_card(slot) {
        return Err(error.into());
    }
    // Refused if the admins have been notified before.
    let changed = portal.change(request.id, ChangeOptions::default(), record_unposted).await;
    if let Some(request) = unless_refused(changed)? {
        portal.tell_admins(&unposted_card_text(portal, &request, why)).await;
    }
    Ok(Performed::Again(UNTIL_INVITED))
}

/// Notifies the admins that a notification reaches its owner neither directly nor in a channel.
pub(super) async fn report_lost_notification(
    portal: &Portal,
    id: RequestId,
    why: &str,
    from_now_on: &str,
) -> anyhow::Result<()> {
    if let Some(request) = portal.ports.store.load(id).await? {
        let owner = &request.owner;
        let text = format!(
            "A notification about request `{id}` cannot be delivered to its owner <@{owner}>: {why}. {from_now_on}. \
             `status {id}` shows the current state."
        );
        portal.tell_admins(&text).await;
    }
    Ok(())
}

/// Text for the admins about a card that could not be posted.
fn unposted_card_text(portal: &Portal, request: &Request, why: &str) -> String {
    let (own, fallback) =
        (portal.organization.channel_of(&request.team), &portal.organization.approvals_channel);
    let places = if own == fallback { format!("<#{own}>") } else { format!("<#{own}> or in <#{fallback}>") };
    format!(
        "Request `{}` of team {} for *{}* is waiting for approvers but has no card: it cannot be posted in {places} ({why}). Its approvers get direct messages meanwhile. Unarchive the channel and invite the app, or set another channel in the settings.",
        request.id.short(),
        request.team,
        request.product.name
    )
}

/// Text for the admins about a card that nobody can answer.
fn unanswerable_card_text(request: &Request) -> String {
    format!(
        "Request `{}` of team {} for *{}* is waiting for approvers, but nobody can approve it: everyone named as approver has left, is a guest or an app, or asked for it. Name somebody else in the settings or the catalog; after `escalate_after` admins can decide as well.",
        request.id.short(),
        request.team,
        request.product.name
    )
}

async fn post_once(
    portal: &Portal,
    request: &Request,
    (slot, approvers): (MessageSlot, &ApproverSet),
    to: &Destination,
) -> Result<Result<Posted, SlackError>, JobError> {
    let holdings = list_holdings(portal, request, slot).await?;
    let place = (slot, matches!(to, Destination::Channel(_)));
    let notice = Notice::Request(request_notice(portal, request, place, (approvers, &holdings)).await?);
    Ok(portal.post(to, &notice).await)
}

async fn rewrite(
    portal: &Portal,
    request: &Request,
    (slot, approvers): (MessageSlot, &ApproverSet),
    at: &MessageRef,
) -> Result<Result<(), SlackError>, JobError> {
    let call = async |notice: &Notice<'_>| portal.ports.slack.update(at, notice).await;
    let result = with_notice(portal, request, (slot, approvers), at, call).await?;
    // `portal.post` does this for posts.
    if let Err(SlackError::Unreachable(why)) = &result {
        portal.note_unreachable(at.channel.as_str(), why);
    }
    Ok(result)
}

/// Renders what the message at this place shows now, and passes it to `call`.
async fn with_notice<T>(
    portal: &Portal,
    request: &Request,
    (slot, approvers): (MessageSlot, &ApproverSet),
    at: &MessageRef,
    call: impl AsyncFnOnce(&Notice<'_>) -> T,
) -> Result<T, JobError> {
    if slot == MessageSlot::Warning {
        let requests = warned_in(portal, request, at).await?;
        let leases: Vec<LeaseToWarn<'_>> = requests.iter().map(|request| lease_line(request, at)).collect();
        let simulated = portal.ports.provisioner.is_simulated();
        // A direct conversation is with the owner; anywhere else the approvers are addressed.
        let answerable = portal.to_mention(portal.organization.approvers_of(&request.team)).await;
        let instead = (!is_direct(at)).then_some(answerable.as_slice());
        let now = portal.now();
        let warning = WarningNotice { now, leases: &leases, owner: &request.owner, instead, simulated };
        return Ok(call(&Notice::Warning(warning)).await);
    }
    let holdings = list_holdings(portal, request, slot).await?;
    let place = (slot, !is_direct(at));
    let notice = Notice::Request(request_notice(portal, request, place, (approvers, &holdings)).await?);
    Ok(call(&notice).await)
}

async fn request_notice<'a>(
    portal: &Portal,
    request: &'a Request,
    (slot, is_in_channel): (MessageSlot, bool),
    (approvers, holdings): (&'a ApproverSet, &'a [Request]),
) -> Result<RequestNotice<'a>, JobError> {
    let used = portal.ports.store.quota_used(&request.slot()).await?;
    Ok(RequestNotice {
        now: portal.now(),
        slot,
        request,
        approvers: &approvers.mentioned,
        note: approvers.note.as_deref(),
        held: holdings,
        quota: QuotaUse { used, limit: request.product.per_team },
        is_in_channel,
        simulated: portal.ports.provisioner.is_simulated(),
    })
}

/// Returns what the team already holds of the product, or of all products if the request exceeds the budget. Shown to
/// those who decide.
async fn list_holdings(
    portal: &Portal,
    request: &Request,
    slot: MessageSlot,
) -> anyhow::Result<Vec<Request>> {
    let approval = request.approval();
    let is_beyond_budget = approval.exception.as_ref().is_some_and(|exception| exception.budget.is_some());
    let scope = match approval.about {
        // Only those who still decide need it, and it costs a read.
        _ if slot != approval.about.kind().card() || approval.answer.is_some() => return Ok(Vec::new()),
        _ if is_beyond_budget => RequestScope::Team(request.team.clone()),
        About::Create => RequestScope::TeamProduct(request.team.clone(), request.product.key.clone()),
        // Approvers of these decide about a single resource that exists.
        About::Renew(_) | About::Change(_) => return Ok(Vec::new()),
    };
    let mut holdings =
        portal.ports.store.list(&scope, RequestFilter::Live, None, MOST_HELD).await?.requests();
    // Only what exists: requests that still wait say nothing about what the team holds.
    holdings.retain(|other| other.id != request.id && other.activated_at.is_some());
    Ok(holdings)
}

/// Returns a line of the warning at this place. If the request's newest warning is in another conversation, it has been
/// transferred.
fn lease_line<'a>(request: &'a Request, at: &MessageRef) -> LeaseToWarn<'a> {
    let newest = request.messages.get(&MessageSlot::Warning);
    let is_handed = newest.is_none_or(|newest| newest.channel != at.channel);
    LeaseToWarn { request, is_current: newest == Some(at), is_handed }
}

/// Returns whether the message is in a direct conversation: ids of those start with `D`.
fn is_direct(at: &MessageRef) -> bool {
    at.channel.as_str().starts_with('D')
}

/// Returns the requests in a warning, in its order; without those that ended long ago.
async fn warned_in(portal: &Portal, request: &Request, at: &MessageRef) -> anyhow::Result<Vec<Request>> {
    let mut requests = vec![request.clone()];
    for id in portal.ports.store.requests_of_message(at).await?.into_iter().filter(|id| *id != request.id) {
        requests.extend(portal.ports.store.load(id).await?);
    }
    // The same order as when it was posted, so that no line moves under a pointer.
    requests.sort_by_key(place_in_warning);
    Ok(requests)
}
