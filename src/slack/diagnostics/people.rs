//! Checks that Slack knows the users, groups and addresses of the settings and the catalog, and that they are active
//! full members.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use crate::domain::approval::unsatisfiable_approvals;
use crate::domain::catalog::{Approvers, Catalog};
use crate::domain::ids::PersonId;
use crate::domain::organization::Organization;
use crate::domain::principal::Principal;
use crate::domain::refusal::Uncounted;
use crate::ports::directory::{Directory as _, Freshness};
use crate::ports::finding::{Finding, Level};
use crate::slack::client::SlackClient;
use crate::slack::directory::SlackDirectory;

const AREA: &str = "people";
/// How many principals are looked up at the same time.
const AT_ONCE: usize = 4;
/// Most members of a group that are checked to find one who counts.
const LOOKED_AT: usize = 50;

/// The result of checking a principal.
enum AccountStanding {
    /// An active full member, or a group with one.
    Counts,
    /// Slack knows no active full member for it: how severe that is, the reason, and the remedy.
    DoesNot(Level, &'static str, &'static str),
    /// Slack could not be asked.
    Unknown(String),
}

/// A principal, and where it is named.
struct NamedPerson<'a> {
    principal: &'a Principal,
    places: Vec<String>,
    standing: AccountStanding,
}

/// Returns a finding for each principal that does not count, one for all the others together, and one for each team
/// without members or approvers.
pub(super) async fn look(
    client: &SlackClient,
    directory: &SlackDirectory,
    organization: &Organization,
    catalog: &Catalog,
) -> Vec<Finding> {
    let lists = principal_lists(organization, catalog);
    if names(organization, catalog, |named| matches!(named, Principal::Email(_))) {
        // Listing the accounts first answers for all addresses at once. Use what has arrived by then.
        let _ = tokio::time::timeout(client.limits().call, directory.refresh()).await;
    }
    let lookups = each_once(&lists).into_iter().map(|(principal, places)| async move {
        NamedPerson { principal, places, standing: standing(directory, principal).await }
    });
    let named: Vec<NamedPerson<'_>> =
        stream::iter(lookups.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
    let mut findings: Vec<Finding> = named.iter().filter_map(of_one).collect();
    findings.extend(of_unasked(&named));
    findings.extend(empty_teams(organization, &named));
    findings.extend(catalog.products.values().flat_map(|product| {
        let approvals = unsatisfiable_approvals(product, organization).into_iter();
        approvals.map(|approval| Finding::warning(AREA, approval.problem, approval.remedy))
    }));
    let counted = named.iter().filter(|named| matches!(named.standing, AccountStanding::Counts)).count();
    if counted == named.len() {
        findings.insert(0, Finding::ok(AREA, format!("named people and groups that count: {counted}")));
    }
    findings
}

/// Returns whether any principal matches.
pub(super) fn names(
    organization: &Organization,
    catalog: &Catalog,
    like: impl Fn(&Principal) -> bool,
) -> bool {
    principal_lists(organization, catalog).iter().flat_map(|(_, named)| *named).any(like)
}

/// Returns the lists of principals in the settings and the catalog, by where they are named.
fn principal_lists<'a>(
    organization: &'a Organization,
    catalog: &'a Catalog,
) -> Vec<(String, &'a [Principal])> {
    let mut lists = vec![
        ("`admins`".to_owned(), organization.admins.as_slice()),
        ("`auditors`".to_owned(), organization.auditors.as_slice()),
    ];
    for team in &organization.teams {
        lists.push((format!("members of {}", team.name), &team.members));
        lists.push((format!("approvers of {}", team.name), &team.approvers));
    }
    for product in catalog.products.values() {
        let rules = product.approval.rules.iter().flat_map(|rule| &rule.stages);
        let stages = product.approval.stages.iter().chain(rules);
        let named = stages.map(|stage| (&stage.approvers, &stage.silent));
        let usual = (&product.approval.approvers, &product.approval.silent);
        for (approvers, silent) in std::iter::once(usual).chain(named) {
            if let Approvers::Listed(approvers) = approvers {
                lists.push((format!("approvers of the product {}", product.key), approvers));
            }
            lists.push((format!("silent approvers of the product {}", product.key), silent));
        }
    }
    lists
}

fn each_once<'a>(lists: &[(String, &'a [Principal])]) -> Vec<(&'a Principal, Vec<String>)> {
    let mut once: Vec<(&Principal, Vec<String>)> = Vec::new();
    for (place, principals) in lists {
        for principal in *principals {
            match once.iter_mut().find(|(other, _)| *other == principal) {
                Some((_, places)) => places.push(place.clone()),
                None => once.push((principal, vec![place.clone()])),
            }
        }
    }
    once
}

async fn standing(directory: &SlackDirectory, principal: &Principal) -> AccountStanding {
    match principal {
        Principal::Person(person) => of_account(directory, person).await,
        Principal::Group(group) => match directory.group_members(group, Freshness::Fresh).await {
            Ok(people) => of_group(directory, &people).await,
            Err(error) => AccountStanding::Unknown(format!("{error:#}")),
        },
        Principal::Email(address) => match directory.owner_of(address, Freshness::Fresh).await {
            Ok(None) => AccountStanding::DoesNot(
                Level::Problem,
                "is not the address of anybody in this workspace",
                "write the address in their Slack profile, or their member ID",
            ),
            Ok(Some((_, false))) => AccountStanding::DoesNot(
                Level::Problem,
                "is an address that Slack has not confirmed (`is_email_confirmed`), so it counts for nobody",
                "have them confirm it in Slack, or write their member ID in its place",
            ),
            Ok(Some((person, true))) => of_account(directory, &person).await,
            Err(error) => AccountStanding::Unknown(format!("{error:#}")),
        },
    }
}

async fn of_account(directory: &SlackDirectory, person: &PersonId) -> AccountStanding {
    match directory.why_not_counted(person, Freshness::Fresh).await {
        Ok(None) => AccountStanding::Counts,
        Ok(Some(why @ Uncounted::Unknown)) => AccountStanding::DoesNot(
            Level::Problem,
            why.as_str(),
            "copy the id again: open the profile in Slack, then More, Copy member ID",
        ),
        Ok(Some(why)) => AccountStanding::DoesNot(Level::Warning, why.as_str(), "name somebody else"),
        Err(error) => AccountStanding::Unknown(format!("{error:#}")),
    }
}

/// Checks a group: one active full member is enough, and not every member of a large group is checked.
async fn of_group(directory: &SlackDirectory, people: &BTreeSet<PersonId>) -> AccountStanding {
    let is_large = people.len() > LOOKED_AT;
    for person in people.iter().take(LOOKED_AT) {
        match of_account(directory, person).await {
            AccountStanding::DoesNot(..) => {}
            // Stop at an unanswered call, or the group could be reported as empty by mistake.
            standing @ (AccountStanding::Counts | AccountStanding::Unknown(_)) => return standing,
        }
    }
    // Among so many members one most likely counts, and checking all would take too many calls.
    if is_large {
        return AccountStanding::Counts;
    }
    AccountStanding::DoesNot(
        Level::Problem,
        "is not a user group, or has no active full member",
        "copy the id again from the address of the group's page, or add people to it",
    )
}

fn of_one(named: &NamedPerson<'_>) -> Option<Finding> {
    let AccountStanding::DoesNot(level, why, remedy) = named.standing else { return None };
    let description = format!("{} ({}) {why}", named.principal, named.places.join(", "));
    Some(Finding { level, area: AREA, description, remedy: Some(remedy.to_owned()) })
}

/// Returns one finding for all principals that could not be checked, because the cause is most likely the same.
fn of_unasked(named: &[NamedPerson<'_>]) -> Option<Finding> {
    let why = |named: &NamedPerson<'_>| match &named.standing {
        AccountStanding::Unknown(why) => Some(why.clone()),
        AccountStanding::Counts | AccountStanding::DoesNot(..) => None,
    };
    let reasons: Vec<String> = named.iter().filter_map(why).collect();
    let first = reasons.first()?;
    let problem = format!("{} of {} could not be checked: {first}", reasons.len(), named.len());
    Some(Finding::warning(AREA, problem, "try again, after granting the scope if one is missing"))
}

/// Returns findings for teams in which nobody can request or approve.
fn empty_teams(organization: &Organization, named: &[NamedPerson<'_>]) -> Vec<Finding> {
    let counts = |principal: &Principal| {
        // Principals that could not be checked are reported on their own, not as an empty team.
        let entry = named.iter().find(|named| named.principal == principal);
        !entry.is_some_and(|named| matches!(named.standing, AccountStanding::DoesNot(..)))
    };
    let mut findings = Vec::new();
    for team in &organization.teams {
        if !team.approvers.iter().any(counts) {
            findings.push(Finding::problem(
                AREA,
                format!("nobody can approve requests of the team {}", team.name),
                "name an active full member or a user group with one in `approvers`",
            ));
        }
        if !team.members.iter().any(counts) {
            findings.push(Finding::warning(
                AREA,
                format!("nobody is in the team {}", team.name),
                "name an active full member or a user group with one in `members`",
            ));
        }
    }
    findings
}
