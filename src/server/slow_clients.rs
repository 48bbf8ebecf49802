//! Timeouts for slow clients: a connection that knows which side is expected to send, and how long the client has left.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientTimeouts {
    /// For the first byte of a connection, for the rest of a request after its first byte, and for accepting any of a
    /// response.
    pub(super) active: Duration,
    /// For the next request. Load balancers keep connections open for 60 s, and must be the ones to close them.
    pub(super) idle: Duration,
}

/// What we wait for from a client, and since when. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct ClientProgress(Arc<Mutex<ClientState>>);

#[derive(Debug)]
struct ClientState {
    turn: Phase,
    /// Since when the client has accepted nothing of a response.
    stuck: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Connected, but nothing sent yet.
    FirstByte(Instant),
    /// Answered; may send another request.
    NextRequest(Instant),
    /// In the middle of a request, head or body. Further bytes do not restart the timeout.
    Rest(Instant),
    /// We have a whole request and owe a response.
    Ours,
}

impl ClientProgress {
    pub(super) fn new() -> Self {
        let turn = Phase::FirstByte(Instant::now());
        Self(Arc::new(Mutex::new(ClientState { turn, stuck: None })))
    }

    fn state(&self) -> MutexGuard<'_, ClientState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a request is arriving.
    pub(super) fn asks(&self) {
        let mut state = self.state();
        if matches!(state.turn, Phase::FirstByte(_) | Phase::NextRequest(_)) {
            state.turn = Phase::Rest(Instant::now());
        }
    }

    /// Records that the request is complete, or that its rest is not needed.
    fn is_received(&self) {
        let mut state = self.state();
        if matches!(state.turn, Phase::Rest(_)) {
            state.turn = Phase::Ours;
        }
    }

    /// Records that the whole response is ready to be sent.
    fn is_answered(&self) {
        self.state().turn = Phase::NextRequest(Instant::now());
    }

    fn takes(&self, any: bool) {
        let mut state = self.state();
        // Keeps the first time: further attempts to send do not restart the timeout.
        state.stuck = if any { None } else { state.stuck.or_else(|| Some(Instant::now())) };
    }

    /// Returns since when we have been waiting for the client; `None` while it waits for us.
    pub(super) fn owes_since(&self) -> Option<Instant> {
        let state = self.state();
        match state.turn {
            Phase::FirstByte(since) | Phase::NextRequest(since) | Phase::Rest(since) => Some(since),
            Phase::Ours => state.stuck,
        }
    }

    /// Returns when the client times out.
    fn due(&self, patience: ClientTimeouts) -> Option<Instant> {
        let state = self.state();
        match (state.stuck, state.turn) {
            // A client may send its next request without accepting the previous response.
            (Some(since), _) | (None, Phase::FirstByte(since) | Phase::Rest(since)) => {
                Some(since + patience.active)
            }
            (None, Phase::NextRequest(since)) => Some(since + patience.idle),
            (None, Phase::Ours) => None,
        }
    }
}

/// The body of a request or response. Updates the client's progress when dropped, which is when it has ended.
#[derive(Debug)]
pub(super) struct TrackedBody<B> {
    body: B,
    client: ClientProgress,
    ended: fn(&ClientProgress),
}

impl<B> TrackedBody<B> {
    pub(super) fn request(body: B, client: &ClientProgress) -> Self {
        Self { body, client: client.clone(), ended: ClientProgress::is_received }
    }

    pub(super) fn answer(body: B, client: &ClientProgress) -> Self {
        Self { body, client: client.clone(), ended: ClientProgress::is_answered }
    }
}

impl<B> Drop for TrackedBody<B> {
    fn drop(&mut self) {
        (self.ended)(&self.client);
    }
}

impl<B: HttpBody + Unpin> HttpBody for TrackedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A TCP stream that fails when the client takes too long. Does not time our side, so that event streams can stay open.
#[derive(Debug)]
pub(super) struct TimedStream {
    stream: TcpStream,
    client: ClientProgress,
    patience: ClientTimeouts,
    /// When to check for a timeout. Reset only when reached, or when the deadline is earlier, so that an ordinary
    /// request does not touch the timer.
    look: Pin<Box<Sleep>>,
    is_stuck: bool,
}

impl TimedStream {
    pub(super) fn new(stream: TcpStream, client: ClientProgress, patience: ClientTimeouts) -> Self {
        let look = Box::pin(sleep_until(Instant::now() + patience.active));
        Self { stream, client, patience, look, is_stuck: false }
    }

    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let mut due = self.client.due(self.patience);
        loop {
            if let Some(due) = due.filter(|due| *due < self.look.deadline()) {
                self.look.as_mut().reset(due);
            }
            if self.look.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            due = self.client.due(self.patience);
            if due.is_some_and(|due| due <= now) {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            // If there is no deadline now, the next one is at least `active` away.
            self.look.as_mut().reset(due.unwrap_or(now + self.patience.active));
        }
    }

    /// Handles the result of a write: the timeout runs while the client accepts nothing.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        // Most writes change nothing here, and the shared state is behind a lock.
        if self.is_stuck != written.is_pending() {
            self.is_stuck = written.is_pending();
            self.client.takes(!self.is_stuck);
        }
        if written.is_pending() { self.poll_overdue(cx).map(Err) } else { written }
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() {
            return self.poll_overdue(cx).map(Err);
        }
        // An empty read is the end of the stream.
        if buffer.filled().len() > before {
            self.client.asks();
        }
        read
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.taken(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A TCP stream has no buffer of its own, so flushing never waits for the client.
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_a_body_and_an_answer_have_little_time_and_whoever_was_answered_has_much() {
        let (dawdling, idle) = (Duration::from_secs(5), Duration::from_secs(75));
        let patience = ClientTimeouts { active: dawdling, idle };
        let client = ClientProgress::new();
        let has = |time: Duration| {
            assert_eq!(client.due(patience), client.owes_since().map(|since| since + time));
        };
        has(dawdling);
        client.asks();
        has(dawdling);
        client.is_received();
        assert_eq!(client.due(patience), None, "it waits for us");
        client.takes(false);
        has(dawdling);
        client.takes(true);
        client.is_answered();
        has(idle);
        client.asks();
        has(dawdling);
    }
}
