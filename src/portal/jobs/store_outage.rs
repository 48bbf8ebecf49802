//! Outages of the store, as the dispatcher notices them.

use crate::portal::Portal;
use crate::ports::outage::Side;

impl Portal {
    /// Returns the result of a store call if it succeeded, otherwise logs the error. An outage of the store is logged
    /// once when it starts and once when it ends.
    pub(super) fn store_result<T>(&self, result: anyhow::Result<T>, action: &str) -> Option<T> {
        let outages = &self.ports.trouble.outages;
        match result {
            Ok(value) => {
                outages.answers(Side::Store);
                Some(value)
            }
            Err(error) if Side::of(&error) == Some(Side::Store) => {
                outages.fails(Side::Store, &format!("cannot {action}: {error:#}"));
                None
            }
            // The store answered, but the data cannot be read, or every retry lost a race.
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "cannot {action}; it will be retried");
                None
            }
        }
    }
}
