//! A stand-in for Service Catalog on this machine: it speaks the AWS JSON protocol to the real SDK client, keeps to the
//! rules of the service (tokens, unique names, pages, records that pass several statuses), and leaves what is made and how
//! long that takes to whatever provisioner stands behind it.
//!
//! `operations` answers, `shelf` is what is published, `made` what was provisioned, `model` what AWS's service model says
//! of requests and answers. No answer is recorded from AWS.

#![expect(dead_code, reason = "each of the two test programs uses a part of it")]

mod made;
mod model;
mod operations;
mod shelf;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use quartermaster::domain::catalog::{Catalog, Product};
use quartermaster::domain::ids::RequestId;
use quartermaster::ports::provisioner::Provisioner;
use serde_json::{Value, json};

use crate::emulator::recorder::note_call;

pub(crate) use made::{Drift, Made};
use shelf::Shelf;

/// The portfolio that everything is in.
pub(crate) const PORTFOLIO: &str = "port-standin";
const SERVICE: &str = "AWS242ServiceCatalogService.";

/// What a test makes the next call of an operation come to, in place of what it would.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This status and this text; nothing happens.
    Answers(u16, String),
    /// It happens, but the answer is lost on the way.
    LosesTheAnswer,
    /// No answer ever.
    Hangs,
}

/// The service; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    url: String,
    account: Arc<Mutex<Account>>,
}

/// What there is in the account, and what was asked.
#[derive(Debug)]
struct Account {
    backing: Arc<dyn Provisioner>,
    shelf: Shelf,
    made: BTreeMap<String, Made>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    /// Whether the portal's role was made anew, and so has provisioned nothing of what there is.
    role_is_new: bool,
    calls: Vec<(String, Value)>,
}

/// A refusal: its kind and its message.
type Refused = (&'static str, String);

impl StandIn {
    /// A portfolio that is empty so far; what is provisioned from it is made by `backing`.
    pub(crate) async fn start(backing: Arc<dyn Provisioner>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let account = Account {
            backing,
            shelf: Shelf::default(),
            made: BTreeMap::new(),
            faults: BTreeMap::new(),
            role_is_new: false,
            calls: Vec::new(),
        };
        let stand_in = Self { url, account: Arc::new(Mutex::new(account)) };
        let router = Router::new().fallback(answer).with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stand_in
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What makes things from now on; what was made stays.
    pub(crate) fn is_backed_by(&self, backing: Arc<dyn Provisioner>) {
        self.account.lock().unwrap().backing = backing;
    }

    /// The portal's role is made anew: it sees nothing of what the one before it has provisioned.
    pub(crate) fn makes_the_role_anew(&self) {
        self.account.lock().unwrap().role_is_new = true;
    }

    /// Publishes every product, in the place of an earlier one of the same name.
    pub(crate) fn publishes(&self, catalog: &Catalog) {
        for product in catalog.products.values() {
            self.publishes_one(product);
        }
    }

    /// Publishes a product, in the place of an earlier one of the same name.
    pub(crate) fn publishes_one(&self, product: &Product) {
        self.account.lock().unwrap().shelf.put(product.clone());
    }

    /// Changes what is published behind the catalog's back.
    pub(crate) fn rearranges(&self, change: impl FnOnce(&mut Shelf)) {
        change(&mut self.account.lock().unwrap().shelf);
    }

    /// What the next call of an operation comes to; several are used up one after the other.
    pub(crate) fn next(&self, operation: &str, fault: Fault) {
        let mut account = self.account.lock().unwrap();
        account.faults.entry(operation.to_owned()).or_default().push_back(fault);
    }

    /// The next call of an operation is refused with this kind of error.
    pub(crate) fn refuses_next(&self, operation: &str, kind: &str) {
        model::assert_error(operation, kind);
        self.next(operation, Fault::Answers(400, refusal(kind, "told by the stand-in")));
    }

    /// What was asked so far, oldest first: operation and body.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        self.account.lock().unwrap().calls.clone()
    }

    /// How often an operation was asked for.
    pub(crate) fn asked_for(&self, operation: &str) -> usize {
        self.calls().iter().filter(|(asked, _)| asked == operation).count()
    }

    /// The id of what a request provisioned.
    pub(crate) fn product_of(&self, request: RequestId) -> Option<String> {
        let account = self.account.lock().unwrap();
        account.made.get(&format!("portal-{request}")).map(|made| made.id.clone())
    }

    /// Somebody puts right what a request provisioned.
    pub(crate) fn is_put_right(&self, request: RequestId) {
        let mut account = self.account.lock().unwrap();
        account.made.get_mut(&format!("portal-{request}")).unwrap().drift = None;
    }

    /// Somebody does this to what a request provisioned, outside the portal.
    pub(crate) fn drifts(&self, request: RequestId, drift: Drift) {
        let mut account = self.account.lock().unwrap();
        let name = format!("portal-{request}");
        match drift {
            Drift::Gone => drop(account.made.remove(&name).unwrap()),
            other @ (Drift::Tainted | Drift::Broken | Drift::Tagged(_)) => {
                account.made.get_mut(&name).unwrap().drift = Some(other);
            }
        }
    }
}

impl StandIn {
    /// The answer to a request, where the service's model takes it.
    async fn answer(&self, operation: &str, asked: &Value) -> Result<Value, Refused> {
        let mistakes = model::mistakes(operation, asked);
        if !mistakes.is_empty() {
            let message = format!("{} validation errors detected: {}", mistakes.len(), mistakes.join("; "));
            return Err(("ValidationException", message));
        }
        let answer = self.operate(operation, asked).await;
        match &answer {
            Ok(answer) => model::assert_answer(operation, answer),
            Err((kind, _)) => model::assert_error(operation, kind),
        }
        answer
    }
}

fn refusal(kind: &str, message: &str) -> String {
    json!({"__type": kind, "Message": message}).to_string()
}

async fn answer(State(stand_in): State<StandIn>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.strip_prefix(SERVICE).unwrap().to_owned();
    let asked: Value = serde_json::from_str(&body).unwrap();
    note_call(target, &asked);
    let fault = {
        let mut account = stand_in.account.lock().unwrap();
        account.calls.push((operation.clone(), asked.clone()));
        account.faults.get_mut(&operation).and_then(VecDeque::pop_front)
    };
    match fault {
        Some(Fault::Answers(status, text)) => return (StatusCode::from_u16(status).unwrap(), text),
        Some(Fault::Hangs) => return std::future::pending().await,
        Some(Fault::LosesTheAnswer) => {
            let _ = stand_in.answer(&operation, &asked).await;
            return (StatusCode::BAD_GATEWAY, "lost".to_owned());
        }
        None => {}
    }
    match stand_in.answer(&operation, &asked).await {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err((kind, message)) => (StatusCode::BAD_REQUEST, refusal(kind, &message)),
    }
}
