//! What could not be done and was given up, as admins look after it in Slack.

use crate::harness::{Company, run};

/// Her database, whose card Slack refuses for good; the message to her as well.
async fn a_card_is_given_up(company: &Company) {
    company.expects_slack_to_refuse("chat.postMessage", "invalid_blocks");
    company.playground.fail_next("chat.postMessage", "invalid_blocks");
    company.playground.fail_next("chat.postMessage", "invalid_blocks");
    company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
}

#[tokio::test]
async fn an_admin_has_a_job_tried_again_and_drops_another() {
    run(async |company| {
        let pat = &company.pat;
        company.expects_slack_to_refuse("views.publish", "invalid_arguments");
        company.playground.fail_next("views.publish", "invalid_arguments");
        company.expects_parked_jobs(3);
        company.morgan.opens_home().await;
        a_card_is_given_up(company).await;
        pat.runs("/provision jobs").await;
        // They stand in the order of what they are about, and one of that is a request's id.
        let message = pat.is_told();
        assert!(message.starts_with("# 2 failed jobs\n"), "{message}");
        for line in ["*`show:home` of <@U0MORGAN>* · due", "*`show:card` of request `id`* · due", "[Retry] [Drop]"] {
            assert!(message.contains(line), "{message}");
        }
        let (retry, drop) =
            (pat.remembers_about("show:card", "Retry"), pat.remembers_about("show:home", "Drop"));
        pat.presses(&retry).await;
        insta::assert_snapshot!(pat.is_told(), @"
        `show:card` of request `id` will be retried.
        # 1 failed job
        *`show:home` of <@U0MORGAN>* · due 2026-11-23 09:00 UTC, retried 0 times
        “Slack refused the call: invalid_arguments”
        [Retry] [Drop]
        ");
        company.morgan.clicks("Approve").await;
        pat.presses(&drop).await;
        insta::assert_snapshot!(pat.is_told(), @"
        `show:home` of <@U0MORGAN> was dropped.
        There are no failed jobs.
        ");
        pat.presses(&drop).await;
        insta::assert_snapshot!(pat.is_told(), @"That job is no longer among the failed ones, or has failed again since. Nothing was done; `jobs` shows the current list.");
        pat.presses(&retry).await;
        insta::assert_snapshot!(pat.is_told(), @"That job is no longer among the failed ones, or has failed again since. Nothing was done; `jobs` shows the current list.");
        let trail = company.trail().await;
        let lines: Vec<&str> = trail.lines().filter(|line| line.starts_with("job")).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        job retried | U0ADMIN | - | - | - | `show:card` of ID, which had failed: Slack refused the call: invalid_blocks [button in C0GENERAL]
        job dropped | U0ADMIN | - | - | - | `show:home` of U0MORGAN, which had failed: Slack refused the call: invalid_arguments [button in C0GENERAL]
        ");
        assert!(company.trail().await.contains("active | provisioner"));
    })
    .await;
}

#[tokio::test]
async fn a_button_of_the_list_is_nothing_to_whoever_is_no_admin() {
    run(async |company| {
        company.expects_parked_jobs(2);
        a_card_is_given_up(company).await;
        company.pat.runs("/provision jobs").await;
        let mut retry = company.pat.remembers_about("show:card", "Retry");
        company.olga.presses(&retry).await;
        insta::assert_snapshot!(company.olga.is_told(), @"Only the platform team can do that.");
        assert!(company.trail().await.contains("refused | U0OLGA | - | - | - | retry a job: not an admin"));
        retry.action["value"] = "nonsense".into();
        company.pat.presses(&retry).await;
        insta::assert_snapshot!(company.pat.is_told(), @"This form or button does not offer that, so nothing was done. Open it again from `/provision`.");
    })
    .await;
}
