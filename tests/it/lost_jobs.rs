//! Whatever waits for a job that is gone, as no program of ours deletes it, gets another one.

use crate::harness::{Company, Setup, run, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];
/// Between two comparisons with AWS, and a bit.
const A_LOOK: &str = "361m";

/// Each resource takes a minute.
fn slow() -> Setup {
    Setup::new().with_settings("step = \"0s\"", "step = \"1m\"")
}

async fn label(company: &Company) -> &'static str {
    company.newest_request().await.status.name().label()
}

#[tokio::test]
async fn what_is_being_made_without_a_record_and_without_a_job_is_looked_at_again() {
    run_in(slow(), async |company| {
        let id = company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.clicks("Approve").await;
        assert_eq!(label(company).await, "Provisioning");
        company.loses_jobs(&id).await;
        company.loses_the_record(&id).await;
        company.waits("5h").await;
        assert_eq!(label(company).await, "Provisioning", "nothing moves it on");
        company.waits(A_LOOK).await;
        company.waits("30m").await;
        assert_eq!(label(company).await, "Active");
        let messages = company.pat.dms().join("\n");
        assert!(messages.contains("made no progress because its next job was missing"), "{messages}");
        let trail = company.trail().await;
        assert!(trail.contains("looked at again | clock"), "{trail}");
    })
    .await;
}

#[tokio::test]
async fn a_look_at_what_has_no_record_asks_for_it_again() {
    run_in(slow(), async |company| {
        let id = company.alice.asks_for("s3-bucket", &LOGS).await;
        assert_eq!(label(company).await, "Provisioning");
        company.loses_the_record(&id).await;
        company.waits("30m").await;
        assert_eq!(label(company).await, "Active");
        assert!(!company.trail().await.contains("looked at again"));
    })
    .await;
}

#[tokio::test]
async fn a_teardown_a_lease_and_a_question_whose_job_is_gone_go_on() {
    run(async |company| {
        let alice = &company.alice;
        let request = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.loses_jobs(&request).await;
        company.waits("25h").await;
        company.waits(A_LOOK).await;
        assert_eq!(label(company).await, "Timed out");
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("2m").await;
        company.loses_jobs(&id).await;
        company.waits("31d").await;
        company.waits(A_LOOK).await;
        assert!(company.trail().await.contains("warned | clock"), "its owner was warned");
        company.waits("6d").await;
        company.loses_jobs(&id).await;
        company.waits("2d").await;
        company.waits("10m").await;
        assert_eq!(label(company).await, "Torn down");
    })
    .await;
}

#[tokio::test]
async fn an_approval_whose_answer_to_the_workflow_is_gone_begins_the_next_attempt() {
    run(async |company| {
        let id = company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.refuses_answers(true);
        company.morgan.clicks("Approve").await;
        assert_eq!(label(company).await, "Approved");
        company.loses_jobs(&id).await;
        company.refuses_answers(false);
        company.waits(A_LOOK).await;
        company.waits("10m").await;
        assert_eq!(label(company).await, "Active");
        assert_eq!(company.newest_request().await.attempt, 2);
    })
    .await;
}
