//! Lists of what exists in the account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::ports::inventory::InventoryItem;

/// Cached lists by parameter type.
#[derive(Clone, Debug, Default)]
pub(crate) struct InventoryCache(Arc<Mutex<HashMap<String, CachedList>>>);

/// When it was listed, and the list.
pub(crate) type CachedList = (Timestamp, Arc<[InventoryItem]>);

impl InventoryCache {
    pub(crate) fn get(&self, parameter_type: &str) -> Option<CachedList> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(parameter_type).cloned()
    }

    pub(crate) fn put(&self, parameter_type: &str, at: Timestamp, items: Arc<[InventoryItem]>) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.insert(parameter_type.to_owned(), (at, items));
    }
}
