//! What a user can do with a form: fill in a field, search in one, submit it, cancel it and close it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Ack, DeliveryFailure, LedTo};
use super::state::lock;
use super::view::View;
use super::{Place, Playground, limits, normalize, payload};

/// How many options offered for a field remain selectable.
const SUGGESTIONS_KEPT: usize = 1_000;

impl Playground {
    /// Fills a field of an open view with text, an option's value, an id, a date, or a list of these; null
    /// clears it. The bot is notified only if the block dispatches actions.
    pub async fn set_input(
        &self,
        person: &str,
        view_id: &str,
        block_id: &str,
        action_id: &str,
        input: Value,
    ) -> Result<Ack, DeliveryFailure> {
        let place = Place::view(view_id);
        self.fill(person, &place, block_id, action_id, &input).await
    }

    /// Submits the form. Slack's client first checks required fields, lengths and bounds.
    pub async fn submit(&self, person: &str, view_id: &str) -> Result<Ack, DeliveryFailure> {
        let (now, public_url) = (self.now(), self.addresses().public);
        let payload = self.change(|workspace| {
            workspace.trouble.remove(person);
            // Only the person who has it open can submit it; `view_mut` would find anybody's.
            payload::view_at(workspace, person, &Place::view(view_id))?;
            let Some(view) = workspace.view_mut(view_id) else {
                return Err(DeliveryFailure::NotThere(format!("view {view_id}")));
            };
            let complaints = view.complaints();
            view.errors.clone_from(&complaints);
            if !complaints.is_empty() {
                return Err(DeliveryFailure::Incomplete(complaints));
            }
            payload::view_submission(workspace, person, view_id, &public_url, now)
        })?;
        let result = match self.deliver_payload(&payload).await {
            Ok((status, body)) => self.take_submission_ack(person, view_id, status, body),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &result {
            let text = format!("We had some trouble sending this: {failure}. Try again.");
            self.change(|workspace| workspace.show_trouble(person, text));
        }
        result
    }

    /// Closes a view with its close button; the one below becomes visible.
    pub async fn close(&self, person: &str, view_id: &str) -> Result<Ack, DeliveryFailure> {
        let clears = self.look(|workspace| {
            let view = payload::view_at(workspace, person, &Place::view(view_id))?;
            Ok(view.asks("clear_on_close"))
        })?;
        if clears {
            return self.dismiss(person).await;
        }
        let closed = self.change(|workspace| workspace.close_view(person, view_id));
        self.tell_closed(person, &closed, false).await;
        Ok(Ack::local(LedTo::ViewClosed))
    }

    /// Closes all open views with the cross in the corner.
    pub async fn dismiss(&self, person: &str) -> Result<Ack, DeliveryFailure> {
        let closed = self.change(|workspace| workspace.views.remove(person).unwrap_or_default());
        self.tell_closed(person, &closed, true).await;
        Ok(Ack::local(LedTo::ViewsCleared))
    }

    /// Notifies the bot of closed views that asked for it. Slack does not retry this or show a failure.
    async fn tell_closed(&self, person: &str, closed: &[View], is_cleared: bool) {
        for view in closed.iter().rev().filter(|view| view.asks("notify_on_close")) {
            let payload = self.look(|workspace| payload::view_closed(workspace, person, view, is_cleared));
            let _ = self.deliver_payload(&payload).await;
        }
    }

    /// Types into an external select and returns the options that the bot offers.
    pub async fn suggest(
        &self,
        person: &str,
        place: &Place,
        block_id: &str,
        action_id: &str,
        typed: &str,
    ) -> Result<Vec<Value>, DeliveryFailure> {
        let ids = (block_id, action_id);
        let payload = self.look(|workspace| {
            payload::locate(workspace, person, place, block_id, action_id)?;
            payload::block_suggestion(workspace, person, place, ids, typed)
        })?;
        let (_, body) = self.deliver_payload(&payload).await?;
        let options = offered(&body)?;
        let key = (person.to_owned(), block_id.to_owned(), action_id.to_owned());
        // Keep earlier options: one selected earlier stays valid while the user types on.
        let mut workspace = lock(&self.shared.workspace);
        let kept = workspace.suggested.entry(key).or_default();
        kept.splice(0..0, options.clone());
        kept.truncate(SUGGESTIONS_KEPT);
        Ok(options)
    }

    pub(super) fn show_errors(&self, view_id: &str, errors: &BTreeMap<String, String>) {
        self.change(|workspace| {
            if let Some(view) = workspace.view_mut(view_id) {
                view.errors.clone_from(errors);
            }
        });
    }
}

fn offered(body: &str) -> Result<Vec<Value>, DeliveryFailure> {
    let answer: Value = serde_json::from_str(body)
        .map_err(|_| DeliveryFailure::BadAnswer("options that are not JSON".to_owned()))?;
    let problems = limits::check_options_answer(&answer);
    if !problems.is_empty() {
        return Err(DeliveryFailure::BadAnswer(problems.join("; ")));
    }
    let element = normalize::texts(&json!({
        "options": answer["options"],
        "option_groups": answer["option_groups"],
    }));
    let options = super::inputs::options(&element);
    Ok(options.into_iter().cloned().collect())
}
