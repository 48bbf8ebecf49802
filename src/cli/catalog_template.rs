//! `catalog template`: prints the Service Catalog side of the catalog for CloudFormation. Its content comes
//! from `catalog/`.

use url::Url;

use super::outcome::CommandOutput;
use crate::catalog::{CheckReport, Severity, portfolio_template};

/// Returns the template. With any error in the catalog nothing is printed, because deploying a template that
/// lacks a product would remove it from the portfolio.
pub fn template(report: &CheckReport, asset_url: Option<&str>) -> CommandOutput {
    let errors = report.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let lines: Vec<String> = errors.map(|problem| format!("{problem}\n")).collect();
    if !lines.is_empty() {
        return CommandOutput { text: lines.concat(), ok: false };
    }
    match portfolio_template(&report.catalog, asset_url) {
        Ok(text) => CommandOutput { text, ok: true },
        Err(problem) => CommandOutput { text: format!("{problem}\n"), ok: false },
    }
}

/// Parses `--asset-url`: an https address that paths can be appended to.
pub fn asset_url(text: &str) -> Result<String, String> {
    let remedy = "write it like https://my-bucket.s3.us-east-1.amazonaws.com";
    let url = Url::parse(text).map_err(|_| format!("this is not an address: {remedy}"))?;
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = url.query().is_none() && url.fragment().is_none();
    if url.scheme() != "https" || !plain || !bare {
        return Err(format!("CloudFormation needs a plain https address: {remedy}"));
    }
    // The template puts a slash behind it, and its `AllowedPattern` refuses one at the end.
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn an_asset_url_is_https_and_nothing_but_a_place() {
        assert_eq!(asset_url("https://a.example.com/b/").unwrap(), "https://a.example.com/b");
        let wrong =
            ["http://a.example.com", "https://me:pw@a.example.com", "https://a.example.com/?b", "a", ""];
        let refusals: Vec<String> =
            wrong.iter().map(|text| format!("{text} -> {}", asset_url(text).unwrap_err())).collect();
        insta::assert_snapshot!(refusals.join("\n"), @"
        http://a.example.com -> CloudFormation needs a plain https address: write it like https://my-bucket.s3.us-east-1.amazonaws.com
        https://me:pw@a.example.com -> CloudFormation needs a plain https address: write it like https://my-bucket.s3.us-east-1.amazonaws.com
        https://a.example.com/?b -> CloudFormation needs a plain https address: write it like https://my-bucket.s3.us-east-1.amazonaws.com
        a -> this is not an address: write it like https://my-bucket.s3.us-east-1.amazonaws.com
         -> this is not an address: write it like https://my-bucket.s3.us-east-1.amazonaws.com
        ");
    }

    #[test]
    fn a_catalog_with_a_mistake_is_not_printed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bucket")).unwrap();
        std::fs::write(dir.path().join("bucket/product.yml"), "name: Bucket\n").unwrap();
        let output = template(&catalog::check(dir.path(), None), None);
        assert!(!output.ok);
        let text = output.text.replace(&dir.path().display().to_string(), "catalog");
        insta::assert_snapshot!(text, @"catalog/bucket/template.yml: there is no such file: add the CloudFormation template of the product");
    }
}
