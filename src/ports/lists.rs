//! Lists of requests that a store keeps, and the pages in which they are read.

use anyhow::ensure;
use jiff::Timestamp;

use crate::domain::ids::{PersonId, ProductKey, TeamName};
use crate::domain::request::Request;

/// Whose requests to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestScope {
    /// Those a person looks after.
    Owner(PersonId),
    /// A team's.
    Team(TeamName),
    /// A team's requests of one product.
    TeamProduct(TeamName, ProductKey),
    /// Those of one product, of every team.
    Product(ProductKey),
    /// Those of every team that ever held something.
    All,
}

/// Which requests to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFilter {
    /// Those that have not ended, the newest first.
    Live,
    /// Those that have ended, the one that ended last first.
    Ended,
    /// Those that wait for approvers, the longest waiting or first submitted first: see [`Request::waits_for_approvers`].
    Waiting,
    /// Those that wait to be an exception, the one that was submitted first first: see [`Request::waits_for_room`].
    Exceptions,
}

impl RequestFilter {
    /// Whether there is such a list: not all of them are kept that nobody reads.
    pub fn is_listed_of(self, whose: &RequestScope) -> bool {
        match (whose, self) {
            (RequestScope::Team(_) | RequestScope::All, _)
            | (RequestScope::Owner(_) | RequestScope::TeamProduct(..), Self::Live | Self::Ended)
            | (RequestScope::Product(_), Self::Waiting) => true,
            (RequestScope::Owner(_) | RequestScope::TeamProduct(..), Self::Waiting | Self::Exceptions)
            | (RequestScope::Product(_), Self::Live | Self::Ended | Self::Exceptions) => false,
        }
    }

    /// Fails where there is no such list.
    ///
    /// # Errors
    /// See there.
    pub fn must_be_listed_of(self, whose: &RequestScope) -> anyhow::Result<()> {
        ensure!(self.is_listed_of(whose), "there is no list of {self:?} of {whose:?}");
        Ok(())
    }

    /// Whether the list begins with what is oldest.
    pub fn is_oldest_first(self) -> bool {
        match self {
            Self::Waiting | Self::Exceptions => true,
            Self::Live | Self::Ended => false,
        }
    }

    /// Whether a place comes after another in this list.
    pub fn is_behind(self, place: &Cursor, other: &Cursor) -> bool {
        if self.is_oldest_first() { place > other } else { place < other }
    }
}

/// A place in a list. It says where to go on also when what stood there has moved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The date by which the list is ordered.
    pub at: Timestamp,
    /// What the store tells those of one date apart by: letters, digits and hyphens.
    pub mark: String,
}

impl Cursor {
    /// As a text without blanks, colons and commas.
    pub fn written(&self) -> String {
        format!("{}.{}", self.at.as_nanosecond(), self.mark)
    }

    /// Reads such a text back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, mark) = text.split_once('.')?;
        let at = Timestamp::from_nanosecond(at.parse().ok()?).ok()?;
        let is_mark = mark.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_mark.then(|| Self { at, mark: mark.to_owned() })
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestPage {
    /// What stands on it, each with its place.
    pub places: Vec<(Cursor, Request)>,
    /// Whether there are more behind it.
    pub more: bool,
}

impl RequestPage {
    /// At most so many of these, which are in their order.
    pub fn cut(mut places: Vec<(Cursor, Request)>, limit: usize) -> Self {
        let more = places.len() > limit;
        places.truncate(limit);
        Self { places, more }
    }

    /// Where the next page begins, if there is one.
    pub fn next(&self) -> Option<Cursor> {
        let (last, _) = self.places.last().filter(|_| self.more)?;
        Some(last.clone())
    }

    /// The requests on it.
    pub fn requests(self) -> Vec<Request> {
        self.places.into_iter().map(|(_, request)| request).collect()
    }
}
