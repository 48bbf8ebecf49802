//! Reads the progress of an operation of Service Catalog.

use anyhow::Context as _;
use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::types::{RecordDetail, RecordOutput, RecordStatus};

use crate::aws::Needs as _;
use crate::domain::ids::RecordId;
use crate::ports::provisioner::RecordState;

/// The most outputs in one answer.
/// Source: <https://docs.aws.amazon.com/servicecatalog/latest/dg/API_DescribeRecord.html>
const PAGE: i32 = 20;

/// Returns the state of a record, with all its outputs once it has succeeded.
pub(super) async fn describe(client: &Client, id: &RecordId) -> anyhow::Result<RecordState> {
    let (mut outputs, mut token) = (Vec::new(), None);
    loop {
        let ask = client.describe_record().id(id.as_str()).page_size(PAGE).set_page_token(token);
        let answer = ask
            .send()
            .await
            .needs("servicecatalog:DescribeRecord")
            .with_context(|| format!("cannot look at the record {id}"))?;
        let record = answer.record_detail.with_context(|| format!("there is nothing in the record {id}"))?;
        match record.status() {
            Some(RecordStatus::Failed) => return Ok(RecordState::Failed { why: why(&record) }),
            Some(RecordStatus::Succeeded) => {}
            // Includes statuses that this version does not know; they will turn into one that it does.
            _ => return Ok(RecordState::Running),
        }
        outputs.extend(answer.record_outputs.unwrap_or_default().into_iter().filter_map(output));
        token = answer.next_page_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(RecordState::Succeeded { outputs });
        }
    }
}

fn output(output: RecordOutput) -> Option<(String, String, String)> {
    Some((
        output.output_key?,
        output.description.unwrap_or_default(),
        output.output_value.unwrap_or_default(),
    ))
}

/// Joins the reasons that Service Catalog gives.
fn why(record: &RecordDetail) -> String {
    let reasons: Vec<&str> = record.record_errors().iter().filter_map(|error| error.description()).collect();
    if reasons.is_empty() { "Service Catalog gave no reason".to_owned() } else { reasons.join("; ") }
}
