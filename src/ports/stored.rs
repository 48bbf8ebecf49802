//! Reading back what a store wrote, for every implementation of it: what cannot be read is an error that says where, and
//! never what. And the format that it is written in.

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::domain::ids::{ProductKey, RequestId};

/// The format in which rows, jobs, the pause, absences, home tabs and counts of refusals are written, and the highest that
/// is read. It grows with a change that an older program would get wrong; what has no number is of format 1.
pub const FORMAT: u32 = 1;

/// Something is stored in a format that this program does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it was stored by a newer quartermaster; this one reads formats up to {FORMAT}")]
pub struct Newer;

/// Fails with [`Newer`] for a format that this program does not read.
///
/// # Errors
/// See there.
pub fn readable(format: u32) -> Result<(), Newer> {
    if format > FORMAT { Err(Newer) } else { Ok(()) }
}

/// Something is stored that cannot be read. Serde's message may quote what it could not read, and that may hold a
/// task token: only the place is told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read what is stored of {what}: {why}")]
pub struct Unreadable {
    what: String,
    why: String,
}

impl Unreadable {
    /// Of this, for this reason, which quotes nothing that is stored.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

/// Whether the store has answered, with what this program cannot read: it is spoilt, or a newer one has written it.
pub fn is_unread(error: &anyhow::Error) -> bool {
    error.is::<Unreadable>() || error.is::<Newer>()
}

/// Reads JSON that belongs to `what`, such as a request's id.
///
/// # Errors
/// [`Unreadable`] when it does not fit.
pub fn from_json<T: DeserializeOwned>(what: &str, json: &str) -> Result<T, Unreadable> {
    serde_json::from_str(json)
        .map_err(|error| Unreadable::new(what, format!("column {}, {:?}", error.column(), error.classify())))
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
