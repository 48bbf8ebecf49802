//! The endpoints of the page, and what it may not do.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{World, fetch, form};

async fn act(world: &World, origin: Option<&str>, body: Value) -> (StatusCode, Value) {
    let mut request =
        Request::post(format!("{}/playground/act", world.api)).header("content-type", "application/json");
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    fetch(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn the_page_acts_and_sees_what_it_led_to() {
    let world = World::new().await;
    world.bot_answers(200, "Nothing yet");
    let run = json!({"as": "U0ALICE", "type": "command", "channel": "C0GENERAL",
        "text": "/provision list"});
    let (status, answer) = act(&world, Some(&world.api), run).await;
    assert_eq!((status, &answer["ok"]), (StatusCode::OK, &json!(true)));
    let screen = world.get("/playground/state?as=U0ALICE").await;
    assert_eq!(screen["messages"]["C0GENERAL"][0]["ephemeral"], true);
    let other = world.get("/playground/state?as=U0BOB").await;
    assert_eq!(other["messages"]["C0GENERAL"], json!([]));
    assert_eq!(other["channels"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_clock_moves_ahead_by_the_steps_of_the_page_for_everybody_and_the_bot() {
    let world = World::new().await;
    let before = world.get("/playground/state?as=U0BOB").await;
    assert_eq!(before["clock"]["ahead"], 0);
    let steps: Vec<_> = before["clock"]["steps"].as_array().unwrap().iter().map(|step| &step["by"]).collect();
    assert_eq!(steps, ["1h", "1d", "7d", "30d"]);
    for by in ["1h", "30d"] {
        let (_, answer) = act(&world, None, json!({"as": "U0ALICE", "type": "clock", "by": by})).await;
        assert_eq!(answer["ok"], true, "{answer}");
    }
    let after = world.get("/playground/state?as=U0BOB").await;
    let ahead = (30 * 24 + 1) * 3_600_000;
    assert_eq!(after["clock"]["ahead"], ahead);
    assert_eq!(after["now"].as_i64().unwrap() - before["now"].as_i64().unwrap(), ahead);
    assert!(after["version"].as_u64() > before["version"].as_u64(), "every page hears of it");
    world.playground.run_command("U0ALICE", "C0GENERAL", "list").await.unwrap();
    let signed = world.last_received().headers["x-slack-request-timestamp"].clone();
    assert_eq!(signed.to_str().unwrap(), (after["now"].as_i64().unwrap() / 1000).to_string());
}

#[tokio::test]
async fn the_clock_takes_no_other_step_and_ends_after_ten_years() {
    let world = World::new().await;
    let refusal = |by: &str| world.playground.move_clock(by).unwrap_err().to_string();
    for by in ["-1d", "2d", "", "1 day"] {
        assert!(refusal(by).contains("move the clock ahead by 1h, 1d, 7d or 30d"), "{by}");
    }
    while world.playground.move_clock("30d").is_ok() {}
    insta::assert_snapshot!(refusal("30d"),
        @"there is no later date here: ten years ahead is as far as the clock goes");
    assert!(world.clock.lock().unwrap().to_string().starts_with("2036-"));
}

#[tokio::test]
async fn a_page_of_another_site_is_refused() {
    let world = World::new().await;
    let say = json!({"as": "U0ALICE", "type": "say", "channel": "C0GENERAL", "text": "x"});
    for origin in ["https://evil.example", "http://127.0.0.1:1", "null"] {
        let (status, _) = act(&world, Some(origin), say.clone()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
    }
    let localhost = world.api.replace("127.0.0.1", "localhost");
    assert_eq!(act(&world, Some(&localhost), say).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_form_is_filled_and_its_complaints_reach_the_page() {
    let world = World::new().await;
    let view_id = world.open_for_alice(&form()).await;
    let submit = json!({"as": "U0ALICE", "type": "submit", "view_id": view_id});
    let (_, answer) = act(&world, None, submit).await;
    assert_eq!(answer["incomplete"], true);
    let fill = json!({"as": "U0ALICE", "type": "input", "view_id": view_id,
        "block_id": "name", "action_id": "value", "value": "logs"});
    assert_eq!(act(&world, None, fill).await.1["ok"], true);
    let screen = world.get("/playground/state?as=U0ALICE").await;
    let view = &screen["views"][0];
    assert_eq!(view["errors"], json!({}));
    assert_eq!(view["state"]["values"]["name"]["value"]["value"], "logs");
}

#[tokio::test]
async fn the_stream_tells_at_once_and_again_after_a_change() {
    let world = World::new().await;
    let request =
        Request::get(format!("{}/playground/stream?as=U0ALICE", world.api)).body(Body::empty()).unwrap();
    let answer = crate::client::client().request(request).await.unwrap();
    let mut body = Body::new(answer.into_body());
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"data: {\"version\":"));
    world.playground.say("U0BOB", "C0GENERAL", "hello").unwrap();
    let second = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_ne!(first, second);
    world.playground.shut_down();
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn what_a_person_types_cannot_become_a_mention_or_a_link() {
    let world = World::new().await;
    let said = world.playground.say("U0BOB", "C0GENERAL", "<!channel> & co").unwrap();
    assert_eq!(said.text, "&lt;!channel&gt; &amp; co");
}

#[test]
fn the_pages_script_never_makes_html_out_of_text() {
    for (name, _, text) in crate::page_api::FILES {
        for risky in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!text.contains(risky), "{name} uses {risky}");
        }
    }
}

#[tokio::test]
async fn the_page_and_its_files_are_served_under_a_strict_policy() {
    let world = World::new().await;
    for path in ["/", "/playground/files/app.js", "/playground/files/style.css"] {
        let request = Request::get(format!("{}{path}", world.api)).body(Body::empty()).unwrap();
        let answer = crate::client::client().request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"));
    }
}
