//! A request, from the moment a form was submitted: what was asked, by whom, and how things stand.
//! How it may change is decided in `next` alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::audit::AuditHead;
use super::catalog::{ApprovalRule, LeaseTerms, TeardownConfirm};
use super::ids::{
    ChannelId, ExecutionName, PersonId, ProductKey, ProvisionedProductId, RecordId, RequestId, TaskToken,
    TeamName,
};
use super::lease::Lease;
use super::period::Period;
use super::policy::ApprovalPath;
use super::quota::QuotaSlot;

/// A request as it is stored. The row is the truth; every message is a rendering of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// Counts the commits that changed it, from 1; a commit is refused when it has moved on.
    pub revision: u64,
    /// Who asked.
    pub requester: PersonId,
    /// Who looks after it, is warned, and may renew it: the requester until it is handed to a team-mate.
    pub owner: PersonId,
    /// For which team.
    pub team: TeamName,
    /// What the product said on the day of the request.
    pub product: ProductSnapshot,
    /// Parameters in the template's order, bound ones included.
    pub parameters: Vec<(String, String)>,
    /// Keys of `parameters` that the portal filled; not shown to people.
    pub bound: Vec<String>,
    /// Why it is needed, in the requester's words; may be empty.
    pub reason: String,
    /// The estimate of the day, if the catalog has one.
    pub estimate: Option<Estimate>,
    /// Whether it goes beyond its team's budget.
    pub exceeds_budget: bool,
    /// Whether people are asked, and why or why not.
    pub approval: ApprovalPath,
    /// When the form was submitted.
    pub submitted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ends unanswered; only this date decides a timeout.
    pub approve_by: Timestamp,
    /// When it was provisioned, if it ever was.
    pub activated_at: Option<Timestamp>,
    /// When it reached a status in which nothing happens any more.
    pub ended_at: Option<Timestamp>,
    /// Executions started for it so far, from 1; messages of an older one are dropped.
    pub attempt: u32,
    /// Grows whenever the buttons people see change their meaning; a click that carries an older one is stale.
    pub epoch: u32,
    /// Where it stands.
    pub status: Status,
    /// Who agreed, in the order of their clicks.
    pub approvals: Vec<Approval>,
    /// The last renewal that needed an approval, if there was one.
    pub renewal: Option<Renewal>,
    /// What the provisioner made or is making.
    pub provisioned: Option<Provisioned>,
    /// Logical ids of template resources that exist by now, in the order they were reported.
    pub progress: Progress,
    /// The allowed outputs, once there are any.
    pub outputs: Vec<Output>,
    /// Where its messages stand.
    pub messages: BTreeMap<Surface, MessageRef>,
    /// The end of its audit chain.
    pub audit: AuditHead,
}

impl Request {
    /// The name of the current execution.
    pub fn execution(&self) -> ExecutionName {
        ExecutionName::new(format!("{}-{}", self.id, self.attempt))
    }

    /// The parameters people may see: all but the bound ones.
    pub fn shown_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .filter(|(key, _)| !self.bound.contains(key))
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The slot it holds until it has ended.
    pub fn slot(&self) -> QuotaSlot {
        QuotaSlot { team: self.team.clone(), product: self.product.key.clone() }
    }

    /// The estimate in US dollars a month; nothing where there is none.
    pub fn monthly(&self) -> Decimal {
        self.estimate.as_ref().map(|estimate| estimate.monthly).unwrap_or_default()
    }

    /// What a person types to confirm that it is lost: an output that reads like a name, else product and short id.
    pub fn resource_name(&self) -> String {
        let like_a_name = |value: &&str| {
            let shaped = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=LONGEST_NAME).contains(&value.len()) && value.bytes().all(shaped)
        };
        let named = self.outputs.iter().map(|output| output.value.as_str()).find(like_a_name);
        named.map_or_else(|| format!("{}-{}", self.product.key, self.id.short()), str::to_owned)
    }

    /// The renewal that waits for approvers.
    pub fn waiting_renewal(&self) -> Option<&Renewal> {
        let waits = |renewal: &&Renewal| renewal.answer.is_none() && self.lease().is_some();
        self.renewal.as_ref().filter(waits)
    }

    /// Whether approvers can answer something about it now.
    pub fn waits_for_approvers(&self) -> bool {
        matches!(self.status, Status::AwaitingApproval { .. }) || self.waiting_renewal().is_some()
    }

    /// The running lease.
    pub fn lease(&self) -> Option<&Lease> {
        match &self.status {
            Status::Active { lease } => Some(lease),
            Status::Pending
            | Status::AwaitingApproval { .. }
            | Status::Approved
            | Status::Provisioning { .. }
            | Status::Terminating { .. }
            | Status::Denied { .. }
            | Status::Cancelled
            | Status::TimedOut
            | Status::Failed { .. }
            | Status::TeardownFailed { .. }
            | Status::Terminated { .. }
            | Status::Retained { .. } => None,
        }
    }
}

/// Longest output value that is taken for a name: what a person can be asked to type.
const LONGEST_NAME: usize = 63;

/// What the product said at submission; later edits of the catalog do not reach a running request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductSnapshot {
    /// Its key in the catalog.
    pub key: ProductKey,
    /// What people call it.
    pub name: String,
    /// The version asked for.
    pub version: String,
    /// SHA-256 of that version's template, lower-case hex.
    pub template_hash: String,
    /// Who had to agree.
    pub approval: ApprovalRule,
    /// Slots of each team.
    pub per_team: u32,
    /// How long it lives.
    pub lease: LeaseTerms,
    /// How a teardown is confirmed.
    pub teardown: TeardownConfirm,
    /// The outputs people may see.
    pub outputs: Vec<String>,
}

/// A monthly estimate at list price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// US dollars a month.
    pub monthly: Decimal,
    /// Region of the price list.
    pub region: String,
    /// Day of the price list, `YYYY-MM-DD`.
    pub priced_on: String,
}

/// One approver's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// A renewal beyond those that need nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// Who asked for it.
    pub by: PersonId,
    /// By how long.
    pub period: Period,
    /// When it ends unanswered.
    pub approve_by: Timestamp,
    /// Who agreed, in the order of their clicks.
    pub approvals: Vec<Approval>,
    /// What came of it; `None` while it waits.
    pub answer: Option<RenewalAnswer>,
}

/// What came of a renewal that needed an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RenewalAnswer {
    /// Enough approvers agreed.
    Granted,
    /// An approver said no.
    Denied {
        /// Who.
        by: PersonId,
        /// Why, in the approver's words.
        reason: String,
    },
    /// Nobody answered in time.
    Unanswered,
    /// It was torn down before anybody answered.
    Moot,
}

/// The provisioner's handles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioned {
    /// The provisioned product; unknown when something is removed that was never heard to have begun.
    pub product: Option<ProvisionedProductId>,
    /// The operation that runs or ran last.
    pub record: RecordId,
}

/// How far provisioning has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Resources that will be made.
    pub total: usize,
    /// Resources that are made, in order of arrival.
    pub done: Vec<String>,
}

/// One output that people may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The output's name in the template.
    pub name: String,
    /// The template's description of it; may be empty.
    pub description: String,
    /// Its value.
    pub value: String,
}

/// A place where messages about a request are shown; stored as one word, since it is the key of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Surface {
    /// The approval card in the team's or the approvals channel.
    Card,
    /// Progress and result in the card's thread.
    Thread,
    /// The requester's running message: one, edited as things move.
    Direct,
    /// The card that asks approvers to agree to a renewal.
    Renewal,
    /// The warning that the lease runs out; one message may be about several requests.
    Warning,
    /// A separate message to the owner about this news, so that Slack notifies them.
    Told(News),
}

/// News that the owner is told in a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// It reached this status.
    Status(StatusName),
    /// A renewal that needed an approval was answered.
    Renewal,
    /// It was handed to a new owner.
    Handed,
}

impl News {
    /// One of each.
    pub fn all() -> impl Iterator<Item = Self> {
        StatusName::ALL.into_iter().map(Self::Status).chain([Self::Renewal, Self::Handed])
    }

    /// The news' word in the names of surfaces and jobs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Status(status) => status.word(),
            Self::Renewal => "renewal",
            Self::Handed => "handed",
        }
    }
}

impl From<Surface> for String {
    fn from(surface: Surface) -> Self {
        match surface {
            Surface::Card => "card".to_owned(),
            Surface::Thread => "thread".to_owned(),
            Surface::Direct => "direct".to_owned(),
            Surface::Renewal => "renewal".to_owned(),
            Surface::Warning => "warning".to_owned(),
            Surface::Told(news) => format!("told:{}", news.word()),
        }
    }
}

impl TryFrom<String> for Surface {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let surfaces = [Self::Card, Self::Thread, Self::Direct, Self::Renewal, Self::Warning].into_iter();
        surfaces
            .chain(News::all().map(Self::Told))
            .find(|surface| String::from(*surface) == word)
            .ok_or_else(|| format!("`{word}` is no surface"))
    }
}

/// Where a posted message stands, enough to edit it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// Channel or direct conversation.
    pub channel: ChannelId,
    /// Slack's message timestamp, which is its id in the channel.
    pub ts: String,
}

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
    pub const ALL: [Self; 13] = [
        Self::Pending,
        Self::AwaitingApproval,
        Self::Approved,
        Self::Provisioning,
        Self::Active,
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
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::AwaitingApproval => "AWAITING_APPROVAL",
            Self::Approved => "APPROVED",
            Self::Provisioning => "PROVISIONING",
            Self::Active => "ACTIVE",
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
    use crate::domain::fixtures::{at, status};
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
        let words: BTreeSet<&str> = StatusName::ALL.map(StatusName::word).into();
        let labels: BTreeSet<&str> = StatusName::ALL.map(StatusName::label).into();
        assert_eq!((words.len(), labels.len()), (StatusName::ALL.len(), StatusName::ALL.len()));
        let shape = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        assert!(words.into_iter().all(shape), "the state machine's spelling");
    }

    #[test]
    fn a_request_reads_back_as_it_was_stored_in_every_status() {
        let message = |ts: &str| MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: ts.into() };
        for name in StatusName::ALL {
            let mut request = at(name);
            request.messages = BTreeMap::from([
                (Surface::Card, message("1.1")),
                (Surface::Thread, message("1.2")),
                (Surface::Direct, message("1.3")),
                (Surface::Renewal, message("1.4")),
                (Surface::Warning, message("1.5")),
                (Surface::Told(News::Status(name)), message("1.6")),
                (Surface::Told(News::Handed), message("1.7")),
            ]);
            let stored = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&stored).unwrap(), request);
        }
    }
}
