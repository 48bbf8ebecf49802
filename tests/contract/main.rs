//! One suite per port, run on every implementation of it: what a port's documentation promises is tested here.
//! What only one implementation can do (files, restarts) is tested at the bottom of its own module.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod cost_explorer;
mod dynamodb;
#[path = "../emulator/mod.rs"]
mod emulator;
mod failures;
mod formats;
mod inventory;
mod local;
#[path = "../model/mod.rs"]
mod model;
mod models;
mod provisioner;
mod sample;
mod script;
mod service_catalog;
#[path = "../stand_in/mod.rs"]
mod stand_in;
mod step_functions;
mod store;
mod topic;
mod workflow;

/// Runs the listed tests of a suite on what `$make` makes, a fresh one for each. An attribute behind the list, such as
/// `#[ignore]`, is put on each.
macro_rules! suite {
    ($($suite:ident)::+, $name:ident, $make:path, [$($test:ident),+ $(,)?]) => {
        crate::suite!($($suite)::+, $name, $make, [$($test),+], #[cfg(test)]);
    };
    ($($suite:ident)::+, $name:ident, $make:path, [$($test:ident),+ $(,)?], #[$attribute:meta]) => {
        mod $name {
            use crate::$($suite)::+ as promised;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                #[$attribute]
                async fn $test() {
                    promised::$test($make()).await;
                }
            )+
        }
    };
}
pub(crate) use suite;

store::suite!(store_in_memory, crate::local::store_in_memory);
store::suite!(store_in_a_file, crate::local::store_in_a_file);
store::suite!(
    store_on_dynamodb,
    crate::dynamodb::store_in_new_tables,
    #[ignore = "wants an emulator: .ci/aws starts one and runs these"]
);
workflow::suite!(workflow_in_memory, crate::local::workflow_in_memory);
workflow::suite!(workflow_in_a_file, crate::local::workflow_in_a_file);
workflow::embedded_suite!(embedded_workflow, crate::local::workflow_in_memory);
workflow::suite!(
    workflow_on_step_functions,
    crate::step_functions::new_machine,
    #[ignore = "wants an emulator: .ci/aws starts one and runs these"]
);
provisioner::suite!(simulated_provisioner, crate::local::provisioner);
provisioner::suite!(provisioner_on_service_catalog, crate::service_catalog::over_a_simulation);
