//! What the settings file sets.

use std::fmt;
use std::path::PathBuf;

use super::backend::{AwsAccount, Backend};
use super::events::EventsTo;
use crate::domain::ids::ProductKey;
use crate::domain::organization::Organization;
use crate::domain::period::Period;

/// The settings file if neither `--config` nor `QUARTERMASTER_CONFIG` names one.
pub const DEFAULT_FILE: &str = "quartermaster.toml";

/// The contents of the settings file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: String,
    /// The format of log lines.
    pub log: LogFormat,
    /// The transport from Slack to the bot.
    pub transport: Transport,
    /// The number of actions that a user may take at once in Slack; 0 for no limit.
    pub burst: u32,
    /// Which implementations serve the ports.
    pub backend: Backend,
    /// Settings of the AWS account.
    pub account: AwsAccount,
    /// The receiver of audit entries, if any.
    pub events: Option<EventsTo>,
    /// Folder of the catalog. If it does not exist and was not set explicitly, the built-in catalog is used.
    pub catalog: PathBuf,
    /// Whether the file sets the catalog's folder.
    pub catalog_named: bool,
    /// Settings of the simulated provisioner.
    pub simulation: SimulationSettings,
    /// Teams, admins and channels.
    pub organization: Organization,
}

impl Settings {
    /// Whether any setting refers to AWS.
    pub fn uses_aws(&self) -> bool {
        self.backend.uses_aws() || matches!(self.events, Some(EventsTo::Topic(_)))
    }
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The transport from Slack to the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Slack calls the bot over HTTP.
    Http,
    /// The bot keeps connections to Slack open (Socket Mode).
    Socket {
        /// The number of connections.
        connections: usize,
    },
}

/// Settings of the simulated provisioner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulationSettings {
    /// The time that one template resource takes.
    pub step: Period,
    /// The time between messages that the simulated Slack accepts in each conversation.
    pub pace: Period,
    /// Products whose provisioning fails.
    pub fail_products: Vec<ProductKey>,
    /// Products whose first attempt at a removal fails.
    pub fail_teardowns: Vec<ProductKey>,
    /// Products whose updates fail.
    pub fail_changes: Vec<ProductKey>,
}

/// A problem with the settings; formats as `place: problem: how to fix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsProblem {
    /// The file or the environment variable.
    pub place: String,
    /// What is wrong and how to fix it.
    pub text: String,
}

impl fmt::Display for SettingsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}
