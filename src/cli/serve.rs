//! `serve`: the bot, with the backends that the settings name.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Failure, load_catalog};
use crate::config::{self, Environment, Settings, SettingsProblem, log_filter, settings_file};
use crate::domain::catalog::Catalog;
use crate::ports::clock::{Clock, SystemClock};
use crate::slack::checkup::USABLE_APP_TOKEN;
use crate::slack::socket::Refusal;
use crate::telemetry;
use crate::wiring::{App, Backends, PACE, Reloader};

/// Runs until the process is told to stop.
///
/// # Errors
/// Everything that is wrong with the settings and the environment at once, then with the catalog, then with the
/// account; or why it cannot start.
pub async fn serve(config: Option<PathBuf>) -> Result<(), Failure> {
    let file = settings_file(config);
    let (settings, environment) = read_all(&file)?;
    telemetry::start(settings.log, log_filter().as_deref());
    let catalog = load_catalog(&settings.catalog, settings.catalog_named)?;
    let (clock, catalog): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(catalog));
    let backends = Backends::open(&settings, &clock, &catalog).await?;
    let problems = backends.problems().await;
    if !problems.is_empty() {
        return Err(Failure::Account(problems));
    }
    backends.bring_forward().await?;
    let app = App::new(backends, &settings, &environment, clock, catalog, PACE)?;
    if let Some(sockets) = app.sockets() {
        sockets.check().await.map_err(unusable_app_token)?;
    }
    let listener = tokio::net::TcpListener::bind(&settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    // Before anybody can know that it runs: without a listener this signal ends the program.
    let hangups = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    tokio::spawn(reload_on(hangups, file, app.reloader()));
    tracing::info!(listen = settings.listen, command = settings.organization.command, "ready for Slack");
    app.run(listener, stop_signal()).await?;
    Ok(())
}

/// Reads settings and catalog anew whenever the program is told to.
async fn reload_on(mut hangups: Signal, file: PathBuf, reloader: Arc<Reloader>) {
    while hangups.recv().await.is_some() {
        let (file, reloader) = (file.clone(), Arc::clone(&reloader));
        match tokio::task::spawn_blocking(move || read_again(&file)).await {
            Ok(read) => reloader.reload(read).await,
            Err(error) => tracing::error!(%error, "reading settings and catalog anew ended badly"),
        }
    }
}

/// Settings and catalog, or a line for each problem.
fn read_again(file: &std::path::Path) -> Result<(Settings, Catalog), Vec<String>> {
    let lines = |problems: Vec<SettingsProblem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    let settings = Settings::read(file).map_err(lines)?;
    match load_catalog(&settings.catalog, settings.catalog_named) {
        Ok(catalog) => Ok((settings, catalog)),
        Err(Failure::Catalog(problems)) => Err(problems),
        Err(other) => Err(vec![format!("{other:?}")]),
    }
}

#[expect(clippy::exit, reason = "a second Ctrl-C ends the program without the shutdown that is under way")]
fn leave_at_once() {
    std::process::exit(130);
}

/// The settings and the environment, or all that is wrong with either.
fn read_all(file: &std::path::Path) -> Result<(Settings, Environment), Failure> {
    match config::read(file) {
        (Ok(settings), Ok(environment)) => Ok((settings, environment)),
        (settings, environment) => {
            let mut problems = settings.err().unwrap_or_default();
            problems.extend(environment.err().unwrap_or_default());
            Err(Failure::Settings(problems))
        }
    }
}

fn unusable_app_token(refusal: Refusal) -> Vec<SettingsProblem> {
    let Refusal(code) = refusal;
    let text = format!("Slack opens no connection with it (`{code}`): {USABLE_APP_TOKEN}");
    vec![SettingsProblem { place: "SLACK_APP_TOKEN".to_owned(), text }]
}

/// Cancelled by Ctrl-C or SIGTERM.
pub(super) fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => signal.recv().await,
                Err(error) => {
                    tracing::warn!(%error, "SIGTERM cannot be listened for");
                    std::future::pending().await
                }
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
        told.cancel();
        // Whoever asks again does not want to wait for what is under way; everything stored is taken up next time.
        let _ = tokio::signal::ctrl_c().await;
        leave_at_once();
    });
    stop
}
