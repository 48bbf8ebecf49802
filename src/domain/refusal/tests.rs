//! Every refusal, and which of them are recorded in the audit trail.

use super::*;
use crate::domain::approval::{AboutKind, Irreducible};
use crate::domain::fixtures::{at, minutes, person};

fn unknown_product(nearest: &[&str]) -> Refusal {
    let nearest = nearest.iter().map(|&key| key.to_owned()).collect();
    Refusal::UnknownProduct { typed: "s3-buket".into(), nearest }
}

fn about_the_form() -> Vec<Refusal> {
    vec![
        Refusal::NotInATeam,
        Refusal::NotAFullMember { why: Uncounted::Guest },
        Refusal::NotAFullMember { why: Uncounted::Stranger },
        Refusal::NotAFullMember { why: Uncounted::App },
        Refusal::NotAFullMember { why: Uncounted::Deactivated },
        Refusal::NotAFullMember { why: Uncounted::Unknown },
        Refusal::NotOurWorkspace,
        Refusal::NotYourTeam { team: "search".into(), yours: "payments, billing".into() },
        Refusal::NotAllTeams { yours: String::new() },
        Refusal::NotAllTeams { yours: "payments, billing".into() },
        unknown_product(&[]),
        unknown_product(&["s3-bucket"]),
        unknown_product(&["s3-bucket", "s3-website", "sqs-queue"]),
        Refusal::NotOffered {
            product: "Postgres".into(),
            team: TeamName::new("payments"),
            owner: "Data Platform".into(),
        },
        Refusal::QuotaFull {
            team: TeamName::new("payments"),
            product: ProductKey::parse("s3-bucket").unwrap(),
            quota: QuotaUse { used: 10, limit: 10 },
        },
        Refusal::ProductChanged { product: "Secure S3 Bucket".into() },
        Refusal::Forged { command: "/provision".into() },
    ]
}

fn about_a_decision() -> Vec<Refusal> {
    let decided = |status, by| Refusal::AlreadyDecided { status, by, at: minutes(2) };
    vec![
        decided(StatusName::Approved, Some(person("morgan"))),
        decided(StatusName::TimedOut, None),
        Refusal::AlreadyApprovedByYou { missing: 1 },
        Refusal::AlreadyApprovedByYou { missing: 2 },
        Refusal::NotAnApprover { approvers: "<@U0MORGAN>, <@U0PRIYA>".into() },
        Refusal::OwnRequest { approvers: "<@U0PRIYA>".into() },
        Refusal::stale(&at(StatusName::AwaitingApproval)),
        Refusal::NotJudgedInTime,
        Refusal::CannotReduce { why: Irreducible::ProductChanged },
    ]
}

fn about_a_request() -> Vec<Refusal> {
    vec![
        Refusal::NotTheRequester { requester: person("alice") },
        Refusal::TooLateToCancel { status: StatusName::Provisioning },
        Refusal::TooLateToCancel { status: StatusName::TeardownFailed },
        Refusal::UnknownRequest { typed: "3f2a8c".into() },
        Refusal::ShortRequestId { typed: "6e44".into(), fewest: 6 },
        Refusal::AmbiguousRequest { typed: "3f2a8c".into(), matches: 2 },
        Refusal::DoesNotApply { status: StatusName::Denied, event: "resource created" },
    ]
}

fn about_a_life() -> Vec<Refusal> {
    let (status, owner) = (StatusName::Terminated, person("alice"));
    vec![
        Refusal::NothingToRenew { status },
        Refusal::NotARenewal { offered: vec![Period::days(30), Period::days(90)] },
        Refusal::NotARenewal { offered: vec![] },
        Refusal::RenewsTooLittle { from: minutes(3), until: minutes(9) },
        Refusal::ApprovalWaits { kind: AboutKind::Renew, until: minutes(2) },
        Refusal::ApprovalWaits { kind: AboutKind::Change, until: minutes(2) },
        Refusal::BeingChanged,
        Refusal::NothingToChange { status },
        Refusal::NotChangeable { product: "Secure S3 Bucket".into() },
        Refusal::NothingDifferent,
        Refusal::AlreadyTearingDown,
        Refusal::NothingToTearDown { status },
        Refusal::NothingToTearDown { status: StatusName::AwaitingApproval },
        Refusal::NothingToTearDown { status: StatusName::Approved },
        Refusal::NothingToRetain { status: StatusName::Active },
        Refusal::NothingToTransfer { status },
        Refusal::AlreadyTheirs { owner: owner.clone() },
        Refusal::Paused { message: "we move <house> & home until noon.".into() },
        Refusal::DoneBefore,
        Refusal::NotStuck { status: StatusName::Denied },
        Refusal::NotParked,
        Refusal::JobUnreadable,
        Refusal::NotATeamMate { to: person("bob"), team: TeamName::new("payments") },
        Refusal::NotTheirs { owner: owner.clone() },
        Refusal::LeftTheTeam { team: TeamName::new("payments"), approvers: "<@U0MORGAN>".into() },
        Refusal::LeftTheTeam { team: TeamName::new("payments"), approvers: String::new() },
        Refusal::TeamIsGone { team: TeamName::new("payments"), admins: "<@U0ADMIN>".into() },
        Refusal::NotTheirsToNudge { asker: owner },
        Refusal::AlreadyNudged { at: minutes(2) },
        Refusal::PlaceIsTaken { by: person("sam"), missing: 1 },
        Refusal::OwnDelegate,
        Refusal::NotAnAbsence { most: 366 },
        Refusal::DelegateIsAway { delegate: person("sam"), until: jiff::civil::date(2026, 3, 9) },
        Refusal::NothingToAnswer,
        Refusal::DelegateIsNoMember { person: person("sam") },
        Refusal::NobodyCanApprove { needed: 1, whom: "<@U0PAT>".into() },
        Refusal::NobodyCanApprove { needed: 2, whom: "<@U0PAT>".into() },
        Refusal::NobodyCanExcept { needed: 1, whom: None },
        Refusal::NobodyCanExcept { needed: 2, whom: Some("<@U0PAT>".into()) },
        Refusal::NotAnAdmin,
        Refusal::NotAReader,
        Refusal::BudgetSpent {
            team: TeamName::new("payments"),
            spent: Decimal::new(48210, 2),
            budget: Decimal::from(500),
        },
    ]
}

/// Every kind of refusal, some of them with different data.
pub(crate) fn every_refusal() -> Vec<Refusal> {
    [about_the_form(), about_a_decision(), about_a_request(), about_a_life()].concat()
}

#[test]
fn lack_of_right_goes_on_the_trail_and_losing_a_race_does_not() {
    let noted = every_refusal().into_iter().filter_map(|refusal| refusal.lack_of_right());
    assert_eq!(
        noted.collect::<Vec<_>>(),
        [
            "in no team",
            "no full member",
            "no full member",
            "no full member",
            "no full member",
            "no full member",
            "of another workspace",
            "not a member of the team",
            "may not read all teams",
            "may not read all teams",
            "not offered to the team",
            "not something the portal offered",
            "not an approver",
            "own request",
            "not the requester",
            "to somebody of another team",
            "not theirs",
            "no longer a member of the team",
            "no longer a member of the team",
            "its team is gone",
            "not the one who waits",
            "not an admin",
            "not a reader of the trail"
        ]
    );
}

#[test]
fn no_kind_of_refusal_is_missing_from_these_tests() {
    let source = include_str!("mod.rs");
    let (_, body) = source.split_once("pub enum Refusal {").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let is_variant = |line: &&str| line.starts_with("    ") && line.as_bytes()[4].is_ascii_uppercase();
    let name = |line: &str| line.trim().trim_end_matches([',', '{', ' ']).to_owned();
    let declared: Vec<String> =
        body.lines().filter(|line| line.len() > 4).filter(is_variant).map(name).collect();
    assert!(declared.len() > 10, "{declared:?}");
    let shown: Vec<String> = every_refusal().iter().map(|refusal| format!("{refusal:?}")).collect();
    for variant in declared {
        let begins = |text: &String| text.split([' ', '{']).next() == Some(&variant);
        assert!(shown.iter().any(begins), "{variant} is not shown");
    }
}
