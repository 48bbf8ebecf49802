//! What stands in for AWS in the tests: nothing of it is recorded, so it says where it is from, and a model of AWS's is
//! there for every call. That each answer keeps to its model is held where it is given, by `tests/model`.

use std::collections::BTreeSet;

use crate::infra::{NOT_SENT, at, rights_of_the_bot, texts};
use crate::source::{files_under, has_extension, none, read};

/// The services of rights, and the files of their models.
const MODELS: [(&str, &str); 7] = [
    ("ce", "ce"),
    ("cloudformation", "cloudcontrol"),
    ("dynamodb", "dynamodb"),
    ("servicecatalog", "servicecatalog"),
    ("sns", "sns"),
    ("sqs", "sqs"),
    ("states", "stepfunctions"),
];

/// A right, and no operation: a part of a transaction.
const PART: &str = "dynamodb:ConditionCheckItem";

/// So many lines are the head of a file.
const HEAD: usize = 40;

#[test]
fn every_operation_that_the_bot_may_call_has_a_model_of_awss() {
    let rights = rights_of_the_bot();
    let actions: BTreeSet<&str> = rights.iter().flat_map(|rights| texts(at(rights, "Action"))).collect();
    let mut problems = Vec::new();
    for action in actions {
        let (service, operation) = action.split_once(':').unwrap();
        if action == PART || NOT_SENT.iter().any(|(begin, _)| action.starts_with(begin)) {
            continue;
        }
        let file = MODELS.iter().find(|(known, _)| *known == service).map(|(_, file)| *file);
        let model = file.map(|file| read(&format!("tests/model/{file}.json"))).unwrap_or_default();
        if !model.contains(&format!("\n  \"{operation}\": {{\"input\": ")) {
            problems.push(format!("tests/model/models.py: {action} is missing"));
        }
    }
    none(&problems);
}

/// Files that hold such answers, or that hold them to something.
fn by_hand() -> Vec<String> {
    let answers = |text: &str| text.contains("answered(") || text.contains("answering(");
    let mut files =
        ["tests/contract", "tests/stand_in", "tests/model", "tests/deploy"].map(files_under).concat();
    files.retain(|path| {
        let is_stand_in = path == "tests/stand_in/mod.rs" || path == "tests/deploy/account.py";
        is_stand_in || has_extension(path, "json") || (has_extension(path, "rs") && answers(&read(path)))
    });
    files
}

#[test]
fn what_stands_in_for_aws_says_its_source_and_day_and_that_it_is_not_recorded() {
    let source = read("tests/model/ce.json");
    let version = source.split("botocore ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let (files, mut problems) = (by_hand(), Vec::new());
    assert!(files.len() > 14, "{files:?}");
    for path in files {
        let head = read(&path).lines().take(HEAD).collect::<Vec<_>>().join(" ").replace(" //! ", " ");
        for word in ["not recorded from AWS", "botocore", "2026-"] {
            if !head.contains(word) {
                problems.push(format!(
                    "{path}: its head lacks `{word}`: source, day, and that it is not recorded"
                ));
            }
        }
        let named = head
            .split("botocore ")
            .skip(1)
            .filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        if named.into_iter().any(|rest| !rest.starts_with(version)) {
            problems.push(format!("{path}: the models are of botocore {version}"));
        }
    }
    none(&problems);
}
