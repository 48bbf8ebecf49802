//! Reads an existing product of Service Catalog and the template of its newest version, for users who want to
//! add it to the catalog. Runs with the user's rights, not the bot's.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use aws_config::SdkConfig;
use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::types::{ProvisioningArtifact, ProvisioningArtifactGuidance};
use axum::body::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use url::Url;

use crate::https::{connector, is_this_machine};

/// The largest template in bytes that CloudFormation accepts from S3.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST: usize = 1024 * 1024;
/// Time limit for fetching the template, whose server is not AWS's API.
const PATIENCE: Duration = Duration::from_secs(20);

/// Service Catalog's description of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductDetails {
    /// `prod-…`.
    pub id: String,
    /// The name in the console, such as `Postgres (small)`.
    pub name: String,
    /// A one-line description; may be empty.
    pub description: String,
    /// The owner; may be empty.
    pub owner: String,
    /// Name of the newest version.
    pub version: String,
    /// `pa-…` of the newest version.
    pub version_id: String,
    template_url: Option<String>,
}

impl ProductDetails {
    /// Looks up a product by its id or name.
    ///
    /// # Errors
    /// If these credentials cannot see such a product, or it has no version.
    pub async fn find(configuration: &SdkConfig, product: &str) -> anyhow::Result<Self> {
        let client = Client::new(configuration);
        let call = client.describe_product();
        let call = if product.starts_with("prod-") { call.id(product) } else { call.name(product) };
        let described =
            call.send().await.with_context(|| format!("cannot look at the product `{product}`"))?;
        let newest = newest(described.provisioning_artifacts())
            .with_context(|| format!("the product `{product}` has no version"))?;
        let summary =
            described.product_view_summary().context("Service Catalog answered without a product")?;
        let id = summary.product_id().context("the product has no id")?;
        let version_id = newest.id().context("the version has no id")?;
        let call =
            client.describe_provisioning_artifact().product_id(id).provisioning_artifact_id(version_id);
        let artifact = call.send().await.context("cannot look at the version")?;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(Self {
            id: id.to_owned(),
            name: text(summary.name()),
            description: text(summary.short_description()),
            owner: text(summary.owner()),
            version: text(newest.name()),
            version_id: version_id.to_owned(),
            template_url: artifact.info().and_then(|info| info.get("TemplateUrl")).cloned(),
        })
    }

    /// Fetches the template of the newest version.
    ///
    /// # Errors
    /// If Service Catalog does not say where the template is, or it cannot be read without further rights.
    pub async fn template(&self) -> anyhow::Result<String> {
        let Some(url) = &self.template_url else {
            bail!("Service Catalog does not say where its template is")
        };
        let fetched = tokio::time::timeout(PATIENCE, fetch(url)).await;
        fetched
            .with_context(|| format!("{url} did not answer"))?
            .with_context(|| format!("cannot read {url}"))
    }
}

/// Returns the version that was added last, not counting deprecated ones.
fn newest(versions: &[ProvisioningArtifact]) -> Option<&ProvisioningArtifact> {
    let current = versions
        .iter()
        .filter(|version| !matches!(version.guidance(), Some(ProvisioningArtifactGuidance::Deprecated)));
    current
        .max_by_key(|version| version.created_time().map(aws_sdk_servicecatalog::primitives::DateTime::secs))
}

async fn fetch(url: &str) -> anyhow::Result<String> {
    let parsed = Url::parse(url)?;
    ensure!(parsed.scheme() == "https" || is_this_machine(&parsed), "it is no https address");
    let client = legacy::Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(connector(&parsed)?);
    let answer = client.get(parsed.as_str().parse()?).await?;
    ensure!(answer.status().is_success(), "it answered {}", answer.status());
    let body = Limited::new(answer.into_body(), LARGEST).collect().await;
    let body =
        body.map_err(|error| anyhow::anyhow!(error)).context("the template is too large or broke off")?;
    String::from_utf8(body.to_bytes().to_vec()).context("the template is no text")
}
