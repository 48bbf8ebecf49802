use rust_decimal::Decimal;

use super::*;
use crate::domain::approval::Approval;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::quota::QuotaUse;
use crate::domain::request::Request;
use crate::ports::slack::{Everything, Excerpt, ProductUse, TeamPage};
use crate::slack::messages::fixtures;
use crate::slack::messages::transcript::{assert_typed_stays_text, lines, problems};

fn shown(page: &HomePage) -> String {
    lines(&to_json(&view(page)).unwrap()["blocks"])
}

fn of(requests: Vec<Request>) -> Excerpt {
    Excerpt { requests, more: false }
}

fn page() -> HomePage {
    HomePage {
        person: PersonId::new("U0ALICE"),
        now: fixtures::now(),
        is_first_visit: false,
        paused: None,
        waiting: Excerpt::default(),
        aways: Vec::new(),
        mine: Excerpt::default(),
        teams: Vec::new(),
        everything: None,
        command: "/provision".to_owned(),
        simulated: true,
    }
}

fn team() -> TeamPage {
    let uses = |product: &str, used, limit, cents| ProductUse {
        product: product.to_owned(),
        quota: QuotaUse { used, limit },
        monthly: Decimal::new(cents, 2),
    };
    TeamPage {
        is_member: true,
        team: TeamName::new("payments"),
        live: Excerpt::default(),
        uses: vec![uses("Secure S3 Bucket", 2, 10, 430), uses("PostgreSQL RDS Instance", 0, 3, 0)],
        monthly: Decimal::new(21_200, 2),
        budget: Some(Decimal::from(500)),
    }
}

fn living() -> Request {
    Request { activated_at: Some("2026-11-22T10:05:00Z".parse().unwrap()), ..fixtures::active() }
}

fn renewal_waits() -> Request {
    let answer_by = "2026-12-23T09:00:00Z".parse().unwrap();
    Request { later: vec![Approval { answer_by, ..fixtures::renewal() }], ..living() }
}

#[test]
fn a_first_visit_is_told_what_this_is_and_what_to_do() {
    insta::assert_snapshot!(shown(&HomePage { is_first_visit: true, teams: vec![team()], ..page() }), @"
    # Quartermaster
    *Welcome.* Here you get AWS resources that are set up the right way, without a ticket.
    *Request something*, or type `/provision` anywhere: the form shows what it costs and who has to approve it.
    Everything expires. You get a warning first, and renew it or tear it down with one click, here too.
    [Request something primary] [Costs] [Stats] [Out of office]
    # Waiting for your approval
    (Nothing is waiting for you. Requests that you can approve or deny appear here.)
    # Your requests and resources
    (You have nothing here yet. *Request something* shows what you can request.)
    [Show all]
    ---
    # Team payments
    ▓▓▓▓░░░░░░ about $212 of $500 a month
    ▓▓░░░░░░░░ Secure S3 Bucket: 2 of 10 · about $4.30/month
    ░░░░░░░░░░ PostgreSQL RDS Instance: 0 of 3
    (Your team-mates have nothing here. `/provision list` also shows what has ended.)
    [Show all]
    (Costs are estimates at list price · Simulated: nothing real is created)
    ");
}

#[test]
fn what_waits_comes_first_then_ones_own_then_the_teams() {
    let waiting = of(vec![fixtures::awaiting(), renewal_waits()]);
    let mine = of(vec![
        living(),
        fixtures::awaiting(),
        renewal_waits(),
        fixtures::in_every_status(&living()).remove(11),
    ]);
    let team = TeamPage { live: Excerpt { requests: vec![living()], more: true }, ..team() };
    insta::assert_snapshot!(shown(&HomePage { waiting, mine, teams: vec![team], ..page() }), @"
    # Quartermaster
    [Request something primary] [Costs] [Stats] [Out of office]
    # Waiting for your approval
    *Secure S3 Bucket v1.0* `dev` for team *payments* · about $15/month
    <@U0ALICE> asks for it · `0b8f1c9e` · times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
    “Invoices & receipts > for audit”
    [Approve primary] [Deny danger] [Approve with changes] [Details]
    *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` for team *payments* · about $15/month
    <@U0ALICE> asks to keep `s3-bucket-0b8f1c9e` 30 days longer · `0b8f1c9e` · times out <!date^1798016400^{date_short_pretty} at {time}|2026-12-23 09:00 UTC>
    [Approve primary] [Deny danger] [Approve with changes] [Details]
    # Your requests and resources
    *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` · Active, until <!date^1798538700^{date_short_pretty}|2026-12-29>
    `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
    [Details] [Renew 30 days] [Tear down]
    *Secure S3 Bucket v1.0* `dev` · Waiting for approval, times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
    `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
    [Details] [Cancel ?Your request for Secure S3 Bucket is withdrawn. Nothing has been provisioned yet.]
    *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` · Active, until <!date^1798538700^{date_short_pretty}|2026-12-29>; a renewal by 30 days is waiting for approval until <!date^1798016400^{date_short_pretty} at {time}|2026-12-23 09:00 UTC>
    `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
    [Details] [Withdraw the renewal] [Tear down]
    *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` · Teardown failed, since <!date^1795341900^{date_short_pretty}|2026-11-22>
    `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
    [Details] [Try again]
    [Show all]
    ---
    # Team payments
    ▓▓▓▓░░░░░░ about $212 of $500 a month
    ▓▓░░░░░░░░ Secure S3 Bucket: 2 of 10 · about $4.30/month
    ░░░░░░░░░░ PostgreSQL RDS Instance: 0 of 3
    *Secure S3 Bucket v1.0* `s3-bucket-0b8f1c9e` · Active, until <!date^1798538700^{date_short_pretty}|2026-12-29>
    `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
    [Details]
    [Show all]
    (Costs are estimates at list price · Simulated: nothing real is created)
    ");
}

#[test]
fn somebody_in_no_team_is_told_whom_to_ask() {
    assert!(shown(&page()).contains("You are not a member of any team"));
}

#[test]
fn a_tab_full_of_enormous_texts_keeps_slacks_limits() {
    let every = fixtures::in_every_status(&fixtures::enormous());
    let long: Vec<Request> = every
        .iter()
        .map(|request| Request { id: crate::domain::ids::RequestId::random(), ..request.clone() })
        .collect();
    let uses = vec![
        ProductUse {
            product: "<&>`é".repeat(200),
            quota: QuotaUse { used: 9, limit: 4 },
            monthly: Decimal::MAX
        };
        200
    ];
    let teams = (0..20).map(|n| TeamPage {
        team: TeamName::new(format!("{n}{}", "<&>`é".repeat(60))),
        live: Excerpt { requests: long.clone(), more: true },
        uses: uses.clone(),
        ..team()
    });
    let all = || Excerpt { requests: long.clone(), more: true };
    let page =
        HomePage { waiting: all(), mine: all(), teams: teams.collect(), is_first_visit: true, ..page() };
    let json = to_json(&view(&page)).unwrap();
    assert_eq!(problems(&json["blocks"], MAX_VIEW_BLOCKS), Vec::<String>::new());
    assert!(json.to_string().len() <= 250_000, "{}", json.to_string().len());
    assert_eq!(json["type"], "home");
}

#[test]
fn what_people_typed_neither_mentions_nor_shows_a_token() {
    let requests: Vec<Request> = fixtures::in_every_question(&fixtures::request())
        .iter()
        .flat_map(|request| fixtures::TYPED.map(|text| fixtures::typed(request, text)))
        .collect();
    for request in requests {
        let page = HomePage { waiting: of(vec![request.clone()]), mine: of(vec![request]), ..page() };
        let json = to_json(&view(&page)).unwrap();
        assert_typed_stays_text(&json);
        assert!(!json.to_string().contains(fixtures::TOKEN), "{json}");
    }
}

#[test]
fn the_same_things_have_the_same_digest_and_others_another() {
    let one = digest(&view(&page())).unwrap();
    assert_eq!(one, digest(&view(&page())).unwrap());
    assert_ne!(one, digest(&view(&HomePage { mine: of(vec![living()]), ..page() })).unwrap());
}

#[test]
fn approvers_see_the_teams_they_answer_for_and_what_they_cannot_do() {
    let team = TeamPage { is_member: false, ..team() };
    insta::assert_snapshot!(shown(&HomePage { teams: vec![team], ..page() }), @"
    # Quartermaster
    [Request something primary] [Costs] [Stats] [Out of office]
    # Waiting for your approval
    (Nothing is waiting for you. Requests that you can approve or deny appear here.)
    # Your requests and resources
    (You have nothing here yet.)
    [Show all]
    ---
    # Team payments
    ▓▓▓▓░░░░░░ about $212 of $500 a month
    ▓▓░░░░░░░░ Secure S3 Bucket: 2 of 10 · about $4.30/month
    ░░░░░░░░░░ PostgreSQL RDS Instance: 0 of 3
    (This team has nothing active. `/provision list payments` also shows what has ended.)
    [Show all]
    ---
    You approve for the teams above, but you are not a member of any, so you cannot request anything yourself.
    (Costs are estimates at list price · Simulated: nothing real is created)
    ");
}

#[test]
fn whoever_reads_everything_is_led_to_all_teams_and_admins_to_what_was_given_up() {
    let text_with = |parked| {
        let page = HomePage { everything: Some(Everything { parked }), ..page() };
        let text = shown(&page);
        let (_, all) = text.split_once("# All teams").unwrap();
        all.to_owned()
    };
    insta::assert_snapshot!([text_with(0), text_with(1), text_with(123)].join("\n"), @"
    [Show all requests]
    ---
    You can see all teams, but you are not a member of any, so you cannot request anything yourself.
    (Costs are estimates at list price · Simulated: nothing real is created)

    1 failed job: `/provision jobs` shows why.
    [Show all requests]
    ---
    You can see all teams, but you are not a member of any, so you cannot request anything yourself.
    (Costs are estimates at list price · Simulated: nothing real is created)

    123 failed jobs: `/provision jobs` shows why.
    [Show all requests]
    ---
    You can see all teams, but you are not a member of any, so you cannot request anything yourself.
    (Costs are estimates at list price · Simulated: nothing real is created)
    ");
}
