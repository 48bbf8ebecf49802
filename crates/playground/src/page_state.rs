//! The state of one user's screen, as a JSON value for the page.

use serde_json::{Map, Value, json};

use super::Playground;
use super::settings::{Channel, Settings};
use super::state::lock;
use super::workspace::{Message, Workspace};

/// The most messages of a conversation that are sent to the page; older ones stay in the workspace.
const MESSAGES_SHOWN: usize = 200;

impl Playground {
    /// Returns the screen of `person`; `None` if there is no such member.
    pub(super) fn screen(&self, person: &str) -> Option<Value> {
        let version = *self.shared.version.borrow();
        // The direct message with the bot is always listed, as in Slack for an installed app.
        self.look(|workspace| workspace.person(person).map(|_| ()))?;
        lock(&self.shared.workspace).open_dm(person);
        let mut screen = self.look(|workspace| draw(workspace, self.settings(), person));
        screen["version"] = json!(version);
        screen["now"] = json!(self.now().as_millisecond());
        screen["clock"] = self.clock_shown(self.look(|workspace| workspace.ahead));
        Some(screen)
    }
}

fn draw(workspace: &Workspace, settings: &Settings, person: &str) -> Value {
    let channels: Vec<&Channel> = workspace.channels.iter().filter(|channel| channel.has(person)).collect();
    let messages: Map<String, Value> = channels
        .iter()
        .map(|channel| {
            let visible = workspace.visible(&channel.id, person);
            let from = visible.len().saturating_sub(MESSAGES_SHOWN);
            let latest = visible[from..].iter().map(|message| {
                let key = (person.to_owned(), channel.id.clone(), message.ts.clone());
                let picked = workspace.picked.get(&key);
                message_json(message, picked)
            });
            (channel.id.clone(), latest.collect())
        })
        .collect();
    let stack = workspace.views.get(person);
    let views = stack.into_iter().flatten().map(|view| {
        let mut json = view.to_json(workspace);
        json["errors"] = json!(view.errors);
        json
    });
    let trouble =
        workspace.trouble.get(person).map(|trouble| json!({"id": trouble.id, "text": trouble.text}));
    json!({
        "me": person,
        "app": {
            "id": workspace.identity.app_id,
            "name": workspace.identity.name,
            "person": workspace.identity.bot_user,
        },
        "command": settings.command,
        "completions": settings.completions,
        "shortcuts": settings.shortcuts.iter()
            .map(|shortcut| json!({"name": shortcut.name, "callback_id": shortcut.callback_id}))
            .collect::<Value>(),
        "people": people(workspace),
        "groups": workspace.groups.iter()
            .map(|group| json!({"id": group.id, "name": group.name, "handle": group.handle}))
            .collect::<Value>(),
        "channel_names": workspace.channels.iter().filter(|channel| !channel.is_dm())
            .map(|channel| (channel.id.clone(), json!(channel.name)))
            .collect::<Map<_, _>>(),
        "channels": channels.iter()
            .map(|channel| channel_json(workspace, channel, person))
            .collect::<Value>(),
        "messages": messages,
        "views": views.collect::<Value>(),
        "home": workspace.homes.get(person).map(|home| home.to_json(workspace)),
        "error": trouble,
        "waiting": waiting(workspace),
    })
}

fn people(workspace: &Workspace) -> Value {
    let people = workspace.people.iter().map(|person| {
        json!({
            "id": person.id,
            "name": person.name,
            "real_name": person.real_name,
            "title": person.title,
            "tz": person.tz,
            "is_bot": person.is_bot,
            "deleted": person.deleted,
        })
    });
    people.collect()
}

/// Returns the unread messages of each person, so that the page can show who has some.
fn waiting(workspace: &Workspace) -> Value {
    let people = workspace.people.iter().filter(|person| !person.is_bot && !person.deleted);
    let counts: Map<String, Value> = people
        .map(|person| {
            let channels = workspace.channels.iter();
            let count: usize = channels.map(|channel| workspace.unread(&channel.id, &person.id)).sum();
            (person.id.clone(), json!(count))
        })
        .collect();
    Value::Object(counts)
}

fn channel_json(workspace: &Workspace, channel: &Channel, person: &str) -> Value {
    json!({
        "id": channel.id,
        "name": channel.name,
        "kind": if channel.is_dm() { "dm" } else { "channel" },
        "is_archived": channel.is_archived,
        "members": channel.members,
        "unread": workspace.unread(&channel.id, person),
    })
}

fn message_json(message: &Message, picked: Option<&Map<String, Value>>) -> Value {
    json!({
        "channel": message.channel,
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "author": message.author,
        "text": message.text,
        "blocks": message.blocks,
        "edited": message.edited.is_some(),
        "ephemeral": message.ephemeral_to.is_some(),
        "values": picked.cloned().unwrap_or_default(),
    })
}
