//! Checks for `doctor` of everything outside Slack: the account, the store and its jobs. The account is checked as at
//! the start of `serve`.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;

use super::on_aws::{Look, OnAws};
use crate::aws;
use crate::config::{Settings, StoreChoice};
use crate::domain::catalog::Catalog;
use crate::domain::organization::Organization;
use crate::local::database::{Database, OpenError};
use crate::local::store::SqliteStore;
use crate::portal::teams::{Left, gone, left};
use crate::ports::clock::Clock;
use crate::ports::finding::Finding;
use crate::ports::store::{ParkedJob, Store};

const AWS: &str = "AWS";
const STORE: &str = "store";
const JOBS: &str = "jobs";
const REQUESTS: &str = "requests";
const TEAMS: &str = "teams";
/// When an overdue job shows that no bot is working. An expired claim delays a job by two minutes only.
const STANDSTILL: SignedDuration = SignedDuration::from_mins(5);
/// How many parked jobs to list one by one.
const TOLD: usize = 20;

/// Checks everything outside Slack.
pub async fn look(settings: &Settings, catalog: &Arc<Catalog>, clock: &dyn Clock) -> Vec<Finding> {
    let on_aws = if settings.uses_aws() {
        OnAws::new(&aws::configuration().await, settings, catalog)
    } else {
        Ok(OnAws::default())
    };
    let on_aws = match on_aws {
        Ok(on_aws) => on_aws,
        Err(error) => {
            let remedy = "correct `events.topic`, or install `ca-certificates`";
            return vec![Finding::problem(AWS, format!("{error:#}"), remedy)];
        }
    };
    let looks = Box::pin(on_aws.look()).await;
    let account_is_fine = looks.iter().all(|look| look.problems.is_empty());
    let mut findings: Vec<Finding> = looks.into_iter().flat_map(of_account).collect();
    match &settings.backend.store {
        StoreChoice::Sqlite(file) => findings.extend(of_file(file, &settings.organization, clock).await),
        // Problems with the tables were reported above.
        StoreChoice::DynamoDb { .. } if !account_is_fine => {}
        StoreChoice::DynamoDb { .. } => {
            if let Some(store) = &on_aws.store {
                findings.push(of_use(store.check().await));
                findings.extend(of_pause(store).await);
                findings.extend(of_jobs(store, clock).await);
                findings.extend(of_teams(store, &settings.organization).await);
            }
        }
    }
    findings
}

fn of_account(look: Look) -> Vec<Finding> {
    if look.problems.is_empty() {
        return vec![Finding::ok(AWS, look.subject)];
    }
    look.problems
        .into_iter()
        .map(|problem| Finding::problem(AWS, problem.description, problem.remedy))
        .collect()
}

/// Only reads the file, since a bot may be using it.
async fn of_file(file: &str, organization: &Organization, clock: &dyn Clock) -> Vec<Finding> {
    let database = match Database::open_for_reading(file) {
        Ok(database) => database,
        Err(OpenError::Missing(_)) => return vec![of_missing(file)],
        Err(error @ OpenError::Older { .. }) => {
            let remedy = "make a backup first, if this is an upgrade";
            return vec![Finding::warning(STORE, error.to_string(), remedy)];
        }
        Err(error) => {
            let description = format!("{:#}", anyhow::Error::new(error));
            let remedy = "repair or move the file, or name another one in `backend.store`";
            return vec![Finding::problem(STORE, description, remedy)];
        }
    };
    let mut findings = vec![Finding::ok(STORE, format!("`{file}` can be read"))];
    let store = SqliteStore::new(database);
    findings.extend(of_pause(&store).await);
    findings.extend(of_jobs(&store, clock).await);
    findings.extend(of_teams(&store, organization).await);
    findings
}

fn of_missing(file: &str) -> Finding {
    let folder = Path::new(file).parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Finding::problem(
            STORE,
            format!("there is no folder `{}` for `{file}`", folder.display()),
            "create the folder, or name another file in `backend.store`",
        ),
        Some(_) | None => Finding::ok(STORE, format!("`{file}` is created when the bot first starts")),
    }
}

fn of_use(checked: anyhow::Result<()>) -> Finding {
    match checked {
        Ok(()) => Finding::ok(STORE, "the tables can be read and written"),
        Err(error) => Finding::problem(
            STORE,
            format!("{error:#}"),
            "give the bot's role the permissions it has in `infra/portal.yml`",
        ),
    }
}

/// Reports a pause, if there is one.
async fn of_pause(store: &dyn Store) -> Option<Finding> {
    let pause = match store.pause().await {
        Ok(pause) => pause?,
        Err(error) => return Some(unreadable(&error)),
    };
    let description =
        format!("new ones are paused since {:.0} by {}: {}", pause.since, pause.by, pause.message);
    Some(Finding::warning(REQUESTS, description, "`quartermaster resume` allows them again"))
}

async fn of_jobs(store: &dyn Store, clock: &dyn Clock) -> Vec<Finding> {
    // One more than is listed, to know whether there are more.
    let (parked, next_due) = tokio::join!(store.parked(TOLD + 1), store.next_due());
    let mut findings = Vec::new();
    match parked {
        Ok(parked) if parked.is_empty() => findings.push(Finding::ok(JOBS, "none has failed")),
        Ok(parked) => findings.extend(of_parked(&parked)),
        Err(error) => findings.push(unreadable(&error)),
    }
    match next_due {
        Ok(Some(due)) if clock.now().duration_since(due) > STANDSTILL => findings.push(Finding::warning(
            JOBS,
            format!("a job due at {due:.0} has not been done yet"),
            "check that the bot is running, and its log",
        )),
        Ok(_) => {}
        Err(error) => findings.push(unreadable(&error)),
    }
    findings
}

/// Reports teams that were renamed or removed in the settings, if there are any.
async fn of_teams(store: &dyn Store, organization: &Organization) -> Vec<Finding> {
    let (gone, left) = match tokio::try_join!(gone(store, organization), left(store, organization)) {
        Ok(teams) => teams,
        Err(error) => return vec![unreadable(&error)],
    };
    let removed = gone.iter().map(|gone| Finding::warning(TEAMS, gone.problem(), gone.remedy()));
    let renamed = left.iter().map(|Left { former, team, requests, counts }| {
        let description = match (requests, counts) {
            (0, false) => {
                let description = format!(
                    "nothing is left under `{former}`: you can remove it from `formerly` of `{team}`"
                );
                return Finding::ok(TEAMS, description);
            }
            (0, true) => format!("counts of `{team}` are left under `{former}`"),
            (some, _) => format!("{some} requests of `{team}` are left under `{former}`"),
        };
        let remedy = format!(
            "leave `{former}` in `formerly` while the bot moves them to `{team}`, which takes minutes"
        );
        Finding::warning(TEAMS, description, remedy)
    });
    removed.chain(renamed).collect()
}

fn of_parked(parked: &[ParkedJob]) -> Vec<Finding> {
    let finding = |job: &ParkedJob| {
        let description = format!("`{}` of {} has failed: {}", job.key.name, job.key.owner, job.why);
        Finding::warning(JOBS, description, "fix the cause, then run `quartermaster jobs retry`")
    };
    let mut findings: Vec<Finding> = parked.iter().take(TOLD).map(finding).collect();
    if parked.len() > TOLD {
        let description = format!("more than these {TOLD} have failed");
        findings.push(Finding::warning(JOBS, description, "`quartermaster jobs list` prints all of them"));
    }
    findings
}

fn unreadable(error: &anyhow::Error) -> Finding {
    Finding::problem(STORE, format!("{error:#}"), "check the store and the connection to it")
}
