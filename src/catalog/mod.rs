//! Turns files into the domain's catalog: product files, templates and price lists, reporting all mistakes at
//! once.
//!
//! [`load`] and [`built_in`] return a working catalog or the errors; [`check()`] also returns warnings. What
//! products mean for a request is decided in `domain`.

mod check;
mod files;
mod guardrails;
mod import;
mod portfolio;
mod prices;
mod problem;
mod product_file;
#[cfg(test)]
mod tests;

pub use check::{CheckReport, check, check_built_in};
pub use import::{Imported, suggested_key, write_product};
pub use portfolio::{asset_path, portfolio_template};
pub use problem::{FileProblem, Severity};

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::catalog::{Catalog, Product};
use crate::domain::cost::PriceList;
use crate::domain::ids::{ProductKey, RESERVED_WORDS};
use cloudformation::Template;
use files::{CatalogFiles, ProductFolder};
use product_file::Context;

/// Reads a folder with one folder per product and the price lists in `prices/`.
///
/// `region` selects the price list; without it the only one is used, or that of us-east-1. If anything is
/// wrong nothing is loaded: all errors of all files are returned, ordered by path and line.
pub fn load(dir: &Path, region: Option<&str>) -> Result<Catalog, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let files = files::on_disk(dir, &mut problems);
    finished(assemble(&files, region, &mut problems), problems)
}

/// Returns the catalog built into the binary, for a first try without any files.
pub fn built_in() -> Result<Catalog, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let catalog = assemble(&files::built_in(), None, &mut problems);
    finished(catalog, problems)
}

fn finished(catalog: Catalog, problems: Vec<FileProblem>) -> Result<Catalog, Vec<FileProblem>> {
    if problems.is_empty() { Ok(catalog) } else { Err(in_file_order(problems)) }
}

fn in_file_order(mut problems: Vec<FileProblem>) -> Vec<FileProblem> {
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    problems
}

fn assemble(files: &CatalogFiles, region: Option<&str>, problems: &mut Vec<FileProblem>) -> Catalog {
    let prices = prices::read(files, region, problems);
    // Stay silent if the folder could not be read, which has been reported already.
    if files.products.is_empty() && problems.is_empty() {
        let remedy = "add a folder with `product.yml` and `template.yml` in it";
        problems.push(FileProblem::of_file(&files.root, "there is no product in this folder", remedy));
    }
    let products =
        files.products.iter().filter_map(|folder| product(folder, &files.root, prices.as_ref(), problems));
    let products: BTreeMap<ProductKey, Arc<Product>> =
        products.map(|product| (product.key.clone(), Arc::new(product))).collect();
    refuse_shared_names(&products, &files.root, problems);
    Catalog { products, prices: prices.unwrap_or_default() }
}

fn product(
    folder: &ProductFolder,
    root: &str,
    prices: Option<&PriceList>,
    problems: &mut Vec<FileProblem>,
) -> Option<Product> {
    let key = ProductKey::parse(&folder.name);
    if key.is_none() {
        problems.push(wrong_key(folder, root));
    }
    let template_text = folder.template.as_deref();
    let (template, mut wrong_in_template) = match template_text.map(Template::parse_offered) {
        Some(Ok(template)) => (Some(Arc::new(template)), Vec::new()),
        Some(Err(problems)) => (None, problems),
        None => (None, Vec::new()),
    };
    let context = Context { template: template.as_deref(), prices, root };
    let (file, wrong_in_product) =
        folder.product.as_deref().map(|text| product_file::read(text, &context)).unwrap_or_default();
    if let Some((file, template)) = file.as_ref().zip(template.as_ref()) {
        wrong_in_template.extend(file.form_problems(template));
    }
    let is_right = wrong_in_product.is_empty() && wrong_in_template.is_empty();
    for (path, file_problems) in
        [(folder.product_file(root), wrong_in_product), (folder.template_file(root), wrong_in_template)]
    {
        problems.extend(file_problems.into_iter().map(|problem| FileProblem::error(&path, problem)));
    }
    // Nothing returns before this line, so that all problems of the folder are reported at once.
    let template_hash = hex::encode(Sha256::digest(template_text?.as_bytes()));
    if is_right { Some(file?.into_product(key?, template?, template_hash)) } else { None }
}

fn wrong_key(folder: &ProductFolder, root: &str) -> FileProblem {
    let name = &folder.name;
    let (problem, remedy) = if RESERVED_WORDS.contains(&name.as_str()) {
        (format!("`{name}` is a word of the command, so no product can have this name"), "rename the folder")
    } else {
        (
            format!("the folder's name `{name}` cannot be typed as a product"),
            "rename it with at most 40 of `a-z`, `0-9` and `-`, for example `s3-bucket`",
        )
    };
    FileProblem::of_file(&format!("{root}/{name}"), problem, remedy)
}

/// Refuses products with the same name. Service Catalog would allow that, but the bot finds its products
/// there by name.
fn refuse_shared_names(
    products: &BTreeMap<ProductKey, Arc<Product>>,
    root: &str,
    problems: &mut Vec<FileProblem>,
) {
    let mut owners: BTreeMap<&str, &ProductKey> = BTreeMap::new();
    for (key, product) in products {
        if let Some(other) = owners.insert(&product.name, key) {
            let problem = format!("`{other}` is called `{}` as well", product.name);
            let file = format!("{root}/{key}/product.yml");
            problems.push(FileProblem::of_file(&file, problem, "give each product a name of its own"));
        }
    }
}
