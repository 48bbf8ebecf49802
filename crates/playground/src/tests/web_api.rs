//! The Web API as a bot sees it: answers complete enough for a typed client, and Slack's error codes.

use std::fmt::Write as _;

use serde_json::{Value, json};
use slack_morphism::prelude::{
    SlackApiAuthTestResponse, SlackApiChatPostMessageResponse, SlackApiChatUpdateResponse,
    SlackApiConversationsInfoResponse, SlackApiUserGroupsListResponse, SlackApiUsersInfoResponse,
    SlackApiUsersListResponse, SlackApiUsersProfileGetResponse, SlackApiViewsOpenResponse,
    SlackApiViewsPublishResponse,
};

use super::{World, form, plain};

fn parsed<T: serde::de::DeserializeOwned>(answer: Value) -> T {
    assert_eq!(answer["ok"], true, "{answer}");
    serde_json::from_value(answer).unwrap()
}

#[tokio::test]
async fn answers_are_whole_enough_for_a_typed_client() {
    let world = World::new().await;
    let auth: SlackApiAuthTestResponse = parsed(world.call("auth.test", json!({})).await);
    assert_eq!(auth.user_id.to_string(), "U0QM");
    let blocks = json!([{"type": "divider"}]);
    let post = json!({"channel": "C0GENERAL", "text": "hi", "blocks": blocks});
    let posted: SlackApiChatPostMessageResponse = parsed(world.call("chat.postMessage", post).await);
    let ts = posted.ts.to_string();
    let update = json!({"channel": "C0GENERAL", "ts": ts, "text": "ho", "blocks": blocks});
    let _: SlackApiChatUpdateResponse = parsed(world.call("chat.update", update).await);
    let info = world.get("/api/conversations.info?channel=C0GENERAL").await;
    let _: SlackApiConversationsInfoResponse = parsed(info);
    let dm = world.call("conversations.open", json!({"users": "U0ALICE", "return_im": true})).await;
    let _: SlackApiConversationsInfoResponse = parsed(dm);
    let _: SlackApiUsersInfoResponse = parsed(world.get("/api/users.info?user=U0ALICE").await);
    let _: SlackApiUsersListResponse = parsed(world.get("/api/users.list").await);
    let _: SlackApiUsersProfileGetResponse = parsed(world.get("/api/users.profile.get?user=U0ALICE").await);
    let groups = world.get("/api/usergroups.list?include_users=true").await;
    let groups: SlackApiUserGroupsListResponse = parsed(groups);
    assert_eq!(groups.usergroups[0].user_count, 1);
    let run = world.playground.run_command("U0ALICE", "C0GENERAL", "");
    run.await.unwrap();
    let trigger = world.last_received().json()["trigger_id"].clone();
    let open = json!({"trigger_id": trigger, "view": form()});
    let _: SlackApiViewsOpenResponse = parsed(world.call("views.open", open).await);
    let home = json!({"user_id": "U0ALICE", "view": {"type": "home", "blocks": blocks}});
    let _: SlackApiViewsPublishResponse = parsed(world.call("views.publish", home).await);
}

#[tokio::test]
async fn every_answer_says_what_time_it_is_here() {
    let world = World::new().await;
    world.playground.move_clock("7d").unwrap();
    for path in ["/api/auth.test", "/api/chat.dance", "/respond/unknown"] {
        let request = axum::http::Request::post(format!("{}{path}", world.api))
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = crate::client::client().request(request).await.unwrap();
        assert_eq!(answer.headers()["date"], "Sun, 29 Nov 2026 12:00:00 GMT", "{path}");
        assert_eq!(answer.headers().get_all("date").iter().count(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_token_and_a_missing_one_have_their_own_codes() {
    let world = World::new().await;
    let (_, wrong) = world.request("/api/auth.test", "xoxb-other", json!({})).await;
    assert_eq!(wrong["error"], "invalid_auth");
    let request = axum::http::Request::post(format!("{}/api/auth.test", world.api))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(super::fetch(request).await.1["error"], "not_authed");
    let request = axum::http::Request::post(format!("{}/api/api.test", world.api))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(super::fetch(request).await.1["ok"], true, "this one needs none");
}

#[tokio::test]
async fn errors_carry_slacks_codes() {
    let world = World::new().await;
    world.playground.change(|workspace| {
        for channel in &mut workspace.channels {
            match channel.id.as_str() {
                "C0SEARCH" => channel.is_archived = true,
                "C0AUDIT" => channel.members.retain(|member| member != "U0QM"),
                _ => {}
            }
        }
    });
    let said = world.playground.say("U0ALICE", "C0GENERAL", "mine").unwrap();
    let long = "x".repeat(4_001);
    let cases = [
        ("chat.postMessage", json!({"channel": "C0NOWHERE", "text": "x"})),
        ("chat.postMessage", json!({"channel": "C0SEARCH", "text": "x"})),
        ("chat.postMessage", json!({"channel": "C0AUDIT", "text": "x"})),
        ("chat.postMessage", json!({"channel": "C0GENERAL"})),
        ("chat.postMessage", json!({"channel": "C0GENERAL", "blocks": [{"type": "nope"}]})),
        ("chat.update", json!({"channel": "C0GENERAL", "ts": "1.1", "text": "x"})),
        ("chat.update", json!({"channel": "C0GENERAL", "ts": said.ts, "text": "x"})),
        ("chat.update", json!({"channel": "C0GENERAL", "ts": said.ts, "text": long})),
        ("chat.postEphemeral", json!({"channel": "C0APPROVALS", "user": "U0OLGA", "text": "x"})),
        ("conversations.open", json!({"users": "U0NOBODY"})),
        ("views.update", json!({"view_id": "V0", "view": form()})),
        ("views.open", json!({"trigger_id": "x", "view": {"type": "modal", "blocks": []}})),
        ("chat.dance", json!({})),
    ];
    let mut lines = String::new();
    for (method, arguments) in cases {
        let error = world.call(method, arguments).await["error"].clone();
        writeln!(lines, "{method}: {}", error.as_str().unwrap_or("none")).unwrap();
    }
    insta::assert_snapshot!(lines, @r"
    chat.postMessage: channel_not_found
    chat.postMessage: is_archived
    chat.postMessage: not_in_channel
    chat.postMessage: no_text
    chat.postMessage: invalid_blocks
    chat.update: message_not_found
    chat.update: cant_update_message
    chat.update: msg_too_long
    chat.postEphemeral: user_not_in_channel
    conversations.open: user_not_found
    views.update: not_found
    views.open: invalid_arguments
    chat.dance: unknown_method
    ");
}

#[tokio::test]
async fn forms_carry_blocks_as_json_and_read_methods_take_no_json() {
    let world = World::new().await;
    let blocks = json!([{"type": "section", "text": plain("x")}]).to_string();
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("channel", "#general"), ("text", "x"), ("blocks", &blocks)])
        .finish();
    let request = axum::http::Request::post(format!("{}/api/chat.postMessage", world.api))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", "Bearer xoxb-play")
        .body(axum::body::Body::from(body))
        .unwrap();
    let (_, posted) = super::fetch(request).await;
    assert_eq!(posted["message"]["blocks"][0]["text"]["text"], "x");
    let unread = world.call("users.info", json!({"user": "U0ALICE"})).await;
    assert_eq!(unread["error"], "user_not_found");
}

#[tokio::test]
async fn slack_can_be_made_to_fail_and_to_hang() {
    let world = World::new().await;
    let post = json!({"channel": "C0GENERAL", "text": "x"});
    world.playground.fail_next("chat.postMessage", "ratelimited");
    let (status, body) = world.request("/api/chat.postMessage", "xoxb-play", post.clone()).await;
    assert_eq!((status.as_u16(), &body["error"]), (429, &json!("ratelimited")));
    world.playground.fail_always("chat.postMessage", Some("fatal_error"));
    assert_eq!(world.call("chat.postMessage", post.clone()).await["error"], "fatal_error");
    world.playground.fail_always("chat.postMessage", None);
    world.playground.hang("chat.postMessage", true);
    let release = async {
        while world.playground.calls("chat.postMessage").len() < 3 {
            tokio::task::yield_now().await;
        }
        world.playground.hang("chat.postMessage", false);
    };
    let (answer, ()) = tokio::join!(world.call("chat.postMessage", post), release);
    assert_eq!(answer["ok"], true);
}

#[tokio::test]
async fn somebody_who_left_is_in_no_group_cannot_be_written_to_and_the_bot_hears_of_it() {
    let world = World::new().await;
    world.call("chat.postMessage", json!({"channel": "U0MORGAN", "text": "before"})).await;
    world.playground.deactivate("U0MORGAN").await.unwrap();
    let event = world.last_received().json()["event"].clone();
    assert_eq!((&event["type"], &event["user"]["id"]), (&json!("user_change"), &json!("U0MORGAN")));
    assert_eq!(event["user"]["deleted"], true);
    let shown = world.get("/api/users.info?user=U0MORGAN").await;
    assert_eq!(shown["user"], event["user"]);
    let _: SlackApiUsersInfoResponse = parsed(shown);
    let members = world.get("/api/usergroups.users.list?usergroup=S0LEADS").await;
    assert_eq!(members["users"], json!([]));
    let members = world.get("/api/conversations.members?channel=C0APPROVALS").await;
    assert_eq!(members["members"], json!(["U0ADMIN", "U0QM"]));
    let found = world.get("/api/users.lookupByEmail?email=morgan@playground.example").await;
    assert_eq!(found["error"], "users_not_found");
    for (method, arguments, code) in [
        ("chat.postMessage", json!({"channel": "U0MORGAN", "text": "x"}), "channel_not_found"),
        ("chat.postMessage", json!({"channel": "D0MORGAN", "text": "x"}), "channel_not_found"),
        ("conversations.open", json!({"users": "U0MORGAN"}), "user_disabled"),
    ] {
        assert_eq!(world.call(method, arguments).await["error"], code, "{method}");
    }
    let screen = world.get("/playground/state?as=U0ALICE").await;
    assert!(screen["waiting"].get("U0MORGAN").is_none());
    let typed = world.playground.run_command("U0MORGAN", "D0MORGAN", "list").await.unwrap_err();
    let again = world.playground.deactivate("U0MORGAN").await.unwrap_err();
    assert_eq!(typed, again);
    insta::assert_snapshot!(again, @"there is no person U0MORGAN here");
}

#[tokio::test]
async fn what_the_app_was_not_granted_it_may_not_do() {
    let world = World::new().await;
    let hi = json!({"channel": "C0GENERAL", "text": "hi"});
    let private = |workspace: &mut crate::Workspace| {
        workspace.scopes.retain(|scope| scope != "chat:write" && scope != "channels:read");
        let audit = workspace.channels.iter_mut().find(|channel| channel.id == "C0AUDIT").unwrap();
        audit.is_private = true;
    };
    world.playground.change(private);
    let refused = world.call("chat.postMessage", hi.clone()).await;
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("chat:write")));
    assert!(refused["provided"].as_str().unwrap().starts_with("commands,im:write,"), "{refused}");
    let public = world.get("/api/conversations.info?channel=C0GENERAL").await;
    assert_eq!((&public["error"], &public["needed"]), (&json!("missing_scope"), &json!("channels:read")));
    let private = world.get("/api/conversations.info?channel=C0AUDIT").await;
    assert_eq!(private["channel"]["is_member"], true, "{private}");
}

#[tokio::test]
async fn a_public_channel_is_posted_to_from_outside_with_the_scope_for_it() {
    let world = World::new().await;
    let hi = json!({"channel": "C0GENERAL", "text": "hi"});
    world.playground.change(|workspace| {
        let channel = workspace.channels.iter_mut().find(|channel| channel.id == "C0GENERAL").unwrap();
        channel.members.retain(|member| member != "U0QM");
    });
    let refused = world.call("chat.postMessage", hi.clone()).await;
    assert_eq!(refused["error"], "not_in_channel");
    world.playground.change(|workspace| workspace.scopes.push("chat:write.public".to_owned()));
    assert_eq!(world.call("chat.postMessage", hi.clone()).await["ok"], true);
}
