//! Saves conversations between runs: which part of the workspace is saved, when, and how it is restored. Open
//! views, trigger ids and `response_url`s are not saved, because they expire within minutes in Slack too.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::state::{Playground, lock};
use super::view::View;
use super::workspace::{Message, Workspace};

/// How long changes are collected before saving, so that a burst of messages is one write.
const GATHERED_FOR: Duration = Duration::from_millis(300);

/// The content of the file. People, groups and channels come from the settings instead.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// People who have a direct message with the bot.
    direct: Vec<String>,
    messages: Vec<Message>,
    homes: BTreeMap<String, View>,
    /// Person, channel and the last `ts` read.
    read: Vec<(String, String, String)>,
    /// Person, channel, `ts` and the `state.values` selected in that message.
    picked: Vec<(String, String, String, Map<String, Value>)>,
    last_micros: i64,
    serial: u64,
    /// How far the clock was moved ahead, in milliseconds; absent in files from before that was possible.
    #[serde(default)]
    ahead: i64,
}

impl Kept {
    fn of(workspace: &Workspace) -> Self {
        let bot = &workspace.identity.bot_user;
        let direct = workspace.channels.iter().filter(|channel| channel.is_dm());
        let read = workspace.read.iter();
        let picked = workspace.picked.iter();
        Self {
            direct: direct
                .flat_map(|channel| channel.members.iter().filter(|member| *member != bot))
                .cloned()
                .collect(),
            messages: workspace.messages.clone(),
            homes: workspace.homes.clone(),
            read: read.map(|((person, channel), ts)| (person.clone(), channel.clone(), ts.clone())).collect(),
            picked: picked
                .map(|((person, channel, ts), values)| {
                    (person.clone(), channel.clone(), ts.clone(), values.clone())
                })
                .collect(),
            last_micros: workspace.last_micros,
            serial: workspace.serial,
            ahead: i64::try_from(workspace.ahead.as_millis()).unwrap_or(i64::MAX),
        }
    }

    fn restore(self, workspace: &mut Workspace) {
        for person in &self.direct {
            workspace.open_dm(person);
        }
        workspace.messages = self.messages;
        workspace.homes = self.homes;
        workspace.read = self.read.into_iter().map(|(person, channel, ts)| ((person, channel), ts)).collect();
        workspace.picked = self
            .picked
            .into_iter()
            .map(|(person, channel, ts, values)| ((person, channel, ts), values))
            .collect();
        workspace.last_micros = self.last_micros;
        workspace.serial = self.serial;
    }
}

impl Playground {
    /// Restores the conversations and the clock of the last run from the file in the settings. Does nothing
    /// without a file.
    ///
    /// # Errors
    /// If the file cannot be read or was not written by [`save`](Self::save).
    pub fn recall(&self) -> io::Result<()> {
        let Some(path) = &self.settings().keep_in else { return Ok(()) };
        let text = match fs::read(path) {
            Ok(text) => text,
            // The first run has nothing to restore.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let kept: Kept = serde_json::from_slice(&text)?;
        let ahead = SignedDuration::from_millis(kept.ahead);
        self.change(|workspace| kept.restore(workspace));
        // The bot's rows are dated by the moved clock; without it they would be in the future.
        self.take_up_clock(ahead);
        Ok(())
    }

    /// Writes the conversations to the file in the settings, atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self) -> io::Result<()> {
        let Some(path) = &self.settings().keep_in else { return Ok(()) };
        let kept = Kept::of(&lock(&self.shared.workspace));
        replace(path, &serde_json::to_vec(&kept)?)
    }

    /// Saves soon after each change, until [`shut_down`](Self::shut_down).
    pub async fn keep(&self) {
        let mut versions = self.shared.version.subscribe();
        versions.mark_changed();
        // Checked twice: `shut_down` may announce while earlier changes are being collected, and is then not
        // seen by the wait.
        while !self.is_closed() && versions.changed().await.is_ok() && !self.is_closed() {
            #[expect(
                clippy::disallowed_methods,
                reason = "gathers changes; a lost write is made good by the next"
            )]
            tokio::time::sleep(GATHERED_FOR).await;
            // Before saving, so that a change during the save leads to another round.
            versions.mark_unchanged();
            let playground = self.clone();
            let saved = tokio::task::spawn_blocking(move || playground.save()).await;
            if let Err(error) = saved.map_err(io::Error::other).flatten() {
                tracing::warn!(%error, "cannot keep the conversations of the playground");
            }
        }
    }
}

/// Replaces a file atomically, so that readers and runs after a crash see either the old file or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // In the same folder, because a rename across file systems is no rename.
    let beside = path.with_extension("json.new");
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}
