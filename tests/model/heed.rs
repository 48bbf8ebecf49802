//! Where a server of ours was asked, or would answer, as AWS never is or does, the test whose call it was has to fail. It
//! might take a connection that broke off for the error that it expects, so the answer says what is wrong, and the client
//! ends the test there.

use std::io::Write as _;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};

/// What is wrong, in an answer of ours.
const WRONG: &str = "x-wrong";

/// The answer that says what is wrong with a call, or with its answer. One that no client asks again after.
pub(crate) fn broken(wrong: &[String]) -> Response<Body> {
    let told = wrong.join("; ");
    let heading = told.escape_default().to_string();
    Response::builder()
        .status(StatusCode::NOT_IMPLEMENTED)
        .header(WRONG, heading)
        .body(Body::from(told))
        .unwrap()
}

/// Whether an answer is one of those.
pub(crate) fn is_broken(headers: &HeaderMap) -> bool {
    headers.contains_key(WRONG)
}

/// Ends the test. A panic in a task of its own ends that task alone, of which the test may never hear, so there the whole
/// program ends.
fn fail(told: &str) -> ! {
    assert!(tokio::task::try_id().is_some(), "{told}");
    let thread = std::thread::current();
    // Not as a test prints, which nobody would see any more.
    let _ = writeln!(std::io::stderr(), "{}: {told}", thread.name().unwrap_or("a test"));
    std::process::abort();
}

/// The same, ending the test when it is told so.
pub(crate) fn heeding(configuration: SdkConfig) -> SdkConfig {
    let http = Heeding(configuration.http_client().unwrap());
    configuration.into_builder().http_client(SharedHttpClient::new(http)).build()
}

#[derive(Debug)]
struct Heeding(SharedHttpClient);

impl HttpClient for Heeding {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Listening(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Listening(SharedHttpConnector);

impl HttpConnector for Listening {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let calling = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let answer = calling.await?;
            if let Some(wrong) = answer.headers().get(WRONG) {
                fail(&format!("held to AWS's service models: {wrong}"));
            }
            Ok(answer)
        })
    }
}
