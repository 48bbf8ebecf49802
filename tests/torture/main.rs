//! Kills the real program at random moments while people use it, starts it again on the same file, and looks in the end
//! whether anything was lost, done twice or never told.
//!
//! `.ci/torture --rounds 200 --seed 7` runs it; as a part of all tests it only says so. The seed decides who does what and
//! when the bot dies. How far the bot had come by then is the machine's, so a seed leads to the same story and not to the
//! same microsecond.

#![expect(clippy::unwrap_used, reason = "a run ends where it cannot go on")]

mod check;
mod dice;
mod hits;
mod ledger;
mod people;
#[path = "../it/harness/place.rs"]
mod place;
#[path = "../it/harness/process.rs"]
#[expect(dead_code, reason = "the journeys use all of it")]
mod process;
mod scene;
mod screen;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use dice::Dice;
use futures_util::future::join_all;
use hits::{Hits, Known, beside, copied, requests};
use people::{DECIDING, People, everybody};
use place::Place;
use process::{Bot, eventually, free_address};
use quartermaster::ports::clock::{Clock as _, SystemClock};
use rusqlite::Connection;
use tokio::net::TcpStream;

/// Rounds of one file; what a Slack remembers is bounded.
const ROUNDS_OF_A_FILE: u64 = 200;
/// From so many rounds on every status and every kind of job is to be hit.
const ENOUGH: u64 = 200;
/// How many stories more are played for what chance and the speed of the machine have spared until then; what all of them
/// spare is out of reach, and the story at fault.
const MORE_STORIES: u64 = 3;
/// Everything is over within this time once nobody kills any more: claims of the dead run out after two minutes.
const REST: Duration = Duration::from_mins(6);
/// How long nothing happens before it counts as rest.
const QUIET: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_none_or(|word| word != "run") {
        say("torture: run it with `.ci/torture [--rounds 200] [--seed N]`");
        return ExitCode::SUCCESS;
    }
    let rounds = number(&words, "--rounds").unwrap_or(ROUNDS_OF_A_FILE);
    let seed = number(&words, "--seed").unwrap_or_else(by_the_time);
    say(&format!("seed {seed}, {rounds} rounds"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut hits = Hits::default();
    let mut wrong = Vec::new();
    let most = if rounds < ENOUGH { rounds } else { rounds + MORE_STORIES * ROUNDS_OF_A_FILE };
    let mut played = 0;
    while played < rounds || (played < most && !hits.report().1.is_empty()) {
        let left = if played < rounds { rounds - played } else { most - played };
        let end = played + left.min(ROUNDS_OF_A_FILE);
        wrong.extend(runtime.block_on(story(seed, played..end, &mut hits)));
        played = end;
    }
    let (table, missed) = hits.report();
    say(&table);
    if rounds >= ENOUGH {
        wrong.extend(missed);
    } else {
        for line in missed {
            say(&line);
        }
    }
    for line in &wrong {
        say(&format!("WRONG: {line}"));
    }
    say(if wrong.is_empty() { "PASS" } else { "FAIL" });
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The number behind a flag of the command line.
fn number(words: &[String], flag: &str) -> Option<u64> {
    let at = words.iter().position(|word| word == flag)?;
    Some(words.get(at + 1)?.parse().unwrap())
}

/// A seed that nobody chose.
fn by_the_time() -> u64 {
    u64::try_from(SystemClock.now().as_microsecond()).unwrap() % 1_000_000
}

fn say(line: &str) {
    // A closed pipe is no reason to stop: the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// One company from its first request to rest; what is wrong with it then.
async fn story(seed: u64, rounds: std::ops::Range<u64>, hits: &mut Hits) -> Vec<String> {
    let address = free_address().await;
    let place = scene::place(&address);
    let (slack, origin) = scene::workspace(&address).await;
    let people = People::new(slack.clone());
    let begun = Instant::now();
    for round in rounds {
        let mut dice = Dice::new(seed, &[round]);
        let bot = serve(&place, &origin).spawn().unwrap();
        play(&people, bot, &address, (seed, round), &mut dice).await;
        if let Some((_folder, connection)) = copied(&place) {
            hits.count(&connection);
            *people.known.lock().unwrap() = requests(&connection);
            if dice.percent(12) {
                compare_now(&place);
            }
        }
        if round % 20 == 19 {
            let known = people.known.lock().unwrap().len();
            say(&format!("{} rounds, {known} requests, {} s", round + 1, begun.elapsed().as_secs()));
        }
    }
    people.hides_groups(false);
    slack.hang("chat.postMessage", false);
    let bot = Bot::start(serve(&place, &origin), &address).await;
    let rested = come_to_rest(&place, &people).await;
    drop(bot);
    say(&format!("at rest after {} s", begun.elapsed().as_secs()));
    let ledger = people.ledger.lock().unwrap().clone();
    let mut wrong = check::check(&place, &slack, &ledger, hits).await;
    wrong.extend(rested.err());
    wrong.extend(panics(&place));
    if !wrong.is_empty() {
        keep(&place);
    }
    wrong
}

/// Leaves log and store where somebody can look at them.
fn keep(place: &Place) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci-output/torture");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["log", "quartermaster.db"] {
        std::fs::copy(place.file(name), folder.join(name)).unwrap();
    }
}

/// The bot; the log of all of them goes on in one file.
fn serve(place: &Place, origin: &str) -> Command {
    let log: File = OpenOptions::new().create(true).append(true).open(place.file("log")).unwrap();
    let mut command = place.serves(origin);
    command.env("RUST_LOG", "warn").stdout(log.try_clone().unwrap()).stderr(log);
    command
}

/// People use the bot until it dies.
async fn play(people: &People, bot: Child, address: &str, (seed, round): (u64, u64), dice: &mut Dice) {
    people.may_ask(dice.below(4));
    people.hides_groups(dice.percent(30));
    people.slack.hang("chat.postMessage", dice.percent(8));
    let mut bot = Bot(bot);
    // Some die before they listen.
    let dies_young = dice.percent(5);
    if !dies_young {
        listens(&mut bot, address).await;
    }
    let moment = if dice.percent(50) { dice.up_to(90) } else { dice.up_to(900) };
    let everybody = everybody();
    let acting = (0..dice.below(6) + 2).map(|number| {
        // Somebody who can decide is there more often than not: they are few among many who ask.
        let of = if number == 0 { everybody.len() - DECIDING..everybody.len() } else { 0..everybody.len() };
        let which = of.start + dice.below(of.len());
        let mut own = Dice::new(seed, &[round, u64::try_from(which).unwrap()]);
        let person = &everybody[which];
        async move { people.acts(person, &mut own, 6).await }
    });
    let acting = acting.collect::<Vec<_>>();
    tokio::join!(join_all(acting), kill(bot, moment));
}

#[expect(clippy::disallowed_methods, reason = "the dice say when, and nothing is waited for")]
async fn kill(mut bot: Bot, after: Duration) {
    tokio::time::sleep(after).await;
    bot.0.kill().unwrap();
    bot.0.wait().unwrap();
}

/// Waits until it takes connections.
async fn listens(bot: &mut Bot, address: &str) {
    let bot = std::sync::Mutex::new(bot);
    eventually("the bot listens", async || {
        assert_eq!(bot.lock().unwrap().0.try_wait().unwrap(), None, "the bot does not start");
        TcpStream::connect(address).await.is_ok()
    })
    .await;
}

/// As if six hours had passed: the comparison with what exists is due.
fn compare_now(place: &Place) {
    let store = Connection::open(place.file("quartermaster.db")).unwrap();
    store.execute("UPDATE jobs SET due_at = 0 WHERE name = 'reconcile'", []).unwrap();
}

/// Waits until nothing is left to do but what has its date; says what is left when that never comes.
async fn come_to_rest(place: &Place, people: &People) -> Result<(), String> {
    let store = beside(&place.file("quartermaster.db"));
    let begun = Instant::now();
    let mut quiet_since = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(250));
    while quiet_since.elapsed() < QUIET {
        looks.tick().await;
        let known = requests(&store);
        let left = left(&store, &known);
        *people.known.lock().unwrap() = known;
        people.gives_up_failed_teardowns().await;
        if !left.is_empty() {
            quiet_since = Instant::now();
        }
        if begun.elapsed() > REST {
            return Err(format!("no rest after {REST:?}: {}", left.join(", ")));
        }
    }
    Ok(())
}

/// What still has to happen.
fn left(store: &Connection, known: &[Known]) -> Vec<String> {
    let is_open = |known: &&Known| !known.is_ended && known.status != "ACTIVE";
    let open = known.iter().filter(is_open).map(|known| format!("{} is {}", known.id, known.status));
    // A database lives for a month; what else there is of a portal comes again for ever.
    let soon = SystemClock.now().as_microsecond() + 3_600_000_000;
    let sql = "SELECT of || ' ' || name || ' ' || coalesce(last_error, '') FROM jobs
               WHERE (due_at < ?1 OR parked = 1) AND of != '-'";
    let mut jobs = store.prepare(sql).unwrap();
    let jobs = jobs.query_map([soon], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    open.chain(jobs).collect()
}

fn panics(place: &Place) -> Vec<String> {
    let log = std::fs::read_to_string(place.file("log")).unwrap();
    log.lines().filter(|line| line.contains("panicked")).map(str::to_owned).collect()
}
