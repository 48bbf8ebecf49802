//! Why an account counts neither as a team member nor as an approver: the text for its user and the text for
//! others.

use thiserror::Error;

/// Why an account does not count, in teams and as an approver, whichever group or address names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Uncounted {
    /// A single-channel or multi-channel guest.
    #[error(
        "You are a guest here, and guests cannot ask for AWS resources or decide about them. Ask a full member of the team you work with to do it for you."
    )]
    Guest,
    /// A member of another company in a shared channel.
    #[error(
        "You belong to another company, and only people of this one can ask for AWS resources here or decide about them. Ask whoever you work with to do it for you."
    )]
    Stranger,
    /// An app or a workflow.
    #[error("Apps cannot ask for AWS resources or decide about them. A person has to do it.")]
    App,
    /// A deactivated account.
    #[error(
        "Your Slack account was deactivated. Ask an admin of your workspace to activate it, then try again."
    )]
    Deactivated,
    /// An account that Slack does not show to the app.
    #[error(
        "Slack does not show your account to this app, so nothing you do here counts. Ask your platform team to have it looked into."
    )]
    Unknown,
}

impl Uncounted {
    /// Returns the end of a sentence whose subject is the account.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "is a guest",
            Self::Stranger => "belongs to another company",
            Self::App => "is an app",
            Self::Deactivated => "was deactivated",
            Self::Unknown => "is not known in this workspace (`user_not_found`)",
        }
    }
}
