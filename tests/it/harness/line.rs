//! How what happens in Slack reaches the bot of a company: Slack calls it, or it keeps sockets open. Every journey does
//! with both; `.ci/socket` runs all of them over sockets, those in `socket.rs` always are.

use std::sync::Arc;

use playground::Playground;
use quartermaster::config::{Inbound, Secret};
use quartermaster::wiring::App;
use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::SIGNING_SECRET;
use super::fuse::Fuse;
use super::process::eventually;

/// Says that all journeys go over sockets.
const OVER_SOCKETS: &str = "QM_JOURNEYS_OVER_SOCKETS";
/// The app's own token.
pub(super) const APP_TOKEN: &str = "xapp-token-of-the-journeys";
/// How many connections a bot keeps.
pub(crate) const CONNECTIONS: usize = 2;

/// Whether all journeys go over sockets.
#[expect(clippy::disallowed_methods, reason = "`.ci/socket` says so in the environment")]
pub(super) fn all_over_sockets() -> bool {
    std::env::var(OVER_SOCKETS).is_ok()
}

/// What a bot of such a company needs.
pub(super) fn inbound(over_sockets: bool) -> Inbound {
    if over_sockets {
        Inbound::Socket { app_token: Secret::new(APP_TOKEN), connections: CONNECTIONS }
    } else {
        Inbound::Http { signing_secret: Secret::new(SIGNING_SECRET) }
    }
}

/// The connections of one bot.
#[derive(Debug)]
pub(super) struct Line {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Line {
    /// Connects a bot, if it is one that connects, and waits until it has. A bot whose fuse has blown says nothing more.
    pub(super) async fn connect(app: &App, fuse: Arc<Fuse>, slack: &Playground) -> Option<Self> {
        let sockets = app.sockets()?.clone();
        let before = slack.sockets();
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (stop, slack) = (stop.clone(), slack.clone());
            async move {
                tokio::select! {
                    () = sockets.run(stop.clone()) => {}
                    () = fuse.blown() => {
                        stop.cancel();
                        slack.breaks_sockets();
                    }
                }
            }
        });
        eventually("the bot connects", async || slack.sockets() == before + CONNECTIONS).await;
        eventually("the bot knows", async || app.portal.metrics.sockets() == CONNECTIONS).await;
        Some(Self { stop, running })
    }

    /// Ends the connections in good order.
    pub(super) async fn hang_up(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }

    /// Begins to end the connections, which goes on until what is under way has been answered.
    pub(super) fn begin_to_hang_up(&self) {
        self.stop.cancel();
    }
}

/// What Slack would post to a path, as it goes over a socket: the type of the envelope, and what is in it.
pub(super) fn envelope(path: &str, body: &str) -> (&'static str, Value) {
    let mut fields = form_urlencoded::parse(body.as_bytes());
    match path {
        "/slack/commands" => {
            let fields: Map<_, _> = fields.map(|(key, value)| (key.into(), value.as_ref().into())).collect();
            ("slash_commands", fields.into())
        }
        "/slack/events" => ("events_api", serde_json::from_str(body).unwrap()),
        _ => {
            let (_, payload) = fields.find(|(key, _)| key == "payload").unwrap();
            ("interactive", serde_json::from_str(&payload).unwrap())
        }
    }
}
