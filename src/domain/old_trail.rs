//! Upgrade of an audit trail from a version without a head of the portal's chain: one entry, `trail upgraded`, holds
//! the digest of everything before it, so that none of that can be changed or removed unnoticed.

use sha2::{Digest as _, Sha256};

use super::audit::AuditEntry;

/// The event of that entry.
pub const UPGRADED: &str = "trail upgraded";

/// The digest of all entries up to a number, which are added in order.
#[derive(Clone, Debug, Default)]
pub struct TrailDigest {
    hash: Sha256,
}

impl TrailDigest {
    /// Adds the entry with this number.
    pub fn add(&mut self, number: u64, entry: &AuditEntry) {
        // The number is covered as well, so that entries cannot be reordered.
        self.hash.update(number.to_be_bytes());
        self.hash.update(entry.expected_digest());
        // The stored digest may differ from the expected one if the entry was tampered with; both are covered.
        self.hash.update((entry.digest.len() as u64).to_be_bytes());
        self.hash.update(&entry.digest);
    }

    /// Returns `sha256:` and lower-case hex.
    pub fn finish(self) -> String {
        format!("sha256:{}", hex::encode(self.hash.finalize()))
    }
}

/// The content of that entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldTrail {
    /// The number of the last entry that the digest covers.
    pub end: u64,
    /// The digest of all entries up to that number.
    pub digest: String,
}

impl OldTrail {
    /// Formats the detail of the entry.
    pub fn detail(&self) -> String {
        format!("the entries up to number {} have the digest {}", self.end, self.digest)
    }

    /// Parses the detail of the entry that seals an older trail.
    pub fn parse(detail: &str) -> Option<Self> {
        let rest = detail.strip_prefix("the entries up to number ")?;
        let (end, digest) = rest.split_once(" have the digest ")?;
        Some(Self { end: end.parse().ok()?, digest: digest.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_entry_says_reads_back() {
        let old = OldTrail { end: 25, digest: TrailDigest::default().finish() };
        assert_eq!(OldTrail::parse(&old.detail()), Some(old));
        assert_eq!(OldTrail::parse("moving house"), None);
    }
}
