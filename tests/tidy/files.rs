//! Every file by itself: how long it may be, how it begins, and what never stands in one.

use crate::source::{code, files_under, has_extension, has_word, none, read, shipped, source_files};

/// Longest source file, test modules not counted.
const LONGEST: usize = 500;

/// Files with text that is not ours to change.
const VERBATIM: [&str; 2] = ["LICENSE", "Cargo.lock"];

/// Words that say nothing about what a module holds.
const EMPTY_NAMES: [&str; 8] = ["manager", "helper", "helpers", "util", "utils", "common", "misc", "service"];

fn is_text(path: &str) -> bool {
    !VERBATIM.contains(&path) && !["png", "gif", "ico"].iter().any(|kind| has_extension(path, kind))
}

/// Every file of ours that is text, with what it says.
fn texts() -> impl Iterator<Item = (String, String)> {
    let here = |path: &String| is_text(path) && path != "tests/tidy/files.rs";
    files_under("").into_iter().filter(here).map(|path| {
        let text = read(&path);
        (path, text)
    })
}

#[test]
fn no_source_file_is_too_long_to_read_at_one_sitting() {
    let long = shipped().into_iter().filter(|(_, lines)| lines.len() > LONGEST);
    let problems: Vec<String> = long
        .map(|(path, lines)| format!("{path}: {} lines, split it below {LONGEST}", lines.len()))
        .collect();
    none(&problems);
}

#[test]
fn every_module_says_what_belongs_in_it() {
    let silent = shipped()
        .into_iter()
        .filter(|(_, lines)| !lines.first().is_some_and(|line| line.starts_with("//! ")));
    let problems: Vec<String> = silent.map(|(path, _)| format!("{path}: begin with a `//!` line")).collect();
    none(&problems);
}

#[test]
fn every_module_is_named_for_what_it_holds() {
    let mut problems = Vec::new();
    for path in source_files() {
        // The one name with such a word in it that is AWS's own.
        let own = path.replace("service_catalog", "");
        let empty = own.split(['/', '.', '_']).find(|word| EMPTY_NAMES.contains(word)).map(str::to_owned);
        problems.extend(empty.map(|word| format!("{path}: `{word}` says nothing, name what is in it")));
    }
    none(&problems);
}

#[test]
fn what_is_left_to_do_names_its_issue() {
    let mut problems = Vec::new();
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            let bare = has_word(line, "FIXME") || (has_word(line, "TODO") && !line.contains("TODO(#"));
            problems.extend(bare.then(|| format!("{path}:{}: write `TODO(#12): …` or do it", number + 1)));
        }
    }
    none(&problems);
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    let places = ["/work/", "/root/", "/home/", "/Users/", "/tmp/"];
    let mut problems = Vec::new();
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            let named = places.iter().find(|place| begins_a_path(line, place));
            problems.extend(
                named.map(|place| format!("{path}:{}: `{place}` is a place on one machine", number + 1)),
            );
        }
    }
    none(&problems);
}

/// Whether an absolute path of `place` stands on the line: a word follows it and no path leads to it.
fn begins_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + place.len()..].chars().next();
        let inside_a_path = before.is_some_and(|c| c.is_alphanumeric() || "_-./:}".contains(c));
        !inside_a_path && after.is_some_and(char::is_alphanumeric)
    })
}

#[test]
fn text_ends_in_one_line_break_and_has_no_trailing_blanks() {
    let mut problems = Vec::new();
    // rustfmt looks after Rust, where a snapshot may well have blanks at the end of a line.
    let as_sent = |path: &str| path.starts_with("tests/wire/") || has_extension(path, "rs");
    for (path, text) in texts().filter(|(path, _)| !as_sent(path)) {
        let ragged = text.lines().position(|line| line.ends_with([' ', '\t']));
        problems.extend(ragged.map(|line| format!("{path}:{}: blanks at the end", line + 1)));
        let ended = text.is_empty() || (text.ends_with('\n') && !text.ends_with("\n\n"));
        problems.extend((!ended).then(|| format!("{path}: end it with one line break")));
    }
    none(&problems);
}

#[test]
fn only_the_settings_read_the_environment() {
    let readers: Vec<String> = shipped()
        .into_iter()
        .filter(|(_, lines)| lines.iter().any(|line| code(line).contains("env::var")))
        .map(|(path, _)| path)
        .filter(|path| !path.starts_with("src/config/"))
        .collect();
    none(&readers);
}

/// Slack shows such a token in the reader's own time zone and language; without it everybody would read UTC.
#[test]
fn a_moment_is_shown_to_people_by_slacks_date_token_alone() {
    let writers = ["src/slack/mrkdwn.rs"];
    let mut problems = Vec::new();
    for (path, lines) in shipped() {
        let shows =
            ["src/slack/", "src/portal/", "src/domain/"].iter().any(|folder| path.starts_with(folder));
        for (number, line) in lines.iter().enumerate().filter(|_| shows && !writers.contains(&&*path)) {
            let bare = code(line).contains("%H") || code(line).contains("%Y-%m-%d");
            problems.extend(bare.then(|| format!("{path}:{}: use `mrkdwn::date_time` or `day`", number + 1)));
        }
    }
    none(&problems);
    for path in writers {
        assert!(read(path).contains("<!date^{}^"), "{path} writes no date token");
    }
}

#[test]
fn the_changelog_has_a_place_for_what_comes_next() {
    let text = read("CHANGELOG.md");
    for line in ["## [Unreleased]", "Slack scopes", "IAM actions", "Table shape", "State machine"] {
        assert!(text.contains(line), "CHANGELOG.md: add `{line}`");
    }
}
