//! Whoever gets hold of what Slack sent can send it again within five minutes, signature and all. Nothing comes of it:
//! the clock of these journeys stands still, and everything is sent again after every step.

use crate::harness::{Company, Setup, run, run_in};

/// A dialog can be opened once by what was clicked, and Slack refuses the second time.
fn opens_no_dialog_twice(company: &Company) {
    company.expects_slack_to_refuse("views.open", "exchanged_trigger_id");
    company.expects_slack_to_refuse("views.push", "exchanged_trigger_id");
}

#[tokio::test]
async fn what_is_sent_again_decides_renews_and_removes_nothing_a_second_time() {
    run(async |company| {
        opens_no_dialog_twice(company);
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.replays().await;
        morgan.clicks("Approve").await;
        company.replays().await;
        alice.runs(&format!("/provision renew {}", &id[..8])).await;
        company.replays().await;
        alice.runs(&format!("/provision renew {}", &id[..8])).await;
        company.replays().await;
        alice.runs(&format!("/provision teardown {}", &id[..8])).await;
        let name = company.newest_request().await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        company.replays().await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        approved | U0MORGAN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        renewed | U0ALICE | payments | rds-postgres | ACTIVE | by 30d, ends 2027-01-29T09:00:00Z [command]
        renewed | U0ALICE | payments | rds-postgres | ACTIVE | by 30d, ends 2027-02-28T09:00:00Z [command]
        teardown | U0ALICE | payments | rds-postgres | TERMINATING | [form]
        terminated | provisioner | payments | rds-postgres | TERMINATED
        ");
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_again_asks_cancels_and_denies_nothing_a_second_time() {
    run(async |company| {
        opens_no_dialog_twice(company);
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        alice.runs(&format!("/provision cancel {}", &id[..8])).await;
        company.replays().await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "stock")]).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Use the one there is")]).await;
        morgan.submits().await;
        company.replays().await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        cancelled | U0ALICE | payments | rds-postgres | CANCELLED | [command]
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        denied | U0MORGAN | payments | rds-postgres | DENIED | Use the one there is [form]
        ");
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_again_hands_nothing_back() {
    let both = Setup::new().with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0BOB\"]");
    run_in(both, async |company| {
        opens_no_dialog_twice(company);
        // A field that others depend on tells when it changes; by now its form is closed.
        company.expects_slack_to_refuse("views.update", "not_found");
        let (alice, bob) = (&company.alice, &company.bob);
        let id = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.runs(&format!("/provision transfer {} <@U0BOB|bob>", &id[..8])).await;
        bob.runs(&format!("/provision transfer {} <@U0ALICE|alice>", &id[..8])).await;
        company.replays().await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        transferred | U0ALICE | payments | s3-bucket | ACTIVE | from U0ALICE to U0BOB [command]
        transferred | U0BOB | payments | s3-bucket | ACTIVE | from U0BOB to U0ALICE [command]
        ");
    })
    .await;
}
