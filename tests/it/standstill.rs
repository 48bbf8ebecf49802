//! A store that cannot be written to for a while: everybody has an answer in time, and what they asked for counts once.

use crate::harness::{Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

#[tokio::test]
async fn a_form_that_takes_too_long_stays_open_and_counts_once_when_it_is_sent_again() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        let standstill = company.stops_the_store();
        alice.submits_and_looks().await;
        assert!(alice.form().contains("Please press the button again in a moment"), "{}", alice.form());
        drop(standstill);
        company.settle().await;
        alice.submits().await;
        assert!(!alice.has_a_form(), "{}", alice.form());
        assert_eq!(company.trail().await.matches("submitted").count(), 1);
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.everything());
    })
    .await;
}

#[tokio::test]
async fn a_click_that_takes_too_long_is_answered_and_still_counts() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        let standstill = company.stops_the_store();
        morgan.clicks_and_looks("Approve").await;
        assert!(!company.trail().await.contains("approved"));
        drop(standstill);
        company.settle().await;
        assert!(company.trail().await.contains("approved | U0MORGAN"));
        assert!(!morgan.everything().contains("press again"), "{}", morgan.everything());
    })
    .await;
}
