//! What keeps the program from working with an account as it is set up.

use std::error::Error;
use std::fmt;

use anyhow::Chain;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Something that is missing, different or forbidden, and what to do about it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as the beginning of a line.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    /// What is wrong, and what to do, both as the middle of a sentence.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }

    /// What is wrong when a call that needs the right `action`, such as `dynamodb:DescribeTable`, could not look at
    /// `thing`.
    pub(super) fn of_call<E, R>(thing: &str, action: &str, error: &SdkError<E, R>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
        R: fmt::Debug + 'static,
    {
        let why: Vec<String> = Chain::new(error).map(ToString::to_string).collect();
        let what = format!("cannot look at {thing}: {}", why.join(": "));
        let remedy = if is_denial(error) {
            allow(action)
        } else {
            "check region, credentials and the way to AWS, then start again".to_owned()
        };
        Self { what, remedy }
    }

    /// What is wrong when a call that was made to try the right `action` was denied; any other answer is as good as a
    /// success.
    pub(super) fn of_right<T, E, R>(action: &str, answer: &Result<T, SdkError<E, R>>) -> Option<Self>
    where
        E: Error + ProvideErrorMetadata + 'static,
        R: fmt::Debug + 'static,
    {
        let error = answer.as_ref().err().filter(|error| is_denial(*error))?;
        let why = error.message().unwrap_or("access is denied").to_owned();
        Some(Self::new(format!("`{action}` is not allowed: {why}"), allow(action)))
    }
}

/// A service says that rights are missing with this code or with a longer one.
fn is_denial(error: &impl ProvideErrorMetadata) -> bool {
    error.code().is_some_and(|code| code.starts_with("AccessDenied"))
}

fn allow(action: &str) -> String {
    format!("allow `{action}` to the role of the bot, as `infra/portal.yml` does")
}

/// `what: remedy`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.remedy)
    }
}
