//! The status of a request. Only [`transition`](crate::domain::transition) decides how it changes.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{PersonId, TaskToken};
use crate::domain::lease::Lease;

/// The status of a request, with the data that only this status needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Submitted; the workflow has not asked for approval yet.
    Pending,
    /// The workflow waits for approvers.
    AwaitingApproval {
        /// Resumes the waiting execution.
        token: TaskToken,
    },
    /// Approved; the workflow has not asked to provision yet. Auto-approved requests start in this status.
    Approved,
    /// The provisioner creates the resources.
    Provisioning {
        /// Resumes the execution that waits for the result.
        token: TaskToken,
        /// The person who asked for a teardown as soon as provisioning is done, if any.
        unwanted: Option<PersonId>,
    },
    /// The resources exist and the lease is running.
    Active {
        /// When the owner is warned and the resources are torn down.
        lease: Lease,
    },
    /// The resources exist and are being updated; the lease continues afterwards.
    Updating {
        /// The lease that continues after the update.
        lease: Lease,
    },
    /// The provisioner removes the resources.
    Terminating {
        /// The status that a successful removal leads to.
        ending: Ending,
        /// Number of attempts to remove them, from 1.
        attempt: u32,
    },
    /// An approver denied the request.
    Denied {
        /// The approver.
        by: PersonId,
        /// The absent approver it was denied on behalf of, if any.
        #[serde(rename = "instead_of", default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<PersonId>,
        /// The reason, in the approver's words.
        reason: String,
    },
    /// The requester cancelled it.
    Cancelled,
    /// No approver answered in time.
    TimedOut,
    /// Provisioning failed and its remains have been cleaned up.
    Failed {
        /// The provisioner's explanation.
        why: String,
    },
    /// The resources could not be removed and somebody has to act. The quota slot stays taken.
    TeardownFailed {
        /// The provisioner's explanation.
        why: String,
        /// The status that the removal should have led to.
        ending: Ending,
        /// Number of attempts so far.
        attempt: u32,
    },
    /// The resources existed and have been removed.
    Terminated {
        /// What caused the removal.
        cause: Cause,
    },
    /// The resources could not be removed and were deliberately left in place. The portal no longer manages
    /// them.
    Retained {
        /// The admin who decided so.
        by: PersonId,
        /// The reason, in the admin's words.
        reason: String,
    },
}

/// The status that a successful removal leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Cleanup after failed provisioning.
    Failed {
        /// Why provisioning failed.
        why: String,
    },
    /// Teardown of existing resources.
    Terminated {
        /// What caused it.
        cause: Cause,
    },
}

/// Why provisioned resources were removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// A person asked for it.
    Asked {
        /// The person.
        by: PersonId,
    },
    /// The lease expired.
    Expired,
    /// The resources were removed outside of the portal.
    Vanished,
}

/// A status without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is described at Status")]
pub enum StatusName {
    Pending,
    AwaitingApproval,
    Approved,
    Provisioning,
    Active,
    Updating,
    Terminating,
    Denied,
    Cancelled,
    TimedOut,
    Failed,
    TeardownFailed,
    Terminated,
    Retained,
}

impl StatusName {
    /// Every status, in the order of a request's life.
    pub const ALL: [Self; 14] = [
        Self::Pending,
        Self::AwaitingApproval,
        Self::Approved,
        Self::Provisioning,
        Self::Active,
        Self::Updating,
        Self::Terminating,
        Self::Denied,
        Self::Cancelled,
        Self::TimedOut,
        Self::Failed,
        Self::TeardownFailed,
        Self::Terminated,
        Self::Retained,
    ];

    /// Returns the name that the store, the audit trail and the state machine use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::AwaitingApproval => "AWAITING_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Provisioning => "PROVISIONING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Terminating => "TERMINATING",
            Self::Denied => "DENIED",
            Self::Cancelled => "CANCELLED",
            Self::TimedOut => "TIMED_OUT",
            Self::Failed => "FAILED",
            Self::TeardownFailed => "TEARDOWN_FAILED",
            Self::Terminated => "TERMINATED",
            Self::Retained => "RETAINED",
        }
    }

    /// Returns the name that people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Submitted",
            Self::AwaitingApproval => "Waiting for approval",
            Self::Approved => "Approved",
            Self::Provisioning => "Provisioning",
            Self::Active => "Active",
            Self::Updating => "Updating",
            Self::Terminating => "Tearing down",
            Self::Denied => "Denied",
            Self::Cancelled => "Cancelled",
            Self::TimedOut => "Timed out",
            Self::Failed => "Failed",
            Self::TeardownFailed => "Teardown failed",
            Self::Terminated => "Torn down",
            Self::Retained => "Retained",
        }
    }

    /// Whether the status is final; the quota slot is free again.
    pub fn is_ended(self) -> bool {
        matches!(
            self,
            // `TeardownFailed` is not final: the resources still exist and keep their slot.
            Self::Denied
                | Self::Cancelled
                | Self::TimedOut
                | Self::Failed
                | Self::Terminated
                | Self::Retained
        )
    }

    /// Whether the resources exist and no operation on them is in progress.
    pub fn is_there(self) -> bool {
        matches!(self, Self::Active | Self::TeardownFailed)
    }

    /// Whether approvers can still answer.
    pub fn is_undecided(self) -> bool {
        matches!(self, Self::Pending | Self::AwaitingApproval)
    }
}

impl Status {
    /// Returns the status without its data.
    pub fn name(&self) -> StatusName {
        match self {
            Self::Pending => StatusName::Pending,
            Self::AwaitingApproval { .. } => StatusName::AwaitingApproval,
            Self::Approved => StatusName::Approved,
            Self::Provisioning { .. } => StatusName::Provisioning,
            Self::Active { .. } => StatusName::Active,
            Self::Updating { .. } => StatusName::Updating,
            Self::Terminating { .. } => StatusName::Terminating,
            Self::Denied { .. } => StatusName::Denied,
            Self::Cancelled => StatusName::Cancelled,
            Self::TimedOut => StatusName::TimedOut,
            Self::Failed { .. } => StatusName::Failed,
            Self::TeardownFailed { .. } => StatusName::TeardownFailed,
            Self::Terminated { .. } => StatusName::Terminated,
            Self::Retained { .. } => StatusName::Retained,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::status;
    use std::collections::BTreeSet;

    /// Returns the variants of `T`, taken from the error serde reports for an unknown one.
    fn variants<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
        let Err(error) = serde_json::from_str::<T>("\"no such variant\"") else { panic!("a variant") };
        let text = error.to_string();
        let (_, expected) = text.split_once("expected one of").unwrap();
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_list_of_statuses_is_complete_and_in_step_with_their_names() {
        let all: BTreeSet<String> = StatusName::ALL.iter().map(|name| format!("{name:?}")).collect();
        assert_eq!(all.len(), StatusName::ALL.len(), "none is listed twice");
        assert_eq!(all, variants::<StatusName>());
        assert_eq!(all, variants::<Status>());
        for name in StatusName::ALL {
            assert_eq!(status(name).name(), name);
        }
    }

    #[test]
    fn no_two_statuses_share_a_word_or_a_label() {
        let words: BTreeSet<&str> = StatusName::ALL.map(StatusName::as_str).into();
        let labels: BTreeSet<&str> = StatusName::ALL.map(StatusName::label).into();
        assert_eq!((words.len(), labels.len()), (StatusName::ALL.len(), StatusName::ALL.len()));
        let shape = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        assert!(words.into_iter().all(shape), "the state machine's spelling");
    }
}
