//! The list of all accounts, a page at a time: what it brings is kept as answers about accounts and addresses, and whoever
//! wants to know something waits for the page that has been asked for, in place of a question of their own.

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

/// All accounts are listed again after this time, as long as somebody wants to know something.
const LISTED_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// A list that Slack refused is tried again after this time.
const TRIED_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// Pages of accounts that are asked for one after the other; then one in so many units of Slack's pace: together no more than
/// the twenty that Slack takes in any minute.
pub(super) const PAGES_AT_ONCE: usize = 5;
pub(super) const PAGE_EVERY: u32 = 4;

/// The most pages, those included that Slack asks to wait with; whoever is on none of them is asked about one by one.
const MOST_PAGES: usize = 60;

/// All accounts, listed now and then.
#[derive(Debug)]
pub(super) struct Listing {
    client: Arc<SlackClient>,
    clock: Arc<dyn Clock>,
    accounts: Arc<AnswerCache<PersonId, SlackAccount>>,
    addresses: Arc<AnswerCache<String, Address>>,
    /// Whether a page has been asked for that is worth waiting for; changes with every page.
    is_awaited: watch::Sender<bool>,
    history: Mutex<ListingHistory>,
}

/// When the accounts were listed.
#[derive(Debug, Default)]
struct ListingHistory {
    is_under_way: bool,
    /// When the last list began that came to its end, and whether nobody was left out.
    listed: Option<(Timestamp, bool)>,
    /// When the last one began that did not.
    failed_at: Option<Timestamp>,
}

/// The right to list the accounts: there is one list at a time.
#[derive(Debug)]
pub(super) struct ListingPermit(Arc<Listing>);

impl Drop for ListingPermit {
    fn drop(&mut self) {
        self.0.history().is_under_way = false;
        self.0.is_awaited.send_replace(false);
    }
}

impl ListingPermit {
    /// Lists all accounts.
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

    /// The right to list the accounts, unless that is done or was done lately. From now on people wait for it.
    pub(super) fn begin(self: &Arc<Self>) -> Option<ListingPermit> {
        let now = self.clock.now();
        let mut history = self.history();
        let listed_at = history.listed.map(|(at, _)| at);
        if history.is_under_way
            || is_recent(listed_at, now, LISTED_AGAIN)
            || is_recent(history.failed_at, now, TRIED_AGAIN)
        {
            return None;
        }
        // Also one that is broken off has failed.
        (history.is_under_way, history.failed_at) = (true, Some(now));
        self.is_awaited.send_replace(true);
        Some(ListingPermit(Arc::clone(self)))
    }

    /// Whether a page has been asked for that is worth waiting for.
    pub(super) fn is_awaited(&self) -> bool {
        *self.is_awaited.borrow()
    }

    /// Whether whoever is not known can be taken for nobody: the last list had everybody on it, and is no older than what may
    /// be shown.
    pub(super) fn is_complete(&self) -> bool {
        let now = self.clock.now();
        self.history().listed.is_some_and(|(at, is_complete)| is_complete && is_recent(Some(at), now, SHOWN))
    }

    /// Waits until the list has brought what `is_known` asks for, or brings nothing for now, or time is left for one question
    /// only.
    pub(super) async fn brings(&self, is_known: impl Fn() -> bool) {
        let mut is_awaited = self.is_awaited.subscribe();
        let brought = is_awaited.wait_for(|is_awaited| !is_awaited || is_known());
        drop(tokio::time::timeout(self.patience(), brought).await);
    }

    /// How long people wait for the list: half as long as for an answer, so that their own question can be asked, too.
    fn patience(&self) -> Duration {
        self.client.limits().question / 2
    }

    /// Asks for one page after the other; whether there are no more.
    async fn pages(&self) -> anyhow::Result<bool> {
        let ours = self.while_people_wait(self.client.own_identity()).await?;
        let mut cursor = None;
        for page in 0..MOST_PAGES {
            if page >= PAGES_AT_ONCE {
                self.pause(self.client.limits().pace * PAGE_EVERY).await;
            }
            let asked_at = self.clock.now();
            let page = match self.while_people_wait(self.client.members(cursor.clone())).await {
                Err(SlackError::RateLimited(wait)) => {
                    self.pause(wait).await;
                    continue;
                }
                page => page?,
            };
            for member in &page.members {
                let (person, account) = (member.person(), SlackAccount::of(Some(member), &ours));
                // Whoever has left and was never asked about needs no room.
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

    /// An answer that people wait for. One that takes longer than they can wait keeps nobody any more.
    async fn while_people_wait<T>(&self, asked: impl Future<Output = T>) -> T {
        self.is_awaited.send_replace(true);
        let mut asked = pin!(asked);
        if let Ok(answer) = tokio::time::timeout(self.patience(), &mut asked).await {
            return answer;
        }
        self.is_awaited.send_replace(false);
        asked.await
    }

    async fn pause(&self, time: Duration) {
        self.is_awaited.send_replace(false);
        tokio::time::sleep_until(tokio::time::Instant::now() + time).await;
    }

    fn history(&self) -> MutexGuard<'_, ListingHistory> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
