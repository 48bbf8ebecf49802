//! The three products, from the form to what exists.

use quartermaster::domain::request::{Request, StatusName};

use crate::harness::{Setup, run, run_in};

/// An image by its digest, as the product wants it.
pub(crate) const IMAGE: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/checkout-api@sha256:\
    9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// What is written on what was made.
fn tags(request: &Request) -> String {
    request.tags().iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn a_bucket_is_approved_by_itself_and_there_at_once() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket").await;
        insta::assert_snapshot!(alice.form(), @"
        Secure S3 Bucket [Request] [Cancel]
        *Secure S3 Bucket* v1.0
        An encrypted S3 bucket with versioning and lifecycle rules
        (For team *payments*)
        # What the bucket is for
        Purpose: _
        Environment: Development
        # Platform settings (the defaults are right for most teams)
        Access log bucket: /platform/s3/access-log-bucket
        Why do you need it?: _
        ---
        *Cost*: about $2.15/month, us-east-1 list price of 2026-08-21
        *Approval*: automatic, because this product needs no approval
        *Quota*: 0 of 10 used, 10 left
        *Expires*: 2026-12-30 09:00 UTC
        (Simulated: nothing real is created)
        ");
        alice.fills(&[("BucketPurpose", "logs"), ("reason", "Access logs")]).await;
        alice.submits().await;
        let request = company.newest_request().await;
        let shown: Vec<_> = request.shown_parameters().collect();
        assert_eq!(shown[..2], [("BucketPurpose", "logs"), ("Environment", "dev")], "filled in, and by default");
        assert_eq!((request.requester.as_str(), request.team.as_str(), &*request.reason), ("U0ALICE", "payments", "Access logs"));
        assert_eq!(request.lease().unwrap().expires_at.to_string(), "2026-12-30T09:00:00Z", "as the form said");
        insta::assert_snapshot!(company.trail().await.lines().next().unwrap(), @"submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]");
        insta::assert_snapshot!(alice.dms().join("\n\n"), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` for team *payments*
        Active until 2026-12-30 09:00 UTC.
        Approved automatically: this product needs no approval.
        [Details]
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)

        *Secure S3 Bucket v1.0* `payments-logs-dev-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *BucketName*: `payments-logs-dev-id` — Name of the bucket.
        *BucketArn*: `arn:aws:s3:::payments-logs-dev-id` — ARN of the bucket, for IAM policies.
        *EncryptionKeyArn*: `arn:aws:kms:us-east-1:123456789012:key/ID` — ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn a_database_is_there_once_somebody_agreed() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        assert!(company.playground.dm(alice.id).len() == 1, "{}", alice.everything());
        company.morgan.clicks("Approve").await;
        let ready = alice.newest_dm();
        assert!(ready.contains("postgresql://dbadmin@pg-payments-dev-"), "{ready}");
        assert!(!ready.contains("Port"), "only the outputs that the product allows are shown: {ready}");
        let stored = company.newest_request().await.outputs;
        let stored: Vec<&str> = stored.iter().map(|output| &*output.name).collect();
        assert_eq!(stored, ["ConnectionUrl", "PasswordSecretArn", "EncryptionKeyArn", "InstanceId"]);
    })
    .await;
}

#[tokio::test]
async fn a_service_in_development_needs_nobody_and_in_production_somebody() {
    run(async |company| {
        let alice = &company.alice;
        let fields = [("ServiceName", "checkout-api"), ("Image", IMAGE)];
        alice.asks_for("ecs-service", &fields).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *ECS Fargate Service v1.0* `payments-checkout-api-dev-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *ClusterName*: `payments-checkout-api-dev-id` — Name of the ECS cluster, made for this service.
        *ServiceName*: `checkout-api` — Name of the ECS service in the cluster.
        *LogGroupName*: `/quartermaster/payments/checkout-api-dev-id` — CloudWatch log group with the output of the tasks, kept for 365 days.
        *TaskRoleArn*: `arn:aws:iam::123456789012:role/SC-123456789012-pp-id-TaskRole-id` — Role the program runs with. It may do nothing until a policy is attached.
        *SecurityGroupId*: `sg-id` — Security group of the tasks.
        (Request `id` · about $8.21/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        let fields = [fields[0], fields[1], ("Environment", "prod"), ("DesiredCount", "2")];
        alice.asks_for("ecs-service", &fields).await;
        assert!(company.morgan.reads("C0PAYMENTS").contains("Waiting for <@U0MORGAN>"));
        company.morgan.clicks("Approve").await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | ecs-service | APPROVED | auto-approved: Environment is dev [form]
        provisioning | workflow | payments | ecs-service | PROVISIONING
        active | provisioner | payments | ecs-service | ACTIVE
        submitted | U0ALICE | payments | ecs-service | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | ecs-service | AWAITING_APPROVAL
        approved | U0MORGAN | payments | ecs-service | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | ecs-service | PROVISIONING
        active | provisioner | payments | ecs-service | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn progress_fills_one_message_instead_of_sending_many() {
    run_in(Setup::new().with_step("10s"), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let mut bars = vec![alice.newest_dm().lines().nth(1).unwrap().to_owned()];
        while alice.dms().len() == 1 {
            assert_eq!(company.newest_request().await.status.name(), StatusName::Provisioning);
            company.waits("10s").await;
            bars.push(alice.dms()[0].lines().nth(1).unwrap().to_owned());
        }
        insta::assert_snapshot!(bars.join("\n"), @"
        Provisioning: ░░░ 0 of 3
        Provisioning: ▓░░ 1 of 3 · latest: BucketKey
        Provisioning: ▓▓░ 2 of 3 · latest: Bucket
        Active until 2026-12-30 09:00 UTC.
        ");
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        assert_eq!(alice.dms().len(), 2, "one running message and the news that it is ready");
        assert!(company.calls("chat.update").len() >= 3);
    })
    .await;
}

#[tokio::test]
async fn the_bucket_is_called_what_its_template_would_call_it_and_carries_its_tags() {
    run(async |company| {
        let id = company.alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        let request = company.newest_request().await;
        let output =
            |name: &str| request.outputs.iter().find(|output| output.name == name).unwrap().value.clone();
        let name = output("BucketName");
        let suffix = name.strip_prefix("payments-backups-dev-").unwrap();
        assert_eq!(suffix.len(), 8, "the first block of the stack's id: {name}");
        assert_eq!(output("BucketArn"), format!("arn:aws:s3:::{name}"));
        let bound = |key: &str| request.parameters.iter().find(|(own, _)| own == key).unwrap().1.clone();
        assert_eq!(
            (bound("TeamName"), bound("RequesterId"), bound("RequestId")),
            ("payments".to_owned(), "U0ALICE".to_owned(), id)
        );
        insta::assert_snapshot!(tags(&request).replace(&request.id.to_string(), "ID"), @"Team=payments, Requester=U0ALICE, RequestId=ID, Product=s3-bucket, ApprovedBy=automatic, ProvisionedBy=quartermaster");
        assert!(company.alice.newest_dm().contains("Simulated: nothing real is created"));
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.clicks("Approve").await;
        let approved = company.newest_request().await;
        assert!(tags(&approved).contains("ApprovedBy=U0MORGAN"), "{}", tags(&approved));
    })
    .await;
}

#[tokio::test]
async fn a_product_is_chosen_from_the_catalog_too() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision").await;
        insta::assert_snapshot!(alice.form(), @"
        Catalog  [Close]
        # What you can request
        *ECS Fargate Service* `ecs-service`
        A container service on Fargate that rolls back a failed deployment by itself
        from about $8.21/month · may need approval · Platform Team
        [Request]
        *PostgreSQL RDS Instance* `rds-postgres`
        A PostgreSQL RDS instance with automated backups
        from about $15/month · needs approval · Platform Team
        [Request]
        *Secure S3 Bucket* `s3-bucket`
        An encrypted S3 bucket with versioning and lifecycle rules
        from about $2.15/month · no approval needed · Platform Team
        [Request]
        (`/provision &lt;product&gt;` opens a form right away, `/provision help` shows the rest.)
        (Simulated: nothing real is created)
        ");
        alice.clicks("Request").await;
        assert!(alice.form().starts_with("ECS Fargate Service [Request] [Cancel]"), "{}", alice.form());
        company.playground.dismiss(alice.id).await.unwrap();
        company.playground.shortcut(alice.id, "catalog.open").await.unwrap();
        company.settle().await;
        assert!(alice.form().starts_with("Catalog"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn words_that_name_no_product_lead_to_those_they_are_found_in() {
    let for_others =
        Setup::new().with_catalog("ecs-service/product.yml", "requesters: everyone", "requesters: [search]");
    run_in(for_others, async |company| {
        let alice = &company.alice;
        alice.runs("/provision encrypted Bucket").await;
        insta::assert_snapshot!(alice.form(), @"
        Catalog  [Close]
        Results for `encrypted Bucket`; `/provision` alone shows everything.
        # What you can request
        *Secure S3 Bucket* `s3-bucket`
        An encrypted S3 bucket with versioning and lifecycle rules
        from about $2.15/month · no approval needed · Platform Team
        [Request]
        (`/provision &lt;product&gt;` opens a form right away, `/provision help` shows the rest.)
        (Simulated: nothing real is created)
        ");
        alice.clicks("Request").await;
        assert!(alice.form().starts_with("Secure S3 Bucket [Request]"), "{}", alice.form());
        alice.closes_all().await;
        alice.runs("/provision platform team").await;
        let all = alice.form();
        assert!(all.contains("`s3-bucket`") && all.contains("`rds-postgres`"), "{all}");
        assert!(!all.contains("`ecs-service`"), "what is for others is not found: {all}");
        alice.closes_all().await;
        alice.runs("/provision encrypted database").await;
        assert_eq!(alice.form(), "-");
        assert!(
            alice.is_told().starts_with("There is no product called *encrypted*."),
            "{}",
            alice.is_told()
        );
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn the_cards_thread_shows_each_step_to_whoever_follows_it() {
    run_in(Setup::new().with_step("10s"), async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.clicks("Approve").await;
        let thread = || {
            let channel = company.morgan.reads("C0PAYMENTS");
            channel.lines().find(|line| line.starts_with("> ")).unwrap_or("-").to_owned()
        };
        let mut bars: Vec<String> = Vec::new();
        for _ in 0..12 {
            bars.push(thread());
            let (done, total) = {
                let progress = company.newest_request().await.progress;
                (progress.done.len(), progress.total)
            };
            let is_under_way = company.newest_request().await.status.name() == StatusName::Provisioning;
            assert!(!is_under_way || thread().contains(&format!("{done} of {total}")), "{}", thread());
            company.waits("10s").await;
        }
        bars.dedup();
        insta::assert_snapshot!(bars.join("\n"), @"
        > Provisioning: ░░░░░░░░ 0 of 8
        > Provisioning: ▓░░░░░░░ 1 of 8 · latest: DatabaseKey
        > Provisioning: ▓▓░░░░░░ 2 of 8 · latest: SubnetGroup
        > Provisioning: ▓▓▓░░░░░ 3 of 8 · latest: DatabaseSecurityGroup
        > Provisioning: ▓▓▓▓░░░░ 4 of 8 · latest: ParameterGroup
        > Provisioning: ▓▓▓▓▓░░░ 5 of 8 · latest: MonitoringRole
        > Provisioning: ▓▓▓▓▓▓░░ 6 of 8 · latest: PostgresLog
        > Provisioning: ▓▓▓▓▓▓▓░ 7 of 8 · latest: UpgradeLog
        > Active until 2026-12-30 09:01 UTC.
        ");
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
    })
    .await;
}
