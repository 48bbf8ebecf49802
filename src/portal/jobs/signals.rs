//! Signals of the workflow and the provisioner, received through the queue. Each may be repeated or late.

use crate::domain::event::Event;
use crate::portal::commit::{ChangeOptions, applying};
use crate::portal::{Error, Portal};
use crate::ports::queue::Signal;

/// Applies a signal. `Ok` means that its message can be deleted, even if there was nothing to do.
///
/// # Errors
/// If the store could not be used; the message must be redelivered.
pub async fn settle(portal: &Portal, signal: Signal) -> anyhow::Result<()> {
    let id = signal.request();
    // Nothing to apply, but its message can be deleted.
    let Some(event) = event_of(signal) else { return Ok(()) };
    match portal.change(id, ChangeOptions::default(), applying(&event)).await {
        Ok(request) => {
            tracing::debug!(request = %id, event = event.as_str(), status = request.status.name().as_str(), "applied a signal");
            Ok(())
        }
        Err(Error::Refused(refusal)) => {
            tracing::debug!(request = %id, event = event.as_str(), ?refusal, "a signal changes nothing");
            Ok(())
        }
        Err(Error::Failed(error)) => Err(error),
    }
}

fn event_of(signal: Signal) -> Option<Event> {
    match signal {
        Signal::ApprovalRequested { execution, token, .. } => {
            Some(Event::ApprovalRequested { execution, token })
        }
        Signal::ProvisionRequested { execution, token, .. } => {
            Some(Event::ProvisionRequested { execution, token })
        }
        // The portal ended it, so the row knows already.
        Signal::ExecutionEnded { orderly: true, .. } => None,
        Signal::ExecutionEnded { execution, orderly: false, .. } => Some(Event::ExecutionLost { execution }),
        Signal::ResourceCreated { logical_id, .. } => Some(Event::ResourceCreated { logical_id }),
    }
}
