//! Slack failing on purpose, and the record of what the bot called. Both serve tests and curious people.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::{Playground, lock};

/// Older calls than this many are forgotten.
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
    /// The next call of `method` fails with `error`; several wait in line. `ratelimited` answers HTTP 429.
    pub fn fail_next(&self, method: &str, error: &str) {
        let mut faults = lock(&self.shared.faults);
        let line = faults.next.entry(method.to_owned()).or_default();
        line.push_back(error.to_owned());
    }

    /// Every call of `method` fails with `error`, until `None` ends it.
    pub fn fail_always(&self, method: &str, error: Option<&str>) {
        let mut faults = lock(&self.shared.faults);
        match error {
            Some(error) => faults.always.insert(method.to_owned(), error.to_owned()),
            None => faults.always.remove(method),
        };
    }

    /// Calls of `method` get no answer until `false` lets them go on.
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

    /// The next call of `method` is done, but its answer gets lost on the way.
    pub fn lose_next_answer(&self, method: &str) {
        *lock(&self.shared.faults).lost.entry(method.to_owned()).or_default() += 1;
    }

    /// The arguments of the calls of `method` so far, oldest first.
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

    /// The error this call has to fail with, if any.
    pub(super) fn fault(&self, method: &str) -> Option<String> {
        let mut faults = lock(&self.shared.faults);
        let next = faults.next.get_mut(method).and_then(VecDeque::pop_front);
        next.or_else(|| faults.always.get(method).cloned())
    }

    /// Whether the answer to this call gets lost.
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
