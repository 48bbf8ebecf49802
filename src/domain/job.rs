//! Jobs: everything that touches the outside or waits for a date, written in the commit that causes it. The
//! dispatcher performs them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{PersonId, RequestId, TaskToken, TeamName};
use super::request::{MessageRef, MessageSlot, ReminderKind};
use super::stored_click::StoredClick;

/// Something to do at or after a date. Writing a job replaces the one with the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The job's identity in the store.
    pub key: JobKey,
    /// What to do.
    pub kind: JobKind,
    /// The job is not performed before this.
    pub due_at: Timestamp,
}

/// A job's identity: its owner, and a name that is unique among the owner's jobs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    /// The request or person the job belongs to, or the portal.
    #[serde(rename = "of")]
    pub owner: JobOwner,
    /// The name, such as `deadline` or `show:card`; see [`JobKind`].
    pub name: String,
}

/// What a job belongs to. An owner's jobs run one at a time, so whatever must not race for one person is a job of
/// that person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum JobOwner {
    /// A request.
    Request(RequestId),
    /// A person.
    Person(PersonId),
    /// The portal as a whole.
    Portal,
}

/// The store's spelling: a request's id, a person's id, or `-`.
impl fmt::Display for JobOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => id.fmt(f),
            Self::Person(person) => person.fmt(f),
            Self::Portal => f.write_str("-"),
        }
    }
}

impl JobOwner {
    /// Parses what [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Self {
        // Slack ids never look like UUIDs or `-`, so the three spellings cannot be confused.
        match RequestId::parse(text) {
            Some(id) => Self::Request(id),
            None if text == "-" => Self::Portal,
            None => Self::Person(PersonId::new(text)),
        }
    }

    /// Returns the request's id if the owner is a request.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::Request(id) => Some(*id),
            Self::Person(_) | Self::Portal => None,
        }
    }
}

impl From<RequestId> for JobOwner {
    fn from(id: RequestId) -> Self {
        Self::Request(id)
    }
}

impl From<PersonId> for JobOwner {
    fn from(person: PersonId) -> Self {
        Self::Person(person)
    }
}

impl JobKey {
    /// Whether the job posts or updates something in Slack. Such jobs have permits of their own in the dispatcher: they
    /// may wait minutes for a channel's rate limit, and no other work waits behind them.
    pub fn is_message(&self) -> bool {
        self.name.starts_with(SHOW)
    }

    /// Returns the keys of the dated jobs, which are of no use once the request has ended.
    pub fn dates_of(id: RequestId) -> Vec<Self> {
        DATES.iter().map(|name| Self { owner: JobOwner::Request(id), name: (*name).to_owned() }).collect()
    }

    /// Returns the request if the job enforces a time limit that a person has to meet.
    pub fn limits(&self) -> Option<RequestId> {
        self.owner.request().filter(|_| LIMITS.contains(&&*self.name))
    }
}

/// A request's jobs that enforce a time limit for people, or that delay its lease job meanwhile.
const LIMITS: [&str; 6] =
    ["lease", "deadline", "renewal-deadline", "change-deadline", "update", "watch-update"];

/// A request's jobs that wait for one of its dates.
const DATES: [&str; 4] = ["lease", "deadline", "renewal-deadline", "change-deadline"];

/// Prefix of the names of jobs that only show something.
const SHOW: &str = "show:";

/// What a job does. Every job may run twice: after a crash it is performed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobKind {
    /// Start the request's execution for this attempt.
    StartExecution {
        /// The attempt it was written for.
        attempt: u32,
    },
    /// Resume a waiting execution with a result.
    Resume {
        /// The waiting task.
        token: TaskToken,
        /// The result.
        with: Resume,
        /// The attempt that the token belongs to.
        attempt: u32,
    },
    /// Time the request out if it is still undecided.
    ApprovalDeadline,
    /// Remind the approvers, or escalate, if they have not answered by now.
    #[serde(rename = "Prompt")]
    Reminder {
        /// Which reminder.
        #[serde(rename = "prompt")]
        reminder: ReminderKind,
        /// The epoch it was written in. If the request's epoch has changed, the reminder is obsolete.
        epoch: u32,
    },
    /// Resolve the current approvers, to message each of them directly.
    FindApprovers {
        /// Why they are messaged.
        #[serde(rename = "prompt")]
        reminder: ReminderKind,
        /// The epoch of the approval.
        epoch: u32,
    },
    /// Message one approver.
    TellApprover {
        /// Why they are messaged.
        #[serde(rename = "prompt")]
        reminder: ReminderKind,
        /// The epoch of the approval.
        epoch: u32,
        /// The approver.
        person: PersonId,
    },
    /// Update the message in this slot, or post it if there is none.
    Show(MessageSlot),
    /// Ask the provisioner to create the product.
    Provision,
    /// Poll the provisioner's record of the creation.
    WatchProvisioning,
    /// Ask the provisioner to remove the product.
    Terminate,
    /// Poll the removal.
    WatchTermination,
    /// Warn the owner that the lease runs out, or end the lease, whichever is due.
    Lease,
    /// Time out a renewal that is still unanswered.
    RenewalDeadline,
    /// Time out a change that is still unanswered.
    ChangeDeadline,
    /// Ask the provisioner to update the product.
    Update,
    /// Poll the update.
    WatchUpdate,
    /// Update a message that is no longer the current one of its slot.
    Refresh {
        /// The channel and timestamp of the message.
        at: MessageRef,
        /// The slot whose content it shows.
        #[serde(rename = "surface")]
        slot: MessageSlot,
    },
    /// Of a request, follow up its change: turn waiting exceptions into ordinary requests if it made room, and write a
    /// `Home` job for everybody whose home tab may show it. Each commit of a request with an audit entry writes it. Of
    /// the portal, written by a reload and by a pause: write a `Home` job for everybody who opened their tab lately.
    /// A second run finds no more room and writes the same `Home` jobs again.
    #[serde(rename = "FindHomes")]
    FollowUp,
    /// Warn a person about all their leases that are due, in one message.
    Warn,
    /// Publish a person's home tab if its content has changed. `FollowUp` writes it, and so does whoever opens the tab
    /// or changes an absence. A second run publishes nothing.
    Home,
    /// Copy new audit entries to the audit channel.
    CopyTrail {
        /// Sequence number of the last entry copied.
        after: u64,
    },
    /// Send webhooks about new audit entries.
    TellEvents {
        /// Sequence number of the last entry sent.
        after: u64,
    },
    /// Compare rows with AWS and repair the differences that can be repaired.
    Reconcile {
        /// The differences that the admins have been notified of already.
        #[serde(rename = "told")]
        reported: Vec<String>,
    },
    /// Move requests stored under a team's former names to the team, and look for teams that have been removed.
    Teams {
        /// Former names whose takeover has been recorded in the audit trail.
        begun: Vec<TeamName>,
        /// Removed teams that the admins have been notified of.
        gone: Vec<TeamName>,
        /// Notifications to the admins that are still to be sent.
        #[serde(rename = "news")]
        unsent: Vec<String>,
    },
    /// Read actual costs from AWS.
    ReadBill,
    /// Decide a click that could not be checked when it arrived because Slack did not say who the approvers are.
    JudgeClick(StoredClick),
}

/// The result that a waiting task receives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resume {
    /// The task succeeded.
    Success,
    /// The error `Request.Denied`.
    Denied,
    /// The error `Request.Cancelled`.
    Cancelled,
    /// The error `Request.TimedOut`.
    TimedOut,
    /// The error `Request.ProvisioningFailed`.
    ProvisioningFailed,
}

impl Resume {
    /// Returns the error name that the state machine catches; `None` for success.
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

impl JobKind {
    /// Returns the job's name within its owner: one per kind, or one per message slot, person or token.
    fn name(&self) -> String {
        match self {
            Self::StartExecution { .. } => "start".to_owned(),
            // Two tokens can wait at once, one of an older attempt; each has to be resumed. The name is logged, hence
            // the digest.
            Self::Resume { token, .. } => format!("resume:{}", fingerprint(token.reveal())),
            Self::ApprovalDeadline => "deadline".to_owned(),
            // One of each kind, so that those of a new approval replace those of the one before.
            Self::Reminder { reminder, .. } => format!("prompt:{}", reminder.as_str()),
            Self::FindApprovers { reminder, .. } => format!("approvers:{}", reminder.as_str()),
            Self::TellApprover { reminder, person, .. } => format!("{SHOW}{}:{person}", reminder.as_str()),
            Self::Show(slot) => format!("{SHOW}{}", String::from(*slot)),
            // By place and not by slot: several messages of one slot may be outdated.
            Self::Refresh { at, .. } => format!("{SHOW}{}:{}", at.channel, at.ts),
            Self::Lease => "lease".to_owned(),
            Self::RenewalDeadline => "renewal-deadline".to_owned(),
            Self::ChangeDeadline => "change-deadline".to_owned(),
            Self::Update => "update".to_owned(),
            Self::WatchUpdate => "watch-update".to_owned(),
            Self::FollowUp => "homes".to_owned(),
            Self::Warn => format!("{SHOW}warning"),
            Self::Home => format!("{SHOW}home"),
            Self::CopyTrail { .. } => format!("{SHOW}trail"),
            Self::TellEvents { .. } => "events".to_owned(),
            Self::Reconcile { .. } => "reconcile".to_owned(),
            Self::Teams { .. } => "teams".to_owned(),
            Self::ReadBill => "bill".to_owned(),
            Self::Provision => "provision".to_owned(),
            Self::WatchProvisioning => "watch".to_owned(),
            Self::Terminate => "terminate".to_owned(),
            Self::WatchTermination => "watch-termination".to_owned(),
            // One for each person: their last click counts.
            Self::JudgeClick(click) => format!("judge:{}", click.by.person),
        }
    }

    /// Builds the owner's job of this kind, due at `due_at`.
    pub fn due(self, owner: impl Into<JobOwner>, due_at: Timestamp) -> Job {
        Job { key: JobKey { owner: owner.into(), name: self.name() }, kind: self, due_at }
    }
}

/// Defines the name of each kind and the list of all names from one table, so that no kind can be missing from the
/// list.
macro_rules! words {
    ($($kind:pat => $word:literal,)+) => {
        impl JobKind {
            /// The names of all kinds.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Returns the kind's name for logs and metrics.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $($kind => $word,)+
                }
            }
        }
    };
}

words! {
    Self::StartExecution { .. } => "start_execution",
    Self::Resume { .. } => "resume",
    Self::ApprovalDeadline => "approval_deadline",
    Self::Reminder { .. } => "prompt",
    Self::FindApprovers { .. } => "find_approvers",
    Self::TellApprover { .. } => "tell_approver",
    Self::Show(_) => "show",
    Self::Provision => "provision",
    Self::WatchProvisioning => "watch_provisioning",
    Self::Terminate => "terminate",
    Self::WatchTermination => "watch_termination",
    Self::JudgeClick(_) => "judge_click",
    Self::Lease => "lease",
    Self::RenewalDeadline => "renewal_deadline",
    Self::ChangeDeadline => "change_deadline",
    Self::Update => "update",
    Self::WatchUpdate => "watch_update",
    Self::Refresh { .. } => "refresh",
    Self::FollowUp => "find_homes",
    Self::Warn => "warn",
    Self::Home => "home",
    Self::CopyTrail { .. } => "copy_trail",
    Self::TellEvents { .. } => "tell_events",
    Self::ReadBill => "read_bill",
    Self::Reconcile { .. } => "reconcile",
    Self::Teams { .. } => "teams",
}

/// Returns a short digest that distinguishes tokens without revealing them.
fn fingerprint(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    // 64 bits suffice: it only has to be unique within one request.
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::fixtures::{SECRET, one_job_of_each_kind, person, submission, submitted_at, token};
    use crate::domain::request::Notification;

    fn name(kind: JobKind) -> String {
        kind.due(submission().id, submitted_at()).key.name
    }

    #[test]
    fn these_are_the_names_of_jobs_in_the_store() {
        let lines =
            one_job_of_each_kind().into_iter().map(|kind| format!("{}: {}", kind.as_str(), name(kind)));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
        start_execution: start
        resume: resume:ca649ca27d07d00d
        approval_deadline: deadline
        prompt: prompt:escalation
        find_approvers: approvers:reminder
        tell_approver: show:nudge:U0MORGAN
        show: show:prompt:reminder
        show: show:card
        show: show:thread
        show: show:direct
        show: show:told:TIMED_OUT
        lease: lease
        renewal_deadline: renewal-deadline
        change_deadline: change-deadline
        update: update
        watch_update: watch-update
        refresh: show:C0PAYMENTS:1.2
        find_homes: homes
        warn: show:warning
        home: show:home
        copy_trail: show:trail
        tell_events: events
        read_bill: bill
        reconcile: reconcile
        teams: teams
        provision: provision
        watch_provisioning: watch
        terminate: terminate
        watch_termination: watch-termination
        judge_click: judge:U0MORGAN
        ");
    }

    #[test]
    fn each_kind_is_among_those_that_are_tried_here() {
        let tried: BTreeSet<&str> = one_job_of_each_kind().iter().map(JobKind::as_str).collect();
        assert_eq!(tried, JobKind::WORDS.iter().copied().collect());
    }

    #[test]
    fn a_job_is_replaced_by_a_newer_one_of_its_kind_but_each_task_gets_its_own_answer() {
        let resume = |n, with| name(JobKind::Resume { token: token(n), with, attempt: 1 });
        assert_eq!(
            name(JobKind::StartExecution { attempt: 1 }),
            name(JobKind::StartExecution { attempt: 2 })
        );
        assert_eq!(resume(1, Resume::Success), resume(1, Resume::Denied));
        assert_ne!(resume(1, Resume::Success), resume(2, Resume::Success));
        let told = |news| name(JobKind::Show(MessageSlot::Notification(news)));
        let names: BTreeSet<String> = Notification::all().map(told).collect();
        assert_eq!(names.len(), Notification::all().count());
    }

    #[test]
    fn no_job_shows_the_token_it_carries() {
        for kind in one_job_of_each_kind() {
            let job = kind.due(submission().id, submitted_at());
            assert!(!format!("{job:?} {} {}", job.key.name, job.kind.as_str()).contains(SECRET));
        }
    }

    #[test]
    fn what_a_job_is_about_reads_back() {
        for subject in
            [JobOwner::Request(submission().id), JobOwner::Person(person("alice")), JobOwner::Portal]
        {
            assert_eq!(JobOwner::parse(&subject.to_string()), subject);
        }
    }

    #[test]
    fn a_job_reads_back_as_it_was_stored() {
        for kind in one_job_of_each_kind() {
            let job = kind.due(submission().id, submitted_at());
            let stored = serde_json::to_string(&job).unwrap();
            assert_eq!(serde_json::from_str::<Job>(&stored).unwrap(), job);
        }
    }

    #[test]
    fn these_errors_are_what_the_state_machine_catches() {
        let errors = [
            Resume::Success,
            Resume::Denied,
            Resume::Cancelled,
            Resume::TimedOut,
            Resume::ProvisioningFailed,
        ]
        .map(|with| with.error().unwrap_or("none"));
        assert_eq!(
            errors,
            ["none", "Request.Denied", "Request.Cancelled", "Request.TimedOut", "Request.ProvisioningFailed"]
        );
    }
}
