//! Tearing something down before its time, what stands in the way of that, and handing it to somebody else.

use crate::harness::{Company, Setup, run, run_in};
use quartermaster::playground::LedTo;

const BUCKET: [(&str, &str); 1] = [("BucketPurpose", "logs")];

fn failing() -> Setup {
    Setup::new().with_settings("[simulated]\n", "[simulated]\nfail_teardowns = [\"s3-bucket\"]\n")
}

fn with_a_team_mate() -> Setup {
    Setup::new().with_settings("[\"U0ALICE\"]", "[\"U0ALICE\", \"U0BOB\"]")
}

/// Types the name that the open dialog asks for, and confirms.
async fn confirms(company: &Company) {
    let name = company.newest_request().await.resource_name();
    company.alice.fills(&[("name", &name)]).await;
    let led_to = company.alice.submits().await;
    assert!(matches!(led_to, LedTo::ViewsCleared | LedTo::ViewUpdated), "{}", company.alice.form());
}

#[tokio::test]
async fn an_owner_tears_down_a_bucket_after_typing_its_name() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision teardown {}", &id[..8])).await;
        insta::assert_snapshot!(alice.form(), @"");
        alice.fills(&[("name", "payments")]).await;
        assert!(matches!(alice.submits().await, LedTo::FieldErrors(_)));
        insta::assert_snapshot!(alice.form(), @"");
        let name = company.newest_request().await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.form(), @"");
        company.waits("1m").await;
        insta::assert_snapshot!(alice.newest_dm(), @"");
        insta::assert_snapshot!(company.trail().await, @"");
        alice.runs(&format!("/provision teardown {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"");
    })
    .await;
}

#[tokio::test]
async fn a_status_has_the_buttons_of_its_owner_and_a_click_answers() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision status {id}")).await;
        let renew = alice.remembers("Renew 30d");
        alice.presses(&renew).await;
        insta::assert_snapshot!(alice.is_told(), @"");
        alice.presses(&renew).await;
        insta::assert_snapshot!(alice.is_told(), @"");
        alice.runs(&format!("/provision renew {id} 31d")).await;
        insta::assert_snapshot!(alice.is_told(), @"");
        alice.runs(&format!("/provision renew {id} soon")).await;
        insta::assert_snapshot!(alice.is_told(), @"");
        morgan.runs(&format!("/provision renew {id} 30d")).await;
        insta::assert_snapshot!(morgan.is_told(), @"");
    })
    .await;
}

#[tokio::test]
async fn a_failed_teardown_says_why_is_tried_again_and_given_up_by_an_admin() {
    run_in(failing(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision teardown {id}")).await;
        confirms(company).await;
        company.waits("1m").await;
        insta::assert_snapshot!(alice.newest_dm(), @"");
        alice.clicks("Try again").await;
        confirms(company).await;
        company.waits("1m").await;
        alice.clicks("Retain").await;
        insta::assert_snapshot!(alice.is_told(), @"");
        pat.runs(&format!("/provision status {id}")).await;
        pat.clicks("Retain").await;
        insta::assert_snapshot!(pat.form(), @"");
        pat.fills(&[("reason", "it moves to the archive")]).await;
        pat.submits().await;
        insta::assert_snapshot!(pat.form(), @"");
        insta::assert_snapshot!(alice.newest_dm(), @"");
        insta::assert_snapshot!(company.trail().await, @"");
    })
    .await;
}

#[tokio::test]
async fn a_bucket_is_handed_to_a_team_mate_who_is_told() {
    run_in(with_a_team_mate(), async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision transfer {id}")).await;
        insta::assert_snapshot!(alice.form(), @"");
        alice.fills(&[("person", "U0OLGA")]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.form(), @"");
        alice.fills(&[("person", "U0BOB")]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.form(), @"");
        insta::assert_snapshot!(bob.newest_dm(), @"");
        alice.runs(&format!("/provision transfer {id} <@U0ALICE|alice>")).await;
        insta::assert_snapshot!(alice.is_told(), @"");
        bob.runs(&format!("/provision transfer {id} <@U0ALICE|alice>")).await;
        insta::assert_snapshot!(bob.is_told(), @"");
    })
    .await;
}

#[tokio::test]
async fn a_trail_is_for_approvers_admins_and_auditors() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision audit {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"");
        morgan.runs(&format!("/provision audit {id}")).await;
        insta::assert_snapshot!(morgan.is_told(), @"");
    })
    .await;
}
