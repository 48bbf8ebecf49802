//! Somebody does very much at once: they are asked to wait a second, lose nothing, and nobody else notices.

use crate::harness::{Setup, run_in};
use playground::LedTo;

fn limited() -> Setup {
    Setup::new().with_settings("burst = 0", "burst = 30")
}

#[tokio::test]
async fn who_hammers_is_asked_to_wait_and_nobody_else_is() {
    run_in(limited(), async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        for _ in 0..30 {
            alice.runs("/provision help").await;
            assert!(alice.is_told().starts_with("# How to use"), "{}", alice.is_told());
        }
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        insta::assert_snapshot!(alice.is_told(), @"You're going too fast. Try again in 1 second.");
        assert!(!alice.has_a_form());
        bob.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.waits("1s").await;
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        assert!(alice.has_a_form());

        assert!(matches!(alice.submits().await, LedTo::FieldErrors(_)), "{}", alice.form());
        insta::assert_snapshot!(alice.form().lines().filter(|line| line.contains('!')).collect::<String>(), @"  ! You're going too fast. Try again in 1 second.");
        company.waits("1s").await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        let metrics = company.gets("/metrics").await.1;
        for line in ["hurried_total{what=\"command\"} 1", "hurried_total{what=\"submission\"} 1"] {
            assert!(metrics.contains(&format!("quartermaster_{line}\n")), "{metrics}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_click_too_many_is_answered_and_counts_when_it_is_made_again() {
    run_in(limited(), async |company| {
        let morgan = &company.morgan;
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        let approve = morgan.remembers("Approve");
        for _ in 0..30 {
            morgan.runs("/provision help").await;
        }
        morgan.presses(&approve).await;
        insta::assert_snapshot!(morgan.is_told(), @"You're going too fast. Try again in 1 second.");
        assert!(!company.trail().await.contains("approved |"));
        company.waits("1s").await;
        morgan.presses(&approve).await;
        assert!(company.trail().await.contains("approved | U0MORGAN"));
    })
    .await;
}
