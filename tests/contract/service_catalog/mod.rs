//! The provisioner on Service Catalog, calling a stand-in that leaves what is made to the simulation. What only the
//! service does is in `wire`, what is wrong with a portfolio in `check`.

mod check;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use quartermaster::aws::service_catalog::{Portfolio, ServiceCatalog};
use quartermaster::domain::catalog::Catalog;

use crate::provisioner::ProvisionerUnderTest;
use crate::script::calling;
use crate::stand_in::{PORTFOLIO, StandIn};

fn portfolio() -> Portfolio {
    Portfolio { id: PORTFOLIO.to_owned(), launch_paths: BTreeMap::new() }
}

pub(crate) fn over_a_simulation() -> ProvisionerUnderTest {
    let simulation = crate::local::provisioner();
    tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(async {
            let stand_in = StandIn::start(Arc::clone(&simulation.provisioner)).await;
            let configuration = calling(stand_in.url()).await;
            let catalog = ServiceCatalog::new(&configuration, portfolio(), Arc::new(Catalog::default()));
            ProvisionerUnderTest { provisioner: Arc::new(catalog), stand_in: Some(stand_in), ..simulation }
        })
    })
}
