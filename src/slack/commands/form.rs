//! The request form of a product, with its notes and the list of requests that use up the quota.

use slack_morphism::prelude::SlackModalView;

use crate::domain::request::{Request, StatusName};
use crate::portal::people::session::FormSession;
use crate::slack::blocks::MAX_FIELD;
use crate::slack::mrkdwn::{inline, mention, monthly};
use crate::slack::views::{FormState, remembered, request_form};

/// Formats a request that uses up the quota or budget: name, owner, status, cost, and the command that ends it.
fn holder(request: &Request, command: &str) -> String {
    let status = request.status.name();
    let cost = request.estimate.as_ref().map(|estimate| format!(" · {}", monthly(estimate)));
    let end = match status {
        StatusName::Pending | StatusName::AwaitingApproval => Some("cancel"),
        StatusName::Active | StatusName::Provisioning | StatusName::TeardownFailed => Some("teardown"),
        StatusName::Approved
        | StatusName::Updating
        | StatusName::Terminating
        | StatusName::Denied
        | StatusName::Cancelled
        | StatusName::TimedOut
        | StatusName::Failed
        | StatusName::Terminated
        | StatusName::Retained => None,
    };
    let id = request.id.short();
    let end = end.map(|word| format!(" · `{command} {word} {id}`"));
    format!(
        "`{}` {} · {}{}{}",
        request.resource_name(),
        mention(&request.owner),
        status.label(),
        cost.unwrap_or_default(),
        end.unwrap_or_default()
    )
}

/// Returns the modal of a form. It names the fields whose input is too long to be stored while other pages are open.
pub(in crate::slack) fn form_view(session: &FormSession, problem: Option<&str>) -> SlackModalView {
    with_state(session, problem, |state| {
        let left_out = remembered(&session.form, state).left_out;
        if left_out.is_empty() {
            return request_form(&session.form, state);
        }
        let mut notes = state.notes.to_vec();
        let names = inline(&left_out.join(", "), MAX_FIELD);
        notes.push(format!("Too long to carry over, so please fill in again: {names}."));
        request_form(&session.form, &FormState { notes: &notes, ..state.clone() })
    })
}

/// Returns what to do if a page cannot store all the input of the other pages; `None` if it can.
pub(in crate::slack) fn too_much(session: &FormSession) -> Option<String> {
    let excess = with_state(session, None, |state| remembered(&session.form, state).excess);
    if excess == 0 {
        return None;
    }
    Some(format!(
        "This is more text than a form in Slack can carry from page to page. Shorten it by {excess} characters, for example here, or leave fields at their defaults."
    ))
}

fn with_state<T>(session: &FormSession, problem: Option<&str>, build: impl FnOnce(&FormState<'_>) -> T) -> T {
    let notes: Vec<String> = session.notes.iter().map(|note| inline(note, MAX_FIELD)).collect();
    let held_by: Vec<String> = session.holders.iter().map(|held| holder(held, &session.command)).collect();
    build(&FormState {
        product: &session.product,
        teams: &session.teams,
        team: &session.team,
        values: &session.values,
        reason: &session.reason,
        ticket: &session.ticket,
        owner: session.owner.as_ref(),
        has_mates: session.has_mates,
        notes: &notes,
        preview: Some(&session.preview),
        held_by: &held_by,
        problem,
        watched: &session.product.watched(),
        unasked: &session.unasked,
        page: session.page,
        warnings: &session.warnings,
    })
}
