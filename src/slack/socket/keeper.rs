//! Maintains one connection: replaces it before Slack closes it or after it broke, until the program stops.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Connection, ConnectionState};
use super::frame::SocketNotice;
use super::pauses::ReconnectPauses;
use super::{SocketMode, Timing};
use crate::ports::outage::{Outages, Side};
use crate::slack::client::NoConnection;

/// Keeps one connection to Slack open.
#[derive(Debug)]
pub(super) struct Keeper {
    mode: SocketMode,
    /// Tasks of all connections in use, including replaced ones that are still answering.
    working: TaskTracker,
    stop: CancellationToken,
    pauses: ReconnectPauses,
    /// How long Slack asked us to wait.
    stay_away: Duration,
    current: Option<KeptConnection>,
}

/// The keeper's view of a connection.
#[derive(Debug)]
struct KeptConnection {
    state: watch::Receiver<ConnectionState>,
    retire: CancellationToken,
    since: Instant,
}

impl Keeper {
    pub(super) fn new(mode: SocketMode, working: TaskTracker, stop: CancellationToken) -> Self {
        let Timing { first_pause, longest_pause, .. } = mode.timing;
        let pauses = ReconnectPauses::new(first_pause, longest_pause);
        Self { mode, working, stop, pauses, stay_away: Duration::ZERO, current: None }
    }

    /// Runs until the program stops. The connections then retire, as their tokens are children of `stop`.
    pub(super) async fn keep(mut self) {
        let stop = self.stop.clone();
        let _ = stop.run_until_cancelled(Box::pin(self.keep_for_ever())).await;
    }

    async fn keep_for_ever(&mut self) {
        loop {
            match self.bring_up().await {
                Ok(line) => {
                    self.outages().answers(Side::Sockets);
                    // Retire the old connection only now, so that there is always one that Slack can use.
                    if let Some(before) = self.current.replace(line) {
                        before.retire.cancel();
                    }
                    self.until_it_leaves().await;
                }
                Err(error) => self.note(&error),
            }
            // What Slack asked for applies to one pause only.
            let pause = self.pauses.next().max(std::mem::take(&mut self.stay_away));
            let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
        }
    }

    /// Opens a connection and waits for Slack's `hello`.
    async fn bring_up(&self) -> Result<KeptConnection, NoConnection> {
        let socket = self.mode.source.open().await?;
        let (sender, mut state) = watch::channel(ConnectionState::Opening);
        // A child token, so that stopping the program retires the connection.
        let retire = self.stop.child_token();
        let (edge, timing) = (self.mode.edge.clone(), self.mode.timing);
        self.working.spawn(Connection::new(socket, edge, timing, sender, retire.clone()).serve());
        let greeted = state.wait_for(|state| *state != ConnectionState::Opening);
        let greeted = tokio::time::timeout(timing.hello_within, greeted).await;
        let is_up = matches!(greeted, Ok(Ok(ref state)) if **state == ConnectionState::Up);
        // It borrows `state`, which is moved below.
        drop(greeted);
        if is_up {
            return Ok(KeptConnection { state, retire, since: Instant::now() });
        }
        // Otherwise it might still be greeted, and nobody would keep it.
        retire.cancel();
        Err(NoConnection::Broken(anyhow::anyhow!("Slack did not say hello")))
    }

    async fn until_it_leaves(&mut self) {
        let Some(line) = &mut self.current else { return };
        let left = line.state.wait_for(|state| *state != ConnectionState::Up).await;
        let left =
            left.map_or_else(|_| ConnectionState::Over("it panicked".to_owned()), |state| state.clone());
        if line.since.elapsed() >= self.mode.timing.stable_after {
            self.pauses.reset();
        }
        match left {
            ConnectionState::Opening
            | ConnectionState::Up
            | ConnectionState::Leaving(SocketNotice::Refresh) => {
                // It still works, and is retired once the next one is up.
                tracing::info!("Slack wants a connection renewed");
            }
            ConnectionState::Leaving(SocketNotice::Disabled) => {
                tracing::error!("Socket Mode is switched off: switch it on in the settings of the Slack app");
                line.retire.cancel();
                self.pauses.lengthen();
            }
            ConnectionState::Leaving(SocketNotice::TooMany) => {
                tracing::warn!(
                    "this Slack app has too many connections: run fewer bots, or lower slack.connections"
                );
                line.retire.cancel();
                self.pauses.lengthen();
            }
            // Losing one connection is normal. If no other one comes up, the outage tracker reports it.
            ConnectionState::Over(why) => tracing::info!(why, "a connection to Slack is lost"),
        }
    }

    fn note(&mut self, error: &NoConnection) {
        let remedy = match error {
            // Retrying soon does not help before an operator has acted.
            NoConnection::Refused(_) => {
                self.pauses.lengthen();
                "; check SLACK_APP_TOKEN and Socket Mode in the Slack app"
            }
            NoConnection::Wait(time) => {
                self.stay_away = *time;
                ""
            }
            NoConnection::Broken(_) => "",
        };
        self.outages().fails(Side::Sockets, &format!("{error}{remedy}"));
    }

    fn outages(&self) -> &Outages {
        &self.mode.edge.portal.ports.trouble.outages
    }
}
