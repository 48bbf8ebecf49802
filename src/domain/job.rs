//! Jobs: everything that touches the outside or waits for a date, written in the commit that causes it.
//! Performing them is the dispatcher's work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{ChannelId, PersonId, RequestId, TaskToken};
use super::request::Surface;

/// Something to do at or after a date. Writing a job whose key exists replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which job this is.
    pub key: JobKey,
    /// What to do.
    pub kind: JobKind,
    /// Not before.
    pub due_at: Timestamp,
}

/// A job's identity: its request and a name that is unique within it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    /// The request it belongs to.
    pub request: RequestId,
    /// Its name within the request.
    pub name: String,
}

/// What a job does. Each may run twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobKind {
    /// Start the execution of this attempt.
    StartExecution {
        /// The attempt it was written for.
        attempt: u32,
    },
    /// Tell a waiting execution how things went.
    Resume {
        /// Which waiting task.
        token: TaskToken,
        /// What to tell it.
        with: Resume,
        /// The attempt the token belongs to.
        attempt: u32,
    },
    /// End the request if nobody has decided by now.
    ApprovalDeadline,
    /// Bring the message on this surface up to date, posting it if there is none.
    Show(Surface),
    /// Ask the provisioner to make it.
    Provision,
    /// Look how the provisioner's record is doing.
    WatchProvisioning,
    /// Ask the provisioner to remove it.
    Terminate,
    /// Look how the removal is doing.
    WatchTermination,
    /// Judge a click that could not be judged when it came, because Slack could not be asked who is who.
    JudgeClick(StoredClick),
}

/// What a waiting task is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resume {
    /// Go on.
    Success,
    /// `Request.Denied`.
    Denied,
    /// `Request.Cancelled`.
    Cancelled,
    /// `Request.TimedOut`.
    TimedOut,
    /// `Request.ProvisioningFailed`.
    ProvisioningFailed,
}

impl Resume {
    /// The error name that the state machine catches; `None` for success.
    pub fn error(&self) -> Option<&'static str> {
        match self {
            Self::Success => None,
            Self::Denied => Some("Request.Denied"),
            Self::Cancelled => Some("Request.Cancelled"),
            Self::TimedOut => Some("Request.TimedOut"),
            Self::ProvisioningFailed => Some("Request.ProvisioningFailed"),
        }
    }
}

/// A click that waits to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredClick {
    /// Who clicked.
    pub by: PersonId,
    /// Where to answer them.
    pub channel: Option<ChannelId>,
    /// What they decided.
    pub decision: ClickedDecision,
    /// When they clicked; it is judged within 10 minutes or not at all.
    pub at: Timestamp,
}

/// What an approver's click says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClickedDecision {
    /// Yes.
    Approve,
    /// No, and why.
    Deny {
        /// The approver's words.
        reason: String,
    },
}

impl JobKind {
    /// The job's name within its request: one of each kind at a time, and one per surface or token.
    fn name(&self) -> String {
        match self {
            Self::StartExecution { .. } => "start".to_owned(),
            Self::Resume { token, .. } => format!("resume:{}", fingerprint(token.reveal())),
            Self::ApprovalDeadline => "deadline".to_owned(),
            Self::Show(Surface::Told(status)) => format!("show:told:{}", status.word()),
            Self::Show(surface) => format!("show:{surface:?}").to_lowercase(),
            Self::Provision => "provision".to_owned(),
            Self::WatchProvisioning => "watch".to_owned(),
            Self::Terminate => "terminate".to_owned(),
            Self::WatchTermination => "watch-termination".to_owned(),
            Self::JudgeClick(click) => format!("judge:{}", click.by),
        }
    }

    /// The kind's word for logs and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::StartExecution { .. } => "start_execution",
            Self::Resume { .. } => "resume",
            Self::ApprovalDeadline => "approval_deadline",
            Self::Show(_) => "show",
            Self::Provision => "provision",
            Self::WatchProvisioning => "watch_provisioning",
            Self::Terminate => "terminate",
            Self::WatchTermination => "watch_termination",
            Self::JudgeClick(_) => "judge_click",
        }
    }

    /// This kind as a job of `request`, due at `due_at`.
    pub fn due(self, request: RequestId, due_at: Timestamp) -> Job {
        Job { key: JobKey { request, name: self.name() }, kind: self, due_at }
    }
}

/// A short digest that tells tokens apart without revealing them.
fn fingerprint(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}
