//! Reading back what a store wrote, for every implementation of it: what cannot be read is an error that says where, and
//! never what.

use anyhow::{Context as _, anyhow};
use serde::de::DeserializeOwned;

use crate::domain::ids::{ProductKey, RequestId};

/// Reads JSON that belongs to `what`, such as a request's id.
///
/// # Errors
/// When it does not fit. Serde's message may quote what it could not read, and that may hold a task token: only the
/// place is told.
pub fn from_json<T: DeserializeOwned>(what: &str, json: &str) -> anyhow::Result<T> {
    serde_json::from_str(json).map_err(|error| {
        anyhow!("cannot read what is stored of {what}: column {}, {:?}", error.column(), error.classify())
    })
}

/// Reads the key of a product.
///
/// # Errors
/// When it is none.
pub fn product_key(text: &str) -> anyhow::Result<ProductKey> {
    ProductKey::parse(text).with_context(|| format!("`{text}` is stored where a product's key should be"))
}

/// Reads the id of a request.
///
/// # Errors
/// When it is none.
pub fn request_id(text: &str) -> anyhow::Result<RequestId> {
    RequestId::parse(text).with_context(|| format!("`{text}` is stored where a request id should be"))
}
