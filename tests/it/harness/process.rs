//! The program in processes of its own, beside a Slack that they share.

use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use playground::{Playground, Settings};
use quartermaster::ports::clock::{Clock as _, SystemClock};
use tokio::net::{TcpListener, TcpStream};

use super::Place;

pub(crate) const SECRET: &str = "signing-secret-of-serve";
pub(crate) const TOKEN: &str = "xoxb-token-of-serve";
pub(crate) const APP_TOKEN: &str = "xapp-token-of-serve";
/// Longest wait for another process. What a killed bot had begun comes back after two minutes, and a slow machine must
/// not fail a test.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// A bot, killed when the test ends.
pub(crate) struct Bot(pub(crate) Child);

impl Bot {
    /// Runs a command that listens at `address`, and waits until it does.
    pub(crate) async fn start(mut command: Command, address: &str) -> Self {
        let bot = Self(command.spawn().unwrap());
        eventually("the bot listens", async || TcpStream::connect(address).await.is_ok()).await;
        bot
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Place {
    /// As [`Place::serves`], over sockets.
    pub(crate) fn connects(&self, origin: &str) -> Command {
        self.replace("quartermaster.toml", "[slack]", "[slack]\ntransport = \"socket\"");
        let mut command = self.serves(origin);
        command.env_remove("SLACK_SIGNING_SECRET").env("SLACK_APP_TOKEN", APP_TOKEN);
        command
    }

    /// `serve` in this folder, for the Slack at `origin`.
    pub(crate) fn serves(&self, origin: &str) -> Command {
        let mut command = self.command(&["serve"]);
        command.env("SLACK_SIGNING_SECRET", SECRET).env("SLACK_BOT_TOKEN", TOKEN);
        command.env("SLACK_API_URL", format!("{origin}/api/"));
        command
    }
}

/// Looks again and again until it is so.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let waiting = async {
        while !is_so().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never happened: {what}"));
}

/// Where nobody listens, below the ports that the system gives to those who call out: one of them could take it while the
/// bot is down.
pub(crate) async fn free_address() -> String {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Other test programs run at the same time.
    let begin = std::process::id().wrapping_mul(97);
    loop {
        let next = u32::from(TAKEN.fetch_add(1, Ordering::Relaxed));
        let address = format!("127.0.0.1:{}", 20_000 + begin.wrapping_add(next) % 10_000);
        if TcpListener::bind(&address).await.is_ok() {
            return address;
        }
    }
}

/// A Slack on a port of its own, whose bot is at `bot`, and where that Slack is.
pub(crate) async fn slack(bot: &str) -> (Playground, String) {
    slack_with(bot, None).await
}

/// A Slack on a port of its own, with Socket Mode on, and where it is.
pub(crate) async fn slack_with_sockets() -> (Playground, String) {
    slack_with("", Some(APP_TOKEN.to_owned())).await
}

async fn slack_with(bot: &str, app_token: Option<String>) -> (Playground, String) {
    let settings = Settings::demo(SECRET, TOKEN, Arc::new(|| SystemClock.now()));
    let playground = Playground::new(Settings { app_token, ack_within: PATIENCE, ..settings });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    playground.set_public_url(origin.clone());
    playground.set_bot_url(format!("http://{bot}"));
    let router = playground.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (playground, origin)
}
