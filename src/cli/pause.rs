//! `pause` and `resume`: stop and restart taking new requests, also while the bot is running.

use std::path::PathBuf;

use super::outcome::{CommandFailure, print};
use crate::config::{Settings, settings_file};
use crate::domain::audit::Actor;
use crate::portal::people::pause;
use crate::ports::clock::{Clock as _, SystemClock};
use crate::wiring;

/// Pauses new requests.
///
/// # Errors
/// Wrong settings, or a store that cannot be used.
pub async fn pause(config: Option<PathBuf>, message: Option<&str>) -> Result<(), CommandFailure> {
    let settings = Settings::read(&settings_file(config))?;
    // Beside a running bot, because a pause is for one that is running.
    let store = wiring::store_beside(&settings).await?;
    let paused = pause::begin(&*store, message, &Actor::Operator, SystemClock.now()).await?;
    Ok(print(&format!("new requests are paused, and people see: {}\n", paused.message))?)
}

/// Takes new requests again.
///
/// # Errors
/// Same as [`pause()`].
pub async fn resume(config: Option<PathBuf>) -> Result<(), CommandFailure> {
    let settings = Settings::read(&settings_file(config))?;
    let store = wiring::store_beside(&settings).await?;
    let text = match pause::end(&*store, &Actor::Operator, SystemClock.now()).await? {
        Some(paused) => {
            format!(
                "new requests are possible again; they had been paused since {:.0} by {}\n",
                paused.since, paused.by
            )
        }
        None => "new requests were not paused\n".to_owned(),
    };
    Ok(print(&text)?)
}
