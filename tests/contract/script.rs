//! A server that gives the answers of a script, in the JSON of AWS, and keeps what it was asked. Both are held to AWS's
//! service models, of botocore 1.44.8 (2026-11-29), except where the script says that an answer is not of AWS. They are
//! not recorded from AWS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use quartermaster::aws::configuration;
use serde_json::{Value, json};

use crate::emulator::recorder::note_call;
use crate::model::{Operation, broken, heeding};

/// An answer of a script.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    text: String,
    is_of_aws: bool,
}

/// As AWS answers: with this status, and this in JSON.
impl From<(u16, Value)> for Answer {
    fn from((status, answer): (u16, Value)) -> Self {
        Self { status, text: answer.to_string(), is_of_aws: true }
    }
}

/// On purpose as AWS, as its models have it, does not answer: broken, of something that stands before it, or of a later
/// version of it.
pub(crate) fn not_of_aws(status: u16, text: &(impl ToString + ?Sized)) -> Answer {
    Answer { status, text: text.to_string(), is_of_aws: false }
}

/// Answers still to be given, and what was asked so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Script {
    /// The value of this key in everything that was asked.
    pub(crate) fn asked(&self, key: &str) -> Vec<Value> {
        self.asked.lock().unwrap().iter().map(|asked| asked[key].clone()).collect()
    }

    /// The next answer to this, or what is wrong with the two.
    fn next(&self, target: &str, asked: &Value) -> Result<Answer, Vec<String>> {
        let operation = Operation::of_target(target).map_err(|unknown| vec![unknown])?;
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| error("ValidationException").into());
        let mut wrong = operation.mistakes_of_request(asked);
        if answer.is_of_aws {
            let told: Value = serde_json::from_str(&answer.text).unwrap();
            wrong.extend(operation.mistakes_of_answer(answer.status, &told));
        }
        if wrong.is_empty() { Ok(answer) } else { Err(wrong) }
    }
}

async fn answer(State(script): State<Script>, headers: HeaderMap, body: String) -> Response<Body> {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let target = headers["x-amz-target"].to_str().unwrap();
    note_call(target, &asked);
    script.asked.lock().unwrap().push(asked.clone());
    match script.next(target, &asked) {
        Ok(answer) => Response::builder().status(answer.status).body(Body::from(answer.text)).unwrap(),
        Err(wrong) => broken(&wrong),
    }
}

/// What calls a server that gives these answers, one for each call.
pub(crate) async fn answered<A: Into<Answer>>(answers: impl IntoIterator<Item = A>) -> (SdkConfig, Script) {
    let (endpoint, script) = listening(answers).await;
    (calling(&endpoint).await, script)
}

/// Where a server is that gives these answers.
pub(crate) async fn listening<A: Into<Answer>>(answers: impl IntoIterator<Item = A>) -> (String, Script) {
    let answers = answers.into_iter().map(Into::into).collect();
    let script = Script { answers: Arc::new(Mutex::new(answers)), ..Script::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let stand_in = Router::new().fallback(answer).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, stand_in).await.unwrap() });
    (endpoint, script)
}

/// What calls this endpoint.
pub(crate) async fn calling(endpoint: &str) -> SdkConfig {
    to(endpoint, configuration().await)
}

/// The same with what else is configured.
pub(crate) fn to(endpoint: &str, configuration: SdkConfig) -> SdkConfig {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let configuration = configuration
        .into_builder()
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    heeding(configuration.build())
}

/// A refusal of this kind.
pub(crate) fn error(kind: &str) -> (u16, Value) {
    (400, json!({"__type": format!("com.amazonaws#{kind}"), "message": "Requested resource not found"}))
}
