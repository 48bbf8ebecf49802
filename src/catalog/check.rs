//! Checks a catalog: errors that keep it from loading, and warnings about what should be better.

use std::path::Path;

use super::files::{self, CatalogFiles};
use super::problem::{FileProblem, Severity};
use super::product_file::renamed_keys;
use super::{assemble, guardrails, in_file_order};
use crate::domain::catalog::{Catalog, Product};
use crate::domain::cost::{CostLine, Pick, Quantity};
use cloudformation::document::Problem;
use cloudformation::{Parameter, Template};

/// The result of a check.
#[derive(Debug)]
pub struct CheckReport {
    /// The products without errors.
    pub catalog: Catalog,
    /// All problems, ordered by path and line.
    pub problems: Vec<FileProblem>,
}

impl CheckReport {
    /// Returns the number of problems of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }
}

/// Checks a folder. See [`super::load`] for `region`.
pub fn check(dir: &Path, region: Option<&str>) -> CheckReport {
    let mut problems = Vec::new();
    let files = files::on_disk(dir, &mut problems);
    report(&files, region, problems)
}

/// Checks the catalog built into the binary.
pub fn check_built_in() -> CheckReport {
    report(&files::built_in(), None, Vec::new())
}

fn report(files: &CatalogFiles, region: Option<&str>, mut problems: Vec<FileProblem>) -> CheckReport {
    let catalog = assemble(files, region, &mut problems);
    for folder in &files.products {
        // Inspect a template even if its product file is broken, so that both can be fixed in one go.
        if let Some(Ok(template)) = folder.template.as_deref().map(Template::parse) {
            let file = folder.template_file(&files.root);
            let findings = guardrails::findings(&template);
            problems.extend(
                template
                    .doubts
                    .into_iter()
                    .chain(findings)
                    .map(|finding| FileProblem::warning(&file, finding)),
            );
        }
    }
    for folder in &files.products {
        let file = folder.product_file(&files.root);
        // Also in products with errors, which are not in the catalog that the loop below goes through.
        let findings = folder.product.as_deref().map(renamed_keys).unwrap_or_default();
        problems.extend(findings.into_iter().map(|finding| FileProblem::warning(&file, finding)));
    }
    for (key, product) in &catalog.products {
        let file = format!("{}/{key}/product.yml", files.root);
        let findings =
            long_title(product).into_iter().chain(undescribed(product)).chain(unpriced_choices(product));
        problems.extend(findings.map(|finding| FileProblem::warning(&file, finding)));
    }
    CheckReport { catalog, problems: in_file_order(problems) }
}

/// Slack's limit for the title of a modal, in characters.
const MAX_TITLE: usize = 24;

fn long_title(product: &Product) -> Option<Problem> {
    let length = product.name.chars().count();
    if length <= MAX_TITLE {
        return None;
    }
    let problem = format!("`name` has {length} characters, the title of a form in Slack holds {MAX_TITLE}");
    Some(Problem::new(0, problem, "shorten it, or it is cut there"))
}

/// Warns about descriptions that users need to fill in the form.
fn undescribed(product: &Product) -> Vec<Problem> {
    let mut problems = Vec::new();
    if product.description.is_empty() {
        let problem = "there is no `description`, so Slack cannot show what the product is";
        problems.push(Problem::new(0, problem.to_owned(), "describe the product in a sentence"));
    }
    // The form has neither bound parameters nor secrets.
    let is_asked = |parameter: &&Parameter| !product.bind.contains_key(&parameter.key) && !parameter.no_echo;
    let parameters = product.template.parameters.iter().filter(is_asked);
    for parameter in parameters.filter(|parameter| parameter.description.is_none()) {
        let problem = format!("the form asks for `{}` without explaining it", parameter.key);
        let remedy = format!("give `{}` a `Description` in the template, with an example", parameter.key);
        problems.push(Problem::new(0, problem, &remedy));
    }
    problems
}

/// Warns about choices in the form for which there is no estimate.
fn unpriced_choices(product: &Product) -> Vec<Problem> {
    let mut problems = Vec::new();
    for line in &product.cost {
        if let CostLine::Priced { price, quantity } = line {
            problems.extend(unpriced(product, price, "price"));
            if let Quantity::Picked(pick) = quantity {
                problems.extend(unpriced(product, pick, "quantity"));
            }
        }
    }
    problems
}

fn unpriced<T>(product: &Product, pick: &Pick<T>, part: &str) -> Option<Problem> {
    let Pick::By { parameter, values } = pick else { return None };
    // Without allowed values anything can be typed, and no list could name all of it.
    let allowed = &product.template.parameter(parameter)?.allowed_values;
    let left_out: Vec<&str> =
        allowed.iter().filter(|value| !values.contains_key(*value)).map(String::as_str).collect();
    if left_out.is_empty() {
        return None;
    }
    let problem = format!("`cost` has no {part} when `{parameter}` is {}", left_out.join(" or "));
    Some(Problem::new(0, problem, "add a line to `values`, or people see no estimate for that choice"))
}
