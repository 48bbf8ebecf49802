//! Conditions in a product file: what must hold for a request so that an approval rule applies.

use crate::domain::catalog::Condition;
use crate::domain::ids::TeamName;
use cloudformation::document::Reader;

use super::context::Context;
use super::references::{check_value, parameter};

/// Parses one condition of `auto_when`.
pub(super) fn auto_condition(reader: Reader<'_>, has_cost: bool, context: &Context<'_>) -> Option<Condition> {
    let keys = ["monthly_cost_at_most", "parameter", "is"];
    let condition = match keys.map(|key| reader.has(key)) {
        [true, false, false] => {
            cost(&reader, "monthly_cost_at_most", has_cost).map(Condition::MonthlyCostAtMost)
        }
        [false, true, true] => of_parameter(&reader, context),
        _ => {
            let problem = format!("`{}` is not a condition", reader.path());
            let remedy = "write `{parameter: Environment, is: [dev]}` or `{monthly_cost_at_most: 50}`";
            reader.report("", problem, remedy);
            None
        }
    };
    // Mark the keys as known, so that they are not reported again as unknown ones.
    for key in keys {
        reader.node(key);
    }
    reader.finish();
    condition
}

/// Parses the conditions of a rule's `when`, all of which have to hold.
pub(super) fn conditions(reader: &Reader<'_>, has_cost: bool, context: &Context<'_>) -> Vec<Condition> {
    let Some(when) = reader.map("when") else {
        let problem = format!("`{}` has no `when`", reader.path());
        reader.report("", problem, EXAMPLE);
        return Vec::new();
    };
    let mut conditions = Vec::new();
    if when.has("parameter") || when.has("is") {
        conditions.extend(of_parameter(&when, context));
    }
    conditions.extend(cost(&when, "monthly_cost_at_most", has_cost).map(Condition::MonthlyCostAtMost));
    conditions.extend(cost(&when, "monthly_cost_above", has_cost).map(Condition::MonthlyCostAbove));
    if let Some(teams) = when.list_of_texts("team") {
        conditions.push(Condition::Team(teams.into_iter().map(TeamName::new).collect()));
    }
    let keys = ["parameter", "is", "monthly_cost_at_most", "monthly_cost_above", "team"];
    if !keys.into_iter().any(|key| when.has(key)) {
        reader.report("when", format!("`{}` is empty", reader.path_of("when")), EXAMPLE);
    }
    when.finish();
    conditions
}

const EXAMPLE: &str = "write for example `when: {parameter: Environment, is: [dev]}`, `when: {monthly_cost_above: 200}` or `when: {team: [payments]}`";

fn cost(reader: &Reader<'_>, key: &str, has_cost: bool) -> Option<rust_decimal::Decimal> {
    let limit = reader.decimal(key)?;
    if !has_cost {
        let remedy = "add `cost` lines, or remove the condition";
        reader.report(key, "the product has no `cost` to compare with", remedy);
    }
    Some(limit)
}

fn of_parameter(reader: &Reader<'_>, context: &Context<'_>) -> Option<Condition> {
    let (key, is) = (reader.text("parameter"), reader.list_of_texts("is"));
    if reader.has("parameter") != reader.has("is") {
        let problem = format!("`{}` names a parameter or values alone", reader.path());
        reader.report("", problem, "write `{parameter: Environment, is: [dev]}`");
    }
    let (parameter, is) = key.zip(is)?;
    check_values(reader, &parameter, &is, context);
    Some(Condition::Parameter { parameter, is })
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
