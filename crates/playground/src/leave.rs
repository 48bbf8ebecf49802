//! Deactivates accounts of people who leave the company, while the bot is running. How the Web API describes
//! them is in `web_api`.

use serde_json::json;

use super::Playground;
use super::answer::{Ack, DeliveryFailure};
use super::web_api::person_json;
use super::workspace::Workspace;

impl Playground {
    /// Deactivates an account: the person leaves all groups and channels and cannot receive messages. The bot
    /// gets a `user_change` event.
    pub async fn deactivate(&self, person: &str) -> Result<Ack, DeliveryFailure> {
        let now = self.now();
        let event = self.change(|workspace| {
            if !workspace.deactivate(person) {
                return Err(DeliveryFailure::NotThere(format!("person {person} here")));
            }
            let event_ts = workspace.next_ts(now);
            let account = workspace.person(person).map(|person| person_json(workspace, person, now));
            Ok(json!({
                "type": "user_change",
                "user": account,
                "cache_ts": now.as_second(),
                "event_ts": event_ts,
            }))
        })?;
        self.send_event(&event).await
    }
}

impl Workspace {
    /// Deactivates an account. Returns `false` if there is no active one with this id.
    fn deactivate(&mut self, id: &str) -> bool {
        let found =
            self.people.iter_mut().find(|person| person.id == id && !person.deleted && !person.is_bot);
        let Some(person) = found else { return false };
        person.deleted = true;
        for group in &mut self.groups {
            group.members.retain(|member| member != id);
        }
        // Their direct message with the bot stays as an archive.
        for channel in self.channels.iter_mut().filter(|channel| !channel.is_dm()) {
            channel.members.retain(|member| member != id);
        }
        self.views.remove(id);
        self.homes.remove(id);
        true
    }
}
