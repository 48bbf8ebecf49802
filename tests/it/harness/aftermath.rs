//! What holds at the end of every journey, whatever happened in it.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use fancy_regex::Regex;
use jiff::Timestamp;
use quartermaster::domain::audit::{AuditEntry, AuditHead, follows};
use quartermaster::domain::job::JobKind;
use quartermaster::domain::request::Request;
use quartermaster::portal::Portal;
use quartermaster::ports::clock::Clock as _;
use quartermaster::ports::queue::Signal;
use quartermaster::ports::store::{Which, Whose};
use rust_decimal::Decimal;

use super::cloud::Cloud;
use super::{BOT_TOKEN, Company, SIGNING_SECRET};

/// More requests and jobs than any journey leads to.
const MOST: usize = 10_000;

/// Task tokens of the embedded workflow are 64 hexadecimal digits; so are template hashes, which are no secret.
pub(crate) static TOKENS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?<![0-9a-f:])[0-9a-f]{64}(?![0-9a-f])").unwrap());

pub(super) async fn check(company: &Company) {
    let app = company.desk.app();
    nothing_is_left_to_do(company, &app.portal).await;
    leases_are_looked_at(&app.portal).await;
    trails_are_whole(&app.portal).await;
    quotas_count_live_requests(&app.portal).await;
    drop(app);
    slack_refused_nothing_unexpected(company);
    no_secret_left_the_house(company);
}

async fn nothing_is_left_to_do(company: &Company, portal: &Portal) {
    let due = portal.ports.store.due(company.clock.now(), 100).await.unwrap();
    assert!(due.is_empty(), "jobs are left: {due:?}");
    for queue in &portal.ports.queues {
        let mut waiting = queue.receive(Duration::ZERO).await.unwrap();
        // On AWS the end of an execution is said a moment after nobody waits for it any more.
        waiting.retain(|delivery| !matches!(delivery.signal, Signal::ExecutionEnded { orderly: true, .. }));
        assert!(waiting.is_empty(), "messages are left: {waiting:?}");
    }
    let parked = company.desk.parked();
    assert_eq!(parked, company.desk.expected().parked, "parked jobs");
}

/// Whatever lives has a job that will look at its lease, so that nothing is forgotten.
async fn leases_are_looked_at(portal: &Portal) {
    let waiting = portal.ports.store.due(Timestamp::MAX, MOST).await.unwrap();
    for team in &portal.organization.teams {
        let whose = Whose::Team(team.name.clone());
        for request in portal.ports.store.list(&whose, Which::Live, 0, MOST).await.unwrap() {
            let job = JobKind::Lease.due(request.id, Timestamp::MAX).key;
            let looked_at = waiting.contains(&job);
            assert_eq!(looked_at, request.lease().is_some(), "{:?} {:?}", request.status, waiting);
        }
    }
}

/// The whole trail, in order, after checking that no chain is broken.
pub(super) async fn trail(portal: &Portal) -> Vec<AuditEntry> {
    let (mut trail, mut cursor) = (Vec::new(), 0);
    loop {
        let (entries, next) = portal.ports.store.audit_page(cursor, 100).await.unwrap();
        if entries.is_empty() {
            return trail;
        }
        trail.extend(entries);
        cursor = next;
    }
}

async fn trails_are_whole(portal: &Portal) {
    let mut heads: BTreeMap<_, AuditHead> = BTreeMap::new();
    for entry in trail(portal).await {
        let head = heads.entry(entry.request).or_default();
        follows(head, &entry).unwrap();
        *head = AuditHead::at(&entry);
    }
    for (id, head) in heads {
        if let Some(request) = portal.ports.store.load(id).await.unwrap() {
            assert_eq!(request.audit, head, "the row of {id} does not end where its trail ends");
        }
    }
}

async fn quotas_count_live_requests(portal: &Portal) {
    for team in &portal.organization.teams {
        for product in portal.catalog.products.keys() {
            let whose = Whose::TeamProduct(team.name.clone(), product.clone());
            let requests = portal.ports.store.list(&whose, Which::All, 0, 1000).await.unwrap();
            let live = requests.iter().filter(|request| !request.status.name().is_ended());
            let (count, monthly) = (live.clone().count(), live.map(Request::monthly).sum::<Decimal>());
            let uses = portal.ports.store.team_use(&team.name).await.unwrap();
            let held = uses.iter().find(|held| held.product == *product);
            assert_eq!(
                held.map_or(0, |held| held.used as usize),
                count,
                "slots of {} for {product}",
                team.name
            );
            assert_eq!(held.map(|held| held.monthly).unwrap_or_default(), monthly, "budget of {}", team.name);
        }
    }
}

fn slack_refused_nothing_unexpected(company: &Company) {
    let expected = company.desk.expected().errors;
    for call in company.desk.calls() {
        if let Some(error) = call.error {
            let known = expected.iter().any(|(method, code)| *method == call.method && *code == error);
            assert!(known, "Slack refused {} with {error}: {}", call.method, call.sent);
        }
    }
}

fn no_secret_left_the_house(company: &Company) {
    let tokens = company.desk.cloud.as_ref().map(Cloud::tokens).unwrap_or_default();
    let hashes = company.desk.hashes.lock().unwrap().clone();
    for call in company.desk.calls() {
        for secret in [BOT_TOKEN, SIGNING_SECRET] {
            assert!(!call.sent.contains(secret), "{} carries a secret", call.method);
        }
        for token in &tokens {
            assert!(!call.sent.contains(token), "{} carries a task token", call.method);
        }
        for found in TOKENS.find_iter(&call.sent) {
            assert!(
                hashes.contains(found.unwrap().as_str()),
                "{} carries a task token: {}",
                call.method,
                call.sent
            );
        }
    }
}
