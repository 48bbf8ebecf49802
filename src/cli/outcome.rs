//! How a command ends: with its output, or with the reason why it failed.

use crate::aws::SetupProblem;
use crate::catalog::FileProblem;
use crate::config::SettingsProblem;

/// Why a command failed, which determines its exit code.
#[derive(Debug)]
pub enum CommandFailure {
    /// The settings, the environment or the catalog are wrong, with a line for each problem. Exit code 2.
    Unusable(Vec<String>),
    /// The AWS account is not set up for these settings, or cannot be checked. Exit code 1.
    Account(Vec<SetupProblem>),
    /// The command found problems and has already printed them. Exit code 1.
    Found,
    /// Any other error. Exit code 1.
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for CommandFailure {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Vec<SettingsProblem>> for CommandFailure {
    fn from(problems: Vec<SettingsProblem>) -> Self {
        Self::Unusable(problems.iter().map(ToString::to_string).collect())
    }
}

impl From<Vec<FileProblem>> for CommandFailure {
    fn from(problems: Vec<FileProblem>) -> Self {
        Self::Unusable(problems.iter().map(ToString::to_string).collect())
    }
}

/// The output of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// Text for standard output; ends with a line break unless empty.
    pub text: String,
    /// Whether the command succeeded, so that the exit code is 0.
    pub ok: bool,
}

pub(super) fn show(output: &CommandOutput) -> Result<(), CommandFailure> {
    print(&output.text)?;
    if output.ok { Ok(()) } else { Err(CommandFailure::Found) }
}

/// Prints to standard output. A closed pipe is not an error; a full disk is.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write the result"))
        }
        _ => Ok(()),
    }
}
