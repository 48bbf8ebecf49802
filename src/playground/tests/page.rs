//! What the page asks for and what it may not do.

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
    let answer = crate::playground::deliver::client().request(request).await.unwrap();
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
    for (name, _, text) in crate::playground::page_api::FILES {
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
        let answer = crate::playground::deliver::client().request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"));
    }
}
