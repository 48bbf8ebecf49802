//! Outages of outside services. However many calls fail, the log has one line when an outage starts and one when it
//! ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::clock::{Clock, SystemClock, Time};
use super::directory::Late;
use super::slack::SlackError;

/// An outage is over once the service answers and has not failed for this time. Failures that alternate with successes,
/// such as writes next to reads, are one outage.
const QUIET: Duration = Duration::from_secs(15);

/// An outside service that may fail. Attached to an error as its context, so that users can be told which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Side {
    /// The store.
    #[error("the store")]
    Store,
    /// The queue with signals of the workflow and the provisioner.
    #[error("the queue")]
    Queue,
    /// Slack's Web API.
    #[error("Slack")]
    Slack,
    /// The Socket Mode connections to Slack.
    #[error("the connections to Slack")]
    Sockets,
    /// A service of AWS.
    #[error("AWS ({0})")]
    Aws(&'static str),
}

impl Side {
    /// Attaches this service to the error, unless one is attached already.
    pub fn failed(self, error: anyhow::Error) -> anyhow::Error {
        // The one that was attached first is closest to the failure.
        if error.is::<Self>() { error } else { error.context(self) }
    }

    /// Returns the service attached to the error, if any.
    pub fn of(error: &anyhow::Error) -> Option<Self> {
        error.downcast_ref().copied()
    }

    /// Number of failures in a row that count as an outage. Callers retry calls to AWS, so single failures there are
    /// normal.
    fn patience(self) -> u64 {
        if matches!(self, Self::Aws(_)) { 3 } else { 1 }
    }
}

/// Current outages; clones share them.
#[derive(Clone, Debug)]
pub struct Outages {
    sides: Arc<Mutex<BTreeMap<Side, Outage>>>,
    time: Arc<Time>,
}

impl Default for Outages {
    fn default() -> Self {
        Self::by(Arc::new(SystemClock))
    }
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    first: Instant,
    last: Instant,
    failures: u64,
}

impl Outages {
    /// Creates a tracker that measures time with this clock.
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        Self { sides: Arc::default(), time: Arc::new(Time::new(clock)) }
    }

    /// Returns whether an outage of this service was logged and is not over yet.
    pub(crate) fn lasts(&self, side: Side) -> bool {
        self.sides().get(&side).is_some_and(|outage| outage.failures >= side.patience())
    }

    /// Returns whether an outage, which is logged once when it starts and once when it ends, explains this error. Such
    /// errors are logged at debug level only.
    pub fn explains(&self, error: &impl Unanswered) -> bool {
        error.is_told() || error.side().is_some_and(|side| self.lasts(side))
    }

    /// Records a failed call. The first one of an outage is logged as an error.
    pub fn fails(&self, side: Side, error: &str) {
        if self.failed(side, self.time.now()) {
            tracing::error!(%side, error, "does not answer; the next line about it says when it does again");
        } else {
            tracing::debug!(%side, error, "still does not answer");
        }
    }

    /// Records a call that succeeded, which may end an outage.
    pub fn answers(&self, side: Side) {
        if let Some((lasted, failures)) = self.answered(side, self.time.now()) {
            tracing::warn!(%side, seconds = lasted.as_secs(), failures, "answers again");
        }
    }

    /// Records a failure; returns whether an outage starts with it.
    fn failed(&self, side: Side, now: Instant) -> bool {
        let mut outages = self.sides();
        let outage = outages.entry(side).or_insert(Outage { first: now, last: now, failures: 0 });
        (outage.last, outage.failures) = (now, outage.failures + 1);
        // Equal rather than more, so that an outage is logged once.
        outage.failures == side.patience()
    }

    /// Records a success. If an outage ends with it, returns how long it lasted and how many calls failed.
    fn answered(&self, side: Side, now: Instant) -> Option<(Duration, u64)> {
        let mut outages = self.sides();
        let outage = *outages.get(&side)?;
        if outage.failures < side.patience() {
            // Too few failures for an outage: start counting again.
            outages.remove(&side);
            return None;
        }
        if now.duration_since(outage.last) < QUIET {
            return None;
        }
        // Measured up to the last failure, so the quiet time at the end is not part of the outage.
        outages.remove(&side);
        Some((outage.last.duration_since(outage.first), outage.failures))
    }

    fn sides(&self) -> MutexGuard<'_, BTreeMap<Side, Outage>> {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error that may be part of an outage.
pub trait Unanswered {
    /// Returns whether the callee has already logged it: Slack did not answer, or the answer is only late.
    fn is_told(&self) -> bool;

    /// Returns the service that failed, if known.
    fn side(&self) -> Option<Side>;
}

impl Unanswered for SlackError {
    fn is_told(&self) -> bool {
        // The Slack client has recorded the outage when it returned this error.
        matches!(self, Self::Silence(_))
    }

    fn side(&self) -> Option<Side> {
        if let Self::Other(error) = self { Side::of(error) } else { None }
    }
}

impl Unanswered for anyhow::Error {
    fn is_told(&self) -> bool {
        self.is::<Late>() || self.downcast_ref().is_some_and(SlackError::is_told)
    }

    fn side(&self) -> Option<Side> {
        Side::of(self).or_else(|| self.downcast_ref().and_then(SlackError::side))
    }
}

/// Logs an error, or a debug line if an outage explains it.
macro_rules! error_unless {
    ($outage:expr, $($line:tt)+) => {
        if $outage {
            tracing::debug!($($line)+);
        } else {
            tracing::error!($($line)+);
        }
    };
}
pub(crate) use error_unless;

/// Logs a warning, or a debug line if an outage explains it.
macro_rules! warn_unless {
    ($outage:expr, $($line:tt)+) => {
        if $outage {
            tracing::debug!($($line)+);
        } else {
            tracing::warn!($($line)+);
        }
    };
}
pub(crate) use warn_unless;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_when_it_begins_and_when_it_is_over_and_not_in_between() {
        let (outages, begun) = (Outages::default(), Instant::now());
        let instant = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(outages.answered(Side::Store, instant(0)), None, "nothing was wrong");
        let count = (0..600).filter(|second| outages.failed(Side::Store, instant(*second))).count();
        assert_eq!(count, 1);
        assert!(outages.failed(Side::Queue, instant(600)), "each side is told");
        assert_eq!(
            outages.answered(Side::Store, instant(601)),
            None,
            "it answers some and fails others perhaps"
        );
        assert!(!outages.failed(Side::Store, instant(610)));
        assert_eq!(outages.answered(Side::Store, instant(625)), Some((Duration::from_secs(610), 601)));
        assert_eq!(outages.answered(Side::Store, instant(626)), None, "once");
        assert!(outages.failed(Side::Store, instant(700)), "another one");
    }

    #[test]
    fn a_call_to_aws_that_succeeds_when_it_is_tried_again_is_no_outage() {
        let (outages, now) = (Outages::default(), Instant::now());
        let aws = Side::Aws("AWSStepFunctions");
        for _ in 0..5 {
            assert!(!outages.failed(aws, now) && !outages.failed(aws, now));
            assert_eq!(outages.answered(aws, now), None);
        }
        let count = (0..9).filter(|_| outages.failed(aws, now)).count();
        assert_eq!(count, 1);
    }
}
