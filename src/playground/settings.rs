//! What a playground is made of: its addresses, its secrets and the people and channels it starts with.
//! The state that grows while it runs is in `workspace`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::web_api::RateLimits;

/// Where the playground reads the time, so that a test can move it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Moves the clock behind [`Now`], and with it the bot's, ahead by this much.
pub type Advance = Arc<dyn Fn(SignedDuration) + Send + Sync>;

/// Everything a [`Playground`](super::Playground) needs to start. `Debug` shows no secret.
#[derive(Clone)]
pub struct Settings {
    /// Origin of the bot, such as `http://127.0.0.1:3000`, without a final slash.
    pub bot_url: String,
    /// Origin under which the playground itself is reached; every `response_url` starts with it.
    pub public_url: String,
    /// Key of the signature on every request to the bot.
    pub signing_secret: String,
    /// The only bearer token the Web API accepts, but for connections.
    pub bot_token: String,
    /// The app's own token. With one Socket Mode is on: nothing comes by HTTP, and this token opens connections.
    pub app_token: Option<String>,
    /// Where below `bot_url` the app is told of things.
    pub paths: Paths,
    /// The slash command of the app, with its slash.
    pub command: String,
    /// Whether people, channels and links in the text of the command are sent as references.
    pub should_escape: bool,
    /// What the composer offers while a command is typed: the text to insert and a hint.
    pub completions: Vec<(String, String)>,
    /// Global shortcuts of the app.
    pub shortcuts: Vec<Shortcut>,
    /// Ids and names of the app and its workspace.
    pub identity: Identity,
    /// The people of the workspace, without the bot.
    pub people: Vec<Person>,
    /// User groups.
    pub groups: Vec<Group>,
    /// Channels; direct messages are opened as they are needed.
    pub channels: Vec<Channel>,
    /// How often the bot may call each method.
    pub rate_limits: RateLimits,
    /// How long the bot may take to answer; Slack gives it three seconds.
    pub ack_within: Duration,
    /// The file that keeps the conversations from one run to the next; without one they end with the run.
    pub keep_in: Option<PathBuf>,
    /// The clock.
    pub now: Now,
    /// How the page moves the clock ahead; none where time cannot be moved from it.
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

/// The app and the workspace it is installed in.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Workspace id, `T…`.
    pub team_id: String,
    /// The enterprise, `E…`, where the app is installed for all its workspaces.
    pub enterprise: Option<String>,
    /// First part of the workspace's host name.
    pub team_domain: String,
    /// App id, `A…`.
    pub app_id: String,
    /// The bot's person id, `U…`: author of its messages.
    pub bot_user: String,
    /// Bot id, `B…`.
    pub bot_id: String,
    /// Display name of the bot.
    pub name: String,
}

/// The request URLs of the app's manifest, without their origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Slash commands.
    pub commands: String,
    /// Clicks, forms and shortcuts.
    pub interactions: String,
    /// Options of external selects.
    pub options: String,
    /// Events.
    pub events: String,
}

impl Paths {
    /// The same path for everything.
    pub fn all(path: &str) -> Self {
        let [commands, interactions, options, events] = [(); 4].map(|()| path.to_owned());
        Self { commands, interactions, options, events }
    }
}

/// A global shortcut as the app's manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// What the menu shows.
    pub name: String,
    /// What the bot receives.
    pub callback_id: String,
}

/// A member of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Person {
    /// `U…` id.
    pub id: String,
    /// Short name, as in a mention.
    pub name: String,
    /// Full name.
    pub real_name: String,
    /// Address that `users.lookupByEmail` finds.
    pub email: String,
    /// IANA time zone.
    pub tz: String,
    /// Role shown under the name, such as `developer, payments`.
    pub title: String,
    /// Workspace admin.
    pub is_admin: bool,
    /// An app's account.
    pub is_bot: bool,
    /// Deactivated account.
    pub deleted: bool,
    /// Guest account.
    pub is_restricted: bool,
    /// Guest account of one channel.
    pub is_ultra_restricted: bool,
    /// The workspace it belongs to, where that is another one than the app's. Slack calls nobody a stranger who shares a
    /// channel with the app (docs.slack.dev/apis/slack-connect, 2026-11-28).
    pub team_id: Option<String>,
    /// Whether Slack has not confirmed the address.
    pub is_unconfirmed: bool,
    /// Account of another company, in a channel that both share.
    pub is_stranger: bool,
    /// Custom profile fields by field id, as `users.profile.get` answers them.
    pub fields: BTreeMap<String, String>,
}

/// A user group.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Group {
    /// `S…` id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Mention name without the at sign.
    pub handle: String,
    /// Person ids.
    pub members: Vec<String>,
}

/// A channel or a direct message.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Channel {
    /// `C…` id, or `D…` for a direct message.
    pub id: String,
    /// Name without the hash; empty for a direct message.
    pub name: String,
    /// Person ids; the bot's own id is here where it has joined.
    pub members: Vec<String>,
    /// Private channel.
    pub is_private: bool,
    /// Nothing can be posted any more.
    pub is_archived: bool,
}

impl Channel {
    /// Whether this is a conversation between one person and the bot.
    pub fn is_dm(&self) -> bool {
        self.id.starts_with('D')
    }

    /// Whether `person` belongs to the conversation.
    pub fn has(&self, person: &str) -> bool {
        self.members.iter().any(|member| member == person)
    }
}
