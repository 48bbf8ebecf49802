//! Making and removing products: Service Catalog, or a simulation of it.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::catalog::Product;
use crate::domain::drift::ProvisionedRecord;
use crate::domain::ids::{ProvisionedProductId, RecordId, RequestId};

/// Makes and removes products. Each operation is a record that runs for a while and is looked at until it ends.
#[async_trait]
pub trait Provisioner: Debug + Send + Sync {
    /// Begins to make a product, or returns the record of the earlier call for the same request.
    ///
    /// # Errors
    /// See [`ProvisionError`].
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError>;

    /// Begins to make what the same request provisioned like this order, or returns the record of the earlier call for
    /// the same `change`. What does not succeed is taken back, so that afterwards it is as it was.
    ///
    /// `change` tells the changes of one request apart and grows.
    ///
    /// # Errors
    /// See [`ProvisionError`]; refused also where nothing is there.
    async fn update(&self, order: &ProvisionOrder<'_>, change: u32) -> Result<RecordId, ProvisionError>;

    /// How a record is doing.
    ///
    /// # Errors
    /// Whatever keeps it from being looked at now.
    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState>;

    /// Begins to remove what `request` provisioned, or returns the record of the earlier call for the same
    /// attempt; `None` when nothing is there.
    ///
    /// `attempt` counts the tries from 1. A new one begins anew once the one before it has failed.
    ///
    /// # Errors
    /// See [`ProvisionError`].
    async fn terminate(&self, request: RequestId, attempt: u32) -> Result<Option<RecordId>, ProvisionError>;

    /// Everything there is that the portal provisioned, by the names it gave; nothing else. What changed within the last
    /// minutes may be missing.
    ///
    /// # Errors
    /// Whatever keeps any of it from being seen: half an answer is none.
    async fn survey(&self) -> anyhow::Result<Vec<ProvisionedRecord>>;

    /// Whether there is now what `request` provisioned.
    ///
    /// # Errors
    /// Whatever keeps it from being looked for.
    async fn exists(&self, request: RequestId) -> anyhow::Result<bool>;

    /// How long to wait between two looks at a record.
    fn poll_every(&self) -> Duration;

    /// Whether nothing real is made; people are told so.
    fn is_simulated(&self) -> bool;
}

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct ProvisionOrder<'a> {
    /// The request; also the idempotency token and part of the provisioned product's name.
    pub request: RequestId,
    /// The product.
    pub product: &'a Product,
    /// All parameters, bound ones included, in the template's order.
    pub parameters: &'a [(String, String)],
    /// Tags for everything that is made.
    pub tags: &'a [(String, String)],
}

/// An operation that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// What will exist.
    pub product: ProvisionedProductId,
    /// The operation to look at.
    pub record: RecordId,
    /// How many resources it makes, for the progress bar.
    pub resources: usize,
}

/// How an operation is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Look again later. Failing, with clean-up under way, is still running.
    Running,
    /// Done. All outputs of the template: name, description, value.
    Succeeded {
        /// Name, description, value.
        outputs: Vec<(String, String, String)>,
    },
    /// Over, without success.
    Failed {
        /// Why, in the provisioner's words.
        why: String,
    },
}

/// Why an operation did not begin.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// It will never begin like this: a wrong parameter, an unknown product. Holds the reason for people.
    #[error("{0}")]
    Refused(String),
    /// It may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
