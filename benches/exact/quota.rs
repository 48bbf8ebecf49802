//! B6: of so many people who submit at the same moment exactly as many get a slot as there are, although the program is
//! killed among them and started again, and everybody who heard nothing presses again; when they all withdraw, no slot
//! is in use. A control that counts first and inserts then, as one would without a thought, must fail the same test.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Barrier;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

use crate::rig;
use crate::rig::bot::{Server, is_stored};
use crate::rig::company::{Company, member};
use crate::rig::connection::Answer;
use crate::rig::form::FilledForm;
use crate::rig::kept;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// Slots that there are.
const SLOTS: usize = 3;
/// People who submit at the same moment.
const CROWDS: [usize; 8] = [2, 4, 8, 16, 32, 64, 128, 256];
/// People in the control, as in the race that this benchmark comes from.
const CONTROL: usize = 20;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let admitted = control()?;
    report.judge(
        "control: count first, insert then, 20 at once",
        format!("{admitted} of {SLOTS} slots given"),
        format!("more than {SLOTS}, or this test shows nothing"),
        admitted > SLOTS,
    );
    let slack = Slack::start(Manners::default())?;
    let (crowds, times): (&[usize], u32) = report.scale.pick((&CROWDS, 3), (&[8, 64], 1));
    let (mut runs, mut exact, mut free) = (0, 0, 0);
    for crowd in crowds {
        for time in 0..times {
            let outcome = run(*crowd, &slack, Duration::from_millis(u64::from(time) * 4 + 2))
                .with_context(|| format!("with a crowd of {crowd}"))?;
            report.note(&format!("{crowd} at once: {outcome:?}"));
            runs += 1;
            exact += u32::from(outcome.is_exact(SLOTS.min(*crowd)));
            free += u32::from(outcome.used_afterwards == 0);
        }
    }
    report.judge(
        "slots given, of 2 to 256 people at once, with a kill among them",
        format!("exact in {exact} of {runs} runs"),
        "all".to_owned(),
        exact == runs,
    );
    report.judge(
        "slots in use when all have withdrawn",
        format!("none in {free} of {runs} runs"),
        "all".to_owned(),
        free == runs,
    );
    Ok(())
}

#[derive(Debug)]
struct Outcome {
    /// Forms that were answered with "stored" before the kill, or after it.
    acked: usize,
    /// Those of them that the store does not know.
    lost: usize,
    requests: u32,
    used: u32,
    used_afterwards: u32,
}

impl Outcome {
    fn is_exact(&self, slots: usize) -> bool {
        let is = |count: u32| usize::try_from(count) == Ok(slots);
        self.acked == slots && self.lost == 0 && is(self.requests) && is(self.used)
    }
}

fn run(crowd: usize, slack: &Slack, kill_after: Duration) -> anyhow::Result<Outcome> {
    let folder = rig::folder()?;
    let company = Company::in_folder(folder.path()).with_quota(u32::try_from(SLOTS)?)?;
    let server = company.start(&slack.api)?;
    // Somebody has to approve, so nothing of it ends by itself.
    let form = FilledForm::of("rds-postgres", folder.path())?;
    let answered = RefCell::new(BTreeSet::new());
    let acked = RefCell::new(BTreeSet::new());
    let killing = server.kill_after(kill_after);
    // Ends with an error if the kill came first: then not everybody has heard.
    let everybody: Vec<usize> = (0..crowd).collect();
    let _ = submit(&server, &form, &everybody, &answered, &acked);
    killing.join().map_err(|_| anyhow::anyhow!("the thread that kills ended badly"))??;
    drop(server);
    let server = company.start(&slack.api)?;
    let unheard: Vec<usize> = (0..crowd).filter(|number| !answered.borrow().contains(number)).collect();
    submit(&server, &form, &unheard, &answered, &acked)?;
    let counted = kept::count(&company.store())?;
    let known = kept::texts(&company.store(), "SELECT key FROM once WHERE request IS NOT NULL")?;
    let acked = acked.into_inner();
    let lost = acked
        .iter()
        .filter(|number| !known.contains(&format!("view:{}", FilledForm::view(**number))))
        .count();
    withdraw_all(&server, &company.store())?;
    drop(server);
    let used_afterwards = kept::count(&company.store())?.quota;
    Ok(Outcome { acked: acked.len(), lost, requests: counted.requests, used: counted.quota, used_afterwards })
}

/// Everybody submits at the same moment over a connection of their own.
fn submit(
    server: &Server,
    form: &FilledForm,
    people: &[usize],
    answered: &RefCell<BTreeSet<usize>>,
    acked: &RefCell<BTreeSet<usize>>,
) -> anyhow::Result<()> {
    let signer = Signer::new(SECRET)?;
    let person = |number: usize| people.get(number).copied().unwrap_or_default();
    let request = |number: usize| signer.request("/slack/interactions", &form.body(person(number)));
    let is_right = |number: usize, answer: &Answer<'_>| {
        answered.borrow_mut().insert(person(number));
        if is_stored(answer) {
            acked.borrow_mut().insert(person(number));
        }
        // A full quota is said in the form's place.
        answer.status == 200
    };
    Load::closed(server.address, people.len(), people.len(), &request, &is_right).run().map(drop)
}

fn withdraw_all(server: &Server, store: &Path) -> anyhow::Result<()> {
    let signer = Signer::new(SECRET)?;
    let owners = kept::texts(store, "SELECT id || ' ' || owner FROM requests")?;
    let request = |number: usize| {
        let (id, owner) = owners.get(number).and_then(|row| row.split_once(' ')).unwrap_or_default();
        signer.request("/slack/commands", &signed::command(number, owner, &format!("cancel {id}")))
    };
    let is_right = |_: usize, answer: &Answer<'_>| answer.status == 200;
    Load::closed(server.address, owners.len(), owners.len(), &request, &is_right).run()?;
    ensure!(!owners.is_empty() && member(0) != member(1), "nobody asked for anything");
    Ok(())
}

/// How many get a slot where each first counts what is there and inserts then.
fn control() -> anyhow::Result<usize> {
    let folder = rig::folder()?;
    let path = folder.path().join("control.db");
    let connection = Connection::open(&path).context("cannot open the control's store")?;
    connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE requests (person INTEGER)")?;
    let all_have_counted = Barrier::new(CONTROL);
    let admitted = std::thread::scope(|scope| {
        let ask = |person: usize| {
            let (path, all_have_counted) = (&path, &all_have_counted);
            scope.spawn(move || {
                let counted = Connection::open(path).and_then(|connection| {
                    connection.busy_timeout(Duration::from_secs(10))?;
                    let used: u32 =
                        connection.query_row("SELECT count(*) FROM requests", [], |row| row.get(0))?;
                    Ok((connection, used))
                });
                all_have_counted.wait();
                let (connection, used) = counted?;
                if usize::try_from(used).unwrap_or(usize::MAX) < SLOTS {
                    connection.execute("INSERT INTO requests VALUES (?1)", [i64::try_from(person)?])?;
                    return anyhow::Ok(1);
                }
                Ok(0)
            })
        };
        let asking: Vec<_> = (0..CONTROL).map(ask).collect();
        asking
            .into_iter()
            .map(|asked| asked.join().map_err(|_| anyhow::anyhow!("the control ended badly"))?)
            .sum::<anyhow::Result<usize>>()
    })?;
    Ok(admitted)
}
