//! The audit trail: one entry per transition and per refusal for lack of right, chained by digests. Each request has a
//! chain, whose end its row knows; everything that belongs to no request is in the portal's chain, whose end the store
//! knows.
//!
//! The chains show tampering by anyone who changes only a part of the store; they cannot stop whoever rewrites all of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ids::{ChannelId, PersonId, ProductKey, RequestId, TeamName};

/// Who or what caused an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// A person, by a click, a form or a command.
    Person(By),
    /// A due date that passed.
    Clock,
    /// The state machine.
    Workflow,
    /// Service Catalog or its simulation.
    Provisioner,
    /// Whoever runs the program, on its command line.
    Operator,
}

impl Actor {
    /// How the export names it: a Slack id, `clock`, `workflow`, `provisioner` or `operator`.
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

/// Who did something, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Who.
    pub person: PersonId,
    /// From where.
    pub via: Via,
}

/// Where a person was when they did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Via {
    /// They typed a command.
    Command,
    /// They pressed a button of a message in this channel or direct conversation.
    Message(ChannelId),
    /// They submitted a form.
    Form,
    /// They pressed a button on the home tab.
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

/// One line of the trail; its fields, in this order, are the export's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When it was committed.
    pub at: Timestamp,
    /// The request it is about; [`RequestId::PORTAL`] in the portal's chain.
    pub request: RequestId,
    /// Its place in that chain, from 1.
    pub seq: u64,
    /// What happened, such as `submitted`, `approved` or `refused`.
    pub event: String,
    /// Who or what did it: see [`Actor::word`].
    pub actor: String,
    /// The request's team.
    pub team: String,
    /// The request's product.
    pub product: String,
    /// The status after it, as [`super::request::StatusName::word`] spells it; `-` when no request was stored.
    pub status: String,
    /// What a reader needs beyond that, and in brackets from where a person did it; holds no parameter of a secret
    /// kind and no token.
    pub detail: String,
    /// The digest of the entry before it in its request; empty for the first.
    pub prev: String,
    /// SHA-256 over all the fields above, lower-case hex.
    pub digest: String,
}

impl AuditEntry {
    /// The digest these fields should carry.
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
            // The length in front keeps two neighboring fields from trading characters unnoticed.
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// Events whose detail ends with the person they were done for, where that is somebody else.
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

/// What the trail says of an answer: whatever is to be said, and for whom it was given. A reason that reads as if it ended
/// with such a person gets a full stop, so that nobody can write that they answered for somebody.
pub fn answered(detail: &str, instead_of: Option<&PersonId>) -> String {
    match instead_of {
        Some(person) if detail.is_empty() => format!("for {person}"),
        Some(person) => format!("{detail}, for {person}"),
        None if done_for(&detail.split_whitespace().collect::<Vec<_>>().join(" ")).1.is_some() => {
            format!("{}.", detail.trim_end())
        }
        None => detail.to_owned(),
    }
}

impl AuditEntry {
    /// Its detail without from where a person did it, for whom they did it, and from where.
    pub fn parts(&self) -> (&str, Option<&str>, Option<&str>) {
        let detail = self.detail.trim();
        let inside = detail.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        let (text, via) = match inside {
            Some((text, via)) if is_person(&self.actor) => (text.trim_end(), Some(via)),
            _ => (detail, None),
        };
        let (rest, person) =
            if DONE_FOR.contains(&self.event.as_str()) { done_for(text) } else { (text, None) };
        (rest, person, via)
    }
}

fn done_for(text: &str) -> (&str, Option<&str>) {
    let (rest, person) = text.rsplit_once(", for ").or(text.strip_prefix("for ").map(|id| ("", id))).unzip();
    match person.filter(|person| is_person(person)) {
        Some(person) => (rest.unwrap_or(""), Some(person)),
        None => (text, None),
    }
}

/// Whether a word of the trail is the id of a person.
pub fn is_person(word: &str) -> bool {
    word.starts_with(['U', 'W']) && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The end of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Entries so far.
    pub seq: u64,
    /// Digest of the last one; empty when there is none.
    pub digest: String,
}

/// What an entry is about, apart from what happened. It decides which chain the entry is in.
#[derive(Clone, Copy, Debug)]
pub enum AuditSubject<'a> {
    /// A request that is stored with the entry.
    Request {
        /// Which.
        id: RequestId,
        /// Its team.
        team: &'a TeamName,
        /// Its product.
        product: &'a ProductKey,
        /// The status after the entry.
        status: &'a str,
    },
    /// The portal itself, or something that never became a request: then for which team and product.
    Portal(Option<(&'a TeamName, &'a ProductKey)>),
}

/// Stands where an entry has no team, product or status.
const NONE: &str = "-";

impl AuditSubject<'_> {
    /// The chain that its entries are in.
    pub fn chain(&self) -> RequestId {
        match self {
            Self::Request { id, .. } => *id,
            Self::Portal(_) => RequestId::PORTAL,
        }
    }

    /// Team, product and status as an entry spells them.
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
    /// The head of a chain that ends with this entry.
    pub fn at(last: &AuditEntry) -> Self {
        Self { seq: last.seq, digest: last.digest.clone() }
    }

    /// Makes the next entry of the chain and moves the head to it.
    pub fn append(
        &mut self,
        at: Timestamp,
        subject: AuditSubject<'_>,
        event: &str,
        actor: &Actor,
        detail: impl Into<String>,
    ) -> AuditEntry {
        let mut detail = detail.into();
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
        entry.digest = entry.expected_digest();
        self.seq = entry.seq;
        self.digest.clone_from(&entry.digest);
        entry
    }
}

/// Whether `entry` continues the chain that ends at `head`; `Err` says how it does not.
pub fn follows(head: &AuditHead, entry: &AuditEntry) -> Result<(), String> {
    if entry.seq != head.seq + 1 {
        return Err(format!("entry {} is followed by entry {}", head.seq, entry.seq));
    }
    if entry.prev != head.digest {
        return Err(format!("entry {} does not follow from the one before it", entry.seq));
    }
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
