//! A change of what lives: other parameters, a newer version, or both.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Approval, Estimate, ProductSnapshot, Request, Status};
use crate::domain::ids::PersonId;
use crate::domain::policy::ApprovalPath;

/// What somebody wants something that lives to become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeOrder {
    /// Who asked for it.
    pub by: PersonId,
    /// What the same form would carry again.
    pub once: String,
    /// What the product says now, which holds once it is done.
    pub product: ProductSnapshot,
    /// All parameters as they will be, in the template's order, bound ones included.
    pub parameters: Vec<(String, String)>,
    /// Keys of `parameters` that are not shown to people.
    pub bound: Vec<String>,
    /// What people read in the place of values, by key.
    pub labels: BTreeMap<String, String>,
    /// What becomes different, for people to read.
    pub differences: Vec<Difference>,
    /// Why it is needed; may be empty.
    pub reason: String,
    /// The estimate of before.
    pub estimate_before: Option<Estimate>,
    /// The estimate of afterwards.
    pub estimate: Option<Estimate>,
    /// Whether it goes beyond its team's budget.
    pub exceeds_budget: bool,
    /// Whether people are asked, and why or why not.
    pub approval: ApprovalPath,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it ends unanswered.
    pub approve_by: Timestamp,
    /// Who agreed, in the order of their clicks.
    pub approvals: Vec<Approval>,
    /// What came of it; `None` while it waits for approvers.
    pub answer: Option<ChangeAnswer>,
}

/// Something that a change makes different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The parameter's key, or [`VERSION`].
    pub what: String,
    /// What it was; empty where there was none.
    pub before: String,
    /// What it becomes; empty where there is none any more.
    pub after: String,
}

/// What stands in the place of a parameter's key where the version becomes different.
pub const VERSION: &str = "Version";

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeAnswer {
    /// Enough approvers agreed, or nobody had to: it is being made.
    Granted,
    /// It is made.
    Done,
    /// It could not be made, and everything is as it was.
    Failed {
        /// Why, as the provisioner put it.
        why: String,
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
    /// Whoever asked for it withdrew it.
    Withdrawn,
    /// Nobody answered in time.
    Unanswered,
    /// It was torn down before anybody answered.
    Moot,
}

impl ChangeOrder {
    /// What it adds to the team's estimates, US dollars a month; taken while it waits.
    pub fn more(&self) -> Decimal {
        (monthly(self.estimate.as_ref()) - monthly(self.estimate_before.as_ref())).max(Decimal::ZERO)
    }

    /// What it takes off them once it is done.
    pub fn less(&self) -> Decimal {
        (monthly(self.estimate_before.as_ref()) - monthly(self.estimate.as_ref())).max(Decimal::ZERO)
    }

    /// Its differences in one line, for the trail.
    pub fn describe(&self) -> String {
        let word = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let line = |one: &Difference| format!("{} {} -> {}", one.what, word(&one.before), word(&one.after));
        self.differences.iter().map(line).collect::<Vec<_>>().join(", ")
    }
}

fn monthly(estimate: Option<&Estimate>) -> Decimal {
    estimate.map(|estimate| estimate.monthly).unwrap_or_default()
}

impl Request {
    /// The change that waits for approvers.
    pub fn waiting_change(&self) -> Option<&ChangeOrder> {
        let waits = |order: &&ChangeOrder| order.answer.is_none() && self.lease().is_some();
        self.change.as_deref().filter(waits)
    }

    /// The change that is being made.
    pub fn running_change(&self) -> Option<&ChangeOrder> {
        self.change.as_deref().filter(|_| matches!(self.status, Status::Updating { .. }))
    }

    /// What a change to these parameters and this product makes different; nothing where it changes nothing.
    pub fn differences(
        &self,
        product: &ProductSnapshot,
        parameters: &[(String, String)],
        bound: &[String],
    ) -> Vec<Difference> {
        let value = |of: &[(String, String)], key: &str| {
            let found = of.iter().find(|(own, _)| own == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let version = (product.template_hash != self.product.template_hash).then(|| Difference {
            what: VERSION.to_owned(),
            before: self.product.version.clone(),
            after: if product.version == self.product.version {
                format!("{} with another template", product.version)
            } else {
                product.version.clone()
            },
        });
        let gone = self.shown_parameters().map(|(key, _)| key);
        let gone = gone.filter(|key| parameters.iter().all(|(own, _)| own != key)).map(str::to_owned);
        let keys = parameters.iter().map(|(key, _)| key.clone()).chain(gone);
        let changed = keys.filter(|key| !bound.contains(key)).map(|key| Difference {
            before: value(&self.parameters, &key),
            after: value(parameters, &key),
            what: key,
        });
        version.into_iter().chain(changed.filter(|one| one.before != one.after)).collect()
    }
}
