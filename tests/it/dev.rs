//! `dev`, as somebody tries it who has neither a Slack nor an AWS account: one command, and the page in their browser.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::Place;
use crate::harness::person::pressable;
use crate::harness::process::{Bot, eventually, free_address};

/// The page of the playground, as its script uses it.
struct Page {
    address: String,
}

impl Page {
    /// Status and body of an answer, asked for by this name of the machine.
    async fn asks(&self, host: &str, head: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// What stands on somebody's screen.
    async fn screen(&self, person: &str) -> Value {
        let (_, body) = self.asks(&self.address, &format!("GET /playground/state?as={person}"), "").await;
        serde_json::from_str(&body).unwrap()
    }

    /// Somebody does something.
    async fn acts(&self, person: &str, mut what: Value) {
        what["as"] = person.into();
        let (_, body) = self.asks(&self.address, "POST /playground/act", &what.to_string()).await;
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
    }

    /// Whether somebody reads this in a message.
    async fn reads(&self, person: &str, text: &str) -> bool {
        let screen = self.screen(person).await;
        let channels = screen["messages"].as_object().unwrap().values();
        channels
            .flat_map(|channel| channel.as_array().unwrap())
            .any(|message| message["text"].as_str().is_some_and(|own| own.contains(text)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_plays_the_whole_life_of_a_database_without_a_slack_or_an_account() {
    let address = free_address().await;
    let place = Place::new(&address);
    place.replace(
        "quartermaster.toml",
        "[simulated]",
        "[backend]\nstore = \"sqlite:tried/quartermaster.db\"\n[simulated]",
    );
    let mut command = place.command(&["dev", "--listen", &address, "--data", "tried"]);
    let _bot = Bot::start(
        {
            command.stdout(Stdio::null());
            command
        },
        &address,
    )
    .await;
    let page = Page { address: address.clone() };
    let (status, html) = page.asks(&address, "GET /", "").await;
    assert!(status == 200 && html.contains("<script"), "{status} {html}");
    assert_eq!(page.asks("elsewhere.example", "GET /", "").await.0, 421, "for this machine only");

    let typed = "/provision rds-postgres DatabaseName=orders";
    page.acts("U0ALICE", json!({"type": "command", "channel": "C0PAYMENTS", "text": typed})).await;
    eventually("the form opens", async || page.screen("U0ALICE").await["views"][0].is_object()).await;
    let view = page.screen("U0ALICE").await["views"][0]["id"].clone();
    page.acts("U0ALICE", json!({"type": "submit", "view_id": view})).await;
    let card = async || {
        let channel = page.screen("U0MORGAN").await["messages"]["C0PAYMENTS"].clone();
        let mut cards = channel.as_array().unwrap().clone().into_iter();
        cards.find_map(|card| Some((card["ts"].clone(), pressable(&card["blocks"], "Approve", None)?)))
    };
    eventually("the card is there", async || card().await.is_some()).await;
    let (ts, (block, action)) = card().await.unwrap();
    let click =
        json!({"type": "click", "channel": "C0PAYMENTS", "ts": ts, "block_id": block, "action_id": action});
    page.acts("U0MORGAN", click).await;
    eventually("the database is there", async || page.reads("U0ALICE", "is ready.").await).await;
    page.acts("U0ALICE", json!({"type": "clock", "by": "30d"})).await;
    eventually("she is warned", async || page.reads("U0ALICE", "unless it is renewed").await).await;

    let export = place.runs(&["audit", "export", "--format", "csv"]);
    let rows = String::from_utf8(export.stdout).unwrap();
    let events: Vec<&str> = rows.lines().skip(1).filter_map(|row| row.split(',').nth(3)).collect();
    assert_eq!(events.join(", "), "submitted, approval requested, approved, provisioning, active, warned");
}
