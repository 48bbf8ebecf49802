//! The bill on Cost Explorer. The answers follow AWS's service model in botocore 1.44.8 and
//! <https://awscli.amazonaws.com/v2/documentation/api/latest/reference/ce/get-cost-and-usage.html> (2026-11-29); they are
//! not recorded from AWS.

use jiff::civil::date;
use quartermaster::aws::cost_explorer::CostExplorer;
use quartermaster::domain::ids::RequestId;
use quartermaster::ports::bill::Bill as _;
use serde_json::{Value, json};

use crate::script::{answered, error};

const LOGS: &str = "0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10";
const ORDERS: &str = "3f2a8c1e-5b7d-4e90-8a16-0c2d4e6f8a1b";

fn group(key: &str, amount: &str) -> Value {
    json!({"Keys": [key], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}})
}

fn page(groups: &[Value], next: Option<&str>) -> (u16, Value) {
    let month = json!({
        "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-24"}, "Total": {}, "Groups": groups, "Estimated": true,
    });
    let tags = json!([{"Type": "TAG", "Key": "RequestId"}]);
    let mut page =
        json!({"GroupDefinitions": tags, "ResultsByTime": [month], "DimensionValueAttributes": []});
    if let Some(next) = next {
        page["NextPageToken"] = json!(next);
    }
    (200, page)
}

#[tokio::test]
async fn what_each_request_was_charged_is_read_from_every_page() {
    let tagged = |id: &str| format!("RequestId${id}");
    let pages = [
        page(&[group("RequestId$", "812.0712"), group(&tagged(LOGS), "1.1034567891")], Some("2")),
        page(&[group(&tagged(ORDERS), "1.2E-7"), group("RequestId$of-somebody-else", "3")], None),
    ];
    let (configuration, script) = answered(pages).await;
    let charged = CostExplorer::new(&configuration).of_requests(date(2026, 11, 1), date(2026, 11, 24)).await;
    let lines: Vec<String> =
        charged.unwrap().iter().map(|(request, amount)| format!("{request} {amount}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10 1.1034567891
    3f2a8c1e-5b7d-4e90-8a16-0c2d4e6f8a1b 0.00000012
    ");
    insta::assert_snapshot!(script.asked("TimePeriod")[0], @r#"{"End":"2026-11-24","Start":"2026-11-01"}"#);
    insta::assert_snapshot!(script.asked("GroupBy")[0], @r#"[{"Key":"RequestId","Type":"TAG"}]"#);
    assert_eq!(script.asked("NextPageToken"), [Value::Null, json!("2")]);
}

#[tokio::test]
async fn a_bill_that_cannot_be_read_or_understood_is_an_error() {
    let broken = page(&[group(&format!("RequestId${LOGS}"), "a lot")], None);
    for answer in [error("AccessDeniedException"), error("DataUnavailableException"), broken] {
        let (configuration, _) = answered([answer]).await;
        let asked =
            CostExplorer::new(&configuration).of_requests(date(2026, 11, 1), date(2026, 11, 24)).await;
        assert!(asked.is_err());
    }
    assert!(RequestId::parse(LOGS).is_some());
}
