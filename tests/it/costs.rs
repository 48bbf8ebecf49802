//! What things cost: by product, a month and this month, for a person and for a team.

use crate::harness::{Setup, run, run_in};
use crate::provision::IMAGE;

fn with_a_budget() -> Setup {
    Setup::new().with_settings("channel = \"C0PAYMENTS\"", "channel = \"C0PAYMENTS\"\nmonthly_budget = 500")
}

#[tokio::test]
async fn a_team_that_has_nothing_costs_nothing() {
    run_in(with_a_budget(), async |company| {
        company.morgan.runs("/provision costs payments").await;
        insta::assert_snapshot!(company.morgan.is_told(), @"
        # Costs in November 2026
        *Team payments*: nothing yet. `/provision` shows what you can request.
        Budget ░░░░░░░░░░ about $0 of $500 a month, about $500 left
        (Estimates at us-east-1 list price of 2026-08-21, or of the day of an earlier request; this is not a bill. November 2026 so far counts the hours each resource has existed; the whole month counts each one until its lease ends.)
        ");
    })
    .await;
}

#[tokio::test]
async fn half_a_month_later_three_things_have_cost_their_part() {
    run_in(with_a_budget(), async |company| {
        let alice = &company.alice;
        company.waits("184h").await;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.clicks("Approve").await;
        alice.asks_for("ecs-service", &[("ServiceName", "checkout"), ("Image", IMAGE)]).await;
        company.waits("360h").await;
        alice.runs("/provision costs").await;
        insta::assert_snapshot!(alice.is_told(), @"
        # Costs in December 2026
        *Yours*: 3 held, about $25/month
        This month about $12 so far, about $25 for the whole month
        *Team payments*: 3 held, about $25/month
        This month about $12 so far, about $25 for the whole month
        Budget ▓░░░░░░░░░ about $25 of $500 a month, about $475 left
        | Whose | Product | Held | A month | So far | Projected | Share |
        | You | PostgreSQL RDS Instance | 1 | $15 | $7.25 | $15 | ▓▓░░░ |
        | You | ECS Fargate Service | 1 | $8.21 | $3.97 | $8.20 | ▓░░░░ |
        | You | Secure S3 Bucket | 1 | $2.15 | $1.04 | $2.15 | ▓░░░░ |
        | payments | PostgreSQL RDS Instance | 1 | $15 | $7.25 | $15 | ▓▓░░░ |
        | payments | ECS Fargate Service | 1 | $8.21 | $3.97 | $8.20 | ▓░░░░ |
        | payments | Secure S3 Bucket | 1 | $2.15 | $1.04 | $2.15 | ▓░░░░ |
        (Estimates at us-east-1 list price of 2026-08-21, or of the day of an earlier request; this is not a bill. December 2026 so far counts the hours each resource has existed; the whole month counts each one until its lease ends.)
        ");
    })
    .await;
}

#[tokio::test]
async fn the_costs_of_a_team_are_for_those_who_may_see_it() {
    run(async |company| {
        company.bob.runs("/provision costs payments").await;
        insta::assert_snapshot!(company.bob.is_told(), @"You are not a member of *payments*. Your teams: search.");
        company.pat.runs("/provision costs payments").await;
        assert!(company.pat.is_told().contains("Team payments"), "{}", company.pat.is_told());
    })
    .await;
}

#[tokio::test]
async fn what_aws_has_charged_is_shown_beside_the_estimate_once_it_is_known() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.runs("/provision costs").await;
        assert!(!alice.is_told().contains("charged"), "{}", alice.is_told());
        company.is_charged(&id, 123);
        company.is_charged("11111111-2222-4333-8444-555555555555", 99_900);
        company.waits("25h").await;
        alice.runs("/provision costs").await;
        insta::assert_snapshot!(alice.is_told().lines().take(4).collect::<Vec<_>>().join("\n"), @"
        # Costs in November 2026
        *Yours*: 1 held, about $2.15/month
        This month about $0.07 so far, about $0.55 for the whole month
        AWS has charged $1.23 this month
        ");
        let billed = company.newest_request().await.billed.unwrap();
        assert_eq!(billed.amount.to_string(), "1.23");
        alice.runs(&format!("/provision status {}", &id[..8])).await;
        let text = alice.is_told();
        assert!(text.contains("; AWS charged $1.23 in November 2026 up to the 23."), "{text}");
        alice.runs("/provision list").await;
        assert!(
            alice.is_told().contains("about $2.15/month, $1.23 charged in November"),
            "{}",
            alice.is_told()
        );
        assert!(!company.trail().await.contains("charged"));
    })
    .await;
}
