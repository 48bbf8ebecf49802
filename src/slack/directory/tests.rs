//! The directory against a Slack whose people come and go.

use serde_json::json;

use Freshness::{Fresh, Known};

use super::*;
use crate::slack::client::fake::{FakeSlack, StillClock};

async fn start() -> (FakeSlack, SlackDirectory, StillClock) {
    let clock = StillClock::new();
    let (slack, client, _) = FakeSlack::start(&clock).await;
    let directory = SlackDirectory::new(Arc::new(client), Arc::new(clock.clone()));
    (slack, directory, clock)
}

fn leads() -> GroupId {
    GroupId::new("S0LEADS")
}

fn asked(slack: &FakeSlack, method: &str) -> usize {
    slack.calls().iter().filter(|call| call.method == method).count()
}

fn morgan() -> PersonId {
    PersonId::new("U0MORGAN")
}

fn says(slack: &FakeSlack, user: &serde_json::Value) {
    slack.answers("users.info", &json!({ "ok": true, "user": user }));
}

/// Until what is asked in the background was answered.
async fn until_asked(slack: &FakeSlack, method: &str, times: usize) {
    while asked(slack, method) < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_group_is_asked_once_a_minute_however_many_want_to_know() {
    let (slack, directory, clock) = start().await;
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": ["U0MORGAN"] }));
    let group = leads();
    let (one, two) =
        tokio::join!(directory.group_members(&group, Fresh), directory.group_members(&group, Fresh));
    assert_eq!(one.unwrap(), BTreeSet::from([morgan()]));
    assert_eq!(two.unwrap().len(), 1);
    clock.move_by(59);
    directory.group_members(&group, Fresh).await.unwrap();
    assert_eq!(asked(&slack, "usergroups.users.list"), 1);
    assert_eq!(asked(&slack, "users.info"), 0, "who counts is asked about whoever acts");
    assert_eq!(slack.calls()[0].arguments["usergroup"], "S0LEADS");

    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": [] }));
    clock.move_by(2);
    assert!(directory.group_members(&group, Fresh).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_only_shown_is_what_is_known_and_asked_for_anew_meanwhile() {
    let (slack, directory, clock) = start().await;
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": ["U0MORGAN"] }));
    assert_eq!(directory.group_members(&leads(), Known).await.unwrap().len(), 1, "nothing was known yet");
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": [] }));
    clock.move_by(3600);
    assert_eq!(directory.group_members(&leads(), Known).await.unwrap().len(), 1, "an hour old");
    until_asked(&slack, "usergroups.users.list", 2).await;
    assert!(directory.group_members(&leads(), Fresh).await.unwrap().is_empty());
    assert_eq!(asked(&slack, "usergroups.users.list"), 2);
}

#[tokio::test]
async fn an_account_that_is_no_active_full_member_of_ours_counts_for_nothing() {
    let why = |user: serde_json::Value| async move {
        let (slack, directory, _) = start().await;
        slack.answers("auth.test", &json!({ "ok": true, "team_id": "T0OURS", "enterprise_id": "E0OURS" }));
        says(&slack, &user);
        directory.why_not_counted(&morgan(), Fresh).await.unwrap()
    };
    assert_eq!(why(json!({ "id": "U1", "team_id": "T0OURS" })).await, None);
    for flag in ["is_restricted", "is_ultra_restricted"] {
        assert_eq!(why(json!({ "id": "U1", flag: true })).await, Some(Uncounted::Guest), "{flag}");
    }
    for flag in ["is_bot", "is_workflow_bot"] {
        assert_eq!(why(json!({ "id": "U1", flag: true })).await, Some(Uncounted::App), "{flag}");
    }
    assert_eq!(why(json!({ "id": "USLACKBOT" })).await, Some(Uncounted::App));
    assert_eq!(why(json!({ "id": "U1", "deleted": true })).await, Some(Uncounted::Deactivated));
    assert_eq!(why(json!({ "id": "U1", "is_stranger": true })).await, Some(Uncounted::Stranger));
    // In a channel that is shared with them Slack calls them no strangers.
    let shared = json!({ "id": "U1", "team_id": "T0THEIRS", "is_stranger": false });
    assert_eq!(why(shared).await, Some(Uncounted::Stranger));
    let theirs = json!({ "id": "U1", "team_id": "T0X", "enterprise_user": { "enterprise_id": "E0THEIRS" } });
    assert_eq!(why(theirs).await, Some(Uncounted::Stranger));
    let ours = json!({ "id": "W1", "team_id": "T0X", "enterprise_user": { "enterprise_id": "E0OURS" } });
    assert_eq!(why(ours).await, None);
    assert_eq!(why(json!({ "id": "W1", "team_id": "E0OURS" })).await, None);
    assert_eq!(why(json!({})).await, Some(Uncounted::Unknown));

    let (slack, directory, _) = start().await;
    slack.refuses("users.info", "user_not_found");
    assert_eq!(directory.why_not_counted(&morgan(), Fresh).await.unwrap(), Some(Uncounted::Unknown));
}

#[tokio::test]
async fn an_unknown_group_is_empty_and_an_unreachable_slack_is_an_error() {
    let (slack, directory, _) = start().await;
    slack.refuses("usergroups.users.list", "no_such_subteam");
    assert!(directory.group_members(&leads(), Fresh).await.unwrap().is_empty());

    let (slack, directory, _) = start().await;
    slack.script("usergroups.users.list", 503, Vec::new(), "");
    let error = directory.group_members(&leads(), Fresh).await.unwrap_err();
    assert!(format!("{error:#}").starts_with("cannot ask Slack who is in group S0LEADS: "), "{error:#}");
    // A failure is not remembered.
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": [] }));
    assert!(directory.group_members(&leads(), Fresh).await.is_ok());
}

#[tokio::test]
async fn an_address_is_somebodys_only_when_slack_has_confirmed_it() {
    let found = |user: serde_json::Value| async move {
        let (slack, directory, _) = start().await;
        slack.answers("users.lookupByEmail", &json!({ "ok": true, "user": user }));
        directory.person_by_email("Ann@example.com", Fresh).await.unwrap()
    };
    assert_eq!(found(json!({ "id": "U1", "is_email_confirmed": true })).await, Some(PersonId::new("U1")));
    assert_eq!(found(json!({ "id": "U1", "is_email_confirmed": false })).await, None);
    assert_eq!(found(json!({ "id": "U1", "is_email_confirmed": null })).await, None);
    assert_eq!(found(json!({ "id": "U1" })).await, None);

    let (slack, directory, _) = start().await;
    slack.refuses("users.lookupByEmail", "users_not_found");
    assert_eq!(directory.person_by_email("ann@example.com", Fresh).await.unwrap(), None);
    assert_eq!(slack.last().arguments["email"], "ann@example.com");
    directory.person_by_email("ANN@example.com", Fresh).await.unwrap();
    assert_eq!(asked(&slack, "users.lookupByEmail"), 1);
}
