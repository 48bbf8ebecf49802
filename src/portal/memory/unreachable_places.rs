//! The conversations in which the bot cannot post, so that each is logged once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How many conversations to remember. Beyond that all are forgotten, and logged once more.
const REMEMBERED: usize = 1000;

/// The conversations logged so far. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnreachablePlaces(Arc<Mutex<HashSet<String>>>);

impl UnreachablePlaces {
    /// Records a conversation that cannot be posted in; returns whether that is new.
    pub(crate) fn is_new(&self, place: &str) -> bool {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= REMEMBERED {
            places.clear();
        }
        places.insert(place.to_owned())
    }

    /// Records a conversation that can be posted in; returns whether it could not be before.
    pub(crate) fn is_back(&self, place: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_news_once_and_again_after_it_was_back() {
        let lost = UnreachablePlaces::default();
        assert!(!lost.is_back("C1"));
        assert!(lost.is_new("C1"));
        assert!(!lost.is_new("C1"));
        assert!(lost.is_new("C2"));
        assert!(lost.is_back("C1"));
        assert!(lost.is_new("C1"));
    }
}
