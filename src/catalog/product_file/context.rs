//! What a product file is checked against, and how to name what is not there.

use std::collections::BTreeMap;

use crate::domain::cost::PriceList;
use cloudformation::Template;
use cloudformation::document::nearest;

/// The offered values of each parameter, with the label of each.
pub(super) type Choices = BTreeMap<String, Vec<(String, String)>>;

/// What a product file is checked against. Checks are skipped for parts that could not be read.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) template: Option<&'c Template>,
    pub(crate) prices: Option<&'c PriceList>,
    /// The catalog's folder, for messages.
    pub(crate) root: &'c str,
}

/// Words a remedy for an unknown name: the nearest known one, or else all of them after `are`.
pub(super) fn did_you_mean(name: &str, names: &[&str], are: &str) -> String {
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "there are none, so remove it".to_owned(),
        None => format!("{are} {}", names.join(", ")),
    }
}
