//! Parses quota, lease, teardown and requesters of a product file.

use std::collections::BTreeSet;

use crate::domain::catalog::{Exceptions, LeaseTerms, OverBudget, QuotaRule, Requesters, TeardownConfirm};
use crate::domain::ids::TeamName;
use crate::domain::period::Period;
use cloudformation::document::Reader;

pub(super) fn quota(reader: Reader<'_>) -> QuotaRule {
    let per_team = at_least_one(&reader, "per_team", 10);
    let choices = [("refuse", OverBudget::Refuse), ("ask", OverBudget::Ask)];
    let over_budget = reader.choice("over_budget", &choices).unwrap_or_default();
    let choices = [("ask", Exceptions::Ask), ("refuse", Exceptions::Refuse)];
    let exceptions = reader.choice("exceptions", &choices).unwrap_or_default();
    reader.finish();
    QuotaRule { per_team, over_budget, exceptions }
}

pub(super) fn lease(reader: Reader<'_>) -> LeaseTerms {
    // Read first, because the reminders have to lie inside it.
    let grace = Period::read(&reader, "grace").unwrap_or(Period::days(7));
    let lease = LeaseTerms {
        ttl: some_time(&reader, "ttl", Period::days(30)),
        grace,
        reminders: reminders(&reader, grace),
        renew: renew(&reader),
        max_renewals: reader.count("max_renewals").unwrap_or(12),
    };
    reader.finish();
    lease
}

/// Parses reminders. They count back from the teardown, so one as long as the grace would come with or before
/// the warning.
fn reminders(reader: &Reader<'_>, grace: Period) -> Vec<Period> {
    let Some(reminders) = Period::read_list(reader, "reminders") else {
        // The default must not break the rule below.
        return vec![Period::days(1)].into_iter().filter(|usual| *usual < grace).collect();
    };
    for reminder in &reminders {
        if *reminder >= grace || reminder.is_zero() {
            let problem = format!("`lease.reminders` has {reminder}, which is not inside the grace");
            let remedy = if grace.is_zero() {
                "write `reminders: []`, or a grace that is longer than the reminder".to_owned()
            } else {
                format!("write lengths above 0s and below the grace of {grace}")
            };
            reader.report("reminders", problem, remedy);
        }
    }
    reminders
}

fn renew(reader: &Reader<'_>) -> Vec<Period> {
    let periods = Period::read_list(reader, "renew").unwrap_or_else(|| vec![Period::days(30)]);
    if periods.iter().any(|period| period.is_zero()) {
        reader.report("renew", "renewing by 0s changes nothing", "write for example `renew: [30d]`");
    }
    let mut seen = BTreeSet::new();
    for twice in periods.iter().filter(|period| !seen.insert(**period)) {
        reader.report("renew", format!("`lease.renew` offers {twice} twice"), "offer each period once");
    }
    // Slack allows 25 buttons in a row, but users would not read more than five.
    if periods.len() > 5 {
        let problem = format!("`lease.renew` offers {} periods", periods.len());
        reader.report("renew", problem, "offer 5 at most");
    }
    periods
}

pub(super) fn teardown(reader: Reader<'_>) -> TeardownConfirm {
    let choices = [("click", TeardownConfirm::Click), ("type-the-name", TeardownConfirm::TypeTheName)];
    let confirm = reader.choice("confirm", &choices).unwrap_or(TeardownConfirm::Click);
    reader.finish();
    confirm
}

pub(super) fn requesters(reader: &Reader<'_>) -> Requesters {
    let Some(node) = reader.node("requesters") else {
        return Requesters::Everyone;
    };
    if let Some(text) = node.as_text() {
        if text != "everyone" {
            let problem = format!("`requesters` is {}", node.describe());
            reader.report("requesters", problem, "write `everyone`, or a list of teams");
        }
        return Requesters::Everyone;
    }
    let teams = reader.list_of_texts("requesters").unwrap_or_default();
    if teams.is_empty() && node.as_list().is_some_and(<[_]>::is_empty) {
        let remedy = "name teams, or write `requesters: everyone`";
        reader.report("requesters", "`requesters` is empty, so nobody could request it", remedy);
    }
    Requesters::Teams(teams.into_iter().map(TeamName::new).collect())
}

/// Reads a number of at least 1, with a default.
pub(super) fn at_least_one(reader: &Reader<'_>, key: &str, default: u32) -> u32 {
    let count = reader.count(key);
    if count == Some(0) {
        let problem = format!("`{}` is 0", reader.path_of(key));
        reader.report(key, problem, format!("write a number from 1, for example `{key}: {default}`"));
    }
    count.unwrap_or(default)
}

/// Reads a period longer than zero, with a default.
pub(super) fn some_time(reader: &Reader<'_>, key: &str, default: Period) -> Period {
    let period = Period::read(reader, key);
    if period.is_some_and(Period::is_zero) {
        let problem = format!("`{}` is not a duration", reader.path_of(key));
        reader.report(key, problem, format!("write for example `{key}: {default}`"));
    }
    period.unwrap_or(default)
}
