//! Parses a message as `infra/README.md` describes it. Strict: messages that cannot be parsed end up in the
//! dead-letter queue.

use serde::Deserialize;

use crate::aws::service_catalog::names::product_of_stack;
use crate::domain::ids::{ExecutionName, ProvisionedProductId, RequestId, TaskToken};
use crate::ports::queue::Signal;

/// The supported version of the envelope.
const VERSION: u32 = 1;
/// The error code with which the portal itself ends an execution whose product could not be provisioned.
const PROVISIONING_FAILED: &str = "Request.ProvisioningFailed";

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A signal for the portal.
    Signal(Signal),
    /// A resource of this provisioned product was created. The request has to be looked up.
    Resource {
        /// Such as `pp-abc123`; its name tells the request.
        product: ProvisionedProductId,
        /// Its logical id in the template.
        logical_id: String,
    },
    /// An event of a stack that does not belong to Service Catalog.
    Foreign,
}

/// Why a message could not be parsed. Quotes nothing of the message, which may contain a task token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misunderstood {
    #[error("it is no envelope: {0} error at line {1}, column {2}")]
    Shape(&'static str, usize, usize),
    #[error("its version is {0}, not {VERSION}")]
    Version(u32),
    #[error("its type is unknown")]
    Type,
    #[error("`{0}` is missing or wrong")]
    Field(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnsEnvelope {
    r#type: String,
    version: u32,
    request_id: Option<String>,
    execution: Option<String>,
    task_token: Option<String>,
    outcome: Option<String>,
    error: Option<String>,
    stack_id: Option<String>,
    logical_id: Option<String>,
}

/// Parses the body of a message of the queue.
pub(super) fn read(text: &str) -> Result<Said, Misunderstood> {
    let envelope: SnsEnvelope = serde_json::from_str(text).map_err(|error| {
        let kind = if error.is_data() { "data" } else { "syntax" };
        Misunderstood::Shape(kind, error.line(), error.column())
    })?;
    if envelope.version != VERSION {
        return Err(Misunderstood::Version(envelope.version));
    }
    match envelope.r#type.as_str() {
        "approval.requested" => {
            let (request, execution) = envelope.execution()?;
            Ok(Said::Signal(Signal::ApprovalRequested { request, execution, token: envelope.token()? }))
        }
        "provision.requested" => {
            let (request, execution) = envelope.execution()?;
            Ok(Said::Signal(Signal::ProvisionRequested { request, execution, token: envelope.token()? }))
        }
        "execution.ended" => {
            let (request, execution) = envelope.execution()?;
            Ok(Said::Signal(Signal::ExecutionEnded { request, execution, orderly: envelope.is_orderly()? }))
        }
        "resource.changed" => envelope.resource(),
        _ => Err(Misunderstood::Type),
    }
}

impl SnsEnvelope {
    /// Parses the execution and the request that its name begins with. If the message also names the request,
    /// both must match.
    fn execution(&self) -> Result<(RequestId, ExecutionName), Misunderstood> {
        let name = self.execution.as_deref().ok_or(Misunderstood::Field("execution"))?;
        // The length of a UUID.
        let (id, attempt) = name.split_at_checked(36).ok_or(Misunderstood::Field("execution"))?;
        let request = RequestId::parse(id).ok_or(Misunderstood::Field("execution"))?;
        let counted = attempt.strip_prefix('-').is_some_and(|attempt| attempt.parse::<u32>().is_ok());
        if !counted {
            return Err(Misunderstood::Field("execution"));
        }
        match &self.request_id {
            Some(named) if RequestId::parse(named) != Some(request) => Err(Misunderstood::Field("requestId")),
            Some(_) | None => Ok((request, ExecutionName::new(name))),
        }
    }

    fn token(&self) -> Result<TaskToken, Misunderstood> {
        let token = self.task_token.as_deref().filter(|token| !token.is_empty());
        token.map(TaskToken::new).ok_or(Misunderstood::Field("taskToken"))
    }

    /// Whether the execution ended as the portal or the state machine intended.
    fn is_orderly(&self) -> Result<bool, Misunderstood> {
        match self.outcome.as_deref() {
            Some("UpdateStatus" | "RequestDenied" | "RequestCancelled" | "RequestTimedOut") => Ok(true),
            Some("ProvisioningFailed") => Ok(self.error.as_deref() == Some(PROVISIONING_FAILED)),
            Some(_) => Ok(false),
            None => Err(Misunderstood::Field("outcome")),
        }
    }

    fn resource(self) -> Result<Said, Misunderstood> {
        let stack = self.stack_id.ok_or(Misunderstood::Field("stackId"))?;
        let logical_id = self.logical_id.ok_or(Misunderstood::Field("logicalId"))?;
        Ok(product_of_stack(&stack).map_or(Said::Foreign, |product| Said::Resource { product, logical_id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const ID: &str = "3f2a8c1e-9d47-4b06-a5e3-1c7d90b2f684";

    fn asked(change: impl FnOnce(&mut Value)) -> Result<Said, Misunderstood> {
        let mut message = json!({
            "type": "approval.requested", "version": 1, "requestId": ID, "execution": format!("{ID}-1"),
            "state": "RequestApproval", "entered": "2026-11-24T10:00:00Z", "taskToken": "AAAA",
        });
        change(&mut message);
        read(&message.to_string())
    }

    fn ended(outcome: &str, error: Option<&str>) -> bool {
        let said = asked(|message| {
            message["type"] = json!("execution.ended");
            message["outcome"] = json!(outcome);
            message["error"] = json!(error);
        });
        let Ok(Said::Signal(Signal::ExecutionEnded { orderly, .. })) = said else { panic!("{said:?}") };
        orderly
    }

    #[test]
    fn a_waiting_execution_is_understood() {
        let Said::Signal(Signal::ApprovalRequested { request, execution, token }) = asked(|_| ()).unwrap()
        else {
            panic!()
        };
        assert_eq!((request.to_string().as_str(), execution.as_str()), (ID, &*format!("{ID}-1")));
        assert_eq!(token.reveal(), "AAAA");
        let said = asked(|message| message["type"] = json!("provision.requested"));
        assert!(matches!(said, Ok(Said::Signal(Signal::ProvisionRequested { .. }))));
    }

    #[test]
    fn what_eventbridge_cannot_take_apart_is_taken_apart_here() {
        let said = asked(|message| {
            *message = json!({"type": "execution.ended", "version": 1, "execution": format!("{ID}-2"), "outcome": "ABORTED"});
        });
        let Ok(Said::Signal(signal)) = said else { panic!("{said:?}") };
        assert_eq!(signal.request().to_string(), ID);
        let said = asked(|message| {
            *message = json!({
                "type": "resource.changed", "version": 1, "state": "CREATE_COMPLETE", "logicalId": "Bucket",
                "stackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/SC-123456789012-pp-abc/0",
            });
        });
        let product = ProvisionedProductId::new("pp-abc");
        assert_eq!(said, Ok(Said::Resource { product, logical_id: "Bucket".to_owned() }));
    }

    #[test]
    fn an_end_that_nobody_meant_is_not_orderly() {
        for outcome in ["UpdateStatus", "RequestDenied", "RequestCancelled", "RequestTimedOut"] {
            assert!(ended(outcome, Some("States.Whatever")), "{outcome}");
        }
        assert!(ended("ProvisioningFailed", Some("Request.ProvisioningFailed")));
        for (outcome, error) in [
            ("ProvisioningFailed", Some("States.Timeout")),
            ("ProvisioningFailed", None),
            ("FAILED", None),
            ("TIMED_OUT", None),
            ("ABORTED", None),
            ("a state of tomorrow", None),
        ] {
            assert!(!ended(outcome, error), "{outcome}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told_without_what_it_says() {
        let error = |said: Result<Said, Misunderstood>| said.unwrap_err().to_string();
        let field = |name: &str, value: Value| asked(|message| message[name] = value);
        let lines = [
            error(read("no JSON, with a token in it")),
            error(read("[]")),
            error(field("taskToken", json!(5))),
            error(field("taskToken", json!(""))),
            error(field("version", json!(2))),
            error(field("type", json!("approval.requested.v2"))),
            error(field("execution", json!("secret"))),
            error(field("execution", json!(format!("{ID}-x")))),
            error(field("execution", json!(format!("{}é-1", &ID[..35])))),
            error(field("requestId", json!("00000000-0000-4000-8000-000000000000"))),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        it is no envelope: syntax error at line 1, column 2
        it is no envelope: data error at line 1, column 2
        it is no envelope: data error at line 1, column 177
        `taskToken` is missing or wrong
        its version is 2, not 1
        its type is unknown
        `execution` is missing or wrong
        `execution` is missing or wrong
        `execution` is missing or wrong
        `requestId` is missing or wrong
        ");
    }

    proptest! {
        #[test]
        fn no_message_panics_the_reader(text in ".*", kind in 0..5usize, value in ".{0,60}") {
            let _ = read(&text);
            let kinds = ["approval.requested", "provision.requested", "execution.ended", "resource.changed", "x"];
            for key in ["requestId", "execution", "taskToken", "outcome", "stackId", "logicalId"] {
                let _ = asked(|message| {
                    message["type"] = json!(kinds[kind]);
                    message[key] = json!(value);
                });
            }
        }
    }
}
