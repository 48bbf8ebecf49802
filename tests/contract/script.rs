//! A server that gives the answers of a script, in the JSON of AWS, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use quartermaster::aws::configuration;
use serde_json::{Value, json};

use crate::emulator::recorder::note_call;

/// Answers still to be given, and what was asked so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Script {
    /// The value of this key in everything that was asked.
    pub(crate) fn asked(&self, key: &str) -> Vec<Value> {
        self.asked.lock().unwrap().iter().map(|asked| asked[key].clone()).collect()
    }
}

async fn answer(State(script): State<Script>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let asked: Value = serde_json::from_str(&body).unwrap();
    note_call(headers["x-amz-target"].to_str().unwrap(), &asked);
    script.asked.lock().unwrap().push(asked);
    let answer = script.answers.lock().unwrap().pop_front();
    let (status, answer) = answer.unwrap_or_else(|| (400, error("ValidationException").1.to_string()));
    (StatusCode::from_u16(status).unwrap(), answer)
}

/// What calls a server that gives these answers, one for each call.
pub(crate) async fn answered(answers: impl IntoIterator<Item = (u16, Value)>) -> (SdkConfig, Script) {
    answered_in_text(answers.into_iter().map(|(status, answer)| (status, answer.to_string()))).await
}

/// The same with answers that need not be JSON.
pub(crate) async fn answered_in_text(
    answers: impl IntoIterator<Item = (u16, String)>,
) -> (SdkConfig, Script) {
    let (endpoint, script) = listening(answers).await;
    (calling(&endpoint).await, script)
}

/// Where a server is that gives these answers.
pub(crate) async fn listening(answers: impl IntoIterator<Item = (u16, String)>) -> (String, Script) {
    let script = Script { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Script::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let stand_in = Router::new().fallback(answer).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, stand_in).await.unwrap() });
    (endpoint, script)
}

/// What calls this endpoint.
pub(crate) async fn calling(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    configuration()
        .await
        .into_builder()
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// A refusal of this kind.
pub(crate) fn error(kind: &str) -> (u16, Value) {
    (400, json!({"__type": format!("com.amazonaws#{kind}"), "message": "Requested resource not found"}))
}
