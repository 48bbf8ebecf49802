//! An emulator of AWS on this machine, as `.ci/aws` starts it, and what a bot needs in it. Shared by the contract suites
//! and the journeys; `recorder` stands between the bot and the emulator and keeps what was asked.

#![expect(dead_code, reason = "each of the two test programs uses a part of it")]

pub(crate) mod machine;
pub(crate) mod recorder;
pub(crate) mod tables;

use aws_config::SdkConfig;
use quartermaster::aws::configuration;
use recorder::Recorder;

use crate::model::heeding;

/// Where the emulator is. Not under the SDK's own name, which every client would look up by itself.
const ENDPOINT: &str = "QM_EMULATOR";

/// Nothing but an emulator: these tests make tables and queues, and never in an account.
#[expect(clippy::disallowed_methods, reason = "the emulator's script says where it listens")]
fn endpoint() -> String {
    let endpoint = std::env::var(ENDPOINT).unwrap_or_default();
    assert!(endpoint.starts_with("http://127.0.0.1:"), "run .ci/aws: {ENDPOINT} is `{endpoint}`");
    endpoint
}

/// For what a test sets up.
pub(crate) async fn emulator() -> SdkConfig {
    calling(&endpoint()).await
}

async fn calling(endpoint: &str) -> SdkConfig {
    heeding(configuration().await.into_builder().endpoint_url(endpoint).build())
}

/// For what the bot does: the same, with everything that is asked kept.
pub(crate) async fn recorded() -> (SdkConfig, Recorder) {
    recorded_beside(None).await
}

/// As [`recorded`], with Service Catalog at this address in the place of the emulator, which has none.
pub(crate) async fn recorded_beside(service_catalog: Option<&str>) -> (SdkConfig, Recorder) {
    let recorder = Recorder::before(endpoint(), service_catalog.map(str::to_owned)).await;
    (calling(recorder.url()).await, recorder)
}
