//! What goes wrong outside, counted where it is met: Slack asks us to wait, AWS says no.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::clock::Clock;
use super::outage::Outages;

/// The counters; clones share them.
#[derive(Clone, Debug, Default)]
pub struct ErrorCounters {
    /// Sides that do not answer.
    pub outages: Outages,
    slack: Family<SlackMethod, Counter>,
    aws: Family<AwsFailure, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SlackMethod {
    method: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AwsFailure {
    service: String,
    operation: String,
    code: String,
}

impl ErrorCounters {
    /// Counters that begin at zero, and outages that last as long as this clock says.
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        Self { outages: Outages::by(clock), ..Self::default() }
    }

    /// Slack answered a call of this method with "too many".
    pub fn slack_asks_to_wait(&self, method: &str) {
        self.slack.get_or_create(&SlackMethod { method: method.to_owned() }).inc();
    }

    /// Calls of these methods are counted, from zero on: what Prometheus sees for the first time is no increase to it.
    pub fn counts_calls_of(&self, methods: &[&str]) {
        for method in methods {
            let _ = self.slack.get_or_create(&SlackMethod { method: (*method).to_owned() });
        }
    }

    /// A try of a call to AWS failed with this code.
    pub fn aws_fails(&self, service: &str, operation: &str, code: &str) {
        let failure = AwsFailure {
            service: service.to_owned(),
            operation: operation.to_owned(),
            code: code.to_owned(),
        };
        self.aws.get_or_create(&failure).inc();
    }

    /// Has the counters shown with all others.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Calls that Slack answered with 429, by method";
        registry.register("slack_rate_limits", help, self.slack.clone());
        registry.register("aws_errors", "Tries of calls to AWS that failed", self.aws.clone());
    }
}
