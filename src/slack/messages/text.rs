//! Shared text: sentences and values about a request that several messages contain.

use slack_morphism::prelude::SlackBlock;

use crate::domain::approval::{About, Answer, Approval, ApprovalPath, Consent, Reduction};
use crate::domain::cost::Estimate;
use crate::domain::ids::PersonId;
use crate::domain::lease::Lease;
use crate::domain::quota::QuotaUse;
use crate::domain::request::{Cause, Difference, Ending, Output, Progress, Request, Status};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{MAX_SECTION, context, cut_mrkdwn};
use crate::slack::ids::ButtonValue;
use crate::slack::mrkdwn::{self, code, date_time, escape, escape_within, inline, mention, quote};

/// Longest quoted reason or cause, in characters.
pub(super) const QUOTED: usize = 1500;

/// Returns the current value of the request's buttons.
pub(super) fn button_value(request: &Request) -> String {
    ButtonValue { request: request.id, epoch: request.epoch }.to_string()
}

/// Returns the product's name and version, escaped.
pub(super) fn product(request: &Request) -> String {
    format!("{} {}", escape_within(&request.product.name, 150), escape_within(&request.product.version, 50))
}

/// Returns the product in bold, with the resource's name while it is active, or the request's label before and after
/// that.
pub(super) fn named(request: &Request) -> String {
    let lives = request.ended_at.is_none() && request.activated_at.is_some();
    if lives { labelled(request, Some(&resource(request))) } else { labelled(request, request.label()) }
}

/// Like [`named`], but with the label from the request form, whatever its status.
pub(super) fn asked_for(request: &Request) -> String {
    labelled(request, request.asked_for())
}

fn labelled(request: &Request, label: Option<&str>) -> String {
    format!("*{}*{}", product(request), label.map(|label| format!(" `{label}`")).unwrap_or_default())
}

/// Returns the monthly price, or says that there is no estimate.
pub(super) fn cost(request: &Request) -> String {
    let estimate = request.estimate.as_ref().map(mrkdwn::estimate);
    let estimate = estimate
        .unwrap_or_else(|| "no estimate for this product, so it counts as $0 toward the budget".to_owned());
    billed(request).map_or(estimate.clone(), |billed| format!("{estimate}; {billed}"))
}

/// Says what AWS has charged recently, and until which day.
pub(super) fn billed(request: &Request) -> Option<String> {
    let billed = request.billed.as_ref()?;
    // `before` is the first day that is not included.
    let last = billed.before.yesterday().unwrap_or(billed.before);
    Some(format!(
        "AWS charged {} in {} up to the {}",
        mrkdwn::dollars(billed.amount),
        billed.month.strftime("%B %Y"),
        last.strftime("%-d.")
    ))
}

/// Formats the quota, such as "2 of 3 used, this one included"; an ended request uses no quota.
pub(super) fn quota(notice: &RequestNotice<'_>) -> String {
    let QuotaUse { used, limit } = notice.quota;
    let included = if notice.request.status.name().is_ended() { "" } else { ", this one included" };
    format!("{used} of {limit} used{included}")
}

/// Says which limits it exceeded when it was asked for, or that it no longer does; `None` if it never was an exception.
pub(super) fn exception(request: &Request, approval: &Approval) -> Option<String> {
    if let Some(since) = approval.room_since {
        return Some(format!("This is no longer an exception: room became free on {}", date_time(since)));
    }
    let exception = approval.exception.as_ref()?;
    Some(format!("Exception: {}", exception.describe(request.adds(approval))))
}

/// Returns what approvers have to know before all else, one paragraph each. An exception is shown as a warning; one that
/// is no longer needed, only as a note.
pub(super) fn warnings(request: &Request, approval: &Approval) -> Vec<String> {
    let above = if request.exceeds_budget_by(approval) { Some(ABOVE_BUDGET.to_owned()) } else { None };
    let exception = exception(request, approval).map(|exception| match approval.exception {
        Some(_) => format!(":warning: *{exception}*"),
        None => format!("{exception}."),
    });
    [above, exception].into_iter().flatten().collect()
}

/// Shown where an approval is needed because of the budget.
const ABOVE_BUDGET: &str = ":warning: This exceeds the team's monthly budget.";

/// Returns the quoted reason; `None` if none was given.
pub(super) fn reason(request: &Request, approval: &Approval) -> Option<String> {
    Some(format!("*Why*\n{}", quote(typed_reason(request, approval)?, QUOTED)))
}

/// Returns the reason as it was typed; `None` if none was given.
pub(super) fn typed_reason<'a>(request: &'a Request, approval: &'a Approval) -> Option<&'a str> {
    let reason = match &approval.about {
        About::Create => request.reason.trim(),
        About::Change(order) => order.reason.trim(),
        About::Renew(_) => "",
    };
    if reason.is_empty() { None } else { Some(reason) }
}

/// Lists the differences, one per line, as many as fit into a section.
pub fn difference_lines(differences: &[Difference]) -> String {
    let formatted = |value: &str| if value.is_empty() { "–".to_owned() } else { code(value, 300) };
    let line = |difference: &Difference| {
        format!(
            "{}: {} → {}",
            escape_within(&difference.name, 100),
            formatted(&difference.before),
            formatted(&difference.after)
        )
    };
    let lines: Vec<String> = differences.iter().map(line).collect();
    // Leave room for the text that callers put in the same section.
    as_many_as_fit(&lines, MAX_SECTION - 900)
}

/// Formats the estimates before and after the change.
pub fn estimates(before: Option<&Estimate>, after: Option<&Estimate>) -> String {
    let words =
        |estimate: Option<&Estimate>| estimate.map_or_else(|| "no estimate".to_owned(), mrkdwn::monthly);
    let (before, after) = (words(before), words(after));
    if before == after { format!("{after}, as before") } else { format!("{before} → {after}") }
}

/// Returns label and value for the owner, and the requester if that is another user.
pub(super) fn people(request: &Request) -> (&'static str, String) {
    let requester = mention(&request.requester);
    if request.owner == request.requester {
        return ("Requested by", requester);
    }
    ("Owner", format!("{}, requested by {requester}", mention(&request.owner)))
}

/// Returns the ticket, as a link if it has one; `None` if there is none.
pub(super) fn ticket(request: &Request) -> Option<String> {
    let ticket = request.ticket.as_ref()?;
    let reference = inline(&ticket.reference, 200);
    let linked = match &ticket.link {
        // The reference was encoded into the URL when it was read, so it cannot end the link. Slack does not render
        // code inside a link.
        Some(link) if reference.starts_with('`') => format!("{reference} (<{link}|open>)"),
        Some(link) => format!("<{link}|{reference}>"),
        None => reference,
    };
    Some(format!("*{}*: {linked}", escape_within(&ticket.label, 100)))
}

/// Lists the outputs with their descriptions, one per line; `None` if there are none.
pub(super) fn outputs(request: &Request) -> Option<String> {
    let line = |output: &Output| {
        let name = escape_within(&output.name, 100);
        let about = match output.description.trim() {
            "" => String::new(),
            text => format!(" — {}", escape_within(text, 200)),
        };
        format!("*{name}*: {}{about}", code(&output.value, 1000))
    };
    let lines: Vec<String> = request.outputs.iter().map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(as_many_as_fit(&lines, MAX_SECTION - 40))
}

/// Lists the visible parameters with the labels of their values, one per line, as many as fit into a section; `None` if
/// there are none.
pub(super) fn parameters(request: &Request) -> Option<String> {
    let line = |(key, value): (&str, &str)| {
        let label = request.labels.get(key).map(|label| format!(" — {}", escape_within(label, 100)));
        format!("{}: {}{}", escape_within(key, 100), code(value, 300), label.unwrap_or_default())
    };
    let lines: Vec<String> = request.shown_parameters().map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(format!("*Parameters*\n{}", as_many_as_fit(&lines, MAX_SECTION - 40)))
}

/// Joins lines while they fit, and says how many are left out. Only this note may exceed `limit`.
pub(super) fn as_many_as_fit(lines: &[String], limit: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    for (index, line) in lines.iter().enumerate() {
        length += line.chars().count() + 1;
        if length > limit {
            return format!("{text}and {} more", lines.len() - index);
        }
        text.push_str(line);
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// Says what the answer was and who gave it; `None` if there is none yet, or none is needed any more.
pub(super) fn decision(request: &Request, approval: &Approval) -> Option<String> {
    // Only the answer to a request is dated: its row does not change any more once it was refused.
    let (is_creation, at) = (approval.about == About::Create, date_time(request.updated_at));
    match approval.answer.as_ref()? {
        Answer::Approved => Some(approved_by(approval)),
        Answer::Denied { by, on_behalf_of, reason } => {
            let when = if is_creation { format!(" ({at})") } else { String::new() };
            let by = answered(by, on_behalf_of.as_ref());
            Some(format!("Denied by {by}{when}\n{}", quote(reason, QUOTED)))
        }
        Answer::Withdrawn { by } if is_creation => Some(format!("Cancelled by {} ({at})", mention(by))),
        Answer::Withdrawn { by } => Some(format!("{} withdrew it.", mention(by))),
        Answer::TimedOut if is_creation => Some(format!("Timed out ({at}): nobody decided in time.")),
        Answer::TimedOut => Some("Nobody answered in time.".to_owned()),
        Answer::Moot => None,
    }
}

fn approved_by(approval: &Approval) -> String {
    if let ApprovalPath::Auto { why } = &approval.path {
        return format!("Approved automatically: {}.", escape_within(why, 300));
    }
    let by = |consent: &Consent| format!("{} ({})", answer(consent), date_time(consent.at));
    let consents: Vec<String> = approval.consents.iter().map(by).collect();
    let by = if consents.is_empty() { String::new() } else { format!(" by {}", consents.join(", ")) };
    let reductions = reductions(approval).map(|text| format!("\n{text}")).unwrap_or_default();
    format!("Approved{by}{reductions}")
}

/// Lists what approvers changed, one per line; `None` if nothing.
pub(super) fn reductions(approval: &Approval) -> Option<String> {
    let line = |reduction: &Reduction| {
        let difference = inline(&reduction.difference(approval.about.kind()), 300);
        format!("{difference} (by {})", mention(&reduction.by))
    };
    let lines: Vec<String> = approval.reductions.iter().map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(format!("*Changed*\n{}", as_many_as_fit(&lines, MAX_REDUCTIONS)))
}

/// Longest list of the approvers' changes, in characters, because it shares a section with other text.
const MAX_REDUCTIONS: usize = 1_000;

/// Returns who approved, and on whose behalf.
pub(super) fn answer(approval: &Consent) -> String {
    answered(&approval.by, approval.on_behalf_of.as_ref())
}

/// Returns who decided, and on whose behalf.
pub(super) fn answered(by: &PersonId, on_behalf_of: Option<&PersonId>) -> String {
    let on_behalf_of = on_behalf_of.map(|person| format!(" for {}", mention(person)));
    format!("{}{}", mention(by), on_behalf_of.unwrap_or_default())
}

/// Says how many approvals there are, if more than one is needed.
pub(super) fn approvals_so_far(approval: &Approval) -> Option<String> {
    let ApprovalPath::Ask { needed, .. } = approval.path else { return None };
    // A single approval decides at once, and after the answer `decision` names everybody.
    if needed < 2 || approval.answer.is_some() {
        return None;
    }
    let names: Vec<String> = approval.consents.iter().map(answer).collect();
    let by = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    Some(format!("{} of {needed} approvals{by}", approval.have()))
}

/// Returns the approvers, as part of a sentence.
pub(super) fn approvers(notice: &RequestNotice<'_>) -> String {
    let names = mrkdwn::any_of(notice.approvers);
    if names.is_empty() { "an approver whom the platform team has to name".to_owned() } else { names }
}

/// Says who was asked to approve and when, and when they were reminded or nudged; `None` if nobody is asked.
pub(super) fn asked(notice: &RequestNotice<'_>) -> Option<String> {
    let (request, names) = (notice.request, mrkdwn::any_of(notice.approvers));
    if !request.waits_for_approvers() || names.is_empty() {
        return None;
    }
    let asking = &request.asking;
    if let Some(at) = asking.unposted_at {
        return Some(format!(
            "There has been no channel to post this in since {}. It goes to {names} as a direct message, and the platform team has been notified.{}",
            date_time(at),
            note(notice)
        ));
    }
    let since = asking.since.map(|since| format!(" since {}", date_time(since))).unwrap_or_default();
    let pressed = [("reminded", asking.reminded_at), ("nudged", asking.nudged_at)];
    let pressed = pressed.into_iter().filter_map(|(how, at)| Some(format!(", {how} {}", date_time(at?))));
    let escalated = escalated(request).map(|text| format!("\n{text}")).unwrap_or_default();
    Some(format!("Asked{since}: {names}{}{}{escalated}", pressed.collect::<String>(), note(notice)))
}

/// Returns the current approval stage, and why the approvers differ from the product's, each on a line of its own.
pub(super) fn note(notice: &RequestNotice<'_>) -> String {
    let request = notice.request;
    let (at, stages) = request.stage_after(request.approval().consents.len());
    let stage = (stages > 1).then(|| format!("\nStep {} of {stages}", at + 1));
    let why = notice.note.map(|note| format!("\n_{}_", cut_mrkdwn(&capitalized(note), 300)));
    [stage, why].into_iter().flatten().collect()
}

fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Says that admins can decide too, because the approvers have not.
pub(super) fn escalated(request: &Request) -> Option<String> {
    if !request.waits_for_approvers() {
        return None;
    }
    let at = request.asking.escalated_at?;
    Some(format!("Nobody had answered by {}, so the platform team can decide, too.", date_time(at)))
}

/// Returns the state of the request in one sentence, without the decision.
pub(super) fn standing(request: &Request) -> String {
    match &request.status {
        Status::Pending => "Submitted. The approvers will be asked in a moment.".to_owned(),
        Status::AwaitingApproval { .. } => {
            format!("Waiting for approval until {}.", date_time(request.creation.answer_by))
        }
        Status::Approved => "Provisioning starts in a moment.".to_owned(),
        Status::Provisioning { unwanted: None, .. } => format!("Provisioning: {}", bar(&request.progress)),
        Status::Provisioning { unwanted: Some(by), .. } => {
            format!(
                "Provisioning: {}\nIt will be torn down as soon as it is provisioned: {} asked for that.",
                bar(&request.progress),
                mention(by)
            )
        }
        Status::Active { lease } => active(request, lease),
        Status::Updating { lease } => {
            format!("Being changed. Its lease is unaffected and ends {}.", date_time(lease.expires_at))
        }
        Status::Terminating { ending: Ending::Failed { .. }, .. } => {
            "Provisioning failed. Whatever was created is being cleaned up.".to_owned()
        }
        Status::Terminating { ending: Ending::Terminated { cause }, .. } => {
            format!("Being torn down: {}.", because(cause))
        }
        Status::Denied { .. } => "Denied. Nothing was provisioned.".to_owned(),
        Status::Cancelled => "Cancelled. Nothing was provisioned.".to_owned(),
        Status::TimedOut => "Timed out. Nothing was provisioned.".to_owned(),
        Status::Failed { .. } => "Provisioning failed. Everything was cleaned up.".to_owned(),
        Status::TeardownFailed { ending: Ending::Failed { .. }, .. } => {
            "Provisioning failed, and so did the clean-up: something may be left over, and it keeps its quota slot.".to_owned()
        }
        Status::TeardownFailed { ending: Ending::Terminated { .. }, .. } => {
            "The teardown failed. It is still there and keeps its quota slot.".to_owned()
        }
        Status::Terminated { cause } => {
            format!("Torn down {}: {}.", date_time(request.updated_at), because(cause))
        }
        Status::Retained { by, reason } => format!(
            "Left as it is, by {} ({}). The portal no longer manages it.\n{}",
            mention(by),
            date_time(request.updated_at),
            quote(reason, QUOTED)
        ),
    }
}

fn active(request: &Request, lease: &Lease) -> String {
    let until = date_time(lease.expires_at);
    let waits = match waiting(request) {
        Some(waits) => format!(" A {waits}."),
        None => String::new(),
    };
    format!("Active until {until}.{waits}")
}

/// Says which renewal or change waits for approval, and until when, worded to follow an article.
pub(super) fn waiting(request: &Request) -> Option<String> {
    let waiting = request.waiting()?;
    let noun = match &waiting.about {
        About::Renew(renewal) => format!("renewal by {}", renewal.period.describe()),
        About::Create | About::Change(_) => "change".to_owned(),
    };
    Some(format!("{noun} is waiting for approval until {}", date_time(waiting.answer_by)))
}

/// Says which missing AWS permission holds up the request, which only an operator can fix.
pub(super) fn held_up(request: &Request) -> Option<String> {
    let held_up = request.held_up.as_ref()?;
    Some(format!(
        ":warning: This app has been missing the AWS permission {} since {}. The platform team has been notified, and you need not \
         do anything: it continues once the permission is granted.",
        code(&held_up.right, 100),
        date_time(held_up.since)
    ))
}

/// Returns the full text of the problem that AWS reports, if any.
pub(super) fn trouble(request: &Request) -> Option<String> {
    request.lease()?;
    let why = request.trouble.as_ref()?;
    Some(format!(
        "*AWS reports a problem with it*\n{}\nIt may not work as it should. Ask your platform team, or tear it down \
         and request a new one.",
        quote(why, QUOTED)
    ))
}

/// Returns the cause of the end, to follow a colon.
pub(super) fn because(cause: &Cause) -> String {
    match cause {
        Cause::Asked { by } => format!("{} asked for it", mention(by)),
        Cause::Expired => "its lease expired".to_owned(),
        Cause::Vanished => "it was removed in AWS, outside of this portal".to_owned(),
    }
}

/// Returns the resource's name, safe within backticks.
pub(super) fn resource(request: &Request) -> String {
    request.resource_name()
}

/// Draws the progress, such as `▓▓▓░░░░ 3 of 7 · latest: Bucket`, with at most ten cells.
fn bar(progress: &Progress) -> String {
    const CELLS: usize = 10;
    let done = progress.done.len().min(progress.total);
    if progress.total == 0 {
        return "getting ready".to_owned();
    }
    let cells = progress.total.min(CELLS);
    let full = done * cells / progress.total;
    let latest = progress.done.last().map(|id| format!(" · latest: {}", escape_within(id, 100)));
    format!(
        "{}{} {done} of {}{}",
        "▓".repeat(full),
        "░".repeat(cells - full),
        progress.total,
        latest.unwrap_or_default()
    )
}

/// Returns what follows the end of a lease that was renewed by less than requested.
pub(super) fn cut(lease: &Lease) -> &'static str {
    if lease.cut { ", the longest this product allows at a time" } else { "" }
}

/// Returns the gray last line: short id, `more`, and whether it is simulated.
pub(super) fn footer(notice: &RequestNotice<'_>, more: Option<String>) -> SlackBlock {
    let id = format!("Request `{}`", notice.request.id.short());
    let simulated = notice.simulated.then(|| SIMULATED.to_owned());
    let parts: Vec<String> = [Some(id), more, simulated].into_iter().flatten().collect();
    context(&parts.join(" · "))
}

/// Shown wherever a simulation could be taken for the real thing.
pub(super) const SIMULATED: &str = "Simulated: nothing real is created";

/// Returns the same as a sentence for the end of a fallback text; empty if it is real.
pub(super) fn simulated(notice: &RequestNotice<'_>) -> String {
    if notice.simulated { format!(" {SIMULATED}.") } else { String::new() }
}

/// Returns the team's name, escaped.
pub(super) fn team(request: &Request) -> String {
    escape(request.team.as_str())
}

/// Returns an accessibility label that tells this request's buttons from those of others.
pub(super) fn spoken(verb: &str, request: &Request) -> String {
    format!("{verb} request {} for {}", request.id.short(), request.product.name)
}
