//! Slack does not answer for a while: the log says so when that begins and when it is over, whoever meets it first and however
//! much fails in between.

use std::time::Duration;

use quartermaster::ports::limits::Limits;
use quartermaster::slack::client::METHODS;

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

/// How Slack is out of order.
#[derive(Clone, Copy, Debug)]
enum Outage {
    /// It says so at once.
    Refuses,
    /// It answers every call that something is wrong on its side.
    Regrets,
    /// It takes every call and answers none.
    Hangs,
}

/// What Slack answers to every call, or that it does so no more.
fn answers_all(company: &Company, code: Option<&str>) {
    // A bot that runs stays connected.
    for method in METHODS.into_iter().filter(|method| *method != "apps.connections.open") {
        company.playground.fail_always(method, code);
    }
}

impl Outage {
    async fn begins(self, company: &Company) {
        match self {
            Self::Refuses => company.slack_is_down(true),
            Self::Regrets => {
                company.is_lied_to();
                answers_all(company, Some("internal_error"));
            }
            Self::Hangs => {
                let (short, long) = (Duration::from_millis(20), Duration::from_millis(60));
                let limits =
                    Limits { question: short, standing: short, open: short, call: long, ..Limits::NONE };
                company.is_held_to(limits).await;
                company.slack_is_silent(true);
            }
        }
    }

    fn ends(self, company: &Company) {
        match self {
            Self::Refuses => company.slack_is_down(false),
            Self::Regrets => answers_all(company, None),
            Self::Hangs => company.slack_is_silent(false),
        }
    }
}

/// The warnings and errors of a journey with a quarter of an hour in which Slack is out of order.
async fn warnings_of_an_outage(outage: Outage, first: First) -> Vec<String> {
    let (lines, _until_the_end) = Ledger::of_this_thread();
    let long = Setup::new().with_catalog("s3-bucket/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long, async |company| {
        let (alice, morgan, slack) = (&company.alice, &company.morgan, &company.playground);
        let living = alice.asks_for("s3-bucket", &LOGS).await;
        let request = alice.asks_for("rds-postgres", &DATABASE).await;
        let other = alice.asks_for("rds-postgres", &DATABASE).await;
        alice.runs(&format!("/provision status {living}")).await;
        let renew = alice.remembers("Renew 30 days");
        let (approve, deny) =
            (morgan.remembers_for(&request, "Approve"), morgan.remembers_for(&other, "Deny"));
        company.clock.advance("3h");
        outage.begins(company).await;
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
        outage.ends(company);
        for _ in 0..20 {
            company.waits("1m").await;
            company.gets("/readyz").await;
        }
    })
    .await;
    lines.warnings()
}

async fn is_two_lines(outage: Outage, firsts: &[First]) {
    for first in firsts {
        let said = warnings_of_an_outage(outage, *first).await;
        assert_eq!(said.len(), 2, "{first:?}: {}", said.concat());
        assert!(said[0].contains("ERROR") && said[0].contains("does not answer"), "{first:?}: {}", said[0]);
        assert!(said[1].contains("WARN") && said[1].contains("answers again"), "{first:?}: {}", said[1]);
        assert!(said.iter().all(|line| line.contains("side=Slack")), "{first:?}: {}", said.concat());
    }
}

#[tokio::test]
async fn an_outage_of_slack_is_two_lines_whoever_meets_it_first() {
    is_two_lines(Outage::Refuses, &[First::Job, First::Click, First::Command, First::Home, First::Probe])
        .await;
}

#[tokio::test]
async fn a_slack_that_takes_every_call_and_answers_none_is_two_lines_as_well() {
    is_two_lines(Outage::Hangs, &[First::Click, First::Command, First::Home]).await;
}

#[tokio::test]
async fn a_slack_that_regrets_every_call_is_two_lines_as_well() {
    is_two_lines(Outage::Regrets, &[First::Click, First::Command, First::Probe]).await;
}
