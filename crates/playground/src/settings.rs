//! The settings of a playground: addresses, secrets, and the people and channels that it starts with. The
//! state that changes while it runs is in `workspace`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Returns the current time; tests can substitute their own clock.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Moves the clock behind [`Now`], and with it the bot's, ahead by this duration.
pub type Advance = Arc<dyn Fn(SignedDuration) + Send + Sync>;

/// The settings of a [`Playground`](super::Playground). `Debug` shows no secrets.
#[derive(Clone)]
pub struct Settings {
    /// The bot's origin, such as `http://127.0.0.1:3000`, without a trailing slash.
    pub bot_url: String,
    /// The playground's own origin, with which every `response_url` starts.
    pub public_url: String,
    /// The key that signs requests to the bot.
    pub signing_secret: String,
    /// The only bearer token that the Web API accepts, except for opening connections.
    pub bot_token: String,
    /// The app-level token, which opens connections. If set, Socket Mode is on and nothing is delivered over
    /// HTTP.
    pub app_token: Option<String>,
    /// The paths below `bot_url` that requests are delivered to.
    pub paths: Paths,
    /// The app's slash command, including the slash.
    pub command: String,
    /// Whether people, channels and links in the command's text are sent as references.
    pub should_escape: bool,
    /// Completions for a command that is being typed: the text to insert and a hint.
    pub completions: Vec<(String, String)>,
    /// Global shortcuts of the app.
    pub shortcuts: Vec<Shortcut>,
    /// Ids and names of the app and its workspace.
    pub identity: Identity,
    /// The people of the workspace, without the bot.
    pub people: Vec<Person>,
    /// The user groups, such as `S0LEADS`.
    pub groups: Vec<Group>,
    /// Channels; direct messages are opened as they are needed.
    pub channels: Vec<Channel>,
    /// Rate limits of the Web API methods.
    pub rate_limits: RateLimits,
    /// How long the bot may take to answer; three seconds in Slack.
    pub ack_within: Duration,
    /// The file that keeps conversations between runs; without one they end with the run.
    pub keep_in: Option<PathBuf>,
    /// Tells the time, which `advance` may move.
    pub now: Now,
    /// Moves the clock ahead from the page; `None` if that is not possible.
    pub advance: Option<Advance>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("bot_url", &self.bot_url)
            .field("public_url", &self.public_url)
            .field("command", &self.command)
            .field("people", &self.people.len())
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}

/// The app and the workspace that it is installed in.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The workspace's id, `T…`.
    pub team_id: String,
    /// The enterprise's id, `E…`, if the app is installed for all its workspaces.
    pub enterprise: Option<String>,
    /// The first part of the workspace's host name.
    pub team_domain: String,
    /// The app's id, `A…`.
    pub app_id: String,
    /// The bot's user id, `U…`; the author of its messages.
    pub bot_user: String,
    /// The bot's id, `B…`.
    pub bot_id: String,
    /// The bot's display name.
    pub name: String,
}

/// The request URLs of the app's manifest, without the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// For slash commands.
    pub commands: String,
    /// For clicks, forms and shortcuts.
    pub interactions: String,
    /// For options of external selects.
    pub options: String,
    /// For events.
    pub events: String,
}

impl Paths {
    /// Uses the same path for everything.
    pub fn all(path: &str) -> Self {
        let [commands, interactions, options, events] = [(); 4].map(|()| path.to_owned());
        Self { commands, interactions, options, events }
    }
}

/// A global shortcut of the app's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// The text in the menu.
    pub name: String,
    /// The id that the bot receives.
    pub callback_id: String,
}

/// A member of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Person {
    /// The user id, `U…`.
    pub id: String,
    /// The short name, as in a mention.
    pub name: String,
    /// The full name.
    pub real_name: String,
    /// The address that `users.lookupByEmail` finds.
    pub email: String,
    /// The IANA time zone.
    pub tz: String,
    /// The role shown under the name, such as `developer, payments`.
    pub title: String,
    /// Whether the person is a workspace admin.
    pub is_admin: bool,
    /// Whether this is the account of an app.
    pub is_bot: bool,
    /// Whether the account is deactivated.
    pub deleted: bool,
    /// Whether this is a guest account.
    pub is_restricted: bool,
    /// Whether this is a guest account for a single channel.
    pub is_ultra_restricted: bool,
    /// The account's workspace, if it differs from the app's. Slack does not mark someone who shares a
    /// channel with the app as a stranger (docs.slack.dev/apis/slack-connect, 2026-11-28).
    pub team_id: Option<String>,
    /// Whether the e-mail address is unconfirmed.
    pub is_unconfirmed: bool,
    /// Whether this is an account of another company in a shared channel.
    pub is_stranger: bool,
    /// Custom profile fields by id, as `users.profile.get` returns them.
    pub fields: BTreeMap<String, String>,
}

/// A user group, whose members the bot may look up.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Group {
    /// The group's id, `S…`.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The mention name without the at sign.
    pub handle: String,
    /// User ids.
    pub members: Vec<String>,
}

/// A channel or a direct message.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Channel {
    /// The id, `C…`, or `D…` for a direct message.
    pub id: String,
    /// The name without the hash; empty for a direct message.
    pub name: String,
    /// User ids, including the bot's if it has joined.
    pub members: Vec<String>,
    /// Whether the channel is private.
    pub is_private: bool,
    /// Whether the channel is archived, so that nothing can be posted.
    pub is_archived: bool,
}

impl Channel {
    /// Whether this is a direct message between a person and the bot.
    pub fn is_dm(&self) -> bool {
        self.id.starts_with('D')
    }

    /// Whether `person` is a member.
    pub fn has(&self, person: &str) -> bool {
        self.members.iter().any(|member| member == person)
    }
}

/// Calls per minute. Slack documents the minimum of each tier
/// (<https://docs.slack.dev/apis/web-api/rate-limits>, 2026-11-29).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// For methods of tier 1.
    pub one: u32,
    /// For methods of tier 2.
    pub two: u32,
    /// For methods of tier 3.
    pub three: u32,
    /// For methods of tier 4.
    pub four: u32,
    /// For methods that allow hundreds of calls.
    pub special: u32,
    /// For messages in one channel.
    pub channel: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { one: 1, two: 20, three: 50, four: 100, special: 300, channel: 60 }
    }
}

impl RateLimits {
    /// Returns the same limit for every method and channel.
    pub fn all(a_minute: u32) -> Self {
        Self {
            one: a_minute,
            two: a_minute,
            three: a_minute,
            four: a_minute,
            special: a_minute,
            channel: a_minute,
        }
    }
}

/// The scopes of an app that is installed in a playground.
pub(crate) const GRANTED: [&str; 10] = [
    "commands",
    "chat:write",
    "im:write",
    "users:read",
    "users:read.email",
    "users.profile:read",
    "usergroups:read",
    "channels:read",
    "groups:read",
    "channels:join",
];
