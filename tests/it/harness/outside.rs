//! What happens in the account behind the portal's back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use jiff::civil::Date;
use quartermaster::domain::drift::{ProvisionedCondition, ProvisionedRecord};
use quartermaster::domain::ids::{ExecutionName, RecordId, RequestId, TaskToken};
use quartermaster::ports::access_denied::Denied;
use quartermaster::ports::bill::Bill;
use quartermaster::ports::inventory::{Inventory, InventoryItem};
use quartermaster::ports::provisioner::{ProvisionError, ProvisionOrder, Provisioner, RecordState, Started};
use quartermaster::ports::queue::{Delivery, Queue};
use quartermaster::ports::workflow::{ExecutionInput, ResumeError, Workflow};
use quartermaster::wiring::Backends;
use rust_decimal::Decimal;
use tokio::sync::watch;

use crate::stand_in::Drift;

/// What somebody did; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside(Arc<Mutex<Done>>, Arc<watch::Sender<bool>>);

#[derive(Debug, Default)]
struct Done {
    drifts: BTreeMap<RequestId, Drift>,
    lost: BTreeSet<ExecutionName>,
    is_deaf: bool,
    denied: Option<&'static str>,
    sees_nothing: bool,
    charged: BTreeMap<RequestId, Decimal>,
    hides: bool,
    garbles: bool,
}

impl Outside {
    /// The backends of an account in which all this happened.
    pub(super) fn around(&self, mut backends: Backends) -> Backends {
        let outside = self.clone();
        backends.provisioner = Arc::new(Seen { outside: outside.clone(), provisioner: backends.provisioner });
        backends.bill = Some(Arc::new(outside.clone()));
        backends.inventory = Arc::new(Listed { outside: outside.clone(), inventory: backends.inventory });
        let garbled = |queue| {
            Arc::new(Garbled {
                outside: outside.clone(),
                queue,
                heard: Mutex::default(),
                deleted: Mutex::default(),
            }) as _
        };
        backends.queues = backends.queues.into_iter().map(garbled).collect();
        backends.workflow = Arc::new(Heard { outside, workflow: backends.workflow });
        backends
    }

    pub(super) fn drifts(&self, request: RequestId, drift: Drift) {
        self.0.lock().unwrap().drifts.insert(request, drift);
    }

    pub(super) fn is_put_right(&self, request: RequestId) {
        self.0.lock().unwrap().drifts.remove(&request);
    }

    pub(super) fn charges(&self, request: RequestId, amount: Decimal) {
        self.0.lock().unwrap().charged.insert(request, amount);
    }

    /// Nothing of what was provisioned is seen any more.
    pub(super) fn sees_nothing(&self) {
        self.0.lock().unwrap().sees_nothing = true;
    }

    /// From now on the bot has every right but this one.
    pub(super) fn denies(&self, right: Option<&'static str>) {
        self.0.lock().unwrap().denied = right;
    }

    fn allows(&self, right: &'static str) -> anyhow::Result<()> {
        if self.0.lock().unwrap().denied == Some(right) {
            let denied = Denied { right: right.to_owned(), role: Some("quartermaster-bot".to_owned()) };
            return Err(anyhow!("AccessDeniedException").context(denied));
        }
        Ok(())
    }

    /// From now on the queue brings what is new in the wrong order, and after it all that it ever brought.
    pub(super) fn garbles_the_queue(&self) {
        self.0.lock().unwrap().garbles = true;
    }

    /// An execution is stopped by somebody.
    pub(super) fn loses(&self, execution: ExecutionName) {
        self.0.lock().unwrap().lost.insert(execution);
    }

    /// From now on the account says nothing to anybody, until it does again.
    pub(super) fn is_silent(&self, is_silent: bool) {
        self.1.send_replace(is_silent);
    }

    /// Ends when the account answers.
    async fn answers(&self) {
        // Fails only when this itself is gone.
        let _ = self.1.subscribe().wait_for(|is_silent| !is_silent).await;
    }

    /// What exists in the account can no longer be listed.
    pub(super) fn hides_the_inventory(&self) {
        self.0.lock().unwrap().hides = true;
    }

    pub(super) fn refuses(&self) -> bool {
        self.0.lock().unwrap().is_deaf
    }

    /// Whether no execution can be told anything.
    pub(super) fn is_deaf(&self, is_deaf: bool) {
        self.0.lock().unwrap().is_deaf = is_deaf;
    }
}

#[async_trait]
impl Bill for Outside {
    async fn of_requests(&self, _from: Date, _before: Date) -> anyhow::Result<BTreeMap<RequestId, Decimal>> {
        Ok(self.0.lock().unwrap().charged.clone())
    }
}

#[derive(Debug)]
struct Listed {
    outside: Outside,
    inventory: Arc<dyn Inventory>,
}

#[async_trait]
impl Inventory for Listed {
    async fn list(&self, parameter_type: &str) -> anyhow::Result<Vec<InventoryItem>> {
        self.outside.answers().await;
        if self.outside.0.lock().unwrap().hides {
            return Err(anyhow!("not authorized to perform ec2:DescribeVpcs"));
        }
        self.inventory.list(parameter_type).await
    }
}

#[derive(Debug)]
struct Seen {
    outside: Outside,
    provisioner: Arc<dyn Provisioner>,
}

#[async_trait]
impl Provisioner for Seen {
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError> {
        self.outside.allows("servicecatalog:ProvisionProduct")?;
        self.outside.answers().await;
        self.provisioner.provision(order).await
    }

    async fn update(&self, order: &ProvisionOrder<'_>, change: u32) -> Result<RecordId, ProvisionError> {
        self.outside.allows("servicecatalog:UpdateProvisionedProduct")?;
        self.outside.answers().await;
        self.provisioner.update(order, change).await
    }

    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState> {
        self.outside.allows("servicecatalog:DescribeRecord")?;
        self.outside.answers().await;
        self.provisioner.describe(record).await
    }

    async fn terminate(&self, request: RequestId, attempt: u32) -> Result<Option<RecordId>, ProvisionError> {
        self.outside.allows("servicecatalog:TerminateProvisionedProduct")?;
        self.outside.answers().await;
        self.provisioner.terminate(request, attempt).await
    }

    async fn survey(&self) -> anyhow::Result<Vec<ProvisionedRecord>> {
        self.outside.allows("servicecatalog:SearchProvisionedProducts")?;
        self.outside.answers().await;
        let found = self.provisioner.survey().await?;
        let done = self.outside.0.lock().unwrap();
        let changed = |mut existing: ProvisionedRecord| {
            match done.drifts.get(&existing.request) {
                Some(Drift::Gone) => return None,
                Some(Drift::Tainted) => existing.condition = ProvisionedCondition::Troubled("TAINTED".into()),
                Some(Drift::Broken) => existing.condition = ProvisionedCondition::Troubled("ERROR".into()),
                Some(Drift::Tagged(tags)) => existing.tags = Some(tags.clone()),
                None => {}
            }
            (!done.sees_nothing).then_some(existing)
        };
        Ok(found.into_iter().filter_map(changed).collect())
    }

    async fn exists(&self, request: RequestId) -> anyhow::Result<bool> {
        self.outside.answers().await;
        let is_gone = self.outside.0.lock().unwrap().drifts.get(&request) == Some(&Drift::Gone);
        Ok(!is_gone && self.provisioner.exists(request).await?)
    }

    fn poll_every(&self) -> Duration {
        self.provisioner.poll_every()
    }

    fn is_simulated(&self) -> bool {
        self.provisioner.is_simulated()
    }
}

#[derive(Debug)]
struct Garbled {
    outside: Outside,
    queue: Arc<dyn Queue>,
    heard: Mutex<Vec<Delivery>>,
    deleted: Mutex<BTreeSet<String>>,
}

#[async_trait]
impl Queue for Garbled {
    async fn receive(&self, wait: Duration) -> anyhow::Result<Vec<Delivery>> {
        let mut new = self.queue.receive(wait).await?;
        if new.is_empty() || !self.outside.0.lock().unwrap().garbles {
            return Ok(new);
        }
        new.reverse();
        let mut heard = self.heard.lock().unwrap();
        let mut brought = new.clone();
        brought.extend(heard.iter().rev().cloned());
        heard.extend(new);
        brought.extend(heard.iter().cloned());
        Ok(brought)
    }

    async fn delete(&self, receipt: &str) -> anyhow::Result<()> {
        let is_first = self.deleted.lock().unwrap().insert(receipt.to_owned());
        if is_first { self.queue.delete(receipt).await } else { Ok(()) }
    }
}

#[derive(Debug)]
struct Heard {
    outside: Outside,
    workflow: Arc<dyn Workflow>,
}

impl Heard {
    fn check(&self) -> Result<(), ResumeError> {
        self.outside.allows("states:SendTaskSuccess")?;
        if self.outside.0.lock().unwrap().is_deaf {
            return Err(anyhow!("not authorized to perform states:SendTaskSuccess").into());
        }
        Ok(())
    }
}

#[async_trait]
impl Workflow for Heard {
    async fn start_execution(&self, input: &ExecutionInput) -> anyhow::Result<()> {
        self.outside.allows("states:StartExecution")?;
        self.outside.answers().await;
        self.workflow.start_execution(input).await
    }

    async fn send_task_success(&self, token: &TaskToken) -> Result<(), ResumeError> {
        self.outside.answers().await;
        self.check()?;
        self.workflow.send_task_success(token).await
    }

    async fn send_task_failure(&self, token: &TaskToken, error: &str) -> Result<(), ResumeError> {
        self.outside.answers().await;
        self.check()?;
        self.workflow.send_task_failure(token, error).await
    }

    async fn is_running(&self, execution: &ExecutionName) -> anyhow::Result<bool> {
        self.outside.answers().await;
        let is_lost = self.outside.0.lock().unwrap().lost.contains(execution);
        Ok(!is_lost && self.workflow.is_running(execution).await?)
    }

    async fn running(&self) -> anyhow::Result<Vec<ExecutionName>> {
        self.outside.answers().await;
        let found = self.workflow.running().await?;
        let done = self.outside.0.lock().unwrap();
        Ok(found.into_iter().filter(|name| !done.lost.contains(name)).collect())
    }
}
