//! Backends on AWS, and checks that the account is set up for them, at startup and by `doctor`.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::aws::cost_explorer::CostExplorer;
use crate::aws::dynamodb::{DynamoStore, Tables};
use crate::aws::inventory::CloudControl;
use crate::aws::queue::EventQueue;
use crate::aws::service_catalog::{Portfolio, ServiceCatalog};
use crate::aws::step_functions::StepFunctions;
use crate::aws::topic::Topic;
use crate::aws::{SetupProblem, access};
use crate::config::{EventsTo, ProvisionerChoice, Settings, StoreChoice, WorkflowChoice};
use crate::domain::catalog::Catalog;

/// The backends on AWS; all `None` if everything is embedded.
#[derive(Clone, Debug, Default)]
pub(super) struct OnAws {
    configuration: Option<SdkConfig>,
    pub(super) store: Option<DynamoStore>,
    pub(super) workflow: Option<StepFunctions>,
    pub(super) queue: Option<EventQueue>,
    pub(super) provisioner: Option<ServiceCatalog>,
    pub(super) bill: Option<CostExplorer>,
    pub(super) inventory: Option<CloudControl>,
    pub(super) topic: Option<Topic>,
}

/// The result of checking a part of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// What was checked, such as "the queue `https://…`".
    pub(super) subject: String,
    /// What is missing, different or forbidden; empty if all is well.
    pub(super) problems: Vec<SetupProblem>,
}

impl OnAws {
    /// Creates the backends that the settings name, with this AWS configuration.
    ///
    /// # Errors
    /// If the topic can never be called.
    pub(super) fn new(
        configuration: &SdkConfig,
        settings: &Settings,
        catalog: &Arc<Catalog>,
    ) -> anyhow::Result<Self> {
        let backend = &settings.backend;
        Ok(Self {
            configuration: Some(configuration.clone()),
            store: match &backend.store {
                StoreChoice::DynamoDb { requests, events } => {
                    Some(DynamoStore::new(configuration, tables(requests, events)))
                }
                StoreChoice::Sqlite(_) => None,
            },
            workflow: match &backend.workflow {
                WorkflowChoice::StepFunctions(machine) => Some(StepFunctions::new(configuration, machine)),
                WorkflowChoice::Local => None,
            },
            inventory: match backend.provisioner {
                ProvisionerChoice::ServiceCatalog => Some(CloudControl::new(configuration)),
                ProvisionerChoice::Simulated => None,
            },
            topic: match &settings.events {
                Some(EventsTo::Topic(arn)) => Some(Topic::new(configuration, arn)?),
                Some(EventsTo::Webhook(_)) | None => None,
            },
            bill: if settings.account.actual_cost { Some(CostExplorer::new(configuration)) } else { None },
            queue: backend.queue.as_ref().map(|url| EventQueue::new(configuration, url)),
            provisioner: match backend.provisioner {
                ProvisionerChoice::ServiceCatalog => {
                    let portfolio = Portfolio {
                        id: settings.account.portfolio.clone(),
                        launch_paths: settings.account.launch_paths.clone(),
                    };
                    Some(ServiceCatalog::new(configuration, portfolio, Arc::clone(catalog)))
                }
                ProvisionerChoice::Simulated => None,
            },
        })
    }

    /// Returns problems of the portfolio with this catalog, if a portfolio is used.
    pub(super) async fn problems_with(&self, catalog: &Arc<Catalog>) -> Vec<SetupProblem> {
        match &self.provisioner {
            Some(portfolio) => portfolio.clone().offering(Arc::clone(catalog)).problems().await,
            None => Vec::new(),
        }
    }

    /// Checks every used part of the account concurrently, but none if AWS cannot be called at all.
    pub(super) async fn look(&self) -> Vec<Look> {
        let Some(configuration) = &self.configuration else { return Vec::new() };
        let mut looks = vec![Look {
            subject: format!("calls go to {}", access::region(configuration)),
            problems: access::problems(configuration).await,
        }];
        // If no call works, the other checks would only repeat the reason.
        if looks[0].problems.is_empty() {
            // The bill and the inventory are not checked: the program works without them.
            let Self { store, workflow, queue, provisioner, .. } = self;
            let (store, workflow, queue, provisioner) = tokio::join!(
                look_at(store.as_ref().map(|store| (store.subject(), store.problems()))),
                look_at(workflow.as_ref().map(|machine| (machine.subject(), machine.problems()))),
                look_at(queue.as_ref().map(|queue| (queue.subject(), queue.problems()))),
                look_at(provisioner.as_ref().map(|portfolio| (portfolio.subject(), portfolio.problems()))),
            );
            looks.extend([store, workflow, queue, provisioner].into_iter().flatten());
        }
        looks
    }
}

/// Checks a backend, if it is used.
async fn look_at(backend: Option<(String, impl Future<Output = Vec<SetupProblem>>)>) -> Option<Look> {
    let (subject, problems) = backend?;
    Some(Look { subject, problems: problems.await })
}

/// Returns the names of a store's two tables.
pub(super) fn tables(requests: &str, events: &str) -> Tables {
    Tables { requests: requests.to_owned(), events: events.to_owned() }
}
