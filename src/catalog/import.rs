//! Writes the folder of a product that was not written for this catalog: its template unchanged, and a
//! product file with everything that is known. The rest is left to the user.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::domain::ids::ProductKey;
use cloudformation::{Parameter, ParameterKind, Template};

/// Parameters that the portal can fill in, by the names that the shipped products use.
const BOUND: [(&str, &str); 3] =
    [("TeamName", "team"), ("RequesterId", "requester"), ("RequestId", "request_id")];
/// The maximum length of a key derived from a name.
const LONGEST_KEY: usize = 40;

/// What is known of a product besides its template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its origin, for the first line of the file.
    pub from: String,
    /// The name people see, such as `Postgres`.
    pub name: String,
    /// A one-line description; may be empty.
    pub description: String,
    /// The owner; may be empty.
    pub owner: String,
    /// The version of the template.
    pub version: String,
}

/// Derives a key from a name: `Postgres (small)` becomes `postgres-small`.
pub fn suggested_key(name: &str) -> Option<ProductKey> {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut key = words.collect::<Vec<_>>().join("-");
    // All ASCII by now, so this cuts no character in half. It may leave a hyphen at the end.
    key.truncate(LONGEST_KEY);
    ProductKey::parse(key.trim_end_matches('-'))
}

/// Writes a new product folder into the catalog in `dir` and returns its path. Never overwrites an existing
/// folder.
///
/// # Errors
/// If the folder exists, or cannot be written.
pub fn write_product(
    dir: &Path,
    key: &ProductKey,
    imported: &Imported,
    template: &str,
) -> anyhow::Result<PathBuf> {
    let folder = dir.join(key.as_str());
    ensure!(!folder.exists(), "{} exists: remove it, or name another key with --key", folder.display());
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (file, text) in [("template.yml", template), ("product.yml", &product_file(imported, template))] {
        let path = folder.join(file);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder)
}

fn product_file(imported: &Imported, template: &str) -> String {
    // A template with errors is imported too; `catalog check` then reports them.
    let parsed = Template::parse(template).ok();
    let or = |text: &str, otherwise: &str| quoted(if text.trim().is_empty() { otherwise } else { text });
    let described = parsed.as_ref().map_or("", |template| &template.description);
    let description = if imported.description.trim().is_empty() { described } else { &imported.description };
    let mut text = format!(
        "# Imported from {}. What each key means: ../README.md\n\
         name: {}\ndescription: {}\nowner: {}\nversion: {}\n",
        imported.from,
        or(&imported.name, "Unnamed"),
        or(description, "No description yet"),
        or(&imported.owner, "Platform Team"),
        or(&imported.version, "v1.0"),
    );
    text.push_str(&bindings(parsed.as_ref()));
    text.push_str(
        "approval:\n  mode: required\n  approvers: team\n  timeout: 24h\n\
         quota: { per_team: 3 }\n\
         lease: { ttl: 30d, grace: 7d, reminders: [1d], renew: [30d], max_renewals: 12 }\n\
         teardown: { confirm: type-the-name }\n\
         requesters: everyone\n",
    );
    text.push_str(&outputs(parsed.as_ref()));
    text
}

fn bindings(template: Option<&Template>) -> String {
    // The portal can only fill in texts.
    let is_text = |parameter: &&Parameter| matches!(parameter.kind, ParameterKind::String);
    let bound = BOUND.iter().filter(|(parameter, _)| {
        template.and_then(|template| template.parameter(parameter)).as_ref().is_some_and(is_text)
    });
    let lines: Vec<String> = bound.map(|(parameter, value)| format!("  {parameter}: {value}\n")).collect();
    if lines.is_empty() { String::new() } else { format!("bind:\n{}", lines.concat()) }
}

/// Writes an empty list of outputs. The user has to choose them, because an output may contain a password.
fn outputs(template: Option<&Template>) -> String {
    let names: Vec<&str> = template
        .into_iter()
        .flat_map(|template| &template.outputs)
        .map(|output| output.name.as_str())
        .collect();
    if names.is_empty() {
        return "outputs: []\n".to_owned();
    }
    let mut text = String::new();
    // Writing to a text never fails.
    let _ =
        writeln!(text, "# People see these once it is there; add what holds no secret: {}", names.join(", "));
    text + "outputs: []\n"
}

/// Quotes a text as JSON, which is also valid YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text.split_whitespace().collect::<Vec<_>>().join(" ")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    const TEMPLATE: &str = "Description: A queue\nParameters:\n  TeamName: { Type: String }\n  RequestId: { Type: Number }\n\
                            Resources:\n  Queue: { Type: AWS::SQS::Queue }\nOutputs:\n  Url: { Value: !Ref Queue }\n";

    fn imported() -> Imported {
        Imported {
            from: "Service Catalog".into(),
            name: "Queue: \"fast\"".into(),
            description: String::new(),
            owner: "Team # 7".into(),
            version: "2".into(),
        }
    }

    #[test]
    fn a_written_product_is_one_that_the_catalog_takes() {
        let dir = tempfile::tempdir().unwrap();
        let key = suggested_key(&imported().name).unwrap();
        let folder = write_product(dir.path(), &key, &imported(), TEMPLATE).unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(folder.join("product.yml")).unwrap(), @r#"
        # Imported from Service Catalog. What each key means: ../README.md
        name: "Queue: \"fast\""
        description: "A queue"
        owner: "Team # 7"
        version: "2"
        bind:
          TeamName: team
        approval:
          mode: required
          approvers: team
          timeout: 24h
        quota: { per_team: 3 }
        lease: { ttl: 30d, grace: 7d, reminders: [1d], renew: [30d], max_renewals: 12 }
        teardown: { confirm: type-the-name }
        requesters: everyone
        # People see these once it is there; add what holds no secret: Url
        outputs: []
        "#);
        let catalog = catalog::load(dir.path(), None).unwrap();
        let product = catalog.product(&key).unwrap();
        assert_eq!((&*product.name, &*product.description), ("Queue: \"fast\"", "A queue"));
        let again = write_product(dir.path(), &key, &imported(), TEMPLATE).unwrap_err();
        assert!(again.to_string().contains("exists"), "{again}");
    }

    #[test]
    fn a_template_that_cannot_be_read_is_written_all_the_same_for_a_person_to_look_at() {
        let dir = tempfile::tempdir().unwrap();
        let key = ProductKey::parse("odd").unwrap();
        let folder = write_product(dir.path(), &key, &imported(), "{").unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("template.yml")).unwrap(), "{");
    }

    #[test]
    fn a_name_suggests_a_key() {
        let keys = ["Postgres (small)", "S3", "  ", "Ünïcode", &"very long ".repeat(9), "list"]
            .map(|name| suggested_key(name).map_or("-".to_owned(), |key| key.to_string()));
        insta::assert_snapshot!(keys.join("\n"), @"
        postgres-small
        s3
        -
        n-code
        very-long-very-long-very-long-very-long
        -
        ");
    }
}
