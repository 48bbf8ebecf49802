//! Forms that come back so that nobody can say what they are, or in a way that is JSON and not for everybody: what was typed
//! is not gone, and nothing looks as if it had been stored.

use serde_json::{Value, json};

use crate::harness::{Company, Person, run};

const TYPED: &str = "a long and careful explanation";

async fn opens_filled(alice: &Person) {
    alice.closes_all().await;
    alice.runs("/provision s3-bucket BucketPurpose=logs").await;
    alice.fills(&[("reason", TYPED)]).await;
}

/// Changes what is at this pointer, or takes it out.
fn tampered(payload: &mut Value, pointer: &str, odd: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let fields = payload.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match odd {
        Some(odd) => fields.insert(name.to_owned(), odd),
        None => fields.remove(name),
    };
}

#[tokio::test]
async fn a_form_that_does_not_say_enough_stays_open_and_says_that_nothing_was_stored() {
    run(async |company| {
        company.is_lied_to();
        let alice = &company.alice;
        opens_filled(alice).await;
        let said = "200 {\"errors\":{\"reason\":\"Nothing was saved: ";
        let nowhere = "200 {\"errors\":{\"reason\":\"Slack did not say which workspace this comes from, so nothing was done.";
        for (pointer, said) in [
            ("/type", said),
            ("/user", said),
            ("/user/id", said),
            ("/view/id", said),
            ("/view/callback_id", said),
            ("/view/private_metadata", said),
            ("/team", nowhere),
            ("/team/id", nowhere),
        ] {
            for odd in [None, Some(json!(null)), Some(json!([])), Some(json!({})), Some(json!(7))] {
                let what = format!("{pointer} {odd:?}");
                let answer = alice.forges_submission(|payload| tampered(payload, pointer, odd)).await;
                assert!(answer.starts_with(said), "{what}: {answer}");
            }
        }
        for other in ["request.form.v2", "note", "catalog", "requests"] {
            let answer = alice.forges_submission(|payload| payload["view"]["callback_id"] = other.into()).await;
            assert!(answer.starts_with(&format!("{said}this form was opened by another version")), "{other}: {answer}");
        }
        for odd in [None, Some(json!([])), Some(json!(null))] {
            let answer = alice.forges_submission(|payload| tampered(payload, "/view", odd)).await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(answer, @"
                Not saved  [Close]
                Nothing was saved: Slack did not deliver the whole form. Open it again in a minute.
                ");
            }
        }
        assert_eq!(company.trail().await, "");
        assert!(alice.form().contains(TYPED));
        alice.submits().await;
        assert_eq!(company.newest_request().await.reason, TYPED);
    })
    .await;
}

#[tokio::test]
async fn a_form_without_a_field_that_does_not_say_enough_says_that_nothing_was_done() {
    run(async |company| {
        company.is_lied_to();
        let alice = &company.alice;
        let service = alice.asks_for("ecs-service", &[("ServiceName", "checkout"), ("Image", crate::provision::IMAGE)]).await;
        alice.runs(&format!("/provision teardown {service}")).await;
        let answer = alice.forges_submission(|payload| tampered(payload, "/view/private_metadata", None)).await;
        assert!(answer.contains("Nothing was saved: Slack did not deliver the whole form."), "{answer}");
        assert!(answer.starts_with("Tear down"), "it is shown again: {answer}");
        let answer = alice.forges_submission(|payload| tampered(payload, "/view/callback_id", None)).await;
        insta::assert_snapshot!(answer, @"
        Not saved  [Close]
        Nothing was saved: this form was opened by another version of this app. Open it again in a minute.
        ");
        // Of a form of which no field can say anything, what was typed is said.
        let other = json!({"a": {"value": {"value": "<typed>"}}, "b": {"value": {"selected_option": {"value": "chosen"}}}});
        let answer = alice
            .forges_submission(|payload| {
                payload["view"]["callback_id"] = "a.newer.form".into();
                payload["view"]["state"]["values"] = other;
            })
            .await;
        insta::assert_snapshot!(answer, @"
        Not saved  [Close]
        Nothing was saved: this form was opened by another version of this app. Open it again in a minute. This was filled in:
        &lt;typed&gt;
        chosen
        ");
        assert!(!company.trail().await.contains("teardown |"));
    })
    .await;
}

/// Sends the open form as this text.
async fn sends(company: &Company, alice: &Person, change: impl Fn(String) -> String) -> (u16, String) {
    let mut payload = json!({});
    alice
        .forges_submission(|sent| {
            payload = sent.clone();
            sent["view"]["callback_id"] = "another".into();
        })
        .await;
    let changed = change(payload.to_string());
    assert_ne!(changed, payload.to_string());
    let mut form = form_urlencoded::Serializer::new(String::new());
    company.posts_signed("/slack/interactions", &form.append_pair("payload", &changed).finish()).await
}

#[tokio::test]
async fn a_text_that_is_json_and_not_for_everybody_costs_itself_alone() {
    run(async |company| {
        company.is_lied_to();
        let alice = &company.alice;
        let typed = format!("\"{TYPED}\"");
        for (odd, reason) in [
            (r#""half \ud83d of a face""#, "half � of a face"),
            ("1e999", ""),
            ("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", ""),
        ] {
            opens_filled(alice).await;
            let (status, _) = sends(company, alice, |json| json.replace(&typed, odd)).await;
            assert_eq!((status, &*company.newest_request().await.reason), (200, reason), "{odd}");
        }
        for (once, twice) in [
            ("\"team\":", "\"team\":7,\"team\":"),
            ("\"type\":\"view_submission\"", "\"type\":\"view_closed\",\"type\":\"view_submission\""),
            ("\"private_metadata\":", "\"callback_id\":\"request.form\",\"private_metadata\":"),
        ] {
            opens_filled(alice).await;
            let before = company.trail().await.matches("submitted").count();
            let (_, answer) = sends(company, alice, |json| json.replacen(once, twice, 1)).await;
            assert_eq!(answer, r#"{"response_action":"clear"}"#, "{twice}");
            assert_eq!(company.trail().await.matches("submitted").count(), before + 1, "{twice}");
            assert_eq!(company.newest_request().await.reason, TYPED, "{twice}");
        }
    })
    .await;
}
