//! The lists of requests that a store keeps, and the pages in which they are read.

use anyhow::ensure;
use jiff::Timestamp;

use crate::domain::ids::{PersonId, ProductKey, TeamName};
use crate::domain::request::Request;

/// Whose requests to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestScope {
    /// Requests that a person owns.
    Owner(PersonId),
    /// A team's requests.
    Team(TeamName),
    /// A team's requests for one product.
    TeamProduct(TeamName, ProductKey),
    /// Requests for one product, of every team.
    Product(ProductKey),
    /// Requests of every team that ever held something.
    All,
}

/// Which requests to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFilter {
    /// Requests that have not ended, newest first.
    Live,
    /// Requests that have ended, the latest end first.
    Ended,
    /// Requests that wait for approvers, longest waiting or first submitted first: see
    /// [`Request::waits_for_approvers`].
    Waiting,
    /// Requests that wait to become an exception, first submitted first: see [`Request::waits_for_room`].
    Exceptions,
}

impl RequestFilter {
    /// Returns whether the store keeps this list. Lists that nobody reads are not kept, since keeping a list costs
    /// writes.
    pub fn is_listed_of(self, whose: &RequestScope) -> bool {
        match (whose, self) {
            (RequestScope::Team(_) | RequestScope::All, _)
            | (RequestScope::Owner(_) | RequestScope::TeamProduct(..), Self::Live | Self::Ended)
            | (RequestScope::Product(_), Self::Waiting) => true,
            (RequestScope::Owner(_) | RequestScope::TeamProduct(..), Self::Waiting | Self::Exceptions)
            | (RequestScope::Product(_), Self::Live | Self::Ended | Self::Exceptions) => false,
        }
    }

    /// Checks that the store keeps this list.
    ///
    /// # Errors
    /// If it does not: see [`Self::is_listed_of`].
    pub fn must_be_listed_of(self, whose: &RequestScope) -> anyhow::Result<()> {
        ensure!(self.is_listed_of(whose), "there is no list of {self:?} of {whose:?}");
        Ok(())
    }

    /// Returns whether the list starts with its oldest entry.
    pub fn is_oldest_first(self) -> bool {
        match self {
            Self::Waiting | Self::Exceptions => true,
            Self::Live | Self::Ended => false,
        }
    }

    /// Returns whether `place` comes after `other` in this list.
    pub fn is_behind(self, place: &Cursor, other: &Cursor) -> bool {
        if self.is_oldest_first() { place > other } else { place < other }
    }
}

/// A position in a list. It stays valid after the request that stood there has moved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The date by which the list is ordered.
    pub at: Timestamp,
    /// Tells entries with the same date apart; chosen by the store. Letters, digits and hyphens.
    pub mark: String,
}

impl Cursor {
    /// Formats the cursor without blanks, colons and commas, so that it fits into a button's value.
    pub fn written(&self) -> String {
        // Not as a date, whose text has colons: buttons' values are split at those.
        format!("{}.{}", self.at.as_nanosecond(), self.mark)
    }

    /// Parses what [`Self::written`] returned; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (nanoseconds, mark) = text.split_once('.')?;
        let date = Timestamp::from_nanosecond(nanoseconds.parse().ok()?).ok()?;
        // Cursors come back in buttons' values, so accept only what `written` produces.
        let is_mark = mark.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_mark.then(|| Self { at: date, mark: mark.to_owned() })
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestPage {
    /// The requests on the page, each with its position.
    pub places: Vec<(Cursor, Request)>,
    /// Whether more requests follow.
    pub more: bool,
}

impl RequestPage {
    /// Cuts a page of at most `limit` entries from ordered `places`. Pass one more than `limit` to find out whether
    /// more follow.
    pub fn cut(mut places: Vec<(Cursor, Request)>, limit: usize) -> Self {
        let more = places.len() > limit;
        places.truncate(limit);
        Self { places, more }
    }

    /// Returns where the next page starts, if there is one.
    pub fn next(&self) -> Option<Cursor> {
        // A cursor after the last page would lead to a page without rows.
        if !self.more {
            return None;
        }
        self.places.last().map(|(cursor, _)| cursor.clone())
    }

    /// Returns the requests on the page.
    pub fn requests(self) -> Vec<Request> {
        self.places.into_iter().map(|(_, request)| request).collect()
    }
}
