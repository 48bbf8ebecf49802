//! One connection. Frames are read and handed on immediately; answers are computed in separate tasks, so that a slow
//! one delays neither the next frame nor the next acknowledgement.

use std::future::ready;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::Timing;
use super::frame::{Frame, SocketEnvelope, SocketNotice, acknowledgement};
use crate::portal::metrics::SocketUp;
use crate::slack::incoming::Incoming;
use crate::slack::reply::Ack;

/// Time limit for sending a frame.
const SEND: Duration = Duration::from_secs(5);
/// Time limit for Slack to close its end after we have closed ours.
const CLOSE: Duration = Duration::from_secs(1);

/// Answers the payloads of a connection; the edge, or a stand-in in tests.
pub(super) trait Answerer: Send + Sync + 'static {
    /// Answers in a task of its own.
    fn answer(&self, incoming: Incoming) -> JoinHandle<Ack>;

    /// Counts an open connection until the result is dropped.
    fn up(&self) -> SocketUp;
}

/// The state of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// Slack has not sent `hello` yet.
    Opening,
    /// Slack has sent `hello`.
    Up,
    /// Slack will close it, but it still works.
    Leaving(SocketNotice),
    /// It has ended; holds the reason.
    Over(String),
}

/// A connection and its answers in progress.
pub(super) struct Connection<S, A> {
    socket: WebSocketStream<S>,
    answerer: A,
    timing: Timing,
    state: watch::Sender<ConnectionState>,
    retire: CancellationToken,
    up: Option<SocketUp>,
    answers: FuturesUnordered<BoxFuture<'static, Option<String>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, A: Answerer> Connection<S, A> {
    /// Creates a connection that works until it breaks, or until `retire` ends it in an orderly way. Its state is sent
    /// to `state`.
    pub(super) fn new(
        socket: WebSocketStream<S>,
        answerer: A,
        timing: Timing,
        state: watch::Sender<ConnectionState>,
        retire: CancellationToken,
    ) -> Self {
        Self { socket, answerer, timing, state, retire, up: None, answers: FuturesUnordered::new() }
    }

    /// Serves the connection until it ends. Answers that are not finished by then continue, and Slack delivers their
    /// payloads again over another connection.
    pub(super) async fn serve(mut self) {
        let why = match self.exchange().await {
            Ok(()) => {
                self.close().await;
                "given up".to_owned()
            }
            Err(why) => why,
        };
        // Stop counting the connection before its end is reported.
        self.up = None;
        self.state.send_replace(ConnectionState::Over(why));
    }

    /// Reads, answers and checks that Slack is alive. Returns `Ok` once retired with all answers sent, or with the time
    /// for them over.
    async fn exchange(&mut self) -> Result<(), String> {
        let mut pings = tokio::time::interval(self.timing.ping_every);
        let mut heard = Instant::now();
        let patience = patience(self.retire.clone(), self.timing.answers_within);
        tokio::pin!(patience);
        let mut retired = false;
        loop {
            if retired && self.answers.is_empty() {
                return Ok(());
            }
            tokio::select! {
                message = self.socket.next() => {
                    // Any frame shows that Slack is alive, not only a pong.
                    heard = Instant::now();
                    self.hear(message)?;
                }
                // Without answers in progress this yields `None`, which does not match.
                Some(answered) = self.answers.next() => {
                    if let Some(text) = answered {
                        self.send(Message::text(text)).await?;
                    }
                }
                _ = pings.tick() => {
                    if heard.elapsed() >= self.timing.dead_after {
                        return Err(format!("no sign of life for {:?}", heard.elapsed()));
                    }
                    self.send(Message::Ping(Bytes::new())).await?;
                }
                () = self.retire.cancelled(), if !retired => retired = true,
                // Slack delivers unacknowledged payloads again, over another connection.
                () = &mut patience => return Ok(()),
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), String> {
        match tokio::time::timeout(SEND, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| error.to_string()),
            Err(_) => Err("Slack accepts nothing any more".to_owned()),
        }
    }

    fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), String> {
        match message {
            None => Err("it broke".to_owned()),
            Some(Err(error)) => Err(error.to_string()),
            Some(Ok(Message::Close(_))) => Err("Slack closed it".to_owned()),
            Some(Ok(Message::Text(text))) => {
                self.take(&text);
                Ok(())
            }
            // The library answers pings.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => Ok(()),
        }
    }

    fn take(&mut self, text: &str) {
        match Frame::read(text) {
            Ok(Frame::Hello { connections }) => {
                tracing::info!(connections, "connected to Slack");
                self.up = Some(self.answerer.up());
                self.state.send_replace(ConnectionState::Up);
            }
            Ok(Frame::Disconnect(notice)) => {
                self.state.send_replace(ConnectionState::Leaving(notice));
            }
            Ok(Frame::Envelope(envelope)) => self.begin(*envelope),
            Err(error) => tracing::warn!(%error, "cannot read what Slack sent"),
        }
    }

    /// Starts answering. A payload that cannot be parsed is acknowledged too, because Slack would deliver the same
    /// again.
    fn begin(&mut self, envelope: SocketEnvelope) {
        let SocketEnvelope { id, takes_answer, retries, incoming } = envelope;
        if retries > 0 {
            tracing::info!(retries, "Slack resent something");
        }
        match incoming {
            Ok(incoming) => {
                let answer = self.answerer.answer(incoming);
                self.answers.push(Box::pin(acknowledged(id, takes_answer, answer)));
            }
            Err(error) => {
                tracing::warn!(%error, "sent by Slack, but it does not say who did what");
                self.answers.push(Box::pin(ready(Some(acknowledgement(&id, None)))));
            }
        }
    }

    /// Closes the connection and waits for Slack to do the same, so that nothing sent before is lost.
    async fn close(&mut self) {
        let closing = async {
            if self.socket.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        if tokio::time::timeout(CLOSE, closing).await.is_err() {
            tracing::debug!("Slack did not close a connection that we closed");
        }
    }
}

/// Returns the acknowledgement of an envelope once the answer is ready. After a panic there is none, so that Slack
/// delivers the payload again.
async fn acknowledged(id: String, takes_answer: bool, answer: JoinHandle<Ack>) -> Option<String> {
    match answer.await {
        Ok(ack) => {
            let body = if takes_answer { ack.body() } else { None };
            Some(acknowledgement(&id, body))
        }
        Err(error) => {
            tracing::error!(%error, "an answer to Slack panicked");
            None
        }
    }
}

/// Completes some time after `retire` is cancelled.
async fn patience(retire: CancellationToken, time: Duration) {
    retire.cancelled().await;
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}
