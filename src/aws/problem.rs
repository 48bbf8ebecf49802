//! Problems with the setup of an AWS account that keep the bot from working.

use std::error::Error;
use std::fmt;

use anyhow::Chain;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::ports::access_denied::Denied;

/// Something that is missing, different or forbidden, and its remedy. Contains no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupProblem {
    /// What is wrong, worded to begin a line.
    pub description: String,
    /// How to fix it.
    pub remedy: String,
}

impl SetupProblem {
    /// Creates a problem from a description and a remedy, both worded for the middle of a sentence.
    pub fn new(description: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { description: description.into(), remedy: remedy.into() }
    }

    /// Creates the problem for a failed call that was to inspect `thing` and needs the right `action`, such
    /// as `dynamodb:DescribeTable`.
    pub(super) fn of_call<E, R>(thing: &str, action: &str, error: &SdkError<E, R>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
        R: fmt::Debug + 'static,
    {
        let why: Vec<String> = Chain::new(error).map(ToString::to_string).collect();
        let description = format!("cannot look at {thing}: {}", why.join(": "));
        let remedy = if is_denial(error) {
            allow(action)
        } else {
            "check region, credentials and the way to AWS, then start again".to_owned()
        };
        Self { description, remedy }
    }

    /// Creates a problem if a call made only to test the right `action` was denied. Any other answer,
    /// including any other error, proves the right is there.
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

/// Services report missing rights with this code or a longer one, such as `KmsAccessDeniedException`.
fn is_denial(error: &impl ProvideErrorMetadata) -> bool {
    error.code().is_some_and(|code| code.contains("AccessDenied"))
}

/// Attaches to the result of a call the right that the call needs.
pub(super) trait Needs<T> {
    /// Adds a [`Denied`] to the error chain of a denial, so that callers can tell it from transient errors.
    fn needs(self, right: &str) -> anyhow::Result<T>;
}

impl<T, E, R> Needs<T> for Result<T, SdkError<E, R>>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    fn needs(self, right: &str) -> anyhow::Result<T> {
        self.map_err(|error| denied_or(error, right))
    }
}

/// Like [`Needs::needs`], for a result that is known to be an error.
pub(super) fn denied_or<E, R>(error: SdkError<E, R>, right: &str) -> anyhow::Error
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    let denied = is_denial(&error).then(|| denied(right, error.message().unwrap_or_default()));
    let error = anyhow::Error::new(error);
    match denied {
        Some(denied) => error.context(denied),
        None => error,
    }
}

/// Extracts the denied right and the role from AWS's message, as far as it names them:
/// `User: arn:aws:sts::123456789012:assumed-role/bot/session is not authorized to perform:
/// states:StartExecution on resource: …`.
/// The named right takes precedence over `right`, because a call may need a second right besides its own.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>, of 2026-11-29.
fn denied(right: &str, message: &str) -> Denied {
    let between = |begin, end| Some(message.split_once(begin)?.1.split_once(end)?.0.trim());
    // The right is shown to people in Slack, so accept only what looks like one.
    let is_right = |word: &&str| {
        word.contains(':') && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-*".contains(&byte))
    };
    let named = message
        .split_once("is not authorized to perform: ")
        .and_then(|(_, rest)| rest.split_whitespace().next());
    let role = between("User: ", " is not authorized").map(|user| {
        let mut parts = user.rsplit(':').next().unwrap_or(user).split('/');
        // The last part is the session name, which differs at every start.
        match (parts.next(), parts.next()) {
            (Some("assumed-role"), Some(role)) => role.to_owned(),
            _ => user.to_owned(),
        }
    });
    Denied { right: named.filter(is_right).unwrap_or(right).to_owned(), role }
}

fn allow(action: &str) -> String {
    format!("allow `{action}` to the role of the bot, as `infra/portal.yml` does")
}

/// Formats as `what: remedy`.
impl fmt::Display for SetupProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.description, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_right_and_the_role_as_far_as_it_says_so() {
        let message = "User: arn:aws:sts::123456789012:assumed-role/quartermaster-bot/i-0abc is not authorized to perform: \
                       servicecatalog:ProvisionProduct on resource: arn:aws:catalog:us-east-1:1:product/prod-1";
        let denied_by = |message| {
            let Denied { right, role } = denied("servicecatalog:DescribeRecord", message);
            format!("{right} of {}", role.unwrap_or_default())
        };
        assert_eq!(denied_by(message), "servicecatalog:ProvisionProduct of quartermaster-bot");
        assert_eq!(
            denied_by("User: arn:aws:iam::1:user/pat is not authorized to perform: <@U0PAT> on it"),
            "servicecatalog:DescribeRecord of arn:aws:iam::1:user/pat"
        );
        assert_eq!(denied_by("Access denied"), "servicecatalog:DescribeRecord of ");
    }
}
