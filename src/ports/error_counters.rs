//! Counters of errors from outside services: Slack's rate limits and failed calls to AWS.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::clock::Clock;
use super::outage::Outages;

/// The error counters; clones share them.
#[derive(Clone, Debug, Default)]
pub struct ErrorCounters {
    /// Services that do not answer.
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
    /// Creates counters at zero; the outages are timed by this clock.
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        Self { outages: Outages::by(clock), ..Self::default() }
    }

    /// Counts a call of this method that Slack answered with 429.
    pub fn slack_asks_to_wait(&self, method: &str) {
        self.slack.get_or_create(&SlackMethod { method: method.to_owned() }).inc();
    }

    /// Creates the counters of these methods at zero, since Prometheus does not count the first value of a series as an
    /// increase.
    pub fn counts_calls_of(&self, methods: &[&str]) {
        for method in methods {
            let _ = self.slack.get_or_create(&SlackMethod { method: (*method).to_owned() });
        }
    }

    /// Counts a failed attempt of a call to AWS; the SDK may retry it.
    pub fn aws_fails(&self, service: &str, operation: &str, code: &str) {
        let failure = AwsFailure {
            service: service.to_owned(),
            operation: operation.to_owned(),
            code: code.to_owned(),
        };
        self.aws.get_or_create(&failure).inc();
    }

    /// Adds the counters to the registry of `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Calls that Slack answered with 429, by method";
        registry.register("slack_rate_limits", help, self.slack.clone());
        registry.register("aws_errors", "Tries of calls to AWS that failed", self.aws.clone());
    }
}
