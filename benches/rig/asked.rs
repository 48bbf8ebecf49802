//! What people ask for, as the domain knows it, for benchmarks that drive a part of the program in their own process.

use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use quartermaster::domain::approval::ExceededLimits;
use quartermaster::domain::catalog::{Catalog, Product};
use quartermaster::domain::cost::Estimate;
use quartermaster::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use quartermaster::domain::submission::Submission;
use rust_decimal::Decimal;

/// The catalog that is built into the program.
pub(crate) fn catalog() -> anyhow::Result<Arc<Catalog>> {
    let catalog = quartermaster::catalog::built_in().ok().context("the built-in catalog is broken")?;
    Ok(Arc::new(catalog))
}

/// A product of it.
pub(crate) fn product(key: &str) -> anyhow::Result<&'static Product> {
    static CATALOG: OnceLock<Option<Arc<Catalog>>> = OnceLock::new();
    let catalog =
        CATALOG.get_or_init(|| catalog().ok()).as_ref().context("the built-in catalog is broken")?;
    let key = ProductKey::parse(key).context("not a key")?;
    Ok(catalog.product(&key).context("no such product")?)
}

/// What a filled form of `s3-bucket` becomes.
pub(crate) fn submission(id: RequestId, owner: u64, team: &str) -> Submission {
    Submission {
        id,
        requester: PersonId::new(format!("U{owner:010}")),
        owner: PersonId::new(format!("U{owner:010}")),
        team: TeamName::new(team),
        parameters: vec![
            ("Purpose".to_owned(), "logs of the checkout".to_owned()),
            ("Environment".to_owned(), "prod".to_owned()),
        ],
        bound: Vec::new(),
        reason: "the audit asks for them".to_owned(),
        ticket: None,
        estimate: Some(Estimate {
            monthly: Decimal::new(115, 2),
            region: "us-east-1".to_owned(),
            priced_on: "2026-08-21".to_owned(),
        }),
        budget: None,
        exceeded: ExceededLimits::default(),
    }
}
