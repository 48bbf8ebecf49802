//! AWS's service models, of the botocore that `.ci/lint-catalog` pins, and what only AWS's documentation says find what is none
//! of AWS's, and a test that is answered so fails. What is answered here is not recorded from AWS.

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
    ProvisionProduct wants one of ProvisioningArtifactId and ProvisioningArtifactName
    "#);
    let many = json!({"ProvisionedProductName": "x", "ProvisionToken": "x", "Tags": tags});
    assert!(request(provision, &many).starts_with("ProvisionProduct.Tags has 51, "));

    let bill = json!({
        "TimePeriod": {"Start": "today", "End": "2026-11-24"}, "Granularity": "YEARLY", "Metrics": ["UnblendedCost"],
    });
    insta::assert_snapshot!(request("AWSInsightsIndexService.GetCostAndUsage", &bill), @r#"
    GetCostAndUsage.Granularity is `YEARLY`, not one of ["DAILY","MONTHLY","HOURLY"]
    GetCostAndUsage.TimePeriod.Start does not match (\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}Z)?
    GetCostAndUsage.TimePeriod ends "2026-11-24", before it starts
    "#);
    let queue = json!({"QueueUrl": "https://x", "AttributeNames": ["Redrive"]});
    let told = request("AmazonSQS.GetQueueAttributes", &queue);
    assert!(
        told.starts_with("GetQueueAttributes.AttributeNames[0] is `Redrive`, not one of [\"All\","),
        "{told}"
    );
    let items: Vec<Value> = (0..101).map(|_| json!({})).collect();
    let told = request("DynamoDB_20120810.TransactWriteItems", &json!({"TransactItems": items}));
    assert!(told.starts_with("TransactWriteItems.TransactItems has 101, the limits are 1 to 100"), "{told}");
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
fn a_request_that_only_the_documentation_refuses_is_told() {
    let told = |target: &str, asked: Value| request(target, &asked);
    let put = |item: Value| json!({"TransactItems": [{"Put": {"TableName": "T", "Item": item}}]});
    let transact = "DynamoDB_20120810.TransactWriteItems";
    let mut lines = Vec::new();
    let (many, empty) = (json!({"N": "many"}), json!({"SS": []}));
    for value in [json!({"S": "a", "N": "1"}), json!({}), many, empty] {
        lines.push(told(transact, put(json!({"pk": value}))));
    }
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let check = json!({"TableName": "T", "Key": key, "ConditionExpression": "x"});
    let both = json!({"Put": {"TableName": "T", "Item": key}, "ConditionCheck": check});
    lines.push(told(transact, json!({"TransactItems": [both]})));
    let same = json!([{"Put": {"TableName": "T", "Item": key}}, {"ConditionCheck": check}]);
    lines.push(told(transact, json!({"TransactItems": same})));
    let empty = json!({"TableName": "T", "Key": {"requestId": {"S": ""}}});
    lines.push(told("DynamoDB_20120810.GetItem", empty));
    let keys = json!({"RequestItems": {"T": {"Keys": [key, key]}}});
    lines.push(told("DynamoDB_20120810.BatchGetItem", keys));
    let receive = json!({"QueueUrl": "https://x", "MaxNumberOfMessages": 11, "WaitTimeSeconds": 21});
    lines.push(told("AmazonSQS.ReceiveMessage", receive));
    let start = json!({"stateMachineArn": "arn", "name": "a b", "input": "{"});
    lines.push(told("AWSStepFunctions.StartExecution", start));
    let service_catalog = "AWS242ServiceCatalogService";
    let tags =
        json!([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}, {"Key": "AWS:x", "Value": "1"}]);
    let provision = json!({
        "ProvisionedProductName": "x", "ProvisionToken": "x", "ProductId": "p", "ProductName": "p", "Tags": tags,
    });
    lines.push(told(&format!("{service_catalog}.ProvisionProduct"), provision));
    lines.push(told(&format!("{service_catalog}.DescribeProvisionedProduct"), json!({})));
    let group = json!({"Type": "DIMENSION", "Key": "SERVICE"});
    let bill = json!({
        "TimePeriod": {"Start": "2026-11-24", "End": "2026-11-23"}, "Granularity": "DAILY", "Metrics": ["UnblendedCost"],
        "GroupBy": [group, group, group],
    });
    lines.push(told("AWSInsightsIndexService.GetCostAndUsage", bill));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    TransactWriteItems.TransactItems[0].Put.Item.pk has 2 types, not one
    TransactWriteItems.TransactItems[0].Put.Item.pk has 0 types, not one
    TransactWriteItems.TransactItems[0].Put.Item.pk.N is no number
    TransactWriteItems.TransactItems[0].Put.Item.pk.SS is empty
    TransactWriteItems.TransactItems[0] has 2 actions, not one
    TransactWriteItems has "T" {"S":"a"} {"S":"b"} twice
    GetItem.Key.requestId is empty
    BatchGetItem T has {"pk":{"S":"a"},"sk":{"S":"b"}} twice
    ReceiveMessage.MaxNumberOfMessages is 11, the limits are 1 to 10
    ReceiveMessage.WaitTimeSeconds is 21, the limits are 0 to 20
    StartExecution.name is "a b"
    StartExecution.input is no JSON
    ProvisionProduct wants one of ProductId and ProductName
    ProvisionProduct wants one of ProvisioningArtifactId and ProvisioningArtifactName
    ProvisionProduct.Tags has a twice
    ProvisionProduct.Tags has AWS:x, which is AWS's
    DescribeProvisionedProduct wants one of Id and Name
    GetCostAndUsage.GroupBy has 3, the limit is 2
    GetCostAndUsage.TimePeriod ends "2026-11-23", before it starts
    "#);
}

/// Whatever is asked of whichever service.
#[test]
fn an_error_that_every_service_may_answer_is_taken() {
    let targets =
        ["DynamoDB_20120810.GetItem", "AmazonSQS.ReceiveMessage", "AWSStepFunctions.StartExecution"];
    for target in targets {
        for (kind, status) in [
            ("ExpiredTokenException", 403),
            ("UnrecognizedClientException", 400),
            ("ServiceUnavailable", 503),
            ("InternalFailure", 500),
            ("ThrottlingException", 400),
            ("AccessDeniedException", 400),
        ] {
            assert_eq!(
                answer(target, status, &json!({"__type": kind, "message": "no"})),
                "",
                "{target} {kind}"
            );
        }
    }
    let late = json!({"__type": "ServiceUnavailable", "message": "no"});
    let told = answer(targets[0], 500, &late);
    assert_eq!(told, "ServiceUnavailable comes with the status 503, not 500");
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
