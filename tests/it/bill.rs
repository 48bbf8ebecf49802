//! What a request costs on AWS, counted from what the bot asked for in its whole life, and what the operations guide
//! says about that. `.ci/aws` runs this.

use crate::emulator::recorder::Call;
use crate::harness::{Company, run};

const GUIDE: &str = include_str!("../../docs/operations.md");
/// How far the guide may be off: jobs that come together are sometimes done in one go.
const TOLERANCE: f64 = 0.15;

/// Keys of what the portal does for itself: jobs that are about no request and no person, which bots there are, when people were
/// heard, and which refusals were repeated. How often it looks depends on how long the machine takes.
const PORTALS: [&str; 4] = ["\"JOB#-\"", "\"BOTS\"", "\"HEARD\"", "\"REFUSALS\""];

/// What a step of a request's life asked DynamoDB for.
#[derive(Debug)]
struct Step {
    name: &'static str,
    requests: f64,
    writes: f64,
    reads: f64,
}

impl Step {
    /// Looking for jobs and what the portal does for itself go on whether or not anybody asks for anything, so they are
    /// on no request's bill.
    fn of(name: &'static str, calls: &[Call]) -> Self {
        let tables = calls.iter().filter(|call| call.operation.starts_with("dynamodb:"));
        let is_own = |call: &&Call| {
            let asked = call.asked.to_string();
            call.asked["IndexName"] != "DueIndex" && !PORTALS.iter().any(|key| asked.contains(key))
        };
        let tables: Vec<&Call> = tables.filter(is_own).collect();
        Self {
            name,
            requests: tables.iter().map(|_| 1.0).sum(),
            writes: tables.iter().map(|call| call.units.0).sum(),
            reads: tables.iter().map(|call| call.units.1).sum(),
        }
    }

    fn row(&self) -> String {
        format!("| {} | {} | {} | {} |", self.name, self.requests, self.writes, self.reads)
    }

    /// Whether the guide has a row for it that is about right.
    fn is_told(&self) -> bool {
        let rows = GUIDE.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
        let Some(row) = rows.into_iter().find(|cells| cells.get(1) == Some(&self.name)) else { return false };
        let told = row[2..5].iter().map(|cell| cell.parse::<f64>().unwrap());
        let counted = [self.requests, self.writes, self.reads];
        told.zip(counted).all(|(told, counted)| (told - counted).abs() <= (counted * TOLERANCE).max(2.0))
    }
}

/// Plays a step and counts it.
async fn counted(company: &Company, name: &'static str, step: impl AsyncFnOnce()) -> Step {
    let before = company.aws_calls().len();
    step().await;
    Step::of(name, &company.aws_calls()[before..])
}

#[tokio::test]
#[ignore = "wants the emulator: .ci/aws"]
async fn the_operations_guide_says_what_a_request_costs_on_dynamodb() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let mut id = String::new();
        let request = async || id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        let steps = vec![
            counted(company, "Submitted, the card posted", request).await,
            counted(company, "Approved, provisioned, outputs told", async || {
                morgan.clicks("Approve").await;
                company.waits("5m").await;
            })
            .await,
            counted(company, "Warned", async || company.waits("720h").await).await,
            counted(company, "Renewed", async || alice.clicks("Renew 30 days").await).await,
            counted(company, "Torn down", async || {
                alice.runs(&format!("/provision teardown {}", &id[..8])).await;
                let name = company.newest_request().await.resource_name();
                alice.fills(&[("name", &name)]).await;
                alice.submits().await;
                company.waits("5m").await;
            })
            .await,
        ];
        let sum = |of: fn(&Step) -> f64| steps.iter().map(of).sum();
        let whole = Step {
            name: "The whole life",
            requests: sum(|step| step.requests),
            writes: sum(|step| step.writes),
            reads: sum(|step| step.reads),
        };
        let steps: Vec<Step> = steps.into_iter().chain([whole]).collect();
        let table: Vec<String> = steps.iter().map(Step::row).collect();
        assert!(steps.iter().all(Step::is_told), "docs/operations.md should say\n{}", table.join("\n"));
    })
    .await;
}
