//! What an approver reduces: a lease, or a value where the product allows that.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::AboutKind;
use crate::domain::ids::PersonId;
use crate::domain::period::Period;

/// The changes an approver asks for. Values equal to the request's change nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedReduction {
    /// The lease until the first warning, or the length of an extension.
    pub lease: Option<Period>,
    /// Values by parameter.
    pub parameters: BTreeMap<String, String>,
}

impl fmt::Display for RequestedReduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lease = self.lease.map(|lease| format!("lease {lease}"));
        let parameters = self.parameters.iter().map(|(name, value)| format!("{name} {value}"));
        f.write_str(&lease.into_iter().chain(parameters).collect::<Vec<_>>().join(", "))
    }
}

/// One value that an approver reduced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduction {
    /// The parameter; `None` for the lease, or the length of an extension.
    pub parameter: Option<String>,
    /// The value before.
    pub from: String,
    /// The value after.
    pub to: String,
    /// The approver.
    pub by: PersonId,
}

impl Reduction {
    /// Describes what was reduced, from what to what.
    pub fn difference(&self, kind: AboutKind) -> String {
        let period = if kind == AboutKind::Renew { "Renewal" } else { "Lease" };
        format!("{}: {} → {}", self.parameter.as_deref().unwrap_or(period), self.from, self.to)
    }
}

/// Why a request cannot be approved with these changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Irreducible {
    /// The value is not smaller.
    NotLess {
        /// The parameter, or the lease.
        name: String,
        /// The current value.
        from: String,
        /// The value asked for.
        to: String,
    },
    /// The product does not let approvers change this parameter.
    NotOffered {
        /// The parameter.
        name: String,
    },
    /// The template does not allow the value.
    NotAllowed {
        /// The template's message.
        message: String,
    },
    /// The cost would be higher or unknown.
    CostsMore {
        /// The current cost.
        now: String,
    },
    /// Other fields of the form would become visible or hidden.
    AsksOtherwise,
    /// Nothing would be left of a change.
    NothingLeft,
    /// The template has changed since, so the request could not be provisioned.
    ProductChanged,
}
