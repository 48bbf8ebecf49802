//! The bot is stopped after every single call that changes something outside of it: every write to its store, every
//! answer, every message, every word to the workflow and the provisioner. What it had just done is then done twice,
//! what it was about to do is done by its successor, and the story ends as if nothing had happened.

use crate::harness::patient::Patient;
use crate::harness::{Company, Setup, run_in};

/// Stops of a journey on AWS, where each takes seconds: one in so many.
const ON_AWS_ONE_IN: usize = 12;

const BUCKET: [(&str, &str); 1] = [("BucketPurpose", "logs")];
const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// What is left of a journey, apart from dates.
struct Ending {
    trail: String,
    /// The first line of every message. Sorted: what a stopped bot was about to say comes after what others say.
    heads: Vec<String>,
}

impl Ending {
    async fn of(company: &Company) -> Self {
        let trail = company.trail().await;
        let trail: Vec<&str> = trail.lines().map(undated).collect();
        let (alice, morgan) = (&company.alice, &company.morgan);
        let direct = alice.dms().into_iter().chain(company.bob.dms()).chain(morgan.dms());
        let channels = ["C0PAYMENTS", "C0APPROVALS", "C0AUDIT"].map(|channel| morgan.reads(channel));
        let told = direct.chain(channels.iter().flat_map(|channel| channel.split("\n\n").map(str::to_owned)));
        let heads = told.filter_map(|text| Some(undated(text.lines().next()?).to_owned()));
        let mut heads: Vec<String> = heads.collect();
        heads.sort();
        Self { trail: trail.join("\n"), heads }
    }

    fn read(&self) -> String {
        format!("{}\n{}", self.trail, self.heads.join("\n"))
    }

    /// Whether everything was said that was said there, at most one of it twice: a bot that dies after a post does not
    /// know that it was made.
    fn says_what(&self, whole: &Self, may_repeat: bool) -> bool {
        let mut missing = whole.heads.iter();
        let mut next = missing.next();
        let mut repeated = 0;
        for head in &self.heads {
            if next == Some(head) {
                next = missing.next();
            } else {
                repeated += 1;
            }
        }
        next.is_none() && repeated <= usize::from(may_repeat)
    }
}

fn undated(line: &str) -> &str {
    [" until ", " torn down 2", "ends 2", " (2026-"]
        .iter()
        .fold(line, |line, end| line.split(end).next().unwrap_or_default())
        .trim_end_matches([' ', '|', ','])
}

/// Whether the last of these calls posted something and nothing has been stored since.
fn leaves_a_post_unrecorded(calls: &[String]) -> bool {
    let mut since = calls.iter().rev().take_while(|call| !call.starts_with("commit"));
    since.any(|call| call == "chat.postMessage")
}

/// Plays a journey once undisturbed, then again for each of its calls, and returns how all of them ended.
async fn wherever_it_stops(setup: impl Fn() -> Setup, journey: impl AsyncFn(&Company)) -> String {
    let (mut calls, mut whole, mut every) = (Vec::new(), None, 1);
    run_in(setup().in_a_file(), async |company| {
        journey(company).await;
        calls = company.first_calls();
        whole = Some(Ending::of(company).await);
        every = if company.is_on_aws() { ON_AWS_ONE_IN } else { 1 };
    })
    .await;
    let whole = whole.unwrap();
    assert!(calls.len() > 10, "only {calls:?}");
    for made in (1..=calls.len()).step_by(every) {
        let at = format!("stopped after call {made}, {}", calls[made - 1]);
        let play = run_in(setup().in_a_file().stopping_after(made), async |company| {
            journey(company).await;
            // What AWS says comes when it comes.
            if !company.is_on_aws() {
                assert_eq!(company.first_calls(), calls[..made], "not the same story, {at}");
            }
            let ending = Ending::of(company).await;
            let whole_story = ending.trail == whole.trail
                && ending.says_what(&whole, leaves_a_post_unrecorded(&company.first_calls()));
            assert!(whole_story, "{at}:\n{}\nand not\n{}", ending.read(), whole.read());
        });
        play.await;
    }
    whole.read()
}

#[tokio::test]
async fn an_approval_ends_the_same_wherever_the_bot_stops() {
    let ending = wherever_it_stops(Setup::new, async |company| {
        Patient(&company.alice).asks_for("rds-postgres", &DATABASE).await;
        Patient(&company.morgan).clicks("Approve").await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
    approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
    approved | U0MORGAN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
    provisioning | workflow | payments | rds-postgres | PROVISIONING
    active | provisioner | payments | rds-postgres | ACTIVE
    # Active: PostgreSQL RDS Instance
    *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` for team *payments*
    *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is ready.
    > Active
    Your request for *PostgreSQL RDS Instance v1.0* `orders` is approved.
    ");
}

#[tokio::test]
async fn a_denial_ends_the_same_wherever_the_bot_stops() {
    let ending = wherever_it_stops(Setup::new, async |company| {
        Patient(&company.alice).asks_for("rds-postgres", &DATABASE).await;
        Patient(&company.morgan).opens("Deny").await;
        Patient(&company.morgan).sends(&[("reason", "Use the shared one")]).await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
    approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
    denied | U0MORGAN | payments | rds-postgres | DENIED | Use the shared one [form]
    # Denied: PostgreSQL RDS Instance
    *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
    Your request for *PostgreSQL RDS Instance v1.0* `orders` was denied.
    ");
}

#[tokio::test]
async fn a_withdrawn_request_ends_the_same_wherever_the_bot_stops() {
    let ending = wherever_it_stops(Setup::new, async |company| {
        Patient(&company.alice).asks_for("rds-postgres", &DATABASE).await;
        Patient(&company.alice).clicks("Cancel").await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
    approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
    cancelled | U0ALICE | payments | rds-postgres | CANCELLED | [button in D0ALICE]
    # Cancelled: PostgreSQL RDS Instance
    *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
    ");
}

#[tokio::test]
async fn a_request_that_nobody_answers_ends_the_same_wherever_the_bot_stops() {
    let ending = wherever_it_stops(Setup::new, async |company| {
        Patient(&company.alice).asks_for("rds-postgres", &DATABASE).await;
        company.waits("24h").await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
    approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
    timed out | clock | payments | rds-postgres | TIMED_OUT
    # Timed out: PostgreSQL RDS Instance
    *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
    > Timed out
    Your request for *PostgreSQL RDS Instance v1.0* `orders` timed out.
    ");
}

#[tokio::test]
async fn what_cannot_be_provisioned_ends_the_same_wherever_the_bot_stops() {
    let failing =
        || Setup::new().with_settings("[simulated]\n", "[simulated]\nfail_products = [\"s3-bucket\"]\n");
    let ending = wherever_it_stops(failing, async |company| {
        Patient(&company.alice).asks_for("s3-bucket", &BUCKET).await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
    provisioning | workflow | payments | s3-bucket | PROVISIONING
    provisioning failed | provisioner | payments | s3-bucket | TERMINATING | CREATE_FAILED: Bucket (AWS::S3::Bucket): simulated failure, because `fail_products` names this product
    failed | provisioner | payments | s3-bucket | FAILED | cleaned up
    *Secure S3 Bucket v1.0* `logs` could not be provisioned. Everything was cleaned up.
    *Secure S3 Bucket v1.0* `logs` for team *payments*
    ");
}

#[tokio::test]
async fn a_lease_ends_the_same_wherever_the_bot_stops() {
    let ending = wherever_it_stops(Setup::new, async |company| {
        Patient(&company.alice).asks_for("s3-bucket", &BUCKET).await;
        company.waits("30d").await;
        Patient(&company.alice).clicks("Renew 30 days").await;
        company.waits("31d").await;
        company.waits("7d").await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
    provisioning | workflow | payments | s3-bucket | PROVISIONING
    active | provisioner | payments | s3-bucket | ACTIVE
    warned | clock | payments | s3-bucket | ACTIVE
    renewed | U0ALICE | payments | s3-bucket | ACTIVE | by 30d
    warned | clock | payments | s3-bucket | ACTIVE
    expired | clock | payments | s3-bucket | TERMINATING
    terminated | provisioner | payments | s3-bucket | TERMINATED
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` for team *payments*
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` is ready.
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` is torn down.
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
    ");
}

#[tokio::test]
async fn a_renewal_that_needs_approval_ends_the_same_wherever_the_bot_stops() {
    let never = || Setup::new().with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0");
    let ending = wherever_it_stops(never, async |company| {
        Patient(&company.alice).asks_for("s3-bucket", &BUCKET).await;
        company.waits("30d").await;
        Patient(&company.alice).clicks("Renew 30 days").await;
        Patient(&company.morgan).clicks("Approve").await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
    provisioning | workflow | payments | s3-bucket | PROVISIONING
    active | provisioner | payments | s3-bucket | ACTIVE
    warned | clock | payments | s3-bucket | ACTIVE
    renewal requested | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, 1 needed [button in D0ALICE]
    renewed | U0MORGAN | payments | s3-bucket | ACTIVE | by 30d
    # Renewal approved: Secure S3 Bucket
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` for team *payments*
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` is ready.
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
    Your renewal of *Secure S3 Bucket v1.0* `payments-logs-dev-id` is approved.
    ");
}

#[tokio::test]
async fn a_teardown_that_fails_first_ends_the_same_wherever_the_bot_stops() {
    let failing =
        || Setup::new().with_settings("[simulated]\n", "[simulated]\nfail_teardowns = [\"s3-bucket\"]\n");
    let ending = wherever_it_stops(failing, async |company| {
        Patient(&company.alice).asks_for("s3-bucket", &BUCKET).await;
        let request = company.newest_request().await;
        Patient(&company.alice).asks_by(&format!("/provision teardown {}", request.id.short())).await;
        Patient(&company.alice).sends(&[("name", &request.resource_name())]).await;
        company.waits("5m").await;
        Patient(&company.alice).opens("Try again").await;
        Patient(&company.alice).sends(&[("name", &request.resource_name())]).await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
    provisioning | workflow | payments | s3-bucket | PROVISIONING
    active | provisioner | payments | s3-bucket | ACTIVE
    teardown | U0ALICE | payments | s3-bucket | TERMINATING | [form]
    teardown failed | provisioner | payments | s3-bucket | TEARDOWN_FAILED | DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty
    teardown | U0ALICE | payments | s3-bucket | TERMINATING | try 2 [form]
    terminated | provisioner | payments | s3-bucket | TERMINATED
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` could not be torn down.
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` for team *payments*
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` is ready.
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` is torn down.
    ");
}

#[tokio::test]
async fn a_hand_over_ends_the_same_wherever_the_bot_stops() {
    let team_mates = || Setup::new().with_settings("[\"U0ALICE\"]", "[\"U0ALICE\", \"U0BOB\"]");
    let ending = wherever_it_stops(team_mates, async |company| {
        Patient(&company.alice).asks_for("s3-bucket", &BUCKET).await;
        let id = company.newest_request().await.id.short();
        Patient(&company.alice).runs(&format!("/provision transfer {id} <@U0BOB|bob>")).await;
        Patient(&company.bob).opens_home().await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
    provisioning | workflow | payments | s3-bucket | PROVISIONING
    active | provisioner | payments | s3-bucket | ACTIVE
    transferred | U0ALICE | payments | s3-bucket | ACTIVE | from U0ALICE to U0BOB [command]
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` for team *payments*, owned by <@U0BOB>
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` for team *payments*, owned by <@U0BOB>
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` is ready.
    You now own *Secure S3 Bucket v1.0* of team *payments*: `payments-logs-dev-id`.
    ");
}

#[tokio::test]
async fn a_change_ends_the_same_wherever_the_bot_stops() {
    let ending = wherever_it_stops(Setup::new, async |company| {
        Patient(&company.alice).asks_for("rds-postgres", &DATABASE).await;
        Patient(&company.morgan).clicks("Approve").await;
        company.waits("5m").await;
        let id = company.newest_request().await.id.short();
        Patient(&company.alice).asks_by(&format!("/provision change {id} InstanceSize=medium")).await;
        Patient(&company.alice).sends(&[]).await;
        company.waits("5m").await;
        Patient(&company.morgan).clicks("Approve").await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
    approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
    approved | U0MORGAN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
    provisioning | workflow | payments | rds-postgres | PROVISIONING
    active | provisioner | payments | rds-postgres | ACTIVE
    change requested | U0ALICE | payments | rds-postgres | ACTIVE | InstanceSize small -> medium; 1 needed [form]
    change approved | U0MORGAN | payments | rds-postgres | ACTIVE | [button in C0PAYMENTS]
    updating | workflow | payments | rds-postgres | UPDATING
    changed | provisioner | payments | rds-postgres | ACTIVE | InstanceSize small -> medium
    # Active: PostgreSQL RDS Instance
    # Changed: PostgreSQL RDS Instance
    *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` for team *payments*
    *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is changed.
    *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is ready.
    > Active
    Your request for *PostgreSQL RDS Instance v1.0* `orders` is approved.
    ");
}

#[tokio::test]
async fn a_takeover_of_a_renamed_team_ends_the_same_wherever_the_bot_stops() {
    let ending = wherever_it_stops(Setup::new, async |company| {
        Patient(&company.alice).asks_for("s3-bucket", &BUCKET).await;
        Patient(&company.alice).asks_for("rds-postgres", &DATABASE).await;
        company.changes_the_settings("name = \"payments\"", "name = \"billing\"\nformerly = [\"payments\"]");
        company.reloads().await;
        company.waits("5m").await;
        company.waits("5m").await;
        Patient(&company.morgan).clicks("Approve").await;
        company.waits("5m").await;
    });
    insta::assert_snapshot!(ending.await, @"
    submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
    provisioning | workflow | payments | s3-bucket | PROVISIONING
    active | provisioner | payments | s3-bucket | ACTIVE
    submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
    approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
    team taken over | clock | - | - | - | payments -> billing: 2 requests (2 not ended)
    approved | U0MORGAN | billing | rds-postgres | APPROVED | [button in C0PAYMENTS]
    provisioning | workflow | billing | rds-postgres | PROVISIONING
    active | provisioner | billing | rds-postgres | ACTIVE
    # Active: PostgreSQL RDS Instance
    *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` for team *billing*
    *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is ready.
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` for team *payments*
    *Secure S3 Bucket v1.0* `payments-logs-dev-id` is ready.
    > Active
    Your request for *PostgreSQL RDS Instance v1.0* `orders` is approved.
    ");
}
