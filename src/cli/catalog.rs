//! `catalog check` and `catalog form` as text. What is checked belongs to `catalog/`.

use std::collections::BTreeMap;
use std::path::Path;

use super::CommandOutput;
use crate::catalog::{self, FileProblem, Report, Severity};
use crate::document::nearest;
use crate::domain::catalog::{
    ApprovalMode, ApprovalRule, Approvers, AutoCondition, Catalog, PriceList, Principal, Product, Requesters,
};
use crate::domain::cost::{self, dollars};
use crate::domain::form::{Field, Form, Input};
use crate::domain::ids::TeamName;
use crate::domain::parameters::grouped;
use crate::domain::request::Estimate;

/// Checks the catalog in `dir`, or the one built in; with `strict` a warning fails as well.
pub fn check(dir: Option<&Path>, strict: bool) -> CommandOutput {
    let report = dir.map_or_else(catalog::check_built_in, |dir| catalog::check(dir, None));
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let ok = errors == 0 && (!strict || warnings == 0);
    let mut lines: Vec<String> =
        report.problems.iter().map(|problem| problem_line(problem, strict)).collect();
    if ok {
        lines.extend(report.catalog.products.values().map(|product| product_line(product, &report)));
    }
    let found = if strict { both(errors + warnings, 0) } else { both(errors, warnings) };
    let checked = counted(report.catalog.products.len(), "product");
    lines.push(if ok { format!("{checked} checked, {found}") } else { format!("{found} to fix") });
    CommandOutput { text: lines.join("\n") + "\n", ok }
}

fn problem_line(problem: &FileProblem, strict: bool) -> String {
    match problem.severity {
        Severity::Warning if !strict => format!("{problem} (warning)"),
        Severity::Warning | Severity::Error => problem.to_string(),
    }
}

fn both(errors: usize, warnings: usize) -> String {
    let warnings_in_words = counted(warnings, "warning");
    match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (0, _) => warnings_in_words,
        (_, 0) => counted(errors, "error"),
        _ => format!("{} and {warnings_in_words}", counted(errors, "error")),
    }
}

fn counted(count: usize, word: &str) -> String {
    match count {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    }
}

fn product_line(product: &Product, report: &Report) -> String {
    let price = match estimate_by_default(product, &report.catalog.prices) {
        Some(estimate) => format!("about {}/month by default", dollars(estimate.monthly)),
        None if product.cost.is_empty() => "no estimate".to_owned(),
        None => "price depends on the form".to_owned(),
    };
    format!(
        "{}: ok ({}, {price}, {}, quota {} per team)",
        product.key,
        counted(product.template.parameters.len(), "parameter"),
        short_approval(&product.approval),
        product.quota.per_team
    )
}

fn estimate_by_default(product: &Product, prices: &PriceList) -> Option<Estimate> {
    let default = |key: &str| product.template.parameter(key)?.default.as_deref();
    cost::estimate(&product.cost, &default, prices)
}

fn short_approval(rule: &ApprovalRule) -> String {
    if rule.mode == ApprovalMode::Auto {
        return "auto-approved".to_owned();
    }
    let conditions: Vec<String> = rule.auto_when.iter().map(condition_in_words).collect();
    if conditions.is_empty() {
        "approval required".to_owned()
    } else {
        format!("approval required unless {}", conditions.join(" or "))
    }
}

fn condition_in_words(condition: &AutoCondition) -> String {
    match condition {
        AutoCondition::Parameter { parameter, is } => format!("{parameter} is {}", is.join(" or ")),
        AutoCondition::MonthlyCostAtMost(limit) => format!("it costs at most {}/month", dollars(*limit)),
    }
}

/// The request form of one product as text, with what it says before Submit while all fields stand at their defaults.
pub fn form(catalog: &Catalog, key: &str) -> CommandOutput {
    let by_text: BTreeMap<&str, _> =
        catalog.products.iter().map(|(key, product)| (key.as_str(), product)).collect();
    let Some(product) = by_text.get(key) else {
        let keys: Vec<&str> = by_text.keys().copied().collect();
        let remedy = match nearest(key, keys.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the products are {}", keys.join(", ")),
        };
        return CommandOutput { text: format!("there is no product `{key}`: {remedy}\n"), ok: false };
    };
    match product.form() {
        Ok(form) => CommandOutput { text: form_text(product, &form, &catalog.prices), ok: true },
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(|problem| format!("{key}: {problem}\n")).collect();
            CommandOutput { text: lines.concat(), ok: false }
        }
    }
}

fn form_text(product: &Product, form: &Form, prices: &PriceList) -> String {
    let Product { key, name, description, owner, version, .. } = product;
    let mut lines = vec![format!("{name} ({key}, {version})")];
    lines.extend(Some(description.clone()).filter(|text| !text.is_empty()));
    lines.push(format!("Owner: {owner}"));
    for group in &form.groups {
        lines.push(format!("\n{}", group.title.as_deref().unwrap_or("Fields")));
        lines.extend(group.fields.iter().flat_map(field_lines));
    }
    lines.push("\nBefore Submit".to_owned());
    lines.extend(preview(product, prices).into_iter().map(|(label, value)| format!("  {label}: {value}")));
    lines.join("\n") + "\n"
}

fn field_lines(field: &Field) -> Vec<String> {
    let Field { key, label, hint, .. } = field;
    let need = if field.optional { "optional" } else { "required" };
    let initial = field.initial.as_ref().map(|initial| format!(", starts with `{initial}`"));
    let input = input_in_words(&field.input);
    let mut lines = vec![format!("  {label} [{key}]: {input}, {need}{}", initial.unwrap_or_default())];
    lines.extend(hint.as_ref().map(|hint| format!("    {hint}")));
    let width = field.options().iter().map(|choice| choice.value.chars().count()).max().unwrap_or_default();
    lines.extend(
        field.options().iter().map(|choice| format!("    - {:width$}  {}", choice.value, choice.label)),
    );
    lines
}

fn input_in_words(input: &Input) -> String {
    match input {
        Input::Select { .. } => "choose one".to_owned(),
        Input::TypeAhead { options } => format!("choose one of {} by typing", grouped(&options.len())),
        Input::Text { multiline, min_length, max_length } => {
            let kind = if *multiline { "text of several lines" } else { "text" };
            match min_length.filter(|min| *min > 0) {
                Some(min) => format!("{kind} of {} to {} characters", grouped(&min), grouped(max_length)),
                None if *max_length == 3_000 => kind.to_owned(),
                None => format!("{kind} of at most {} characters", grouped(max_length)),
            }
        }
        Input::Number { decimal, min, max } => {
            let kind = if *decimal { "number" } else { "whole number" };
            match (min, max) {
                (Some(min), Some(max)) => format!("{kind} from {} to {}", grouped(min), grouped(max)),
                (Some(min), None) => format!("{kind} from {}", grouped(min)),
                (None, Some(max)) => format!("{kind} up to {}", grouped(max)),
                (None, None) => kind.to_owned(),
            }
        }
    }
}

fn preview(product: &Product, prices: &PriceList) -> Vec<(&'static str, String)> {
    let price = match estimate_by_default(product, prices) {
        Some(estimate) => format!("{} (with the defaults)", cost::in_words(&estimate)),
        None if product.cost.is_empty() => "no estimate".to_owned(),
        None => "depends on what is filled in".to_owned(),
    };
    let lease = &product.lease;
    let renew: Vec<String> = lease.renew.iter().map(ToString::to_string).collect();
    let renewal = if renew.is_empty() {
        "cannot be renewed".to_owned()
    } else {
        format!("renewable by {}, {} without approval", renew.join(" or "), times(lease.max_renewals))
    };
    let mut lines = vec![("Price", price), ("Approval", long_approval(&product.approval))];
    lines.push(("Quota", format!("{} per team", product.quota.per_team)));
    lines.push((
        "Expiry",
        format!("{} after it is ready, plus {} of grace, {renewal}", lease.ttl, lease.grace),
    ));
    if let Requesters::Teams(teams) = &product.requesters {
        let names: Vec<&str> = teams.iter().map(TeamName::as_str).collect();
        lines.push(("Offered to", names.join(", ")));
    }
    if !product.bind.is_empty() {
        let keys: Vec<&str> = product.bind.keys().map(String::as_str).collect();
        lines.push(("Filled by the portal", keys.join(", ")));
    }
    lines
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

fn long_approval(rule: &ApprovalRule) -> String {
    if rule.mode == ApprovalMode::Auto {
        return short_approval(rule);
    }
    let who = match &rule.approvers {
        Approvers::Team => "the team's approvers".to_owned(),
        Approvers::Listed(listed) => listed.iter().map(principal_text).collect::<Vec<_>>().join(", "),
    };
    let conditions: Vec<String> = rule.auto_when.iter().map(condition_in_words).collect();
    let unless =
        if conditions.is_empty() { String::new() } else { format!(", unless {}", conditions.join(" or ")) };
    format!("{} of {who}{unless}; ends unanswered after {}", rule.needed.max(1), rule.timeout)
}

fn principal_text(principal: &Principal) -> &str {
    match principal {
        Principal::Person(id) => id.as_str(),
        Principal::Group(id) => id.as_str(),
        Principal::Email(address) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalog_passes_the_strict_check() {
        let output = check(None, true);
        insta::assert_snapshot!(output.text, @"");
        assert!(output.ok);
    }

    #[test]
    fn a_form_is_printed_as_people_will_see_it() {
        let catalog = catalog::built_in().unwrap();
        insta::assert_snapshot!(form(&catalog, "ecs-service").text, @"");
    }

    #[test]
    fn an_unknown_product_is_answered_with_the_nearest() {
        let catalog = catalog::built_in().unwrap();
        insta::assert_snapshot!(form(&catalog, "s3-buckt").text, @"");
        insta::assert_snapshot!(form(&catalog, "zebra").text, @"");
    }
}
