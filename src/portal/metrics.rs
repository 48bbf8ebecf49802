//! Prometheus metrics: counters fed from committed audit entries, so that nothing is counted that was not stored;
//! durations; and gauges of the current state.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::domain::audit::AuditEntry;
use crate::domain::catalog::Catalog;
use crate::domain::job::JobKind;
use crate::domain::request::Request;
use crate::portal::labels::{
    CopyOutcome, CopyTarget, Decision, JobOutcome, Label, LeaseEvent, ProvisionResult, Received,
};
use crate::ports::error_counters::ErrorCounters;

/// Histogram buckets of response times in seconds, up to Slack's limit of three.
const ANSWERS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0];
/// Histogram buckets of approval times in seconds, from a minute to a week.
const APPROVALS: [f64; 10] =
    [60.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0, 28_800.0, 86_400.0, 172_800.0, 604_800.0];
/// Histogram buckets of the time from submission to the finished resource, in seconds.
const READY: [f64; 10] = [5.0, 30.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0, 86_400.0, 604_800.0];

/// The program's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    provisions: Family<Provision, Counter>,
    decisions: Family<DecisionLabels, Counter>,
    requests: Family<SubmissionLabels, Counter>,
    exceptions: Family<SubmissionLabels, Counter>,
    leases: Family<LeaseLabels, Counter>,
    refusals: Counter,
    jobs: Family<JobRun, Counter>,
    drift: Gauge,
    sockets: Gauge,
    acks: Family<IncomingLabels, Histogram>,
    hurried: Family<IncomingLabels, Counter>,
    approvals: Histogram,
    ready_after: Histogram,
    copies: Family<Copied, Counter>,
    ready: Gauge,
    paused: Gauge,
    parked: Gauge,
    oldest: Gauge,
}

/// Counts an open connection to Slack until dropped.
#[derive(Debug)]
pub struct SocketUp(Gauge);

impl Drop for SocketUp {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Provision {
    product: String,
    outcome: ProvisionResult,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    decision: Decision,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SubmissionLabels {
    product: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LeaseLabels {
    product: String,
    event: LeaseEvent,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Copied {
    to: CopyTarget,
    outcome: CopyOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct IncomingLabels {
    what: Received,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobRun {
    kind: &'static str,
    outcome: JobOutcome,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("quartermaster");
        let metrics = Self {
            provisions: Family::default(),
            decisions: Family::default(),
            requests: Family::default(),
            exceptions: Family::default(),
            leases: Family::default(),
            refusals: Counter::default(),
            jobs: Family::default(),
            drift: Gauge::default(),
            sockets: Gauge::default(),
            acks: Family::new_with_constructor(|| Histogram::new(ANSWERS)),
            hurried: Family::default(),
            approvals: Histogram::new(APPROVALS),
            ready_after: Histogram::new(READY),
            copies: Family::default(),
            ready: Gauge::default(),
            paused: Gauge::default(),
            parked: Gauge::default(),
            oldest: Gauge::default(),
            // A placeholder: the metrics must exist before they can be registered.
            registry: Registry::default(),
        };
        registry.register("provisions", "Provisionings that ended", metrics.provisions.clone());
        registry.register("decisions", "Requests that were decided", metrics.decisions.clone());
        registry.register("requests", "Requests that were submitted", metrics.requests.clone());
        let help = "Requests that were submitted beyond a quota or a budget";
        registry.register("exceptions", help, metrics.exceptions.clone());
        registry.register("leases", "Events of leases", metrics.leases.clone());
        registry.register("refusals", "Attempts refused for lack of permission", metrics.refusals.clone());
        registry.register("jobs", "Runs of jobs by kind", metrics.jobs.clone());
        let help = "Differences between rows and AWS that the last comparison found";
        registry.register("drift_findings", help, metrics.drift.clone());
        let help = "Socket Mode connections to Slack that are up";
        registry.register("slack_sockets", help, metrics.sockets.clone());
        let help = "Seconds until a request from Slack was answered";
        registry.register("ack_seconds", help, metrics.acks.clone());
        let help = "Actions refused because a user exceeded their rate limit";
        registry.register("hurried", help, metrics.hurried.clone());
        let help = "Seconds from the submission until enough approvers had agreed";
        registry.register("approval_seconds", help, metrics.approvals.clone());
        let help = "Seconds from the submission until the resource was ready";
        registry.register("ready_seconds", help, metrics.ready_after.clone());
        metrics.register_standing(&mut registry);
        metrics.start_at_zero();
        Self { registry, ..metrics }
    }
}

/// The `kind` label of jobs that cannot be read.
pub(super) const UNREADABLE: &str = "unreadable";

/// State that no bot can count alone, because another bot may have changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateGauges {
    /// Whether new requests are paused.
    pub paused: bool,
    /// Number of parked jobs.
    pub parked: usize,
    /// How long the oldest due job has waited, in seconds; negative if none is due.
    pub oldest: i64,
}

impl Metrics {
    /// Also exports the error counters of outside services.
    pub(super) fn showing(mut self, trouble: &ErrorCounters) -> Self {
        trouble.register(&mut self.registry);
        self
    }

    fn register_standing(&self, registry: &mut Registry) {
        let help = "Batches of the audit trail that were copied, or could not be";
        registry.register("trail_copies", help, self.copies.clone());
        registry.register("ready", "1 while the store and Slack can be reached", self.ready.clone());
        registry.register("paused", "Whether new requests are paused", self.paused.clone());
        let help = "Jobs that failed for good and need an operator";
        registry.register("jobs_parked", help, self.parked.clone());
        let help = "Seconds for which the oldest due job has waited";
        registry.register("jobs_oldest_seconds", help, self.oldest.clone());
    }

    /// Creates every series without a product label at zero, since Prometheus does not count the first value of a
    /// series as an increase.
    fn start_at_zero(&self) {
        for decision in Decision::ALL {
            let _ = self.decisions.get_or_create(&DecisionLabels { decision: *decision });
        }
        for (to, outcome) in pairs(CopyTarget::ALL, CopyOutcome::ALL) {
            let _ = self.copies.get_or_create(&Copied { to: *to, outcome });
        }
        let kinds: Vec<&'static str> = JobKind::WORDS.iter().copied().chain([UNREADABLE]).collect();
        for (kind, outcome) in pairs(&kinds, JobOutcome::ALL) {
            let _ = self.jobs.get_or_create(&JobRun { kind, outcome });
        }
        for what in Received::ALL {
            let _ = self.acks.get_or_create(&IncomingLabels { what: *what });
            let _ = self.hurried.get_or_create(&IncomingLabels { what: *what });
        }
    }

    /// Creates every series of these products at zero.
    pub(super) fn offers(&self, catalog: &Catalog) {
        let products: Vec<String> = catalog.products.keys().map(ToString::to_string).collect();
        for (product, outcome) in pairs(&products, ProvisionResult::ALL) {
            let _ = self.provisions.get_or_create(&Provision { product: product.clone(), outcome });
        }
        for (product, event) in pairs(&products, LeaseEvent::ALL) {
            let _ = self.leases.get_or_create(&LeaseLabels { product: product.clone(), event });
        }
        for product in products {
            let _ = self.exceptions.get_or_create(&SubmissionLabels { product: product.clone() });
            let _ = self.requests.get_or_create(&SubmissionLabels { product });
        }
    }

    /// Sets whether the store and Slack can be reached.
    pub fn is_ready(&self, ready: bool) {
        self.ready.set(i64::from(ready));
    }

    /// Sets the gauges of the shared state.
    pub fn stands(&self, standing: StateGauges) {
        self.paused.set(i64::from(standing.paused));
        self.parked.set(i64::try_from(standing.parked).unwrap_or(i64::MAX));
        self.oldest.set(standing.oldest.max(0));
    }

    /// Records the time of an answer to Slack.
    pub(crate) fn ack(&self, what: Received, took: Duration) {
        self.acks.get_or_create(&IncomingLabels { what }).observe(took.as_secs_f64());
    }

    /// Counts an action that was refused because of the user's rate limit.
    pub(crate) fn throttled(&self, what: Received) {
        self.hurried.get_or_create(&IncomingLabels { what }).inc();
    }

    /// Counts an entry of a request's trail, and records the time since the request was submitted.
    pub(super) fn count_of(&self, request: &Request, entry: &AuditEntry) {
        // Not below zero, in case the clock was set back.
        let took = entry.at.duration_since(request.submitted_at).as_secs_f64().max(0.0);
        match (entry.event.as_str(), entry.status.as_str()) {
            // If several approvals are needed, only the last one changes the status.
            ("approved" | "approved with changes", "APPROVED") => self.approvals.observe(took),
            ("active", _) => self.ready_after.observe(took),
            ("submitted" | "change requested", _) if request.approval().exception.is_some() => {
                self.exceptions.get_or_create(&SubmissionLabels { product: entry.product.clone() }).inc();
            }
            _ => {}
        }
        self.count(entry);
    }

    /// Counts a refusal for lack of permission, including repeated ones without an audit entry of their own.
    pub(super) fn refused(&self) {
        self.refusals.inc();
    }

    /// Counts an audit entry.
    pub(super) fn count(&self, entry: &AuditEntry) {
        let product = entry.product.clone();
        match (entry.event.as_str(), entry.status.as_str()) {
            ("submitted", status) => {
                self.requests.get_or_create(&SubmissionLabels { product }).inc();
                // No approval needed: submitted and approved in one commit.
                if status == "APPROVED" {
                    self.decide(Decision::Auto);
                }
            }
            ("approved" | "approved with changes", "APPROVED") => self.decide(Decision::Approved),
            ("denied", _) => self.decide(Decision::Denied),
            ("cancelled", _) => self.decide(Decision::Cancelled),
            ("timed out", _) => self.decide(Decision::TimedOut),
            ("active", _) => self.provision(product, ProvisionResult::Succeeded),
            ("provisioning failed", _) => self.provision(product, ProvisionResult::Failed),
            ("warned" | "reminded", _) => self.lease(product, LeaseEvent::Warned),
            ("renewed", _) => self.lease(product, LeaseEvent::Renewed),
            ("expired", _) => self.lease(product, LeaseEvent::Expired),
            ("terminated", _) => self.lease(product, LeaseEvent::TornDown),
            ("teardown failed", _) => self.lease(product, LeaseEvent::TeardownFailed),
            ("retained", _) => self.lease(product, LeaseEvent::Retained),
            _ => {}
        }
    }

    /// Counts a run of a job.
    pub(super) fn job(&self, kind: &'static str, outcome: JobOutcome) {
        self.jobs.get_or_create(&JobRun { kind, outcome }).inc();
    }

    /// Counts a batch of the trail that was copied or failed to be.
    pub(super) fn copied(&self, to: CopyTarget, outcome: CopyOutcome) {
        self.copies.get_or_create(&Copied { to, outcome }).inc();
    }

    /// Sets the number of differences between rows and AWS.
    pub(super) fn drift(&self, findings: usize) {
        self.drift.set(i64::try_from(findings).unwrap_or(i64::MAX));
    }

    /// Counts a connection to Slack until the returned guard is dropped.
    pub fn socket_up(&self) -> SocketUp {
        self.sockets.inc();
        SocketUp(self.sockets.clone())
    }

    /// Returns the number of open connections to Slack.
    pub fn sockets(&self) -> usize {
        usize::try_from(self.sockets.get()).unwrap_or_default()
    }

    fn lease(&self, product: String, event: LeaseEvent) {
        self.leases.get_or_create(&LeaseLabels { product, event }).inc();
    }

    fn decide(&self, decision: Decision) {
        self.decisions.get_or_create(&DecisionLabels { decision }).inc();
    }

    fn provision(&self, product: String, outcome: ProvisionResult) {
        self.provisions.get_or_create(&Provision { product, outcome }).inc();
    }

    /// Encodes all metrics in the Prometheus text format.
    ///
    /// # Errors
    /// If a label cannot be encoded, which does not happen with ours.
    pub fn render(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Returns all pairs of an element of each slice.
fn pairs<'a, A, B: Copy>(first: &'a [A], second: &'a [B]) -> impl Iterator<Item = (&'a A, B)> {
    first.iter().flat_map(|one| second.iter().map(move |other| (one, *other)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::audit::{Actor, AuditHead, AuditSubject};
    use crate::domain::fixtures::{one_job_of_each_kind, product as product_of_tests};
    use crate::domain::ids::{ProductKey, RequestId, TeamName};
    use std::sync::Arc;

    const ALERTS: &str = include_str!("../../infra/alerts.yml");
    const DASHBOARD: &str = include_str!("../../infra/dashboard.json");
    const OPERATIONS: &str = include_str!("../../docs/operations.md");

    /// Returns the metrics after everything that is counted has happened once.
    fn written() -> String {
        let trouble = ErrorCounters::default();
        trouble.slack_asks_to_wait("chat.postMessage");
        trouble.aws_fails("dynamodb", "PutItem", "ThrottlingException");
        let metrics = Metrics::default().showing(&trouble);
        let (team, product) = (TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap());
        let happened = [
            ("submitted", "APPROVED"),
            ("approved", "APPROVED"),
            ("denied", "DENIED"),
            ("cancelled", "CANCELLED"),
            ("timed out", "TIMED_OUT"),
            ("active", "ACTIVE"),
            ("provisioning failed", "FAILED"),
            ("warned", "ACTIVE"),
            ("renewed", "ACTIVE"),
            ("expired", "TERMINATING"),
            ("terminated", "TERMINATED"),
            ("teardown failed", "TEARDOWN_FAILED"),
            ("retained", "RETAINED"),
        ];
        metrics.refused();
        for (event, status) in happened {
            let subject =
                AuditSubject::Request { id: RequestId::random(), team: &team, product: &product, status };
            let entry =
                AuditHead::default().append(jiff::Timestamp::UNIX_EPOCH, subject, event, &Actor::Clock, "");
            metrics.count(&entry);
        }
        for (kind, outcome) in pairs(&one_job_of_each_kind(), JobOutcome::ALL) {
            metrics.job(kind.as_str(), outcome);
        }
        metrics.job(UNREADABLE, JobOutcome::Parked);
        for (to, outcome) in pairs(CopyTarget::ALL, CopyOutcome::ALL) {
            metrics.copied(*to, outcome);
        }
        metrics.exceptions.get_or_create(&SubmissionLabels { product: "s3-bucket".into() }).inc();
        for what in Received::ALL {
            metrics.ack(*what, Duration::from_millis(3));
            metrics.throttled(*what);
        }
        metrics.render().unwrap()
    }

    /// Finds each use of one of our metrics in a text: its name and the content of the braces after it.
    fn used(text: &str) -> Vec<(String, String)> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        text.match_indices("quartermaster_")
            .map(|(at, _)| {
                let rest = &text[at..];
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                let braces = rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
                (rest[..end].to_owned(), braces.map_or_else(String::new, |(inside, _)| inside.to_owned()))
            })
            .collect()
    }

    /// Returns the exported series, each with its labels.
    fn series(written: &str) -> Vec<(String, String)> {
        written.lines().filter(|line| !line.starts_with('#')).flat_map(used).collect()
    }

    #[test]
    fn the_example_alerts_and_the_dashboard_ask_for_what_there_is() {
        let written = written();
        let known = series(&written);
        for (file, text) in [("alerts.yml", ALERTS), ("dashboard.json", DASHBOARD)] {
            let asked = used(&text.replace("\\\"", "\""));
            assert!(asked.len() > 12, "{file} was not understood");
            for (name, inside) in asked {
                let with: Vec<&str> =
                    known.iter().filter(|(known, _)| *known == name).map(|(_, labels)| &**labels).collect();
                assert!(!with.is_empty(), "infra/{file}: there is no metric `{name}`");
                for wanted in inside.split("\",").map(|label| label.trim().trim_end_matches('"')) {
                    let Some((label, values)) = wanted.split_once('=') else { continue };
                    for value in values.trim_start_matches(['~', '"']).split('|') {
                        let there = with.iter().any(|had| had.contains(&format!("{label}=\"{value}\"")));
                        assert!(there, "infra/{file}: `{name}` is never written with {label}=\"{value}\"");
                    }
                }
            }
        }
    }

    /// Metrics whose label values are not known in advance: an alert on them has to treat a new series as an increase.
    const OPEN: [&str; 1] = ["quartermaster_aws_errors_total"];

    /// Returns the series of a bot that has just started to offer the product of [`written`].
    fn fresh() -> BTreeSet<(String, String)> {
        let trouble = ErrorCounters::default();
        trouble.counts_calls_of(&["chat.postMessage"]);
        let metrics = Metrics::default().showing(&trouble);
        let product = ProductKey::parse("s3-bucket").unwrap();
        let catalog =
            Catalog { products: [(product, Arc::new(product_of_tests(1)))].into(), ..Catalog::default() };
        metrics.offers(&catalog);
        series(&metrics.render().unwrap()).into_iter().collect()
    }

    #[test]
    fn every_series_is_there_before_its_first_event() {
        let fresh = fresh();
        let all = series(&written());
        let born_later: Vec<_> = all
            .iter()
            .filter(|(name, _)| !OPEN.contains(&&**name))
            .filter(|series| !fresh.contains(*series))
            .collect();
        assert!(born_later.is_empty(), "not there before their first event: {born_later:?}");
        assert!(all.len() > 200, "of {} series", all.len());
    }

    #[test]
    fn every_counter_that_an_alert_looks_at_is_there_from_the_start_or_its_first_value_counts() {
        let (before, after) = (fresh(), series(&written()));
        let mut counters = 0;
        for rule in ALERTS.split("- alert: ").skip(1) {
            let expression = rule.split("labels:").next().unwrap();
            for (name, inside) in used(expression).into_iter().filter(|(name, _)| name.ends_with("_total")) {
                counters += 1;
                if OPEN.contains(&&*name) {
                    let born = format!("{name} unless {name} offset");
                    assert!(expression.contains(&born), "`{name}` is born with its first value: {rule}");
                    continue;
                }
                let wanted = |labels: &str| inside.split(',').all(|label| labels.contains(label.trim()));
                let all = after.iter().filter(|(known, labels)| *known == name && wanted(labels));
                let missing: Vec<_> = all.filter(|series| !before.contains(*series)).collect();
                assert!(missing.is_empty(), "not there before their first event: {missing:?}");
            }
        }
        assert!(counters > 8, "the rules were not understood");
    }

    #[test]
    fn the_docs_explain_every_metric_and_no_other() {
        let ending = ["_bucket", "_sum", "_count"];
        let family = |name: String| {
            let bare = ending.iter().find_map(|end| name.strip_suffix(end).map(str::to_owned));
            bare.unwrap_or(name)
        };
        let written: BTreeSet<String> =
            series(&written()).into_iter().map(|(name, _)| family(name)).collect();
        let rows = OPERATIONS.lines().filter(|line| line.starts_with("| `quartermaster_"));
        let explained: BTreeSet<String> =
            rows.filter_map(|row| used(row).into_iter().next()).map(|(name, _)| name).collect();
        assert_eq!(explained, written, "docs/operations.md, the table of metrics");
    }
}
