//! One connection: upgrades the request, then exchanges frames.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::connections::{MOST, Order};
use crate::state::{Playground, lock};

/// The interval of pings. Slack's own client for Node.js drops a connection that had no ping for 30 s after
/// the first one (`serverPingTimeout` of @slack/socket-mode of @slack/bolt 5.1.0, read on 2026-11-29).
const PING_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    ticket: String,
}

/// Handles `GET /link?ticket=…`: upgrades to a connection, once per ticket.
pub(crate) async fn link(
    State(playground): State<Playground>,
    Query(query): Query<Asked>,
    mut request: Request,
) -> Response {
    if !lock(&playground.shared.sockets).tickets.remove(&query.ticket) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(accept) = accept_key(request.headers()) else { return StatusCode::BAD_REQUEST.into_response() };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // A client that leaves before the upgrade has no connection.
        if let Ok(stream) = upgrade.await {
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Server, None).await;
            let _ = playground.attend(socket).await;
        }
    });
    let headers = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}

fn accept_key(headers: &HeaderMap) -> Option<String> {
    let is_websocket = headers.get(header::UPGRADE)?.as_bytes().eq_ignore_ascii_case(b"websocket");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    is_websocket.then(|| derive_accept_key(key.as_bytes()))
}

impl Playground {
    /// Serves a connection until it ends.
    async fn attend<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut socket: WebSocketStream<S>,
    ) -> Result<(), Error> {
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let (id, count) = {
            let mut sockets = lock(&self.shared.sockets);
            (sockets.open(orders), sockets.lines.len())
        };
        self.announce();
        let mut pings = tokio::time::interval(PING_EVERY);
        let ended = async {
            if count > MOST {
                socket.send(Message::text(too_many().to_string())).await?;
                return socket.close(None).await;
            }
            socket.send(Message::text(self.hello(count).to_string())).await?;
            loop {
                tokio::select! {
                    order = ordered.recv() => match order {
                        Some(Order::Say(text)) => socket.send(Message::text(text)).await?,
                        Some(Order::Close) => socket.close(None).await?,
                        Some(Order::Break) | None => return Ok(()),
                    },
                    _ = pings.tick() => socket.send(Message::Ping(Bytes::from_static(b"Ping from playground"))).await?,
                    message = socket.next() => match message {
                        Some(Ok(Message::Text(text))) => self.hear(id, &text),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Err(error),
                        None => return Ok(()),
                    },
                }
            }
        }
        .await;
        // However it has ended: what it did not acknowledge fails now and goes over another connection.
        lock(&self.shared.sockets).close(id);
        self.announce();
        ended
    }

    fn hello(&self, count: usize) -> Value {
        json!({
            "type": "hello",
            "num_connections": count,
            "debug_info": {"host": "playground", "approximate_connection_time": 18_060},
            "connection_info": {"app_id": self.settings().identity.app_id},
        })
    }

    /// Handles an acknowledgement.
    fn hear(&self, id: u64, text: &str) {
        let said: Value = serde_json::from_str(text).unwrap_or_default();
        let answer = said.get("payload").filter(|payload| !payload.is_null()).cloned();
        if let Some(envelope) = said["envelope_id"].as_str() {
            lock(&self.shared.sockets).acknowledge(id, envelope, answer);
        }
    }
}

fn too_many() -> Value {
    json!({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "playground"}})
}
