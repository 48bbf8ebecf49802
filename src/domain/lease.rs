//! How long a provisioned product lives: the dates that follow from the product's terms.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::catalog::LeaseTerms;

/// The running lease of an active request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// When its owner is first warned.
    pub warn_at: Timestamp,
    /// When it is torn down; the only date people are shown.
    pub expires_at: Timestamp,
}

impl Lease {
    /// The first lease of something that becomes active now.
    pub fn begin(terms: &LeaseTerms, now: Timestamp) -> Self {
        let warn_at = terms.ttl.after(now);
        Self { warn_at, expires_at: terms.grace.after(warn_at) }
    }
}
