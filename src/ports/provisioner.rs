//! Provisioning and removal of products: Service Catalog, or a simulation of it.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::catalog::Product;
use crate::domain::drift::ProvisionedRecord;
use crate::domain::ids::{ProvisionedProductId, RecordId, RequestId};

/// Provisions and removes products. Each operation is a record that runs for a while and is polled until it ends.
#[async_trait]
pub trait Provisioner: Debug + Send + Sync {
    /// Starts provisioning a product, or returns the record of an earlier call for the same request.
    ///
    /// # Errors
    /// See [`ProvisionError`].
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError>;

    /// Starts updating what the request has provisioned, or returns the record of an earlier call for the same
    /// `change`. A failed update is rolled back.
    ///
    /// `change` numbers the updates of one request; it only grows.
    ///
    /// # Errors
    /// See [`ProvisionError`]; also refused if nothing exists to update.
    async fn update(&self, order: &ProvisionOrder<'_>, change: u32) -> Result<RecordId, ProvisionError>;

    /// Returns the state of a record.
    ///
    /// # Errors
    /// If it cannot be read now.
    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState>;

    /// Starts removing what `request` has provisioned, or returns the record of an earlier call for the same `attempt`.
    /// Returns `None` if nothing exists.
    ///
    /// `attempt` counts from 1. A new attempt starts over once the previous one has failed.
    ///
    /// # Errors
    /// See [`ProvisionError`].
    async fn terminate(&self, request: RequestId, attempt: u32) -> Result<Option<RecordId>, ProvisionError>;

    /// Lists everything that the portal has provisioned, recognized by the names it gave; nothing else. Changes of the
    /// last minutes may be missing.
    ///
    /// # Errors
    /// If any part cannot be read: a partial list would look like removals.
    async fn survey(&self) -> anyhow::Result<Vec<ProvisionedRecord>>;

    /// Returns whether something that `request` has provisioned exists now.
    ///
    /// # Errors
    /// If it cannot be looked up.
    async fn exists(&self, request: RequestId) -> anyhow::Result<bool>;

    /// Returns how long to wait between two calls of [`Self::describe`] for one record.
    fn poll_every(&self) -> Duration;

    /// Returns whether nothing real is provisioned; users are told so.
    fn is_simulated(&self) -> bool;
}

/// What to provision or update, and for which request.
#[derive(Clone, Copy, Debug)]
pub struct ProvisionOrder<'a> {
    /// The request; also the idempotency token and part of the provisioned product's name.
    pub request: RequestId,
    /// The product and its template.
    pub product: &'a Product,
    /// All parameters as name and value, bound ones included, in the template's order.
    pub parameters: &'a [(String, String)],
    /// Tags for all resources, as key and value.
    pub tags: &'a [(String, String)],
}

/// An operation that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The provisioned product that will exist.
    pub product: ProvisionedProductId,
    /// The record to poll.
    pub record: RecordId,
    /// Number of resources, for the progress bar.
    pub resources: usize,
}

/// The state of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Still running. An operation that has failed and is being rolled back still counts as running.
    Running,
    /// It succeeded.
    Succeeded {
        /// All outputs of the template: name, description, value.
        outputs: Vec<(String, String, String)>,
    },
    /// It failed.
    Failed {
        /// The reason, in the provisioner's words.
        why: String,
    },
}

/// Why an operation was not started.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// It can never succeed like this, for example because of a wrong parameter or an unknown product. Holds the
    /// reason, to be shown to users.
    #[error("{0}")]
    Refused(String),
    /// Any other failure; it may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
