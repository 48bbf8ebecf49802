//! The program as its operator runs it: `serve` beside a Slack, and the commands that look at the same files.

use std::process::{Command, Stdio};

use crate::harness::process::{Bot, SECRET, TOKEN, eventually, free_address, slack};
use crate::harness::secrets::EVERYTHING;
use crate::harness::{Place, said, task_tokens};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_runs_against_any_slack_with_a_settings_file_and_stops_in_good_order() {
    let address = free_address().await;
    let place = Place::new(&address);
    let (slack, origin) = slack(&address).await;
    let mut command = place.serves(&origin);
    command.env("RUST_LOG", EVERYTHING).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut bot = Bot::start(command, &address).await;

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
    let table = said(&place.runs(&["audit", "export", "--format", "csv"]));
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.splitn(11, ',').collect()).collect();
    assert_eq!(rows[0].join(" "), "at request seq event actor team product status detail prev digest");
    let told = rows[1..4].iter().map(|row| row[2..8].join(" ")).collect::<Vec<_>>();
    insta::assert_snapshot!(told.join("\n"), @"
    1 submitted U0ALICE payments s3-bucket APPROVED
    2 provisioning workflow payments s3-bucket PROVISIONING
    3 active provisioner payments s3-bucket ACTIVE
    ");
    let used = place.runs(&["policy", "explain", "s3-bucket", "--as", "U0ALICE", "BucketPurpose=logs"]);
    assert!(said(&used).contains("quota:      1 of 10 used"), "{}", said(&used));
    let second = said(&place.serves(&origin).output().unwrap());
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
    assert_eq!(task_tokens(&log).next(), None, "a task token is in the log: {log}");
    a_cut_off_trail_is_told(&place);
}

/// Takes the last entry off the trail, as somebody with the file could.
fn a_cut_off_trail_is_told(place: &Place) {
    let rows = rusqlite::Connection::open(place.file("quartermaster.db")).unwrap();
    assert_eq!(rows.execute("DELETE FROM audit WHERE n = (SELECT max(n) FROM audit)", []).unwrap(), 1);
    let export = said(&place.runs(&["audit", "export"]));
    assert!(export.contains("entries after entry 2 are missing\nexit 1"), "{export}");
}

fn read(mut pipe: impl std::io::Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_pauses_requests_and_looks_after_jobs_beside_the_running_bot() {
    let address = free_address().await;
    let place = Place::new(&address);
    let (slack, origin) = slack(&address).await;
    let _bot = Bot::start(place.serves(&origin), &address).await;
    let asks = async || {
        slack.run_command("U0ALICE", "C0PAYMENTS", "/provision s3-bucket BucketPurpose=logs").await.unwrap();
    };
    let messages =
        || slack.ephemerals("U0ALICE").iter().map(|message| message.text.clone()).collect::<Vec<_>>();

    insta::assert_snapshot!(said(&place.runs(&["pause", "--message", "We move house."])), @"
    new requests are paused, and people see: We move house.
    exit 0
    ");
    asks().await;
    eventually("she is told", async || messages() == ["New requests are paused:\nWe move house."]).await;
    assert!(slack.view("U0ALICE").is_none());
    let resumed = said(&place.runs(&["resume"]));
    assert!(
        resumed.starts_with("new requests are possible again; they had been paused since 20"),
        "{resumed}"
    );
    asks().await;
    eventually("the form opens", async || slack.view("U0ALICE").is_some()).await;

    let file = rusqlite::Connection::open(place.file("quartermaster.db")).unwrap();
    file.execute_batch(
        "INSERT INTO jobs (of, name, kind, due_at, parked, attempts, last_error, written_at) VALUES
         ('U0ALICE', 'show:home', '\"Home\"', 0, 1, 3, 'Slack refused the call: invalid_blocks', 0),
         ('U0BOB', 'show:home', '\"Home\"', 0, 1, 0, 'Slack refused the call: invalid_blocks', 0)",
    )
    .unwrap();
    insta::assert_snapshot!(said(&place.runs(&["jobs", "retry", "U0ALICE"])), @"
    U0ALICE show:home due 1970-01-01T00:00:00Z, retried 3 times: Slack refused the call: invalid_blocks
    the running bot retries them, or the next one that starts
    exit 0
    ");
    insta::assert_snapshot!(said(&place.runs(&["jobs", "drop", "U0BOB", "show:home"])), @"
    U0BOB show:home due 1970-01-01T00:00:00Z, retried 0 times: Slack refused the call: invalid_blocks
    the job was dropped
    exit 0
    ");
    let left =
        || file.query_row("SELECT count(*) FROM jobs WHERE of LIKE 'U0%'", [], |row| row.get::<_, i64>(0));
    eventually("the bot has tried it", async || left().unwrap() == 0).await;
    let export = place.runs(&["audit", "export"]);
    assert!(export.status.success(), "the chain is whole: {}", said(&export));
    let entry = |line: &str| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        ["request", "seq", "event", "actor"].map(|field| entry[field].to_string().replace('"', "")).join(" ")
    };
    let entries: Vec<String> = String::from_utf8(export.stdout).unwrap().lines().map(entry).collect();
    insta::assert_snapshot!(entries.join("\n"), @"
    00000000-0000-0000-0000-000000000000 1 paused operator
    00000000-0000-0000-0000-000000000000 2 resumed operator
    00000000-0000-0000-0000-000000000000 3 job retried operator
    00000000-0000-0000-0000-000000000000 4 job dropped operator
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_bot_reads_settings_and_catalog_anew_when_it_is_told_to() {
    let address = free_address().await;
    let place = Place::new(&address);
    place.replace("quartermaster.toml", "[slack]", "[slack]\nadmins = [\"U0ADMIN\"]");
    let (slack, origin) = slack(&address).await;
    let mut command = place.serves(&origin);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut bot = Bot::start(command, &address).await;
    let hang_up = || {
        let pid = bot.0.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    };
    let opens_a_form = async |person: &str| {
        slack.run_command(person, "C0GENERAL", "/provision s3-bucket").await.unwrap();
    };

    place.replace("quartermaster.toml", "[\"U0ALICE\"]", "[\"U0ALICE\", \"U0OLGA\"]");
    place.replace("catalog/s3-bucket/product.yml", "description:", "descripton:");
    hang_up();
    let told =
        || slack.dm("U0ADMIN").iter().any(|message| message.text.contains("did you mean `description`?"));
    eventually("the admin is told", async || told()).await;
    opens_a_form("U0OLGA").await;
    assert!(slack.view("U0OLGA").is_none(), "nothing has changed");

    place.replace("catalog/s3-bucket/product.yml", "descripton:", "description:");
    place.replace("quartermaster.toml", "listen = \"", "log = \"json\"\nlisten = \"");
    hang_up();
    eventually("she is in the team", async || {
        opens_a_form("U0OLGA").await;
        slack.view("U0OLGA").is_some()
    })
    .await;
    assert!(Command::new("kill").arg(bot.0.id().to_string()).status().unwrap().success());
    assert!(bot.0.wait().unwrap().success());
    let log = bot.0.stderr.take().map(read).unwrap();
    for line in [
        "the new settings or catalog cannot be used; the previous ones stay in force",
        "line 3: unknown key `descripton`",
        "reloaded settings and catalog",
        "team payments changed",
        "a change of this setting takes effect after a restart",
        "server.log",
    ] {
        assert!(log.contains(line), "{line} is not in\n{log}");
    }
}

#[test]
fn every_wrong_setting_and_every_missing_secret_is_told_at_once() {
    let place = Place::new("3000");
    place.replace("quartermaster.toml", "approvals_channel", "approval_channel");
    place.replace("catalog/s3-bucket/product.yml", "description:", "descripton:");
    insta::assert_snapshot!(said(&place.runs(&["serve"])), @r#"
    quartermaster.toml: line 3: `server.listen` is `3000`: write an address and a port such as `127.0.0.1:3000`
    quartermaster.toml: line 4: `slack.approvals_channel` is missing: add a line such as `approvals_channel = "C0APPROVALS"`
    quartermaster.toml: line 5: unknown key `slack.approval_channel`: did you mean `approvals_channel`?
    SLACK_SIGNING_SECRET: is not set: copy it from Basic Information, App Credentials, of your Slack app
    SLACK_BOT_TOKEN: is not set: copy the token that begins with `xoxb-` from OAuth & Permissions of your Slack app
    catalog/s3-bucket/product.yml: line 3: unknown key `descripton`: did you mean `description`?
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
    let served = place.serves("http://127.0.0.1:1").output().unwrap();
    insta::assert_snapshot!(said(&served), @"
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
fn a_product_that_asks_for_a_secret_keeps_the_bot_from_starting() {
    let place = Place::new("127.0.0.1:0");
    let asking = "  DatabasePassword:\n    Type: String\n    NoEcho: true\n  Environment:\n    Type: String\n    Description: Where the database";
    let before = "  Environment:\n    Type: String\n    Description: Where the database";
    place.replace("catalog/rds-postgres/template.yml", before, asking);
    let served = place.serves("http://127.0.0.1:1").output().unwrap();
    let told = "parameter `DatabasePassword` is a secret (`NoEcho`) without a default: secrets never go through Slack: use a managed or generated secret";
    for said in [
        said(&served),
        said(&place.runs(&["catalog", "check"])),
        said(&place.runs(&["catalog", "form", "rds-postgres"])),
    ] {
        assert!(said.contains(told) && !said.contains("exit 0"), "{said}");
    }
}

#[test]
fn the_service_catalog_side_is_printed_as_it_is_committed() {
    let place = Place::new("127.0.0.1:0");
    let printed = place.runs(&["catalog", "template"]);
    assert!(printed.status.success(), "{}", said(&printed));
    let committed = include_str!("../../infra/portfolio.yml");
    assert!(String::from_utf8(printed.stdout).unwrap() == committed, "infra/portfolio.yml is out of date");
}
