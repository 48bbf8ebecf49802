//! Parsing of stored data, for all stores, and its format number. Errors say where the data is bad, but never quote it.

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::domain::ids::{ProductKey, RequestId};

/// The format in which rows, jobs, the pause, absences, home tabs and counts of refusals are written, and the highest
/// that is read. Raised with each change that an older program would get wrong. Data without a number has format 1.
pub const FORMAT: u32 = 1;

/// Data is stored in a format that this program cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it was stored by a newer quartermaster; this one reads formats up to {FORMAT}")]
pub struct Newer;

/// Checks that this program can read a format.
///
/// # Errors
/// [`Newer`] if it cannot.
pub fn readable(format: u32) -> Result<(), Newer> {
    if format > FORMAT { Err(Newer) } else { Ok(()) }
}

/// Stored data cannot be read. Only its place is reported: serde's message may quote the data, which may contain a task
/// token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read what is stored of {what}: {why}")]
pub struct Unreadable {
    what: String,
    why: String,
}

impl Unreadable {
    /// Creates the error for `what`. `why` must not quote stored data.
    pub fn new(subject: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: subject.into(), why: why.into() }
    }
}

/// Returns whether the store answered with data that this program cannot read, because it is corrupt or newer.
pub fn is_unread(error: &anyhow::Error) -> bool {
    error.is::<Unreadable>() || error.is::<Newer>()
}

/// Parses JSON that belongs to `what`, such as a request's id.
///
/// # Errors
/// [`Unreadable`] if it does not parse.
pub fn from_json<T: DeserializeOwned>(subject: &str, json: &str) -> Result<T, Unreadable> {
    serde_json::from_str(json).map_err(|error| {
        // Without the line, because everything is stored as JSON of a single line.
        Unreadable::new(subject, format!("column {}, {:?}", error.column(), error.classify()))
    })
}

/// Parses the key of a product.
///
/// # Errors
/// If it is not a valid key.
pub fn product_key(text: &str) -> anyhow::Result<ProductKey> {
    ProductKey::parse(text).with_context(|| format!("`{text}` is stored where a product's key should be"))
}

/// Parses the id of a request.
///
/// # Errors
/// If it is not a valid id.
pub fn request_id(text: &str) -> anyhow::Result<RequestId> {
    RequestId::parse(text).with_context(|| format!("`{text}` is stored where a request id should be"))
}
