//! What must hold when all is quiet again, whatever was killed when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use playground::{Message, Playground};
use quartermaster::config::{Settings, StoreChoice};
use quartermaster::domain::audit::AuditEntry;
use quartermaster::domain::job::JobKind;
use quartermaster::domain::request::{MessageSlot, Notification, Request, StatusName};
use quartermaster::ports::clock::{Clock, SystemClock};
use quartermaster::ports::store::{RequestFilter, RequestScope, Store};
use quartermaster::wiring::Backends;
use rusqlite::Connection;

use crate::hits::Hits;
use crate::ledger::{Acked, Ledger};
use crate::people::everybody;
use crate::place::{Place, said};

/// More than any run leads to.
const MOST: usize = 100_000;

/// Everything that is stored, the bot being gone.
struct Stored {
    store: Arc<dyn Store>,
    requests: Vec<Request>,
    trail: BTreeMap<String, Vec<AuditEntry>>,
}

/// What does not hold, a line each.
pub(crate) async fn check(place: &Place, slack: &Playground, ledger: &Ledger, hits: &Hits) -> Vec<String> {
    let mut wrong = Vec::new();
    let export = place.runs(&["audit", "export"]);
    if !export.status.success() {
        let text = said(&export);
        wrong.push(format!("the audit trail is broken: {}", text.lines().next_back().unwrap_or_default()));
    }
    let connection = Connection::open(place.file("quartermaster.db")).unwrap();
    let stored = Stored::open(place).await;
    stored.every_request_has_come_to_rest(&mut wrong).await;
    stored.quota_is_what_lives(&mut wrong).await;
    stored.each_was_provisioned_at_most_once(&connection, &mut wrong);
    stored.what_was_acknowledged_is_stored(ledger, &mut wrong);
    stored.everybody_was_told(slack, &mut wrong);
    stored.nothing_was_said_too_often(slack, hits, &mut wrong);
    wrong
}

impl Stored {
    async fn open(place: &Place) -> Self {
        let text = std::fs::read_to_string(place.file("quartermaster.toml")).unwrap();
        let mut settings = Settings::parse("quartermaster.toml", &text).unwrap();
        settings.backend.store = StoreChoice::Sqlite(place.file("quartermaster.db").display().to_string());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Backends::embedded(&settings, &clock).unwrap().store;
        let mut requests = Vec::new();
        for team in settings.organization.teams {
            for which in [RequestFilter::Live, RequestFilter::Ended] {
                let listed =
                    store.list(&RequestScope::Team(team.name.clone()), which, None, MOST).await.unwrap();
                requests.extend(listed.requests());
            }
        }
        let mut trail: BTreeMap<String, Vec<AuditEntry>> = BTreeMap::new();
        for entry in store.audit_page(0, MOST).await.unwrap().0 {
            trail.entry(entry.request.to_string()).or_default().push(entry);
        }
        Self { store, requests, trail }
    }

    fn trail_of(&self, request: &str) -> &[AuditEntry] {
        self.trail.get(request).map(Vec::as_slice).unwrap_or_default()
    }

    /// Ended, or Active with a lease that somebody will look at; and no job is left or given up.
    async fn every_request_has_come_to_rest(&self, wrong: &mut Vec<String>) {
        let jobs = self.store.due(Timestamp::MAX, MOST).await.unwrap();
        for request in &self.requests {
            let status = request.status.name();
            let lease = JobKind::Lease.due(request.id, Timestamp::MAX).key;
            let is_at_rest = status.is_ended() || (request.lease().is_some() && jobs.contains(&lease));
            if !is_at_rest {
                wrong.push(format!("{} still is {}", request.id, status.as_str()));
            }
            if Some(&request.audit.seq)
                != self.trail_of(&request.id.to_string()).last().map(|entry| &entry.seq)
            {
                wrong.push(format!("{} does not end where its trail ends", request.id));
            }
        }
    }

    async fn quota_is_what_lives(&self, wrong: &mut Vec<String>) {
        let teams: BTreeSet<_> = self.requests.iter().map(|request| &request.team).collect();
        for team in teams {
            for entry in self.store.team_use(team).await.unwrap() {
                let live = self.requests.iter().filter(|request| {
                    request.team == *team
                        && request.product.key == entry.product
                        && !request.status.name().is_ended()
                });
                let live = live.count();
                if usize::try_from(entry.used).unwrap() != live {
                    wrong.push(format!("{team} holds {} of {} and {live} live", entry.used, entry.product));
                }
            }
        }
    }

    /// By the simulation's own records; and nothing that was not approved ever was.
    fn each_was_provisioned_at_most_once(&self, connection: &Connection, wrong: &mut Vec<String>) {
        let sql = "SELECT request, count(*) FROM records WHERE kind = 'PROVISION_PRODUCT' GROUP BY request";
        let mut records = connection.prepare(sql).unwrap();
        let rows = records.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)));
        let records: BTreeMap<String, u32> = rows.unwrap().map(Result::unwrap).collect();
        for request in &self.requests {
            let id = request.id.to_string();
            let made = records.get(&id).copied().unwrap_or_default();
            let began = self.trail_of(&id).iter().filter(|entry| entry.event == "provisioning").count();
            let active = self.trail_of(&id).iter().filter(|entry| entry.event == "active").count();
            if made > 1 || active > 1 || (made == 1 && began == 0) || (active == 1 && made == 0) {
                wrong.push(format!(
                    "{id} was begun {began} times, made {made} times and ready {active} times"
                ));
            }
        }
    }

    fn what_was_acknowledged_is_stored(&self, ledger: &Ledger, wrong: &mut Vec<String>) {
        for (ticket, sent) in &ledger.sent {
            let stored = self.requests.iter().filter(|request| request.reason == *ticket).count();
            if stored > 1 || (sent.acked && stored == 0) {
                wrong.push(format!("{ticket} was acknowledged: {}, and stored {stored} times", sent.acked));
            }
        }
        for acked in &ledger.acked {
            if !self.has_counted(acked) {
                wrong.push(format!("acknowledged and lost: {acked:?}"));
            }
        }
    }

    /// Whether it is on the trail, or was too late when it was done.
    fn has_counted(&self, acked: &Acked) -> bool {
        let trail = self.trail_of(&acked.request);
        let is_it = |entry: &AuditEntry| {
            entry.actor == acked.person && entry.event.ends_with(acked.event) && entry.at >= acked.begun
        };
        // Whoever clicks is told that they are too late, and only a request that waits can be decided.
        let decided = ["approved", "denied", "cancelled", "timed out", "provisioning"];
        let is_too_late = |entry: &AuditEntry| {
            decided.iter().any(|word| entry.event.ends_with(word))
                && (entry.at <= acked.answered || !acked.known)
        };
        let can_be_too_late = matches!(acked.event, "approved" | "cancelled");
        trail.iter().any(is_it)
            || (can_be_too_late && trail.iter().any(is_too_late))
            || (acked.event == "approved" && self.is_overdue(&acked.request, acked.answered))
    }

    /// Whether its deadline had passed, though nothing had ended it yet.
    fn is_overdue(&self, request: &str, at: Timestamp) -> bool {
        self.requests.iter().any(|known| known.id.to_string() == request && known.creation.answer_by <= at)
    }

    fn everybody_was_told(&self, slack: &Playground, wrong: &mut Vec<String>) {
        let said = everybody().into_iter().flat_map(|person| slack.dm(&person));
        let said: BTreeSet<(String, String)> = said.map(|message| (message.channel, message.ts)).collect();
        for request in &self.requests {
            for entry in self.trail_of(&request.id.to_string()) {
                let Some(news) = news(entry) else { continue };
                let at = request.messages.get(&MessageSlot::Notification(Notification::Status(news)));
                let stands = at.is_some_and(|at| said.contains(&(at.channel.to_string(), at.ts.clone())));
                if !stands {
                    wrong.push(format!("nobody was told that {} is {}", request.id, news.as_str()));
                }
            }
        }
    }

    /// One more than needed for each time that a bot died while it was saying it.
    fn nothing_was_said_too_often(&self, slack: &Playground, hits: &Hits, wrong: &mut Vec<String>) {
        for request in &self.requests {
            let said = slack.dm(request.owner.as_str());
            for entry in self.trail_of(&request.id.to_string()) {
                let Some(news) = news(entry) else { continue };
                let job = JobKind::Show(MessageSlot::Notification(Notification::Status(news)))
                    .due(request.id, entry.at)
                    .key;
                let key = (job.owner.to_string(), job.name);
                let allowed = 1 + hits.interrupted.get(&key).copied().unwrap_or_default();
                let copies = said.iter().filter(|message| is_news(message, request, news)).count();
                if copies > allowed {
                    wrong.push(format!("{} is {} was said {copies} times", request.id, news.as_str()));
                }
            }
        }
    }
}

/// What its owner is told in a message of its own when this happens.
fn news(entry: &AuditEntry) -> Option<StatusName> {
    match entry.event.as_str() {
        "active" if entry.status == "ACTIVE" => Some(StatusName::Active),
        "denied" => Some(StatusName::Denied),
        "timed out" => Some(StatusName::TimedOut),
        "failed" => Some(StatusName::Failed),
        "terminated" => Some(StatusName::Terminated),
        "teardown failed" => Some(StatusName::TeardownFailed),
        "retained" => Some(StatusName::Retained),
        _ => None,
    }
}

fn is_news(message: &Message, request: &Request, news: StatusName) -> bool {
    let headlines = [
        (StatusName::Active, "is ready."),
        (StatusName::Denied, "was denied."),
        (StatusName::TimedOut, "timed out."),
        (StatusName::Failed, "could not be provisioned."),
        (StatusName::Terminated, "is torn down."),
        (StatusName::TeardownFailed, "could not be torn down."),
        (StatusName::Retained, "is left as it is."),
    ];
    let first = message.text.lines().next().unwrap_or_default();
    let says = headlines.iter().any(|(status, headline)| *status == news && first.contains(headline));
    says && message.text.contains(&format!("(request {}", request.id.short()))
}
