//! What it takes to answer a slash command: B1 in processor time, B2 in time that a person waits.

pub(crate) mod cost;
pub(crate) mod floor;
pub(crate) mod latency;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::rig::bot::{self, Server};

/// Starts this program again as the floor, by a command that `wrap` makes of its path.
fn start_floor(folder: &Path, wrap: impl FnOnce(&str) -> Command) -> anyhow::Result<Server> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let Some(program) = program.to_str() else { bail!("this program's path is not readable") };
    let address = bot::free_address()?;
    let mut command = wrap(program);
    command.args(["floor", &address.to_string()]);
    Server::start(command, address, &folder.join("floor.log"))
}
