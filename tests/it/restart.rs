//! The bot is killed at every point of a request's life and started again: the ending is the same.

use crate::harness::{Company, Setup, run_in};

/// What is left of a journey, apart from dates.
async fn ending(company: &Company) -> String {
    let (alice, morgan) = (&company.alice, &company.morgan);
    let head = |text: &String| {
        let head = text.lines().next().unwrap_or_default();
        let undated = head.split(" until ").next().unwrap_or_default();
        undated.split(" torn down 2").next().unwrap_or_default().to_owned()
    };
    let heads = |shown: Vec<String>| shown.iter().map(head).collect::<Vec<_>>().join("\n");
    let channel = morgan.reads("C0PAYMENTS").split("\n\n").map(str::to_owned).collect();
    let trail = company.trail().await;
    let trail: Vec<&str> =
        trail.lines().map(|line| line.split("ends 2").next().unwrap_or_default()).collect();
    format!("{}\n{}\n{}", trail.join("\n"), heads(alice.dms()), heads(channel))
}

/// Alice asks, Morgan approves; the bot is killed after `jobs` jobs.
async fn approval(company: &Company, jobs: usize, lasts: bool) -> bool {
    company.kills_the_bot_after(jobs, lasts);
    company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
    company.morgan.clicks("Approve").await;
    company.waits("5m").await;
    company.is_uninterrupted()
}

/// Plays a journey again and again, killed at one job more each time, and returns the ending that all of them have.
async fn at_every_job(journey: impl AsyncFn(&Company, usize) -> bool) -> String {
    let mut endings = Vec::new();
    for jobs in 1.. {
        let mut over = false;
        run_in(Setup::new().in_a_file(), async |company| {
            over = journey(company, jobs).await;
            endings.push(ending(company).await);
        })
        .await;
        if over {
            break;
        }
    }
    assert!(endings.len() > 10, "only {} jobs", endings.len());
    let uninterrupted = endings.pop().unwrap();
    for (at, ending) in endings.iter().enumerate() {
        assert_eq!(*ending, uninterrupted, "killed after {} jobs", at + 1);
    }
    uninterrupted
}

fn is_the_ending_of_an_approval(ending: &str) {
    insta::allow_duplicates! {
        insta::assert_snapshot!(ending, @"
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
}

#[tokio::test]
async fn a_bot_that_is_killed_after_any_job_ends_the_same() {
    let ending = at_every_job(async |company, jobs| approval(company, jobs, true).await).await;
    is_the_ending_of_an_approval(&ending);
}

#[tokio::test]
async fn a_bot_that_does_any_job_twice_ends_the_same() {
    let ending = at_every_job(async |company, jobs| approval(company, jobs, false).await).await;
    is_the_ending_of_an_approval(&ending);
}

/// A bucket is warned about, renewed, warned about again, reminded of and torn down; the bot is killed after `jobs`
/// jobs.
async fn lease(company: &Company, jobs: usize, lasts: bool) -> bool {
    let alice = &company.alice;
    company.kills_the_bot_after(jobs, lasts);
    alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
    // An hour more each time than would do without the minutes that a killed bot needs to come back.
    company.waits("721h").await;
    alice.clicks("Renew 30 days").await;
    for hours in ["721h", "145h", "25h"] {
        company.waits(hours).await;
    }
    company.waits("5m").await;
    company.is_uninterrupted()
}

fn is_the_ending_of_a_lease(ending: &str) {
    insta::allow_duplicates! {
        insta::assert_snapshot!(ending, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        warned | clock | payments | s3-bucket | ACTIVE | 
        renewed | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, 
        warned | clock | payments | s3-bucket | ACTIVE | 
        reminded | clock | payments | s3-bucket | ACTIVE | 
        expired | clock | payments | s3-bucket | TERMINATING
        terminated | provisioner | payments | s3-bucket | TERMINATED
        *Secure S3 Bucket v1.0* for team *payments*
        *Secure S3 Bucket v1.0* is ready.
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Your *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments* is
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        *Secure S3 Bucket v1.0* is torn down.
        ");
    }
}

#[tokio::test]
async fn a_lease_whose_bot_is_killed_after_any_job_ends_the_same() {
    let ending = at_every_job(async |company, jobs| lease(company, jobs, true).await).await;
    is_the_ending_of_a_lease(&ending);
}

#[tokio::test]
async fn a_lease_whose_bot_does_any_job_twice_ends_the_same() {
    let ending = at_every_job(async |company, jobs| lease(company, jobs, false).await).await;
    is_the_ending_of_a_lease(&ending);
}

#[tokio::test]
async fn a_warning_that_was_posted_but_never_recorded_is_given_once_more_and_both_count() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.loses_the_next_warning();
        company.waits("30d").await;
        let lost = alice.remembers("Renew 30 days");
        company.waits("1m").await;
        assert_eq!(alice.dms().iter().filter(|text| text.contains("unless it is renewed")).count(), 2);
        alice.presses(&lost).await;
        let lease = company.newest_request().await.lease().unwrap().clone();
        assert_eq!(lease.renewals, 1);
        assert_eq!(alice.dms().iter().filter(|text| text.contains("Renewed: it lives until")).count(), 2);
    })
    .await;
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
