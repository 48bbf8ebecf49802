//! A connection whose other side must not dawdle.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// Whether the head of a request has begun and is not yet there. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Head(Arc<AtomicBool>);

impl Head {
    fn begins(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// It was read to its end.
    pub(super) fn is_there(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_awaited(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Fails once a head takes too long from its first byte, or an answer is not taken. While we are the slow ones, as with
/// a stream of events, nothing is measured.
#[derive(Debug)]
pub(super) struct Hurried {
    stream: TcpStream,
    head: Head,
    limit: Duration,
    deadline: Pin<Box<Sleep>>,
    /// Whether the next byte begins a request.
    is_quiet: bool,
    /// Whether the other side takes nothing at the moment.
    is_stuck: bool,
}

impl Hurried {
    pub(super) fn new(stream: TcpStream, head: Head, limit: Duration) -> Self {
        let deadline = Box::pin(sleep_until(Instant::now() + limit));
        Self { stream, head, limit, deadline, is_quiet: true, is_stuck: false }
    }

    fn begin_to_measure(&mut self) {
        let at = Instant::now() + self.limit;
        self.deadline.as_mut().reset(at);
    }

    fn overdue(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        ready!(self.deadline.as_mut().poll(cx));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    /// What came of a write: time runs while nothing is taken.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            (self.is_quiet, self.is_stuck) = (true, false);
            return written;
        }
        if !self.is_stuck {
            self.is_stuck = true;
            self.begin_to_measure();
        }
        self.overdue(cx).map(Err)
    }
}

impl AsyncRead for Hurried {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() {
            return if self.head.is_awaited() { self.overdue(cx).map(Err) } else { Poll::Pending };
        }
        if self.is_quiet && buffer.filled().len() > before {
            self.is_quiet = false;
            self.head.begins();
            self.begin_to_measure();
        }
        read
    }
}

impl AsyncWrite for Hurried {
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
