//! What Service Catalog does and a simulation does not: answers that are lost, slow, broken or in pages, statuses that
//! nobody knows, a portfolio that is deployed anew. The answers follow AWS's service model in botocore 1.44.8 (2026-11-29);
//! they are not recorded from AWS.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use quartermaster::aws::service_catalog::ServiceCatalog;
use quartermaster::domain::drift::{ProvisionedCondition, ProvisionedRecord};
use quartermaster::domain::ids::{RecordId, RequestId};
use quartermaster::domain::period::Period;
use quartermaster::ports::provisioner::{ProvisionError, Provisioner, RecordState};
use serde_json::{Value, json};

use super::{over_a_simulation, portfolio};
use crate::provisioner::{Order, ProvisionerUnderTest};
use crate::script::{Answer, answered, calling, error, not_of_aws};
use crate::stand_in::{Fault, StandIn};

const BUCKET: &str = "s3-bucket";

fn bucket() -> (ProvisionerUnderTest, StandIn, RequestId, Order) {
    let test = over_a_simulation();
    let stand_in = test.stand_in.clone().unwrap();
    let request = RequestId::random();
    let order = Order::of(request, BUCKET);
    stand_in.publishes_one(order.as_port().product);
    (test, stand_in, request, order)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_provisioned_is_named_tagged_and_asked_for_once_by_the_request() {
    let (test, stand_in, request, order) = bucket();
    let tags = [("Team".to_owned(), "payments".to_owned())];
    let mut order = order.as_port();
    order.tags = &tags;
    test.provisioner.provision(&order).await.unwrap();
    let (_, sent) = stand_in.calls().into_iter().find(|(name, _)| name == "ProvisionProduct").unwrap();
    assert_eq!(sent["ProvisionedProductName"], json!(format!("portal-{request}")));
    assert_eq!(sent["ProvisionToken"], json!(request));
    assert_eq!(sent["Tags"], json!([{"Key": "Team", "Value": "payments"}]));
    assert_eq!(sent["PathId"], json!("lpv3-s3-bucket"));
}

/// The shipped portfolio has the constraint for each product: `catalog::portfolio` prints it.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_sends_the_tags_which_a_product_without_the_constraint_refuses() {
    let (test, stand_in, _, order) = bucket();
    let tags = [("Team".to_owned(), "payments".to_owned())];
    let mut order = order.as_port();
    order.tags = &tags;
    test.provisioner.provision(&order).await.unwrap();
    test.clock.advance(Period::seconds(60));
    stand_in.rearranges(|shelf| shelf.0.values_mut().for_each(|product| product.allows_tag_updates = false));
    match test.provisioner.update(&order, 1).await {
        Err(ProvisionError::Refused(why)) => assert!(why.contains("RESOURCE_UPDATE"), "{why}"),
        other => panic!("{other:?}"),
    }
    stand_in.rearranges(|shelf| shelf.0.values_mut().for_each(|product| product.allows_tag_updates = true));
    test.provisioner.update(&order, 2).await.unwrap();
    let (_, sent) =
        stand_in.calls().into_iter().rfind(|(name, _)| name == "UpdateProvisionedProduct").unwrap();
    assert_eq!(sent["Tags"], json!([{"Key": "Team", "Value": "payments"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_of_service_catalog_does_not_allow_is_refused_by_the_stand_in() {
    let (test, _, _, order) = bucket();
    let refused = async |tags: &[(String, String)]| {
        let mut order = order.as_port();
        order.tags = tags;
        format!("{:?}", test.provisioner.provision(&order).await.unwrap_err())
    };
    let long = ("k".repeat(129), "v".to_owned());
    let odd = ("Team".to_owned(), "pay;ments".to_owned());
    let many: Vec<(String, String)> = (0..51).map(|number| (format!("k{number}"), String::new())).collect();
    for tags in [vec![long], vec![odd], many] {
        let why = refused(&tags).await;
        assert!(why.contains("ValidationException"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_answer_was_lost_is_found_again_and_makes_nothing_twice() {
    let (test, stand_in, request, order) = bucket();
    stand_in.next("ProvisionProduct", Fault::LosesTheAnswer);
    let started = test.provisioner.provision(&order.as_port()).await.unwrap();
    assert_eq!(stand_in.product_of(request), Some(started.product.to_string()));
    assert_eq!(stand_in.asked_for("ProvisionProduct"), 2, "the SDK asks again with the same token");

    // The token is forgotten after a while, the name is not.
    for refused in ["DuplicateResourceException", "InvalidParametersException"] {
        stand_in.refuses_next("ProvisionProduct", refused);
        assert_eq!(test.provisioner.provision(&order.as_port()).await.unwrap(), started, "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_told_and_what_is_busy_is_tried_again() {
    let (test, stand_in, _, order) = bucket();
    stand_in.refuses_next("ProvisionProduct", "InvalidParametersException");
    match test.provisioner.provision(&order.as_port()).await {
        Err(ProvisionError::Refused(why)) => assert_eq!(why, "told by the stand-in"),
        other => panic!("{other:?}"),
    }
    stand_in.refuses_next("ProvisionProduct", "ThrottlingException");
    test.provisioner.provision(&order.as_port()).await.unwrap();

    for _ in 0..4 {
        stand_in.next("DescribeRecord", Fault::Breaks(500, "<html>".to_owned()));
    }
    let error = test.provisioner.describe(&RecordId::new("rec-1")).await.unwrap_err();
    assert!(format!("{error:#}").starts_with("cannot look at the record rec-1: "), "{error:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_answers_is_given_up_in_time() {
    let (test, stand_in, _, order) = bucket();
    drop(test);
    let short = TimeoutConfig::builder().operation_timeout(Duration::from_millis(100)).build();
    let configuration = calling(stand_in.url()).await.into_builder().timeout_config(short).build();
    let impatient = ServiceCatalog::new(&configuration, portfolio(), std::sync::Arc::default());
    stand_in.next("SearchProductsAsAdmin", Fault::Hangs);
    let answer = impatient.provision(&order.as_port()).await;
    assert!(matches!(answer, Err(ProvisionError::Other(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_looked_up_once_and_again_after_it_was_refused() {
    let (test, stand_in, ..) = bucket();
    let provision = async || {
        let order = Order::of(RequestId::random(), BUCKET);
        test.provisioner.provision(&order.as_port()).await.is_ok()
    };
    assert!(provision().await && provision().await);
    assert_eq!(stand_in.asked_for("DescribeProduct"), 1);
    stand_in.refuses_next("ProvisionProduct", "ResourceNotFoundException");
    assert!(!provision().await);
    assert!(provision().await);
    assert_eq!(stand_in.asked_for("DescribeProduct"), 2);
}

fn record(status: &str) -> (u16, Value) {
    (200, json!({"RecordDetail": {"RecordId": "rec-1", "Status": status}}))
}

async fn state<A: Into<Answer>>(answers: impl IntoIterator<Item = A>) -> RecordState {
    let (configuration, _) = answered(answers).await;
    let service = ServiceCatalog::new(&configuration, portfolio(), std::sync::Arc::default());
    service.describe(&RecordId::new("rec-1")).await.unwrap()
}

#[tokio::test]
async fn a_record_runs_until_it_has_succeeded_or_failed_whatever_it_is_called_meanwhile() {
    for status in ["CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR"] {
        assert_eq!(state([record(status)]).await, RecordState::Running, "{status}");
    }
    let (status, of_tomorrow) = record("A_STATUS_OF_TOMORROW");
    assert_eq!(state([not_of_aws(status, &of_tomorrow)]).await, RecordState::Running);
    let why = "Service Catalog gave no reason".to_owned();
    assert_eq!(state([record("FAILED")]).await, RecordState::Failed { why });
}

#[tokio::test]
async fn all_pages_of_the_outputs_are_read() {
    let page = |key: &str, next: Option<&str>| {
        let (_, mut answer) = record("SUCCEEDED");
        answer["RecordOutputs"] = json!([{"OutputKey": key, "OutputValue": "x"}]);
        answer["NextPageToken"] = json!(next);
        (200, answer)
    };
    let RecordState::Succeeded { outputs } =
        state([page("A", Some("2")), page("B", Some("3")), page("C", None)]).await
    else {
        panic!("not succeeded")
    };
    let names: Vec<&str> = outputs.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["A", "B", "C"]);
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_an_error_and_nothing_panics() {
    for broken in ["", "[]", "{\"RecordDetail\": 5}", "{\"RecordDetail\": {\"Status\":", "{}"] {
        let (configuration, _) = answered([not_of_aws(200, broken)]).await;
        let service = ServiceCatalog::new(&configuration, portfolio(), std::sync::Arc::default());
        assert!(service.describe(&RecordId::new("rec-1")).await.is_err(), "{broken}");
    }
}

#[tokio::test]
async fn a_removal_finds_nothing_or_is_tried_again() {
    let nothing = (200, json!({"ProvisionedProducts": []}));
    let (configuration, script) =
        answered([error("ResourceNotFoundException"), nothing, error("ResourceInUseException")]).await;
    let service = ServiceCatalog::new(&configuration, portfolio(), std::sync::Arc::default());
    let request = RequestId::random();
    assert_eq!(service.terminate(request, 3).await.unwrap(), None);
    assert_eq!(script.asked("TerminateToken")[0], json!(format!("{request}-3")));
    assert!(matches!(service.terminate(request, 4).await, Err(ProvisionError::Other(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_role_has_provisioned_is_neither_taken_for_removed_nor_for_gone() {
    let (test, stand_in, request, order) = bucket();
    test.provisioner.provision(&order.as_port()).await.unwrap();
    stand_in.makes_the_role_anew();
    let Err(ProvisionError::Refused(why)) = test.provisioner.terminate(request, 1).await else {
        panic!("it is there")
    };
    assert!(
        why.contains(&format!("Service Catalog has portal-{request}, but it belongs to another role")),
        "{why}"
    );
    assert!(test.provisioner.exists(request).await.unwrap());
    assert!(test.provisioner.survey().await.unwrap().is_empty(), "by role nothing is seen");
    // Where the account cannot be searched nothing is believed.
    for _ in 0..2 {
        stand_in.refuses_next("SearchProvisionedProducts", "AccessDeniedException");
    }
    assert!(matches!(test.provisioner.terminate(request, 2).await, Err(ProvisionError::Other(_))));
    assert!(test.provisioner.exists(request).await.is_err());
    let other = RequestId::random();
    assert_eq!(test.provisioner.terminate(other, 1).await.unwrap(), None, "nobody has provisioned this one");
    assert!(!test.provisioner.exists(other).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_reads_every_page_and_sees_only_what_is_ours() {
    let (mine, other) = (RequestId::random(), RequestId::random());
    let product = |name: String, status: &str, message: &str| {
        json!({
            "Name": name, "Id": "pp-1", "Status": status, "StatusMessage": message,
            "Tags": [{"Key": "Team", "Value": "payments"}],
        })
    };
    let name = |request: RequestId| format!("portal-{request}");
    let first = json!({
        "ProvisionedProducts": [product(name(mine), "TAINTED", "somebody edited it"),
                                product("my-own-bucket".into(), "ERROR", "")],
        "NextPageToken": "2",
    });
    let of_tomorrow = json!({"ProvisionedProducts": [product(name(other), "SOMETHING_NEW", "")]});
    let (configuration, _) = answered([(200, first).into(), not_of_aws(200, &of_tomorrow)]).await;
    let catalog = ServiceCatalog::new(&configuration, portfolio(), std::sync::Arc::default());
    let tags = Some(vec![("Team".to_owned(), "payments".to_owned())]);
    let troubled = ProvisionedCondition::Troubled("TAINTED: somebody edited it".to_owned());
    assert_eq!(
        catalog.survey().await.unwrap(),
        [
            ProvisionedRecord { request: mine, condition: troubled, tags: tags.clone() },
            ProvisionedRecord { request: other, condition: ProvisionedCondition::Changing, tags },
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_survey_is_none() {
    let first = json!({"ProvisionedProducts": [], "NextPageToken": "2"});
    let (configuration, _) = answered([(200, first), error("AccessDeniedException")]).await;
    let catalog = ServiceCatalog::new(&configuration, portfolio(), std::sync::Arc::default());
    let why = format!("{:#}", catalog.survey().await.unwrap_err());
    assert!(why.contains("cannot list provisioned products"), "{why}");
}
