//! infra/provisioning.asl.json: what no validator of state machines looks at. What each message means is in
//! infra/README.md; the same machine in-process is `src/local/workflow.rs`.

use std::collections::BTreeSet;

use quartermaster::domain::job::Resume;
use serde_json::{Map, Value};

use crate::source::{none, read};

const FILE: &str = "infra/provisioning.asl.json";
const CALLBACK: &str = "arn:aws:states:::sns:publish.waitForTaskToken";
const PUBLISH: &str = "arn:aws:states:::sns:publish";

/// What every message holds, whatever it says.
const ENVELOPE: [&str; 6] = ["type", "version", "requestId.$", "execution.$", "state.$", "entered.$"];

/// Everything that a path may read: the ids and timeouts of the input, and what a catcher puts beside them.
const READABLE: [&str; 4] = ["$.requestId", "$.autoApprove", "$.approvalTimeoutSeconds", "$.error.Error"];

/// What the bot may answer a waiting task with beside success.
const ANSWERS: [Resume; 4] =
    [Resume::Denied, Resume::Cancelled, Resume::TimedOut, Resume::ProvisioningFailed];

fn states() -> Map<String, Value> {
    let machine: Value = serde_json::from_str(&read(FILE)).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    machine["States"].as_object().cloned().unwrap_or_default()
}

fn waiting() -> Vec<(String, Value)> {
    states().into_iter().filter(|(_, state)| state["Resource"] == CALLBACK).collect()
}

fn ends() -> Vec<(String, Value)> {
    states().into_iter().filter(|(_, state)| state["End"] == true).collect()
}

/// The errors that a catcher or a retrier is for.
fn errors(of: &Value) -> Vec<&str> {
    of["ErrorEquals"].as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn list<'a>(state: &'a Value, key: &str) -> &'a [Value] {
    state[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Where an error leads: the first catcher that names it counts.
fn caught<'a>(state: &'a Value, error: &str) -> Option<&'a str> {
    let catcher = list(state, "Catch").iter().find(|catcher| errors(catcher).contains(&error));
    catcher?["Next"].as_str()
}

fn message(state: &Value) -> BTreeSet<String> {
    let message = state["Parameters"]["Message"].as_object();
    message.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

/// Every text in the machine with the key it stands under.
fn texts<'a>(key: &'a str, value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    found.extend(value.as_str().map(|text| (key, text)));
    value.as_array().into_iter().flatten().for_each(|element| texts(key, element, found));
    value.as_object().into_iter().flatten().for_each(|(key, value)| texts(key, value, found));
}

#[test]
fn the_machine_has_the_states_that_people_and_the_local_workflow_know() {
    let mut names: Vec<String> = states().keys().cloned().collect();
    names.sort();
    insta::assert_snapshot!(names.join(" "), @"CheckAutoApprove ProvisionResource ProvisioningFailed RequestApproval RequestCancelled RequestDenied RequestTimedOut UpdateStatus");
    let local = read("src/local/workflow.rs");
    let foreign = names.iter().filter(|name| !local.contains(name.as_str()));
    none(&foreign.map(|name| format!("src/local/workflow.rs: has no {name}")).collect::<Vec<_>>());
}

#[test]
fn every_wait_of_the_machine_passes_its_token_and_ends_by_itself() {
    let mut problems = Vec::new();
    for (name, state) in waiting() {
        if state["Parameters"]["Message"]["taskToken.$"] != "$$.Task.Token" {
            problems.push(format!("{FILE}: {name} does not pass its token: nobody could ever resume it"));
        }
        let timeout = state["TimeoutSeconds"].as_u64().is_some_and(|seconds| seconds > 0)
            || state["TimeoutSecondsPath"].is_string();
        problems.extend((!timeout).then(|| format!("{FILE}: {name} may wait for a year")));
        // The bot would have to send a heartbeat for every request that waits for a person.
        let beats = state["HeartbeatSeconds"].is_number() || state["HeartbeatSecondsPath"].is_string();
        problems.extend(beats.then(|| format!("{FILE}: {name} wants heartbeats")));
    }
    assert_eq!(waiting().len(), 2, "{FILE}: who waits?");
    none(&problems);
}

#[test]
fn every_wait_of_the_machine_catches_each_answer_the_timeout_and_at_the_end_all_else() {
    let mut problems = Vec::new();
    let ends: BTreeSet<String> = ends().into_iter().map(|(name, _)| name).collect();
    for (name, state) in waiting() {
        let catchers = list(&state, "Catch");
        for error in ANSWERS.iter().filter_map(Resume::error).chain(["States.Timeout"]) {
            let caught = caught(&state, error);
            problems.extend(caught.is_none().then(|| format!("{FILE}: {name} does not catch {error}")));
        }
        let (last, before) = catchers.split_last().unwrap();
        problems.extend(
            (errors(last) != ["States.ALL"]).then(|| format!("{FILE}: {name} has to catch all else last")),
        );
        let early = before.iter().any(|catcher| {
            errors(catcher).iter().any(|error| ["States.ALL", "States.TaskFailed"].contains(error))
        });
        problems.extend(early.then(|| format!("{FILE}: {name} catches all before the end")));
        for catcher in catchers {
            let next = catcher["Next"].as_str().unwrap_or_default();
            let known = ends.contains(next);
            problems
                .extend((!known).then(|| format!("{FILE}: {name} catches into `{next}`, which is no end")));
        }
    }
    none(&problems);
}

#[test]
fn an_answer_of_the_bot_leads_to_the_end_that_says_it() {
    for (name, state) in waiting() {
        let ends =
            ANSWERS.map(|answer| caught(&state, answer.error().unwrap()).unwrap_or_default().to_owned());
        assert_eq!(
            ends,
            ["RequestDenied", "RequestCancelled", "RequestTimedOut", "ProvisioningFailed"],
            "{FILE}: {name}"
        );
        let (first, others) = list(&state, "Retry").split_first().unwrap();
        let answered: BTreeSet<&str> = ANSWERS.iter().filter_map(Resume::error).collect();
        assert_eq!(errors(first).into_iter().collect::<BTreeSet<_>>(), answered, "{FILE}: {name}");
        assert_eq!(first["MaxAttempts"], 0, "{FILE}: {name} would ask again after an answer");
        let endless = others.iter().any(|retrier| retrier["MaxAttempts"].as_u64().is_none_or(|n| n > 10));
        assert!(!endless, "{FILE}: {name} retries too often");
    }
}

#[test]
fn every_end_of_the_machine_publishes_its_outcome() {
    let mut problems = Vec::new();
    for (name, state) in states() {
        let is_end = ["Succeed", "Fail"].iter().any(|kind| state["Type"] == *kind);
        problems.extend(is_end.then(|| format!("{FILE}: {name} ends without a word")));
    }
    for (name, state) in ends() {
        let says = &state["Parameters"]["Message"];
        let published = state["Resource"] == PUBLISH
            && says["type"] == "execution.ended"
            && says["outcome.$"] == "$$.State.Name";
        problems.extend((!published).then(|| format!("{FILE}: {name} does not publish its outcome")));
    }
    assert_eq!(ends().len(), 5, "{FILE}: which states end it?");
    none(&problems);
}

#[test]
fn every_message_of_the_machine_has_the_whole_envelope_and_goes_to_the_one_topic() {
    for (name, state) in states().into_iter().filter(|(_, state)| state["Type"] == "Task") {
        let says = message(&state);
        let lacks: Vec<&str> = ENVELOPE.into_iter().filter(|field| !says.contains(*field)).collect();
        assert!(lacks.is_empty(), "{FILE}: {name} does not say {lacks:?}");
        assert_eq!(state["Parameters"]["Message"]["version"], 1, "{FILE}: {name}");
        assert_eq!(state["Parameters"]["TopicArn"], "${ApprovalTopicArn}", "{FILE}: {name}");
    }
}

#[test]
fn nothing_of_the_input_of_the_machine_is_lost() {
    let keeps = |path: &Value| path.as_str().is_some_and(|path| path.starts_with("$.") && path.len() > 2);
    let mut problems = Vec::new();
    for (name, state) in states() {
        let makes = ["Task", "Pass", "Map", "Parallel"].iter().any(|kind| state["Type"] == *kind);
        let lost = makes && !keeps(&state["ResultPath"]);
        problems.extend(lost.then(|| format!("{FILE}: the result of {name} replaces the input")));
        let lost = list(&state, "Catch").iter().any(|catcher| !keeps(&catcher["ResultPath"]));
        problems.extend(lost.then(|| format!("{FILE}: an error that {name} catches replaces the input")));
        for cut in ["InputPath", "OutputPath", "ResultSelector"] {
            let cuts = state.get(cut).is_some();
            problems.extend(cuts.then(|| format!("{FILE}: {name} has {cut}, which may drop the input")));
        }
    }
    none(&problems);
}

#[test]
fn the_machine_reads_ids_and_timeouts_and_nothing_that_a_person_typed() {
    let machine: Value = serde_json::from_str(&read(FILE)).unwrap();
    let mut found = Vec::new();
    texts("", &machine, &mut found);
    let mut problems = Vec::new();
    for (key, path) in found.into_iter().filter(|(_, text)| text.starts_with("$.")) {
        let read = key.ends_with(".$") || ["Variable", "TimeoutSecondsPath"].contains(&key);
        let foreign = read && !READABLE.contains(&path);
        problems
            .extend(foreign.then(|| format!("{FILE}: `{key}` reads `{path}`: the input has no such thing")));
    }
    none(&problems);
}
