//! Checks that the portfolio offers what the catalog describes.

use std::collections::BTreeMap;

use aws_sdk_servicecatalog::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_servicecatalog::operation::describe_product::DescribeProductError;
use aws_sdk_servicecatalog::operation::list_launch_paths::ListLaunchPathsError;
use aws_sdk_servicecatalog::operation::search_products_as_admin::SearchProductsAsAdminError;
use aws_sdk_servicecatalog::types::{ParameterConstraints, ProvisioningArtifactParameter};

use super::ServiceCatalog;
use super::published::{NoLaunchPath, PublishedVersion};
use crate::aws::SetupProblem;
use crate::domain::catalog::Product;
use cloudformation::{Parameter, ParameterKind};

/// The beginning of most remedies.
const DEPLOY: &str = "print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with \
                      `infra/deploy.sh`";

/// Returns everything that is missing or different, product by product.
pub(super) async fn problems(service: &ServiceCatalog) -> Vec<SetupProblem> {
    let ids = match service.product_ids().await {
        Ok(ids) => ids,
        Err(missing) => return vec![problem(&missing)],
    };
    let mut problems = Vec::new();
    for product in service.catalog.products.values() {
        match service.find(product, &ids).await {
            Ok(place) => problems.extend(differences(service, product, &place).await),
            Err(missing) => problems.push(problem(&missing)),
        }
    }
    problems
}

fn problem(missing: &NoLaunchPath) -> SetupProblem {
    let remedy = match missing {
        NoLaunchPath::Portfolio { .. } => {
            "correct `aws.portfolio` and the region, or deploy the portfolio with `infra/deploy.sh`"
                .to_owned()
        }
        NoLaunchPath::Product { .. } | NoLaunchPath::Version { .. } => DEPLOY.to_owned(),
        NoLaunchPath::Products { .. } => "take all but one out of the portfolio, or rename them".to_owned(),
        NoLaunchPath::Template { .. } => {
            format!("give the product a new `version` in its product.yml, then {DEPLOY}")
        }
        NoLaunchPath::Path { .. } => {
            "associate the role of the bot with the portfolio, as `infra/portfolio.yml` does".to_owned()
        }
        NoLaunchPath::Paths { .. } | NoLaunchPath::Chosen { .. } => {
            "choose one in the settings, such as `[aws.launch_paths]` with a line `s3-bucket = \"lpv3-abc\"`"
                .to_owned()
        }
        NoLaunchPath::NotNow(error) => match missing_right(error) {
            Some(action) => format!("allow `{action}` to the role of the bot, as `infra/portal.yml` does"),
            None => "check region, credentials and the way to AWS, then start again".to_owned(),
        },
    };
    SetupProblem::new(missing.to_string(), remedy)
}

/// Returns the action that was denied, if a denial prevented the check.
fn missing_right(error: &anyhow::Error) -> Option<&'static str> {
    let looks = [
        (is_denied::<SearchProductsAsAdminError>(error), "servicecatalog:SearchProductsAsAdmin"),
        (is_denied::<DescribeProductError>(error), "servicecatalog:DescribeProduct"),
        (is_denied::<ListLaunchPathsError>(error), "servicecatalog:ListLaunchPaths"),
    ];
    looks.into_iter().find(|(denied, _)| *denied).map(|(_, action)| action)
}

fn is_denied<E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static>(
    error: &anyhow::Error,
) -> bool {
    let code = error.downcast_ref::<SdkError<E>>().and_then(|error| error.code());
    code.is_some_and(|code| code.starts_with("AccessDenied"))
}

/// Compares the parameters of the published version with those in the catalog.
async fn differences(
    service: &ServiceCatalog,
    product: &Product,
    place: &PublishedVersion,
) -> Vec<SetupProblem> {
    let ask = service.client.describe_provisioning_parameters().product_id(&place.product);
    let answer = ask.provisioning_artifact_id(&place.version).path_id(&place.path).send().await;
    let published = match answer {
        Ok(answer) => answer.provisioning_artifact_parameters.unwrap_or_default(),
        Err(error) => {
            let thing = format!("the parameters of the product `{}`", product.name);
            return vec![SetupProblem::of_call(
                &thing,
                "servicecatalog:DescribeProvisioningParameters",
                &error,
            )];
        }
    };
    let mut published: BTreeMap<&str, &ProvisioningArtifactParameter> =
        published.iter().filter_map(|parameter| Some((parameter.parameter_key()?, parameter))).collect();
    let mut differences = Vec::new();
    for ours in &product.template.parameters {
        match published.remove(ours.key.as_str()) {
            Some(theirs) => differences.extend(difference(ours, theirs)),
            None => differences.push(format!("`{}` is not there", ours.key)),
        }
    }
    differences.extend(published.keys().map(|key| format!("`{key}` is new")));
    let Product { name, version, .. } = product;
    let tell = |difference: String| {
        SetupProblem::new(
            format!("the parameters of version `{version}` of the product `{name}` differ: {difference}"),
            format!("make the template in the catalog the one that was published, or {DEPLOY}"),
        )
    };
    differences.into_iter().map(tell).collect()
}

/// Describes how a parameter differs. Bounds and patterns are not compared, because the template's hash
/// covers them.
fn difference(ours: &Parameter, theirs: &ProvisioningArtifactParameter) -> Option<String> {
    let key = &ours.key;
    let kind = theirs.parameter_type().and_then(ParameterKind::parse);
    if kind.as_ref() != Some(&ours.kind) {
        return Some(format!("`{key}` has the type {}", theirs.parameter_type().unwrap_or("(none)")));
    }
    if theirs.is_no_echo() != ours.no_echo {
        return Some(format!("`{key}` {} a secret", if theirs.is_no_echo() { "is" } else { "is not" }));
    }
    // Service Catalog hides the defaults of secrets.
    if theirs.default_value() != ours.default.as_deref() && !ours.no_echo {
        return Some(format!("`{key}` has another default"));
    }
    let allowed =
        theirs.parameter_constraints().map(ParameterConstraints::allowed_values).unwrap_or_default();
    (allowed != ours.allowed_values.as_slice()).then(|| format!("`{key}` allows other values"))
}
