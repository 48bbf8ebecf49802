//! AWS's service models, of botocore 1.35.99 (2026-11-29), find what is none of AWS's, and a test that is answered so fails.
//! What is answered here is not recorded from AWS.

use std::process::Command;

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};

use crate::model::Operation;
use crate::script::{answered, error, not_of_aws};

fn request(target: &str, request: &Value) -> String {
    Operation::of_target(target).unwrap().mistakes_of_request(request).join("\n")
}

fn answer(target: &str, status: u16, answer: &Value) -> String {
    Operation::of_target(target).unwrap().mistakes_of_answer(status, answer).join("\n")
}

#[test]
fn a_request_that_a_model_does_not_take_is_told_place_by_place() {
    let provision = "AWS242ServiceCatalogService.ProvisionProduct";
    let tags: Vec<Value> = (0..51).map(|number| json!({"Key": number.to_string(), "Value": "a;b"})).collect();
    let asked = json!({"ProvisionedProductName": "-x", "Tags": tags[..1], "Colour": "red", "ProductId": 5});
    insta::assert_snapshot!(request(provision, &asked), @r#"
    ProvisionProduct.ProvisionToken is missing
    ProvisionProduct has no Colour
    ProvisionProduct.ProductId is no string
    ProvisionProduct.ProvisionedProductName does not match [a-zA-Z0-9][a-zA-Z0-9._-]*
    ProvisionProduct.Tags[0].Value does not match ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$
    "#);
    let many = json!({"ProvisionedProductName": "x", "ProvisionToken": "x", "Tags": tags});
    assert!(request(provision, &many).starts_with("ProvisionProduct.Tags has 51, "));

    let bill = json!({
        "TimePeriod": {"Start": "today", "End": "2026-11-24"}, "Granularity": "YEARLY", "Metrics": ["UnblendedCost"],
    });
    insta::assert_snapshot!(request("AWSInsightsIndexService.GetCostAndUsage", &bill), @r#"
    GetCostAndUsage.Granularity is `YEARLY`, not one of ["DAILY","MONTHLY","HOURLY"]
    GetCostAndUsage.TimePeriod.Start does not match (\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}Z)?
    "#);
    let queue = json!({"QueueUrl": "https://x", "AttributeNames": ["Redrive"]});
    let told = request("AmazonSQS.GetQueueAttributes", &queue);
    assert!(
        told.starts_with("GetQueueAttributes.AttributeNames[0] is `Redrive`, not one of [\"All\","),
        "{told}"
    );
    let items: Vec<Value> = (0..101).map(|_| json!({})).collect();
    insta::assert_snapshot!(
        request("DynamoDB_20120810.TransactWriteItems", &json!({"TransactItems": items})), @"TransactWriteItems.TransactItems has 101, the limits are 1 to 100"
    );
    let form = b"Action=Publish&Version=2010-03-31&Topic=x&MessageAttributes.entry.1.Name=a\
                 &MessageAttributes.entry.1.Value.StringValue=b";
    let (publish, asked) = Operation::of_form(form).unwrap();
    insta::assert_snapshot!(publish.mistakes_of_request(&asked).join("\n"), @"
    Publish.Message is missing
    Publish.MessageAttributes.a.DataType is missing
    Publish has no Topic
    ");
}

#[test]
fn an_answer_that_a_service_cannot_give_is_told_and_so_is_an_error_that_an_operation_does_not_have() {
    let record = "AWS242ServiceCatalogService.DescribeRecord";
    let unknown = json!({"RecordDetail": {"RecordId": "rec-1", "Status": "DONE"}, "Outputs": []});
    insta::assert_snapshot!(answer(record, 200, &unknown), @r#"
    DescribeRecord has no Outputs
    DescribeRecord.RecordDetail.Status is `DONE`, not one of ["CREATED","IN_PROGRESS","IN_PROGRESS_IN_ERROR","SUCCEEDED","FAILED"]
    "#);
    let machine = "AWSStepFunctions.DescribeStateMachine";
    insta::assert_snapshot!(answer(machine, 200, &json!({"name": "x", "type": "SLOW"})), @r#"
    DescribeStateMachine.creationDate is missing
    DescribeStateMachine.definition is missing
    DescribeStateMachine.roleArn is missing
    DescribeStateMachine.stateMachineArn is missing
    DescribeStateMachine.type is `SLOW`, not one of ["STANDARD","EXPRESS"]
    "#);
    insta::assert_snapshot!(answer("AmazonSQS.DeleteMessage", 200, &json!({"Deleted": true})), @"DeleteMessage has no Deleted");
    let attributes = json!({"Attributes": {"Redrive": "{}"}});
    let told = answer("AmazonSQS.GetQueueAttributes", 200, &attributes);
    assert!(told.starts_with("GetQueueAttributes.Attributes.Redrive is `Redrive`, not one of ["), "{told}");

    let refusal = |kind: &str| json!({"__type": kind, "message": "no"});
    insta::assert_snapshot!(answer(record, 400, &refusal("TaskTimedOut")), @"DescribeRecord has no error `TaskTimedOut`");
    insta::assert_snapshot!(answer(record, 400, &refusal("ResourceInUseException")), @"DescribeRecord has no error `ResourceInUseException`");
    insta::assert_snapshot!(answer(record, 500, &refusal("ResourceNotFoundException")), @"ResourceNotFoundException comes with the status 400, not 500");
    let canceled = json!({"__type": "a#TransactionCanceledException", "Reasons": []});
    insta::assert_snapshot!(answer("DynamoDB_20120810.TransactWriteItems", 400, &canceled), @"TransactionCanceledException has no Reasons");
    for (target, kind) in [
        (record, "ResourceNotFoundException"),
        (record, "com.amazonaws#ThrottlingException"),
        ("AWS242ServiceCatalogService.TerminateProvisionedProduct", "ResourceInUseException"),
    ] {
        assert_eq!(answer(target, 400, &refusal(kind)), "", "{target} {kind}");
    }
}

#[test]
fn an_operation_without_a_model_is_named() {
    let unknown = Operation::of_target("DynamoDB_20120810.Scan").unwrap_err();
    assert_eq!(unknown, "there is no model of Scan: add it to tests/model/models.py");
    assert!(Operation::of_target("Nobody.Scan").is_err());
    assert!(Operation::of_form(b"Action=Subscribe&Version=2010-03-31").is_err());
}

#[tokio::test]
#[should_panic(expected = "GetItem has no error `TaskTimedOut`")]
async fn a_scripted_answer_that_is_none_of_awss_fails_the_test() {
    let (configuration, _) = answered([error("TaskTimedOut")]).await;
    let call = Client::new(&configuration).get_item().table_name("requests").set_key(Some([].into()));
    let _ = call.send().await;
}

#[tokio::test]
#[should_panic(expected = "GetItem.TableName has 1025, the limits are 1 to 1024")]
async fn a_request_that_is_none_of_awss_fails_the_test_whatever_is_answered() {
    let (configuration, _) = answered([not_of_aws(500, "")]).await;
    let call = Client::new(&configuration).get_item().table_name("x".repeat(1025)).set_key(Some([].into()));
    let _ = call.send().await;
}

#[tokio::test]
async fn what_is_none_of_awss_fails_the_test_also_in_a_task_of_which_nobody_hears() {
    const ALONE: &str = "QM_IN_A_TASK_ALONE";
    let name = "models::what_is_none_of_awss_fails_the_test_also_in_a_task_of_which_nobody_hears";
    if std::env::var_os(ALONE).is_some() {
        let (configuration, _) = answered([error("TaskTimedOut")]).await;
        let call =
            Client::new(&configuration).get_item().table_name("requests").set_key(Some([].into())).send();
        drop(tokio::spawn(call).await);
        return;
    }
    let program = std::env::current_exe().unwrap();
    let run = Command::new(program).args(["--exact", name]).env(ALONE, "yes").output().unwrap();
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success());
    assert!(told.contains("GetItem has no error `TaskTimedOut`"), "{told}");
}
