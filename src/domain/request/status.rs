//! Where a request stands. How it moves from one status to another is decided in `next` alone.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{PersonId, TaskToken};
use crate::domain::lease::Lease;

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Submitted; the workflow is not yet asking.
    Pending,
    /// The workflow waits for approvers.
    AwaitingApproval {
        /// Resumes the waiting execution.
        token: TaskToken,
    },
    /// Decided; the workflow has not yet asked to provision. Auto-approved requests are born here.
    Approved,
    /// The provisioner is at work.
    Provisioning {
        /// Resumes the execution that waits for the result.
        token: TaskToken,
        /// Who wants it torn down as soon as it is there, if somebody does.
        unwanted: Option<PersonId>,
    },
    /// It exists and its lease runs.
    Active {
        /// When it will be warned about and torn down.
        lease: Lease,
    },
    /// It exists and is being changed; its lease goes on afterwards.
    Updating {
        /// When it will be warned about and torn down.
        lease: Lease,
    },
    /// It is being removed.
    Terminating {
        /// How it will end.
        ending: Ending,
        /// Counts the tries to remove it, from 1.
        attempt: u32,
    },
    /// An approver said no.
    Denied {
        /// Who.
        by: PersonId,
        /// For whom, where they answered for somebody who is away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<PersonId>,
        /// Why, in the approver's words.
        reason: String,
    },
    /// The requester withdrew it.
    Cancelled,
    /// Nobody answered in time.
    TimedOut,
    /// Provisioning failed and what was left has been cleaned up.
    Failed {
        /// Why, as the provisioner put it.
        why: String,
    },
    /// It could not be removed and needs a person; it keeps its quota slot.
    TeardownFailed {
        /// Why, as the provisioner put it.
        why: String,
        /// How it should have ended.
        ending: Ending,
        /// Tries so far.
        attempt: u32,
    },
    /// It lived and was removed.
    Terminated {
        /// What ended it.
        cause: Cause,
    },
    /// It could not be removed and is left as it is, on purpose; the portal no longer looks after it.
    Retained {
        /// Which admin said so.
        by: PersonId,
        /// Why, in their words.
        reason: String,
    },
}

/// How a removal ends when it succeeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Cleaning up after provisioning failed.
    Failed {
        /// Why provisioning failed.
        why: String,
    },
    /// Taking down what lived.
    Terminated {
        /// What ended it.
        cause: Cause,
    },
}

/// What ends the life of something that was provisioned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// A person said so.
    Asked {
        /// Who.
        by: PersonId,
    },
    /// Its lease ran out.
    Expired,
    /// It was removed outside of the portal.
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

    /// The word that the store, the audit trail and the state machine use.
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

    /// The words that people read.
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

    /// Whether nothing will happen to the request any more; its quota slot is free again.
    pub fn is_ended(self) -> bool {
        matches!(
            self,
            Self::Denied
                | Self::Cancelled
                | Self::TimedOut
                | Self::Failed
                | Self::Terminated
                | Self::Retained
        )
    }

    /// Whether it exists and is to stay for now, if only because it could not be removed.
    pub fn is_there(self) -> bool {
        matches!(self, Self::Active | Self::TeardownFailed)
    }

    /// Whether approvers can still answer.
    pub fn is_undecided(self) -> bool {
        matches!(self, Self::Pending | Self::AwaitingApproval)
    }
}

impl Status {
    /// The status without its data.
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

    /// The variants that deserializing `T` knows, as serde lists them when it is given another.
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
