//! B4: what people see while something behind the program is slow or broken: Slack answers five seconds late, or with
//! failures only, or the store cannot be written to for five seconds at a time. A hundred requests come every second
//! meanwhile. Every answer comes within a second; what was answered with "stored" is there after a kill; and whoever
//! was told to press again and does so has asked once. The embedded workflow is in the store's file and stands still with
//! it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

use crate::rig;
use crate::rig::bot::{Server, is_help, is_stored};
use crate::rig::company::{Company, member};
use crate::rig::connection::Answer;
use crate::rig::figures::percentile;
use crate::rig::form::FilledForm;
use crate::rig::kept;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// Milliseconds that any answer may take.
const LIMIT: f64 = 1_000.0;
/// On a busy machine it must at least be within Slack's three seconds.
const QUICK_LIMIT: f64 = 2_500.0;
/// How late everything is.
const DELAY: Duration = Duration::from_secs(5);
/// Between two requests.
const EVERY: Duration = Duration::from_millis(10);
/// Enough that none waits for a connection when many wait for their answers.
const CONNECTIONS: usize = 160;

/// What is wrong, and how it is brought about.
const TROUBLES: [(&str, Trouble); 4] = [
    ("nothing", Trouble::None),
    ("Slack answers 5 s late", Trouble::SlackIsLate),
    ("Slack fails", Trouble::SlackFails),
    ("the store stands still for 5 s", Trouble::StoreIsLocked),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    SlackIsLate,
    SlackFails,
    StoreIsLocked,
}

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let company = Company::in_folder(folder.path()).with_quota(1_000_000)?;
    let slack = Slack::start(Manners::default())?;
    let server = company.start(&slack.api)?;
    let mut people =
        People { form: FilledForm::of("s3-bucket", folder.path())?, asked: 0, stored: BTreeSet::new() };
    let requests = report.scale.pick(1_200, 600);
    let limit = report.scale.pick(LIMIT, QUICK_LIMIT);
    for (name, trouble) in TROUBLES {
        let (delay, fails) = match trouble {
            Trouble::SlackIsLate => (DELAY, false),
            Trouble::SlackFails => (Duration::ZERO, true),
            Trouble::None | Trouble::StoreIsLocked => (Duration::ZERO, false),
        };
        slack.behave(Manners { delay, fails, ..Manners::default() });
        let locked = (trouble == Trouble::StoreIsLocked).then(|| lock(&company.store())).transpose()?;
        let before = people.stored.len();
        let taken = people.ask(&server, requests)?;
        if let Some(locked) = locked {
            locked.join().map_err(|_| anyhow::anyhow!("the thread that locks ended badly"))??;
        }
        let longest = percentile(&taken, 100.0);
        report.judge(
            &format!("the longest of {requests} answers while this is wrong: {name}"),
            format!(
                "{longest:.0} ms, p50 {:.1} ms; {} stored at once",
                percentile(&taken, 50.0),
                people.stored.len() - before
            ),
            format!("{limit} ms"),
            longest <= limit,
        );
    }
    let acked = people.stored.clone();
    people.press_again(&server)?;
    drop(server);
    let known = kept::texts(&company.store(), "SELECT key FROM once WHERE request IS NOT NULL")?;
    let known: BTreeSet<String> = known.into_iter().collect();
    let lost = acked
        .iter()
        .filter(|number| !known.contains(&format!("view:{}", FilledForm::view(**number))))
        .count();
    report.judge(
        "answered with \"stored\", but not there after a kill",
        lost.to_string(),
        "0".to_owned(),
        lost == 0,
    );
    let counted = kept::count(&company.store())?;
    report.judge(
        "stored once, when those who were told to have pressed again",
        format!("{} of {} ({} had to)", counted.requests, people.asked, people.asked - acked.len()),
        "all".to_owned(),
        counted.is(people.asked),
    );
    Ok(())
}

/// Those who ask, and what they were told.
struct People {
    form: FilledForm,
    /// Forms submitted so far.
    asked: usize,
    /// Those of them that were answered with "stored".
    stored: BTreeSet<usize>,
}

impl People {
    /// Of five requests two ask for help, one for a list, and two submit a form.
    fn ask(&mut self, server: &Server, requests: usize) -> anyhow::Result<Vec<f64>> {
        let (signer, base) = (Signer::new(SECRET)?, self.asked);
        // Numbers 3 and 4 of every five, counted on.
        let form = |number: usize| base + number / 5 * 2 + (number % 5).saturating_sub(3);
        let request = |number: usize| match number % 5 {
            0 | 1 => signer.request("/slack/commands", &signed::help(number)),
            2 => signer.request("/slack/commands", &signed::command(number, &member(number), "list")),
            _ => signer.request("/slack/interactions", &self.form.body(form(number))),
        };
        let stored = RefCell::new(BTreeSet::new());
        let is_right = |number: usize, answer: &Answer<'_>| match number % 5 {
            0 | 1 => is_help(answer),
            2 => answer.status == 200,
            _ => {
                if is_stored(answer) {
                    stored.borrow_mut().insert(form(number));
                }
                is_stored(answer) || says_press_again(answer)
            }
        };
        let load = Load::closed(server.address, CONNECTIONS, requests, &request, &is_right).open(EVERY);
        let taken = load.run()?;
        self.asked += requests / 5 * 2;
        self.stored.append(&mut stored.into_inner());
        Ok(taken)
    }

    /// Those who were not told that it is stored submit the same form again.
    fn press_again(&mut self, server: &Server) -> anyhow::Result<()> {
        let unsure: Vec<usize> = (0..self.asked).filter(|number| !self.stored.contains(number)).collect();
        let signer = Signer::new(SECRET)?;
        let request = |number: usize| {
            let number = unsure.get(number).copied().unwrap_or_default();
            signer.request("/slack/interactions", &self.form.body(number))
        };
        let is_right = |_: usize, answer: &Answer<'_>| is_stored(answer);
        Load::closed(server.address, 8, unsure.len(), &request, &is_right).run().context("pressing again")?;
        Ok(())
    }
}

/// The form stays open and says so, or says in its place that nothing was stored.
fn says_press_again(answer: &Answer<'_>) -> bool {
    let body = String::from_utf8_lossy(answer.body);
    let says = ["press the button again", "nothing was saved", "nothing was done. Try again"];
    answer.status == 200 && says.iter().any(|text| body.contains(text))
}

/// Keeps everybody else from writing to the store for five seconds.
fn lock(store: &Path) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let connection = Connection::open(store).context("cannot open the store")?;
    connection.busy_timeout(DELAY)?;
    Ok(std::thread::spawn(move || {
        connection.execute_batch("BEGIN IMMEDIATE").context("cannot lock the store")?;
        std::thread::sleep(DELAY);
        connection.execute_batch("ROLLBACK").context("cannot unlock the store")?;
        ensure!(connection.is_autocommit(), "the store is still locked");
        Ok(())
    }))
}
