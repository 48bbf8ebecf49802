//! The form of a new request or of a change, or one page of it.

use std::collections::BTreeMap;

use super::modal::{by_form, not_now, note, refused, stays_open};
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::form_draft::{Correction, FieldPlace};
use crate::portal::people::form_navigation::{FormOutcome, submit_page};
use crate::portal::people::form_view::FormView;
use crate::portal::people::submit::SubmitError;
use crate::slack::blocks::MAX_SECTION;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::{PERSON_BLOCK, REASON_BLOCK, TEAM_BLOCK, TICKET_BLOCK, parameter_block};
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages::{Message, change_asked};
use crate::slack::mrkdwn::{mention, quote};
use crate::slack::refusal::sentence;
use crate::slack::reply::Ack;
use crate::slack::views::{self, too_much};

/// Answers the form; `tried` and `title` say what was not done if it is refused.
pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission, (tried, title): (&str, &str)) -> Ack {
    let (view, person) = (&submission.view, &submission.origin.person);
    let Some(draft) = views::draft(view) else {
        let refusal = edge.portal.refuse_forged(&by_form(submission), tried).await;
        return refused(edge, submission, title, &refusal);
    };
    let has_message = || draft.button.as_ref().is_some_and(|button| button.message.is_some());
    match submit_page(&edge.portal, person, &submission.key(), &draft).await {
        Ok(FormOutcome::Requested) => {
            confirm_for_mate(edge, submission, draft.owner.as_ref());
            Ack::Close
        }
        // The message that the user sees will change.
        Ok(FormOutcome::Changed(_)) if has_message() => Ack::Close,
        Ok(FormOutcome::Changed(request)) => note("Change", &change_asked(&request)),
        Ok(FormOutcome::Shows(form)) => shows(&form, submission),
        Ok(FormOutcome::BeyondLimits { why, view }) => as_exception(&view, &why),
        Err(SubmitError::Fields(corrections)) => Ack::FieldErrors(under_fields(corrections)),
        Err(SubmitError::Other(error)) => not_saved(edge, submission, title, &error),
    }
}

/// Says why nothing was stored. The form and its input are kept where submitting it again may help.
fn not_saved(edge: &Edge, submission: &ViewSubmission, title: &str, error: &Error) -> Ack {
    let view = &submission.view;
    match error {
        Error::Refused(Refusal::Paused { message }) => {
            let text = |message: &str| format!("Nothing was saved. New requests are paused: {message}");
            // An error under a field is plain text, so only a note can quote the message.
            stays_open(view, &text(message)).unwrap_or_else(|| {
                let quoted = format!("\n{}", quote(message, MAX_SECTION));
                note(title, &Message::plain(&text(&quoted)))
            })
        }
        Error::Refused(Refusal::ProductChanged { .. }) => not_now(
            view,
            "Nothing was saved: the product was changed by its owner while this form was open. Copy what you typed, and open the \
             form again.",
        ),
        // The form stays, because a field with another value is all that is missing.
        Error::Refused(refusal @ Refusal::NothingDifferent) => not_now(view, &sentence(refusal)),
        Error::Refused(_) | Error::Failed(_) => refused(edge, submission, title, error),
    }
}

/// Confirms a request for a team-mate. The requester gets no other message about it, as notifications go to the owner.
fn confirm_for_mate(edge: &Edge, submission: &ViewSubmission, owner: Option<&PersonId>) {
    let requester = &submission.origin.person;
    let Some(owner) = owner.filter(|owner| *owner != requester) else { return };
    let text =
        format!("Requested for {}, who gets all updates. You find it on your home tab, too.", mention(owner));
    edge.reply_later(&ReplyTarget::only(requester), Message::plain(&text));
}

/// Shows the form again with its input, after a request no longer fit the limits or newly fits them.
fn as_exception(view: &FormView, why: &str) -> Ack {
    let problem = if view.preview.exception.is_some() {
        format!("Nothing was saved: there is no room for it any more ({why}).")
    } else {
        format!("Nothing was saved: there was no room for it ({why}), but now there is. Submit it again.")
    };
    Ack::UpdateView(Box::new(views::form(view, Some(&problem))))
}

fn under_fields(corrections: Vec<Correction>) -> BTreeMap<String, String> {
    let block = |place: &FieldPlace| match place {
        FieldPlace::Parameter(key) => parameter_block(key),
        FieldPlace::Team => TEAM_BLOCK.to_owned(),
        FieldPlace::Reason => REASON_BLOCK.to_owned(),
        FieldPlace::Ticket => TICKET_BLOCK.to_owned(),
        FieldPlace::Owner => PERSON_BLOCK.to_owned(),
    };
    corrections.into_iter().map(|correction| (block(&correction.place), correction.message)).collect()
}

/// Shows another page, or, if that page cannot store all the input, an error under the longest field of this one.
fn shows(form: &FormView, submission: &ViewSubmission) -> Ack {
    let longest = submission.view.values.iter().max_by_key(|(_, texts)| texts.concat().chars().count());
    match (too_much(form), longest) {
        (Some(too_much), Some((block, _))) => Ack::FieldErrors([(block.to_owned(), too_much)].into()),
        // A page without fields has no place for an error under one.
        _ => Ack::UpdateView(Box::new(views::form(form, None))),
    }
}
