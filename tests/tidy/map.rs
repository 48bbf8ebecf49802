//! The map in ARCHITECTURE.md against the folders it describes, and the words of the docs against the code.

use std::collections::BTreeSet;

use quartermaster::domain::request::StatusName;

use crate::source::{
    files_under, has_extension, is_in_src, none, quoted, read, rust_files, source_files, tests_in,
};

/// The folders in the rows of the code map.
fn mapped() -> BTreeSet<String> {
    let text = read("ARCHITECTURE.md");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let folders = rows.filter_map(|row| quoted(row).first().map(|folder| (*folder).to_owned()));
    folders.filter(|folder| is_in_src(folder)).collect()
}

/// Every folder that has a file, in the `src/` of a package.
fn folders() -> BTreeSet<String> {
    let folder_of = |path: &String| path.rsplit_once('/').map(|(folder, _)| format!("{folder}/"));
    let files = [files_under("src"), files_under("crates")].concat();
    files.iter().filter(|path| is_in_src(path)).filter_map(folder_of).collect()
}

#[test]
fn the_code_map_has_a_row_for_every_folder_and_no_other() {
    let (mapped, folders) = (mapped(), folders());
    let missing =
        folders.difference(&mapped).map(|folder| format!("ARCHITECTURE.md: add a row for `{folder}`"));
    let gone = mapped.difference(&folders).map(|folder| format!("ARCHITECTURE.md: there is no `{folder}`"));
    none(&missing.chain(gone).collect::<Vec<_>>());
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let text = read("ARCHITECTURE.md");
    let section = text.split("\n## ").find(|section| section.starts_with("Invariants")).unwrap_or_default();
    let known: BTreeSet<String> =
        [source_files(), rust_files("tests")].concat().iter().flat_map(|path| tests_in(path)).collect();
    let invariants: Vec<&str> = section.split("\n1. ").skip(1).collect();
    assert!(invariants.len() > 5, "ARCHITECTURE.md: the section Invariants was not understood");
    let mut problems = Vec::new();
    for invariant in invariants {
        let named: Vec<&str> =
            quoted(invariant).into_iter().filter(|word| word.matches('_').count() > 2).collect();
        if named.is_empty() {
            problems.push(format!("ARCHITECTURE.md: which test holds this? {invariant}"));
        }
        let gone = named.into_iter().filter(|name| !known.contains(*name));
        problems.extend(gone.map(|name| format!("ARCHITECTURE.md: there is no test `{name}`")));
    }
    none(&problems);
}

/// So many words has a name that can only be a test's.
const WORDS_OF_A_TEST: usize = 6;

#[test]
fn every_test_that_the_docs_name_exists() {
    let known: BTreeSet<String> =
        [source_files(), rust_files("tests")].concat().iter().flat_map(|path| tests_in(path)).collect();
    let is_a_name = |word: &&str| {
        word.split('_').count() >= WORDS_OF_A_TEST
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let (mut named, mut problems) = (0, Vec::new());
    for path in files_under("").iter().filter(|path| has_extension(path, "md")) {
        let text = read(path);
        for name in text.lines().flat_map(quoted).filter(is_a_name) {
            named += 1;
            // A name of a metric is as long.
            let is_gone = !known.contains(name) && !name.starts_with("quartermaster_");
            problems.extend(is_gone.then(|| format!("{path}: there is no test `{name}`")));
        }
    }
    assert!(named > 20, "{named}: the docs were not understood");
    none(&problems);
}

#[test]
fn the_docs_explain_every_status_under_the_words_people_see() {
    let text = read("docs/operations.md");
    let documented: BTreeSet<(String, String)> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| {
            let mut cells = line.split('|').skip(1).map(str::trim);
            let word = cells.next()?.trim_matches('`').to_owned();
            let is_status = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            is_status.then(|| Some((word, cells.next()?.to_owned())))?
        })
        .collect();
    let real: BTreeSet<(String, String)> = StatusName::ALL
        .iter()
        .map(|status| (status.as_str().to_owned(), status.label().to_owned()))
        .collect();
    assert_eq!(documented, real, "docs/operations.md: the table of statuses");
}

#[test]
fn links_between_the_docs_lead_somewhere() {
    let known: BTreeSet<String> = files_under("").into_iter().collect();
    let mut problems = Vec::new();
    for path in known.iter().filter(|path| has_extension(path, "md")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in read(path).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || resolves(&known, folder, target) {
                continue;
            }
            problems.push(format!("{path}: `{link}` leads nowhere"));
        }
    }
    none(&problems);
}

fn resolves(known: &BTreeSet<String>, folder: &str, target: &str) -> bool {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let path = parts.join("/");
    known.contains(&path) || known.iter().any(|file| file.starts_with(&format!("{path}/")))
}
