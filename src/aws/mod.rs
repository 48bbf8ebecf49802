//! Implementations of the ports on AWS, for deployments that run more than one replica: the store on
//! DynamoDB, the workflow on Step Functions, its queue on SQS, the provisioner on Service Catalog. Code that
//! needs no account belongs in `local/`; the resources that an account needs are in `infra/`.

pub mod access;
pub mod cost_explorer;
pub mod dynamodb;
mod failures;
pub mod inventory;
mod problem;
pub mod queue;
pub mod service_catalog;
pub mod step_functions;
pub mod topic;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

pub use problem::SetupProblem;
use problem::{Needs, denied_or};

use self::failures::Counting;
use crate::ports::error_counters::ErrorCounters;

/// Time limit for opening a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// Time limit for one attempt of a call.
const ATTEMPT: Duration = Duration::from_secs(5);
/// Time limit for a call including all its retries.
const OPERATION: Duration = Duration::from_secs(20);

/// Returns the configuration that all AWS clients are built from: region, credentials and `AWS_ENDPOINT_URL`
/// as the AWS SDKs look them up, standard retries, and a limit of 20 seconds for each call.
pub async fn configuration() -> SdkConfig {
    configuration_counting(&ErrorCounters::default()).await
}

/// Like [`configuration`], but counts failed calls in `trouble`.
pub async fn configuration_counting(trouble: &ErrorCounters) -> SdkConfig {
    // A connector uses no proxy unless one is configured, so read `HTTPS_PROXY` and its like here.
    let http = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        let connector = connector.proxy_config(ProxyConfig::from_env());
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    });
    let http = SharedHttpClient::new(Counting { http, trouble: trouble.clone() });
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        // Four attempts of 5 s each fill the limit of the whole call.
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .load()
        .await
}
