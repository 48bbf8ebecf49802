//! The store fails while somebody sends a form: it stays open as it is filled in, says whose fault it is, and counts once when
//! it is sent again, also where it was stored after all.

use playground::LedTo;

use crate::harness::{Company, Person, Setup, Stands, run, run_in};
use crate::pages::wide;
use crate::provision::IMAGE;

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];
const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const SORRY: &str = "The database of this app is not working";

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
async fn what_was_stored_after_all_counts_once_also_where_its_form_is_sent_again_the_next_day() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        company.store_is(Stands::Lying);
        alice.submits_and_looks().await;
        company.store_is(Stands::Well);
        assert!(alice.form().contains(SORRY), "{}", alice.form());
        company.waits("26h").await;
        alice.submits().await;
        assert_eq!(company.trail().await.matches("submitted").count(), 1, "{}", company.trail().await);
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

const BUCKET: &str = "name: Bucket\napproval: { mode: auto }\nquota: { per_team: 10 }\nchange: [Size]\n";

fn bucket(parameters: &str) -> String {
    format!("Parameters:\n{parameters}Resources:\n  Topic: {{ Type: AWS::SNS::Topic }}\n")
}

const FORMER: &str = "\x20 Purpose: { Type: String, MinLength: 1 }\n\
                      \x20 Zone: { Type: String, AllowedValues: [a, b, c], Default: a }\n\
                      \x20 Note: { Type: String, Default: none }\n\
                      \x20 Size: { Type: Number, MinValue: 20, MaxValue: 1000, Default: 20 }\n";
const LATER: &str = "\x20 Purpose: { Type: String, MinLength: 1 }\n\
                     \x20 Zone: { Type: String, AllowedValues: [a, b], Default: b }\n\
                     \x20 Class: { Type: String, AllowedValues: [hot, cold], Default: cold }\n\
                     \x20 Size: { Type: Number, MinValue: 20, MaxValue: 500, Default: 20 }\n";

async fn changes_the_product(company: &Company) {
    company.changes_the_catalog("bucket/template.yml", FORMER, LATER);
    company.reloads().await;
}

#[tokio::test]
async fn a_product_that_changes_while_its_form_is_open_keeps_what_still_fits() {
    run_in(Setup::new().with_product("bucket", BUCKET, &bucket(FORMER)), async |company| {
        let alice = &company.alice;
        alice.runs("/provision bucket Purpose=logs Zone=c Note=mine Size=30").await;
        alice.fills(&[("reason", "a long and careful explanation")]).await;
        changes_the_product(company).await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        insta::assert_snapshot!(alice.form().lines().take(11).collect::<Vec<_>>().join("\n"), @"
        Bucket [Request] [Cancel]
        *Bucket* v1.0

        (Bucket was changed by its owner while this form was open, so nothing was saved yet. Look through what is filled in, then press the button again.
        Choose again: Zone.
        No longer asked for: Note.)
        (For team *payments*)
        Purpose: logs
        Zone: b
        Class: cold
        Size: 30
        ");
        assert_eq!(company.trail().await, "");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        let request = company.newest_request().await;
        assert_eq!(request.reason, "a long and careful explanation");
        insta::assert_snapshot!(format!("{:?}", request.parameters), @r#"[("Purpose", "logs"), ("Zone", "b"), ("Class", "cold"), ("Size", "30")]"#);
    })
    .await;
}

#[tokio::test]
async fn a_product_that_changes_while_a_page_is_open_or_a_field_is_filled_in_keeps_what_still_fits() {
    run_in(wide(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=checkout Size=l C9=nine").await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        let before = fields(alice);
        company.changes_the_catalog(
            "wide/template.yml",
            "Resources:\n",
            "Resources:\n  Another: { Type: AWS::SNS::Topic }\n",
        );
        company.reloads().await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        let form = alice.form();
        assert!(
            form.contains("was changed by its owner while this form was open, so nothing was saved yet"),
            "{form}"
        );
        let now = fields(alice);
        assert!(before.iter().all(|line| now.contains(line)), "{before:#?} {now:#?}");
        while alice.submits().await == LedTo::ViewUpdated {
            assert!(!alice.form().contains("was changed by its owner"), "{}", alice.form());
        }
        let request = company.newest_request().await;
        assert_eq!((request.parameter("Name"), request.parameter("C9")), (Some("checkout"), Some("nine")));
    })
    .await;
}

#[tokio::test]
async fn a_product_that_changes_while_a_change_is_filled_in_keeps_what_still_fits() {
    run_in(Setup::new().with_product("bucket", BUCKET, &bucket(FORMER)), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("bucket", &[("Purpose", "logs"), ("Size", "30")]).await;
        alice.runs(&format!("/provision change {id} Size=400")).await;
        alice.fills(&[("reason", "it grows")]).await;
        changes_the_product(company).await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        insta::assert_snapshot!(alice.form().lines().take(8).collect::<Vec<_>>().join("\n"), @"
        Change it [Change] [Cancel]
        *Bucket* v1.0 → v1.0
        `bucket-id` of team *payments*
        (Bucket was changed by its owner while this form was open, so nothing was saved yet. Look through what is filled in, then press the button again.)
        Class: cold
        Size: 400
        (Unchanged: Purpose: `logs` · Zone: `a`)
        Why do you need it?: it grows
        ");
        alice.submits().await;
        let request = company.newest_request().await;
        let change = request.change();
        let trail = company.trail().await;
        assert!(trail.contains("change requested") && trail.contains("Size 30 -> 400"), "{change:?} {trail}");
    })
    .await;
}

#[tokio::test]
async fn an_option_that_stands_at_another_place_since_is_never_taken_for_another_one() {
    let template = bucket("  Mark: { Type: String, AllowedValues: ['#one', '#two'], Default: '#one' }\n");
    run_in(
        Setup::new().with_product("bucket", BUCKET.trim_end_matches("change: [Size]\n"), &template),
        async |company| {
            let alice = &company.alice;
            alice.runs("/provision bucket Mark=#two").await;
            alice.fills(&[("reason", "a long and careful explanation")]).await;
            company.changes_the_catalog("bucket/template.yml", "['#one', '#two']", "['#two', '#one']");
            company.reloads().await;
            alice.submits().await;
            assert!(
                alice.form().contains("Copy what you typed, and open the form again."),
                "{}",
                alice.form()
            );
            assert!(alice.form().contains("a long and careful explanation"), "{}", alice.form());
            assert_eq!(company.trail().await, "");
        },
    )
    .await;
}
