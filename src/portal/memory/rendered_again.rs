//! What messages showed that are rendered again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::ids::RequestId;
use crate::domain::request::{MessageRef, MessageSlot, Request};
use crate::portal::access::ApproverSet;

/// The requests and approver sets as last shown in messages that are rendered again, so that Slack is called only when
/// something has changed. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RenderedAgain(Arc<Mutex<BTreeMap<ShownMessage, (Request, ApproverSet)>>>);

/// A message, and where it is if it is a copy that the row does not know.
pub(crate) type ShownMessage = (RequestId, MessageSlot, Option<MessageRef>);

impl RenderedAgain {
    /// Returns whether the message already shows this.
    pub(crate) fn is(&self, message: &ShownMessage, request: &Request, approvers: &ApproverSet) -> bool {
        self.lock().get(message).is_some_and(|rendered| rendered.0 == *request && rendered.1 == *approvers)
    }

    pub(crate) fn put(&self, message: ShownMessage, request: Request, approvers: ApproverSet) {
        self.lock().insert(message, (request, approvers));
    }

    pub(crate) fn forget(&self, message: &ShownMessage) {
        self.lock().remove(message);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ShownMessage, (Request, ApproverSet)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
