//! Identifiers of requests, products, people, teams, executions, records and task tokens. Each is a type of its own,
//! so that one cannot be passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps text that was validated where it came in.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the bare text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A person's Slack user id, `U…` or, on Enterprise Grid, `W…`.
    PersonId
}
text_id! {
    /// A team's name in the settings; also the value of a product's `TeamName` parameter.
    TeamName
}
text_id! {
    /// A Slack channel, `C…`, or a direct conversation, `D…`.
    ChannelId
}
text_id! {
    /// A Slack user group, `S…`.
    GroupId
}
text_id! {
    /// The name of one run of the state machine: `<request id>-<attempt>`, at most 80 characters.
    ExecutionName
}
text_id! {
    /// The provisioner's id of one operation (provision or terminate), which Service Catalog calls a record.
    RecordId
}
text_id! {
    /// The id of a provisioned product: `pp-…` in Service Catalog.
    ProvisionedProductId
}

/// A request's id: a UUID v4, shown in full in `status` and by its first 8 characters elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(Uuid);

impl RequestId {
    /// Stands for the portal itself in the audit trail. All zeros, so no request has it.
    pub const PORTAL: Self = Self(Uuid::nil());

    /// Generates a random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Parses the hyphenated form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        // `Uuid` also parses other forms, but one id must have one spelling.
        (text.len() == 36).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
    }

    /// Whether an id may start with this text: lower-case hexadecimal digits and hyphens.
    pub fn may_begin_with(text: &str) -> bool {
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
    }

    /// Returns the first 8 characters, for people to read.
    pub fn short(&self) -> String {
        // The first group of a UUID: enough to be unique in practice, and long enough for commands to accept.
        self.to_string().chars().take(8).collect()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A product's key: the name of its folder in `catalog/`, `[a-z0-9-]{1,40}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductKey(String);

/// First words of `/provision …` that cannot be product keys.
pub const RESERVED_WORDS: [&str; 15] = [
    "again", "audit", "cancel", "change", "costs", "help", "jobs", "list", "pause", "renew", "resume",
    "stats", "status", "teardown", "transfer",
];

impl ProductKey {
    /// Stands for "no product" in the audit trail: `-`.
    pub fn none() -> Self {
        Self("-".to_owned())
    }

    /// Parses a key, checking only its form; whether the product exists is up to the catalog.
    pub fn parse(text: &str) -> Option<Self> {
        // `-` stands for "no product" in the audit trail.
        let shaped = (1..=40).contains(&text.len())
            && text != "-"
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (shaped && !RESERVED_WORDS.contains(&text)).then(|| Self(text.to_owned()))
    }

    /// Returns the bare text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProductKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The handle that resumes a waiting execution.
///
/// Anyone who has it can approve a request without the portal, so it stays in the store: `Debug` prints only its
/// length, and there is no `Display`. AWS allows up to 2,048 characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskToken(String);

impl TaskToken {
    /// Wraps the text that the workflow sent.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the token itself, to be sent to the workflow and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskToken({} characters)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_keys_are_short_lower_case_and_never_a_command_word() {
        assert!(ProductKey::parse("s3-bucket").is_some());
        for bad in ["", "S3", "a/b", "..", "status", "a b", &"x".repeat(41)] {
            assert!(ProductKey::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_task_token_never_shows_itself() {
        assert_eq!(format!("{:?}", TaskToken::new("AQC8secret")), "TaskToken(10 characters)");
    }

    #[test]
    fn a_request_id_reads_back_only_from_its_whole_hyphenated_form() {
        let id = RequestId::random();
        assert_eq!(RequestId::parse(&id.to_string()), Some(id));
        assert_eq!(id.short().len(), 8);
        assert_eq!(RequestId::parse("not an id"), None);
        assert_eq!(RequestId::parse(&id.to_string().replace('-', "")), None);
    }
}
