//! Fields of a form of which something came back that Slack's documentation does not promise: each costs itself at most, and
//! nothing is stored that nobody saw.

use playground::LedTo;
use serde_json::{Value, json};

use crate::harness::{Company, Person, Setup, run_in};

/// One parameter of every kind of field, beside the fields that every form has.
fn every_kind() -> Setup {
    let zones: Vec<String> = (0..120).map(|n| format!("zone-{n}")).collect();
    let template = format!(
        "Parameters:\n\
         \x20 Environment: {{ Type: String, AllowedValues: [dev, prod, ''], Default: dev }}\n\
         \x20 Zone: {{ Type: String, AllowedValues: [{}], Default: zone-1 }}\n\
         \x20 Size: {{ Type: Number, MinValue: 20, MaxValue: 1000, Default: 20 }}\n\
         \x20 Rate: {{ Type: Number, Default: 0.5 }}\n\
         \x20 Count: {{ Type: Number }}\n\
         \x20 Name: {{ Type: String, MinLength: 1 }}\n\
         \x20 Note: {{ Type: String, Default: none }}\n\
         \x20 Vpc: {{ Type: 'AWS::EC2::VPC::Id', Default: vpc-0123abcd }}\n\
         \x20 Subnets: {{ Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-0123abcd,subnet-4567abcd' }}\n\
         \x20 OwnVpc: {{ Type: 'AWS::EC2::VPC::Id' }}\n\
         \x20 MoreSubnets: {{ Type: 'List<AWS::EC2::Subnet::Id>', Default: '' }}\n\
         \x20 Tier: {{ Type: String, AllowedValues: [low, high], Default: low }}\n\
         Resources:\n  Topic: {{ Type: AWS::SNS::Topic }}\n",
        zones.join(", ")
    );
    let product = "name: Topic\napproval: { mode: auto }\nquota: { per_team: 1000 }\n\
                   ticket: { label: Ticket, pattern: '[A-Z]+-[0-9]+', required: true }\n\
                   show_when:\n  Tier: { parameter: Environment, is: [prod] }\n";
    Setup::new().with_product("topic", product, &template)
}

/// What was filled in, nowhere what the template says.
const FILLED: &str = "Environment=prod Zone=zone-7 Size=500 Rate=0.75 Count=3 Name=orders Note=mine Vpc=vpc-0aaaaaaa \
                      Subnets=subnet-0aaaaaaa OwnVpc=vpc-0bbbbbbb MoreSubnets=subnet-0bbbbbbb Tier=high";

/// What Slack is told once a form is stored.
const STORED: &str = r#"200 {"response_action":"clear"}"#;

async fn opens_filled(alice: &Person) {
    alice.closes_all().await;
    alice.runs(&format!("/provision topic {FILLED}")).await;
    alice.fills(&[("ticket", "OPS-1"), ("reason", "for a test")]).await;
}

/// The values of a block in every shape in which nothing of it is understood, and gone altogether.
fn shapes() -> Vec<(String, Option<Value>)> {
    let keys =
        ["value", "selected_option", "selected_options", "selected_user", "selected_users", "selected_date"];
    let odd =
        [json!(null), json!([]), json!({}), json!({"value": 7}), json!({"value": null}), json!([null, {}])];
    let mut all = vec![("gone".to_owned(), None)];
    for odd in [json!(null), json!([]), json!({}), json!("x"), json!(7)] {
        all.push((format!("block {odd}"), Some(odd.clone())));
        all.push((format!("element {odd}"), Some(json!({ "value": odd }))));
    }
    for odd in odd {
        let element: serde_json::Map<_, _> =
            keys.iter().map(|key| ((*key).to_owned(), odd.clone())).collect();
        all.push((format!("each {odd}"), Some(json!({ "value": element }))));
    }
    all.push((
        "a bare option".to_owned(),
        Some(json!({"value": {"selected_option": "x", "selected_options": "x"}})),
    ));
    all
}

/// Sends the open form with this in the place of what a block holds.
async fn sends_odd(person: &Person, block: &str, odd: Option<Value>) -> String {
    let tamper = |payload: &mut Value| {
        let values = payload["view"]["state"]["values"].as_object_mut().unwrap();
        match odd {
            Some(odd) => values.insert(block.to_owned(), odd),
            None => values.remove(block),
        };
    };
    person.forges_submission(tamper).await
}

async fn stored(company: &Company) -> String {
    let request = company.newest_request().await;
    let pairs = request.parameters.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn nothing_is_stored_in_place_of_what_was_chosen_whatever_comes_of_a_field() {
    run_in(every_kind(), async |company| {
        let alice = &company.alice;
        opens_filled(alice).await;
        let required = [
            ("param.Environment", "Choose one"),
            ("param.Zone", "Choose one"),
            ("param.Size", "Fill this in"),
            ("param.Rate", "Fill this in"),
            ("param.Count", "Fill this in"),
            ("param.Name", "Fill this in"),
            ("param.Vpc", "Choose one"),
            ("param.Subnets", "Choose one"),
            ("param.OwnVpc", "Choose one"),
            ("param.Tier", "Choose one"),
            ("ticket", "Name the ticket"),
        ];
        for (block, demand) in required {
            for (shape, odd) in shapes() {
                let answer = sends_odd(alice, block, odd).await;
                let errors: Value = serde_json::from_str(answer.strip_prefix("200 ").unwrap_or_default())
                    .unwrap_or_else(|_| panic!("{block} {shape}: {answer}"));
                let errors =
                    errors["errors"].as_object().unwrap_or_else(|| panic!("{block} {shape}: {answer}"));
                let said = errors.get(block).and_then(Value::as_str).unwrap_or("-");
                assert_eq!((errors.len(), said.starts_with(demand)), (1, true), "{block} {shape}: {answer}");
            }
        }
        assert_eq!(company.trail().await, "");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert_eq!(stored(company).await, FILLED);
    })
    .await;
}

#[tokio::test]
async fn of_what_may_be_left_empty_nothing_understood_is_left_empty() {
    run_in(every_kind(), async |company| {
        let alice = &company.alice;
        let note = FILLED.replace("Note=mine", "Note=");
        let subnets = FILLED.replace("MoreSubnets=subnet-0bbbbbbb", "MoreSubnets=");
        let optional = [
            ("param.Note", &*note),
            ("param.MoreSubnets", &*subnets),
            ("reason", FILLED),
            ("person", FILLED),
        ];
        for (block, expected) in optional {
            for (shape, odd) in shapes() {
                opens_filled(alice).await;
                let answer = sends_odd(alice, block, odd).await;
                assert_eq!(answer, STORED, "{block} {shape}");
                assert_eq!(stored(company).await, expected, "{block} {shape}");
                let reason = if block == "reason" { "" } else { "for a test" };
                assert_eq!(company.newest_request().await.reason, reason, "{block} {shape}");
            }
        }
    })
    .await;
}

/// The fields that are named in errors under them.
fn named(answer: &str) -> Vec<String> {
    let errors: Value =
        serde_json::from_str(answer.strip_prefix("200 ").unwrap_or_default()).unwrap_or_default();
    let errors = errors["errors"].as_object().unwrap_or_else(|| panic!("{answer}"));
    errors.keys().map(|block| block.trim_start_matches("param.").to_owned()).collect()
}

#[tokio::test]
async fn a_form_of_which_nothing_came_says_so_at_its_fields_and_keeps_what_is_filled_in() {
    run_in(every_kind(), async |company| {
        let alice = &company.alice;
        opens_filled(alice).await;
        for odd in [json!([]), json!(null), json!("x"), json!({}), json!(7)] {
            for whole in ["/view/state", "/view/state/values"] {
                let tamper = |payload: &mut Value| *payload.pointer_mut(whole).unwrap() = odd.clone();
                let answer = alice.forges_submission(tamper).await;
                insta::allow_duplicates! {
                    insta::assert_snapshot!(named(&answer).join(" "), @"Count Environment Name OwnVpc Rate Size Subnets Vpc Zone ticket");
                }
            }
        }
        assert_eq!(company.trail().await, "");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert_eq!(stored(company).await, FILLED);
    })
    .await;
}

#[tokio::test]
async fn a_form_can_be_sent_whatever_stands_in_the_place_of_a_reason_that_nobody_has_to_give() {
    let odd = [Some(json!([])), Some(json!(null)), Some(json!({"value": {}})), None];
    for odd in odd {
        for old in [false, true] {
            run_in(Setup::new(), async |company| {
                let alice = &company.alice;
                alice.runs("/provision s3-bucket BucketPurpose=logs Environment=prod").await;
                let tamper = |payload: &mut Value| {
                    let values = payload["view"]["state"]["values"].as_object_mut().unwrap();
                    match &odd {
                        Some(odd) => values.insert("reason".to_owned(), odd.clone()),
                        None => values.remove("reason"),
                    };
                    // As a bot of before wrote it.
                    let metadata = payload["view"]["private_metadata"].as_str().unwrap();
                    let mut metadata: Value = serde_json::from_str(metadata).unwrap();
                    assert_eq!(metadata["last"], json!(true));
                    if old {
                        metadata.as_object_mut().unwrap().remove("last");
                    } else {
                        payload["view"]["blocks"] = json!([]);
                    }
                    payload["view"]["private_metadata"] = metadata.to_string().into();
                };
                assert_eq!(alice.forges_submission(tamper).await, STORED, "{odd:?} {old}");
                assert!(stored(company).await.contains("Environment=prod"), "{odd:?} {old}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn on_a_page_among_others_nothing_is_passed_over_that_has_to_be_chosen() {
    run_in(crate::pages::wide(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=checkout Size=l C9=nine").await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        for (shape, odd) in shapes() {
            let answer = sends_odd(alice, "param.Size", odd).await;
            assert_eq!(named(&answer), ["Size"], "{shape}");
        }
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        assert!(alice.form().contains("C9: nine"), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert!(stored(company).await.contains("Size=l"));
    })
    .await;
}

#[tokio::test]
async fn an_empty_option_is_a_choice_that_later_pages_carry_along() {
    let many: Vec<String> = (0..90).map(|n| format!("  A{n}: {{ Type: String, Default: d }}\n")).collect();
    let template = format!(
        "Parameters:\n  Kind: {{ Type: String, AllowedValues: ['', some], Default: some }}\n{}\
         Resources:\n  Topic: {{ Type: AWS::SNS::Topic }}\n",
        many.concat()
    );
    let setup = Setup::new().with_product("topic", "name: Topic\napproval: { mode: auto }\n", &template);
    run_in(setup, async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic").await;
        alice.fills(&[("Kind", "(none)")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert!(stored(company).await.starts_with("Kind= "), "{}", stored(company).await);
    })
    .await;
}

#[tokio::test]
async fn a_change_and_less_than_was_asked_for_take_nothing_that_was_not_chosen() {
    let template = "Parameters:\n  Size: { Type: Number, MinValue: 20, MaxValue: 1000, Default: 20 }\n  \
                    Tier: { Type: String, AllowedValues: [low, mid, high], Default: low }\n\
                    Resources:\n  Topic: { Type: AWS::SNS::Topic }\n";
    let product = "name: Topic\napproval: { mode: required, approvers: team, may_reduce: [Size, Tier] }\nchange: [Size, Tier]\n";
    run_in(Setup::new().with_product("topic", product, template), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("topic", &[("Size", "500"), ("Tier", "high")]).await;
        morgan.clicks("Approve with changes").await;
        for block in ["param.Size", "param.Tier", "lease"] {
            for (shape, odd) in shapes() {
                let answer = sends_odd(morgan, block, odd).await;
                assert_eq!(named(&answer), [block.trim_start_matches("param.")], "{shape}");
            }
        }
        morgan.fills(&[("Tier", "mid")]).await;
        morgan.submits().await;
        assert_eq!(stored(company).await, "Size=500 Tier=mid");
        alice.runs(&format!("/provision change {} Tier=high", company.newest_request().await.id)).await;
        for block in ["param.Size", "param.Tier"] {
            for (shape, odd) in shapes() {
                let answer = sends_odd(alice, block, odd).await;
                assert_eq!(named(&answer), [block.trim_start_matches("param.")], "{shape}");
            }
        }
        alice.submits().await;
        let request = company.newest_request().await;
        assert_eq!(request.change().unwrap().1.describe(), "Tier mid -> high");
    })
    .await;
}
