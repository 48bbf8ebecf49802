//! Whoever automates something hears of every change, in order and from where they were told last.

use quartermaster::domain::audit::{AuditHead, follows};

use crate::harness::receiver::Receiver;
use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

fn told(receiver: &Receiver) -> Setup {
    Setup::new().in_a_file().with_settings("[slack]\n", &receiver.settings())
}

/// The words of the trail's events, as they should be heard.
async fn happened(company: &Company) -> Vec<String> {
    let trail = company.trail().await;
    trail.lines().map(|line| line.split(" | ").next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_receiver_hears_the_whole_life_of_a_request_in_order() {
    let receiver = Receiver::start().await;
    run_in(told(&receiver), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.pat.clicks("Approve").await;
        company.morgan.clicks("Approve").await;
        company.waits("5s").await;
        insta::assert_snapshot!(receiver.words().join(", "), @"submitted, approval requested, refused, approved, provisioning, active");
        let id = company.newest_request().await.id.to_string();
        company.alice.runs(&format!("/provision teardown {id}")).await;
        company.alice.fills(&[("name", "orders")]).await;
        company.alice.submits().await;
        company.waits("5s").await;
        assert_eq!(receiver.words(), happened(company).await);
        let mut head = AuditHead::default();
        for entry in receiver.taken() {
            assert_eq!(follows(&head, &entry), Ok(()), "a receiver can check the chain");
            head = AuditHead::at(&entry);
        }
        company.waits("1h").await;
        assert_eq!(receiver.words(), happened(company).await, "and nothing twice");
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_was_down_for_days_hears_everything_once_in_order_afterwards() {
    let receiver = Receiver::start().await;
    receiver.answers(500, &[]);
    run_in(told(&receiver), async |company| {
        for day in 0..3 {
            company.alice.asks_for("s3-bucket", &LOGS).await;
            assert!(company.alice.dms().len() > day, "nobody waits for it");
            company.is_down_for("1d").await;
        }
        assert_eq!(receiver.words(), [""; 0]);
        assert!(receiver.refused() >= 3, "{}", receiver.refused());
        receiver.is_well();
        company.restarts().await;
        company.waits("1m").await;
        assert_eq!(receiver.words(), happened(company).await);
        let (_, metrics) = company.gets("/metrics").await;
        let copied =
            format!("trail_copies_total{{to=\"events\",outcome=\"copied\"}} {}", receiver.words().len());
        assert!(metrics.contains(&copied), "{metrics}");
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_is_busy_is_left_alone_and_one_that_sends_elsewhere_is_not_followed() {
    let receiver = Receiver::start().await;
    receiver.answers(429, &[("retry-after", "20")]);
    run_in(told(&receiver), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("5s").await;
        company.waits("19s").await;
        assert_eq!(receiver.refused(), 1);
        receiver.answers(302, &[("location", "/elsewhere")]);
        company.waits("1s").await;
        assert_eq!((receiver.refused(), receiver.elsewhere()), (2, 0));
        receiver.is_well();
        company.waits("1m").await;
        assert_eq!(receiver.words(), happened(company).await);
        assert_eq!(receiver.elsewhere(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_receiver_begins_with_what_happens_after_it_was_named_and_another_one_goes_on() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.changes_the_settings("[slack]\n", &first.settings());
        company.restarts().await;
        company.waits("5s").await;
        assert_eq!(first.words(), [""; 0]);
        first.answers(500, &[]);
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("5s").await;
        company.changes_the_settings(&first.settings(), &second.settings());
        company.restarts().await;
        company.waits("1m").await;
        let all = happened(company).await;
        assert_eq!(second.words(), all[all.len() - 3..]);
    })
    .await;
}
