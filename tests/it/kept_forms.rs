//! The store fails while somebody sends a form: it stays open as it is filled in, says whose fault it is, and counts once when
//! it is sent again, also where it was stored after all.

use quartermaster::playground::LedTo;

use crate::harness::{Company, Person, Setup, Stands, run, run_in};
use crate::pages::wide;
use crate::provision::IMAGE;

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];
const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const SORRY: &str = "The store of this app does not work";

/// What is filled in, without what is wrong with it.
fn fields(person: &Person) -> Vec<String> {
    let is_field = |line: &&str| !line.trim_start().starts_with('!') && !line.contains(SORRY);
    person.form().lines().filter(is_field).map(str::to_owned).collect()
}

/// Sends the open form twice to a store that fails, the second time although it does what it is told, and once to one that is
/// well. It counts once.
async fn counts_once(company: &Company, person: &Person, event: &str) {
    let before = company.trail().await.matches(event).count();
    let filled = fields(person);
    for stands in [Stands::Failing, Stands::Failing, Stands::Lying] {
        company.store_is(stands);
        person.submits_and_looks().await;
        company.store_is(Stands::Well);
        assert!(person.form().contains(SORRY), "{event}: {}", person.form());
        assert_eq!(fields(person), filled, "{event}");
    }
    person.submits().await;
    assert!(!person.form().contains(SORRY), "{event}: {}", person.form());
    assert_eq!(
        company.trail().await.matches(event).count(),
        before + 1,
        "{event}: {}",
        company.trail().await
    );
    person.closes_all().await;
    company.settle().await;
}

#[tokio::test]
async fn a_request_that_cannot_be_stored_keeps_its_form() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket").await;
        alice.fills(&LOGS).await;
        alice.fills(&[("reason", "we keep them for a year")]).await;
        counts_once(company, alice, "submitted").await;
        assert_eq!(company.newest_request().await.reason, "we keep them for a year");
    })
    .await;
}

#[tokio::test]
async fn what_approvers_fill_in_is_kept() {
    let named = Setup::new().with_catalog(
        "rds-postgres/product.yml",
        "  approvers: team",
        "  approvers: team\n  confirm: type-the-name",
    );
    run_in(named, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "use the shared one")]).await;
        counts_once(company, morgan, "denied").await;

        alice.asks_for("rds-postgres", &[("DatabaseName", "bills")]).await;
        morgan.clicks("Approve").await;
        morgan.fills(&[("name", &company.newest_request().await.resource_name())]).await;
        counts_once(company, morgan, "approved |").await;

        alice.asks_for("rds-postgres", &[("DatabaseName", "ships"), ("InstanceSize", "medium")]).await;
        morgan.clicks("Approve with changes").await;
        morgan.fills(&[("InstanceSize", "small")]).await;
        morgan.fills(&[("name", &company.newest_request().await.resource_name())]).await;
        counts_once(company, morgan, "approved with changes").await;

        morgan.opens_home().await;
        morgan.clicks_at_home("Out of office").await;
        morgan.fills(&[("person", "U0OLGA"), ("until", "2026-11-30")]).await;
        counts_once(company, morgan, "away").await;
    })
    .await;
}

#[tokio::test]
async fn what_owners_fill_in_is_kept() {
    let failing = Setup::new()
        .with_members(1)
        .with_settings("[simulated]\n", "[simulated]\nfail_teardowns = [\"s3-bucket\"]\n");
    run_in(failing, async |company| {
        let (alice, pat, mate) = (&company.alice, &company.pat, &company.crowd[0]);
        let service = alice.asks_for("ecs-service", &[("ServiceName", "checkout"), ("Image", IMAGE)]).await;
        alice.runs(&format!("/provision change {service} DesiredCount=2")).await;
        counts_once(company, alice, "change requested").await;
        alice.runs(&format!("/provision transfer {service}")).await;
        alice.fills(&[("person", mate.id)]).await;
        counts_once(company, alice, "transferred |").await;
        // It has no field: it is shown again as it was.
        mate.runs(&format!("/provision teardown {service}")).await;
        counts_once(company, mate, "teardown |").await;

        let bucket = alice.asks_for("s3-bucket", &LOGS).await;
        alice.runs(&format!("/provision teardown {bucket}")).await;
        let name = company.request(&bucket).await.resource_name();
        alice.fills(&[("name", &name)]).await;
        counts_once(company, alice, "teardown |").await;
        company.waits("1m").await;
        pat.runs(&format!("/provision status {bucket}")).await;
        pat.clicks("Retain").await;
        pat.fills(&[("reason", "it moves to the archive")]).await;
        counts_once(company, pat, "retained").await;
    })
    .await;
}

#[tokio::test]
async fn a_page_that_cannot_be_turned_keeps_what_is_filled_in() {
    run_in(wide(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=checkout").await;
        let first = fields(alice);
        company.store_is(Stands::Failing);
        alice.submits_and_looks().await;
        company.store_is(Stands::Well);
        assert!(alice.form().contains(SORRY), "{}", alice.form());
        assert_eq!(fields(alice), first);
        assert_eq!(alice.submits().await, LedTo::ViewUpdated, "{}", alice.form());
        let second = fields(alice);
        company.store_is(Stands::Failing);
        alice.clicks_and_looks("Back").await;
        company.edge().settle().await;
        company.store_is(Stands::Well);
        assert_eq!(fields(alice), second, "nothing is lost");
        assert!(alice.newest_dm().contains(SORRY), "{}", alice.everything());
        alice.clicks("Back").await;
        assert_eq!(fields(alice).len(), first.len());
    })
    .await;
}
