//! The card of an approval: everything an approver needs to decide, and afterwards who decided and the result. Creating,
//! renewing and changing share it; they differ only in what they state about the case.

use super::{Message, progress, request_buttons, text};
use crate::domain::approval::{About, AboutKind, Answer, Approval, Renewal};
use crate::domain::request::{ChangeOrder, ChangeOutcome, Request, Status};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{buttons, fields, header, section};
use crate::slack::mrkdwn::{code, date_time, escape_within, inline, mention, monthly, quote};

pub(super) fn card(notice: &RequestNotice<'_>, kind: AboutKind) -> Message {
    let request = notice.request;
    // A card without its approval should not exist. If it does, the state is better than nothing.
    let Some(approval) = request.approval_about(kind) else { return progress::direct(notice) };
    let case = case(notice, approval);
    let (title, state) = (title(request, approval), state(notice, approval));
    let mut blocks = vec![header(&title)];
    blocks.extend(case.question.iter().map(|question| section(question)));
    blocks.extend(fields(&case.fields));
    blocks.extend(text::warnings(request, approval).iter().map(|warning| section(warning)));
    blocks.extend(text::reason(request, approval).iter().map(|reason| section(reason)));
    blocks.extend(case.details.iter().map(|details| section(details)));
    blocks.push(section(&state));
    if is_open(request, approval) {
        blocks.push(buttons("decide", request_buttons::decision_buttons(request)));
    }
    let times_out = format!("times out {}", date_time(approval.answer_by));
    blocks.push(text::footer(notice, is_undecided(request, approval).then_some(times_out)));
    Message::new(&fallback(notice, approval, &case, (&title, &state)), blocks)
}

/// What the approvers are asked to decide.
struct Case {
    /// The question, if the title does not say all of it.
    question: Option<String>,
    fields: Vec<(&'static str, String)>,
    /// Paragraphs below the reason.
    details: Vec<String>,
    /// The question for a notification, which shows no fields.
    spoken: String,
}

fn case(notice: &RequestNotice<'_>, approval: &Approval) -> Case {
    match &approval.about {
        About::Create => creation(notice),
        About::Renew(renewal) => renewing(notice.request, approval, renewal),
        About::Change(order) => change(notice, approval, order),
    }
}

fn creation(notice: &RequestNotice<'_>) -> Case {
    let request = notice.request;
    let (product, team) = (text::product(request), text::team(request));
    let (cost, quota) = (text::cost(request), text::quota(notice));
    let asker = mention(&request.requester);
    let details = [text::ticket(request), resources_of_the_team(notice), text::parameters(request)];
    Case {
        question: None,
        spoken: format!("{asker} asks for {product} for team {team}, {cost}, quota {quota}."),
        fields: vec![
            text::people(request),
            ("Team", team),
            ("Product", product),
            ("Cost", cost),
            ("Quota", quota),
        ],
        details: details.into_iter().flatten().collect(),
    }
}

fn renewing(request: &Request, approval: &Approval, renewal: &Renewal) -> Case {
    let question = format!(
        "{} asks to keep `{}` {} longer. It was renewed {} already.",
        mention(&approval.asked_by),
        text::resource(request),
        approval.extension_asked(renewal).describe(),
        times(renewals_before(request, approval))
    );
    Case {
        spoken: question.clone(),
        question: Some(question),
        fields: fields_of_existing(request, text::cost(request)),
        details: Vec::new(),
    }
}

fn change(notice: &RequestNotice<'_>, approval: &Approval, order: &ChangeOrder) -> Case {
    let request = notice.request;
    let question =
        format!("{} asks to change {}.", mention(&approval.asked_by), code(&text::resource(request), 100));
    let differences = format!("*Changes*\n{}", text::difference_lines(&order.differences));
    let cost = text::estimates(order.estimate_before.as_ref(), order.estimate.as_ref());
    Case {
        spoken: format!("{question} {}.", inline(&order.describe(), 1000)),
        question: Some(question),
        fields: fields_of_existing(request, cost),
        details: [Some(differences), resources_of_the_team(notice)].into_iter().flatten().collect(),
    }
}

fn fields_of_existing(request: &Request, cost: String) -> Vec<(&'static str, String)> {
    vec![
        ("Owner", mention(&request.owner)),
        ("Team", text::team(request)),
        ("Product", text::product(request)),
        ("Cost", cost),
    ]
}

/// Returns how often the lease had been renewed when this renewal was requested.
fn renewals_before(request: &Request, approval: &Approval) -> u32 {
    let is_granted = matches!(approval.answer, Some(Answer::Approved));
    // A granted renewal is already counted.
    request.lease().map_or(0, |lease| lease.renewals.saturating_sub(u32::from(is_granted)))
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Lists what the team already has, with owners and costs; `None` if that does not matter or is nothing.
fn resources_of_the_team(notice: &RequestNotice<'_>) -> Option<String> {
    let line = |request: &Request| {
        let cost = request.estimate.as_ref().map(|estimate| format!(" · {}", monthly(estimate)));
        let (name, owner) = (code(&text::resource(request), 100), mention(&request.owner));
        format!("{name} · {owner}{}", cost.unwrap_or_default())
    };
    let lines: Vec<String> = notice.held.iter().map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(format!("*The team has*\n{}", lines.join("\n")))
}

/// Whether it waits for its answer. A request does so even before its approvers are asked.
fn is_undecided(request: &Request, approval: &Approval) -> bool {
    match approval.about {
        About::Create => request.status.name().is_undecided(),
        About::Renew(_) | About::Change(_) => is_open(request, approval),
    }
}

/// Whether a click can decide it now. Before the execution asks for an approval, there is nothing to decide.
fn is_open(request: &Request, approval: &Approval) -> bool {
    request.waits_for_approvers() && request.approval().about.kind() == approval.about.kind()
}

fn title(request: &Request, approval: &Approval) -> String {
    let noun = match approval.about {
        About::Create => {
            // Only a new request has its answer in the status; a renewal or a change has it in its approval.
            let is_open = matches!(request.status, Status::AwaitingApproval { .. });
            let state = if is_open { "Approval needed" } else { request.status.name().label() };
            return format!("{state}: {}", request.product.name);
        }
        About::Renew(_) => "Renewal",
        About::Change(_) => "Change",
    };
    let outcome = approval.change().and_then(|order| order.outcome.as_ref());
    let state = match (&approval.answer, outcome) {
        (Some(Answer::Approved), Some(ChangeOutcome::Done)) => "Changed".to_owned(),
        (Some(Answer::Approved), Some(ChangeOutcome::Failed { .. })) => format!("{noun} failed"),
        (Some(Answer::Approved), None) => format!("{noun} approved"),
        (Some(Answer::Denied { .. }), _) => format!("{noun} denied"),
        (Some(Answer::TimedOut), _) => format!("{noun} not answered"),
        (Some(Answer::Withdrawn { .. }), _) => format!("{noun} withdrawn"),
        (None, _) if is_open(request, approval) => format!("{noun} needs approval"),
        // Without an answer and no longer open: what it was about has ended first.
        (Some(Answer::Moot) | None, _) => format!("{noun} no longer needed"),
    };
    format!("{state}: {}", request.product.name)
}

/// Says who is asked, or what the answer was and what has happened since.
fn state(notice: &RequestNotice<'_>, approval: &Approval) -> String {
    if is_undecided(notice.request, approval) {
        return waiting(notice, approval);
    }
    let since = since(notice.request, approval);
    let parts = [text::decision(notice.request, approval), since];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn waiting(notice: &RequestNotice<'_>, approval: &Approval) -> String {
    let names = text::approvers(notice);
    let lines =
        [text::approvals_so_far(approval), text::escalated(notice.request), text::reductions(approval)];
    let first = format!("Waiting for {names}{}", text::note(notice));
    std::iter::once(first).chain(lines.into_iter().flatten()).collect::<Vec<_>>().join("\n")
}

/// Says what has happened since the decision, unless the decision says it all.
fn since(request: &Request, approval: &Approval) -> Option<String> {
    match (&approval.about, &approval.answer) {
        (_, Some(Answer::Denied { .. } | Answer::TimedOut))
        | (About::Create, Some(Answer::Withdrawn { .. })) => None,
        (About::Create, _) => Some(match request.status {
            // The card is not updated at every step, so a progress bar would soon be wrong here.
            Status::Provisioning { .. } => "Provisioning: the thread shows the progress.".to_owned(),
            Status::Pending
            | Status::AwaitingApproval { .. }
            | Status::Approved
            | Status::Active { .. }
            | Status::Updating { .. }
            | Status::Terminating { .. }
            | Status::Denied { .. }
            | Status::Cancelled
            | Status::TimedOut
            | Status::Failed { .. }
            | Status::TeardownFailed { .. }
            | Status::Terminated { .. }
            | Status::Retained { .. } => text::standing(request),
        }),
        (About::Renew(_), answer) => {
            let is_cut = *answer == Some(Answer::Approved) && request.lease().is_some_and(|lease| lease.cut);
            let cut = if is_cut { " That is the longest this product allows at a time." } else { "" };
            Some(format!("{}{cut}", text::standing(request)))
        }
        (About::Change(order), _) => Some(match &order.outcome {
            None => text::standing(request),
            Some(ChangeOutcome::Done) => "It is done.".to_owned(),
            Some(ChangeOutcome::Failed { why }) => {
                format!("It could not be changed and is as it was before.\n{}", quote(why, text::QUOTED))
            }
        }),
    }
}

fn fallback(
    notice: &RequestNotice<'_>,
    approval: &Approval,
    case: &Case,
    (title, state): (&str, &str),
) -> String {
    let why = |reason| format!("Why: {}.", inline(reason, 300));
    let mut sentences = vec![format!("{}. {}", escape_within(title, 200), case.spoken)];
    // Notifications show only this text, and a warning is what an approver must not miss.
    sentences.extend(text::warnings(notice.request, approval));
    sentences.extend(text::typed_reason(notice.request, approval).map(why));
    sentences.push(format!("{state} (request {}){}", notice.request.id.short(), text::simulated(notice)));
    sentences.join(" ")
}

#[cfg(test)]
mod tests;
