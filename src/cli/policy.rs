//! `policy explain`: who would approve a request and why, what it costs, and what quota is left.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::catalog::load_catalog;
use super::catalog_form::principal_texts;
use super::outcome::{CommandFailure, print};
use crate::config::{Settings, StoreChoice, settings_file};
use crate::domain::approval::{ApprovalPath, Exception, path_as_things_stand, unsatisfiable_approvals};
use crate::domain::catalog::{Approvers, Catalog, OverBudget, Product, Stage};
use crate::domain::cost::{self, dollars, estimate};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::organization::Team;
use crate::domain::parameters::{ParameterValues, check_parameters, match_prefill};
use crate::domain::principal::Principal;
use crate::domain::quota::{BudgetUse, QuotaUse, TeamUse};
use crate::portal::{named, others};
use crate::wiring;
use cloudformation::Parameter;

/// The request to explain.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The product's key: the name of its folder
    product: String,
    /// Who would ask, by Slack user id or e-mail address
    #[arg(long = "as", value_name = "USER")]
    person: String,
    /// Parameters as Key=value, and team=name where the person is in several or comes from a group
    #[arg(value_name = "KEY=VALUE")]
    values: Vec<String>,
}

/// Prints the explanation.
///
/// # Errors
/// Wrong settings, a broken catalog, or arguments that name something that does not exist.
pub async fn explain(config: Option<PathBuf>, arguments: &ExplainArguments) -> Result<(), CommandFailure> {
    let settings = Settings::read(&settings_file(config))?;
    let catalog = load_catalog(&settings.catalog, settings.catalog_named)?;
    let catalog = settings.organization.with_current_teams(&catalog);
    let product =
        catalog.products.values().find(|product| product.key.as_str() == arguments.product).ok_or_else(
            || anyhow::anyhow!("there is no product `{}`: `catalog check` lists them", arguments.product),
        )?;
    let mut pairs = Vec::new();
    let mut team = None;
    for pair in &arguments.values {
        match pair.split_once('=') {
            Some(("team", name)) => team = Some(name.to_owned()),
            Some((key, value)) => pairs.push((key.to_owned(), value.to_owned())),
            None => return Err(anyhow::anyhow!("cannot read `{pair}`: write Key=value").into()),
        }
    }
    let team = find_team(&settings, &arguments.person, team.as_deref())?;
    let (values, open) = check_values(product, &pairs)?;
    let team_use = team_use(&settings, team).await?;
    // The rest is added to this text; writing to a text never fails.
    let mut text = explanation(
        &catalog,
        product,
        team,
        &arguments.person,
        &values,
        &team_use,
        &settings.organization.admins,
    );
    if !open.is_empty() {
        let _ = writeln!(
            text,
            "not given:  {}; a request has them, and they may change the answer",
            open.join(", ")
        );
    }
    for approval in unsatisfiable_approvals(product, &settings.organization) {
        let _ = writeln!(text, "problem:    {}: {}", approval.problem, approval.remedy);
    }
    print(&text)?;
    Ok(())
}

fn find_team<'s>(settings: &'s Settings, person: &str, named: Option<&str>) -> anyhow::Result<&'s Team> {
    let teams = &settings.organization.teams;
    if let Some(name) = named {
        return settings
            .organization
            .team(&TeamName::new(name))
            .ok_or_else(|| anyhow::anyhow!("there is no team `{name}` in the settings"));
    }
    let wanted = Principal::parse(person).ok_or_else(|| {
        anyhow::anyhow!("`{person}` is not a person: write a Slack user id or an e-mail address")
    })?;
    let mut mine = teams.iter().filter(|team| team.members.contains(&wanted));
    match (mine.next(), mine.next()) {
        (Some(team), None) => Ok(team),
        (Some(_), Some(_)) => anyhow::bail!("{person} is in several teams: add team=<name>"),
        (None, _) => anyhow::bail!(
            "{person} is in no team in the settings: add team=<name> if they are in one of its user groups, which are not looked up here"
        ),
    }
}

/// Checks the values as the form would. Returns them, and the parameters without a default that were not
/// given. Rules and prices that depend on those are evaluated as if the value were unknown.
fn check_values(
    product: &Product,
    pairs: &[(String, String)],
) -> anyhow::Result<(ParameterValues, Vec<String>)> {
    let form =
        product.form().map_err(|_| anyhow::anyhow!("{} has no form: see `catalog check`", product.key))?;
    let (typed, unknown) = match_prefill(&form, pairs);
    if let Some(key) = unknown.first() {
        let near = key.nearest.as_ref().map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        anyhow::bail!("{} has no parameter `{}`{near}", product.key, key.typed);
    }
    let meant = |(key, typed): (String, String)| {
        let value = form.field(&key).and_then(|field| field.value(&typed));
        (key, value.unwrap_or(typed))
    };
    let typed: BTreeMap<String, String> = typed.into_iter().map(meant).collect();
    let unasked = product.hidden(&typed);
    if let Some((key, condition)) =
        product.show_when.iter().find(|(key, _)| unasked.contains(*key) && typed.contains_key(*key))
    {
        anyhow::bail!("the form asks for `{key}` only where {}", condition.describe());
    }
    let wire = typed.iter().map(|(key, value)| {
        let sent = form.field(key).and_then(|field| field.to_wire(value));
        (key.clone(), Some(sent.unwrap_or_else(|| value.clone())))
    });
    let mut offered = product.offered().into_owned();
    let is_open = |parameter: &Parameter| {
        let is_asked = form.field(&parameter.key).is_some() && !unasked.contains(&parameter.key);
        is_asked && parameter.default.is_none() && !typed.contains_key(&parameter.key)
    };
    let open: Vec<String> = offered
        .parameters
        .iter()
        .filter(|parameter| is_open(parameter))
        .map(|parameter| parameter.key.clone())
        .collect();
    // Parameters that were not given must not fail the check of those that were.
    offered.parameters.retain(|parameter| !open.contains(&parameter.key));
    let values = check_parameters(&offered, &form, &product.preset(), &wire.collect());
    let values = values.map_err(|problems| {
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect();
        anyhow::anyhow!("these parameters would not pass the form:\n{}", lines.join("\n"))
    })?;
    Ok((values, open))
}

/// Returns what the team holds; nothing if the store does not exist yet.
async fn team_use(settings: &Settings, team: &Team) -> anyhow::Result<Vec<TeamUse>> {
    if let StoreChoice::Sqlite(file) = &settings.backend.store
        && !Path::new(file).exists()
    {
        return Ok(Vec::new());
    }
    let store = named(&wiring::store(settings).await?, &Arc::new(settings.organization.clone()));
    store.team_use(&team.name).await
}

fn explanation(
    catalog: &Catalog,
    product: &Product,
    team: &Team,
    person: &str,
    values: &ParameterValues,
    team_use: &[TeamUse],
    admins: &[Principal],
) -> String {
    let estimate = estimate(&product.cost, &|key| values.get(key), &catalog.prices);
    let budget = team.monthly_budget.map(|limit| BudgetUse::of(team_use, limit));
    let fits = budget.is_none_or(|budget| budget.has_room_for(estimate.as_ref()));
    let used = team_use.iter().find(|usage| usage.product == product.key).map_or(0, |usage| usage.used);
    let quota = QuotaUse { used, limit: product.quota.per_team };
    let exception = Exception::needed(product.quota, Some(quota), budget, estimate.as_ref());
    let is_refused = !product.quota.may_except(admins);
    let allowed = exception.clone().filter(|_| !is_refused);
    let (values, price) = (values.as_slice(), estimate.as_ref());
    let path = path_as_things_stand(product, &team.name, values, price, budget, allowed);
    let mut text = format!("{} ({}) for {person}, team {}\n", product.name, product.key, team.name);
    if !product.requesters.include(&team.name) {
        let _ = writeln!(text, "requesters: refused, it is not offered to team {}", team.name);
    }
    let _ = match path {
        ApprovalPath::Auto { why } => writeln!(text, "approval:   automatic, because {why}"),
        ApprovalPath::Ask { stages, why, .. } => {
            let stages = if stages.is_empty() { product.approval.stages() } else { stages };
            let turns: Vec<String> =
                stages.iter().map(|stage| turn(product, team, person, admins, stage)).collect();
            let why = why.map(|why| format!(", because {why}")).unwrap_or_default();
            let timeout = product.approval.timeout;
            writeln!(text, "approval:   {}, within {timeout}{why}", turns.join(", then "))
        }
    };
    let _ = match &estimate {
        Some(price) => writeln!(text, "cost:       {}", cost::describe(price)),
        None => writeln!(text, "cost:       no estimate"),
    };
    let _ = writeln!(text, "quota:      {used} of {} used, {} left", quota.limit, quota.left());
    if let Some(budget) = budget {
        let verdict = match (fits, product.quota.over_budget) {
            (true, _) if estimate.is_none() => {
                "the cost of this is unknown, so it counts as $0, and approvers are asked"
            }
            (true, _) => "it fits",
            (false, OverBudget::Ask) => "it exceeds that, so approvers are asked",
            (false, OverBudget::Refuse) if is_refused => "it exceeds that and is refused",
            (false, OverBudget::Refuse) => "it exceeds that, so it needs an exception",
        };
        let (spent, limit) = (dollars(budget.spent), dollars(budget.limit));
        let _ = writeln!(text, "budget:     about {spent} of {limit} a month used, {verdict}");
    }
    if let Some(exception) = exception {
        let verdict = if is_refused { "refused" } else { "as an exception, for this request only" };
        let _ = writeln!(
            text,
            "exception:  {verdict}: {}",
            exception.describe(estimate.as_ref().map(|one| one.monthly))
        );
    }
    text
}

/// Describes the approvers of a stage. User groups and profiles are not looked up here.
fn turn(product: &Product, team: &Team, person: &str, admins: &[Principal], stage: &Stage) -> String {
    let who = match &stage.approvers {
        Approvers::Team => principal_texts(&askable(product, &team.approvers, person)),
        Approvers::Listed(listed) => principal_texts(&askable(product, listed, person)),
        Approvers::Admins => {
            format!(
                "the admins, {}",
                principal_texts(&others(admins.to_vec(), &PersonId::new(person), false))
            )
        }
        Approvers::Manager => format!(
            "the manager of {person}, who must be one of {}",
            principal_texts(&askable(product, &team.approvers, person))
        ),
    };
    let needed = stage.needed;
    let several = if needed == 1 { "one" } else { "different ones" };
    let silent = match stage.silent.as_slice() {
        [] => String::new(),
        silent => format!("; and, without being mentioned, {}", principal_texts(silent)),
    };
    format!("{needed} needed ({several} of {who}{silent})")
}

/// Excludes the requester, unless the product allows self-approval.
fn askable(product: &Product, principals: &[Principal], person: &str) -> Vec<Principal> {
    others(principals.to_vec(), &PersonId::new(person), product.approval.self_approval)
}
