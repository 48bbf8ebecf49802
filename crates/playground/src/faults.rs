//! Injected failures of Slack, and a record of the bot's calls, for tests and demonstrations.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::state::{Playground, lock};

/// The most calls to keep; older ones are dropped.
const CALLS_KEPT: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Faults {
    next: BTreeMap<String, VecDeque<String>>,
    always: BTreeMap<String, String>,
    hanging: BTreeSet<String>,
    lost: BTreeMap<String, usize>,
    calls: VecDeque<(String, Value)>,
}

impl Playground {
    /// Makes the next call of `method` fail with `error`; several calls queue up. `ratelimited` responds with
    /// HTTP 429.
    pub fn fail_next(&self, method: &str, error: &str) {
        let mut faults = lock(&self.shared.faults);
        let line = faults.next.entry(method.to_owned()).or_default();
        line.push_back(error.to_owned());
    }

    /// Makes every call of `method` fail with `error`, until called with `None`.
    pub fn fail_always(&self, method: &str, error: Option<&str>) {
        let mut faults = lock(&self.shared.faults);
        match error {
            Some(error) => faults.always.insert(method.to_owned(), error.to_owned()),
            None => faults.always.remove(method),
        };
    }

    /// Makes calls of `method` hang, until called with `false`.
    pub fn hang(&self, method: &str, hanging: bool) {
        let mut faults = lock(&self.shared.faults);
        if hanging {
            faults.hanging.insert(method.to_owned());
        } else {
            faults.hanging.remove(method);
        }
        drop(faults);
        self.announce();
    }

    /// Executes the next call of `method`, but loses its answer.
    pub fn lose_next_answer(&self, method: &str) {
        *lock(&self.shared.faults).lost.entry(method.to_owned()).or_default() += 1;
    }

    /// Returns the arguments of all recorded calls of `method`, oldest first.
    pub fn calls(&self, method: &str) -> Vec<Value> {
        let faults = lock(&self.shared.faults);
        let calls = faults.calls.iter().filter(|(called, _)| called == method);
        calls.map(|(_, arguments)| arguments.clone()).collect()
    }

    pub(super) fn record_call(&self, method: &str, arguments: Value) {
        let mut faults = lock(&self.shared.faults);
        faults.calls.push_back((method.to_owned(), arguments));
        if faults.calls.len() > CALLS_KEPT {
            faults.calls.pop_front();
        }
    }

    /// Returns the error that this call must fail with, if any.
    pub(super) fn fault(&self, method: &str) -> Option<String> {
        let mut faults = lock(&self.shared.faults);
        let next = faults.next.get_mut(method).and_then(VecDeque::pop_front);
        next.or_else(|| faults.always.get(method).cloned())
    }

    /// Whether to lose the answer to this call.
    pub(super) fn loses_answer(&self, method: &str) -> bool {
        let mut faults = lock(&self.shared.faults);
        let Some(left) = faults.lost.get_mut(method).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }

    pub(super) async fn wait_while_hanging(&self, method: &str) {
        let mut version = self.shared.version.subscribe();
        while lock(&self.shared.faults).hanging.contains(method) {
            if self.is_closed() || version.changed().await.is_err() {
                return;
            }
        }
    }
}
