//! Findings of `doctor` and of the checks at startup: what was checked, how it stands, and what to do about it.

use std::fmt;

/// The result of one check. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How serious it is.
    pub level: Level,
    /// The area that was checked, such as `channels`.
    pub area: &'static str,
    /// What was found, without a final period.
    pub description: String,
    /// What to do about it; `None` if all is well.
    pub remedy: Option<String>,
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All is well.
    Ok,
    /// It works, but needs attention.
    Warning,
    /// It does not work.
    Problem,
}

impl Level {
    /// Returns the lower-case name, as printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl Finding {
    /// Creates a finding that all is well.
    pub fn ok(area: &'static str, description: impl Into<String>) -> Self {
        Self { level: Level::Ok, area, description: description.into(), remedy: None }
    }

    /// Creates a finding about something that works but needs attention.
    pub fn warning(area: &'static str, description: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warning, area, description: description.into(), remedy: Some(remedy.into()) }
    }

    /// Creates a finding about something that does not work.
    pub fn problem(area: &'static str, description: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Problem, area, description: description.into(), remedy: Some(remedy.into()) }
    }
}

/// Formats a line such as `problem channels: #audit is archived: name another one`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Texts from outside, such as AWS errors, may have several lines.
        write!(f, "{:<7} {}: {}", self.level.as_str(), self.area, self.description.replace('\n', " "))?;
        self.remedy.iter().try_for_each(|remedy| write!(f, ": {remedy}"))
    }
}
