//! Reconciliation: compares rows with AWS and repairs rows and executions. Never changes provisioned resources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::drift::{
    Drift, ProvisionedRecord, RequestDrift, compare, compare_execution, is_believable,
};
use crate::domain::event::Event;
use crate::domain::ids::{ExecutionName, RequestId};
use crate::domain::job::{JobKey, JobKind, JobOwner};
use crate::domain::organization::Organization;
use crate::domain::request::{Request, Status};
use crate::domain::transition::expected_jobs;
use crate::portal::Portal;
use crate::portal::jobs::apply::apply;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::teams::all_teams;
use crate::ports::Ports;
use crate::ports::provisioner::Provisioner;
use crate::ports::store::{RequestFilter, RequestScope, Store};
use crate::ports::workflow::Workflow;

/// Time between two comparisons.
const EVERY: Duration = Duration::from_hours(6);
/// How many rows to read at a time.
const PAGE: usize = 100;
/// How many findings one message to the admins lists, and how many are remembered as reported.
const MOST_LISTED: usize = 20;
const MOST_REMEMBERED: usize = 500;
/// Name prefix of the jobs that resume an execution.
const RESUME: &str = "resume:";
/// Name of the job that starts an execution.
const START: &str = "start";

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReconcileReport {
    /// Number of requests compared.
    pub compared: usize,
    /// The differences.
    pub drifts: Vec<RequestDrift>,
    /// Whether so much is missing that AWS probably did not show everything. Missing resources are not believed then.
    pub is_doubtful: bool,
}

impl ReconcileReport {
    fn add(&mut self, request: RequestId, findings: impl IntoIterator<Item = Drift>) {
        self.drifts.extend(findings.into_iter().map(|finding| RequestDrift { request, finding }));
    }

    fn vanished(&self) -> usize {
        self.drifts.iter().filter(|drift| drift.finding == Drift::Vanished).count()
    }
}

/// Formats one finding a line, with the full id of its request.
impl fmt::Display for ReconcileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for RequestDrift { request, finding } in &self.drifts {
            writeln!(f, "{request} {}: it {}", finding.as_str(), finding.sentence())?;
        }
        if self.is_doubtful {
            writeln!(f, "{DOUBTFUL}")?;
        }
        write!(f, "{} requests compared, {} findings", self.compared, self.drifts.len())
    }
}

const DOUBTFUL: &str = "More than half of the expected resources were not found, so no request is ended because of it. \
                        Check the account, the region and the permission servicecatalog:SearchProvisionedProducts.";

/// What to compare.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The rows.
    pub store: &'a dyn Store,
    /// The team names.
    pub organization: &'a Organization,
    /// The provisioned products.
    pub provisioner: &'a dyn Provisioner,
    /// The executions.
    pub workflow: &'a dyn Workflow,
}

const REPAIRED: &str = "Records and executions have been corrected. Nothing in AWS was changed or removed.";

/// The state of AWS. Read before the rows, so that a row that changed since shows by its date.
struct AwsState {
    existing: BTreeMap<RequestId, ProvisionedRecord>,
    running: BTreeSet<ExecutionName>,
}

/// Compares everything without changing anything.
///
/// # Errors
/// If the store, the provisioner or the workflow cannot be read.
pub async fn look(sides: &Sides<'_>, now: Timestamp) -> anyhow::Result<ReconcileReport> {
    let survey = sides.provisioner.survey().await?;
    let mut aws = AwsState {
        existing: survey.into_iter().map(|existing| (existing.request, existing)).collect(),
        running: sides.workflow.running().await?.into_iter().collect(),
    };
    let mut report = ReconcileReport::default();
    let mut expected = 0;
    for team in all_teams(sides.store, sides.organization).await? {
        let (team, mut after) = (RequestScope::Team(team), None);
        loop {
            let page = sides.store.list(&team, RequestFilter::Live, after.as_ref(), PAGE).await?;
            after = page.next();
            for row in &page.requests() {
                // Only a product with a running lease has to exist; others may be on their way.
                expected += usize::from(row.lease().is_some());
                compare_row(&mut report, row, &mut aws, now);
                report.add(row.id, job_lost(sides.store, row, now).await?);
            }
            if after.is_none() {
                break;
            }
        }
    }
    compare_unmatched(sides.store, &mut report, aws, now).await?;
    report.is_doubtful = !is_believable(expected, report.vanished());
    Ok(report)
}

fn compare_row(report: &mut ReconcileReport, row: &Request, aws: &mut AwsState, now: Timestamp) {
    report.compared += 1;
    // What remains in `aws` afterwards belongs to no live row.
    report.add(row.id, compare(row, aws.existing.remove(&row.id).as_ref(), now));
    let runs = aws.running.remove(&row.execution());
    report.add(row.id, compare_execution(row, runs, now));
}

/// Returns whether the job that should move this row forward is lost. Reads jobs only for rows that should have moved
/// by now.
async fn job_lost(store: &dyn Store, row: &Request, now: Timestamp) -> anyhow::Result<Option<Drift>> {
    let expected_jobs = expected_jobs(row, now);
    if expected_jobs.is_empty() {
        return Ok(None);
    }
    let keys = store.jobs_of(&row.id.into()).await?;
    let is_scheduled = |kind: JobKind| keys.contains(&kind.due(row.id, now).key);
    Ok((!expected_jobs.into_iter().any(is_scheduled)).then_some(Drift::JobLost))
}

/// Reports what exists in AWS and belongs to no live row.
async fn compare_unmatched(
    store: &dyn Store,
    report: &mut ReconcileReport,
    aws: AwsState,
    now: Timestamp,
) -> anyhow::Result<()> {
    let running: BTreeMap<RequestId, &ExecutionName> =
        aws.running.iter().filter_map(|name| Some((request_of(name)?, name))).collect();
    let ids: BTreeSet<RequestId> = aws.existing.keys().chain(running.keys()).copied().collect();
    for id in ids {
        let existing = aws.existing.get(&id);
        let Some(row) = store.load(id).await? else {
            report.add(id, existing.map(|_| Drift::LeftOver));
            report.add(id, running.get(&id).map(|name| Drift::StillWaiting((*name).clone())));
            continue;
        };
        report.compared += 1;
        if let Some(existing) = existing {
            report.add(id, compare(&row, Some(existing), now));
        }
        // Executions of earlier attempts do not matter any more.
        if running.get(&id).is_some_and(|name| **name == row.execution()) {
            report.add(id, compare_execution(&row, true, now));
        }
    }
    Ok(())
}

/// Parses the request's id from `<request id>-<attempt>`.
fn request_of(execution: &ExecutionName) -> Option<RequestId> {
    RequestId::parse(execution.as_str().rsplit_once('-')?.0)
}

/// Schedules regular comparisons, unless that was done before.
///
/// # Errors
/// If the store cannot be used.
pub async fn begin(portal: &Portal) -> anyhow::Result<()> {
    let due = portal.now().saturating_add(EVERY).unwrap_or(Timestamp::MAX);
    let job = JobKind::Reconcile { reported: Vec::new() }.due(JobOwner::Portal, due);
    portal.write_job_once(job, "reconcile").await
}

/// Compares, repairs, and reports new findings to the admins.
pub(super) async fn reconcile(portal: &Portal, reported: &[String]) -> Result<Performed, JobError> {
    let Ports { store, provisioner, workflow, .. } = &*portal.ports;
    let organization = &*portal.organization;
    let sides = Sides { store: &**store, organization, provisioner: &**provisioner, workflow: &**workflow };
    let report = look(&sides, portal.now()).await?;
    portal.metrics.drift(report.drifts.len());
    for drift in &report.drifts {
        let RequestDrift { request, finding } = drift;
        tracing::warn!(%request, drift = finding.as_str(), "a stored request differs from AWS");
        // A missing permission makes everything look vanished, and an ended request does not come back.
        if !(report.is_doubtful && *finding == Drift::Vanished) {
            repair(portal, drift).await?;
        }
    }
    let new: Vec<&RequestDrift> =
        report.drifts.iter().filter(|drift| !reported.contains(&name_of(drift))).collect();
    // If no admin could be notified, report the same findings next time.
    let is_delivered = new.is_empty() || portal.tell_admins(&message(&report, &new)).await;
    // Forgets findings that are gone, so that they are reported again if they return.
    let remembered = report.drifts.iter().filter(|drift| is_delivered || reported.contains(&name_of(drift)));
    let reported = remembered.take(MOST_REMEMBERED).map(name_of).collect();
    Ok(Performed::AgainAs(JobKind::Reconcile { reported }, EVERY))
}

fn name_of(drift: &RequestDrift) -> String {
    format!("{}: {}", drift.request, drift.finding.as_str())
}

fn message(report: &ReconcileReport, new: &[&RequestDrift]) -> String {
    let line = |drift: &&RequestDrift| {
        format!("• Request `{}` {}.", drift.request.short(), drift.finding.sentence())
    };
    let mut lines = vec!["The portal's records differ from AWS:".to_owned()];
    lines.extend(new.iter().take(MOST_LISTED).map(line));
    if new.len() > MOST_LISTED {
        lines.push(format!("• and {} more: `quartermaster reconcile` lists them.", new.len() - MOST_LISTED));
    }
    let last = if report.is_doubtful { DOUBTFUL } else { REPAIRED };
    lines.push(last.to_owned());
    lines.join("\n")
}

/// Repairs the row or the execution. Checks each finding once more alone first, since the comparison takes a while.
async fn repair(portal: &Portal, drift: &RequestDrift) -> Result<(), JobError> {
    let id = drift.request;
    match &drift.finding {
        Drift::Vanished => {
            if !portal.ports.provisioner.exists(id).await? {
                apply(portal, id, Event::Vanished).await?;
            }
        }
        Drift::Troubled(why) => {
            apply(portal, id, Event::ConditionSeen { trouble: Some(why.clone()) }).await?;
        }
        Drift::Mended => {
            apply(portal, id, Event::ConditionSeen { trouble: None }).await?;
        }
        Drift::ExecutionLost => {
            let Some(row) = portal.ports.store.load(id).await? else { return Ok(()) };
            let execution = row.execution();
            if !portal.ports.workflow.is_running(&execution).await? {
                apply(portal, id, Event::ExecutionLost { execution }).await?;
            }
        }
        Drift::StillWaiting(execution) => still_waits(portal, id, execution).await?,
        Drift::JobLost => {
            apply(portal, id, Event::JobLost).await?;
        }
        // Only people know whether it is still needed or was intended.
        Drift::LeftOver | Drift::Retagged(_) => {}
    }
    Ok(())
}

/// Retries parked jobs that resume this execution. If there are none and no other job will end it, starts the next
/// attempt.
async fn still_waits(portal: &Portal, id: RequestId, execution: &ExecutionName) -> Result<(), JobError> {
    let store = &portal.ports.store;
    if store.retry_parked(&id.into(), RESUME, portal.now()).await? > 0 {
        return Ok(());
    }
    let is_approved = store.load(id).await?.is_some_and(|row| row.status == Status::Approved);
    let advances = |key: &JobKey| key.name.starts_with(RESUME) || key.name == START;
    if is_approved && !store.jobs_of(&id.into()).await?.iter().any(advances) {
        apply(portal, id, Event::ExecutionLost { execution: execution.clone() }).await?;
    }
    Ok(())
}
