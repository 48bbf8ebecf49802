//! A product's rules as they were when it was requested.

use serde::{Deserialize, Serialize};

use crate::domain::approval::ApprovalRule;
use crate::domain::catalog::{LeaseTerms, TeardownConfirm};
use crate::domain::deletion::DeletionEffect;
use crate::domain::ids::ProductKey;

/// The product's rules at submission. Later catalog edits do not affect a running request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductSnapshot {
    /// The product's key in the catalog.
    pub key: ProductKey,
    /// The product's display name.
    pub name: String,
    /// The requested version.
    pub version: String,
    /// SHA-256 of that version's template, lower-case hex.
    pub template_hash: String,
    /// Who has to approve.
    pub approval: ApprovalRule,
    /// How many slots each team has.
    pub per_team: u32,
    /// The lease's periods.
    pub lease: LeaseTerms,
    /// How a teardown has to be confirmed.
    pub teardown: TeardownConfirm,
    /// Names of the outputs that people may see.
    pub outputs: Vec<String>,
    /// The effect of a teardown on each resource, in the template's order.
    #[serde(rename = "fates")]
    pub deletion_effects: Vec<DeletionEffect>,
}
