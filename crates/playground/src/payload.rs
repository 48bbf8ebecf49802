//! The payloads that the bot receives, with the fields that Slack sends.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::DeliveryFailure;
use super::normalize;
use super::place::Place;
use super::view::View;
use super::web_api::message_json;
use super::workspace::{Message, Workspace};

/// The deprecated verification token, which a bot must not rely on.
pub(super) const TOKEN: &str = "playground";

/// Returns the fields that all interactions share.
pub(super) fn frame(workspace: &Workspace, kind: &str, person: &str) -> Value {
    let identity = &workspace.identity;
    let name = workspace.person(person).map(|person| person.name.clone()).unwrap_or_default();
    let (team, enterprise) = match &identity.enterprise {
        // Slack names no team if the app is installed in a whole enterprise.
        Some(enterprise) => (Value::Null, json!({"id": enterprise, "name": "Grid"})),
        None => (json!({"id": identity.team_id, "domain": identity.team_domain}), Value::Null),
    };
    json!({
        "type": kind,
        "user": {"id": person, "username": name, "name": name, "team_id": identity.team_id},
        "api_app_id": identity.app_id,
        "token": TOKEN,
        "team": team,
        "enterprise": enterprise,
        "is_enterprise_install": identity.enterprise.is_some(),
    })
}

/// Returns the payload of a click, a selection or an input that dispatches.
pub(super) fn block_actions(
    workspace: &mut Workspace,
    person: &str,
    place: &Place,
    action: &Value,
    public_url: &str,
    now: Timestamp,
) -> Result<Value, DeliveryFailure> {
    let mut payload = frame(workspace, "block_actions", person);
    payload["trigger_id"] = json!(workspace.issue_trigger(person, now));
    payload["actions"] = json!([action]);
    match place {
        Place::Message { channel, ts } => {
            add_message(workspace, &mut payload, person, channel, ts)?;
            let clicked = workspace.message(channel, ts).cloned();
            let id = workspace.issue_response_url(person, channel, clicked.as_ref(), now);
            payload["response_url"] = json!(format!("{public_url}/respond/{id}"));
        }
        Place::View { .. } | Place::Home => {
            let view = view_at(workspace, person, place)?;
            add_view(workspace, &mut payload, view);
        }
    }
    Ok(payload)
}

/// Returns the payload of a search in an external select.
pub(super) fn block_suggestion(
    workspace: &Workspace,
    person: &str,
    place: &Place,
    (block_id, action_id): (&str, &str),
    typed: &str,
) -> Result<Value, DeliveryFailure> {
    let mut payload = frame(workspace, "block_suggestion", person);
    payload["block_id"] = json!(block_id);
    payload["action_id"] = json!(action_id);
    payload["value"] = json!(typed);
    match place {
        Place::Message { channel, ts } => {
            add_message(workspace, &mut payload, person, channel, ts)?;
        }
        Place::View { .. } | Place::Home => {
            let view = view_at(workspace, person, place)?;
            add_view(workspace, &mut payload, view);
        }
    }
    Ok(payload)
}

/// Returns the payload of a shortcut on a message, which need not be the app's own. Answers are posted in its
/// conversation and do not change the message (fields: @slack/bolt 5.1.0, `MessageShortcut`, read on
/// 2026-11-29).
pub(super) fn message_action(
    workspace: &mut Workspace,
    person: &str,
    message: &Message,
    callback_id: &str,
    public_url: &str,
    now: Timestamp,
) -> Value {
    let mut payload = frame(workspace, "message_action", person);
    payload["callback_id"] = json!(callback_id);
    payload["trigger_id"] = json!(workspace.issue_trigger(person, now));
    payload["action_ts"] = json!(workspace.next_ts(now));
    let id = workspace.issue_response_url(person, &message.channel, None, now);
    payload["response_url"] = json!(format!("{public_url}/respond/{id}"));
    payload["channel"] = json!({"id": message.channel, "name": channel_name(workspace, &message.channel)});
    payload["message_ts"] = json!(message.ts);
    payload["message"] = message_json(workspace, message);
    payload
}

/// Returns the payload of a submitted form.
pub(super) fn view_submission(
    workspace: &mut Workspace,
    person: &str,
    view_id: &str,
    public_url: &str,
    now: Timestamp,
) -> Result<Value, DeliveryFailure> {
    let mut payload = frame(workspace, "view_submission", person);
    payload["trigger_id"] = json!(workspace.issue_trigger(person, now));
    let view = view_at(workspace, person, &Place::view(view_id))?;
    payload["view"] = view.to_json(workspace);
    let targets = view.response_targets();
    payload["response_urls"] = targets
        .into_iter()
        .map(|(block_id, action_id, channel)| {
            let id = workspace.issue_response_url(person, &channel, None, now);
            json!({
                "response_url": format!("{public_url}/respond/{id}"),
                "channel_id": channel,
                "action_id": action_id,
                "block_id": block_id,
            })
        })
        .collect();
    Ok(payload)
}

/// Returns the payload of a view that was closed without being submitted.
pub(super) fn view_closed(workspace: &Workspace, person: &str, view: &View, is_cleared: bool) -> Value {
    let mut payload = frame(workspace, "view_closed", person);
    payload["view"] = view.to_json(workspace);
    payload["is_cleared"] = json!(is_cleared);
    payload
}

/// Wraps an event in the envelope of the Events API.
pub(super) fn event_callback(workspace: &mut Workspace, event: &Value, now: Timestamp) -> Value {
    let serial = workspace.next_serial();
    let identity = &workspace.identity;
    // No team here either if the app is installed in a whole enterprise.
    let team = identity.enterprise.is_none().then_some(&identity.team_id);
    json!({
        "token": TOKEN,
        "team_id": identity.team_id,
        "enterprise_id": identity.enterprise,
        "api_app_id": identity.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": format!("Ev0{serial:08}"),
        "event_time": now.as_second(),
        "authorizations": [{
            "enterprise_id": identity.enterprise,
            "team_id": team,
            "user_id": identity.bot_user,
            "is_bot": true,
            "is_enterprise_install": identity.enterprise.is_some(),
        }],
        "is_ext_shared_channel": false,
        "event_context": format!("4-{}-{serial}", identity.app_id),
    })
}

/// Returns the view that a person has open at `place`.
pub(super) fn view_at<'a>(
    workspace: &'a Workspace,
    person: &str,
    place: &Place,
) -> Result<&'a View, DeliveryFailure> {
    let view = match place {
        Place::Home => workspace.homes.get(person),
        Place::View { view_id } => {
            workspace.views.get(person).and_then(|stack| stack.iter().find(|view| view.id == *view_id))
        }
        Place::Message { .. } => None,
    };
    view.ok_or_else(|| DeliveryFailure::NotThere("such window open any more".to_owned()))
}

/// Returns the block and the element with these ids, as the person sees them.
pub(super) fn locate(
    workspace: &Workspace,
    person: &str,
    place: &Place,
    block_id: &str,
    action_id: &str,
) -> Result<(Value, Value), DeliveryFailure> {
    if workspace.person(person).is_none_or(|account| account.deleted) {
        return Err(DeliveryFailure::NotThere(format!("person {person} here")));
    }
    let blocks = match place {
        Place::Message { channel, ts } => {
            let visible = workspace.visible(channel, person);
            let message = visible.into_iter().find(|message| message.ts == *ts);
            &message.ok_or_else(|| DeliveryFailure::NotThere(format!("message {ts} in {channel}")))?.blocks
        }
        Place::View { .. } | Place::Home => &view_at(workspace, person, place)?.body["blocks"],
    };
    let (block, element) = normalize::find(blocks, block_id, action_id)
        .ok_or_else(|| DeliveryFailure::NotThere(format!("element {action_id} in block {block_id}")))?;
    Ok((block.clone(), element.clone()))
}

fn add_message(
    workspace: &Workspace,
    payload: &mut Value,
    person: &str,
    channel: &str,
    ts: &str,
) -> Result<(), DeliveryFailure> {
    let message = workspace
        .message(channel, ts)
        .ok_or_else(|| DeliveryFailure::NotThere(format!("message {ts} in {channel}")))?;
    let is_ephemeral = message.ephemeral_to.is_some();
    let mut container = json!({
        "type": "message",
        "message_ts": ts,
        "channel_id": channel,
        "is_ephemeral": is_ephemeral,
    });
    if let Some(thread) = &message.thread_ts {
        container["thread_ts"] = json!(thread);
    }
    payload["container"] = container;
    payload["channel"] = json!({"id": channel, "name": channel_name(workspace, channel)});
    // Slack omits an ephemeral message from the payload.
    if !is_ephemeral {
        payload["message"] = message_json(workspace, message);
    }
    let key = (person.to_owned(), channel.to_owned(), ts.to_owned());
    payload["state"] = json!({"values": workspace.picked.get(&key).cloned().unwrap_or_default()});
    Ok(())
}

fn add_view(workspace: &Workspace, payload: &mut Value, view: &View) {
    payload["container"] = json!({"type": "view", "view_id": view.id});
    payload["view"] = view.to_json(workspace);
}

/// Returns a channel's name as payloads contain it.
pub(super) fn channel_name(workspace: &Workspace, channel: &str) -> String {
    workspace.channel(channel).map_or_else(String::new, |channel| {
        if channel.is_dm() {
            "directmessage".to_owned()
        } else if channel.is_private {
            "privategroup".to_owned()
        } else {
            channel.name.clone()
        }
    })
}
