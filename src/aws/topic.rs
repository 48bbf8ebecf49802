//! Publishes each audit entry to an SNS topic. A single call of the query protocol, signed as the SDKs do: a
//! client for all of SNS would make up a fiftieth of the binary.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sfn::config::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_types::service_config::ServiceConfigKey;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use url::Url;

use crate::domain::audit::AuditEntry;
use crate::https::Poster;
use crate::ports::clock::{Clock as _, SystemClock};
use crate::ports::subscriber::{Subscriber, TellError};

/// Time limit for a call.
const LIMIT: Duration = Duration::from_secs(5);
/// Pause after SNS has throttled a call.
const THROTTLED: Duration = Duration::from_secs(10);
/// The version of the SNS API.
const VERSION: &str = "2010-03-31";
const FORM: &str = "application/x-www-form-urlencoded";

/// An SNS topic that events are published to.
#[derive(Clone, Debug)]
pub struct Topic {
    arn: String,
    region: String,
    endpoint: Url,
    credentials: Option<SharedCredentialsProvider>,
    poster: Poster,
}

impl Topic {
    /// Creates a client for the topic with this ARN, in its own region and with the credentials of
    /// `configuration`.
    ///
    /// # Errors
    /// If the ARN or an address in the environment cannot be parsed, or the system has no certificates.
    pub fn new(configuration: &SdkConfig, arn: &str) -> anyhow::Result<Self> {
        let region = arn.split(':').nth(3).context("the ARN of the topic names no region")?.to_owned();
        // AWS in China has a domain of its own.
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let endpoint = redirected(configuration).unwrap_or_else(|| format!("https://sns.{region}.{domain}/"));
        let endpoint = Url::parse(&endpoint).with_context(|| format!("`{endpoint}` is no address of SNS"))?;
        Ok(Self {
            arn: arn.to_owned(),
            region,
            poster: Poster::to(&endpoint)?,
            endpoint,
            credentials: configuration.credentials_provider(),
        })
    }

    async fn signed(&self, body: String) -> anyhow::Result<Request<Bytes>> {
        let provider = self.credentials.as_ref().context("there are no credentials")?;
        let identity = provider.provide_credentials().await.context("there are no credentials")?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sns")
            .time(SystemTime::try_from(SystemClock.now())?)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let (uri, headers) = (self.endpoint.as_str(), [(CONTENT_TYPE.as_str(), FORM)]);
        let signable =
            SignableRequest::new("POST", uri, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
        let (signature, _) = sign(signable, &parameters)?.into_parts();
        let mut request = Request::post(uri).header(CONTENT_TYPE, FORM).body(Bytes::from(body))?;
        signature.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    /// Builds the form to publish an entry: the entry as the export has it, and attributes that subscribers
    /// can filter by. A FIFO topic keeps the order of each request and drops duplicates.
    fn publication(&self, entry: &AuditEntry) -> anyhow::Result<String> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", "Publish").append_pair("Version", VERSION);
        form.append_pair("TopicArn", &self.arn).append_pair("Message", &serde_json::to_string(entry)?);
        let attributes = [("event", &entry.event), ("team", &entry.team), ("product", &entry.product)];
        // SNS refuses an attribute without a value.
        let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
        for (number, (name, value)) in (1..).zip(attributes) {
            let place = format!("MessageAttributes.entry.{number}");
            form.append_pair(&format!("{place}.Name"), name);
            form.append_pair(&format!("{place}.Value.DataType"), "String");
            form.append_pair(&format!("{place}.Value.StringValue"), value);
        }
        if self.arn.rsplit('.').next() == Some("fifo") {
            form.append_pair("MessageGroupId", &entry.request.to_string());
            form.append_pair("MessageDeduplicationId", &entry.digest);
        }
        Ok(form.finish())
    }
}

#[async_trait]
impl Subscriber for Topic {
    async fn tell(&self, entry: &AuditEntry) -> Result<(), TellError> {
        let request = self.signed(self.publication(entry)?).await?;
        let answer = self.poster.post(request, LIMIT).await.context("SNS")?;
        if answer.status.is_success() {
            return Ok(());
        }
        let code = code(&answer.body);
        // SNS itself throttles with 429; AWS's common error for it is a 400 with this code.
        if answer.status == StatusCode::TOO_MANY_REQUESTS || code.contains("Throttl") {
            return Err(TellError::Wait(THROTTLED));
        }
        Err(anyhow!("SNS answered {} ({code})", answer.status.as_u16()).into())
    }
}

/// Returns the endpoint that the environment or the profile sets for SNS, as the SDKs do.
fn redirected(configuration: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("sns").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let of_service = configuration.service_config().zip(key.build().ok());
    let of_service = of_service.and_then(|(service, key)| service.load_config(key));
    of_service.or_else(|| configuration.endpoint_url().map(str::to_owned))
}

/// Extracts the error code from the XML of the answer.
fn code(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let word = code.map_or("no reason", |(code, _)| code);
    // The code becomes part of an error message, so keep it short and plain.
    word.chars().filter(char::is_ascii_alphanumeric).take(60).collect()
}
