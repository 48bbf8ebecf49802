//! The AWS account of a company, where `.ci/aws` runs the journeys on AWS: the emulator, and the stand-in for Service
//! Catalog, which leaves what is made to the simulation. Without it everything is embedded.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use quartermaster::aws::dynamodb::{DynamoStore, Tables};
use quartermaster::config::{AwsAccount, Backend, ProvisionerChoice, Settings, StoreChoice, WorkflowChoice};
use quartermaster::domain::catalog::Catalog;
use quartermaster::domain::drift::ProvisionedRecord;
use quartermaster::domain::ids::{RecordId, RequestId};
use quartermaster::domain::period::Period;
use quartermaster::local::database::Database;
use quartermaster::local::inventory::SimulatedInventory;
use quartermaster::local::provisioner::{SimulatedProvisioner, Simulation};
use quartermaster::local::queue::LocalQueue;
use quartermaster::ports::clock::Clock;
use quartermaster::ports::provisioner::{ProvisionError, ProvisionOrder, Provisioner, RecordState, Started};
use quartermaster::ports::queue::{Queue as _, Signal};
use quartermaster::wiring::Backends;
use serde_json::json;

use super::ManualClock;
use crate::emulator::machine::{self, Machine};
use crate::emulator::recorder::{Call, Recorder};
use crate::emulator::{emulator, recorded_beside, tables};
use crate::stand_in::{PORTFOLIO, StandIn};

/// Says that journeys run on AWS.
const ON_AWS: &str = "QM_JOURNEYS_ON_AWS";
/// After so many seconds a message comes again that a killed bot had received.
const VISIBILITY: u32 = 1;

/// Service Catalog as it is here: it says that nothing real is made, and is in no less of a hurry than the simulation, so
/// that people see the same.
#[derive(Debug)]
struct Honest {
    service: Arc<dyn Provisioner>,
    backing: Arc<dyn Provisioner>,
}

#[async_trait]
impl Provisioner for Honest {
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError> {
        self.service.provision(order).await
    }

    async fn update(&self, order: &ProvisionOrder<'_>, change: u32) -> Result<RecordId, ProvisionError> {
        self.service.update(order, change).await
    }

    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState> {
        self.service.describe(record).await
    }

    async fn terminate(&self, request: RequestId, attempt: u32) -> Result<Option<RecordId>, ProvisionError> {
        self.service.terminate(request, attempt).await
    }

    async fn survey(&self) -> anyhow::Result<Vec<ProvisionedRecord>> {
        self.service.survey().await
    }

    async fn exists(&self, request: RequestId) -> anyhow::Result<bool> {
        self.service.exists(request).await
    }

    fn poll_every(&self) -> Duration {
        self.backing.poll_every()
    }

    fn is_simulated(&self) -> bool {
        self.backing.is_simulated()
    }
}

#[derive(Debug)]
pub(crate) struct Cloud {
    configuration: SdkConfig,
    recorder: Recorder,
    tables: Tables,
    machine: Machine,
    sqs: Client,
    pub(crate) stand_in: StandIn,
    /// Of the simulation behind the stand-in, and what it says.
    database: Database,
    made: LocalQueue,
}

impl Cloud {
    /// The account of a journey, where journeys run on AWS.
    #[expect(clippy::disallowed_methods, reason = "the emulator's script says so")]
    pub(super) async fn of_a_journey(clock: &ManualClock) -> Option<Self> {
        std::env::var(ON_AWS).ok()?;
        Some(Self::open(Arc::new(clock.clone())).await)
    }

    pub(crate) async fn open(clock: Arc<dyn Clock>) -> Self {
        let database = Database::open(":memory:").unwrap();
        let made = LocalQueue::new(database.clone(), Arc::clone(&clock));
        let simulation = Simulation {
            step: Period::ZERO,
            fail_products: vec![],
            fail_teardowns: vec![],
            fail_changes: vec![],
        };
        let backing = SimulatedProvisioner::new(database.clone(), made.clone(), clock, simulation);
        let stand_in = StandIn::start(Arc::new(backing)).await;
        let (configuration, recorder) = recorded_beside(Some(stand_in.url())).await;
        Self {
            tables: tables::new().await,
            machine: machine::new(&machine::shipped(), VISIBILITY).await,
            sqs: Client::new(&emulator().await),
            configuration,
            recorder,
            stand_in,
            database,
            made,
        }
    }

    /// The tables, for the one who looks at what the bot did: nothing of it counts as the bot's.
    pub(super) async fn observed(&self) -> DynamoStore {
        DynamoStore::new(&emulator().await, self.tables.clone())
    }

    /// What the bot asked for so far.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.recorder.calls()
    }

    /// Where a process has to call.
    pub(crate) fn url(&self) -> &str {
        self.recorder.url()
    }

    /// The lines of a settings file that name what is here.
    pub(crate) fn lines(&self, provisioner: &str) -> String {
        let (Tables { requests, events }, Machine { arn, queue, .. }) = (&self.tables, &self.machine);
        format!(
            "[backend]\nstore = \"dynamodb:{requests},{events}\"\nworkflow = \"step-functions:{arn}\"\n\
             provisioner = \"{provisioner}\"\nqueue = \"{queue}\"\n[aws]\nportfolio = \"{PORTFOLIO}\"\n"
        )
    }

    /// What the bot works on, with the catalog as it is now in the portfolio.
    pub(super) fn backends(
        &self,
        mut settings: Settings,
        clock: &Arc<dyn Clock>,
        catalog: &Arc<Catalog>,
    ) -> Backends {
        let Tables { requests, events } = self.tables.clone();
        settings.backend = Backend {
            store: StoreChoice::DynamoDb { requests, events },
            workflow: WorkflowChoice::StepFunctions(self.machine.arn.clone()),
            provisioner: ProvisionerChoice::ServiceCatalog,
            queue: Some(self.machine.queue.clone()),
        };
        settings.account = AwsAccount { portfolio: PORTFOLIO.to_owned(), ..AwsAccount::default() };
        let simulation = Simulation {
            step: settings.simulation.step,
            fail_products: settings.simulation.fail_products.clone(),
            fail_teardowns: settings.simulation.fail_teardowns.clone(),
            fail_changes: settings.simulation.fail_changes.clone(),
        };
        let (database, made) = (self.database.clone(), self.made.clone());
        let backing = SimulatedProvisioner::new(database, made, Arc::clone(clock), simulation);
        let backing: Arc<dyn Provisioner> = Arc::new(backing);
        self.stand_in.is_backed_by(Arc::clone(&backing));
        self.stand_in.publishes(catalog);
        let mut backends = Backends::open_on(&self.configuration, &settings, clock, catalog).unwrap();
        backends.inventory = Arc::new(SimulatedInventory);
        backends.provisioner = Arc::new(Honest { service: backends.provisioner, backing });
        backends
    }

    /// Says on the queue what CloudFormation would have said by now, and whether there was anything.
    pub(super) async fn passes_on_what_was_made(&self) -> bool {
        let mut any = false;
        for delivery in self.made.receive(Duration::ZERO).await.unwrap() {
            self.made.delete(&delivery.receipt).await.unwrap();
            let Signal::ResourceCreated { request, logical_id } = delivery.signal else { continue };
            let Some(product) = self.stand_in.product_of(request) else { continue };
            let stack = format!("arn:aws:cloudformation:us-east-1:1:stack/SC-123456789012-{product}/0");
            let message = json!({
                "type": "resource.changed", "version": 1, "state": "CREATE_COMPLETE",
                "entered": "2026-11-24T10:00:00Z", "stackId": stack, "logicalId": logical_id,
            });
            let send = self.sqs.send_message().queue_url(&self.machine.queue);
            send.message_body(message.to_string()).send().await.unwrap();
            any = true;
        }
        any
    }

    /// Every task token that came to the bot.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.recorder.tokens()
    }
}
