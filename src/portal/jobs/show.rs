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

pub(super) async fn show(
    portal: &Portal,
    id: RequestId,
    surface: MessageSlot,
) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let (known, to) = (request.messages.get(&surface), destination(portal, &request, surface));
    // Notifications and reminders are about one moment and are not updated.
    let is_once = matches!(surface, MessageSlot::Notification(_) | MessageSlot::Prompt(_));
    if (known.is_some() && is_once) || (known.is_none() && to.is_none()) {
        return Ok(Performed::Done);
    }
    let circle = circle(portal, &request, surface).await;
    // Render it again until Slack has said who all approvers are, so that they are mentioned.
    let is_shown_again = circle.is_partial && !is_once && request.waits_for_approvers();
    let showing = async {
        match (known, to) {
            (Some(at), _) => update(portal, &request, (surface, &circle), at).await,
            (None, Some(to)) => post(portal, &request, (surface, &circle), to).await,
            (None, None) => Ok(Performed::Done),
        }
    };
    let showing = Box::pin(showing);
    render_while(is_shown_again, portal, (id, surface, None), (&request, &circle), showing).await
}

/// Shows a message that is rendered again every minute while `again` holds, if it would show something else than before.
async fn render_while(
    again: bool,
    portal: &Portal,
    message: ShownMessage,
    (request, circle): (&Request, &ApproverSet),
    showing: impl Future<Output = Result<Performed, JobError>>,
) -> Result<Performed, JobError> {
    if again && portal.rendered_again.is(&message, request, circle) {
        return Ok(Performed::Again(RENDER_AGAIN));
    }
    let shown = showing.await?;
    if again && shown == Performed::Done {
        portal.rendered_again.put(message, request.clone(), circle.clone());
        return Ok(Performed::Again(RENDER_AGAIN));
    }
    portal.rendered_again.forget(&message);
    Ok(shown)
}

/// Returns the approver set, if this message shows it.
async fn circle(portal: &Portal, request: &Request, surface: MessageSlot) -> ApproverSet {
    // A warning covers several requests and shows no approvers.
    if surface == MessageSlot::Warning { ApproverSet::default() } else { portal.approver_set(request).await }
}

/// Updates a message that the row no longer refers to; a deleted message is left alone. A copy of a card that waits for
/// an answer is updated until it is answered.
pub(super) async fn refresh(
    portal: &Portal,
    id: RequestId,
    surface: MessageSlot,
    at: &MessageRef,
) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let circle = circle(portal, &request, surface).await;
    let is_copy = request.messages.get(&surface) != Some(at);
    let asks = is_card(surface) && surface == request.card() && request.waits_for_approvers();
    let rewriting = async {
        rewrite(portal, &request, (surface, &circle), at).await??;
        Ok(Performed::Done)
    };
    render_while(is_copy && asks, portal, (id, surface, Some(at.clone())), (&request, &circle), rewriting)
        .await
}

/// Returns where to post a message that was not posted yet; `None` if there is nothing to post.
fn destination(portal: &Portal, request: &Request, surface: MessageSlot) -> Option<Destination> {
    let channel = || Destination::Channel(portal.organization.channel_of(&request.team).clone());
    match surface {
        MessageSlot::Card => {
            let asked = matches!(request.creation.path, ApprovalPath::Ask { .. });
            (asked && request.status.name().is_undecided()).then(channel)
        }
        MessageSlot::Renewal => request.waiting_renewal().map(|_| channel()),
        MessageSlot::Change => request.waiting_change().map(|_| channel()),
        MessageSlot::Thread => {
            let decided = !request.status.name().is_undecided();
            request.messages.get(&MessageSlot::Card).filter(|_| decided).cloned().map(Destination::Thread)
        }
        MessageSlot::Prompt(_) => {
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
    surface: MessageSlot,
    to: &Destination,
) -> impl Iterator<Item = Destination> {
    let organization = &portal.organization;
    let (team, all) = (organization.channel_of(&request.team), &organization.approvals_channel);
    let channels = match to {
        Destination::Channel(channel) if channel != all => vec![all],
        Destination::Person(_) if matches!(surface, MessageSlot::Notification(_)) && team != all => {
            vec![team, all]
        }
        Destination::Person(_) if matches!(surface, MessageSlot::Notification(_)) => vec![all],
        Destination::Channel(_) | Destination::Thread(_) | Destination::Person(_) => Vec::new(),
    };
    channels.into_iter().cloned().map(Destination::Channel).collect::<Vec<_>>().into_iter()
}

async fn update(
    portal: &Portal,
    request: &Request,
    (surface, circle): (MessageSlot, &ApproverSet),
    at: &MessageRef,
) -> Result<Performed, JobError> {
    match rewrite(portal, request, (surface, circle), at).await? {
        Ok(()) => Ok(Performed::Done),
        Err(SlackError::Gone(_)) if request.status.name().is_ended() => Ok(Performed::Done),
        // A card must be shown somewhere. Other messages are useful only where they are.
        Err(error @ (SlackError::Gone(_) | SlackError::Unreachable(_)))
            if is_card(surface) || matches!(error, SlackError::Gone(_)) =>
        {
            let Some(to) = destination(portal, request, surface) else { return Err(error.into()) };
            tracing::info!(request = %request.id, ?surface, %error, "a message is posted again");
            let posted = post(portal, request, (surface, circle), to).await?;
            if posted == Performed::Done && matches!(error, SlackError::Unreachable(_)) {
                // The old message still exists and cannot be updated now; retry that later.
                portal.refresh(request, surface, at).await?;
            }
            Ok(posted)
        }
        Err(error) => not_posted(portal, request, surface, error).await,
    }
}

async fn post(
    portal: &Portal,
    request: &Request,
    (surface, circle): (MessageSlot, &ApproverSet),
    to: Destination,
) -> Result<Performed, JobError> {
    let mut posted = post_once(portal, request, (surface, circle), &to).await?;
    for fallback in fallbacks(portal, request, surface, &to) {
        if !matches!(posted, Err(SlackError::Unreachable(_))) {
            break;
        }
        posted = post_once(portal, request, (surface, circle), &fallback).await?;
    }
    let is_first = !request.messages.contains_key(&surface);
    let Posted { at, is_outside_thread } = match posted {
        Ok(posted) => posted,
        Err(error) => return not_posted(portal, request, surface, error).await,
    };
    let recorded = portal
        .change(request.id, ChangeOptions::default(), |request, now| {
            Ok(record_message(request, surface, at.clone(), now))
        })
        .await?;
    if is_outside_thread {
        tracing::warn!(request = %request.id, ?surface, "its card is gone, so what belongs in the thread stands by itself");
        if recorded.waits_for_approvers() {
            // Updating the card detects that it was deleted, and posts it again.
            portal.write_jobs(vec![JobKind::Show(recorded.card()).due(request.id, portal.now())]).await?;
        }
    }
    if is_card(surface)
        && is_first
        && recorded.waits_for_approvers()
        && portal.nobody_can_answer(&recorded).await
    {
        portal.tell_admins(&unanswerable(&recorded)).await;
    }
    Ok(Performed::Done)
}

/// Sends to one person what another message slot shows to many. Not recorded in the row.
pub(super) async fn tell_directly(
    portal: &Portal,
    request: &Request,
    surface: MessageSlot,
    person: &PersonId,
) -> Result<Result<Posted, SlackError>, JobError> {
    let circle = circle(portal, request, surface).await;
    post_once(portal, request, (surface, &circle), &Destination::Person(person.clone())).await
}

/// Returns whether approvers answer in this message slot.
fn is_card(surface: MessageSlot) -> bool {
    matches!(surface, MessageSlot::Card | MessageSlot::Renewal | MessageSlot::Change)
}

/// Handles a message that could not be posted. A card is retried until somebody invites the bot; meanwhile its
/// approvers get direct messages, and the admins are notified. Other messages are retried with growing pauses.
async fn not_posted(
    portal: &Portal,
    request: &Request,
    surface: MessageSlot,
    error: SlackError,
) -> Result<Performed, JobError> {
    let SlackError::Unreachable(why) = &error else { return Err(error.into()) };
    if !is_card(surface) {
        return Err(error.into());
    }
    // Refused if the admins have been notified before.
    let changed = portal.change(request.id, ChangeOptions::default(), record_unposted).await;
    if let Some(request) = unless_refused(changed)? {
        portal.tell_admins(&unposted(portal, &request, why)).await;
    }
    Ok(Performed::Again(UNTIL_INVITED))
}

/// Notifies the admins that a notification reaches its owner neither directly nor in a channel.
pub(super) async fn tell_of_lost_news(
    portal: &Portal,
    id: RequestId,
    why: &str,
    from_now_on: &str,
) -> anyhow::Result<()> {
    if let Some(request) = portal.ports.store.load(id).await? {
        let owner = &request.owner;
        let text = format!(
            "Request `{id}` has news that its owner <@{owner}> cannot be told: {why}. {from_now_on}. `status {id}` \
             shows it."
        );
        portal.tell_admins(&text).await;
    }
    Ok(())
}

/// Text for the admins about a card that could not be posted.
fn unposted(portal: &Portal, request: &Request, why: &str) -> String {
    let (own, fallback) =
        (portal.organization.channel_of(&request.team), &portal.organization.approvals_channel);
    let places = if own == fallback { format!("<#{own}>") } else { format!("<#{own}> or in <#{fallback}>") };
    format!(
        "Request `{}` of team {} for *{}* waits for approvers and has no card: it cannot be posted in {places} ({why}). Its approvers are told one by one. Unarchive the channel and invite the bot, or name another one in the settings.",
        request.id.short(),
        request.team,
        request.product.name
    )
}

/// Text for the admins about a card that nobody can answer.
fn unanswerable(request: &Request) -> String {
    format!(
        "Request `{}` of team {} for *{}* waits for approvers, and nobody is left who can approve it: whoever is named has left, is a guest or an app, or asked for it. Name somebody else in the settings or the catalog; after `escalate_after` you can decide about it yourselves.",
        request.id.short(),
        request.team,
        request.product.name
    )
}

async fn post_once(
    portal: &Portal,
    request: &Request,
    (surface, circle): (MessageSlot, &ApproverSet),
    to: &Destination,
) -> Result<Result<Posted, SlackError>, JobError> {
    let held = held(portal, request, surface).await?;
    let place = (surface, matches!(to, Destination::Channel(_)));
    let notice = Notice::Request(about(portal, request, place, (circle, &held)).await?);
    Ok(portal.post(to, &notice).await)
}

async fn rewrite(
    portal: &Portal,
    request: &Request,
    (surface, circle): (MessageSlot, &ApproverSet),
    at: &MessageRef,
) -> Result<Result<(), SlackError>, JobError> {
    let call = async |notice: &Notice<'_>| portal.ports.slack.update(at, notice).await;
    let result = with_notice(portal, request, (surface, circle), at, call).await?;
    if let Err(SlackError::Unreachable(why)) = &result {
        portal.lose_place(at.channel.as_str(), why);
    }
    Ok(result)
}

/// Renders what the message at this place shows now, and passes it to `call`.
async fn with_notice<T>(
    portal: &Portal,
    request: &Request,
    (surface, circle): (MessageSlot, &ApproverSet),
    at: &MessageRef,
    call: impl AsyncFnOnce(&Notice<'_>) -> T,
) -> Result<T, JobError> {
    if surface == MessageSlot::Warning {
        let requests = warned_in(portal, request, at).await?;
        let leases: Vec<LeaseToWarn<'_>> = requests.iter().map(|request| warned(request, at)).collect();
        let simulated = portal.ports.provisioner.is_simulated();
        // A direct conversation is with the owner; anywhere else the approvers are addressed.
        let answerable = portal.to_mention(portal.organization.approvers_of(&request.team)).await;
        let instead = (!is_direct(at)).then_some(answerable.as_slice());
        let now = portal.now();
        let warning = WarningNotice { now, leases: &leases, owner: &request.owner, instead, simulated };
        return Ok(call(&Notice::Warning(warning)).await);
    }
    let held = held(portal, request, surface).await?;
    let place = (surface, !is_direct(at));
    let notice = Notice::Request(about(portal, request, place, (circle, &held)).await?);
    Ok(call(&notice).await)
}

async fn about<'a>(
    portal: &Portal,
    request: &'a Request,
    (surface, is_in_channel): (MessageSlot, bool),
    (circle, held): (&'a ApproverSet, &'a [Request]),
) -> Result<RequestNotice<'a>, JobError> {
    let used = portal.ports.store.quota_used(&request.slot()).await?;
    Ok(RequestNotice {
        now: portal.now(),
        surface,
        request,
        approvers: &circle.asked,
        note: circle.note.as_deref(),
        held,
        quota: QuotaUse { used, limit: request.product.per_team },
        is_in_channel,
        simulated: portal.ports.provisioner.is_simulated(),
    })
}

/// Returns what the team already holds of the product, or of all products if the request exceeds the budget. Shown to
/// those who decide.
async fn held(portal: &Portal, request: &Request, surface: MessageSlot) -> anyhow::Result<Vec<Request>> {
    let approval = request.approval();
    let is_beyond_budget = approval.exception.as_ref().is_some_and(|exception| exception.budget.is_some());
    let whose = match approval.about {
        _ if surface != approval.about.kind().card() || approval.answer.is_some() => return Ok(Vec::new()),
        _ if is_beyond_budget => RequestScope::Team(request.team.clone()),
        About::Create => RequestScope::TeamProduct(request.team.clone(), request.product.key.clone()),
        // Approvers of these decide about a single resource that exists.
        About::Renew(_) | About::Change(_) => return Ok(Vec::new()),
    };
    let mut held = portal.ports.store.list(&whose, RequestFilter::Live, None, MOST_HELD).await?.requests();
    held.retain(|other| other.id != request.id && other.activated_at.is_some());
    Ok(held)
}

/// Returns a line of the warning at this place. If the request's newest warning is in another conversation, it has been
/// transferred.
fn warned<'a>(request: &'a Request, at: &MessageRef) -> LeaseToWarn<'a> {
    let newest = request.messages.get(&MessageSlot::Warning);
    let is_handed = newest.is_none_or(|newest| newest.channel != at.channel);
    LeaseToWarn { request, is_current: newest == Some(at), is_handed }
}

/// Returns whether the message is in a direct conversation: ids of those start with `D`.
fn is_direct(at: &MessageRef) -> bool {
    at.channel.as_str().starts_with('D')
}

/// Returns the requests in a warning, in its order; without those that ended long ago.
async fn warned_in(portal: &Portal, one: &Request, at: &MessageRef) -> anyhow::Result<Vec<Request>> {
    let mut requests = vec![one.clone()];
    for id in portal.ports.store.requests_of_message(at).await?.into_iter().filter(|id| *id != one.id) {
        requests.extend(portal.ports.store.load(id).await?);
    }
    requests.sort_by_key(place_in_warning);
    Ok(requests)
}
