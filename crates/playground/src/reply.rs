//! Interprets the body of an ack: the answer to a command or to a submitted form.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Ack, DeliveryFailure, LedTo};
use super::workspace::Message;
use super::{Playground, limits};

impl Playground {
    /// Handles the answer to a command: empty, plain text, or JSON with `response_type`, `text` and `blocks`.
    pub(super) fn take_command_ack(
        &self,
        person: &str,
        channel: &str,
        status: u16,
        body: String,
    ) -> Result<Ack, DeliveryFailure> {
        if body.trim().is_empty() {
            let led_to = LedTo::Nothing;
            return Ok(Ack { status, body, led_to });
        }
        // A body that is not a JSON object is shown as plain text.
        let answer: Value = serde_json::from_str(&body)
            .ok()
            .filter(Value::is_object)
            .unwrap_or_else(|| json!({"text": body}));
        let nothing = answer.get("text").is_none() && answer.get("blocks").is_none();
        let ts = if nothing { None } else { Some(self.post_answer(person, channel, None, &answer)?.ts) };
        let led_to = ts.map_or(LedTo::Nothing, LedTo::Message);
        Ok(Ack { status, body, led_to })
    }

    /// Posts an answer to a command or a `response_url`; ephemeral by default.
    pub(super) fn post_answer(
        &self,
        person: &str,
        channel: &str,
        thread_ts: Option<String>,
        answer: &Value,
    ) -> Result<Message, DeliveryFailure> {
        let blocks = answer.get("blocks").cloned().unwrap_or_else(|| json!([]));
        let problems = limits::check_message_blocks(&blocks);
        if !problems.is_empty() {
            return Err(DeliveryFailure::BadAnswer(problems.join("; ")));
        }
        let public = answer["response_type"] == "in_channel";
        let now = self.now();
        Ok(self.change(|workspace| {
            let channel =
                workspace.channel(channel).map_or_else(|| channel.to_owned(), |channel| channel.id.clone());
            let message = Message {
                channel,
                ts: String::new(),
                thread_ts,
                author: workspace.identity.bot_user.clone(),
                text: answer["text"].as_str().unwrap_or_default().to_owned(),
                blocks,
                edited: None,
                ephemeral_to: (!public).then(|| person.to_owned()),
            };
            workspace.post(now, message)
        }))
    }

    /// Handles the answer to a submission: an empty one closes the view, otherwise `response_action` decides.
    pub(super) fn take_submission_ack(
        &self,
        person: &str,
        view_id: &str,
        status: u16,
        body: String,
    ) -> Result<Ack, DeliveryFailure> {
        let answer: Value = if body.trim().is_empty() {
            json!({})
        } else {
            serde_json::from_str(&body)
                .map_err(|_| DeliveryFailure::BadAnswer("a body that is not JSON".to_owned()))?
        };
        let led_to = match answer["response_action"].as_str() {
            None => {
                self.change(|workspace| workspace.close_view(person, view_id));
                LedTo::ViewClosed
            }
            Some("clear") => {
                self.change(|workspace| workspace.views.remove(person));
                LedTo::ViewsCleared
            }
            Some("errors") => self.take_errors(view_id, &answer["errors"])?,
            Some(action @ ("update" | "push")) => self.take_view(person, view_id, action, &answer["view"])?,
            Some(other) => {
                let problem = format!("unknown response_action {other}");
                return Err(DeliveryFailure::BadAnswer(problem));
            }
        };
        Ok(Ack { status, body, led_to })
    }

    fn take_errors(&self, view_id: &str, errors: &Value) -> Result<LedTo, DeliveryFailure> {
        let errors: BTreeMap<String, String> = serde_json::from_value(errors.clone())
            .map_err(|_| DeliveryFailure::BadAnswer("errors that are not texts".to_owned()))?;
        let stray = self.look(|workspace| {
            let view = workspace.find_view(view_id).map(|(_, view)| view);
            let is_input = |block: &str| view.is_some_and(|view| view.has_input(block));
            errors.keys().find(|block| !is_input(block)).cloned()
        });
        if let Some(block) = stray {
            let problem = format!("an error for {block}, which is no input block");
            return Err(DeliveryFailure::BadAnswer(problem));
        }
        if errors.is_empty() {
            return Err(DeliveryFailure::BadAnswer("no errors".to_owned()));
        }
        self.show_errors(view_id, &errors);
        Ok(LedTo::FieldErrors(errors))
    }

    fn take_view(
        &self,
        person: &str,
        view_id: &str,
        action: &str,
        view: &Value,
    ) -> Result<LedTo, DeliveryFailure> {
        let mut problems = limits::check_view(view);
        if view["type"] != "modal" {
            problems.push("[ERROR] must be a modal view [json-pointer:/view/type]".to_owned());
        }
        if !problems.is_empty() {
            return Err(DeliveryFailure::BadAnswer(problems.join("; ")));
        }
        let now = self.now();
        self.change(|workspace| {
            if action == "push" {
                workspace
                    .push_view(person, view, now)
                    .map_err(|code| DeliveryFailure::BadAnswer(code.to_owned()))?;
                return Ok(LedTo::ViewPushed);
            }
            let gone = || DeliveryFailure::NotThere(format!("view {view_id}"));
            workspace.replace_view(view_id, view, now).ok_or_else(gone)?;
            Ok(LedTo::ViewUpdated)
        })
    }
}
