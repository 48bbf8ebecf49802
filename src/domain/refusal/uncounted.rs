//! Why an account counts neither as a team member nor as an approver.

/// Why an account does not count, in teams and as an approver, whichever group or address names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncounted {
    /// A single-channel or multi-channel guest.
    Guest,
    /// A member of another company in a shared channel.
    Stranger,
    /// An app or a workflow.
    App,
    /// A deactivated account.
    Deactivated,
    /// An account that Slack does not show to the app.
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
