//! The audit trail: one entry per transition and per refusal for missing permission, chained by digests. Each request
//! has a chain, whose head is in its row; everything that belongs to no request is in the portal's chain, whose head
//! is in the store.
//!
//! The chains reveal tampering by anyone who changes only part of the store; they cannot stop anyone who rewrites all
//! of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ids::{ChannelId, PersonId, ProductKey, RequestId, TeamName};

/// Who or what caused an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// A person, by a click, a form or a command.
    Person(By),
    /// A date that passed.
    Clock,
    /// The state machine.
    Workflow,
    /// Service Catalog or its simulation.
    Provisioner,
    /// The person who runs the program, on its command line.
    Operator,
}

impl Actor {
    /// Returns the name used in the export: a Slack id, `clock`, `workflow`, `provisioner` or `operator`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Person(by) => by.person.as_str(),
            Self::Clock => "clock",
            Self::Workflow => "workflow",
            Self::Provisioner => "provisioner",
            Self::Operator => "operator",
        }
    }
}

/// A person and where in Slack they acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The person.
    pub person: PersonId,
    /// Where they acted.
    pub via: Via,
}

/// Where in Slack a person acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Via {
    /// A slash command.
    Command,
    /// A button of a message in this channel or direct conversation.
    Message(ChannelId),
    /// A form.
    Form,
    /// A button on the home tab.
    Home,
}

impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command => f.write_str("command"),
            Self::Message(channel) => write!(f, "button in {channel}"),
            Self::Form => f.write_str("form"),
            Self::Home => f.write_str("home tab"),
        }
    }
}

/// One entry of the trail. Its fields, in this order, are those of the export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When it was committed.
    pub at: Timestamp,
    /// The request it is about; [`RequestId::PORTAL`] in the portal's chain.
    pub request: RequestId,
    /// Its sequence number in that chain, from 1.
    pub seq: u64,
    /// What happened, such as `submitted`, `approved` or `refused`.
    pub event: String,
    /// Who or what caused it; see [`Actor::as_str`].
    pub actor: String,
    /// The request's team; `-` if there is none.
    pub team: String,
    /// The request's product; `-` if there is none.
    pub product: String,
    /// The status after it, spelled as in [`super::request::StatusName::as_str`]; `-` if no request was stored.
    pub status: String,
    /// Further details, and in brackets where a person acted. Never contains a `NoEcho` parameter or a token.
    pub detail: String,
    /// The digest of the previous entry in the chain; empty for the first.
    pub prev: String,
    /// SHA-256 over all the fields above, lower-case hex.
    pub digest: String,
}

impl AuditEntry {
    /// Computes the digest that these fields should have.
    pub fn expected_digest(&self) -> String {
        let mut hash = Sha256::new();
        let (at, request, seq) = (self.at.to_string(), self.request.to_string(), self.seq.to_string());
        let fields = [
            &at,
            &request,
            &seq,
            &self.event,
            &self.actor,
            &self.team,
            &self.product,
            &self.status,
            &self.detail,
            &self.prev,
        ];
        for field in fields {
            // The length prefix prevents characters from moving between neighboring fields unnoticed.
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// Events whose detail ends with the person on whose behalf they were done, if any.
const DONE_FOR: [&str; 8] = [
    "submitted",
    "approved",
    "approved with changes",
    "denied",
    "renewal approved",
    "renewal denied",
    "change approved",
    "change denied",
];

/// Returns the detail of an answer, including the person on whose behalf it was given. A reason that happens to end
/// like such a person gets a full stop, so that nobody can pretend to have answered for somebody.
pub fn answered(detail: &str, on_behalf_of: Option<&PersonId>) -> String {
    match on_behalf_of {
        Some(person) if detail.is_empty() => format!("for {person}"),
        Some(person) => format!("{detail}, for {person}"),
        None if done_for(&detail.split_whitespace().collect::<Vec<_>>().join(" ")).1.is_some() => {
            format!("{}.", detail.trim_end())
        }
        None => detail.to_owned(),
    }
}

impl AuditEntry {
    /// Splits the detail into the text, the person on whose behalf it was done, and where the actor was.
    pub fn parts(&self) -> (&str, Option<&str>, Option<&str>) {
        let detail = self.detail.trim();
        // The last bracket, because what somebody typed before it may contain others.
        let inside = detail.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        let (text, via) = match inside {
            // Only entries of people end with where they acted; elsewhere brackets belong to the text.
            Some((text, via)) if is_person(&self.actor) => (text.trim_end(), Some(via)),
            _ => (detail, None),
        };
        let (rest, person) =
            // In other entries the same words are part of what somebody typed.
            if DONE_FOR.contains(&self.event.as_str()) { done_for(text) } else { (text, None) };
        (rest, person, via)
    }
}

fn done_for(text: &str) -> (&str, Option<&str>) {
    // Only the last one is ours; an earlier one belongs to the approver's reason.
    let (rest, person) = text.rsplit_once(", for ").or(text.strip_prefix("for ").map(|id| ("", id))).unzip();
    match person.filter(|person| is_person(person)) {
        Some(person) => (rest.unwrap_or(""), Some(person)),
        None => (text, None),
    }
}

/// Whether a word of the trail is a person's Slack id.
pub fn is_person(word: &str) -> bool {
    word.starts_with(['U', 'W']) && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The end of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Number of entries so far.
    pub seq: u64,
    /// Digest of the last entry; empty if there is none.
    pub digest: String,
}

/// What an entry is about. It decides which chain the entry is in.
#[derive(Clone, Copy, Debug)]
pub enum AuditSubject<'a> {
    /// A request that is stored with the entry.
    Request {
        /// Its id.
        id: RequestId,
        /// Its team.
        team: &'a TeamName,
        /// Its product.
        product: &'a ProductKey,
        /// Its status after the entry.
        status: &'a str,
    },
    /// The portal itself, or something that never became a request, with the team and product it was for.
    Portal(Option<(&'a TeamName, &'a ProductKey)>),
}

/// Stands for a missing team, product or status.
const NONE: &str = "-";

impl AuditSubject<'_> {
    /// Returns the chain that its entries are in.
    pub fn chain(&self) -> RequestId {
        match self {
            Self::Request { id, .. } => *id,
            Self::Portal(_) => RequestId::PORTAL,
        }
    }

    /// Returns team, product and status as an entry spells them.
    pub(crate) fn words(&self) -> [String; 3] {
        match self {
            Self::Request { team, product, status, .. } => {
                [team.to_string(), product.to_string(), (*status).to_owned()]
            }
            Self::Portal(Some((team, product))) => [team.to_string(), product.to_string(), NONE.to_owned()],
            Self::Portal(None) => [NONE; 3].map(str::to_owned),
        }
    }
}

impl AuditHead {
    /// Returns the head of the chain that ends with this entry.
    pub fn at(last: &AuditEntry) -> Self {
        Self { seq: last.seq, digest: last.digest.clone() }
    }

    /// Creates the next entry of the chain and moves the head to it.
    pub fn append(
        &mut self,
        at: Timestamp,
        subject: AuditSubject<'_>,
        event: &str,
        actor: &Actor,
        detail: impl Into<String>,
    ) -> AuditEntry {
        let mut detail = detail.into();
        // Part of the detail, so that the digest covers where somebody acted.
        if let Actor::Person(by) = actor {
            let gap = if detail.is_empty() { "" } else { " " };
            detail = format!("{detail}{gap}[{}]", by.via);
        }
        let [team, product, status] = subject.words();
        let mut entry = AuditEntry {
            at,
            request: subject.chain(),
            seq: self.seq + 1,
            event: event.to_owned(),
            actor: actor.as_str().to_owned(),
            team,
            product,
            status,
            detail,
            prev: self.digest.clone(),
            digest: String::new(),
        };
        // Last, because the digest covers all other fields.
        entry.digest = entry.expected_digest();
        self.seq = entry.seq;
        self.digest.clone_from(&entry.digest);
        entry
    }
}

/// Checks that `entry` continues the chain that ends at `head`; `Err` describes the violation.
pub fn follows(head: &AuditHead, entry: &AuditEntry) -> Result<(), String> {
    // A gap means that an entry was removed.
    if entry.seq != head.seq + 1 {
        return Err(format!("entry {} is followed by entry {}", head.seq, entry.seq));
    }
    // The entry before was replaced by one with another digest.
    if entry.prev != head.digest {
        return Err(format!("entry {} does not follow from the one before it", entry.seq));
    }
    // Its own fields no longer match.
    if entry.digest != entry.expected_digest() {
        return Err(format!("entry {} was changed after it was written", entry.seq));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify_chain(entries: &[AuditEntry]) -> Result<(), String> {
        let mut head = AuditHead::default();
        for entry in entries {
            follows(&head, entry)?;
            head = AuditHead::at(entry);
        }
        Ok(())
    }

    fn chain() -> Vec<AuditEntry> {
        let team = TeamName::new("payments");
        let product = ProductKey::parse("s3-bucket").unwrap();
        let subject = AuditSubject::Request {
            id: RequestId::random(),
            team: &team,
            product: &product,
            status: "APPROVED",
        };
        let mut head = AuditHead::default();
        ["submitted", "approved", "provisioning"]
            .map(|event| head.append(Timestamp::UNIX_EPOCH, subject, event, &Actor::Clock, ""))
            .to_vec()
    }

    #[test]
    fn an_untouched_chain_holds() {
        assert_eq!(verify_chain(&chain()), Ok(()));
    }

    #[test]
    fn a_changed_removed_or_forged_entry_is_named() {
        let mut changed = chain();
        changed[1].detail = "by somebody else".into();
        assert_eq!(verify_chain(&changed).unwrap_err(), "entry 2 was changed after it was written");

        let mut removed = chain();
        removed.remove(1);
        assert_eq!(verify_chain(&removed).unwrap_err(), "entry 1 is followed by entry 3");

        let mut forged = chain();
        forged[1].detail = "rewritten".into();
        forged[1].digest = forged[1].expected_digest();
        assert_eq!(verify_chain(&forged).unwrap_err(), "entry 3 does not follow from the one before it");
    }
}
