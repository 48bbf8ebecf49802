//! docs/features.md against the tests: every feature names a test that exists, every journey belongs to a feature.

use std::collections::BTreeSet;

use crate::source::{has_extension, none, quoted, read, root, rust_files, tests_in};

/// The rows of the tables: number of the line, and the tests it names as (path, function).
fn named() -> Vec<(usize, Vec<(String, String)>)> {
    let text = read("docs/features.md");
    let lines = text.lines().enumerate().filter(|(_, line)| line.starts_with("| "));
    let rows = lines.filter(|(_, line)| *line != "| What | Test |" && !line.starts_with("| --"));
    rows.map(|(number, line)| {
        let tests = quoted(line).into_iter().filter_map(|word| word.split_once("::"));
        let tests = tests.filter(|(path, _)| has_extension(path, "rs"));
        (number + 1, tests.map(|(path, name)| (path.to_owned(), name.to_owned())).collect())
    })
    .collect()
}

#[test]
fn every_feature_names_a_test_that_exists() {
    let rows = named();
    assert!(rows.len() > 20, "docs/features.md was not understood");
    let mut problems = Vec::new();
    for (line, tests) in rows {
        if tests.is_empty() {
            problems.push(format!("docs/features.md:{line}: name a test as `path/to/file.rs::its_name`"));
        }
        for (path, name) in tests {
            let exists = root().join(&path).is_file() && tests_in(&path).contains(&name);
            problems
                .extend((!exists).then(|| format!("docs/features.md:{line}: there is no `{path}::{name}`")));
        }
    }
    none(&problems);
}

#[test]
fn every_journey_belongs_to_a_feature() {
    let named: BTreeSet<(String, String)> = named().into_iter().flat_map(|(_, tests)| tests).collect();
    let mut problems = Vec::new();
    for path in rust_files("tests").into_iter().filter(|path| path.starts_with("tests/it/")) {
        for name in tests_in(&path) {
            if !named.contains(&(path.clone(), name.clone())) {
                problems.push(format!("docs/features.md: add `{path}::{name}` to a line"));
            }
        }
    }
    none(&problems);
}

#[test]
fn what_a_suite_leaves_out_is_there() {
    let (mut named, mut problems) = (0, Vec::new());
    for script in [".ci/socket", ".ci/aws"] {
        let text = read(script);
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
        for (word, (file, test)) in words.filter_map(|word| Some((word, word.split_once("::")?))) {
            named += 1;
            let path = format!("tests/it/{file}.rs");
            let is_there = rust_files("tests/it").contains(&path)
                && (test.is_empty() || tests_in(&path).iter().any(|name| name.starts_with(test)));
            problems.extend((!is_there).then(|| format!("{script}: there is no `{word}` to leave out")));
        }
    }
    assert!(named > 20, "{named}: the scripts were not understood");
    none(&problems);
}
