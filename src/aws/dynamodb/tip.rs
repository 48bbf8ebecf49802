//! The end of the audit trail: where the next entry goes.

use super::item::{Item, number, text};
use super::keys;

/// Attribute of entries in trail order with [`Tip::listed_since`]; entries of older bots lack it.
pub(super) const LISTED_SINCE: &str = "listedSince";

/// The last entry of the trail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tip {
    /// The number of the entry; 0 if the trail is empty, as numbers begin at 1.
    pub(super) number: u64,
    /// The first of the uninterrupted run of entries up to this one that were written together with the
    /// lists; `None` if this one was not. Older bots do not set it, so appending to their entry starts a new
    /// run.
    pub(super) listed_since: Option<u64>,
}

impl Tip {
    /// Returns the next entry, written together with the lists.
    pub(super) fn next(self) -> Self {
        let number = self.number + 1;
        Self { number, listed_since: Some(self.listed_since.unwrap_or(number)) }
    }

    /// Returns the position `entries` further on in the same commit.
    pub(super) fn plus(self, entries: u64) -> Self {
        Self { number: self.number + entries, ..self }
    }

    /// Encodes an entry at this position.
    pub(super) fn item(self, body: &str) -> Item {
        let mut item = keys::trail(self.number);
        item.insert("body".to_owned(), text(body));
        if let Some(since) = self.listed_since {
            item.insert(LISTED_SINCE.to_owned(), number(&since));
        }
        item
    }
}

/// The last entry, as far as this process knows it.
#[derive(Debug, Default)]
pub(super) struct End(Option<Tip>);

impl End {
    /// Returns the last entry, which then counts as unknown until [`is_at`](Self::is_at), so that it is read again
    /// after any failure.
    pub(super) fn take(&mut self) -> Option<Tip> {
        self.0.take()
    }

    pub(super) fn is_at(&mut self, last: Tip) {
        self.0 = Some(last);
    }
}
