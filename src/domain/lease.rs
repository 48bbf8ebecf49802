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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{product, submitted_at};
    use crate::domain::period::Period;

    #[test]
    fn a_lease_runs_its_time_and_then_its_grace() {
        let lease = Lease::begin(&product(1).lease, submitted_at());
        assert_eq!(lease.warn_at.to_string(), "2026-04-01T09:00:00Z");
        assert_eq!(lease.expires_at.to_string(), "2026-04-08T09:00:00Z");
    }

    #[test]
    fn a_lease_without_grace_ends_with_its_warning_and_none_overflows() {
        let mut terms = product(1).lease;
        terms.grace = Period::ZERO;
        let lease = Lease::begin(&terms, submitted_at());
        assert_eq!(lease.warn_at, lease.expires_at);
        assert_eq!(Lease::begin(&terms, Timestamp::MAX).expires_at, Timestamp::MAX);
    }
}
