//! `serve`: runs the bot with the backends in the settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::catalog::load_catalog;
use super::outcome::CommandFailure;
use crate::config::{self, Environment, Read, Settings, SettingsProblem, log_filter, settings_file};
use crate::domain::catalog::Catalog;
use crate::ports::clock::{Clock, SystemClock};
use crate::slack::diagnostics::USABLE_APP_TOKEN;
use crate::slack::socket::ConnectionRefused;
use crate::telemetry;
use crate::wiring::{App, Backends, Reloader, limits};

/// Runs until the process is asked to stop.
///
/// # Errors
/// All problems with settings, environment and catalog at once; then those with the account; or any other
/// reason why the bot cannot start.
pub async fn serve(config: Option<PathBuf>) -> Result<(), CommandFailure> {
    let file = settings_file(config);
    let (settings, environment, catalog) = read_all(&file)?;
    // Not earlier, because the settings say how log lines are written.
    telemetry::start(settings.log, log_filter().as_deref());
    let (clock, catalog): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(catalog));
    let backends = Backends::open(&settings, &clock, &catalog).await?;
    let problems = backends.problems().await;
    if !problems.is_empty() {
        return Err(CommandFailure::Account(problems));
    }
    // Only after the checks, because this is the first call that writes.
    backends.bring_forward().await?;
    let app = App::new(backends, &settings, &environment, clock, catalog, limits(&settings, &environment))?;
    // A token that Slack rejects is a mistake in the setup, so report it before the bot starts.
    if let Some(sockets) = app.sockets() {
        sockets.check().await.map_err(unusable_app_token)?;
    }
    let listener = tokio::net::TcpListener::bind(&settings.listen).await.with_context(|| {
        format!("cannot listen on {}: choose another address in `server.listen`", settings.listen)
    })?;
    // Before anyone can know that the bot is running: without a handler SIGHUP would end the process.
    let hangups = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    tokio::spawn(reload_on(hangups, file, app.reloader()));
    tracing::info!(listen = settings.listen, command = settings.organization.command, "ready for Slack");
    app.run(listener, stop_signal()).await?;
    Ok(())
}

/// Reloads settings and catalog on each SIGHUP.
async fn reload_on(mut hangups: Signal, file: PathBuf, reloader: Arc<Reloader>) {
    while hangups.recv().await.is_some() {
        let (file, reloader) = (file.clone(), Arc::clone(&reloader));
        // Reading files blocks the thread, which other tasks need.
        match tokio::task::spawn_blocking(move || read_again(&file)).await {
            Ok(read) => reloader.reload(read).await,
            // The bot goes on with the rules that it has.
            Err(error) => tracing::error!(%error, "reloading settings and catalog panicked"),
        }
    }
}

/// Reads settings and catalog, or returns a line for each problem with either.
fn read_again(file: &Path) -> Result<(Settings, Catalog), Vec<String>> {
    let Read { settings, catalog: (folder, is_named), environment: _ } = config::read(file);
    match (settings, load_catalog(&folder, is_named)) {
        (Ok(settings), Ok(catalog)) => Ok((settings, catalog)),
        (settings, catalog) => Err([lines(settings), lines(catalog)].concat()),
    }
}

/// Returns a line for each problem.
fn lines<T, P: ToString>(read: Result<T, Vec<P>>) -> Vec<String> {
    read.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[expect(clippy::exit, reason = "a second Ctrl-C ends the program without the shutdown that is under way")]
fn leave_at_once() {
    // As shells report it: 128 and the number of SIGINT.
    std::process::exit(130);
}

/// Reads everything that the bot starts with, or returns all problems with any of it.
fn read_all(file: &Path) -> Result<(Settings, Environment, Catalog), CommandFailure> {
    let Read { settings, environment, catalog: (folder, is_named) } = config::read(file);
    match (settings, environment, load_catalog(&folder, is_named)) {
        (Ok(settings), Ok(environment), Ok(catalog)) => Ok((settings, environment, catalog)),
        (settings, environment, catalog) => {
            Err(CommandFailure::Unusable([lines(settings), lines(environment), lines(catalog)].concat()))
        }
    }
}

fn unusable_app_token(refusal: ConnectionRefused) -> Vec<SettingsProblem> {
    let ConnectionRefused(code) = refusal;
    let text = format!("Slack does not accept it (`{code}`): {USABLE_APP_TOKEN}");
    vec![SettingsProblem { place: "SLACK_APP_TOKEN".to_owned(), text }]
}

/// Returns a token that is cancelled by Ctrl-C or SIGTERM.
pub(super) fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => signal.recv().await,
                Err(error) => {
                    tracing::warn!(%error, "cannot listen for SIGTERM");
                    // Ctrl-C can still stop it, so the bot does not end over this.
                    std::future::pending().await
                }
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
        stopping.cancel();
        // A second Ctrl-C means not waiting for work in progress. Everything stored is resumed at the next
        // start.
        let _ = tokio::signal::ctrl_c().await;
        leave_at_once();
    });
    stop
}
