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
        let value = |parameters: &[(String, String)], key: &str| {
            let parameter = parameters.iter().find(|(own, _)| own == key);
            parameter.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        // The templates decide, since a catalog may be edited without a new version number.
        let version = (product.template_hash != self.product.template_hash).then(|| Difference {
            name: VERSION.to_owned(),
            before: self.product.version.clone(),
            after: if product.version == self.product.version {
                format!("{} with another template", product.version)
            } else {
                product.version.clone()
            },
        });
        // Parameters that the new version no longer has.
        let removed = self.shown_parameters().map(|(key, _)| key);
        let removed = removed.filter(|key| parameters.iter().all(|(own, _)| own != key)).map(str::to_owned);
        let keys = parameters.iter().map(|(key, _)| key.clone()).chain(removed);
        // Bound parameters are not shown, so their changes are not either.
        let changed = keys.filter(|key| !bound.contains(key)).map(|key| Difference {
            before: value(&self.parameters, &key),
            after: value(parameters, &key),
            name: key,
        });
        version
            .into_iter()
            .chain(changed.filter(|difference| difference.before != difference.after))
            .collect()
    }
}
