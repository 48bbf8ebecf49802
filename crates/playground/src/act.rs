//! What a user can do outside a form: run a command, click and select in messages and on the home tab, use a
//! shortcut, read and post. Filling in and submitting forms is in `modal`.

use serde_json::{Value, json};

use super::answer::{Ack, DeliveryFailure, LedTo};
use super::place::Place;
use super::state::lock;
use super::workspace::{Message, Workspace};
use super::{Playground, escaped, inputs, payload, view};

impl Playground {
    /// Runs the slash command in `channel`. `text` may start with the command itself.
    pub async fn run_command(&self, person: &str, channel: &str, text: &str) -> Result<Ack, DeliveryFailure> {
        let fields = self.change(|workspace| self.command_fields(workspace, person, channel, text))?;
        let pairs: Vec<_> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let result = match self.deliver_command(&pairs).await {
            Ok((status, body)) => self.take_command_ack(person, channel, status, body),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &result {
            let command = &self.settings().command;
            let code = failure.slack_code();
            let text = format!("`{command}` failed with the error `{code}`");
            self.change(|workspace| workspace.show_trouble(person, text));
        }
        result
    }

    fn command_fields(
        &self,
        workspace: &mut Workspace,
        person: &str,
        channel: &str,
        text: &str,
    ) -> Result<Vec<(&'static str, String)>, DeliveryFailure> {
        let now = self.now();
        workspace.trouble.remove(person);
        let account = workspace.person(person).filter(|account| !account.deleted);
        let account = account.ok_or_else(|| not_there("person", person))?;
        let user_name = account.name.clone();
        let reachable = workspace.channel(channel).filter(|c| c.has(person));
        let channel_id = reachable.ok_or_else(|| not_there("channel", channel))?.id.clone();
        let command = &self.settings().command;
        let whole = text.trim();
        let rest = whole
            .strip_prefix(command.as_str())
            // `/provisioning` is not `/provision` with more text behind it.
            .filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
            .unwrap_or(whole)
            .trim();
        let escapes = self.settings().should_escape;
        let text = if escapes { escaped::of_command(workspace, rest) } else { rest.to_owned() };
        let response = workspace.issue_response_url(person, &channel_id, None, now);
        let identity = workspace.identity.clone();
        let is_for_enterprise = identity.enterprise.is_some().to_string();
        let of_enterprise = identity.enterprise.map(|enterprise| ("enterprise_id", enterprise));
        let fields = [
            ("token", payload::TOKEN.to_owned()),
            ("team_id", identity.team_id),
            ("team_domain", identity.team_domain),
            ("channel_name", payload::channel_name(workspace, &channel_id)),
            ("channel_id", channel_id),
            ("user_id", person.to_owned()),
            ("user_name", user_name),
            ("command", command.clone()),
            ("text", text),
            ("api_app_id", identity.app_id),
            ("is_enterprise_install", is_for_enterprise),
            ("response_url", format!("{}/respond/{response}", self.addresses().public)),
            ("trigger_id", workspace.issue_trigger(person, now)),
        ];
        Ok(fields.into_iter().chain(of_enterprise).collect())
    }

    /// Presses a button, and delivers the click to the bot.
    pub async fn click(
        &self,
        person: &str,
        place: &Place,
        block_id: &str,
        action_id: &str,
    ) -> Result<Ack, DeliveryFailure> {
        let (_, element) =
            self.look(|workspace| payload::locate(workspace, person, place, block_id, action_id))?;
        let mut action = json!({"type": element["type"], "action_id": action_id});
        for key in ["text", "value", "style", "url"] {
            if let Some(value) = element.get(key) {
                action[key] = value.clone();
            }
        }
        self.act(person, place, block_id, action).await
    }

    /// Selects an option, date or id in a select, overflow menu, list of buttons or picker. In an input block
    /// of a form this only fills the field, as in Slack, unless the block dispatches actions.
    pub async fn choose(
        &self,
        person: &str,
        place: &Place,
        block_id: &str,
        action_id: &str,
        value: &str,
    ) -> Result<Ack, DeliveryFailure> {
        self.fill(person, place, block_id, action_id, &json!(value)).await
    }

    /// Fills an element anywhere, and notifies the bot if Slack would.
    pub(super) async fn fill(
        &self,
        person: &str,
        place: &Place,
        block_id: &str,
        action_id: &str,
        input: &Value,
    ) -> Result<Ack, DeliveryFailure> {
        let filled =
            self.change(|workspace| fill_element(workspace, person, place, (block_id, action_id), input))?;
        match filled {
            Filled::Held => Ok(Ack::local(LedTo::Nothing)),
            Filled::Dispatches(action) => self.act(person, place, block_id, action).await,
        }
    }

    /// Sends an action as if an element at `place` had produced it.
    pub async fn act(
        &self,
        person: &str,
        place: &Place,
        block_id: &str,
        mut action: Value,
    ) -> Result<Ack, DeliveryFailure> {
        let public_url = self.addresses().public;
        let now = self.now();
        let payload = self.change(|workspace| {
            workspace.trouble.remove(person);
            action["block_id"] = json!(block_id);
            action["action_ts"] = json!(workspace.next_ts(now));
            payload::block_actions(workspace, person, place, &action, &public_url, now)
        })?;
        self.interact(person, &payload).await
    }

    /// Uses a global shortcut.
    pub async fn shortcut(&self, person: &str, callback_id: &str) -> Result<Ack, DeliveryFailure> {
        let now = self.now();
        let payload = self.change(|workspace| {
            workspace.trouble.remove(person);
            let mut payload = payload::frame(workspace, "shortcut", person);
            payload["callback_id"] = json!(callback_id);
            payload["trigger_id"] = json!(workspace.issue_trigger(person, now));
            payload["action_ts"] = json!(workspace.next_ts(now));
            payload
        });
        self.interact(person, &payload).await
    }

    /// Uses a shortcut of the app on a message.
    pub async fn message_shortcut(
        &self,
        person: &str,
        channel: &str,
        ts: &str,
        callback_id: &str,
    ) -> Result<Ack, DeliveryFailure> {
        let (now, public_url) = (self.now(), self.addresses().public);
        let payload = self.change(|workspace| {
            workspace.trouble.remove(person);
            let visible = workspace.visible(channel, person);
            let message = visible.into_iter().find(|message| message.ts == ts).cloned();
            let message = message.ok_or_else(|| not_there("message", ts))?;
            Ok(payload::message_action(workspace, person, &message, callback_id, &public_url, now))
        })?;
        self.interact(person, &payload).await
    }

    /// Opens the bot's home tab and sends the event to the bot.
    pub async fn open_home(&self, person: &str) -> Result<Ack, DeliveryFailure> {
        let now = self.now();
        let event = self.change(|workspace| {
            let mut event = json!({
                "type": "app_home_opened",
                "user": person,
                "channel": workspace.open_dm(person),
                "tab": "home",
                "event_ts": workspace.next_ts(now),
            });
            if let Some(home) = workspace.homes.get(person) {
                event["view"] = home.to_json(workspace);
            }
            event
        });
        self.send_event(&event).await
    }

    /// Posts a message of a user. The bot gets no event.
    pub fn say(&self, person: &str, channel: &str, text: &str) -> Result<Message, DeliveryFailure> {
        let now = self.now();
        self.change(|workspace| {
            let reachable =
                workspace.channel(channel).is_some_and(|channel| channel.has(person) && !channel.is_archived);
            if !reachable {
                return Err(not_there("channel", channel));
            }
            let message = Message {
                channel: channel.to_owned(),
                ts: String::new(),
                thread_ts: None,
                author: person.to_owned(),
                text: escaped::plain(text),
                blocks: json!([]),
                edited: None,
                ephemeral_to: None,
            };
            Ok(workspace.post(now, message))
        })
    }

    /// Marks everything in a channel as read.
    pub fn mark_read(&self, person: &str, channel: &str) {
        // Not by `change`, which would announce it to every page even if nothing was unread.
        let changed = lock(&self.shared.workspace).mark_read(channel, person);
        if changed {
            self.announce();
        }
    }

    /// Sends an interaction of whose answer Slack only checks the status.
    pub(super) async fn interact(&self, person: &str, payload: &Value) -> Result<Ack, DeliveryFailure> {
        match self.deliver_payload(payload).await {
            Ok((status, body)) => Ok(Ack { status, body, led_to: LedTo::Nothing }),
            Err(failure) => {
                let text = format!("Something went wrong: {failure}. Try again.");
                self.change(|workspace| workspace.show_trouble(person, text));
                Err(failure)
            }
        }
    }
}

enum Filled {
    /// The field holds the value; the bot gets it with the submission.
    Held,
    /// The bot gets this action now.
    Dispatches(Value),
}

fn fill_element(
    workspace: &mut Workspace,
    person: &str,
    place: &Place,
    (block_id, action_id): (&str, &str),
    input: &Value,
) -> Result<Filled, DeliveryFailure> {
    let (block, element) = payload::locate(workspace, person, place, block_id, action_id)?;
    let key = (person.to_owned(), block_id.to_owned(), action_id.to_owned());
    let suggested = workspace.suggested.get(&key).cloned().unwrap_or_default();
    let refuse = |problem: String| DeliveryFailure::NotThere(format!("such choice: {problem}"));
    if element["type"] == "users_select" {
        known_person(workspace, input).map_err(refuse)?;
    }
    // A menu keeps no selection, so there is no value to hold.
    let mut action = if element["type"] == "overflow" {
        let option = inputs::option(&element, input, &[]).map_err(refuse)?;
        json!({"type": "overflow", "selected_option": option})
    } else {
        let state = inputs::fill(&element, input, &suggested).map_err(refuse)?;
        hold(workspace, person, place, (block_id, action_id), &state);
        state
    };
    // As in Slack, an input block dispatches actions only if it says so.
    let silent = block["type"] == "input" && block["dispatch_action"] != json!(true);
    if silent {
        return Ok(Filled::Held);
    }
    action["action_id"] = json!(action_id);
    Ok(Filled::Dispatches(action))
}

/// Checks that the id is an active member, because Slack's client offers nobody else.
fn known_person(workspace: &Workspace, input: &Value) -> Result<(), String> {
    let Some(id) = input.as_str().filter(|id| !id.is_empty()) else { return Ok(()) };
    let active = workspace.person(id).is_some_and(|person| !person.deleted);
    active.then_some(()).ok_or_else(|| format!("there is no person {id}"))
}

fn hold(
    workspace: &mut Workspace,
    person: &str,
    place: &Place,
    (block_id, action_id): (&str, &str),
    state: &Value,
) {
    let values = match place {
        Place::Message { channel, ts } => {
            let key = (person.to_owned(), channel.clone(), ts.clone());
            workspace.picked.entry(key).or_default()
        }
        Place::View { view_id } => match workspace.view_mut(view_id) {
            Some(view) => {
                view.errors.remove(block_id);
                &mut view.values
            }
            None => return,
        },
        Place::Home => match workspace.homes.get_mut(person) {
            Some(home) => &mut home.values,
            None => return,
        },
    };
    view::hold(values, block_id, action_id, state.clone());
}

fn not_there(kind: &str, id: &str) -> DeliveryFailure {
    DeliveryFailure::NotThere(format!("{kind} {id} here"))
}
