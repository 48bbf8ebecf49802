//! Cache of existing resources that users can choose in forms. Entries last some minutes, so that a form responds at
//! once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::portal::Portal;
use crate::ports::inventory::InventoryItem;
use crate::ports::outage::warn_unless;

/// How long a list is used.
const RELIED_ON: SignedDuration = SignedDuration::from_mins(5);

/// Cached lists by parameter type.
#[derive(Clone, Debug, Default)]
pub(super) struct InventoryCache(Arc<Mutex<HashMap<String, CachedList>>>);

/// When it was listed, and the list.
type CachedList = (Timestamp, Arc<[InventoryItem]>);

/// Returns the existing resources of this type. If AWS does not answer in time, returns the previous list or none:
/// users can also type an id, and the new list is ready for their next keystroke.
pub async fn existing(portal: &Portal, parameter_type: &str) -> Arc<[InventoryItem]> {
    let known = portal.known.get(parameter_type);
    let now = portal.now();
    if let Some((at, items)) = &known
        && now.duration_since(*at) < RELIED_ON
    {
        return Arc::clone(items);
    }
    let before = known.map_or_else(|| Arc::from([]), |(_, items)| items);
    // Renew the old entry first, so that further keystrokes do not start more calls.
    portal.known.put(parameter_type, now, Arc::clone(&before));
    let (listing, parameter_type) = (portal.clone(), parameter_type.to_owned());
    // Spawned, so that the call fills the cache even if it takes too long for this user.
    let listed = tokio::spawn(async move { list(&listing, &parameter_type).await });
    match tokio::time::timeout(portal.limits.inventory, listed).await {
        Ok(Ok(Some(items))) => items,
        Ok(Ok(None) | Err(_)) | Err(_) => before,
    }
}

async fn list(portal: &Portal, parameter_type: &str) -> Option<Arc<[InventoryItem]>> {
    match portal.ports.inventory.list(parameter_type).await {
        Ok(items) => {
            let items: Arc<[InventoryItem]> = items.into();
            portal.known.put(parameter_type, portal.now(), Arc::clone(&items));
            Some(items)
        }
        Err(error) => {
            warn_unless!(
                portal.ports.trouble.outages.explains(&error),
                parameter_type,
                error = format!("{error:#}"),
                "cannot list what exists in the account"
            );
            None
        }
    }
}

impl InventoryCache {
    fn get(&self, parameter_type: &str) -> Option<CachedList> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(parameter_type).cloned()
    }

    fn put(&self, parameter_type: &str, at: Timestamp, items: Arc<[InventoryItem]>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(parameter_type.to_owned(), (at, items));
    }
}
