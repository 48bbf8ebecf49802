//! Renders the catalog as the CloudFormation template of its Service Catalog side: portfolio, products,
//! versions, launch constraints and tag options. The products' own templates and deployment are handled
//! elsewhere.

use std::iter::once;

use sha2::{Digest as _, Sha256};

use crate::domain::catalog::{Catalog, Product, version_description};
use crate::domain::ids::ProductKey;

/// The most products in one stack: CloudFormation allows 500 resources, of which four are shared and each
/// product adds six.
const MAX_PRODUCTS: usize = (500 - 4) / 6;

/// Returns the template in YAML. `asset_url` becomes the default of its parameter `AssetUrl`.
///
/// # Errors
/// If there are too many products for one stack; the text says how many fit.
pub fn portfolio_template(catalog: &Catalog, asset_url: Option<&str>) -> Result<String, String> {
    let count = catalog.products.len();
    if count > MAX_PRODUCTS {
        let fit = format!("{count} products do not fit into one stack, which holds {MAX_PRODUCTS}");
        return Err(format!("{fit}: split the catalog into several with a portfolio each"));
    }
    let default = asset_url.map(|url| format!("    Default: {}\n", quoted(url))).unwrap_or_default();
    let parts = [HEAD, &default, MIDDLE].map(str::to_owned).into_iter();
    Ok(parts
        .chain(catalog.products.values().map(|product| resources(product)))
        .chain(once(OUTPUTS.to_owned()))
        .collect())
}

/// Returns the path of a product's template below `AssetUrl`. Changed content gets a new path, because
/// Service Catalog reads the template of a version only once.
pub fn asset_path(product: &Product) -> String {
    format!("products/{}/{}.yml", product.template_hash, product.key)
}

const HEAD: &str = "\
# Printed by `quartermaster catalog template` from the catalog folder. Change it there and print it anew.
AWSTemplateFormatVersion: '2010-09-09'
Description: What Quartermaster provisions from - the portfolio and its products.

Parameters:
  AssetUrl:
    Type: String
    Description: Where the templates were uploaded, for example https://quartermaster-assets.s3.us-east-1.amazonaws.com
    AllowedPattern: https://.*[^/]
";

const MIDDLE: &str = "  \
  BotRoleArn:
    Type: String
    Description: The role of the bot, which alone may use the portfolio.
    AllowedPattern: arn:[a-z-]+:iam::[0-9]{12}:role/.+
  LaunchRolePrefix:
    Type: String
    Description: A product is launched with the role of this account that is named so, with the product's key behind it.
    Default: quartermaster-launch-
    AllowedPattern: '[A-Za-z0-9+=,.@_-]{1,24}'
  PortfolioName:
    Type: String
    Description: What the portfolio is called.
    Default: Developer Self-Service
  ProviderName:
    Type: String
    Description: Who looks after the portfolio.
    Default: Platform Team

Resources:
  Portfolio:
    Type: AWS::ServiceCatalog::Portfolio
    Properties:
      DisplayName: !Ref PortfolioName
      Description: Approved resources, handed out by Quartermaster in Slack
      ProviderName: !Ref ProviderName
      Tags:
        - { Key: ManagedBy, Value: quartermaster }

  # Without it the bot is told that a product has no launch path, whatever IAM allows.
  BotAccess:
    Type: AWS::ServiceCatalog::PortfolioPrincipalAssociation
    Properties:
      PortfolioId: !Ref Portfolio
      PrincipalARN: !Ref BotRoleArn
      PrincipalType: IAM

  # The bot sets these tags itself. As tag options nothing can be launched from here under other ones.
  TagOptionProvisionedBy:
    Type: AWS::ServiceCatalog::TagOption
    Properties: { Key: ProvisionedBy, Value: quartermaster }
  TaggedPortfolio:
    Type: AWS::ServiceCatalog::TagOptionAssociation
    Properties:
      ResourceId: !Ref Portfolio
      TagOptionId: !Ref TagOptionProvisionedBy
";

const OUTPUTS: &str = "
Outputs:
  PortfolioId:
    Description: For aws.portfolio in the settings.
    Value: !Ref Portfolio
";

fn resources(product: &Product) -> String {
    let Product { key, name, version, owner, .. } = product;
    let id = logical_id(key);
    let description = match product.description.as_str() {
        "" => String::new(),
        text => format!("      Description: {}\n", quoted(text)),
    };
    format!(
        "
  # {key}
  Product{id}:
    Type: AWS::ServiceCatalog::CloudFormationProduct
    Properties:
      Name: {name}
{description}      Owner: {owner}
      ProvisioningArtifactParameters:
        - Name: {version}
          Description: {hash}
          Info:
            LoadTemplateFromURL: !Sub '${{AssetUrl}}/{path}'
      Tags:
        - {{ Key: ManagedBy, Value: quartermaster }}
  Association{id}:
    Type: AWS::ServiceCatalog::PortfolioProductAssociation
    Properties:
      PortfolioId: !Ref Portfolio
      ProductId: !Ref Product{id}
  LaunchRole{id}:
    Type: AWS::ServiceCatalog::LaunchRoleConstraint
    # Service Catalog takes a constraint only for a product that is in the portfolio.
    DependsOn: Association{id}
    Properties:
      PortfolioId: !Ref Portfolio
      ProductId: !Ref Product{id}
      LocalRoleName: !Sub '${{LaunchRolePrefix}}{key}'
  TagUpdates{id}:
    Type: AWS::ServiceCatalog::ResourceUpdateConstraint
    DependsOn: Association{id}
    Properties:
      PortfolioId: !Ref Portfolio
      ProductId: !Ref Product{id}
      # A change sends the tags along, and Service Catalog refuses them without this.
      TagUpdateOnProvisionedProduct: ALLOWED
  TagOption{id}:
    Type: AWS::ServiceCatalog::TagOption
    Properties: {{ Key: Product, Value: '{key}' }}
  Tagged{id}:
    Type: AWS::ServiceCatalog::TagOptionAssociation
    Properties:
      ResourceId: !Ref Product{id}
      TagOptionId: !Ref TagOption{id}
",
        name = quoted(name),
        owner = quoted(owner),
        version = quoted(version),
        hash = version_description(&product.template_hash),
        path = asset_path(product),
    )
}

/// Derives a logical id from a key: `s3-bucket` becomes `S3Bucket`. It depends on that key alone, so that it
/// never changes when other products do. If capitalization could map two keys to the same id, part of the
/// key's hash is appended.
fn logical_id(key: &ProductKey) -> String {
    let text = key.as_str();
    let mut words = text.split('-');
    let camel: String = text.split('-').map(capitalized).collect();
    if words.all(|word| word.starts_with(|first: char| first.is_ascii_lowercase())) {
        return camel;
    }
    let hash = hex::encode(Sha256::digest(text));
    format!("{camel}H{}", &hash[..8])
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Quotes a text in YAML so that it is read back unchanged.
fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        // A JSON string is also a YAML string, and can escape every character.
        return serde_json::Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::built_in;
    use cloudformation::document::{Node, parse_yaml};

    fn id(key: &str) -> String {
        logical_id(&ProductKey::parse(key).unwrap())
    }

    fn with_name(name: &str) -> Catalog {
        let mut catalog = built_in().unwrap();
        let mut product = catalog.products.values().next().unwrap().as_ref().clone();
        product.name = name.to_owned();
        product.description = String::new();
        catalog.products = [(product.key.clone(), product.into())].into();
        catalog
    }

    fn at<'a>(node: &'a Node, path: &[&str]) -> &'a Node {
        path.iter().fold(node, |node, key| node.get(key).unwrap_or_else(|| panic!("no {key}")))
    }

    #[test]
    fn a_product_is_described_by_its_name_version_and_the_hash_of_its_template() {
        let catalog = built_in().unwrap();
        let product = catalog.products.values().find(|product| product.key.as_str() == "s3-bucket").unwrap();
        let text = resources(product).replace(&product.template_hash, "<hash>");
        insta::assert_snapshot!(text, @"

        # s3-bucket
        ProductS3Bucket:
          Type: AWS::ServiceCatalog::CloudFormationProduct
          Properties:
            Name: 'Secure S3 Bucket'
            Description: 'An encrypted S3 bucket with versioning and lifecycle rules'
            Owner: 'Platform Team'
            ProvisioningArtifactParameters:
              - Name: 'v1.0'
                Description: sha256:<hash>
                Info:
                  LoadTemplateFromURL: !Sub '${AssetUrl}/products/<hash>/s3-bucket.yml'
            Tags:
              - { Key: ManagedBy, Value: quartermaster }
        AssociationS3Bucket:
          Type: AWS::ServiceCatalog::PortfolioProductAssociation
          Properties:
            PortfolioId: !Ref Portfolio
            ProductId: !Ref ProductS3Bucket
        LaunchRoleS3Bucket:
          Type: AWS::ServiceCatalog::LaunchRoleConstraint
          # Service Catalog takes a constraint only for a product that is in the portfolio.
          DependsOn: AssociationS3Bucket
          Properties:
            PortfolioId: !Ref Portfolio
            ProductId: !Ref ProductS3Bucket
            LocalRoleName: !Sub '${LaunchRolePrefix}s3-bucket'
        TagUpdatesS3Bucket:
          Type: AWS::ServiceCatalog::ResourceUpdateConstraint
          DependsOn: AssociationS3Bucket
          Properties:
            PortfolioId: !Ref Portfolio
            ProductId: !Ref ProductS3Bucket
            # A change sends the tags along, and Service Catalog refuses them without this.
            TagUpdateOnProvisionedProduct: ALLOWED
        TagOptionS3Bucket:
          Type: AWS::ServiceCatalog::TagOption
          Properties: { Key: Product, Value: 's3-bucket' }
        TaggedS3Bucket:
          Type: AWS::ServiceCatalog::TagOptionAssociation
          Properties:
            ResourceId: !Ref ProductS3Bucket
            TagOptionId: !Ref TagOptionS3Bucket
        ");
    }

    #[test]
    fn every_key_has_a_logical_id_of_its_own() {
        assert_eq!(id("rds-postgres"), "RdsPostgres");
        let alike = ["a1", "a-1", "a--1", "a-1-", "-a1", "ab-c", "a-bc", "abc", "1"];
        let ids: std::collections::BTreeSet<String> = alike.into_iter().map(id).collect();
        assert_eq!(ids.len(), alike.len(), "{ids:?}");
        assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{ids:?}");
    }

    #[test]
    fn a_name_arrives_as_it_is_written_whatever_is_in_it() {
        for name in ["It's: \"new\" # one", "two\nlines\tand a tab", "- {a: !Ref b}", "größer", "null"] {
            let text = portfolio_template(&with_name(name), None).unwrap();
            let template = parse_yaml(&text).unwrap();
            let product = at(&template, &["Resources", "ProductEcsService", "Properties"]);
            assert_eq!(at(product, &["Name"]).as_text(), Some(name));
            assert!(product.get("Description").is_none());
        }
    }

    #[test]
    fn the_asset_url_is_a_default_where_it_is_known() {
        let catalog = built_in().unwrap();
        let url = |asset_url| {
            let text = portfolio_template(&catalog, asset_url).unwrap();
            let template = parse_yaml(&text).unwrap();
            let parameter = at(&template, &["Parameters", "AssetUrl"]);
            parameter.get("Default").and_then(Node::as_text).map(str::to_owned)
        };
        assert_eq!(url(None), None);
        assert_eq!(url(Some("https://assets.example.com")).as_deref(), Some("https://assets.example.com"));
    }

    #[test]
    fn more_products_than_a_stack_holds_are_refused() {
        let mut catalog = with_name("One of many");
        let product = catalog.products.values().next().unwrap().as_ref().clone();
        for number in 0..100 {
            let key = ProductKey::parse(&format!("p{number}")).unwrap();
            let product = Product { key: key.clone(), ..product.clone() };
            catalog.products.insert(key, product.into());
        }
        insta::assert_snapshot!(portfolio_template(&catalog, None).unwrap_err(), @"101 products do not fit into one stack, which holds 82: split the catalog into several with a portfolio each");
    }
}
