//! A change of an existing product: other parameters, a newer version, or both.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ProductSnapshot;
use crate::domain::cost::{Estimate, increase};

/// What a person wants an existing product to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeOrder {
    /// The idempotency key: the same form submitted twice has the same key.
    pub idempotency_key: String,
    /// The product's present rules, which apply once the change is done.
    pub product: ProductSnapshot,
    /// All parameters after the change, in the template's order, including bound ones.
    pub parameters: Vec<(String, String)>,
    /// Keys of `parameters` that are not shown to people.
    pub bound: Vec<String>,
    /// Labels shown instead of values, by parameter key.
    pub labels: BTreeMap<String, String>,
    /// What differs from before, for people to read.
    pub differences: Vec<Difference>,
    /// The reason for the change; may be empty.
    pub reason: String,
    /// The estimate before the change.
    pub estimate_before: Option<Estimate>,
    /// The estimate after the change.
    pub estimate: Option<Estimate>,
    /// Whether it exceeds its team's budget.
    pub exceeds_budget: bool,
    /// What became of it once it was approved; `None` before that, and while it is being carried out.
    pub outcome: Option<ChangeOutcome>,
}

/// One difference that a change makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The parameter's key, or [`VERSION`].
    #[serde(rename = "what")]
    pub name: String,
    /// The value before; empty if there was none.
    pub before: String,
    /// The value after; empty if there is none any more.
    pub after: String,
}

/// Stands for the product's version in place of a parameter's key.
pub const VERSION: &str = "Version";

/// What became of an approved change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// The update succeeded.
    Done,
    /// The update failed, and the product is unchanged.
    Failed {
        /// The provisioner's explanation.
        why: String,
    },
}

impl ChangeOrder {
    /// Returns what it adds to the team's estimates, US dollars a month. Reserved while the change waits.
    pub fn more(&self) -> Decimal {
        increase(self.estimate_before.as_ref(), self.estimate.as_ref())
    }

    /// Returns what it frees of the team's estimates once it is done, US dollars a month.
    pub fn less(&self) -> Decimal {
        increase(self.estimate.as_ref(), self.estimate_before.as_ref())
    }

    /// Returns the change with these values instead of the requested ones. What then is as before is no difference any more.
    pub(in crate::domain) fn reduced(&self, values: &[(&str, &str)]) -> Self {
        let mut order = self.clone();
        for (key, value) in values {
            for (_, old) in order.parameters.iter_mut().filter(|(own, _)| own == key) {
                (*value).clone_into(old);
            }
            for difference in order.differences.iter_mut().filter(|difference| difference.name == *key) {
                (*value).clone_into(&mut difference.after);
            }
        }
        order.differences.retain(|difference| difference.before != difference.after);
        order
    }

    /// Describes the differences in one line, for the audit trail.
    pub fn describe(&self) -> String {
        let word = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let line = |difference: &Difference| {
            format!("{} {} -> {}", difference.name, word(&difference.before), word(&difference.after))
        };
        self.differences.iter().map(line).collect::<Vec<_>>().join(", ")
    }
}
