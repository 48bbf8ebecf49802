//! The bot lacks a right in the account: whoever can do something about it hears of it once, and what waits goes on as soon as
//! the right is there.

use crate::harness::{Company, Setup, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// What admins were told about rights so far.
fn told(company: &Company) -> Vec<String> {
    company.pat.dms().into_iter().filter(|text| text.contains("has been missing the permission")).collect()
}

/// As long as it takes until somebody is told.
async fn a_quarter_of_an_hour(company: &Company) {
    for _ in 0..15 {
        company.waits("1m").await;
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_told_once_and_what_needs_it_goes_on_when_it_is_there() {
    run_in(Setup::new(), async |company| {
        let alice = &company.alice;
        company.denies(Some("servicecatalog:ProvisionProduct"));
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        company.waits("10m").await;
        assert_eq!(told(company).len(), 0, "AWS needs some time to spread a right");
        a_quarter_of_an_hour(company).await;
        insta::assert_snapshot!(told(company).join("\n---\n"), @"`quartermaster-bot` has been missing the permission `servicecatalog:ProvisionProduct` in AWS for 15 minutes, so request `id` and everything else that needs it is on hold. Grant it as `infra/portal.yml` does; `quartermaster doctor` lists all missing permissions. Everything is retried every five minutes and continues once the permission is granted.");
        let dms = alice.dms().join("\n---\n");
        assert_eq!(dms.matches("is waiting for the platform team: this app lacks the permission").count(), 2, "{dms}");
        assert_eq!(dms.matches("has been missing the AWS permission").count(), 2, "{dms}");
        for _ in 0..30 {
            company.waits("1h").await;
        }
        assert_eq!(told(company).len(), 1, "once");
        assert_eq!(alice.dms().join("\n").matches("lacks the permission").count(), 2, "once");
        company.denies(None);
        company.waits("6m").await;
        company.waits("6m").await;
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
        assert!(!alice.dms().join("\n").contains("has been missing the AWS permission"), "{}", alice.dms().join("\n"));
        let trail = company.trail().await;
        assert_eq!(trail.matches("held up | clock").count(), 2, "{trail}");
        alice.runs(&format!("/provision status {id}")).await;
        assert!(!alice.is_told().contains("missing the AWS permission"), "{}", alice.is_told());
    })
    .await;
}

#[tokio::test]
async fn whatever_right_a_job_lacks_is_told_and_shown_to_whoever_waits() {
    run_in(Setup::new().with_settings("step = \"0s\"", "step = \"1m\""), async |company| {
        let alice = &company.alice;
        let is_held_up = async |right: &'static str| {
            a_quarter_of_an_hour(company).await;
            a_quarter_of_an_hour(company).await;
            let told = told(company);
            assert!(told.last().is_some_and(|told| told.contains(right)), "{right}: {told:?}");
            let request = company.newest_request().await;
            assert_eq!(request.held_up.map(|held_up| held_up.right).as_deref(), Some(right));
            company.denies(None);
            company.waits("6m").await;
            company.waits("6m").await;
            assert_eq!(company.newest_request().await.held_up, None, "{right}");
        };
        company.denies(Some("states:StartExecution"));
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        is_held_up("states:StartExecution").await;
        company.waits("30m").await;
        company.waits("30m").await;
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
        company.denies(Some("servicecatalog:TerminateProvisionedProduct"));
        alice.runs(&format!("/provision teardown {id}")).await;
        let name = company.newest_request().await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        is_held_up("servicecatalog:TerminateProvisionedProduct").await;
        company.waits("30m").await;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.denies(Some("servicecatalog:DescribeRecord"));
        is_held_up("servicecatalog:DescribeRecord").await;
        company.waits("30m").await;
    })
    .await;
}

#[tokio::test]
async fn what_else_is_done_for_a_request_does_not_say_that_the_right_is_there() {
    run_in(Setup::new(), async |company| {
        let alice = &company.alice;
        company.denies(Some("servicecatalog:ProvisionProduct"));
        alice.asks_for("s3-bucket", &LOGS).await;
        // The message that says what it waits for fails, and is shown when it is tried again.
        company.expects_slack_to_refuse("chat.update", "internal_error");
        company.playground.fail_next("chat.update", "internal_error");
        a_quarter_of_an_hour(company).await;
        company.waits("6m").await;
        company.waits("6m").await;
        assert!(
            alice.dms().join("\n").contains("has been missing the AWS permission"),
            "{}",
            alice.dms().join("\n")
        );
        let trail = company.trail().await;
        assert_eq!(
            (trail.matches("held up |").count(), trail.matches("goes on |").count()),
            (1, 0),
            "{trail}"
        );
        assert_eq!(alice.dms().join("\n").matches("is waiting for the platform team").count(), 1, "once");
        assert_eq!(told(company).len(), 1, "once");
        company.denies(None);
        company.waits("6m").await;
        assert_eq!(company.newest_request().await.held_up, None);
    })
    .await;
}

#[tokio::test]
async fn admins_who_cannot_be_told_at_first_are_told_as_soon_as_they_can_be() {
    run_in(Setup::new(), async |company| {
        company.denies(Some("servicecatalog:ProvisionProduct"));
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.expects_slack_to_refuse("chat.postMessage", "service_unavailable");
        company.playground.fail_always("chat.postMessage", Some("service_unavailable"));
        a_quarter_of_an_hour(company).await;
        company.waits("6m").await;
        assert_eq!(told(company).len(), 0);
        company.playground.fail_always("chat.postMessage", None);
        for _ in 0..30 {
            company.waits("1h").await;
        }
        assert_eq!(told(company).len(), 1, "once");
    })
    .await;
}

#[tokio::test]
async fn a_right_that_is_missing_again_is_told_again() {
    run_in(Setup::new(), async |company| {
        for times in 1..3 {
            // What the portal does by itself every six hours.
            company.denies(Some("servicecatalog:SearchProvisionedProducts"));
            for _ in 0..30 {
                company.waits("1h").await;
            }
            assert_eq!(told(company).len(), times);
            company.denies(None);
            for _ in 0..30 {
                company.waits("1h").await;
            }
        }
    })
    .await;
}
