//! `doctor`: checks everything that the bot needs, and reports the state and remedy of each, without changing
//! anything. The checks are in `slack::diagnostics`, in `aws` (the same as at the start of `serve`) and in
//! `wiring::checkup`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::catalog::check_catalog;
use super::outcome::{CommandFailure, CommandOutput, show};
use crate::catalog::{CheckReport, FileProblem, Severity};
use crate::config::{self, Environment, Inbound, Read, Secret, Settings, SettingsProblem, settings_file};
use crate::domain::catalog::{Catalog, Requesters};
use crate::domain::organization::Organization;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::finding::{Finding, Level};
use crate::slack;
use crate::slack::client::SlackClient;
use crate::wiring::checkup;

const SETTINGS: &str = "settings";
const CATALOG: &str = "catalog";
/// The length of a signing secret in hexadecimal digits.
const SECRET_DIGITS: usize = 32;

/// Prints the findings, one per line or as JSON. The exit code is 1 if there is a problem.
///
/// # Errors
/// If there is a problem.
pub async fn doctor(config: Option<PathBuf>, as_json: bool) -> Result<(), CommandFailure> {
    let findings = Box::pin(look(&settings_file(config))).await;
    show(&if as_json { in_json(&findings) } else { in_lines(&findings) })
}

/// Runs all checks that are possible with the settings and environment that could be read.
async fn look(file: &Path) -> Vec<Finding> {
    let Read { settings, environment, catalog: (folder, is_named) } = config::read(file);
    let mut findings = of_settings(file, &settings);
    findings.extend(of_environment(&environment));
    let report = check_catalog(&folder, is_named);
    // Everything else depends on the settings.
    let Ok(settings) = settings else {
        findings.extend(report.problems.iter().map(of_file));
        return findings;
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    findings.extend(of_catalog(&report, &settings.organization));
    let catalog = Arc::new(report.catalog);
    let slack = async {
        match &environment {
            Ok(environment) => of_slack(environment, &settings.organization, &catalog, &clock).await,
            // What is wrong with the environment is among the findings already.
            Err(_) => Vec::new(),
        }
    };
    // Together, because both mostly wait for answers from outside.
    let (slack, others) = tokio::join!(slack, checkup::look(&settings, &catalog, &*clock));
    findings.extend(slack);
    findings.extend(others);
    findings
}

fn of_settings(file: &Path, settings: &Result<Settings, Vec<SettingsProblem>>) -> Vec<Finding> {
    match settings {
        Ok(settings) => {
            let teams = settings.organization.teams.len();
            vec![Finding::ok(SETTINGS, format!("`{}` is good, teams: {teams}", file.display()))]
        }
        Err(problems) => problems.iter().map(of_setting).collect(),
    }
}

fn of_environment(environment: &Result<Environment, Vec<SettingsProblem>>) -> Vec<Finding> {
    match environment {
        Ok(Environment { inbound: Inbound::Http { signing_secret }, .. }) if !is_shaped(signing_secret) => {
            vec![Finding::warning(
                SETTINGS,
                format!("`SLACK_SIGNING_SECRET` is not {SECRET_DIGITS} hexadecimal digits"),
                "copy the Signing Secret, not the Client Secret, from Basic Information, App Credentials",
            )]
        }
        Ok(_) => vec![Finding::ok(SETTINGS, "the secrets are set")],
        Err(problems) => problems.iter().map(of_setting).collect(),
    }
}

fn is_shaped(signing_secret: &Secret) -> bool {
    let secret = signing_secret.reveal();
    secret.len() == SECRET_DIGITS && secret.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Converts a problem, whose text already contains the remedy.
fn of_setting(problem: &SettingsProblem) -> Finding {
    Finding { level: Level::Problem, area: SETTINGS, description: problem.to_string(), remedy: None }
}

fn of_catalog(report: &CheckReport, organization: &Organization) -> Vec<Finding> {
    let mut findings: Vec<Finding> = report.problems.iter().map(of_file).collect();
    for product in report.catalog.products.values() {
        let Requesters::Teams(teams) = &product.requesters else { continue };
        let unknown = teams.iter().filter(|team| organization.team(team).is_none());
        findings.extend(unknown.map(|team| {
            Finding::warning(
                CATALOG,
                format!("`{}` is for the team `{team}`, which the settings do not have", product.key),
                "correct `requesters` in its product.yml, or add the team",
            )
        }));
    }
    if findings.is_empty() {
        let products = report.catalog.products.len();
        findings.push(Finding::ok(CATALOG, format!("{products} products, no problems")));
    }
    findings
}

fn of_file(problem: &FileProblem) -> Finding {
    let FileProblem { file, line, description, remedy, severity } = problem;
    let place = if *line == 0 { file.clone() } else { format!("{file}: line {line}") };
    let text = format!("{place}: {description}");
    match severity {
        Severity::Error => Finding::problem(CATALOG, text, remedy),
        Severity::Warning => Finding::warning(CATALOG, text, remedy),
    }
}

async fn of_slack(
    environment: &Environment,
    organization: &Organization,
    catalog: &Catalog,
    clock: &Arc<dyn Clock>,
) -> Vec<Finding> {
    let client =
        |token: &Secret| SlackClient::new(&environment.slack_api_url, token.reveal(), Arc::clone(clock));
    let of_app = async {
        match &environment.inbound {
            Inbound::Http { .. } => None,
            Inbound::Socket { app_token, .. } => {
                // A client that cannot be created is reported below, for the bot token.
                Some(slack::diagnostics::of_app_token(&client(app_token).ok()?).await)
            }
        }
    };
    let mut findings = match client(&environment.bot_token) {
        Ok(client) => {
            let client = client.with_groups_of(organization.workspace.clone());
            slack::diagnostics::look(&Arc::new(client), clock, organization, catalog).await
        }
        Err(error) => {
            let remedy = "install the package, or correct `SLACK_API_URL`";
            vec![Finding::problem("Slack", format!("{error:#}"), remedy)]
        }
    };
    findings.extend(of_app.await);
    findings
}

fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}

fn in_lines(findings: &[Finding]) -> CommandOutput {
    let mut text = findings.iter().fold(String::new(), |mut text, finding| {
        // Writing to a text never fails.
        let _ = writeln!(text, "{finding}");
        text
    });
    let (problems, warnings) = (count(findings, Level::Problem), count(findings, Level::Warning));
    let _ = writeln!(text, "problems: {problems}, warnings: {warnings}");
    CommandOutput { text, ok: problems == 0 }
}

fn in_json(findings: &[Finding]) -> CommandOutput {
    let ok = count(findings, Level::Problem) == 0;
    let findings: Vec<_> = findings
        .iter()
        .map(|Finding { level, area, description, remedy }| {
            json!({ "level": level.as_str(), "area": area, "what": description, "remedy": remedy })
        })
        .collect();
    let text = format!("{:#}\n", json!({ "ok": ok, "findings": findings }));
    CommandOutput { text, ok }
}
