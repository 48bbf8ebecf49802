//! The `approval` section of a product file.

use crate::document::Reader;
use crate::domain::catalog::{ApprovalMode, ApprovalRule, Approvers, AutoCondition, Principal};
use crate::domain::period::Period;

use super::Context;
use super::references::{check_value, parameter};
use super::terms::{at_least_one, some_time};

/// A Step Functions execution lives for a year at most and has to outlive the answer.
const LONGEST_TIMEOUT: Period = Period::days(360);

pub(super) fn approval(reader: Reader<'_>, has_cost: bool, context: &Context<'_>) -> ApprovalRule {
    let modes = [("auto", ApprovalMode::Auto), ("required", ApprovalMode::Required)];
    let conditions = reader.maps("auto_when");
    let approvers = approvers(&reader);
    let rule = ApprovalRule {
        mode: reader.choice("mode", &modes).unwrap_or(ApprovalMode::Required),
        auto_when: conditions.into_iter().filter_map(|one| condition(one, has_cost, context)).collect(),
        needed: needed(&reader, &approvers),
        approvers,
        timeout: timeout(&reader),
        remind_after: some_time(&reader, "remind_after", Period::hours(4)),
        escalate_after: some_time(&reader, "escalate_after", Period::hours(12)),
        self_approval: reader.boolean("self_approval").unwrap_or(false),
    };
    reader.finish();
    rule
}

fn timeout(reader: &Reader<'_>) -> Period {
    let timeout = some_time(reader, "timeout", Period::hours(24));
    if timeout > LONGEST_TIMEOUT {
        let what = format!("`approval.timeout` is {timeout}, longer than an execution can wait");
        reader.report("timeout", what, format!("write {LONGEST_TIMEOUT} at most"));
    }
    timeout
}

fn approvers(reader: &Reader<'_>) -> Approvers {
    let Some(node) = reader.node("approvers") else {
        return Approvers::Team;
    };
    let listed = match node.as_text() {
        Some("team") => return Approvers::Team,
        Some("manager") => {
            reader.report(
                "approvers",
                "`approvers: manager` is not available yet",
                "use `team` or a list of user ids and groups",
            );
            return Approvers::Team;
        }
        Some(one) => vec![one.to_owned()],
        None => reader.list_of_texts("approvers").unwrap_or_default(),
    };
    if listed.is_empty() && node.as_list().is_some_and(<[_]>::is_empty) {
        reader.report("approvers", "`approval.approvers` is empty, so nobody could approve", HOW_TO_NAME);
    }
    Approvers::Listed(listed.iter().filter_map(|text| principal(reader, text)).collect())
}

const HOW_TO_NAME: &str = "write `team`, or a list of user ids (`U…`), group ids (`S…`) or e-mail addresses";

fn principal(reader: &Reader<'_>, text: &str) -> Option<Principal> {
    let found = Principal::parse(text);
    if found.is_none() {
        reader.report("approvers", format!("`{text}` is no Slack person or group"), HOW_TO_NAME);
    }
    found
}

fn needed(reader: &Reader<'_>, approvers: &Approvers) -> u32 {
    let needed = at_least_one(reader, "needed", 1);
    let Approvers::Listed(listed) = approvers else { return needed };
    let only_people = listed.iter().all(|one| !matches!(one, Principal::Group(_)));
    if only_people && !listed.is_empty() && usize::try_from(needed).is_ok_and(|needed| needed > listed.len())
    {
        let what = format!("{needed} different approvers are needed and {} named", listed.len());
        reader.report("needed", what, "name more approvers, or lower `needed`");
    }
    needed
}

fn condition(reader: Reader<'_>, has_cost: bool, context: &Context<'_>) -> Option<AutoCondition> {
    let keys = ["monthly_cost_at_most", "parameter", "is"];
    let found = match keys.map(|key| reader.has(key)) {
        [true, false, false] => cost_condition(&reader, has_cost),
        [false, true, true] => parameter_condition(&reader, context),
        _ => {
            let what = format!("`{}` is no condition", reader.path());
            let remedy = "write `{parameter: Environment, is: [dev]}` or `{monthly_cost_at_most: 50}`";
            reader.report("", what, remedy);
            None
        }
    };
    for key in keys {
        reader.node(key);
    }
    reader.finish();
    found
}

fn cost_condition(reader: &Reader<'_>, has_cost: bool) -> Option<AutoCondition> {
    let key = "monthly_cost_at_most";
    let limit = reader.decimal(key)?;
    if !has_cost {
        let remedy = "add `cost` lines, or remove the condition";
        reader.report(key, "the product has no `cost` to compare with", remedy);
    }
    Some(AutoCondition::MonthlyCostAtMost(limit))
}

fn parameter_condition(reader: &Reader<'_>, context: &Context<'_>) -> Option<AutoCondition> {
    let (key, is) = (reader.text("parameter"), reader.list_of_texts("is"));
    let (parameter, is) = key.zip(is)?;
    check_values(reader, &parameter, &is, context);
    Some(AutoCondition::Parameter { parameter, is })
}

fn check_values(reader: &Reader<'_>, key: &str, values: &[String], context: &Context<'_>) {
    if values.is_empty() {
        reader.report("is", "`is` is empty, so the condition never holds", "write for example `is: [dev]`");
    }
    if let Some(parameter) = parameter(reader, "parameter", key, context) {
        for value in values {
            check_value(reader, "is", parameter, value);
        }
    }
}
