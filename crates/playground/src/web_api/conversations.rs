//! `conversations.*`: channels, their members and direct messages.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::Arguments;
use crate::answer::{Answer, ApiError};
use crate::settings::Channel;
use crate::workspace::Workspace;

/// The creation time of all channels.
const CREATED: i64 = 1_700_000_000;

pub(super) fn open(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let id = match (arguments.text("channel"), arguments.text("users")) {
        (Some(channel), _) => {
            let channel = workspace.channel(channel).ok_or("channel_not_found")?;
            channel.id.clone()
        }
        (None, Some(people)) if people.contains(',') => {
            return Err("method_not_supported_for_channel_type".into());
        }
        (None, Some(person)) => dm_with(workspace, person).map_err(|none| match none {
            NoDm::Left => "user_disabled",
            NoDm::Nobody => "user_not_found",
        })?,
        (None, None) => return Err("users_list_not_supplied".into()),
    };
    let channel = workspace.channel(&id).ok_or("channel_not_found")?;
    let channel = if arguments.flag("return_im") {
        channel_json(workspace, channel, now)
    } else {
        json!({"id": channel.id})
    };
    Ok(json!({"no_op": false, "already_open": false, "channel": channel}))
}

/// Why there is no direct message with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoDm {
    /// The account is deactivated.
    Left,
    /// There is no such person. Apps do not count.
    Nobody,
}

/// Returns the direct message with a person who can have one.
pub(super) fn dm_with(workspace: &mut Workspace, person: &str) -> Result<String, NoDm> {
    let account = workspace.person(person).filter(|account| !account.is_bot).ok_or(NoDm::Nobody)?;
    if account.deleted {
        return Err(NoDm::Left);
    }
    Ok(workspace.open_dm(person))
}

pub(super) fn show(workspace: &Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let channel = known(workspace, arguments)?;
    let mut json = channel_json(workspace, channel, now);
    if arguments.flag("include_num_members") {
        json["num_members"] = json!(channel.members.len());
    }
    Ok(json!({"channel": json}))
}

pub(super) fn members(workspace: &Workspace, arguments: &Arguments) -> Answer {
    let channel = known(workspace, arguments)?;
    let (members, cursor) = arguments.page(channel.members.clone())?;
    Ok(json!({"members": members, "response_metadata": {"next_cursor": cursor}}))
}

pub(super) fn join(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let id = known(workspace, arguments)?.id.clone();
    let bot = workspace.identity.bot_user.clone();
    let channel =
        workspace.channels.iter_mut().find(|channel| channel.id == id).ok_or("channel_not_found")?;
    if channel.is_archived {
        return Err("is_archived".into());
    }
    if channel.is_private {
        return Err("method_not_supported_for_channel_type".into());
    }
    let already = channel.has(&bot);
    if !already {
        channel.members.push(bot);
    }
    let channel = workspace.channel(&id).ok_or("channel_not_found")?;
    let mut answer = json!({"channel": channel_json(workspace, channel, now)});
    if already {
        answer["warning"] = json!("already_in_channel");
        answer["response_metadata"] = json!({"warnings": ["already_in_channel"]});
    }
    Ok(answer)
}

/// Finds a channel. To the bot, a private channel that it is not in does not exist.
fn known<'a>(workspace: &'a Workspace, arguments: &Arguments) -> Result<&'a Channel, ApiError> {
    workspace
        .channel(arguments.required("channel")?)
        .filter(|channel| !channel.is_private || channel.has(&workspace.identity.bot_user))
        .ok_or_else(|| "channel_not_found".into())
}

fn channel_json(workspace: &Workspace, channel: &Channel, now: Timestamp) -> Value {
    let bot = &workspace.identity.bot_user;
    if channel.is_dm() {
        let person = channel.members.iter().find(|member| *member != bot);
        let gone = person.and_then(|id| workspace.person(id)).is_some_and(|person| person.deleted);
        return json!({
            "id": channel.id, "created": CREATED, "is_im": true, "is_org_shared": false,
            "is_archived": false, "user": person, "is_user_deleted": gone, "is_open": true,
            "priority": 0, "context_team_id": workspace.identity.team_id,
            "updated": now.as_millisecond(),
        });
    }
    let topic = json!({"value": "", "creator": "", "last_set": 0});
    json!({
        "id": channel.id, "name": channel.name, "name_normalized": channel.name,
        "is_channel": !channel.is_private, "is_group": channel.is_private, "is_im": false,
        "is_mpim": false, "is_private": channel.is_private, "created": CREATED,
        "creator": "U0ADMIN", "is_archived": channel.is_archived,
        "is_general": channel.name == "general", "unlinked": 0, "is_shared": false,
        "is_org_shared": false, "is_ext_shared": false, "is_pending_ext_shared": false,
        "pending_shared": [], "shared_team_ids": [workspace.identity.team_id],
        "context_team_id": workspace.identity.team_id, "is_member": channel.has(bot),
        "topic": topic, "purpose": topic, "previous_names": [],
        "updated": now.as_millisecond(),
    })
}
