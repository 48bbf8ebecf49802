//! The program as a company runs it on AWS: `serve` in processes of its own, with `AWS_ENDPOINT_URL` at the emulator.
//! `.ci/aws` runs these.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use playground::{DeliveryFailure, Message, Place as At, Playground};
use quartermaster::catalog;
use quartermaster::ports::clock::SystemClock;
use serde_json::{Value, json};

use crate::harness::Place;
use crate::harness::cloud::Cloud;
use crate::harness::line::CONNECTIONS;
use crate::harness::person::pressable;
use crate::harness::process::{Bot, SECRET, TOKEN, eventually, free_address, slack, slack_with_sockets};
use crate::harness::secrets::EVERYTHING;

const ALICE: &str = "U0ALICE";
const MORGAN: &str = "U0MORGAN";
const CHANNEL: &str = "C0PAYMENTS";
const DATABASES: [&str; 6] = ["orders", "stock", "refunds", "ledger", "risk", "payouts"];

/// A machine that a bot runs on.
struct Host {
    place: Place,
    address: String,
}

impl Host {
    async fn new(cloud: &Cloud, provisioner: &str) -> Self {
        let address = free_address().await;
        let place = Place::new(&address);
        let teams = "[[teams]]";
        place.replace("quartermaster.toml", teams, &format!("{}{teams}", cloud.lines(provisioner)));
        place.replace("catalog/rds-postgres/product.yml", "per_team: 3", "per_team: 10");
        Self { place, address }
    }

    async fn starts(&self, cloud: &Cloud, origin: &str) -> Bot {
        let mut command = self.place.serves(origin);
        call_emulator(&mut command, cloud);
        let log = std::fs::File::create(self.place.file("bot.log")).unwrap();
        command.env("RUST_LOG", EVERYTHING).stderr(log);
        Bot::start(command, &self.address).await
    }

    /// What the bot has logged, in all the detail that can be asked for.
    fn log(&self) -> String {
        std::fs::read_to_string(self.place.file("bot.log")).unwrap()
    }

    /// As [`Host::starts`], over sockets.
    async fn connects(&self, cloud: &Cloud, origin: &str) -> Bot {
        let mut command = self.place.connects(origin);
        call_emulator(&mut command, cloud);
        Bot::start(command, &self.address).await
    }

    /// The trail as the operator reads it: request and event.
    fn trail(&self, cloud: &Cloud) -> Vec<(String, String)> {
        let mut command = self.place.command(&["audit", "export"]);
        call_emulator(&mut command, cloud);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let entry = |line: &str| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let text = |field: &str| entry[field].as_str().unwrap().to_owned();
            (text("request"), text("event"))
        };
        String::from_utf8(output.stdout).unwrap().lines().map(entry).collect()
    }
}

/// Credentials that are worth nothing, so that whatever would reach the real AWS is refused there.
fn call_emulator(command: &mut Command, cloud: &Cloud) {
    command.env("AWS_ENDPOINT_URL", cloud.url()).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("RUST_LOG", "error");
}

/// Alice asks for a database.
async fn asks(slack: &Playground, database: &str) {
    let command = format!("/provision rds-postgres DatabaseName={database}");
    slack.run_command(ALICE, CHANNEL, &command).await.unwrap();
    eventually("the form opens", async || slack.view(ALICE).is_some()).await;
    let view = slack.view(ALICE).unwrap();
    slack.submit(ALICE, view["id"].as_str().unwrap()).await.unwrap();
}

/// The cards of the channel that can be approved, oldest first, each with its button.
fn cards(slack: &Playground) -> Vec<(Message, (String, String))> {
    let button = |message: Message| Some((message.clone(), pressable(&message.blocks, "Approve", None)?));
    slack.messages(CHANNEL, MORGAN).into_iter().filter_map(button).collect()
}

async fn approves(slack: &Playground, (card, (block, action)): &(Message, (String, String))) {
    let place = At::message(&*card.channel, &*card.ts);
    slack.click(MORGAN, &place, block, action).await.unwrap();
}

fn ready(slack: &Playground) -> usize {
    slack.dm(ALICE).iter().filter(|message| message.text.contains("is ready")).count()
}

/// What one approved request leaves on the trail.
const LIFE: [&str; 5] = ["submitted", "approval requested", "approved", "provisioning", "active"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants the emulator: .ci/aws"]
async fn serve_plays_an_approval_to_active_on_the_emulator_from_a_clean_start() {
    let cloud = Cloud::open(Arc::new(SystemClock)).await;
    let host = Host::new(&cloud, "simulated").await;
    let (slack, origin) = slack(&host.address).await;
    let _bot = host.starts(&cloud, &origin).await;
    asks(&slack, "orders").await;
    eventually("the card is there", async || cards(&slack).len() == 1).await;
    approves(&slack, &cards(&slack)[0]).await;
    eventually("the database is there", async || ready(&slack) == 1).await;
    let events: Vec<String> = host.trail(&cloud).into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, LIFE);

    let (log, tokens) = (host.log(), cloud.tokens());
    assert!(log.contains("TRACE") && !tokens.is_empty(), "{} tokens, log: {log}", tokens.len());
    for secret in tokens.iter().map(String::as_str).chain([SECRET, TOKEN]) {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

/// Six databases are asked for at two bots in turn. One bot is killed in the middle of the approvals, the other gets the
/// rest; the killed one comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants the emulator: .ci/aws"]
async fn two_bots_share_the_work_and_everything_ends_once_when_one_is_killed() {
    let cloud = Cloud::open(Arc::new(SystemClock)).await;
    cloud.stand_in.publishes(&catalog::built_in().unwrap());
    let hosts = [Host::new(&cloud, "service-catalog").await, Host::new(&cloud, "service-catalog").await];
    let (slack, origin) = slack(&hosts[0].address).await;
    let first = hosts[0].starts(&cloud, &origin).await;
    let _second = hosts[1].starts(&cloud, &origin).await;
    let talks_to = |host: usize| slack.set_bot_url(format!("http://{}", hosts[host].address));
    for (n, database) in DATABASES.iter().enumerate() {
        talks_to(n % 2);
        asks(&slack, database).await;
    }
    eventually("all cards are there", async || cards(&slack).len() == DATABASES.len()).await;

    let cards = cards(&slack);
    for (n, card) in cards[..3].iter().enumerate() {
        talks_to((n + 1) % 2);
        approves(&slack, card).await;
    }
    talks_to(0);
    approves(&slack, &cards[3]).await;
    drop(first);
    talks_to(1);
    // Nothing seemed to happen, so Morgan presses again.
    for card in &cards[3..] {
        approves(&slack, card).await;
    }
    let _again = hosts[0].starts(&cloud, &origin).await;
    eventually("all databases are there", async || ready(&slack) >= DATABASES.len()).await;

    assert!(ready(&slack) <= DATABASES.len() + 1, "at most the copy whose answer died with the bot");
    each_lived_once(&hosts[1].trail(&cloud));
    each_was_made_once(&cloud);
}

/// A new version is started beside the old one, which is then told to stop, while databases are asked for and approved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants the emulator: .ci/aws"]
async fn a_deployment_over_sockets_loses_nothing_while_both_versions_are_connected() {
    let cloud = Cloud::open(Arc::new(SystemClock)).await;
    let hosts = [Host::new(&cloud, "simulated").await, Host::new(&cloud, "simulated").await];
    let (slack, origin) = slack_with_sockets().await;
    let is_connected = async |bots: usize| {
        eventually("they are connected", async || slack.sockets() == bots * CONNECTIONS).await;
    };
    let mut old = hosts[0].connects(&cloud, &origin).await;
    is_connected(1).await;
    asks(&slack, DATABASES[0]).await;
    let _new = hosts[1].connects(&cloud, &origin).await;
    is_connected(2).await;
    for database in &DATABASES[1..3] {
        asks(&slack, database).await;
    }
    assert!(Command::new("kill").arg(old.0.id().to_string()).status().unwrap().success());
    // Whichever of the two hears it, nobody has to ask twice.
    for database in &DATABASES[3..] {
        asks(&slack, database).await;
    }
    assert!(old.0.wait().unwrap().success(), "SIGTERM is no failure");
    is_connected(1).await;
    eventually("all cards are there", async || cards(&slack).len() == DATABASES.len()).await;
    for (card, (block, action)) in &cards(&slack) {
        let place = At::message(&*card.channel, &*card.ts);
        // Beside other tests the emulator can take longer than Slack waits; then Morgan presses again.
        while slack.click(MORGAN, &place, block, action).await == Err(DeliveryFailure::TimedOut) {}
    }
    eventually("all databases are there", async || ready(&slack) >= DATABASES.len()).await;
    each_lived_once(&hosts[1].trail(&cloud));
}

fn each_lived_once(trail: &[(String, String)]) {
    let requests: BTreeSet<&String> = trail.iter().map(|(request, _)| request).collect();
    assert_eq!(requests.len(), DATABASES.len());
    for id in requests {
        let events = trail.iter().filter(|(request, _)| request == id).map(|(_, event)| event);
        assert_eq!(events.collect::<Vec<_>>(), LIFE, "{id}");
    }
}

/// Every order was placed for another product, and whoever placed one again used the same token.
fn each_was_made_once(cloud: &Cloud) {
    let orders = cloud.stand_in.calls().into_iter().filter(|(operation, _)| operation == "ProvisionProduct");
    let text = |body: &Value, field: &str| body[field].as_str().unwrap().to_owned();
    let approved_by = json!({"Key": "ApprovedBy", "Value": MORGAN});
    let orders: Vec<_> = orders.collect();
    for (_, body) in &orders {
        assert!(body["Tags"].as_array().unwrap().contains(&approved_by), "{body}");
    }
    let orders: BTreeSet<(String, String)> = orders
        .iter()
        .map(|(_, body)| (text(body, "ProvisionedProductName"), text(body, "ProvisionToken")))
        .collect();
    assert_eq!(orders.len(), DATABASES.len(), "{orders:?}");
}
