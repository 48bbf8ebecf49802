//! New rules while the program runs. What has begun goes on by those it began with; what begins afterwards goes by the new
//! ones. Where the new ones are broken the old ones stay, whole, and the admins are told.

use std::sync::PoisonError;

use anyhow::Context as _;

use super::{Portal, Rules, teams, trail};
use crate::domain::job::{JobKind, Subject};
use crate::domain::refusal::safe;

/// Problems that a message to the admins names.
const TOLD: usize = 10;

/// Goes by these rules from now on. `changes` says what is different, a line each.
///
/// # Errors
/// When the store cannot be used, which home tabs and a new audit channel need; the rules are followed all the same.
pub async fn follow(portal: &Portal, rules: Rules, changes: &[String]) -> anyhow::Result<()> {
    *portal.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    for change in changes {
        tracing::info!(change, "settings and catalog are read anew");
    }
    if changes.is_empty() {
        tracing::info!("settings and catalog are read anew: nothing has changed");
    }
    if !changes.is_empty() {
        let homes = JobKind::FindHomes.due(Subject::Portal, portal.now());
        portal.write_jobs(vec![homes]).await.context("cannot have home tabs published")?;
    }
    teams::warn_of_gone(&portal.as_of_now()).await;
    trail::begin_copying(&portal.as_of_now()).await.context("cannot begin to copy the audit trail")
}

/// Keeps the rules that there are, because new ones are broken in these ways.
pub async fn keep(portal: &Portal, problems: &[String], is_news: bool) {
    for problem in problems {
        tracing::error!(problem, "settings and catalog stay as they were");
    }
    if !is_news {
        return;
    }
    let told: Vec<String> =
        problems.iter().take(TOLD).map(|problem| format!("• {}", safe(problem))).collect();
    let told = told.join("\n");
    let more = match problems.len().checked_sub(TOLD) {
        Some(more) if more > 0 => format!("\nand {more} more, in the log"),
        _ => String::new(),
    };
    let text = format!(
        "The new settings or catalog cannot be used, so I go on with those from before. To be mended:\n{told}{more}"
    );
    portal.as_of_now().tell_admins(&text).await;
}
