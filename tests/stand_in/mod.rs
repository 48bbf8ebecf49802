//! A stand-in for Service Catalog on this machine: it speaks the AWS JSON protocol to the real SDK client, keeps to the
//! rules of the service (tokens, unique names, pages, records that pass several statuses), and leaves what is made and how
//! long that takes to whatever provisioner stands behind it.
//!
//! `operations` answers, `shelf` is what is published, `made` what was provisioned. Requests and answers keep to AWS's
//! service model, of botocore 1.44.8 (2026-11-29), see `tests/model`; they are not recorded from AWS.

#![expect(dead_code, reason = "each of the two test programs uses a part of it")]

mod made;
mod operations;
mod shelf;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use quartermaster::domain::catalog::{Catalog, Product};
use quartermaster::domain::ids::RequestId;
use quartermaster::ports::provisioner::Provisioner;
use serde_json::{Value, json};

use crate::emulator::recorder::note_call;
use crate::model::{Operation, broken};

pub(crate) use made::{Drift, Made};
use shelf::Shelf;

/// The portfolio that everything is in.
pub(crate) const PORTFOLIO: &str = "port-standin";
const SERVICE: &str = "AWS242ServiceCatalogService.";

/// What a test makes the next call of an operation come to, in place of what it would.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This kind of error; nothing happens.
    Refuses(String),
    /// This status and this text, which are none of AWS's; nothing happens.
    Breaks(u16, String),
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
        self.next(operation, Fault::Refuses(kind.to_owned()));
    }

    /// What was asked so far, oldest first: operation and body.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        self.account.lock().unwrap().calls.clone()
    }

    /// How often an operation was asked for.
    pub(crate) fn asked_for(&self, operation: &str) -> usize {
        self.calls().iter().filter(|(calls, _)| calls == operation).count()
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
    /// The answer to a request; where the service's model does not take it, the refusal that says so.
    async fn answer(&self, operation: Operation, name: &str, asked: &Value) -> Result<Value, Refused> {
        let mistakes = operation.mistakes_of_request(asked);
        if !mistakes.is_empty() {
            let message = format!("{} validation errors detected: {}", mistakes.len(), mistakes.join("; "));
            return Err(("ValidationException", message));
        }
        self.operate(name, asked).await
    }
}

fn refusal(kind: &str, message: &str) -> (u16, Value) {
    (400, json!({"__type": kind, "Message": message}))
}

fn told(status: u16, text: String) -> Response<Body> {
    Response::builder().status(status).body(Body::from(text)).unwrap()
}

async fn answer(State(stand_in): State<StandIn>, headers: HeaderMap, body: String) -> Response<Body> {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = match Operation::of_target(target) {
        Ok(operation) => operation,
        Err(unknown) => return broken(&[unknown]),
    };
    let name = target.strip_prefix(SERVICE).unwrap().to_owned();
    let asked: Value = serde_json::from_str(&body).unwrap();
    note_call(target, &asked);
    let fault = {
        let mut account = stand_in.account.lock().unwrap();
        account.calls.push((name.clone(), asked.clone()));
        account.faults.get_mut(&name).and_then(VecDeque::pop_front)
    };
    let (status, answer) = match fault {
        Some(Fault::Breaks(status, text)) => return told(status, text),
        Some(Fault::Hangs) => return std::future::pending().await,
        Some(Fault::LosesTheAnswer) => {
            let _ = stand_in.answer(operation, &name, &asked).await;
            return told(502, "lost".to_owned());
        }
        Some(Fault::Refuses(kind)) => refusal(&kind, "told by the stand-in"),
        None => match stand_in.answer(operation, &name, &asked).await {
            Ok(answer) => (200, answer),
            Err((kind, message)) => refusal(kind, &message),
        },
    };
    let wrong = operation.mistakes_of_answer(status, &answer);
    if wrong.is_empty() { told(status, answer.to_string()) } else { broken(&wrong) }
}
