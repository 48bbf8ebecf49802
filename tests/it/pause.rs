//! New requests are paused: who wants one is told before they fill in anything, and everything else goes on.

use crate::harness::{Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const PAUSED: &str = "New requests are paused:\n“We move the account until 17:00, see #general & wait.”";

#[tokio::test]
async fn while_paused_nobody_begins_anew_and_everything_else_goes_on() {
    let audited = Setup::new()
        .with_settings("[slack]\n", "[slack]\naudit_channel = \"C0AUDIT\"\n")
        .with_catalog("s3-bucket/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(audited, async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let bucket = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let name = company.newest_request().await.resource_name();
        alice.asks_for("rds-postgres", &DATABASE).await;
        alice.opens_home().await;
        pat.runs("/provision pause We move the account until 17:00, see <#C0GENERAL|general> & wait.").await;
        insta::assert_snapshot!(pat.is_told(), @"
        *New requests are paused* since 2026-11-23 09:00 UTC by <@U0ADMIN>:
        “We move the account until 17:00, see #general & wait.”
        Everything else continues: approvals, renewals, teardowns. `/provision resume` allows new requests again.
        ");
        assert!(company.gets("/metrics").await.1.contains("\nquartermaster_paused 1\n"));
        assert_eq!(company.gets("/readyz").await.0, 200);

        alice.runs("/provision s3-bucket").await;
        assert_eq!(alice.is_told(), PAUSED);
        assert!(!alice.has_a_form());
        alice.runs("/provision").await;
        let catalog = alice.form();
        assert!(catalog.contains("*New requests are paused* since"), "{catalog}");
        alice.clicks("Request").await;
        assert!(alice.form().ends_with(PAUSED), "{}", alice.form());
        alice.closes_all().await;
        let home = alice.home();
        assert!(home.contains("*New requests are paused* since 2026-11-23 09:00 UTC by <@U0ADMIN>:\n“We move"), "{home}");

        company.morgan.clicks("Approve").await;
        alice.runs(&format!("/provision renew {bucket} 30d")).await;
        alice.runs(&format!("/provision teardown {bucket}")).await;
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        alice.closes_all().await;
        alice.runs("/provision list").await;
        assert!(alice.is_told().contains("PostgreSQL RDS Instance"), "{}", alice.is_told());

        company.waits("1m").await;
        pat.runs("/provision resume").await;
        insta::assert_snapshot!(pat.is_told(), @"New requests are possible again. They had been paused since 2026-11-23 09:00 UTC by <@U0ADMIN>.");
        pat.runs("/provision resume").await;
        insta::assert_snapshot!(pat.is_told(), @"New requests were not paused. Nothing was changed.");
        assert!(!alice.home().contains("paused"), "{}", alice.home());
        assert!(company.gets("/metrics").await.1.contains("\nquartermaster_paused 0\n"));
        alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        company.waits("5s").await;
        let messages = pat.reads("C0AUDIT");
        let lines: Vec<&str> = messages.lines().filter(|line| line.starts_with("Portal")).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        Portal #1 2026-11-23 09:00 UTC *paused* by <@U0ADMIN>: We move the account until 17:00, see `#general` &amp; wait. [command]
        Portal #2 2026-11-23 09:01 UTC *resumed* by <@U0ADMIN>: paused since 2026-11-23 09:00 UTC by U0ADMIN [command]
        ");
        let trail = company.trail().await;
        for done in ["approved | U0MORGAN", "renewed | U0ALICE", "terminated | provisioner"] {
            assert!(trail.contains(done), "{trail}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_from_before_the_pause_stays_open_as_it_is_filled_in() {
    run(async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        alice.fills(&[("reason", "for the shop")]).await;
        pat.runs("/provision pause Back at 5 <pm> & not before").await;
        alice.submits().await;
        let form = alice.form();
        assert!(form.contains("orders") && form.contains("for the shop"), "{form}");
        let lines: Vec<&str> = form.lines().filter(|line| line.starts_with("  ! ")).collect();
        insta::assert_snapshot!(lines.join("\n"), @"  ! Nothing was saved. New requests are paused: Back at 5 <pm> & not before");
        assert!(!company.trail().await.contains("submitted"));
        pat.runs("/provision resume").await;
        alice.submits().await;
        assert!(!alice.has_a_form());
        assert_eq!(company.trail().await.matches("submitted").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn asking_again_with_an_earlier_form_is_refused_while_paused() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.clicks("Deny").await;
        company.morgan.fills(&[("reason", "not now")]).await;
        company.morgan.submits().await;
        company.pat.runs("/provision pause").await;
        company.alice.clicks("Ask again").await;
        insta::assert_snapshot!(company.alice.is_told(), @"
        New requests are paused:
        “the platform team is working on something. Please try again later.”
        ");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_no_admin_neither_pauses_nor_looks_after_jobs_and_that_is_noted() {
    run(async |company| {
        for command in ["pause for fun", "resume", "jobs"] {
            company.morgan.runs(&format!("/provision {command}")).await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(company.morgan.is_told(), @"Only the platform team can do that.");
            }
        }
        insta::assert_snapshot!(company.trail().await, @"
        refused | U0MORGAN | - | - | - | pause new requests: not an admin [command]
        refused | U0MORGAN | - | - | - | resume new requests: not an admin [command]
        refused | U0MORGAN | - | - | - | see jobs: not an admin [command]
        ");
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
    })
    .await;
}
