//! Reading a catalog folder: what is understood, and every mistake that is reported.

mod prices;

use std::fs;

use super::*;
use crate::domain::catalog::{
    Approvers, Exceptions, LeaseTerms, OverBudget, QuotaRule, Requesters, TeardownConfirm,
};
use crate::domain::cost::{CostLine, Pick, Quantity, estimate};
use crate::domain::period::Period;

const TEMPLATE: &str = "Parameters:
  Environment: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Size: {Type: Number, MinValue: 1, MaxValue: 100}
  Team: {Type: String, MaxLength: 20, AllowedPattern: '[a-z-]+'}
  Request: {Type: String}
  Short: {Type: String, MaxLength: 8}
  Secret: {Type: String, NoEcho: true, Default: hunter2}
Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Arn: {Value: !Ref Topic}
";

const PRICES: &str = "region: us-east-1
date: 2026-08-21
prices:
  topic.month: {usd: '0.50', unit: month, source: a public list}
  node.hour: {usd: 0.01, unit: hour, per_month: 730, source: a public list}
";

/// Loads a catalog of these files. Returns problems one per line, with `catalog` as the folder.
fn load_files(files: &[(&str, &str)]) -> Result<Catalog, String> {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    load(dir.path(), None).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\n").replace(dir.path().to_str().unwrap(), "catalog")
    })
}

/// Returns the problems of a product file with a valid template and a valid price list.
fn problems_of(product: &str) -> String {
    let files =
        [("topic/product.yml", product), ("topic/template.yml", TEMPLATE), ("prices/us-east-1.yml", PRICES)];
    load_files(&files).err().unwrap_or_else(|| "none".to_owned())
}

fn product_of(product: &str) -> Arc<Product> {
    let files =
        [("topic/product.yml", product), ("topic/template.yml", TEMPLATE), ("prices/us-east-1.yml", PRICES)];
    let catalog = load_files(&files).unwrap();
    catalog.products.into_values().next().unwrap()
}

#[test]
fn the_shipped_catalog_loads_and_its_estimates_are_the_worked_examples() {
    let catalog = built_in().unwrap();
    let by_default: Vec<String> = catalog
        .products
        .values()
        .map(|product| {
            let default = |key: &str| product.template.parameter(key)?.default.as_deref();
            let monthly = estimate(&product.cost, &default, &catalog.prices).unwrap().monthly;
            format!("{} ${monthly}, moved by {:?}", product.name, product.deciding_parameters())
        })
        .collect();
    insta::assert_snapshot!(by_default.join("\n"), @r#"
    ECS Fargate Service $8.21, moved by {"DesiredCount", "Environment", "TaskSize"}
    PostgreSQL RDS Instance $14.98, moved by {"AllocatedStorage", "Environment", "InstanceSize"}
    Secure S3 Bucket $2.15, moved by {}
    "#);
    assert!(catalog.products.values().all(|product| product.template_hash.len() == 64));
}

#[test]
fn the_shipped_catalog_is_the_same_from_its_folder() {
    let on_disk = load(Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog").as_path(), None).unwrap();
    let built_in = built_in().unwrap();
    assert_eq!(on_disk.prices, built_in.prices);
    let hashes = |catalog: &Catalog| -> Vec<_> {
        catalog
            .products
            .values()
            .map(|product| (product.key.clone(), product.template_hash.clone()))
            .collect()
    };
    assert_eq!(hashes(&on_disk), hashes(&built_in));
}

#[test]
fn only_a_name_is_needed_and_everything_else_has_its_default() {
    let product = product_of("name: Topic\n");
    assert_eq!(product.owner, "Platform Team");
    assert_eq!(product.version, "v1.0");
    assert!(product.description.is_empty() && product.bind.is_empty());
    assert!(product.cost.is_empty() && product.outputs.is_empty());
    insta::assert_snapshot!(format!("{:?}", product.approval), @"ApprovalRule { mode: Required, auto_when: [], rules: [], approvers: Team, needed: 1, silent: [], stages: [], timeout: Period(24h), remind_after: Period(4h), escalate_after: Period(12h), self_approval: false, confirm: Click, may_reduce: [] }");
    assert_eq!(
        product.lease,
        LeaseTerms {
            ttl: Period::days(30),
            grace: Period::days(7),
            reminders: vec![Period::days(1)],
            renew: vec![Period::days(30)],
            max_renewals: 12,
        }
    );
    assert_eq!(
        product.quota,
        QuotaRule { per_team: 10, over_budget: OverBudget::Refuse, exceptions: Exceptions::Ask }
    );
    assert_eq!(product.teardown, TeardownConfirm::Click);
    assert_eq!(product.requesters, Requesters::Everyone);
}

#[test]
fn every_key_is_read() {
    let product = product_of(
        "name: Topic
description: A topic
owner: Messaging
version: v2.0
bind: {Team: team, Request: request_id}
approval:
  mode: required
  auto_when: [{parameter: Environment, is: [dev]}, {monthly_cost_at_most: 50}]
  approvers: [U0MORGAN, S0LEADS]
  needed: 2
  timeout: 2h
  remind_after: 1h
  escalate_after: 90m
  self_approval: true
quota: {per_team: 3, over_budget: ask, exceptions: refuse}
lease: {ttl: 7d, grace: 2d, reminders: [1d, 2h], renew: [7d, 14d], max_renewals: 0}
teardown: {confirm: type-the-name}
requesters: [payments, search]
cost:
  - {price: {by: Environment, values: {dev: topic.month, prod: node.hour}}, quantity: {parameter: Size}}
  - {price: topic.month, quantity: {by: Environment, values: {dev: 1, prod: 2.5}}}
  - {price: node.hour, quantity: 2}
  - {usd: 1.00}
outputs: [Arn]
",
    );
    insta::assert_snapshot!(format!("{:?}\n{:?}\n{:?}", product.bind, product.approval, product.lease), @r#"
    {"Request": RequestId, "Team": Team}
    ApprovalRule { mode: Required, auto_when: [Parameter { parameter: "Environment", is: ["dev"] }, MonthlyCostAtMost(50)], rules: [], approvers: Listed([Person(PersonId("U0MORGAN")), Group(GroupId("S0LEADS"))]), needed: 2, silent: [], stages: [], timeout: Period(2h), remind_after: Period(1h), escalate_after: Period(1h 30m), self_approval: true, confirm: Click, may_reduce: [] }
    LeaseTerms { ttl: Period(168h), grace: Period(48h), reminders: [Period(24h), Period(2h)], renew: [Period(168h), Period(336h)], max_renewals: 0 }
    "#);
    assert_eq!(
        product.quota,
        QuotaRule { per_team: 3, over_budget: OverBudget::Ask, exceptions: Exceptions::Refuse }
    );
    assert_eq!(product.cost.len(), 4);
    assert!(matches!(
        &product.cost[0],
        CostLine::Priced { price: Pick::By { .. }, quantity: Quantity::Parameter(key) } if key == "Size"
    ));
    assert!(matches!(product.approval.approvers, Approvers::Listed(_)));
    let text: Vec<String> = product.form().unwrap().fields().map(|field| field.key.clone()).collect();
    assert_eq!(text, ["Environment", "Size", "Short"]);
}

#[test]
fn a_mistyped_key_is_answered_with_the_nearest() {
    insta::assert_snapshot!(problems_of("name: Topic\naproval: {mode: auto}\nlease: {tll: 1d}\n"), @"
    catalog/topic/product.yml: line 2: unknown key `aproval`: did you mean `approval`?
    catalog/topic/product.yml: line 3: unknown key `lease.tll`: did you mean `ttl`?
    ");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  aprovers: [U0MORGAN]\n  neded: 2\n  quite: [U0BOSS]\n  rules:\n    - {when: {team: [payments]}, aprovers: team}\n"), @"
    catalog/topic/product.yml: line 3: unknown key `approval.aprovers`: did you mean `approvers`?
    catalog/topic/product.yml: line 4: unknown key `approval.neded`: did you mean `needed`?
    catalog/topic/product.yml: line 5: unknown key `approval.quite`: did you mean `quiet`?
    catalog/topic/product.yml: line 7: unknown key `approval.rules[0].aprovers`: did you mean `approvers`?
    ");
}

#[test]
fn a_product_without_a_name_or_with_one_too_long_is_refused() {
    insta::assert_snapshot!(problems_of("owner: Me\n"), @r#"catalog/topic/product.yml: line 1: `name` is missing: add a line such as `name: "some text"`"#);
    insta::assert_snapshot!(problems_of(&format!("name: {}\nversion: ''\ndescription: {}\n", "x".repeat(76), "y".repeat(2_001))), @"
    catalog/topic/product.yml: line 1: `name` has 76 characters, Slack shows 75 at most: shorten it, best to 24 characters so that it fits a form's title
    catalog/topic/product.yml: line 2: `version` is blank: write for example `version: v1.0`
    catalog/topic/product.yml: line 3: `description` has 2001 characters, Slack shows 2,000 at most: shorten it to a sentence
    ");
}

#[test]
fn rules_and_stages_are_read_with_what_they_leave_out() {
    let product = product_of(
        "name: Topic
approval:
  approvers: manager
  silent: [U0BOSS]
  rules:
    - {when: {parameter: Environment, is: [dev], team: [payments]}, mode: auto}
    - {when: {monthly_cost_above: 200}, needed: 2}
    - {when: {monthly_cost_at_most: 5}, stages: [{approvers: team}, {approvers: [S0SECURITY], needed: 2}]}
cost: [{usd: 1.00}]
",
    );
    let lines = product.approval.rules.iter().map(|rule| format!("{rule:?}"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    RuleFor { when: [Parameter { parameter: "Environment", is: ["dev"] }, Team([TeamName("payments")])], mode: Auto, stages: [] }
    RuleFor { when: [MonthlyCostAbove(200)], mode: Required, stages: [Stage { approvers: Manager, needed: 2, silent: [Person(PersonId("U0BOSS"))] }] }
    RuleFor { when: [MonthlyCostAtMost(5)], mode: Required, stages: [Stage { approvers: Team, needed: 1, silent: [] }, Stage { approvers: Listed([Group(GroupId("S0SECURITY"))]), needed: 2, silent: [] }] }
    "#);
    assert_eq!(product.approval.approvers, Approvers::Manager);
    let stages = "name: Topic\napproval:\n  stages: [{approvers: manager}, {approvers: [S0SECURITY]}]\n";
    assert_eq!(product_of(stages).approval.stages.len(), 2);
}

#[test]
fn rules_and_stages_that_make_no_sense_are_refused() {
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  needed: 2\n  stages: [{approvers: [U0MORGAN]}, {approvers: [U0MORGAN]}]\n"), @"
    catalog/topic/product.yml: line 3: `approval.needed` stands beside `stages`, which says who is asked: move it into a stage
    catalog/topic/product.yml: line 4: the stages name too few people: nobody counts twice: name more approvers, or lower `needed`
    ");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  stages: []\n"), @"catalog/topic/product.yml: line 3: `stages` is empty: write for example `stages: [{approvers: team}]`");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  stages: [{aprovers: team}]\n"), @"catalog/topic/product.yml: line 3: unknown key `approval.stages[0].aprovers`: did you mean `approvers`?");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  rules:\n  - {mode: auto}\n  - {when: {}, mode: auto}\n  - {when: {team: [payments]}, mode: auto, needed: 2}\n"), @"
    catalog/topic/product.yml: line 4: `approval.rules[0]` has no `when`: write for example `when: {parameter: Environment, is: [dev]}`, `when: {monthly_cost_above: 200}` or `when: {team: [payments]}`
    catalog/topic/product.yml: line 5: `approval.rules[1].when` is empty: write for example `when: {parameter: Environment, is: [dev]}`, `when: {monthly_cost_above: 200}` or `when: {team: [payments]}`
    catalog/topic/product.yml: line 6: `approval.rules[2]` asks nobody and yet names approvers: remove `mode: auto`, or the approvers
    ");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  rules:\n  - {when: {monthly_cost_above: 5}}\n  - {when: {parameter: Enviroment, is: [dev]}}\n  - {when: {parameter: Environment}}\n  - {when: {mounthly_cost_above: 5}}\n"), @"
    catalog/topic/product.yml: line 4: the product has no `cost` to compare with: add `cost` lines, or remove the condition
    catalog/topic/product.yml: line 5: the template has no parameter `Enviroment`: did you mean `Environment`?
    catalog/topic/product.yml: line 6: `approval.rules[2].when` names a parameter or values alone: write `{parameter: Environment, is: [dev]}`
    catalog/topic/product.yml: line 7: `approval.rules[3].when` is empty: write for example `when: {parameter: Environment, is: [dev]}`, `when: {monthly_cost_above: 200}` or `when: {team: [payments]}`
    catalog/topic/product.yml: line 7: unknown key `approval.rules[3].when.mounthly_cost_above`: did you mean `monthly_cost_above`?
    ");
}

#[test]
fn approvers_that_cannot_approve_are_refused() {
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  approvers: [morgan]\n"), @"catalog/topic/product.yml: line 3: `morgan` is not a Slack person or group: write `team`, `manager`, or a list of user ids (`U…`), group ids (`S…`) or e-mail addresses");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  approvers: []\n"), @"catalog/topic/product.yml: line 3: `approval.approvers` is empty, so nobody could approve: write `team`, `manager`, or a list of user ids (`U…`), group ids (`S…`) or e-mail addresses");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  approvers: [U0MORGAN]\n  needed: 2\n"), @"catalog/topic/product.yml: line 4: 2 different approvers are needed and 1 named: name more approvers, or lower `needed`");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  needed: 0\n  timeout: 400d\n  remind_after: 0s\n"), @"
    catalog/topic/product.yml: line 3: `approval.needed` is 0: write a number from 1, for example `needed: 1`
    catalog/topic/product.yml: line 4: `approval.timeout` is 400d, longer than an execution can wait: write 360d at most
    catalog/topic/product.yml: line 5: `approval.remind_after` is not a duration: write for example `remind_after: 4h`
    ");
}

#[test]
fn a_condition_names_a_parameter_that_exists_and_values_it_can_have() {
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  auto_when: [{parameter: Enviroment, is: [dev]}]\n"), @"catalog/topic/product.yml: line 3: the template has no parameter `Enviroment`: did you mean `Environment`?");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  auto_when: [{parameter: Environment, is: [deev, staging]}]\n"), @"
    catalog/topic/product.yml: line 3: `Environment` can never be `deev`: did you mean `dev`?
    catalog/topic/product.yml: line 3: `Environment` can never be `staging`: its values are dev, prod
    ");
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  auto_when: [{parameter: Environment, is: []}, {parameter: Environment}, {is: 5, parameter: Size}]\n"), @r#"
    catalog/topic/product.yml: line 3: `is` is empty, so the condition never holds: write for example `is: [dev]`
    catalog/topic/product.yml: line 3: `approval.auto_when[1]` is not a condition: write `{parameter: Environment, is: [dev]}` or `{monthly_cost_at_most: 50}`
    catalog/topic/product.yml: line 3: `approval.auto_when[2].is` is `5` where a list of texts should be: write for example `is: ["one", "two"]`
    "#);
    insta::assert_snapshot!(problems_of("name: Topic\napproval:\n  auto_when: [{monthly_cost_at_most: 50}]\n"), @"catalog/topic/product.yml: line 3: the product has no `cost` to compare with: add `cost` lines, or remove the condition");
}

#[test]
fn a_bound_parameter_exists_and_can_take_what_the_portal_fills_in() {
    insta::assert_snapshot!(problems_of("name: Topic\nbind:\n  Taem: team\n"), @"catalog/topic/product.yml: line 3: the template has no parameter `Taem`: did you mean `Team`?");
    insta::assert_snapshot!(problems_of("name: Topic\nbind:\n  Team: teem\n"), @"catalog/topic/product.yml: line 3: `bind.Team` is `teem`: did you mean `team`?");
    insta::assert_snapshot!(problems_of("name: Topic\nbind:\n  Size: team\n"), @"catalog/topic/product.yml: line 3: parameter `Size` takes no plain text, so the portal cannot set it: make it `Type: String` in template.yml, or bind another one");
    insta::assert_snapshot!(problems_of("name: Topic\nbind:\n  Environment: requester\n  Short: request_id\n"), @"
    catalog/topic/product.yml: line 3: parameter `Environment` does not take a Slack user id such as `U024BE7LH`: loosen `AllowedValues` in template.yml
    catalog/topic/product.yml: line 4: parameter `Short` does not take a request id such as `7f0c1a34-5b7e-4c8e-9f0a-1d2e3f4a5b6c`: loosen `MaxLength` in template.yml
    ");
    insta::assert_snapshot!(problems_of("name: Topic\nbind:\n  Team: team\nrequesters: [payments, Search 2]\n"), @"catalog/topic/product.yml: line 3: parameter `Team` does not take a team's name such as `Search 2`: loosen `AllowedPattern` or `MaxLength` in template.yml");
}

#[test]
fn cost_lines_name_prices_parameters_and_values_that_exist() {
    insta::assert_snapshot!(problems_of("name: Topic\ncost:\n  - {price: topic.mnth, quantity: 1}\n"), @"catalog/topic/product.yml: line 3: there is no price `topic.mnth`: did you mean `topic.month`?");
    insta::assert_snapshot!(problems_of("name: Topic\ncost:\n  - {price: topic.month, quantity: {parameter: Sise}}\n  - {price: topic.month, quantity: {parameter: Team}}\n"), @"
    catalog/topic/product.yml: line 3: the template has no parameter `Sise`: did you mean `Size`?
    catalog/topic/product.yml: line 4: parameter `Team` is not a number: make it `Type: Number`, or write `{by: …, values: {…}}`
    ");
    insta::assert_snapshot!(problems_of("name: Topic\ncost:\n  - {price: {by: Environment, values: {dev: node.hour, stage: topic.month, prod: x}}, quantity: {by: Environment, values: {dev: -1, prod: two}}}\n"), @"
    catalog/topic/product.yml: line 3: `Environment` can never be `stage`: its values are dev, prod
    catalog/topic/product.yml: line 3: there is no price `x`: the prices are node.hour, topic.month
    catalog/topic/product.yml: line 3: `cost[0].quantity.values.dev` is below 0: write a number from 0
    catalog/topic/product.yml: line 3: `cost[0].quantity.values.prod` is `two` where a number should be: write for example `prod: 12.50`
    ");
    insta::assert_snapshot!(problems_of("name: Topic\ncost:\n  - {price: topic.month}\n  - {usd: -1}\n  - {usd: 1, quantity: 1}\n  - {price: {by: Environment}, quantity: 1}\n"), @"
    catalog/topic/product.yml: line 3: `cost[0]` is not a cost line: write `price` and `quantity`, or `usd` alone, for example `{usd: 1.00}`
    catalog/topic/product.yml: line 4: `cost[1].usd` is below 0: write a number from 0
    catalog/topic/product.yml: line 5: `cost[2]` is not a cost line: write `price` and `quantity`, or `usd` alone, for example `{usd: 1.00}`
    catalog/topic/product.yml: line 6: `cost[3].price.values` is empty: say what each value of the parameter stands for
    ");
}

#[test]
fn outputs_exist_in_the_template() {
    insta::assert_snapshot!(problems_of("name: Topic\noutputs: [Arm, Arn, Arn]\n"), @"
    catalog/topic/product.yml: line 2: the template has no output `Arm`: did you mean `Arn`?
    catalog/topic/product.yml: line 2: `outputs` names `Arn` twice: name it once
    ");
}

#[test]
fn quota_lease_teardown_and_requesters_are_checked() {
    insta::assert_snapshot!(problems_of("name: Topic\nquota: {per_team: 0, over_budget: deny}\nlease:\n  ttl: 0d\n  grace: soon\n  reminders: [7d]\n  renew: [0s]\nteardown: {confirm: clik}\nrequesters: all\n"), @"
    catalog/topic/product.yml: line 2: `quota.per_team` is 0: write a number from 1, for example `per_team: 10`
    catalog/topic/product.yml: line 2: `quota.over_budget` is `deny`: write one of `refuse`, `ask`
    catalog/topic/product.yml: line 4: `lease.ttl` is not a duration: write for example `ttl: 30d`
    catalog/topic/product.yml: line 5: `lease.grace` is `soon` where a length of time (ms, s, m, h or d) should be: write for example `grace: 24h`
    catalog/topic/product.yml: line 6: `lease.reminders` has 7d, which is not inside the grace: write lengths above 0s and below the grace of 7d
    catalog/topic/product.yml: line 7: renewing by 0s changes nothing: write for example `renew: [30d]`
    catalog/topic/product.yml: line 8: `teardown.confirm` is `clik`: did you mean `click`?
    catalog/topic/product.yml: line 9: `requesters` is `all`: write `everyone`, or a list of teams
    ");
    insta::assert_snapshot!(problems_of("name: Topic\nrequesters: []\nlease: {renew: [1d, 2d, 24h, 4d, 5d, 6d]}\n"), @"
    catalog/topic/product.yml: line 2: `requesters` is empty, so nobody could request it: name teams, or write `requesters: everyone`
    catalog/topic/product.yml: line 3: `lease.renew` offers 1d twice: offer each period once
    catalog/topic/product.yml: line 3: `lease.renew` offers 6 periods: offer 5 at most
    ");
    insta::assert_snapshot!(problems_of("name: Topic\nlease: {grace: 0d, reminders: [1h]}\n"), @"catalog/topic/product.yml: line 2: `lease.reminders` has 1h, which is not inside the grace: write `reminders: []`, or a grace that is longer than the reminder");
    assert!(product_of("name: Topic\nlease: {grace: 12h}\n").lease.reminders.is_empty());
    let without_grace = &product_of("name: Topic\nlease: {grace: 0d}\n").lease;
    assert!(without_grace.grace.is_zero() && without_grace.reminders.is_empty());
}

#[test]
fn a_folder_that_is_no_product_says_what_is_missing() {
    let files =
        [("half/product.yml", "name: Half\n"), ("other/template.yml", TEMPLATE), ("README.md", "read me")];
    insta::assert_snapshot!(load_files(&files).unwrap_err(), @"
    catalog/half/template.yml: there is no such file: add the CloudFormation template of the product
    catalog/other/product.yml: there is no such file: add one with at least `name: …`
    ");
    insta::assert_snapshot!(load_files(&[("README.md", "read me")]).unwrap_err(), @"catalog: there is no product in this folder: add a folder with `product.yml` and `template.yml` in it");
    let problems = load(Path::new("no/such/folder"), None).unwrap_err();
    insta::assert_snapshot!(problems[0], @"no/such/folder: the catalog's folder cannot be read (No such file or directory (os error 2)): name the folder that holds the products, for example `catalog`");
}

#[test]
fn a_folder_name_must_be_typeable_and_no_word_of_the_command() {
    let files = [
        ("status/product.yml", "name: Status\n"),
        ("status/template.yml", TEMPLATE),
        ("My Topic/product.yml", "name: Mine\n"),
        ("My Topic/template.yml", TEMPLATE),
        (".git/config", "not a product"),
    ];
    insta::assert_snapshot!(load_files(&files).unwrap_err(), @"
    catalog/My Topic: the folder's name `My Topic` cannot be typed as a product: rename it with at most 40 of `a-z`, `0-9` and `-`, for example `s3-bucket`
    catalog/status: `status` is a word of the command, so no product can have this name: rename the folder
    ");
}

#[test]
fn two_products_of_one_name_cannot_be_told_apart() {
    let files = [
        ("one/product.yml", "name: Topic\n"),
        ("one/template.yml", TEMPLATE),
        ("two/product.yml", "name: Topic\n"),
        ("two/template.yml", TEMPLATE),
    ];
    insta::assert_snapshot!(load_files(&files).unwrap_err(), @"catalog/two/product.yml: `one` is called `Topic` as well: give each product a name of its own");
}

#[test]
fn a_template_that_gives_no_form_is_refused_with_its_line() {
    let secret = "Parameters:\n  Password: {Type: String, NoEcho: true}\n  Flag: {Type: String}\nResources: {A: {Type: AWS::SNS::Topic}}\n";
    let broken = "Parameters:\n  Flag: {Type: Boolean}\nResources: {A: {Type: AWS::SNS::Topic}}\n";
    let files = [
        ("secret/product.yml", "name: Secret\nquotas: {}\n"),
        ("secret/template.yml", secret),
        ("broken/product.yml", "name: Broken\nbind: {Flag: team}\n"),
        ("broken/template.yml", broken),
        ("no-yaml/product.yml", "name: [\n"),
        ("no-yaml/template.yml", "a: b: c\n"),
    ];
    insta::assert_snapshot!(load_files(&files).unwrap_err(), @r#"
    catalog/broken/template.yml: line 2: parameter `Flag`: there is no type `Boolean`: use `String` with `AllowedValues: ["true", "false"]`
    catalog/no-yaml/product.yml: line 1: the `[` here is never closed: correct the text so that it can be read
    catalog/no-yaml/template.yml: line 1: a `:` with a blank behind it makes a key, and none can stand here: put the text into quotes, or the key on a line of its own: correct the text so that it can be read
    catalog/secret/product.yml: line 2: unknown key `quotas`: did you mean `quota`?
    catalog/secret/template.yml: line 2: parameter `Password` is a secret (`NoEcho`) without a default: secrets never go through Slack: use a managed or generated secret
    "#);
}

#[test]
fn a_secret_that_the_portal_fills_needs_no_field() {
    let secret =
        "Parameters:\n  Team: {Type: String, NoEcho: true}\nResources: {A: {Type: AWS::SNS::Topic}}\n";
    let files = [("a/product.yml", "name: A\nbind: {Team: team}\n"), ("a/template.yml", secret)];
    assert!(load_files(&files).is_ok());
}

#[test]
fn a_check_goes_on_where_loading_stops() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("topic");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("product.yml"), "nam: Topic\n").unwrap();
    fs::write(folder.join("template.yml"), TEMPLATE).unwrap();
    let fine = dir.path().join("fine");
    fs::create_dir(&fine).unwrap();
    fs::write(fine.join("product.yml"), "name: A product with a name that no title holds\ncost: [{price: {by: Environment, values: {dev: topic.month}}, quantity: {by: Environment, values: {prod: 1}}}]\n").unwrap();
    fs::write(fine.join("template.yml"), TEMPLATE).unwrap();
    fs::create_dir(dir.path().join("prices")).unwrap();
    fs::write(dir.path().join("prices/us-east-1.yml"), PRICES).unwrap();
    let report = check(dir.path(), None);
    let lines: Vec<String> =
        report.problems.iter().map(|problem| format!("{:?} {problem}", problem.severity)).collect();
    let text = lines.join("\n").replace(dir.path().to_str().unwrap(), "catalog");
    insta::assert_snapshot!(text, @r#"
    Warning catalog/fine/product.yml: `name` has 41 characters, the title of a form in Slack holds 24: shorten it, or it is cut there
    Warning catalog/fine/product.yml: there is no `description`, so Slack cannot show what the product is: describe the product in a sentence
    Warning catalog/fine/product.yml: the form asks for `Environment` without explaining it: give `Environment` a `Description` in the template, with an example
    Warning catalog/fine/product.yml: the form asks for `Size` without explaining it: give `Size` a `Description` in the template, with an example
    Warning catalog/fine/product.yml: the form asks for `Team` without explaining it: give `Team` a `Description` in the template, with an example
    Warning catalog/fine/product.yml: the form asks for `Request` without explaining it: give `Request` a `Description` in the template, with an example
    Warning catalog/fine/product.yml: the form asks for `Short` without explaining it: give `Short` a `Description` in the template, with an example
    Warning catalog/fine/product.yml: `cost` has no price when `Environment` is prod: add a line to `values`, or people see no estimate for that choice
    Warning catalog/fine/product.yml: `cost` has no quantity when `Environment` is dev: add a line to `values`, or people see no estimate for that choice
    Warning catalog/fine/template.yml: line 9: `Topic` (AWS::SNS::Topic) does not say how its messages are encrypted: set `KmsMasterKeyId`
    Warning catalog/fine/template.yml: line 9: `Topic` (AWS::SNS::Topic) has no tags, so nobody can tell whose it is: add `Tags` with `Team`, `Environment` and `RequestId`
    Error catalog/topic/product.yml: line 1: `name` is missing: add a line such as `name: "some text"`
    Error catalog/topic/product.yml: line 1: unknown key `nam`: did you mean `name`?
    Warning catalog/topic/template.yml: line 9: `Topic` (AWS::SNS::Topic) does not say how its messages are encrypted: set `KmsMasterKeyId`
    Warning catalog/topic/template.yml: line 9: `Topic` (AWS::SNS::Topic) has no tags, so nobody can tell whose it is: add `Tags` with `Team`, `Environment` and `RequestId`
    "#);
    assert_eq!(report.count(Severity::Error), 2);
    assert_eq!(report.catalog.products.len(), 1);
}

#[test]
fn a_ticket_that_could_not_be_checked_or_linked_is_told() {
    insta::assert_snapshot!(problems_of("name: Topic\nticket:\n  label: ' '\n  pattern: '['\n  required: perhaps\n  link: http://jira/{ticket}\n  colour: red\n"), @"
    catalog/topic/product.yml: line 3: `ticket.label` has to be 1 to 75 characters: write for example `label: Change ticket`
    catalog/topic/product.yml: line 4: `ticket.pattern` is `[`, which is not a regular expression that can be checked: write a regular expression for the whole reference, such as `[A-Z]+-[0-9]+`
    catalog/topic/product.yml: line 5: `ticket.required` is `perhaps` where `true` or `false` should be: write for example `required: true`
    catalog/topic/product.yml: line 6: `ticket.link` is `http://jira/{ticket}`: write an https address with `{ticket}` where the reference goes, such as `https://jira.example.com/browse/{ticket}`
    catalog/topic/product.yml: line 7: unknown key `ticket.colour`: known keys: label, link, pattern, required
    ");
    insta::assert_snapshot!(problems_of("name: Topic\nticket: {link: 'https://jira.example.com/browse/'}\n"), @"catalog/topic/product.yml: line 2: `ticket.link` is `https://jira.example.com/browse/`: write an https address with `{ticket}` where the reference goes, such as `https://jira.example.com/browse/{ticket}`");
    let rule = product_of("name: Topic\nticket: {}\n").ticket.clone().unwrap();
    assert_eq!((rule.label.as_str(), rule.required, rule.link), ("Ticket", false, None));
    assert!(product_of("name: Topic\n").ticket.is_none());
}

#[test]
fn what_may_be_changed_later_is_a_field_of_the_form() {
    assert_eq!(product_of("name: Topic\nchange: [Size, Environment]\n").change, ["Size", "Environment"]);
    assert!(product_of("name: Topic\n").change.is_empty());
    let wrong = problems_of("name: Topic\nbind: { Team: team }\nchange: [Sizes, Team, Size, Size]\n");
    for message in [
        "the template has no parameter `Sizes`: did you mean `Size`?",
        "`change` names `Team`, which the portal sets",
        "`change` names `Size` twice",
    ] {
        assert!(wrong.contains(message), "{message} in {wrong}");
    }
}
