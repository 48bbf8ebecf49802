//! Names of provisioned products, and the stack names that Service Catalog derives.

use crate::domain::ids::{ProvisionedProductId, RequestId};

const PREFIX: &str = "portal-";

/// Returns the name of a request's provisioned product. Names are unique per account and region.
pub(in crate::aws) fn name_of(request: RequestId) -> String {
    format!("{PREFIX}{request}")
}

/// Parses the request from the name of a provisioned product; `None` if the portal did not provision it.
pub(in crate::aws) fn request_of(name: &str) -> Option<RequestId> {
    RequestId::parse(name.strip_prefix(PREFIX)?)
}

/// Returns the provisioned product of a stack: `arn:…:stack/SC-<account>-<provisioned product>/<uuid>`.
pub(in crate::aws) fn product_of_stack(stack_id: &str) -> Option<ProvisionedProductId> {
    let name = stack_id.split_once(":stack/")?.1.split('/').next()?;
    let (account, product) = name.strip_prefix("SC-")?.split_once('-')?;
    let is_ours = account.bytes().all(|b| b.is_ascii_digit()) && product.starts_with("pp-");
    is_ours.then(|| ProvisionedProductId::new(product))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_request_and_no_other_name_does() {
        let request = RequestId::random();
        assert_eq!(request_of(&name_of(request)), Some(request));
        for name in
            ["", "portal-", "portal-x", "my-bucket", &request.to_string(), &format!("x{}", name_of(request))]
        {
            assert_eq!(request_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_stack_of_service_catalog_names_its_product() {
        let stack = "arn:aws:cloudformation:us-east-1:123456789012:stack/SC-123456789012-pp-abc123/0-1";
        assert_eq!(product_of_stack(stack), Some(ProvisionedProductId::new("pp-abc123")));
        for other in [
            "",
            "SC-1-pp-a",
            "arn:aws:cloudformation:r:1:stack/mine/0",
            "x:stack/SC-mine-pp-a/0",
            "x:stack/SC-1-x/0",
        ] {
            assert_eq!(product_of_stack(other), None, "{other}");
        }
    }
}
