//! Opens a connection: asks Slack for a URL, and opens a WebSocket there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use crate::https::{Route, Stream};
use crate::slack::client::{NoConnection, SlackClient, SocketUrl};

/// Time limit for connecting, including TLS and the WebSocket handshake.
const DIAL: Duration = Duration::from_secs(10);
/// Longest message that is read, in bytes. A whole form from Slack is far shorter.
const LONGEST: usize = 4 * 1024 * 1024;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TokioIo<Stream>>>;

/// Opens connections with one app-level token.
pub(super) struct ConnectionSource {
    client: SlackClient,
    route: Route,
    tls: Connector,
}

impl ConnectionSource {
    /// `client` must hold the app-level token.
    pub(super) fn new(client: SlackClient) -> anyhow::Result<Self> {
        let tls = client.tls()?;
        let route = Route::from_environment(tls.clone());
        Ok(Self { client, route, tls: Connector::Rustls(Arc::new(tls)) })
    }

    /// Checks whether Slack would open a connection.
    pub(super) async fn check(&self) -> Result<(), NoConnection> {
        self.client.socket_url().await.map(drop)
    }

    /// Opens a connection on which Slack has not sent `hello` yet.
    pub(super) async fn open(&self) -> Result<Socket, NoConnection> {
        let url = self.client.socket_url().await?;
        let dialed = tokio::time::timeout(DIAL, Box::pin(self.dial(&url))).await;
        dialed.unwrap_or_else(|_| Err(anyhow!("Slack took too long"))).map_err(NoConnection::Broken)
    }

    async fn dial(&self, url: &SocketUrl) -> anyhow::Result<Socket> {
        let url = url.reveal();
        let stream = TokioIo::new(self.route.connect(url).await.context("cannot reach Slack")?);
        let limits = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        let tls = Some(self.tls.clone());
        let opened = Box::pin(client_async_tls_with_config(url.as_str(), stream, Some(limits), tls)).await;
        let (socket, _) = opened.context("Slack does not take the connection")?;
        Ok(socket)
    }
}

impl fmt::Debug for ConnectionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionSource").field("client", &self.client).finish_non_exhaustive()
    }
}
