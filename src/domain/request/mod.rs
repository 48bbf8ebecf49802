//! A request, from the moment a form was submitted: what was asked, by whom, and how things stand.
//! How it may change is decided in `next` alone.

mod change;
mod message_slot;
mod reminders;
mod stages;
mod status;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::approve_with_changes::Reduction;
use crate::domain::audit::AuditHead;
use crate::domain::catalog::{ApprovalRule, LeaseTerms, TeardownConfirm};
use crate::domain::deletion::DeletionEffect;
use crate::domain::exception::Exception;
use crate::domain::ids::{
    ExecutionName, PersonId, ProductKey, ProvisionedProductId, RecordId, RequestId, TeamName,
};
use crate::domain::lease::Lease;
use crate::domain::period::Period;
use crate::domain::policy::ApprovalPath;
use crate::domain::quota::QuotaSlot;
use crate::domain::template::is_or_becomes;
use crate::domain::ticket::Ticket;

pub use change::{ChangeAnswer, ChangeOrder, Difference, VERSION};
pub use message_slot::{MessageRef, MessageSlot, Notification};
pub use reminders::{Asking, ReminderKind};
pub use stages::{Question, StageInForce};
pub use status::{Cause, Ending, Status, StatusName};

/// The tag that names the team.
pub const TEAM_TAG: &str = "Team";
/// Characters of a tag's value that AWS takes.
const MAX_TAG_VALUE: usize = 256;

/// A request as it is stored. The row is the truth; every message is a rendering of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// Counts the commits that changed it, from 1; a commit is refused when it has moved on.
    pub revision: u64,
    /// Who asked.
    pub requester: PersonId,
    /// Who looks after it, is warned, and may renew it: the requester, or the team-mate it was asked for or handed to.
    pub owner: PersonId,
    /// For which team.
    pub team: TeamName,
    /// What that team was called before, and teams that it belonged to before: what exists is labeled with the name of then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<TeamName>,
    /// The name of its team in the store, where that is not the one of the settings any more. Its slot is counted there.
    #[serde(skip)]
    pub stored_team: Option<TeamName>,
    /// What the product said on the day of the request.
    pub product: ProductSnapshot,
    /// Parameters in the template's order, bound ones included.
    pub parameters: Vec<(String, String)>,
    /// Keys of `parameters` that the portal filled; not shown to people.
    pub bound: Vec<String>,
    /// What the form said in the place of values, by parameter, where that says more than the value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Why it is needed, in the requester's words; may be empty.
    pub reason: String,
    /// The ticket it belongs to, if its product takes one.
    #[serde(default)]
    pub ticket: Option<Ticket>,
    /// The estimate of the day, if the catalog has one.
    pub estimate: Option<Estimate>,
    /// Whether it goes beyond its team's budget.
    pub exceeds_budget: bool,
    /// The limits that admins have to let it go beyond, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Exception>,
    /// When room came free for what had been asked for as an exception, which it is not any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_since: Option<Timestamp>,
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
    /// What approvers made smaller, in the order of their clicks; the row holds what stands now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reductions: Vec<Reduction>,
    /// Since when approvers are asked, and how they were pressed.
    #[serde(default)]
    pub asking: Asking,
    /// The last renewal that needed an approval, if there was one.
    pub renewal: Option<Renewal>,
    /// The last change that was asked for, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<ChangeOrder>>,
    /// What the provisioner made or is making.
    pub provisioned: Option<Provisioned>,
    /// Logical ids of template resources that exist by now, in the order they were reported.
    pub progress: Progress,
    /// What AWS has charged for it lately, if that is known.
    pub billed: Option<Billed>,
    /// What the provisioner says is wrong with it, if it says so.
    pub trouble: Option<String>,
    /// What the platform team has to do before it goes on, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_up: Option<HeldUp>,
    /// The allowed outputs, once there are any.
    pub outputs: Vec<Output>,
    /// Where its messages stand.
    pub messages: BTreeMap<MessageSlot, MessageRef>,
    /// The end of its audit chain.
    pub audit: AuditHead,
}

impl Request {
    /// The name of the current execution.
    pub fn execution(&self) -> ExecutionName {
        ExecutionName::new(format!("{}-{}", self.id, self.attempt))
    }

    /// The value of a parameter, bound ones included.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    /// The parameters people may see: all but the bound ones.
    pub fn shown_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .filter(|(key, _)| !self.bound.contains(key))
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// What everything of it is labeled with. No expiry: a renewal would falsify it.
    pub fn tags(&self) -> Vec<(String, String)> {
        [
            (TEAM_TAG, self.team.to_string()),
            ("Requester", self.requester.to_string()),
            ("RequestId", self.id.to_string()),
            ("Product", self.product.key.to_string()),
            ("ApprovedBy", self.approved_by()),
            ("ProvisionedBy", "quartermaster".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec()
    }

    /// Who agreed, as many as a tag's value holds; `automatic` where nobody had to.
    fn approved_by(&self) -> String {
        let mut text = String::new();
        for approval in &self.approvals {
            let by = approval.by.as_str();
            if text.len() + 1 + by.len() > MAX_TAG_VALUE {
                break;
            }
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(by);
        }
        if text.is_empty() { "automatic".to_owned() } else { text }
    }

    /// The slot it holds until it has ended.
    pub fn slot(&self) -> QuotaSlot {
        let team = self.stored_team.as_ref().unwrap_or(&self.team).clone();
        QuotaSlot { team, product: self.product.key.clone() }
    }

    /// What its slot adds to the team's estimates, US dollars a month: a change that waits or is made included.
    pub fn held_monthly(&self) -> Decimal {
        let unfinished = |order: &&ChangeOrder| matches!(order.answer, None | Some(ChangeAnswer::Granted));
        let more = self.change.as_deref().filter(unfinished).map(ChangeOrder::more);
        self.monthly() + more.unwrap_or_default()
    }

    /// Gives it to another team, or to its own under another name.
    pub fn moves_to(&mut self, team: TeamName) {
        let before = std::mem::replace(&mut self.team, team);
        self.formerly.retain(|name| *name != self.team && *name != before);
        if before != self.team {
            self.formerly.push(before);
        }
    }

    /// The estimate in US dollars a month; nothing where there is none.
    pub fn monthly(&self) -> Decimal {
        self.estimate.as_ref().map(|estimate| estimate.monthly).unwrap_or_default()
    }

    /// What a person types to confirm that it is lost: an output that reads like a name, else product and short id.
    pub fn resource_name(&self) -> String {
        let named = self.named_output();
        named.map_or_else(|| format!("{}-{}", self.product.key, self.id.short()), str::to_owned)
    }

    /// What tells it from others of the same product: the name of what was made, before that what was asked for.
    pub fn label(&self) -> Option<&str> {
        self.named_output().or(self.asked_for())
    }

    /// What the form asked first, where that reads like a name.
    pub fn asked_for(&self) -> Option<&str> {
        self.shown_parameters().map(|(_, value)| value).next().filter(|value| like_a_name(value))
    }

    fn named_output(&self) -> Option<&str> {
        self.outputs.iter().map(|output| output.value.as_str()).find(|value| like_a_name(value))
    }

    /// What a teardown does to each resource that was made: to any of the template's while it is not known which were.
    pub fn fates(&self) -> impl Iterator<Item = &DeletionEffect> {
        let done = &self.progress.done;
        let is_known = !done.is_empty() && done.len() >= self.progress.total;
        let is_made = |fate: &DeletionEffect| done.iter().any(|made| is_or_becomes(&fate.logical_id, made));
        self.product.fates.iter().filter(move |fate| !is_known || is_made(fate))
    }

    /// The renewal that waits for approvers.
    pub fn waiting_renewal(&self) -> Option<&Renewal> {
        let waits = |renewal: &&Renewal| renewal.answer.is_none() && self.lease().is_some();
        self.renewal.as_ref().filter(waits)
    }

    /// Those who can add nothing to the answer: who has agreed already, in person or through a delegate, and whoever asks.
    pub fn cannot_approve(&self) -> Vec<&PersonId> {
        let own = [self.asker(), &self.owner].into_iter().filter(|_| !self.allows_self_approval());
        let agreed =
            self.agreed().iter().flat_map(|approval| [Some(&approval.by), approval.instead_of.as_ref()]);
        own.chain(agreed.flatten()).collect()
    }

    /// Whether an approver may agree to what they asked for themselves. Never to an exception.
    pub fn allows_self_approval(&self) -> bool {
        self.rule().self_approval && self.exception.is_none()
    }

    /// The running lease; none while a change is being made, when nothing ends.
    pub fn lease(&self) -> Option<&Lease> {
        let Status::Active { lease } = &self.status else { return None };
        Some(lease)
    }
}

/// Longest output value that is taken for a name: what a person can be asked to type.
const LONGEST_NAME: usize = 63;

fn like_a_name(value: &str) -> bool {
    let shaped = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LONGEST_NAME).contains(&value.len()) && value.bytes().all(shaped)
}

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
    /// What a teardown does to each resource of its template, in the template's order.
    pub fates: Vec<DeletionEffect>,
}

/// A monthly estimate at list price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// US dollars a month.
    pub monthly: Decimal,
    /// Region of the price list; empty where the amounts are the product's own.
    pub region: String,
    /// Day of the price list, `YYYY-MM-DD`; empty with the region.
    pub priced_on: String,
}

/// What AWS has charged in a calendar month; never of more than one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// The first day of the month.
    pub month: Date,
    /// The first day that is not in it yet: the bill lags behind.
    pub before: Date,
    /// US dollars.
    pub amount: Decimal,
}

/// One approver's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// For whom, where they answered for somebody who is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<PersonId>,
}

impl Approval {
    /// Whether this person has answered by it, or somebody for them.
    pub fn is_of(&self, person: &PersonId) -> bool {
        self.by == *person || self.instead_of.as_ref() == Some(person)
    }
}

/// A renewal beyond those that need nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// Who asked for it.
    pub by: PersonId,
    /// By how long.
    pub period: Period,
    /// Renewals there were before it.
    pub renewals: u32,
    /// Whether nothing is torn down while it waits: only for the first one that is asked for about an end.
    pub holds_end: bool,
    /// When it ends unanswered.
    pub approve_by: Timestamp,
    /// Who agreed, in the order of their clicks.
    pub approvals: Vec<Approval>,
    /// What came of it; `None` while it waits.
    pub answer: Option<RenewalAnswer>,
    /// Who withdrew it before it was answered. Its answer is [`RenewalAnswer::Moot`] then, which older bots read too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_by: Option<PersonId>,
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
        /// For whom, where they answered for somebody who is away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<PersonId>,
        /// Why, in the approver's words.
        reason: String,
    },
    /// Nobody answered in time.
    Unanswered,
    /// It was torn down or withdrawn before anybody answered.
    Moot,
}

/// A right that the program lacks, without which a request does not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldUp {
    /// Since when that is known.
    pub since: Timestamp,
    /// Which, such as `servicecatalog:ProvisionProduct`.
    pub right: String,
    /// The name of the job that waits for it.
    pub job: String,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::at;
    use crate::domain::ids::ChannelId;

    #[test]
    fn a_request_reads_back_as_it_was_stored_in_every_status() {
        let message = |ts: &str| MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: ts.into() };
        for name in StatusName::ALL {
            let mut request = at(name);
            if let Status::Denied { instead_of, .. } = &mut request.status {
                *instead_of = Some(PersonId::new("U0PRIYA"));
            }
            request.messages = BTreeMap::from([
                (MessageSlot::Card, message("1.1")),
                (MessageSlot::Thread, message("1.2")),
                (MessageSlot::Direct, message("1.3")),
                (MessageSlot::Renewal, message("1.4")),
                (MessageSlot::Warning, message("1.5")),
                (MessageSlot::Change, message("1.8")),
                (MessageSlot::Notification(Notification::Status(name)), message("1.6")),
                (MessageSlot::Notification(Notification::Handed), message("1.7")),
            ]);
            request.reductions = vec![Reduction {
                parameter: Some("InstanceSize".into()),
                from: "large".into(),
                to: "small".into(),
                by: PersonId::new("U0MORGAN"),
            }];
            let stored = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&stored).unwrap(), request);
        }
    }

    #[test]
    fn a_tag_says_who_approved_and_is_never_longer_than_aws_takes() {
        let approved_by = |count: usize| {
            let mut request = at(StatusName::Approved);
            let approval = |n| Approval {
                by: PersonId::new(format!("U0{n:06}")),
                at: request.submitted_at,
                instead_of: None,
            };
            request.approvals = (0..count).map(approval).collect();
            request.tags().into_iter().find(|(key, _)| key == "ApprovedBy").unwrap().1
        };
        assert_eq!([0, 1, 2].map(approved_by), ["automatic", "U0000000", "U0000000 U0000001"]);
        let many = approved_by(100);
        assert!(many.len() <= MAX_TAG_VALUE && many.ends_with(" U0000027"), "whole names only: {many}");
    }
}
