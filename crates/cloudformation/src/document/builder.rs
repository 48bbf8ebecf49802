//! What the parsers share: how long and how deep a text may be, and maps without duplicate keys.

use super::node::{Entry, Node};
use super::problem::ParseProblem;
use std::collections::HashSet;

/// Deepest nesting of lists and maps that is accepted. Deeper text is refused, because the parsers recurse.
pub const MAX_DEPTH: usize = 128;

/// Longest text that is accepted, in bytes: CloudFormation's own limit for a template in a bucket.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Refuses text that is too long, and strips a byte order mark.
pub(super) fn checked(text: &str) -> Result<&str, ParseProblem> {
    if text.len() > MAX_BYTES {
        return Err(ParseProblem::new(
            0,
            format!("the text has {} bytes, the most that is read is {MAX_BYTES}", text.len()),
        ));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

pub(super) fn too_deep(line: usize) -> ParseProblem {
    ParseProblem::new(line, format!("lists and maps are nested more than {MAX_DEPTH} deep"))
}

/// Collects the entries of one map and refuses duplicate keys.
#[derive(Default)]
pub(super) struct MapBuilder {
    pub(super) entries: Vec<Entry>,
    seen: HashSet<String>,
}

impl MapBuilder {
    pub(super) fn add_key(&mut self, key: &str, line: usize) -> Result<(), ParseProblem> {
        if self.seen.insert(key.to_owned()) {
            Ok(())
        } else {
            Err(ParseProblem::new(line, format!("the key `{key}` is here twice")))
        }
    }

    pub(super) fn add_value(&mut self, key: String, line: usize, value: Node) {
        self.entries.push(Entry { key, line, value });
    }
}
