//! Whether enough different people can be found: nobody fills two seats.

use std::collections::{BTreeMap, BTreeSet};

/// Whether every stage gets as many people as it needs out of its own, and nobody counts twice.
pub fn can_be_staffed<P: Ord + Clone>(stages: &[(u32, BTreeSet<P>)]) -> bool {
    let mut taken: BTreeMap<P, usize> = BTreeMap::new();
    let seats: Vec<&BTreeSet<P>> = stages
        .iter()
        .flat_map(|(needed, people)| {
            // More seats than people is hopeless already.
            let seats = usize::try_from(*needed).unwrap_or(usize::MAX).min(people.len() + 1);
            std::iter::repeat_n(people, seats)
        })
        .collect();
    (0..seats.len()).all(|seat| assign(seat, &seats, &mut taken, &mut BTreeSet::new()))
}

/// Finds somebody for the seat, if need be by moving others to seats that they could have as well.
fn assign<P: Ord + Clone>(
    seat: usize,
    seats: &[&BTreeSet<P>],
    taken: &mut BTreeMap<P, usize>,
    tried: &mut BTreeSet<P>,
) -> bool {
    for person in seats[seat] {
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
