//! User actions: commands, clicks, forms and the home tab.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{World, form, plain};
use crate::{DeliveryFailure, LedTo, Place, Playground, Settings};

const ALICE: &str = "U0ALICE";

fn card() -> Value {
    json!([
        {"type": "section", "text": {"type": "mrkdwn", "text": "A request"}},
        {"type": "actions", "block_id": "decide", "elements": [
            {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "r1:1"},
            {"type": "overflow", "action_id": "more", "options": [
                {"text": plain("Details"), "value": "details"}]}]}])
}

#[tokio::test]
async fn a_command_arrives_signed_and_its_answer_is_ephemeral() {
    let world = World::new().await;
    world.bot_answers(200, json!({"text": "Try `help`"}));
    let ack = world.playground.run_command(ALICE, "C0PAYMENTS", "/provision  s3-bucket a=b").await.unwrap();
    assert!(matches!(ack.led_to, LedTo::Message(_)));
    let received = world.last_received();
    assert_eq!(received.path, "/slack/commands");
    let timestamp = received.headers["x-slack-request-timestamp"].to_str().unwrap();
    let expected = world.playground.signature(timestamp.parse().unwrap(), received.body.as_bytes());
    assert_eq!(received.headers["x-slack-signature"], expected);
    let fields = received.json();
    assert_eq!(fields["text"], "s3-bucket a=b");
    assert_eq!(fields["command"], "/provision");
    assert_eq!(fields["channel_name"], "team-payments");
    assert_eq!(fields["user_name"], "alice");
    assert_eq!(world.playground.ephemerals(ALICE)[0].text, "Try `help`");
    assert!(world.playground.messages("C0PAYMENTS", "U0MORGAN").is_empty());
}

#[tokio::test]
async fn a_command_whose_bot_fails_shows_slacks_own_error() {
    let world = World::new().await;
    world.bot_answers(500, "");
    let result = world.playground.run_command(ALICE, "C0GENERAL", "help").await;
    assert_eq!(result, Err(DeliveryFailure::Status(500)));
    insta::assert_snapshot!(world.playground.error_shown(ALICE).unwrap(),
        @"`/provision` failed with the error `dispatch_failed`");
    world.playground.set_bot_url("http://127.0.0.1:1");
    let result = world.playground.run_command(ALICE, "C0GENERAL", "help").await;
    assert!(matches!(result, Err(DeliveryFailure::Unreachable(_))));
}

#[tokio::test]
async fn a_bot_that_answers_too_late_is_a_timeout_the_person_sees() {
    let silent = axum::Router::new().fallback(std::future::pending::<()>);
    let now = std::sync::Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap());
    let mut settings = Settings::demo("signing", "xoxb-play", now);
    settings.ack_within = std::time::Duration::from_millis(5);
    settings.bot_url = super::serve(silent).await;
    let playground = Playground::new(settings);
    let result = playground.run_command(ALICE, "C0GENERAL", "list").await;
    assert_eq!(result, Err(DeliveryFailure::TimedOut));
    insta::assert_snapshot!(playground.error_shown(ALICE).unwrap(),
        @"`/provision` failed with the error `operation_timeout`");
    let shortcut = playground.shortcut(ALICE, "catalog.open").await;
    assert_eq!(shortcut, Err(DeliveryFailure::TimedOut));
    insta::assert_snapshot!(playground.error_shown(ALICE).unwrap(),
        @"Something went wrong: the bot did not answer in time. Try again.");
}

#[tokio::test]
async fn a_click_carries_the_message_and_a_response_url_that_can_replace_it() {
    let world = World::new().await;
    let posted = world
        .call("chat.postMessage", json!({"channel": "C0APPROVALS", "text": "A request", "blocks": card()}))
        .await;
    let place = Place::message("C0APPROVALS", posted["ts"].as_str().unwrap());
    world.playground.click("U0MORGAN", &place, "decide", "approve").await.unwrap();
    let payload = world.last_received().json();
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(payload["actions"][0]["value"], "r1:1");
    assert_eq!(payload["actions"][0]["block_id"], "decide");
    assert_eq!(payload["message"]["ts"], posted["ts"]);
    assert_eq!(payload["container"]["is_ephemeral"], false);
    assert_eq!(payload["channel"]["name"], "approvals");

    let url = payload["response_url"].as_str().unwrap();
    let path = url.strip_prefix(&world.api).unwrap().to_owned();
    let change = json!({"replace_original": true, "text": "Approved"});
    let (status, _) = world.request(&path, "", change).await;
    assert_eq!(status, 200);
    let seen = world.playground.messages("C0APPROVALS", "U0MORGAN");
    assert_eq!(seen[0].text, "Approved");
    for _ in 0..4 {
        world.request(&path, "", json!({"text": "more"})).await;
    }
    let (status, refusal) = world.request(&path, "", json!({"text": "more"})).await;
    assert_eq!((status.as_u16(), &refusal["error"]), (404, &json!("used_url")));
}

#[tokio::test]
async fn a_form_that_asks_for_it_says_where_to_answer() {
    let world = World::new().await;
    let select = |kind: &str, asks: bool| {
        json!({"type": "input", "block_id": kind, "optional": true, "label": plain("Where"),
            "element": {"type": kind, "action_id": "value", "response_url_enabled": asks}})
    };
    let view = json!({"type": "modal", "title": plain("Tell"), "submit": plain("Send"), "blocks":
        [select("conversations_select", true), select("channels_select", false)]});
    let id = world.open_for_alice(&view).await;
    let slack = &world.playground;
    slack.submit("U0ALICE", &id).await.unwrap();
    assert_eq!(world.last_received().json()["response_urls"], json!([]), "nothing is chosen");

    let id = world.open_for_alice(&view).await;
    for block in ["conversations_select", "channels_select"] {
        slack.set_input("U0ALICE", &id, block, "value", json!("C0GENERAL")).await.unwrap();
    }
    slack.submit("U0ALICE", &id).await.unwrap();
    let payload = world.last_received().json();
    let [target] = payload["response_urls"].as_array().unwrap().as_slice() else { panic!("{payload}") };
    assert_eq!(
        (&target["block_id"], &target["action_id"]),
        (&json!("conversations_select"), &json!("value"))
    );
    assert_eq!(target["channel_id"], "C0GENERAL");
    let path = target["response_url"].as_str().unwrap().strip_prefix(&world.api).unwrap().to_owned();
    let answer = json!({"text": "Sent", "response_type": "in_channel"});
    assert_eq!(world.request(&path, "", answer).await.0, 200);
    assert_eq!(slack.messages("C0GENERAL", "U0BOB")[0].text, "Sent");
}

#[tokio::test]
async fn a_shortcut_on_a_message_carries_it_and_an_address_that_adds_to_it() {
    let world = World::new().await;
    let said = world.playground.say("U0BOB", "C0GENERAL", "1 < 2").unwrap();
    let slack = &world.playground;
    slack.message_shortcut("U0ALICE", "C0GENERAL", &said.ts, "same.again").await.unwrap();
    let payload = world.last_received().json();
    assert_eq!((&payload["type"], &payload["callback_id"]), (&json!("message_action"), &json!("same.again")));
    assert_eq!((&payload["message_ts"], &payload["message"]["text"]), (&json!(said.ts), &json!("1 &lt; 2")));
    let path = payload["response_url"].as_str().unwrap().strip_prefix(&world.api).unwrap().to_owned();
    let replaced = json!({"replace_original": true, "text": "mine now"});
    assert_eq!(world.request(&path, "", replaced).await.1["error"], "message_not_found");
    let unseen = slack.message_shortcut("U0OLGA", "C0PAYMENTS", &said.ts, "same.again").await;
    assert!(matches!(unseen, Err(DeliveryFailure::NotThere(_))), "{unseen:?}");
}

#[tokio::test]
async fn nobody_clicks_what_they_do_not_see() {
    let world = World::new().await;
    let posted = world
        .call("chat.postMessage", json!({"channel": "C0APPROVALS", "text": "x", "blocks": card()}))
        .await;
    let place = Place::message("C0APPROVALS", posted["ts"].as_str().unwrap());
    let olga = world.playground.click("U0OLGA", &place, "decide", "approve").await;
    assert!(matches!(olga, Err(DeliveryFailure::NotThere(_))));
    let picked = world.playground.choose("U0MORGAN", &place, "decide", "more", "details").await;
    assert!(picked.is_ok());
    let action = world.last_received().json()["actions"][0].clone();
    assert_eq!(action["selected_option"]["value"], "details");
}

#[tokio::test]
async fn a_form_is_checked_by_the_client_then_sent_whole() {
    let world = World::new().await;
    let view_id = world.open_for_alice(&form()).await;
    let incomplete = world.playground.submit(ALICE, &view_id).await.unwrap_err();
    insta::assert_snapshot!(incomplete,
        @r#"the form is incomplete: {"name": "Please complete this required field."}"#);
    world.playground.set_input(ALICE, &view_id, "name", "value", json!("logs")).await.unwrap();
    let ack = world.playground.submit(ALICE, &view_id).await.unwrap();
    assert_eq!(ack.led_to, LedTo::ViewClosed);
    assert!(world.playground.view(ALICE).is_none());
    let payload = world.last_received().json();
    assert_eq!(payload["type"], "view_submission");
    assert_eq!(payload["view"]["private_metadata"], "{\"k\":1}");
    let values = &payload["view"]["state"]["values"];
    assert_eq!(values["name"]["value"]["value"], "logs");
    assert_eq!(values["size"]["value"], json!({"type": "number_input", "value": null}));
    assert_eq!(values["env"]["value"]["selected_option"]["value"], "dev");
}

#[tokio::test]
async fn errors_stand_under_fields_and_only_under_input_blocks() {
    let world = World::new().await;
    let view_id = world.open_for_alice(&form()).await;
    world.playground.set_input(ALICE, &view_id, "name", "value", json!("logs")).await.unwrap();
    world.bot_answers(200, json!({"response_action": "errors", "errors": {"name": "Taken"}}));
    let ack = world.playground.submit(ALICE, &view_id).await.unwrap();
    assert!(matches!(ack.led_to, LedTo::FieldErrors(_)));
    let errors = world.playground.field_errors(ALICE);
    assert_eq!(errors, [("name".to_owned(), "Taken".to_owned())]);
    world.bot_answers(200, json!({"response_action": "errors", "errors": {"nowhere": "x"}}));
    let refused = world.playground.submit(ALICE, &view_id).await;
    assert!(matches!(refused, Err(DeliveryFailure::BadAnswer(_))));
    assert!(world.playground.error_shown(ALICE).is_some());
}

#[tokio::test]
async fn a_dispatching_input_tells_the_bot_and_an_update_keeps_what_was_typed() {
    let world = World::new().await;
    let view_id = world.open_for_alice(&form()).await;
    world.playground.set_input(ALICE, &view_id, "name", "value", json!("logs")).await.unwrap();
    world.playground.set_input(ALICE, &view_id, "env", "value", json!("prod")).await.unwrap();
    let payload = world.last_received().json();
    assert_eq!(payload["actions"][0]["selected_option"]["value"], "prod");
    assert_eq!(payload["container"]["view_id"], view_id.as_str());
    let values = &payload["view"]["state"]["values"];
    assert_eq!(values["name"]["value"]["value"], "logs");
    let mut changed = form();
    changed["blocks"][1]["block_id"] = json!("size2");
    let hash = payload["view"]["hash"].clone();
    let update = json!({"view_id": view_id, "hash": hash, "view": changed});
    let updated = world.call("views.update", update.clone()).await;
    let values = &updated["view"]["state"]["values"];
    assert_eq!(values["name"]["value"]["value"], "logs");
    assert_eq!(values["env"]["value"]["selected_option"]["value"], "prod");
    assert_eq!(values["size2"]["value"]["value"], Value::Null);
    let stale = world.call("views.update", update).await;
    assert_eq!(stale["error"], "hash_conflict");
}

#[tokio::test]
async fn pushed_views_come_and_go_and_the_bot_hears_of_a_close() {
    let world = World::new().await;
    let view_id = world.open_for_alice(&form()).await;
    world.playground.set_input(ALICE, &view_id, "name", "value", json!("logs")).await.unwrap();
    world.bot_answers(200, json!({"response_action": "push", "view": form()}));
    let ack = world.playground.submit(ALICE, &view_id).await.unwrap();
    assert_eq!(ack.led_to, LedTo::ViewPushed);
    let top = world.playground.view(ALICE).unwrap();
    assert_eq!(top["root_view_id"], view_id.as_str());
    assert_eq!(top["previous_view_id"], view_id.as_str());
    world.playground.close(ALICE, top["id"].as_str().unwrap()).await.unwrap();
    let payload = world.last_received().json();
    assert_eq!(payload["type"], "view_closed");
    assert_eq!(payload["is_cleared"], false);
    assert_eq!(world.playground.view(ALICE).unwrap()["id"], view_id.as_str());
    world.playground.dismiss(ALICE).await.unwrap();
    assert_eq!(world.last_received().json()["is_cleared"], true);
    assert!(world.playground.view(ALICE).is_none());
}

#[tokio::test]
async fn a_trigger_opens_one_view_within_three_seconds() {
    let world = World::new().await;
    let run = world.playground.run_command(ALICE, "C0GENERAL", "");
    run.await.unwrap();
    let trigger = world.last_received().json()["trigger_id"].clone();
    let open = json!({"trigger_id": trigger, "view": form()});
    assert_eq!(world.call("views.open", open.clone()).await["ok"], true);
    assert_eq!(world.call("views.open", open).await["error"], "exchanged_trigger_id");
    let run = world.playground.run_command(ALICE, "C0GENERAL", "");
    run.await.unwrap();
    let trigger = world.last_received().json()["trigger_id"].clone();
    world.pass(SignedDuration::from_millis(3_001));
    let late = json!({"trigger_id": trigger, "view": form()});
    assert_eq!(world.call("views.open", late).await["error"], "expired_trigger_id");
    let forged = json!({"trigger_id": "1.2", "view": form()});
    assert_eq!(world.call("views.open", forged).await["error"], "invalid_trigger_id");
}

#[tokio::test]
async fn a_search_offers_options_and_a_choice_among_them_is_held() {
    let world = World::new().await;
    let view = json!({"type": "modal", "title": plain("Team"), "submit": plain("Send"), "blocks": [
        {"type": "input", "block_id": "team", "label": plain("Team"),
         "element": {"type": "external_select", "action_id": "value", "min_query_length": 0}}]});
    let view_id = world.open_for_alice(&view).await;
    let place = Place::view(&view_id);
    let offer = json!({"options": [{"text": plain("Payments"), "value": "payments"}]});
    world.bot_answers(200, offer);
    let options = world.playground.suggest(ALICE, &place, "team", "value", "pay").await.unwrap();
    assert_eq!(options[0]["value"], "payments");
    let asked = world.last_received();
    assert_eq!(asked.path, "/slack/options");
    assert_eq!(asked.json()["value"], "pay");
    world.playground.choose(ALICE, &place, "team", "value", "payments").await.unwrap();
    let held = &world.playground.view(ALICE).unwrap()["state"]["values"]["team"]["value"];
    assert_eq!(held["selected_option"]["text"]["text"], "Payments");
}

#[tokio::test]
async fn a_person_is_picked_in_a_form_and_arrives_with_the_submission() {
    let world = World::new().await;
    let view = json!({"type": "modal", "title": plain("Transfer"), "submit": plain("Send"), "blocks": [
        {"type": "input", "block_id": "to", "label": plain("New owner"),
         "element": {"type": "users_select", "action_id": "value", "placeholder": plain("Choose a person")}}]});
    let view_id = world.open_for_alice(&view).await;
    assert!(matches!(world.playground.submit(ALICE, &view_id).await, Err(DeliveryFailure::Incomplete(_))));
    let place = Place::view(&view_id);
    let stranger = world.playground.choose(ALICE, &place, "to", "value", "U0NOBODY").await;
    assert!(matches!(stranger, Err(DeliveryFailure::NotThere(_))));
    world.playground.choose(ALICE, &place, "to", "value", "U0BOB").await.unwrap();
    let ack = world.playground.submit(ALICE, &view_id).await.unwrap();
    assert_eq!(ack.led_to, LedTo::ViewClosed);
    let values = world.last_received().json()["view"]["state"]["values"].clone();
    assert_eq!(values["to"]["value"], json!({"type": "users_select", "selected_user": "U0BOB"}));
}

#[tokio::test]
async fn the_home_tab_is_an_event_and_a_published_view() {
    let world = World::new().await;
    world.playground.open_home(ALICE).await.unwrap();
    let envelope = world.last_received().json();
    assert_eq!(envelope["type"], "event_callback");
    assert_eq!(envelope["event"]["type"], "app_home_opened");
    assert!(envelope["event_id"].as_str().unwrap().starts_with("Ev"));
    let view = json!({"type": "home", "blocks": card()});
    let published = world.call("views.publish", json!({"user_id": ALICE, "view": view})).await;
    assert_eq!(published["ok"], true, "{published}");
    world.playground.click(ALICE, &Place::Home, "decide", "approve").await.unwrap();
    let payload = world.last_received().json();
    assert_eq!(payload["view"]["type"], "home");
    assert!(payload.get("response_url").is_none());
}

#[tokio::test]
async fn unread_marks_count_what_others_said_and_vanish_when_read() {
    let world = World::new().await;
    for text in ["one", "two"] {
        world.call("chat.postMessage", json!({"channel": ALICE, "text": text})).await;
    }
    let dm = world.playground.dm(ALICE)[0].channel.clone();
    assert_eq!(world.playground.unread(&dm, ALICE), 2);
    world.playground.mark_read(ALICE, &dm);
    assert_eq!(world.playground.unread(&dm, ALICE), 0);
}

#[tokio::test]
async fn a_forged_request_goes_out_exactly_as_written() {
    let world = World::new().await;
    world.bot_answers(401, "");
    let headers = [("x-slack-signature", "v0=forged")];
    let answer = world.playground.post_raw("/slack/commands", &headers, b"text=x".to_vec()).await;
    assert_eq!(answer, Ok((401, String::new())));
    let received = world.last_received();
    assert!(received.headers.get("x-slack-request-timestamp").is_none());
}
