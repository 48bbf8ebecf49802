//! `chat.*`: posts, updates and deletes the bot's messages.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::Arguments;
use crate::answer::{Answer, ApiError};
use crate::limits;
use crate::workspace::{Message, Workspace};

/// Longer texts are truncated, as Slack does.
const TEXT_KEPT: usize = 40_000;
/// `chat.update` rejects longer texts.
const UPDATE_TEXT_LIMIT: usize = 4_000;
const ATTACHMENTS_LIMIT: usize = 100;

pub(super) fn post(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let channel = writable_channel(workspace, arguments.required("channel")?)?;
    let (text, blocks) = content(arguments)?;
    let thread_ts = thread(workspace, arguments, &channel);
    let draft = draft(workspace, channel, text, blocks, thread_ts);
    let message = workspace.post(now, draft);
    Ok(json!({
        "channel": message.channel,
        "ts": message.ts,
        "message": message_json(workspace, &message),
    }))
}

pub(super) fn post_ephemeral(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let channel = writable_channel(workspace, arguments.required("channel")?)?;
    let person = arguments.required("user")?.to_owned();
    let (text, blocks) = content(arguments)?;
    let thread_ts = thread(workspace, arguments, &channel);
    let reaches = workspace.channel(&channel).is_some_and(|c| c.has(&person));
    if !reaches {
        return Err("user_not_in_channel".into());
    }
    let mut message = draft(workspace, channel, text, blocks, thread_ts);
    message.ephemeral_to = Some(person);
    let message = workspace.post(now, message);
    Ok(json!({"message_ts": message.ts}))
}

pub(super) fn update(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let channel = arguments.required("channel")?;
    let ts = arguments.required("ts")?;
    let conversation = workspace.channel(channel).ok_or("channel_not_found")?;
    if conversation.is_archived {
        return Err("is_inactive".into());
    }
    let text = arguments.text("text");
    let blocks = checked_blocks(arguments)?;
    if text.is_none() && blocks.is_none() && arguments.value("attachments").is_none() {
        return Err("no_text".into());
    }
    if text.is_some_and(|text| text.chars().count() > UPDATE_TEXT_LIMIT) {
        return Err("msg_too_long".into());
    }
    let bot = workspace.identity.bot_user.clone();
    let before = workspace
        .message(channel, ts)
        // Slack cannot edit an ephemeral message by its timestamp.
        .filter(|message| message.ephemeral_to.is_none())
        .ok_or("message_not_found")?;
    if before.author != bot {
        return Err("cant_update_message".into());
    }
    let blocks = blocks.map(|blocks| workspace.complete_blocks(&blocks));
    let edited = workspace.next_ts(now);
    let message = workspace.message_mut(channel, ts).ok_or("message_not_found")?;
    if let Some(text) = text {
        text.clone_into(&mut message.text);
    }
    if let Some(blocks) = blocks {
        message.blocks = blocks;
    }
    message.edited = Some(edited);
    let message = message.clone();
    Ok(json!({
        "channel": channel,
        "ts": ts,
        "text": message.text,
        "message": message_json(workspace, &message),
    }))
}

pub(super) fn delete(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let channel = arguments.required("channel")?;
    let ts = arguments.required("ts")?;
    workspace.channel(channel).ok_or("channel_not_found")?;
    let message = workspace
        .message(channel, ts)
        .filter(|message| message.ephemeral_to.is_none())
        .ok_or("message_not_found")?;
    if message.author != workspace.identity.bot_user {
        return Err("cant_delete_message".into());
    }
    workspace.delete(channel, ts);
    Ok(json!({"channel": channel, "ts": ts}))
}

pub(super) fn permalink(workspace: &Workspace, arguments: &Arguments, public_url: &str) -> Answer {
    let channel = arguments.required("channel")?;
    let ts = arguments.required("message_ts")?;
    workspace.channel(channel).ok_or("channel_not_found")?;
    workspace.message(channel, ts).ok_or("message_not_found")?;
    let permalink = format!("{public_url}/#{channel}/{ts}");
    Ok(json!({"channel": channel, "permalink": permalink}))
}

/// Returns a message as all answers and payloads contain it.
pub(crate) fn message_json(workspace: &Workspace, message: &Message) -> Value {
    let identity = &workspace.identity;
    let mut json = json!({
        "type": "message",
        "ts": message.ts,
        "user": message.author,
        "team": identity.team_id,
        "text": message.text,
    });
    if message.author == identity.bot_user {
        json["bot_id"] = json!(identity.bot_id);
        json["app_id"] = json!(identity.app_id);
        json["bot_profile"] = json!({
            "id": identity.bot_id,
            "app_id": identity.app_id,
            "user_id": identity.bot_user,
            "name": identity.name,
            "deleted": false,
            "updated": 1_700_000_000,
            "team_id": identity.team_id,
        });
    }
    if message.blocks.as_array().is_some_and(|blocks| !blocks.is_empty()) {
        json["blocks"] = message.blocks.clone();
    }
    if let Some(thread) = &message.thread_ts {
        json["thread_ts"] = json!(thread);
        if let Some(parent) = workspace.message(&message.channel, thread) {
            json["parent_user_id"] = json!(parent.author);
        }
    }
    if let Some(edited) = &message.edited {
        json["edited"] = json!({"user": message.author, "ts": edited});
    }
    json
}

fn draft(
    workspace: &Workspace,
    channel: String,
    text: String,
    blocks: Value,
    thread_ts: Option<String>,
) -> Message {
    Message {
        channel,
        ts: String::new(),
        thread_ts,
        author: workspace.identity.bot_user.clone(),
        text,
        blocks,
        edited: None,
        ephemeral_to: None,
    }
}

/// Returns the id of a conversation that the bot may post to: a channel that it has joined, or a direct
/// message.
fn writable_channel(workspace: &mut Workspace, id: &str) -> Result<String, ApiError> {
    if id.starts_with('U') || id.starts_with('W') {
        // The documentation of chat.postMessage names this error for users whom the app cannot write to
        // (2026-11-29).
        let dm = super::conversations::dm_with(workspace, id);
        return dm.map_err(|_| "channel_not_found".into());
    }
    let channel = workspace.channel(id).ok_or("channel_not_found")?;
    if channel.is_archived {
        return Err("is_archived".into());
    }
    let anywhere = workspace.scopes.iter().any(|scope| scope == "chat:write.public") && !channel.is_private;
    if !channel.has(&workspace.identity.bot_user) && !anywhere {
        // Slack does not reveal that a private channel exists.
        let code = if channel.is_private { "channel_not_found" } else { "not_in_channel" };
        return Err(code.into());
    }
    if channel.is_dm() {
        let gone = |id: &String| workspace.person(id).is_some_and(|person| person.deleted);
        if channel.members.iter().any(gone) {
            return Err("channel_not_found".into());
        }
    }
    Ok(channel.id.clone())
}

fn content(arguments: &Arguments) -> Result<(String, Value), ApiError> {
    let attachments = arguments.value("attachments").and_then(Value::as_array);
    if attachments.is_some_and(|list| list.len() > ATTACHMENTS_LIMIT) {
        return Err("too_many_attachments".into());
    }
    let blocks = checked_blocks(arguments)?.unwrap_or_else(|| json!([]));
    let text = arguments.text("text").unwrap_or_default();
    let nothing = blocks.as_array().is_some_and(Vec::is_empty);
    if text.is_empty() && nothing && attachments.is_none_or(Vec::is_empty) {
        return Err("no_text".into());
    }
    Ok((text.chars().take(TEXT_KEPT).collect(), blocks))
}

fn checked_blocks(arguments: &Arguments) -> Result<Option<Value>, ApiError> {
    let Some(blocks) = arguments.value("blocks") else {
        return Ok(None);
    };
    let problems = limits::check_message_blocks(blocks);
    if problems.is_empty() {
        Ok(Some(blocks.clone()))
    } else {
        Err(ApiError::because("invalid_blocks", problems))
    }
}

/// Returns the thread if its first message exists. As in Slack, a reply to a missing one is posted outside of
/// any thread, which only the answer shows (slack-go/slack#1571, 2026-11-29).
fn thread(workspace: &Workspace, arguments: &Arguments, channel: &str) -> Option<String> {
    let ts = arguments.text("thread_ts")?;
    workspace.message(channel, ts).map(|first| first.ts.clone())
}
