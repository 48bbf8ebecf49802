//! Updates a provisioned product to other parameters or another version.

use anyhow::Context as _;
use aws_sdk_servicecatalog::types::{RecordDetail, UpdateProvisioningParameter};

use super::published::PublishedVersion;
use super::{ServiceCatalog, names, tags};
use crate::aws::denied_or;
use crate::domain::ids::RecordId;
use crate::ports::provisioner::{ProvisionError, ProvisionOrder};

impl ServiceCatalog {
    /// Starts the update. Sends all parameters, because one that is left out would fall back to its default.
    pub(super) async fn update_at(
        &self,
        place: &PublishedVersion,
        order: &ProvisionOrder<'_>,
        change: u32,
    ) -> Result<RecordId, ProvisionError> {
        let name = names::name_of(order.request);
        let pair = |(key, value): &(String, String)| {
            UpdateProvisioningParameter::builder().key(key).value(value).build()
        };
        let call = self
            .client
            .update_provisioned_product()
            .provisioned_product_name(&name)
            .product_id(&place.product)
            .provisioning_artifact_id(&place.version)
            .path_id(&place.path)
            // The token makes a repeated call of the same change return the same record.
            .update_token(format!("{}-{change}", order.request))
            .set_provisioning_parameters(Some(order.parameters.iter().map(pair).collect()))
            .set_tags(Some(tags(order.tags)?));
        let error = match call.send().await {
            Ok(answer) => {
                let record = answer.record_detail.as_ref().and_then(RecordDetail::record_id);
                return Ok(RecordId::new(record.context("Service Catalog answered without a record")?));
            }
            Err(error) => error,
        };
        let final_answer = error.as_service_error().filter(|refused| {
            refused.is_invalid_parameters_exception() || refused.is_resource_not_found_exception()
        });
        let Some(refused) = final_answer else {
            let error = denied_or(error, "servicecatalog:UpdateProvisionedProduct");
            return Err(error.context(format!("cannot change {name}")).into());
        };
        // The cached place may be what was wrong, so look it up again the next time.
        self.places.forget(order.product);
        let why = refused.meta().message().unwrap_or("Service Catalog refused it").to_owned();
        Err(ProvisionError::Refused(why))
    }
}
