//! Opens the backends that the settings name.

use std::sync::Arc;

use anyhow::bail;
use aws_config::SdkConfig;

use super::on_aws::{OnAws, tables};
use crate::aws::dynamodb::DynamoStore;
use crate::aws::{self, SetupProblem};
use crate::config::{Settings, StoreChoice};
use crate::domain::catalog::Catalog;
use crate::local::database::Database;
use crate::local::inventory::SimulatedInventory;
use crate::local::provisioner::{SimulatedProvisioner, Simulation};
use crate::local::queue::LocalQueue;
use crate::local::store::SqliteStore;
use crate::local::workflow::LocalWorkflow;
use crate::ports::bill::Bill;
use crate::ports::clock::Clock;
use crate::ports::error_counters::ErrorCounters;
use crate::ports::inventory::Inventory;
use crate::ports::provisioner::Provisioner;
use crate::ports::queue::Queue;
use crate::ports::store::Store;
use crate::ports::subscriber::Subscriber;
use crate::ports::workflow::Workflow;

/// All ports except those to Slack.
#[derive(Clone, Debug)]
pub struct Backends {
    /// Stores requests, the audit trail and jobs.
    pub store: Arc<dyn Store>,
    /// Runs the executions that wait for people.
    pub workflow: Arc<dyn Workflow>,
    /// Deliver signals of the workflow and the provisioner.
    pub queues: Vec<Arc<dyn Queue>>,
    /// Provisions and removes products.
    pub provisioner: Arc<dyn Provisioner>,
    /// Lists existing resources of the account.
    pub inventory: Arc<dyn Inventory>,
    /// Counts errors of outside services.
    pub trouble: ErrorCounters,
    /// Reads actual charges, if configured.
    pub bill: Option<Arc<dyn Bill>>,
    /// Receives every audit entry, if a topic is configured.
    pub topic: Option<Arc<dyn Subscriber>>,
    pub(super) on_aws: OnAws,
}

impl Backends {
    /// Opens SQLite, the in-process workflow and the simulated provisioner, whatever the settings say. Needs only a
    /// file.
    ///
    /// # Errors
    /// If the file cannot be opened or is in use.
    pub fn embedded(settings: &Settings, clock: &Arc<dyn Clock>) -> anyhow::Result<Self> {
        let file = File::new(settings, clock);
        Self::join(OnAws::default(), file)
    }

    /// Opens the backends that the settings name, in any combination. Makes no calls to AWS: see
    /// [`Backends::problems`].
    ///
    /// # Errors
    /// If the file of embedded backends cannot be opened or is in use.
    pub async fn open(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        catalog: &Arc<Catalog>,
    ) -> anyhow::Result<Self> {
        if settings.uses_aws() {
            let trouble = ErrorCounters::by(Arc::clone(clock));
            let configuration = aws::configuration_counting(&trouble).await;
            let backends = Self::open_on(&configuration, settings, clock, catalog)?;
            // The counters that the AWS client increments, not those from `join`.
            return Ok(Self { trouble, ..backends });
        }
        Self::embedded(settings, clock)
    }

    /// Like [`Backends::open`], with this AWS configuration.
    ///
    /// # Errors
    /// See [`Backends::open`].
    pub fn open_on(
        configuration: &SdkConfig,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        catalog: &Arc<Catalog>,
    ) -> anyhow::Result<Self> {
        Self::join(OnAws::new(configuration, settings, catalog)?, File::new(settings, clock))
    }

    /// Combines the backends on AWS with embedded ones for all other ports.
    fn join(on_aws: OnAws, mut file: File<'_>) -> anyhow::Result<Self> {
        let mut queues: Vec<Arc<dyn Queue>> = Vec::new();
        if let Some(queue) = &on_aws.queue {
            queues.push(Arc::new(queue.clone()));
        }
        // Embedded backends signal through a queue in the file. If only one of them is embedded, both queues are read.
        if on_aws.workflow.is_none() || on_aws.provisioner.is_none() {
            queues.push(Arc::new(file.open()?.queue.clone()));
        }
        Ok(Self {
            store: match &on_aws.store {
                Some(store) => Arc::new(store.clone()),
                None => Arc::new(file.open()?.store()),
            },
            workflow: match &on_aws.workflow {
                Some(workflow) => Arc::new(workflow.clone()),
                None => Arc::new(file.open()?.workflow()),
            },
            provisioner: match &on_aws.provisioner {
                Some(provisioner) => Arc::new(provisioner.clone()),
                None => Arc::new(file.open()?.provisioner()),
            },
            queues,
            inventory: match &on_aws.inventory {
                Some(inventory) => Arc::new(inventory.clone()),
                None => Arc::new(SimulatedInventory),
            },
            topic: on_aws.topic.clone().map(|topic| Arc::new(topic) as _),
            trouble: ErrorCounters::by(Arc::clone(file.clock)),
            bill: on_aws.bill.clone().map(|bill| Arc::new(bill) as _),
            on_aws,
        })
    }

    /// Returns all problems of the account with these backends; checks them concurrently.
    pub async fn problems(&self) -> Vec<SetupProblem> {
        Box::pin(self.on_aws.look()).await.into_iter().flat_map(|look| look.problems).collect()
    }

    /// Migrates tables of an older program to the current version. A file is migrated when it is opened.
    ///
    /// # Errors
    /// If they have a later version, or cannot be read and written.
    pub async fn bring_forward(&self) -> anyhow::Result<()> {
        match &self.on_aws.store {
            Some(store) => store.bring_forward().await,
            None => Ok(()),
        }
    }
}

/// Opens the store that the settings name for reading, while bots may use it.
///
/// # Errors
/// If it cannot be opened.
pub async fn store(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match &settings.backend.store {
        StoreChoice::Sqlite(file) => Arc::new(SqliteStore::new(Database::open_for_reading(file)?)),
        StoreChoice::DynamoDb { requests, events } => {
            let store = DynamoStore::new(&aws::configuration().await, tables(requests, events));
            // Never interpret tables of an unknown version.
            if let Some(problem) = store.unknown_version().await.first() {
                bail!("{problem}");
            }
            Arc::new(store)
        }
    })
}

/// Opens the store that the settings name for single changes, while bots may use it.
///
/// # Errors
/// If it cannot be opened, or does not exist yet.
pub async fn store_beside(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    match &settings.backend.store {
        StoreChoice::Sqlite(file) => Ok(Arc::new(SqliteStore::new(Database::open_beside(file)?))),
        StoreChoice::DynamoDb { .. } => store(settings).await,
    }
}

/// The SQLite file of embedded backends; opened on first use.
struct File<'a> {
    settings: &'a Settings,
    clock: &'a Arc<dyn Clock>,
    opened: Option<Embedded>,
}

impl<'a> File<'a> {
    fn new(settings: &'a Settings, clock: &'a Arc<dyn Clock>) -> Self {
        Self { settings, clock, opened: None }
    }

    fn open(&mut self) -> anyhow::Result<&Embedded> {
        Ok(match self.opened {
            Some(ref embedded) => embedded,
            None => self.opened.insert(Embedded::open(self.settings, self.clock)?),
        })
    }
}

/// The backends that share one SQLite file.
struct Embedded {
    database: Database,
    queue: LocalQueue,
    simulation: Simulation,
    clock: Arc<dyn Clock>,
}

impl Embedded {
    fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> anyhow::Result<Self> {
        let database = Database::open(settings.backend.embedded_file())?;
        let queue = LocalQueue::new(database.clone(), Arc::clone(clock));
        let simulation = Simulation {
            step: settings.simulation.step,
            fail_products: settings.simulation.fail_products.clone(),
            fail_teardowns: settings.simulation.fail_teardowns.clone(),
            fail_changes: settings.simulation.fail_changes.clone(),
        };
        Ok(Self { database, queue, simulation, clock: Arc::clone(clock) })
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::new(self.database.clone())
    }

    fn workflow(&self) -> LocalWorkflow {
        LocalWorkflow::new(self.database.clone(), self.queue.clone(), Arc::clone(&self.clock))
    }

    fn provisioner(&self) -> SimulatedProvisioner {
        let (queue, clock) = (self.queue.clone(), Arc::clone(&self.clock));
        SimulatedProvisioner::new(self.database.clone(), queue, clock, self.simulation.clone())
    }
}
