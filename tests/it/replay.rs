//! Whoever gets hold of what Slack sent can send it again within five minutes, signature and all. Nothing comes of it:
//! the clock of these journeys stands still, and everything is sent again after every step.

use std::collections::BTreeSet;

use quartermaster::slack::ids::{ActionId, CallbackId};
use quartermaster::slack::incoming::{Incoming, parse_interaction};

use crate::away::leaves;
use crate::harness::{Company, Setup, run, run_in};

/// A dialog can be opened once by what was clicked, and Slack refuses the second time.
fn opens_no_dialog_twice(company: &Company) {
    company.expects_slack_to_refuse("views.open", "exchanged_trigger_id");
    company.expects_slack_to_refuse("views.push", "exchanged_trigger_id");
}

#[tokio::test]
async fn what_is_sent_again_decides_renews_and_removes_nothing_a_second_time() {
    // The clock stands still: renewed twice, it still ends within the longest time.
    let long = Setup::new().with_catalog("rds-postgres/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long, async |company| {
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
        alice.runs(&format!("/provision transfer {} @bob", &id[..8])).await;
        bob.runs(&format!("/provision transfer {} @alice", &id[..8])).await;
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

/// Every kind of thing that changes something, each once at least, within the five minutes that a recording is good for.
async fn does_everything(company: &Company) {
    Box::pin(looks_after_jobs(company)).await;
    Box::pin(pauses_leaves_and_cancels(company)).await;
    Box::pin(has_a_database(company)).await;
    Box::pin(has_a_bucket(company)).await;
}

async fn looks_after_jobs(company: &Company) {
    let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
    // Given up: the card of a database and a home tab.
    for method in ["views.publish", "chat.postMessage", "chat.postMessage"] {
        company.expects_slack_to_refuse(method, "invalid_arguments");
        company.playground.fail_next(method, "invalid_arguments");
    }
    company.expects_parked_jobs(3);
    morgan.opens_home().await;
    let stuck = alice.asks_for("rds-postgres", &[("DatabaseName", "stuck")]).await;
    pat.runs("/provision jobs").await;
    let (retry, drop) = (pat.remembers_about("show:card", "Retry"), pat.remembers_about("show:home", "Drop"));
    pat.presses(&retry).await;
    pat.presses(&drop).await;
    morgan.clicks("Deny").await;
    morgan.fills(&[("reason", "Use the one there is")]).await;
    morgan.submits().await;
    assert!(company.trail().await.contains("denied"), "{stuck}");
}

async fn pauses_leaves_and_cancels(company: &Company) {
    let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
    pat.runs("/provision pause Moving house").await;
    pat.runs("/provision resume").await;
    leaves(company, morgan, "U0OLGA", "2026-11-30").await;
    morgan.clicks_at_home("I am back").await;

    let ended = alice.asks_for("rds-postgres", &[("DatabaseName", "ended")]).await;
    pat.runs(&format!("/provision status {ended}")).await;
    pat.clicks("Look again").await;
    pat.runs(&format!("/provision status {ended}")).await;
    pat.clicks("End it").await;
    alice.asks_for("rds-postgres", &[("DatabaseName", "cancelled")]).await;
    alice.clicks("Nudge").await;
    alice.clicks("Cancel").await;
}

async fn has_a_database(company: &Company) {
    let (alice, bob, morgan) = (&company.alice, &company.bob, &company.morgan);
    let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
    morgan.clicks("Approve with changes").await;
    morgan.fills(&[("lease", "7d")]).await;
    morgan.submits().await;
    alice.runs(&format!("/provision renew {id}")).await;
    alice.runs(&format!("/provision change {id} InstanceSize=medium")).await;
    alice.submits().await;
    alice.closes_all().await;
    alice.runs(&format!("/provision cancel {id}")).await;
    alice.runs(&format!("/provision change {id} InstanceSize=medium")).await;
    alice.submits().await;
    alice.closes_all().await;
    nothing_comes_of_it_again(company).await;
    morgan.clicks("Approve").await;
    company.waits("10s").await;
    alice.runs(&format!("/provision transfer {id} <@U0BOB|bob>")).await;
    bob.runs(&format!("/provision transfer {id}")).await;
    bob.fills(&[("person", "U0ALICE")]).await;
    bob.submits().await;
    bob.closes_all().await;
}

async fn has_a_bucket(company: &Company) {
    let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
    let bucket = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
    morgan.clicks("Approve").await;
    let name = company.newest_request().await.resource_name();
    morgan.fills(&[("name", &name)]).await;
    morgan.submits().await;
    alice.runs(&format!("/provision renew {bucket}")).await;
    // A renewal that approvers are asked about is taken back, and asked for again.
    alice.runs(&format!("/provision renew {bucket}")).await;
    alice.runs(&format!("/provision cancel {bucket}")).await;
    alice.runs(&format!("/provision renew {bucket}")).await;
    nothing_comes_of_it_again(company).await;
    alice.runs(&format!("/provision teardown {bucket}")).await;
    let name = company.newest_request().await.resource_name();
    alice.fills(&[("name", &name)]).await;
    alice.submits().await;
    alice.closes_all().await;
    company.waits("1m").await;
    pat.runs(&format!("/provision status {bucket}")).await;
    pat.clicks("Retain").await;
    pat.fills(&[("reason", "it moves to the archive")]).await;
    pat.submits().await;
    pat.closes_all().await;
}

/// What was pressed and submitted so far, by its name.
fn pressed_and_submitted(company: &Company) -> (BTreeSet<ActionId>, BTreeSet<String>) {
    let (mut pressed, mut submitted) = (BTreeSet::new(), BTreeSet::new());
    for (_, body) in company.heard() {
        match parse_interaction(&body) {
            Ok(Incoming::Click(click)) => pressed.extend(ActionId::parse(&click.action_id)),
            Ok(Incoming::Submission(submission)) => drop(submitted.insert(submission.view.callback_id)),
            _ => {}
        }
    }
    (pressed, submitted)
}

#[tokio::test]
async fn whatever_changes_something_changes_nothing_when_it_is_sent_again_also_to_the_next_bot() {
    let setup = Setup::new()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0BOB\"]")
        .with_settings("[simulated]\n", "[simulated]\nfail_teardowns = [\"s3-bucket\"]\n")
        .with_catalog("rds-postgres/product.yml", "renew: [30d]", "renew: [30d, 90d]")
        .with_catalog(
            "s3-bucket/product.yml",
            "renew: [30d], max_renewals: 12",
            "renew: [30d, 90d], max_renewals: 1",
        )
        .with_catalog(
            "s3-bucket/product.yml",
            "mode: auto",
            "mode: required\n  approvers: team\n  confirm: type-the-name",
        )
        .in_a_file();
    run_in(setup, async |company| {
        opens_no_dialog_twice(company);
        company.expects_slack_to_refuse("views.open", "invalid_trigger_id");
        company.expects_slack_to_refuse("views.push", "invalid_trigger_id");
        company.expects_slack_to_refuse("views.update", "not_found");
        Box::pin(does_everything(company)).await;
        let (pressed, submitted) = pressed_and_submitted(company);
        let unpressed: Vec<_> = ActionId::ALL
            .into_iter()
            .filter(|action| action.changes() && !pressed.contains(action))
            .collect();
        assert!(unpressed.iter().all(|action| matches!(action, ActionId::Renew(_))), "{unpressed:?}");
        let shows = [CallbackId::Catalog, CallbackId::Requests, CallbackId::Note].map(CallbackId::as_str);
        let all = CallbackId::ALL.map(CallbackId::as_str);
        let unsubmitted: Vec<_> =
            all.iter().filter(|name| !shows.contains(name) && !submitted.contains(**name)).collect();
        assert!(unsubmitted.is_empty(), "{unsubmitted:?}");
        nothing_comes_of_it_again(company).await;
        Box::pin(company.restarts()).await;
        nothing_comes_of_it_again(company).await;
    })
    .await;
}

/// All that was sent so far is sent again, and nothing is different afterwards.
async fn nothing_comes_of_it_again(company: &Company) {
    let before = company.stands().await;
    Box::pin(company.replays()).await;
    let after = company.stands().await;
    let new: Vec<&str> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    assert!(before == after, "new is:\n{}", new.join("\n"));
}
