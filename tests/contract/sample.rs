//! Requests, products and a clock to test with.

use std::any::Any;
use std::sync::{Arc, Mutex};

use cloudformation::Template;
use jiff::Timestamp;
use quartermaster::domain::approval::ExceededLimits;
use quartermaster::domain::catalog::{
    ApprovalRule, Exceptions, LeaseTerms, OverBudget, Product, QuotaRule, Requesters, TeardownConfirm,
};
use quartermaster::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use quartermaster::domain::period::Period;
use quartermaster::domain::request::Request;
use quartermaster::domain::submission::{Submission, submit};
use quartermaster::domain::transition::Transition;
use quartermaster::ports::clock::Clock;
use quartermaster::ports::store::{Commit, RowChange};

/// Whatever an implementation needs to stay alive beside itself, such as its folder.
pub(crate) type Keep = Box<dyn Any + Send + Sync>;

/// A clock that moves when it is told to.
#[derive(Debug)]
pub(crate) struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(at(0))))
    }

    pub(crate) fn advance(&self, period: Period) {
        let mut now = self.0.lock().unwrap();
        *now = period.after(*now);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// So many seconds after noon.
pub(crate) fn at(seconds: u32) -> Timestamp {
    Period::seconds(seconds).after("2026-03-02T12:00:00Z".parse().unwrap())
}

const TEMPLATE: &str = r"
Parameters:
  BucketName: {Type: String}
  Versioned: {Type: String, Default: 'true'}
Conditions:
  Logs: !Equals [!Ref Versioned, 'true']
Resources:
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref BucketName, Key: !GetAtt Key.Arn}}
  Key: {Type: AWS::KMS::Key}
  Log: {Type: AWS::Logs::LogGroup, Condition: Logs}
Outputs:
  Name: {Description: The bucket, Value: !Ref Bucket}
  Arn: {Value: !GetAtt Bucket.Arn}
  KeyArn: {Value: !GetAtt Key.Arn}
  Region: {Value: !Sub 'in ${AWS::Region}'}
";

/// A product of four resources, three when `Versioned` is `false`.
pub(crate) fn product(key: &str) -> Product {
    Product {
        choices: std::collections::BTreeMap::new(),
        show_when: std::collections::BTreeMap::new(),
        change: Vec::new(),
        key: ProductKey::parse(key).unwrap(),
        name: "Secure S3 Bucket".to_owned(),
        description: String::new(),
        owner: "Platform Team".to_owned(),
        version: "v1.0".to_owned(),
        bind: std::collections::BTreeMap::new(),
        approval: ApprovalRule::default(),
        quota: QuotaRule { per_team: 3, over_budget: OverBudget::Refuse, exceptions: Exceptions::Ask },
        lease: LeaseTerms {
            ttl: Period::days(30),
            grace: Period::days(7),
            reminders: Vec::new(),
            renew: Vec::new(),
            max_renewals: 12,
        },
        teardown: TeardownConfirm::Click,
        requesters: Requesters::Everyone,
        ticket: None,
        cost: Vec::new(),
        outputs: Vec::new(),
        template: Arc::new(Template::parse(TEMPLATE).unwrap()),
        template_hash: String::new(),
    }
}

/// The submission of a new request.
pub(crate) fn submission(requester: &str, team: &str, product_key: &str, now: Timestamp) -> Transition {
    let submission = Submission {
        id: RequestId::random(),
        requester: PersonId::new(requester),
        owner: PersonId::new(requester),
        team: TeamName::new(team),
        parameters: vec![("BucketName".to_owned(), "logs".to_owned())],
        bound: Vec::new(),
        reason: "for the logs".to_owned(),
        ticket: None,
        estimate: None,
        budget: None,
        exceeded: ExceededLimits::default(),
    };
    submit(submission, &product(product_key), now)
}

/// Alice's submission for payments, 12:00.
pub(crate) fn alices() -> Transition {
    submission("U0ALICE", "payments", "s3-bucket", at(0))
}

/// Everything of a submission.
pub(crate) fn insert(transition: &Transition) -> Commit {
    Commit {
        row: Some(RowChange::Insert(Box::new(transition.request.clone()))),
        audit: transition.audit.clone(),
        jobs: transition.jobs.clone(),
        quota: transition.quota.clone(),
        ..Commit::default()
    }
}

/// The next revision of the row and nothing else.
pub(crate) fn replace(request: &Request) -> Commit {
    Commit { row: Some(RowChange::Replace(Box::new(request.clone()))), ..Commit::default() }
}

/// The request's next revision with another reason.
pub(crate) fn changed(request: &Request, reason: &str) -> Request {
    Request { revision: request.revision + 1, reason: reason.to_owned(), ..request.clone() }
}
