//! What is published in the portfolio.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloudformation::{Parameter, ParameterKind};
use quartermaster::domain::catalog::{Product, version_description};
use serde_json::{Value, json};

use super::{PORTFOLIO, Refused};

/// Products on one page of a list, so few that a second page is needed for the shipped catalog.
const PAGE: usize = 2;

/// A published product.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) id: String,
    pub(crate) product: Arc<Product>,
    /// Name and description of its one version.
    pub(crate) version: (String, String),
    /// Ids of the paths that lead to it.
    pub(crate) paths: Vec<String>,
    /// Whether a `RESOURCE_UPDATE` constraint lets tags be sent with a change.
    pub(crate) allows_tag_updates: bool,
    /// Where its template can be read, if anybody can read it.
    pub(crate) template_url: Option<String>,
    /// As `DescribeProvisioningParameters` tells them.
    pub(crate) parameters: Vec<Value>,
}

/// The portfolio's products by id.
#[derive(Debug, Default)]
pub(crate) struct Shelf(pub(crate) BTreeMap<String, Published>);

impl Shelf {
    pub(super) fn put(&mut self, product: Product) {
        self.0.retain(|_, published| published.product.name != product.name);
        let id = format!("prod-{}", product.key);
        let published = Published {
            id: id.clone(),
            version: (product.version.clone(), version_description(&product.template_hash)),
            template_url: None,
            allows_tag_updates: true,
            paths: vec![format!("lpv3-{}", product.key)],
            parameters: product.template.parameters.iter().map(parameter).collect(),
            product: Arc::new(product),
        };
        self.0.insert(id, published);
    }

    /// The product of this id.
    pub(super) fn product(&self, id: &Value) -> Result<&Published, Refused> {
        let found = id.as_str().and_then(|id| self.0.get(id));
        found.ok_or_else(|| ("ResourceNotFoundException", format!("Product {id} not found.")))
    }

    pub(super) fn search(&self, asked: &Value) -> Result<Value, Refused> {
        if asked["PortfolioId"] != PORTFOLIO {
            return Err(("ResourceNotFoundException", "Portfolio not found.".to_owned()));
        }
        let summary = |published: &Published| json!({"ProductViewSummary": {"ProductId": published.id, "Name": published.product.name}});
        let from: usize = asked["PageToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let page: Vec<Value> = self.0.values().skip(from).take(PAGE).map(summary).collect();
        let next = (from + PAGE < self.0.len()).then(|| (from + PAGE).to_string());
        Ok(json!({"ProductViewDetails": page, "NextPageToken": next}))
    }

    pub(super) fn describe(&self, asked: &Value) -> Result<Value, Refused> {
        let by_name = |name: &Value| self.0.values().find(|published| *name == *published.product.name);
        let published = match by_name(&asked["Name"]) {
            Some(published) => published,
            None => self.product(&asked["Id"])?,
        };
        let (name, description) = &published.version;
        Ok(json!({
            "ProductViewSummary": {
                "ProductId": published.id, "Name": published.product.name, "Owner": published.product.owner,
                "ShortDescription": published.product.description,
            },
            "ProvisioningArtifacts": [
                {"Id": "pa-old", "Name": "v0.9", "CreatedTime": 1_600_000_000},
                {"Id": "pa-withdrawn", "Name": "v9", "CreatedTime": 1_900_000_000, "Guidance": "DEPRECATED"},
                {"Id": published.version_id(), "Name": name, "Description": description,
                 "CreatedTime": 1_700_000_000},
            ],
        }))
    }

    pub(super) fn artifact(&self, asked: &Value) -> Result<Value, Refused> {
        let published = self.product(&asked["ProductId"])?;
        assert_eq!(asked["ProvisioningArtifactId"], published.version_id().as_str());
        let info = published.template_url.as_ref().map(|url| json!({"TemplateUrl": url}));
        Ok(json!({"Status": "AVAILABLE", "Info": info}))
    }

    pub(super) fn paths(&self, asked: &Value) -> Result<Value, Refused> {
        let published = self.product(&asked["ProductId"])?;
        let paths: Vec<Value> =
            published.paths.iter().map(|id| json!({"Id": id, "Name": "Portfolio"})).collect();
        Ok(json!({"LaunchPathSummaries": paths}))
    }

    pub(super) fn parameters(&self, asked: &Value) -> Result<Value, Refused> {
        let published = self.at(asked)?;
        Ok(json!({"ProvisioningArtifactParameters": published.parameters}))
    }

    /// The product that is asked for by product, version and path.
    pub(super) fn at(&self, asked: &Value) -> Result<&Published, Refused> {
        let published = self.product(&asked["ProductId"])?;
        let path =
            asked["PathId"].as_str().is_some_and(|path| published.paths.iter().any(|known| known == path));
        if asked["ProvisioningArtifactId"] != published.version_id().as_str() || !path {
            return Err(("ResourceNotFoundException", "No launch paths found for resource.".to_owned()));
        }
        Ok(published)
    }
}

impl Published {
    fn version_id(&self) -> String {
        // An id has no dots.
        format!("pa-{}-{}", self.product.key, self.version.0).replace('.', "-")
    }
}

fn parameter(parameter: &Parameter) -> Value {
    let kind = match &parameter.kind {
        ParameterKind::String => "String".to_owned(),
        ParameterKind::Number => "Number".to_owned(),
        ParameterKind::NumberList => "List<Number>".to_owned(),
        ParameterKind::CommaDelimitedList => "CommaDelimitedList".to_owned(),
        ParameterKind::Aws(of) => of.clone(),
        ParameterKind::AwsList(of) => format!("List<{of}>"),
        ParameterKind::SsmValue(of) => format!("AWS::SSM::Parameter::Value<{of}>"),
    };
    // Recorded answers leave out what there is not, but list no allowed values as an empty list.
    let mut told = json!({
        "ParameterKey": parameter.key, "ParameterType": kind, "IsNoEcho": parameter.no_echo,
        "ParameterConstraints": {"AllowedValues": parameter.allowed_values},
    });
    if let Some(default) = &parameter.default {
        told["DefaultValue"] = json!(default);
    }
    told
}
