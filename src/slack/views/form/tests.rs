//! Forms as users see them, within Slack's limits, and parsing them.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::approval::{ApprovalPath, Condition};
use crate::domain::catalog::{OverBudget, Product};
use crate::domain::preview::{Preview, PreviewStage};
use crate::domain::principal::Principal;
use crate::domain::quota::{BudgetUse, QuotaUse};
use crate::portal::people::form_draft::FormDraft;
use crate::slack::incoming::ViewRef;
use crate::slack::messages::fixtures;
use crate::slack::views::check::{assert_within_limits, transcript};
use cloudformation::Template;

const TEMPLATE: &str = r"
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - Label: {default: What it is}
        Parameters: [Environment, BucketName]
Parameters:
  Environment: {Type: String, AllowedValues: [dev, test, prod], Default: dev}
  BucketName: {Type: String, MinLength: 3, MaxLength: 63, Description: Lower case letters and digits}
  Days: {Type: Number, MinValue: 1, MaxValue: 365, Default: 30}
  Policy: {Type: String, AllowedValues: ['', LONG], Default: ''}
  Zone: {Type: String, AllowedValues: [ZONES]}
Resources:
  Bucket: {Type: 'AWS::S3::Bucket'}
";

fn fields_of_a_bucket() -> Form {
    let zones: Vec<String> = (0..150).map(|n| format!("zone-{n:03}")).collect();
    let text = TEMPLATE.replace("LONG", &"p".repeat(90)).replace("ZONES", &zones.join(", "));
    Form::from_template(&Template::parse(&text).unwrap(), &BTreeSet::new()).unwrap()
}

fn preview(used: u32) -> Preview {
    Preview {
        unapprovable: None,
        estimate: fixtures::request().estimate,
        path: ApprovalPath::ask(1),
        turns: vec![PreviewStage {
            needed: 1,
            approvers: vec![Principal::Person(PersonId::new("U0MORGAN"))],
        }],
        note: None,
        usually: None,
        quota: QuotaUse { used, limit: 3 },
        budget: None,
        exception: None,
        expires_at: "2026-12-29T10:05:00Z".parse().unwrap(),
        simulated: true,
    }
}

/// A form of these teams and values, on its first page.
fn new_request(form: Form, teams: &[&str], values: &[(&str, &str)]) -> FormView {
    let mut product = fixtures::product("s3-bucket");
    let depends_on = |key: &str| Condition::Parameter { parameter: key.to_owned(), is: Vec::new() };
    product.approval.auto_when = ["Environment", "Days"].map(depends_on).into();
    let teams: Vec<TeamName> = teams.iter().copied().map(TeamName::new).collect();
    let purpose = FormPurpose::Create {
        teams: teams.clone(),
        ticket: String::new(),
        owner: None,
        has_mates: false,
        holders: vec![fixtures::request()],
        command: "/provision".to_owned(),
    };
    FormView {
        product: Arc::new(product),
        hidden: BTreeSet::new(),
        pages: form.pages(&BTreeSet::new()),
        page: 0,
        form,
        team: teams[0].clone(),
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        reason: String::new(),
        preview: preview(1),
        notes: Vec::new(),
        warnings: Vec::new(),
        purpose,
    }
}

fn with_used(used: u32, view: FormView) -> FormView {
    FormView { preview: preview(used), ..view }
}

/// The form as Slack sends it back with this input.
fn sent(modal: &SlackModalView, input: &[(&str, Vec<&str>)]) -> FormDraft {
    let view = ViewRef {
        id: "V1".to_owned(),
        hash: None,
        callback_id: modal.callback_id.clone().unwrap().0,
        private_metadata: modal.private_metadata.clone().unwrap(),
        values: input.iter().cloned().collect(),
        blocks: String::new(),
    };
    draft(&view).unwrap()
}

fn without_options(text: &str) -> String {
    text.replace(&"p".repeat(74), "p74")
}

#[test]
fn a_form_shows_its_fields_and_what_comes_of_submitting() {
    let view =
        with_used(2, new_request(fields_of_a_bucket(), &["payments", "search"], &[("BucketName", "logs")]));
    let view = form(&view, None);
    insta::assert_snapshot!(without_options(&transcript(&view)), @"
    Secure S3 Bucket [Request] [Cancel]
    *Secure S3 Bucket* v1.0
    An encrypted S3 bucket with versioning and lifecycle rules
    Team *live*: <payments|search=payments>
    # What it is
    Environment *live*: <dev|test|prod=dev>
    Bucket name: <text=logs>
      Lower case letters and digits. 3 to 63 characters.
    # Other
    Days *live*: <1..365=30>
      1 to 365.
    Policy: <(none)|p74…=#0>
    Zone: <type>
    Why do you need it? (optional): <lines>
    ---
    *Cost*: about $15/month, us-east-1 list price of 2026-08-21
    *Approval*: <@U0MORGAN>
    *Quota*: 2 of 3 used, 1 left
    *Expires*: <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>
    (Simulated: nothing real is created)
    ");
    assert_within_limits(&view);
}

#[test]
fn a_person_in_one_team_is_not_asked_for_it() {
    let text = transcript(&form(&new_request(fields_of_a_bucket(), &["payments"], &[]), Some("Try again")));
    assert!(text.contains("(For team *payments*)") && !text.contains("Team *live*"), "{text}");
    assert!(text.contains(":warning: Try again"), "{text}");
}

#[test]
fn a_full_quota_says_by_what_and_offers_nothing_to_submit() {
    let view = form(&with_used(3, new_request(fields_of_a_bucket(), &["payments", "search"], &[])), None);
    insta::assert_snapshot!(transcript(&view), @"
    Secure S3 Bucket [-] [Close]
    *Secure S3 Bucket* v1.0
    An encrypted S3 bucket with versioning and lifecycle rules
    Team *payments* already uses 3 of 3. Tear down one that is no longer needed, or ask your platform team for a larger quota.
    • `s3-bucket-0b8f1c9e` <@U0ALICE> · Approved · about $15/month
    <payments|search=payments>
    ");
    assert_within_limits(&view);
}

#[test]
fn a_value_that_the_field_cannot_hold_is_left_out_instead_of_breaking_the_form() {
    let bad =
        [("Environment", "nowhere"), ("Days", "4000"), ("BucketName", &*"x".repeat(64)), ("Zone", "mars")];
    let text = transcript(&form(&new_request(fields_of_a_bucket(), &["payments"], &bad), None));
    assert!(!text.contains("nowhere") && !text.contains("4000") && !text.contains("xxx"), "{text}");
}

#[test]
fn every_page_of_ninety_enormous_fields_keeps_slacks_limits() {
    let fields: Vec<String> = (0..90)
        .map(|n| {
            format!(
                "  P{n}: {{Type: String, Description: '{}', Default: '{}'}}\n",
                "é".repeat(500),
                "&".repeat(140)
            )
        })
        .collect();
    let text = format!("Parameters:\n{}Resources:\n  B: {{Type: 'AWS::S3::Bucket'}}\n", fields.concat());
    let fields = Form::from_template(&Template::parse(&text).unwrap(), &BTreeSet::new()).unwrap();
    let teams: Vec<String> = (0..200).map(|n| format!("team-{n}")).collect();
    let teams: Vec<&str> = teams.iter().map(String::as_str).collect();
    let mut view = new_request(fields, &teams, &[]);
    let product = fixtures::product("s3-bucket");
    let (name, description) = ("<&>".repeat(100), "<&>".repeat(2000));
    view.product = Arc::new(Product { name, description, ..product });
    view.warnings = view.form.fields().map(|field| (field.key.clone(), "<&>".repeat(1000))).collect();
    view.team = TeamName::new("team-150");
    view.notes = vec!["x".repeat(5000)];
    if let FormPurpose::Create { has_mates, .. } = &mut view.purpose {
        *has_mates = true;
    }
    for page in view.pages.clone() {
        view.page = page;
        assert_within_limits(&form(&view, Some("no")));
    }
}

#[test]
fn answers_read_back_as_the_inputs_sent_them() {
    let modal = form(&new_request(fields_of_a_bucket(), &["payments", "search"], &[]), None);
    let input = [
        ("param.Environment", vec!["prod"]),
        ("param.Policy", vec!["#1"]),
        ("param.Zone", vec!["zone-149"]),
        ("param.BucketName", vec![]),
        ("param.Forged", vec!["x"]),
        ("team", vec!["search"]),
        ("reason", vec![" logs "]),
    ];
    let draft = sent(&modal, &input);
    assert_eq!(draft.template_hash, "ab".repeat(32));
    assert_eq!(draft.values["Environment"].as_deref(), Some("prod"));
    assert_eq!(draft.values["Policy"].as_deref(), Some("#1"));
    assert_eq!(draft.values["Zone"].as_deref(), Some("zone-149"));
    assert_eq!(draft.values["BucketName"], None);
    assert_eq!(draft.values["Forged"].as_deref(), Some("x"));
    assert_eq!((draft.team.as_str(), draft.reason.as_str()), ("search", "logs"));
}

#[test]
fn a_type_ahead_offers_what_matches_best_first_and_never_more_than_slack_takes() {
    let form = fields_of_a_bucket();
    assert_eq!(suggestions(&form, "param.Zone", "").len(), 100);
    assert_eq!(suggestions(&form, "param.Zone", " ZONE-14").len(), 10);
    assert_eq!(suggestions(&form, "param.Zone", "149"), [("zone-149".to_owned(), "zone-149".to_owned())]);
    assert!(suggestions(&form, "param.Zone", "nowhere").is_empty());
    assert!(suggestions(&form, "reason", "").is_empty());
}

proptest! {
    #[test]
    fn whatever_is_prefilled_the_form_keeps_slacks_limits(
        name in ".{0,80}", days in "[-0-9.e]{0,12}", environment in ".{0,10}", reason in ".{0,40}",
    ) {
        let values = [("BucketName", &*name), ("Days", &days), ("Environment", &environment)];
        let view = new_request(fields_of_a_bucket(), &["payments"], &values);
        assert_within_limits(&form(&FormView { reason, ..view }, None));
    }
}

#[test]
fn a_budget_is_shown_and_what_happens_beyond_it() {
    let shown = |spent: i64, over_budget| {
        let mut view = new_request(fields_of_a_bucket(), &["payments"], &[]);
        Arc::make_mut(&mut view.product).quota.over_budget = over_budget;
        view.preview.budget = Some(BudgetUse { spent: spent.into(), limit: 500.into() });
        let text = transcript(&form(&view, None));
        text.lines().find(|line| line.contains("*Budget*")).unwrap().to_owned()
    };
    let lines = [shown(212, OverBudget::Refuse), shown(490, OverBudget::Ask), shown(490, OverBudget::Refuse)];
    insta::assert_snapshot!(lines.join("\n"), @"
    *Budget*: about $212 of $500 a month used
    *Budget*: about $490 of $500 a month used; this exceeds it, so approvers are asked
    :warning: *Budget*: about $490 of $500 a month used; this does not fit. Choose something smaller, tear down what is no longer needed, or ask your platform team for a larger budget.
    ");
}

/// Three groups that take a page each.
fn paged() -> Form {
    let group = |title: &str, keys: &[String]| {
        format!("{{Label: {{default: {title}}}, Parameters: [{}]}}", keys.join(", "))
    };
    let keys = |letter: char| (0..60).map(|n| format!("{letter}{n}")).collect::<Vec<String>>();
    let groups: Vec<String> = [('A', "First"), ('B', "Second"), ('C', "Third")]
        .map(|(letter, title)| group(title, &keys(letter)))
        .into();
    let list: Vec<String> = ['A', 'B', 'C']
        .into_iter()
        .flat_map(keys)
        .map(|key| format!("{key}: {{Type: String, Default: d}}"))
        .collect();
    let text = format!(
        "Metadata: {{'AWS::CloudFormation::Interface': {{ParameterGroups: [{}]}}}}\nParameters: {{{}}}\nResources: {{B: {{Type: 'AWS::S3::Bucket'}}}}",
        groups.join(", "),
        list.join(", ")
    );
    Form::from_template(&Template::parse(&text).unwrap(), &BTreeSet::new()).unwrap()
}

/// Renders a page without the fields that all look the same.
fn outline(modal: &SlackModalView) -> String {
    let text = transcript(modal);
    let plain = |line: &&str| !line.ends_with("0 (optional): <text=d>") && !line.ends_with(": <text=d>");
    text.lines().filter(plain).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_form_of_several_pages_says_where_one_is_and_goes_on_and_back() {
    let mut view = new_request(paged(), &["payments", "search"], &[("A3", "x"), ("B7", "y"), ("C9", "z")]);
    view.warnings = vec![("A3".to_owned(), "x is <odd>".to_owned())];
    let outlines: Vec<String> = (0..3)
        .map(|page| {
            view.page = page;
            let modal = form(&view, None);
            assert_within_limits(&modal);
            outline(&modal)
        })
        .collect();
    insta::assert_snapshot!(outlines.join("\n"), @"
    Secure S3 Bucket [Next] [Cancel]
    *Secure S3 Bucket* v1.0
    An encrypted S3 bucket with versioning and lifecycle rules
    (Page 1 of 3)
    Team *live*: <payments|search=payments>
    # First
    A3 (optional): <text=x>
    :warning: x is &lt;odd&gt;
    Secure S3 Bucket [Next] [Cancel]
    *Secure S3 Bucket* v1.0
    An encrypted S3 bucket with versioning and lifecycle rules
    (Page 2 of 3)
    # Second
    B7 (optional): <text=y>
    :warning: Page 1: x is &lt;odd&gt;
    [Back]
    Secure S3 Bucket [Request] [Cancel]
    *Secure S3 Bucket* v1.0
    An encrypted S3 bucket with versioning and lifecycle rules
    (Page 3 of 3)
    # Third
    C9 (optional): <text=z>
    :warning: Page 1: x is &lt;odd&gt;
    Why do you need it? (optional): <lines>
    ---
    *Cost*: about $15/month, us-east-1 list price of 2026-08-21
    *Approval*: <@U0MORGAN>
    *Quota*: 1 of 3 used, 2 left
    *Expires*: <!date^1798538700^{date_short_pretty} at {time}|2026-12-29 10:05 UTC>
    (Simulated: nothing real is created)
    [Back]
    ");
}

#[test]
fn what_stands_on_no_field_of_a_page_is_remembered_unless_it_is_the_default() {
    let values = [("A3", "x"), ("B7", "y"), ("B8", "d"), ("C9", "z")];
    let view = FormView {
        page: 1,
        hidden: BTreeSet::from(["B7".to_owned()]),
        reason: "logs".to_owned(),
        ..new_request(paged(), &["payments"], &values)
    };
    let modal = form(&view, None);
    let carried = sent(&modal, &[]).values;
    assert_eq!(
        carried.iter().map(|(key, value)| format!("{key}={}", value.as_deref().unwrap())).collect::<Vec<_>>(),
        ["A3=x", "B7=y", "C9=z"]
    );
    let draft = sent(&modal, &[("param.B7", vec!["w"]), ("param.B8", vec![])]);
    assert_eq!((draft.page, draft.reason.as_str(), draft.is_last), (1, "logs", Some(false)));
    assert_eq!(draft.values["A3"].as_deref(), Some("x"));
    assert_eq!(draft.values["B7"].as_deref(), Some("w"), "what stands in a field counts");
    assert_eq!(draft.values["B8"], None);
    assert_eq!(draft.fields.into_iter().collect::<Vec<_>>(), ["B7", "B8"]);
}

#[test]
fn what_no_view_has_room_for_is_named_and_what_is_not_asked_for_goes_first() {
    let long = "é".repeat(1_500);
    let mut view = new_request(paged(), &["payments"], &[("A3", &long), ("B7", &long), ("C9", "z")]);
    view.page = 2;
    let carried = carried_input(&view, true);
    assert_eq!(carried.left_out.len(), 1);
    assert!((100..1_000).contains(&carried.excess), "{}", carried.excess);
    view.hidden = BTreeSet::from(["A3".to_owned()]);
    let carried = carried_input(&view, true);
    assert_eq!((carried.left_out.len(), carried.excess), (0, 0));
    assert_within_limits(&form(&view, None));
}

proptest! {
    #[test]
    fn whatever_is_carried_every_page_keeps_slacks_limits(
        values in proptest::collection::btree_map("[ABC][0-9]", "[a-zé<&>\"\n]{0,300}", 0..30),
        warned in proptest::collection::vec(("[ABC][0-9]", ".{0,80}"), 0..30),
        page in 0..4_usize,
    ) {
        let view = new_request(paged(), &["payments", "search"], &[]);
        assert_within_limits(&form(&FormView { values, warnings: warned, page, ..view }, Some("no")));
    }
}
