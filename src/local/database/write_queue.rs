//! The two queues in front of the writer: one for work that a user waits for, one for background work.
//! `ports::priority` decides which is which; what is written is not known here.

use crate::ports::priority::Priority;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

/// The most pending writes in each queue before callers have to wait.
const WAITING: usize = 1024;
/// The most writes in one transaction, so that the first of them does not wait long for the last.
const GROUP: usize = 256;
/// The most background writes in a group while a user waits: few enough to leave the processors to a rush of
/// users, but never zero, so that background work always makes progress.
const BACKGROUND_BESIDE: usize = 2;

/// Pending writes on their way to the writer.
pub(super) struct WriteQueue<W> {
    waiting: Mutex<Waiting<W>>,
    arrived: Condvar,
    interactive: Semaphore,
    background: Semaphore,
}

struct Waiting<W> {
    interactive: VecDeque<W>,
    background: VecDeque<W>,
    closed: bool,
}

impl<W> WriteQueue<W> {
    pub(super) fn new() -> Self {
        let waiting = Waiting { interactive: VecDeque::new(), background: VecDeque::new(), closed: false };
        Self {
            waiting: Mutex::new(waiting),
            arrived: Condvar::new(),
            interactive: Semaphore::new(WAITING),
            background: Semaphore::new(WAITING),
        }
    }

    /// Waits for room and adds a write; returns `false` once the queues are closed.
    pub(super) async fn push(&self, priority: Priority, write: W) -> bool {
        let room = match priority {
            Priority::Interactive => &self.interactive,
            Priority::Background => &self.background,
        };
        // `next_group` adds the permit again when it takes the write.
        let Ok(permit) = room.acquire().await else { return false };
        permit.forget();
        let mut waiting = self.lock();
        // The queues may have been closed while this waited for the lock.
        if waiting.closed {
            return false;
        }
        match priority {
            Priority::Interactive => waiting.interactive.push_back(write),
            Priority::Background => waiting.background.push_back(write),
        }
        drop(waiting);
        // One is enough, because only the writer's thread waits. It is unlocked first, so that thread can go on.
        self.arrived.notify_one();
        true
    }

    /// Waits for work and takes the next group for one transaction. Empty once the queues are closed and
    /// drained.
    pub(super) fn next_group(&self) -> Vec<W> {
        let idle = |waiting: &mut Waiting<W>| {
            waiting.interactive.is_empty() && waiting.background.is_empty() && !waiting.closed
        };
        let mut waiting = self.arrived.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        // Leaves room for the background writes that every group may have.
        let interactive = waiting.interactive.len().min(GROUP - BACKGROUND_BESIDE);
        // Background work may use the whole group as long as no user waits.
        let most = if interactive == 0 { GROUP } else { BACKGROUND_BESIDE };
        let background = waiting.background.len().min(most);
        let mut group: Vec<W> = waiting.interactive.drain(..interactive).collect();
        group.extend(waiting.background.drain(..background));
        drop(waiting);
        self.interactive.add_permits(interactive);
        self.background.add_permits(background);
        group
    }

    /// Closes the queues: pending work can still be taken, but nothing is added.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        // Also wakes callers who wait for room, so that they learn that nothing is written any more.
        self.interactive.close();
        self.background.close();
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<W>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fill(queue: &WriteQueue<(Priority, usize)>, priority: Priority, count: usize) {
        for number in 0..count {
            assert!(queue.push(priority, (priority, number)).await);
        }
    }

    #[tokio::test]
    async fn what_a_person_waits_for_goes_first_and_the_rest_always_moves() {
        let queue = WriteQueue::new();
        fill(&queue, Priority::Background, 300).await;
        fill(&queue, Priority::Interactive, 3).await;
        let group = queue.next_group();
        let (interactive, background) = group.split_at(3);
        assert_eq!(
            interactive,
            [(Priority::Interactive, 0), (Priority::Interactive, 1), (Priority::Interactive, 2)]
        );
        assert_eq!(background.len(), BACKGROUND_BESIDE);
        assert_eq!(background.first(), Some(&(Priority::Background, 0)));
        assert_eq!(queue.next_group().len(), GROUP, "nobody waits any more");
        assert_eq!(queue.next_group().len(), 300 - BACKGROUND_BESIDE - GROUP);
    }

    #[tokio::test]
    async fn a_rush_of_people_leaves_room_for_the_rest() {
        let queue = WriteQueue::new();
        fill(&queue, Priority::Interactive, 600).await;
        fill(&queue, Priority::Background, 10).await;
        let group = queue.next_group();
        assert_eq!(group.len(), GROUP);
        assert_eq!(group.iter().filter(|(lane, _)| *lane == Priority::Background).count(), BACKGROUND_BESIDE);
    }

    #[tokio::test]
    async fn a_full_lane_makes_its_own_callers_wait_and_no_others() {
        let queue = WriteQueue::new();
        fill(&queue, Priority::Background, WAITING).await;
        let one_more = queue.push(Priority::Background, (Priority::Background, WAITING));
        tokio::pin!(one_more);
        assert!(futures_util::poll!(&mut one_more).is_pending());
        fill(&queue, Priority::Interactive, 1).await;
        queue.next_group();
        assert!(one_more.await, "there is room again");
    }

    #[tokio::test]
    async fn what_waits_when_the_lanes_are_closed_is_still_taken() {
        let queue = WriteQueue::new();
        fill(&queue, Priority::Background, 2).await;
        queue.close();
        assert!(!queue.push(Priority::Interactive, (Priority::Interactive, 0)).await);
        assert_eq!(queue.next_group().len(), 2);
        assert!(queue.next_group().is_empty());
    }
}
