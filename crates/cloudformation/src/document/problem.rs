//! Problems of a document, worded so that a person can act on them. The caller adds the file's name.

use std::cell::RefCell;
use std::fmt;

/// Why a text could not be parsed at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ParseProblem {
    /// The line where parsing stopped, counted from 1; 0 if unknown.
    pub line: usize,
    /// What is wrong there, in one sentence without a final period.
    pub message: String,
}

impl ParseProblem {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl fmt::Display for ParseProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, self.line)?;
        f.write_str(&self.message)
    }
}

/// A problem in a document that could be parsed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1; 0 if unknown.
    pub line: usize,
    /// What is wrong, without a final period.
    pub description: String,
    /// What to write instead, without a final period.
    pub remedy: String,
}

impl Problem {
    /// Returns a problem on `line` (0 if unknown).
    pub fn new(line: usize, description: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line, description: description.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, self.line)?;
        write!(f, "{}: {}", self.description, self.remedy)
    }
}

impl From<ParseProblem> for Problem {
    fn from(problem: ParseProblem) -> Self {
        Self::new(problem.line, problem.message, "correct the text so that it can be read")
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, line: usize) -> fmt::Result {
    if line == 0 { Ok(()) } else { write!(f, "line {line}: ") }
}

/// Strips the indexes of list elements from a path: `teams.name` for `teams[0].name`.
fn unnumbered(path: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || c == '[' || c == ']';
    let names: Vec<&str> = path
        .split('.')
        .map(|name| if name.ends_with(']') { name.trim_end_matches(is_number) } else { name })
        .collect();
    names.join(".")
}

/// All problems of one document. The readers of its parts share it, so that everything is reported at once.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
    is_toml: bool,
    /// Valid values by path, to show where something is wrong.
    examples: &'static [(&'static str, &'static str)],
}

impl Problems {
    /// Returns an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty collection for a TOML document, whose examples are written in TOML.
    pub fn in_toml() -> Self {
        Self { is_toml: true, ..Self::default() }
    }

    /// Like [`in_toml`](Self::in_toml), with example values by path; paths have no list indexes.
    pub fn in_toml_like(examples: &'static [(&'static str, &'static str)]) -> Self {
        Self { examples, ..Self::in_toml() }
    }

    /// Returns the example value for this path, if there is one.
    pub(super) fn example(&self, path: &str) -> Option<&'static str> {
        let bare = unnumbered(path);
        self.examples.iter().find(|(example_path, _)| *example_path == bare).map(|(_, example)| *example)
    }

    /// Returns a remedy that shows how a map, or a list of maps, at this path is written.
    pub(super) fn map_example(&self, path: &str, listed: bool) -> String {
        let listed = listed || path.ends_with(']');
        let path = &unnumbered(path);
        match (self.is_toml && !path.is_empty(), listed) {
            (true, false) => {
                format!(
                    "write `[{path}]`, and below it keys with their values, for example `name = \"value\"`"
                )
            }
            (true, true) => {
                format!(
                    "write `[[{path}]]`, and below it keys with their values, for example `name = \"value\"`"
                )
            }
            (false, false) => "write keys with their values, for example `name: value`".to_owned(),
            (false, true) => {
                let key = path.rsplit('.').next().unwrap_or(path);
                format!("write for example `{}`", self.assignment(key, "[{name: value}]"))
            }
        }
    }

    /// Returns a line that sets `key` to `example`, in the document's syntax.
    pub(super) fn assignment(&self, key: &str, example: &str) -> String {
        if !self.is_toml {
            return format!("{key}: {example}");
        }
        // TOML needs quotes around everything else.
        let stands_bare =
            example.starts_with(['"', '[']) || example.parse::<f64>().is_ok() || example == "true";
        if stands_bare { format!("{key} = {example}") } else { format!("{key} = \"{example}\"") }
    }

    /// Adds a problem to those that are reported together.
    pub fn add(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// Whether there are no problems.
    pub fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// Returns all problems, ordered by line.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.found.into_inner();
        // A stable sort, so that problems on one line keep the order in which they were found.
        problems.sort_by_key(|problem| problem.line);
        problems
    }

    /// Returns `value` if there are no problems, otherwise all problems, ordered by line.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        let problems = self.into_sorted();
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    }
}

/// Returns the known word that `word` was probably meant to be: equal except for case, or with at most a third of the
/// letters wrong.
pub fn nearest<'k>(word: &str, names: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // The distance is quadratic in the length; nobody mistypes a word this long.
    if word.len() > 100 {
        return None;
    }
    let word = word.to_lowercase();
    // Even a short word may have one wrong letter.
    let allowed = (word.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_finds_the_known_one_and_a_strange_word_none() {
        let names = ["approval", "quota", "lease"];
        assert_eq!(nearest("aproval", names), Some("approval"));
        assert_eq!(nearest("LEASE", names), Some("lease"));
        assert_eq!(nearest("banana", names), None);
        assert_eq!(nearest(&"approval".repeat(100), names), None);
    }

    #[test]
    fn problems_come_out_in_the_order_of_their_lines() {
        let problems = Problems::new();
        problems.add(Problem::new(9, "late", "fix it"));
        problems.add(Problem::new(2, "early", "fix it"));
        let lines: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["line 2: early: fix it", "line 9: late: fix it"]);
    }
}
