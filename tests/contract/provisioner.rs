//! What [`Provisioner`] promises, and how a simulation of it behaves in time.

use std::sync::Arc;
use std::time::Duration;

use cloudformation::Template;
use quartermaster::domain::catalog::Product;
use quartermaster::domain::drift::ProvisionedCondition;
use quartermaster::domain::ids::{RecordId, RequestId};
use quartermaster::domain::period::Period;
use quartermaster::ports::provisioner::{ProvisionError, ProvisionOrder, Provisioner, RecordState, Started};
use quartermaster::ports::queue::{Queue, Signal};

use crate::sample::{ManualClock, product};
use crate::stand_in::StandIn;

/// A snapshot that every implementation has to give.
macro_rules! assert_told {
    ($told:expr, $($expected:tt)*) => {
        let told = $told;
        insta::allow_duplicates! { insta::assert_snapshot!(told, $($expected)*); }
    };
}

macro_rules! provisioner_suite {
    ($name:ident, $make:path) => {
        crate::suite!(
            provisioner,
            $name,
            $make,
            [
                resources_are_made_one_after_the_other_dependencies_first,
                what_came_out_follows_from_the_parameters,
                the_same_request_is_provisioned_once,
                two_requests_get_different_things,
                a_wrong_parameter_is_refused_in_words,
                a_failing_product_fails_halfway_and_is_cleaned_up,
                a_removal_is_begun_once_and_takes_its_time,
                a_removal_that_failed_is_tried_anew_by_a_new_attempt,
                a_second_attempt_waits_for_the_first_and_finds_nothing_after_a_success,
                what_is_protected_is_never_removed,
                what_is_kept_or_not_made_protects_nothing,
                there_is_nothing_to_remove_where_nothing_was_made,
                nothing_is_removed_while_it_is_being_made,
                a_change_makes_it_what_the_new_order_says_and_is_begun_once,
                a_change_that_fails_leaves_it_as_it_was,
                one_change_at_a_time_and_no_removal_meanwhile,
                there_is_nothing_to_change_where_nothing_is,
                a_record_that_never_was_is_an_error,
                a_survey_names_what_there_is_from_its_making_to_its_removal,
            ]
        );
    };
}
pub(crate) use provisioner_suite as suite;

/// The product that fails.
pub(crate) const FAILING: &str = "always-fails";

/// The product of which the first attempt at a removal fails.
pub(crate) const STUBBORN: &str = "stubborn";

/// A fresh simulation of two seconds a resource, its queue, and the clock of both.
pub(crate) struct ProvisionerUnderTest {
    pub(crate) provisioner: Arc<dyn Provisioner>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) clock: Arc<ManualClock>,
    /// The service it calls, if it calls one.
    pub(crate) stand_in: Option<StandIn>,
}

/// Asks for a bucket named after the request.
pub(crate) struct Order {
    request: RequestId,
    product: Product,
    parameters: Vec<(String, String)>,
}

impl Order {
    fn new(product_key: &str) -> Self {
        Self::of(RequestId::random(), product_key)
    }

    pub(crate) fn of(request: RequestId, product_key: &str) -> Self {
        let parameters = vec![("BucketName".to_owned(), format!("logs-{}", request.short()))];
        Self { request, product: product(product_key), parameters }
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.parameters.push((key.to_owned(), value.to_owned()));
        self
    }

    fn made_from(mut self, template: &str) -> Self {
        self.product.template = Arc::new(Template::parse(template).unwrap());
        self
    }

    pub(crate) fn as_port(&self) -> ProvisionOrder<'_> {
        let Self { request, product, parameters } = self;
        ProvisionOrder { request: *request, product, parameters, tags: &[] }
    }
}

impl ProvisionerUnderTest {
    async fn provision(&self, order: &Order) -> Started {
        self.publish(order);
        self.provisioner.provision(&order.as_port()).await.unwrap()
    }

    async fn refusal(&self, order: &Order) -> String {
        self.publish(order);
        match self.provisioner.provision(&order.as_port()).await {
            Err(ProvisionError::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    async fn state(&self, record: &RecordId) -> RecordState {
        self.provisioner.describe(record).await.unwrap()
    }

    /// Makes the product known where that is not the caller's to do.
    fn publish(&self, order: &Order) {
        if let Some(stand_in) = &self.stand_in {
            stand_in.publishes_one(&order.product);
        }
    }

    /// Logical ids reported by now.
    async fn made(&self) -> Vec<String> {
        let mut made = Vec::new();
        for delivery in self.queue.receive(Duration::ZERO).await.unwrap() {
            self.queue.delete(&delivery.receipt).await.unwrap();
            let Signal::ResourceCreated { logical_id, .. } = delivery.signal else {
                panic!("not a resource")
            };
            made.push(logical_id);
        }
        made
    }

    /// Asks for it, lets it be made, and begins to remove it.
    async fn removal(&self, order: &Order) -> RecordId {
        self.provision(order).await;
        self.clock.advance(ENOUGH);
        self.attempt(order, 1).await
    }

    async fn attempt(&self, order: &Order, attempt: u32) -> RecordId {
        self.provisioner.terminate(order.request, attempt).await.unwrap().unwrap()
    }

    async fn failure(&self, record: &RecordId) -> String {
        match self.state(record).await {
            RecordState::Failed { why } => why,
            other @ (RecordState::Running | RecordState::Succeeded { .. }) => panic!("{other:?}"),
        }
    }

    async fn outputs(&self, record: &RecordId) -> Vec<(String, String, String)> {
        match self.state(record).await {
            RecordState::Succeeded { outputs } => outputs,
            other @ (RecordState::Running | RecordState::Failed { .. }) => panic!("{other:?}"),
        }
    }
}

const ENOUGH: Period = Period::seconds(8);

pub(crate) async fn resources_are_made_one_after_the_other_dependencies_first(test: ProvisionerUnderTest) {
    let started = test.provision(&Order::new("s3-bucket")).await;
    assert_eq!(started.resources, 4);
    let mut log = Vec::new();
    for second in (0..10).step_by(2) {
        let state = match test.state(&started.record).await {
            RecordState::Running => "running",
            RecordState::Succeeded { .. } => "succeeded",
            RecordState::Failed { .. } => "failed",
        };
        log.push(format!("{second} s: {state}, made {:?}", test.made().await));
        test.clock.advance(Period::seconds(2));
    }
    assert_told!(log.join("\n"), @r#"
    0 s: running, made []
    2 s: running, made ["Key"]
    4 s: running, made ["Bucket"]
    6 s: running, made ["Policy"]
    8 s: succeeded, made ["Log"]
    "#);
}

pub(crate) async fn what_came_out_follows_from_the_parameters(test: ProvisionerUnderTest) {
    let request = RequestId::parse("11111111-2222-4333-8444-555555555555").unwrap();
    let order = Order::of(request, "s3-bucket").with("Versioned", "false");
    let started = test.provision(&order).await;
    assert_eq!(started.resources, 3);
    test.clock.advance(ENOUGH);
    let outputs = test.outputs(&started.record).await;
    let lines: Vec<String> =
        outputs.iter().map(|(name, description, value)| format!("{name} ({description}): {value}")).collect();
    assert_told!(lines.join("\n"), @r"
    Name (The bucket): logs-11111111
    Arn (): arn:aws:s3:::logs-11111111
    KeyArn (): arn:aws:kms:us-east-1:123456789012:key/0f4da91b-3cb8-4aca-a7d4-a0b7d0fdb29f
    Region (): in us-east-1
    ");
}

pub(crate) async fn the_same_request_is_provisioned_once(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket");
    let first = test.provision(&order).await;
    test.clock.advance(ENOUGH);
    assert_eq!(test.provision(&order).await, first);
    assert_eq!(test.made().await.len(), 4);
    assert!(matches!(test.state(&first.record).await, RecordState::Succeeded { .. }));
}

pub(crate) async fn two_requests_get_different_things(test: ProvisionerUnderTest) {
    let first = test.provision(&Order::new("s3-bucket")).await;
    let second = test.provision(&Order::new("s3-bucket")).await;
    assert_ne!(first.product, second.product);
    assert_ne!(first.record, second.record);
    test.clock.advance(ENOUGH);
    let (first, second) = (test.outputs(&first.record).await, test.outputs(&second.record).await);
    let shared = first.iter().filter(|output| second.contains(output)).map(|(name, _, _)| name.as_str());
    assert_eq!(shared.collect::<Vec<_>>(), ["Region"]);
}

pub(crate) async fn a_wrong_parameter_is_refused_in_words(test: ProvisionerUnderTest) {
    let mut order = Order::new("s3-bucket").with("Colour", "red");
    assert_told!(test.refusal(&order).await, @"Parameters: [Colour] do not exist in the template");
    order.parameters.clear();
    assert_told!(test.refusal(&order).await, @"Parameters: [BucketName] must have values");
    assert!(test.made().await.is_empty());
    assert_eq!(test.provisioner.terminate(order.request, 1).await.unwrap(), None);
}

pub(crate) async fn a_failing_product_fails_halfway_and_is_cleaned_up(test: ProvisionerUnderTest) {
    let order = Order::new(FAILING);
    let started = test.provision(&order).await;
    assert_eq!(started.resources, 4);
    test.clock.advance(Period::seconds(5));
    assert_eq!(test.state(&started.record).await, RecordState::Running);
    test.clock.advance(Period::seconds(1));
    assert_told!(test.failure(&started.record).await, @"CREATE_FAILED: Policy (AWS::S3::BucketPolicy): simulated failure, because `fail_products` names this product");
    assert_eq!(test.made().await.len(), 2);

    let removal = test.provisioner.terminate(order.request, 1).await.unwrap().unwrap();
    assert_eq!(test.state(&removal).await, RecordState::Running);
    test.clock.advance(Period::seconds(2));
    assert!(test.outputs(&removal).await.is_empty());
}

pub(crate) async fn a_removal_is_begun_once_and_takes_its_time(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket");
    let started = test.provision(&order).await;
    test.clock.advance(ENOUGH);
    let removal = test.provisioner.terminate(order.request, 1).await.unwrap().unwrap();
    assert_ne!(removal, started.record);
    test.clock.advance(Period::seconds(3));
    assert_eq!(test.state(&removal).await, RecordState::Running);
    assert_eq!(test.provisioner.terminate(order.request, 1).await.unwrap(), Some(removal.clone()));
    test.clock.advance(Period::seconds(1));
    assert!(matches!(test.state(&removal).await, RecordState::Succeeded { .. }));
    // Either the same again, or nothing is there any more.
    let again = test.provisioner.terminate(order.request, 1).await.unwrap();
    assert!(again.is_none_or(|again| again == removal));
}

pub(crate) async fn a_removal_that_failed_is_tried_anew_by_a_new_attempt(test: ProvisionerUnderTest) {
    let order = Order::new(STUBBORN);
    let first = test.removal(&order).await;
    assert_eq!(test.state(&first).await, RecordState::Running);
    test.clock.advance(ENOUGH);
    assert_told!(test.failure(&first).await, @"DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty");
    assert_eq!(test.attempt(&order, 1).await, first);

    let second = test.attempt(&order, 2).await;
    assert_ne!(second, first);
    assert_eq!(test.state(&second).await, RecordState::Running);
    assert_eq!(test.attempt(&order, 2).await, second);
    test.clock.advance(ENOUGH);
    assert!(test.outputs(&second).await.is_empty());
    assert!(matches!(test.state(&first).await, RecordState::Failed { .. }));

    let without_bucket = Order::new(STUBBORN)
        .made_from("Parameters: {BucketName: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}\n");
    let record = test.removal(&without_bucket).await;
    test.clock.advance(ENOUGH);
    assert_told!(test.failure(&record).await, @"DELETE_FAILED: Topic (AWS::SNS::Topic): simulated failure, because `fail_teardowns` names this product");
}

pub(crate) async fn a_second_attempt_waits_for_the_first_and_finds_nothing_after_a_success(
    test: ProvisionerUnderTest,
) {
    let order = Order::new("s3-bucket");
    let first = test.removal(&order).await;
    assert!(matches!(test.provisioner.terminate(order.request, 2).await, Err(ProvisionError::Other(_))));
    test.clock.advance(ENOUGH);
    assert!(matches!(test.state(&first).await, RecordState::Succeeded { .. }));
    assert_eq!(test.provisioner.terminate(order.request, 2).await.unwrap(), None);
}

const DATABASE: &str = r"
Parameters:
  BucketName: {Type: String}
  Env: {Type: String, Default: prod}
Conditions: {IsProd: !Equals [!Ref Env, prod]}
Resources:
  Table: {Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, Properties: {DeletionProtectionEnabled: true}}
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties: {DeletionProtection: !If [IsProd, true, false]}
";

pub(crate) async fn what_is_protected_is_never_removed(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket").made_from(DATABASE);
    test.removal(&order).await;
    let mut failures = Vec::new();
    for attempt in 1..=3 {
        let record = test.attempt(&order, attempt).await;
        test.clock.advance(ENOUGH);
        failures.push(test.failure(&record).await);
    }
    assert_told!(failures.join("\n"), @"
    DELETE_FAILED: Database (AWS::RDS::DBInstance): Cannot delete protected DB Instance, please disable deletion protection and try again
    DELETE_FAILED: Database (AWS::RDS::DBInstance): Cannot delete protected DB Instance, please disable deletion protection and try again
    DELETE_FAILED: Database (AWS::RDS::DBInstance): Cannot delete protected DB Instance, please disable deletion protection and try again
    ");
}

pub(crate) async fn what_is_kept_or_not_made_protects_nothing(test: ProvisionerUnderTest) {
    let in_development = Order::new("s3-bucket").made_from(DATABASE).with("Env", "dev");
    let record = test.removal(&in_development).await;
    test.clock.advance(ENOUGH);
    assert!(test.outputs(&record).await.is_empty());

    // It fails after the first of its two resources, so the database was never made.
    let half_made = Order::new(FAILING).made_from(DATABASE);
    let record = test.removal(&half_made).await;
    test.clock.advance(ENOUGH);
    assert!(test.outputs(&record).await.is_empty());
}

pub(crate) async fn there_is_nothing_to_remove_where_nothing_was_made(test: ProvisionerUnderTest) {
    assert_eq!(test.provisioner.terminate(RequestId::random(), 1).await.unwrap(), None);
}

pub(crate) async fn nothing_is_removed_while_it_is_being_made(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket");
    test.provision(&order).await;
    assert!(matches!(test.provisioner.terminate(order.request, 1).await, Err(ProvisionError::Other(_))));
    test.clock.advance(ENOUGH);
    assert!(test.provisioner.terminate(order.request, 1).await.unwrap().is_some());
}

/// Its log goes away.
fn without_logs(order: &Order) -> Order {
    Order::of(order.request, order.product.key.as_str()).with("Versioned", "false")
}

impl ProvisionerUnderTest {
    async fn change(&self, order: &Order, change: u32) -> Result<RecordId, ProvisionError> {
        self.publish(order);
        self.provisioner.update(&order.as_port(), change).await
    }
}

pub(crate) async fn a_change_makes_it_what_the_new_order_says_and_is_begun_once(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket");
    let started = test.provision(&order).await;
    test.clock.advance(ENOUGH);
    let before = test.outputs(&started.record).await;
    let renamed = {
        let mut renamed = without_logs(&order);
        "renamed".clone_into(&mut renamed.parameters[0].1);
        renamed
    };
    let change = test.change(&renamed, 3).await.unwrap();
    assert_ne!(change, started.record);
    assert_eq!(test.state(&change).await, RecordState::Running);
    assert_eq!(test.change(&renamed, 3).await.unwrap(), change);
    test.clock.advance(ENOUGH);
    let after = test.outputs(&change).await;
    assert_eq!(after.iter().find(|output| output.0 == "Name").unwrap().2, "renamed");
    let key =
        |outputs: &[(String, String, String)]| outputs.iter().find(|output| output.0 == "KeyArn").cloned();
    assert_eq!(key(&before), key(&after), "what does not change stays");
    assert_eq!(test.change(&renamed, 3).await.unwrap(), change, "also when it is over");
}

pub(crate) async fn a_change_that_fails_leaves_it_as_it_was(test: ProvisionerUnderTest) {
    let order = Order::new(STUBBORN);
    test.provision(&order).await;
    test.clock.advance(ENOUGH);
    let change = test.change(&without_logs(&order), 2).await.unwrap();
    test.clock.advance(ENOUGH);
    assert_told!(test.failure(&change).await, @"UPDATE_FAILED: Key (AWS::KMS::Key): simulated failure, because `fail_changes` names this product");
    let survey = test.provisioner.survey().await.unwrap();
    assert_eq!(survey.iter().map(|one| &one.condition).collect::<Vec<_>>(), [&ProvisionedCondition::Fine]);
}

pub(crate) async fn one_change_at_a_time_and_no_removal_meanwhile(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket");
    test.provision(&order).await;
    test.clock.advance(ENOUGH);
    let changed = without_logs(&order);
    let first = test.change(&changed, 2).await.unwrap();
    let condition = test.provisioner.survey().await.unwrap().remove(0).condition;
    assert_eq!(condition, ProvisionedCondition::Changing);
    assert!(matches!(test.change(&order, 3).await, Err(ProvisionError::Other(_))));
    assert!(matches!(test.provisioner.terminate(order.request, 1).await, Err(ProvisionError::Other(_))));
    test.clock.advance(ENOUGH);
    test.outputs(&first).await;
    let second = test.change(&order, 3).await.unwrap();
    test.clock.advance(ENOUGH);
    test.outputs(&second).await;
    assert!(test.provisioner.terminate(order.request, 1).await.unwrap().is_some());
}

pub(crate) async fn there_is_nothing_to_change_where_nothing_is(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket");
    assert!(matches!(test.change(&order, 1).await, Err(ProvisionError::Refused(_))));
    let removal = test.removal(&order).await;
    test.clock.advance(ENOUGH);
    test.outputs(&removal).await;
    assert!(matches!(test.change(&order, 2).await, Err(ProvisionError::Refused(_))));
}

pub(crate) async fn a_record_that_never_was_is_an_error(test: ProvisionerUnderTest) {
    assert!(test.provisioner.describe(&RecordId::new("rec-none")).await.is_err());
}

pub(crate) async fn a_survey_names_what_there_is_from_its_making_to_its_removal(test: ProvisionerUnderTest) {
    let order = Order::new("s3-bucket");
    let exists = async || test.provisioner.exists(order.request).await.unwrap();
    let surveyed = async || {
        let found = test.provisioner.survey().await.unwrap();
        found.into_iter().map(|existing| (existing.request, existing.condition)).collect::<Vec<_>>()
    };
    assert_eq!((surveyed().await, exists().await), (vec![], false));
    test.provision(&order).await;
    assert!(exists().await);
    test.clock.advance(ENOUGH);
    assert_eq!((surveyed().await, exists().await), (vec![(order.request, ProvisionedCondition::Fine)], true));
    let record = test.attempt(&order, 1).await;
    assert_eq!(surveyed().await, vec![(order.request, ProvisionedCondition::Changing)]);
    test.clock.advance(ENOUGH);
    assert!(matches!(test.state(&record).await, RecordState::Succeeded { .. }));
    assert_eq!((surveyed().await, exists().await), (vec![], false));
}
