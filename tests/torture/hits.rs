//! What a kill hit: where requests stood and which jobs were under way, read from a copy of the file, so that only the
//! program itself ever repairs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use quartermaster::domain::job::JobKind;
use quartermaster::domain::request::StatusName;
use rusqlite::{Connection, OpenFlags};

use crate::place::Place;

/// A request as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) status: String,
    pub(crate) is_ended: bool,
}

/// How often jobs of one kind were there at a kill.
#[derive(Clone, Copy, Debug, Default)]
struct JobHits {
    waiting: usize,
    /// Claimed by the bot that was killed.
    under_way: usize,
}

/// What all kills of a run have hit.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    kills: usize,
    statuses: BTreeMap<String, usize>,
    jobs: BTreeMap<&'static str, JobHits>,
    /// Claims that were counted; one that a killed bot held stays until a bot opens the file again.
    claims: BTreeSet<i64>,
    /// How often each job was under way, by whose it is and its name.
    pub(crate) interrupted: BTreeMap<(String, String), usize>,
}

/// Kinds that this company never has, and why.
const OUT_OF_REACH: [(&str, &str); 5] = [
    ("read_bill", "nobody is charged for what is simulated"),
    ("tell_events", "nobody subscribes"),
    ("change_deadline", NOTHING_IS_CHANGED),
    ("update", NOTHING_IS_CHANGED),
    ("watch_update", NOTHING_IS_CHANGED),
];

/// Changes are stopped in the middle in `tests/it/stops.rs`.
const NOTHING_IS_CHANGED: &str = "nobody changes what lives";

/// Every kind but those out of reach.
const KINDS: [&str; 21] = [
    "start_execution",
    "resume",
    "approval_deadline",
    "prompt",
    "find_approvers",
    "tell_approver",
    "show",
    "provision",
    "watch_provisioning",
    "terminate",
    "watch_termination",
    "judge_click",
    "lease",
    "renewal_deadline",
    "refresh",
    "find_homes",
    "warn",
    "home",
    "copy_trail",
    "reconcile",
    "teams",
];

/// Opens a copy of the store as it lies there.
pub(crate) fn copied(place: &Place) -> Option<(tempfile::TempDir, Connection)> {
    if !place.file("quartermaster.db").exists() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["quartermaster.db", "quartermaster.db-wal"] {
        // A bot that was killed early has written no log yet.
        let _ = std::fs::copy(place.file(name), folder.path().join(name));
    }
    let connection = Connection::open(folder.path().join("quartermaster.db")).unwrap();
    let has_tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    (has_tables > 0).then_some((folder, connection))
}

/// Opens the store beside the bot that writes it.
pub(crate) fn beside(file: &Path) -> Connection {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Every request there is.
pub(crate) fn requests(connection: &Connection) -> Vec<Known> {
    let sql = "SELECT id, owner, status, ended_at IS NOT NULL FROM requests ORDER BY submitted_at";
    let mut all = connection.prepare(sql).unwrap();
    let known = all.query_map([], |row| {
        Ok(Known { id: row.get(0)?, owner: row.get(1)?, status: row.get(2)?, is_ended: row.get(3)? })
    });
    known.unwrap().map(Result::unwrap).collect()
}

impl Hits {
    /// Counts what was there when the bot died.
    pub(crate) fn count(&mut self, connection: &Connection) {
        self.kills += 1;
        for known in requests(connection) {
            *self.statuses.entry(known.status).or_default() += 1;
        }
        let mut jobs = connection.prepare("SELECT of, name, kind, claim FROM jobs").unwrap();
        let rows = jobs.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get(3)?))
        });
        for (of, name, kind, claim) in rows.unwrap().map(Result::unwrap) {
            let kind: JobKind = serde_json::from_str(&kind).unwrap();
            let hits = self.jobs.entry(kind.as_str()).or_default();
            if claim == 0 {
                hits.waiting += 1;
            } else if self.claims.insert(claim) {
                hits.under_way += 1;
                *self.interrupted.entry((of, name)).or_default() += 1;
            }
        }
    }

    /// The table that is printed, and what a run should have hit and has not.
    pub(crate) fn report(&self) -> (String, Vec<String>) {
        let mut text = format!("{} kills. Requests that stood there, over all kills:\n", self.kills);
        let mut missed = Vec::new();
        for status in StatusName::ALL {
            let hits = self.statuses.get(status.as_str()).copied().unwrap_or_default();
            let _ = writeln!(text, "  {:<18} {hits:>6}", status.as_str());
            let is_missed = hits == 0 && status != StatusName::Updating;
            missed.extend(is_missed.then(|| format!("no kill while a request was {}", status.as_str())));
        }
        text.push_str("Jobs, over all kills:  waiting  under way\n");
        for kind in KINDS {
            let JobHits { waiting, under_way } = self.jobs.get(kind).copied().unwrap_or_default();
            let _ = writeln!(text, "  {kind:<18} {waiting:>9} {under_way:>10}");
            let is_missed = waiting + under_way == 0;
            missed.extend(is_missed.then(|| format!("no kill while there was a job {kind}")));
        }
        for (kind, why) in OUT_OF_REACH {
            let _ = writeln!(text, "  {kind:<18} out of reach: {why}");
        }
        (text, missed)
    }
}
