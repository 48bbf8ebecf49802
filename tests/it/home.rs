//! The home tab: what is on it, what can be done there, and when it is published.

use crate::harness::{Company, Setup, run, run_in};

const BUCKET: [(&str, &str); 1] = [("BucketPurpose", "logs")];
const DATABASE: [(&str, &str); 2] = [("DatabaseName", "orders"), ("reason", "Orders of the shop")];

fn published(company: &Company) -> usize {
    company.calls("views.publish").len()
}

#[tokio::test]
async fn a_first_visit_explains_the_app_and_leads_to_the_catalog() {
    run(async |company| {
        let alice = &company.alice;
        alice.opens_home().await;
        insta::assert_snapshot!(alice.home(), @"
        # Quartermaster
        *Welcome.* Here you get AWS resources that are set up the right way, without a ticket.
        *Request something*, or type `/provision` anywhere: the form shows what it costs and who has to approve it.
        Everything expires. You get a warning first, and renew it or tear it down with one click, here too.
        [Request something] [Costs] [Stats] [Out of office]
        # Waiting for your approval
        (Nothing is waiting for you. Requests that you can approve or deny appear here.)
        # Your requests and resources
        (You have nothing here yet. *Request something* shows what you can request.)
        [Show all]
        ---
        # Team payments
        About $0 a month
        ░░░░░░░░░░ ECS Fargate Service: 0 of 5
        ░░░░░░░░░░ PostgreSQL RDS Instance: 0 of 3
        ░░░░░░░░░░ Secure S3 Bucket: 0 of 10
        (Your team-mates have nothing here. `/provision list` also shows what has ended.)
        [Show all]
        (Costs are estimates at list price · Simulated: nothing real is created)
        ");
        alice.clicks_at_home("Request something").await;
        assert!(alice.form().starts_with("Catalog"), "{}", alice.form());
        company.clock.advance("5m");
        alice.opens_home().await;
        assert!(alice.home().contains("Welcome"), "still the first visit");
        company.clock.advance("1h");
        alice.opens_home().await;
        assert!(!alice.home().contains("Welcome"), "{}", alice.home());
    })
    .await;
}

#[tokio::test]
async fn an_approver_decides_on_the_home_tab() {
    run(async |company| {
        let morgan = &company.morgan;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.clock.advance("1m");
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "carts")]).await;
        morgan.opens_home().await;
        let home = morgan.home();
        let (first, search) = home.split_once("# Team search").unwrap();
        assert!(search.contains("You approve for the teams above, but you are not a member of any"), "{search}");
        insta::assert_snapshot!(first, @"
        # Quartermaster
        *Welcome.* Here you get AWS resources that are set up the right way, without a ticket.
        *Request something*, or type `/provision` anywhere: the form shows what it costs and who has to approve it.
        Everything expires. You get a warning first, and renew it or tear it down with one click, here too.
        [Request something] [Costs] [Stats] [Out of office]
        # Waiting for your approval
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments* · about $15/month
        <@U0ALICE> asks for it · `id` · times out 2026-11-24 09:00 UTC
        “Orders of the shop”
        [Approve] [Deny] [Approve with changes] [Details]
        *PostgreSQL RDS Instance v1.0* `carts` for team *payments* · about $15/month
        <@U0ALICE> asks for it · `id` · times out 2026-11-24 09:01 UTC
        [Approve] [Deny] [Approve with changes] [Details]
        # Your requests and resources
        (You have nothing here yet.)
        [Show all]
        ---
        # Team payments
        About $30 a month
        ░░░░░░░░░░ ECS Fargate Service: 0 of 5
        ▓▓▓▓▓▓░░░░ PostgreSQL RDS Instance: 2 of 3 · about $30/month
        ░░░░░░░░░░ Secure S3 Bucket: 0 of 10
        *PostgreSQL RDS Instance v1.0* `carts` · Waiting for approval, times out 2026-11-24 09:01 UTC
        `id` · payments · <@U0ALICE> · about $15/month
        [Details]
        *PostgreSQL RDS Instance v1.0* `orders` · Waiting for approval, times out 2026-11-24 09:00 UTC
        `id` · payments · <@U0ALICE> · about $15/month
        [Details]
        [Show all]
        ---
        ");
        morgan.clicks_at_home("Approve").await;
        company.waits("2s").await;
        assert_eq!(morgan.home().matches("[Approve]").count(), 1, "{}", morgan.home());
        let messages = company.alice.dms().join("\n");
        assert!(messages.contains("Active until"), "{messages}");
        morgan.clicks_at_home("Deny").await;
        morgan.fills(&[("reason", "One database is enough")]).await;
        morgan.submits().await;
        company.waits("2s").await;
        assert!(morgan.home().contains("Nothing is waiting for you"), "{}", morgan.home());
        let trail = company.trail().await;
        assert!(trail.contains("approved | U0MORGAN | payments | rds-postgres | APPROVED | [home tab]"), "{trail}");
        assert!(trail.contains("denied | U0MORGAN | payments | rds-postgres | DENIED | One database is enough [form]"), "{trail}");
    })
    .await;
}

#[tokio::test]
async fn ones_own_and_the_teams_things_stand_apart_and_nobody_elses_anywhere() {
    run(async |company| {
        company.alice.asks_for("s3-bucket", &BUCKET).await;
        company.waits("1s").await;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.alice.opens_home().await;
        insta::assert_snapshot!(company.alice.home(), @"
        # Quartermaster
        *Welcome.* Here you get AWS resources that are set up the right way, without a ticket.
        *Request something*, or type `/provision` anywhere: the form shows what it costs and who has to approve it.
        Everything expires. You get a warning first, and renew it or tear it down with one click, here too.
        [Request something] [Costs] [Stats] [Out of office]
        # Waiting for your approval
        (Nothing is waiting for you. Requests that you can approve or deny appear here.)
        # Your requests and resources
        *PostgreSQL RDS Instance v1.0* `orders` · Waiting for approval, times out 2026-11-24 09:00 UTC
        `id` · payments · <@U0ALICE> · about $15/month
        [Details] [Cancel]
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` · Active, until 2026-12-30
        `id` · payments · <@U0ALICE> · about $2.15/month
        [Details] [Tear down]
        [Show all]
        ---
        # Team payments
        About $17 a month
        ░░░░░░░░░░ ECS Fargate Service: 0 of 5
        ▓▓▓░░░░░░░ PostgreSQL RDS Instance: 1 of 3 · about $15/month
        ▓░░░░░░░░░ Secure S3 Bucket: 1 of 10 · about $2.15/month
        (Your team-mates have nothing here. `/provision list` also shows what has ended.)
        [Show all]
        (Costs are estimates at list price · Simulated: nothing real is created)
        ");
        for other in [&company.bob, &company.olga] {
            other.opens_home().await;
            let home = other.home();
            assert!(!home.contains("U0ALICE") && !home.contains("Orders"), "{home}");
        }
        assert!(company.olga.home().contains("You are not a member of any team"), "{}", company.olga.home());
    })
    .await;
}

#[tokio::test]
async fn a_change_is_published_two_seconds_later_to_those_who_looked_within_a_week() {
    run(async |company| {
        company.alice.asks_for("s3-bucket", &BUCKET).await;
        company.waits("1h").await;
        assert_eq!(published(company), 0, "nobody has looked");
        company.alice.opens_home().await;
        company.bob.opens_home().await;
        let opened = published(company);
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("1s").await;
        assert_eq!(published(company), opened, "not yet");
        company.waits("1s").await;
        assert_eq!(published(company), opened + 1, "alice's and not bob's");
        assert!(company.alice.home().contains("Waiting for approval"), "{}", company.alice.home());
        company.waits("23h").await;
        company.waits("1h").await;
        company.waits("2s").await;
        assert!(!company.alice.home().contains("Waiting for approval"), "{}", company.alice.home());
        company.waits("144h").await;
        let week = published(company);
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("2s").await;
        assert_eq!(published(company), week, "that was more than seven days ago");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_published_when_nothing_differs() {
    run(async |company| {
        company.alice.opens_home().await;
        company.alice.opens_home().await;
        assert_eq!(published(company), 1);
        company.waits("1h").await;
        company.alice.opens_home().await;
        // The words for a first visit are gone; from now on it is the same.
        let before = published(company);
        company.waits("26h").await;
        company.alice.opens_home().await;
        assert_eq!(published(company), before);
        // What is Bob's alone is on nobody else's tab.
        company.bob.asks_for("s3-bucket", &BUCKET).await;
        company.waits("2s").await;
        assert_eq!(published(company), before);
    })
    .await;
}

#[tokio::test]
async fn whole_lists_details_and_costs_open_over_the_home_tab() {
    run(async |company| {
        let alice = &company.alice;
        for _ in 0..10 {
            alice.asks_for("s3-bucket", &BUCKET).await;
        }
        for n in 0..3 {
            alice.asks_for("rds-postgres", &[("DatabaseName", &format!("orders{n}"))]).await;
        }
        for n in 0..4 {
            let fields = [("ServiceName", &*format!("checkout{n}")), ("Image", crate::provision::IMAGE)];
            alice.asks_for("ecs-service", &fields).await;
        }
        alice.opens_home().await;
        assert_eq!(alice.home().matches("[Details]").count(), 8, "{}", alice.home());
        alice.clicks_at_home("Show all").await;
        assert_eq!(alice.form().matches("[Details]").count(), 15, "{}", alice.form());
        alice.clicks("Next page").await;
        assert_eq!(alice.form().matches("[Details]").count(), 2, "{}", alice.form());
        assert!(alice.form().contains("[Previous page]"), "{}", alice.form());
        alice.clicks("Details").await;
        assert!(alice.form().starts_with("Details"), "{}", alice.form());
        alice.clicks_at_home("Costs").await;
        insta::assert_snapshot!(alice.form(), @"
        Costs  [Close]
        *Yours*: 17 held, about $99/month
        This month about $0 so far, about $14 for the whole month
        ▓▓▓▓░░░░░░ PostgreSQL RDS Instance: 3 held, $45/month, $0 so far, $0 for the whole month
        ▓▓▓░░░░░░░ ECS Fargate Service: 4 held, $33/month, $0 so far, $8.35 for the whole month
        ▓▓░░░░░░░░ Secure S3 Bucket: 10 held, $22/month, $0 so far, $5.46 for the whole month
        *Team payments*: 17 held, about $99/month
        This month about $0 so far, about $14 for the whole month
        ▓▓▓▓░░░░░░ PostgreSQL RDS Instance: 3 held, $45/month, $0 so far, $0 for the whole month
        ▓▓▓░░░░░░░ ECS Fargate Service: 4 held, $33/month, $0 so far, $8.35 for the whole month
        ▓▓░░░░░░░░ Secure S3 Bucket: 10 held, $22/month, $0 so far, $5.46 for the whole month
        (Estimates at us-east-1 list price of 2026-08-21, or of the day of an earlier request; this is not a bill. November 2026 so far counts the hours each resource has existed; the whole month counts each one until its lease ends.)
        ");
        alice.clicks_at_home("Details").await;
        assert!(alice.form().contains("*Timeline*"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn what_has_ended_is_behind_a_button_of_the_list() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("rds-postgres", &DATABASE).await;
        alice.clicks("Cancel").await;
        alice.runs("/provision list").await;
        insta::assert_snapshot!(alice.is_told(), @"
        # Your requests
        You have nothing active. `/provision` shows what you can request.
        [Show ended]
        ");
        alice.clicks("Show ended").await;
        insta::assert_snapshot!(alice.is_told(), @"
        # Your ended requests
        *PostgreSQL RDS Instance v1.0* `orders` · Cancelled 2026-11-23
        `id` · payments · <@U0ALICE> · about $15/month
        [Details]
        (Simulated: nothing real is created)
        ");
        alice.opens_home().await;
        alice.clicks_at_home("Show all").await;
        alice.clicks("Show ended").await;
        alice.clicks("Show active").await;
        assert!(alice.form().contains("nothing active"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn ones_own_request_never_waits_for_oneself() {
    let setup = Setup::new()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0MORGAN\"]")
        .with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0MORGAN\", \"U0ADMIN\"]");
    run_in(setup, async |company| {
        let morgan = &company.morgan;
        morgan.asks_for("rds-postgres", &DATABASE).await;
        morgan.opens_home().await;
        assert!(morgan.home().contains("Nothing is waiting for you"), "{}", morgan.home());
        company.alice.opens_home().await;
        assert!(!company.alice.home().contains("[Approve]"), "{}", company.alice.home());
        // As a team-mate she sees it, with Details and nothing else.
        assert!(company.alice.home().contains("<@U0MORGAN>"), "{}", company.alice.home());
        assert!(!company.alice.home().contains("[Cancel]"), "{}", company.alice.home());
    })
    .await;
}

#[tokio::test]
async fn a_group_that_slack_cannot_list_takes_nothing_else_off_the_tab() {
    run(async |company| {
        company.expects_slack_to_refuse("usergroups.list", "missing_scope");
        company.playground.fail_always("usergroups.list", Some("missing_scope"));
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.opens_home().await;
        let home = company.morgan.home();
        assert_eq!(home.matches("[Approve]").count(), 1, "what is known to be hers: {home}");
        company.playground.fail_always("usergroups.list", None);
    })
    .await;
}

/// Two who lead, one of 25 teams; and something of which a team may have a hundred, each of which needs an approval.
fn many_teams() -> Setup {
    let team = |number: u32| {
        format!("[[teams]]\nname = \"team{number}\"\nmembers = [\"U0BOB\"]\napprovers = [\"U0OLGA\"]\n\n")
    };
    let teams: String = (0..25).map(team).collect();
    let search = "[[teams]]\nname = \"search\"";
    Setup::new().with_settings(search, &format!("{teams}{search}")).with_product(
        "note",
        "name: Note\napproval: { mode: required }\nquota: { per_team: 200 }\n",
        "Resources: { Topic: { Type: AWS::SNS::Topic } }\n",
    )
}

#[tokio::test]
async fn whoever_answers_for_many_teams_sees_what_waits_behind_much_that_waits_for_others() {
    run_in(many_teams(), async |company| {
        let (alice, bob, olga) = (&company.alice, &company.bob, &company.olga);
        for _ in 0..97 {
            alice.asks_for("note", &[]).await;
        }
        company.waits("1m").await;
        let theirs = bob.asks_for("note", &[("team", "team7")]).await;
        olga.opens_home().await;
        olga.clicks_at_home_for(&theirs, "Approve").await;
        // An admin may answer some of it once it has waited for long, and none of it yet.
        company.pat.opens_home().await;
        let home = company.pat.home();
        assert!(home.contains("Too many requests are waiting for others"), "{home}");
        assert!(!home.contains("Nothing is waiting for you"), "{home}");
    })
    .await;
}
