//! The queue port on SQS. It carries what the state machine publishes to the topic and what AWS's event rules
//! forward. `envelope` parses a message; the request of a created resource is looked up in Service Catalog.

mod envelope;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_servicecatalog::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::operation::get_queue_attributes::GetQueueAttributesError;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};

use self::envelope::Said;
use super::SetupProblem;
use super::service_catalog::names::request_of;
use crate::domain::ids::{ProvisionedProductId, RequestId};
use crate::ports::queue::{Delivery, Queue, Signal};

/// The longest wait that SQS accepts, and the most messages in one answer.
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const BATCH: i32 = 10;
/// Time limit for one attempt of a call; longer than the longest wait.
const ATTEMPT: Duration = Duration::from_secs(25);
/// Time limit for a call including all its retries.
const OPERATION: Duration = Duration::from_secs(50);
/// The most products whose request is cached.
const REMEMBERED: usize = 1_000;

/// The SQS queue with this URL. Clones share the cache.
#[derive(Clone, Debug)]
pub struct EventQueue {
    sqs: aws_sdk_sqs::Client,
    products: aws_sdk_servicecatalog::Client,
    url: String,
    known: Arc<Mutex<HashMap<ProvisionedProductId, Option<RequestId>>>>,
}

impl EventQueue {
    /// Creates a client for the queue at `url` from `configuration`.
    pub fn new(configuration: &SdkConfig, url: impl Into<String>) -> Self {
        let patient =
            TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build();
        let patient = aws_sdk_sqs::config::Builder::from(configuration).timeout_config(patient).build();
        Self {
            sqs: aws_sdk_sqs::Client::from_conf(patient),
            // Only receiving takes long, so this client keeps the usual time limits.
            products: aws_sdk_servicecatalog::Client::new(configuration),
            url: url.into(),
            known: Arc::default(),
        }
    }

    /// Names what [`Self::problems`] checks, for its report.
    pub fn subject(&self) -> String {
        format!("the queue `{}`", self.url)
    }

    /// Returns all problems with the queue.
    pub async fn problems(&self) -> Vec<SetupProblem> {
        let call = self.sqs.get_queue_attributes().queue_url(&self.url);
        match call.attribute_names(QueueAttributeName::RedrivePolicy).send().await {
            Ok(answer) => {
                let attributes = answer.attributes.unwrap_or_default();
                if attributes.contains_key(&QueueAttributeName::RedrivePolicy) {
                    return self.missing_rights().await;
                }
                vec![SetupProblem::new(
                    format!("the queue `{}` has no dead letters", self.url),
                    "what cannot be understood would come for ever: deploy the stack of `infra/portal.yml` with \
                     `infra/deploy.sh`",
                )]
            }
            Err(error)
                if error.as_service_error().is_some_and(GetQueueAttributesError::is_queue_does_not_exist)
                    || error.code() == Some("QueueDoesNotExist") =>
            {
                vec![SetupProblem::new(
                    format!("there is no queue `{}`", self.url),
                    "correct `backend.queue`, or deploy the stack of `infra/portal.yml` with `infra/deploy.sh`",
                )]
            }
            Err(error) => {
                vec![SetupProblem::of_call(
                    &format!("the queue `{}`", self.url),
                    "sqs:GetQueueAttributes",
                    &error,
                )]
            }
        }
    }

    /// Returns the rights that the bot lacks. Receiving cannot be tested, because that would take a message.
    /// Deleting is tested with a receipt that no message has.
    async fn missing_rights(&self) -> Vec<SetupProblem> {
        let delete = self.sqs.delete_message().queue_url(&self.url).receipt_handle("no-receipt").send().await;
        SetupProblem::of_right("sqs:DeleteMessage", &delete).into_iter().collect()
    }

    /// Translates a message into a signal; `None` if it does not concern the portal.
    async fn signal(&self, message: &Message) -> anyhow::Result<Option<Signal>> {
        match envelope::read(message.body().unwrap_or_default())? {
            Said::Signal(signal) => Ok(Some(signal)),
            Said::Resource { product, logical_id } => {
                let request = self.request_of(product).await?;
                Ok(request.map(|request| Signal::ResourceCreated { request, logical_id }))
            }
            Said::Foreign => Ok(None),
        }
    }

    /// Looks up the request of a provisioned product. Cached without expiry, because its name never changes.
    async fn request_of(&self, product: ProvisionedProductId) -> anyhow::Result<Option<RequestId>> {
        if let Some(cached) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&product) {
            return Ok(*cached);
        }
        let described = self.products.describe_provisioned_product().id(product.as_str()).send().await;
        let request = match described {
            Ok(answer) => answer.provisioned_product_detail.and_then(|detail| request_of(detail.name()?)),
            // Service Catalog hides what another role has provisioned.
            Err(error) if error.code() == Some("ResourceNotFoundException") => None,
            Err(error) => return Err(error).with_context(|| format!("cannot ask whose {product} is")),
        };
        let mut cache = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= REMEMBERED {
            // Clearing everything is good enough: an entry costs one call to look up again.
            cache.clear();
        }
        cache.insert(product, request);
        Ok(request)
    }
}

#[async_trait]
impl Queue for EventQueue {
    async fn receive(&self, wait: Duration) -> anyhow::Result<Vec<Delivery>> {
        let wait = i32::try_from(wait.min(LONGEST_WAIT).as_secs())?;
        let call = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(BATCH);
        let call = call.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let answer = call.wait_time_seconds(wait).send().await.context("cannot receive from the queue")?;
        let mut deliveries = Vec::new();
        for message in answer.messages.unwrap_or_default() {
            let id = message.message_id().unwrap_or_default();
            let receipt = message.receipt_handle().unwrap_or_default().to_owned();
            match self.signal(&message).await {
                Ok(Some(signal)) => deliveries.push(Delivery { receipt, signal }),
                Ok(None) => {
                    tracing::debug!(message = id, "a message about something that is not ours is dropped");
                    // The portal never sees it, so nobody else would delete it.
                    self.delete(&receipt).await?;
                }
                // Keep the message: after some more attempts SQS moves it to the dead-letter queue.
                Err(error) => tracing::error!(
                    message = id,
                    receives = receives(&message),
                    error = format!("{error:#}"),
                    "a message cannot be understood"
                ),
            }
        }
        Ok(deliveries)
    }

    async fn delete(&self, receipt: &str) -> anyhow::Result<()> {
        let call = self.sqs.delete_message().queue_url(&self.url).receipt_handle(receipt);
        call.send().await.context("cannot delete a message from the queue")?;
        Ok(())
    }
}

/// Returns how often a message was received. After the number in its redrive policy SQS moves it to the
/// dead-letter queue.
fn receives(message: &Message) -> &str {
    let attributes = message.attributes.as_ref();
    let count = attributes.and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    count.map_or("?", String::as_str)
}
