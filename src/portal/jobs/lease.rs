//! Leases: acting when one is due, warning an owner about all of theirs at once, and starting the teardown of expired
//! ones.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::domain::event::Event;
use crate::domain::ids::{ChannelId, PersonId, RequestId};
use crate::domain::job::JobKind;
use crate::domain::lease::LeaseStep;
use crate::domain::principal::Principal;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, Request};
use crate::domain::transition::{lease_step, next, record_message};
use crate::portal::Portal;
use crate::portal::access::Managing;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::portal::jobs::apply::apply;
use crate::portal::jobs::deadline::UNTIL_REACHABLE;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::ports::outage::warn_unless;
use crate::ports::slack::{Destination, LeaseToWarn, Notice, SlackError, WarningNotice};
use crate::ports::store::{RequestFilter, RequestScope};

/// How long to wait before a lease is checked again whose warning could not be delivered. While Slack does not answer,
/// the warning is retried instead.
const UNTIL_WARNED: Duration = Duration::from_hours(24);
/// How long to wait if the clock is wrong or Slack does not tell the time.
const UNTIL_CERTAIN: Duration = Duration::from_mins(5);
/// No warning and no teardown happens while our clock differs from Slack's by more than this.
const CLOCK_MAY_DIFFER: SignedDuration = SignedDuration::from_mins(5);
/// Leases per message; each takes two blocks.
const IN_ONE_MESSAGE: usize = 10;
/// How many live requests of a person to read at a time.
const PAGE: usize = 200;

/// Does the next step of a request's lease.
pub(super) async fn look_at_lease(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let now = portal.now();
    if request.waiting_renewal().is_some_and(|(waiting, _)| waiting.answer_by <= now)
        && portal.any_bot_is_reachable().await?
    {
        // The job `RenewalDeadline` should have done this; a lease must not depend on it.
        return apply(portal, id, Event::ApprovalDeadline).await;
    }
    // The clock is checked only below, when there is something to do: it costs a call to Slack.
    let step = match lease_step(&request, now) {
        None => return Ok(Performed::Done),
        Some(LeaseStep::Wait(until)) => return Ok(wait_until(until, now)),
        Some(step) => step,
    };
    if let Some(doubt) = clock_is_off(portal).await {
        warn_unless!(
            portal.ports.trouble.outages.explains(&doubt),
            request = %id,
            why = format!("{doubt:#}"),
            "a lease is left alone while the clock is in doubt"
        );
        return Ok(Performed::Again(UNTIL_CERTAIN));
    }
    if step == LeaseStep::Warn {
        // One message covers all due leases of an owner. `Warn` reads their list, so make sure that this request is on
        // it.
        portal.ports.store.put_into_lists(id, request.revision).await?;
        portal.write_jobs(vec![JobKind::Warn.due(request.owner, now)]).await?;
        return Ok(Performed::Again(UNTIL_WARNED));
    }
    if !portal.any_bot_is_reachable().await? {
        tracing::debug!(request = %id, "a lease does not end while people cannot reach the bot");
        return Ok(Performed::Again(UNTIL_REACHABLE));
    }
    // Here and not in the core, which knows no settings.
    let team = portal.organization.team(&request.team);
    if let Some(until) = team.and_then(|team| team.quiet.as_ref()).and_then(|quiet| quiet.until(now)) {
        return Ok(wait_until(until, now));
    }
    let changed = portal.change(id, ChangeOptions::default(), applying(&Event::LeaseEnded)).await;
    match unless_refused(changed)? {
        Some(_) => Ok(Performed::Done),
        // The clock was set back in between, or somebody was faster: check the row again.
        None => Ok(Performed::Again(UNTIL_CERTAIN)),
    }
}

fn wait_until(until: Timestamp, now: Timestamp) -> Performed {
    // A date that has passed meanwhile means at once.
    Performed::Again(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// Returns why the clock cannot be trusted now, if so.
pub(super) async fn clock_is_off(portal: &Portal) -> Option<anyhow::Error> {
    match portal.ports.slack.clock_ahead_by().await {
        Ok(ahead) if ahead.abs() <= CLOCK_MAY_DIFFER => None,
        Ok(ahead) => Some(anyhow::anyhow!("our clock is {} s ahead of Slack's", ahead.as_secs())),
        Err(error) => Some(error),
    }
}

/// Warns an owner about all leases that are due, and those due within hours. If Slack did not say where it posted the
/// warning, nothing is recorded, and they are warned again tomorrow.
pub(super) async fn warn(portal: &Portal, owner: &PersonId) -> Result<Performed, JobError> {
    let due = due_for_warning(portal, owner).await?;
    if due.is_empty() {
        return Ok(Performed::Done);
    }
    // An owner who has left Slack or the team, or whose team is gone, may not renew, so warn those who can.
    let (mut for_owner, mut for_team) = (Vec::new(), Vec::new());
    for request in due {
        let may_renew = portal.may_manage(owner, &request, Managing::Keep).await?;
        if may_renew { for_owner.push(request) } else { for_team.push(request) }
    }
    for chunk in for_owner.chunks(IN_ONE_MESSAGE) {
        match post(portal, owner, chunk, None, &Destination::Person(owner.clone())).await {
            // They cannot be messaged, although their account counts.
            Err(SlackError::Unreachable(_)) => for_team.extend(chunk.iter().cloned()),
            // Without a timestamp it cannot be recorded, and an unrecorded warning must not end a lease.
            Err(SlackError::Unplaced) => {}
            result => record(portal, chunk, result?).await?,
        }
    }
    warn_team(portal, owner, for_team).await?;
    Ok(Performed::Done)
}

/// Returns the requests that a warning now should list; none unless one of them is due.
async fn due_for_warning(portal: &Portal, owner: &PersonId) -> anyhow::Result<Vec<Request>> {
    let (now, scope) = (portal.now(), RequestScope::Owner(owner.clone()));
    let (mut due, mut after): (Vec<Request>, _) = (Vec::new(), None);
    loop {
        let page = portal.ports.store.list(&scope, RequestFilter::Live, after.as_ref(), PAGE).await?;
        after = page.next();
        due.extend(page.requests().into_iter().filter(|request| is_warned_now(request, now)));
        if after.is_none() {
            break;
        }
    }
    // Those due within hours are listed along with one that is due now; they cause no message themselves.
    if !due.iter().any(|request| lease_step(request, now) == Some(LeaseStep::Warn)) {
        return Ok(Vec::new());
    }
    due.sort_by_key(place_in_warning);
    Ok(due)
}

/// Sort key of a warning's lines. It does not depend on dates that change, so that no button moves while a user clicks.
pub(super) fn place_in_warning(request: &Request) -> (Timestamp, RequestId) {
    (request.submitted_at, request.id)
}

fn is_warned_now(request: &Request, now: Timestamp) -> bool {
    request.lease().is_some_and(|lease| lease.is_warned_with(&request.product.lease, now))
}

/// Warns the team's approvers in its channel, because the owner cannot be reached.
async fn warn_team(portal: &Portal, owner: &PersonId, due: Vec<Request>) -> Result<(), JobError> {
    let mut rest = due;
    while let Some(team) = rest.first().map(|request| request.team.clone()) {
        let (requests, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|request| request.team == team);
        rest = others;
        let approvers = portal.to_mention(portal.organization.approvers_of(&team)).await;
        for chunk in requests.chunks(IN_ONE_MESSAGE) {
            let channel = portal.organization.channel_of(&team);
            match post_in_channel(portal, owner, chunk, &approvers, channel).await {
                // These leases are checked again tomorrow.
                Err(SlackError::Unreachable(why)) => {
                    portal.tell_admins(&undelivered_warning_text(owner, &why)).await;
                }
                Err(SlackError::Unplaced) => {}
                result => record(portal, chunk, result?).await?,
            }
        }
    }
    Ok(())
}

async fn post_in_channel(
    portal: &Portal,
    owner: &PersonId,
    requests: &[Request],
    approvers: &[Principal],
    channel: &ChannelId,
) -> Result<MessageRef, SlackError> {
    let to = Destination::Channel(channel.clone());
    let fallback = &portal.organization.approvals_channel;
    match post(portal, owner, requests, Some(approvers), &to).await {
        // Archived, or nobody has invited the app: the warning must reach somebody.
        Err(SlackError::Unreachable(_)) if channel != fallback => {
            post(portal, owner, requests, Some(approvers), &Destination::Channel(fallback.clone())).await
        }
        result => result,
    }
}

async fn post(
    portal: &Portal,
    owner: &PersonId,
    requests: &[Request],
    instead: Option<&[Principal]>,
    to: &Destination,
) -> Result<MessageRef, SlackError> {
    // Render what holds after delivery, since the warning moves the dates.
    let now = portal.now();
    let warned: Vec<Request> = requests.iter().map(|request| as_warned(request, now)).collect();
    let leases: Vec<LeaseToWarn<'_>> =
        warned.iter().map(|request| LeaseToWarn { request, is_current: true, is_handed: false }).collect();
    let simulated = portal.ports.provisioner.is_simulated();
    let notice = WarningNotice { now, leases: &leases, owner, instead, simulated };
    Ok(portal.post(to, &Notice::Warning(notice)).await?.at)
}

/// Text for the admins about leases for which nobody can be warned.
pub(super) fn undelivered_warning_text(owner: &PersonId, why: &str) -> String {
    format!(
        "Leases of <@{owner}> are about to expire, but the warning can be delivered neither to them nor to a channel: \
         {why}. Nothing of theirs is torn down before the warning has been delivered. Invite the app to the approvals \
         channel; the next attempt is tomorrow."
    )
}

/// Returns the request as it will be after the warning.
fn as_warned(request: &Request, now: Timestamp) -> Request {
    // Only rendered, never stored, so it needs no message.
    let message = MessageRef { channel: ChannelId::new(""), ts: String::new() };
    let warned = Event::Warned { owner: request.owner.clone(), message };
    next(request, &warned, now).map_or_else(|_| request.clone(), |change| change.request)
}

/// Records the warning on every request. A request that was renewed meanwhile has its line in the message updated.
async fn record(portal: &Portal, requests: &[Request], at: MessageRef) -> Result<(), JobError> {
    // All of them, even if one fails: each that is not recorded is warned about again.
    let records = requests.iter().map(|request| note_warned(portal, request, &at));
    for result in join_all(records).await {
        result?;
    }
    Ok(())
}

async fn note_warned(portal: &Portal, request: &Request, at: &MessageRef) -> Result<(), JobError> {
    let event = Event::Warned { owner: request.owner.clone(), message: at.clone() };
    let changed = portal.change(request.id, ChangeOptions::default(), applying(&event)).await;
    if unless_refused(changed)?.is_some() {
        return Ok(());
    }
    let owner = &request.owner;
    let record = |request: &Request, now| match &request.owner {
        new_owner if new_owner != owner => Err(Refusal::AlreadyTheirs { owner: new_owner.clone() }),
        _ => Ok(record_message(request, MessageSlot::Warning, at.clone(), now)),
    };
    // Refused if it was transferred while its warning was sent; the new owner gets a warning of their own.
    let changed = portal.change(request.id, ChangeOptions::default(), record).await;
    if let Some(request) = unless_refused(changed)? {
        portal.refresh(&request, MessageSlot::Warning, at).await?;
    }
    Ok(())
}
