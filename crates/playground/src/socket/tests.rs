//! Socket Mode, tested with a minimal bot.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::tests::{fetch, serve};
use crate::{DeliveryFailure, LedTo, Playground, Settings};

const ALICE: &str = "U0ALICE";

/// Returns a playground with Socket Mode on.
async fn slack() -> Playground {
    slack_that_waits(Duration::from_secs(3)).await
}

/// Returns a playground with this time limit for acknowledgements.
async fn slack_that_waits(ack_within: Duration) -> Playground {
    let now = Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap());
    let app_token = Some("xapp-play".to_owned());
    let settings = Settings::demo("signing", "xoxb-play", now);
    let playground = Playground::new(Settings { app_token, ack_within, ..settings });
    playground.set_public_url(serve(playground.router()).await);
    playground
}

async fn open(playground: &Playground, token: &str) -> Value {
    let url = format!("{}/api/apps.connections.open", playground.addresses().public);
    let request = axum::http::Request::post(url).header("authorization", format!("Bearer {token}"));
    fetch(request.body(axum::body::Body::empty()).unwrap()).await.1
}

/// The bot's end of a connection.
struct Bot(WebSocketStream<TcpStream>);

impl Bot {
    async fn dials(url: &str) -> Option<Self> {
        let place = url.strip_prefix("ws://").unwrap().split('/').next().unwrap();
        let stream = TcpStream::connect(place).await.unwrap();
        client_async(url, stream).await.ok().map(|(socket, _)| Self(socket))
    }

    /// Opens a connection and receives the greeting.
    async fn connects(playground: &Playground) -> Self {
        let opened = open(playground, "xapp-play").await;
        let mut bot = Self::dials(opened["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(bot.hears().await["type"], "hello");
        bot
    }

    /// Returns the next message, ignoring pings; null at the end.
    async fn hears(&mut self) -> Value {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_))) => {}
                _ => return Value::Null,
            }
        }
    }

    async fn says(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn acknowledges(&mut self, envelope: &Value, answer: Option<Value>) {
        let mut frame = json!({"envelope_id": envelope["envelope_id"]});
        if let Some(answer) = answer {
            frame["payload"] = answer;
        }
        self.says(frame).await;
    }
}

fn click() -> Value {
    json!({"type": "block_actions", "user": {"id": ALICE}})
}

#[tokio::test]
async fn only_the_apps_own_token_opens_a_connection_and_each_address_opens_one() {
    let playground = slack().await;
    assert_eq!(open(&playground, "xoxb-play").await["error"], "not_allowed_token_type");
    assert_eq!(open(&playground, "xapp-other").await["error"], "invalid_auth");
    let opened = open(&playground, "xapp-play").await;
    let url = opened["url"].as_str().unwrap();
    let _bot = Bot::dials(url).await.unwrap();
    assert!(Bot::dials(url).await.is_none(), "the ticket was used");
    assert!(Bot::dials(&url.replace("ticket=", "ticket=x")).await.is_none());
}

#[tokio::test]
async fn a_command_goes_over_the_socket_and_its_answer_comes_with_the_acknowledgement() {
    let playground = slack().await;
    let mut bot = Bot::connects(&playground).await;
    let answers = async {
        let envelope = bot.hears().await;
        assert_eq!(
            (&envelope["type"], &envelope["accepts_response_payload"]),
            (&json!("slash_commands"), &json!(true))
        );
        assert_eq!(envelope["payload"]["text"], "help");
        bot.acknowledges(&envelope, Some(json!({"text": "Try it"}))).await;
    };
    let (ack, ()) = tokio::join!(playground.run_command(ALICE, "C0GENERAL", "/provision help"), answers);
    assert!(matches!(ack.unwrap().led_to, LedTo::Message(_)));
    assert_eq!(playground.ephemerals(ALICE)[0].text, "Try it");
}

#[tokio::test]
async fn an_event_that_is_not_acknowledged_comes_again_at_once_and_says_so() {
    let playground = slack_that_waits(Duration::from_millis(500)).await;
    let mut bot = Bot::connects(&playground).await;
    let event = json!({"type": "app_home_opened", "user": ALICE, "tab": "home"});
    let takes_the_second = async {
        let first = bot.hears().await;
        assert_eq!(first.get("retry_attempt"), None);
        let second = bot.hears().await;
        assert_eq!((&second["retry_attempt"], &second["retry_reason"]), (&json!(1), &json!("timeout")));
        assert_eq!(second["payload"]["event_id"], first["payload"]["event_id"]);
        assert_ne!(second["envelope_id"], first["envelope_id"]);
        bot.acknowledges(&second, None).await;
    };
    let (ack, ()) = tokio::join!(playground.send_event(&event), takes_the_second);
    assert_eq!(ack.unwrap().status, 200);
    assert_eq!(playground.send_events_again().await, 0);
}

#[tokio::test]
async fn a_bot_without_a_connection_is_told_nothing_and_the_person_sees_it() {
    let playground = slack().await;
    let result = playground.run_command(ALICE, "C0GENERAL", "help").await;
    assert!(matches!(result, Err(DeliveryFailure::Unreachable(_))), "{result:?}");
    assert_eq!(
        playground.error_shown(ALICE).unwrap(),
        "`/provision` failed with the error `dispatch_failed`"
    );
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again_over_another_connection() {
    let playground = slack().await;
    let (mut first, mut second) = (Bot::connects(&playground).await, Bot::connects(&playground).await);
    let plays = async {
        let envelope = first.hears().await;
        assert_eq!(envelope["retry_attempt"], Value::Null);
        assert!(playground.breaks_busy_sockets());
        let again = second.hears().await;
        assert_eq!((&again["envelope_id"], &again["retry_attempt"]), (&envelope["envelope_id"], &json!(1)));
        assert_eq!(again["retry_reason"], "timeout");
        second.acknowledges(&again, None).await;
    };
    let payload = click();
    let (answer, ()) = tokio::join!(playground.send_envelope("interactive", &payload), plays);
    assert_eq!(answer, Ok((200, String::new())));
    assert_eq!(playground.sockets(), 1);
}

#[tokio::test]
async fn an_acknowledgement_that_got_lost_brings_the_same_thing_again() {
    let playground = slack().await;
    let mut bot = Bot::connects(&playground).await;
    playground.misses_the_next_ack();
    let plays = async {
        let envelope = bot.hears().await;
        bot.acknowledges(&envelope, None).await;
        let again = bot.hears().await;
        assert_eq!(again["envelope_id"], envelope["envelope_id"]);
        bot.acknowledges(&again, None).await;
    };
    let payload = click();
    let (answer, ()) = tokio::join!(playground.send_envelope("interactive", &payload), plays);
    assert_eq!(answer, Ok((200, String::new())));
}

#[tokio::test]
async fn an_answer_where_slack_takes_none_is_ignored_as_it_is_over_http() {
    let playground = slack().await;
    let mut bot = Bot::connects(&playground).await;
    for answer in [json!({}), json!({"text": "Done"})] {
        let plays = async {
            let envelope = bot.hears().await;
            assert_eq!(envelope["accepts_response_payload"], false);
            bot.acknowledges(&envelope, Some(answer)).await;
        };
        let payload = click();
        let (answer, ()) = tokio::join!(playground.send_envelope("interactive", &payload), plays);
        assert_eq!(answer, Ok((200, String::new())));
    }
    assert_eq!(playground.ephemerals(ALICE), []);
}

#[tokio::test]
async fn an_empty_answer_to_a_command_says_nothing() {
    let playground = slack().await;
    let mut bot = Bot::connects(&playground).await;
    let answers = async {
        let envelope = bot.hears().await;
        bot.acknowledges(&envelope, Some(json!({}))).await;
    };
    let (ack, ()) = tokio::join!(playground.run_command(ALICE, "C0GENERAL", "/provision"), answers);
    assert_eq!(ack.unwrap().led_to, LedTo::Nothing);
}

#[tokio::test]
async fn an_eleventh_connection_is_told_that_there_are_too_many() {
    let playground = slack().await;
    let mut bots = Vec::new();
    for _ in 0..10 {
        bots.push(Bot::connects(&playground).await);
    }
    let opened = open(&playground, "xapp-play").await;
    let mut eleventh = Bot::dials(opened["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(eleventh.hears().await["reason"], "too_many_websockets");
    playground.announces_disconnect("warning");
    assert_eq!(bots[0].hears().await["reason"], "warning");
    playground.breaks_sockets();
    assert_eq!(bots[0].hears().await, Value::Null);
    assert_eq!(playground.sockets(), 0);
}
