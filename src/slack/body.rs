//! Reads a body before anybody knows who sent it: bounded in length, in time, and in what all of them take together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::signature::Rejected;

/// Longest body that is read, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// Time a sender has to deliver a whole body. Slack has given up on our answer by then.
const MAX_READ: Duration = Duration::from_secs(3);

/// So many bytes of each body need no room; most of Slack's are shorter.
const SMALL: usize = 8 * 1024;

/// All longer ones together: one of the longest, or dozens as long as a filled-in form. Whoever has no secret cannot
/// make us hold more.
const ROOM: usize = MAX_BODY;

/// Room is given out in pieces of so many bytes.
const PIECE: usize = 16 * 1024;

/// Where bodies come in; clones share the room.
#[derive(Clone, Debug)]
pub(super) struct Intake {
    room: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Intake {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(ROOM / PIECE)), patience: MAX_READ }
    }
}

impl Intake {
    /// The whole body, of which `announced` bytes were announced.
    pub(super) async fn read(&self, announced: Option<usize>, body: Body) -> Result<Bytes, Rejected> {
        if announced.is_some_and(|length| length > MAX_BODY) {
            return Err(Rejected::TooLarge);
        }
        tokio::time::timeout(self.patience, self.collect(announced, body))
            .await
            .map_err(|_| Rejected::TooSlow)?
    }

    async fn collect(&self, announced: Option<usize>, mut body: Body) -> Result<Bytes, Rejected> {
        let longest = announced.unwrap_or(MAX_BODY);
        // What is known to be long waits for room before anything of it is held.
        let mut room =
            if announced.is_some_and(|length| length > SMALL) { self.room_for(longest).await } else { None };
        let mut whole = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Rejected::NotSigned)?.into_data() else { continue };
            let length = whole.len() + data.len();
            if length > MAX_BODY {
                return Err(Rejected::TooLarge);
            }
            if whole.is_empty() && body.is_end_stream() {
                return Ok(data);
            }
            if length > SMALL && room.is_none() {
                room = self.room_for(longest).await;
            }
            if length > SMALL && whole.capacity() < longest {
                // Once and for all: growing step by step would hold twice as much for a moment.
                whole.reserve_exact(longest.max(length) - whole.len());
            }
            if whole.capacity() == 0 {
                // As above: all of what needs no room at once, not piece by piece.
                whole.reserve_exact(longest.min(SMALL).max(length));
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole.into())
    }

    /// Room for a body of this length, as soon as there is some.
    async fn room_for(&self, length: usize) -> Option<SemaphorePermit<'_>> {
        let pieces = u32::try_from(length.div_ceil(PIECE)).unwrap_or(u32::MAX);
        self.room.acquire_many(pieces).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use futures_util::stream::{iter, pending};

    type Piece = Result<Bytes, std::io::Error>;

    fn pieces(length: usize, size: usize) -> impl futures_util::Stream<Item = Piece> {
        iter((0..length / size).map(move |_| Ok(Bytes::from(vec![b'x'; size]))))
    }

    fn hasty() -> Intake {
        Intake { patience: Duration::from_millis(20), ..Intake::default() }
    }

    #[tokio::test]
    async fn a_body_in_pieces_comes_through_whole() {
        for length in [0, 10, SMALL, SMALL + 10, MAX_BODY] {
            let size = if length < SMALL { 1 } else { 2 };
            let read = Intake::default().read(None, Body::from_stream(pieces(length, size))).await;
            assert_eq!(read.map(|bytes| bytes.len()), Ok(length));
        }
    }

    #[tokio::test]
    async fn a_large_body_is_refused_by_its_length_whatever_it_announces() {
        let large = || Body::from(vec![b'x'; MAX_BODY + 1]);
        for announced in [None, Some(1)] {
            assert_eq!(Intake::default().read(announced, large()).await, Err(Rejected::TooLarge));
        }
        let announced = Some(MAX_BODY + 1);
        assert_eq!(Intake::default().read(announced, Body::from("x")).await, Err(Rejected::TooLarge));
        let endless = Body::from_stream(pieces(usize::MAX, 4096));
        assert_eq!(Intake::default().read(None, endless).await, Err(Rejected::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = Body::from_stream(pending::<Piece>());
        assert_eq!(hasty().read(None, endless).await, Err(Rejected::TooSlow));
        let broken = iter([
            Ok(Bytes::from_static(b"x")),
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
        ]);
        assert_eq!(hasty().read(None, Body::from_stream(broken)).await, Err(Rejected::NotSigned));
    }

    #[tokio::test]
    async fn only_so_much_is_held_of_large_bodies_and_small_ones_go_past_them() {
        let intake = Intake { patience: Duration::from_mins(1), ..Intake::default() };
        let dawdles = || Body::from_stream(pieces(SMALL * 2, SMALL).chain(pending::<Piece>()));
        let slow: Vec<_> = (0..ROOM / MAX_BODY)
            .map(|_| {
                let intake = intake.clone();
                let body = dawdles();
                tokio::spawn(async move { intake.read(None, body).await })
            })
            .collect();
        while intake.room.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let late = Intake { patience: Duration::from_millis(20), ..intake.clone() };
        let large = || Body::from_stream(pieces(SMALL * 2, SMALL));
        assert_eq!(late.read(None, large()).await, Err(Rejected::TooSlow));
        assert_eq!(late.read(None, Body::from_stream(pieces(SMALL, 1024))).await.map(|b| b.len()), Ok(SMALL));
        slow.iter().for_each(tokio::task::JoinHandle::abort);
        assert_eq!(
            intake.read(None, large()).await.map(|bytes| bytes.len()),
            Ok(SMALL * 2),
            "there is room again"
        );
    }
}
