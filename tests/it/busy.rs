//! Slack takes few calls a minute: what somebody's question costs, what they read when Slack takes no more for now, and that
//! a decision rests on nothing older than a minute all the same.

use playground::{Group, LedTo};

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// Calls of the bot so far about people and groups.
fn questions(company: &Company) -> Vec<String> {
    let methods = [
        "users.info",
        "users.list",
        "users.lookupByEmail",
        "users.profile.get",
        "usergroups.list",
        "usergroups.users.list",
    ];
    let calls = |method: &str| vec![method.to_owned(); company.playground.calls(method).len()];
    methods.iter().flat_map(|method| calls(method)).collect()
}

fn has_group(company: &Company, id: &str, members: &[&str]) {
    company.playground.change(|workspace| {
        workspace.groups.retain(|group| group.id != id);
        let members = members.iter().map(|&member| member.to_owned()).collect();
        workspace.groups.push(Group { id: id.to_owned(), members, ..Group::default() });
    });
}

/// Forty more teams, each a user group; Alice is in the last of them only.
fn forty_groups() -> Setup {
    let team = |n: usize| {
        let group = format!("S0GROUP{n:02}");
        format!(
            "\n[[teams]]\nname = \"team-{n}\"\nmembers = [\"{group}\"]\napprovers = [\"S0LEADS\"]\nchannel = \"C0SEARCH\"\n"
        )
    };
    let teams: String = (0..40).map(team).collect();
    let last = "channel = \"C0SEARCH\"\n";
    Setup::new()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0NOBODY\"]")
        .with_settings(last, &format!("{last}{teams}"))
}

fn with_forty_groups(company: &Company) {
    for n in 0..40 {
        let members: &[&str] = if n == 39 { &["U0ALICE"] } else { &["U0BOB"] };
        has_group(company, &format!("S0GROUP{n:02}"), members);
    }
}

#[tokio::test]
async fn a_member_of_the_fortieth_group_has_a_form_after_few_questions_in_a_cold_start() {
    run_in(forty_groups(), async |company| {
        with_forty_groups(company);
        company.alice.runs("/provision rds-postgres").await;
        assert!(company.alice.has_a_form(), "{}", company.alice.everything());
        // She, the one approver who could agree, and all groups at once; whose token it is, is asked at the start.
        assert_eq!(questions(company), ["users.info", "users.info", "usergroups.list"]);

        // What follows within the minute asks nothing more, and later a decision asks about the one who decides.
        company.alice.fills(&DATABASE).await;
        assert_eq!(company.alice.submits().await, LedTo::ViewsCleared);
        company.clock.advance("61s");
        let before = questions(company).len();
        company.morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.creation.consents.len(), 1);
        assert!(questions(company).len() - before <= 3, "{:?}", questions(company));
    })
    .await;
}

#[tokio::test]
async fn whoever_meets_slacks_limit_reads_when_to_press_again_and_loses_nothing_typed() {
    run_in(forty_groups(), async |company| {
        with_forty_groups(company);
        for method in ["usergroups.list", "users.info"] {
            company.expects_slack_to_refuse(method, "ratelimited");
        }
        company.alice.runs("/provision rds-postgres").await;
        company.alice.fills(&DATABASE).await;
        company.clock.advance("61s");
        company.playground.fail_always("usergroups.list", Some("ratelimited"));
        let LedTo::FieldErrors(errors) = company.alice.submits().await else {
            panic!("{}", company.alice.form());
        };
        let said: Vec<&str> = errors.values().map(String::as_str).collect();
        assert_eq!(said, ["Slack is busy. Nothing was done; press again in 1 second."]);
        assert!(company.alice.asks_in_form("param.DatabaseName"), "{}", company.alice.form());

        company.playground.fail_always("usergroups.list", None);
        company.clock.advance("2s");
        assert_eq!(company.alice.submits().await, LedTo::ViewsCleared);
        let request = company.newest_request().await;
        assert!(request.parameters.contains(&("DatabaseName".to_owned(), "orders".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn what_is_shown_needs_no_answer_of_slack_while_that_is_busy() {
    run_in(forty_groups(), async |company| {
        with_forty_groups(company);
        for method in ["usergroups.list", "users.info"] {
            company.expects_slack_to_refuse(method, "ratelimited");
        }
        company.alice.opens_home().await;
        company.clock.advance("1h");
        for method in ["usergroups.list", "users.info"] {
            company.playground.fail_always(method, Some("ratelimited"));
        }
        company.alice.opens_home().await;
        assert!(company.alice.home().contains("team-39"), "{}", company.alice.home());
        company.alice.runs("/provision rds-postgres").await;
        assert!(company.alice.has_a_form(), "{}", company.alice.everything());
    })
    .await;
}

#[tokio::test]
async fn whoever_was_taken_out_of_a_group_decides_nothing_a_minute_later() {
    let setup = forty_groups().with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"S0GONE\"]");
    run_in(setup.with_settings("members = [\"U0NOBODY\"]", "members = [\"U0ALICE\"]"), async |company| {
        has_group(company, "S0GONE", &["U0MORGAN", "U0ADMIN"]);
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let button = company.morgan.remembers("Approve");
        has_group(company, "S0GONE", &["U0ADMIN"]);
        company.clock.advance("60s");
        company.morgan.presses(&button).await;
        assert!(company.newest_request().await.creation.consents.is_empty());
        company.pat.clicks("Approve").await;
        assert_eq!(company.newest_request().await.creation.consents.len(), 1);
    })
    .await;
}
