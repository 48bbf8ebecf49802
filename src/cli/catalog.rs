//! The text of `catalog check`. The checks are in `catalog/`.

use std::path::Path;

use super::outcome::CommandOutput;
use crate::catalog::{self, CheckReport, FileProblem, Severity};
use crate::domain::catalog::{ApprovalMode, ApprovalRule, Catalog, Condition, Product};
use crate::domain::cost::Estimate;
use crate::domain::cost::{self, PriceList, dollars};
use crate::domain::ids::TeamName;

/// Checks the catalog in `dir`, or the built-in one. With `strict`, warnings fail as well.
pub fn check(dir: Option<&Path>, strict: bool) -> CommandOutput {
    let report = dir.map_or_else(catalog::check_built_in, |dir| catalog::check(dir, None));
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let ok = errors == 0 && (!strict || warnings == 0);
    let mut lines: Vec<String> =
        report.problems.iter().map(|problem| problem_line(problem, strict)).collect();
    if ok {
        lines.extend(report.catalog.products.values().map(|product| product_line(product, &report)));
    }
    let count = if strict { both(errors + warnings, 0) } else { both(errors, warnings) };
    let checked = counted(report.catalog.products.len(), "product");
    lines.push(if ok { format!("{checked} checked, {count}") } else { format!("{count} to fix") });
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

fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn product_line(product: &Product, report: &CheckReport) -> String {
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

pub(super) fn estimate_by_default(product: &Product, prices: &PriceList) -> Option<Estimate> {
    let default = |key: &str| product.template.parameter(key)?.shown_default();
    cost::estimate(&product.cost, &default, prices)
}

pub(super) fn short_approval(rule: &ApprovalRule) -> String {
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

pub(super) fn condition_in_words(condition: &Condition) -> String {
    match condition {
        Condition::Parameter { parameter, is } => format!("{parameter} is {}", is.join(" or ")),
        Condition::MonthlyCostAtMost(limit) => format!("it costs at most {}/month", dollars(*limit)),
        Condition::MonthlyCostAbove(limit) => format!("it costs more than {}/month", dollars(*limit)),
        Condition::Team(teams) => {
            let teams: Vec<&str> = teams.iter().map(TeamName::as_str).collect();
            format!("it is for {}", teams.join(" or "))
        }
    }
}

/// Returns the errors that prevent this product from loading, one per line; `None` if there are none or the
/// product is unknown.
pub fn problems_of(report: &CheckReport, key: &str) -> Option<CommandOutput> {
    if report.catalog.products.keys().any(|product| product.as_str() == key) {
        return None;
    }
    // A product's folder has its key as its name.
    let is_about_it = |problem: &&FileProblem| {
        problem.severity == Severity::Error && Path::new(&problem.file).iter().any(|part| part == key)
    };
    let lines: Vec<String> =
        report.problems.iter().filter(is_about_it).map(|problem| format!("{problem}\n")).collect();
    if lines.is_empty() {
        return None;
    }
    Some(CommandOutput { text: lines.concat(), ok: false })
}

/// Checks the catalog in `path`; see [`load_catalog`] for which one that is.
pub(super) fn check_catalog(path: &Path, named: bool) -> CheckReport {
    if named || path.is_dir() { catalog::check(path, None) } else { catalog::check_built_in() }
}

/// Loads the catalog in `path`, or the built-in one if the folder does not exist and was not set explicitly.
pub(super) fn load_catalog(path: &Path, named: bool) -> Result<Catalog, Vec<FileProblem>> {
    if named || path.is_dir() { catalog::load(path, None) } else { catalog::built_in() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalog_passes_the_strict_check() {
        let output = check(None, true);
        insta::assert_snapshot!(output.text, @"
        ecs-service: ok (12 parameters, about $8.21/month by default, approval required unless Environment is dev, quota 5 per team)
        rds-postgres: ok (10 parameters, about $14.98/month by default, approval required, quota 3 per team)
        s3-bucket: ok (7 parameters, about $2.15/month by default, auto-approved, quota 10 per team)
        3 products checked, no problems
        ");
        assert!(output.ok);
    }

    #[test]
    fn a_warning_fails_only_the_strict_check() {
        let dir = tempfile::tempdir().unwrap();
        let product = dir.path().join("queue");
        std::fs::create_dir(&product).unwrap();
        std::fs::write(product.join("product.yml"), "name: Queue\ndescription: A queue\napproval: {quiet: [U0BOSS], auto_when: [{parameter: Size, is: [small]}]}\ncost: [{price: {by: Size, values: {small: q}}, quantity: 1}]\n").unwrap();
        std::fs::write(product.join("template.yml"), "Parameters:\n  Size: {Type: String, Description: How large, AllowedValues: [small, large]}\nResources:\n  Queue: {Type: AWS::SQS::Queue, Properties: {SqsManagedSseEnabled: true}}\n").unwrap();
        std::fs::create_dir(dir.path().join("prices")).unwrap();
        std::fs::write(
            dir.path().join("prices/eu-west-1.yml"),
            "date: 2026-08-21\nprices:\n  q: {usd: 1, unit: month, source: a list}\n",
        )
        .unwrap();
        let text = |output: &CommandOutput| output.text.replace(dir.path().to_str().unwrap(), "catalog");
        let usual = check(Some(dir.path()), false);
        insta::assert_snapshot!(text(&usual), @"
        catalog/queue/product.yml: `cost` has no price when `Size` is large: add a line to `values`, or people see no estimate for that choice (warning)
        catalog/queue/product.yml: line 3: `quiet` is called `silent` now: rename it (warning)
        catalog/queue/template.yml: line 4: `Queue` (AWS::SQS::Queue) has no tags, so nobody can tell whose it is: add `Tags` with `Team`, `Environment` and `RequestId` (warning)
        queue: ok (1 parameter, price depends on the form, approval required unless Size is small, quota 10 per team)
        1 product checked, 3 warnings
        ");
        assert!(usual.ok);
        let strict = check(Some(dir.path()), true);
        insta::assert_snapshot!(text(&strict), @"
        catalog/queue/product.yml: `cost` has no price when `Size` is large: add a line to `values`, or people see no estimate for that choice
        catalog/queue/product.yml: line 3: `quiet` is called `silent` now: rename it
        catalog/queue/template.yml: line 4: `Queue` (AWS::SQS::Queue) has no tags, so nobody can tell whose it is: add `Tags` with `Team`, `Environment` and `RequestId`
        3 errors to fix
        ");
        assert!(!strict.ok);
    }

    #[test]
    fn what_has_no_description_fails_the_strict_check() {
        let dir = tempfile::tempdir().unwrap();
        let product = dir.path().join("queue");
        std::fs::create_dir(&product).unwrap();
        std::fs::write(product.join("product.yml"), "name: Queue\nbind: {TeamName: team}\n").unwrap();
        std::fs::write(product.join("template.yml"), "Parameters:\n  Size: {Type: String}\n  Kind: {Type: String, Description: ' '}\n  TeamName: {Type: String}\nResources:\n  Queue: {Type: AWS::SQS::Queue, Properties: {SqsManagedSseEnabled: true, QueueName: orders, Tags: [{Key: Team, Value: !Ref TeamName}]}}\n").unwrap();
        let strict = check(Some(dir.path()), true);
        let text = strict.text.replace(dir.path().to_str().unwrap(), "catalog");
        insta::assert_snapshot!(text, @"
        catalog/queue/product.yml: there is no `description`, so Slack cannot show what the product is: describe the product in a sentence
        catalog/queue/product.yml: the form asks for `Size` without explaining it: give `Size` a `Description` in the template, with an example
        catalog/queue/product.yml: the form asks for `Kind` without explaining it: give `Kind` a `Description` in the template, with an example
        catalog/queue/template.yml: line 6: `Queue` (AWS::SQS::Queue) has a `QueueName` that is the same for every stack, so a second one fails: leave it out, or put a part of `AWS::StackId` into it
        4 errors to fix
        ");
        assert!(!strict.ok);
    }
}
