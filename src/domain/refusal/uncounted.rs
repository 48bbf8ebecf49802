//! Why some accounts count for nothing, and what whoever has one can do.

use thiserror::Error;

/// Why somebody counts for nothing, in teams and as an approver, by whatever group or address they are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Uncounted {
    /// A guest, in one channel or in several.
    #[error(
        "You are a guest here, and guests cannot ask for AWS resources or decide about them. Ask a full member of the team you work with to do it for you."
    )]
    Guest,
    /// Somebody of another company, in a channel that both share.
    #[error(
        "You belong to another company, and only people of this one can ask for AWS resources here or decide about them. Ask whoever you work with to do it for you."
    )]
    Stranger,
    /// An app or a workflow.
    #[error("Apps cannot ask for AWS resources or decide about them. A person has to do it.")]
    App,
    /// Somebody who has left.
    #[error(
        "Your Slack account was deactivated. Ask an admin of your workspace to activate it, then try again."
    )]
    Deactivated,
    /// An account that Slack does not show to us.
    #[error(
        "Slack does not show your account to this app, so nothing you do here counts. Ask your platform team to have it looked into."
    )]
    Unknown,
}
