//! The two queues in front of the writer: one for work that a user waits for, one for background work.
//! `ports::priority` decides which is which; what is written is not known here.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::ports::priority::Priority;

/// The most pending writes in each queue before callers have to wait.
const WAITING: usize = 1024;
/// The most writes in one transaction, so that the first of them does not wait long for the last.
const GROUP: usize = 256;
/// The most background writes in a group while a user waits: few enough to leave the processors to a rush of
/// users, but never zero, so that background work always makes progress.
const BESIDE: usize = 2;

/// Pending writes on their way to the writer.
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

    /// Waits for room and adds a write; returns `false` once the queues are closed.
    pub(super) async fn push(&self, priority: Priority, piece: W) -> bool {
        let room = match priority {
            Priority::Interactive => &self.fast,
            Priority::Background => &self.slow,
        };
        // `next_group` adds the permit again when it takes the write.
        let Ok(permit) = room.acquire().await else { return false };
        permit.forget();
        let mut waiting = self.lock();
        if waiting.closed {
            return false;
        }
        match priority {
            Priority::Interactive => waiting.fast.push_back(piece),
            Priority::Background => waiting.slow.push_back(piece),
        }
        drop(waiting);
        self.arrived.notify_one();
        true
    }

    /// Waits for work and takes the next group for one transaction. Empty once the queues are closed and
    /// drained.
    pub(super) fn next_group(&self) -> Vec<W> {
        let idle =
            |waiting: &mut Waiting<W>| waiting.fast.is_empty() && waiting.slow.is_empty() && !waiting.closed;
        let mut waiting = self.arrived.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let fast = waiting.fast.len().min(GROUP - BESIDE);
        // Background work may use the whole group as long as no user waits.
        let most = if fast == 0 { GROUP } else { BESIDE };
        let slow = waiting.slow.len().min(most);
        let mut group: Vec<W> = waiting.fast.drain(..fast).collect();
        group.extend(waiting.slow.drain(..slow));
        drop(waiting);
        self.fast.add_permits(fast);
        self.slow.add_permits(slow);
        group
    }

    /// Closes the queues: pending work can still be taken, but nothing is added.
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

    async fn fill(lanes: &Lanes<(Priority, usize)>, priority: Priority, count: usize) {
        for number in 0..count {
            assert!(lanes.push(priority, (priority, number)).await);
        }
    }

    #[tokio::test]
    async fn what_a_person_waits_for_goes_first_and_the_rest_always_moves() {
        let lanes = Lanes::new();
        fill(&lanes, Priority::Background, 300).await;
        fill(&lanes, Priority::Interactive, 3).await;
        let group = lanes.next_group();
        let (fast, slow) = group.split_at(3);
        assert_eq!(
            fast,
            [(Priority::Interactive, 0), (Priority::Interactive, 1), (Priority::Interactive, 2)]
        );
        assert_eq!(slow.len(), BESIDE);
        assert_eq!(slow.first(), Some(&(Priority::Background, 0)));
        assert_eq!(lanes.next_group().len(), GROUP, "nobody waits any more");
        assert_eq!(lanes.next_group().len(), 300 - BESIDE - GROUP);
    }

    #[tokio::test]
    async fn a_rush_of_people_leaves_room_for_the_rest() {
        let lanes = Lanes::new();
        fill(&lanes, Priority::Interactive, 600).await;
        fill(&lanes, Priority::Background, 10).await;
        let group = lanes.next_group();
        assert_eq!(group.len(), GROUP);
        assert_eq!(group.iter().filter(|(priority, _)| *priority == Priority::Background).count(), BESIDE);
    }

    #[tokio::test]
    async fn a_full_lane_makes_its_own_callers_wait_and_no_others() {
        let lanes = Lanes::new();
        fill(&lanes, Priority::Background, WAITING).await;
        let one_more = lanes.push(Priority::Background, (Priority::Background, WAITING));
        tokio::pin!(one_more);
        assert!(futures_util::poll!(&mut one_more).is_pending());
        fill(&lanes, Priority::Interactive, 1).await;
        lanes.next_group();
        assert!(one_more.await, "there is room again");
    }

    #[tokio::test]
    async fn what_waits_when_the_lanes_are_closed_is_still_taken() {
        let lanes = Lanes::new();
        fill(&lanes, Priority::Background, 2).await;
        lanes.close();
        assert!(!lanes.push(Priority::Interactive, (Priority::Interactive, 0)).await);
        assert_eq!(lanes.next_group().len(), 2);
        assert!(lanes.next_group().is_empty());
    }
}
