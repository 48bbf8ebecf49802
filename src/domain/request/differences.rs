//! What a change of an existing product would make different.

use super::{Difference, ProductSnapshot, Request, VERSION};

impl Request {
    /// Returns what a change to this product and these parameters would make different; empty if nothing.
    pub fn differences(
        &self,
        product: &ProductSnapshot,
        parameters: &[(String, String)],
        bound: &[String],
    ) -> Vec<Difference> {
        let value = |of: &[(String, String)], key: &str| {
            let found = of.iter().find(|(own, _)| own == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let version = (product.template_hash != self.product.template_hash).then(|| Difference {
            what: VERSION.to_owned(),
            before: self.product.version.clone(),
            after: if product.version == self.product.version {
                format!("{} with another template", product.version)
            } else {
                product.version.clone()
            },
        });
        // Parameters that the new version no longer has.
        let gone = self.shown_parameters().map(|(key, _)| key);
        let gone = gone.filter(|key| parameters.iter().all(|(own, _)| own != key)).map(str::to_owned);
        let keys = parameters.iter().map(|(key, _)| key.clone()).chain(gone);
        // Bound parameters are not shown, so their changes are not either.
        let changed = keys.filter(|key| !bound.contains(key)).map(|key| Difference {
            before: value(&self.parameters, &key),
            after: value(parameters, &key),
            what: key,
        });
        version.into_iter().chain(changed.filter(|one| one.before != one.after)).collect()
    }
}
