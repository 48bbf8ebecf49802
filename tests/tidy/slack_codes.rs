//! Slack's error codes: whatever the program looks for and whatever a journey has Slack answer is documented.

use playground::Method;

use crate::source::{none, read, rust_files, shipped};

/// What stands between `begin` and `end`, wherever that is in the text.
fn between<'t>(text: &'t str, begin: &'t str, end: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(begin).skip(1).filter_map(move |rest| rest.split_once(end)).map(|(inside, _)| inside)
}

/// The texts in quotes.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

fn is_code(literal: &str) -> bool {
    !literal.is_empty() && literal.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The codes that a file compares answers of Slack with.
fn codes(text: &str) -> Vec<&str> {
    let asked = between(text, ".is(&[", "]").flat_map(literals);
    let compared = text.split("code == \"").skip(1).filter_map(|rest| rest.split('"').next());
    let lists = between(text, "[&str;", ";\n").filter_map(|rest| rest.split_once('='));
    let lists = lists.map(|(_, list)| literals(list).collect::<Vec<_>>());
    let lists = lists.filter(|list| list.iter().all(|literal| is_code(literal)));
    asked.chain(compared).chain(lists.flatten()).collect()
}

#[test]
fn every_code_of_slack_that_the_program_knows_is_documented_for_a_method_it_calls() {
    let (mut known, mut problems) = (0, Vec::new());
    for (path, lines) in shipped() {
        if !path.starts_with("src/slack/client/") && !path.starts_with("src/slack/checkup/") {
            continue;
        }
        for code in codes(&lines.join("\n")) {
            known += 1;
            let documents = |method| Method::named(method).is_some_and(|method| method.documents(code));
            if !Method::names().any(documents) {
                problems.push(format!(
                    "{path}: `{code}` is no error in crates/playground/src/web_api/methods.json"
                ));
            }
        }
    }
    assert!(known > 60, "only {known} codes were found: does this test still read them?");
    none(&problems);
}

/// Method and code of each call that has literals for both, such as `fail_next("chat.update", "update_failed")`.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let calls = ["expects_slack_to_refuse(", "fail_next(", "fail_always("];
    let calls = calls.into_iter().flat_map(|call| between(text, call, ";"));
    calls
        .filter_map(|inside| match literals(inside).collect::<Vec<_>>().as_slice() {
            [method, code] => Some((*method, *code)),
            _ => None,
        })
        .collect()
}

#[test]
fn whatever_a_test_has_slack_answer_is_documented() {
    let (mut known, mut problems) = (0, Vec::new());
    for path in ["tests/it", "tests/torture", "crates/playground/src/tests"].into_iter().flat_map(rust_files)
    {
        let text = read(&path);
        for (method, code) in pairs(&text).into_iter().filter(|(method, _)| method.contains('.')) {
            known += 1;
            if !Method::named(method).is_some_and(|method| method.documents(code)) {
                problems.push(format!("{path}: `{code}` is no error of {method} in methods.json"));
            }
        }
    }
    assert!(known > 30, "only {known} answers were found: does this test still read them?");
    none(&problems);
}

#[test]
fn codes_are_found_in_lists_questions_and_comparisons() {
    let text = "const GONE: [&str; 2] =\n    [\"a_b\", \"c\"];\nconst HOSTS: [&str; 1] = [\"x.com\"];\n\
                if failure.is(&[\"d\"]) || code == \"e\" {}";
    assert_eq!(codes(text), ["d", "e", "a_b", "c"]);
    let text = "slack.fail_next(\n \"chat.update\",\n \"a\");\nslack.fail_always(\"b.c\", Some(\"d\"));\nfail_next(method, \"e\");";
    assert_eq!(pairs(text), [("chat.update", "a"), ("b.c", "d")]);
}
