//! Forms of several pages, because one modal does not hold everything.

use playground::LedTo;
use quartermaster::domain::request::Request;

use crate::harness::{Person, Setup, run_in};

/// Three groups of so many fields that a page holds one: networks, machines with a rule and a condition, and others.
pub(crate) fn wide() -> Setup {
    let keys = |letter: &str| (0..60).map(|n| format!("{letter}{n}")).collect::<Vec<String>>().join(", ");
    let plain = |letter: &str| {
        (0..60)
            .map(|n| format!("  {letter}{n}: {{ Type: String, Default: d, MaxLength: 2000 }}\n"))
            .collect::<Vec<String>>()
            .concat()
    };
    let template = format!(
        "Metadata:\n  AWS::CloudFormation::Interface:\n    ParameterGroups:\n      \
         - {{ Label: {{ default: Networks }}, Parameters: [Name, {}] }}\n      \
         - {{ Label: {{ default: Machines }}, Parameters: [Size, {}] }}\n      \
         - {{ Label: {{ default: Others }}, Parameters: [{}] }}\n\
         Parameters:\n  Name: {{ Type: String, MinLength: 3 }}\n  Size: {{ Type: String, AllowedValues: [s, l], Default: s }}\n{}{}{}\
         Rules:\n  LargeHasAName:\n    RuleCondition: !Equals [!Ref Size, l]\n    Assertions:\n      \
         - {{ Assert: !Not [!Equals [!Ref Name, small]], AssertDescription: A large one is not called small }}\n\
         Resources:\n  Topic: {{ Type: AWS::SNS::Topic }}\n",
        keys("A"),
        keys("B"),
        keys("C"),
        plain("A"),
        plain("B"),
        plain("C")
    );
    let conditions: Vec<String> =
        (0..60).map(|n| format!("  C{n}: {{ parameter: Size, is: [l] }}\n")).collect();
    let product = format!("name: Wide\napproval: {{ mode: auto }}\nshow_when:\n{}", conditions.concat());
    Setup::new().with_product("wide", &product, &template)
}

/// The form without the many fields that stand at their default.
fn outline(person: &Person) -> String {
    let form = person.form();
    form.lines().filter(|line| !line.ends_with(": d")).collect::<Vec<_>>().join("\n")
}

/// The parameters that are not at their default.
fn changed(request: &Request) -> String {
    let changed = request.parameters.iter().filter(|(_, value)| value != "d");
    changed.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_form_of_several_pages_keeps_what_was_filled_in_on_the_way_to_and_fro() {
    run_in(wide(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=checkout B5=five").await;
        let mut seen = vec![outline(alice)];
        alice.fills(&[("A7", "seven")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        alice.fills(&[("reason", "A try"), ("Size", "l")]).await;
        seen.push(outline(alice));
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        alice.fills(&[("C9", "nine")]).await;
        seen.push(outline(alice));
        alice.clicks("Back").await;
        seen.push(outline(alice));
        alice.clicks("Back").await;
        assert!(alice.form().contains("A7: seven"), "{}", alice.form());
        alice.submits().await;
        alice.submits().await;
        assert!(alice.form().contains("C9: nine"), "{}", alice.form());
        insta::assert_snapshot!(seen.join("\n\n"), @"
        Wide [Next] [Cancel]
        *Wide* v1.0

        (Page 1 of 2)
        (For team *payments*)
        # Networks
        Name: checkout

        Wide [Next] [Cancel]
        *Wide* v1.0

        (Page 2 of 3)
        # Machines
        Size: l
        B5: five
        [Back]

        Wide [Request] [Cancel]
        *Wide* v1.0

        (Page 3 of 3)
        # Others
        C9: nine
        Why do you need it?: A try
        ---
        *Cost*: no estimate for this product
        *Approval*: automatic, because this product needs no approval
        *Quota*: 0 of 10 used, 10 left
        *Expires*: 2026-12-30 09:00 UTC
        (Simulated: nothing real is created)
        [Back]

        Wide [Next] [Cancel]
        *Wide* v1.0

        (Page 2 of 3)
        # Machines
        Size: l
        B5: five
        [Back]
        ");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        let request = company.newest_request().await;
        assert_eq!(changed(&request), "Name=checkout Size=l A7=seven B5=five C9=nine");
        assert_eq!(request.reason, "A try");
        assert_eq!(company.trail().await.matches("submitted").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_page_is_only_left_forwards_when_its_fields_are_right() {
    run_in(wide(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide").await;
        alice.fills(&[("A7", "seven")]).await;
        assert!(alice.tries_to_submit().await.is_err(), "Slack's own client wants the name");
        let answer = alice
            .forges_submission(|payload| {
                payload["view"]["state"]["values"]["param.Name"]["value"]["value"] = "ab".into();
            })
            .await;
        insta::assert_snapshot!(answer, @r#"200 {"errors":{"param.Name":"Use at least 3 characters"},"response_action":"errors"}"#);
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_mistake_on_an_earlier_page_is_shown_there_and_nothing_is_lost() {
    run_in(wide(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=small").await;
        alice.submits().await;
        alice.fills(&[("Size", "l"), ("B3", "three")]).await;
        alice.submits().await;
        assert!(
            outline(alice).contains(":warning: Page 1: A large one is not called small"),
            "{}",
            outline(alice)
        );
        alice.fills(&[("C4", "four"), ("reason", "A try")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        insta::assert_snapshot!(outline(alice), @"
        Wide [Next] [Cancel]
        *Wide* v1.0

        (Page 1 of 3)
        (For team *payments*)
        # Networks
        Name: small
        :warning: A large one is not called small
        ");
        assert_eq!(company.trail().await, "");
        alice.fills(&[("Name", "grand")]).await;
        alice.submits().await;
        assert!(alice.form().contains("B3: three"), "{}", alice.form());
        alice.submits().await;
        assert!(alice.form().contains("C4: four") && alice.form().contains("it?: A try"), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
    })
    .await;
}

#[tokio::test]
async fn more_than_slack_carries_from_page_to_page_is_said_with_what_to_do() {
    run_in(wide(), async |company| {
        let alice = &company.alice;
        let (long, longer) = ("x".repeat(1_500), "y".repeat(1_700));
        alice.runs("/provision wide Name=checkout").await;
        alice.fills(&[("A1", &long), ("A2", &longer)]).await;
        assert!(matches!(alice.submits().await, LedTo::FieldErrors(_)));
        let lines = outline(alice).lines().find(|line| line.contains("! ")).unwrap().to_owned();
        assert!(lines.starts_with("  ! This is more text than a form in Slack can carry"), "{lines}");
        alice.fills(&[("A2", "short")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        alice.fills(&[("B2", &longer), ("B3", &long)]).await;
        alice.clicks("Back").await;
        assert!(outline(alice).contains("Page 2 of"), "{}", outline(alice));
        assert!(outline(alice).contains(":warning: This is more text than a form"), "{}", outline(alice));
        alice.fills(&[("B2", "short")]).await;
        alice.clicks("Back").await;
        assert!(alice.form().contains(&long), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn a_form_of_several_pages_follows_another_team_even_where_the_first_has_no_slot() {
    let both = wide()
        .with_catalog(
            "wide/product.yml",
            "name: Wide\n",
            "name: Wide\nquota: { per_team: 1, exceptions: refuse }\n",
        )
        .with_settings("members = [\"U0BOB\"]", "members = [\"U0BOB\", \"U0ALICE\"]");
    run_in(both, async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=first team=search").await;
        alice.submits().await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        company.waits("1s").await;
        alice.runs("/provision wide Name=second B1=one").await;
        alice.fills(&[("team", "search")]).await;
        assert!(!alice.form().contains("[Next]"), "{}", alice.form());
        alice.fills(&[("team", "payments")]).await;
        assert!(alice.form().contains("Name: second"), "{}", alice.form());
        alice.submits().await;
        assert!(alice.form().contains("B1: one"), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        let newest = company.newest_request().await;
        assert_eq!((newest.team.as_str(), newest.parameters[0].1.as_str()), ("payments", "second"));
    })
    .await;
}

#[tokio::test]
async fn a_form_of_several_pages_says_first_and_last_that_it_takes_an_exception() {
    let one = wide().with_catalog("wide/product.yml", "name: Wide\n", "name: Wide\nquota: { per_team: 1 }\n");
    run_in(one, async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.runs("/provision wide Name=first").await;
        alice.submits().await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        company.waits("1s").await;
        alice.runs("/provision wide Name=second").await;
        let no_room = ":warning: Team *payments* has no room for this: quota 1 of 1 used.";
        assert!(alice.form().contains("[Next]") && alice.form().contains(no_room), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewUpdated);
        let last = alice.form();
        assert!(last.contains("[Ask for an exception]") && last.contains(no_room), "{last}");
        alice.fills(&[("reason", "A second site")]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        pat.clicks("Approve").await;
        let newest = company.newest_request().await;
        assert_eq!(
            (newest.status.name().as_str(), changed(&newest).as_str()),
            ("ACTIVE", "Name=second Size=s")
        );
    })
    .await;
}

#[tokio::test]
async fn a_change_keeps_what_its_one_page_does_not_show() {
    let keys: Vec<String> = ["A", "B"].iter().flat_map(|l| (0..60).map(move |n| format!("{l}{n}"))).collect();
    let auto = "approval: { mode: auto }";
    let changeable = format!("{auto}\nchange: [{}]", keys.join(", "));
    run_in(wide().with_catalog("wide/product.yml", auto, &changeable), async |company| {
        let alice = &company.alice;
        alice.runs("/provision wide Name=checkout B5=five").await;
        while alice.has_a_form() {
            alice.submits().await;
        }
        let id = company.newest_request().await.id.to_string();
        alice.runs(&format!("/provision change {id}")).await;
        alice.fills(&[("A7", "seven")]).await;
        alice.submits().await;
        company.settle().await;
        assert_eq!(changed(&company.newest_request().await), "Name=checkout Size=s A7=seven B5=five");
    })
    .await;
}
