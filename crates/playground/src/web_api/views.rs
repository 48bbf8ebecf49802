//! `views.*`: opens, pushes, updates and publishes views.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::Arguments;
use crate::answer::{Answer, ApiError};
use crate::limits;
use crate::workspace::{TriggerRefusal, Workspace};

/// The largest view that Slack accepts, in bytes of JSON.
const VIEW_SIZE_LIMIT: usize = 250_000;

pub(super) fn open(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let view = checked_view(arguments, "modal")?;
    check_external_id(workspace, view, None)?;
    let person = person_of_trigger(workspace, arguments, now)?;
    Ok(json!({"view": workspace.open_view(&person, view, now)}))
}

pub(super) fn push(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let view = checked_view(arguments, "modal")?;
    check_external_id(workspace, view, None)?;
    let person = person_of_trigger(workspace, arguments, now)?;
    Ok(json!({"view": workspace.push_view(&person, view, now)?}))
}

pub(super) fn update(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let view = checked_view(arguments, "modal")?;
    let view_id = match (arguments.text("view_id"), arguments.text("external_id")) {
        (Some(view_id), _) => view_id.to_owned(),
        (None, Some(external_id)) => workspace.view_by_external_id(external_id).ok_or("not_found")?,
        (None, None) => return Err(ApiError::missing("view_id")),
    };
    let (_, before) = workspace.find_view(&view_id).ok_or("not_found")?;
    let hash = before.hash.clone();
    check_hash(arguments, &hash)?;
    check_external_id(workspace, view, Some(&view_id))?;
    let view = workspace.replace_view(&view_id, view, now).ok_or("not_found")?;
    Ok(json!({"view": view}))
}

pub(super) fn publish(workspace: &mut Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let person = arguments.required("user_id")?.to_owned();
    let view = checked_view(arguments, "home")?;
    if workspace.person(&person).is_none_or(|account| account.deleted) {
        // As in the example of the documentation of views.publish.
        return Err(ApiError::because("invalid_arguments", vec!["invalid `user_id`".to_owned()]));
    }
    if let Some(before) = workspace.homes.get(&person) {
        check_hash(arguments, &before.hash)?;
    }
    Ok(json!({"view": workspace.publish_home(&person, view, now)}))
}

fn checked_view<'a>(arguments: &'a Arguments, kind: &str) -> Result<&'a Value, ApiError> {
    let view = arguments.value("view").ok_or_else(|| ApiError::missing("view"))?;
    if view.to_string().len() > VIEW_SIZE_LIMIT {
        return Err("view_too_large".into());
    }
    let mut problems = limits::check_view(view);
    if view["type"] != kind {
        problems.push(format!("[ERROR] must be a {kind} view [json-pointer:/view/type]"));
    }
    if problems.is_empty() { Ok(view) } else { Err(ApiError::because("invalid_arguments", problems)) }
}

/// Redeems the trigger id. Called last, so that an invalid view does not use it up.
fn person_of_trigger(
    workspace: &mut Workspace,
    arguments: &Arguments,
    now: Timestamp,
) -> Result<String, ApiError> {
    let trigger = arguments
        .text("trigger_id")
        .or_else(|| arguments.text("interactivity_pointer"))
        .ok_or_else(|| ApiError::missing("trigger_id"))?;
    let refused = |refusal| match refusal {
        TriggerRefusal::Unknown => "invalid_trigger_id",
        TriggerRefusal::Expired => "expired_trigger_id",
        TriggerRefusal::Used => "exchanged_trigger_id",
    };
    Ok(workspace.redeem_trigger(trigger, now).map_err(refused)?)
}

fn check_hash(arguments: &Arguments, current: &str) -> Result<(), ApiError> {
    match arguments.text("hash") {
        Some(hash) if hash != current => Err("hash_conflict".into()),
        _ => Ok(()),
    }
}

fn check_external_id(workspace: &Workspace, view: &Value, own: Option<&str>) -> Result<(), ApiError> {
    let Some(external_id) = view["external_id"].as_str().filter(|id| !id.is_empty()) else {
        return Ok(());
    };
    let holder = workspace.view_by_external_id(external_id);
    if holder.is_some_and(|holder| Some(holder.as_str()) != own) {
        return Err("duplicate_external_id".into());
    }
    Ok(())
}
