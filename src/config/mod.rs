//! Every setting with its default and its checks, and the only code that reads the environment.
//!
//! All problems are reported at once, with the line, an example and the nearest known key. Secrets come from
//! the environment only.

mod backend;
mod environment;
mod events;
mod examples;
mod file;
mod settings;
mod teams;
mod values;

use std::fmt;
use std::path::{Path, PathBuf};

pub use backend::{AwsAccount, Backend, ProvisionerChoice, StoreChoice, WorkflowChoice};
pub use environment::{Environment, Inbound, Secret, log_filter, settings_file};
pub use events::EventsTo;
pub use settings::{DEFAULT_FILE, LogFormat, Settings, SettingsProblem, SimulationSettings, Transport};

/// The result of reading settings. Each part is read even if the others are wrong, so that all problems are
/// reported at once.
#[derive(Debug)]
pub struct Read {
    /// The settings file, or everything that is wrong with it.
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
