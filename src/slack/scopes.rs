//! The scopes that the app asks for, with what each is for and which settings need it. The manifest, the documentation and
//! `doctor` all go by this list.

/// A right that the workspace grants to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Slack's name for it.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Which settings need it.
    pub needed_for: NeededFor,
}

/// Which settings need a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeededFor {
    /// All of them.
    Everything,
    /// Those that name somebody by e-mail address.
    Addresses,
    /// Those that name a user group.
    Groups,
    /// Those that name the field with a person's manager.
    Managers,
    /// None: it lets `doctor` look at channels, which says so where it cannot.
    Checks,
}

const fn scope(name: &'static str, needed_for: NeededFor, purpose: &'static str) -> Scope {
    Scope { name, purpose, needed_for }
}

/// All of them, in the order of their names. A message to a person needs no more than `chat:write`: Slack opens the
/// conversation (docs.slack.dev/reference/methods/chat.postMessage, 2026-11-29).
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

/// Lets the app post to public channels that it has not joined; nobody has to grant it.
pub const POST_ANYWHERE: &str = "chat:write.public";
