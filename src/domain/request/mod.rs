//! A request, from the moment its form is submitted: what was asked for, by whom, and its current state. Only
//! [`transition`](super::transition) decides how it may change.

mod change;
mod differences;
mod message_slot;
mod product_snapshot;
mod reminders;
mod status;
mod stored;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::approval::{Answer, Approval};
use crate::domain::audit::AuditHead;
use crate::domain::cost::Estimate;
use crate::domain::deletion::DeletionEffect;
use crate::domain::ids::{ExecutionName, PersonId, ProvisionedProductId, RecordId, RequestId, TeamName};
use crate::domain::lease::Lease;
use crate::domain::quota::QuotaSlot;
use crate::domain::ticket::Ticket;
use cloudformation::is_or_becomes;

pub use change::{ChangeOrder, ChangeOutcome, Difference, VERSION};
pub use message_slot::{MessageRef, MessageSlot, Notification};
pub use product_snapshot::ProductSnapshot;
pub use reminders::{Asking, ReminderKind};
pub use status::{Cause, Ending, Status, StatusName};

/// The tag that names the team on AWS resources.
pub const TEAM_TAG: &str = "Team";
/// Longest tag value that AWS accepts, in characters.
const MAX_TAG_VALUE: usize = 256;

/// A request as stored. The row is the truth; every message is a rendering of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::StoredRequest", into = "stored::StoredRequest")]
pub struct Request {
    /// Its id, a UUID whose first characters serve as the short id.
    pub id: RequestId,
    /// Number of commits that changed the row, from 1. A commit is refused if the revision has moved on.
    pub revision: u64,
    /// The person who submitted the form.
    pub requester: PersonId,
    /// The person who is warned and may renew: the requester, or the team-mate it was requested for or
    /// transferred to.
    pub owner: PersonId,
    /// The team that it counts against.
    pub team: TeamName,
    /// Earlier names of the team and earlier teams. Existing AWS resources still carry the tag of that time.
    pub formerly: Vec<TeamName>,
    /// The team's name in the store, if the settings have renamed it since. The quota slot is counted under
    /// this name.
    pub stored_team: Option<TeamName>,
    /// The product's rules at submission.
    pub product: ProductSnapshot,
    /// All parameters in the template's order, including bound ones.
    pub parameters: Vec<(String, String)>,
    /// Keys of `parameters` that the portal filled in; not shown to people.
    pub bound: Vec<String>,
    /// The form's label of a chosen value, by parameter, where the label says more than the value.
    pub labels: BTreeMap<String, String>,
    /// The requester's reason, in their words; may be empty.
    pub reason: String,
    /// The ticket it belongs to, if the product takes one.
    pub ticket: Option<Ticket>,
    /// The estimate at submission, if the catalog has one.
    pub estimate: Option<Estimate>,
    /// Whether it exceeds its team's budget.
    pub exceeds_budget: bool,
    /// When the form was submitted.
    pub submitted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When provisioning succeeded, if it ever did.
    pub activated_at: Option<Timestamp>,
    /// When it reached a final status.
    pub ended_at: Option<Timestamp>,
    /// Number of executions started so far, from 1. Messages of earlier attempts are dropped.
    pub attempt: u32,
    /// Incremented whenever the buttons on its messages change their meaning; a click with an older epoch is
    /// stale.
    pub epoch: u32,
    /// Where it stands.
    pub status: Status,
    /// Since when approvers have been asked, and how they were reminded.
    pub asking: Asking,
    /// The approval of the request itself.
    pub creation: Approval,
    /// The latest renewal and the latest change that were asked for, in that order of asking. At most the last one waits.
    pub later: Vec<Approval>,
    /// The provisioner's handles, once provisioning has started.
    pub provisioned: Option<Provisioned>,
    /// Logical ids of the template's resources that exist so far, in the order they were reported.
    pub progress: Progress,
    /// What AWS has charged for it lately, if known.
    pub billed: Option<Billed>,
    /// The problem that the provisioner reports with the existing product, if any.
    pub trouble: Option<String>,
    /// The permission that the platform team has to grant before the request can continue, if any.
    pub held_up: Option<HeldUp>,
    /// The outputs that people may see, once they exist.
    pub outputs: Vec<Output>,
    /// Where its messages were posted.
    pub messages: BTreeMap<MessageSlot, MessageRef>,
    /// The head of its audit chain.
    pub audit: AuditHead,
}

impl Request {
    /// Returns the name of the current execution. Deterministic, so starting it twice is harmless.
    pub fn execution(&self) -> ExecutionName {
        ExecutionName::new(format!("{}-{}", self.id, self.attempt))
    }

    /// Returns the value of a parameter, bound or not.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    /// Returns the parameters that people may see: all but the bound ones.
    pub fn shown_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .filter(|(key, _)| !self.bound.contains(key))
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the tags for its AWS resources. The expiry date is not among them: a renewal would falsify it.
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

    /// Lists the approvers, as many as fit into a tag value; `automatic` if nobody had to approve.
    fn approved_by(&self) -> String {
        let mut text = String::new();
        for approval in &self.creation.consents {
            let by = approval.by.as_str();
            // Slack ids are ASCII, so bytes count characters. Half an id would name somebody else.
            if text.len() + 1 + by.len() > MAX_TAG_VALUE {
                break;
            }
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(by);
        }
        if text.is_empty() { "automatic".to_owned() } else { text }
    }

    /// Returns the quota slot it holds until it has ended.
    pub fn slot(&self) -> QuotaSlot {
        let team = self.stored_team.as_ref().unwrap_or(&self.team).clone();
        QuotaSlot { team, product: self.product.key.clone() }
    }

    /// Returns what it adds to the team's estimates, US dollars a month. A change counts from the moment it
    /// is asked for, so that the budget still has room when it is approved.
    pub fn held_monthly(&self) -> Decimal {
        let unfinished = self.change().filter(|(approval, order)| {
            order.outcome.is_none() && matches!(approval.answer, None | Some(Answer::Approved))
        });
        self.monthly() + unfinished.map(|(_, order)| order.more()).unwrap_or_default()
    }

    /// Moves it to another team, or to the same team under a new name.
    pub fn moves_to(&mut self, team: TeamName) {
        let before = std::mem::replace(&mut self.team, team);
        // Renaming a team back must not leave its current name among the former ones.
        self.formerly.retain(|name| *name != self.team && *name != before);
        if before != self.team {
            self.formerly.push(before);
        }
    }

    /// Returns the estimate in US dollars a month; zero if there is none.
    pub fn monthly(&self) -> Decimal {
        self.estimate.as_ref().map(|estimate| estimate.monthly).unwrap_or_default()
    }

    /// Returns what a person types to confirm a teardown: an output that looks like a name, else product and
    /// short id.
    pub fn resource_name(&self) -> String {
        let named = self.named_output();
        named.map_or_else(|| format!("{}-{}", self.product.key, self.id.short()), str::to_owned)
    }

    /// Returns what distinguishes it from others of the same product: the name of the resource, or before it
    /// exists, the name asked for.
    pub fn label(&self) -> Option<&str> {
        self.named_output().or(self.asked_for())
    }

    /// Returns the value of the form's first field, if it looks like a name.
    pub fn asked_for(&self) -> Option<&str> {
        self.shown_parameters().map(|(_, value)| value).next().filter(|value| like_a_name(value))
    }

    fn named_output(&self) -> Option<&str> {
        self.outputs.iter().map(|output| output.value.as_str()).find(|value| like_a_name(value))
    }

    /// Returns the deletion effects on the resources that were created. While it is not known which were,
    /// those on every resource of the template.
    pub fn deletion_effects(&self) -> impl Iterator<Item = &DeletionEffect> {
        let done = &self.progress.done;
        // An update resets the progress, so an empty list does not mean that nothing exists.
        let is_known = !done.is_empty() && done.len() >= self.progress.total;
        let is_made = |fate: &DeletionEffect| done.iter().any(|made| is_or_becomes(&fate.logical_id, made));
        self.product.deletion_effects.iter().filter(move |fate| !is_known || is_made(fate))
    }

    /// Returns the running lease; `None` while an update is in progress, when the lease cannot end.
    pub fn lease(&self) -> Option<&Lease> {
        let Status::Active { lease } = &self.status else { return None };
        Some(lease)
    }
}

/// Longest output value that is taken for a name: the most a person can be asked to type.
const LONGEST_NAME: usize = 63;

fn like_a_name(value: &str) -> bool {
    let shaped = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LONGEST_NAME).contains(&value.len()) && value.bytes().all(shaped)
}

/// What AWS has charged within one calendar month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// First day of the month.
    pub month: Date,
    /// First day that is not yet included: the bill lags behind.
    pub before: Date,
    /// US dollars.
    pub amount: Decimal,
}

/// A permission that the program lacks, without which the request cannot continue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldUp {
    /// Since when this has been known.
    pub since: Timestamp,
    /// The IAM action, such as `servicecatalog:ProvisionProduct`.
    pub right: String,
    /// The name of the job that waits for it.
    pub job: String,
}

/// The provisioner's handles of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioned {
    /// The provisioned product; unknown if a removal starts before any message about provisioning arrived.
    pub product: Option<ProvisionedProductId>,
    /// The record of the current or latest operation.
    pub record: RecordId,
}

/// How far provisioning has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Number of resources that will be created.
    pub total: usize,
    /// Logical ids of the resources created so far, in order of arrival.
    pub done: Vec<String>,
}

/// One output of the stack that people may see.
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
    use crate::domain::approval::{Consent, Reduction};
    use crate::domain::fixtures::{at, order, waiting_change, waiting_renewal};
    use crate::domain::ids::ChannelId;

    #[test]
    fn a_request_reads_back_as_it_was_stored_in_every_status() {
        let message = |ts: &str| MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: ts.into() };
        for name in StatusName::ALL {
            let mut request = at(name);
            if let Status::Denied { on_behalf_of, .. } = &mut request.status {
                *on_behalf_of = Some(PersonId::new("U0PRIYA"));
            }
            request.creation.answer = request.creation.answer_in(&request.status);
            request.later = vec![
                Approval {
                    answer: Some(Answer::Withdrawn { by: PersonId::new("U0PRIYA") }),
                    ..waiting_renewal()
                },
                Approval { consents: request.creation.consents.clone(), ..waiting_change(order()) },
            ];
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
            request.creation.reductions = vec![Reduction {
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
            let approval = |n| Consent {
                by: PersonId::new(format!("U0{n:06}")),
                at: request.submitted_at,
                on_behalf_of: None,
            };
            request.creation.consents = (0..count).map(approval).collect();
            request.tags().into_iter().find(|(key, _)| key == "ApprovedBy").unwrap().1
        };
        assert_eq!([0, 1, 2].map(approved_by), ["automatic", "U0000000", "U0000000 U0000001"]);
        let many = approved_by(100);
        assert!(many.len() <= MAX_TAG_VALUE && many.ends_with(" U0000027"), "whole names only: {many}");
    }
}
