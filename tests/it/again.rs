//! What changed nothing when it was first sent, because nothing was left to do or it was refused, changes nothing either when
//! it is sent again later.

use playground::Place;

use crate::away::leaves;
use crate::harness::person::pressable;
use crate::harness::{Company, Setup, run, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// Whatever was sent of this command, once more.
/// What was heard that says this is sent again, signed.
async fn again(company: &Company, word: &str) {
    for (path, body) in company.heard() {
        let body = String::from_utf8(body).unwrap();
        if path.contains("commands") && body.contains(word) {
            company.posts_signed(&path, &body).await;
        }
    }
}

#[tokio::test]
async fn a_resume_that_did_nothing_does_not_resume_when_it_is_sent_again() {
    run(async |company| {
        let pat = &company.pat;
        pat.runs("/provision resume").await;
        pat.runs("/provision pause moving house").await;
        let before = company.stands().await;
        company.replays().await;
        assert_eq!(before, company.stands().await);
    })
    .await;
}

#[tokio::test]
async fn an_i_am_back_that_did_nothing_ends_no_later_absence_when_it_is_sent_again() {
    run(async |company| {
        company.expects_slack_to_refuse("views.open", "exchanged_trigger_id");
        company.expects_slack_to_refuse("views.update", "not_found");
        let morgan = &company.morgan;
        leaves(company, morgan, "U0OLGA", "2026-11-30").await;
        let (block, action) =
            pressable(&company.playground.home("U0MORGAN").unwrap()["blocks"], "I am back", None).unwrap();
        // Twice at once, as an impatient person does; the second time there is nothing to end.
        let again = company.playground.click("U0MORGAN", &Place::Home, &block, &action);
        let once = company.playground.click("U0MORGAN", &Place::Home, &block, &action);
        let (first, second) = tokio::join!(once, again);
        first.unwrap();
        drop(second);
        company.settle().await;
        assert!(!morgan.home().contains("You are away"));
        leaves(company, morgan, "U0OLGA", "2026-12-01").await;
        let before = company.stands().await;
        company.replays().await;
        assert_eq!(before, company.stands().await);
    })
    .await;
}

#[tokio::test]
async fn a_cancel_too_many_withdraws_no_later_renewal_when_it_is_sent_again() {
    let setup = Setup::new().with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0");
    run_in(setup, async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        alice.runs(&format!("/provision renew {id}")).await;
        alice.runs(&format!("/provision cancel {id}")).await;
        alice.runs(&format!("/provision cancel {id}")).await;
        alice.runs(&format!("/provision renew {id}")).await;
        let before = company.stands().await;
        again(company, "cancel").await;
        assert_eq!(before, company.stands().await);
    })
    .await;
}

#[tokio::test]
async fn a_renew_too_many_asks_for_nothing_when_it_is_sent_again_after_a_withdrawal() {
    let setup = Setup::new().with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0");
    run_in(setup, async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        alice.runs(&format!("/provision renew {id}")).await;
        alice.runs(&format!("/provision renew {id}")).await;
        alice.runs(&format!("/provision cancel {id}")).await;
        let before = company.stands().await;
        again(company, "renew").await;
        assert_eq!(before, company.stands().await);
    })
    .await;
}

#[tokio::test]
async fn a_transfer_that_was_so_already_hands_nothing_back_when_it_is_sent_again() {
    run_in(
        Setup::new().with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0BOB\"]"),
        async |company| {
            company.expects_slack_to_refuse("views.open", "exchanged_trigger_id");
            company.expects_slack_to_refuse("views.update", "not_found");
            let (alice, morgan) = (&company.alice, &company.morgan);
            let id = alice.asks_for("s3-bucket", &LOGS).await;
            morgan.runs(&format!("/provision transfer {id} <@U0ALICE>")).await;
            alice.runs(&format!("/provision transfer {id} <@U0BOB>")).await;
            let before = company.stands().await;
            company.replays().await;
            assert_eq!(before, company.stands().await);
        },
    )
    .await;
}
