//! A platform engineer takes a product that exists in Service Catalog into the catalog.

use std::process::Output;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use quartermaster::catalog;
use quartermaster::domain::period::Period;
use quartermaster::local::database::Database;
use quartermaster::local::provisioner::{SimulatedProvisioner, Simulation};
use quartermaster::local::queue::LocalQueue;
use quartermaster::ports::clock::{Clock, SystemClock};

use crate::harness::{Place, said};
use crate::stand_in::StandIn;

const TEMPLATE: &str = include_str!("../../catalog/s3-bucket/template.yml");

/// Service Catalog with the shipped products, and a place where templates can be read.
async fn service_catalog() -> StandIn {
    let database = Database::open(":memory:").unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let queue = LocalQueue::new(database.clone(), Arc::clone(&clock));
    let simulation = Simulation {
        step: Period::ZERO,
        fail_products: vec![],
        fail_teardowns: vec![],
        fail_changes: vec![],
    };
    let stand_in =
        StandIn::start(Arc::new(SimulatedProvisioner::new(database, queue, clock, simulation))).await;
    stand_in.publishes(&catalog::built_in().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let templates = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/template.yml", get(async || TEMPLATE));
    tokio::spawn(async move { axum::serve(listener, router).await });
    stand_in.rearranges(|shelf| {
        let buckets = shelf.0.get_mut("prod-s3-bucket").unwrap();
        buckets.template_url = Some(format!("{templates}/template.yml"));
        let services = shelf.0.get_mut("prod-ecs-service").unwrap();
        services.template_url = Some(format!("{templates}/gone.yml"));
    });
    stand_in
}

/// The command, with credentials that are worth nothing.
fn imports(place: &Place, stand_in: &StandIn, arguments: &[&str]) -> Output {
    let mut command = place.command(&[&["catalog", "import"], arguments].concat());
    command.env("AWS_ENDPOINT_URL", stand_in.url()).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command.output().unwrap()
}

/// What it said, without what differs from run to run or with the template.
fn steady(output: &Output) -> String {
    let varies = fancy_regex::Regex::new("127.0.0.1:[0-9]+|(?<=sha256:)[0-9a-f]{64}").unwrap();
    varies.replace_all(&said(output), "…").into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_of_service_catalog_is_written_into_the_catalog_with_what_is_left_to_decide() {
    let (stand_in, place) = (service_catalog().await, Place::new("127.0.0.1:0"));
    let imported = imports(&place, &stand_in, &["Secure S3 Bucket", "--to", "mine"]);
    insta::assert_snapshot!(steady(&imported), @"
    mine/secure-s3-bucket is written
    Left to decide in product.yml: approval, quota, lease, cost, and the outputs that people see.
    Left to do in AWS: add the product to the bot's portfolio, and record in its version which template it was made from:
      aws servicecatalog update-provisioning-artifact --product-id prod-s3-bucket --provisioning-artifact-id pa-s3-bucket-v1-0 --description sha256:…
    exit 0
    ");
    insta::assert_snapshot!(std::fs::read_to_string(place.file("mine/secure-s3-bucket/product.yml")).unwrap(), @r#"
    # Imported from Service Catalog, prod-s3-bucket pa-s3-bucket-v1-0. What each key means: ../README.md
    name: "Secure S3 Bucket"
    description: "An encrypted S3 bucket with versioning and lifecycle rules"
    owner: "Platform Team"
    version: "v1.0"
    bind:
      TeamName: team
      RequesterId: requester
      RequestId: request_id
    approval:
      mode: required
      approvers: team
      timeout: 24h
    quota: { per_team: 3 }
    lease: { ttl: 30d, grace: 7d, reminders: [1d], renew: [30d], max_renewals: 12 }
    teardown: { confirm: type-the-name }
    requesters: everyone
    # People see these once it is there; add what holds no secret: BucketName, BucketArn, EncryptionKeyArn
    outputs: []
    "#);
    assert_eq!(std::fs::read_to_string(place.file("mine/secure-s3-bucket/template.yml")).unwrap(), TEMPLATE);
    insta::assert_snapshot!(said(&place.runs(&["catalog", "check", "mine"])), @"
    secure-s3-bucket: ok (7 parameters, no estimate, approval required, quota 3 per team)
    1 product checked, no problems
    exit 0
    ");
    let again = imports(&place, &stand_in, &["prod-s3-bucket", "--to", "mine"]);
    insta::assert_snapshot!(said(&again), @"
    error: mine/secure-s3-bucket exists: remove it, or name another key with --key
    exit 1
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_cannot_be_fetched_is_taken_from_a_file() {
    let (stand_in, place) = (service_catalog().await, Place::new("127.0.0.1:0"));
    let whys = ["PostgreSQL RDS Instance", "prod-ecs-service", "prod-unknown"].map(|product| {
        let refused = steady(&imports(&place, &stand_in, &[product, "--to", "mine"]));
        assert!(refused.ends_with("exit 1"), "{refused}");
        refused.lines().next().unwrap_or_default().to_owned()
    });
    insta::assert_snapshot!(whys.join("\n"), @r#"
    error: the template cannot be fetched: download it from the product's version in the console and name the file with --template: Service Catalog does not say where its template is
    error: the template cannot be fetched: download it from the product's version in the console and name the file with --template: cannot read http://…/gone.yml: it answered 404 Not Found
    error: cannot look at the product `prod-unknown`: service error: ResourceNotFoundException: Product "prod-unknown" not found.: ResourceNotFoundException: Product "prod-unknown" not found.
    "#);
    let file = [
        "prod-rds-postgres",
        "--to",
        "mine",
        "--key",
        "orders",
        "--template",
        "catalog/rds-postgres/template.yml",
    ];
    assert!(said(&imports(&place, &stand_in, &file)).starts_with("mine/orders is written"));
}
