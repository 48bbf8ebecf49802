//! `dev`: runs the whole program with embedded backends, and a simulated Slack in the browser.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use clap::Args;
use uuid::Uuid;

use super::catalog::load_catalog;
use super::outcome::{CommandFailure, print};
use super::serve::stop_signal;
use crate::config::{
    Backend, Environment, Inbound, ProvisionerChoice, Secret, Settings, StoreChoice, Transport,
    WorkflowChoice, log_filter,
};
use crate::ports::clock::{Clock, ShiftedClock};
use crate::telemetry;
use crate::wiring::{self, App, Backends};
use playground::Playground;

/// The settings of the demo company: two teams, an approver and an admin.
const SETTINGS: &str = include_str!("dev.toml");

/// Files in the data folder: the portal's store and the playground's conversations.
const ROWS: &str = "quartermaster.db";
const CONVERSATIONS: &str = "playground.json";

/// How to run the playground.
#[derive(Debug, Args)]
pub struct DevArguments {
    /// Address and port to listen on; this machine only
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Folder that keeps what happens [default: .data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Forget what happened before
    #[arg(long)]
    fresh: bool,
}

/// Runs until the process is asked to stop.
///
/// # Errors
/// If the address is not a loopback address or is in use, or the data folder cannot be used.
pub async fn dev(config: Option<&Path>, arguments: DevArguments) -> Result<(), CommandFailure> {
    if !arguments.listen.ip().is_loopback() {
        let address = arguments.listen;
        return Err(anyhow::anyhow!(
            "{address} can be reached from outside: use 127.0.0.1, the playground has no log-in"
        )
        .into());
    }
    telemetry::start(
        crate::config::LogFormat::Text,
        Some(&log_filter().unwrap_or_else(|| "warn".to_owned())),
    );
    let listener = tokio::net::TcpListener::bind(arguments.listen).await.with_context(|| {
        format!("cannot listen on {}: choose another address with `--listen`", arguments.listen)
    })?;
    let data = data_folder(&arguments)?;
    let settings = settings(config, &data)?;
    let catalog = load_catalog(&settings.catalog, settings.catalog_named)?;
    let address = listener.local_addr().context("cannot read the address")?;
    let clock = ShiftedClock::default();
    let (environment, playground) = small_slack(address, &clock, data.join(CONVERSATIONS));
    playground.recall().with_context(|| {
        format!("cannot read the conversations in {}: start with --fresh to forget them", data.display())
    })?;
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let backends = Backends::embedded(&settings, &clock)?;
    let app = App::new(
        backends,
        &settings,
        &environment,
        clock,
        Arc::new(catalog),
        wiring::limits(&settings, &environment),
    )?;
    let router = app.router().merge(playground.router()).layer(from_fn_with_state(address, own_host_only));
    let stop = stop_signal();
    let keeping = tokio::spawn({
        let playground = playground.clone();
        async move { playground.keep().await }
    });
    tokio::spawn({
        let (stop, playground) = (stop.clone(), playground.clone());
        async move {
            stop.cancelled().await;
            // Pages hold an event stream open, which would otherwise keep the server from stopping.
            playground.shut_down();
        }
    });
    tokio::spawn({
        let playground = playground.clone();
        async move { playground.keep_sending_events_again().await }
    });
    print(&welcome(address))?;
    let ran = app.run_with(router, listener, stop).await;
    playground.shut_down();
    // Waited for, so that it does not write the same file as the last save below.
    keeping.await.context("cannot finish saving the conversations")?;
    // The last changes may not have been saved when `keep` ended.
    playground.save().with_context(|| format!("cannot save the conversations in {}", data.display()))?;
    // Only now, so that the conversations are saved even if the server has failed.
    ran?;
    Ok(())
}

/// Creates the data folder, and deletes its files if `--fresh` was given.
fn data_folder(arguments: &DevArguments) -> anyhow::Result<PathBuf> {
    let data = arguments.data.clone().unwrap_or_else(|| PathBuf::from(".data"));
    std::fs::create_dir_all(&data).with_context(|| format!("cannot create the folder {}", data.display()))?;
    if arguments.fresh {
        // A playground that is still running would go on with files that no longer exist.
        wiring::ensure_unused(&data.join(ROWS).display().to_string())?;
        // Store and conversations go together: buttons of a message without its row, or the reverse, would
        // not work.
        let rows = ["", "-wal", "-shm"].map(|suffix| format!("{ROWS}{suffix}"));
        for name in rows.iter().map(String::as_str).chain([CONVERSATIONS]) {
            forget(&data.join(name))?;
        }
    }
    Ok(data)
}

/// Returns the built-in settings, or the teams, catalog and simulation of a settings file. Everything else is
/// embedded.
fn settings(config: Option<&Path>, data: &Path) -> Result<Settings, CommandFailure> {
    let settings = match config {
        Some(file) => Settings::read(file)?,
        None => Settings::parse("built-in settings", SETTINGS)?,
    };
    let backend = Backend {
        store: StoreChoice::Sqlite(data.join(ROWS).display().to_string()),
        workflow: WorkflowChoice::Local,
        provisioner: ProvisionerChoice::Simulated,
        queue: None,
    };
    // The playground calls the bot over HTTP, and nothing may leave this machine.
    Ok(Settings { backend, transport: Transport::Http, events: None, ..settings })
}

fn forget(file: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Creates the simulated Slack, and the secrets that it shares with the bot for this run.
fn small_slack(address: SocketAddr, clock: &ShiftedClock, keep_in: PathBuf) -> (Environment, Playground) {
    let signing_secret = Secret::new(Uuid::new_v4().simple().to_string());
    let environment = Environment {
        inbound: Inbound::Http { signing_secret: signing_secret.clone() },
        bot_token: Secret::new(format!("xoxb-{}", Uuid::new_v4().simple())),
        slack_api_url: format!("http://{address}/api/"),
        events_secret: None,
    };
    let (clock, moved) = (clock.clone(), clock.clone());
    let demo = playground::Settings::demo(
        signing_secret.reveal(),
        environment.bot_token.reveal(),
        Arc::new(move || clock.now()),
    );
    let playground = Playground::new(playground::Settings {
        keep_in: Some(keep_in),
        advance: Some(Arc::new(move |by| moved.ahead(by))),
        ..demo
    });
    playground.set_bot_url(format!("http://{address}"));
    playground.set_public_url(format!("http://{address}"));
    (environment, playground)
}

/// Rejects requests for other host names. Otherwise a web page could reach the playground through a DNS name
/// that resolves to this machine (DNS rebinding).
async fn own_host_only(State(address): State<SocketAddr>, request: Request, next: Next) -> Response {
    let port = address.port();
    let hosts = [format!("{address}"), format!("localhost:{port}"), format!("127.0.0.1:{port}")];
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| hosts.iter().any(|name| name == host)) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "open the address that the command printed\n").into_response()
}

fn welcome(address: SocketAddr) -> String {
    format!(
        "Quartermaster's playground: http://{address}\n\
         \n\
         Nothing here is real: no Slack, no AWS, no account. Open the address and try:\n\
         \x20 1. As Alice, type `/provision s3-bucket` and submit the form: it is approved automatically.\n\
         \x20 2. As Alice, type `/provision rds-postgres`: this one needs Morgan's approval.\n\
         \x20 3. Switch to Morgan, open #team-payments, and press Approve.\n\
         \x20 4. Move the clock ahead, below the list of channels, and watch a lease expire.\n\
         \n\
         Stop with Ctrl-C. Start with --fresh to forget what happened.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_ones_own_lend_their_teams_and_nothing_outside_of_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.toml");
        let text = "[slack]\ntransport = \"socket\"\napprovals_channel = \"C0APPROVALS\"\n\
                    [backend]\nprovisioner = \"service-catalog\"\n\
                    [aws]\nportfolio = \"port-2s6wuabcdefoy\"\n\
                    [[teams]]\nname = \"search\"\nmembers = [\"U0BOB\"]\napprovers = [\"U0MORGAN\"]\n";
        std::fs::write(&file, text).unwrap();
        let read = |config| settings(config, folder.path()).unwrap_or_else(|failure| panic!("{failure:?}"));
        let named = read(Some(file.as_path()));
        assert_eq!(named.organization.teams.len(), 1);
        assert!(
            !named.uses_aws() && named.transport == Transport::Http && named.events.is_none(),
            "{named:?}"
        );
        assert_eq!(read(None).organization.teams.len(), 2, "the company of the playground");
    }
}
