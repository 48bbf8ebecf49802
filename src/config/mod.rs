//! Every setting with its default and its checks, and the only code that reads the environment.
//!
//! All problems are reported at once, with the line, an example and the nearest known key. Secrets come from
//! the environment only.

mod backend;
mod environment;
mod events;
mod examples;
mod file;
mod teams;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::domain::ids::ProductKey;
use crate::domain::organization::Organization;
use crate::domain::period::Period;

pub use backend::{AwsAccount, Backend, ProvisionerChoice, StoreChoice, WorkflowChoice};
pub use environment::{Environment, Inbound, Secret, log_filter, settings_file};
pub use events::EventsTo;

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

/// The result of reading settings. Each part is read even if the others are wrong, so that all problems are
/// reported at once.
#[derive(Debug)]
pub struct Read {
    /// The settings.
    pub settings: Result<Settings, Vec<SettingsProblem>>,
    /// The environment variables that the transport and the events in the file require.
    pub environment: Result<Environment, Vec<SettingsProblem>>,
    /// The catalog's folder, and whether the file sets it.
    pub catalog: (PathBuf, bool),
}

/// Reads a settings file and the environment.
pub fn read(file: &Path) -> Read {
    let settings = Settings::read(file);
    // `settings` already reports a file that cannot be read.
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let file::Outline { transport, events, catalog } = file::outline(&text);
    let signs_events = matches!(events, Some(EventsTo::Webhook(_)));
    Read { settings, environment: Environment::read(transport, signs_events), catalog }
}

impl Settings {
    /// Whether any setting refers to AWS.
    pub fn uses_aws(&self) -> bool {
        self.backend.uses_aws() || matches!(self.events, Some(EventsTo::Topic(_)))
    }

    /// Reads and checks a settings file.
    ///
    /// # Errors
    /// All problems with the file.
    pub fn read(path: &Path) -> Result<Self, Vec<SettingsProblem>> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let remedy =
                format!("write one (README shows the smallest) or name another with --config: {error}");
            vec![SettingsProblem { place: place.clone(), text: format!("cannot be read: {remedy}") }]
        })?;
        Self::parse(&place, &text)
    }

    /// Checks the text of a settings file; `place` names it in problems.
    ///
    /// # Errors
    /// All problems with the text.
    pub fn parse(place: &str, text: &str) -> Result<Self, Vec<SettingsProblem>> {
        file::parse(text).map_err(|problems| {
            let located = |problem: &dyn fmt::Display| SettingsProblem {
                place: place.to_owned(),
                text: problem.to_string(),
            };
            problems.iter().map(|problem| located(problem)).collect()
        })
    }
}
