//! The directory against a Slack whose people come and go.

use serde_json::json;

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

#[tokio::test]
async fn a_group_is_asked_once_a_minute_however_many_want_to_know() {
    let (slack, directory, clock) = start().await;
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": ["U0MORGAN"] }));
    slack.answers("users.info", &json!({ "ok": true, "user": { "id": "U0MORGAN" } }));
    let group = leads();
    let (one, two) = tokio::join!(directory.group_members(&group), directory.group_members(&group));
    assert_eq!(one.unwrap(), BTreeSet::from([PersonId::new("U0MORGAN")]));
    assert_eq!(two.unwrap().len(), 1);
    clock.move_by(59);
    directory.group_members(&group).await.unwrap();
    assert_eq!(asked(&slack, "usergroups.users.list"), 1);
    assert_eq!(slack.calls()[0].arguments["usergroup"], "S0LEADS");

    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": [] }));
    clock.move_by(2);
    assert!(directory.group_members(&group).await.unwrap().is_empty());
}

#[tokio::test]
async fn deactivated_people_bots_guests_and_strangers_are_in_no_group() {
    for flag in ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"] {
        let (slack, directory, _) = start().await;
        slack.answers("usergroups.users.list", &json!({ "ok": true, "users": ["U1"] }));
        slack.answers("users.info", &json!({ "ok": true, "user": { "id": "U1", flag: true } }));
        assert!(directory.group_members(&leads()).await.unwrap().is_empty(), "{flag}");
    }
    let (slack, directory, _) = start().await;
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": ["U1"] }));
    slack.refuses("users.info", "user_not_found");
    assert!(directory.group_members(&leads()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_group_is_empty_and_an_unreachable_slack_is_an_error() {
    let (slack, directory, _) = start().await;
    slack.refuses("usergroups.users.list", "no_such_subteam");
    assert!(directory.group_members(&leads()).await.unwrap().is_empty());

    let (slack, directory, _) = start().await;
    slack.script("usergroups.users.list", 503, Vec::new(), "");
    let error = directory.group_members(&leads()).await.unwrap_err();
    assert!(format!("{error:#}").starts_with("cannot ask Slack who is in group S0LEADS: "), "{error:#}");
    // A failure is not remembered.
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": [] }));
    assert!(directory.group_members(&leads()).await.is_ok());
}

#[tokio::test]
async fn a_large_group_is_taken_as_slack_lists_it() {
    let (slack, directory, _) = start().await;
    let people: Vec<String> = (0..80).map(|n| format!("U{n}")).collect();
    slack.answers("usergroups.users.list", &json!({ "ok": true, "users": people }));
    assert_eq!(directory.group_members(&leads()).await.unwrap().len(), 80);
    assert_eq!(asked(&slack, "users.info"), 0);
}

#[tokio::test]
async fn an_address_counts_only_for_a_confirmed_full_member() {
    let found = |user: serde_json::Value| async move {
        let (slack, directory, _) = start().await;
        slack.answers("users.lookupByEmail", &json!({ "ok": true, "user": user }));
        directory.person_by_email("Ann@example.com").await.unwrap()
    };
    assert_eq!(found(json!({ "id": "U1" })).await, Some(PersonId::new("U1")));
    assert_eq!(found(json!({ "id": "U1", "is_email_confirmed": true })).await, Some(PersonId::new("U1")));
    assert_eq!(found(json!({ "id": "U1", "is_email_confirmed": false })).await, None);
    assert_eq!(found(json!({ "id": "U1", "is_restricted": true })).await, None);
    assert_eq!(found(json!({ "id": "U1", "deleted": true })).await, None);

    let (slack, directory, _) = start().await;
    slack.refuses("users.lookupByEmail", "users_not_found");
    assert_eq!(directory.person_by_email("ann@example.com").await.unwrap(), None);
    assert_eq!(slack.last().arguments["email"], "ann@example.com");
    directory.person_by_email("ANN@example.com").await.unwrap();
    assert_eq!(asked(&slack, "users.lookupByEmail"), 1);
}
