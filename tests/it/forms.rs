//! The form: what it starts with, what it objects to, and how it follows what is chosen in it.

use playground::LedTo;

use crate::harness::{Setup, run, run_in};

#[tokio::test]
async fn what_is_typed_behind_the_command_is_filled_in_even_with_curly_quotes() {
    run(async |company| {
        let alice = &company.alice;
        alice
            .runs("/provision rds-postgres DatabaseName=“orders” environment=prod Instanzesize=large Storage=abc")
            .await;
        insta::assert_snapshot!(alice.form(), @"
        PostgreSQL RDS Instance [Request] [Cancel]
        *PostgreSQL RDS Instance* v1.0
        A PostgreSQL RDS instance with automated backups
        (There is no field Instanzesize; did you mean InstanceSize?
        There is no field Storage.)
        (For team *payments*)
        # The database
        Database name: orders
        Environment: Production (two zones, 35 days of backups)
        Size: Small: 2 vCPU, 1 GB (db.t4g.micro)
        Storage in GB: 20
        # Platform settings (the defaults are right for most teams)
        VPC: /platform/network/vpc-id
        Private subnets: /platform/network/private-subnet-ids
        Application security group: /platform/network/app-security-group-id
        Why do you need it?: _
        ---
        *Cost*: about $29/month, us-east-1 list price of 2026-08-21
        *Approval*: <@U0MORGAN>
        *Quota*: 0 of 3 used, 3 left
        *Expires*: 2026-12-30 09:00 UTC
        (Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn an_option_that_does_not_exist_is_said_so_and_left_open() {
    run(async |company| {
        company.alice.runs("/provision s3-bucket BucketPurpose=logs Environment=<prod>").await;
        let form = company.alice.form();
        insta::assert_snapshot!(form.lines().take(8).collect::<Vec<_>>().join("\n"), @"
        Secure S3 Bucket [Request] [Cancel]
        *Secure S3 Bucket* v1.0
        An encrypted S3 bucket with versioning and lifecycle rules
        (&lt;prod&gt; is not one of the options of Environment.)
        (For team *payments*)
        # What the bucket is for
        Purpose: Logs
        Environment: Development
        ");
    })
    .await;
}

#[tokio::test]
async fn an_option_left_empty_in_the_command_is_said_so() {
    run(async |company| {
        company.alice.runs("/provision s3-bucket BucketPurpose=logs Environment=").await;
        let form = company.alice.form();
        insta::assert_snapshot!(form.lines().nth(3).unwrap_or_default(), @"(Environment cannot be empty: choose one of its options.)");
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_told_at_once_and_what_was_typed_stays() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision ecs-service").await;
        let wrong = [("ServiceName", "Checkout_API"), ("Image", "checkout:latest"), ("reason", "A try")];
        alice.fills(&wrong).await;
        assert!(matches!(alice.submits().await, LedTo::FieldErrors(_)));
        insta::assert_snapshot!(alice.form(), @"
        ECS Fargate Service [Request] [Cancel]
        *ECS Fargate Service* v1.0
        A container service on Fargate that rolls back a failed deployment by itself
        (For team *payments*)
        # The service
        Service name: Checkout_API
          ! Start with a lower-case letter, then letters, digits and single hyphens, at most 30 characters, for example checkout-api.
        Environment: Development
        Container image: checkout:latest
          ! An image in ECR by its digest, not by a tag: account.dkr.ecr.region.amazonaws.com/name@sha256: and 64 hexadecimal digits.
        Port: 8080
        # Size
        Task size: XS: 0.25 vCPU, 0.5 GB
        Number of tasks: 1
        # Platform settings (the defaults are right for most teams)
        VPC: /platform/network/vpc-id
        Private subnets: /platform/network/private-subnet-ids
        Application security group: /platform/network/app-security-group-id
        Why do you need it?: A try
        ---
        *Cost*: about $8.21/month, us-east-1 list price of 2026-08-21
        *Approval*: automatic, because Environment is dev
        *Quota*: 0 of 5 used, 5 left
        *Expires*: 2026-12-30 09:00 UTC
        (Simulated: nothing real is created)
        ");
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn slacks_own_client_keeps_numbers_within_their_bounds() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres").await;
        alice.fills(&[("DatabaseName", "orders"), ("AllocatedStorage", "7")]).await;
        assert!(alice.tries_to_submit().await.is_err());
        assert!(alice.form().contains("! Please enter a number of at least 20."), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn a_rule_of_the_template_is_told_under_its_field() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision ecs-service Environment=prod ServiceName=checkout DesiredCount=1").await;
        alice.fills(&[("Image", crate::provision::IMAGE)]).await;
        alice.submits().await;
        let form = alice.form();
        let lines: Vec<&str> = form.lines().filter(|line| line.contains('!')).collect();
        insta::assert_snapshot!(lines.join("\n"), @"  ! A production service runs at least two tasks. Choose 2 or more.");
        alice.fills(&[("DesiredCount", "2")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
    })
    .await;
}

#[tokio::test]
async fn cost_and_approval_follow_what_is_chosen() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision ecs-service").await;
        let lines = || {
            let form = alice.form();
            let wanted = |line: &&str| line.starts_with("*Cost*") || line.starts_with("*Approval*");
            form.lines().filter(wanted).collect::<Vec<_>>().join("\n")
        };
        let mut seen = vec![lines()];
        alice.fills(&[("ServiceName", "checkout"), ("Environment", "prod")]).await;
        seen.push(lines());
        alice.fills(&[("TaskSize", "s"), ("DesiredCount", "2")]).await;
        seen.push(lines());
        insta::assert_snapshot!(seen.join("\n\n"), @"
        *Cost*: about $8.21/month, us-east-1 list price of 2026-08-21
        *Approval*: automatic, because Environment is dev

        *Cost*: about $8.21/month, us-east-1 list price of 2026-08-21
        *Approval*: <@U0MORGAN>

        *Cost*: about $30/month, us-east-1 list price of 2026-08-21
        *Approval*: <@U0MORGAN>
        ");
        assert!(alice.form().contains(": checkout"), "what was typed stays: {}", alice.form());
        alice.fills(&[("Image", crate::provision::IMAGE)]).await;
        alice.submits().await;
        let request = company.newest_request().await;
        assert_eq!(request.monthly().to_string(), "29.84", "as the form said");
        assert!(request.waits_for_approvers());
    })
    .await;
}

const ZONES: &str = "\
Parameters:
  Zone:
    Type: String
    AllowedValues: [ALLOWED]
Resources:
  Topic:
    Type: AWS::SNS::Topic
";

#[tokio::test]
async fn a_long_list_is_searched_while_typing() {
    let many: Vec<String> = (0..150).map(|n| format!("zone-{n:03}")).collect();
    let template = ZONES.replace("ALLOWED", &many.join(", "));
    let product = "name: Topic\napproval: { mode: auto }\n";
    run_in(Setup::new().with_product("topic", product, &template), async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic").await;
        assert_eq!(alice.types_ahead("Zone", "").await.len(), 100);
        assert_eq!(alice.types_ahead("Zone", "14").await.len(), 12);
        assert_eq!(alice.types_ahead("Zone", "elsewhere").await, Vec::<String>::new());
        alice.fills(&[("Zone", "zone-149")]).await;
        alice.submits().await;
        let request = company.newest_request().await;
        assert_eq!(request.parameters, [("Zone".to_owned(), "zone-149".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn a_person_of_two_teams_chooses_one_first() {
    let both = Setup::new().with_settings("members = [\"U0BOB\"]", "members = [\"U0BOB\", \"U0ALICE\"]");
    run_in(both, async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres DatabaseName=orders team=search").await;
        assert!(alice.form().contains("Team: search"), "{}", alice.form());
        assert!(alice.form().contains("*Approval*: <!subteam^S0LEADS>"), "{}", alice.form());
        alice.fills(&[("team", "payments")]).await;
        assert!(alice.form().contains("*Approval*: <@U0MORGAN>"), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert_eq!(company.newest_request().await.team.as_str(), "payments");
        alice.runs("/provision rds-postgres team=billing").await;
        insta::assert_snapshot!(alice.is_told(), @"You are not a member of *billing*. Your teams: payments, search.");
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_request() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        let twice = [alice.forges_submission(|_| ()).await, alice.forges_submission(|_| ()).await];
        assert_eq!(twice[0], twice[1]);
        assert_eq!(company.trail().await.matches("submitted").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn another_like_it_opens_the_form_as_it_was() {
    run(async |company| {
        let alice = &company.alice;
        let fields =
            [("DatabaseName", "orders"), ("InstanceSize", "medium"), ("reason", "Orders of the shop")];
        let id = alice.asks_for("rds-postgres", &fields).await;
        company.morgan.clicks("Approve").await;
        alice.runs(&format!("/provision status {}", &id[..8])).await;
        alice.clicks("Another like it").await;
        let form = alice.form();
        for line in ["Database name: orders", "Size: Medium", "Why do you need it?: Orders of the shop"] {
            assert!(form.contains(line), "{line} is not in {form}");
        }
        alice.fills(&[("DatabaseName", "invoices")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        let request = company.newest_request().await;
        assert!(request.parameters.contains(&("InstanceSize".to_owned(), "medium".to_owned())));
        assert_ne!(request.id.to_string(), id);
        alice.runs(&format!("/provision again {}", &id[..8])).await;
        assert!(alice.form().contains("Database name: orders"), "{}", alice.form());
        alice.closes_all().await;
        alice.runs("/provision again").await;
        assert!(alice.is_told().contains("/provision again"), "{}", alice.is_told());
        // Those of other teams see nothing of it.
        company.bob.runs(&format!("/provision again {}", &id[..8])).await;
        insta::assert_snapshot!(company.bob.is_told(), @"There is no request *id* that you can see. `list` shows yours and your team's.");
        assert_eq!(company.bob.form(), "-");
    })
    .await;
}

const TICKET: &str = "name: PostgreSQL RDS Instance\nticket:\n  label: Change ticket\n  pattern: '[A-Z]+-[0-9]+'\n  required: true\n  link: https://jira.example.com/browse/{ticket}";

#[tokio::test]
async fn a_product_can_want_a_ticket_which_approvers_open_from_the_card() {
    let setup =
        Setup::new().with_catalog("rds-postgres/product.yml", "name: PostgreSQL RDS Instance", TICKET);
    run_in(setup, async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        alice.fills(&[("ticket", "tomorrow")]).await;
        assert!(matches!(alice.submits().await, LedTo::FieldErrors(_)));
        assert!(alice.form().contains("it has to match [A-Z]+-[0-9]+."), "{}", alice.form());
        alice.fills(&[("ticket", "OPS-17")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        let card = company.morgan.reads("C0PAYMENTS");
        assert!(card.contains("*Change ticket*: <https://jira.example.com/browse/OPS-17|OPS-17>"), "{card}");
        let request = company.newest_request().await;
        assert_eq!(request.ticket.unwrap().reference, "OPS-17");
        company.morgan.clicks("Approve").await;
        alice.runs(&format!("/provision again {}", request.id)).await;
        assert!(alice.form().contains("Change ticket: OPS-17"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn a_reason_is_kept_whole_whatever_is_in_it() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let reason = format!(
            "Why: orders: they grow\nSee <!channel>, *now* & https://wiki {}the end",
            "ä".repeat(900)
        );
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("reason", &reason)]).await;
        assert_eq!(company.newest_request().await.reason, reason);
        let quoted = "“Why: orders: they grow\nSee <!channel>, *now* & https://wiki ää";
        for text in [morgan.reads("C0PAYMENTS"), {
            alice.clicks("Details").await;
            alice.is_told()
        }] {
            assert!(text.contains(quoted) && text.contains("äthe end"), "{text}");
        }
    })
    .await;
}
