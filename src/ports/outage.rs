//! A side that does not answer is told in the log when that begins and when it is over, however often it is asked meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::clock::{Clock, SystemClock, Time};
use super::slack::SlackError;

/// An outage is over once a side has answered, and not failed for this time: what fails in turn with what works, such as
/// writes beside reads, is one outage.
const QUIET: Duration = Duration::from_secs(15);

/// A side that may not answer. It stands around an error as its context, so that people can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Side {
    /// What is stored.
    #[error("the store")]
    Store,
    /// What the workflow and the provisioner say.
    #[error("the queue")]
    Queue,
    /// Slack's Web API.
    #[error("Slack")]
    Slack,
    /// The connections over which Slack tells us things.
    #[error("the connections to Slack")]
    Sockets,
    /// A service of AWS.
    #[error("AWS ({0})")]
    Aws(&'static str),
}

impl Side {
    /// Says whose error it is, unless that is said already.
    pub fn failed(self, error: anyhow::Error) -> anyhow::Error {
        if error.is::<Self>() { error } else { error.context(self) }
    }

    /// Whose error it is; `None` where nobody said.
    pub fn of(error: &anyhow::Error) -> Option<Self> {
        error.downcast_ref().copied()
    }

    /// Failures in a row from which on it is an outage: a call to AWS is tried again by whoever made it.
    fn patience(self) -> u64 {
        if matches!(self, Self::Aws(_)) { 3 } else { 1 }
    }
}

/// The outages there are; clones share them.
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
    /// Outages that last as long as this clock says.
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        Self { sides: Arc::default(), time: Arc::new(Time::new(clock)) }
    }

    /// Whether an outage of this side was told, and is not over yet.
    pub fn lasts(&self, side: Side) -> bool {
        self.sides().get(&side).is_some_and(|outage| outage.failures >= side.patience())
    }

    /// Whether this failed in an outage that was told, of the side whose error it is.
    pub fn explains(&self, error: &anyhow::Error) -> bool {
        is_outage(error) || Side::of(error).is_some_and(|side| self.lasts(side))
    }

    /// Something could not be done because of this side. The first one is an error in the log.
    pub fn fails(&self, side: Side, error: &str) {
        if self.failed(side, self.time.now()) {
            tracing::error!(%side, error, "does not answer; the next line about it says when it does again");
        } else {
            tracing::debug!(%side, error, "still does not answer");
        }
    }

    /// This side has answered.
    pub fn answers(&self, side: Side) {
        if let Some((lasted, failures)) = self.answered(side, self.time.now()) {
            tracing::warn!(%side, seconds = lasted.as_secs(), failures, "answers again");
        }
    }

    /// Whether an outage begins.
    fn failed(&self, side: Side, now: Instant) -> bool {
        let mut outages = self.sides();
        let outage = outages.entry(side).or_insert(Outage { first: now, last: now, failures: 0 });
        (outage.last, outage.failures) = (now, outage.failures + 1);
        outage.failures == side.patience()
    }

    /// How long an outage lasted that is over, and how many things failed in it.
    fn answered(&self, side: Side, now: Instant) -> Option<(Duration, u64)> {
        let mut outages = self.sides();
        let outage = *outages.get(&side)?;
        if outage.failures < side.patience() {
            outages.remove(&side);
            return None;
        }
        if now.duration_since(outage.last) < QUIET {
            return None;
        }
        outages.remove(&side);
        Some((outage.last.duration_since(outage.first), outage.failures))
    }

    fn sides(&self) -> MutexGuard<'_, BTreeMap<Side, Outage>> {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this failed only because Slack does not answer. The log says that when it begins and when it is over, so whatever
/// fails in between is said in detail only.
pub fn is_outage(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(SlackError::is_silence)
}

/// A warning, or a line in detail where an outage explains it.
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
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(outages.answered(Side::Store, at(0)), None, "nothing was wrong");
        let told = (0..600).filter(|second| outages.failed(Side::Store, at(*second))).count();
        assert_eq!(told, 1);
        assert!(outages.failed(Side::Queue, at(600)), "each side is told");
        assert_eq!(outages.answered(Side::Store, at(601)), None, "it answers some and fails others perhaps");
        assert!(!outages.failed(Side::Store, at(610)));
        assert_eq!(outages.answered(Side::Store, at(625)), Some((Duration::from_secs(610), 601)));
        assert_eq!(outages.answered(Side::Store, at(626)), None, "once");
        assert!(outages.failed(Side::Store, at(700)), "another one");
    }

    #[test]
    fn a_call_to_aws_that_succeeds_when_it_is_tried_again_is_no_outage() {
        let (outages, now) = (Outages::default(), Instant::now());
        let aws = Side::Aws("AWSStepFunctions");
        for _ in 0..5 {
            assert!(!outages.failed(aws, now) && !outages.failed(aws, now));
            assert_eq!(outages.answered(aws, now), None);
        }
        let told = (0..9).filter(|_| outages.failed(aws, now)).count();
        assert_eq!(told, 1);
    }
}
