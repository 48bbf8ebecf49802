//! Reads request bodies before the sender is authenticated, with limits on length, time and total memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::Notify;

use super::signature::Rejected;

/// Longest body that is accepted, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// Time limit for receiving a whole body. Slack stops waiting for an answer after three seconds.
const MAX_READ: Duration = Duration::from_secs(3);

/// Bodies up to this length share one buffer. It is several times the length of a submitted form. Longer bodies, and
/// those of unknown length, use the other buffer, so that they cannot crowd out forms.
const FORM: usize = 64 * 1024;

/// Total bytes of incomplete bodies in one buffer, so that unauthenticated senders cannot exhaust memory.
const ROOM: usize = MAX_BODY;

/// Block size of a body, in bytes. A single growing buffer would double in size while it is copied, and fragment
/// memory.
const BLOCK: usize = 16 * 1024;

/// A body younger than this is never evicted, because it may be an honest one in transit.
const SPARED: Duration = Duration::from_millis(50);

/// Receives bodies. Clones share the buffers.
#[derive(Clone, Debug)]
pub(super) struct Intake {
    forms: Room,
    long: Room,
    patience: Duration,
}

impl Default for Intake {
    fn default() -> Self {
        Self { forms: Room::default(), long: Room::default(), patience: MAX_READ }
    }
}

impl Intake {
    /// Reads the whole body; `announced` is its `Content-Length`.
    pub(super) async fn read(&self, announced: Option<usize>, body: Body) -> Result<Bytes, Rejected> {
        if announced.is_some_and(|length| length > MAX_BODY) {
            return Err(Rejected::TooLarge);
        }
        tokio::time::timeout(self.patience, self.collect(announced.unwrap_or(MAX_BODY), body))
            .await
            .map_err(|_| Rejected::TooSlow)?
    }

    async fn collect(&self, longest: usize, mut body: Body) -> Result<Bytes, Rejected> {
        let mut place = None;
        while let Some(frame) = body.frame().await {
            // A body that breaks off is not what Slack signed. Trailers, which are no data, are skipped.
            let Ok(data) = frame.map_err(|_| Rejected::NotSigned)?.into_data() else { continue };
            // Most bodies arrive in one frame and need no buffer.
            if place.is_none() && body.is_end_stream() {
                return if data.len() > MAX_BODY { Err(Rejected::TooLarge) } else { Ok(data) };
            }
            let room = if longest > FORM { &self.long } else { &self.forms };
            place.get_or_insert_with(|| room.enter()).add(data, longest).await?;
        }
        place.map_or_else(|| Ok(Bytes::new()), BodySlot::leave)
    }
}

/// Holds the parts of incomplete bodies. When it is full, the oldest body is evicted: an honest one is complete within
/// a moment, so the oldest belongs to a slow sender. Sender addresses do not help to find it, as all are the same
/// behind a load balancer.
#[derive(Clone, Debug, Default)]
struct Room {
    parts: Arc<Mutex<StoredBodies>>,
    /// Notified when a body has left.
    left: Arc<Notify>,
}

#[derive(Debug, Default)]
struct StoredBodies {
    /// By order of arrival.
    bodies: BTreeMap<u64, BodyPart>,
    next: u64,
    /// Bytes of all blocks, including their unused capacity.
    taken: usize,
}

#[derive(Debug)]
struct BodyPart {
    since: Instant,
    length: usize,
    blocks: Vec<Vec<u8>>,
}

/// A body's place in a buffer, until it is dropped or evicted.
#[derive(Debug)]
struct BodySlot {
    room: Room,
    number: u64,
}

impl Room {
    fn parts(&self) -> MutexGuard<'_, StoredBodies> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> BodySlot {
        let mut parts = self.parts();
        let number = parts.next;
        parts.next += 1;
        parts.bodies.insert(number, BodyPart { since: Instant::now(), length: 0, blocks: Vec::new() });
        BodySlot { room: self.clone(), number }
    }
}

impl StoredBodies {
    fn remove(&mut self, number: u64) -> Option<BodyPart> {
        let part = self.bodies.remove(&number)?;
        self.taken -= part.blocks.iter().map(Vec::capacity).sum::<usize>();
        Some(part)
    }

    /// Moves `data` into a body. If the buffer is full, what did not fit stays in `data`.
    fn add(&mut self, number: u64, data: &mut Bytes, longest: usize) -> Result<(), Full> {
        while !data.is_empty() {
            let part = self.bodies.get_mut(&number).ok_or(Full::Lost)?;
            // The announced length may be wrong or missing, so count what has arrived.
            if part.length + data.len() > MAX_BODY {
                return Err(Full::TooLarge);
            }
            let length = part.length;
            if let Some(block) = part.blocks.last_mut().filter(|block| block.len() < block.capacity()) {
                let fits = data.len().min(block.capacity() - block.len());
                block.extend_from_slice(&data.split_to(fits));
                part.length += fits;
                continue;
            }
            // A block is no longer than the rest of the announced length, so that short bodies take little memory.
            let wanted =
                longest.checked_sub(length).filter(|left| *left > 0).map_or(BLOCK, |left| left.min(BLOCK));
            self.make_room(number, wanted)?;
            let block = Vec::with_capacity(wanted);
            self.taken += block.capacity();
            self.bodies.get_mut(&number).ok_or(Full::Lost)?.blocks.push(block);
        }
        Ok(())
    }

    /// Frees `wanted` bytes for this body, evicting the oldest bodies if necessary.
    fn make_room(&mut self, number: u64, wanted: usize) -> Result<(), Full> {
        while self.taken + wanted > ROOM {
            let (oldest, part) = self.bodies.first_key_value().ok_or(Full::Lost)?;
            let (oldest, age) = (*oldest, part.since.elapsed());
            // Bodies are ordered by arrival, so if the oldest is protected all are.
            if let Some(wait) = SPARED.checked_sub(age) {
                return Err(Full::For(wait));
            }
            self.remove(oldest);
            if oldest == number {
                return Err(Full::Lost);
            }
        }
        Ok(())
    }
}

/// Why data could not be added to a body.
#[derive(Debug)]
enum Full {
    TooLarge,
    /// The buffer is full, and no body may be evicted for this long.
    For(Duration),
    /// The body was evicted.
    Lost,
}

impl BodySlot {
    async fn add(&self, mut data: Bytes, longest: usize) -> Result<(), Rejected> {
        loop {
            let added = self.room.parts().add(self.number, &mut data, longest);
            match added {
                Ok(()) => return Ok(()),
                Err(Full::TooLarge) => return Err(Rejected::TooLarge),
                // Only a slow body is evicted, so to its sender this is a timeout.
                Err(Full::Lost) => return Err(Rejected::TooSlow),
                Err(Full::For(wait)) => {
                    // Either event may have freed memory: a body that left, or the oldest becoming evictable.
                    let _ = tokio::time::timeout(wait, self.room.left.notified()).await;
                }
            }
        }
    }

    /// Returns the whole body.
    fn leave(self) -> Result<Bytes, Rejected> {
        let part = self.room.parts().remove(self.number).ok_or(Rejected::TooSlow)?;
        let mut blocks = part.blocks.into_iter();
        let mut whole = blocks.next().unwrap_or_default();
        // Plain `reserve` may allocate twice as much.
        whole.reserve_exact(part.length - whole.len());
        blocks.for_each(|block| whole.extend_from_slice(&block));
        Ok(whole.into())
    }
}

impl Drop for BodySlot {
    fn drop(&mut self) {
        // Does nothing for a body that is complete or was evicted.
        self.room.parts().remove(self.number);
        self.room.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use futures_util::stream::{iter, pending};

    const FRAME: usize = 8 * 1024;
    /// Longer than anything takes that completes at all.
    const LONG: Duration = Duration::from_mins(5);

    type Piece = Result<Bytes, std::io::Error>;

    fn pieces(length: usize, size: usize) -> impl futures_util::Stream<Item = Piece> {
        iter((0..length / size).map(move |_| Ok(Bytes::from(vec![b'x'; size]))))
    }

    /// An intake that times out within a test.
    fn hasty() -> Intake {
        Intake { patience: Duration::from_millis(20), ..Intake::default() }
    }

    fn patient() -> Intake {
        Intake { patience: Duration::from_hours(24), ..Intake::default() }
    }

    #[tokio::test]
    async fn a_body_in_pieces_comes_through_whole() {
        for length in [0, 10, FRAME, FRAME + 10, FORM, MAX_BODY] {
            let size = if length < FRAME { 1 } else { 2 };
            for announced in [None, Some(length)] {
                let read = patient().read(announced, Body::from_stream(pieces(length, size))).await;
                assert_eq!(read.map(|bytes| bytes.len()), Ok(length));
            }
        }
    }

    #[tokio::test]
    async fn a_large_body_is_refused_by_its_length_whatever_it_announces() {
        let large = || Body::from(vec![b'x'; MAX_BODY + 1]);
        for announced in [None, Some(1)] {
            assert_eq!(patient().read(announced, large()).await, Err(Rejected::TooLarge));
        }
        let announced = Some(MAX_BODY + 1);
        assert_eq!(patient().read(announced, Body::from("x")).await, Err(Rejected::TooLarge));
        let endless = Body::from_stream(pieces(usize::MAX, 4096));
        assert_eq!(patient().read(None, endless).await, Err(Rejected::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = Body::from_stream(pending::<Piece>());
        assert_eq!(hasty().read(None, endless).await, Err(Rejected::TooSlow));
        let broken = iter([
            Ok(Bytes::from_static(b"x")),
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
        ]);
        assert_eq!(patient().read(None, Body::from_stream(broken)).await, Err(Rejected::NotSigned));
    }

    /// Starts senders that stop before the end of their body.
    fn dawdling(intake: &Intake, count: usize, announced: Option<usize>, sent: usize) -> Vec<Reading> {
        let one = || {
            let body = Body::from_stream(pieces(sent, sent / 4).chain(pending::<Piece>()));
            let intake = intake.clone();
            tokio::spawn(async move { intake.read(announced, body).await })
        };
        (0..count).map(|_| one()).collect()
    }

    fn taken(intake: &Intake) -> usize {
        intake.forms.parts().taken.max(intake.long.parts().taken)
    }

    type Reading = tokio::task::JoinHandle<Result<Bytes, Rejected>>;

    #[tokio::test]
    async fn a_form_gets_room_however_many_dawdle_and_all_of_them_take_only_so_much() {
        // No sender times out here, so a form gets memory only by evicting another body.
        let intake = patient();
        let form = || Body::from_stream(pieces(FRAME * 2, FRAME));
        for (announced, sent) in [(Some(MAX_BODY), MAX_BODY / 2), (None, FORM), (Some(FORM), FRAME)] {
            let slow = dawdling(&intake, 300, announced, sent);
            while taken(&intake) < ROOM - FORM {
                tokio::task::yield_now().await;
            }
            for _ in 0..20 {
                let read = tokio::time::timeout(LONG, intake.read(Some(FRAME * 2), form())).await;
                let read = read.unwrap_or_else(|_| panic!("{announced:?}: there is never room"));
                assert_eq!(read.map(|bytes| bytes.len()), Ok(FRAME * 2));
                assert!(taken(&intake) <= ROOM);
            }
            slow.iter().for_each(Reading::abort);
            for slow in slow {
                let _ = slow.await;
            }
            assert_eq!(taken(&intake), 0, "everything is given back");
        }
    }

    #[tokio::test]
    async fn whose_body_is_under_way_longest_loses_its_place_first() {
        let room = Room::default();
        let [first, second, third] = [0; 3].map(|_| room.enter());
        let part = Bytes::from(vec![b'x'; ROOM / 2 - BLOCK]);
        for place in [&first, &second] {
            place.add(part.clone(), MAX_BODY).await.unwrap();
        }
        third.add(part.clone(), MAX_BODY).await.unwrap();
        assert_eq!(first.leave(), Err(Rejected::TooSlow));
        third.add(part.slice(..3 * BLOCK), MAX_BODY).await.unwrap();
        assert_eq!(second.leave(), Err(Rejected::TooSlow), "it is the slowest now");
        assert_eq!(third.leave().map(|bytes| bytes.len()), Ok(part.len() + 3 * BLOCK));
        assert_eq!(room.parts().taken, 0);
    }
}
