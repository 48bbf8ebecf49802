//! Somebody with more rights than the bot has changes the trail in the tables by hand; verifying it names what they did.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::domain::audit::{Actor, AuditEntry, AuditHead, By, Via};
use quartermaster::domain::ids::{PersonId, RequestId};
use quartermaster::domain::transition::note_refusals;
use quartermaster::portal::people::pause;
use quartermaster::portal::people::verify::verify;
use quartermaster::portal::portal_audit;
use quartermaster::ports::store::{Commit, Store as _};

use crate::emulator::{emulator, tables};
use crate::sample::{alices, at, insert, replace};

struct Tampered {
    client: Client,
    tables: Tables,
    store: DynamoStore,
    request: RequestId,
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// 1 paused, 2 submitted, 3 refused (of the request), 4 resumed.
async fn happened() -> Tampered {
    let tables = tables::new().await;
    let store = DynamoStore::new(&emulator().await, tables.clone());
    store.bring_forward().await.unwrap();
    pause::begin(&store, None, &Actor::Operator, at(0)).await.unwrap();
    let submitted = alices();
    store.commit(insert(&submitted)).await.unwrap();
    let by = By { person: PersonId::new("U0MALLORY"), via: Via::Command };
    let noted = note_refusals(&submitted.request, &by, &[("refused", "approve".to_owned())], at(1));
    store.commit(Commit { audit: noted.audit, ..replace(&noted.request) }).await.unwrap();
    pause::end(&store, &Actor::Operator, at(2)).await.unwrap();
    let client = Client::new(&emulator().await);
    let tampered = Tampered { client, tables, store, request: noted.request.id };
    assert_eq!(tampered.found().await, "");
    tampered
}

impl Tampered {
    async fn found(&self) -> String {
        let verdict = verify(&self.store, |_| Ok(())).await.unwrap();
        let lines: Vec<String> = verdict.findings.iter().map(ToString::to_string).collect();
        assert_eq!(verdict.holds, lines.is_empty());
        lines.join("\n").replace(&self.request.to_string(), "ID")
    }

    async fn delete(&self, pk: impl Into<String>, sk: impl Into<String>) {
        let delete = self.client.delete_item().table_name(&self.tables.events);
        delete.key("pk", s(pk)).key("sk", s(sk)).send().await.unwrap();
    }

    async fn put(&self, pk: impl Into<String>, sk: impl Into<String>, entry: &AuditEntry) {
        let put = self.client.put_item().table_name(&self.tables.events);
        let body = serde_json::to_string(entry).unwrap();
        put.item("pk", s(pk)).item("sk", s(sk)).item("body", s(body)).send().await.unwrap();
    }

    /// Both copies of an entry.
    async fn delete_entry(&self, number: u64, chain: RequestId, seq: u64) {
        self.delete("TRAIL", format!("{number:020}")).await;
        self.delete(format!("REQ#{chain}"), format!("AUDIT#{seq:06}")).await;
    }

    async fn put_entry(&self, number: u64, entry: &AuditEntry) {
        self.put("TRAIL", format!("{number:020}"), entry).await;
        self.put(format!("REQ#{}", entry.request), format!("AUDIT#{:06}", entry.seq), entry).await;
    }

    /// Writes a chain anew, with the digests that it should have; `numbers` are those of its entries.
    async fn rewrite(&self, chain: RequestId, numbers: &[u64], change: impl Fn(&mut AuditEntry)) {
        let mut head = AuditHead::default();
        let entries = self.store.audit_of(chain).await.unwrap();
        for (mut entry, number) in entries.into_iter().zip(numbers) {
            change(&mut entry);
            entry.prev.clone_from(&head.digest);
            entry.digest = entry.expected_digest();
            head = AuditHead::at(&entry);
            self.put_entry(*number, &entry).await;
        }
    }
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn whatever_is_removed_from_the_trail_is_named() {
    let all = happened().await;
    all.delete_entry(2, all.request, 1).await;
    all.delete_entry(3, all.request, 2).await;
    insta::assert_snapshot!(all.found().await, @"
    the trail: the entries of numbers 2 to 3 are missing
    request ID: 2 were written, and the entries after entry 0 are missing
    ");
    let pause = happened().await;
    pause.delete_entry(1, RequestId::PORTAL, 1).await;
    pause.delete_entry(4, RequestId::PORTAL, 2).await;
    insta::assert_snapshot!(pause.found().await, @"
    the trail: entry number 1 is missing
    the portal's chain: 2 were written, and the entries after entry 0 are missing
    ");
    let end = happened().await;
    end.delete_entry(3, end.request, 2).await;
    end.delete_entry(4, RequestId::PORTAL, 2).await;
    insta::assert_snapshot!(end.found().await, @"
    request ID: 2 were written, and the entries after entry 1 are missing
    the portal's chain: 2 were written, and the entries after entry 1 are missing
    ");
    let copy = happened().await;
    copy.delete("TRAIL", format!("{:020}", 4)).await;
    insta::assert_snapshot!(copy.found().await, @"the portal's chain: entry 2 of its chain is missing from the order of all entries");
    let own = happened().await;
    own.delete(format!("REQ#{}", own.request), "AUDIT#000002").await;
    insta::assert_snapshot!(own.found().await, @"
    request ID: 2 were written, and the entries after entry 1 are missing
    request ID: entry 2 differs between the order of all entries and its chain
    ");
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn whatever_is_rewritten_on_the_trail_is_named() {
    let chain = happened().await;
    chain.rewrite(chain.request, &[2, 3], |entry| entry.actor = "U0OLGA".to_owned()).await;
    insta::assert_snapshot!(chain.found().await, @"request ID: entry 2 is not the one that was written");
    let portal = happened().await;
    portal.rewrite(RequestId::PORTAL, &[1, 4], |entry| entry.actor = "U0OLGA".to_owned()).await;
    insta::assert_snapshot!(portal.found().await, @"the portal's chain: entry 2 is not the one that was written");
    let one = happened().await;
    let entries = one.store.audit_of(one.request).await.unwrap();
    let changed = AuditEntry { actor: "U0OLGA".to_owned(), ..entries[0].clone() };
    one.put(format!("REQ#{}", one.request), "AUDIT#000001", &changed).await;
    insta::assert_snapshot!(one.found().await, @"request ID: entry 1 was changed after it was written");
    let swapped = happened().await;
    let entries = swapped.store.audit_of(swapped.request).await.unwrap();
    swapped.put("TRAIL", format!("{:020}", 2), &entries[1]).await;
    swapped.put("TRAIL", format!("{:020}", 3), &entries[0]).await;
    insta::assert_snapshot!(swapped.found().await, @"
    request ID: entry 0 is followed by entry 2
    request ID: entry 2 is followed by entry 1
    request ID: entry 2 of its chain is missing from the order of all entries
    ");
    let twice = happened().await;
    let entries = twice.store.audit_of(twice.request).await.unwrap();
    twice.put("TRAIL", format!("{:020}", 5), &entries[1]).await;
    insta::assert_snapshot!(twice.found().await, @"request ID: entry 2 is followed by entry 2");
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn the_stored_end_of_the_portals_chain_stays_missed_whatever_is_appended_behind_it() {
    let end = happened().await;
    end.delete("PORTAL", "HEAD").await;
    insta::assert_snapshot!(end.found().await, @"the portal's chain: its stored end is gone");
    end.store.bring_forward().await.unwrap();
    portal_audit::begin(&end.store, at(3)).await.unwrap();
    pause::begin(&end.store, None, &Actor::Operator, at(3)).await.unwrap();
    assert_eq!(end.store.audit_end().await.unwrap(), 5);
    insta::assert_snapshot!(end.found().await, @"the portal's chain: its stored end is gone");
}

/// As a program without an end of the portal's chain has left them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn the_trail_of_an_earlier_version_is_sealed_once_by_many_bots_at_once() {
    let (configuration, tables) = (emulator().await, tables::new().await);
    let bots: Vec<DynamoStore> = (0..3).map(|_| DynamoStore::new(&configuration, tables.clone())).collect();
    for _ in 0..3 {
        bots[0].commit(Commit { quota: None, ..insert(&alices()) }).await.unwrap();
    }
    let sealing = bots.clone().into_iter().map(|bot| {
        tokio::spawn(async move {
            bot.bring_forward().await.unwrap();
            portal_audit::begin(&bot, at(1)).await.unwrap();
        })
    });
    for sealed in join_all(sealing).await {
        sealed.unwrap();
    }
    let (entries, end) = bots[1].audit_page(0, 10).await.unwrap();
    assert_eq!((end, entries.last().unwrap().event.as_str()), (4, "trail upgraded"));
    let verdict = verify(&bots[2], |_| Ok(())).await.unwrap();
    assert_eq!((verdict.holds, verdict.findings), (true, vec![]));
}
