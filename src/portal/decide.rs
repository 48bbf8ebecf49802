//! An approver clicked Approve, or filled in why not.
//!
//! Who may decide is found out now, on the server, whatever the message showed. When Slack cannot say who is in a
//! group, the click is stored and judged as soon as Slack can.

use std::time::Duration;

use jiff::SignedDuration;

use super::membership::{is_for_now, mentions};
use super::perform::{JobError, Performed};
use super::{Error, Portal};
use crate::domain::approval::ApprovalConfirm;
use crate::domain::approve_with_changes::{approved_changes, can_be_reduced, reducible_fields, unchanged};
use crate::domain::audit::By;
use crate::domain::catalog::Product;
use crate::domain::event::Event;
use crate::domain::form::Field;
use crate::domain::ids::{ChannelId, PersonId, RequestId};
use crate::domain::job::{ClickedDecision, JobKind, StoredClick};
use crate::domain::policy::may_decide;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, Request};
use crate::domain::transition::{next, record_message};
use crate::ports::directory::Freshness;
use crate::ports::outage::warn_unless;
use crate::ports::slack::SlackError;

/// A stored click is judged within this time after Slack could not be asked about it, or not at all: what was clicked long
/// before the bot was started again counts no more.
const JUDGED_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How often Slack is asked about it.
const UNTIL_ASKED: Duration = Duration::from_secs(10);

/// A click on a button about a request, or a command that does the same.
#[derive(Clone, Debug)]
pub struct RequestAction {
    /// Who clicked, and where.
    pub by: By,
    /// The request that the button names.
    pub request: RequestId,
    /// The request's epoch when the button was made.
    pub epoch: u32,
    /// The message the button stands in, if it stands in one.
    pub message: Option<MessageRef>,
    /// What the same click, command or submission carries again: it counts once under this.
    pub once: String,
}

/// What became of a decision.
#[derive(Debug)]
pub enum DecisionOutcome {
    /// It counts; the request after it.
    Now(Box<Request>),
    /// It is stored and will be judged when Slack answers.
    Later,
    /// It does not count yet: the product wants the name of what is approved typed first.
    NameWanted(Box<Request>),
}

/// Decides a request, if the person may. `typed` is the name of what is approved, where they were asked to type it.
///
/// # Errors
/// A refusal, noted on the trail when it is for lack of right; or a failure, with nothing changed.
pub async fn decide(
    portal: &Portal,
    click: &RequestAction,
    decision: ClickedDecision,
    typed: Option<&str>,
) -> Result<DecisionOutcome, Error> {
    let request = named_request(portal, click, Request::card, tried(&decision)).await?;
    let approves = matches!(decision, ClickedDecision::Approve | ClickedDecision::ApproveLess(_));
    if approves && wants_name(&request, typed) {
        // Only whoever may approve is asked for it.
        return match check_right(portal, &request, &click.by, "approve").await {
            Ok(_) | Err(Unjudged::SlackSilent(_)) => Ok(DecisionOutcome::NameWanted(Box::new(request))),
            Err(Unjudged::Error(error)) => Err(error),
        };
    }
    let judged = judge(portal, &request, (&click.by, Some(&click.once)), &decision).await;
    let refused = match &judged {
        Err(Unjudged::Error(Error::Refused(refusal))) => Some(refusal),
        Ok(_) | Err(Unjudged::Error(Error::Failed(_)) | Unjudged::SlackSilent(_)) => None,
    };
    refresh_clicked(portal, &request, click, (request.card(), refused)).await;
    match judged {
        Ok(request) => Ok(DecisionOutcome::Now(Box::new(request))),
        Err(Unjudged::Error(error)) => Err(error),
        Err(Unjudged::SlackSilent(error)) => {
            warn_unless!(
                portal.ports.trouble.outages.explains(&error),
                request = %request.id,
                error = format!("{error:#}"),
                "a click waits for Slack"
            );
            store_click(portal, click, decision).await?;
            Ok(DecisionOutcome::Later)
        }
    }
}

/// Whether its name has to be typed to approve it, and was not.
fn wants_name(request: &Request, typed: Option<&str>) -> bool {
    let wanted = request.rule().confirm == ApprovalConfirm::TypeTheName;
    wanted && request.waits_for_approvers() && typed.map(str::trim) != Some(&request.resource_name())
}

/// Whether the person may go on to say why they deny: asked before the reason's form opens.
///
/// # Errors
/// As [`decide`].
pub async fn may_deny(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    may_go_on(portal, click, "deny").await
}

/// Whether the person may go on to choose less than was asked for, and among what: asked before that form opens.
///
/// # Errors
/// As [`decide`].
pub async fn may_approve_less(
    portal: &Portal,
    click: &RequestAction,
) -> Result<(Request, Vec<Field>), Error> {
    let request = may_go_on(portal, click, "approve").await?;
    if !can_be_reduced(&request) {
        return Err(Refusal::stale(&request).into());
    }
    // What cannot be approved in any size is said now instead of after somebody has chosen one.
    let product = unchanged(&request, product_of(portal, &request)).map_err(Refusal::from)?;
    let fields = reducible_fields(&request, product);
    Ok((request, fields))
}

/// The fields of what an approver can make smaller now.
///
/// # Errors
/// A failure.
pub async fn reducible(portal: &Portal, id: RequestId) -> Result<Vec<Field>, Error> {
    let request = portal.ports.store.load(id).await?;
    let Some(request) = request else { return Ok(Vec::new()) };
    let product = unchanged(&request, product_of(portal, &request));
    Ok(product.map(|product| reducible_fields(&request, product)).unwrap_or_default())
}

/// The product as the catalog has it now, if it still does.
fn product_of<'p>(portal: &'p Portal, request: &Request) -> Option<&'p Product> {
    portal.catalog.product(&request.product.key).map(AsRef::as_ref)
}

async fn may_go_on(portal: &Portal, click: &RequestAction, tried: &str) -> Result<Request, Error> {
    let request = named_request(portal, click, Request::card, tried).await?;
    if !request.waits_for_approvers() {
        let event = Event::Deny { by: click.by.clone(), reason: String::new(), instead_of: None };
        if let Err(refusal) = next(&request, &event, portal.now()) {
            refresh_clicked(portal, &request, click, (request.card(), Some(&refusal))).await;
            return Err(refusal.into());
        }
    }
    match check_right(portal, &request, &click.by, tried).await {
        // Judged again on submission, so an unknown answer is no reason to keep the form closed.
        Ok(_) | Err(Unjudged::SlackSilent(_)) => Ok(request),
        Err(Unjudged::Error(error)) => Err(error),
    }
}

/// Judges a stored click. While Slack cannot be asked it is kept, and as old as the last time that was tried.
pub(super) async fn judge_click(
    portal: &Portal,
    id: RequestId,
    click: &StoredClick,
) -> Result<Performed, JobError> {
    let now = portal.now();
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let judged = if click.epoch != request.epoch || !request.waits_for_approvers() {
        Err(Error::from(Refusal::stale(&request)).into())
    } else if now.duration_since(click.at) > JUDGED_WITHIN {
        Err(Error::from(Refusal::NotJudgedInTime).into())
    } else {
        judge(portal, &request, (&click.by, None), &click.decision).await
    };
    match judged {
        Ok(_) => Ok(Performed::Done),
        Err(Unjudged::Error(Error::Refused(refusal))) => {
            hand_back(portal, click, &refusal.to_string()).await?;
            Ok(Performed::Done)
        }
        Err(Unjudged::Error(Error::Failed(error))) => Err(JobError::Later(error)),
        // What Slack refuses it refuses the next time too: then the click grows old.
        Err(Unjudged::SlackSilent(error)) if !is_for_now(&error) => Err(JobError::Later(error)),
        Err(Unjudged::SlackSilent(error)) => {
            tracing::debug!(request = %id, error = format!("{error:#}"), "a click still waits for Slack");
            let asked = StoredClick { at: now, ..click.clone() };
            Ok(Performed::AgainAs(JobKind::JudgeClick(asked), UNTIL_ASKED))
        }
    }
}

/// Tells who clicked why that does not count, with what they typed.
pub(super) async fn hand_back(portal: &Portal, click: &StoredClick, why: &str) -> Result<(), SlackError> {
    let typed = match &click.decision {
        ClickedDecision::Deny { reason } => Some(reason.clone()),
        ClickedDecision::ApproveLess(wanted) => Some(wanted.to_string()),
        ClickedDecision::Approve => None,
    };
    portal.ports.slack.hand_back(click.channel.as_ref(), &click.by.person, why, typed.as_deref()).await
}

/// The request that a click names, if the click can be one of ours.
///
/// `surface` tells which message carries such a button: one that was posted but never recorded, because the program
/// stopped in between, is recorded by the click on it.
pub(super) async fn named_request(
    portal: &Portal,
    click: &RequestAction,
    surface: fn(&Request) -> MessageSlot,
    tried: &str,
) -> Result<Request, Error> {
    let forged = Refusal::Forged { command: portal.organization.command.clone() };
    let Some(request) = portal.ports.store.load(click.request).await? else {
        return Err(portal.refuse_unstored(None, &click.by, tried, forged).await);
    };
    portal.check_counts(&request, &click.by, tried).await?;
    // What its row names is its own.
    if let Some(message) = &click.message
        && surface_at(&request, message).is_none()
    {
        let known = portal.ports.store.requests_of_message(message).await?;
        match known.as_slice() {
            [] => record_unknown(portal, &request, surface(&request), message).await?,
            some if some.contains(&request.id) => {}
            _ => return Err(portal.refuse(&request, &click.by, tried, forged).await),
        }
    }
    if click.epoch != request.epoch {
        if let Some(message) = &click.message {
            portal
                .refresh(
                    &request,
                    surface_at(&request, message).unwrap_or_else(|| surface(&request)),
                    message,
                )
                .await?;
        }
        return Err(Refusal::stale(&request).into());
    }
    Ok(request)
}

/// Which of the request's messages this is, if it is one.
fn surface_at(request: &Request, message: &MessageRef) -> Option<MessageSlot> {
    request.messages.iter().find(|(_, at)| *at == message).map(|(surface, _)| *surface)
}

/// Brings the message up to date that was clicked, if it is news or an earlier warning: neither is rewritten by itself.
pub(super) async fn refresh_news(
    portal: &Portal,
    request: &Request,
    click: &RequestAction,
) -> Result<(), Error> {
    let Some(message) = &click.message else { return Ok(()) };
    match surface_at(request, message) {
        Some(surface @ MessageSlot::Notification(_)) => Ok(portal.refresh(request, surface, message).await?),
        Some(
            MessageSlot::Card
            | MessageSlot::Thread
            | MessageSlot::Direct
            | MessageSlot::Renewal
            | MessageSlot::Change
            | MessageSlot::Warning
            | MessageSlot::Prompt(_),
        ) => Ok(()),
        None => Ok(portal.refresh(request, MessageSlot::Warning, message).await?),
    }
}

/// Why this was refused, if it was.
pub(super) fn refusal_in<T>(done: &Result<T, Error>) -> Option<&Refusal> {
    match done {
        Err(Error::Refused(refusal)) => Some(refusal),
        Ok(_) | Err(Error::Failed(_)) => None,
    }
}

/// Brings the message up to date that was clicked, if it offers what is refused to everybody, or is a copy that nothing else
/// rewrites: Slack posted it, but its answer was lost, and it was posted again as this surface.
pub(super) async fn refresh_clicked(
    portal: &Portal,
    request: &Request,
    click: &RequestAction,
    (copied, refused): (MessageSlot, Option<&Refusal>),
) {
    let Some(clicked) = &click.message else { return };
    let is_old = refused.is_some_and(|refusal| refusal.lack_of_right().is_none());
    let surface = match surface_at(request, clicked) {
        Some(surface) if is_old => surface,
        None if request.messages.contains_key(&copied) => copied,
        Some(_) | None => return,
    };
    if let Err(error) = portal.refresh(request, surface, clicked).await {
        // What was clicked counts or not all the same.
        warn_unless!(
            portal.ports.trouble.outages.explains(&error),
            request = %request.id,
            error = format!("{error:#}"),
            "a message that was clicked is not brought up to date"
        );
    }
}

async fn record_unknown(
    portal: &Portal,
    request: &Request,
    surface: MessageSlot,
    message: &MessageRef,
) -> Result<(), Error> {
    let newer = request.messages.get(&surface);
    // A second card was posted instead. Of warnings there may be several, and the newest stays the one that counts.
    if newer.is_some() && surface != MessageSlot::Warning {
        return Ok(());
    }
    for at in [Some(message), newer].into_iter().flatten() {
        let record = |request: &Request, now| Ok(record_message(request, surface, at.clone(), now));
        portal.change(request.id, record).await?;
    }
    Ok(())
}

enum Unjudged {
    Error(Error),
    SlackSilent(anyhow::Error),
}

impl From<Error> for Unjudged {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

async fn judge(
    portal: &Portal,
    request: &Request,
    (by, once): (&By, Option<&str>),
    decision: &ClickedDecision,
) -> Result<Request, Unjudged> {
    let instead_of = check_right(portal, request, by, tried(decision)).await?;
    let event = match decision {
        ClickedDecision::Approve => Event::Approve { by: by.clone(), instead_of, lowered: None },
        ClickedDecision::ApproveLess(wanted) => {
            let lowered =
                approved_changes(request, product_of(portal, request), &portal.catalog.prices, wanted);
            let lowered = Some(Box::new(lowered.map_err(|why| Error::from(Refusal::from(why)))?));
            Event::Approve { by: by.clone(), instead_of, lowered }
        }
        ClickedDecision::Deny { reason } => {
            Event::Deny { by: by.clone(), reason: reason.clone(), instead_of }
        }
    };
    Ok(portal.change_as_seen(request, once, &event).await?)
}

/// Whether they may, and for whom where they answer for somebody who is away.
async fn check_right(
    portal: &Portal,
    request: &Request,
    by: &By,
    tried: &str,
) -> Result<Option<PersonId>, Unjudged> {
    let (asking, person, asked_about) = (portal.clone(), by.person.clone(), request.clone());
    let asked = portal
        .wait_briefly(async move { asking.eligibility(&person, &asked_about, Freshness::Fresh).await })
        .await;
    let standing = asked.map_err(Unjudged::SlackSilent)?;
    if let Ok(instead_of) = may_decide(request, &by.person, standing.clone(), "") {
        return Ok(instead_of);
    }
    // Who can is looked up only for those who cannot.
    let approvers = mentions(&portal.approver_set(request).await.asked);
    let allowed = may_decide(request, &by.person, standing, &approvers);
    match allowed {
        Ok(instead_of) => Ok(instead_of),
        Err(refusal) => Err(portal.refuse(request, by, tried, refusal).await.into()),
    }
}

async fn store_click(portal: &Portal, click: &RequestAction, decision: ClickedDecision) -> Result<(), Error> {
    let channel: Option<ChannelId> = click.message.as_ref().map(|message| message.channel.clone());
    let now = portal.now();
    let stored = StoredClick { by: click.by.clone(), epoch: click.epoch, channel, decision, at: now };
    Ok(portal.write_jobs(vec![JobKind::JudgeClick(stored).due(click.request, now)]).await?)
}

fn tried(decision: &ClickedDecision) -> &'static str {
    match decision {
        ClickedDecision::Approve | ClickedDecision::ApproveLess(_) => "approve",
        ClickedDecision::Deny { .. } => "deny",
    }
}
