//! What Slack documents: rate limits, required scopes and arguments, repeated events, references in commands,
//! and addresses for answers to a form.

use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{NO_RETRY, World, fetch, plain};

/// Returns status, `Retry-After` and error of a call.
async fn call(world: &World, method: &str, arguments: &Value) -> (u16, Option<String>, String) {
    let request = Request::post(format!("{}/api/{method}", world.api))
        .header("content-type", "application/json; charset=utf-8")
        .header("authorization", "Bearer xoxb-play")
        .body(Body::from(arguments.to_string()))
        .unwrap();
    let answer = crate::client::client().request(request).await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let wait = headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(Body::new(answer.into_body()), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    (status, wait, body["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn each_method_is_answered_so_often_a_minute_and_each_channel_takes_a_message_a_second() {
    let world = World::new().await;
    let limited = |wait: &str| (429, Some(wait.to_owned()), "ratelimited".to_owned());
    let good = (200, None, String::new());
    for _ in 0..60 {
        assert_eq!(call(&world, "usergroups.list", &json!({})).await, good);
    }
    assert_eq!(call(&world, "usergroups.list", &json!({})).await, limited("3"));
    assert_eq!(call(&world, "users.list", &json!({})).await, good, "each method for itself");
    world.pass(SignedDuration::from_secs(2));
    assert_eq!(call(&world, "usergroups.list", &json!({})).await, limited("1"));
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(call(&world, "usergroups.list", &json!({})).await, good);
    assert_eq!(call(&world, "usergroups.list", &json!({})).await, limited("3"));

    let post = |channel: &str| json!({"channel": channel, "text": "x"});
    for _ in 0..180 {
        assert_eq!(call(&world, "chat.postMessage", &post("C0GENERAL")).await, good);
    }
    assert_eq!(call(&world, "chat.postMessage", &post("C0GENERAL")).await, limited("1"));
    assert_eq!(call(&world, "chat.postMessage", &post("C0SEARCH")).await, good);
}

#[tokio::test]
async fn an_argument_that_is_needed_and_absent_has_its_own_error() {
    let world = World::new().await;
    let answer = world.call("chat.update", json!({"channel": "C0GENERAL", "text": "x"})).await;
    assert_eq!(answer["error"], "invalid_arguments");
    assert_eq!(answer["response_metadata"]["messages"][0], "[ERROR] missing required field: ts");
    assert_eq!(world.get("/api/users.info").await["error"], "user_not_found");
    assert_eq!(world.get("/api/users.lookupByEmail").await["error"], "users_not_found");
    let home = json!({"user_id": "U0NOBODY", "view": {"type": "home", "blocks": []}});
    let answer = world.call("views.publish", home).await;
    assert_eq!(answer["error"], "invalid_arguments");
    assert_eq!(answer["response_metadata"]["messages"][0], "invalid `user_id`");
}

#[tokio::test]
async fn a_reply_to_a_message_that_is_gone_stands_outside_of_any_thread() {
    let world = World::new().await;
    let first = world.call("chat.postMessage", json!({"channel": "C0GENERAL", "text": "first"})).await;
    let reply = json!({"channel": "C0GENERAL", "text": "reply", "thread_ts": first["ts"]});
    let answer = world.call("chat.postMessage", reply.clone()).await;
    assert_eq!(answer["message"]["thread_ts"], first["ts"]);
    world.call("chat.delete", json!({"channel": "C0GENERAL", "ts": first["ts"]})).await;
    let answer = world.call("chat.postMessage", reply).await;
    assert_eq!((&answer["ok"], answer["message"].get("thread_ts")), (&json!(true), None));
}

#[tokio::test]
async fn an_archived_channel_has_one_error_for_posting_and_another_for_editing() {
    let world = World::new().await;
    let posted = world.call("chat.postMessage", json!({"channel": "C0SEARCH", "text": "x"})).await;
    world.playground.change(|workspace| {
        let search = workspace.channels.iter_mut().find(|channel| channel.id == "C0SEARCH").unwrap();
        search.is_archived = true;
    });
    let edit = json!({"channel": "C0SEARCH", "ts": posted["ts"], "text": "y"});
    assert_eq!(world.call("chat.update", edit).await["error"], "is_inactive");
    let post = json!({"channel": "C0SEARCH", "text": "x"});
    assert_eq!(world.call("chat.postMessage", post).await["error"], "is_archived");
}

/// Returns number and reason of each attempt so far; the first has none.
fn attempts(world: &World) -> Vec<Option<(String, String)>> {
    let received = world.received.lock().unwrap();
    let header = |headers: &axum::http::HeaderMap, name: &str| {
        headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    let of = |headers| header(headers, "x-slack-retry-num").zip(header(headers, "x-slack-retry-reason"));
    received.iter().map(|received| of(&received.headers)).collect()
}

#[tokio::test]
async fn an_event_that_is_not_taken_comes_again_at_once_after_one_minute_and_after_five() {
    let world = World::new().await;
    let event = json!({"type": "app_home_opened", "user": "U0ALICE", "tab": "home"});
    for _ in 0..4 {
        world.bot_answers(500, "");
    }
    world.playground.send_event(&event).await.unwrap_err();
    let again = |number: &str| Some((number.to_owned(), "http_error".to_owned()));
    assert_eq!(attempts(&world), [None, again("1")]);
    world.pass(SignedDuration::from_secs(59));
    assert_eq!(world.playground.send_events_again().await, 0);
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(world.playground.send_events_again().await, 1);
    world.pass(SignedDuration::from_mins(5));
    assert_eq!(world.playground.send_events_again().await, 1);
    assert_eq!(attempts(&world), [None, again("1"), again("2"), again("3")]);
    let bodies: Vec<String> =
        world.received.lock().unwrap().iter().map(|received| received.body.clone()).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    world.pass(SignedDuration::from_hours(1));
    assert_eq!(world.playground.send_events_again().await, 0);

    // Accepted at the second attempt, it is not sent a third time.
    world.bot_answers(503, "");
    world.playground.send_event(&event).await.unwrap();
    world.pass(SignedDuration::from_hours(1));
    assert_eq!(world.playground.send_events_again().await, 0);
    assert_eq!(attempts(&world).len(), 6);
}

#[tokio::test]
async fn a_bot_that_wants_no_further_attempt_is_sent_none() {
    let world = World::new().await;
    world.bot_answers(500, NO_RETRY);
    let event = json!({"type": "app_home_opened", "user": "U0ALICE", "tab": "home"});
    world.playground.send_event(&event).await.unwrap_err();
    world.pass(SignedDuration::from_hours(1));
    assert_eq!(world.playground.send_events_again().await, 0);
    assert_eq!(attempts(&world), [None]);
}

#[tokio::test]
async fn people_channels_and_links_in_a_command_are_references() {
    let world = World::new().await;
    world.playground.change(|workspace| {
        let audit = workspace.channels.iter_mut().find(|channel| channel.id == "C0AUDIT").unwrap();
        audit.is_private = true;
    });
    let typed = "give 1 @bob, see #general and #audit: https://a.example/?b&c <b> @nobody @here <@U0BOB|bob>";
    world.playground.run_command("U0ALICE", "C0GENERAL", typed).await.unwrap();
    let text = world.last_received().json()["text"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(text, @"give 1 <@U0BOB|bob>, see <#C0GENERAL|general> and <#C0AUDIT|>: <https://a.example/?b&amp;c> &lt;b&gt; @nobody <!here> <@U0BOB|bob>");
}

#[tokio::test]
async fn a_form_whose_menu_asks_for_it_brings_an_address_to_answer_at() {
    let world = World::new().await;
    let menu = |kind: &str, asks: bool| {
        json!({"type": "input", "block_id": kind, "label": plain("Where"), "optional": true,
               "element": {"type": kind, "action_id": "value", "response_url_enabled": asks}})
    };
    let blocks = [menu("conversations_select", true), menu("channels_select", false)];
    let form = json!({"type": "modal", "title": plain("Tell"), "submit": plain("Send"), "blocks": blocks});
    let view = world.open_for_alice(&form).await;
    for kind in ["conversations_select", "channels_select"] {
        world.playground.set_input("U0ALICE", &view, kind, "value", json!("C0GENERAL")).await.unwrap();
    }
    world.playground.submit("U0ALICE", &view).await.unwrap();
    let urls = world.last_received().json()["response_urls"].clone();
    let [url] = urls.as_array().unwrap().as_slice() else { panic!("{urls}") };
    assert_eq!((&url["block_id"], &url["action_id"]), (&json!("conversations_select"), &json!("value")));
    assert_eq!(url["channel_id"], "C0GENERAL");
    let answer = json!({"response_type": "in_channel", "text": "done"});
    let request =
        Request::post(url["response_url"].as_str().unwrap()).body(Body::from(answer.to_string())).unwrap();
    assert_eq!(fetch(request).await.0, 200);
    let said = world.playground.look(|workspace| {
        workspace
            .visible("C0GENERAL", "U0BOB")
            .into_iter()
            .map(|message| message.text.clone())
            .collect::<Vec<_>>()
    });
    assert_eq!(said, ["done"]);
}
