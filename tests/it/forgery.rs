//! What Slack's own client would never send, and what Slack would never send.

use quartermaster::ports::clock::Clock as _;
use serde_json::json;

use crate::harness::{Remembered, run};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

#[tokio::test]
async fn a_team_that_is_not_ones_own_is_refused_and_noted() {
    run(async |company| {
        company.alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        let answer = company
            .alice
            .forges_submission(|payload| {
                let metadata = &mut payload["view"]["private_metadata"];
                *metadata = metadata.as_str().unwrap().replace("payments", "search").into();
            })
            .await;
        insta::assert_snapshot!(answer, @"
        Not submitted  [Close]
        You are not a member of *search*. Your teams: payments.
        ");
        insta::assert_snapshot!(company.trail().await, @"refused | U0ALICE | search | s3-bucket | - | submit: not a member of the team [form]");
    })
    .await;
}

#[tokio::test]
async fn a_parameter_that_the_portal_fills_is_not_taken_from_a_form() {
    run(async |company| {
        company.alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        let answer = company
            .alice
            .forges_submission(|payload| {
                payload["view"]["state"]["values"]["param.TeamName"] =
                    json!({"value": {"type": "plain_text_input", "value": "search"}});
            })
            .await;
        insta::assert_snapshot!(answer, @"
        Not submitted  [Close]
        This form or button does not offer that, so nothing was done. Open it again from `/provision`.
        ");
        insta::assert_snapshot!(company.trail().await, @"refused | U0ALICE | payments | s3-bucket | - | submit: not something the portal offered [form]");
    })
    .await;
}

#[tokio::test]
async fn an_option_that_was_not_offered_is_refused_and_noted() {
    run(async |company| {
        company.alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        let answer = company
            .alice
            .forges_submission(|payload| {
                let state = &mut payload["view"]["state"]["values"]["param.Environment"]["value"];
                state["selected_option"]["value"] = "moon".into();
            })
            .await;
        insta::assert_snapshot!(answer, @"
        Not submitted  [Close]
        This form or button does not offer that, so nothing was done. Open it again from `/provision`.
        ");
        insta::assert_snapshot!(company.trail().await, @"refused | U0ALICE | payments | s3-bucket | - | submit: not something the portal offered [form]");
    })
    .await;
}

#[tokio::test]
async fn a_form_of_another_template_is_shown_anew_and_one_of_no_product_is_refused() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        let old = json!({"product": "s3-bucket", "hash": "0".repeat(64), "team": "payments"}).to_string();
        let answer =
            alice.forges_submission(|payload| payload["view"]["private_metadata"] = old.into()).await;
        insta::assert_snapshot!(answer.lines().take(4).collect::<Vec<_>>().join("\n"), @"
        Secure S3 Bucket [Request] [Cancel]
        *Secure S3 Bucket* v1.0
        An encrypted S3 bucket with versioning and lifecycle rules
        (Secure S3 Bucket was changed by its owner while this form was open, so nothing was saved yet. Look through what is filled in, then press the button again.)
        ");
        assert_eq!(company.trail().await, "", "nothing is stored of it");
        let nothing = "{\"product\":\"../prices\",\"hash\":\"\",\"team\":\"payments\"}";
        let answer =
            alice.forges_submission(|payload| payload["view"]["private_metadata"] = nothing.into()).await;
        insta::assert_snapshot!(answer, @"
        Not submitted  [Close]
        This form or button does not offer that, so nothing was done. Open it again from `/provision`.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_button_that_names_another_request_is_refused_and_noted() {
    run(async |company| {
        let morgan = &company.morgan;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let first = morgan.remembers("Approve");
        company.clock.advance("1m");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let mut second = morgan.remembers("Approve");
        second.action["value"] = first.action["value"].clone();
        morgan.presses(&second).await;
        insta::assert_snapshot!(morgan.is_told(), @"This form or button does not offer that, so nothing was done. Open it again from `/provision`.");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        refused | U0MORGAN | payments | rds-postgres | AWAITING_APPROVAL | approve: not something the portal offered [button in C0PAYMENTS]
        ");
    })
    .await;
}

#[tokio::test]
async fn a_button_of_no_request_or_of_none_of_ours_is_refused() {
    run(async |company| {
        let morgan = &company.morgan;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let button = morgan.remembers("Approve");
        let with = |value: &str| {
            let mut forged = Remembered { action: button.action.clone(), ..button.clone() };
            forged.action["value"] = value.into();
            forged
        };
        morgan.presses(&with("0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10:1")).await;
        insta::assert_snapshot!(morgan.is_told(), @"This form or button does not offer that, so nothing was done. Open it again from `/provision`.");
        morgan.presses(&with("approve everything")).await;
        assert!(morgan.is_told().starts_with("This form or button does not offer that"), "{}", morgan.is_told());
        let own = button.action["value"].as_str().unwrap();
        morgan.presses(&with(&own.replace(':', ":9"))).await;
        insta::assert_snapshot!(morgan.is_told(), @"This button is out of date: the request is now *Waiting for approval*. Nothing was changed; the newest message shows what you can do now.");
        assert!(morgan.can_click("Approve"));
        company.waits("1h").await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        refused | U0MORGAN | - | - | - | approve: not something the portal offered [button in C0PAYMENTS]
        refused again | U0MORGAN | - | - | - | approve: not something the portal offered; once more until 2026-11-23T10:00:00Z [button in C0PAYMENTS]
        ");
    })
    .await;
}

const COMMAND: &str = "team_id=T0PLAY&user_id=U0ALICE&command=%2Fprovision&text=list&channel_id=C0PAYMENTS";

#[tokio::test]
async fn what_is_not_signed_by_slack_or_too_old_is_refused_unread() {
    run(async |company| {
        let slack = &company.playground;
        let now = company.clock.seconds_from_now(0);
        let post = async |timestamp: i64, signature: &str, body: &str| {
            let timestamp = timestamp.to_string();
            let headers = [("x-slack-request-timestamp", &*timestamp), ("x-slack-signature", signature)];
            slack.post_raw("/slack/commands", &headers, body.as_bytes().to_vec()).await.unwrap()
        };
        let nothing = (401, String::new());
        assert_eq!(slack.post_raw("/slack/commands", &[], COMMAND.into()).await.unwrap(), nothing);
        assert_eq!(post(now, "v0=00", COMMAND).await, nothing);
        let signature = slack.signature(now, COMMAND.as_bytes());
        assert_eq!(post(now, &signature, "team_id=T0PLAY&user_id=U0MORGAN").await, nothing);
        for away in [-301, 301] {
            let then = company.clock.seconds_from_now(away);
            let signature = slack.signature(then, COMMAND.as_bytes());
            assert_eq!(post(then, &signature, COMMAND).await, nothing, "{away} s away");
        }
        let then = company.clock.seconds_from_now(-299);
        assert_eq!(post(then, &slack.signature(then, COMMAND.as_bytes()), COMMAND).await.0, 200);
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_its_signature_is_looked_at() {
    run(async |company| {
        let huge = vec![b'a'; (1 << 20) + 1];
        for path in ["/slack/commands", "/slack/interactions", "/slack/options", "/slack/events"] {
            let (status, body) = company.playground.post_raw(path, &[], huge.clone()).await.unwrap();
            assert_eq!((status, body.as_str()), (413, ""), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_signed_body_that_makes_no_sense_is_acknowledged_and_changes_nothing() {
    run(async |company| {
        let bodies =
            ["", "payload=", "payload=%7B", "payload=[]", "payload=%7B%22type%22%3A%22block_actions%22%7D"];
        let mut posts: Vec<_> = bodies.map(|body| ("/slack/interactions", body)).into();
        posts.extend([
            ("/slack/commands", "text=list"),
            ("/slack/commands", "ssl_check=1&token=abc"),
            ("/slack/events", "no json"),
            ("/slack/options", "payload=%7B%22type%22%3A%22shortcut%22%7D"),
        ]);
        for (path, body) in posts {
            assert_eq!(company.posts_signed(path, body).await, (200, String::new()), "{path} {body}");
        }
        let unknown = json!({"type": "message_action", "user": {"id": "U0ALICE"}, "team": {"id": "T0PLAY"}});
        assert_eq!(company.posts_payload("/slack/interactions", &unknown).await.0, 200);
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn slacks_check_of_the_certificate_is_answered_and_does_nothing_signed_or_not() {
    run(async |company| {
        let slack = &company.playground;
        let post = async |body: &str| slack.post_raw("/slack/commands", &[], body.into()).await.unwrap();
        let with_a_command = format!("ssl_check=1&{COMMAND}");
        for check in ["ssl_check=1&token=abc", &with_a_command] {
            assert_eq!(post(check).await, (200, String::new()), "{check}");
            // Only over HTTP: a socket has no certificate of ours.
            let timestamp = company.clock.now().as_second();
            let signature = slack.signature(timestamp, check.as_bytes());
            let timestamp = timestamp.to_string();
            let signed = [("x-slack-request-timestamp", &*timestamp), ("x-slack-signature", &signature)];
            let answer = slack.post_raw("/slack/commands", &signed, check.into()).await.unwrap();
            assert_eq!(answer, (200, String::new()), "{check}");
        }
        let long = format!("ssl_check=1&token={}", "x".repeat(1 << 20));
        assert_eq!(post(&long).await, (413, String::new()));
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn slacks_check_of_the_events_address_is_answered() {
    run(async |company| {
        let check = json!({"type": "url_verification", "challenge": "3eZbrw1a"}).to_string();
        let (status, body) = company.posts_signed("/slack/events", &check).await;
        assert_eq!((status, body.as_str()), (200, "{\"challenge\":\"3eZbrw1a\"}"));
    })
    .await;
}

#[tokio::test]
async fn a_denial_that_names_another_request_than_its_card_is_refused_and_noted() {
    run(async |company| {
        let morgan = &company.morgan;
        let first = company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.clock.advance("1m");
        let second = company.alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "No")]).await;
        let tamper = |payload: &mut serde_json::Value, with: &dyn Fn(&str) -> String| {
            let metadata = &mut payload["view"]["private_metadata"];
            *metadata = with(metadata.as_str().unwrap()).into();
            payload["view"]["state"]["values"]["reason"]["value"]["value"] = "Not needed".into();
        };
        let answer =
            morgan.forges_submission(|payload| tamper(payload, &|old| old.replace(&second, &first))).await;
        insta::assert_snapshot!(answer, @"
        Not denied  [Close]
        This form or button does not offer that, so nothing was done. Open it again from `/provision`.
        ");
        let answer = morgan.forges_submission(|payload| tamper(payload, &|_| "{}".to_owned())).await;
        assert!(answer.contains("This form or button does not offer that"), "{answer}");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        refused | U0MORGAN | payments | rds-postgres | AWAITING_APPROVAL | deny: not something the portal offered [form]
        refused | U0MORGAN | - | - | - | deny: not something the portal offered [form]
        ");
    })
    .await;
}

#[tokio::test]
async fn details_and_forms_of_a_request_that_is_not_yours_to_see_stay_closed() {
    run(async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        let id = alice.asks_for("rds-postgres", &DATABASE).await;
        bob.asks_for("rds-postgres", &DATABASE).await;
        let mut button = bob.remembers("Details");
        button.action["value"] = format!("{id}:1").into();
        bob.presses(&button).await;
        assert!(bob.is_told().starts_with("There is no request"), "{}", bob.is_told());
        button.action["action_id"] = "request.again".into();
        bob.presses(&button).await;
        assert!(bob.is_told().starts_with("There is no request"), "{}", bob.is_told());
        assert_eq!(bob.form(), "-");
        button.action["action_id"] = "request.cancel".into();
        bob.presses(&button).await;
        insta::assert_snapshot!(bob.is_told(), @"This form or button does not offer that, so nothing was done. Open it again from `/provision`.");
    })
    .await;
}

#[tokio::test]
async fn a_click_in_the_name_of_somebody_who_has_left_the_group_of_approvers_counts_for_nothing() {
    run(async |company| {
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        let approve = company.morgan.remembers("Approve");
        company.expects_slack_to_refuse("chat.postEphemeral", "user_not_in_channel");
        company.expects_slack_to_refuse("chat.postMessage", "channel_not_found");
        company.playground.deactivate("U0MORGAN").await.unwrap();
        company.clock.advance("61s");
        let click = json!({
            "type": "block_actions", "user": {"id": "U0MORGAN"}, "team": {"id": "T0PLAY"},
            "trigger_id": "1.2", "actions": [approve.action], "channel": {"id": "C0SEARCH"},
        });
        assert_eq!(company.posts_payload("/slack/interactions", &click).await.0, 200);
        let request = company.newest_request().await;
        assert!(request.waits_for_approvers() && request.creation.consents.is_empty(), "{:?}", request.creation.consents);
        let trail = company.trail().await;
        insta::assert_snapshot!(trail.lines().last().unwrap(), @"refused | U0MORGAN | search | rds-postgres | AWAITING_APPROVAL | approve: no full member [button in C0SEARCH]");
    })
    .await;
}
