//! What is wrong with a file of the catalog, said so that whoever wrote it can fix it.

use std::fmt;

use crate::document::Problem;

/// One thing wrong with one file; shown as `file: line 12: what is wrong: how to fix it`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The file, with the folder it was looked for in.
    pub file: String,
    /// Line it is about, counted from 1; 0 when it is about the whole file.
    pub line: usize,
    /// What is wrong, without a final period.
    pub what: String,
    /// How to fix it, without a final period.
    pub remedy: String,
    /// Whether the catalog can be used all the same.
    pub severity: Severity,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The catalog is not loaded.
    Error,
    /// The product works, but a guardrail says that it should not be offered like this.
    Warning,
}

impl FileProblem {
    /// An error about a whole file.
    pub(super) fn of_file(file: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::error(file, Problem::new(0, what, remedy))
    }

    pub(super) fn error(file: &str, problem: Problem) -> Self {
        Self::new(file, problem, Severity::Error)
    }

    pub(super) fn warning(file: &str, problem: Problem) -> Self {
        Self::new(file, problem, Severity::Warning)
    }

    fn new(file: &str, problem: Problem, severity: Severity) -> Self {
        let Problem { line, what, remedy } = problem;
        Self { file: file.to_owned(), line, what, remedy, severity }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what, remedy, severity: _ } = self;
        if *line == 0 {
            write!(f, "{file}: {what}: {remedy}")
        } else {
            write!(f, "{file}: line {line}: {what}: {remedy}")
        }
    }
}
