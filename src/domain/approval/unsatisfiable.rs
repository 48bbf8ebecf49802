//! Finds approval rules that can never be satisfied, as far as settings and catalog show without resolving groups.

use std::collections::BTreeSet;

use super::{Approvers, Stage, can_be_staffed, needed_in_all};
use crate::domain::catalog::Product;
use crate::domain::organization::{Organization, Team};
use crate::domain::principal::Principal;

/// An approval that nobody could ever give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsatisfiableApproval {
    /// The problem.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// Returns all approvals of this product that nobody could give.
pub fn unsatisfiable_approvals(product: &Product, organization: &Organization) -> Vec<UnsatisfiableApproval> {
    let mut unsatisfiable = Vec::new();
    let asks_managers = product
        .approval
        .paths_within_budget()
        .iter()
        .flatten()
        .any(|stage| stage.approvers == Approvers::Manager);
    if asks_managers && organization.manager_field.is_none() {
        unsatisfiable.push(UnsatisfiableApproval {
            problem: format!(
                "{} asks the requester's manager, but no profile field for the manager is set",
                product.key
            ),
            remedy: "set `slack.manager_field`; until then the team's approvers are asked".to_owned(),
        });
    }
    let teams = organization.teams.iter().filter(|team| product.requesters.include(&team.name));
    for team in teams {
        unsatisfiable
            .extend(paths_for(product, team).iter().find_map(|stages| of_team(product, team, stages)));
        unsatisfiable.extend(of_exceptions(product, team, &organization.admins));
    }
    unsatisfiable
}

/// Returns the paths that a request of this team may take, whatever else it holds. With a budget, approvers are asked
/// about an unknown cost.
fn paths_for(product: &Product, team: &Team) -> Vec<Vec<Stage>> {
    let is_cost_asked_about = team.monthly_budget.is_some() && product.cost.is_empty();
    if is_cost_asked_about { product.approval.paths() } else { product.approval.paths_within_budget() }
}

/// Returns the exceptions that nobody could grant, because an admin has to approve besides the approvers. Without
/// admins there are no exceptions.
fn of_exceptions(product: &Product, team: &Team, admins: &[Principal]) -> Option<UnsatisfiableApproval> {
    // The members of a group are unknown here, so it counts as enough.
    let are_known = !admins.iter().any(|admin| matches!(admin, Principal::Group(_)));
    let paths = paths_for(product, team);
    let is_grantable = |stages: &Vec<Stage>| {
        let mut seats = seats(team, stages);
        // Without enough approvers an ordinary request fails as well, which `of_team` reports.
        let is_staffed = can_be_staffed(&seats);
        seats.push((1, admins.iter().cloned().collect()));
        !is_staffed || can_be_staffed(&seats)
    };
    (product.quota.may_except(admins) && are_known && !paths.iter().all(is_grantable)).then(|| {
        UnsatisfiableApproval {
            problem: format!(
                "nobody in team {} can ever get an exception for {}: no admin is named besides its approvers",
                team.name, product.key
            ),
            remedy: "name another admin in `slack.admins`, or write `exceptions: refuse` in product.yml"
                .to_owned(),
        }
    })
}

fn of_team(product: &Product, team: &Team, stages: &[Stage]) -> Option<UnsatisfiableApproval> {
    let seats = seats(team, stages);
    let needed = needed_in_all(stages);
    let remedy = format!("name more approvers for team {}, or ask for fewer in product.yml", team.name);
    if !can_be_staffed(&seats) {
        let problem = format!(
            "nobody in team {} can ever get {}: it needs {needed} different approvers, but fewer are named",
            team.name, product.key
        );
        return Some(UnsatisfiableApproval { problem, remedy });
    }
    // Members who are approvers themselves cannot approve their own requests, so the rest has to suffice.
    let alone = team.members.iter().find(|member| {
        let without: Vec<_> = seats
            .iter()
            .map(|(needed, people)| {
                (*needed, people.iter().filter(|person| person != member).cloned().collect::<BTreeSet<_>>())
            })
            .collect();
        !product.approval.self_approval && !can_be_staffed(&without)
    })?;
    let problem = format!(
        "{alone} of team {} can never get {}: it needs {needed} other approver{}, but fewer are named",
        team.name,
        product.key,
        if needed == 1 { "" } else { "s" }
    );
    Some(UnsatisfiableApproval { problem, remedy })
}

/// Returns the approvers named for each stage. A stage that names a group is left out, because its members are not
/// known here.
fn seats(team: &Team, stages: &[Stage]) -> Vec<(u32, BTreeSet<Principal>)> {
    let named = |stage: &Stage| {
        let named = match &stage.approvers {
            Approvers::Team | Approvers::Manager => &team.approvers,
            Approvers::Listed(listed) => listed,
            // Admins are configured apart and checked in `of_exceptions`.
            Approvers::Admins => return None,
        };
        let named: BTreeSet<Principal> = named.iter().chain(&stage.silent).cloned().collect();
        let is_known = !named.iter().any(|one| matches!(one, Principal::Group(_)));
        is_known.then_some((stage.needed.max(1), named))
    };
    stages.iter().filter_map(named).collect()
}

/// Whether the product itself names too few people, whatever the settings say.
pub fn names_too_few(stages: &[Stage]) -> bool {
    let nobody = Team::without_people("-");
    let listed: Vec<Stage> =
        stages.iter().filter(|stage| matches!(stage.approvers, Approvers::Listed(_))).cloned().collect();
    !can_be_staffed(&seats(&nobody, &listed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::ApprovalMode;
    use crate::domain::catalog::Exceptions;
    use crate::domain::fixtures::product;
    use crate::domain::ids::{ChannelId, PersonId};

    fn named(names: &[&str]) -> Vec<Principal> {
        names.iter().map(|name| Principal::parse(name).unwrap()).collect()
    }

    fn organization(members: &[&str], approvers: &[&str]) -> Organization {
        let (members, approvers) = (named(members), named(approvers));
        Organization {
            teams: vec![Team { members, approvers, ..Team::without_people("payments") }],
            admins: vec![Principal::Person(PersonId::new("U0ADMIN"))],
            auditors: Vec::new(),
            approvals_channel: ChannelId::new("C0APPROVALS"),
            workspace: None,
            manager_field: None,
            audit_channel: None,
            command: "/provision".into(),
        }
    }

    fn told(needed: u32, approvers: &[&str]) -> String {
        let found = unsatisfiable_approvals(&product(needed), &organization(&["U0ALICE"], approvers));
        found.into_iter().map(|one| one.problem).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_nobody_can_approve_is_named_and_a_group_is_taken_for_enough() {
        assert_eq!(told(1, &["U0MORGAN"]), "");
        assert_eq!(told(2, &["S0LEADS"]), "");
        insta::assert_snapshot!(
            [told(2, &["U0MORGAN"]), told(1, &["U0ALICE"]), told(2, &["U0MORGAN", "U0ALICE"])].join("\n"),
            @"
            nobody in team payments can ever get s3-bucket: it needs 2 different approvers, but fewer are named
            U0ALICE of team payments can never get s3-bucket: it needs 1 other approver, but fewer are named
            U0ALICE of team payments can never get s3-bucket: it needs 2 other approvers, but fewer are named
            "
        );
        let mut own = product(1);
        own.approval.self_approval = true;
        assert_eq!(unsatisfiable_approvals(&own, &organization(&["U0ALICE"], &["U0ALICE"])), []);
    }

    #[test]
    fn an_exception_that_no_admin_is_left_to_grant_is_named() {
        let told = |product: &Product, approvers: &[&str]| {
            let found = unsatisfiable_approvals(product, &organization(&["U0ALICE"], approvers));
            found
                .into_iter()
                .map(|one| format!("{}: {}", one.problem, one.remedy))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(told(&product(1), &["U0ADMIN", "U0MORGAN"]), "");
        insta::assert_snapshot!(told(&product(1), &["U0ADMIN"]), @"nobody in team payments can ever get an exception for s3-bucket: no admin is named besides its approvers: name another admin in `slack.admins`, or write `exceptions: refuse` in product.yml");
        let mut strict = product(1);
        strict.quota.exceptions = Exceptions::Refuse;
        assert_eq!(told(&strict, &["U0ADMIN"]), "");
    }

    #[test]
    fn who_is_asked_only_where_a_budget_stands_and_no_cost_is_known_has_to_be_there_then() {
        let mut product = product(1);
        product.approval.mode = ApprovalMode::Auto;
        product.cost.clear();
        let mut organization = organization(&["U0ALICE"], &[]);
        assert_eq!(unsatisfiable_approvals(&product, &organization), []);
        organization.teams[0].monthly_budget = Some(20.into());
        let [found] = &unsatisfiable_approvals(&product, &organization)[..] else { panic!("one") };
        assert!(
            found.problem.starts_with("nobody in team payments can ever get s3-bucket"),
            "{}",
            found.problem
        );
    }

    #[test]
    fn a_manager_whom_no_field_names_is_said_so() {
        let mut product = product(1);
        product.approval.approvers = Approvers::Manager;
        let mut organization = organization(&["U0ALICE"], &["U0MORGAN"]);
        let [found] = &unsatisfiable_approvals(&product, &organization)[..] else { panic!("one") };
        assert_eq!(
            found.problem,
            "s3-bucket asks the requester's manager, but no profile field for the manager is set"
        );
        organization.manager_field = Some("Xf0MANAGER".into());
        assert_eq!(unsatisfiable_approvals(&product, &organization), []);
    }
}
