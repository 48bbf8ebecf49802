//! Reload of settings and catalog: applied as a whole or not at all. Reports the changes, and the settings that need a
//! restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::on_aws::OnAws;
use crate::config::Settings;
use crate::domain::catalog::Catalog;
use crate::portal::{Rules, reload};
use crate::slack::edge::Edge;

/// Applies new settings and catalogs, one reload at a time.
#[derive(Debug)]
pub struct Reloader {
    edge: Edge,
    on_aws: OnAws,
    now: Mutex<ReloadState>,
}

/// The current settings, and the problems that the admins were last notified of.
#[derive(Debug)]
struct ReloadState {
    settings: Settings,
    reported: Vec<String>,
}

impl Reloader {
    pub(super) fn new(edge: Edge, on_aws: OnAws, settings: Settings) -> Self {
        Self { edge, on_aws, now: Mutex::new(ReloadState { settings, reported: Vec::new() }) }
    }

    /// Applies new settings and a new catalog, or keeps the current ones if there are problems. The result is logged,
    /// and problems are sent to the admins, but not the same ones twice in a row.
    pub async fn reload(&self, read: Result<(Settings, Catalog), Vec<String>>) {
        // Locked until the end, so that two reloads never mix.
        let mut now = self.now.lock().await;
        let checked = match read {
            Ok((settings, catalog)) => self.checked(settings, Arc::new(catalog)).await,
            Err(problems) => Err(problems),
        };
        let (settings, catalog) = match checked {
            Ok(new) => new,
            Err(problems) => {
                reload::keep(&self.edge.portal, &problems, problems != now.reported).await;
                now.reported = problems;
                return;
            }
        };
        // Problems that come back later are reported again.
        now.reported.clear();
        for key in waiting_for_a_restart(&now.settings, &settings) {
            tracing::warn!(key, "a change of this setting takes effect after a restart");
        }
        let before = self.edge.portal.as_of_now();
        let rules = Rules::new(catalog, Arc::new(settings.organization.clone()));
        let changes =
            [of_organization(&now.settings, &settings), of_catalog(&before.catalog, &rules.catalog)].concat();
        let followed = reload::follow(&self.edge.portal, rules, &changes).await;
        if let Err(error) = followed {
            tracing::error!(
                error = format!("{error:#}"),
                "settings are followed, but not all that they need could be done"
            );
        }
        // The answer to `help` lists the products, and is rendered only once for each set of rules.
        self.edge.rules_changed();
        // Everything else needs a restart, so keep comparing it with the values from the start.
        now.settings.organization = settings.organization;
    }

    /// Returns both, unless the account is not set up for them.
    async fn checked(
        &self,
        settings: Settings,
        catalog: Arc<Catalog>,
    ) -> Result<(Settings, Arc<Catalog>), Vec<String>> {
        let problems = self.on_aws.problems_with(&catalog).await;
        if problems.is_empty() {
            return Ok((settings, catalog));
        }
        Err(problems.iter().map(|problem| format!("aws: {problem}")).collect())
    }
}

/// Returns the changed settings that a running program cannot apply.
fn waiting_for_a_restart(before: &Settings, now: &Settings) -> Vec<&'static str> {
    [
        ("server.listen", before.listen != now.listen),
        ("server.log", before.log != now.log),
        ("slack.transport or slack.connections", before.transport != now.transport),
        ("slack.workspace", before.organization.workspace != now.organization.workspace),
        ("slack.burst", before.burst != now.burst),
        ("[backend]", before.backend != now.backend),
        ("[aws]", before.account != now.account),
        ("[simulated]", before.simulation != now.simulation),
    ]
    .into_iter()
    .filter_map(|(key, differs)| differs.then_some(key))
    .collect()
}

fn of_organization(before: &Settings, now: &Settings) -> Vec<String> {
    let (old, new) = (&before.organization, &now.organization);
    let keys = [
        ("slack.admins", old.admins != new.admins),
        ("slack.auditors", old.auditors != new.auditors),
        ("slack.approvals_channel", old.approvals_channel != new.approvals_channel),
        ("slack.audit_channel", old.audit_channel != new.audit_channel),
        ("slack.command", old.command != new.command),
    ];
    let mut changes: Vec<String> =
        keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| format!("{key} changed")).collect();
    let teams = |settings: &Settings| {
        settings.organization.teams.iter().map(|team| (team.name.to_string(), team.clone())).collect()
    };
    changes.extend(differences("team", &teams(before), &teams(now)));
    changes
}

fn of_catalog(before: &Catalog, now: &Catalog) -> Vec<String> {
    // `Template` has no `PartialEq`, but its debug output contains everything it was parsed from.
    let products = |catalog: &Catalog| {
        catalog.products.iter().map(|(key, product)| (key.to_string(), format!("{product:?}"))).collect()
    };
    let mut changes = differences("product", &products(before), &products(now));
    if before.prices != now.prices {
        changes.push("prices changed".to_owned());
    }
    changes
}

/// Lists by name what was added, changed and removed.
fn differences<T: PartialEq>(
    kind: &str,
    before: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
) -> Vec<String> {
    let difference = |name: &String| match (before.get(name), now.get(name)) {
        (None, Some(_)) => Some(format!("{kind} {name} is new")),
        (Some(_), None) => Some(format!("{kind} {name} is gone")),
        (old, new) => (old != new).then(|| format!("{kind} {name} changed")),
    };
    let names: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    names.into_iter().filter_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = "[slack]\napprovals_channel = \"C0APPROVALS\"\n[[teams]]\nname = \"payments\"\n\
                            members = [\"U0ALICE\"]\napprovers = [\"U0MORGAN\"]\n";

    fn settings(from: &str, to: &str) -> Settings {
        assert!(SETTINGS.contains(from));
        Settings::parse("settings", &SETTINGS.replace(from, to)).unwrap()
    }

    #[test]
    fn what_changed_is_told_by_name() {
        let before = settings("", "");
        let report = |from, to| of_organization(&before, &settings(from, to)).join(", ");
        assert_eq!(report("", ""), "");
        assert_eq!(report("U0ALICE", "U0AMIR"), "team payments changed");
        assert_eq!(report("payments", "search"), "team payments is gone, team search is new");
        let more = "C0APPROVALS\"\nadmins = [\"U0PAT\"]\ncommand = \"/cloud\"\naudit_channel = \"C0AUDIT";
        assert_eq!(
            report("C0APPROVALS", more),
            "slack.admins changed, slack.audit_channel changed, slack.command changed"
        );
        let (all, mut fewer) = (crate::catalog::built_in().unwrap(), crate::catalog::built_in().unwrap());
        assert_eq!(of_catalog(&all, &fewer), Vec::<String>::new());
        fewer.products.pop_first();
        let mut changed = (**fewer.products.first_entry().unwrap().get()).clone();
        changed.version.push('1');
        fewer.products.first_entry().unwrap().insert(Arc::new(changed));
        fewer.prices.date.push('?');
        assert_eq!(
            of_catalog(&all, &fewer),
            ["product ecs-service is gone", "product rds-postgres changed", "prices changed"]
        );
    }

    #[test]
    fn what_a_running_program_cannot_follow_is_named() {
        let before = settings("", "");
        let other = settings(
            "[slack]",
            "[server]\nlisten = \"127.0.0.1:1\"\nlog = \"json\"\n[simulated]\nstep = \"9s\"\n[backend]\n\
             store = \"sqlite:other.db\"\n[slack]\nburst = 5\ntransport = \"socket\"",
        );
        assert_eq!(waiting_for_a_restart(&before, &before), Vec::<&str>::new());
        insta::assert_snapshot!(waiting_for_a_restart(&before, &other).join(", "), @"server.listen, server.log, slack.transport or slack.connections, slack.burst, [backend], [simulated]");
    }
}
