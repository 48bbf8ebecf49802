//! The bot is killed at every point of a request's life and started again: the ending is the same.

use crate::harness::{Company, Setup, run_in};

/// What is left of a journey, apart from dates.
async fn ending(company: &Company) -> String {
    let (alice, morgan) = (&company.alice, &company.morgan);
    let head = |text: &String| {
        let head = text.lines().next().unwrap_or_default();
        head.split(" until ").next().unwrap_or_default().to_owned()
    };
    let heads = |shown: Vec<String>| shown.iter().map(head).collect::<Vec<_>>().join("\n");
    let channel = morgan.reads("C0PAYMENTS").split("\n\n").map(str::to_owned).collect();
    format!("{}\n{}\n{}", company.trail().await, heads(alice.dms()), heads(channel))
}

/// Alice asks, Morgan approves; the bot is killed after `jobs` jobs.
async fn approval(company: &Company, jobs: usize, lasts: bool) -> bool {
    company.kills_the_bot_after(jobs, lasts);
    company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
    company.morgan.clicks("Approve").await;
    company.waits("5m").await;
    company.is_uninterrupted()
}

async fn at_every_job(lasts: bool) {
    let mut endings = Vec::new();
    for jobs in 1.. {
        let mut over = false;
        run_in(Setup::new().in_a_file(), async |company| {
            over = approval(company, jobs, lasts).await;
            endings.push(ending(company).await);
        })
        .await;
        if over {
            break;
        }
    }
    assert!(endings.len() > 10, "only {} jobs", endings.len());
    let uninterrupted = endings.pop().unwrap();
    insta::allow_duplicates! {
        insta::assert_snapshot!(uninterrupted, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        approved | U0MORGAN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        *PostgreSQL RDS Instance v1.0* for team *payments*
        Your request for *PostgreSQL RDS Instance v1.0* is approved.
        *PostgreSQL RDS Instance v1.0* is ready.
        # Active: PostgreSQL RDS Instance
        > Active
        ");
    }
    for (at, ending) in endings.iter().enumerate() {
        assert_eq!(*ending, uninterrupted, "killed after {} jobs", at + 1);
    }
}

#[tokio::test]
async fn a_bot_that_is_killed_after_any_job_ends_the_same() {
    at_every_job(true).await;
}

#[tokio::test]
async fn a_bot_that_does_any_job_twice_ends_the_same() {
    at_every_job(false).await;
}

#[tokio::test]
async fn a_request_waits_for_its_approver_through_restarts() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.restarts().await;
        company.waits("1h").await;
        company.restarts().await;
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_product_that_changed_while_its_request_waited_is_not_provisioned() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.changes_the_catalog("rds-postgres/template.yml", "'17.11'", "'17.10'");
        company.restarts().await;
        company.morgan.clicks("Approve").await;
        company.waits("1m").await;
        insta::assert_snapshot!(company.alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* could not be provisioned. Everything was cleaned up.
        The product is not the one you asked for any more. Try again to see what is new.
        > the product was changed by its owner while the request was waiting
        [Try again]
        (Request `id` · Simulated: nothing real is made)
        ");
    })
    .await;
}

#[tokio::test]
async fn a_bucket_under_way_gets_ready_while_the_bot_is_down() {
    run_in(Setup::new().in_a_file().with_step("10s"), async |company| {
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        assert!(company.alice.newest_dm().contains("Provisioning: "), "{}", company.alice.newest_dm());
        company.clock.advance("5m");
        company.restarts().await;
        company.settle().await;
        assert_eq!(company.alice.dms().len(), 2);
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    })
    .await;
}
