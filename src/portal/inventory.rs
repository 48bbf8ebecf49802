//! Existing resources that users can choose in forms. They are cached for some minutes, so that a form responds at once.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::portal::Portal;
use crate::ports::inventory::InventoryItem;
use crate::ports::outage::warn_unless;

/// How long a list is used.
const RELIED_ON: SignedDuration = SignedDuration::from_mins(5);

/// Returns the existing resources of this type. If AWS does not answer in time, returns the previous list or none:
/// users can also type an id, and the new list is ready for their next keystroke.
pub async fn existing(portal: &Portal, parameter_type: &str) -> Arc<[InventoryItem]> {
    let cached = portal.inventory.get(parameter_type);
    let now = portal.now();
    if let Some((at, items)) = &cached
        && now.duration_since(*at) < RELIED_ON
    {
        return Arc::clone(items);
    }
    let previous = cached.map_or_else(|| Arc::from([]), |(_, items)| items);
    // Renew the old entry first, so that further keystrokes do not start more calls.
    portal.inventory.put(parameter_type, now, Arc::clone(&previous));
    let (lookup, parameter_type) = (portal.clone(), parameter_type.to_owned());
    // Spawned, so that the call fills the cache even if it takes too long for this user.
    let listing = tokio::spawn(async move { list(&lookup, &parameter_type).await });
    match tokio::time::timeout(portal.limits.inventory, listing).await {
        Ok(Ok(Some(items))) => items,
        Ok(Ok(None) | Err(_)) | Err(_) => previous,
    }
}

async fn list(portal: &Portal, parameter_type: &str) -> Option<Arc<[InventoryItem]>> {
    match portal.ports.inventory.list(parameter_type).await {
        Ok(items) => {
            let items: Arc<[InventoryItem]> = items.into();
            portal.inventory.put(parameter_type, portal.now(), Arc::clone(&items));
            Some(items)
        }
        // Forms accept a typed id as well, so nothing fails because of this.
        Err(error) => {
            warn_unless!(
                portal.ports.trouble.outages.explains(&error),
                parameter_type,
                error = format!("{error:#}"),
                "cannot list existing resources"
            );
            None
        }
    }
}
