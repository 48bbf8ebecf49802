//! The audit trail of a request: reading its entries, and checking that none is missing.

use crate::domain::audit::{AuditEntry, AuditHead, By, follows};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::portal::people::lookup;
use crate::portal::{Error, Portal};

/// A request with its audit entries.
#[derive(Clone, Debug)]
pub struct Trail {
    /// The request.
    pub request: Request,
    /// Its audit entries in order.
    pub entries: Vec<AuditEntry>,
    /// Where its chain is broken, if it is.
    pub broken: Option<String>,
}

/// Returns the audit entries of the request whose id starts with `typed`, if the person may read them.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure.
pub async fn read(portal: &Portal, by: &By, typed: &str) -> Result<Trail, Error> {
    let request = lookup::find(portal, &by.person, typed).await?;
    if !portal.may_audit(&by.person, &request).await? {
        return Err(portal.refuse(&request, by, "read the trail", Refusal::NotAReader).await);
    }
    let entries = portal.ports.store.audit_of(request.id).await?;
    let broken = check(&request.audit, &entries).err();
    Ok(Trail { request, entries, broken })
}

/// Checks that the entries are a complete chain up to `end`, which is stored apart from them.
pub(super) fn check(end: &AuditHead, entries: &[AuditEntry]) -> Result<(), String> {
    let mut head = AuditHead::default();
    for entry in entries {
        follows(&head, entry)?;
        head = AuditHead::at(entry);
    }
    let last = entries.iter().find(|entry| entry.seq == end.seq);
    if last.is_some_and(|entry| entry.digest != end.digest) {
        return Err(format!("entry {} is not the one that was written", end.seq));
    }
    // Entries may have been appended since `end` was read.
    if head.seq >= end.seq {
        return Ok(());
    }
    Err(format!("{} were written, and the entries after entry {} are missing", end.seq, head.seq))
}
