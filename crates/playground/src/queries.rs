//! Queries for what a user sees, for tests.

use serde_json::Value;

use super::Playground;
use super::workspace::Message;

impl Playground {
    /// Returns the messages that `person` sees in `channel`, oldest first; none if they are not a member.
    pub fn messages(&self, channel: &str, person: &str) -> Vec<Message> {
        self.look(|workspace| {
            let messages = workspace.visible(channel, person);
            messages.into_iter().cloned().collect()
        })
    }

    /// Returns the direct messages between `person` and the bot, oldest first.
    pub fn dm(&self, person: &str) -> Vec<Message> {
        let channel = self.change(|workspace| workspace.open_dm(person));
        self.messages(&channel, person)
    }

    /// Returns the view on top of the person's screen, in the form that payloads contain it.
    pub fn view(&self, person: &str) -> Option<Value> {
        self.look(|workspace| {
            let view = workspace.views.get(person)?.last()?;
            Some(view.to_json(workspace))
        })
    }

    /// Returns the field errors of the view on top, by block id.
    pub fn field_errors(&self, person: &str) -> Vec<(String, String)> {
        self.look(|workspace| {
            let top = workspace.views.get(person).and_then(|stack| stack.last());
            top.map(|view| view.errors.clone().into_iter().collect()).unwrap_or_default()
        })
    }

    /// Returns every message that only `person` sees, oldest first.
    pub fn ephemerals(&self, person: &str) -> Vec<Message> {
        self.look(|workspace| {
            let messages = workspace.messages.iter();
            messages.filter(|message| message.ephemeral_to.as_deref() == Some(person)).cloned().collect()
        })
    }

    /// Returns the person's home tab, once the bot has published one.
    pub fn home(&self, person: &str) -> Option<Value> {
        self.look(|workspace| Some(workspace.homes.get(person)?.to_json(workspace)))
    }

    /// Returns the error that Slack shows `person` if their last action did not reach the bot.
    pub fn error_shown(&self, person: &str) -> Option<String> {
        self.look(|workspace| Some(workspace.trouble.get(person)?.text.clone()))
    }

    /// Returns the number of unread messages of `person` in `channel`.
    pub fn unread(&self, channel: &str, person: &str) -> usize {
        self.look(|workspace| workspace.unread(channel, person))
    }
}
