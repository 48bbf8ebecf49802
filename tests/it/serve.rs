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
