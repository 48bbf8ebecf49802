//! What Slack documents of each method: errors, scopes, required arguments and rate limit. The facts, with
//! source and date, are in `methods.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::arguments::Arguments;
use crate::answer::ApiError;

static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("methods.json")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
struct Table {
    errors_of_every_method: Vec<String>,
    methods: BTreeMap<String, Method>,
}

/// A method as Slack documents it.
#[derive(Debug, Deserialize)]
pub struct Method {
    /// The rate limit tier.
    pub(super) tier: Tier,
    /// One of these scopes is needed; empty if none is.
    pub(super) scopes: Vec<String>,
    required: Vec<String>,
    absent: Option<String>,
    errors: Vec<String>,
}

/// The rate limit tiers of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Tier {
    #[serde(rename = "1")]
    One,
    #[serde(rename = "2")]
    Two,
    #[serde(rename = "3")]
    Three,
    #[serde(rename = "4")]
    Four,
    /// About one call per second in each channel.
    #[serde(rename = "channel")]
    Channel,
    /// Hundreds of calls per minute.
    #[serde(rename = "special")]
    Special,
}

impl Method {
    /// Returns the method with this name, if it exists here.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLE.methods.get(name)
    }

    /// Returns the names of all methods.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.methods.keys().map(String::as_str)
    }

    /// Whether Slack documents this error for the method.
    pub fn documents(&self, code: &str) -> bool {
        self.errors.iter().chain(&TABLE.errors_of_every_method).any(|listed| listed == code)
    }

    /// Fails unless all required arguments are present.
    pub(super) fn check_required(&'static self, arguments: &Arguments) -> Result<(), ApiError> {
        let absent = self.required.iter().find(|name| !arguments.has(name));
        absent.map_or(Ok(()), |name| match &self.absent {
            Some(code) => Err(code.as_str().into()),
            None => Err(ApiError::missing(name)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_knows_what_slack_documents() {
        assert_eq!(Method::names().count(), 22);
        let documents = |method, code| Method::named(method).unwrap().documents(code);
        assert!(
            documents("chat.postMessage", "is_archived") && !documents("chat.postMessage", "is_inactive")
        );
        assert!(documents("chat.update", "is_inactive") && !documents("chat.update", "is_archived"));
        for code in ["thread_not_found", "user_disabled", "cannot_dm_bot"] {
            assert!(!documents("chat.postMessage", code), "{code}");
        }
        for method in Method::names() {
            assert!(documents(method, "invalid_arguments") && documents(method, "ratelimited"), "{method}");
        }
        assert!(Method::named("chat.dance").is_none());
    }
}
