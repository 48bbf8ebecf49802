//! A connection whose other side must not dawdle: whose turn it is, and how long the other side may take over its own.

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

/// How long a client may take over what it owes us.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientTimeouts {
    /// The first byte of a new connection; the rest of a request from its first byte; taking any of an answer.
    pub(super) active: Duration,
    /// The next request. Load balancers keep their connections for 60 s and must be the first to end them.
    pub(super) idle: Duration,
}

/// What a client owes us, and since when. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct ClientProgress(Arc<Mutex<ClientState>>);

#[derive(Debug)]
struct ClientState {
    turn: Phase,
    /// Since when it takes nothing of an answer, if it does not.
    stuck: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// It has connected and sent nothing.
    FirstByte(Instant),
    /// It has its answer and may ask again.
    NextRequest(Instant),
    /// It is in the middle of a request, head or body. A byte now and then does not begin the time anew.
    Rest(Instant),
    /// We have a whole request and owe an answer.
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

    /// A request is coming in.
    pub(super) fn asks(&self) {
        let mut state = self.state();
        if matches!(state.turn, Phase::FirstByte(_) | Phase::NextRequest(_)) {
            state.turn = Phase::Rest(Instant::now());
        }
    }

    /// The request was received, or nobody wants the rest of it.
    fn is_received(&self) {
        let mut state = self.state();
        if matches!(state.turn, Phase::Rest(_)) {
            state.turn = Phase::Ours;
        }
    }

    /// The whole answer is ready to be sent.
    fn is_answered(&self) {
        self.state().turn = Phase::NextRequest(Instant::now());
    }

    fn takes(&self, any: bool) {
        let mut state = self.state();
        state.stuck = if any { None } else { state.stuck.or_else(|| Some(Instant::now())) };
    }

    /// Since when we have been waiting for it; `None` while it waits for us.
    pub(super) fn owes_since(&self) -> Option<Instant> {
        let state = self.state();
        match state.turn {
            Phase::FirstByte(since) | Phase::NextRequest(since) | Phase::Rest(since) => Some(since),
            Phase::Ours => state.stuck,
        }
    }

    /// When we stop waiting for it.
    fn due(&self, patience: ClientTimeouts) -> Option<Instant> {
        let state = self.state();
        match (state.stuck, state.turn) {
            (Some(since), _) | (None, Phase::FirstByte(since) | Phase::Rest(since)) => {
                Some(since + patience.active)
            }
            (None, Phase::NextRequest(since)) => Some(since + patience.idle),
            (None, Phase::Ours) => None,
        }
    }
}

/// The body of a request or of an answer; tells the client's state when it has come to its end.
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

/// Fails once the client takes too long. While we are the slow ones, as with a stream of events, nothing is measured.
#[derive(Debug)]
pub(super) struct TimedStream {
    stream: TcpStream,
    client: ClientProgress,
    patience: ClientTimeouts,
    /// When to look again whether it is too late. Moved only when it is reached, or lies behind the time that counts, so
    /// that an ordinary request touches no timer.
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
            self.look.as_mut().reset(due.unwrap_or(now + self.patience.active));
        }
    }

    /// What came of a write: time runs while nothing is taken.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
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
