//! What holds at the end of every journey, whatever happened in it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use quartermaster::domain::audit::AuditEntry;
use quartermaster::domain::job::JobKind;
use quartermaster::domain::request::{ChangeOrder, Request};
use quartermaster::portal::Portal;
use quartermaster::portal::people::verify::verify;
use quartermaster::ports::clock::Clock as _;
use quartermaster::ports::queue::Signal;
use quartermaster::ports::store::{RequestFilter, RequestScope, Store};
use quartermaster::wiring::App;
use rust_decimal::Decimal;

use super::Company;
use super::cloud::Cloud;
use super::secrets::Secrets;

/// More requests and jobs than any journey leads to.
const MOST: usize = 10_000;

pub(super) async fn check(company: &Company) {
    let app = company.desk.app();
    nothing_is_left_to_do(company, &app.portal).await;
    leases_are_looked_at(&app.portal).await;
    trails_are_whole(&app.portal).await;
    quotas_count_live_requests(&app.portal).await;
    slack_refused_nothing_unexpected(company);
    no_secret_left_the_house(company).await;
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
    let (parked, expected) = (company.desk.parked(), company.desk.expected());
    assert!(expected.lies || parked == expected.parked, "{parked} parked jobs, not {}", expected.parked);
}

/// Whatever lives has a job that will look at its lease, so that nothing is forgotten.
async fn leases_are_looked_at(portal: &Portal) {
    let waiting = portal.ports.store.due(Timestamp::MAX, MOST).await.unwrap();
    for team in portal.ports.store.teams().await.unwrap() {
        let whose = RequestScope::Team(team);
        for request in
            portal.ports.store.list(&whose, RequestFilter::Live, None, MOST).await.unwrap().requests()
        {
            let job = JobKind::Lease.due(request.id, Timestamp::MAX).key;
            let looked_at = waiting.contains(&job);
            assert_eq!(looked_at, request.lease().is_some(), "{:?} {:?}", request.status, waiting);
        }
    }
}

/// All of theirs, what has ended included.
pub(super) async fn every(store: &dyn Store, whose: &RequestScope) -> Vec<Request> {
    let mut requests = Vec::new();
    for which in [RequestFilter::Live, RequestFilter::Ended] {
        requests.extend(store.list(whose, which, None, MOST).await.unwrap().requests());
    }
    requests
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
    let verdict = Box::pin(verify(&*portal.ports.store, |_| Ok(()))).await.unwrap();
    assert!(verdict.findings.is_empty(), "{:?}", verdict.findings);
}

async fn quotas_count_live_requests(portal: &Portal) {
    for team in portal.ports.store.teams().await.unwrap() {
        for product in portal.catalog.products.keys() {
            let whose = RequestScope::TeamProduct(team.clone(), product.clone());
            let requests = every(&*portal.ports.store, &whose).await;
            let live = requests.iter().filter(|request| !request.status.name().is_ended());
            let (count, monthly) = (live.clone().count(), live.map(held).sum::<Decimal>());
            let uses = portal.ports.store.team_use(&team).await.unwrap();
            let entry = uses.iter().find(|held| held.product == *product);
            assert_eq!(entry.map_or(0, |held| held.used as usize), count, "slots of {team} for {product}");
            assert_eq!(entry.map(|held| held.monthly).unwrap_or_default(), monthly, "budget of {team}");
        }
    }
}

/// What it takes of the budget, with what a change under way adds.
fn held(request: &Request) -> Decimal {
    let order = request.waiting_change().map(|(_, order)| order).or(request.running_change());
    request.monthly() + order.map(ChangeOrder::more).unwrap_or_default()
}

fn slack_refused_nothing_unexpected(company: &Company) {
    let expected = company.desk.expected();
    let refused = company.desk.calls().into_iter().filter_map(|call| {
        let refusal = (call.method.clone(), call.error.clone()?);
        (!expected.errors.contains(&refusal)).then_some((refusal, call.sent))
    });
    let unexpected: BTreeMap<_, _> = refused.collect();
    assert!(expected.lies || unexpected.is_empty(), "Slack refused: {unexpected:#?}");
}

async fn no_secret_left_the_house(company: &Company) {
    let app = company.desk.app();
    let mut secrets = Secrets {
        tokens: company.desk.cloud.as_ref().map(Cloud::tokens).unwrap_or_default().into_iter().collect(),
        harmless: company.desk.hashes.lock().unwrap().clone(),
    };
    let calls = company.desk.calls().into_iter().map(|call| (call.method, call.sent));
    let answers = company.desk.board.answers().into_iter().map(|answer| ("an answer".to_owned(), answer));
    for (name, text) in calls.chain(answers) {
        let found_secrets = secrets.found_in(&text);
        assert_eq!(found_secrets, None, "{name} carries a secret: {text}");
    }
    let lines = company.logged();
    assert!(!lines.is_empty(), "nothing was logged");
    for line in lines {
        let found = secrets.found_inside(&line);
        assert_eq!(found, None, "a secret is in the log: {line}");
    }
    // A request shows the digest that its trail ends with.
    secrets.harmless.extend(trail(&app.portal).await.into_iter().map(|entry| entry.digest));
    for (what, text) in prints(&app).await {
        let found = secrets.found_inside(&text);
        assert_eq!(found, None, "{what} shows a secret: {text}");
    }
}

/// What a developer may print and an operator may read.
async fn prints(app: &App) -> Vec<(&'static str, String)> {
    let store = &app.portal.ports.store;
    let mut prints = vec![("the program", format!("{app:?}"))];
    prints.push(("metrics", app.portal.metrics.render().unwrap()));
    for team in store.teams().await.unwrap() {
        let requests = every(&**store, &RequestScope::Team(team)).await;
        prints.extend(requests.iter().map(|request| ("a request", format!("{request:?}"))));
    }
    prints.push(("jobs", format!("{:?}", store.due(Timestamp::MAX, MOST).await.unwrap())));
    prints.push(("the trail", format!("{:?}", trail(&app.portal).await)));
    prints
}
