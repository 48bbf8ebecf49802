//! `catalog import`: adds an existing product of Service Catalog to the catalog folder, and lists the
//! decisions that are left to the user.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::outcome::CommandOutput;
use crate::aws;
use crate::aws::service_catalog::ExistingProduct;
use crate::catalog::{self, Imported, suggested_key, write_product};
use crate::domain::catalog::version_description;
use crate::domain::ids::ProductKey;

/// What to import, and to where.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The product's id, `prod-…`, or its name in Service Catalog
    product: String,
    /// The name of its folder; without it one is made from the product's name
    #[arg(long, value_parser = key)]
    key: Option<ProductKey>,
    /// The catalog's folder
    #[arg(long, value_name = "DIR", default_value = "catalog")]
    to: PathBuf,
    /// The template, where Service Catalog does not let it be read
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

fn key(text: &str) -> Result<ProductKey, String> {
    ProductKey::parse(text).ok_or_else(|| "use at most 40 lower-case letters, digits and hyphens".to_owned())
}

/// Writes the folder and checks it.
///
/// # Errors
/// If the product or its template cannot be read, or the folder exists.
pub async fn import(arguments: &ImportArguments) -> anyhow::Result<CommandOutput> {
    let existing = ExistingProduct::find(&aws::configuration().await, &arguments.product).await?;
    let key = arguments.key.clone().or_else(|| suggested_key(&existing.name));
    let key =
        key.with_context(|| format!("no key can be made from `{}`: name one with --key", existing.name))?;
    let template = match &arguments.template {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
        }
        None => existing.template().await.context(
            "the template cannot be fetched: download it from the product's version in the console and name the file \
             with --template",
        )?,
    };
    let imported = Imported {
        from: format!("Service Catalog, {} {}", existing.id, existing.version_id),
        name: existing.name.clone(),
        description: existing.description.clone(),
        owner: existing.owner.clone(),
        version: existing.version.clone(),
    };
    let folder = write_product(&arguments.to, &key, &imported, &template)?;
    Ok(result(&arguments.to, &folder, &key, &existing))
}

fn result(dir: &Path, folder: &Path, key: &ProductKey, existing: &ExistingProduct) -> CommandOutput {
    let report = catalog::check(dir, None);
    // The rest of the catalog may have problems of its own.
    let mine = |file: &str| Path::new(file).starts_with(folder);
    let mut lines = vec![format!("{} is written", folder.display())];
    lines.extend(report.problems.iter().filter(|problem| mine(&problem.file)).map(ToString::to_string));
    let Some(product) = report.catalog.product(key) else {
        lines.push("Fix this, then run `quartermaster catalog check`.".to_owned());
        return CommandOutput { text: lines.join("\n") + "\n", ok: false };
    };
    lines.push(
        "Left to decide in product.yml: approval, quota, lease, cost, and the outputs that people see."
            .to_owned(),
    );
    lines.push(
        "Left to do in AWS: add the product to the bot's portfolio, and record in its version which template it was \
         made from:"
            .to_owned(),
    );
    lines.push(format!(
        "  aws servicecatalog update-provisioning-artifact --product-id {} --provisioning-artifact-id {} --description {}",
        existing.id,
        existing.version_id,
        version_description(&product.template_hash)
    ));
    CommandOutput { text: lines.join("\n") + "\n", ok: true }
}
