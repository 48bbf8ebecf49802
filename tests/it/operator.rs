//! What an operator asks the program: the catalog, the rules, the trail.

use crate::harness::{Place, said, transcript};

#[test]
fn the_catalog_is_checked_and_its_forms_are_printed() {
    let place = Place::new("127.0.0.1:0");
    insta::assert_snapshot!(said(&place.runs(&["catalog", "check", "--strict"])), @"
    ecs-service: ok (12 parameters, about $8.21/month by default, approval required unless Environment is dev, quota 5 per team)
    rds-postgres: ok (10 parameters, about $14.98/month by default, approval required, quota 3 per team)
    s3-bucket: ok (7 parameters, about $2.15/month by default, auto-approved, quota 10 per team)
    3 products checked, no problems
    exit 0
    ");
    insta::assert_snapshot!(said(&place.runs(&["catalog", "form", "s3-bucket"])), @"
    Secure S3 Bucket (s3-bucket, v1.0)
    An encrypted S3 bucket with versioning and lifecycle rules
    Owner: Platform Team

    What the bucket is for
      Purpose [BucketPurpose]: choose one, required
        What will be stored. It becomes part of the bucket name, for example payments-logs-dev-1a2b3c4d.
        - data-lake           Data lake
        - application-assets  Application assets
        - logs                Logs
        - backups             Backups
      Environment [Environment]: choose one, required, starts with `dev`
        Where the bucket is used, for example dev. It becomes part of the bucket name.
        - dev      Development
        - staging  Staging
        - prod     Production
      Keep objects for [ObjectRetention]: choose one, required, starts with `forever`
        Only where BucketPurpose is logs or backups.
        When S3 deletes objects by itself, for example 1-year for logs. Replaced versions always go after 90 days.
        - forever  Until somebody deletes them
        - 90-days  90 days
        - 1-year   1 year
        - 7-years  7 years

    Platform settings (the defaults are right for most teams)
      Access log bucket [AccessLogBucket]: text, optional, starts with `/platform/s3/access-log-bucket`
        SSM parameter with the name of the access log bucket, for example /platform/s3/access-log-bucket. Left empty, it becomes /platform/s3/access-log-bucket.

    About the request
      Why do you need it?: text of several lines, optional

    Before Submit
      Price: about $2.15/month, us-east-1 list price of 2026-08-21 (with the defaults)
      Approval: auto-approved
      Quota: 10 per team
      Expiry: 30d after it is ready, plus 7d of grace, renewable by 30d, 12 times without approval
      Filled by the portal: RequestId, RequesterId, TeamName
    exit 0
    ");
    insta::assert_snapshot!(said(&place.runs(&["catalog", "form", "s3-buket"])), @"
    there is no product `s3-buket`: did you mean `s3-bucket`?
    exit 1
    ");
    let json = place.runs(&["catalog", "form", "s3-bucket", "--json"]);
    let view: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(playground::limits::check_view(&view), Vec::<String>::new());
}

#[test]
fn the_rules_are_explained_for_a_person_and_their_values() {
    let place = Place::new("127.0.0.1:0");
    let explain = |values: &[&str]| {
        said(&place.runs(&[&["policy", "explain", "ecs-service", "--as", "U0ALICE"], values].concat()))
    };
    let image = format!("Image={}", crate::provision::IMAGE);
    insta::assert_snapshot!(explain(&["ServiceName=checkout", &image]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   automatic, because Environment is dev
    cost:       about $8.21/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    exit 0
    ");
    insta::assert_snapshot!(explain(&["ServiceName=checkout", &image, "Environment=prod", "DesiredCount=2"]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   1 needed (one of U0MORGAN), within 1d
    cost:       about $15.42/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    exit 0
    ");
    insta::assert_snapshot!(explain(&["Environment=prod", "DesiredCount=2"]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   1 needed (one of U0MORGAN), within 1d
    cost:       about $15.42/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    not given:  ServiceName, Image; a request has them, and they may change the answer
    exit 0
    ");
    insta::assert_snapshot!(explain(&["ServiceName=Checkout", "Enviroment=prod"]), @"
    error: ecs-service has no parameter `Enviroment`: did you mean `Environment`?
    exit 1
    ");
    let unasked = [
        "policy",
        "explain",
        "s3-bucket",
        "--as",
        "U0ALICE",
        "BucketPurpose=data-lake",
        "ObjectRetention=1-year",
    ];
    insta::assert_snapshot!(said(&place.runs(&unasked)), @"
    error: the form asks for `ObjectRetention` only where BucketPurpose is logs or backups
    exit 1
    ");
}

#[test]
fn rules_and_stages_are_explained_and_so_is_what_nobody_could_approve() {
    let place = Place::new("127.0.0.1:0");
    let rules = "mode: required
  stages: [{approvers: manager, silent: [U0BOSS]}, {approvers: [U0SAM, S0SECURITY]}]
  rules:
    - {when: {parameter: Environment, is: [dev], monthly_cost_at_most: 10}, mode: auto}
    - {when: {monthly_cost_above: 20}, approvers: team, needed: 2}
";
    let file = std::fs::read_to_string(place.file("catalog/ecs-service/product.yml")).unwrap();
    let (before, rest) = file.split_once("mode: required\n").unwrap();
    let rest = rest.lines().skip_while(|line| line.starts_with("  ")).collect::<Vec<_>>().join("\n");
    std::fs::write(place.file("catalog/ecs-service/product.yml"), format!("{before}{rules}{rest}\n"))
        .unwrap();
    let explain = |values: &[&str]| {
        let image = format!("Image={}", crate::provision::IMAGE);
        let asked = ["policy", "explain", "ecs-service", "--as", "U0ALICE", "ServiceName=checkout", &image];
        said(&place.runs(&[&asked, values].concat()))
    };
    insta::assert_snapshot!(explain(&[]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   automatic, because Environment is dev and it costs at most $10 a month
    cost:       about $8.21/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    problem:    ecs-service asks the requester's manager, but no profile field for the manager is set: set `slack.manager_field`; until then the team's approvers are asked
    problem:    nobody in team payments can ever get ecs-service: it needs 2 different approvers, but fewer are named: name more approvers for team payments, or ask for fewer in product.yml
    exit 0
    ");
    insta::assert_snapshot!(explain(&["Environment=prod", "DesiredCount=2"]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   1 needed (one of the manager of U0ALICE, who must be one of U0MORGAN; and, without being mentioned, U0BOSS), then 1 needed (one of U0SAM, S0SECURITY), within 1d
    cost:       about $15.42/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    problem:    ecs-service asks the requester's manager, but no profile field for the manager is set: set `slack.manager_field`; until then the team's approvers are asked
    problem:    nobody in team payments can ever get ecs-service: it needs 2 different approvers, but fewer are named: name more approvers for team payments, or ask for fewer in product.yml
    exit 0
    ");
    insta::assert_snapshot!(explain(&["Environment=prod", "DesiredCount=6"]), @"
    ECS Fargate Service (ecs-service) for U0ALICE, team payments
    approval:   2 needed (different ones of U0MORGAN), within 1d, because it costs more than $20 a month
    cost:       about $44.25/month, us-east-1 list price of 2026-08-21
    quota:      0 of 5 used, 5 left
    problem:    ecs-service asks the requester's manager, but no profile field for the manager is set: set `slack.manager_field`; until then the team's approvers are asked
    problem:    nobody in team payments can ever get ecs-service: it needs 2 different approvers, but fewer are named: name more approvers for team payments, or ask for fewer in product.yml
    exit 0
    ");
}

#[test]
fn an_export_without_a_store_says_so() {
    let place = Place::new("127.0.0.1:0");
    insta::assert_snapshot!(transcript::steady(&said(&place.runs(&["audit", "export"]))), @"
    error: there is no store at `quartermaster.db` yet: it is made when the bot first starts with these settings
    exit 1
    ");
    insta::assert_snapshot!(said(&place.runs(&["audit", "export", "--since", "yesterday"])), @"
    error: cannot read the date: yesterday (write 2026-11-01 or 2026-11-01T12:00:00Z)
    exit 1
    ");
}

#[test]
fn the_trail_is_verified_without_being_printed() {
    let place = Place::new("127.0.0.1:0");
    let file = place.file("quartermaster.db");
    let beside = rusqlite::Connection::open(&file).unwrap();
    beside.execute_batch(include_str!("stores/version-2.sql")).unwrap();
    drop(beside);
    drop(quartermaster::local::database::Database::open(file.to_str().unwrap()).unwrap());
    assert_eq!(place.runs(&["pause"]).status.code(), Some(0));
    insta::assert_snapshot!(said(&place.runs(&["audit", "verify"])), @"
    The trail of 27 entries holds.
    exit 0
    ");
    let beside = rusqlite::Connection::open(&file).unwrap();
    beside.execute("DELETE FROM audit WHERE n IN (1, 4, 5, 27)", []).unwrap();
    let verified = place.runs(&["audit", "verify"]);
    insta::assert_snapshot!(transcript::steady(&said(&verified)), @"
    the trail: entry number 1 is missing
    the trail: the entries of numbers 4 to 5 are missing
    request ID: entry 0 is followed by entry 2
    the trail: the entries up to number 25 have changed since an earlier version was replaced
    the portal's chain: entry 0 is followed by entry 3
    the trail: the entries after number 26 are missing; 27 were written
    The trail of 23 entries does not hold.
    exit 1
    ");
    let export = said(&place.runs(&["audit", "export", "--since", "2100-01-01"]));
    assert!(export.contains("audit trail: the trail: entry number 1 is missing"), "{export}");
    assert!(export.ends_with("exit 1"), "{export}");
    let json = place.runs(&["audit", "verify", "--json"]);
    assert_eq!(json.status.code(), Some(1));
    let verdict: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&verdict["holds"], &verdict["entries"]), (&false.into(), &23.into()));
    assert_eq!(
        verdict["findings"][0],
        serde_json::json!({"wrong": true, "about": "the trail", "what": "entry number 1 is missing"})
    );
}

#[test]
fn records_are_compared_with_what_exists() {
    let place = Place::new("127.0.0.1:0");
    insta::assert_snapshot!(said(&place.runs(&["reconcile"])), @"
    0 requests compared, 0 findings
    exit 0
    ");
    // Something that the portal made once and has no record of any more.
    let file = rusqlite::Connection::open(place.file("quartermaster.db")).unwrap();
    file.execute(
        "INSERT INTO records (id, request, kind, attempt, product, resources, made, ends_at, outcome, obstacles)
         VALUES ('rec-1', '11111111-2222-4333-8444-555555555555', 'PROVISION_PRODUCT', 1, 'pp-1', 1, 1, 0,
                 '{\"Succeeded\":{\"outputs\":[]}}', '{\"product\":\"s3-bucket\",\"first_failure\":\"\",\"protection\":null}')",
        [],
    )
    .unwrap();
    drop(file);
    insta::assert_snapshot!(said(&place.runs(&["reconcile", "--repair"])), @"
    11111111-2222-4333-8444-555555555555 left-over: it still exists in AWS although its request has ended; remove it there if nobody needs it
    0 requests compared, 1 findings
    the running bot repairs what it can now, and notifies the admins
    exit 1
    ");
}

#[test]
fn the_slack_app_is_printed_for_the_command_of_the_settings() {
    let place = Place::new("127.0.0.1:0");
    let printed = |arguments: &[&str]| said(&place.runs(&[&["manifest"], arguments].concat()));
    let http = printed(&["--url", "https://quartermaster.example.com/"]);
    assert!(
        http.contains("command: /provision\n      url: https://quartermaster.example.com/slack/commands\n")
    );
    assert!(!printed(&[]).contains("url:"), "Socket Mode needs no address");
    place.replace("quartermaster.toml", "[slack]", "[slack]\ncommand = \"/cloud\"");
    assert!(printed(&["--socket"]).contains("command: /cloud\n"));
    let link = printed(&["--url", "https://quartermaster.example.com", "--link"]);
    assert!(
        link.starts_with("https://api.slack.com/apps?new_app=1&manifest_yaml=%23%20The%20Slack%20app"),
        "{link}"
    );
    assert!(link.contains("command%3A%20%2Fcloud%0A"), "{link}");
    let refused = printed(&["--url", "http://quartermaster.example.com"]);
    assert!(refused.contains("Slack needs a plain https address"), "{refused}");
}

/// A place whose store has three jobs that were given up, and the store.
fn with_parked_jobs() -> (Place, rusqlite::Connection) {
    let place = Place::new("127.0.0.1:0");
    assert!(place.runs(&["reconcile"]).status.success(), "it makes the store");
    let file = rusqlite::Connection::open(place.file("quartermaster.db")).unwrap();
    file.execute_batch(
        "INSERT INTO jobs (of, name, kind, due_at, parked, attempts, last_error, written_at) VALUES
         ('U0ALICE', 'show:home', '\"Home\"', 0, 1, 3, 'Slack refused the call: invalid_blocks', 0),
         ('U0ALICE', 'show:warning', '\"Warn\"', 0, 1, 288, 'cannot write there', 0),
         ('U0BOB', 'show:home', '\"Home\"', 0, 1, 0, 'Slack refused the call: invalid_blocks', 0)",
    )
    .unwrap();
    (place, file)
}

#[test]
fn jobs_that_were_given_up_are_listed_for_programs_too() {
    let (place, _file) = with_parked_jobs();
    insta::assert_snapshot!(said(&place.runs(&["jobs", "list", "--json"])), @r#"
    {"attempts":3,"due":"1970-01-01T00:00:00Z","kind":"home","name":"show:home","of":"U0ALICE","why":"Slack refused the call: invalid_blocks"}
    {"attempts":288,"due":"1970-01-01T00:00:00Z","kind":"warn","name":"show:warning","of":"U0ALICE","why":"cannot write there"}
    {"attempts":0,"due":"1970-01-01T00:00:00Z","kind":"home","name":"show:home","of":"U0BOB","why":"Slack refused the call: invalid_blocks"}
    exit 0
    "#);
}

#[test]
fn jobs_that_were_given_up_are_listed_tried_again_or_dropped_and_that_is_on_the_trail() {
    let (place, file) = with_parked_jobs();
    let jobs = |arguments: &[&str]| said(&place.runs(&[&["jobs"], arguments].concat()));
    insta::assert_snapshot!(jobs(&["list"]), @"
    U0ALICE show:home due 1970-01-01T00:00:00Z, retried 3 times: Slack refused the call: invalid_blocks
    U0ALICE show:warning due 1970-01-01T00:00:00Z, retried 288 times: cannot write there
    U0BOB show:home due 1970-01-01T00:00:00Z, retried 0 times: Slack refused the call: invalid_blocks
    exit 0
    ");
    insta::assert_snapshot!(jobs(&["drop", "U0", "show:home"]), @"
    error: several jobs match: write more of the id
    U0ALICE show:home due 1970-01-01T00:00:00Z, retried 3 times: Slack refused the call: invalid_blocks
    U0BOB show:home due 1970-01-01T00:00:00Z, retried 0 times: Slack refused the call: invalid_blocks
    exit 1
    ");
    insta::assert_snapshot!(jobs(&["drop", "U0BOB", "show:home"]), @"
    U0BOB show:home due 1970-01-01T00:00:00Z, retried 0 times: Slack refused the call: invalid_blocks
    the job was dropped
    exit 0
    ");
    insta::assert_snapshot!(jobs(&["retry", "U0ALICE", "show:warning"]), @"
    U0ALICE show:warning due 1970-01-01T00:00:00Z, retried 288 times: cannot write there
    the running bot retries them, or the next one that starts
    exit 0
    ");
    insta::assert_snapshot!(jobs(&["retry", "U0CAROL"]), @"
    error: there is no such failed job: `quartermaster jobs list` prints all
    exit 1
    ");
    insta::assert_snapshot!(jobs(&["retry", "--all"]), @"
    U0ALICE show:home due 1970-01-01T00:00:00Z, retried 3 times: Slack refused the call: invalid_blocks
    the running bot retries them, or the next one that starts
    exit 0
    ");
    assert_eq!(jobs(&["list"]), "\nexit 0");
    let left = "SELECT group_concat(of || ' ' || name || ' ' || parked || ' ' || attempts, ', ') FROM jobs";
    let left: String = file.query_row(left, [], |row| row.get(0)).unwrap();
    assert_eq!(left, "U0ALICE show:home 0 0, U0ALICE show:warning 0 0");
    let export = place.runs(&["audit", "export"]);
    let entries = String::from_utf8(export.stdout).unwrap();
    let told: Vec<String> = entries
        .lines()
        .map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            ["event", "actor", "detail"].map(|field| entry[field].as_str().unwrap().to_owned()).join(" | ")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    job dropped | operator | `show:home` of U0BOB, which had failed: Slack refused the call: invalid_blocks
    job retried | operator | `show:warning` of U0ALICE, which had failed: cannot write there
    job retried | operator | `show:home` of U0ALICE, which had failed: Slack refused the call: invalid_blocks
    ");
}

#[test]
fn new_requests_are_paused_and_taken_again() {
    let place = Place::new("127.0.0.1:0");
    let runs = |arguments: &[&str]| transcript::steady(&said(&place.runs(arguments)));
    insta::assert_snapshot!(runs(&["pause"]), @"
    error: there is no store at `quartermaster.db` yet: it is made when the bot first starts with these settings
    exit 1
    ");
    assert!(place.runs(&["reconcile"]).status.success(), "it makes the store");
    insta::assert_snapshot!(runs(&["resume"]), @"
    new requests were not paused
    exit 0
    ");
    insta::assert_snapshot!(runs(&["pause", "--message", " Back on Monday. "]), @"
    new requests are paused, and people see: Back on Monday.
    exit 0
    ");
    insta::assert_snapshot!(runs(&["pause"]), @"
    new requests are paused, and people see: the platform team is working on something. Please try again later.
    exit 0
    ");
    let resumed = runs(&["resume"]);
    assert!(
        resumed.starts_with("new requests are possible again; they had been paused since 20"),
        "{resumed}"
    );
}
