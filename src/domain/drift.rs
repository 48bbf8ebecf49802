//! Drift between rows and AWS: what a comparison finds, and what may be repaired. Reading from AWS is the portal's
//! work.

use jiff::{SignedDuration, Timestamp};

use super::ids::{ExecutionName, RequestId, TeamName};
use super::request::{ChangeOrder, ChangeOutcome, Request, Status, TEAM_TAG};

/// A change more recent than this may not have reached the other side yet.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(15);

/// What the provisioner has for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionedRecord {
    /// The request, by the name that the portal gave the product.
    pub request: RequestId,
    /// The product's condition.
    pub condition: ProvisionedCondition,
    /// Its tags; `None` if the provisioner does not store tags.
    pub tags: Option<Vec<(String, String)>>,
}

/// The condition of a provisioned product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvisionedCondition {
    /// As it was created.
    Fine,
    /// An operation is running.
    Changing,
    /// Perhaps usable, but with a problem, in the provisioner's words.
    Troubled(String),
}

/// A difference between a row and AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// The product was removed outside of the portal.
    Vanished,
    /// The provisioner reports a problem with the product.
    Troubled(String),
    /// The problem reported earlier is gone.
    Mended,
    /// Keys of tags that are not as the portal wrote them.
    Retagged(Vec<String>),
    /// The product exists although its request has ended or is unknown.
    LeftOver,
    /// The execution that the request waits for is not running.
    ExecutionLost,
    /// An execution waits for a decision that has been made.
    StillWaiting(ExecutionName),
    /// The job that would move the request on is missing.
    JobLost,
}

/// A difference and the request it was found for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestDrift {
    /// The request.
    pub request: RequestId,
    /// The difference.
    pub finding: Drift,
}

impl Drift {
    /// Returns its name, for logs and for recognizing it in later comparisons.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Vanished => "vanished",
            Self::Troubled(_) => "troubled",
            Self::Mended => "mended",
            Self::Retagged(_) => "retagged",
            Self::LeftOver => "left-over",
            Self::ExecutionLost => "execution-lost",
            Self::StillWaiting(_) => "still-waiting",
            Self::JobLost => "job-lost",
        }
    }

    /// Describes it in a sentence whose subject is the request's id.
    pub fn sentence(&self) -> String {
        match self {
            Self::Vanished => "no longer exists in AWS: it was removed outside of the portal".to_owned(),
            // The provisioner's words may contain anything, and this goes to a channel; the request's status shows
            // them.
            Self::Troubled(_) => "has a problem in AWS; its status has the details".to_owned(),
            Self::Mended => "no longer has a problem in AWS".to_owned(),
            Self::Retagged(keys) => format!(
                "lost or changed its tags {}; restore them, since costs and permissions depend on them",
                keys.join(", ")
            ),
            Self::LeftOver => {
                "still exists in AWS although its request has ended; remove it there if nobody needs it"
                    .to_owned()
            }
            Self::ExecutionLost => "is waiting for an execution that no longer runs".to_owned(),
            Self::StillWaiting(execution) => {
                format!("has been decided, but its execution {execution} is still waiting for the decision")
            }
            Self::JobLost => "made no progress because its next job was missing".to_owned(),
        }
    }
}

/// Compares a row with the provisioner's record of it.
pub fn compare(row: &Request, existing: Option<&ProvisionedRecord>, now: Timestamp) -> Vec<Drift> {
    if is_under_way(row, now) {
        return Vec::new();
    }
    match (&row.status, existing) {
        (Status::Active { .. } | Status::TeardownFailed { .. }, None) => vec![Drift::Vanished],
        (Status::Active { .. }, Some(existing)) => {
            condition(row, &existing.condition).into_iter().chain(tags(row, existing)).collect()
        }
        // Also a failed one: what there was has been cleaned up before.
        (status, Some(_)) if is_gone(status) => vec![Drift::LeftOver],
        _ => Vec::new(),
    }
}

/// Compares a row with whether an execution of its current attempt is running.
pub fn compare_execution(row: &Request, runs: bool, now: Timestamp) -> Option<Drift> {
    if is_under_way(row, now) {
        return None;
    }
    let lost = (!runs).then_some(Drift::ExecutionLost);
    let unanswered = runs.then(|| Drift::StillWaiting(row.execution()));
    match &row.status {
        Status::Pending | Status::AwaitingApproval { .. } => lost,
        // An execution that received the approval asks to provision within seconds, so this one did not receive it.
        Status::Approved => lost.or(unanswered),
        // The execution waits for the provisioner. If it is gone, the provisioner and the row finish without it.
        Status::Provisioning { .. } => None,
        Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::TeardownFailed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => unanswered,
    }
}

/// Whether a comparison is plausible. If the provisioner shows nothing, or less than half, of what should exist, it
/// is more likely that the program may not see it; then nothing is repaired.
pub fn is_believable(should_be_there: usize, vanished: usize) -> bool {
    // A single missing product is plausible, however few there are.
    vanished <= 1 || vanished * 2 <= should_be_there
}

fn is_under_way(row: &Request, now: Timestamp) -> bool {
    now.duration_since(row.updated_at) < UNDER_WAY
}

fn is_gone(status: &Status) -> bool {
    match status {
        Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. } => true,
        // A retained product exists on purpose.
        Status::Retained { .. }
        | Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::TeardownFailed { .. } => false,
    }
}

fn condition(row: &Request, condition: &ProvisionedCondition) -> Option<Drift> {
    match (condition, &row.trouble) {
        (ProvisionedCondition::Troubled(why), known)
            if known.as_ref() != Some(why) && !is_taken_back(row, why) =>
        {
            Some(Drift::Troubled(why.clone()))
        }
        (ProvisionedCondition::Fine, Some(_)) => Some(Drift::Mended),
        (
            ProvisionedCondition::Troubled(_) | ProvisionedCondition::Fine | ProvisionedCondition::Changing,
            _,
        ) => None,
    }
}

/// Whether the reported problem is only a rolled-back update. Service Catalog reports TAINTED until the next update
/// succeeds, although the product is unchanged, and the owner has been notified of the failure.
fn is_taken_back(row: &Request, why: &str) -> bool {
    let failed = |order: &ChangeOrder| matches!(order.outcome, Some(ChangeOutcome::Failed { .. }));
    why.starts_with("TAINTED") && row.change().is_some_and(|(_, order)| failed(order))
}

fn tags(row: &Request, existing: &ProvisionedRecord) -> Option<Drift> {
    let tags = existing.tags.as_ref()?;
    let lost: Vec<String> =
        row.tags().into_iter().filter(|tag| !is_labeled(row, tags, tag)).map(|(key, _)| key).collect();
    (!lost.is_empty()).then_some(Drift::Retagged(lost))
}

/// Whether the product has this tag. A product created under a former team name rightly carries that name.
fn is_labeled(row: &Request, tags: &[(String, String)], tag: &(String, String)) -> bool {
    let is_former = |name: &TeamName| tags.contains(&(TEAM_TAG.to_owned(), name.to_string()));
    tags.contains(tag) || (tag.0 == TEAM_TAG && row.formerly.iter().chain(&row.stored_team).any(is_former))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{at, minutes};
    use crate::domain::request::StatusName;
    use proptest::prelude::*;

    const LATER: u16 = 60;

    fn fine(row: &Request) -> ProvisionedRecord {
        ProvisionedRecord { request: row.id, condition: ProvisionedCondition::Fine, tags: Some(row.tags()) }
    }

    fn words(findings: &[Drift]) -> String {
        let words: Vec<&str> = findings.iter().map(Drift::as_str).collect();
        if words.is_empty() { "-".to_owned() } else { words.join(", ") }
    }

    #[test]
    fn this_is_found_in_every_status() {
        let now = minutes(LATER);
        let lines = StatusName::ALL.map(|name| {
            let row = at(name);
            let run = |runs| compare_execution(&row, runs, now).into_iter().collect::<Vec<_>>();
            format!(
                "{name:?}: not there {}; there {}; no execution {}; an execution {}",
                words(&compare(&row, None, now)),
                words(&compare(&row, Some(&fine(&row)), now)),
                words(&run(false)),
                words(&run(true)),
            )
        });
        insta::assert_snapshot!(lines.join("\n"), @"
        Pending: not there -; there -; no execution execution-lost; an execution -
        AwaitingApproval: not there -; there -; no execution execution-lost; an execution -
        Approved: not there -; there -; no execution execution-lost; an execution still-waiting
        Provisioning: not there -; there -; no execution -; an execution -
        Active: not there vanished; there -; no execution -; an execution still-waiting
        Updating: not there -; there -; no execution -; an execution still-waiting
        Terminating: not there -; there -; no execution -; an execution still-waiting
        Denied: not there -; there left-over; no execution -; an execution still-waiting
        Cancelled: not there -; there left-over; no execution -; an execution still-waiting
        TimedOut: not there -; there left-over; no execution -; an execution still-waiting
        Failed: not there -; there left-over; no execution -; an execution still-waiting
        TeardownFailed: not there vanished; there -; no execution -; an execution still-waiting
        Terminated: not there -; there left-over; no execution -; an execution still-waiting
        Retained: not there -; there -; no execution -; an execution still-waiting
        ");
    }

    #[test]
    fn trouble_is_found_once_and_so_is_its_end() {
        let (mut row, now) = (at(StatusName::Active), minutes(LATER));
        let tainted = ProvisionedCondition::Troubled("TAINTED".to_owned());
        let existing = ProvisionedRecord { condition: tainted, ..fine(&row) };
        assert_eq!(words(&compare(&row, Some(&existing), now)), "troubled");
        row.trouble = Some("TAINTED".to_owned());
        assert_eq!(words(&compare(&row, Some(&existing), now)), "-");
        let changing = ProvisionedRecord { condition: ProvisionedCondition::Changing, ..fine(&row) };
        assert_eq!(words(&compare(&row, Some(&changing), now)), "-");
        assert_eq!(words(&compare(&row, Some(&fine(&row)), now)), "mended");
    }

    #[test]
    fn what_was_rolled_back_after_a_failed_change_is_no_news() {
        let (mut row, now) = (at(StatusName::Active), minutes(LATER));
        let failed = ChangeOutcome::Failed { why: "AccessDenied".into() };
        let order = ChangeOrder { outcome: Some(failed), ..crate::domain::fixtures::order() };
        let seen = |why: &str| ProvisionedRecord {
            condition: ProvisionedCondition::Troubled(why.to_owned()),
            ..fine(&at(StatusName::Active))
        };
        assert_eq!(words(&compare(&row, Some(&seen("TAINTED: rolled back")), now)), "troubled");
        row.later = vec![crate::domain::fixtures::approved_change(order)];
        assert_eq!(words(&compare(&row, Some(&seen("TAINTED: rolled back")), now)), "-");
        assert_eq!(words(&compare(&row, Some(&seen("ERROR")), now)), "troubled");
    }

    #[test]
    fn tags_that_others_added_are_no_finding() {
        let (row, now) = (at(StatusName::Active), minutes(LATER));
        let mut tags = row.tags();
        tags.push(("CostCenter".to_owned(), "7".to_owned()));
        assert_eq!(
            compare(&row, Some(&ProvisionedRecord { tags: Some(tags.clone()), ..fine(&row) }), now),
            []
        );
        tags[0].1 = "search".to_owned();
        let found = compare(&row, Some(&ProvisionedRecord { tags: Some(tags), ..fine(&row) }), now);
        assert_eq!(found, [Drift::Retagged(vec!["Team".to_owned()])]);
        assert_eq!(compare(&row, Some(&ProvisionedRecord { tags: None, ..fine(&row) }), now), []);
    }

    #[test]
    fn what_was_made_under_a_former_name_of_its_team_has_the_tag_of_then() {
        let (row, now) = (at(StatusName::Active), minutes(LATER));
        let tags = |row: &Request| ProvisionedRecord { tags: Some(row.tags()), ..fine(row) };
        let mut renamed = row.clone();
        renamed.moves_to(TeamName::new("billing"));
        assert_eq!(compare(&renamed, Some(&tags(&row)), now), []);
        assert_eq!(compare(&renamed, Some(&tags(&renamed)), now), []);
        let mut others = row.clone();
        others.team = TeamName::new("search");
        assert_eq!(compare(&renamed, Some(&tags(&others)), now), [Drift::Retagged(vec!["Team".to_owned()])]);
    }

    proptest! {
        /// Whatever is seen, a recent change is left alone.
        #[test]
        fn what_is_under_way_is_never_a_finding(
            status in proptest::sample::select(StatusName::ALL.to_vec()),
            after in 0_u16..15,
            there in any::<bool>(),
            runs in any::<bool>(),
        ) {
            let row = at(status);
            let now = minutes(30 + after);
            let existing = there.then(|| fine(&row));
            prop_assert_eq!(compare(&row, existing.as_ref(), now), vec![]);
            prop_assert_eq!(compare_execution(&row, runs, now), None);
        }

        /// At most half of the expected products, or one, is ever believed to be gone.
        #[test]
        fn an_account_that_is_not_seen_is_not_believed(
            (should_be_there, vanished) in (0_usize..50).prop_flat_map(|all| (Just(all), 0..=all)),
        ) {
            let believed = is_believable(should_be_there, vanished);
            prop_assert_eq!(believed, vanished <= 1 || vanished <= should_be_there / 2);
        }
    }
}
