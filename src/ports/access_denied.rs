//! Missing permissions. A call that was denied keeps failing until somebody grants the permission, so it is not retried
//! like an outage.

use thiserror::Error;

/// A permission that AWS denied; found in the error chain of the failed call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[error("the right `{right}` is missing")]
pub struct Denied {
    /// The permission, such as `servicecatalog:ProvisionProduct`.
    pub right: String,
    /// The role that lacks it, where the answer names one.
    pub role: Option<String>,
}
