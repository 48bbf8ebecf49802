//! `manifest`: prints the manifest of the Slack app for this install, or the link that creates the app.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::outcome::{CommandFailure, CommandOutput};
use crate::config::{Settings, settings_file};
use crate::domain::organization::Organization;
use crate::slack::manifest::{Install, ManifestTransport, install_link, manifest};

/// The slash command if there are no settings.
const COMMAND: &str = "/provision";

/// The install that the manifest is for.
#[derive(Debug, Args)]
pub struct ManifestArguments {
    /// Where Slack reaches the bot over HTTP
    #[arg(long, value_name = "URL", value_parser = public_url)]
    url: Option<String>,
    /// For Socket Mode, where Slack needs no address; so it is without --url
    #[arg(long, conflicts_with = "url")]
    socket: bool,
    /// Print the link that makes the app at Slack in place of the manifest
    #[arg(long)]
    link: bool,
}

/// Returns the manifest, with the command of the settings if there are any. If they name the workspace of the
/// user groups, the app is for the whole enterprise.
///
/// # Errors
/// Wrong settings.
pub fn print(
    config: Option<PathBuf>,
    arguments: &ManifestArguments,
) -> Result<CommandOutput, CommandFailure> {
    let asked_for = config.is_some();
    let file = settings_file(config);
    // A file that was named must exist; the default one is optional.
    let is_there = asked_for || file.exists();
    let organization = if is_there { Some(Settings::read(&file)?.organization) } else { None };
    let text = written(organization.as_ref(), arguments.url.as_deref());
    let text = if arguments.link { format!("{}\n", install_link(&text)) } else { text };
    Ok(CommandOutput { text, ok: true })
}

/// Returns the manifest, preceded by comments on what to do with it.
fn written(organization: Option<&Organization>, url: Option<&str>) -> String {
    let (transport, how) = match url {
        Some(url) => (ManifestTransport::Http(url), "which Slack calls over HTTP"),
        None => (
            ManifestTransport::Socket,
            "in Socket Mode, for which Slack needs no address of yours. For HTTP print it with\n\
             # `quartermaster manifest --url https://quartermaster.example.com`",
        ),
    };
    let install = Install {
        command: organization.map_or(COMMAND, |organization| &organization.command),
        transport,
        is_for_enterprise: organization.is_some_and(|organization| organization.workspace.is_some()),
    };
    format!(
        "# The Slack app, {how}.\n\
         # Paste this at https://api.slack.com/apps, Create New App, From a manifest; docs/slack-setup.md goes on from \
         there.\n{}",
        manifest(install)
    )
}

/// Parses `--url`: an https address that paths can be appended to.
fn public_url(text: &str) -> Result<String, String> {
    let remedy = "write it like https://quartermaster.example.com";
    let url = Url::parse(text).map_err(|_| format!("this is not an address: {remedy}"))?;
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = url.query().is_none() && url.fragment().is_none();
    if url.scheme() != "https" || !plain || !bare {
        return Err(format!("Slack needs a plain https address: {remedy}"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_for_slack_is_https_and_nothing_but_a_place() {
        assert_eq!(public_url("https://q.example.com/").unwrap(), "https://q.example.com");
        assert_eq!(public_url("https://example.com/q/").unwrap(), "https://example.com/q");
        for wrong in
            ["http://q.example.com", "https://me:pw@q.example.com", "https://q.example.com/?b", "q", ""]
        {
            assert!(public_url(wrong).is_err(), "{wrong}");
        }
    }
}
