//! Stands between a bot and the emulator: passes on every call that AWS's service models allow, and keeps the action that it
//! needs the right for, what it said, what came back, and the units that DynamoDB would have charged for.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::model::{Operation, broken, is_broken};

/// Names the file that every action is written to, for the comparison with the bot's rights.
const ACTIONS: &str = "QM_ACTIONS";

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// What it is called, such as `dynamodb:TransactWriteItems`.
    pub(crate) operation: String,
    /// What it said.
    pub(crate) asked: Value,
    /// What came back.
    pub(crate) answer: Value,
    /// Write units and read units of DynamoDB.
    pub(crate) units: (f64, f64),
}

/// The calls so far; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    endpoint: String,
    service_catalog: Option<String>,
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Recorder {
    /// A recorder before this emulator, and before Service Catalog where that is at an address of its own.
    pub(super) async fn before(endpoint: String, service_catalog: Option<String>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::builder(TokioExecutor::new()).build_http();
        let recorder = Self { endpoint, service_catalog, url, client, calls: Arc::default() };
        let router = Router::new().fallback(pass_on).with_state(recorder.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        recorder
    }

    /// Where the bot has to call.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The calls so far, oldest first.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Every task token that came to the bot.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let token = |message: &Value| {
            let body: Value = serde_json::from_str(message["Body"].as_str()?).ok()?;
            Some(body["taskToken"].as_str()?.to_owned())
        };
        let answers = self.calls().into_iter().map(|call| call.answer["Messages"].clone());
        answers
            .flat_map(|messages| messages.as_array().cloned().unwrap_or_default())
            .filter_map(|m| token(&m))
            .collect()
    }

    async fn forward(&self, request: Request<Body>) -> Result<Response<Body>, String> {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let target = parts.headers.get("x-amz-target").map(|target| target.to_str().unwrap().to_owned());
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let wrong = mistakes(target.as_deref(), &body, &asked);
        let operation = target.map_or_else(|| queried(&body), |target| operation(&target));
        let sent = if operation.starts_with("dynamodb:") { counted(&asked) } else { body.to_vec() };
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let catalog = self.service_catalog.as_ref().filter(|_| operation.starts_with("servicecatalog:"));
        // The stand-in refuses by itself what is wrong.
        if catalog.is_none() && !wrong.is_empty() {
            return Ok(broken(&wrong));
        }
        let endpoint = catalog.unwrap_or(&self.endpoint);
        parts.uri = format!("{endpoint}{path}").parse::<Uri>().map_err(|error| error.to_string())?;
        parts.headers.insert(header::CONTENT_LENGTH, sent.len().into());
        let request = Request::from_parts(parts, Full::new(Bytes::from(sent)));
        let response = self.client.request(request).await.map_err(|error| error.to_string())?;
        let (status, is_broken) = (response.status(), is_broken(response.headers()));
        let bytes = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        if is_broken {
            return Ok(broken(&[String::from_utf8_lossy(&bytes).into_owned()]));
        }
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        note(&actions(&operation, &asked));
        let units = units(&operation, &answer);
        self.calls.lock().unwrap().push(Call { operation, asked, answer, units });
        Ok(told(status, bytes))
    }
}

fn told(status: StatusCode, body: Bytes) -> Response<Body> {
    let content = "application/x-amz-json-1.0";
    Response::builder().status(status).header(header::CONTENT_TYPE, content).body(Body::from(body)).unwrap()
}

async fn pass_on(State(recorder): State<Recorder>, request: Request<Body>) -> Response<Body> {
    let passed_on = recorder.forward(request).await;
    passed_on.unwrap_or_else(|error| told(StatusCode::BAD_GATEWAY, Bytes::from(error)))
}

/// What AWS's service models have against a call.
fn mistakes(target: Option<&str>, body: &[u8], asked: &Value) -> Vec<String> {
    let found = match target {
        Some(target) => Operation::of_target(target).map(|operation| operation.mistakes_of_request(asked)),
        None => Operation::of_form(body).map(|(operation, asked)| operation.mistakes_of_request(&asked)),
    };
    found.unwrap_or_else(|unknown| vec![unknown])
}

/// `Action=Publish` in a form is `sns:Publish`: nothing else of ours is called so.
fn queried(form: &[u8]) -> String {
    let action = form_urlencoded::parse(form).find(|(name, _)| name == "Action");
    format!("sns:{}", action.map_or_else(|| "?".into(), |(_, action)| action))
}

/// `DynamoDB_20120810.PutItem` is `dynamodb:PutItem`.
fn operation(target: &str) -> String {
    let (service, operation) = target.split_once('.').unwrap();
    let service = match service {
        "DynamoDB_20120810" => "dynamodb",
        "AWSStepFunctions" => "states",
        "AmazonSQS" => "sqs",
        "AWS242ServiceCatalogService" => "servicecatalog",
        "AWSInsightsIndexService" => "ce",
        "CloudApiService" => "cloudformation",
        other => other,
    };
    format!("{service}:{operation}")
}

/// The same request, asking what it will cost as well.
fn counted(asked: &Value) -> Vec<u8> {
    let mut asked = asked.clone();
    if let Some(fields) = asked.as_object_mut() {
        fields.insert("ReturnConsumedCapacity".to_owned(), json!("TOTAL"));
    }
    asked.to_string().into_bytes()
}

/// Write units and read units. What only describes costs nothing.
fn units(operation: &str, answer: &Value) -> (f64, f64) {
    let consumed = &answer["ConsumedCapacity"];
    let of = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or_default();
    let units = consumed.as_array().map_or_else(|| of(consumed), |tables| tables.iter().map(of).sum());
    let reads = ["GetItem", "BatchGetItem", "Query", "Scan"];
    if reads.iter().any(|read| operation.ends_with(&format!(":{read}"))) {
        (0.0, units)
    } else {
        (units, 0.0)
    }
}

/// What IAM is asked for: of a transaction, the right for each of its parts.
fn actions(operation: &str, asked: &Value) -> Vec<String> {
    if operation != "dynamodb:TransactWriteItems" {
        return vec![operation.to_owned()];
    }
    let parts = asked["TransactItems"].as_array().cloned().unwrap_or_default();
    let kind = |part: &Value| part.as_object().unwrap().keys().next().unwrap().clone();
    parts.iter().map(|part| format!("dynamodb:{}Item", kind(part))).collect()
}

/// Keeps the actions that a call of this target needs the right for.
pub(crate) fn note_call(target: &str, asked: &Value) {
    note(&actions(&operation(target), asked));
}

/// Lines that other processes add to as well: short enough to be written at once.
#[expect(clippy::disallowed_methods, reason = "the emulator's script says where actions are kept")]
fn note(actions: &[String]) {
    let Ok(path) = std::env::var(ACTIONS) else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    for action in actions {
        file.write_all(format!("{action}\n").as_bytes()).unwrap();
    }
}
