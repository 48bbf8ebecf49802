//! The buttons of a request. Each carries the request's id and epoch, and its accessibility label names the request.

use slack_morphism::prelude::{SlackBlockButtonElement, SlackBlockButtonStyle};

use super::text::{button_value, spoken};
use crate::domain::approval::{About, can_be_reduced};
use crate::domain::request::{Request, Status};
use crate::slack::blocks::{button, confirm};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::escape_within;

/// Returns the Nudge button, if the owner waits for approvers and has not nudged them yet.
pub(super) fn nudge_button(request: &Request) -> Option<SlackBlockButtonElement> {
    let can_nudge = request.waits_for_approvers()
        && request.asking.nudged_at.is_none()
        // Only whoever waits for the answer may nudge, and this message goes to the owner.
        && request.approval().asked_by == request.owner;
    if !can_nudge {
        return None;
    }
    let spoken = spoken("Nudge the approvers of", request);
    Some(button(ActionId::Nudge, "Nudge", &button_value(request), &spoken))
}

/// Returns Approve, Deny and, if possible, Approve with changes, for a request, renewal or change that waits.
pub(super) fn decision_buttons(request: &Request) -> Vec<SlackBlockButtonElement> {
    let value = button_value(request);
    let object = match request.approval().about {
        About::Create => "",
        About::Renew(_) => " renewing",
        About::Change(_) => " changing",
    };
    let button =
        |action, verb: &str| button(action, verb, &value, &spoken(&format!("{verb}{object}"), request));
    let mut row = vec![
        button(ActionId::Approve, "Approve").with_style(SlackBlockButtonStyle::Primary),
        button(ActionId::Deny, "Deny").with_style(SlackBlockButtonStyle::Danger),
    ];
    if can_be_reduced(request) {
        row.push(button(ActionId::ApproveWithChanges, "Approve with changes"));
    }
    row
}

/// Returns the button that opens the request form, prefilled from this request.
pub(super) fn again_button(request: &Request, text: &str) -> SlackBlockButtonElement {
    let spoken = format!("{text} for {}", request.product.name);
    button(ActionId::Again, text, &button_value(request), &spoken)
}

/// Returns the Tear down button, which opens a dialog for confirmation.
pub(super) fn teardown_button(request: &Request) -> SlackBlockButtonElement {
    let spoken = spoken("Tear down", request);
    button(ActionId::TearDown, "Tear down", &button_value(request), &spoken)
        .with_style(SlackBlockButtonStyle::Danger)
}

/// Returns the buttons after a failed teardown, for a message that both the owner and admins read: Try again and
/// Retain.
pub(super) fn failed_teardown_buttons(request: &Request) -> Vec<SlackBlockButtonElement> {
    if matches!(request.status, Status::TeardownFailed { .. }) {
        vec![try_again_button(request), retain_button(request)]
    } else {
        Vec::new()
    }
}

/// Returns the Try again button after a failed teardown, which opens the same dialog as Tear down.
pub(super) fn try_again_button(request: &Request) -> SlackBlockButtonElement {
    let spoken = spoken("Try again to tear down", request);
    button(ActionId::TearDown, "Try again", &button_value(request), &spoken)
}

/// Returns the Retain button after a failed teardown, which asks an admin for a reason.
pub(super) fn retain_button(request: &Request) -> SlackBlockButtonElement {
    button(ActionId::Retain, "Retain", &button_value(request), &spoken("Retain", request))
}

/// Returns the Change button, which opens a form.
pub(super) fn change_button(request: &Request) -> SlackBlockButtonElement {
    button(ActionId::Change, "Change", &button_value(request), &spoken("Change", request))
}

/// Returns the button that withdraws a waiting renewal or change.
pub(super) fn withdraw_button(request: &Request) -> Option<SlackBlockButtonElement> {
    let text = match request.approval().about {
        About::Create => return None,
        About::Renew(_) => "Withdraw the renewal",
        About::Change(_) => "Withdraw the change",
    };
    let spoken = spoken(&format!("{text} of"), request);
    Some(button(ActionId::Cancel, text, &button_value(request), &spoken))
}

/// Returns the Hand over button, which asks for the new owner.
pub(super) fn transfer_button(request: &Request) -> SlackBlockButtonElement {
    button(ActionId::Transfer, "Hand over", &button_value(request), &spoken("Hand over", request))
}

/// Returns the Cancel button with a confirmation. Only for the requester, until the request is decided.
pub(super) fn cancel_button(request: &Request) -> SlackBlockButtonElement {
    let name = escape_within(&request.product.name, 150);
    let sure = confirm(
        "Cancel this request?",
        &format!("Your request for {name} is withdrawn. Nothing has been provisioned yet."),
        "Cancel the request",
        "Keep it",
    );
    button(ActionId::Cancel, "Cancel", &button_value(request), &spoken("Cancel", request)).with_confirm(sure)
}
