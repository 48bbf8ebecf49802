//! Slack does not answer for a while: the log says so when that begins and when it is over, whoever meets it first and however
//! much fails in between.

use crate::harness::secrets::Ledger;
use crate::harness::{Company, Remembered, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// What needs Slack first while it is out of order.
#[derive(Clone, Copy, Debug)]
enum First {
    Job,
    Click,
    Command,
    Home,
    Probe,
}

async fn presses(company: &Company, person: &'static str, button: &Remembered) {
    let Remembered { place, block_id, action } = button.clone();
    // Whether it is acknowledged is not the question here.
    let _ = company.playground.act(person, &place, &block_id, action).await;
}

async fn meets(company: &Company, first: First, approve: &Remembered) {
    let slack = &company.playground;
    match first {
        First::Job => company.settle().await,
        First::Click => presses(company, "U0MORGAN", approve).await,
        First::Command => {
            let _ = slack.run_command("U0ALICE", "C0PAYMENTS", "/provision s3-bucket").await;
        }
        First::Home => {
            let _ = slack.open_home("U0ALICE").await;
        }
        First::Probe => {
            company.gets("/readyz").await;
        }
    }
}

/// The warnings and errors of a journey with a quarter of an hour in which Slack is out of order.
async fn warnings_of_an_outage(first: First) -> Vec<String> {
    let (lines, _until_the_end) = Ledger::of_this_thread();
    let long = Setup::new().with_catalog("s3-bucket/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long, async |company| {
        let (alice, morgan, slack) = (&company.alice, &company.morgan, &company.playground);
        let living = alice.asks_for("s3-bucket", &LOGS).await;
        let asked = alice.asks_for("rds-postgres", &DATABASE).await;
        let other = alice.asks_for("rds-postgres", &DATABASE).await;
        alice.runs(&format!("/provision status {living}")).await;
        let renew = alice.remembers("Renew 30 days");
        let (approve, deny) = (morgan.remembers_for(&asked, "Approve"), morgan.remembers_for(&other, "Deny"));
        company.clock.advance("3h");
        company.slack_is_down(true);
        meets(company, first, &approve).await;
        for minute in 0..15 {
            company.waits("1m").await;
            company.gets("/readyz").await;
            let _ = slack.open_home(morgan.id).await;
            if minute == 3 {
                presses(company, morgan.id, &approve).await;
                presses(company, morgan.id, &deny).await;
                presses(company, alice.id, &renew).await;
                for command in ["", "list", "s3-bucket", "costs", "list all", &format!("teardown {living}")] {
                    let _ = slack.run_command(alice.id, "C0PAYMENTS", &format!("/provision {command}")).await;
                }
            }
        }
        company.slack_is_down(false);
        for _ in 0..20 {
            company.waits("1m").await;
            company.gets("/readyz").await;
        }
    })
    .await;
    lines.warnings()
}

#[tokio::test]
async fn an_outage_of_slack_is_two_lines_whoever_meets_it_first() {
    for first in [First::Job, First::Click, First::Command, First::Home, First::Probe] {
        let said = warnings_of_an_outage(first).await;
        assert_eq!(said.len(), 2, "{first:?}: {}", said.concat());
        assert!(said[0].contains("ERROR") && said[0].contains("does not answer"), "{first:?}: {}", said[0]);
        assert!(said[1].contains("WARN") && said[1].contains("answers again"), "{first:?}: {}", said[1]);
        assert!(said.iter().all(|line| line.contains("side=Slack")), "{first:?}: {}", said.concat());
    }
}
