//! What keeps a lease from ending in time: outages, clocks that are wrong, quiet hours. Nothing is ever torn down
//! early, or without a whole grace after a warning that was delivered.

use crate::harness::{Company, Person, Setup, run, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// How often the bot has said something that Slack notifies of.
fn posts(company: &Company) -> usize {
    company.calls("chat.postMessage").len()
}

/// The newest message to them warns of this end.
fn warned_of(person: &Person, end: &str) {
    let warning = person.newest_dm();
    assert!(warning.contains(&format!("orn down {end} unless it is renewed")), "{warning}");
}

async fn is_active(company: &Company) -> bool {
    company.newest_request().await.lease().is_some()
}

#[tokio::test]
async fn a_bot_that_was_down_for_two_months_warns_once_and_leaves_a_whole_grace() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        let said = posts(company);
        company.is_down_for("90d").await;
        assert_eq!(posts(company), said + 1, "one warning, however much was missed");
        warned_of(alice, "2027-02-28 09:00 UTC");
        company.waits("143h").await;
        assert_eq!(posts(company), said + 1);
        company.waits("1h").await;
        assert_eq!(posts(company), said + 2, "a reminder");
        company.waits("23h").await;
        assert!(is_active(company).await);
        company.waits("1h").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        warned | clock | payments | s3-bucket | ACTIVE | ends 2027-02-28T09:00:00Z
        reminded | clock | payments | s3-bucket | ACTIVE | ends 2027-02-28T09:00:00Z
        expired | clock | payments | s3-bucket | TERMINATING
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_runs_ahead_of_slacks_warns_nobody_and_ends_nothing() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("29d").await;
        let said = posts(company);
        company.clock.is_wrong_by_hours(24);
        company.waits("23h").await;
        assert_eq!(posts(company), said, "not warned early");
        company.clock.is_wrong_by_hours(0);
        // What was put off by the wrong clock waits until the right one is there, too.
        company.waits("25h").await;
        assert_eq!(posts(company), said + 1, "warned once they agree");
        warned_of(alice, "2026-12-31 09:00 UTC");
        company.clock.is_wrong_by_hours(10 * 24);
        company.waits("1h").await;
        assert!(is_active(company).await, "not torn down early");
        assert_eq!(posts(company), said + 1);
        company.clock.is_wrong_by_hours(0);
        company.waits("11d").await;
        assert!(!is_active(company).await);
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_falls_back_ends_nothing_early() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        let said = posts(company);
        company.clock.is_wrong_by_hours(-10 * 24);
        company.waits("8d").await;
        assert!(is_active(company).await);
        assert_eq!(posts(company), said);
        company.clock.is_wrong_by_hours(0);
        company.settle().await;
        assert!(!is_active(company).await, "its time was over, and its owner had been warned");
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_torn_down_in_a_teams_quiet_hours() {
    let quiet = Setup::new().with_payments(
        "time_zone = \"Europe/Berlin\"\nquiet_hours = \"18:00-08:00\"\nquiet_days = [\"sat\", \"sun\"]",
    );
    run_in(quiet, async |company| {
        let alice = &company.alice;
        // Born on a Wednesday at 22:00 in Berlin, so that its lease runs out on a Friday at 22:00.
        company.waits("60h").await;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        assert!(alice.newest_dm().contains("unless it is renewed"), "warned also at night: {}", alice.newest_dm());
        warned_of(alice, "2027-01-01 21:00 UTC");
        company.waits("7d").await;
        assert!(is_active(company).await);
        // Until Monday at 07:59 in Berlin.
        company.waits("57h").await;
        company.waits("59m").await;
        assert!(is_active(company).await);
        company.waits("1m").await;
        assert!(!is_active(company).await);
        insta::assert_snapshot!(alice.newest_dm().lines().nth(1).unwrap(), @"Torn down 2027-01-04 07:00 UTC: its lease expired.");
    })
    .await;
}

#[tokio::test]
async fn a_warning_that_slack_does_not_take_holds_the_teardown() {
    run(async |company| {
        let alice = &company.alice;
        company.expects_slack_to_refuse("chat.postMessage", "service_unavailable");
        alice.asks_for("s3-bucket", &LOGS).await;
        company.playground.fail_always("chat.postMessage", Some("service_unavailable"));
        for _ in 0..10 {
            company.waits("4d").await;
        }
        assert!(is_active(company).await);
        company.playground.fail_always("chat.postMessage", None);
        company.waits("1h").await;
        warned_of(alice, "2027-01-09 10:00 UTC");
        assert_eq!(alice.dms().iter().filter(|text| text.contains("unless it is renewed")).count(), 1);
        company.waits("167h").await;
        assert!(is_active(company).await, "a whole grace after the warning");
        company.waits("1h").await;
        assert!(!is_active(company).await);
    })
    .await;
}
