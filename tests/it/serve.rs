//! The program as its operator runs it: `serve` beside a Slack, and the commands that look at the same files.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use quartermaster::playground::{Playground, Settings};
use quartermaster::ports::clock::{Clock as _, SystemClock};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{TOKENS, copy, transcript};

const SECRET: &str = "signing-secret-of-serve";
const TOKEN: &str = "xoxb-token-of-serve";
/// Longest wait for the other process; a slow machine must not fail the test.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder as an operator keeps it: settings, a catalog, the store.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(listen: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            r#"
[server]
listen = "{listen}"
[slack]
approvals_channel = "C0APPROVALS"
[simulated]
step = "0s"
[[teams]]
name = "payments"
members = ["U0ALICE"]
approvers = ["U0MORGAN"]
channel = "C0PAYMENTS"
"#
        );
        std::fs::write(folder.path().join("quartermaster.toml"), settings).unwrap();
        let catalog = folder.path().join("catalog");
        std::fs::create_dir(&catalog).unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog"), &catalog);
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file(name)).unwrap();
        assert!(text.contains(from), "{name} does not contain {from}");
        std::fs::write(self.file(name), text.replace(from, to)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quartermaster"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command
    }

    fn runs(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

/// What a command said and how it ended.
fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let parts = [out, err].into_iter().filter(|part| !part.is_empty());
    format!("{}\nexit {}", parts.collect::<Vec<_>>().join("\n"), output.status.code().unwrap())
}

/// A bot in a process of its own, killed when the test ends.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks again and again until it is so.
async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let waiting = async {
        while !is_so().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never happened: {what}"));
}

async fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

/// A Slack on a port of its own, whose bot is at `bot`.
async fn slack(bot: &str) -> (Playground, String) {
    let playground = Playground::new(Settings::demo(SECRET, TOKEN, Arc::new(|| SystemClock.now())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    playground.set_public_url(origin.clone());
    playground.set_bot_url(format!("http://{bot}"));
    let router = playground.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (playground, origin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_runs_against_any_slack_with_a_settings_file_and_stops_in_good_order() {
    let address = free_address().await;
    let place = Place::new(&address);
    let (slack, origin) = slack(&address).await;
    let mut command = place.command(&["serve"]);
    command.env("SLACK_SIGNING_SECRET", SECRET).env("SLACK_BOT_TOKEN", TOKEN);
    command.env("SLACK_API_URL", format!("{origin}/api/")).env("RUST_LOG", "debug");
    let mut bot = Bot(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    eventually("the bot listens", async || TcpStream::connect(&address).await.is_ok()).await;

    slack.run_command("U0ALICE", "C0PAYMENTS", "/provision s3-bucket BucketPurpose=logs").await.unwrap();
    eventually("the form opens", async || slack.view("U0ALICE").is_some()).await;
    let view = slack.view("U0ALICE").unwrap();
    slack.submit("U0ALICE", view["id"].as_str().unwrap()).await.unwrap();
    let is_ready = || slack.dm("U0ALICE").iter().any(|message| message.text.contains("is ready"));
    eventually("the bucket is there", async || is_ready()).await;

    let export = place.runs(&["audit", "export"]);
    let events: Vec<String> = String::from_utf8(export.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(events, ["submitted", "provisioning", "active"], "read while the bot runs");
    let used = place.runs(&["policy", "explain", "s3-bucket", "--as", "U0ALICE", "BucketPurpose=logs"]);
    assert!(said(&used).contains("quota:      1 of 10 used"), "{}", said(&used));
    let second = said(
        &place
            .command(&["serve"])
            .env("SLACK_SIGNING_SECRET", SECRET)
            .env("SLACK_BOT_TOKEN", TOKEN)
            .output()
            .unwrap(),
    );
    assert!(second.contains("is in use by another quartermaster"), "{second}");

    let pid = bot.0.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    assert!(bot.0.wait().unwrap().success(), "SIGTERM is no failure");
    let mut log = String::new();
    for pipe in [bot.0.stdout.take().map(read), bot.0.stderr.take().map(read)] {
        log.push_str(&pipe.unwrap());
    }
    assert!(log.contains("ready for Slack"), "{log}");
    for secret in [SECRET, TOKEN] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    assert!(!TOKENS.is_match(&log).unwrap(), "a task token is in the log: {log}");
}

fn read(mut pipe: impl std::io::Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn every_wrong_setting_and_every_missing_secret_is_told_at_once() {
    let place = Place::new("3000");
    place.replace("quartermaster.toml", "approvals_channel", "approval_channel");
    insta::assert_snapshot!(said(&place.runs(&["serve"])), @r#"
    quartermaster.toml: line 3: `server.listen` is `3000`: write an address and a port such as `127.0.0.1:3000`
    quartermaster.toml: line 4: `slack.approvals_channel` is missing: add a line such as `approvals_channel = "some text"`
    quartermaster.toml: line 5: unknown key `slack.approval_channel`: did you mean `approvals_channel`?
    SLACK_SIGNING_SECRET: is not set: copy it from Basic Information, App Credentials, of your Slack app
    SLACK_BOT_TOKEN: is not set: copy the token that begins with `xoxb-` from OAuth & Permissions of your Slack app
    exit 2
    "#);
}

#[test]
fn a_settings_file_that_is_not_there_is_told_with_a_remedy() {
    let place = Place::new("127.0.0.1:0");
    insta::assert_snapshot!(said(&place.runs(&["policy", "explain", "s3-bucket", "--as", "U0ALICE", "--config", "other.toml"])), @"
    other.toml: cannot be read: write one (README shows the smallest) or name another with --config: No such file or directory (os error 2)
    exit 2
    ");
}

#[test]
fn a_broken_catalog_is_refused_with_file_line_and_remedy() {
    let place = Place::new("127.0.0.1:0");
    place.replace("catalog/s3-bucket/product.yml", "description:", "descripton:");
    place.replace("catalog/rds-postgres/product.yml", "TeamName: team", "TeamNam: team");
    let mut command = place.command(&["serve"]);
    command.env("SLACK_SIGNING_SECRET", SECRET).env("SLACK_BOT_TOKEN", TOKEN);
    insta::assert_snapshot!(said(&command.output().unwrap()), @"
    catalog/rds-postgres/product.yml: line 7: the template has no parameter `TeamNam`: did you mean `TeamName`?
    catalog/s3-bucket/product.yml: line 3: unknown key `descripton`: did you mean `description`?
    exit 2
    ");
    insta::assert_snapshot!(said(&place.runs(&["catalog", "check"])), @"
    catalog/rds-postgres/product.yml: line 7: the template has no parameter `TeamNam`: did you mean `TeamName`?
    catalog/s3-bucket/product.yml: line 3: unknown key `descripton`: did you mean `description`?
    2 errors to fix
    exit 1
    ");
}

#[test]
fn the_catalog_is_checked_and_its_forms_are_printed() {
    let place = Place::new("127.0.0.1:0");
    insta::assert_snapshot!(said(&place.runs(&["catalog", "check", "--strict"])), @"
    ecs-service: ok (12 parameters, about $8.21/month by default, approval required unless Environment is dev, quota 5 per team)
    rds-postgres: ok (10 parameters, about $14.98/month by default, approval required, quota 3 per team)
    s3-bucket: ok (7 parameters, about $2.15/month by default, auto-approved, quota 10 per team)
    3 products checked, no problems
    exit 0
    ");
    insta::assert_snapshot!(said(&place.runs(&["catalog", "form", "s3-bucket"])), @"
    Secure S3 Bucket (s3-bucket, v1.0)
    An encrypted S3 bucket with versioning and lifecycle rules
    Owner: Platform Team

    What the bucket is for
      Purpose [BucketPurpose]: choose one, required
        What will be stored. It becomes part of the bucket name, for example payments-logs-dev-1a2b3c4d.
        - data-lake           Data lake
        - application-assets  Application assets
        - logs                Logs
        - backups             Backups
      Environment [Environment]: choose one, optional, starts with `dev`
        Where the bucket is used, for example dev. It becomes part of the bucket name.
        - dev      Development
        - staging  Staging
        - prod     Production
      Keep objects for [ObjectRetention]: choose one, optional, starts with `forever`
        When S3 deletes objects by itself, for example 1-year for logs. Replaced versions always go after 90 days.
        - forever  Until somebody deletes them
        - 90-days  90 days
        - 1-year   1 year
        - 7-years  7 years

    Platform settings (the defaults are right for most teams)
      Access log bucket [AccessLogBucket]: text, optional, starts with `/platform/s3/access-log-bucket`
        SSM parameter with the name of the access log bucket, for example /platform/s3/access-log-bucket.

    Before Submit
      Price: about $2.15/month, us-east-1 list price of 2026-08-21 (with the defaults)
      Approval: auto-approved
      Quota: 10 per team
      Expiry: 30d after it is ready, plus 7d of grace, renewable by 30d, 12 times without approval
      Filled by the portal: RequestId, RequesterId, TeamName
    exit 0
    ");
    insta::assert_snapshot!(said(&place.runs(&["catalog", "form", "s3-buket"])), @"
    there is no product `s3-buket`: did you mean `s3-bucket`?
    exit 1
    ");
    let json = place.runs(&["catalog", "form", "s3-bucket", "--json"]);
    let view: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(quartermaster::playground::limits::check_view(&view), Vec::<String>::new());
}

#[test]
fn the_rules_are_explained_for_a_person_and_their_values() {
    let place = Place::new("127.0.0.1:0");
    let explain = |values: &[&str]| {
        said(&place.runs(&[&["policy", "explain", "ecs-service", "--as", "U0ALICE"], values].concat()))
    };
    let image = format!("Image={}", crate::provision::IMAGE);
    insta::assert_snapshot!(explain(&["ServiceName=checkout", &image]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   automatic, because Environment is dev
    cost:       about $8.21/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    exit 0
    ");
    insta::assert_snapshot!(explain(&["ServiceName=checkout", &image, "Environment=prod", "DesiredCount=2"]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   1 needed (one of U0MORGAN), within 1d
    cost:       about $15.42/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    exit 0
    ");
    insta::assert_snapshot!(explain(&["ServiceName=Checkout", "Enviroment=prod"]), @"
    error: ecs-service has no parameter `Enviroment`: did you mean `Environment`?
    exit 1
    ");
}

#[test]
fn an_export_without_a_store_says_so() {
    let place = Place::new("127.0.0.1:0");
    insta::assert_snapshot!(transcript::steady(&said(&place.runs(&["audit", "export"]))), @"
    error: cannot open the database `quartermaster.db`: unable to open database file: quartermaster.db: Error code 14: unable to open database file
    exit 1
    ");
    insta::assert_snapshot!(said(&place.runs(&["audit", "export", "--since", "yesterday"])), @"
    error: cannot read the date: yesterday (write 2026-11-01 or 2026-11-01T12:00:00Z)
    exit 1
    ");
}
