//! Reading this repository: its files, the part of a source file that ships, and the tests it defines.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no text of ours. In a worktree `.git` is a file.
const NOT_OURS: [&str; 9] = [
    ".git",
    "target",
    ".data",
    "ci-output",
    ".venv-lint",
    ".venv-aws",
    ".venv-bolt",
    ".venv-release",
    "node_modules",
];

/// Where the repository is.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file, by its path from the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// Every file under `folder` (`""` is the whole repository), by its path from the root, sorted.
pub(crate) fn files_under(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(relative) = path.strip_prefix(root()) {
            found.push(relative.to_string_lossy().into_owned());
        }
    }
}

/// Every Rust file under `folder`.
pub(crate) fn rust_files(folder: &str) -> Vec<String> {
    files_under(folder).into_iter().filter(|path| has_extension(path, "rs")).collect()
}

/// Every Rust file that the packages are built from: the bot's `src/`, and that of each folder of `crates/`.
pub(crate) fn source_files() -> Vec<String> {
    [rust_files("src"), rust_files("crates")].concat().into_iter().filter(|path| is_in_src(path)).collect()
}

/// Whether a file, or a folder, belongs to the `src/` of a package.
pub(crate) fn is_in_src(path: &str) -> bool {
    let inside = path.strip_prefix("crates/").and_then(|path| path.split_once('/')).map(|(_, inside)| inside);
    inside.unwrap_or(path).starts_with("src/")
}

/// Whether the path's file is of this kind, such as `rs`.
pub(crate) fn has_extension(path: &str, wanted: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == wanted)
}

/// Rust files of all packages that ship, each with the lines that do: no test modules, no files of them.
pub(crate) fn shipped() -> Vec<(String, Vec<String>)> {
    let tests = test_modules();
    source_files()
        .into_iter()
        .filter(|path| !tests.iter().any(|module| path.starts_with(module.as_str())))
        .map(|path| {
            let lines = shipped_lines(&read(&path));
            (path, lines)
        })
        .collect()
}

/// The lines before a file's test module.
fn shipped_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.windows(2).position(|pair| {
        pair[0].trim() == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    lines.into_iter().take(begins.unwrap_or(usize::MAX)).map(str::to_owned).collect()
}

/// Paths (without extension) of the modules that are declared under `#[cfg(test)]` and live in files of their own.
fn test_modules() -> Vec<String> {
    let mut modules = Vec::new();
    for path in source_files() {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let text = read(&path);
        let mut gated = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[") {
                gated |= line == "#[cfg(test)]";
                continue;
            }
            let declared = line.split_once("mod ").and_then(|(_, rest)| rest.strip_suffix(';'));
            if let Some(name) = declared.filter(|_| gated) {
                modules.push(format!("{folder}/{name}.rs"));
                modules.push(format!("{folder}/{name}/"));
            }
            gated = false;
        }
    }
    modules
}

/// A line without its comment. Strings that hold `//` are cut too, which only makes the rules look at less.
pub(crate) fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// Whether `word` stands in `text` with no letter, digit or underscore on either side.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// The names of the test functions in a Rust file.
pub(crate) fn tests_in(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in read(path).lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if marked && !line.starts_with("#[") && !line.starts_with("//") {
            let name = line.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
            names.extend(name.map(str::to_owned));
            marked = false;
        }
    }
    names
}

/// The texts between backticks on a line.
pub(crate) fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Fails with one line for each problem.
#[track_caller]
pub(crate) fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}
