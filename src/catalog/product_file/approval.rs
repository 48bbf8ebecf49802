//! The `approval` section of a product file.

use std::collections::BTreeSet;

use crate::domain::approval::{MOST_OPTIONS, names_too_few};
use crate::domain::catalog::{ApprovalConfirm, ApprovalMode, ApprovalRule, Approvers, RuleFor, Stage};
use crate::domain::period::Period;
use crate::domain::principal::Principal;
use cloudformation::ParameterKind;
use cloudformation::document::{Node, Problem, Reader, Value};

use super::conditions::{auto_condition, conditions};
use super::context::Context;
use super::references::parameter;
use super::terms::{at_least_one, some_time};

/// A Step Functions execution runs for a year at most, and must outlast the approval.
const LONGEST_TIMEOUT: Period = Period::days(360);

const MODES: [(&str, ApprovalMode); 2] = [("auto", ApprovalMode::Auto), ("required", ApprovalMode::Required)];

const CONFIRM: [(&str, ApprovalConfirm); 2] =
    [("click", ApprovalConfirm::Click), ("type-the-name", ApprovalConfirm::TypeTheName)];

pub(super) fn approval(
    reader: Reader<'_>,
    has_cost: bool,
    never_shown: &BTreeSet<String>,
    context: &Context<'_>,
) -> ApprovalRule {
    let auto_when = reader.maps("auto_when");
    let section = approver_section(&reader);
    let usual = Stage { approvers: Approvers::Team, needed: 1, silent: Vec::new() };
    let (first, stages) = match section {
        ApproverSection::One(stage) => (stage, Vec::new()),
        ApproverSection::Several(stages) => (usual, stages),
        ApproverSection::AsUsual => (usual, Vec::new()),
    };
    let rule = ApprovalRule {
        mode: reader.choice("mode", &MODES).unwrap_or(ApprovalMode::Required),
        auto_when: auto_when.into_iter().filter_map(|one| auto_condition(one, has_cost, context)).collect(),
        // A rule that omits a key falls back on `first`.
        rules: reader.maps("rules").into_iter().map(|one| rule_for(one, &first, has_cost, context)).collect(),
        approvers: first.approvers,
        needed: first.needed,
        silent: first.silent,
        stages,
        timeout: timeout(&reader),
        remind_after: some_time(&reader, "remind_after", Period::hours(4)),
        escalate_after: some_time(&reader, "escalate_after", Period::hours(12)),
        self_approval: reader.boolean("self_approval").unwrap_or(false),
        confirm: reader.choice("confirm", &CONFIRM).unwrap_or_default(),
        may_reduce: may_reduce(&reader, never_shown, context),
    };
    reader.finish();
    rule
}

/// Parses the parameters that approvers may reduce. Their values must be ordered, and approvers must be able
/// to see them.
fn may_reduce(reader: &Reader<'_>, never_shown: &BTreeSet<String>, context: &Context<'_>) -> Vec<String> {
    let named = reader.list_of_texts("may_reduce").unwrap_or_default();
    for (place, key) in named.iter().enumerate() {
        if named[..place].contains(key) {
            reader.report("may_reduce", format!("`approval.may_reduce` names `{key}` twice"), "name it once");
        }
        let Some(parameter) = parameter(reader, "may_reduce", key, context) else { continue };
        let is_ordered = match parameter.allowed_values.len() {
            0 => parameter.kind == ParameterKind::Number,
            // The order in the template counts as the order from small to large.
            several => several <= MOST_OPTIONS && !parameter.kind.is_list(),
        };
        if never_shown.contains(key) {
            reader.report("may_reduce", format!("`{key}` is not in the form"), "remove it");
        } else if !is_ordered || parameter.no_echo {
            let problem = format!("the values of `{key}` have no order, so none is smaller");
            let remedy = format!(
                "name a number, or a parameter with {MOST_OPTIONS} `AllowedValues` at most, from small to large"
            );
            reader.report("may_reduce", problem, remedy);
        }
    }
    named
}

fn timeout(reader: &Reader<'_>) -> Period {
    let timeout = some_time(reader, "timeout", Period::hours(24));
    if timeout > LONGEST_TIMEOUT {
        let problem = format!("`approval.timeout` is {timeout}, longer than an execution can wait");
        reader.report("timeout", problem, format!("write {LONGEST_TIMEOUT} at most"));
    }
    timeout
}

/// The approvers that a section names.
enum ApproverSection {
    /// It names none, so the default applies.
    AsUsual,
    /// One group of approvers.
    One(Stage),
    /// Several stages, one after the other.
    Several(Vec<Stage>),
}

/// The keys of a section with one group of approvers.
const AT_ONCE: [&str; 4] = ["approvers", "needed", "silent", QUIET];

fn approver_section(reader: &Reader<'_>) -> ApproverSection {
    let several: Vec<Stage> = reader.maps("stages").into_iter().map(one_stage).collect();
    let at_once = AT_ONCE.into_iter().find(|key| reader.has(key));
    // Mark them as known even if they are not read here, so that a misspelt key gets the right suggestion.
    for key in AT_ONCE {
        reader.node(key);
    }
    if reader.has("stages") {
        if let Some(key) = at_once {
            let problem =
                format!("`{}` stands beside `stages`, which says who is asked", reader.path_of(key));
            reader.report(key, problem, "move it into a stage");
        }
        if several.is_empty() {
            reader.report("stages", "`stages` is empty", "write for example `stages: [{approvers: team}]`");
            return ApproverSection::AsUsual;
        }
        if names_too_few(&several) {
            let problem = "the stages name too few people: nobody counts twice";
            reader.report("stages", problem, "name more approvers, or lower `needed`");
        }
        return ApproverSection::Several(several);
    }
    if at_once.is_some() { ApproverSection::One(stage(reader)) } else { ApproverSection::AsUsual }
}

fn one_stage(reader: Reader<'_>) -> Stage {
    let stage = stage(&reader);
    reader.finish();
    stage
}

fn stage(reader: &Reader<'_>) -> Stage {
    let approvers = approvers(reader);
    Stage { needed: needed(reader, &approvers), approvers, silent: silent(reader) }
}

/// Parses a rule. Its approver list replaces the default; fields it omits keep their defaults.
fn rule_for(reader: Reader<'_>, usual: &Stage, has_cost: bool, context: &Context<'_>) -> RuleFor {
    let when = conditions(&reader, has_cost, context);
    let mode = reader.choice("mode", &MODES);
    let stages = match approver_section(&reader) {
        ApproverSection::AsUsual => Vec::new(),
        ApproverSection::Several(stages) => stages,
        ApproverSection::One(stage) => vec![Stage {
            approvers: if reader.has("approvers") { stage.approvers } else { usual.approvers.clone() },
            needed: if reader.has("needed") { stage.needed } else { usual.needed },
            silent: if names_silent(&reader) { stage.silent } else { usual.silent.clone() },
        }],
    };
    if mode == Some(ApprovalMode::Auto) && !stages.is_empty() {
        let problem = format!("`{}` asks nobody and yet names approvers", reader.path());
        reader.report("mode", problem, "remove `mode: auto`, or the approvers");
    }
    reader.finish();
    RuleFor { when, mode: mode.unwrap_or(ApprovalMode::Required), stages }
}

fn approvers(reader: &Reader<'_>) -> Approvers {
    let Some(node) = reader.node("approvers") else {
        return Approvers::Team;
    };
    let listed = match node.as_text() {
        Some("team") => return Approvers::Team,
        Some("manager") => return Approvers::Manager,
        Some(principal) => vec![principal.to_owned()],
        None => reader.list_of_texts("approvers").unwrap_or_default(),
    };
    if listed.is_empty() && node.as_list().is_some_and(<[_]>::is_empty) {
        let problem = format!("`{}` is empty, so nobody could approve", reader.path_of("approvers"));
        reader.report("approvers", problem, HOW_TO_NAME);
    }
    Approvers::Listed(listed.iter().filter_map(|text| principal(reader, "approvers", text)).collect())
}

const HOW_TO_NAME: &str =
    "write `team`, `manager`, or a list of user ids (`U…`), group ids (`S…`) or e-mail addresses";

fn principal(reader: &Reader<'_>, key: &str, text: &str) -> Option<Principal> {
    let principal = Principal::parse(text);
    if principal.is_none() {
        let remedy = Principal::remedy(text).unwrap_or(HOW_TO_NAME);
        reader.report(key, format!("`{text}` is not a Slack person or group"), remedy);
    }
    principal
}

/// The name of `silent` in earlier versions; still read.
const QUIET: &str = "quiet";

/// Adds a warning for each key of an approval section that is called differently now.
pub(super) fn renamed_keys(section: &Node, problems: &mut Vec<Problem>) {
    match &section.value {
        Value::Map(entries) => {
            for entry in entries {
                if entry.key == QUIET {
                    let problem = format!("`{QUIET}` is called `silent` now");
                    problems.push(Problem::new(entry.line, problem, "rename it"));
                }
                // Stages and rules have approvers of their own, so the key may be at any depth.
                renamed_keys(&entry.value, problems);
            }
        }
        Value::List(nodes) => nodes.iter().for_each(|node| renamed_keys(node, problems)),
        Value::Scalar { .. } => {}
    }
}

fn names_silent(reader: &Reader<'_>) -> bool {
    reader.has("silent") || reader.has(QUIET)
}

fn silent(reader: &Reader<'_>) -> Vec<Principal> {
    let key = if reader.has("silent") { "silent" } else { QUIET };
    if key == "silent" && reader.has(QUIET) {
        let problem =
            format!("`{}` is the former name of `silent`, which is there as well", reader.path_of(QUIET));
        reader.report(QUIET, problem, "keep only `silent`");
    }
    let named = reader.list_of_texts(key).unwrap_or_default();
    named.iter().filter_map(|text| principal(reader, key, text)).collect()
}

fn needed(reader: &Reader<'_>, approvers: &Approvers) -> u32 {
    let needed = at_least_one(reader, "needed", 1);
    let Approvers::Listed(listed) = approvers else { return needed };
    // Only Slack knows how many members a group has.
    let only_people = listed.iter().all(|principal| !matches!(principal, Principal::Group(_)));
    if only_people && !listed.is_empty() && usize::try_from(needed).is_ok_and(|needed| needed > listed.len())
    {
        let problem = format!("{needed} different approvers are needed and {} named", listed.len());
        reader.report("needed", problem, "name more approvers, or lower `needed`");
    }
    needed
}
