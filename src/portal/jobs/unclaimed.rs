//! Due jobs that this bot could not claim: another bot has claimed them, they have a newer format, or the store fails
//! for them. A sweep skips them for a while, so that a page full of them does not hide others.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::job::JobKey;

/// How long to skip a job at most.
const LONGEST: SignedDuration = SignedDuration::from_mins(1);

/// The skipped jobs.
#[derive(Debug, Default)]
pub(super) struct UnclaimedJobs(HashMap<JobKey, Skipped>);

#[derive(Debug)]
struct Skipped {
    times: u32,
    since: Timestamp,
    pause: SignedDuration,
}

impl UnclaimedJobs {
    /// Returns how many jobs are skipped; a sweep reads that many more.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns those of these due jobs that should be tried now. Forgets jobs that are no longer due.
    pub(super) fn ready(&mut self, due: Vec<JobKey>, now: Timestamp) -> Vec<JobKey> {
        let still_due = due.iter().filter_map(|key| self.0.remove_entry(key)).collect();
        self.0 = still_due;
        // `abs`, so that a clock that was set back does not keep a job out.
        let is_over = |skipped: &Skipped| now.duration_since(skipped.since).abs() >= skipped.pause;
        due.into_iter().filter(|key| self.0.get(key).is_none_or(is_over)).collect()
    }

    /// Records an attempt to claim a job. A claimed job is tried at every sweep. Otherwise it is tried at the next
    /// sweep, since it may have been run by another bot and be due again; then after a second, two, and so on up to a
    /// minute.
    pub(super) fn note(&mut self, key: &JobKey, was_ours: bool, now: Timestamp) {
        if was_ours {
            self.0.remove(key);
            return;
        }
        let times = self.0.get(key).map_or(0, |skipped| skipped.times);
        // 0, 1, 2, 4 and so on; `LONGEST` is reached before the shift could overflow.
        let seconds = times.checked_sub(1).map_or(0, |before| 1 << before.min(6));
        let pause = SignedDuration::from_secs(seconds).min(LONGEST);
        self.0.insert(key.clone(), Skipped { times: times + 1, since: now, pause });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::JobOwner;

    fn key(name: &str) -> JobKey {
        JobKey { owner: JobOwner::Portal, name: name.to_owned() }
    }

    #[test]
    fn what_could_not_be_claimed_is_left_aside_while_it_is_due_and_until_it_is_claimed() {
        let (mut unclaimed, due, now) =
            (UnclaimedJobs::default(), vec![key("a"), key("b")], Timestamp::UNIX_EPOCH);
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(unclaimed.ready(due.clone(), now), due);
        unclaimed.note(&key("a"), false, now);
        assert_eq!(
            (unclaimed.ready(due.clone(), now), unclaimed.len()),
            (due.clone(), 1),
            "it may be due anew"
        );
        unclaimed.note(&key("a"), false, now);
        assert_eq!((unclaimed.ready(due.clone(), now), unclaimed.len()), (vec![key("b")], 1));
        assert_eq!(unclaimed.ready(due.clone(), later(1)), due);
        unclaimed.note(&key("a"), false, later(1));
        assert_eq!(unclaimed.ready(due.clone(), later(2)), [key("b")], "longer each time");
        assert_eq!(unclaimed.ready(due.clone(), later(-100)), due, "wherever the clock goes");
        unclaimed.note(&key("a"), true, later(2));
        assert_eq!(unclaimed.ready(due.clone(), later(2)), due);
        unclaimed.note(&key("a"), false, now);
        unclaimed.note(&key("a"), false, now);
        assert_eq!(unclaimed.ready(vec![key("b")], now), [key("b")]);
        assert_eq!(
            (unclaimed.ready(due.clone(), now), unclaimed.len()),
            (due, 0),
            "it was not due in between"
        );
    }
}
