//! `users.*` and `usergroups.*`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use crate::answer::Answer;
use crate::settings::{Group, Person};
use crate::workspace::Workspace;

/// When all accounts and groups were last changed.
const UPDATED: i64 = 1_700_000_000;

pub(super) fn show(workspace: &Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let id = arguments.text("user").ok_or("user_not_found")?;
    let person = workspace.person(id).ok_or("user_not_found")?;
    Ok(json!({"user": person_json(workspace, person, now)}))
}

pub(super) fn by_email(workspace: &Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let email = arguments.text("email").ok_or("users_not_found")?;
    let person = workspace
        .people
        .iter()
        .filter(|person| !person.is_bot && !person.deleted)
        .find(|person| person.email.eq_ignore_ascii_case(email))
        .ok_or("users_not_found")?;
    Ok(json!({"user": person_json(workspace, person, now)}))
}

pub(super) fn list(workspace: &Workspace, arguments: &Arguments, now: Timestamp) -> Answer {
    let (people, cursor) = arguments.page(workspace.people.iter().collect())?;
    let members: Vec<_> = people.into_iter().map(|person| person_json(workspace, person, now)).collect();
    Ok(json!({
        "members": members,
        "cache_ts": now.as_second(),
        "response_metadata": {"next_cursor": cursor},
    }))
}

pub(super) fn profile(workspace: &Workspace, arguments: &Arguments) -> Answer {
    let id = arguments.text("user").unwrap_or(&workspace.identity.bot_user);
    let person = workspace.person(id).ok_or("user_not_found")?;
    Ok(json!({"profile": profile_json(workspace, person)}))
}

/// A token for a whole enterprise has to name the workspace of the groups.
fn check_workspace(workspace: &Workspace, arguments: &Arguments) -> Result<(), super::ApiError> {
    let identity = &workspace.identity;
    if identity.enterprise.is_some() && arguments.required("team_id")? != identity.team_id {
        return Err("team_access_not_granted".into());
    }
    Ok(())
}

pub(super) fn groups(workspace: &Workspace, arguments: &Arguments) -> Answer {
    check_workspace(workspace, arguments)?;
    let with_members = arguments.flag("include_users");
    let groups: Vec<_> =
        workspace.groups.iter().map(|group| group_json(workspace, group, with_members)).collect();
    Ok(json!({"usergroups": groups}))
}

pub(super) fn group_members(workspace: &Workspace, arguments: &Arguments) -> Answer {
    check_workspace(workspace, arguments)?;
    let id = arguments.required("usergroup")?;
    let group = workspace.groups.iter().find(|group| group.id == id).ok_or("no_such_subteam")?;
    Ok(json!({"users": group.members}))
}

/// Returns an account as answers and events contain it. Slack returns less of a deactivated one.
pub(crate) fn person_json(workspace: &Workspace, person: &Person, now: Timestamp) -> Value {
    let identity = &workspace.identity;
    let team_id = person.team_id.as_ref().unwrap_or(&identity.team_id);
    let mut account = json!({
        "id": person.id,
        "team_id": team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile_json(workspace, person),
        "is_bot": person.is_bot,
        "is_app_user": false,
        "updated": UPDATED,
    });
    if person.deleted {
        return account;
    }
    let offset = TimeZone::get(&person.tz).map_or(0, |zone| zone.to_offset(now).seconds());
    let active = json!({
        "color": "4bbe2e",
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": offset,
        "is_admin": person.is_admin,
        "is_owner": false,
        "is_primary_owner": false,
        "is_restricted": person.is_restricted,
        "is_stranger": person.is_stranger,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": !person.is_bot && !person.is_unconfirmed,
        "locale": "en-US",
    });
    for (key, value) in active.as_object().into_iter().flatten() {
        account[key] = value.clone();
    }
    if let (Some(enterprise), None) = (&identity.enterprise, &person.team_id) {
        account["enterprise_user"] = json!({
            "id": person.id,
            "enterprise_id": enterprise,
            "enterprise_name": "Grid",
            "is_admin": person.is_admin,
            "is_owner": false,
            "teams": [team_id],
        });
    }
    account
}

fn profile_json(workspace: &Workspace, person: &Person) -> Value {
    let fields: Map<String, Value> =
        person.fields.iter().map(|(id, value)| (id.clone(), json!({"value": value, "alt": ""}))).collect();
    let (first, last) = person.real_name.split_once(' ').unwrap_or((&person.real_name, ""));
    let mut profile = json!({
        "title": person.title,
        "phone": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "first_name": first,
        "last_name": last,
        "fields": fields,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "g0",
        "team": workspace.identity.team_id,
    });
    if person.is_bot {
        profile["bot_id"] = json!(workspace.identity.bot_id);
        profile["api_app_id"] = json!(workspace.identity.app_id);
    } else {
        profile["email"] = json!(person.email);
    }
    profile
}

fn group_json(workspace: &Workspace, group: &Group, with_members: bool) -> Value {
    let mut json = json!({
        "id": group.id,
        "team_id": workspace.identity.team_id,
        "is_usergroup": true,
        "is_subteam": true,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": false,
        "date_create": UPDATED,
        "date_update": UPDATED,
        "date_delete": 0,
        "auto_type": null,
        "auto_provision": false,
        "enterprise_subteam_id": "",
        "created_by": "U0ADMIN",
        "updated_by": "U0ADMIN",
        "deleted_by": null,
        "prefs": {"channels": [], "groups": []},
        "user_count": group.members.len(),
        "channel_count": 0,
    });
    if with_members {
        json["users"] = json!(group.members);
    }
    json
}
