//! A right that the program lacks outside. Trying again does not help until somebody has given it.

use thiserror::Error;

/// What is not allowed, in the chain of the error that a call ended with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[error("the right `{right}` is missing")]
pub struct Denied {
    /// The right, such as `servicecatalog:ProvisionProduct`.
    pub right: String,
    /// The role that lacks it, where the answer names one.
    pub role: Option<String>,
}
