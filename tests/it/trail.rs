//! The audit channel: every entry of the trail, in order and once, a few seconds after it happened.

use crate::harness::{Company, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

fn audited() -> Setup {
    Setup::new().in_a_file().with_settings("[slack]\n", "[slack]\naudit_channel = \"C0AUDIT\"\n")
}

/// What stands in the audit channel, an entry a line.
fn copied(company: &Company) -> Vec<String> {
    let text = company.pat.reads("C0AUDIT");
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// How many entries each message in the channel holds.
fn batches(company: &Company) -> Vec<usize> {
    let text = company.pat.reads("C0AUDIT");
    text.split("\n\n").map(|message| message.lines().count()).collect()
}

/// The words of the trail's events, as the channel should have them.
async fn happened(company: &Company) -> Vec<String> {
    let trail = company.trail().await;
    trail.lines().map(|line| line.split(" | ").next().unwrap_or_default().to_owned()).collect()
}

fn words(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.split('*').nth(1).unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn every_entry_arrives_in_the_audit_channel_a_few_seconds_later() {
    run_in(audited(), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.pat.clicks("Approve").await;
        company.morgan.clicks("Approve").await;
        let first = copied(company).len();
        company.waits("4s").await;
        assert_eq!(copied(company).len(), first, "not a message for every entry");
        company.waits("1s").await;
        insta::assert_snapshot!(copied(company).join("\n"), @"
        `id` #1 2026-11-23 09:00 UTC *submitted* by <@U0ALICE>: rds-postgres for payments: 1 approval needed [form]
        `id` #2 2026-11-23 09:00 UTC *approval requested* by workflow: rds-postgres for payments
        `id` #3 2026-11-23 09:00 UTC *refused* by <@U0ADMIN>: rds-postgres for payments: approve: not an approver [button in <#C0PAYMENTS>]
        `id` #4 2026-11-23 09:00 UTC *approved* by <@U0MORGAN>: rds-postgres for payments: [button in <#C0PAYMENTS>]
        `id` #5 2026-11-23 09:00 UTC *provisioning* by workflow: rds-postgres for payments
        `id` #6 2026-11-23 09:00 UTC *active* by provisioner: rds-postgres for payments
        ");
        assert_eq!(words(&copied(company)), happened(company).await);
        company.waits("1h").await;
        assert_eq!(words(&copied(company)), happened(company).await, "and nothing twice");
    })
    .await;
}

#[tokio::test]
async fn a_restart_neither_repeats_nor_leaves_out_an_entry_of_the_audit_channel() {
    run_in(audited(), async |company| {
        for name in ["orders", "invoices"] {
            company.alice.asks_for("rds-postgres", &[("DatabaseName", name)]).await;
            company.restarts().await;
            company.morgan.clicks("Approve").await;
            company.is_down_for("1h").await;
        }
        company.waits("5s").await;
        assert_eq!(words(&copied(company)), happened(company).await);
    })
    .await;
}

#[tokio::test]
async fn a_rush_of_entries_comes_in_batches() {
    run_in(audited(), async |company| {
        for _ in 0..8 {
            company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        }
        assert_eq!(batches(company).iter().sum::<usize>(), 0);
        company.waits("5s").await;
        assert_eq!(batches(company), [20]);
        company.waits("5s").await;
        assert_eq!(batches(company), [20, 4]);
        assert_eq!(words(&copied(company)), happened(company).await);
    })
    .await;
}

#[tokio::test]
async fn an_audit_channel_without_the_bot_catches_up_once_it_is_invited() {
    run_in(audited(), async |company| {
        company.expects_slack_to_refuse("chat.postMessage", "not_in_channel");
        let in_audit_channel = |members: &[&str]| {
            company.playground.change(|workspace| {
                let audit = workspace.channels.iter_mut().find(|channel| channel.id == "C0AUDIT").unwrap();
                audit.members = members.iter().map(|&member| member.to_owned()).collect();
            });
        };
        in_audit_channel(&["U0ADMIN"]);
        for _ in 0..3 {
            company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
            company.waits("1h").await;
        }
        assert_eq!(copied(company).len(), 0);
        in_audit_channel(&["U0ADMIN", "U0QM"]);
        company.waits("5m").await;
        assert_eq!(words(&copied(company)), happened(company).await);
    })
    .await;
}

#[tokio::test]
async fn an_audit_channel_begins_with_what_happens_after_it_was_named() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.changes_the_settings("[slack]\n", "[slack]\naudit_channel = \"C0AUDIT\"\n");
        company.restarts().await;
        company.waits("1h").await;
        assert_eq!(copied(company).len(), 0);
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        company.waits("5s").await;
        let all = happened(company).await;
        assert_eq!(words(&copied(company)), all[all.len() - 3..]);
    })
    .await;
}

#[tokio::test]
async fn the_log_says_what_comes_onto_the_trail_but_not_what_was_typed() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("reason", "tea time")]).await;
        morgan.clicks("Approve").await;
        company.pat.runs("/provision pause moving house").await;
        let logged = company.logged();
        let said: Vec<&String> = logged.iter().filter(|line| line.contains(" INFO ")).collect();
        for event in ["submitted", "approval requested", "approved", "active"] {
            let is_told = |line: &&&String| line.contains(&id) && line.contains(event);
            assert_eq!(said.iter().filter(is_told).count(), 1, "{event}: {said:#?}");
        }
        assert!(said.iter().any(|line| line.contains("paused") && line.contains("U0ADMIN")), "{said:#?}");
        let typed = said.iter().find(|line| line.contains("tea time") || line.contains("moving house"));
        assert_eq!(typed, None);
    })
    .await;
}
