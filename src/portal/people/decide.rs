//! Approvers' decisions: Approve, or Deny with a reason.
//!
//! Who may decide is checked now, on the server, whatever the message shows. If Slack cannot say who is in a group, the
//! click is stored and judged as soon as Slack answers.

use std::time::Duration;

use jiff::SignedDuration;

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
use crate::portal::access::membership::{is_for_now, mentions};
use crate::portal::jobs::perform::{JobError, Performed};
use crate::portal::{Error, Portal};
use crate::ports::directory::Freshness;
use crate::ports::outage::warn_unless;
use crate::ports::slack::SlackError;

/// A stored click expires this long after Slack was last asked about it. A click from long before a restart no longer
/// counts.
const JUDGED_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How often to ask Slack about a stored click.
const UNTIL_ASKED: Duration = Duration::from_secs(10);

/// A click on a button about a request, or a command that does the same.
#[derive(Clone, Debug)]
pub struct RequestAction {
    /// Who clicked, and where.
    pub by: By,
    /// The request that the button refers to.
    pub request: RequestId,
    /// The request's epoch when the button was rendered.
    pub epoch: u32,
    /// The message that contains the button, if any.
    pub message: Option<MessageRef>,
    /// Idempotency key; redeliveries of the same click, command or submission have the same key.
    pub once: String,
}

/// The result of a decision.
#[derive(Debug)]
pub enum DecisionOutcome {
    /// It counts; the updated request.
    Now(Box<Request>),
    /// It is stored and will be judged when Slack answers.
    Later,
    /// It does not count yet: for this product the approver has to type the resource's name first.
    NameWanted(Box<Request>),
}

/// Decides a request, if the person may. `typed` is the name that the approver typed to confirm, if they were asked to.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn decide(
    portal: &Portal,
    click: &RequestAction,
    decision: ClickedDecision,
    typed: Option<&str>,
) -> Result<DecisionOutcome, Error> {
    let request = named_request(portal, click, Request::card, tried(&decision)).await?;
    let approves = matches!(decision, ClickedDecision::Approve | ClickedDecision::ApproveLess(_));
    if approves && wants_name(&request, typed) {
        // Ask only those for the name who may approve.
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

/// Returns whether the approver has to type the resource's name and has not.
fn wants_name(request: &Request, typed: Option<&str>) -> bool {
    let wanted = request.rule().confirm == ApprovalConfirm::TypeTheName;
    wanted && request.waits_for_approvers() && typed.map(str::trim) != Some(&request.resource_name())
}

/// Checks whether the person may deny, before the form for the reason opens.
///
/// # Errors
/// See [`decide`].
pub async fn may_deny(portal: &Portal, click: &RequestAction) -> Result<Request, Error> {
    may_go_on(portal, click, "deny").await
}

/// Checks whether the person may approve with changes, before that form opens; returns its fields.
///
/// # Errors
/// See [`decide`].
pub async fn may_approve_less(
    portal: &Portal,
    click: &RequestAction,
) -> Result<(Request, Vec<Field>), Error> {
    let request = may_go_on(portal, click, "approve").await?;
    if !can_be_reduced(&request) {
        return Err(Refusal::stale(&request).into());
    }
    // Report now what cannot be approved at any size, rather than after the approver has chosen one.
    let product = unchanged(&request, product_of(portal, &request)).map_err(Refusal::from)?;
    let fields = reducible_fields(&request, product);
    Ok((request, fields))
}

/// Returns the fields that an approver can reduce now.
///
/// # Errors
/// If the store cannot be read.
pub async fn reducible(portal: &Portal, id: RequestId) -> Result<Vec<Field>, Error> {
    let request = portal.ports.store.load(id).await?;
    let Some(request) = request else { return Ok(Vec::new()) };
    let product = unchanged(&request, product_of(portal, &request));
    Ok(product.map(|product| reducible_fields(&request, product)).unwrap_or_default())
}

/// Returns the product from the current catalog, if it is still there.
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
        // Checked again on submission, so an unanswered lookup does not keep the form closed.
        Ok(_) | Err(Unjudged::SlackSilent(_)) => Ok(request),
        Err(Unjudged::Error(error)) => Err(error),
    }
}

/// Judges a stored click. While Slack does not answer it is kept, with the time of the last attempt.
pub(crate) async fn judge_click(
    portal: &Portal,
    id: RequestId,
    click: &StoredClick,
) -> Result<Performed, JobError> {
    let now = portal.now();
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    // Somebody else has decided meanwhile, or the request has changed.
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
        // An error that would repeat is no silence: retry as a failing job, until the click expires.
        Err(Unjudged::SlackSilent(error)) if !is_for_now(&error) => Err(JobError::Later(error)),
        Err(Unjudged::SlackSilent(error)) => {
            tracing::debug!(request = %id, error = format!("{error:#}"), "a click still waits for Slack");
            let asked = StoredClick { at: now, ..click.clone() };
            Ok(Performed::AgainAs(JobKind::JudgeClick(asked), UNTIL_ASKED))
        }
    }
}

/// Tells the person why their click does not count, and returns what they typed.
pub(crate) async fn hand_back(portal: &Portal, click: &StoredClick, why: &str) -> Result<(), SlackError> {
    let typed = match &click.decision {
        ClickedDecision::Deny { reason } => Some(reason.clone()),
        ClickedDecision::ApproveLess(wanted) => Some(wanted.to_string()),
        ClickedDecision::Approve => None,
    };
    portal.ports.slack.hand_back(click.channel.as_ref(), &click.by.person, why, typed.as_deref()).await
}

/// Loads the request that a click refers to, and rejects forged clicks.
///
/// `surface` is the message slot that contains such a button. A message that was posted but not recorded, because the
/// program stopped in between, is recorded by the click on it.
pub(crate) async fn named_request(
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
    // Messages known to the row need no lookup.
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

/// Returns which of the request's message slots this message fills, if any.
fn surface_at(request: &Request, message: &MessageRef) -> Option<MessageSlot> {
    request.messages.iter().find(|(_, at)| *at == message).map(|(surface, _)| *surface)
}

/// Updates the clicked message if it is a notification or an earlier warning; nothing else updates those.
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

/// Returns the refusal, if this is one.
pub(crate) fn refusal_in<T>(done: &Result<T, Error>) -> Option<&Refusal> {
    match done {
        Err(Error::Refused(refusal)) => Some(refusal),
        Ok(_) | Err(Error::Failed(_)) => None,
    }
}

/// Updates the clicked message if it still offers what is refused to everybody. Also updates copies that nothing else
/// does: Slack posted the message, but its response was lost, and it was posted again.
pub(crate) async fn refresh_clicked(
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
        // Only a warning: the decision is independent of the message.
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
    // A second card was posted instead. There may be several warnings, and the newest remains the current one.
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

/// Returns whom the person decides on behalf of, if they are a delegate, or refuses.
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
    // Look up approvers only for the error text.
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
