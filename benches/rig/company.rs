//! A company whose settings, catalog and store are in one folder: five hundred people in one team, and who approves.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::bot::{PROGRAM, Server, free_address, settings_of};
use super::signed::SECRET;

/// Those who may approve.
pub(crate) const APPROVERS: [&str; 2] = ["U0MORGAN", "U0MAYA"];

/// One of the 500 people of the only team.
pub(crate) fn member(number: usize) -> String {
    format!("U0BENCH{:05}", number % 500)
}

/// A folder with everything that the program needs.
pub(crate) struct Company {
    folder: PathBuf,
    catalog: PathBuf,
    more: &'static str,
}

impl Company {
    /// With the catalog that this repository ships.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
        Self { folder: folder.to_owned(), catalog, more: "" }
    }

    /// The same with this quota for every product.
    pub(crate) fn with_quota(self, per_team: u32) -> anyhow::Result<Self> {
        let catalog = self.folder.join("catalog");
        copy_catalog(&self.catalog, &catalog, &format!("quota: {{ per_team: {per_team} }}"))?;
        Ok(Self { catalog, ..self })
    }

    /// The same with these tables in the settings.
    pub(crate) fn with_settings(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    /// The settings, for a program that listens there.
    pub(crate) fn settings(&self, listen: SocketAddr) -> anyhow::Result<PathBuf> {
        let members: Vec<String> = (0..500).map(|number| format!("\"{}\"", member(number))).collect();
        let text = format!(
            "[server]\nlisten = \"{listen}\"\n\n[slack]\nburst = 0\napprovals_channel = \"C0APPROVALS\"\n\n\
             [backend]\nstore = \"sqlite:{}\"\n\n[catalog]\npath = \"{}\"\n\n{}\n\n\
             [[teams]]\nname = \"payments\"\nmembers = [{}]\napprovers = {APPROVERS:?}\n",
            self.store().display(),
            self.catalog.display(),
            self.more,
            members.join(", "),
        );
        let path = settings_of(&self.folder);
        fs::write(&path, text).context("cannot write the settings")?;
        Ok(path)
    }

    /// The store's file.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("quartermaster.db")
    }

    /// Starts the program against the Slack at `slack_api`.
    pub(crate) fn start(&self, slack_api: &str) -> anyhow::Result<Server> {
        self.start_by(Command::new(PROGRAM), slack_api)
    }

    /// As [`Self::start`], by a command that runs the program.
    pub(crate) fn start_by(&self, mut command: Command, slack_api: &str) -> anyhow::Result<Server> {
        let address = free_address()?;
        command.arg("serve").arg("--config").arg(self.settings(address)?);
        command.env("SLACK_SIGNING_SECRET", SECRET).env("SLACK_BOT_TOKEN", "xoxb-bench");
        command.env("SLACK_API_URL", slack_api).env_remove("RUST_LOG");
        Server::start(command, address, &self.folder.join("bot.log"))
    }
}

fn copy_catalog(from: &Path, to: &Path, quota: &str) -> anyhow::Result<()> {
    fs::create_dir_all(to).context("cannot make a folder")?;
    for entry in fs::read_dir(from).context("cannot read the catalog")? {
        let entry = entry.context("cannot read the catalog")?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_catalog(&entry.path(), &target, quota)?;
        } else {
            let text = fs::read_to_string(entry.path()).context("cannot read the catalog")?;
            let line =
                |line: &str| if line.starts_with("quota: {") { quota.to_owned() } else { line.to_owned() };
            let lines: Vec<String> = text.lines().map(line).collect();
            fs::write(target, lines.join("\n") + "\n").context("cannot copy the catalog")?;
        }
    }
    Ok(())
}
