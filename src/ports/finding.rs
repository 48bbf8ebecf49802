//! What a look at the set-up found: all right, a warning or a problem, and what to do about it.

use std::fmt;

/// One thing that was looked at. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub level: Level,
    /// What it belongs to, such as `channels`.
    pub area: &'static str,
    /// What is there or what is wrong, without a final period.
    pub what: String,
    /// What to do about it; none where all is right.
    pub remedy: Option<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but somebody should look at it.
    Warning,
    /// Something does not work.
    Problem,
}

impl Level {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl Finding {
    /// This is as it should be.
    pub fn ok(area: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Ok, area, what: what.into(), remedy: None }
    }

    /// This works, but somebody should look at it.
    pub fn warning(area: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warning, area, what: what.into(), remedy: Some(remedy.into()) }
    }

    /// This does not work.
    pub fn problem(area: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Problem, area, what: what.into(), remedy: Some(remedy.into()) }
    }
}

/// A line such as `problem channels: #audit is archived: name another one`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A reason that somebody else wrote may have several lines.
        write!(f, "{:<7} {}: {}", self.level.as_str(), self.area, self.what.replace('\n', " "))?;
        self.remedy.iter().try_for_each(|remedy| write!(f, ": {remedy}"))
    }
}
