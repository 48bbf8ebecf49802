//! How requests come into the lists that no bot which keeps them has put there.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use quartermaster::aws::dynamodb::DynamoStore;
use quartermaster::domain::audit::AuditEntry;
use quartermaster::domain::cost::Estimate;
use quartermaster::domain::ids::{PersonId, RequestId, TeamName};
use quartermaster::domain::lease::Lease;
use quartermaster::domain::request::{Request, Status};
use quartermaster::domain::spending::spending;
use quartermaster::ports::store::{Commit, RequestFilter, RequestScope, Store as _};
use rust_decimal::Decimal;

use super::lists::{Counted, Item, counted};
use crate::emulator::recorded;
use crate::sample::{at, changed, replace, submission};

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn is_of_lists(item: &Item) -> bool {
    let pk = item["pk"].as_s().unwrap();
    pk.starts_with("LIST#") || pk.starts_with("SUMS#")
}

impl Counted {
    async fn put(&self, item: Item) {
        let put = self.client.put_item().table_name(&self.tables.events).set_item(Some(item));
        put.send().await.unwrap();
    }

    async fn delete(&self, item: &Item) {
        let delete = self.client.delete_item().table_name(&self.tables.events);
        let delete = delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
        delete.send().await.unwrap();
    }

    /// The same tables before another store, which knows nothing of what this one did.
    async fn another(&self) -> Self {
        let (configuration, recorder) = recorded().await;
        let store = DynamoStore::new(&configuration, self.tables.clone());
        Self { store, tables: self.tables.clone(), recorder, client: self.client.clone() }
    }

    /// What a bot of before does: it writes neither lists nor sums, and says nothing of them on the trail.
    async fn as_before<T>(&self, work: impl AsyncFnOnce(&Self) -> T) -> T {
        let before = self.events().await;
        let done = work(&self.another().await).await;
        for item in self.events().await {
            if before.iter().any(|known| known["pk"] == item["pk"] && known["sk"] == item["sk"]) {
                continue;
            }
            if is_of_lists(&item) {
                self.delete(&item).await;
            } else if item["pk"] == text("TRAIL") {
                self.put(item.into_iter().filter(|(name, _)| name != "listedSince").collect()).await;
            }
        }
        for item in before.into_iter().filter(is_of_lists) {
            self.put(item).await;
        }
        done
    }

    /// Another bot, which looks at its start whether something is missing.
    async fn starts(&self) -> Self {
        let another = self.another().await;
        another.store.bring_forward().await.unwrap();
        another
    }

    pub(super) async fn listed(&self, which: RequestFilter) -> Vec<RequestId> {
        let payments = RequestScope::Team(TeamName::new("payments"));
        let listed = self.store.list(&payments, which, None, 100).await.unwrap().requests();
        listed.into_iter().map(|request| request.id).collect()
    }

    /// What somebody holds as the sums have it: how many, and US cents a month.
    async fn holds(&self, whose: &RequestScope) -> (u32, Decimal) {
        let spent = self.store.spending(whose, at(0)).await.unwrap();
        spent.values().fold((0, Decimal::ZERO), |(held, monthly), amounts| {
            (held + amounts.held, monthly + amounts.monthly * Decimal::ONE_HUNDRED)
        })
    }

    async fn team_holds(&self) -> u32 {
        self.holds(&RequestScope::Team(TeamName::new("payments"))).await.0
    }

    /// Makes the row of a request something that nobody reads, or what it was.
    async fn spoils(&self, request: &Request, body: &str) {
        let update = self.client.update_item().table_name(&self.tables.requests);
        let update = update.key("requestId", text(&request.id.to_string()));
        let update = update.update_expression("SET body = :body");
        update.expression_attribute_values(":body", text(body)).send().await.unwrap();
    }

    /// Whether it only reads when it looks whether something is missing.
    async fn looks_and_writes_nothing(&self) -> usize {
        let before = self.recorder.calls().len();
        assert!(!self.store.forget(at(0)).await.unwrap());
        let calls = self.recorder.calls().split_off(before);
        for call in &calls {
            let reads = ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem"];
            assert!(reads.contains(&call.operation.as_str()), "{call:?}");
        }
        calls.len()
    }
}

/// The request in its next revision, with an entry of the trail.
fn next(request: &Request, become_: impl FnOnce(&mut Request)) -> (Request, Commit) {
    let mut after = changed(request, "changed");
    become_(&mut after);
    let entry = submission("U0ALICE", "payments", "s3-bucket", at(0)).audit.remove(0);
    let entry = AuditEntry { request: request.id, seq: after.revision, ..entry };
    let commit = Commit { audit: vec![entry], ..replace(&after) };
    (after, commit)
}

/// Provisioned, with a lease that ends then, for so many US cents a month.
fn lives(request: &mut Request, until: &str, cents: i64) {
    request.activated_at = Some(at(0));
    let lease = Lease::begin(&request.product.lease, at(0));
    request.status = Status::Active { lease: Lease { expires_at: until.parse().unwrap(), ..lease } };
    let (region, priced_on) = ("us-east-1".into(), "2026-02-01".into());
    request.estimate = Some(Estimate { monthly: Decimal::new(cents, 2), region, priced_on });
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_was_stored_before_there_were_lists_comes_into_them_and_what_is_newer_stays() {
    let counted = counted().await;
    let first = counted.as_before(async |old| old.stored(0, false).await).await;
    let ended = counted.as_before(async |old| old.stored(10, true).await).await;
    assert_eq!(counted.listed(RequestFilter::Live).await, []);
    let new = counted.starts().await;
    assert_eq!(new.listed(RequestFilter::Live).await, [first.id]);
    assert_eq!(new.listed(RequestFilter::Ended).await, [ended.id]);
    assert_eq!(new.team_holds().await, 1);
    assert_eq!(new.looks_and_writes_nothing().await, 2, "the note and the end of the trail");

    let second = new.stored(20, false).await;
    assert_eq!(new.looks_and_writes_nothing().await, 2, "it is in the lists");
    assert_eq!(new.listed(RequestFilter::Live).await, [second.id, first.id]);
    assert_eq!(new.team_holds().await, 2);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_bots_of_before_wrote_after_going_back_is_found_however_long_ago_it_was() {
    let new = counted().await.starts().await;
    let first = new.stored(0, false).await;
    // They are back for days; then nobody is there until DynamoDB has forgotten them.
    let second = new.as_before(async |old| old.stored(10, false).await).await;
    let (first, ends) = next(&first, |request| {
        (request.ended_at, request.status) = (Some(at(20)), Status::Cancelled);
    });
    new.as_before(async |old| old.store.commit(ends).await).await.unwrap();
    assert_eq!(new.team_holds().await, 1);
    let again = new.starts().await;
    assert_eq!(again.listed(RequestFilter::Live).await, [second.id]);
    assert_eq!(again.listed(RequestFilter::Ended).await, [first.id]);
    assert_eq!(again.team_holds().await, 1);
    assert_eq!(again.looks_and_writes_nothing().await, 2);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn beside_a_bot_of_before_nothing_of_it_is_taken_for_listed() {
    let new = counted().await.starts().await;
    let mut all = vec![new.stored(0, false).await.id];
    for second in [10, 20] {
        all.push(new.as_before(async |old| old.stored(second, false).await).await.id);
        all.push(new.stored(second + 5, false).await.id);
    }
    assert_eq!(new.team_holds().await, 3, "what it wrote itself");
    assert!(!new.store.forget(at(30)).await.unwrap());
    all.reverse();
    assert_eq!(new.listed(RequestFilter::Live).await, all);
    assert_eq!(new.team_holds().await, 5, "each once");
    assert_eq!(new.looks_and_writes_nothing().await, 2);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_cannot_be_read_comes_into_the_lists_when_it_can() {
    let counted = counted().await;
    let good = counted.as_before(async |old| old.stored(0, false).await).await;
    let spoilt = counted.as_before(async |old| old.stored(10, false).await).await;
    let body = serde_json::to_string(&spoilt).unwrap();
    counted.spoils(&spoilt, "{").await;
    let new = counted.starts().await;
    assert_eq!(new.listed(RequestFilter::Live).await, [good.id]);
    assert_eq!(new.looks_and_writes_nothing().await, 2 + 2, "the row and its place once more, no other");
    new.spoils(&spoilt, &body).await;
    let again = new.starts().await;
    assert_eq!(again.listed(RequestFilter::Live).await, [spoilt.id, good.id]);
    assert_eq!(again.team_holds().await, 2);
    assert_eq!(again.looks_and_writes_nothing().await, 2);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_request_whose_place_is_older_than_its_row_is_moved_from_there() {
    let new = counted().await.starts().await;
    let (alice, bob) =
        (RequestScope::Owner(PersonId::new("U0ALICE")), RequestScope::Owner(PersonId::new("U0BOB")));
    let stored = new.stored(0, false).await;
    let (living, comes) = next(&stored, |request| lives(request, "2026-04-05T00:00:00Z", 1_000));
    new.store.commit(comes).await.unwrap();
    assert_eq!(new.holds(&alice).await, (1, Decimal::from(1_000)));
    // The bot of before hands it over and changes it. Then this one renews it.
    let (handed, hands) = next(&living, |request| {
        request.owner = PersonId::new("U0BOB");
        lives(request, "2026-04-05T00:00:00Z", 3_000);
    });
    new.as_before(async |old| old.store.commit(hands).await).await.unwrap();
    assert_eq!(new.holds(&alice).await, (1, Decimal::from(1_000)), "as its place says");
    let (_, renews) = next(&handed, |request| lives(request, "2026-03-07T00:00:00Z", 3_000));
    new.store.commit(renews).await.unwrap();
    assert_eq!(new.holds(&alice).await, (0, Decimal::ZERO));
    assert_eq!(new.holds(&bob).await, (1, Decimal::from(3_000)));
    for (whose, held) in [(&alice, 0), (&bob, 1)] {
        assert_eq!(
            new.store.list(whose, RequestFilter::Live, None, 9).await.unwrap().requests().len(),
            held,
            "{whose:?}"
        );
    }
    let now: Timestamp = "2026-03-06T00:00:00Z".parse().unwrap();
    let holding = new.store.holdings(&bob, now).await.unwrap().remove(0);
    let expected = spending(&[holding.resource(now)], now).total;
    let found = new.store.spending(&bob, now).await.unwrap().into_values().next().unwrap();
    assert_eq!(found.projected.round_dp(4).normalize(), expected.projected.round_dp(4).normalize());
    assert!(!new.store.forget(at(30)).await.unwrap());
    assert_eq!(new.holds(&bob).await, (1, Decimal::from(3_000)), "no other time");
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn many_that_have_moved_come_into_the_lists_in_as_many_transactions_as_it_takes() {
    let new = counted().await.starts().await;
    let mut handed = Vec::new();
    for second in 0..16 {
        let stored = new.stored(second, false).await;
        let (living, comes) = next(&stored, |request| {
            request.owner = PersonId::new(format!("U{second}"));
            lives(request, "2026-04-05T00:00:00Z", 1_000);
        });
        new.store.commit(comes).await.unwrap();
        handed.push(next(&living, |request| {
            request.owner = PersonId::new(format!("U{second}X"));
            request.team = TeamName::new(format!("team-{second}"));
            request.creation.room_since = Some(at(1));
            lives(request, "2026-05-05T00:00:00Z", 1_000);
        }));
    }
    let commits: Vec<Commit> = handed.iter().map(|(_, commit)| commit.clone()).collect();
    new.as_before(async |old| {
        for commit in commits {
            old.store.commit(commit).await.unwrap();
        }
    })
    .await;
    let again = new.starts().await;
    assert_eq!(again.team_holds().await, 0);
    for (request, _) in &handed {
        for whose in [RequestScope::Owner(request.owner.clone()), RequestScope::Team(request.team.clone())] {
            assert_eq!(again.holds(&whose).await, (1, Decimal::from(1_000)), "{whose:?}");
        }
    }
    assert_eq!(again.looks_and_writes_nothing().await, 2);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn whoever_depends_on_a_list_for_a_request_sees_to_it_that_it_is_there() {
    let new = counted().await.starts().await;
    let missing = new.as_before(async |old| old.stored(0, false).await).await;
    new.store.put_into_lists(missing.id, missing.revision).await.unwrap();
    assert_eq!(new.listed(RequestFilter::Live).await, [missing.id]);
    let before = new.recorder.calls().len();
    new.store.put_into_lists(missing.id, missing.revision).await.unwrap();
    let calls = new.recorder.calls().split_off(before);
    let asked: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(asked, ["dynamodb:GetItem"], "one look at its place");
    assert_eq!(new.team_holds().await, 1);
}
