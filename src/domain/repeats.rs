//! Repeated refusals. A person's first refusal is recorded in the audit trail at once; repetitions within an hour are
//! only counted, and the count becomes one entry. This keeps users from flooding the trail by trying again and again.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::audit::{AuditSubject, By};
use super::ids::{ProductKey, RequestId, TeamName};

/// How long repetitions are counted before they become an entry.
const COUNTED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// An event and its detail, for the audit trail.
pub type AuditLine = (&'static str, String);

/// An action that was refused to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedAction {
    /// The audit chain it belongs to: a request's, or [`RequestId::PORTAL`].
    pub chain: RequestId,
    /// The team and product it was about, if no request is stored.
    pub meant: Option<(TeamName, ProductKey)>,
    /// The person, and where they acted the first time.
    pub by: By,
    /// The action.
    pub tried: String,
    /// Why it was refused the first time.
    pub why: String,
}

impl RefusedAction {
    /// Returns a key of fixed length that is the same for the same person, action and subject, and for no others.
    pub fn key(&self) -> String {
        let (team, product) =
            self.meant.as_ref().map_or(("", ""), |(team, product)| (team.as_str(), product.as_str()));
        let chain = self.chain.to_string();
        let mut hash = Sha256::new();
        // Without `via` and `why`: another place or reason is still the same attempt.
        for field in [&*chain, team, product, self.by.person.as_str(), &self.tried] {
            // The length prefix keeps neighboring fields apart.
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex::encode(hash.finalize())
    }

    /// Returns the subject of its entry in the portal's chain.
    pub fn portal_subject(&self) -> AuditSubject<'_> {
        AuditSubject::Portal(self.meant.as_ref().map(|(team, product)| (team, product)))
    }

    /// Returns the entry for the first refusal.
    pub fn first(&self) -> AuditLine {
        ("refused", format!("{}: {}", self.tried, self.why))
    }

    /// Starts counting repetitions of the first refusal.
    pub fn counted_from(self, now: Timestamp) -> RepeatedRefusal {
        let until = now.saturating_add(COUNTED_FOR).unwrap_or(Timestamp::MAX);
        RepeatedRefusal { action: self, until, again: 0 }
    }
}

/// How often the same action was refused again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedRefusal {
    /// The action.
    pub action: RefusedAction,
    /// Until when repetitions are counted.
    pub until: Timestamp,
    /// Number of repetitions.
    pub again: u64,
}

impl RepeatedRefusal {
    /// Returns the entry for the repetitions, if there were any.
    pub fn line(&self) -> Option<AuditLine> {
        let RefusedAction { tried, why, .. } = &self.action;
        let count = match self.again {
            0 => return None,
            1 => "once".to_owned(),
            many => format!("{many} times"),
        };
        Some(("refused again", format!("{tried}: {why}; {count} more until {:.0}", self.until)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Via;
    use crate::domain::fixtures::person;

    fn action(chain: RequestId, name: &str, tried: &str) -> RefusedAction {
        RefusedAction {
            chain,
            meant: None,
            by: By { person: person(name), via: Via::Command },
            tried: tried.to_owned(),
            why: "not an approver".to_owned(),
        }
    }

    #[test]
    fn only_the_same_person_action_and_subject_are_counted_together() {
        let request = RequestId::random();
        let first = action(request, "mallory", "approve");
        let later = RefusedAction {
            by: By { via: Via::Home, ..first.by.clone() },
            why: "their own request".to_owned(),
            ..first.clone()
        };
        assert_eq!(first.key(), later.key());
        let team = (TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap());
        let others = [
            action(RequestId::PORTAL, "mallory", "approve"),
            action(request, "trent", "approve"),
            action(request, "mallory", "deny"),
            RefusedAction { meant: Some(team), ..first.clone() },
        ];
        assert!(others.iter().all(|other| other.key() != first.key()));
    }

    #[test]
    fn what_came_again_is_told_as_a_number() {
        let counted = action(RequestId::PORTAL, "mallory", "approve").counted_from(Timestamp::UNIX_EPOCH);
        assert_eq!(counted.line(), None);
        let said = |again| RepeatedRefusal { again, ..counted.clone() }.line().unwrap().1;
        assert_eq!(said(1), "approve: not an approver; once more until 1970-01-01T01:00:00Z");
        assert_eq!(said(3_599), "approve: not an approver; 3599 times more until 1970-01-01T01:00:00Z");
    }
}
