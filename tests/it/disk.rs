//! Nothing can be written any more: what people see, and that nothing is lost once it can be again. A limit on the size
//! of files stands for the full disk; a running program sees a disk that became read-only in the same way.

use std::process::Command;

use playground::Playground;

use crate::harness::process::{Bot, eventually, free_address, slack};
use crate::harness::{Place, said, transcript};

/// The same command, but a write beyond the limit is an error to it and not its end.
fn shielded(command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().unwrap());
    shell
}

/// From now on the bot can write so many bytes to a file.
fn limit(bot: &Bot, bytes: &str) {
    let pid = bot.0.id().to_string();
    let limit = format!("--fsize={bytes}:unlimited");
    assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
}

async fn opens_a_form(slack: &Playground, product: &str) -> String {
    slack.run_command("U0ALICE", "C0PAYMENTS", &format!("/provision {product}")).await.unwrap();
    eventually("the form opens", async || slack.view("U0ALICE").is_some()).await;
    slack.view("U0ALICE").unwrap()["id"].as_str().unwrap().to_owned()
}

fn are_ready(slack: &Playground) -> usize {
    slack.dm("U0ALICE").iter().filter(|message| message.text.contains("is ready")).count()
}

async fn approves(slack: &Playground) {
    let card = || {
        let messages = slack.messages("C0PAYMENTS", "U0MORGAN");
        let cards = messages.into_iter().filter_map(|message| {
            let (block, action) = crate::harness::person::pressable(&message.blocks, "Approve", None)?;
            Some((playground::Place::message(&message.channel, &message.ts), block, action))
        });
        cards.reduce(|_, newer| newer)
    };
    eventually("the card is there", async || card().is_some()).await;
    let (place, block, action) = card().unwrap();
    slack.click("U0MORGAN", &place, &block, &action).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_people_are_told_to_try_again_and_nothing_is_lost() {
    let address = free_address().await;
    let place = Place::new(&address);
    let (slack, origin) = slack(&address).await;
    let mut command = shielded(&place.serves(&origin));
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let bot = Bot::start(command, &address).await;
    let database = opens_a_form(&slack, "rds-postgres DatabaseName=orders").await;
    slack.submit("U0ALICE", &database).await.unwrap();
    eventually("the card is there", async || !slack.messages("C0PAYMENTS", "U0MORGAN").is_empty()).await;
    let first = opens_a_form(&slack, "s3-bucket BucketPurpose=logs").await;
    slack.submit("U0ALICE", &first).await.unwrap();
    // A job that is interrupted comes back after two minutes, for which no test should wait.
    eventually("the first is ready", async || are_ready(&slack) == 1).await;

    limit(&bot, "1024");
    approves(&slack).await;
    let messages = || slack.ephemerals("U0MORGAN").pop();
    eventually("Morgan is told", async || messages().is_some()).await;
    insta::assert_snapshot!(transcript::message(&messages().unwrap()), @"The database of this app is not working at the moment, so nothing was saved as far as we know. The problem is on our side. Try again in a minute; if it keeps happening, mention `id` to your platform team.");
    let second = opens_a_form(&slack, "s3-bucket BucketPurpose=backups").await;
    slack.submit("U0ALICE", &second).await.unwrap();
    let view = slack.view("U0ALICE").unwrap();
    let form = transcript::form(&view, &slack.field_errors("U0ALICE"));
    assert!(form.contains("Purpose: Backups"), "what was filled in stays: {form}");
    assert!(form.contains("The database of this app is not working at the moment"), "{form}");
    slack.dismiss("U0ALICE").await.unwrap();
    slack.run_command("U0ALICE", "C0PAYMENTS", "/provision list").await.unwrap();
    eventually("what is stored is still shown", async || {
        slack
            .ephemerals("U0ALICE")
            .iter()
            .any(|message| transcript::message(message).contains("Waiting for approval"))
    })
    .await;
    assert_eq!(are_ready(&slack), 1, "nothing is said that is not stored");

    limit(&bot, "unlimited");
    approves(&slack).await;
    let again = opens_a_form(&slack, "s3-bucket BucketPurpose=backups").await;
    slack.submit("U0ALICE", &again).await.unwrap();
    eventually("all three are ready", async || are_ready(&slack) == 3).await;
    drop(bot);
    let export = place.runs(&["audit", "export"]);
    assert!(export.status.success(), "{}", said(&export));
    assert_eq!(said(&export).matches("\"event\":\"submitted\"").count(), 3, "{}", said(&export));
}

#[test]
fn a_store_where_nothing_can_be_written_keeps_the_bot_from_starting() {
    let place = Place::new("127.0.0.1:0");
    place.replace(
        "quartermaster.toml",
        "[slack]",
        "[backend]\nstore = \"sqlite:/proc/quartermaster.db\"\n[slack]",
    );
    let output = place.serves("http://127.0.0.1:1").output().unwrap();
    insta::assert_snapshot!(said(&output), @"
    error: cannot open the database `/proc/quartermaster.db`: cannot create `/proc/quartermaster.db.lock`: No such file or directory (os error 2)
    exit 1
    ");
}
