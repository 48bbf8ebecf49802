//! The two queues before the writer: what a person waits for, and what nobody does. Who belongs where is said in
//! `ports::haste`; what is written is not known here.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

/// Pieces of work that may wait in each lane before callers have to.
const WAITING: usize = 1024;
/// Pieces of work that share one transaction, so that the first of them does not wait for the last for long.
const GROUP: usize = 256;
/// Pieces of the slow lane that go along where somebody waits: so few that a rush of people has the processors as well,
/// and enough that it always moves.
const BESIDE: usize = 2;

/// Where a piece of work waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// A person waits for it.
    Fast,
    /// Nobody does.
    Slow,
}

/// Pieces of work on their way to one writer.
pub(super) struct Lanes<W> {
    waiting: Mutex<Waiting<W>>,
    arrived: Condvar,
    fast: Semaphore,
    slow: Semaphore,
}

struct Waiting<W> {
    fast: VecDeque<W>,
    slow: VecDeque<W>,
    closed: bool,
}

impl<W> Lanes<W> {
    pub(super) fn new() -> Self {
        let waiting = Waiting { fast: VecDeque::new(), slow: VecDeque::new(), closed: false };
        Self {
            waiting: Mutex::new(waiting),
            arrived: Condvar::new(),
            fast: Semaphore::new(WAITING),
            slow: Semaphore::new(WAITING),
        }
    }

    /// Waits for room and queues up; `false` once the lanes are closed.
    pub(super) async fn push(&self, lane: Lane, piece: W) -> bool {
        let room = match lane {
            Lane::Fast => &self.fast,
            Lane::Slow => &self.slow,
        };
        // Given back when the piece is taken.
        let Ok(permit) = room.acquire().await else { return false };
        permit.forget();
        let mut waiting = self.lock();
        if waiting.closed {
            return false;
        }
        match lane {
            Lane::Fast => waiting.fast.push_back(piece),
            Lane::Slow => waiting.slow.push_back(piece),
        }
        drop(waiting);
        self.arrived.notify_one();
        true
    }

    /// Waits for work and takes what goes into one transaction; nothing once the lanes are closed and empty.
    pub(super) fn next_group(&self) -> Vec<W> {
        let idle =
            |waiting: &mut Waiting<W>| waiting.fast.is_empty() && waiting.slow.is_empty() && !waiting.closed;
        let mut waiting = self.arrived.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let fast = waiting.fast.len().min(GROUP - BESIDE);
        let most = if fast == 0 { GROUP } else { BESIDE };
        let slow = waiting.slow.len().min(most);
        let mut group: Vec<W> = waiting.fast.drain(..fast).collect();
        group.extend(waiting.slow.drain(..slow));
        drop(waiting);
        self.fast.add_permits(fast);
        self.slow.add_permits(slow);
        group
    }

    /// Lets what waits be taken and nothing more come in.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.fast.close();
        self.slow.close();
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<W>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fill(lanes: &Lanes<(Lane, usize)>, lane: Lane, count: usize) {
        for number in 0..count {
            assert!(lanes.push(lane, (lane, number)).await);
        }
    }

    #[tokio::test]
    async fn what_a_person_waits_for_goes_first_and_the_rest_always_moves() {
        let lanes = Lanes::new();
        fill(&lanes, Lane::Slow, 300).await;
        fill(&lanes, Lane::Fast, 3).await;
        let group = lanes.next_group();
        let (fast, slow) = group.split_at(3);
        assert_eq!(fast, [(Lane::Fast, 0), (Lane::Fast, 1), (Lane::Fast, 2)]);
        assert_eq!(slow.len(), BESIDE);
        assert_eq!(slow.first(), Some(&(Lane::Slow, 0)));
        assert_eq!(lanes.next_group().len(), GROUP, "nobody waits any more");
        assert_eq!(lanes.next_group().len(), 300 - BESIDE - GROUP);
    }

    #[tokio::test]
    async fn a_rush_of_people_leaves_room_for_the_rest() {
        let lanes = Lanes::new();
        fill(&lanes, Lane::Fast, 600).await;
        fill(&lanes, Lane::Slow, 10).await;
        let group = lanes.next_group();
        assert_eq!(group.len(), GROUP);
        assert_eq!(group.iter().filter(|(lane, _)| *lane == Lane::Slow).count(), BESIDE);
    }

    #[tokio::test]
    async fn a_full_lane_makes_its_own_callers_wait_and_no_others() {
        let lanes = Lanes::new();
        fill(&lanes, Lane::Slow, WAITING).await;
        let one_more = lanes.push(Lane::Slow, (Lane::Slow, WAITING));
        tokio::pin!(one_more);
        assert!(futures_util::poll!(&mut one_more).is_pending());
        fill(&lanes, Lane::Fast, 1).await;
        lanes.next_group();
        assert!(one_more.await, "there is room again");
    }

    #[tokio::test]
    async fn what_waits_when_the_lanes_are_closed_is_still_taken() {
        let lanes = Lanes::new();
        fill(&lanes, Lane::Slow, 2).await;
        lanes.close();
        assert!(!lanes.push(Lane::Fast, (Lane::Fast, 0)).await);
        assert_eq!(lanes.next_group().len(), 2);
        assert!(lanes.next_group().is_empty());
    }
}
