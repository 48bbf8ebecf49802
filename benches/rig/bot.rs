//! The real program, `serve`, as a process of its own with settings and store in one folder; also any other server
//! process, so that both are started, watched and ended the same way.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::connection::Answer;
use super::load::Load;
use super::signed::{self, SECRET, Signer};

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_quartermaster");

/// Longest time a server may take until it answers.
const START: Duration = Duration::from_secs(20);

/// A server process; ended when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `command`, which must listen on `address`, and waits for its first right answer to `/provision help`.
    pub(crate) fn start(mut command: Command, address: SocketAddr, log: &Path) -> anyhow::Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let begun = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(file).spawn().context("cannot start a server")?;
        let mut server = Self { child, address };
        let signer = Signer::new(SECRET)?;
        let request = |_: usize| signer.request("/slack/commands", &signed::help(0));
        let first = Load { address, connections: 1, requests: 1, request: &request, is_right: is_help };
        while let Err(error) = first.run() {
            let ended = server.child.try_wait().context("cannot ask after a server")?;
            if ended.is_some() || begun.elapsed() > START {
                let log = fs::read_to_string(log).unwrap_or_default();
                bail!(error.context(format!("a server did not start: {log}")));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(server)
    }

    /// A text file of `/proc` about the process.
    pub(crate) fn proc(&self, name: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{name}", self.child.id());
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }

    /// A line such as `VmRSS:  1234 kB` of a file of `/proc`, in MiB.
    pub(crate) fn mebibytes(&self, file: &str, line: &str) -> anyhow::Result<f64> {
        let text = self.proc(file)?;
        let found = text.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        let number = found.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(number.with_context(|| format!("there is no {line} in {file}"))? / 1024.0)
    }
}

impl Drop for Server {
    /// Ends it the hard way: whatever was acknowledged has to be on disk already.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A signed request that was accepted and answered privately.
pub(crate) fn is_help(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.body.windows(9).any(|window| window == b"ephemeral")
}

/// An address that is free now.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot find a free port")?;
    listener.local_addr().context("cannot read the address")
}

/// The catalog that this repository ships.
pub(crate) fn shipped_catalog() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog")
}

/// One of the 500 people of the only team.
pub(crate) fn member(number: usize) -> String {
    format!("U0BENCH{:05}", number % 500)
}

/// Starts the bot by `command`, which is [`PROGRAM`] or something that runs it, with its settings and its store in
/// `folder`, against the Slack at `slack_api`.
pub(crate) fn start(
    mut command: Command,
    folder: &Path,
    catalog: &Path,
    slack_api: &str,
) -> anyhow::Result<Server> {
    let address = free_address()?;
    let settings = folder.join("quartermaster.toml");
    fs::write(&settings, self::settings(folder, catalog, address)).context("cannot write the settings")?;
    command.arg("serve").arg("--config").arg(settings);
    command.env("SLACK_SIGNING_SECRET", SECRET).env("SLACK_BOT_TOKEN", "xoxb-bench");
    command.env("SLACK_API_URL", slack_api).env_remove("RUST_LOG");
    Server::start(command, address, &folder.join("bot.log"))
}

fn settings(folder: &Path, catalog: &Path, listen: SocketAddr) -> String {
    let members: Vec<String> = (0..500).map(|number| format!("\"{}\"", member(number))).collect();
    format!(
        "[server]\nlisten = \"{listen}\"\n\n[slack]\napprovals_channel = \"C0APPROVALS\"\n\n\
         [backend]\nstore = \"sqlite:{}\"\n\n[catalog]\npath = \"{}\"\n\n\
         [[teams]]\nname = \"payments\"\nmembers = [{}]\napprovers = [\"U0MORGAN\"]\n",
        folder.join("quartermaster.db").display(),
        catalog.display(),
        members.join(", ")
    )
}
