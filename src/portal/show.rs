//! Brings one message about a request up to date with its row, posting it if there is none.
//!
//! Slack posts cannot be made idempotent; a message is rendered from the row as it is at that moment, so a second
//! run shows the same or something newer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::approvers::Circle;
use super::lease::place_in_warning;
use super::perform::{JobError, Performed};
use super::{Error, Portal};
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::job::JobKind;
use crate::domain::next::{record_message, record_unposted};
use crate::domain::policy::ApprovalPath;
use crate::domain::quota::QuotaUse;
use crate::domain::request::{MessageRef, Request, Surface};
use crate::ports::slack::{Destination, Notice, Posted, RequestNotice, SlackError, Warned, WarningNotice};
use crate::ports::store::{Which, Whose};

/// Requests of the same team and product that are looked at for what a card says the team has.
const MOST_HELD: usize = 6;
/// How often a message is looked at again that shows less than it could: while Slack is slow to say who is asked, and
/// while a card asks of which there is a copy that the row does not name.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// How often a card is tried for which there is no channel.
const UNTIL_INVITED: Duration = Duration::from_mins(5);

/// Requests as they were shown last in messages that are looked at again, so that Slack is called only when something has
/// changed; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct LookedAtAgain(Arc<Mutex<BTreeMap<Place, (Request, Circle)>>>);

/// A message, and where it stands if it is not the one that the row names.
type Place = (RequestId, Surface, Option<MessageRef>);

impl LookedAtAgain {
    /// Whether that is what stands there.
    fn is(&self, place: &Place, request: &Request, circle: &Circle) -> bool {
        self.lock().get(place).is_some_and(|(row, asked)| row == request && asked == circle)
    }

    fn put(&self, place: Place, request: Request, circle: Circle) {
        self.lock().insert(place, (request, circle));
    }

    fn forget(&self, place: &Place) {
        self.lock().remove(place);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, (Request, Circle)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn show(portal: &Portal, id: RequestId, surface: Surface) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let (known, to) = (request.messages.get(&surface), destination(portal, &request, surface));
    let is_once = matches!(surface, Surface::Told(_) | Surface::Prompt(_));
    if (known.is_some() && is_once) || (known.is_none() && to.is_none()) {
        return Ok(Performed::Done);
    }
    let circle = circle(portal, &request, surface).await;
    // Whoever could not be mentioned is, once Slack has said who they are.
    let is_shown_again = circle.is_partial && !is_once && request.waits_for_approvers();
    let showing = async {
        match (known, to) {
            (Some(at), _) => update(portal, &request, (surface, &circle), at).await,
            (None, Some(to)) => post(portal, &request, (surface, &circle), to).await,
            (None, None) => Ok(Performed::Done),
        }
    };
    again_while(is_shown_again, portal, (id, surface, None), (&request, &circle), showing).await
}

/// Shows a message that is looked at again while `again` holds, and then only if it shows something else than before.
async fn again_while(
    again: bool,
    portal: &Portal,
    place: Place,
    (request, circle): (&Request, &Circle),
    showing: impl Future<Output = Result<Performed, JobError>>,
) -> Result<Performed, JobError> {
    if again && portal.looked_at_again.is(&place, request, circle) {
        return Ok(Performed::Again(LOOK_AGAIN));
    }
    let shown = showing.await?;
    if again && shown == Performed::Done {
        portal.looked_at_again.put(place, request.clone(), circle.clone());
        return Ok(Performed::Again(LOOK_AGAIN));
    }
    portal.looked_at_again.forget(&place);
    Ok(shown)
}

/// Who is asked, where that is shown.
async fn circle(portal: &Portal, request: &Request, surface: Surface) -> Circle {
    // A warning is about several requests.
    if surface == Surface::Warning { Circle::default() } else { portal.askable(request).await }
}

/// Brings a message up to date that the row no longer names, and again until what it asks is decided; one that is gone is
/// left alone.
pub(super) async fn refresh(
    portal: &Portal,
    id: RequestId,
    surface: Surface,
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
    again_while(is_copy && asks, portal, (id, surface, Some(at.clone())), (&request, &circle), rewriting)
        .await
}

/// Where a message goes that was not posted yet; `None` when there is nothing to say there.
fn destination(portal: &Portal, request: &Request, surface: Surface) -> Option<Destination> {
    let channel = || Destination::Channel(portal.organization.channel_of(&request.team).clone());
    match surface {
        Surface::Card => {
            let asked = matches!(request.approval, ApprovalPath::Ask { .. });
            (asked && request.status.name().is_undecided()).then(channel)
        }
        Surface::Renewal => request.waiting_renewal().map(|_| channel()),
        Surface::Change => request.waiting_change().map(|_| channel()),
        Surface::Thread => {
            let decided = !request.status.name().is_undecided();
            request.messages.get(&Surface::Card).filter(|_| decided).cloned().map(Destination::Thread)
        }
        Surface::Prompt(_) => {
            let card = request.messages.get(&request.card());
            card.filter(|_| request.waits_for_approvers()).cloned().map(Destination::Thread)
        }
        // Posted for all of a person's requests at once, never for one alone.
        Surface::Warning => None,
        Surface::Direct | Surface::Told(_) => Some(Destination::Person(request.owner.clone())),
    }
}

/// Where it is posted instead when it cannot be posted there: a card where all teams' approvers are, and what an owner has to
/// know where their team reads.
fn fallbacks(
    portal: &Portal,
    request: &Request,
    surface: Surface,
    to: &Destination,
) -> impl Iterator<Item = Destination> {
    let organization = &portal.organization;
    let (team, all) = (organization.channel_of(&request.team), &organization.approvals_channel);
    let channels = match to {
        Destination::Channel(channel) if channel != all => vec![all],
        Destination::Person(_) if matches!(surface, Surface::Told(_)) && team != all => vec![team, all],
        Destination::Person(_) if matches!(surface, Surface::Told(_)) => vec![all],
        Destination::Channel(_) | Destination::Thread(_) | Destination::Person(_) => Vec::new(),
    };
    channels.into_iter().cloned().map(Destination::Channel).collect::<Vec<_>>().into_iter()
}

async fn update(
    portal: &Portal,
    request: &Request,
    (surface, circle): (Surface, &Circle),
    at: &MessageRef,
) -> Result<Performed, JobError> {
    match rewrite(portal, request, (surface, circle), at).await? {
        Ok(()) => Ok(Performed::Done),
        Err(SlackError::Gone(_)) if request.status.name().is_ended() => Ok(Performed::Done),
        // A card is needed wherever it can be shown; any other message is where its readers are, or nowhere.
        Err(error @ (SlackError::Gone(_) | SlackError::Unreachable(_)))
            if is_card(surface) || matches!(error, SlackError::Gone(_)) =>
        {
            let Some(to) = destination(portal, request, surface) else { return Err(error.into()) };
            tracing::info!(request = %request.id, ?surface, %error, "a message is posted again");
            let posted = post(portal, request, (surface, circle), to).await?;
            if posted == Performed::Done && matches!(error, SlackError::Unreachable(_)) {
                // It still stands where it cannot be changed now.
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
    (surface, circle): (Surface, &Circle),
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
        .change(request.id, |request, now| Ok(record_message(request, surface, at.clone(), now)))
        .await?;
    if is_outside_thread {
        tracing::warn!(request = %request.id, ?surface, "its card is gone, so what belongs in the thread stands by itself");
        if recorded.waits_for_approvers() {
            // Which finds out that the card is gone, and posts it again.
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

/// Posts to one person what another surface shows to many, and remembers nowhere that it stands there.
pub(super) async fn tell_directly(
    portal: &Portal,
    request: &Request,
    surface: Surface,
    person: &PersonId,
) -> Result<Result<Posted, SlackError>, JobError> {
    let circle = circle(portal, request, surface).await;
    post_once(portal, request, (surface, &circle), &Destination::Person(person.clone())).await
}

/// Whether approvers answer there.
fn is_card(surface: Surface) -> bool {
    matches!(surface, Surface::Card | Surface::Renewal | Surface::Change)
}

/// A card that cannot be posted is tried again: somebody has to invite the bot. Until then its approvers are told one by
/// one, and the admins know. Any other message is tried again with growing pauses.
async fn not_posted(
    portal: &Portal,
    request: &Request,
    surface: Surface,
    error: SlackError,
) -> Result<Performed, JobError> {
    let SlackError::Unreachable(why) = &error else { return Err(error.into()) };
    if !is_card(surface) {
        return Err(error.into());
    }
    match portal.change(request.id, record_unposted).await {
        Ok(request) => {
            portal.tell_admins(&unposted(portal, &request, why)).await;
        }
        // They know.
        Err(Error::Refused(_)) => {}
        Err(Error::Failed(error)) => return Err(JobError::Later(error)),
    }
    Ok(Performed::Again(UNTIL_INVITED))
}

/// Tells the admins of news that reach an owner neither directly nor in a channel.
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

/// What admins read about a card that stands nowhere.
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

/// What admins read about a card that nobody can answer.
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
    (surface, circle): (Surface, &Circle),
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
    (surface, circle): (Surface, &Circle),
    at: &MessageRef,
) -> Result<Result<(), SlackError>, JobError> {
    let call = async |notice: &Notice<'_>| portal.ports.slack.update(at, notice).await;
    let result = with_notice(portal, request, (surface, circle), at, call).await?;
    if let Err(SlackError::Unreachable(why)) = &result {
        portal.lose_place(at.channel.as_str(), why);
    }
    Ok(result)
}

/// Calls with what the message at this place shows now.
async fn with_notice<T>(
    portal: &Portal,
    request: &Request,
    (surface, circle): (Surface, &Circle),
    at: &MessageRef,
    call: impl AsyncFnOnce(&Notice<'_>) -> T,
) -> Result<T, JobError> {
    if surface == Surface::Warning {
        let requests = warned_in(portal, request, at).await?;
        let leases: Vec<Warned<'_>> = requests.iter().map(|request| warned(request, at)).collect();
        let simulated = portal.ports.provisioner.is_simulated();
        // A direct conversation is the owner's; anywhere else the approvers were asked.
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
    (surface, is_in_channel): (Surface, bool),
    (circle, held): (&'a Circle, &'a [Request]),
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

/// What the team has of the product beside it, or of all products where it goes beyond the budget, for those who decide.
async fn held(portal: &Portal, request: &Request, surface: Surface) -> anyhow::Result<Vec<Request>> {
    if surface != Surface::Card || !request.status.name().is_undecided() {
        return Ok(Vec::new());
    }
    let beyond_budget = request.exception.as_ref().is_some_and(|exception| exception.budget.is_some());
    let whose = if beyond_budget {
        Whose::Team(request.team.clone())
    } else {
        Whose::TeamProduct(request.team.clone(), request.product.key.clone())
    };
    let mut held = portal.ports.store.list(&whose, Which::Live, None, MOST_HELD).await?.requests();
    held.retain(|other| other.id != request.id && other.activated_at.is_some());
    Ok(held)
}

/// A line of the warning at this place. What has its newest warning elsewhere, or none, has changed hands.
fn warned<'a>(request: &'a Request, at: &MessageRef) -> Warned<'a> {
    let newest = request.messages.get(&Surface::Warning);
    let is_handed = newest.is_none_or(|newest| newest.channel != at.channel);
    Warned { request, is_current: newest == Some(at), is_handed }
}

/// Whether it stands in a direct conversation.
fn is_direct(at: &MessageRef) -> bool {
    at.channel.as_str().starts_with('D')
}

/// The requests that a warning is about, in its order: this one, and those of the others that did not end long ago.
async fn warned_in(portal: &Portal, one: &Request, at: &MessageRef) -> anyhow::Result<Vec<Request>> {
    let mut requests = vec![one.clone()];
    for id in portal.ports.store.requests_of_message(at).await?.into_iter().filter(|id| *id != one.id) {
        requests.extend(portal.ports.store.load(id).await?);
    }
    requests.sort_by_key(place_in_warning);
    Ok(requests)
}
