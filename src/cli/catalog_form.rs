//! `catalog form`: prints the request form of a product as text, or as the JSON for Slack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use slack_morphism::prelude::SlackModalView;

use super::catalog::{condition_in_words, estimate_by_default, short_approval};
use super::outcome::CommandOutput;
use crate::domain::approval::ApprovalPath;
use crate::domain::approval::approval_path;
use crate::domain::catalog::{
    ApprovalMode, ApprovalRule, Approvers, Catalog, Product, Requesters, RuleFor, Stage,
};
use crate::domain::cost;
use crate::domain::cost::PriceList;
use crate::domain::form::{Field, Form, Input};
use crate::domain::ids::TeamName;
use crate::domain::preview::{Preview, PreviewStage};
use crate::domain::principal::Principal;
use crate::domain::quota::QuotaUse;
use crate::domain::ticket::{LONGEST, TicketRule};
use crate::portal::people::form_view::{FormPurpose, FormView};
use crate::ports::clock::{Clock as _, SystemClock};
use crate::slack::views;
use cloudformation::document::nearest;
use cloudformation::text::grouped;

/// Returns the request form of a product as text, with the preview above Submit for the default values.
pub fn form(catalog: &Catalog, key: &str) -> CommandOutput {
    let by_text: BTreeMap<&str, _> =
        catalog.products.iter().map(|(key, product)| (key.as_str(), product)).collect();
    let Some(product) = by_text.get(key) else {
        let keys: Vec<&str> = by_text.keys().copied().collect();
        let remedy = match nearest(key, keys.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the products are {}", keys.join(", ")),
        };
        return CommandOutput { text: format!("there is no product `{key}`: {remedy}\n"), ok: false };
    };
    match product.form() {
        Ok(form) => CommandOutput { text: form_text(product, &form, &catalog.prices), ok: true },
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(|problem| format!("{key}: {problem}\n")).collect();
            CommandOutput { text: lines.concat(), ok: false }
        }
    }
}

/// Returns the modal that Slack would get for a product, with default values and an unused quota; a list of
/// modals if the form has several pages.
pub fn form_json(catalog: &Catalog, teams: &[TeamName], key: &str) -> CommandOutput {
    let Some(product) = catalog.products.values().find(|product| product.key.as_str() == key) else {
        // Its text says that there is no such product.
        return form(catalog, key);
    };
    let Ok(fields) = product.form() else { return form(catalog, key) };
    let team = teams.first().cloned().unwrap_or_else(|| TeamName::new("your-team"));
    let pages = fields.pages(&product.hidden(&BTreeMap::new())).into_iter();
    let modals = pages.map(|page| sample_view(product, &fields, page, &team, &catalog.prices));
    let written: serde_json::Result<Vec<_>> = modals.map(|modal| views::to_json(&modal)).collect();
    match written.as_deref() {
        Ok([json]) => CommandOutput { text: format!("{json:#}\n"), ok: true },
        Ok(several) => CommandOutput { text: format!("{:#}\n", serde_json::json!(several)), ok: true },
        Err(error) => CommandOutput { text: format!("{key}: {error}\n"), ok: false },
    }
}

fn sample_view(
    product: &Arc<Product>,
    form: &Form,
    page: usize,
    team: &TeamName,
    prices: &PriceList,
) -> SlackModalView {
    let estimate = estimate_by_default(product, prices);
    let defaults = product.template.parameters.iter();
    let defaults: Vec<(String, String)> = defaults
        .filter_map(|parameter| Some((parameter.key.clone(), parameter.shown_default()?.to_owned())))
        .collect();
    let path = approval_path(&product.approval, team, &defaults, estimate.as_ref());
    let preview = Preview {
        unapprovable: None,
        turns: turns(product, &path),
        note: None,
        usually: None,
        path,
        estimate,
        quota: QuotaUse { used: 0, limit: product.quota.per_team },
        budget: None,
        exception: None,
        expires_at: product.lease.grace.after(product.lease.ttl.after(SystemClock.now())),
        simulated: false,
    };
    let hidden = product.hidden(&BTreeMap::new());
    let view = FormView {
        product: Arc::clone(product),
        form: form.clone(),
        pages: form.pages(&hidden),
        hidden,
        page,
        team: team.clone(),
        values: BTreeMap::new(),
        reason: String::new(),
        preview,
        notes: Vec::new(),
        warnings: Vec::new(),
        holders: Vec::new(),
        // Only the texts about a limit name the command, and an unused quota reaches none.
        command: String::new(),
        purpose: FormPurpose::Create {
            teams: vec![team.clone()],
            ticket: String::new(),
            owner: None,
            has_mates: false,
        },
    };
    views::form(&view, None)
}

/// Returns the approvers whom the catalog names. All others depend on the settings and the requester.
fn turns(product: &Product, path: &ApprovalPath) -> Vec<PreviewStage> {
    let ApprovalPath::Ask { stages, .. } = path else { return Vec::new() };
    let usual = product.approval.stages();
    let turn = |stage: &Stage| PreviewStage {
        needed: stage.needed,
        approvers: match &stage.approvers {
            Approvers::Team | Approvers::Manager | Approvers::Admins => Vec::new(),
            Approvers::Listed(listed) => listed.clone(),
        },
    };
    if stages.is_empty() { &usual } else { stages }.iter().map(turn).collect()
}

fn form_text(product: &Product, form: &Form, prices: &PriceList) -> String {
    let Product { key, name, description, owner, version, .. } = product;
    let mut lines = vec![format!("{name} ({key}, {version})")];
    if !description.is_empty() {
        lines.push(description.clone());
    }
    lines.push(format!("Owner: {owner}"));
    // With nothing hidden, so that every field is listed; conditions are printed beside the fields.
    let pages = form.pages(&BTreeSet::new());
    for page in &pages {
        if pages.len() > 1 {
            lines.push(format!("\nPage {} of {}", page + 1, pages.len()));
        }
        for group in form.groups.iter().filter(|group| group.page == *page) {
            lines.push(format!("\n{}", group.title.as_deref().unwrap_or("Fields")));
            lines.extend(group.fields.iter().flat_map(|field| field_lines(field, product)));
        }
    }
    lines.push("\nAbout the request".to_owned());
    lines.push("  Why do you need it?: text of several lines, optional".to_owned());
    lines.extend(product.ticket.as_ref().map(ticket_line));
    lines.push("\nBefore Submit".to_owned());
    lines.extend(preview(product, prices).into_iter().map(|(label, value)| format!("  {label}: {value}")));
    lines.join("\n") + "\n"
}

fn ticket_line(rule: &TicketRule) -> String {
    let need = if rule.required { "required" } else { "optional" };
    let pattern = rule.pattern.as_ref().map(|pattern| format!(", matches {}", pattern.as_str()));
    format!("  {}: text of at most {} characters, {need}{}", rule.label, LONGEST, pattern.unwrap_or_default())
}

fn field_lines(field: &Field, product: &Product) -> Vec<String> {
    let Field { key, label, hint, .. } = field;
    let need = if field.optional() { "optional" } else { "required" };
    let initial = field.initial.as_ref().map(|initial| format!(", starts with `{initial}`"));
    let input = input_in_words(&field.input);
    let mut lines = vec![format!("  {label} [{key}]: {input}, {need}{}", initial.unwrap_or_default())];
    let condition = product.show_when.get(key);
    lines.extend(condition.map(|condition| format!("    Only where {}.", condition.describe())));
    lines.extend(hint.as_ref().map(|hint| format!("    {hint}")));
    let width = field.options().iter().map(|choice| choice.value.chars().count()).max().unwrap_or_default();
    lines.extend(
        field.options().iter().map(|choice| format!("    - {:width$}  {}", choice.value, choice.label)),
    );
    lines
}

/// Slack's limit for any text input. A field with this limit has none of its own, so it is not shown.
const SLACK_MAX_LENGTH: u32 = 3_000;

fn input_in_words(input: &Input) -> String {
    match input {
        Input::Select { .. } => "choose one".to_owned(),
        Input::TypeAhead { options } => format!("choose one of {} by typing", grouped(&options.len())),
        Input::Existing { many: false, .. } => "choose one of what exists in the account".to_owned(),
        Input::Existing { many: true, .. } => "choose some of what exists in the account".to_owned(),
        Input::Text { multiline, min_length, max_length } => {
            let kind = if *multiline { "text of several lines" } else { "text" };
            match min_length.filter(|min| *min > 0) {
                Some(min) => format!("{kind} of {} to {} characters", grouped(&min), grouped(max_length)),
                None if *max_length == SLACK_MAX_LENGTH => kind.to_owned(),
                None => format!("{kind} of at most {} characters", grouped(max_length)),
            }
        }
        Input::Number { decimal, min, max } => {
            let kind = if *decimal { "number" } else { "whole number" };
            match (min, max) {
                (Some(min), Some(max)) => format!("{kind} from {} to {}", grouped(min), grouped(max)),
                (Some(min), None) => format!("{kind} from {}", grouped(min)),
                (None, Some(max)) => format!("{kind} up to {}", grouped(max)),
                (None, None) => kind.to_owned(),
            }
        }
    }
}

fn preview(product: &Product, prices: &PriceList) -> Vec<(&'static str, String)> {
    let price = match estimate_by_default(product, prices) {
        Some(estimate) => format!("{} (with the defaults)", cost::describe(&estimate)),
        None if product.cost.is_empty() => "no estimate".to_owned(),
        None => "depends on what is filled in".to_owned(),
    };
    let lease = &product.lease;
    let renew: Vec<String> = lease.renew.iter().map(ToString::to_string).collect();
    let renewal = if renew.is_empty() {
        "cannot be renewed".to_owned()
    } else {
        format!("renewable by {}, {} without approval", renew.join(" or "), times(lease.max_renewals))
    };
    let mut lines = vec![("Price", price), ("Approval", long_approval(&product.approval))];
    lines.push(("Quota", format!("{} per team", product.quota.per_team)));
    lines.push((
        "Expiry",
        format!("{} after it is ready, plus {} of grace, {renewal}", lease.ttl, lease.grace),
    ));
    if let Requesters::Teams(teams) = &product.requesters {
        let names: Vec<&str> = teams.iter().map(TeamName::as_str).collect();
        lines.push(("Offered to", names.join(", ")));
    }
    let hidden = product.preset();
    if !hidden.is_empty() {
        lines.push(("Filled by the portal", hidden.into_iter().collect::<Vec<_>>().join(", ")));
    }
    lines
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

fn long_approval(rule: &ApprovalRule) -> String {
    if rule.mode == ApprovalMode::Auto {
        return short_approval(rule);
    }
    let stages: Vec<String> = rule.stages().iter().map(stage_in_words).collect();
    let conditions: Vec<String> = rule.auto_when.iter().map(condition_in_words).collect();
    let unless =
        if conditions.is_empty() { String::new() } else { format!(", unless {}", conditions.join(" or ")) };
    let rules: String = rule.rules.iter().map(rule_in_words).collect();
    format!("{rules}{}{unless}; ends unanswered after {}", stages.join(", then "), rule.timeout)
}

fn stage_in_words(stage: &Stage) -> String {
    let who = match &stage.approvers {
        Approvers::Team => "the team's approvers".to_owned(),
        Approvers::Manager => "the requester's manager".to_owned(),
        Approvers::Listed(listed) => principal_texts(listed),
        Approvers::Admins => "the admins".to_owned(),
    };
    format!("{} of {who}", stage.needed)
}

/// Words a rule, which precedes the text for requests that it does not apply to.
fn rule_in_words(rule: &RuleFor) -> String {
    let when: Vec<String> = rule.when.iter().map(condition_in_words).collect();
    let stages: Vec<String> = rule.stages.iter().map(stage_in_words).collect();
    let approvers = match rule.mode {
        ApprovalMode::Auto => "nobody".to_owned(),
        ApprovalMode::Required if stages.is_empty() => "approvers in any case".to_owned(),
        ApprovalMode::Required => stages.join(", then "),
    };
    format!("where {} {approvers}; else ", when.join(" and "))
}

/// Lists people and groups as the settings name them.
pub(super) fn principal_texts(principals: &[Principal]) -> String {
    match principals {
        [] => "nobody".to_owned(),
        some => some.iter().map(Principal::to_string).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::cli::catalog::problems_of;

    #[test]
    fn a_form_is_printed_as_people_will_see_it() {
        let catalog = catalog::built_in().unwrap();
        insta::assert_snapshot!(form(&catalog, "ecs-service").text, @"
        ECS Fargate Service (ecs-service, v1.0)
        A container service on Fargate that rolls back a failed deployment by itself
        Owner: Platform Team

        The service
          Service name [ServiceName]: text of 1 to 30 characters, required
            Name of the service, lower-case words joined by hyphens, for example checkout-api.
          Environment [Environment]: choose one, required, starts with `dev`
            Where the service runs, for example dev. Production needs at least two tasks.
            - dev      Development
            - staging  Staging
            - prod     Production (two tasks or more)
          Container image [Image]: text of at most 512 characters, required
            ARM64 image in this account's ECR, by digest, for example 123456789012.dkr.ecr.us-east-1.amazonaws.com/checkout-api@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.
          Port [ContainerPort]: whole number from 1,024 to 65,535, required, starts with `8080`
            Port the container listens on, from 1024 to 65535, for example 8080.

        Size
          Task size [TaskSize]: choose one, required, starts with `xs`
            Processor and memory of each task, for example xs. It can be changed later.
            - xs  XS: 0.25 vCPU, 0.5 GB
            - s   S: 0.5 vCPU, 1 GB
            - m   M: 1 vCPU, 2 GB
            - l   L: 2 vCPU, 4 GB
          Number of tasks [DesiredCount]: whole number from 1 to 10, required, starts with `1`
            How many tasks run side by side, from 1 to 10, for example 2.

        Platform settings (the defaults are right for most teams)
          VPC [VpcId]: text, optional, starts with `/platform/network/vpc-id`
            SSM parameter with the id of the VPC, for example /platform/network/vpc-id. Left empty, it becomes /platform/network/vpc-id.
          Private subnets [SubnetIds]: text, optional, starts with `/platform/network/private-subnet-ids`
            SSM parameter with the private subnets, at least two zones, for example /platform/network/private-subnet-ids. Left empty, it becomes /platform/network/private-subnet-ids.
          Application security group [AppSecurityGroupId]: text, optional, starts with `/platform/network/app-security-group-id`
            SSM parameter with the group applications share, for example /platform/network/app-security-group-id. Left empty, it becomes /platform/network/app-security-group-id.

        About the request
          Why do you need it?: text of several lines, optional

        Before Submit
          Price: about $8.21/month, us-east-1 list price of 2026-08-21 (with the defaults)
          Approval: 1 of the team's approvers, unless Environment is dev; ends unanswered after 1d
          Quota: 5 per team
          Expiry: 30d after it is ready, plus 7d of grace, renewable by 30d, 12 times without approval
          Filled by the portal: RequestId, RequesterId, TeamName
        ");
    }

    #[test]
    fn a_broken_product_says_why_and_leaves_the_others_their_forms() {
        let dir = tempfile::tempdir().unwrap();
        for (key, template) in [
            ("fine", "Resources: {Topic: {Type: AWS::SNS::Topic}}"),
            (
                "secret",
                "Parameters: {Password: {Type: String, NoEcho: true}}\nResources: {Topic: {Type: AWS::SNS::Topic}}",
            ),
        ] {
            let folder = dir.path().join(key);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("product.yml"), format!("name: {key}\n")).unwrap();
            std::fs::write(folder.join("template.yml"), template).unwrap();
        }
        let report = catalog::check(dir.path(), None);
        assert_eq!(problems_of(&report, "fine"), None);
        assert!(form_json(&report.catalog, &[], "fine").ok);
        let refused = problems_of(&report, "secret").unwrap();
        let text = refused.text.replace(dir.path().to_str().unwrap(), "catalog");
        insta::assert_snapshot!(text, @"catalog/secret/template.yml: line 1: parameter `Password` is a secret (`NoEcho`) without a default: secrets never go through Slack: use a managed or generated secret");
        assert!(!refused.ok);
        assert_eq!(problems_of(&report, "nothing"), None);
    }

    #[test]
    fn lists_numbers_and_terms_of_a_form_are_spelled_out() {
        let dir = tempfile::tempdir().unwrap();
        let product = dir.path().join("odd");
        std::fs::create_dir(&product).unwrap();
        std::fs::write(product.join("product.yml"), "name: Odd\nrequesters: [payments, search]\napproval: {approvers: [U0MORGAN, S0LEADS, a@b.c], needed: 2, timeout: 90m, auto_when: [{monthly_cost_at_most: 1500}]}\ncost: [{usd: 1234.5}]\nticket: {required: true, pattern: 'OPS-[0-9]+'}\nlease: {renew: [], ttl: 36h}\n").unwrap();
        let names: Vec<String> = (0..101).map(|n| format!("n{n}")).collect();
        let template = format!(
            "Parameters:\n  Many: {{Type: String, AllowedValues: [{}], Default: n1}}\n  Rate: {{Type: Number, MinValue: 0.5}}\n  Top: {{Type: Number, MaxValue: 2000}}\n  Any: {{Type: Number}}\n  Words: {{Type: CommaDelimitedList}}\nResources: {{A: {{Type: 'AWS::X::Y'}}}}\n",
            names.join(", ")
        );
        std::fs::write(product.join("template.yml"), template).unwrap();
        let catalog = catalog::load(dir.path(), None).unwrap();
        let text = form(&catalog, "odd").text;
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("    - n")).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        Odd (odd, v1.0)
        Owner: Platform Team

        Fields
          Many [Many]: choose one of 101 by typing, required, starts with `n1`
          Rate [Rate]: number from 0.5, required
            A number of at least 0.5.
          Top [Top]: whole number up to 2,000, required
            A number of at most 2,000.
          Any [Any]: whole number, required
          Words [Words]: text, required
            For example one,two.

        About the request
          Why do you need it?: text of several lines, optional
          Ticket: text of at most 100 characters, required, matches OPS-[0-9]+

        Before Submit
          Price: about $1,234.50/month (with the defaults)
          Approval: 2 of U0MORGAN, S0LEADS, a@b.c, unless it costs at most $1,500/month; ends unanswered after 90m
          Quota: 10 per team
          Expiry: 36h after it is ready, plus 7d of grace, cannot be renewed
          Offered to: payments, search
        ");
    }

    #[test]
    fn pages_and_conditions_are_printed_and_written_as_views() {
        let dir = tempfile::tempdir().unwrap();
        let product = dir.path().join("wide");
        std::fs::create_dir(&product).unwrap();
        let condition = "show_when: { P99: { parameter: P1, is: [a, b] } }";
        std::fs::write(product.join("product.yml"), format!("name: Wide\n{condition}\n")).unwrap();
        let parameters: Vec<String> =
            (0..100).map(|n| format!("  P{n}: {{Type: String, Default: a}}\n")).collect();
        let template =
            format!("Parameters:\n{}Resources: {{A: {{Type: 'AWS::X::Y'}}}}\n", parameters.concat());
        std::fs::write(product.join("template.yml"), template).unwrap();
        let catalog = catalog::load(dir.path(), None).unwrap();
        let text = form(&catalog, "wide").text;
        let is_about_pages =
            |line: &&str| line.contains("Page ") || line.contains("P99") || line.contains("Only where");
        insta::assert_snapshot!(text.lines().filter(is_about_pages).collect::<Vec<_>>().join("\n"), @"
        Page 1 of 2
        Page 2 of 2
          P99 [P99]: text, optional, starts with `a`
            Only where P1 is a or b.
        ");
        let views: serde_json::Value = serde_json::from_str(&form_json(&catalog, &[], "wide").text).unwrap();
        let buttons: Vec<&str> =
            views.as_array().unwrap().iter().filter_map(|view| view["submit"]["text"].as_str()).collect();
        assert_eq!(buttons, ["Next", "Request"]);
        for view in views.as_array().unwrap() {
            assert_eq!(playground::limits::check_view(view), Vec::<String>::new());
        }
    }

    #[test]
    fn an_unknown_product_is_answered_with_the_nearest() {
        let catalog = catalog::built_in().unwrap();
        insta::assert_snapshot!(form(&catalog, "s3-buckt").text, @"there is no product `s3-buckt`: did you mean `s3-bucket`?");
        insta::assert_snapshot!(form(&catalog, "zebra").text, @"there is no product `zebra`: the products are ecs-service, rds-postgres, s3-bucket");
    }
}
