//! `[backend]` and `[aws]`: which implementations serve the ports, and the settings of those on AWS.

use std::collections::BTreeMap;

use url::Url;

use crate::domain::ids::ProductKey;
use cloudformation::document::Reader;

/// The file of the embedded store, unless the settings name another.
const FILE: &str = "quartermaster.db";
/// The table of events, unless the settings name another; see `infra/portal.yml`.
const EVENTS: &str = "ProvisioningEvents";

/// The implementations that serve the ports. Every combination that the settings accept works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Stores requests, audit trail and jobs.
    pub store: StoreChoice,
    /// Runs the executions that wait for people.
    pub workflow: WorkflowChoice,
    /// Provisions and removes products.
    pub provisioner: ProvisionerChoice,
    /// URL of the SQS queue with the messages of AWS.
    pub queue: Option<String>,
}

/// The implementation of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// The SQLite file at this path.
    Sqlite(String),
    /// Two DynamoDB tables, which several bots can share.
    DynamoDb {
        /// Table with a row for each request.
        requests: String,
        /// Table with everything else.
        events: String,
    },
}

/// The implementation of the workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkflowChoice {
    /// The in-process state machine.
    Local,
    /// The Step Functions state machine with this ARN.
    StepFunctions(String),
}

/// The implementation of the provisioner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvisionerChoice {
    /// A simulation that creates nothing.
    Simulated,
    /// Service Catalog, from the portfolio in `[aws]`.
    ServiceCatalog,
}

/// Settings of the AWS account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsAccount {
    /// Id of the Service Catalog portfolio, such as `port-2s6wuabcdefoy`; empty without Service Catalog.
    pub portfolio: String,
    /// Whether to query Cost Explorer for actual costs once a day. AWS charges for each call.
    pub actual_cost: bool,
    /// The launch path, `lpv…-…`, for products to which several lead.
    pub launch_paths: BTreeMap<ProductKey, String>,
}

impl Backend {
    /// Whether any of the ports is served by AWS.
    pub fn uses_aws(&self) -> bool {
        self.queue.is_some()
            || matches!(self.store, StoreChoice::DynamoDb { .. })
            || matches!(self.workflow, WorkflowChoice::StepFunctions(_))
            || self.provisioner == ProvisionerChoice::ServiceCatalog
    }

    /// Returns the file of embedded implementations: the store's own, or one in the working directory if the
    /// store is on AWS.
    pub fn embedded_file(&self) -> &str {
        match &self.store {
            StoreChoice::Sqlite(file) => file,
            // Only a simulated provisioner still needs one: `check_mix` refuses `local` executions beside this store.
            StoreChoice::DynamoDb { .. } => FILE,
        }
    }
}

pub(super) fn read_backend(root: &Reader<'_>) -> Backend {
    let backend = root.section("backend");
    let chosen = Backend {
        store: read_store(&backend),
        workflow: read_workflow(&backend),
        provisioner: backend
            .choice(
                "provisioner",
                &[
                    ("simulated", ProvisionerChoice::Simulated),
                    ("service-catalog", ProvisionerChoice::ServiceCatalog),
                ],
            )
            .unwrap_or(ProvisionerChoice::Simulated),
        queue: read_queue(&backend),
    };
    check_mix(&backend, &chosen);
    backend.finish();
    chosen
}

fn read_store(backend: &Reader<'_>) -> StoreChoice {
    let store = backend.text_or("store", &format!("sqlite:{FILE}"));
    let chosen = match store.split_once(':') {
        Some(("sqlite", file)) if !file.is_empty() => Some(StoreChoice::Sqlite(file.to_owned())),
        Some(("dynamodb", tables)) => read_tables(tables),
        Some(_) | None => None,
    };
    chosen.unwrap_or_else(|| {
        backend.report(
            "store",
            format!("`backend.store` is `{store}`"),
            "write `sqlite:` and a file, such as `sqlite:quartermaster.db`, or `dynamodb:` and a table, such as \
             `dynamodb:ProvisioningRequests`",
        );
        // Stands in for the invalid value, so that the rest is checked too.
        StoreChoice::Sqlite(FILE.to_owned())
    })
}

/// Parses the name of the table of requests, optionally followed by a comma and that of the table of events.
fn read_tables(text: &str) -> Option<StoreChoice> {
    let (requests, events) = text.split_once(',').unwrap_or((text, EVENTS));
    let (requests, events) = (requests.trim(), events.trim());
    // One table cannot be both, because their keys differ.
    let shaped = requests != events && [requests, events].into_iter().all(is_table_name);
    if shaped {
        Some(StoreChoice::DynamoDb { requests: requests.to_owned(), events: events.to_owned() })
    } else {
        None
    }
}

/// Whether DynamoDB's `CreateTable` accepts this name.
fn is_table_name(text: &str) -> bool {
    (3..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

fn read_workflow(backend: &Reader<'_>) -> WorkflowChoice {
    let workflow = backend.text_or("workflow", "local");
    if let Some(arn) = workflow.strip_prefix("step-functions:").filter(|arn| is_state_machine(arn)) {
        return WorkflowChoice::StepFunctions(arn.to_owned());
    }
    if workflow != "local" {
        backend.report(
            "workflow",
            format!("`backend.workflow` is `{workflow}`"),
            "write `local`, or `step-functions:` and the ARN of the state machine, such as \
             `step-functions:arn:aws:states:us-east-1:123456789012:stateMachine:ProvisioningWorkflow`",
        );
    }
    // Stands in for an invalid value, so that the rest is checked too.
    WorkflowChoice::Local
}

fn is_state_machine(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let [prefix, partition, "states", region, account, "stateMachine", name] = parts[..] else {
        return false;
    };
    prefix == "arn"
        && partition.starts_with("aws")
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && !name.is_empty()
}

fn read_queue(backend: &Reader<'_>) -> Option<String> {
    let queue = backend.text("queue").filter(|queue| !queue.is_empty())?;
    let shaped = Url::parse(&queue).is_ok_and(|url| {
        // `http` is for local emulators of SQS.
        // The path of a queue's URL is the account and the name.
        matches!(url.scheme(), "https" | "http") && url.path_segments().is_some_and(|path| path.count() == 2)
    });
    if !shaped {
        backend.report(
            "queue",
            format!("`backend.queue` is `{queue}`"),
            "write the URL of the SQS queue, such as \
             `https://sqs.us-east-1.amazonaws.com/123456789012/quartermaster-events`",
        );
    }
    // An invalid one is reported above. It must not count as missing as well.
    Some(queue)
}

/// Checks that executions and their messages are visible to every bot that shares the store.
fn check_mix(backend: &Reader<'_>, chosen: &Backend) {
    let shared = matches!(chosen.store, StoreChoice::DynamoDb { .. });
    match (&chosen.workflow, &chosen.queue) {
        (WorkflowChoice::Local, _) if shared => backend.report(
            "workflow",
            "`backend.workflow` is `local` beside a store that several bots share",
            "write `step-functions:` and the ARN of the state machine, or choose a `sqlite:` store: the executions of \
             `local` are known to one bot only",
        ),
        (WorkflowChoice::StepFunctions(_), None) => backend.report(
            "queue",
            "`backend.queue` is missing beside `backend.workflow = \"step-functions:…\"`",
            "write the URL of the queue that the state machine sends to",
        ),
        (WorkflowChoice::Local | WorkflowChoice::StepFunctions(_), _) => {}
    }
}

pub(super) fn read_account(root: &Reader<'_>, backend: &Backend) -> AwsAccount {
    let aws = root.section("aws");
    let portfolio = aws.text_or("portfolio", "");
    if backend.provisioner == ProvisionerChoice::ServiceCatalog && portfolio.is_empty() {
        aws.report(
            "portfolio",
            "`aws.portfolio` is missing beside `backend.provisioner = \"service-catalog\"`",
            "write the id of the portfolio, such as `port-2s6wuabcdefoy`; the stack `quartermaster-portfolio` names it",
        );
    }
    let launch_paths = aws.map("launch_paths").map(|paths| read_launch_paths(&paths)).unwrap_or_default();
    let provisions = backend.provisioner == ProvisionerChoice::ServiceCatalog;
    // AWS charges for the figures, so query them by default only if there are real resources.
    let actual_cost = aws.boolean("actual_cost").unwrap_or(provisions);
    aws.finish();
    AwsAccount { portfolio, actual_cost, launch_paths }
}

fn read_launch_paths(paths: &Reader<'_>) -> BTreeMap<ProductKey, String> {
    let mut chosen = BTreeMap::new();
    for entry in paths.entries() {
        let path = paths.required_text(&entry.key);
        match ProductKey::parse(&entry.key) {
            Some(product) => {
                chosen.insert(product, path);
            }
            None => paths.report(
                &entry.key,
                format!("`{}` is not a product key", entry.key),
                "write the name of a folder in the catalog and a launch path, such as `s3-bucket = \"lpv3-abc123\"`",
            ),
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    const COMPANY: &str = "[slack]\napprovals_channel = \"C0APPROVALS\"\n[[teams]]\nname = \"payments\"\n\
                           members = []\napprovers = []\n";

    fn settings(text: &str) -> Result<Settings, String> {
        let whole = format!("{text}\n{COMPANY}");
        Settings::parse("quartermaster.toml", &whole)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn the_bill_is_read_where_something_real_is_made_unless_nobody_wants_it() {
        let reads = |text: &str| settings(text).unwrap().account.actual_cost;
        let real = "[backend]\nprovisioner = \"service-catalog\"\n[aws]\nportfolio = \"port-1\"\n";
        assert!(reads(real));
        assert!(!reads(&format!("{real}actual_cost = false\n")));
        assert!(!reads(""));
    }

    #[test]
    fn everything_on_aws_is_taken_as_written() {
        let settings = settings(
            r#"
            [backend]
            store = "dynamodb:ProvisioningRequests"
            workflow = "step-functions:arn:aws:states:us-east-1:123456789012:stateMachine:ProvisioningWorkflow"
            provisioner = "service-catalog"
            queue = "https://sqs.us-east-1.amazonaws.com/123456789012/quartermaster-events"
            [aws]
            portfolio = "port-2s6wuabcdefoy"
            launch_paths = { s3-bucket = "lpv3-abc" }
            "#,
        )
        .unwrap();
        let tables = StoreChoice::DynamoDb { requests: "ProvisioningRequests".into(), events: EVENTS.into() };
        assert_eq!(settings.backend.store, tables);
        assert!(matches!(settings.backend.workflow, WorkflowChoice::StepFunctions(_)));
        assert_eq!(settings.backend.provisioner, ProvisionerChoice::ServiceCatalog);
        assert_eq!(settings.account.portfolio, "port-2s6wuabcdefoy");
        let bucket = ProductKey::parse("s3-bucket").unwrap();
        assert_eq!(settings.account.launch_paths[&bucket], "lpv3-abc");
        assert!(settings.backend.uses_aws());
    }

    #[test]
    fn one_machine_may_keep_its_rows_and_still_provision_for_real() {
        let settings =
            settings("[backend]\nprovisioner = \"service-catalog\"\n[aws]\nportfolio = \"port-1\"").unwrap();
        assert_eq!(settings.backend.workflow, WorkflowChoice::Local);
        assert_eq!(settings.backend.embedded_file(), FILE);
        assert!(settings.backend.uses_aws());
    }

    #[test]
    fn a_second_table_may_have_another_name() {
        let settings = settings(
            "[backend]\nstore = \"dynamodb:Rows,Events\"\nqueue = \"http://127.0.0.1:4566/1/q\"\n\
             workflow = \"step-functions:arn:aws:states:eu-west-1:123456789012:stateMachine:M\"",
        )
        .unwrap();
        let tables = StoreChoice::DynamoDb { requests: "Rows".into(), events: "Events".into() };
        assert_eq!(settings.backend.store, tables);
    }

    #[test]
    fn what_cannot_work_is_told_with_its_remedy() {
        insta::assert_snapshot!(settings(
            "[backend]\nstore = \"dynamodb:no table\"\nworkflow = \"step-functions:provisioning\"\n\
             provisioner = \"terraform\"\nqueue = \"quartermaster-events\""
        ).unwrap_err(), @"
        quartermaster.toml: line 2: `backend.store` is `dynamodb:no table`: write `sqlite:` and a file, such as `sqlite:quartermaster.db`, or `dynamodb:` and a table, such as `dynamodb:ProvisioningRequests`
        quartermaster.toml: line 3: `backend.workflow` is `step-functions:provisioning`: write `local`, or `step-functions:` and the ARN of the state machine, such as `step-functions:arn:aws:states:us-east-1:123456789012:stateMachine:ProvisioningWorkflow`
        quartermaster.toml: line 4: `backend.provisioner` is `terraform`: write one of `simulated`, `service-catalog`
        quartermaster.toml: line 5: `backend.queue` is `quartermaster-events`: write the URL of the SQS queue, such as `https://sqs.us-east-1.amazonaws.com/123456789012/quartermaster-events`
        ");
        insta::assert_snapshot!(settings(
            "[backend]\nstore = \"dynamodb:Rows\"\nprovisioner = \"service-catalog\"\n\
             [aws.launch_paths]\n\"S3 Bucket\" = \"lpv3-abc\""
        ).unwrap_err(), @r#"
        quartermaster.toml: line 1: `backend.workflow` is `local` beside a store that several bots share: write `step-functions:` and the ARN of the state machine, or choose a `sqlite:` store: the executions of `local` are known to one bot only
        quartermaster.toml: line 4: `aws.portfolio` is missing beside `backend.provisioner = "service-catalog"`: write the id of the portfolio, such as `port-2s6wuabcdefoy`; the stack `quartermaster-portfolio` names it
        quartermaster.toml: line 5: `S3 Bucket` is not a product key: write the name of a folder in the catalog and a launch path, such as `s3-bucket = "lpv3-abc123"`
        "#);
        insta::assert_snapshot!(settings(
            "[backend]\nworkflow = \"step-functions:arn:aws:states:us-east-1:123456789012:stateMachine:M\""
        ).unwrap_err(), @r#"quartermaster.toml: line 1: `backend.queue` is missing beside `backend.workflow = "step-functions:…"`: write the URL of the queue that the state machine sends to"#);
    }
}
