//! One connection against a minimal Slack: what is acknowledged when, and when a connection ends.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::sync::CancellationToken;

use super::connection::{Answerer, Connection, ConnectionState};
use super::dial::ConnectionSource;
use super::frame::SocketNotice;
use super::{TIMING, Timing};
use crate::portal::metrics::{Metrics, SocketUp};
use crate::slack::client::NoConnection;
use crate::slack::client::fake::{FakeSlack, StillClock};
use crate::slack::incoming::Incoming;
use crate::slack::reply::Ack;

/// Answers immediately, except for commands, which it answers when told to.
#[derive(Clone, Default)]
struct Office {
    metrics: Arc<Metrics>,
    go_on: Arc<Notify>,
}

impl Answerer for Office {
    fn answer(&self, incoming: Incoming) -> JoinHandle<Ack> {
        let office = self.clone();
        tokio::spawn(async move {
            if matches!(incoming, Incoming::Command(_)) {
                office.go_on.notified().await;
                return Ack::Close;
            }
            assert!(!matches!(incoming, Incoming::Shortcut(_)), "a mistake of ours");
            if matches!(incoming, Incoming::Suggestion(_)) { Ack::Options(Vec::new()) } else { Ack::Empty }
        })
    }

    fn up(&self) -> SocketUp {
        self.metrics.socket_up()
    }
}

/// Slack's end of a connection, and the bot's view of it.
struct World {
    slack: WebSocketStream<DuplexStream>,
    office: Office,
    state: watch::Receiver<ConnectionState>,
    retire: CancellationToken,
    serving: JoinHandle<()>,
}

impl World {
    async fn open(timing: Timing) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let slack = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
        let socket = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        let (office, retire) = (Office::default(), CancellationToken::new());
        let (sender, state) = watch::channel(ConnectionState::Opening);
        let connection = Connection::new(socket, office.clone(), timing, sender, retire.clone());
        let serving = tokio::spawn(connection.serve());
        Self { slack, office, state, retire, serving }
    }

    async fn says(&mut self, frame: Value) {
        self.slack.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn sends(&mut self, id: &str, kind: &str, payload: Value) {
        let takes = kind != "events_api";
        let frame =
            json!({"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": takes});
        self.says(frame).await;
    }

    /// Returns the next frame from the bot that is not a ping.
    async fn hears(&mut self) -> String {
        loop {
            let message = self.slack.next().await.unwrap().unwrap();
            if message.is_close() {
                return "close".to_owned();
            }
            if let Message::Text(text) = message {
                return text.to_string();
            }
        }
    }

    async fn is(&mut self, wanted: ConnectionState) {
        let reached = self.state.wait_for(|state| *state == wanted);
        tokio::time::timeout(Duration::from_secs(10), reached).await.unwrap().unwrap();
    }
}

fn command() -> Value {
    json!({"command": "/provision", "user_id": "U0ALICE", "text": ""})
}

fn by_alice(kind: &str) -> Value {
    json!({"type": kind, "user": {"id": "U0ALICE"}, "block_id": "b", "callback_id": "c"})
}

#[tokio::test]
async fn slack_is_spoken_to_over_tls_with_an_address_that_the_apps_token_got() {
    let (slack, client, _) = FakeSlack::start(&StillClock::new()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/link?ticket=1", listener.local_addr().unwrap());
    slack.answers("apps.connections.open", &json!({"ok": true, "url": url}));
    let first_byte = tokio::spawn(async move { listener.accept().await.unwrap().0.read_u8().await.unwrap() });
    let broken = ConnectionSource::new(client).unwrap().open().await.unwrap_err();
    assert_eq!(first_byte.await.unwrap(), 22, "a handshake of TLS begins like this");
    assert!(matches!(broken, NoConnection::Broken(_)), "{broken:?}");
    assert!(!format!("{broken:?}").contains("ticket=1"), "{broken:?}");
}

#[tokio::test]
async fn an_answer_that_takes_long_keeps_no_other_waiting() {
    let mut world = World::open(TIMING).await;
    world.sends("slow", "slash_commands", command()).await;
    world.sends("quick", "interactive", by_alice("block_suggestion")).await;
    assert_eq!(world.hears().await, r#"{"envelope_id":"quick","payload":{"options":[]}}"#);
    world.office.go_on.notify_one();
    assert_eq!(world.hears().await, r#"{"envelope_id":"slow","payload":{"response_action":"clear"}}"#);
}

#[tokio::test]
async fn an_answer_goes_along_only_where_slack_takes_one() {
    let mut world = World::open(TIMING).await;
    let frame = json!({"envelope_id": "e1", "type": "interactive", "payload": by_alice("block_suggestion")});
    world.says(frame).await;
    assert_eq!(world.hears().await, r#"{"envelope_id":"e1"}"#);
}

#[tokio::test]
async fn whatever_has_an_id_is_acknowledged_whether_or_not_it_is_readable() {
    let mut world = World::open(TIMING).await;
    world.slack.send(Message::text("no json")).await.unwrap();
    world.slack.send(Message::binary(vec![0_u8, 159])).await.unwrap();
    world.says(json!({"type": "events_api"})).await;
    for kind in ["slash_commands", "interactive", "events_api", "hologram"] {
        for odd in [json!([]), json!({}), json!(null), json!("x"), json!(7)] {
            world.sends(kind, kind, odd).await;
            assert_eq!(world.hears().await, format!(r#"{{"envelope_id":"{kind}"}}"#));
        }
    }
    for odd in [json!([]), json!({}), json!(null), json!("x"), json!(7)] {
        for field in ["type", "accepts_response_payload", "retry_attempt", "retry_reason"] {
            let mut envelope =
                json!({"envelope_id": "e1", "type": "interactive", "payload": by_alice("view_closed")});
            envelope[field] = odd.clone();
            world.says(envelope).await;
            assert_eq!(world.hears().await, r#"{"envelope_id":"e1"}"#, "{field} {odd}");
        }
    }
    assert_eq!(*world.state.borrow(), ConnectionState::Opening);
}

#[tokio::test]
async fn a_mistake_of_ours_is_not_acknowledged_so_that_whoever_caused_it_sees_that_it_did_not_work() {
    let mut world = World::open(TIMING).await;
    world.sends("mistake", "interactive", by_alice("shortcut")).await;
    world.sends("strange", "hologram", json!(7)).await;
    assert_eq!(world.hears().await, r#"{"envelope_id":"strange"}"#);
}

#[tokio::test]
async fn a_connection_counts_from_slacks_hello_to_its_end() {
    let mut world = World::open(TIMING).await;
    assert_eq!(world.office.metrics.sockets(), 0);
    world.says(json!({"type": "hello", "num_connections": 1})).await;
    world.is(ConnectionState::Up).await;
    assert_eq!(world.office.metrics.sockets(), 1);
    world.says(json!({"type": "disconnect", "reason": "warning"})).await;
    world.is(ConnectionState::Leaving(SocketNotice::Refresh)).await;
    assert_eq!(world.office.metrics.sockets(), 1, "it still works");
    world.slack.close(None).await.unwrap();
    world.is(ConnectionState::Over("Slack closed it".to_owned())).await;
    assert_eq!(world.office.metrics.sockets(), 0);
}

#[tokio::test]
async fn a_connection_that_is_given_up_answers_what_it_has_begun_before_it_closes() {
    let mut world = World::open(TIMING).await;
    world.sends("slow", "slash_commands", command()).await;
    world.sends("first", "hologram", json!(1)).await;
    assert_eq!(world.hears().await, r#"{"envelope_id":"first"}"#);
    world.retire.cancel();
    world.sends("late", "hologram", json!(2)).await;
    assert_eq!(world.hears().await, r#"{"envelope_id":"late"}"#);
    world.office.go_on.notify_one();
    assert_eq!(world.hears().await, r#"{"envelope_id":"slow","payload":{"response_action":"clear"}}"#);
    assert_eq!(world.hears().await, "close");
    world.serving.await.unwrap();
    assert_eq!(*world.state.borrow(), ConnectionState::Over("given up".to_owned()));
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_keep_a_connection_that_is_given_up() {
    let timing = Timing { answers_within: Duration::from_millis(20), ..TIMING };
    let mut world = World::open(timing).await;
    world.sends("never", "slash_commands", command()).await;
    world.sends("first", "hologram", json!(1)).await;
    assert_eq!(world.hears().await, r#"{"envelope_id":"first"}"#);
    world.retire.cancel();
    assert_eq!(world.hears().await, "close");
    world.serving.await.unwrap();
}

#[tokio::test]
async fn a_slack_that_says_nothing_at_all_is_given_up_and_one_that_answers_pings_is_not() {
    let timing =
        Timing { ping_every: Duration::from_millis(20), dead_after: Duration::from_millis(200), ..TIMING };
    let mut silent = World::open(timing).await;
    let mut quiet = World::open(timing).await;
    // Reading is enough for the library to answer pings.
    let reading = tokio::spawn(async move { while quiet.slack.next().await.is_some() {} });
    let mut state = silent.state.clone();
    let over = state
        .wait_for(|state| matches!(state, ConnectionState::Over(why) if why.contains("no sign of life")));
    tokio::time::timeout(Duration::from_secs(10), over).await.unwrap().unwrap();
    assert!(silent.slack.next().await.is_some(), "its pings are still there to be read");
    assert_eq!(*quiet.state.borrow(), ConnectionState::Opening);
    reading.abort();
}
