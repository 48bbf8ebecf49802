//! What exists in an account, through Cloud Control. The answers follow AWS's service model in botocore 1.44.8 and
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ListResources.html> (2026-11-29); they are
//! not recorded from AWS.

use quartermaster::aws::inventory::CloudControl;
use quartermaster::local::inventory::SimulatedInventory;
use quartermaster::ports::inventory::{Inventory, InventoryItem};
use serde_json::{Value, json};

use crate::script::{answered, error};

/// Every type that forms offer a choice of.
const TYPES: [&str; 7] = [
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

fn page(found: &[(&str, &str)], next: Option<&str>) -> (u16, Value) {
    let descriptions: Vec<Value> =
        found.iter().map(|(id, properties)| json!({"Identifier": id, "Properties": properties})).collect();
    let mut page = json!({"TypeName": "AWS::EC2::VPC", "ResourceDescriptions": descriptions});
    if let Some(next) = next {
        page["NextToken"] = json!(next);
    }
    (200, page)
}

fn told(items: &[InventoryItem]) -> String {
    items.iter().map(|item| format!("{} {}", item.id, item.name)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_exists_is_listed_with_what_people_call_it() {
    let named =
        r#"{"VpcId":"vpc-0abc1234","Tags":[{"Key":"Team","Value":"x"},{"Key":"Name","Value":"shared"}]}"#;
    let pages = [
        page(&[("vpc-0abc1234", named)], Some("2")),
        page(&[("vpc-0def5678", r#"{"VpcId":"vpc-0def5678"}"#), ("vpc-0fff0000", "no json")], None),
        (
            200,
            json!({"TypeName": "AWS::EC2::VPC", "ResourceDescription": {
                "Identifier": "vpc-0def5678", "Properties": r#"{"Tags":[{"Key":"Name","Value":"looked at"}]}"#,
            }}),
        ),
        error("AccessDeniedException"),
    ];
    let (configuration, script) = answered(pages).await;
    let items = CloudControl::new(&configuration).list("AWS::EC2::VPC::Id").await.unwrap();
    insta::assert_snapshot!(told(&items), @"
    vpc-0abc1234 shared
    vpc-0def5678 looked at
    vpc-0fff0000
    ");
    let looked_at: Vec<Value> = script.asked("Identifier").into_iter().filter(|id| !id.is_null()).collect();
    assert_eq!(looked_at, [json!("vpc-0def5678"), json!("vpc-0fff0000")], "of those that were listed bare");
}

#[tokio::test]
async fn groups_and_zones_are_known_by_their_own_names() {
    for (parameter_type, id, properties, name) in [
        ("AWS::EC2::SecurityGroup::Id", "sg-0abc1234", r#"{"Id":"sg-0abc1234","GroupName":"web"}"#, "web"),
        ("AWS::Route53::HostedZone::Id", "Z012", r#"{"Id":"Z012","Name":"example.com."}"#, "example.com"),
        ("AWS::EC2::KeyPair::KeyName", "bastion", r#"{"KeyName":"bastion"}"#, ""),
    ] {
        let (configuration, _) = answered([page(&[(id, properties)], None)]).await;
        let items = CloudControl::new(&configuration).list(parameter_type).await.unwrap();
        assert_eq!(items, [InventoryItem { id: id.into(), name: name.into() }]);
    }
}

#[tokio::test]
async fn half_a_list_is_none_and_so_is_an_unknown_type() {
    let (configuration, _) = answered([page(&[], Some("2")), error("UnsupportedActionException")]).await;
    let inventory = CloudControl::new(&configuration);
    assert!(inventory.list("AWS::EC2::VPC::Id").await.is_err());
    assert!(inventory.list("AWS::EC2::Image::Id").await.is_err());
    assert!(SimulatedInventory.list("AWS::EC2::Image::Id").await.is_err());
}

#[tokio::test]
async fn both_know_every_type_that_forms_offer() {
    for parameter_type in TYPES {
        let (configuration, _) = answered([page(&[], None)]).await;
        assert!(CloudControl::new(&configuration).list(parameter_type).await.unwrap().is_empty());
        assert!(!SimulatedInventory.list(parameter_type).await.unwrap().is_empty());
    }
}
