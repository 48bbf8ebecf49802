//! The conversations in which the bot cannot post, so that each is logged once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How many conversations to remember. Beyond that all are forgotten, and logged once more.
const REMEMBERED: usize = 1000;

/// The conversations logged so far. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct LostPlaces(Arc<Mutex<HashSet<String>>>);

impl LostPlaces {
    /// Records a conversation that cannot be posted in; returns whether that is new.
    pub(crate) fn is_news(&self, place: &str) -> bool {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.len() >= REMEMBERED {
            lost.clear();
        }
        lost.insert(place.to_owned())
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
        let lost = LostPlaces::default();
        assert!(!lost.is_back("C1"));
        assert!(lost.is_news("C1"));
        assert!(!lost.is_news("C1"));
        assert!(lost.is_news("C2"));
        assert!(lost.is_back("C1"));
        assert!(lost.is_news("C1"));
    }
}
