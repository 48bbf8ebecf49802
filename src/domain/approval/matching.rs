//! Whether a request's stages can be filled with enough different approvers: nobody counts twice.

use std::collections::{BTreeMap, BTreeSet};

/// Whether every stage gets as many of its own approvers as it needs, without counting anybody twice.
pub fn can_be_staffed<P: Ord + Clone>(stages: &[(u32, BTreeSet<P>)]) -> bool {
    // A greedy choice can fail where a solution exists, so this is bipartite matching with augmenting paths.
    let mut taken: BTreeMap<P, usize> = BTreeMap::new();
    let seats: Vec<&BTreeSet<P>> = stages
        .iter()
        .flat_map(|(needed, people)| {
            // One seat more than there are people already makes the stage unsatisfiable, however many are needed.
            let seats = usize::try_from(*needed).unwrap_or(usize::MAX).min(people.len() + 1);
            std::iter::repeat_n(people, seats)
        })
        .collect();
    (0..seats.len()).all(|seat| assign(seat, &seats, &mut taken, &mut BTreeSet::new()))
}

/// Finds a person for the seat, if necessary by moving others to different seats that they can take.
fn assign<P: Ord + Clone>(
    seat: usize,
    seats: &[&BTreeSet<P>],
    taken: &mut BTreeMap<P, usize>,
    tried: &mut BTreeSet<P>,
) -> bool {
    for person in seats[seat] {
        // Each person is tried once for a seat, so the search ends.
        if !tried.insert(person.clone()) {
            continue;
        }
        let moves = match taken.get(person).copied() {
            None => true,
            Some(other) => assign(other, seats, taken, tried),
        };
        if moves {
            taken.insert(person.clone(), seat);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(described: &[(u32, &str)]) -> bool {
        let of = |(needed, names): &(u32, &str)| (*needed, names.chars().collect::<BTreeSet<_>>());
        can_be_staffed(&described.iter().map(of).collect::<Vec<_>>())
    }

    #[test]
    fn nobody_fills_two_seats() {
        assert!(stages(&[(1, "m")]));
        assert!(stages(&[(2, "mp")]));
        assert!(!stages(&[(2, "m")]), "more are needed than there are");
        assert!(!stages(&[(1, "")]));
        assert!(stages(&[(1, "mp"), (1, "m")]), "the one who can do both leaves the first to the other");
        assert!(!stages(&[(1, "m"), (1, "m")]));
        assert!(stages(&[(1, "abc"), (1, "ab"), (1, "a")]));
        assert!(!stages(&[(1, "ab"), (1, "ab"), (1, "ab")]));
    }
}
