//! Every setting, its default and its check, and the only reader of the environment.
//!
//! All that is wrong is reported at once, with the line, an example and the nearest known key. Secrets come from
//! the environment alone.

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

/// Where the settings are read from when neither `--config` nor `QUARTERMASTER_CONFIG` says otherwise.
pub const DEFAULT_FILE: &str = "quartermaster.toml";

/// Everything the settings file says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: String,
    /// How log lines are written.
    pub log: LogFormat,
    /// How what happens in Slack reaches the bot.
    pub transport: Transport,
    /// Things that one person may do at once in Slack; 0 for no limit.
    pub burst: u32,
    /// Which implementations serve the ports.
    pub backend: Backend,
    /// What those on AWS need to know of the account.
    pub account: AwsAccount,
    /// Who hears of every entry of the audit trail; usually nobody.
    pub events: Option<EventsTo>,
    /// Folder of the catalog; the one built into the binary when it does not exist and was not asked for.
    pub catalog: PathBuf,
    /// Whether the file named the catalog's folder.
    pub catalog_named: bool,
    /// How the simulated provisioner behaves.
    pub simulation: SimulationSettings,
    /// Teams, admins and channels.
    pub organization: Organization,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How what happens in Slack reaches the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Slack calls us.
    Http,
    /// We keep connections to Slack open.
    Socket {
        /// How many.
        connections: usize,
    },
}

/// How the simulated provisioner behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulationSettings {
    /// Time that one template resource takes.
    pub step: Period,
    /// Time in which a Slack that is simulated takes a message in each conversation.
    pub pace: Period,
    /// Products whose provisioning fails.
    pub fail_products: Vec<ProductKey>,
    /// Products of which the first attempt at a removal fails.
    pub fail_teardowns: Vec<ProductKey>,
    /// Products whose changes fail.
    pub fail_changes: Vec<ProductKey>,
}

/// One thing wrong with the settings: `place: problem: how to fix`.
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

/// What a settings file leads to, each part read whatever is wrong with the others, so that all of it is told at once.
#[derive(Debug)]
pub struct Read {
    /// The settings.
    pub settings: Result<Settings, Vec<SettingsProblem>>,
    /// What the environment says for the transport and the events that the file names.
    pub environment: Result<Environment, Vec<SettingsProblem>>,
    /// The catalog's folder, and whether the file names it.
    pub catalog: (PathBuf, bool),
}

/// Reads a settings file and the environment.
pub fn read(file: &Path) -> Read {
    let settings = Settings::read(file);
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let file::Outline { transport, events, catalog } = file::outline(&text);
    let signs_events = matches!(events, Some(EventsTo::Webhook(_)));
    Read { settings, environment: Environment::read(transport, signs_events), catalog }
}

impl Settings {
    /// Whether anything that they name is on AWS.
    pub fn uses_aws(&self) -> bool {
        self.backend.uses_aws() || matches!(self.events, Some(EventsTo::Topic(_)))
    }

    /// Reads and checks a settings file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
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
    /// Everything that is wrong with it.
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
