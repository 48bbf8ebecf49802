//! Keys of the items in the table of events. No two kinds share a key prefix.
//!
//! Only audit entries are stored under `REQ#…` and `TRAIL`: the bot's role may not change or delete items
//! there (see `infra/portal.yml`).

use jiff::civil::Date;

use super::item::{Item, text};
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::job::{JobKey, JobOwner};
use crate::domain::request::MessageRef;

/// Partition of the audit trail in its overall order.
pub(super) const TRAIL: &str = "TRAIL";
/// Partition of the home tabs; also the partition of the index that orders them by when they were opened.
pub(super) const HOMES: &str = "HOMES";
/// Partition of absences: few and small.
pub(super) const AWAYS: &str = "AWAYS";
/// Partition of counted refusals: those of the last hour.
pub(super) const REFUSALS: &str = "REFUSALS";
/// Partition of the bots that use the tables.
pub(super) const BOTS: &str = "BOTS";
/// Partition of the teams that ever held something.
pub(super) const TEAMS: &str = "TEAMS";
/// Marks that teams from before this list existed have been added to it. Lies in the same partition; no team
/// can have this name.
pub(super) const TEAMS_FOUND: &str = "*FOUND";
/// Sort key of a team's total, besides one per product. Product keys have no capitals.
pub(super) const TEAM_TOTAL: &str = "TOTAL";

/// Prefix of the partitions of a request's places in lists.
const LISTED: &str = "LIST#";

/// Leading digits of an id that select its partition in the list of ids.
const ID_DIGITS: usize = 2;

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// The schema version of the tables.
pub(super) fn schema() -> Item {
    key("SCHEMA", "SCHEMA")
}

/// The head of the portal's audit chain. Unlike the chain's entries it is overwritten.
pub(super) fn portal_head() -> Item {
    key("PORTAL", "HEAD")
}

/// Marks that [`portal_head`] has existed. Never deleted.
pub(super) fn portal_head_begun() -> Item {
    key("PORTAL", "BEGUN")
}

pub(super) fn refusal(refusal_key: &str) -> Item {
    key(REFUSALS, refusal_key)
}

pub(super) fn bot(id: &str) -> Item {
    key(BOTS, id)
}

pub(super) fn check() -> Item {
    key("CHECK", "CHECK")
}

pub(super) fn pause() -> Item {
    key("PAUSE", "PAUSE")
}

pub(super) fn counts_partition(team: &TeamName) -> String {
    format!("COUNTS#{team}")
}

/// The counters of a team for one day.
pub(super) fn counts(team: &TeamName, day: Date) -> Item {
    key(counts_partition(team), day.to_string())
}

pub(super) fn audit_partition(request: RequestId) -> String {
    format!("REQ#{request}")
}

pub(super) fn audit(request: RequestId, seq: u64) -> Item {
    key(audit_partition(request), format!("AUDIT#{seq:06}"))
}

pub(super) fn trail(n: u64) -> Item {
    key(TRAIL, trail_sort(n))
}

/// Pads to twenty digits, the length of the largest `u64`, so that text order is number order.
pub(super) fn trail_sort(n: u64) -> String {
    format!("{n:020}")
}

pub(super) fn idempotency_key(value: &str) -> Item {
    key(format!("ONCE#{value}"), "ONCE")
}

pub(super) fn quota_partition(team: &TeamName) -> String {
    format!("QUOTA#{team}")
}

/// The counter of a product, or of the whole team with [`TEAM_TOTAL`].
pub(super) fn quota(team: &TeamName, product: &str) -> Item {
    key(quota_partition(team), product)
}

/// A team in the list of those that ever held something, or [`TEAMS_FOUND`].
pub(super) fn team(name: &str) -> Item {
    key(TEAMS, name)
}

pub(super) fn home(person: &PersonId) -> Item {
    key(HOMES, person.as_str())
}

pub(super) fn away(person: &PersonId) -> Item {
    key(AWAYS, person.as_str())
}

/// The last time that the bot could receive from Slack.
pub(super) fn heard() -> Item {
    key("HEARD", "HEARD")
}

pub(super) fn message_partition(message: &MessageRef) -> String {
    format!("MSG#{}#{}", message.channel, message.ts)
}

pub(super) fn message(message: &MessageRef, request: RequestId) -> Item {
    key(message_partition(message), request.to_string())
}

/// Partition of the sums of what a person owns.
pub(super) fn sums_of_owner(person: &PersonId) -> String {
    format!("SUMS#OWNER#{person}")
}

/// Partition of the sums of what a team has.
pub(super) fn sums_of_team(team: &TeamName) -> String {
    format!("SUMS#TEAM#{team}")
}

/// Sort key of a product's current sums. `!` sorts before the digits of months.
pub(super) fn sums_now(product: &ProductKey) -> String {
    format!("!#{product}")
}

/// Sort key of a product's sums in the month that begins on this day.
pub(super) fn sums_in_month(month: Date, product: &ProductKey) -> String {
    format!("{month}#{product}")
}

pub(super) fn sums(partition: &str, sort: &str) -> Item {
    key(partition, sort)
}

/// A request's place in one of the ordered lists.
pub(super) fn listed(request: RequestId, list: &str) -> Item {
    key(format!("{LISTED}{request}"), list)
}

/// Parses the request from the partition key of a place.
pub(super) fn read_listed(pk: &str) -> Option<RequestId> {
    RequestId::parse(pk.strip_prefix(LISTED)?)
}

/// Records up to which trail entry the lists are complete. Never deleted.
pub(super) fn lists_filled() -> Item {
    key("LISTS", "FILLED")
}

/// A request in the list of ids, which is searched by prefix. Spread over partitions by its first digits.
pub(super) fn id(request: RequestId) -> Item {
    let id = request.to_string();
    key(format!("ID#{}", &id[..ID_DIGITS]), id)
}

/// The partitions, in order, that may contain ids with this prefix.
pub(super) fn id_partitions(prefix: &str) -> Vec<String> {
    let mut beginnings = vec![prefix.chars().take(ID_DIGITS).collect::<String>()];
    while beginnings.first().is_some_and(|beginning| beginning.len() < ID_DIGITS) {
        let longer = |shorter: &String| {
            "0123456789abcdef".chars().map(|digit| format!("{shorter}{digit}")).collect::<Vec<_>>()
        };
        beginnings = beginnings.iter().flat_map(longer).collect();
    }
    beginnings.into_iter().map(|beginning| format!("ID#{beginning}")).collect()
}

pub(super) fn job(job: &JobKey) -> Item {
    key(jobs_partition(&job.owner), job.name.clone())
}

/// Partition of the jobs of an owner.
pub(super) fn jobs_partition(owner: &JobOwner) -> String {
    format!("JOB#{owner}")
}

/// Parses the key of a job.
pub(super) fn read_job(pk: &str, sk: &str) -> Option<JobKey> {
    let owner = JobOwner::parse(pk.strip_prefix("JOB#")?);
    Some(JobKey { owner, name: sk.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;

    #[test]
    fn an_id_is_listed_in_a_partition_in_which_each_of_its_beginnings_is_looked_for() {
        let request = fixtures::submission().id;
        let listed = id(request)["pk"].as_s().unwrap().clone();
        let text = request.to_string();
        for length in 0..=text.len() {
            assert!(id_partitions(&text[..length]).contains(&listed), "{length}");
        }
        assert_eq!([0, 1, 2, 36].map(|length| id_partitions(&text[..length]).len()), [256, 16, 1, 1]);
    }

    #[test]
    fn the_key_of_a_job_reads_back() {
        for owner in [JobOwner::Request(fixtures::submission().id), JobOwner::Portal] {
            let written = JobKey { owner, name: "show:told:ACTIVE".to_owned() };
            let item = job(&written);
            let part = |name: &str| item[name].as_s().unwrap().clone();
            assert_eq!(read_job(&part("pk"), &part("sk")), Some(written));
        }
    }
}
