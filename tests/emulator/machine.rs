//! The shipped state machine with a topic and a queue of its own, joined as `infra/portal.yml` joins them.

use aws_config::SdkConfig;
use aws_sdk_sfn::types::{StateMachineStatus, StateMachineType};
use aws_sdk_sqs::types::QueueAttributeName;
use axum::body::Bytes;
use axum::http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use quartermaster::domain::ids::RequestId;
use serde_json::{Value, json};

const DEFINITION: &str = include_str!("../../infra/provisioning.asl.json");

/// What a bot is told in its settings.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// ARN of the state machine.
    pub(crate) arn: String,
    /// URL of the queue that it speaks through.
    pub(crate) queue: String,
    /// URL of the queue that gets what was received three times without being deleted.
    pub(crate) dead_letters: String,
}

/// The shipped definition.
pub(crate) fn shipped() -> Value {
    serde_json::from_str(DEFINITION).unwrap()
}

/// A machine that nobody else uses, of this definition; a received message comes again after `visibility` seconds.
pub(crate) async fn new(definition: &Value, visibility: u32) -> Machine {
    let configuration = super::emulator().await;
    let name = RequestId::random().to_string();
    let topic = topic(&name).await;
    let sqs = aws_sdk_sqs::Client::new(&configuration);
    let dead_letters =
        sqs.create_queue().queue_name(format!("{name}-dead")).send().await.unwrap().queue_url.unwrap();
    let redrive = json!({"deadLetterTargetArn": arn_of(&sqs, &dead_letters).await, "maxReceiveCount": 3});
    let queue = sqs
        .create_queue()
        .queue_name(&name)
        .attributes(QueueAttributeName::RedrivePolicy, redrive.to_string())
        .attributes(QueueAttributeName::VisibilityTimeout, visibility.to_string())
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap();
    subscribe(&topic, &arn_of(&sqs, &queue).await).await;
    let arn =
        machine(&configuration, &name, &definition.to_string().replace("${ApprovalTopicArn}", &topic)).await;
    Machine { arn, queue, dead_letters }
}

async fn machine(configuration: &SdkConfig, name: &str, definition: &str) -> String {
    let sfn = aws_sdk_sfn::Client::new(configuration);
    let role = "arn:aws:iam::123456789012:role/machine";
    let call = sfn.create_state_machine().name(name).definition(definition).role_arn(role);
    let made = call.r#type(StateMachineType::Standard).send().await.unwrap();
    let arn = made.state_machine_arn;
    let described = sfn.describe_state_machine().state_machine_arn(&arn).send().await.unwrap();
    assert_eq!(described.status, Some(StateMachineStatus::Active));
    arn
}

async fn arn_of(sqs: &aws_sdk_sqs::Client, url: &str) -> String {
    let asked = sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
    let attributes = asked.send().await.unwrap().attributes.unwrap();
    attributes[&QueueAttributeName::QueueArn].clone()
}

/// A topic, and a queue that gets what is published there as it is.
pub(crate) async fn topic_with_a_queue() -> (String, String) {
    let name = RequestId::random().to_string();
    let topic = topic(&name).await;
    let sqs = aws_sdk_sqs::Client::new(&super::emulator().await);
    let queue = sqs.create_queue().queue_name(&name).send().await.unwrap().queue_url.unwrap();
    subscribe(&topic, &arn_of(&sqs, &queue).await).await;
    (topic, queue)
}

async fn subscribe(topic: &str, queue: &str) {
    let parameters = [
        ("TopicArn", topic),
        ("Protocol", "sqs"),
        ("Endpoint", queue),
        ("Attributes.entry.1.key", "RawMessageDelivery"),
        ("Attributes.entry.1.value", "true"),
    ];
    sns("Subscribe", &parameters).await;
}

async fn topic(name: &str) -> String {
    let answer = sns("CreateTopic", &[("Name", name)]).await;
    let (_, arn) = answer.split_once("<TopicArn>").unwrap();
    arn.split_once('<').unwrap().0.to_owned()
}

/// The program only publishes, so there is no client of SNS in it.
async fn sns(action: &str, parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", "2010-03-31").extend_pairs(parameters);
    let request = Request::post(super::endpoint())
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request")
        .body(Full::new(Bytes::from(form.finish())))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.unwrap();
    assert!(answer.status().is_success(), "{action}: {}", answer.status());
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}
