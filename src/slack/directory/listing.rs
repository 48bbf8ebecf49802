//! Lists all accounts page by page, and caches accounts and addresses from each page. Lookups wait for a page that was
//! requested instead of asking Slack themselves.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::memory::AnswerCache;
use super::{Address, SHOWN, SlackAccount};
use crate::domain::ids::PersonId;
use crate::ports::clock::{Clock, is_recent};
use crate::ports::slack::SlackError;
use crate::slack::client::SlackClient;

/// How often the accounts are listed, as long as there are lookups.
const LISTED_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// How long to wait after a failed list.
const TRIED_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// Pages that are requested without a pause, and the interval after that, in units of Slack's pace. Together these stay
/// within Slack's limit of twenty in any minute.
pub(super) const PAGES_AT_ONCE: usize = 5;
pub(super) const PAGE_EVERY: u32 = 4;

/// Most attempts to get a page, including those that Slack asked to delay. Accounts beyond that are looked up one by
/// one.
const MOST_PAGES: usize = 60;

/// The list of all accounts, refreshed periodically.
#[derive(Debug)]
pub(super) struct Listing {
    client: Arc<SlackClient>,
    clock: Arc<dyn Clock>,
    accounts: Arc<AnswerCache<PersonId, SlackAccount>>,
    addresses: Arc<AnswerCache<String, Address>>,
    /// Whether a requested page is worth waiting for; sent again after every page.
    is_awaited: watch::Sender<bool>,
    history: Mutex<ListingHistory>,
}

/// When the accounts were listed.
#[derive(Debug, Default)]
struct ListingHistory {
    is_under_way: bool,
    /// When the last successful list began, and whether it was complete.
    listed: Option<(Timestamp, bool)>,
    /// When the last failed list began.
    failed_at: Option<Timestamp>,
}

/// The right to list the accounts. Only one list runs at a time.
#[derive(Debug)]
pub(super) struct ListingPermit(Arc<Listing>);

impl Drop for ListingPermit {
    fn drop(&mut self) {
        // On drop, so that it also happens after an error or a cancellation.
        self.0.history().is_under_way = false;
        self.0.is_awaited.send_replace(false);
    }
}

impl ListingPermit {
    /// Lists all accounts, and remembers whether and when that worked.
    pub(super) async fn list(self) -> anyhow::Result<()> {
        let began = self.0.clock.now();
        let listed = self.0.pages().await;
        let mut history = self.0.history();
        if let Ok(is_complete) = listed {
            (history.listed, history.failed_at) = (Some((began, is_complete)), None);
        }
        drop(history);
        listed.map(drop)
    }
}

impl Listing {
    pub(super) fn new(
        client: Arc<SlackClient>,
        clock: Arc<dyn Clock>,
        accounts: Arc<AnswerCache<PersonId, SlackAccount>>,
        addresses: Arc<AnswerCache<String, Address>>,
    ) -> Self {
        let is_awaited = watch::Sender::new(false);
        Self { client, clock, accounts, addresses, is_awaited, history: Mutex::default() }
    }

    /// Returns the right to list the accounts, unless a list is running or a recent one ended. Lookups wait for it from
    /// now on.
    pub(super) fn begin(self: &Arc<Self>) -> Option<ListingPermit> {
        let now = self.clock.now();
        let mut history = self.history();
        let listed_at = history.listed.map(|(began_at, _)| began_at);
        if history.is_under_way
            || is_recent(listed_at, now, LISTED_AGAIN)
            || is_recent(history.failed_at, now, TRIED_AGAIN)
        {
            return None;
        }
        // Recorded in advance, so that a cancelled list counts as failed.
        (history.is_under_way, history.failed_at) = (true, Some(now));
        self.is_awaited.send_replace(true);
        Some(ListingPermit(Arc::clone(self)))
    }

    /// Returns whether a requested page is worth waiting for.
    pub(super) fn is_awaited(&self) -> bool {
        *self.is_awaited.borrow()
    }

    /// Returns whether an unknown account can be considered nonexistent: the last list was complete, and is recent
    /// enough for what is only shown.
    pub(super) fn is_complete(&self) -> bool {
        let now = self.clock.now();
        self.history()
            .listed
            .is_some_and(|(began_at, is_complete)| is_complete && is_recent(Some(began_at), now, SHOWN))
    }

    /// Waits until the list has brought what `is_known` checks for, no further page is expected for now, or half of the
    /// time limit is over.
    pub(super) async fn brings(&self, is_known: impl Fn() -> bool) {
        let mut is_awaited = self.is_awaited.subscribe();
        let brought = is_awaited.wait_for(|is_awaited| !is_awaited || is_known());
        drop(tokio::time::timeout(self.patience(), brought).await);
    }

    /// Returns how long lookups wait for the list: half of their time limit, so that they can still ask Slack
    /// themselves.
    fn patience(&self) -> Duration {
        self.client.limits().question / 2
    }

    /// Requests all pages. Returns whether the list is complete.
    async fn pages(&self) -> anyhow::Result<bool> {
        let ours = self.while_people_wait(self.client.own_identity()).await?;
        let mut cursor = None;
        for page in 0..MOST_PAGES {
            if page >= PAGES_AT_ONCE {
                self.pause(self.client.limits().pace * PAGE_EVERY).await;
            }
            let asked_at = self.clock.now();
            let page = match self.while_people_wait(self.client.members(cursor.clone())).await {
                // The attempt counts, so that the list ends even if Slack keeps asking to wait.
                Err(SlackError::RateLimited(wait)) => {
                    self.pause(wait).await;
                    continue;
                }
                page => page?,
            };
            for member in &page.members {
                let (person, account) = (member.person(), SlackAccount::of(Some(member), &ours));
                // Accounts that do not count are stored only if someone has asked about them.
                let counts = account.uncounted.is_none();
                if let Some((address, is_confirmed)) = &account.email {
                    let owner = Some((person.clone(), *is_confirmed));
                    self.addresses.learn(address, counts, asked_at, owner);
                }
                self.accounts.learn(&person, counts, asked_at, account);
            }
            self.is_awaited.send_replace(true);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Awaits an answer while lookups wait for it. Once it takes longer than their patience, they no longer wait.
    async fn while_people_wait<T>(&self, call: impl Future<Output = T>) -> T {
        self.is_awaited.send_replace(true);
        let mut call = pin!(call);
        if let Ok(answer) = tokio::time::timeout(self.patience(), &mut call).await {
            return answer;
        }
        self.is_awaited.send_replace(false);
        call.await
    }

    async fn pause(&self, time: Duration) {
        self.is_awaited.send_replace(false);
        tokio::time::sleep_until(tokio::time::Instant::now() + time).await;
    }

    fn history(&self) -> MutexGuard<'_, ListingHistory> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
