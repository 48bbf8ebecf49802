//! Forms that ask for what exists in the account: VPCs, subnets and the like.

use crate::harness::{Setup, run_in};
use playground::LedTo;

const PRODUCT: &str = "\
name: Cache
description: A cache in a network of yours
owner: Platform Team
version: v1.0
approval: { mode: auto }
quota: { per_team: 3 }
lease: { ttl: 30d, grace: 7d, reminders: [1d], renew: [30d], max_renewals: 3 }
teardown: { confirm: click }
requesters: everyone
outputs: [Where]
";

const TEMPLATE: &str = "\
Parameters:
  Network: { Type: AWS::EC2::VPC::Id }
  Subnets: { Type: List<AWS::EC2::Subnet::Id> }
  Guard: { Type: AWS::EC2::SecurityGroup::Id, Default: sg-0d44444444444444d }
Resources:
  Cache: { Type: AWS::S3::Bucket, DeletionPolicy: Delete }
Outputs:
  Where: { Value: !Sub '${Network} ${Guard}' }
";

fn with_a_cache() -> Setup {
    Setup::new().with_product("cache", PRODUCT, TEMPLATE)
}

#[tokio::test]
async fn what_exists_is_found_by_its_name_and_asked_for_by_its_id() {
    run_in(with_a_cache(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision cache").await;
        assert_eq!(
            alice.types_ahead("Network", "").await,
            ["shared (vpc-0a1b2c3d4e5f60718)", "sandbox (vpc-0f9e8d7c6b5a40312)"]
        );
        assert_eq!(alice.types_ahead("Subnets", "private").await.len(), 2);
        alice.fills(&[("Network", "sand"), ("Subnets", "private-a, public")]).await;
        insta::assert_snapshot!(alice.form(), @"
        Cache [Request] [Cancel]
        *Cache* v1.0
        A cache in a network of yours
        (For team *payments*)
        Network: sandbox (vpc-id)
        Subnets: private-a (subnet-id), public-a (subnet-id)
        Guard: sg-id
        Why do you need it?: _
        ---
        *Cost*: no estimate for this product
        *Approval*: automatic, because this product needs no approval
        *Quota*: 0 of 3 used, 3 left
        *Expires*: 2026-12-30 09:00 UTC
        (Simulated: nothing real is created)
        ");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        let request = company.newest_request().await;
        insta::assert_snapshot!(format!("{:?}", request.parameters), @r#"[("Network", "vpc-0f9e8d7c6b5a40312"), ("Subnets", "subnet-0a11111111111111a,subnet-0c33333333333333c"), ("Guard", "sg-0d44444444444444d")]"#);
        assert_eq!(request.outputs[0].value, "vpc-0f9e8d7c6b5a40312 sg-0d44444444444444d");
    })
    .await;
}

#[tokio::test]
async fn an_account_that_cannot_be_listed_takes_typed_ids() {
    run_in(with_a_cache(), async |company| {
        let alice = &company.alice;
        company.hides_the_inventory();
        alice.runs("/provision cache Subnets=subnet-0a11111111111111a").await;
        assert!(alice.types_ahead("Network", "sand").await.is_empty());
        alice.fills(&[("Network", "vpc-0123456789abcdef0")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_none_is_a_mistake_in_its_field() {
    run_in(with_a_cache(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision cache Network=my-vpc Subnets=subnet-0a11111111111111a").await;
        assert!(matches!(alice.submits().await, LedTo::FieldErrors(_)), "{}", alice.form());
        let text = alice.form();
        assert!(text.contains("! Must look like vpc-id"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_pinned_network_is_filled_in_and_not_shown() {
    let choices = "choices:\n  Network: [vpc-0f9e8d7c6b5a40312]\n  Guard: { web: sg-0d44444444444444d, database: sg-0e55555555555555e }\n";
    let setup = Setup::new().with_product("cache", &format!("{PRODUCT}{choices}"), TEMPLATE);
    run_in(setup, async |company| {
        let alice = &company.alice;
        alice.runs("/provision cache Subnets=subnet-0a11111111111111a").await;
        assert!(!alice.form().contains("Network"), "{}", alice.form());
        alice.fills(&[("Guard", "database")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        let request = company.newest_request().await;
        assert_eq!(request.outputs[0].value, "vpc-0f9e8d7c6b5a40312 sg-0e55555555555555e");
        assert!(request.shown_parameters().all(|(key, _)| key != "Network"));
    })
    .await;
}
