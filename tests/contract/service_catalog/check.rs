//! What the program says at its start about a portfolio that does not offer what the catalog describes.

use std::collections::BTreeMap;
use std::sync::Arc;

use quartermaster::aws::service_catalog::{Portfolio, ServiceCatalog};
use quartermaster::catalog::built_in;
use quartermaster::domain::ids::ProductKey;
use serde_json::json;

use super::portfolio;
use crate::script::calling;
use crate::stand_in::StandIn;

/// The shipped catalog, published, and what the program says about it.
struct Account {
    stand_in: StandIn,
}

impl Account {
    async fn new() -> Self {
        let stand_in = StandIn::start(crate::local::provisioner().provisioner).await;
        stand_in.publishes(&built_in().unwrap());
        Self { stand_in }
    }

    async fn told_in(&self, portfolio: Portfolio) -> String {
        let configuration = calling(self.stand_in.url()).await;
        let service = ServiceCatalog::new(&configuration, portfolio, Arc::new(built_in().unwrap()));
        service.problems().await.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    async fn told(&self) -> String {
        self.told_in(portfolio()).await
    }
}

#[tokio::test]
async fn a_catalog_as_it_was_published_is_all_right() {
    let account = Account::new().await;
    assert_eq!(account.told().await, "");
    assert!(account.stand_in.asked_for("SearchProductsAsAdmin") > 1, "every page was read");
}

#[tokio::test]
async fn everything_that_is_missing_is_told_at_once() {
    let account = Account::new().await;
    account.stand_in.rearranges(|shelf| {
        shelf.0.remove("prod-s3-bucket");
        shelf.0.get_mut("prod-rds-postgres").unwrap().version.1 = "sha256:of another".to_owned();
        shelf.0.get_mut("prod-ecs-service").unwrap().paths.push("lpv3-other".to_owned());
    });
    insta::assert_snapshot!(account.told().await, @r#"
    several launch paths lead to the product `ECS Fargate Service`: lpv3-ecs-service, lpv3-other: choose one in the settings, such as `[aws.launch_paths]` with a line `s3-bucket = "lpv3-abc"`
    version `v1.0` of the product `PostgreSQL RDS Instance` was made from another template: give the product a new `version` in its product.yml, then print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    the portfolio has no product `Secure S3 Bucket`: print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    "#);

    account.stand_in.rearranges(|shelf| {
        shelf.0.get_mut("prod-rds-postgres").unwrap().version.0 = "v0".to_owned();
        shelf.0.get_mut("prod-ecs-service").unwrap().paths.clear();
    });
    insta::assert_snapshot!(account.told().await, @"
    no launch path leads to the product `ECS Fargate Service`: associate the role of the bot with the portfolio, as `infra/portfolio.yml` does
    the product `PostgreSQL RDS Instance` has no version `v1.0`: print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    the portfolio has no product `Secure S3 Bucket`: print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    ");
}

#[tokio::test]
async fn a_launch_path_is_chosen_in_the_settings() {
    let account = Account::new().await;
    let service = ProductKey::parse("ecs-service").unwrap();
    account.stand_in.rearranges(|shelf| {
        shelf.0.get_mut("prod-ecs-service").unwrap().paths.push("lpv3-other".to_owned());
    });
    let choosing = |path: &str| Portfolio {
        launch_paths: BTreeMap::from([(service.clone(), path.to_owned())]),
        ..portfolio()
    };
    assert_eq!(account.told_in(choosing("lpv3-other")).await, "");
    insta::assert_snapshot!(account.told_in(choosing("lpv3-gone")).await, @r#"`lpv3-gone` is no launch path to the product `ECS Fargate Service`; there is lpv3-ecs-service, lpv3-other: choose one in the settings, such as `[aws.launch_paths]` with a line `s3-bucket = "lpv3-abc"`"#);
}

#[tokio::test]
async fn a_portfolio_that_the_bot_cannot_see_is_told_once() {
    let account = Account::new().await;
    let nowhere = Portfolio { id: "port-nowhere".to_owned(), ..portfolio() };
    insta::assert_snapshot!(account.told_in(nowhere).await, @"there is no portfolio `port-nowhere` that the bot's role can see: correct `aws.portfolio` and the region, or deploy the portfolio with `infra/deploy.sh`");
}

#[tokio::test]
async fn a_form_that_would_differ_from_what_was_published_is_told_field_by_field() {
    let account = Account::new().await;
    account.stand_in.rearranges(|shelf| {
        let published = shelf.0.get_mut("prod-s3-bucket").unwrap();
        published.parameters.push(json!({"ParameterKey": "Colour", "ParameterType": "String"}));
        published.parameters.remove(0);
        published.parameters[0]["ParameterType"] = json!("Number");
        published.parameters[1]["DefaultValue"] = json!("another");
        published.parameters[2]["ParameterConstraints"]["AllowedValues"] = json!(["one"]);
    });
    insta::assert_snapshot!(account.told().await, @"
    the parameters of version `v1.0` of the product `Secure S3 Bucket` differ: `BucketPurpose` is not there: make the template in the catalog the one that was published, or print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    the parameters of version `v1.0` of the product `Secure S3 Bucket` differ: `Environment` has the type Number: make the template in the catalog the one that was published, or print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    the parameters of version `v1.0` of the product `Secure S3 Bucket` differ: `ObjectRetention` has another default: make the template in the catalog the one that was published, or print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    the parameters of version `v1.0` of the product `Secure S3 Bucket` differ: `AccessLogBucket` allows other values: make the template in the catalog the one that was published, or print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    the parameters of version `v1.0` of the product `Secure S3 Bucket` differ: `Colour` is new: make the template in the catalog the one that was published, or print `infra/portfolio.yml` anew with `quartermaster catalog template` and deploy it with `infra/deploy.sh`
    ");
    account.stand_in.refuses_next("DescribeProvisioningParameters", "AccessDeniedException");
    assert!(account.told().await.contains("allow `servicecatalog:DescribeProvisioningParameters`"));
}
