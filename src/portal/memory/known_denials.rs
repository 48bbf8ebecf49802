//! The permissions that the bot lacks, as far as it has met them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::job::JobKey;
use crate::ports::access_denied::Denied;

/// The missing permissions that this bot has met; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownDenials(Arc<Mutex<MissingRights>>);

#[derive(Debug, Default)]
struct MissingRights {
    rights: BTreeMap<Denied, Awareness>,
    /// The permission that each job lacks.
    jobs: BTreeMap<JobKey, String>,
}

/// Whether the admins know about a missing permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awareness {
    /// This bot has notified them, or is doing so.
    Told,
    /// This bot has to notify them: it used up the day's key, but reached nobody.
    Owed,
    /// Another bot notifies them on this day.
    Elsewhere(i64),
}

/// Which bot has to notify the admins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminNotice {
    /// This one, unless another bot has used up the day's key.
    Open,
    /// This one; it used up the key before.
    Ours,
    /// None, or another bot.
    Over,
}

impl KnownDenials {
    fn lock(&self) -> MutexGuard<'_, MissingRights> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a job lacks this permission, and returns whether this bot has to notify the admins. A caller that
    /// has to, and fails, must say so with [`Self::stands`] or [`Self::gives_back`].
    pub(crate) fn turn(&self, job: &JobKey, denied: &Denied, day: i64) -> AdminNotice {
        let mut missing = self.lock();
        missing.jobs.insert(job.clone(), denied.right.clone());
        let turn = match missing.rights.get(denied) {
            None => AdminNotice::Open,
            Some(Awareness::Elsewhere(then)) if *then != day => AdminNotice::Open,
            Some(Awareness::Owed) => AdminNotice::Ours,
            Some(Awareness::Elsewhere(_) | Awareness::Told) => return AdminNotice::Over,
        };
        // Set before the message is sent, so that concurrent jobs do not send it as well.
        missing.rights.insert(denied.clone(), Awareness::Told);
        turn
    }

    pub(crate) fn stands(&self, denied: &Denied, standing: Awareness) {
        self.lock().rights.insert(denied.clone(), standing);
    }

    /// Records that no bot has notified the admins.
    pub(crate) fn gives_back(&self, denied: &Denied) {
        self.lock().rights.remove(denied);
    }

    /// Records that this permission was granted.
    pub(crate) fn forget(&self, right: &str) {
        self.lock().rights.retain(|denied, _| denied.right != right);
    }

    /// Records that a job succeeded, so its missing permission was granted.
    pub(crate) fn done(&self, job: &JobKey) {
        // Released at once, since `forget` locks again.
        let lacked = self.lock().jobs.remove(job);
        if let Some(right) = lacked {
            self.forget(&right);
        }
    }
}
