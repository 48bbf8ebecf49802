//! What a playground restores after a restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::json;

use super::plain;
use crate::{Playground, Settings};

fn started(keep_in: PathBuf) -> Playground {
    let now = Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap());
    let settings = Settings { keep_in: Some(keep_in), ..Settings::demo("signing", "xoxb-play", now) };
    Playground::new(settings)
}

/// Returns a workspace in which Alice has read one of two messages, and has a direct message and a home tab.
fn lived_in(file: &Path) -> Playground {
    let playground = started(file.to_owned());
    playground.say("U0MORGAN", "C0PAYMENTS", "read").unwrap();
    playground.mark_read("U0ALICE", "C0PAYMENTS");
    playground.say("U0MORGAN", "C0PAYMENTS", "not read").unwrap();
    playground.dm("U0ALICE");
    let home = json!({"type": "home", "blocks": [{"type": "header", "text": plain("Yours")}]});
    playground.change(|workspace| workspace.publish_home("U0ALICE", &home, Timestamp::UNIX_EPOCH));
    playground
}

#[test]
fn a_restart_loses_no_conversation_and_no_unread_mark() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("playground.json");
    let before = lived_in(&file);
    before.save().unwrap();
    let after = started(file);
    after.recall().unwrap();
    let shown = |playground: &Playground| {
        let mut screen = playground.screen("U0ALICE").unwrap();
        screen["version"] = json!(null);
        screen
    };
    assert_eq!(shown(&after), shown(&before));
    assert_eq!(after.unread("C0PAYMENTS", "U0ALICE"), 1);
    let newest = after.say("U0ALICE", "C0PAYMENTS", "later").unwrap();
    let earlier = before.messages("C0PAYMENTS", "U0ALICE");
    assert!(earlier.iter().all(|message| message.ts < newest.ts), "a `ts` is never given twice");
}

/// Returns a playground whose clock can be moved.
fn movable(keep_in: PathBuf) -> Playground {
    let clock = Arc::new(Mutex::new("2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap()));
    let moved = Arc::clone(&clock);
    let now = Arc::new(move || *clock.lock().unwrap());
    let settings = Settings {
        keep_in: Some(keep_in),
        advance: Some(Arc::new(move |by| *moved.lock().unwrap() += by)),
        ..Settings::demo("signing", "xoxb-play", now)
    };
    Playground::new(settings)
}

#[test]
fn a_restart_goes_on_at_the_time_the_clock_was_moved_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("playground.json");
    let before = movable(file.clone());
    before.move_clock("30d").unwrap();
    before.move_clock("1h").unwrap();
    before.save().unwrap();
    let after = movable(file);
    after.recall().unwrap();
    let shown = after.screen("U0ALICE").unwrap();
    assert_eq!(after.now().to_string(), "2026-12-22T13:00:00Z");
    assert_eq!(shown["clock"], before.screen("U0ALICE").unwrap()["clock"]);
}

#[test]
fn a_file_written_before_the_clock_could_be_moved_is_taken_up_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("playground.json");
    let earlier = json!({"direct": ["U0ALICE"], "messages": [], "homes": {}, "read": [], "picked": [],
        "last_micros": 1, "serial": 1});
    std::fs::write(&file, earlier.to_string()).unwrap();
    let playground = movable(file);
    playground.recall().unwrap();
    assert_eq!(playground.now().to_string(), "2026-11-22T12:00:00Z");
    assert!(playground.look(|workspace| workspace.channel("D0ALICE").is_some()));
}

#[test]
fn the_first_run_starts_with_nothing_said() {
    let folder = tempfile::tempdir().unwrap();
    let playground = started(folder.path().join("playground.json"));
    playground.recall().unwrap();
    assert!(playground.messages("C0PAYMENTS", "U0ALICE").is_empty());
}

#[test]
fn a_file_that_is_no_conversation_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("playground.json");
    std::fs::write(&file, "{\"messages\": 7}").unwrap();
    assert!(started(file.clone()).recall().is_err());
    assert_eq!(std::fs::read_to_string(file).unwrap(), "{\"messages\": 7}");
}

#[tokio::test]
async fn what_is_said_is_on_disk_soon_after() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("playground.json");
    let playground = started(file.clone());
    let keeping = tokio::spawn({
        let playground = playground.clone();
        async move { playground.keep().await }
    });
    playground.say("U0ALICE", "C0PAYMENTS", "hello").unwrap();
    let written = async {
        while !std::fs::read_to_string(&file).is_ok_and(|text| text.contains("hello")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), written).await.unwrap();
    playground.shut_down();
    keeping.await.unwrap();
}
