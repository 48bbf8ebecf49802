//! What the commands print. Reading arguments and leaving with an exit code belongs to the program's entry.

pub mod catalog;

/// What a command has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// Text for standard output, ending in a line break unless empty.
    pub text: String,
    /// Whether the exit code is 0.
    pub ok: bool,
}
