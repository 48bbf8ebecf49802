//! Texts about what a teardown deletes and keeps. `domain` determines the effects on each resource.

use crate::domain::deletion::{DeletionEffect, DeletionOutcome};
use crate::domain::request::{Cause, Request, Status};
use crate::slack::mrkdwn::escape_within;

/// Most resources that a sentence names before it counts the rest.
const NAMED: usize = 10;

/// Verbs for one resource, for several, and for a snapshot.
#[derive(Clone, Copy)]
struct Words {
    one: &'static str,
    some: &'static str,
    taken: &'static str,
}

const WILL_STAY: Words = Words { one: "stays", some: "stay", taken: "is taken" };
const WAS_KEPT: Words = Words { one: "was left", some: "were left", taken: "was taken" };

/// Says before a teardown what will be deleted, what will be kept, and what a final snapshot is taken of.
pub(in crate::slack) fn lost_and_kept(request: &Request) -> String {
    let deleted = named(request, DeletionOutcome::Deleted);
    let left = left(request, WILL_STAY);
    match (deleted, left.is_empty()) {
        (_, true) => "All of its resources are deleted and cannot be recovered.".to_owned(),
        (Some((_, names)), false) => {
            format!("*Deleted*, and cannot be recovered: {names}.\n{}", left.join("\n"))
        }
        (None, false) => format!("Nothing is deleted.\n{}", left.join("\n")),
    }
}

/// Says before a teardown what will be kept; `None` if nothing is.
pub(super) fn left_behind(request: &Request) -> Option<String> {
    let left = left(request, WILL_STAY);
    if left.is_empty() {
        return None;
    }
    Some(left.join("\n"))
}

/// Says after a teardown what was kept on purpose; `None` if nothing was.
pub(super) fn kept(request: &Request) -> Option<String> {
    // If it was removed outside the portal, the kept resources may have been removed as well.
    if matches!(request.status, Status::Terminated { cause: Cause::Vanished }) {
        return None;
    }
    let left = left(request, WAS_KEPT);
    if left.is_empty() {
        return None;
    }
    Some(left.join("\n"))
}

fn left(request: &Request, words: Words) -> Vec<String> {
    let kept = named(request, DeletionOutcome::Kept).map(|(count, names)| {
        let verb = if count == 1 { words.one } else { words.some };
        format!("*Kept*: {names} {verb} in the AWS account and may still cost money.")
    });
    let snapshot = named(request, DeletionOutcome::Snapshot).map(|(_, names)| {
        format!("*Snapshot*: a final one {} of {names}, which may still cost money.", words.taken)
    });
    [kept, snapshot].into_iter().flatten().collect()
}

/// Returns the number of resources with this effect, and their names.
fn named(request: &Request, keeps: DeletionOutcome) -> Option<(usize, String)> {
    let name = |fate: &DeletionEffect| {
        let many = if fate.logical_id.contains('*') { ", as many as AWS creates" } else { "" };
        format!("{} ({}{many})", escape_within(&fate.logical_id, 60), escape_within(&fate.resource_type, 60))
    };
    let mut names: Vec<String> =
        request.deletion_effects().filter(|fate| fate.keeps == keeps).map(name).collect();
    let count = names.len();
    if count > NAMED {
        names.truncate(NAMED);
        names.push(format!("{} more", count - NAMED));
    }
    let text = match names.as_slice() {
        [] => return None,
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    };
    Some((count, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::fixtures;

    const PARTS: [(&str, &str, DeletionOutcome); 4] = [
        ("Key", "AWS::KMS::Key", DeletionOutcome::Kept),
        ("Database", "AWS::RDS::DBInstance", DeletionOutcome::Snapshot),
        ("Role", "AWS::IAM::Role", DeletionOutcome::Deleted),
        ("Subnets", "AWS::RDS::DBSubnetGroup", DeletionOutcome::Deleted),
    ];

    fn of(parts: &[(&str, &str, DeletionOutcome)]) -> Request {
        let mut request = fixtures::active();
        request.product.deletion_effects = fixtures::fates_of(parts);
        request
    }

    #[test]
    fn what_a_policy_keeps_is_never_said_to_be_deleted() {
        let said =
            [&PARTS[..], &PARTS[..1], &PARTS[1..3], &PARTS[2..], &[]].map(|parts| lost_and_kept(&of(parts)));
        insta::assert_snapshot!(said.join("\n---\n"), @"
        *Deleted*, and cannot be recovered: Role (AWS::IAM::Role) and Subnets (AWS::RDS::DBSubnetGroup).
        *Kept*: Key (AWS::KMS::Key) stays in the AWS account and may still cost money.
        *Snapshot*: a final one is taken of Database (AWS::RDS::DBInstance), which may still cost money.
        ---
        Nothing is deleted.
        *Kept*: Key (AWS::KMS::Key) stays in the AWS account and may still cost money.
        ---
        *Deleted*, and cannot be recovered: Role (AWS::IAM::Role).
        *Snapshot*: a final one is taken of Database (AWS::RDS::DBInstance), which may still cost money.
        ---
        All of its resources are deleted and cannot be recovered.
        ---
        All of its resources are deleted and cannot be recovered.
        ");
    }

    #[test]
    fn what_a_loop_makes_is_told_though_nobody_knows_how_often() {
        let looped = [
            ("Db*", "AWS::RDS::DBInstance", DeletionOutcome::Kept),
            ("Db", "AWS::SNS::Topic", DeletionOutcome::Deleted),
        ];
        let mut request = of(&looped);
        insta::assert_snapshot!(lost_and_kept(&request), @"
        *Deleted*, and cannot be recovered: Db (AWS::SNS::Topic).
        *Kept*: Db* (AWS::RDS::DBInstance, as many as AWS creates) stays in the AWS account and may still cost money.
        ");
        request.progress.done = ["DbOrders", "DbBills"].map(str::to_owned).into();
        request.progress.total = 2;
        insta::assert_snapshot!(lost_and_kept(&request), @"
        Nothing is deleted.
        *Kept*: Db* (AWS::RDS::DBInstance, as many as AWS creates) stays in the AWS account and may still cost money.
        ");
    }

    #[test]
    fn afterwards_it_is_said_what_was_left() {
        insta::assert_snapshot!(kept(&of(&PARTS)).unwrap(), @"
        *Kept*: Key (AWS::KMS::Key) was left in the AWS account and may still cost money.
        *Snapshot*: a final one was taken of Database (AWS::RDS::DBInstance), which may still cost money.
        ");
        assert_eq!(kept(&of(&PARTS[2..])), None);
        assert_eq!(left_behind(&of(&PARTS[2..])), None);
    }

    #[test]
    fn what_was_never_made_is_not_said_to_be_kept() {
        let mut request = of(&PARTS);
        request.progress.total = 2;
        request.progress.done = vec!["Role".into(), "Subnets".into()];
        assert_eq!(left_behind(&request), None);
        request.progress.done.pop();
        assert!(left_behind(&request).is_some(), "not yet known");
    }

    #[test]
    fn a_long_list_is_shortened() {
        let ids: Vec<String> = (0..25).map(|n| format!("Part{n}")).collect();
        let parts: Vec<_> =
            ids.iter().map(|id| (id.as_str(), "AWS::SQS::Queue", DeletionOutcome::Kept)).collect();
        assert!(lost_and_kept(&of(&parts)).contains("Part9 (AWS::SQS::Queue) and 15 more stay in"));
    }
}
