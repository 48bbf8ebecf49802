//! The search for secrets that ends every journey finds what it is meant to find.

use quartermaster::config::LogFormat;
use quartermaster::domain::ids::TaskToken;
use quartermaster::telemetry::subscriber;

use crate::harness::secrets::{EVERYTHING, Ledger, Secrets};
use crate::harness::{BOT_TOKEN, SIGNING_SECRET, run};

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

#[test]
fn a_secret_is_found_wherever_it_stands_and_a_hash_is_none() {
    let token = "d".repeat(64);
    let secrets =
        Secrets { tokens: ["AQCEAAAAKgAAAAMAAAAA".to_owned()].into(), harmless: [HASH.to_owned()].into() };
    for secret in [BOT_TOKEN, SIGNING_SECRET, "AQCEAAAAKgAAAAMAAAAA", &token] {
        let found_secrets = secrets.found_in(&format!("{{\"text\":\"x{secret}\"}}"));
        assert_eq!(found_secrets.as_deref(), Some(secret));
    }
    assert_eq!(
        secrets.found_in(&format!(
            "hash {HASH} image sha256:{token} request 0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10"
        )),
        None
    );
    let address = "https://hooks.slack.com/respond/1";
    assert_eq!(secrets.found_in(address), None, "Slack knows it");
    assert!(secrets.found_inside(address).is_some());
}

#[test]
fn a_secret_that_is_logged_in_the_greatest_detail_is_in_the_ledger() {
    let (ledger, token) = (Ledger::default(), TaskToken::new("e".repeat(64)));
    let writer = ledger.clone();
    tracing::subscriber::with_default(
        subscriber(LogFormat::Text, Some(EVERYTHING), move || writer.clone()),
        || {
            tracing::trace!(?token, "sent back");
            tracing::trace!(token = token.reveal(), "sent back");
        },
    );
    let found_secrets: Vec<_> =
        ledger.since(0).iter().map(|line| Secrets::default().found_inside(line)).collect();
    assert_eq!(found_secrets, [None, Some(token.reveal().to_owned())]);
}

#[tokio::test]
async fn what_the_program_logs_in_a_journey_is_in_the_ledger_of_the_journeys() {
    run(async |company| {
        let id = company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        let lines = company.logged();
        assert!(lines.iter().any(|line| line.contains(&id) && line.contains("submitted")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("TRACE")), "not everything is asked for");
    })
    .await;
}
