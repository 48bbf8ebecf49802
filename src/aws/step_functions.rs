//! The workflow port on Step Functions: one execution per attempt of a request, of the state machine in
//! `infra/provisioning.asl.json`. Its messages arrive through `queue`.

use std::error::Error;
use std::fmt::Debug;

use anyhow::Context as _;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::operation::describe_state_machine::{DescribeStateMachineError, DescribeStateMachineOutput};
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use aws_sdk_sfn::types::{ExecutionStatus, StateMachineStatus, StateMachineType};
use serde_json::{Value, json};

use super::failures::STEP_FUNCTIONS;
use super::{Needs as _, SetupProblem, denied_or};
use crate::domain::ids::{ExecutionName, TaskToken};
use crate::ports::workflow::{ExecutionInput, ResumeError, Workflow};

/// The longest time that a state waits, in seconds.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-task-state.html>
const LONGEST_WAIT: u64 = 99_999_999;

/// Every state in which the shipped machine waits or ends. A machine that lacks one is a different machine.
const STATES: [&str; 7] = [
    "RequestApproval",
    "ProvisionResource",
    "UpdateStatus",
    "RequestDenied",
    "RequestCancelled",
    "RequestTimedOut",
    "ProvisioningFailed",
];

/// A client of the state machine with this ARN.
#[derive(Clone, Debug)]
pub struct StepFunctions {
    client: Client,
    machine: String,
}

impl StepFunctions {
    /// Creates a client for the state machine with the ARN `machine`.
    pub fn new(configuration: &SdkConfig, machine: impl Into<String>) -> Self {
        Self { client: Client::new(configuration), machine: machine.into() }
    }

    /// Names what [`Self::problems`] checks, for its report.
    pub fn subject(&self) -> String {
        format!("the state machine `{}`", self.machine)
    }

    /// Returns all problems with the state machine: that it is missing, or not the one in `infra/`.
    pub async fn problems(&self) -> Vec<SetupProblem> {
        let answer = self.client.describe_state_machine().state_machine_arn(&self.machine).send().await;
        match answer {
            Ok(machine) => [self.differences(&machine), Box::pin(self.missing_rights()).await].concat(),
            Err(error) if error.as_service_error().is_some_and(is_missing) => vec![SetupProblem::new(
                format!("there is no state machine `{}`", self.machine),
                "correct `backend.workflow` and the region, or deploy the stack of `infra/portal.yml` with \
                 `infra/deploy.sh`",
            )],
            Err(error) => {
                let thing = format!("the state machine `{}`", self.machine);
                vec![SetupProblem::of_call(&thing, "states:DescribeStateMachine", &error)]
            }
        }
    }

    /// Returns the rights that the bot lacks, tested with a token that nobody waits with and an execution
    /// that does not exist. The right to start executions cannot be tested without starting one.
    async fn missing_rights(&self) -> Vec<SetupProblem> {
        let nobody = "nobody-waits-with-this";
        let none = self.machine.replacen(":stateMachine:", ":execution:", 1) + ":no-execution";
        let (success, failure, list, describe) = tokio::join!(
            self.client.send_task_success().task_token(nobody).output("{}").send(),
            self.client.send_task_failure().task_token(nobody).send(),
            self.client.list_executions().state_machine_arn(&self.machine).max_results(1).send(),
            self.client.describe_execution().execution_arn(none).send(),
        );
        let missing = [
            SetupProblem::of_right("states:SendTaskSuccess", &success),
            SetupProblem::of_right("states:SendTaskFailure", &failure),
            SetupProblem::of_right("states:ListExecutions", &list),
            SetupProblem::of_right("states:DescribeExecution", &describe),
        ];
        missing.into_iter().flatten().collect()
    }

    fn differences(&self, machine: &DescribeStateMachineOutput) -> Vec<SetupProblem> {
        let mut problems = Vec::new();
        let wrong = |difference: String| {
            SetupProblem::new(
                format!("the state machine `{}` {difference}", self.machine),
                "deploy `infra/provisioning.asl.json` with `infra/deploy.sh`",
            )
        };
        if machine.status == Some(StateMachineStatus::Deleting) {
            problems.push(wrong("is being deleted".to_owned()));
        }
        if machine.r#type == StateMachineType::Express {
            problems.push(wrong("is an express one, which cannot wait for people".to_owned()));
        }
        // AWS has accepted the definition, so it is JSON. If not, every state counts as missing.
        let definition: Value = serde_json::from_str(&machine.definition).unwrap_or_default();
        let missing: Vec<&str> =
            STATES.into_iter().filter(|state| definition["States"].get(state).is_none()).collect();
        if !missing.is_empty() {
            problems.push(wrong(format!("has no state {}", missing.join(", "))));
        }
        problems
    }
}

fn is_missing(error: &DescribeStateMachineError) -> bool {
    // An ARN of something else is the same mistake in the settings.
    error.is_state_machine_does_not_exist() || error.is_invalid_arn()
}

#[async_trait]
impl Workflow for StepFunctions {
    async fn start_execution(&self, input: &ExecutionInput) -> anyhow::Result<()> {
        let sent = json!({
            "requestId": input.request,
            "autoApprove": input.auto_approve,
            // A state's timeout has to be positive, and Step Functions knows no longer one.
            "approvalTimeoutSeconds": input.approval_timeout_seconds.clamp(1, LONGEST_WAIT),
        });
        let call = self.client.start_execution().state_machine_arn(&self.machine);
        match call.name(input.name.as_str()).input(sent.to_string()).send().await {
            Ok(_) => Ok(()),
            // Only the portal uses such names, and each name always has the same input, so the execution is
            // ours.
            Err(error)
                if error.as_service_error().is_some_and(StartExecutionError::is_execution_already_exists) =>
            {
                Ok(())
            }
            Err(error) => {
                let error = denied_or(error, "states:StartExecution");
                Err(error.context(format!("cannot start the execution {}", input.name)))
            }
        }
    }

    async fn send_task_success(&self, token: &TaskToken) -> Result<(), ResumeError> {
        let call = self.client.send_task_success().task_token(token.reveal());
        // The result only fills a field of the execution's state that nothing reads, so it is empty.
        resumed(call.output("{}").send().await, "states:SendTaskSuccess")
    }

    async fn send_task_failure(&self, token: &TaskToken, error: &str) -> Result<(), ResumeError> {
        let call = self.client.send_task_failure().task_token(token.reveal());
        resumed(call.error(error).cause("The portal said so.").send().await, "states:SendTaskFailure")
    }

    async fn is_running(&self, execution: &ExecutionName) -> anyhow::Result<bool> {
        // `…:stateMachine:<machine>` has the executions `…:execution:<machine>:<name>`.
        let arn = format!("{}:{execution}", self.machine.replacen(":stateMachine:", ":execution:", 1));
        match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(described) => Ok(described.status == ExecutionStatus::Running),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeExecutionError::is_execution_does_not_exist) =>
            {
                Ok(false)
            }
            Err(error) => {
                let error = denied_or(error, "states:DescribeExecution");
                Err(STEP_FUNCTIONS.failed(error.context(format!("cannot look at the execution {execution}"))))
            }
        }
    }

    async fn running(&self) -> anyhow::Result<Vec<ExecutionName>> {
        let call = self.client.list_executions().state_machine_arn(&self.machine);
        let mut pages = call.status_filter(ExecutionStatus::Running).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(execution) = pages.next().await {
            names.push(ExecutionName::new(
                execution.needs("states:ListExecutions").context("cannot list executions")?.name,
            ));
        }
        Ok(names)
    }
}

/// Interprets the answer to resuming an execution. AWS documents the first code for a task that is over;
/// emulators and older documentation use the others.
fn resumed<T, E, R>(answer: Result<T, SdkError<E, R>>, right: &str) -> Result<(), ResumeError>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(()),
        Err(error) => match error.code() {
            Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken") => Err(ResumeError::NoLongerWaiting),
            Some(_) | None => Err(denied_or(error, right).context("cannot resume an execution").into()),
        },
    }
}
