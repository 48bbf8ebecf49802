//! An emulator of AWS on this machine, as `.ci/aws` starts it, and what a bot needs in it. Shared by the contract suites
//! and the journeys; `recorder` stands between the bot and the emulator and keeps what was asked.

#![expect(dead_code, reason = "each of the two test programs uses a part of it")]

pub(crate) mod machine;
pub(crate) mod recorder;
pub(crate) mod tables;

use aws_config::SdkConfig;
use quartermaster::aws::configuration;
use recorder::Recorder;

/// Where the emulator is, as the AWS SDKs call it.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Nothing but an emulator: these tests make tables and queues, and never in an account.
#[expect(clippy::disallowed_methods, reason = "the emulator's script says where it listens")]
fn endpoint() -> String {
    let endpoint = std::env::var(ENDPOINT).unwrap_or_default();
    assert!(endpoint.starts_with("http://127.0.0.1:"), "run .ci/aws: {ENDPOINT} is `{endpoint}`");
    endpoint
}

/// For what a test sets up.
pub(crate) async fn emulator() -> SdkConfig {
    endpoint();
    configuration().await
}

/// For what the bot does: the same, with everything that is asked kept.
pub(crate) async fn recorded() -> (SdkConfig, Recorder) {
    let recorder = Recorder::before(endpoint()).await;
    let configuration = configuration().await.into_builder().endpoint_url(recorder.url()).build();
    (configuration, recorder)
}
