//! Socket Mode: connections end, break and get too many, and nobody who uses the bot notices.

use std::pin::pin;
use std::process::{Command, Stdio};

use playground::Playground;
use serde_json::json;

use crate::harness::line::CONNECTIONS;
use crate::harness::process::{APP_TOKEN, Bot, TOKEN, eventually, free_address, slack_with_sockets};
use crate::harness::{Company, Place, Setup, run_in, said};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

async fn run(journey: impl AsyncFnOnce(&Company)) {
    run_in(Setup::new().over_sockets(), journey).await;
}

/// The bot has as many connections as it wants, and has asked for so many since it was started.
async fn is_connected(slack: &Playground, asked_for: usize) {
    eventually("the bot is connected", async || {
        slack.sockets() == CONNECTIONS && slack.sockets_asked_for() >= asked_for
    })
    .await;
}

fn submitted(trail: &str) -> usize {
    trail.lines().filter(|line| line.starts_with("submitted")).count()
}

#[tokio::test]
async fn a_request_goes_its_way_over_sockets_and_nothing_is_heard_over_http() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
        assert!(company.trail().await.contains("| rds-postgres | ACTIVE"), "{}", company.trail().await);
        assert_eq!(company.gets("/slack/commands").await.0, 404);
        assert_eq!(company.gets("/healthz").await.0, 200);
        assert_eq!(company.gets("/readyz").await, (200, "ready\n".to_owned()));
        let (_, metrics) = company.gets("/metrics").await;
        assert!(metrics.contains("quartermaster_slack_sockets 2\n"), "{metrics}");
    })
    .await;
}

#[tokio::test]
async fn connections_that_break_come_back_and_nothing_is_lost() {
    run(async |company| {
        let slack = &company.playground;
        company.alice.runs("/provision rds-postgres").await;
        company.alice.fills(&DATABASE).await;
        slack.breaks_sockets();
        assert!(company.alice.tries_to_submit().await.is_err(), "nobody is there to hear it");
        is_connected(slack, 2 * CONNECTIONS).await;
        company.alice.submits().await;
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
        assert_eq!(submitted(&company.trail().await), 1);
    })
    .await;
}

#[tokio::test]
async fn a_click_under_way_when_its_connection_breaks_comes_over_the_other_one_and_counts_once() {
    run(async |company| {
        let slack = &company.playground;
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        // Whether Morgan is one of the leads cannot be said yet, so the answer takes its time.
        slack.hang("usergroups.list", true);
        let broken = async {
            eventually("the click is on its way", async || slack.breaks_busy_sockets()).await;
            slack.hang("usergroups.list", false);
        };
        tokio::join!(company.morgan.clicks("Approve"), broken);
        is_connected(slack, CONNECTIONS + 1).await;
        company.settle().await;
        let trail = company.trail().await;
        assert_eq!(trail.lines().filter(|line| line.starts_with("approved")).count(), 1, "{trail}");
        assert!(company.bob.newest_dm().contains("is ready"), "{}", company.bob.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_form_whose_acknowledgement_got_lost_makes_one_request() {
    run(async |company| {
        company.alice.runs("/provision rds-postgres").await;
        company.alice.fills(&DATABASE).await;
        company.playground.misses_the_next_ack();
        company.alice.submits().await;
        assert_eq!(company.alice.form(), "-");
        assert_eq!(submitted(&company.trail().await), 1);
    })
    .await;
}

#[tokio::test]
async fn an_event_that_slack_sends_again_publishes_the_home_tab_once_more_at_most() {
    run(async |company| {
        let opened = json!({"type": "app_home_opened", "user": "U0ALICE", "tab": "home"});
        company.playground.send_event_twice(&opened).await.unwrap();
        company.settle().await;
        assert!(company.alice.home().contains("Quartermaster"), "{}", company.alice.home());
        assert_eq!(company.calls("views.publish").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_renewed_connection_is_up_before_the_old_one_is_given_up() {
    run(async |company| {
        let slack = &company.playground;
        slack.hang("apps.connections.open", true);
        slack.announces_disconnect("warning");
        eventually("new ones are asked for", async || slack.sockets_asked_for() == 2 * CONNECTIONS).await;
        // None is there yet, and people do not notice.
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert_eq!(slack.sockets(), CONNECTIONS);
        slack.hang("apps.connections.open", false);
        slack.announces_disconnect("refresh_requested");
        is_connected(slack, 2 * CONNECTIONS).await;
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_slow_answer_delays_nobody_else() {
    run(async |company| {
        let slack = &company.playground;
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        slack.hang("usergroups.list", true);
        let mut slow = pin!(company.morgan.clicks("Approve"));
        for _ in 0..2 * CONNECTIONS {
            let quick = slack.run_command("U0ALICE", "C0PAYMENTS", "/provision help");
            tokio::select! {
                biased;
                () = &mut slow => panic!("the slow one was quicker"),
                ack = quick => assert_eq!(ack.unwrap().status, 200),
            }
        }
        slack.hang("usergroups.list", false);
        slow.await;
        assert!(company.trail().await.contains("approved | U0MORGAN"));
    })
    .await;
}

#[tokio::test]
async fn what_slack_may_send_one_day_is_acknowledged_and_nonsense_breaks_nothing() {
    run(async |company| {
        let slack = &company.playground;
        for nonsense in ["", "no json", "[]", "{}", "{\"type\":\"interactive\"}", "{\"type\":7}"] {
            slack.says_on_sockets(nonsense);
        }
        let answer = slack.send_envelope("hologram", &json!({"height": 3})).await;
        assert_eq!(answer, Ok((200, String::new())));
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        assert_eq!(slack.sockets_asked_for(), CONNECTIONS, "no connection was lost by it");
    })
    .await;
}

#[tokio::test]
async fn a_bot_whose_socket_mode_is_switched_off_says_that_it_is_not_ready() {
    run(async |company| {
        company.playground.announces_disconnect("link_disabled");
        eventually("the bot hangs up", async || company.playground.sockets() == 0).await;
        eventually("the bot knows", async || company.gets("/readyz").await.0 == 503).await;
        assert_eq!(company.gets("/readyz").await.1, "socket: not connected\n");
        assert_eq!(company.gets("/healthz").await.0, 200);
    })
    .await;
}

#[tokio::test]
async fn a_new_version_takes_over_while_people_work_and_what_is_under_way_is_answered() {
    run(async |company| {
        let slack = &company.playground;
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        slack.hang("usergroups.list", true);
        let mut slow = pin!(company.morgan.clicks("Approve"));
        tokio::select! {
            biased;
            () = &mut slow => panic!("it does not wait"),
            _ = slack.run_command("U0ALICE", "C0PAYMENTS", "/provision help") => {}
        }
        company
            .deploys(async || {
                for _ in 0..3 * CONNECTIONS {
                    slack.run_command("U0ALICE", "C0PAYMENTS", "/provision list").await.unwrap();
                }
                slack.hang("usergroups.list", false);
                slow.await;
            })
            .await;
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let trail = company.trail().await;
        assert!(trail.contains("approved | U0MORGAN") && trail.contains("active | provisioner"), "{trail}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_needs_no_address_and_no_signing_secret_and_closes_its_connections_when_it_stops() {
    let address = free_address().await;
    let place = Place::new(&address);
    let (slack, origin) = slack_with_sockets().await;
    let mut command = place.connects(&origin);
    command.env("RUST_LOG", "debug").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut bot = Bot::start(command, &address).await;
    is_connected(&slack, CONNECTIONS).await;
    slack.run_command("U0ALICE", "C0PAYMENTS", "/provision s3-bucket BucketPurpose=logs").await.unwrap();
    eventually("the form opens", async || slack.view("U0ALICE").is_some()).await;
    let view = slack.view("U0ALICE").unwrap();
    slack.submit("U0ALICE", view["id"].as_str().unwrap()).await.unwrap();
    let is_ready = || slack.dm("U0ALICE").iter().any(|message| message.text.contains("is ready"));
    eventually("the bucket is there", async || is_ready()).await;

    let pid = bot.0.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    assert!(bot.0.wait().unwrap().success(), "SIGTERM is no failure");
    eventually("its connections are closed", async || slack.sockets() == 0).await;
    let mut log = String::new();
    std::io::Read::read_to_string(&mut bot.0.stderr.take().unwrap(), &mut log).unwrap();
    std::io::Read::read_to_string(&mut bot.0.stdout.take().unwrap(), &mut log).unwrap();
    assert!(log.contains("connected to Slack"), "{log}");
    for secret in [APP_TOKEN, TOKEN, "ticket="] {
        assert!(!log.contains(secret), "a secret is in the log: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_or_bad_app_token_is_told_when_the_bot_starts() {
    let place = Place::new(&free_address().await);
    let (_slack, origin) = slack_with_sockets().await;
    let start = |token: Option<&str>| {
        let mut command = place.serves(&origin);
        command.env_remove("SLACK_SIGNING_SECRET");
        if let Some(token) = token {
            command.env("SLACK_APP_TOKEN", token);
        }
        said(&command.output().unwrap())
    };
    place.replace("quartermaster.toml", "[slack]", "[slack]\ntransport = \"socket\"");
    let told = [None, Some(TOKEN), Some("xapp-of-another-app")].map(start);
    insta::assert_snapshot!(told.join("\n"), @"
    SLACK_APP_TOKEN: is not set: make one that begins with `xapp-` and has the scope `connections:write` under Basic Information, App-Level Tokens, of your Slack app
    exit 2
    SLACK_APP_TOKEN: is not an app-level token: make one that begins with `xapp-` and has the scope `connections:write` under Basic Information, App-Level Tokens, of your Slack app
    exit 2
    SLACK_APP_TOKEN: Slack does not accept it (`invalid_auth`): copy it again from Basic Information, App-Level Tokens, of your Slack app; it needs the scope `connections:write`, and the app needs Socket Mode switched on
    exit 2
    ");
}
