//! Problems with files of the catalog, worded so that their author can fix them.

use std::fmt;

use cloudformation::document::Problem;

/// A problem with one file; formats as `file: line 12: what is wrong: how to fix it`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The path of the file, including the catalog's folder.
    pub file: String,
    /// The line, counted from 1; 0 if the problem concerns the whole file.
    pub line: usize,
    /// What is wrong, without a final period.
    pub description: String,
    /// How to fix it, without a final period.
    pub remedy: String,
    /// Whether the catalog can still be used.
    pub severity: Severity,
}

/// The severity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The catalog cannot be loaded.
    Error,
    /// The product works, but should not be offered like this, for example because it violates a guardrail.
    Warning,
}

impl FileProblem {
    /// Creates an error about a whole file.
    pub(super) fn of_file(file: &str, description: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::error(file, Problem::new(0, description, remedy))
    }

    pub(super) fn error(file: &str, problem: Problem) -> Self {
        Self::new(file, problem, Severity::Error)
    }

    pub(super) fn warning(file: &str, problem: Problem) -> Self {
        Self::new(file, problem, Severity::Warning)
    }

    fn new(file: &str, problem: Problem, severity: Severity) -> Self {
        let Problem { line, description, remedy } = problem;
        Self { file: file.to_owned(), line, description, remedy, severity }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, description, remedy, severity: _ } = self;
        if *line == 0 {
            write!(f, "{file}: {description}: {remedy}")
        } else {
            write!(f, "{file}: line {line}: {description}: {remedy}")
        }
    }
}
