//! The rules of the company: what a reload replaces.

use std::sync::Arc;

use crate::domain::catalog::Catalog;
use crate::domain::organization::Organization;

/// The catalog and the organization: what can be replaced while the program runs.
#[derive(Clone, Debug)]
pub struct Rules {
    /// See [`crate::portal::Portal::catalog`].
    pub catalog: Arc<Catalog>,
    /// See [`crate::portal::Portal::organization`].
    pub organization: Arc<Organization>,
}

impl Rules {
    /// Combines settings and a catalog; former team names in the catalog are replaced by the current ones.
    pub fn new(catalog: Arc<Catalog>, organization: Arc<Organization>) -> Self {
        let catalog = if organization.has_renamed_teams() {
            Arc::new(organization.with_current_teams(&catalog))
        } else {
            catalog
        };
        Self { catalog, organization }
    }
}
