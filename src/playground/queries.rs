//! What a person sees, for tests to ask.

use serde_json::Value;

use super::Playground;
use super::workspace::Message;

impl Playground {
    /// The messages `person` sees in `channel`, oldest first; none where they are no member.
    pub fn messages(&self, channel: &str, person: &str) -> Vec<Message> {
        self.look(|workspace| {
            let messages = workspace.visible(channel, person);
            messages.into_iter().cloned().collect()
        })
    }

    /// The direct messages between `person` and the bot, oldest first.
    pub fn dm(&self, person: &str) -> Vec<Message> {
        let channel = self.change(|workspace| workspace.open_dm(person));
        self.messages(&channel, person)
    }

    /// The view on top of the person's screen, as payloads carry it.
    pub fn view(&self, person: &str) -> Option<Value> {
        self.look(|workspace| {
            let view = workspace.views.get(person)?.last()?;
            Some(view.to_json(workspace))
        })
    }

    /// Errors under the fields of the view on top, by block id.
    pub fn field_errors(&self, person: &str) -> Vec<(String, String)> {
        self.look(|workspace| {
            let top = workspace.views.get(person).and_then(|stack| stack.last());
            top.map(|view| view.errors.clone().into_iter().collect()).unwrap_or_default()
        })
    }

    /// Every message only `person` sees, oldest first.
    pub fn ephemerals(&self, person: &str) -> Vec<Message> {
        self.look(|workspace| {
            let messages = workspace.messages.iter();
            messages.filter(|message| message.ephemeral_to.as_deref() == Some(person)).cloned().collect()
        })
    }

    /// The person's home tab, once the bot published one.
    pub fn home(&self, person: &str) -> Option<Value> {
        self.look(|workspace| Some(workspace.homes.get(person)?.to_json(workspace)))
    }

    /// What Slack tells `person` about their last action, if it went wrong on the way to the bot.
    pub fn error_shown(&self, person: &str) -> Option<String> {
        self.look(|workspace| Some(workspace.trouble.get(person)?.text.clone()))
    }

    /// How many messages `person` has not read in `channel`.
    pub fn unread(&self, channel: &str, person: &str) -> usize {
        self.look(|workspace| workspace.unread(channel, person))
    }
}
