//! What Slack documents of each method that is served here: its errors, scopes, required arguments and pace. The facts, with
//! their source and day, are in `methods.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::arguments::Arguments;
use crate::playground::answer::ApiError;

static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("methods.json")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
struct Table {
    errors_of_every_method: Vec<String>,
    methods: BTreeMap<String, Method>,
}

/// A method as its page describes it.
#[derive(Debug, Deserialize)]
pub struct Method {
    /// How often it may be called.
    pub(super) tier: Tier,
    /// One of these is needed; none where it takes none.
    pub(super) scopes: Vec<String>,
    required: Vec<String>,
    absent: Option<String>,
    errors: Vec<String>,
}

/// How often a method may be called, as Slack sorts them.
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
    /// About one a second in each channel.
    #[serde(rename = "channel")]
    Channel,
    /// Hundreds a minute.
    #[serde(rename = "special")]
    Special,
}

impl Method {
    /// The method with this name, if it is served.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLE.methods.get(name)
    }

    /// The names of all that are served.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.methods.keys().map(String::as_str)
    }

    /// Whether Slack documents this error for it.
    pub fn documents(&self, code: &str) -> bool {
        self.errors.iter().chain(&TABLE.errors_of_every_method).any(|known| known == code)
    }

    /// Fails unless every required argument is there.
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
