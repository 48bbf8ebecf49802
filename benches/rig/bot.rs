//! A server as a process of its own, the program or any other: started, watched and ended the same way.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use super::connection::Answer;
use super::load::Load;
use super::signed::{self, SECRET, Signer};

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_quartermaster");

/// Longest time a server may take until it answers.
const START: Duration = Duration::from_secs(20);
/// Between two looks at something that has no bell.
const LOOK: Duration = Duration::from_micros(500);
/// Linux counts a process's time in hundredths of a second, whatever its own clock does.
const MICROSECONDS_PER_TICK: f64 = 10_000.0;

/// A server process; ended when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `command`, which must listen on `address`, and waits for its first right answer to `/provision help`.
    pub(crate) fn start(command: Command, address: SocketAddr, log: &Path) -> anyhow::Result<Self> {
        let signer = Signer::new(SECRET)?;
        let request = |_: usize| signer.request("/slack/commands", &signed::help(0));
        let mut server = Self::spawn(command, address, log)?;
        server.answers(&request, &is_help, log)?;
        Ok(server)
    }

    /// Starts `command` and waits for nothing.
    pub(crate) fn spawn(mut command: Command, address: SocketAddr, log: &Path) -> anyhow::Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command.stdout(Stdio::null()).stderr(file).spawn().context("cannot start a server")?;
        Ok(Self { child, address })
    }

    /// Sends this request until the right answer comes.
    pub(crate) fn answers(
        &mut self,
        request: &dyn Fn(usize) -> Vec<u8>,
        is_right: &dyn Fn(&Answer<'_>) -> bool,
        log: &Path,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        let is_right = |_: usize, answer: &Answer<'_>| is_right(answer);
        let first = Load::closed(self.address, 1, 1, request, &is_right);
        while let Err(error) = first.run() {
            let ended = self.child.try_wait().context("cannot ask after a server")?;
            if ended.is_some() || begun.elapsed() > START {
                let log = fs::read_to_string(log).unwrap_or_default();
                bail!(error.context(format!("a server did not start: {log}")));
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A text file of `/proc` about the process.
    pub(crate) fn proc(&self, name: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{name}", self.id());
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }

    /// A line such as `VmRSS:  1234 kB` of a file of `/proc`, in MiB.
    pub(crate) fn mebibytes(&self, file: &str, line: &str) -> anyhow::Result<f64> {
        let text = self.proc(file)?;
        let found = text.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        let number = found.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(number.with_context(|| format!("there is no {line} in {file}"))? / 1024.0)
    }

    /// Forgets how much memory it took at most so far.
    pub(crate) fn forget_peak(&self) -> anyhow::Result<()> {
        fs::write(format!("/proc/{}/clear_refs", self.id()), "5")
            .context("cannot reset the peak of the memory")
    }

    /// User and system time of the process so far, threads that ended included, in microseconds.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        let stat = self.proc("stat")?;
        // The name in parentheses may hold blanks; behind it, user and system time are the 12th and 13th field.
        let (_, behind) = stat.rsplit_once(')').context("cannot read the times of a process")?;
        let times: Result<Vec<f64>, _> = behind.split_whitespace().skip(11).take(2).map(str::parse).collect();
        let ticks: f64 = times.context("cannot read the times of a process")?.iter().sum();
        Ok(ticks * MICROSECONDS_PER_TICK)
    }

    /// Ends it the hard way after this time, from another thread.
    pub(crate) fn kill_after(&self, time: Duration) -> std::thread::JoinHandle<anyhow::Result<()>> {
        let id = self.id().to_string();
        std::thread::spawn(move || {
            std::thread::sleep(time);
            let killed = Command::new("kill").args(["-9", &id]).status().context("cannot kill a server")?;
            ensure!(killed.success(), "a server could not be killed");
            Ok(())
        })
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

/// The answer that closes a form; anything else was not stored.
pub(crate) fn is_stored(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.body == br#"{"response_action":"clear"}"#
}

/// An address that is free now.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot find a free port")?;
    listener.local_addr().context("cannot read the address")
}

/// Where the settings are in a folder.
pub(crate) fn settings_of(folder: &Path) -> PathBuf {
    folder.join("quartermaster.toml")
}
