//! The client against a Slack that answers minimally or badly.

use std::collections::BTreeMap;

use serde_json::json;

use super::fake::{FakeSlack, StillClock};
use super::*;
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::request::{MessageRef, MessageSlot};
use crate::ports::slack::{Destination, Notice, Posted, RequestNotice, Slack as _, SlackError};
use crate::slack::incoming::ResponseUrl;
use crate::slack::messages::{Message, fixtures};
use crate::slack::views::note;

async fn start() -> (FakeSlack, SlackClient, String) {
    FakeSlack::start(&StillClock::new()).await
}

fn channel() -> Destination {
    Destination::Channel(ChannelId::new("C0PAYMENTS"))
}

#[tokio::test]
async fn a_card_is_posted_and_edited_where_slack_says_it_stands() {
    let (slack, client, _) = start().await;
    let request = fixtures::awaiting();
    let notice = Notice::Request(fixtures::notice(&request, MessageSlot::Card, &[]));
    let Posted { at, is_outside_thread } = client.post(&channel(), &notice).await.unwrap();
    assert!(!is_outside_thread);
    assert_eq!(at, MessageRef { channel: ChannelId::new("C1"), ts: "1.2".into() });
    let call = slack.last();
    assert_eq!(call.method, "chat.postMessage");
    assert_eq!(call.authorization.as_deref(), Some("Bearer xoxb-secret"));
    assert_eq!(call.body["channel"], "C0PAYMENTS");
    assert_eq!(call.body["blocks"][0]["type"], "header");
    assert!(call.body.get("thread_ts").is_none());
    assert_eq!((&call.body["unfurl_links"], &call.body["unfurl_media"]), (&json!(false), &json!(false)));

    client.update(&at, &notice).await.unwrap();
    let call = slack.last();
    assert_eq!((call.method.as_str(), &call.body["ts"]), ("chat.update", &json!("1.2")));

    let thread = Destination::Thread(at);
    client.post(&thread, &notice).await.unwrap();
    assert_eq!(slack.last().body["thread_ts"], "1.2");

    // Slack's answer for a reply, and for a reply to a deleted message.
    for (thread_ts, is_outside_thread) in [(json!("1.2"), false), (json!(null), true)] {
        let message = json!({ "text": "x", "thread_ts": thread_ts });
        slack.answers(
            "chat.postMessage",
            &json!({ "ok": true, "ts": "1.3", "channel": "C1", "message": message }),
        );
        let posted = client.post(&thread, &notice).await.unwrap();
        assert_eq!((posted.at.ts.as_str(), posted.is_outside_thread), ("1.3", is_outside_thread));
    }
}

/// Error codes of each kind.
const REFUSALS: &[&str] = &[
    "message_not_found",
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "user_disabled",
    "messages_tab_disabled",
    "is_inactive",
    "restricted_action_thread_locked",
    "cannot_reply_to_message",
    "ratelimited",
    "rate_limited",
    "message_limit_exceeded",
    "invalid_blocks",
    "msg_too_long",
    "invalid_arguments",
    "expired_trigger_id",
    "hash_conflict",
    "invalid_auth",
    "internal_error",
    "update_failed",
    "external_channel_migrating",
    "accesslimited",
    "a_code_of_tomorrow",
    "missing_scope",
    "no_permission",
    "ekm_access_denied",
];

#[tokio::test]
async fn a_wait_that_makes_no_sense_is_an_hour() {
    let (slack, client, _) = start().await;
    slack.script(
        "chat.postMessage",
        429,
        vec![("retry-after", "999999999".into())],
        r#"{"ok":false,"error":"ratelimited"}"#,
    );
    let refused = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
    assert_eq!(refused.to_string(), "Slack asks to wait 3600 s");
}

#[tokio::test]
async fn a_limit_says_how_long_whatever_its_body_is() {
    let type_of = |value: &str| vec![("retry-after", "37".to_owned()), ("content-type", value.to_owned())];
    for body in ["", "Too Many Requests", "<html></html>", "[]", r#"{"ok":false}"#, r#"{"error":7}"#] {
        for headers in [type_of("application/json"), type_of("text/plain"), type_of("nonsense")] {
            let (slack, client, _) = start().await;
            for method in ["users.info", "views.open", "auth.test"] {
                slack.script(method, 429, headers.clone(), body);
            }
            let error = client.member(&PersonId::new("U0BOB")).await.unwrap_err();
            assert_eq!(error.to_string(), "Slack asks to wait 37 s", "{headers:?} {body}");
            let opened = client.open_view("1.2", &note("A", "b")).await.unwrap_err();
            assert_eq!(opened.to_string(), "Slack asks to wait 37 s", "{headers:?} {body}");
            let granted = client.grants().await.unwrap_err();
            assert_eq!(granted.why, "Slack asks to wait 37 s", "{headers:?} {body}");
        }
    }
}

#[tokio::test]
async fn each_refusal_of_slack_says_what_can_be_done_about_it() {
    let mut lines = Vec::new();
    for error in REFUSALS {
        // A new Slack for each, because a rate limit affects all that follows.
        let (slack, client, _) = start().await;
        slack.refuses("chat.postMessage", error);
        let refused = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
        let kind = format!("{refused:?}");
        lines.push(format!("{error}: {} ({refused})", kind.split('(').next().unwrap()));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    message_not_found: Gone (the message is gone: message_not_found)
    channel_not_found: Unreachable (cannot write there: channel_not_found)
    is_archived: Unreachable (cannot write there: is_archived)
    not_in_channel: Unreachable (cannot write there: not_in_channel)
    user_disabled: Unreachable (cannot write there: user_disabled)
    messages_tab_disabled: Unreachable (cannot write there: messages_tab_disabled)
    is_inactive: Unreachable (cannot write there: is_inactive)
    restricted_action_thread_locked: Unreachable (cannot write there: restricted_action_thread_locked)
    cannot_reply_to_message: Unreachable (cannot write there: cannot_reply_to_message)
    ratelimited: RateLimited (Slack asks to wait 20 s)
    rate_limited: RateLimited (Slack asks to wait 20 s)
    message_limit_exceeded: RateLimited (Slack asks to wait 20 s)
    invalid_blocks: Refused (Slack refused the call: invalid_blocks)
    msg_too_long: Refused (Slack refused the call: msg_too_long)
    invalid_arguments: Refused (Slack refused the call: invalid_arguments)
    expired_trigger_id: Refused (Slack refused the call: expired_trigger_id)
    hash_conflict: Refused (Slack refused the call: hash_conflict)
    invalid_auth: Other (Slack answered `invalid_auth`)
    internal_error: Other (Slack)
    update_failed: Other (Slack answered `update_failed`)
    external_channel_migrating: Other (Slack answered `external_channel_migrating`)
    accesslimited: Other (Slack answered `accesslimited`)
    a_code_of_tomorrow: Other (Slack answered `a_code_of_tomorrow`)
    missing_scope: Other (Slack answered `missing_scope`)
    no_permission: Other (Slack answered `no_permission`)
    ekm_access_denied: Other (Slack answered `ekm_access_denied`)
    ");
}

#[tokio::test]
async fn a_limit_says_how_long_to_stay_away() {
    let (slack, client, _) = start().await;
    let body = r#"{"ok":false,"error":"ratelimited"}"#;
    slack.script("chat.postMessage", 429, vec![("retry-after", "7".into())], body);
    let refused = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
    assert!(
        matches!(refused, SlackError::RateLimited(wait) if wait == Duration::from_secs(7)),
        "{refused:?}"
    );
    // The next message to the same channel is not even sent.
    let again = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
    assert!(matches!(again, SlackError::RateLimited(_)), "{again:?}");
    assert_eq!(slack.calls().len(), 1);
    // The limit applies to the channel only: messages to other channels, private ones and other methods are sent.
    slack.answers("chat.postMessage", &json!({ "ok": true, "ts": "3.4", "channel": "C2" }));
    let elsewhere = Destination::Channel(ChannelId::new("C2"));
    client.say(&elsewhere, &Message::plain("x")).await.unwrap();
    client.post_ephemeral(None, &PersonId::new("U0BOB"), "x").await.unwrap();
    assert_eq!(slack.calls().len(), 3);
    assert!(client.say(&channel(), &Message::plain("x")).await.is_err());
    assert_eq!(slack.calls().len(), 3);
    let view = note("Title", "text");
    assert!(client.open_view("1.2", &view).await.is_ok());
}

#[tokio::test]
async fn what_slack_objects_to_is_kept_for_the_operator_and_the_body_is_not() {
    let (slack, client, _) = start().await;
    let said = "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text]";
    slack.answers(
        "chat.postMessage",
        &json!({ "ok": false, "error": "invalid_blocks", "response_metadata": { "messages": [said] }, "secret": "typed" }),
    );
    let refused = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("Slack refused the call: invalid_blocks: {said}"));
    slack.script("chat.postMessage", 500, Vec::new(), "typed");
    let broken = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
    assert!(matches!(broken, SlackError::Silence(_)), "{broken:?}");
    assert!(!format!("{broken:?}").contains("typed"), "{broken:?}");
    slack.script("chat.postMessage", 200, Vec::new(), "<html>typed");
    let broken = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
    assert!(!format!("{broken:?}").contains("typed"), "{broken:?}");
}

#[tokio::test]
async fn an_answer_that_nobody_can_read_is_an_answer_and_no_outage() {
    let answers = [
        (200, "<html>"),
        (200, r#"{"ok":true}"#),
        (200, r#"{"ok":false}"#),
        (200, r#"{"ok":true,"ts":7}"#),
        (400, ""),
        (404, r#"{"ok":false}"#),
        (302, ""),
        (500, "<html>"),
        (503, r#"{"ok":false,"error":"service_unavailable"}"#),
        (200, r#"{"ok":false,"error":"service_unavailable"}"#),
    ];
    let mut lines = Vec::new();
    for (status, body) in answers {
        let (slack, client, _) = start().await;
        slack.script("chat.postMessage", status, Vec::new(), body);
        let failed = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
        let kind = if matches!(failed, SlackError::Silence(_)) { "silence" } else { "an answer" };
        lines.push(format!("{status} {body}: {kind}"));
        assert_eq!(kind == "silence", client.trouble.outages.lasts(Side::Slack), "{status} {body}");
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    200 <html>: an answer
    200 {"ok":true}: an answer
    200 {"ok":false}: an answer
    200 {"ok":true,"ts":7}: an answer
    400 : an answer
    404 {"ok":false}: an answer
    302 : an answer
    500 <html>: silence
    503 {"ok":false,"error":"service_unavailable"}: silence
    200 {"ok":false,"error":"service_unavailable"}: silence
    "#);
}

#[tokio::test]
async fn one_odd_field_of_an_answer_is_absent_and_costs_nothing_else() {
    let (slack, client, _) = start().await;
    let groups = json!([
        { "id": "S0LEADS", "users": ["U0MORGAN", null, 7] },
        { "id": "S0OTHER", "users": null },
        { "id": "S0ODD", "users": { "U0LEE": true } },
        { "id": null, "users": ["U0LEE"] },
        "S0TEXT",
        null,
    ]);
    slack.answers("usergroups.list", &json!({ "ok": true, "usergroups": groups }));
    let groups: BTreeMap<_, _> = client.groups().await.unwrap().into_iter().collect();
    insta::assert_snapshot!(format!("{groups:?}"), @r#"{GroupId("S0LEADS"): {PersonId("U0MORGAN")}, GroupId("S0ODD"): {}, GroupId("S0OTHER"): {}}"#);

    let members = json!([{ "id": "U0ALICE", "profile": [], "is_email_confirmed": "yes" }, "U0TEXT", null, 7]);
    slack.answers(
        "users.list",
        &json!({ "ok": true, "members": members, "response_metadata": { "next_cursor": null } }),
    );
    let page = client.members(None).await.unwrap();
    assert_eq!(
        page.members.iter().map(|member| member.person().to_string()).collect::<Vec<_>>(),
        ["U0ALICE"]
    );
    assert!(page.next.is_none());

    let flags =
        ["deleted", "is_bot", "is_workflow_bot", "is_restricted", "is_ultra_restricted", "is_stranger"];
    for flag in flags {
        for (odd, counts) in
            [(json!(null), true), (json!(false), true), (json!("no"), false), (json!([]), false)]
        {
            slack.answers("users.info", &json!({ "ok": true, "user": { "id": "U0ALICE", flag: odd } }));
            let member = client.member(&PersonId::new("U0ALICE")).await.unwrap().unwrap();
            assert_eq!(member.uncounted().is_none(), counts, "{flag} {odd}");
        }
    }

    let install =
        json!({ "ok": true, "team_id": "T1", "is_enterprise_install": null, "enterprise_id": null });
    slack.answers("auth.test", &install);
    assert_eq!(client.own_identity().await.unwrap().team_id.as_deref(), Some("T1"));

    for view in [json!(null), json!({ "id": null }), json!([]), json!({ "id": 7 })] {
        slack.answers("views.open", &json!({ "ok": true, "view": view }));
        client.open_view("1.2", &note("Title", "text")).await.unwrap();
    }
    assert!(!client.trouble.outages.lasts(Side::Slack));
}

#[tokio::test]
async fn an_error_on_slacks_side_is_an_outage_but_where_it_may_be_about_one_message() {
    for code in ["internal_error", "fatal_error"] {
        let (slack, client, _) = start().await;
        slack.refuses("chat.postMessage", code);
        let failed = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
        assert!(!client.trouble.outages.explains(&failed) && !client.trouble.outages.lasts(Side::Slack));
        slack.refuses("users.info", code);
        assert!(client.member(&PersonId::new("U0ALICE")).await.is_err());
        assert!(client.trouble.outages.lasts(Side::Slack));
        let failed = client.say(&channel(), &Message::plain("x")).await.unwrap_err();
        assert!(client.trouble.outages.explains(&failed), "now it is about everything");
        assert!(client.trouble.outages.explains(&anyhow::Error::from(failed)));
    }
}

#[tokio::test]
async fn a_decision_that_did_not_reach_its_card_goes_first_when_it_is_sent_again() {
    let limits = Limits { pace: Duration::from_secs(1), ..Limits::NONE };
    let (slack, client, _) = FakeSlack::start_held_to(limits, &StillClock::new()).await;
    let request = fixtures::awaiting();
    let waits = Notice::Request(fixtures::notice(&request, MessageSlot::Card, &[]));
    for number in 0..15 {
        let channel = ChannelId::new(format!("C{number}"));
        client.update(&MessageRef { channel, ts: number.to_string() }, &waits).await.unwrap();
    }
    let message = MessageRef { channel: ChannelId::new("C1"), ts: "1.2".into() };
    let metered = client.update(&message, &waits).await.unwrap_err();
    assert!(
        matches!(metered, SlackError::RateLimited(_)),
        "a card that still waits takes its turn: {metered:?}"
    );
    let request = fixtures::provisioning();
    let approved_at = request.creation.consents.last().unwrap().at;
    let decided = RequestNotice { now: approved_at, ..fixtures::notice(&request, MessageSlot::Card, &[]) };
    let decided = Notice::Request(decided);
    let fails = |status| (status, Vec::new(), String::new());
    slack.answers_in_turn(
        "chat.update",
        [fails(500), fails(503), (200, Vec::new(), r#"{"ok":true}"#.to_owned())],
    );
    for _ in 0..2 {
        let failed = client.update(&message, &decided).await.unwrap_err();
        assert!(matches!(failed, SlackError::Silence(_)), "{failed:?}");
    }
    client.update(&message, &decided).await.unwrap();
    let again = client.update(&message, &decided).await.unwrap_err();
    assert!(matches!(again, SlackError::RateLimited(_)), "it is shown: {again:?}");
}

#[tokio::test]
async fn a_private_message_finds_the_person_wherever_they_are() {
    let (slack, client, _) = start().await;
    let (place, person) = (ChannelId::new("C0PAYMENTS"), PersonId::new("U0BOB"));
    client.post_ephemeral(Some(&place), &person, "Not yours").await.unwrap();
    assert_eq!(
        (slack.last().method.as_str(), &slack.last().body["user"]),
        ("chat.postEphemeral", &json!("U0BOB"))
    );
    slack.refuses("chat.postEphemeral", "user_not_in_channel");
    client.post_ephemeral(Some(&place), &person, "Not yours").await.unwrap();
    assert_eq!(
        (slack.last().method.as_str(), &slack.last().body["channel"]),
        ("chat.postMessage", &json!("U0BOB"))
    );
    let limited = [(429, vec![("retry-after", "30".to_owned())], String::new())];
    slack.answers_in_turn("chat.postEphemeral", limited);
    client.post_ephemeral(Some(&ChannelId::new("C0SEARCH")), &person, "Not yours").await.unwrap();
    assert_eq!(slack.last().method, "chat.postMessage", "a limit as well keeps nobody from being told");

    let (slack, client, _) = start().await;
    slack.refuses("chat.postEphemeral", "invalid_blocks");
    assert!(client.post_ephemeral(Some(&place), &person, "Not yours").await.is_err());
}

#[tokio::test]
async fn views_are_opened_and_updated_by_id_and_version() {
    let (slack, client, _) = start().await;
    slack
        .answers("views.open", &json!({ "ok": true, "view": { "id": "V1", "hash": "h1", "type": "modal" } }));
    let opened = client.open_view("1.2.t", &note("A", "b")).await.unwrap();
    assert_eq!(opened, OpenedView { id: "V1".into(), hash: Some("h1".into()) });
    assert_eq!(slack.last().body["trigger_id"], "1.2.t");
    assert_eq!(slack.last().body["view"]["type"], "modal");
    // An answer with nothing but `ok` must do.
    slack.answers("views.update", &json!({ "ok": true }));
    client.update_view("V1", Some("h1"), &note("A", "c")).await.unwrap();
    assert_eq!(slack.last().body["hash"], "h1");
    client.update_view("V1", None, &note("A", "c")).await.unwrap();
    assert!(slack.last().body.get("hash").is_none());
}

#[tokio::test]
async fn an_answer_goes_to_slack_or_the_configured_origin_and_nowhere_else() {
    let (slack, client, origin) = start().await;
    let message = Message::plain("Hi");
    let here = ResponseUrl::new(format!("{origin}/respond/r1"));
    slack.script("r1", 200, Vec::new(), "ok");
    client.respond(&here, &message).await.unwrap();
    assert_eq!(slack.last().body["response_type"], "ephemeral");
    assert_eq!(slack.last().authorization, None);
    let refused = client.respond(&ResponseUrl::new("http://127.0.0.1:1/respond/r1"), &message).await;
    assert!(matches!(refused, Err(SlackError::Refused(_))));
    slack.script("r1", 404, Vec::new(), "used_url");
    assert!(matches!(client.respond(&here, &message).await, Err(SlackError::Gone(_))));
    slack.script("r1", 302, vec![("location", format!("{origin}/respond/r2"))], "");
    assert!(client.respond(&here, &message).await.is_err());
    assert!(slack.calls().iter().all(|call| call.method != "r2"));
}

#[tokio::test]
async fn a_slack_that_never_answers_is_given_up() {
    let (slack, client, _) = start().await;
    slack.script("auth.test", 0, Vec::new(), "");
    let waited = client.call::<Identity>("auth.test", &json!({}), Duration::from_millis(20)).await;
    let Err(CallFailure::Silence(error)) = waited else { panic!("{waited:?}") };
    assert_eq!(format!("{error:#}"), "cannot call `auth.test`: Slack did not answer within 20ms");
}

#[tokio::test]
async fn the_token_tells_its_workspace_and_never_itself() {
    let (slack, client, _) = start().await;
    slack
        .answers("auth.test", &json!({ "ok": true, "team_id": "T0PLAY", "user_id": "U0QM", "team": "Play" }));
    assert_eq!(client.identity().await.unwrap().team_id.as_deref(), Some("T0PLAY"));
    client.check().await.unwrap();
    assert!(!format!("{client:?}").contains("xoxb"));
    slack.refuses("auth.test", "invalid_auth");
    assert!(client.check().await.is_err());
}

#[tokio::test]
async fn the_distance_between_the_clocks_is_known() {
    let (slack, client, _) = start().await;
    let date = vec![("date", "Sun, 22 Nov 2026 11:54:00 GMT".to_owned())];
    slack.script("api.test", 200, date, r#"{"ok":true}"#);
    assert_eq!(client.clock_ahead_by().await.unwrap(), SignedDuration::from_mins(6));
}
