//! Counters of what happened, fed from the audit trail's entries so that nothing is counted that was not stored.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::domain::audit::AuditEntry;
use crate::domain::job::JobKind;

/// The program's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    provisions: Family<Provision, Counter>,
    decisions: Family<Decision, Counter>,
    requests: Family<Submitted, Counter>,
    leases: Family<LeaseEvent, Counter>,
    refusals: Counter,
    jobs: Family<JobRun, Counter>,
    drift: Gauge,
    sockets: Gauge,
}

/// A connection to Slack that is up; counted until it is dropped.
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
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decision {
    decision: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Submitted {
    product: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LeaseEvent {
    product: String,
    event: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobRun {
    kind: &'static str,
    outcome: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("quartermaster");
        let metrics = Self {
            provisions: Family::default(),
            decisions: Family::default(),
            requests: Family::default(),
            leases: Family::default(),
            refusals: Counter::default(),
            jobs: Family::default(),
            drift: Gauge::default(),
            sockets: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("provisions", "Provisionings that ended", metrics.provisions.clone());
        registry.register("decisions", "Requests that were decided", metrics.decisions.clone());
        registry.register("requests", "Requests that were submitted", metrics.requests.clone());
        registry.register("leases", "What happened to what lives", metrics.leases.clone());
        registry.register("refusals", "Attempts refused for lack of right", metrics.refusals.clone());
        registry.register("jobs", "Runs of jobs by kind", metrics.jobs.clone());
        let help = "Differences between rows and AWS that the last comparison found";
        registry.register("drift_findings", help, metrics.drift.clone());
        let help = "Socket Mode connections to Slack that are up";
        registry.register("slack_sockets", help, metrics.sockets.clone());
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Counts what an entry of the audit trail says.
    pub(super) fn count(&self, entry: &AuditEntry) {
        let product = entry.product.clone();
        match (entry.event.as_str(), entry.status.as_str()) {
            ("submitted", status) => {
                self.requests.get_or_create(&Submitted { product }).inc();
                if status == "APPROVED" {
                    self.decide("auto");
                }
            }
            ("approved", "APPROVED") => self.decide("approved"),
            ("denied", _) => self.decide("denied"),
            ("cancelled", _) => self.decide("cancelled"),
            ("timed out", _) => self.decide("timed_out"),
            ("active", _) => self.provision(product, "succeeded"),
            ("provisioning failed", _) => self.provision(product, "failed"),
            ("warned" | "reminded", _) => self.lease(product, "warned"),
            ("renewed", _) => self.lease(product, "renewed"),
            ("expired", _) => self.lease(product, "expired"),
            ("terminated", _) => self.lease(product, "torn_down"),
            ("teardown failed", _) => self.lease(product, "teardown_failed"),
            ("retained", _) => self.lease(product, "retained"),
            ("refused", _) => {
                self.refusals.inc();
            }
            _ => {}
        }
    }

    /// Counts a run of a job.
    pub(super) fn job(&self, kind: &JobKind, outcome: &'static str) {
        self.jobs.get_or_create(&JobRun { kind: kind.word(), outcome }).inc();
    }

    /// Notes how many differences there are.
    pub(super) fn drift(&self, findings: usize) {
        self.drift.set(i64::try_from(findings).unwrap_or(i64::MAX));
    }

    /// Counts a connection to Slack for as long as the answer is kept.
    pub fn socket_up(&self) -> SocketUp {
        self.sockets.inc();
        SocketUp(self.sockets.clone())
    }

    /// How many connections to Slack are up.
    pub fn sockets(&self) -> usize {
        usize::try_from(self.sockets.get()).unwrap_or_default()
    }

    fn lease(&self, product: String, event: &'static str) {
        self.leases.get_or_create(&LeaseEvent { product, event }).inc();
    }

    fn decide(&self, decision: &'static str) {
        self.decisions.get_or_create(&Decision { decision }).inc();
    }

    fn provision(&self, product: String, outcome: &'static str) {
        self.provisions.get_or_create(&Provision { product, outcome }).inc();
    }

    /// All of them as Prometheus reads them.
    ///
    /// # Errors
    /// When a label cannot be written as text, which none of ours can bring about.
    pub fn render(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
