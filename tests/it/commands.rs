//! What can be asked by command: help, lists, one request, products that do not exist.

use crate::harness::{Setup, run, run_in};
use crate::provision::IMAGE;

const BUCKET: [(&str, &str); 1] = [("BucketPurpose", "logs")];

#[tokio::test]
async fn help_names_what_there_is() {
    run(async |company| {
        company.alice.runs("/provision help").await;
        insta::assert_snapshot!(company.alice.is_told(), @"
        # How to use /provision
        `/provision` shows everything you can request
        `/provision &lt;product&gt; [Key=value …] [team=name]` opens that product's form, with the values you give
        `/provision &lt;words&gt;` searches what you can request
        `/provision list [team]` shows your requests, or your team's; of `all` teams for admins and auditors
        `/provision status &lt;id&gt;` shows one request and its history
        `/provision again &lt;id&gt;` opens the form again with the values of an earlier request
        `/provision cancel &lt;id&gt;` withdraws a request that is not decided yet
        `/provision renew &lt;id&gt; [30d]` renews a lease, by a period that the product offers
        `/provision change &lt;id&gt; [Key=value …]` changes a resource as far as its product allows, or updates it to the newest version
        `/provision teardown &lt;id&gt;` tears a resource down, after showing what is deleted and what is kept
        `/provision transfer &lt;id&gt; [@person]` hands a resource over to a team-mate
        `/provision audit &lt;id&gt;` shows who did what and when; for approvers, admins and auditors
        `/provision costs [team]` shows what your resources and your teams' cost, per month and this month
        `/provision stats [team]` shows your teams' requests of the last 30 days, and what is waiting
        `/provision jobs` shows failed jobs; for admins
        `/provision pause [message], resume` pauses new requests, and resumes them; for admins
        `/provision help` shows this
        For example `/provision ecs-service team=payments`. Ids may be shortened to their first characters, as long as they are unique.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_list_shows_ones_own_requests_a_page_at_a_time() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision list").await;
        insta::assert_snapshot!(alice.is_told(), @"
        # Your requests
        You have not requested anything yet. `/provision` shows what you can request.
        ");
        for n in 0..10 {
            company.clock.advance("1m");
            alice.asks_for("s3-bucket", &BUCKET).await;
            if n < 3 {
                alice.asks_for("rds-postgres", &[("DatabaseName", &format!("orders{n}"))]).await;
            }
            if n < 5 {
                alice.asks_for("ecs-service", &[("ServiceName", "checkout"), ("Image", IMAGE)]).await;
            }
        }
        alice.runs("/provision list").await;
        let first = alice.is_told();
        insta::assert_snapshot!(first.lines().take(4).collect::<Vec<_>>().join("\n"), @"
        # Your requests
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` · Active, until 2026-12-30
        `id` · payments · <@U0ALICE> · about $2.15/month
        [Details]
        ");
        alice.clicks("Show more").await;
        let rest = alice.is_told();
        assert_eq!([&first, &rest].map(|page| page.matches("[Details]").count()), [15, 3]);
        assert!(!rest.contains("Show more"), "{rest}");
    })
    .await;
}

#[tokio::test]
async fn a_teams_list_is_for_its_members_and_approvers() {
    run(async |company| {
        company.alice.asks_for("s3-bucket", &BUCKET).await;
        company.morgan.runs("/provision list payments").await;
        insta::assert_snapshot!(company.morgan.is_told(), @"
        # Requests of team payments
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` · Active, until 2026-12-30
        `id` · payments · <@U0ALICE> · about $2.15/month
        [Details]
        (Simulated: nothing real is created)
        ");
        let hers = company.morgan.is_told();
        company.pat.runs("/provision list payments").await;
        assert_eq!(company.pat.is_told(), hers, "the platform team sees every team's");
        company.bob.runs("/provision list payments").await;
        insta::assert_snapshot!(company.bob.is_told(), @"You are not a member of *payments*. Your teams: search.");
        company.olga.runs("/provision list payments").await;
        assert!(
            company.olga.is_told().starts_with("You are not in a team yet"),
            "{}",
            company.olga.is_told()
        );
    })
    .await;
}

#[tokio::test]
async fn a_status_is_found_by_the_first_characters_of_the_id() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("reason", "Orders")]).await;
        alice.runs(&format!("/provision status {}", &id[..8])).await;
        insta::assert_snapshot!(alice.is_told(), @"
        # Waiting for approval: PostgreSQL RDS Instance
        Waiting for approval until 2026-11-24 09:00 UTC.
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Submitted* 2026-11-23 09:00 UTC
        *Quota* 1 of 3 used, this one included
        *Why*
        “Orders”
        *Approvers*
        <@U0MORGAN>
        *Parameters*
        DatabaseName: `orders`
        Environment: `dev` — Development (one zone, 7 days of backups)
        InstanceSize: `small` — Small: 2 vCPU, 1 GB (db.t4g.micro)
        AllocatedStorage: `20`
        VpcId: `/platform/network/vpc-id`
        SubnetIds: `/platform/network/private-subnet-ids`
        AppSecurityGroupId: `/platform/network/app-security-group-id`
        ---
        *Timeline*
        2026-11-23 09:00 UTC submitted by <@U0ALICE>: 1 approval needed
        2026-11-23 09:00 UTC approval requested
        [Cancel]
        (Request `id` · full id `ID` · Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn the_details_button_shows_all_that_happened() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("reason", "Orders")]).await;
        company.morgan.clicks("Approve").await;
        alice.clicks("Details").await;
        insta::assert_snapshot!(alice.is_told(), @"
        # Active: PostgreSQL RDS Instance
        Active until 2026-12-30 09:00 UTC.
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Submitted* 2026-11-23 09:00 UTC
        *Quota* 1 of 3 used, this one included
        *Why*
        “Orders”
        Approved by <@U0MORGAN> (2026-11-23 09:00 UTC)
        *Lease*
        It ends 2026-12-30 09:00 UTC. Its owner will be warned 2026-12-23 09:00 UTC. Renewed 0 of 12 times. You can renew it from 2026-11-24 09:00 UTC.
        *ConnectionUrl*: `postgresql://dbadmin@pg-payments-dev-id.id.us-east-1.rds.amazonaws.com:5432/orders?sslmode=require` — How to connect. The password is in the secret below, it changes every seven days.
        *PasswordSecretArn*: `arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-ID-id` — Secrets Manager secret with the user name and password. Its value is never shown here.
        *EncryptionKeyArn*: `arn:aws:kms:us-east-1:123456789012:key/ID` — ARN of the KMS key. Who reads the secret needs kms:Decrypt on it.
        *InstanceId*: `pg-payments-dev-id` — Identifier of the RDS instance.
        *Parameters*
        DatabaseName: `orders`
        Environment: `dev` — Development (one zone, 7 days of backups)
        InstanceSize: `small` — Small: 2 vCPU, 1 GB (db.t4g.micro)
        AllocatedStorage: `20`
        VpcId: `/platform/network/vpc-id`
        SubnetIds: `/platform/network/private-subnet-ids`
        AppSecurityGroupId: `/platform/network/app-security-group-id`
        ---
        *Timeline*
        2026-11-23 09:00 UTC submitted by <@U0ALICE>: 1 approval needed
        2026-11-23 09:00 UTC approval requested
        2026-11-23 09:00 UTC approved by <@U0MORGAN>
        2026-11-23 09:00 UTC provisioning
        2026-11-23 09:00 UTC active
        [Change] [Tear down] [Hand over] [Another like it]
        (Request `id` · full id `ID` · Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_not_yours_to_see_does_not_exist() {
    run(async |company| {
        let id = company.alice.asks_for("s3-bucket", &BUCKET).await;
        company.bob.runs(&format!("/provision status {}", &id[..8])).await;
        insta::assert_snapshot!(company.bob.is_told(), @"There is no request *id* that you can see. `list` shows yours and your team's.");
        company.alice.runs("/provision status 12345").await;
        insta::assert_snapshot!(company.alice.is_told(), @"*12345* is too short: type at least 6 characters of the request's id. `list` shows them.");
        for command in ["again", "cancel", "change", "renew", "status", "teardown", "transfer"] {
            let to = if command == "transfer" { " @bob" } else { "" };
            company.alice.runs(&format!("/provision {command} 6e44{to}")).await;
            let message = company.alice.is_told();
            assert!(message.contains("*6e44* is too short"), "{command}: {message}");
        }
        company.alice.runs("/provision status").await;
        insta::assert_snapshot!(company.alice.is_told(), @"Which request? Type `/provision status &lt;id&gt;` with the first 8 characters of its id. `/provision list` shows yours.");
        company.alice.runs("/provision status <!channel>").await;
        insta::assert_snapshot!(company.alice.is_told(), @"There is no request *!channel* that you can see. `list` shows yours and your team's.");
    })
    .await;
}

#[tokio::test]
async fn a_product_that_does_not_exist_leads_to_the_nearest_one() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-buket").await;
        insta::assert_snapshot!(alice.is_told(), @"There is no product called *s3-buket*. Did you mean *s3-bucket*?");
        alice.runs("/provision ../../etc/passwd").await;
        insta::assert_snapshot!(alice.is_told(), @"There is no product called *../../etc/passwd*. Run the command without a product to see what you can request.");
        alice.runs("/provision S3-BUCKET").await;
        assert!(alice.form().starts_with("Secure S3 Bucket"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn every_end_has_a_name_of_its_own_for_people_and_in_the_row() {
    let failing =
        Setup::new().with_settings("[simulated]\n", "[simulated]\nfail_products = [\"s3-bucket\"]\n");
    run_in(failing, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let mut ends = Vec::new();
        let mut ended = async || {
            let request = company.newest_request().await;
            ends.push(format!("{} {}", request.product.key, request.status.name().as_str()));
            company.waits("1m").await;
        };
        alice.asks_for("ecs-service", &[("ServiceName", "checkout"), ("Image", IMAGE)]).await;
        for _ in 0..2 {
            company.waits("30d").await;
        }
        ended().await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "denied")]).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Not now")]).await;
        morgan.submits().await;
        ended().await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "cancelled")]).await;
        alice.clicks("Cancel").await;
        ended().await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "unanswered")]).await;
        company.waits("24h").await;
        ended().await;
        alice.asks_for("s3-bucket", &BUCKET).await;
        company.waits("1m").await;
        ended().await;
        insta::assert_snapshot!(ends.join("\n"), @"
        ecs-service TERMINATED
        rds-postgres DENIED
        rds-postgres CANCELLED
        rds-postgres TIMED_OUT
        s3-bucket FAILED
        ");
        alice.runs("/provision list").await;
        alice.clicks("Show ended").await;
        let message = alice.is_told();
        let lines: Vec<&str> = message.lines().filter(|line| line.starts_with('*')).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        *Secure S3 Bucket v1.0* `logs` · Failed 2027-01-23
        *PostgreSQL RDS Instance v1.0* `unanswered` · Timed out 2027-01-23
        *PostgreSQL RDS Instance v1.0* `cancelled` · Cancelled 2027-01-22
        *PostgreSQL RDS Instance v1.0* `denied` · Denied 2027-01-22
        *ECS Fargate Service v1.0* `payments-checkout-dev-id` · Torn down 2027-01-22
        ");
    })
    .await;
}
