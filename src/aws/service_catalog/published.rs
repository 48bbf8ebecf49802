//! Finds a product of the catalog in the portfolio: the product by name, the version by name, that version's
//! template by the hash in its description, and the launch path to it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_sdk_servicecatalog::operation::describe_product::DescribeProductOutput;
use aws_sdk_servicecatalog::operation::search_products_as_admin::SearchProductsAsAdminError;
use aws_sdk_servicecatalog::types::LaunchPathSummary;

use super::ServiceCatalog;
use crate::aws::{Needs as _, denied_or};
use crate::domain::catalog::{Product, version_description};
use crate::domain::ids::ProductKey;

/// How long a cached result is used, so that a newly deployed portfolio is noticed.
const RELIED_ON: Duration = Duration::from_mins(5);

/// The ids of a published version of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublishedVersion {
    /// The product, `prod-…`.
    pub(super) product: String,
    /// The version, `pa-…`; Service Catalog calls it a provisioning artifact.
    pub(super) version: String,
    /// The launch path, `lpv…-…`.
    pub(super) path: String,
}

/// Why a product cannot be provisioned from the portfolio. Formats as a sentence for people, without a full
/// stop.
#[derive(Debug)]
pub(super) enum NoLaunchPath {
    /// The portfolio does not exist, or this account cannot see it.
    Portfolio { id: String },
    /// The portfolio has no product with this name.
    Product { name: String },
    /// The portfolio has several products with this name.
    Products { name: String },
    /// The product has no version with this name.
    Version { name: String, version: String },
    /// The version was made from another template, or its description does not tell.
    Template { name: String, version: String },
    /// No launch path leads to the product.
    Path { name: String },
    /// Several launch paths lead to the product, and the settings choose none.
    Paths { name: String, ids: Vec<String> },
    /// The launch path in the settings is not among those that exist.
    Chosen { name: String, chosen: String, ids: Vec<String> },
    /// The call failed, so the answer is unknown for now.
    NotNow(anyhow::Error),
}

impl fmt::Display for NoLaunchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Portfolio { id } => write!(f, "there is no portfolio `{id}` that the bot's role can see"),
            Self::Product { name } => write!(f, "the portfolio has no product `{name}`"),
            Self::Products { name } => write!(f, "the portfolio has several products `{name}`"),
            Self::Version { name, version } => write!(f, "the product `{name}` has no version `{version}`"),
            Self::Template { name, version } => {
                write!(f, "version `{version}` of the product `{name}` was made from another template")
            }
            Self::Path { name } => write!(f, "no launch path leads to the product `{name}`"),
            Self::Paths { name, ids } => {
                write!(f, "several launch paths lead to the product `{name}`: {}", ids.join(", "))
            }
            Self::Chosen { name, chosen, ids } => {
                let ids = ids.join(", ");
                write!(f, "`{chosen}` is no launch path to the product `{name}`; there is {ids}")
            }
            Self::NotNow(error) => write!(f, "{error:#}"),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for NoLaunchPath {
    fn from(error: E) -> Self {
        Self::NotNow(error.into())
    }
}

/// Results by product and template, with the time of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache(Arc<Mutex<HashMap<TemplateKey, (Instant, PublishedVersion)>>>);

/// A product and the hash of its template.
type TemplateKey = (ProductKey, String);

impl Cache {
    fn get(&self, product: &Product) -> Option<PublishedVersion> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (looked_up_at, place) = cache.get(&Self::key(product))?;
        (looked_up_at.elapsed() < RELIED_ON).then(|| place.clone())
    }

    fn put(&self, product: &Product, place: PublishedVersion) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.insert(Self::key(product), (Instant::now(), place));
    }

    /// Removes a result that did not work, so that it is looked up again.
    pub(super) fn forget(&self, product: &Product) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&Self::key(product));
    }

    fn key(product: &Product) -> TemplateKey {
        (product.key.clone(), product.template_hash.clone())
    }
}

impl ServiceCatalog {
    /// Returns where a product is published, at most [`RELIED_ON`] old.
    pub(super) async fn place(&self, product: &Product) -> Result<PublishedVersion, NoLaunchPath> {
        if let Some(cached) = self.places.get(product) {
            return Ok(cached);
        }
        let ids = self.product_ids().await?;
        let place = self.find(product, &ids).await?;
        self.places.put(product, place.clone());
        Ok(place)
    }

    /// Returns name and id of every product in the portfolio. This is the only search that is limited to one
    /// portfolio.
    pub(super) async fn product_ids(&self) -> Result<Vec<(String, String)>, NoLaunchPath> {
        let search = self.client.search_products_as_admin().portfolio_id(&self.portfolio.id);
        let mut pages = search.into_paginator().send();
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                let service = error.as_service_error();
                if service.is_some_and(SearchProductsAsAdminError::is_resource_not_found_exception) {
                    return NoLaunchPath::Portfolio { id: self.portfolio.id.clone() };
                }
                let error = denied_or(error, "servicecatalog:SearchProductsAsAdmin");
                NoLaunchPath::NotNow(error.context("cannot look into the portfolio"))
            })?;
            let details = page.product_view_details.unwrap_or_default().into_iter();
            let summaries = details.filter_map(|detail| detail.product_view_summary);
            ids.extend(summaries.filter_map(|summary| Some((summary.name?, summary.product_id?))));
        }
        Ok(ids)
    }

    /// Finds a product among those of the portfolio.
    pub(super) async fn find(
        &self,
        product: &Product,
        ids: &[(String, String)],
    ) -> Result<PublishedVersion, NoLaunchPath> {
        let name = &product.name;
        let mut matching = ids.iter().filter(|(other, _)| other == name);
        let Some((_, id)) = matching.next() else { return Err(NoLaunchPath::Product { name: name.clone() }) };
        if matching.next().is_some() {
            return Err(NoLaunchPath::Products { name: name.clone() });
        }
        let described = self.client.describe_product().id(id).send().await;
        let described = described.needs("servicecatalog:DescribeProduct");
        let described = described.with_context(|| format!("cannot look at the product `{name}`"))?;
        let version = version_of(product, described)?;
        let path = self.path(product, id).await?;
        Ok(PublishedVersion { product: id.clone(), version, path })
    }

    async fn path(&self, product: &Product, id: &str) -> Result<String, NoLaunchPath> {
        let mut pages = self.client.list_launch_paths().product_id(id).into_paginator().send();
        let mut ids: Vec<String> = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.needs("servicecatalog:ListLaunchPaths");
            let page = page.with_context(|| format!("cannot list the launch paths to `{}`", product.name))?;
            let paths = page.launch_path_summaries.unwrap_or_default();
            ids.extend(paths.iter().filter_map(LaunchPathSummary::id).map(str::to_owned));
        }
        let name = product.name.clone();
        match (self.portfolio.launch_paths.get(&product.key), ids.as_slice()) {
            (_, []) => Err(NoLaunchPath::Path { name }),
            (Some(chosen), ids) if ids.contains(chosen) => Ok(chosen.clone()),
            (Some(chosen), _) => Err(NoLaunchPath::Chosen { name, chosen: chosen.clone(), ids }),
            (None, [only]) => Ok(only.clone()),
            (None, _) => Err(NoLaunchPath::Paths { name, ids }),
        }
    }
}

fn version_of(product: &Product, described: DescribeProductOutput) -> Result<String, NoLaunchPath> {
    let (name, version) = (product.name.clone(), product.version.clone());
    let versions = described.provisioning_artifacts.unwrap_or_default();
    let Some(published) = versions.into_iter().find(|candidate| candidate.name() == Some(version.as_str()))
    else {
        return Err(NoLaunchPath::Version { name, version });
    };
    if published.description() != Some(version_description(&product.template_hash).as_str()) {
        return Err(NoLaunchPath::Template { name, version });
    }
    published.id.ok_or(NoLaunchPath::Version { name, version })
}
