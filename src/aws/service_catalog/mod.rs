//! The provisioner port on Service Catalog. The configured portfolio, as `quartermaster catalog template`
//! creates it, determines what can be provisioned. `published` finds a product there, `check` reports at
//! startup what is missing or different, `records` reads the progress of an operation, `survey` lists what
//! exists, and `import` reads a product that was created elsewhere.

mod check;
mod import;
pub(super) mod names;
mod published;
mod records;
mod survey;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::error::SdkError;
use aws_sdk_servicecatalog::operation::describe_provisioned_product::DescribeProvisionedProductError;
use aws_sdk_servicecatalog::operation::terminate_provisioned_product::TerminateProvisionedProductError;
use aws_sdk_servicecatalog::types::{ProvisioningParameter, RecordDetail, Tag};

use self::published::{Cache, NoLaunchPath, PublishedVersion};
use super::{SetupProblem, denied_or};
use crate::domain::catalog::Catalog;
use crate::domain::drift::ProvisionedRecord;
use crate::domain::ids::{ProductKey, ProvisionedProductId, RecordId, RequestId};
use crate::ports::provisioner::{ProvisionError, ProvisionOrder, Provisioner, RecordState, Started};

pub use import::ProductDetails as ExistingProduct;

/// Pause between two looks at a record. Even the quickest stack takes longer.
const POLL: Duration = Duration::from_secs(10);

/// The right to look up a provisioned product.
const DESCRIBE: &str = "servicecatalog:DescribeProvisionedProduct";

/// The portfolio of the products, and the launch paths to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portfolio {
    /// Its id, `port-…`. Products in other portfolios are ignored.
    pub id: String,
    /// Launch paths for products that several paths lead to.
    pub launch_paths: BTreeMap<ProductKey, String>,
}

/// A client of Service Catalog. Clones share their cache.
#[derive(Clone, Debug)]
pub struct ServiceCatalog {
    client: Client,
    portfolio: Portfolio,
    catalog: Arc<Catalog>,
    places: Cache,
}

impl ServiceCatalog {
    /// Creates a client for the products of `catalog` in this portfolio.
    pub fn new(configuration: &SdkConfig, portfolio: Portfolio, catalog: Arc<Catalog>) -> Self {
        Self { client: Client::new(configuration), portfolio, catalog, places: Cache::default() }
    }

    /// Returns a copy for another catalog.
    #[must_use]
    pub fn offering(self, catalog: Arc<Catalog>) -> Self {
        Self { catalog, ..self }
    }

    /// Names what [`Self::problems`] checks, for its report.
    pub fn subject(&self) -> String {
        let products = self.catalog.products.len();
        format!("the {products} products of the catalog in the portfolio `{}`", self.portfolio.id)
    }

    /// Returns all problems with the portfolio, given the products of the catalog.
    pub async fn problems(&self) -> Vec<SetupProblem> {
        check::problems(self).await
    }

    async fn place_for(&self, order: &ProvisionOrder<'_>) -> Result<PublishedVersion, ProvisionError> {
        match self.place(order.product).await {
            Ok(place) => Ok(place),
            Err(NoLaunchPath::NotNow(error)) => Err(error.into()),
            Err(missing) => {
                let key = &order.product.key;
                tracing::error!(request = %order.request, product = %key, %missing, "a product is not in the portfolio");
                Err(ProvisionError::Refused(format!("{missing}. The platform team can mend this.")))
            }
        }
    }

    async fn provision_at(
        &self,
        place: &PublishedVersion,
        order: &ProvisionOrder<'_>,
    ) -> Result<Started, ProvisionError> {
        let pair =
            |(key, value): &(String, String)| ProvisioningParameter::builder().key(key).value(value).build();
        let call = self
            .client
            .provision_product()
            .product_id(&place.product)
            .provisioning_artifact_id(&place.version)
            .path_id(&place.path)
            .provisioned_product_name(names::name_of(order.request))
            // The token makes the call idempotent: one repeated after a crash returns the same record.
            .provision_token(order.request.to_string())
            .set_provisioning_parameters(Some(order.parameters.iter().map(pair).collect()))
            .set_tags(Some(tags(order.tags)?));
        let error = match call.send().await {
            Ok(answer) => return Ok(started(answer.record_detail.as_ref(), order)?),
            Err(error) => error,
        };
        let final_answer = error.as_service_error().filter(|refused| {
            refused.is_duplicate_resource_exception()
                || refused.is_invalid_parameters_exception()
                || refused.is_resource_not_found_exception()
        });
        let Some(refused) = final_answer else {
            let error = denied_or(error, "servicecatalog:ProvisionProduct");
            return Err(error.context("cannot provision").into());
        };
        // An earlier call may have succeeded although its answer was lost.
        if let Some(earlier) = self.begun_earlier(order).await? {
            return Ok(earlier);
        }
        // The cached place may be what was wrong, so look it up again the next time.
        self.places.forget(order.product);
        Err(ProvisionError::Refused(
            refused.meta().message().unwrap_or("Service Catalog refused it").to_owned(),
        ))
    }

    /// Finds what an earlier call for the same request has started.
    async fn begun_earlier(&self, order: &ProvisionOrder<'_>) -> anyhow::Result<Option<Started>> {
        let name = names::name_of(order.request);
        let described = self.client.describe_provisioned_product().name(&name).send().await;
        let detail = match described {
            Ok(answer) => answer.provisioned_product_detail,
            Err(error) if is_not_there(&error) => return Ok(None),
            Err(error) => return Err(denied_or(error, DESCRIBE).context(format!("cannot look for {name}"))),
        };
        let Some(detail) = detail else { return Ok(None) };
        let (Some(product), Some(record)) = (detail.id(), detail.last_provisioning_record_id()) else {
            return Ok(None);
        };
        Ok(Some(Started {
            product: ProvisionedProductId::new(product),
            record: RecordId::new(record),
            resources: order.product.template.resources_made(order.parameters),
        }))
    }
}

fn is_not_there<R>(error: &SdkError<DescribeProvisionedProductError, R>) -> bool {
    let error = error.as_service_error();
    error.is_some_and(DescribeProvisionedProductError::is_resource_not_found_exception)
}

/// Explains that something exists but cannot be removed by this role.
fn of_another_role(name: &str) -> String {
    format!(
        "Service Catalog has {name}, but it belongs to another role than the portal's, which therefore cannot remove it. \
         Somebody has to terminate it in Service Catalog with the rights of an administrator; then press Try again"
    )
}

fn tags(tags: &[(String, String)]) -> anyhow::Result<Vec<Tag>> {
    let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().context("cannot label what is provisioned")
}

fn started(record: Option<&RecordDetail>, order: &ProvisionOrder<'_>) -> anyhow::Result<Started> {
    let record = record.context("Service Catalog answered without a record")?;
    Ok(Started {
        product: ProvisionedProductId::new(
            record.provisioned_product_id().context("the record names no provisioned product")?,
        ),
        record: RecordId::new(record.record_id().context("the record has no id")?),
        resources: order.product.template.resources_made(order.parameters),
    })
}

#[async_trait]
impl Provisioner for ServiceCatalog {
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError> {
        self.provision_at(&self.place_for(order).await?, order).await
    }

    async fn update(&self, order: &ProvisionOrder<'_>, change: u32) -> Result<RecordId, ProvisionError> {
        self.update_at(&self.place_for(order).await?, order, change).await
    }

    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState> {
        records::describe(&self.client, record).await
    }

    async fn terminate(&self, request: RequestId, attempt: u32) -> Result<Option<RecordId>, ProvisionError> {
        let name = names::name_of(request);
        let call = self.client.terminate_provisioned_product().provisioned_product_name(&name);
        // One token per attempt: a repeated call is the same operation, while a new attempt is not.
        match call.terminate_token(format!("{request}-{attempt}")).send().await {
            Ok(answer) => {
                let record = answer.record_detail.as_ref().and_then(RecordDetail::record_id);
                Ok(Some(RecordId::new(record.context("Service Catalog answered without a record")?)))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(TerminateProvisionedProductError::is_resource_not_found_exception) =>
            {
                // Not found for this role is no proof: another role may have provisioned it.
                if survey::is_in_account(&self.client, &name).await? {
                    return Err(ProvisionError::Refused(of_another_role(&name)));
                }
                Ok(None)
            }
            Err(error) => {
                let error = denied_or(error, "servicecatalog:TerminateProvisionedProduct");
                Err(error.context(format!("cannot remove {name}")).into())
            }
        }
    }

    async fn survey(&self) -> anyhow::Result<Vec<ProvisionedRecord>> {
        survey::survey(&self.client).await
    }

    async fn exists(&self, request: RequestId) -> anyhow::Result<bool> {
        let name = names::name_of(request);
        match self.client.describe_provisioned_product().name(&name).send().await {
            Ok(_) => Ok(true),
            // Service Catalog reports what another role has provisioned as not found, although it exists.
            Err(error) if is_not_there(&error) => survey::is_in_account(&self.client, &name).await,
            Err(error) => Err(denied_or(error, DESCRIBE).context(format!("cannot look for {name}"))),
        }
    }

    fn poll_every(&self) -> Duration {
        POLL
    }

    fn is_simulated(&self) -> bool {
        false
    }
}
