//! Failures that the simulation injects into removals: deletion protection, and those that the settings ask
//! for. Texts imitate CloudFormation. The provisioner decides when a removal is tried.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::physical_ids::REGION;
use super::records::RecordOutcome;
use crate::domain::deletion::{DeletionOutcome, deletion_effects};
use crate::domain::ids::ProductKey;
use crate::ports::provisioner::ProvisionOrder;
use cloudformation::evaluate::{Evaluation, LiveResource};

/// The failures of one provisioned product. Determined when it is provisioned, stored until it is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InjectedFailures {
    product: ProductKey,
    /// Why the first attempt fails, if the settings ask for that.
    first_failure: String,
    /// Why every attempt fails, if a resource is protected.
    protection: Option<String>,
}

impl InjectedFailures {
    /// Determines what will prevent the removal of the resources of this evaluation.
    pub(super) fn of(order: &ProvisionOrder<'_>, evaluation: &Evaluation) -> Self {
        let effects =
            deletion_effects(&order.product.template.with_values_in(Some(REGION), order.parameters));
        // A teardown does not delete what the template retains, so its protection does not matter.
        let kept: BTreeSet<&str> = effects
            .iter()
            .filter(|effect| effect.keeps == DeletionOutcome::Kept)
            .map(|effect| effect.logical_id.as_str())
            .collect();
        let protected = evaluation.resources.iter().find(|resource| {
            evaluation.protected.contains(&resource.logical_id)
                && !kept.contains(resource.logical_id.as_str())
        });
        Self {
            product: order.product.key.clone(),
            first_failure: first_failure(&evaluation.resources),
            protection: protected.map(|resource| failed(resource, refusal(&resource.resource_type))),
        }
    }

    /// Returns how this attempt at a removal ends, counted from 1.
    pub(super) fn outcome(&self, attempt: u32, fail_teardowns: &[ProductKey]) -> RecordOutcome {
        match &self.protection {
            Some(why) => RecordOutcome::Failed { why: why.clone() },
            // Only the first attempt, so that a demonstration can show that trying again helps.
            None if attempt <= 1 && fail_teardowns.contains(&self.product) => {
                RecordOutcome::Failed { why: self.first_failure.clone() }
            }
            None => RecordOutcome::Succeeded { outputs: Vec::new() },
        }
    }
}

/// Words the first failure: the best known one, a bucket that is not empty, if there is a bucket.
fn first_failure(resources: &[LiveResource]) -> String {
    let bucket = resources.iter().find(|resource| resource.resource_type == "AWS::S3::Bucket");
    if let Some(bucket) = bucket {
        return failed(bucket, "The bucket you tried to delete is not empty");
    }
    let because = "simulated failure, because `fail_teardowns` names this product";
    resources
        .first()
        .map_or_else(|| format!("DELETE_FAILED: {because}"), |resource| failed(resource, because))
}

fn failed(resource: &LiveResource, why: &str) -> String {
    format!("DELETE_FAILED: {} ({}): {why}", resource.logical_id, resource.resource_type)
}

/// Returns AWS's message for deleting a protected resource of this type.
fn refusal(resource_type: &str) -> &'static str {
    match resource_type {
        "AWS::RDS::DBInstance" => {
            "Cannot delete protected DB Instance, please disable deletion protection and try again"
        }
        "AWS::RDS::DBCluster" | "AWS::DocDB::DBCluster" | "AWS::Neptune::DBCluster" => {
            "Cannot delete protected Cluster, please disable deletion protection and try again"
        }
        _ => "Resource is protected against deletion, disable deletion protection first",
    }
}
