//! The scopes that the app asks for, with what each is for. The manifest, the documentation and `doctor` all go by
//! this list.

/// A right that the workspace grants to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Slack's name for it.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether only `doctor` has a use for it.
    pub is_for_checks: bool,
}

const fn scope(name: &'static str, purpose: &'static str) -> Scope {
    Scope { name, purpose, is_for_checks: false }
}

const fn for_checks(name: &'static str, purpose: &'static str) -> Scope {
    Scope { name, purpose, is_for_checks: true }
}

/// All of them, in the order of their names.
pub const SCOPES: [Scope; 9] = [
    for_checks("channels:read", "whether the channels of the settings can be written to"),
    scope("chat:write", "cards, progress and private answers"),
    scope("commands", "the slash command and the shortcut"),
    for_checks("groups:read", "the same of private channels"),
    scope("im:write", "messages to the person who asked"),
    scope("usergroups:read", "teams and approvers that are user groups"),
    scope("users.profile:read", "who a person's manager is, where the settings name the field"),
    scope("users:read", "whether a person is an active full member"),
    scope("users:read.email", "teams and approvers named by e-mail address"),
];

/// Lets the app post to public channels that it has not joined; nobody has to grant it.
pub const POST_ANYWHERE: &str = "chat:write.public";
