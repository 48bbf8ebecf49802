//! A person in front of Slack: what they type and press, and what they see. After everything they do, whatever is due
//! by then has been done.

use std::sync::Arc;

use playground::{Ack, DeliveryFailure, LedTo, Message, Place, Playground};
use serde_json::{Value, json};

use super::{Desk, transcript};

/// Somebody of the playground.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// `U…`.
    pub(crate) id: &'static str,
    /// Where they type commands.
    channel: &'static str,
    desk: Arc<Desk>,
}

/// A button as it stood on somebody's screen.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    /// Where it stood.
    pub(crate) place: Place,
    /// In which block.
    pub(crate) block_id: String,
    /// What pressing it sends.
    pub(crate) action: Value,
}

impl Person {
    pub(super) fn new(id: &'static str, channel: &'static str, desk: &Arc<Desk>) -> Self {
        Self { id, channel, desk: Arc::clone(desk) }
    }

    fn slack(&self) -> &Playground {
        &self.desk.playground
    }

    /// Types a slash command in their usual channel.
    pub(crate) async fn runs(&self, command: &str) -> Ack {
        self.tries_to_run(command).await.unwrap()
    }

    /// As [`Person::runs`], where the bot may not answer.
    pub(super) async fn tries_to_run(&self, command: &str) -> Result<Ack, DeliveryFailure> {
        let ack = self.slack().run_command(self.id, self.channel, command).await;
        self.desk.settle().await;
        ack
    }

    /// Opens a form by its command, fills it and sends it; the id of the request that it became.
    pub(crate) async fn asks_for(&self, product: &str, fields: &[(&str, &str)]) -> String {
        self.runs(&format!("/provision {product}")).await;
        self.fills(fields).await;
        assert_eq!(self.submits().await, LedTo::ViewsCleared, "{}", self.form());
        self.desk.newest_request().await.id.to_string()
    }

    /// Fills fields of the open form: a text, or an option's value or label.
    pub(crate) async fn fills(&self, fields: &[(&str, &str)]) {
        for (field, value) in fields {
            self.tries_to_fill(field, value).await.unwrap();
        }
        self.desk.settle().await;
    }

    pub(super) async fn tries_to_fill(&self, field: &str, value: &str) -> Result<(), DeliveryFailure> {
        let view = self.view();
        let block_id = match field {
            "reason" | "team" | "name" | "person" | "until" | "ticket" | "lease" => (*field).to_owned(),
            parameter => format!("param.{parameter}"),
        };
        let block = blocks(&view).find(|block| block["block_id"] == *block_id);
        let block = block.unwrap_or_else(|| panic!("no field {field} in {}", self.form()));
        let element = if block["type"] == "input" { &block["element"] } else { &block["elements"][0] };
        let action_id = element["action_id"].as_str().unwrap();
        let view_id = view["id"].as_str().unwrap();
        let place = Place::view(view_id);
        let pick = async |typed: &str| {
            let offered = self.slack().suggest(self.id, &place, &block_id, action_id, typed).await?;
            Ok(offered.first().unwrap_or_else(|| panic!("nothing offered for {typed}"))["value"].clone())
        };
        let input = if element["type"] == "external_select" {
            pick(value).await?
        } else if element["type"] == "multi_external_select" {
            let mut picked = Vec::new();
            for typed in value.split(',') {
                picked.push(pick(typed.trim()).await?);
            }
            json!(picked)
        } else {
            let options = element["options"].as_array().into_iter().flatten();
            let mut meant =
                options.filter(|option| option["value"] == *value || option["text"]["text"] == *value);
            meant.next().map_or_else(|| json!(value), |option| option["value"].clone())
        };
        let filled = self.slack().set_input(self.id, view_id, &block_id, action_id, input).await;
        // Slack's client sends one change after the other, and each may rewrite the form.
        self.desk.settle().await;
        filled.map(drop)
    }

    /// What a type-ahead field offers for this text, as labels.
    pub(crate) async fn types_ahead(&self, parameter: &str, typed: &str) -> Vec<String> {
        let place = Place::view(self.view()["id"].as_str().unwrap());
        let block_id = format!("param.{parameter}");
        let offered = self.slack().suggest(self.id, &place, &block_id, "value", typed).await.unwrap();
        offered.iter().map(|option| option["text"]["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Presses the form's button.
    pub(crate) async fn submits(&self) -> LedTo {
        self.tries_to_submit().await.unwrap()
    }

    /// As [`Person::submits`], where Slack's own client may object.
    pub(crate) async fn tries_to_submit(&self) -> Result<LedTo, DeliveryFailure> {
        let view = self.view();
        self.desk.clock.sees_a_form_sent();
        let sent = self.slack().submit(self.id, view["id"].as_str().unwrap()).await;
        self.desk.settle().await;
        sent.map(|ack| ack.led_to)
    }

    /// Presses the form's button and looks at the answer, before anything else has happened.
    pub(crate) async fn submits_and_looks(&self) {
        let view = self.view();
        self.desk.clock.sees_a_form_sent();
        self.slack().submit(self.id, view["id"].as_str().unwrap()).await.unwrap();
    }

    /// Presses the button with this text and looks at the answer, before anything else has happened.
    pub(crate) async fn clicks_and_looks(&self, button: &str) {
        let (place, block_id, action_id) = self.find(button);
        self.slack().click(self.id, &place, &block_id, &action_id).await.unwrap();
    }

    /// Presses the button with this text: in the open form, else in the newest message that has one.
    pub(crate) async fn clicks(&self, button: &str) {
        self.tries_to_click(button).await.unwrap();
    }

    /// As [`Person::clicks`], where the bot may not answer.
    pub(super) async fn tries_to_click(&self, button: &str) -> Result<Ack, DeliveryFailure> {
        let (place, block_id, action_id) = self.find(button);
        let clicked = self.slack().click(self.id, &place, &block_id, &action_id).await;
        self.desk.settle().await;
        clicked
    }

    /// Closes the form that is open.
    pub(super) async fn closes(&self) {
        self.slack().close(self.id, self.view()["id"].as_str().unwrap()).await.unwrap();
    }

    /// Closes every form that is open.
    pub(crate) async fn closes_all(&self) {
        while self.has_a_form() {
            self.closes().await;
        }
    }

    /// Whether the open form has this field.
    pub(crate) fn asks_in_form(&self, field: &str) -> bool {
        self.slack().view(self.id).is_some_and(|view| blocks(&view).any(|block| block["block_id"] == *field))
    }

    /// Whether they have a form open.
    pub(crate) fn has_a_form(&self) -> bool {
        self.slack().view(self.id).is_some()
    }

    /// Looks at the bot's home tab.
    pub(crate) async fn opens_home(&self) {
        self.tries_to_open_home().await.unwrap();
    }

    /// As [`Person::opens_home`], where the bot may not answer.
    pub(super) async fn tries_to_open_home(&self) -> Result<(), DeliveryFailure> {
        let opened = self.slack().open_home(self.id).await;
        self.desk.settle().await;
        opened.map(drop)
    }

    /// The home tab as it was published last; a dash where it never was.
    pub(crate) fn home(&self) -> String {
        let home = self.slack().home(self.id);
        home.map_or("-".to_owned(), |home| transcript::lines(&home["blocks"]))
    }

    /// Presses the first button with this text on the home tab.
    pub(crate) async fn clicks_at_home(&self, button: &str) {
        self.clicks_at_home_about(None, button).await;
    }

    /// As [`Person::clicks_at_home`], of several such buttons the one about this request.
    pub(crate) async fn clicks_at_home_for(&self, request: &str, button: &str) {
        self.clicks_at_home_about(Some(request), button).await;
    }

    async fn clicks_at_home_about(&self, request: Option<&str>, button: &str) {
        let home = self.slack().home(self.id).unwrap();
        let found = pressable(&home["blocks"], button, request);
        let (block_id, action_id) = found.unwrap_or_else(|| panic!("no button {button} in\n{}", self.home()));
        self.slack().click(self.id, &Place::Home, &block_id, &action_id).await.unwrap();
        self.desk.settle().await;
    }

    /// As [`Person::clicks`], of several such buttons the one about this request.
    pub(crate) async fn clicks_for(&self, request: &str, button: &str) {
        self.presses(&self.remembers_for(request, button)).await;
    }

    /// The button with this text as it is now, to be pressed later on a screen that was not refreshed.
    pub(crate) fn remembers(&self, button: &str) -> Remembered {
        self.remembers_at(self.find(button))
    }

    /// As [`Person::remembers`], of several such buttons the one about this request.
    pub(crate) fn remembers_for(&self, request: &str, button: &str) -> Remembered {
        let found = self.found(button, Some(request));
        self.remembers_at(found.unwrap_or_else(|| panic!("no {button} for it in\n{}", self.everything())))
    }

    /// As [`Person::remembers`], of several such buttons the one whose value ends in this.
    pub(crate) fn remembers_about(&self, ending: &str, button: &str) -> Remembered {
        let mut messages = self.messages();
        messages.sort_by(|one, other| one.ts.cmp(&other.ts));
        let found = messages.iter().rev().find_map(|message| {
            let elements = message.blocks.as_array()?.iter().flat_map(|block| {
                block["elements"].as_array().into_iter().flatten().map(move |element| (block, element))
            });
            let is_it = |element: &Value| {
                element["text"]["text"] == button
                    && element["value"].as_str().is_some_and(|v| v.ends_with(ending))
            };
            let (block, element) = elements.into_iter().find(|(_, element)| is_it(element))?;
            let ids = (block["block_id"].as_str()?.to_owned(), element["action_id"].as_str()?.to_owned());
            Some((Place::message(&message.channel, &message.ts), ids.0, ids.1))
        });
        self.remembers_at(
            found.unwrap_or_else(|| panic!("no {button} about {ending} in\n{}", self.everything())),
        )
    }

    fn remembers_at(&self, (place, block_id, action_id): (Place, String, String)) -> Remembered {
        let shown = match &place {
            Place::Message { channel, ts } => {
                let messages = self.slack().messages(channel, self.id);
                messages.iter().find(|message| message.ts == *ts).unwrap().blocks.clone()
            }
            Place::View { .. } | Place::Home => self.view()["blocks"].clone(),
        };
        let block = shown.as_array().unwrap().iter().find(|block| block["block_id"] == *block_id).unwrap();
        let elements = block["elements"].as_array().into_iter().flatten().chain(block.get("accessory"));
        let element = elements.into_iter().find(|element| element["action_id"] == *action_id).unwrap();
        let action = json!({
            "type": "button", "action_id": action_id, "text": element["text"], "value": element["value"],
        });
        Remembered { place, block_id, action }
    }

    /// Presses a remembered button.
    pub(crate) async fn presses(&self, button: &Remembered) {
        let Remembered { place, block_id, action } = button;
        self.slack().act(self.id, place, block_id, action.clone()).await.unwrap();
        self.desk.settle().await;
    }

    /// Sends the open form as a client could that was tampered with; what Slack would show then.
    pub(crate) async fn forges_submission(&self, tamper: impl FnOnce(&mut Value)) -> String {
        let mut payload = json!({
            "type": "view_submission",
            "user": {"id": self.id, "team_id": "T0PLAY"},
            "team": {"id": "T0PLAY", "domain": "playground"},
            "trigger_id": "1.2.3",
            "view": self.view(),
        });
        tamper(&mut payload);
        let (status, body) = self.desk.posts_payload("/slack/interactions", &payload).await;
        self.desk.settle().await;
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        match answer["response_action"].as_str() {
            Some("update") => transcript::form(&answer["view"], &[]),
            _ => format!("{status} {body}"),
        }
    }

    /// Whether they see a button with this text anywhere.
    pub(crate) fn can_click(&self, button: &str) -> bool {
        self.found(button, None).is_some()
    }

    /// As [`Person::can_click`], about this request.
    pub(crate) fn can_click_for(&self, request: &str, button: &str) -> bool {
        self.found(button, Some(request)).is_some()
    }

    /// Where the button with this text is: its place, block and action, for clicks of a strange kind.
    pub(crate) fn find(&self, button: &str) -> (Place, String, String) {
        let found = self.found(button, None);
        found.unwrap_or_else(|| panic!("{} sees no button {button} in\n{}", self.id, self.everything()))
    }

    fn found(&self, button: &str, request: Option<&str>) -> Option<(Place, String, String)> {
        if let Some(view) = self.slack().view(self.id)
            && let Some((block_id, action_id)) = pressable(&view["blocks"], button, request)
        {
            return Some((Place::view(view["id"].as_str()?), block_id, action_id));
        }
        let mut messages = self.messages();
        messages.sort_by(|one, other| one.ts.cmp(&other.ts));
        messages.iter().rev().find_map(|message| {
            let (block_id, action_id) = pressable(&message.blocks, button, request)?;
            Some((Place::message(&message.channel, &message.ts), block_id, action_id))
        })
    }

    /// Every message they see.
    fn messages(&self) -> Vec<Message> {
        let channels = self.slack().look(|workspace| {
            workspace.channels.iter().map(|channel| channel.id.clone()).collect::<Vec<_>>()
        });
        channels.iter().flat_map(|channel| self.slack().messages(channel, self.id)).collect()
    }

    /// Every message they see, for a test that fails.
    pub(crate) fn everything(&self) -> String {
        self.messages().iter().map(transcript::message).collect::<Vec<_>>().join("\n\n")
    }

    fn view(&self) -> Value {
        self.slack().view(self.id).unwrap_or_else(|| panic!("{} has no form open", self.id))
    }

    /// The open form; a dash where there is none.
    pub(crate) fn form(&self) -> String {
        let view = self.slack().view(self.id);
        view.map_or("-".to_owned(), |view| transcript::form(&view, &self.slack().field_errors(self.id)))
    }

    /// The newest message that only they see in a channel.
    pub(crate) fn is_told(&self) -> String {
        let messages = self.slack().ephemerals(self.id);
        messages.last().map_or("-".to_owned(), transcript::message)
    }

    /// Their conversation with the bot, oldest first, without the answers that vanish.
    pub(crate) fn dms(&self) -> Vec<String> {
        let messages = self.slack().dm(self.id);
        messages.iter().filter(|message| message.ephemeral_to.is_none()).map(transcript::message).collect()
    }

    /// The newest message of the bot to them.
    pub(crate) fn newest_dm(&self) -> String {
        self.dms().pop().unwrap_or_else(|| "-".to_owned())
    }

    /// A channel, oldest first, with a mark before replies in a thread.
    pub(crate) fn reads(&self, channel: &str) -> String {
        let messages = self.slack().messages(channel, self.id);
        let shown = messages.iter().filter(|message| message.ephemeral_to.is_none()).map(|message| {
            let text = transcript::message(message);
            if message.thread_ts.is_some() { format!("> {}", text.replace('\n', "\n> ")) } else { text }
        });
        shown.collect::<Vec<_>>().join("\n\n")
    }
}

fn blocks(view: &Value) -> impl Iterator<Item = &Value> {
    view["blocks"].as_array().into_iter().flatten()
}

/// The block and the action of the button with this text, where one is asked for about this request.
/// The block and the action of the first button with this text, about this request where one is named.
pub(crate) fn pressable(blocks: &Value, button: &str, request: Option<&str>) -> Option<(String, String)> {
    blocks.as_array().into_iter().flatten().find_map(|block| {
        let elements = block["elements"].as_array().into_iter().flatten();
        let mut elements = elements.chain(block.get("accessory"));
        let is_about = |element: &Value| {
            let value = element["value"].as_str().unwrap_or_default();
            request.is_none_or(|request| value.starts_with(request))
        };
        let element = elements.find(|element| {
            element["type"] == "button" && element["text"]["text"] == button && is_about(element)
        })?;
        Some((block["block_id"].as_str()?.to_owned(), element["action_id"].as_str()?.to_owned()))
    })
}
