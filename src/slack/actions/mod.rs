//! Handlers for buttons and selects, one file per kind of action.

mod button;
mod catalog;
mod decision;
mod form;
mod home;
mod jobs;
mod request;
mod resource;

use super::commands;
use super::edge::{Edge, ReplyTarget};
use super::ids::ActionId;
use super::incoming::Click;
use super::reply::Ack;

/// Returns whether a click changes something without asking further, so that its effect must be committed
/// before it is acknowledged.
pub(super) fn changes(click: &Click) -> bool {
    ActionId::parse(&click.action_id).is_some_and(ActionId::changes)
}

/// Answers a click. Slack shows nothing from the HTTP response to a click, so messages are sent separately.
pub(super) async fn answer(edge: &Edge, click: &Click) -> Ack {
    let target = &ReplyTarget::of_click(click);
    // Happens during a rollout, when a bot of another version has rendered the button.
    let Some(action) = ActionId::parse(&click.action_id) else {
        tracing::debug!(action = click.action_id, "an action that we do not know");
        return Ack::Empty;
    };
    match action {
        ActionId::Approve => decision::approve(edge, target, click).await,
        ActionId::ApproveWithChanges => decision::ask_what(edge, target, click).await,
        ActionId::Deny => decision::ask_why(edge, target, click).await,
        ActionId::Cancel => request::cancel(edge, click).await,
        ActionId::Nudge => request::nudge(edge, click).await,
        ActionId::Renew(period) => resource::renew(edge, click, period).await,
        ActionId::TearDown => resource::ask_to_tear_down(edge, target, click).await,
        ActionId::LookAgain => resource::look_again(edge, click).await,
        ActionId::End => resource::end(edge, click).await,
        ActionId::Retain => resource::ask_why_retain(edge, target, click).await,
        ActionId::Transfer => resource::ask_to_whom(edge, target, click).await,
        ActionId::Change => resource::ask_what_to_change(edge, target, click).await,
        ActionId::Again => request::again(edge, target, click).await,
        // A click on the home tab or in a modal has no message to reply to, so details open in a modal.
        ActionId::ShowStatus if click.view.is_some() => home::show_details(edge, target, click).await,
        ActionId::ShowStatus => request::show(edge, click).await,
        ActionId::MoreRows => request::more(edge, click).await,
        ActionId::ShowAll => home::show_all(edge, target, click).await,
        ActionId::ShowCosts => home::show_costs(edge, target, click).await,
        ActionId::ShowStats => home::show_stats(edge, target, click).await,
        ActionId::RetryJob => jobs::retry(edge, click).await,
        ActionId::DropJob => jobs::forget(edge, click).await,
        ActionId::BeginAbsence => home::begin_absence(edge, target, click).await,
        ActionId::ComeBack => home::come_back(edge, click).await,
        ActionId::OpenCatalog => commands::catalog(edge, target, click.trigger_id.as_deref()).await,
        ActionId::ChooseProduct => catalog::choose(edge, target, click).await,
        ActionId::ChooseTeam | ActionId::PageBack | ActionId::FieldValue => form::changed(edge, click).await,
    }
}
