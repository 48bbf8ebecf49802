//! The OAuth scopes of the app, with the purpose of each and the settings that need it. The manifest, the documentation
//! and `doctor` all use this list.

/// A permission that the workspace grants to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Slack's name for it.
    pub name: &'static str,
    /// What the app uses it for.
    pub purpose: &'static str,
    /// Which settings need it.
    pub needed_for: NeededFor,
}

/// Which settings need a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeededFor {
    /// Needed whatever the settings are.
    Everything,
    /// Needed if the settings name a user by e-mail address.
    Addresses,
    /// Needed if the settings name a user group.
    Groups,
    /// Needed if the settings name the profile field for managers.
    Managers,
    /// Needed only by `doctor` to check channels; it reports if it is missing.
    Checks,
}

const fn scope(name: &'static str, needed_for: NeededFor, purpose: &'static str) -> Scope {
    Scope { name, purpose, needed_for }
}

/// All scopes, in alphabetical order. Direct messages need no more than `chat:write`, as Slack opens the conversation
/// (docs.slack.dev/reference/methods/chat.postMessage, 2026-11-29).
pub const SCOPES: [Scope; 8] = [
    scope("channels:read", NeededFor::Checks, "whether the channels of the settings can be written to"),
    scope("chat:write", NeededFor::Everything, "cards, progress, messages to people and private answers"),
    scope("commands", NeededFor::Everything, "the slash command and the shortcut"),
    scope("groups:read", NeededFor::Checks, "the same of private channels"),
    scope("usergroups:read", NeededFor::Groups, "teams and approvers that are user groups"),
    scope(
        "users.profile:read",
        NeededFor::Managers,
        "who a person's manager is, where the settings name the field",
    ),
    scope("users:read", NeededFor::Everything, "whether a person is an active full member"),
    scope("users:read.email", NeededFor::Addresses, "teams and approvers named by e-mail address"),
];

/// Lets the app post to public channels that it has not joined. Optional.
pub const POST_ANYWHERE: &str = "chat:write.public";
