//! Senders that are no friends: too much, too slow, broken, and signed nonsense. Nobody gets the program down, and
//! nobody else has to wait.

use std::time::Duration;

use playground::Playground;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::process::{Bot, PATIENCE, eventually, free_address, slack};
use crate::harness::{Company, Place, run};
use crate::mutations::{Dice, mutated};

const PATHS: [&str; 4] = ["/slack/commands", "/slack/interactions", "/slack/options", "/slack/events"];
const HUGE: usize = 100 * 1024 * 1024;
/// Most that memory may grow by, whatever is sent, in KiB.
const GROWTH: usize = 4 * 1024;
/// Whoever is slow is cut off by then, on a machine that has more to do.
const CUT_OFF: Duration = Duration::from_mins(1);

/// A head that announces `length` bytes, or that they come in pieces.
fn head(path: &str, length: Option<usize>) -> Vec<u8> {
    let body =
        length.map_or("transfer-encoding: chunked".to_owned(), |length| format!("content-length: {length}"));
    let signed = "x-slack-request-timestamp: 1763800000\r\nx-slack-signature: v0=00";
    format!("POST {path} HTTP/1.1\r\nhost: bot\r\n{signed}\r\n{body}\r\n\r\n").into_bytes()
}

/// Sends a head, then as many of these pieces as are taken; the status code of the answer, or none without one.
async fn sends(address: &str, head: Vec<u8>, piece: Vec<u8>, times: usize) -> Option<u16> {
    let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        writing.write_all(&head).await?;
        for _ in 0..times {
            writing.write_all(&piece).await?;
        }
        // Holds the line without another word.
        std::future::pending::<std::io::Result<()>>().await
    });
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(CUT_OFF, reading.read_to_end(&mut answer)).await;
    sending.abort();
    assert!(ended.is_ok(), "the bot never hung up");
    let line = String::from_utf8_lossy(&answer).into_owned();
    line.split(' ').nth(1).and_then(|code| code.parse().ok())
}

/// Memory of the process that no file backs, in KiB.
#[cfg(target_os = "linux")]
fn memory(bot: &Bot) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", bot.0.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// The most that the process takes while something goes on.
#[cfg(target_os = "linux")]
async fn peak_during<T>(bot: &Bot, work: impl Future<Output = T>) -> (usize, T) {
    let (mut peak, mut looks) = (0, tokio::time::interval(Duration::from_millis(5)));
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return (peak.max(memory(bot)), done),
            _ = looks.tick() => peak = peak.max(memory(bot)),
        }
    }
}

async fn asks_for_help(slack: &Playground) {
    slack.run_command("U0ALICE", "C0PAYMENTS", "/provision help").await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_without_a_signature_costs_little_memory_and_keeps_nobody_waiting() {
    let address = free_address().await;
    let place = Place::new(&address);
    let (slack, origin) = slack(&address).await;
    let mut command = place.serves(&origin);
    command.env("RUST_LOG", "error");
    let bot = Bot::start(command, &address).await;
    for _ in 0..50 {
        asks_for_help(&slack).await;
    }
    let before = memory(&bot);

    let piece = vec![b'x'; 64 * 1024];
    let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
    chunk.extend([piece.as_slice(), b"\r\n"].concat());
    for path in PATHS {
        let large = sends(&address, head(path, Some(HUGE)), piece.clone(), HUGE / piece.len());
        let (peak, code) = peak_during(&bot, large).await;
        assert_eq!(code, Some(413), "{path}");
        assert!(peak <= before + GROWTH, "{path}: from {before} to {peak} KiB");
        let endless = sends(&address, head(path, None), chunk.clone(), HUGE / piece.len());
        let (peak, code) = peak_during(&bot, endless).await;
        assert_eq!(code, Some(413), "{path} in pieces");
        assert!(peak <= before + GROWTH, "{path} in pieces: from {before} to {peak} KiB");
    }

    // Each of them as slow as can be.
    let slow = async {
        let nearly = (0..16).map(|_| sends(&address, head(PATHS[1], Some(1 << 20)), piece.clone(), 15));
        let barely = (0..16).map(|_| sends(&address, head(PATHS[0], Some(1000)), b"text=".to_vec(), 1));
        let heads =
            (0..16).map(|_| sends(&address, b"POST /slack/events HTTP/1.1\r\nx: ".to_vec(), vec![], 0));
        let (nearly, barely, heads, ()) = tokio::join!(
            futures_util::future::join_all(nearly),
            futures_util::future::join_all(barely),
            futures_util::future::join_all(heads),
            asks_for_help(&slack),
        );
        assert!(nearly.iter().chain(&barely).all(|code| *code == Some(408)), "{nearly:?} {barely:?}");
        assert!(heads.iter().all(Option::is_none), "{heads:?}");
    };
    let (peak, ()) = peak_during(&bot, slow).await;
    assert!(peak <= before + GROWTH, "slow senders: from {before} to {peak} KiB");
    asks_for_help(&slack).await;
}

/// Connections that send this and no more, and stay until the bot hangs up.
async fn dawdle(address: &str, count: usize, sent: &[u8]) -> Vec<TcpStream> {
    let mut senders = Vec::new();
    for _ in 0..count {
        let mut sender = TcpStream::connect(address).await.unwrap();
        // Who has to go may be told so while still sending.
        let _ = tokio::time::timeout(Duration::from_millis(100), sender.write_all(sent)).await;
        senders.push(sender);
    }
    senders
}

async fn submits_the_database_form(slack: &Playground) {
    let command = "/provision rds-postgres DatabaseName=orders";
    slack.run_command("U0ALICE", "C0PAYMENTS", command).await.unwrap();
    eventually("the form opens", async || slack.view("U0ALICE").is_some()).await;
    let view = slack.view("U0ALICE").unwrap();
    slack.submit("U0ALICE", view["id"].as_str().unwrap()).await.unwrap();
    slack.dismiss("U0ALICE").await.unwrap();
}

async fn asks_for_health(address: &str) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dawdles_loses_the_place_and_a_form_and_a_probe_are_answered() {
    let address = free_address().await;
    let place = Place::new(&address);
    let (slack, origin) = slack(&address).await;
    let mut command = place.serves(&origin);
    command.env("RUST_LOG", "error");
    let _bot = Bot::start(command, &address).await;
    submits_the_database_form(&slack).await;

    let body = |announced: Option<usize>, sent: usize| [head(PATHS[1], announced), vec![b'x'; sent]].concat();
    let in_pieces = [head(PATHS[1], None), b"186a0\r\n".to_vec(), vec![b'x'; 90_000]].concat();
    let dawdlers = [
        ("one body of 1 MiB", 1, body(Some(1 << 20), (1 << 20) - 1)),
        ("many bodies of 1 MiB", 30, body(Some(1 << 20), 1 << 19)),
        ("bodies that do not say how long they are", 30, in_pieces),
        ("bodies as long as a form", 300, body(Some(11_000), 10_900)),
        ("bodies of which nothing comes, on every connection", 600, body(Some(64_000), 0)),
        ("heads, on every connection", 600, b"POST /slack/events HTTP/1.1\r\nx: ".to_vec()),
        ("silence, on every connection", 600, Vec::new()),
        (
            "silence after an answer, on every connection",
            600,
            b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        ),
    ];
    for (name, count, sent) in dawdlers {
        let _senders = dawdle(&address, count, &sent).await;
        // That nobody has to wait until those are given up is shown beside `Places` and `Intake`, whatever the machine.
        let answered = async {
            asks_for_health(&address).await;
            submits_the_database_form(&slack).await;
        };
        let answered = tokio::time::timeout(PATIENCE, answered).await;
        answered.unwrap_or_else(|_| panic!("{name}: nobody else is answered"));
    }
}

/// A life that has one of everything in it that Slack sends.
async fn talks(company: &Company) {
    let (alice, morgan) = (&company.alice, &company.morgan);
    alice.runs("/provision list").await;
    let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
    alice.runs(&format!("/provision status {}", &id[..8])).await;
    morgan.clicks("Deny").await;
    morgan.fills(&[("reason", "Too large")]).await;
    morgan.clicks("Approve").await;
    alice.opens_home().await;
}

/// One thing that Slack sent, changed inside, and signed as if Slack had sent that.
fn tampered(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    let payload = form_urlencoded::parse(body).find(|(key, _)| key == "payload");
    match payload {
        Some((_, json)) if dice.below(4) > 0 => {
            let json = mutated(dice, json.as_bytes());
            let value: String = form_urlencoded::byte_serialize(&json).collect();
            format!("payload={value}").into_bytes()
        }
        _ => mutated(dice, body),
    }
}

async fn posts(company: &Company, path: &str, body: &[u8], is_signed: bool) -> u16 {
    let now = company.clock.seconds_from_now(0);
    let signature = if is_signed { company.playground.signature(now, body) } else { "v0=00".to_owned() };
    let now = now.to_string();
    let headers = [("x-slack-request-timestamp", &*now), ("x-slack-signature", &signature)];
    company.playground.post_raw(path, &headers, body.to_vec()).await.unwrap().0
}

#[tokio::test]
async fn whatever_is_signed_is_acknowledged_and_nothing_else_is() {
    run(async |company| {
        company.is_lied_to();
        talks(company).await;
        let mut dice = Dice(0x0dd_ba11);
        for (path, body) in company.heard() {
            for round in 0..40 {
                let path = if round % 6 == 5 { PATHS[dice.below(4)] } else { &path };
                let body = tampered(&mut dice, &body);
                let code = posts(company, path, &body, true).await;
                assert_eq!(code, 200, "{path} {}", String::from_utf8_lossy(&body));
            }
            assert_eq!(posts(company, &path, &tampered(&mut dice, &body), false).await, 401);
        }
    })
    .await;
}
