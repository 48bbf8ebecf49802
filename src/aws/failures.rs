//! Counts failed attempts of AWS calls by service, operation and AWS error code. It sits below the SDK, so
//! that attempts which the SDK retries are counted too. Failed conditions of DynamoDB do not count: the store
//! relies on them.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use serde::Deserialize;

use crate::ports::error_counters::ErrorCounters;
use crate::ports::outage::Side;

/// The service that runs executions.
pub(super) const STEP_FUNCTIONS: Side = Side::Aws("Step Functions");

/// Error codes of DynamoDB for conditions that did not hold.
const ANSWERS: [&str; 2] = ["ConditionalCheckFailedException", "TransactionCanceledException"];

/// An HTTP client that counts failed calls.
#[derive(Debug)]
pub(super) struct Counting {
    pub(super) http: SharedHttpClient,
    pub(super) trouble: ErrorCounters,
}

impl HttpClient for Counting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.http.http_connector(settings, components);
        SharedHttpConnector::new(CountingConnector { connector, trouble: self.trouble.clone() })
    }
}

#[derive(Debug)]
struct CountingConnector {
    connector: SharedHttpConnector,
    trouble: ErrorCounters,
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").and_then(named);
        let calling = self.connector.call(request);
        let Some((service, operation)) = target else { return calling };
        let trouble = self.trouble.clone();
        HttpConnectorFuture::new(async move {
            let side = side(&service);
            let fails = |cause: &str| {
                if let Some(side) = side {
                    trouble.outages.fails(side, &format!("{operation}: {cause}"));
                }
            };
            let mut response = match calling.await {
                Ok(response) => response,
                Err(error) => {
                    let code = if error.is_timeout() { "timeout" } else { "unreachable" };
                    trouble.aws_fails(&service, &operation, code);
                    fails(code);
                    return Err(error);
                }
            };
            if response.status().is_server_error() {
                fails(&response.status().as_u16().to_string());
            } else if let Some(side) = side {
                // A client error is an answer too: the service is up.
                trouble.outages.answers(side);
            }
            if !response.status().is_success() {
                let code = code(&mut response).await;
                if !ANSWERS.contains(&code.as_str()) {
                    trouble.aws_fails(&service, &operation, &code);
                }
            }
            Ok(response)
        })
    }
}

/// Maps a service to its name in outage reports. The store and the queue report their own outages, so their
/// services have none here.
fn side(service: &str) -> Option<Side> {
    match service {
        "DynamoDB" | "AmazonSQS" => None,
        "AWSStepFunctions" => Some(STEP_FUNCTIONS),
        "AWS242ServiceCatalogService" => Some(Side::Aws("Service Catalog")),
        _ => Some(Side::Aws("other services")),
    }
}

/// Splits `DynamoDB_20120810.PutItem` into service and operation. Calls that fetch credentials have no such
/// header.
fn named(target: &str) -> Option<(String, String)> {
    let (service, operation) = target.split_once('.')?;
    Some((service.split('_').next()?.to_owned(), operation.to_owned()))
}

#[derive(Deserialize)]
struct AwsRefusal {
    #[serde(rename = "__type")]
    kind: String,
}

/// Reads AWS's error code, such as `ThrottlingException`, or else the HTTP status. The body is put back for
/// the SDK.
async fn code(response: &mut HttpResponse) -> String {
    let status = response.status().as_u16().to_string();
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let Ok(body) = body.collect().await else { return status };
    let bytes = body.to_bytes();
    let code = serde_json::from_slice::<AwsRefusal>(&bytes).ok().and_then(|refusal| {
        // Some services put a namespace and `#` before the code.
        let kind = refusal.kind.rsplit('#').next()?.to_owned();
        // The code becomes a metric label, so anything but a plain identifier is rejected.
        kind.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(kind)
    });
    *response.body_mut() = SdkBody::from(bytes);
    code.unwrap_or(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_service_and_operation() {
        let pair = |service: &str, operation: &str| Some((service.to_owned(), operation.to_owned()));
        assert_eq!(named("DynamoDB_20120810.PutItem"), pair("DynamoDB", "PutItem"));
        assert_eq!(named("AmazonSQS.ReceiveMessage"), pair("AmazonSQS", "ReceiveMessage"));
        assert_eq!(named("nothing of ours"), None);
    }
}
