//! The folder of an operator, and the program run in it as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder as an operator keeps it: settings, a catalog, the store.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new(listen: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            r#"
[server]
listen = "{listen}"
[slack]
approvals_channel = "C0APPROVALS"
burst = 0
[simulated]
step = "0s"
[[teams]]
name = "payments"
members = ["U0ALICE"]
approvers = ["U0MORGAN"]
channel = "C0PAYMENTS"
"#
        );
        std::fs::write(folder.path().join("quartermaster.toml"), settings).unwrap();
        let catalog = folder.path().join("catalog");
        std::fs::create_dir(&catalog).unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog"), &catalog);
        Self { folder }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file(name)).unwrap();
        assert!(text.contains(from), "{name} does not contain {from}");
        std::fs::write(self.file(name), text.replace(from, to)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quartermaster"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command
    }

    pub(crate) fn runs(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

/// Copies a folder with everything in it.
pub(super) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// What a command said and how it ended.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let parts = [out, err].into_iter().filter(|part| !part.is_empty());
    format!("{}\nexit {}", parts.collect::<Vec<_>>().join("\n"), output.status.code().unwrap())
}
