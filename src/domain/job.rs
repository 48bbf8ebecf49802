//! Jobs: everything that touches the outside or waits for a date, written in the commit that causes it.
//! Performing them is the dispatcher's work.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::approve_with_changes::RequestedReduction;
use super::audit::By;
use super::ids::{ChannelId, PersonId, RequestId, TaskToken, TeamName};
use super::request::{MessageRef, MessageSlot, ReminderKind};

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

/// A job's identity: whose it is and a name that is unique there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    /// Whose it is.
    pub of: JobOwner,
    /// Its name there.
    pub name: String,
}

/// What a job is about. One run of a job at a time, so that what concerns one person is done in one job of theirs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum JobOwner {
    /// A request.
    Request(RequestId),
    /// A person.
    Person(PersonId),
    /// The portal as a whole.
    Portal,
}

/// As the store keeps it: a request's id, a person's id, or `-`.
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
    /// Reads what [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Self {
        match RequestId::parse(text) {
            Some(id) => Self::Request(id),
            None if text == "-" => Self::Portal,
            None => Self::Person(PersonId::new(text)),
        }
    }

    /// The request, where it is one.
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
    /// Whether the job shows something to people and does nothing else.
    pub fn is_message(&self) -> bool {
        self.name.starts_with(SHOW)
    }

    /// Those with which a request that has ended has nothing to do any more.
    pub fn dates_of(id: RequestId) -> Vec<Self> {
        DATES.iter().map(|name| Self { of: JobOwner::Request(id), name: (*name).to_owned() }).collect()
    }

    /// The request whose time limits for people this is about.
    pub fn limits(&self) -> Option<RequestId> {
        self.of.request().filter(|_| LIMITS.contains(&&*self.name))
    }
}

/// Jobs of a request that are due when a time limit of people is reached, or that keep the job of its lease away meanwhile.
const LIMITS: [&str; 6] =
    ["lease", "deadline", "renewal-deadline", "change-deadline", "update", "watch-update"];

/// Jobs of a request that wait for a date of it.
const DATES: [&str; 4] = ["lease", "deadline", "renewal-deadline", "change-deadline"];

/// How the names of jobs begin that show something.
const SHOW: &str = "show:";

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
    /// Press whoever is asked, if they have not answered by now.
    Prompt {
        /// How.
        prompt: ReminderKind,
        /// The epoch it was written in: of another question nothing is due.
        epoch: u32,
    },
    /// Find the people who are asked, to tell each directly.
    FindApprovers {
        /// Why they are told.
        prompt: ReminderKind,
        /// The epoch of the question.
        epoch: u32,
    },
    /// Tell one of them.
    TellApprover {
        /// Why.
        prompt: ReminderKind,
        /// The epoch of the question.
        epoch: u32,
        /// Whom.
        person: PersonId,
    },
    /// Bring the message on this surface up to date, posting it if there is none.
    Show(MessageSlot),
    /// Ask the provisioner to make it.
    Provision,
    /// Look how the provisioner's record is doing.
    WatchProvisioning,
    /// Ask the provisioner to remove it.
    Terminate,
    /// Look how the removal is doing.
    WatchTermination,
    /// Warn the owner that the lease runs out, or end it, when that is due.
    Lease,
    /// End a renewal that nobody has answered by now.
    RenewalDeadline,
    /// End a change that nobody has answered by now.
    ChangeDeadline,
    /// Ask the provisioner to change it.
    Update,
    /// Look how the change is doing.
    WatchUpdate,
    /// Bring one message up to date that the row does not name as its current one.
    Refresh {
        /// Where it stands.
        at: MessageRef,
        /// What it shows.
        surface: MessageSlot,
    },
    /// Find what else a request has changed: people whose home tab shows something else now, and exceptions that wait for
    /// the room that it has left. Of the portal, all home tabs.
    FindHomes,
    /// Warn a person about everything of theirs that is due, in one message.
    Warn,
    /// Publish a person's home tab if it shows something else now.
    Home,
    /// Copy the audit trail to the audit channel.
    CopyTrail {
        /// Entries up to here were copied.
        after: u64,
    },
    /// Tell whoever automates something of what was added to the trail.
    TellEvents {
        /// Entries up to here were told.
        after: u64,
    },
    /// Compare rows with AWS and repair what can be.
    Reconcile {
        /// What the admins were told of already.
        told: Vec<String>,
    },
    /// Give what is left under former names of teams to them, and look for teams that are gone.
    Teams {
        /// Former names whose takeover is on the trail already.
        begun: Vec<TeamName>,
        /// Teams that are gone and that the admins were told of.
        gone: Vec<TeamName>,
        /// What the admins have to be told next.
        news: Vec<String>,
    },
    /// Read what AWS has charged.
    ReadBill,
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
    /// Who clicked, and where.
    pub by: By,
    /// The request's epoch when the button was made.
    pub epoch: u32,
    /// Where to answer them.
    pub channel: Option<ChannelId>,
    /// What they decided.
    pub decision: ClickedDecision,
    /// When they clicked, or Slack last could not be asked about it; it is judged within 10 minutes of that or not at all.
    pub at: Timestamp,
}

/// What an approver's click says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClickedDecision {
    /// Yes.
    Approve,
    /// Yes, to less than was asked for.
    ApproveLess(RequestedReduction),
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
            Self::Prompt { prompt, .. } => format!("prompt:{}", prompt.as_str()),
            Self::FindApprovers { prompt, .. } => format!("approvers:{}", prompt.as_str()),
            Self::TellApprover { prompt, person, .. } => format!("{SHOW}{}:{person}", prompt.as_str()),
            Self::Show(surface) => format!("{SHOW}{}", String::from(*surface)),
            Self::Refresh { at, .. } => format!("{SHOW}{}:{}", at.channel, at.ts),
            Self::Lease => "lease".to_owned(),
            Self::RenewalDeadline => "renewal-deadline".to_owned(),
            Self::ChangeDeadline => "change-deadline".to_owned(),
            Self::Update => "update".to_owned(),
            Self::WatchUpdate => "watch-update".to_owned(),
            Self::FindHomes => "homes".to_owned(),
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
            Self::JudgeClick(click) => format!("judge:{}", click.by.person),
        }
    }

    /// This kind as a job of this subject, due at `due_at`.
    pub fn due(self, of: impl Into<JobOwner>, due_at: Timestamp) -> Job {
        Job { key: JobKey { of: of.into(), name: self.name() }, kind: self, due_at }
    }
}

/// Gives each kind its word, so that none can be left out of the list of all.
macro_rules! words {
    ($($kind:pat => $word:literal,)+) => {
        impl JobKind {
            /// The words of all kinds.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The kind's word for logs and metrics.
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
    Self::Prompt { .. } => "prompt",
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
    Self::FindHomes => "find_homes",
    Self::Warn => "warn",
    Self::Home => "home",
    Self::CopyTrail { .. } => "copy_trail",
    Self::TellEvents { .. } => "tell_events",
    Self::ReadBill => "read_bill",
    Self::Reconcile { .. } => "reconcile",
    Self::Teams { .. } => "teams",
}

/// A short digest that tells tokens apart without revealing them.
fn fingerprint(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
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
