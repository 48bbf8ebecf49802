//! Finds cyclic dependencies.

use std::collections::{BTreeMap, BTreeSet};

/// Returns the first cycle, each name once; `None` if there is none.
pub(super) fn first<'a>(needs: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    let is_node = |name: &&&str| needs.contains_key(**name);
    let mut open: BTreeMap<&str, usize> =
        needs.iter().map(|(name, needed)| (*name, needed.iter().filter(is_node).count())).collect();
    let mut needed_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, needed) in needs {
        for need in needed {
            needed_by.entry(need).or_default().push(name);
        }
    }
    // Kahn's algorithm: whatever it cannot remove is in a cycle or depends on one.
    let mut ready: Vec<&str> = open.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(name) = ready.pop() {
        open.remove(name);
        for next in needed_by.get(name).into_iter().flatten() {
            if let Some(count) = open.get_mut(next) {
                *count -= 1;
                if *count == 0 {
                    ready.push(next);
                }
            }
        }
    }
    // Everything that is left depends on something else that is left, so following the dependencies leads into a
    // cycle.
    let mut way = vec![*open.keys().next()?];
    let mut seen = BTreeSet::from([way[0]]);
    loop {
        let next = needs.get(way.last()?)?.iter().find(|name| open.contains_key(**name))?;
        if !seen.insert(next) {
            let from = way.iter().position(|name| name == next)?;
            return Some(way.split_off(from));
        }
        way.push(next);
    }
}
