//! What a teardown takes and what it leaves, in words. What becomes of each resource is found out in `domain::fate`.

use crate::domain::fate::{Fate, Keeps};
use crate::domain::request::Request;
use crate::slack::mrkdwn::escape_within;

/// Resources that one sentence names before it counts the others.
const NAMED: usize = 10;

/// Before it begins: what will be deleted, what stays, and of what a last snapshot is taken.
pub(in crate::slack) fn lost_and_kept(request: &Request) -> String {
    let deleted = named(request, Keeps::Deleted);
    let left = left(request, ("stays", "stay"), ("A last snapshot is kept of", "the snapshot"));
    match (deleted, left.is_empty()) {
        (_, true) => "Everything it is made of is deleted and cannot be brought back.".to_owned(),
        (Some((_, names)), false) => {
            format!("*Deleted*, and cannot be brought back: {names}.\n{}", left.join("\n"))
        }
        (None, false) => format!("Nothing of it is deleted.\n{}", left.join("\n")),
    }
}

/// Afterwards: what was left on purpose; `None` when nothing was.
pub(super) fn kept(request: &Request) -> Option<String> {
    let left = left(request, ("was kept", "were kept"), ("A last snapshot was kept of", "the snapshot"));
    (!left.is_empty()).then(|| left.join("\n"))
}

fn left(request: &Request, (one, some): (&str, &str), (snapshot, it): (&str, &str)) -> Vec<String> {
    let kept = named(request, Keeps::Kept).map(|(count, names)| {
        let verb = if count == 1 { one } else { some };
        format!("*Kept*: {names} {verb} in the AWS account and may go on costing.")
    });
    let snapshot = named(request, Keeps::Snapshot)
        .map(|(_, names)| format!("*Snapshot*: {snapshot} {names}; {it} may go on costing."));
    [kept, snapshot].into_iter().flatten().collect()
}

/// How many there are of this fate, and their names.
fn named(request: &Request, keeps: Keeps) -> Option<(usize, String)> {
    let name = |fate: &Fate| {
        format!("{} ({})", escape_within(&fate.logical_id, 60), escape_within(&fate.resource_type, 60))
    };
    let mut names: Vec<String> = request.fates().filter(|fate| fate.keeps == keeps).map(name).collect();
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
