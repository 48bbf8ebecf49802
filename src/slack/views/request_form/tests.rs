//! Forms as users see them, within Slack's limits, and parsing them.

use crate::domain::catalog::Product;
use crate::domain::preview::Preview;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::*;
use crate::domain::approval::ApprovalPath;
use crate::domain::catalog::OverBudget;
use crate::domain::ids::PersonId;
use crate::domain::preview::PreviewStage;
use crate::domain::principal::Principal;
use crate::domain::quota::{BudgetUse, QuotaUse};
use crate::slack::incoming::Values;
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

fn form() -> Form {
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

struct Parts {
    product: Product,
    teams: Vec<TeamName>,
    values: BTreeMap<String, String>,
    watched: BTreeSet<String>,
    held_by: Vec<String>,
    unasked: BTreeSet<String>,
    page: usize,
    warnings: Vec<(String, String)>,
}

fn parts(teams: &[&str], values: &[(&str, &str)]) -> Parts {
    Parts {
        product: fixtures::product("s3-bucket"),
        teams: teams.iter().copied().map(TeamName::new).collect(),
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        watched: BTreeSet::from(["Environment".to_owned(), "Days".to_owned()]),
        held_by: vec!["`0b8f1c9e` Active".to_owned()],
        unasked: BTreeSet::new(),
        page: 0,
        warnings: Vec::new(),
    }
}

fn state<'p>(parts: &'p Parts, preview: Option<&'p Preview>, problem: Option<&'p str>) -> FormState<'p> {
    FormState {
        product: &parts.product,
        teams: &parts.teams,
        team: &parts.teams[0],
        values: &parts.values,
        reason: "",
        ticket: "",
        owner: None,
        has_mates: false,
        notes: &[],
        preview,
        held_by: &parts.held_by,
        problem,
        watched: &parts.watched,
        unasked: &parts.unasked,
        page: parts.page,
        warnings: &parts.warnings,
    }
}

fn view(parts: &Parts, preview: Option<&Preview>, problem: Option<&str>) -> SlackModalView {
    request_form(&form(), &state(parts, preview, problem))
}

fn without_options(text: &str) -> String {
    text.replace(&"p".repeat(74), "p74")
}

#[test]
fn a_form_shows_its_fields_and_what_comes_of_submitting() {
    let view = view(&parts(&["payments", "search"], &[("BucketName", "logs")]), Some(&preview(2)), None);
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
    let text = transcript(&view(&parts(&["payments"], &[]), None, Some("Try again")));
    assert!(text.contains("(For team *payments*)") && !text.contains("Team *live*"), "{text}");
    assert!(text.contains(":warning: Try again") && text.contains("Looking up cost"), "{text}");
}

#[test]
fn a_full_quota_says_by_what_and_offers_nothing_to_submit() {
    let view = view(&parts(&["payments", "search"], &[]), Some(&preview(3)), None);
    insta::assert_snapshot!(transcript(&view), @"
    Secure S3 Bucket [-] [Close]
    *Secure S3 Bucket* v1.0
    An encrypted S3 bucket with versioning and lifecycle rules
    Team *payments* already uses 3 of 3. Tear down one that is no longer needed, or ask your platform team for a larger quota.
    • `0b8f1c9e` Active
    <payments|search=payments>
    ");
    assert_within_limits(&view);
}

#[test]
fn a_value_that_the_field_cannot_hold_is_left_out_instead_of_breaking_the_form() {
    let bad =
        [("Environment", "nowhere"), ("Days", "4000"), ("BucketName", &*"x".repeat(64)), ("Zone", "mars")];
    let text = transcript(&view(&parts(&["payments"], &bad), Some(&preview(0)), None));
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
    let form = Form::from_template(&Template::parse(&text).unwrap(), &BTreeSet::new()).unwrap();
    let mut parts = parts(&["payments"], &[]);
    parts.product.name = "<&>".repeat(100);
    parts.product.description = "<&>".repeat(2000);
    parts.teams = (0..200).map(|n| TeamName::new(format!("team-{n}"))).collect();
    parts.warnings = form.fields().map(|field| (field.key.clone(), "<&>".repeat(1000))).collect();
    let notes = vec!["x".repeat(5000)];
    let preview = preview(1);
    for page in form.pages(&parts.unasked) {
        parts.page = page;
        let state = FormState {
            team: &parts.teams[150],
            notes: &notes,
            has_mates: true,
            held_by: &[],
            ..state(&parts, Some(&preview), Some("no"))
        };
        assert_within_limits(&request_form(&form, &state));
    }
}

#[test]
fn answers_read_back_as_the_inputs_sent_them() {
    let view = view(&parts(&["payments", "search"], &[]), Some(&preview(2)), None);
    let metadata = FormMetadata::parse(view.private_metadata.as_deref().unwrap()).unwrap();
    assert_eq!(metadata.template_hash, "ab".repeat(32));
    let values: Values = [
        ("param.Environment", vec!["prod"]),
        ("param.Policy", vec!["#1"]),
        ("param.Zone", vec!["zone-149"]),
        ("param.BucketName", vec![]),
        ("param.Forged", vec!["x"]),
        ("team", vec!["search"]),
        ("reason", vec![" logs "]),
    ]
    .into_iter()
    .collect();
    let answer = answer(metadata, &values);
    assert_eq!(answer.given["Environment"].as_deref(), Some("prod"));
    assert_eq!(answer.given["Policy"].as_deref(), Some("#1"));
    assert_eq!(answer.given["Zone"].as_deref(), Some("zone-149"));
    assert_eq!(answer.given["BucketName"], None);
    assert_eq!(answer.given["Forged"].as_deref(), Some("x"));
    assert_eq!((answer.team.as_str(), answer.reason.as_str()), ("search", "logs"));
}

#[test]
fn metadata_that_we_did_not_write_is_no_metadata() {
    for text in ["", "{}", r#"{"product":"../etc","hash":"","team":"a"}"#, "[]"] {
        assert_eq!(FormMetadata::parse(text), None, "{text}");
    }
}

#[test]
fn a_type_ahead_offers_what_matches_best_first_and_never_more_than_slack_takes() {
    let form = form();
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
        let parts = parts(&["payments"], &[("BucketName", &name), ("Days", &days), ("Environment", &environment)]);
        let preview = preview(1);
        let state = FormState { reason: &reason, held_by: &[], ..state(&parts, Some(&preview), None) };
        assert_within_limits(&request_form(&form(), &state));
    }
}

#[test]
fn a_budget_is_shown_and_what_happens_beyond_it() {
    let shown = |spent: i64, over_budget| {
        let mut parts = parts(&["payments"], &[]);
        parts.product.quota.over_budget = over_budget;
        let budget = BudgetUse { spent: spent.into(), limit: 500.into() };
        let preview = Preview { budget: Some(budget), ..preview(1) };
        let text = transcript(&view(&parts, Some(&preview), None));
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
fn outline(view: &SlackModalView) -> String {
    let text = transcript(view);
    let plain = |line: &&str| !line.ends_with("0 (optional): <text=d>") && !line.ends_with(": <text=d>");
    text.lines().filter(plain).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_form_of_several_pages_says_where_one_is_and_goes_on_and_back() {
    let (form, preview) = (paged(), preview(1));
    let mut parts = parts(&["payments", "search"], &[("A3", "x"), ("B7", "y"), ("C9", "z")]);
    parts.warnings = vec![("A3".to_owned(), "x is <odd>".to_owned())];
    let shown: Vec<String> = (0..3)
        .map(|page| {
            parts.page = page;
            let view = request_form(&form, &state(&parts, Some(&preview), None));
            assert_within_limits(&view);
            outline(&view)
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
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
    let form = paged();
    let mut parts = parts(&["payments"], &[("A3", "x"), ("B7", "y"), ("B8", "d"), ("C9", "z")]);
    parts.page = 1;
    parts.unasked = BTreeSet::from(["B7".to_owned()]);
    let state = FormState { reason: "logs", ..state(&parts, None, None) };
    let view = request_form(&form, &state);
    let metadata = FormMetadata::parse(view.private_metadata.as_deref().unwrap()).unwrap();
    assert_eq!(
        metadata.filled.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
        ["A3=x", "B7=y", "C9=z"]
    );
    let sent: Values = [("param.B7", vec!["w"]), ("param.B8", vec![])].into_iter().collect();
    let answer = answer(metadata, &sent);
    assert_eq!((answer.page, answer.reason.as_str(), answer.is_last), (1, "logs", false));
    assert_eq!(answer.given["A3"].as_deref(), Some("x"));
    assert_eq!(answer.given["B7"].as_deref(), Some("w"), "what stands in a field counts");
    assert_eq!(answer.given["B8"], None);
    assert_eq!(answer.sent.into_iter().collect::<Vec<_>>(), ["B7", "B8"]);
}

#[test]
fn what_no_view_has_room_for_is_named_and_what_is_not_asked_for_goes_first() {
    let form = paged();
    let long = "é".repeat(1_500);
    let mut parts = parts(&["payments"], &[("A3", &long), ("B7", &long), ("C9", "z")]);
    parts.page = 2;
    let memory = remembered(&form, &state(&parts, None, None));
    assert_eq!(memory.left_out.len(), 1);
    assert!((100..1_000).contains(&memory.excess), "{}", memory.excess);
    parts.unasked = BTreeSet::from(["A3".to_owned()]);
    let memory = remembered(&form, &state(&parts, None, None));
    assert_eq!((memory.left_out.len(), memory.excess), (0, 0));
    assert_within_limits(&request_form(&form, &state(&parts, None, None)));
}

proptest! {
    #[test]
    fn whatever_is_carried_every_page_keeps_slacks_limits(
        values in proptest::collection::btree_map("[ABC][0-9]", "[a-zé<&>\"\n]{0,300}", 0..30),
        warned in proptest::collection::vec(("[ABC][0-9]", ".{0,80}"), 0..30),
        page in 0..4_usize,
    ) {
        let mut parts = parts(&["payments", "search"], &[]);
        (parts.values, parts.warnings, parts.page) = (values, warned, page);
        let preview = preview(1);
        assert_within_limits(&request_form(&paged(), &state(&parts, Some(&preview), Some("no"))));
    }
}
