//! Events on SNS: what is published, and what its answers mean. They follow AWS's service model in botocore 1.44.8 and the
//! page that is named there (2026-11-29); they are not recorded from AWS.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use quartermaster::aws::topic::Topic;
use quartermaster::domain::audit::{Actor, AuditEntry, AuditHead, AuditSubject};
use quartermaster::domain::ids::{ProductKey, RequestId, TeamName};
use quartermaster::ports::subscriber::{Subscriber as _, TellError};
use serde_json::json;

use crate::emulator::{emulator, machine, recorded};
use crate::model::Operation;
use crate::script::calling;

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:changes";

fn entry() -> AuditEntry {
    let (team, product) = (TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap());
    let request = RequestId::parse("0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10").unwrap();
    let subject = AuditSubject::Request { id: request, team: &team, product: &product, status: "APPROVED" };
    let actor = Actor::Clock;
    AuditHead::default().append(Timestamp::UNIX_EPOCH, subject, "submitted", &actor, "a & b = \"ü\"")
}

type Asked = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// The answer that AWS shows for Publish.
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>, example 1 (2026-11-29)
const PUBLISHED: &str = "<PublishResponse xmlns=\"https://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
    <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata>\
    <RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>";

/// SNS that publishes.
async fn publishing(arn: &str) -> (Topic, Asked) {
    answering(200, PUBLISHED.to_owned(), arn).await
}

/// SNS that refuses with this error of its model, or with `ThrottlingException`, which
/// <https://repost.aws/knowledge-center/sns-throttling-exception-errors> shows for Publish (2026-11-29).
async fn refusing(status: u16, code: &str) -> Topic {
    let (publish, _) = Operation::of_form(b"Action=Publish&Version=2010-03-31").unwrap();
    assert_eq!(publish.mistakes_of_answer(status, &json!({"__type": code})), [""; 0]);
    let body =
        format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>");
    answering(status, body, ARN).await.0
}

async fn answering(status: u16, body: String, arn: &str) -> (Topic, Asked) {
    let asked = Asked::default();
    let answer = move |State(asked): State<Asked>, headers: HeaderMap, text: String| async move {
        asked.lock().unwrap().push((headers, text));
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(Arc::clone(&asked));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Topic::new(&calling(&endpoint).await, arn).unwrap(), asked)
}

/// What is in a form that SNS's model takes.
fn fields(form: &str) -> String {
    let (publish, request) = Operation::of_form(form.as_bytes()).unwrap();
    assert_eq!(publish.mistakes_of_request(&request), [""; 0]);
    let fields = form_urlencoded::parse(form.as_bytes()).map(|(name, value)| format!("{name}: {value}"));
    fields.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_entry_is_published_with_what_subscribers_filter_by_and_is_signed() {
    let (topic, asked) = publishing(ARN).await;
    topic.tell(&entry()).await.unwrap();
    let (headers, form) = asked.lock().unwrap()[0].clone();
    let message = serde_json::to_string(&entry()).unwrap();
    insta::assert_snapshot!(fields(&form).replace(&message, "(the entry)"), @"
    Action: Publish
    Version: 2010-03-31
    TopicArn: arn:aws:sns:eu-west-1:123456789012:changes
    Message: (the entry)
    MessageAttributes.entry.1.Name: event
    MessageAttributes.entry.1.Value.DataType: String
    MessageAttributes.entry.1.Value.StringValue: submitted
    MessageAttributes.entry.2.Name: team
    MessageAttributes.entry.2.Value.DataType: String
    MessageAttributes.entry.2.Value.StringValue: payments
    MessageAttributes.entry.3.Name: product
    MessageAttributes.entry.3.Value.DataType: String
    MessageAttributes.entry.3.Value.StringValue: s3-bucket
    ");
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=id/"), "{authorization}");
    // In the topic's region, not in the one that is configured.
    assert!(
        authorization.contains("/eu-west-1/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date,")
    );
    assert!(headers.contains_key("x-amz-date"));
}

#[tokio::test]
async fn a_fifo_topic_keeps_the_order_of_a_request_and_leaves_out_what_comes_again() {
    let (topic, asked) = publishing(&format!("{ARN}.fifo")).await;
    topic.tell(&entry()).await.unwrap();
    let form = fields(&asked.lock().unwrap()[0].1);
    assert!(form.contains("MessageGroupId: 0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10\n"), "{form}");
    assert!(form.ends_with(&format!("MessageDeduplicationId: {}", entry().digest)), "{form}");
}

#[tokio::test]
async fn what_sns_refuses_is_told_by_its_word_and_being_too_fast_is_waited_for() {
    let error = refusing(403, "AuthorizationError").await.tell(&entry()).await.unwrap_err();
    assert_eq!(format!("{error:#}"), "SNS answered 403 (AuthorizationError)");
    for busy in ["ThrottlingException", "KMSThrottling"] {
        let error = refusing(400, busy).await.tell(&entry()).await.unwrap_err();
        assert!(matches!(error, TellError::Wait(wait) if wait == Duration::from_secs(10)), "{error:?}");
    }
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_queue_that_has_subscribed_to_the_topic_gets_the_entry() {
    let (configuration, _) = recorded().await;
    let (arn, queue) = machine::topic_with_a_queue().await;
    Topic::new(&configuration, &arn).unwrap().tell(&entry()).await.unwrap();
    let sqs = aws_sdk_sqs::Client::new(&emulator().await);
    let received = sqs.receive_message().queue_url(queue).wait_time_seconds(10).send().await.unwrap();
    let messages = received.messages.unwrap();
    assert_eq!(messages.len(), 1);
    let heard: AuditEntry = serde_json::from_str(messages[0].body().unwrap()).unwrap();
    assert_eq!(heard, entry());
}
