//! Verification of the audit trail: each chain by its digests, its head against the row or the store, and the numbers
//! of all entries for gaps. Bots may write meanwhile, so what such writes could explain is checked again.
//!
//! Entries from before the portal's chain had a stored head are sealed by one entry with their digest; see
//! [`crate::domain::old_trail`].

use std::collections::HashMap;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::audit::{AuditEntry, AuditHead, follows};
use crate::domain::ids::RequestId;
use crate::domain::old_trail::{OldTrail, TrailDigest, UPGRADED};
use crate::domain::request::Request;
use crate::portal::people::trail::check;
use crate::portal::portal_audit::numbered;
use crate::ports::store::{PortalHead, Store};
use crate::ports::stored::{Newer, Unreadable};

/// How many entries to read at a time.
const PAGE: usize = 500;
/// A limit that one prefix of two digits cannot reach.
const ALL: usize = 1_000_000;
/// How long bots of the previous version may run next to the first new one.
const ROLLING_UPGRADE: SignedDuration = SignedDuration::from_hours(24);

/// The result of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Number of entries read.
    pub entries: u64,
    /// Whether nothing is wrong; notes do not count.
    pub holds: bool,
    /// Problems and notes.
    pub findings: Vec<TrailFinding>,
}

/// A problem with the trail, or a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrailFinding {
    /// Whether it is a problem.
    pub wrong: bool,
    /// What it concerns: `request <id>`, `the portal's chain` or `the trail`.
    pub about: String,
    /// Description.
    #[serde(rename = "what")]
    pub problem: String,
}

impl std::fmt::Display for TrailFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let note = if self.wrong { "" } else { "note: " };
        write!(f, "{note}{}: {}", self.about, self.problem)
    }
}

/// Reads the whole trail, passes each entry to `each` in order, and verifies it.
///
/// # Errors
/// If the store cannot be read, or `each` fails.
pub async fn verify(
    store: &dyn Store,
    mut each: impl FnMut(&AuditEntry) -> anyhow::Result<()> + Send,
) -> anyhow::Result<Verdict> {
    // Read before the walk, so that entries appended meanwhile are not reported as missing.
    let (end, head) = (store.audit_end().await?, store.portal_head().await?);
    let portals = match store.audit_of(RequestId::PORTAL).await {
        // Reported by the walk, which reads these entries again.
        Err(error) if error.is::<Unreadable>() => Vec::new(),
        read => read?,
    };
    let mut upgraded = portals.iter().filter(|entry| entry.event == UPGRADED);
    let mut walk = Walk::new(store, upgraded.next(), head != PortalHead::NotBegun);
    if upgraded.next().is_some() {
        walk.finds(
            true,
            name_of(RequestId::PORTAL),
            "the trail of an earlier version is sealed more than once",
        );
    }
    match walk.all(&mut each, end, head).await {
        // The entries after an unreadable one are not verified.
        Err(error) if error.is::<Unreadable>() => walk.finds(true, "the trail", format!("{error:#}")),
        done => done?,
    }
    let holds = walk.findings.iter().all(|finding| !finding.wrong);
    Ok(Verdict { entries: walk.entries, holds, findings: walk.findings })
}

/// The state of a chain after reading the global order up to now.
#[derive(Debug)]
struct Chain {
    head: AuditHead,
    /// Number of its first entry, and the latest date up to that entry.
    first: (u64, Timestamp),
    /// Whether it was compared with its row.
    compared: bool,
}

#[derive(Debug)]
struct Walk<'a> {
    store: &'a dyn Store,
    /// The last number read, and how many entries there were.
    cursor: u64,
    entries: u64,
    /// The latest date of an entry so far.
    latest: Timestamp,
    chains: HashMap<RequestId, Chain>,
    /// Heads of chains that were ahead of the walk, which has to reach them.
    ahead: Vec<(RequestId, AuditHead)>,
    /// The seal over older entries, until it is compared, and when it was made.
    sealed: Option<OldTrail>,
    sealed_at: Option<Timestamp>,
    /// Up to this number, entries were written by programs that stored no head of the portal's chain.
    old_end: u64,
    digest: TrailDigest,
    findings: Vec<TrailFinding>,
}

fn name_of(chain: RequestId) -> String {
    if chain == RequestId::PORTAL { "the portal's chain".to_owned() } else { format!("request {chain}") }
}

impl<'a> Walk<'a> {
    fn new(store: &'a dyn Store, upgraded: Option<&AuditEntry>, has_portal_head: bool) -> Self {
        let sealed = upgraded.and_then(|entry| OldTrail::parse(&entry.detail));
        let old_end = sealed.as_ref().map(|sealed| sealed.end);
        Self {
            store,
            cursor: 0,
            entries: 0,
            latest: Timestamp::MIN,
            chains: HashMap::new(),
            ahead: Vec::new(),
            // Without a stored head any entry may be of an older program.
            old_end: old_end.unwrap_or(if has_portal_head { 0 } else { u64::MAX }),
            sealed,
            sealed_at: upgraded.map(|entry| entry.at),
            digest: TrailDigest::default(),
            findings: Vec::new(),
        }
    }

    async fn all(
        &mut self,
        each: &mut (impl FnMut(&AuditEntry) -> anyhow::Result<()> + Send),
        end: u64,
        head: PortalHead,
    ) -> anyhow::Result<()> {
        self.on(each).await?;
        self.ends_at(end);
        self.rows().await?;
        self.chains_without_a_row().await?;
        self.portal(head).await?;
        // Read what was appended meanwhile, so that chains ahead of the walk can be compared.
        self.on(each).await?;
        self.has_caught_up();
        Ok(())
    }

    fn finds(&mut self, wrong: bool, about: impl Into<String>, problem: impl Into<String>) {
        let finding = TrailFinding { wrong, about: about.into(), problem: problem.into() };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Reports something that only the previous version writes. Only a note during a rolling upgrade, when such a bot
    /// may still run.
    fn finds_older(&mut self, since: Timestamp, about: String, problem: &str) {
        let until = self.sealed_at.and_then(|at| at.checked_add(ROLLING_UPGRADE).ok());
        if until.is_some_and(|until| since <= until) {
            self.finds(false, about, format!("{problem}; bots of an earlier version do this"));
        } else {
            self.finds(true, about, problem);
        }
    }

    /// Reads to the end of the trail.
    async fn on(
        &mut self,
        each: &mut (impl FnMut(&AuditEntry) -> anyhow::Result<()> + Send),
    ) -> anyhow::Result<()> {
        loop {
            let page = match numbered(self.store, self.cursor, PAGE).await {
                // Read the readable entries before it first.
                Err(error) if error.is::<Unreadable>() => numbered(self.store, self.cursor, 1)
                    .await
                    .with_context(|| format!("the entry after number {}", self.cursor))?,
                page => page?,
            };
            if page.is_empty() {
                self.compare_with_sealed(u64::MAX);
                return Ok(());
            }
            for (number, entry) in page {
                self.takes(number, &entry);
                each(&entry)?;
            }
        }
    }

    fn takes(&mut self, number: u64, entry: &AuditEntry) {
        match number - self.cursor {
            1 => {}
            2 => self.finds(true, "the trail", format!("entry number {} is missing", number - 1)),
            _ => {
                let (first, last) = (self.cursor + 1, number - 1);
                self.finds(
                    true,
                    "the trail",
                    format!("the entries of numbers {first} to {last} are missing"),
                );
            }
        }
        self.compare_with_sealed(number);
        if self.sealed.is_some() {
            self.digest.add(number, entry);
        }
        (self.cursor, self.entries, self.latest) = (number, self.entries + 1, self.latest.max(entry.at));
        let first = (number, self.latest);
        let new = Chain { head: AuditHead::default(), first, compared: false };
        let chain = self.chains.entry(entry.request).or_insert(new);
        // Continue from this entry even if it does not follow, so that a break is reported once.
        let broken = follows(&chain.head, entry);
        chain.head = AuditHead::at(entry);
        if let Err(why) = broken {
            self.finds(true, name_of(entry.request), why);
        }
    }

    /// Called before the entry of this number: once all sealed entries were read, compares them with the seal.
    fn compare_with_sealed(&mut self, number: u64) {
        let Some(sealed) = self.sealed.take_if(|sealed| sealed.end < number) else { return };
        if std::mem::take(&mut self.digest).finish() != sealed.digest {
            let problem = format!(
                "the entries up to number {} have changed since an earlier version was replaced",
                sealed.end
            );
            self.finds(true, "the trail", problem);
        }
    }

    /// Checks that the walk reached the last number that was assigned before it started.
    fn ends_at(&mut self, end: u64) {
        if self.cursor < end {
            self.finds(
                true,
                "the trail",
                format!("the entries after number {} are missing; {end} were written", self.cursor),
            );
        }
    }

    async fn rows(&mut self) -> anyhow::Result<()> {
        // Read by prefix, since the store has no list of all rows.
        for digits in 0..=u8::MAX {
            for row in self.store.find(&format!("{digits:02x}"), ALL).await? {
                self.request(&row).await?;
            }
        }
        Ok(())
    }

    /// Compares a request's own copy of its chain with its row and with the global order.
    async fn request(&mut self, row: &Request) -> anyhow::Result<()> {
        let (id, entries) = (row.id, self.store.audit_of(row.id).await?);
        if let Err(why) = check(&row.audit, &entries) {
            self.finds(true, name_of(id), why);
        }
        let last = entries.last().map(AuditHead::at).unwrap_or_default();
        // A bot may have appended an entry since `row` was read.
        if last.seq > row.audit.seq
            && let Some(row) = self.store.load(id).await?
            && last.seq > row.audit.seq
        {
            self.finds(
                true,
                name_of(id),
                format!("its row records {} entries, but there are {}", row.audit.seq, last.seq),
            );
        }
        self.same_in_order(id, &entries);
        Ok(())
    }

    /// Compares a chain with the global order. If the chain has grown meanwhile, it is checked at the end.
    fn same_in_order(&mut self, id: RequestId, entries: &[AuditEntry]) {
        let chain = self.chains.get_mut(&id);
        let walked = chain.map(|chain| {
            chain.compared = true;
            chain.head.clone()
        });
        let walked = walked.unwrap_or_default();
        let last = entries.last().map(AuditHead::at).unwrap_or_default();
        // If the walk has met none of its entries, `has_caught_up` decides.
        let same = walked.seq == 0
            || entries.iter().any(|entry| entry.seq == walked.seq && entry.digest == walked.digest);
        if !same {
            let problem =
                format!("entry {} differs between the order of all entries and its chain", walked.seq);
            self.finds(true, name_of(id), problem);
        }
        if last.seq > walked.seq {
            self.ahead.push((id, last));
        }
    }

    /// Checks chains for which no row was found.
    async fn chains_without_a_row(&mut self) -> anyhow::Result<()> {
        let left = self.chains.iter().filter(|(id, chain)| !chain.compared && **id != RequestId::PORTAL);
        let mut left: Vec<_> = left.map(|(id, chain)| (*id, chain.first)).collect();
        left.sort_by_key(|(_, first)| first.0);
        for (id, (number, latest)) in left {
            match self.store.load(id).await {
                Ok(Some(row)) => self.request(&row).await?,
                Ok(None) => {
                    let entries = self.store.audit_of(id).await?;
                    self.same_in_order(id, &entries);
                    // An older version recorded refusals that belong to no request like this, and nothing else.
                    let is_refusal = |entry: &AuditEntry| entry.event == "refused" && entry.status == "-";
                    if !entries.iter().all(is_refusal) {
                        self.finds(true, name_of(id), "it has entries but no row");
                    } else if number > self.old_end {
                        self.finds_older(latest, name_of(id), "it has entries but no row");
                    }
                }
                Err(error) if error.is::<Newer>() => {
                    self.finds(
                        true,
                        name_of(id),
                        "its row was written by a newer version; verify it with that version",
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn portal(&mut self, head: PortalHead) -> anyhow::Result<()> {
        let about = name_of(RequestId::PORTAL);
        let entries = self.store.audit_of(RequestId::PORTAL).await?;
        self.same_in_order(RequestId::PORTAL, &entries);
        let head = match head {
            PortalHead::At(head) => head,
            PortalHead::NotBegun if self.sealed_at.is_none() => {
                if self.entries > 0 {
                    self.finds(
                        false,
                        about,
                        "its end is not stored yet; a bot of this version stores it at its start",
                    );
                }
                return Ok(());
            }
            PortalHead::NotBegun | PortalHead::Gone => {
                self.finds(true, about, "its stored end is gone");
                return Ok(());
            }
        };
        if let Err(why) = check(&head, &entries) {
            self.finds(true, about.clone(), why);
        }
        // Read again: a bot may have appended since `head` was read.
        let stored_seq = match self.store.portal_head().await? {
            PortalHead::At(head) => head.seq,
            PortalHead::NotBegun | PortalHead::Gone => 0,
        };
        if let Some(beyond) = entries.iter().find(|entry| entry.seq > stored_seq) {
            let problem = format!("entry {} and later ones come after its stored end", beyond.seq);
            self.finds_older(beyond.at.max(self.latest), about, &problem);
        }
        Ok(())
    }

    /// Checks that the global order now contains what chains had ahead of it.
    fn has_caught_up(&mut self) {
        for (id, end) in std::mem::take(&mut self.ahead) {
            let walked = self.chains.get(&id).map(|chain| chain.head.clone()).unwrap_or_default();
            if walked.seq < end.seq || (walked.seq == end.seq && walked.digest != end.digest) {
                let problem =
                    format!("entry {} of its chain is missing from the order of all entries", end.seq);
                self.finds(true, name_of(id), problem);
            }
        }
    }
}
