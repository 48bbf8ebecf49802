//! B9: two approvers press Approve twice each on the same card, at the same moment, and Slack sends every press a second
//! time; still there is one decision, one entry about it on the trail, and one product made. The same bytes five minutes
//! later are refused.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::rig;
use crate::rig::bot::{Server, is_stored};
use crate::rig::company::{APPROVERS, Company};
use crate::rig::connection::Answer;
use crate::rig::form::{FilledForm, approve};
use crate::rig::kept;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// Presses on each card: two approvers, twice each, each press sent twice.
const PRESSES: usize = 8;
/// Time that the program has for what follows.
const PATIENCE: Duration = Duration::from_mins(1);
/// A signature is good for this many seconds.
const TOO_OLD: i64 = 301;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let company =
        Company::in_folder(folder.path()).with_quota(1_000_000)?.with_settings("[simulated]\nstep = \"0s\"");
    let slack = Slack::start(Manners::default())?;
    let server = company.start(&slack.api)?;
    let cards = report.scale.pick(500, 50);
    submit(&server, &FilledForm::of("rds-postgres", folder.path())?, cards)?;
    let waiting = "SELECT count(*) FROM requests WHERE status = 'AWAITING_APPROVAL'";
    let asked = "SELECT count(*) FROM executions WHERE state = 'RequestApproval'";
    kept::wait_for(&company.store(), waiting, cards, PATIENCE)?;
    kept::wait_for(&company.store(), asked, cards, PATIENCE)?;
    let buttons = kept::texts(
        &company.store(),
        "SELECT id || ':' || json_extract(body, '$.epoch') FROM requests WHERE waits = 1 ORDER BY id",
    )?;
    ensure!(buttons.len() == cards, "{} of {cards} requests wait for an answer", buttons.len());
    press(&server, &buttons)?;
    let ended = "SELECT count(*) FROM requests WHERE status = 'ACTIVE'";
    kept::wait_for(&company.store(), ended, cards, PATIENCE)?;
    let once = |sql: &str| -> anyhow::Result<usize> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for request in kept::texts(&company.store(), sql)? {
            *counts.entry(request).or_default() += 1;
        }
        Ok(counts.values().filter(|count| **count == 1).count())
    };
    let decided = once("SELECT request FROM audit WHERE json_extract(body, '$.event') = 'approved'")?;
    let resumed = once("SELECT request FROM audit WHERE json_extract(body, '$.event') = 'provisioning'")?;
    let made = once("SELECT request FROM records WHERE kind = 'PROVISION_PRODUCT'")?;
    report.judge(
        "eight presses on each card: one decision, one resumption, one product",
        format!("{decided}, {resumed}, {made} of {cards}"),
        "all".to_owned(),
        [decided, resumed, made] == [cards; 3],
    );
    let refused = replay(&server, &buttons)?;
    report.judge(
        "the same presses five minutes later",
        format!("{refused} of {cards} refused"),
        "all".to_owned(),
        refused == cards,
    );
    Ok(())
}

fn submit(server: &Server, form: &FilledForm, count: usize) -> anyhow::Result<()> {
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| signer.request("/slack/interactions", &form.body(number));
    let is_right = |_: usize, answer: &Answer<'_>| is_stored(answer);
    Load::closed(server.address, 16, count, &request, &is_right).run().map(drop)
}

fn press(server: &Server, buttons: &[String]) -> anyhow::Result<()> {
    let signer = Signer::new(SECRET)?;
    let mut presses = Vec::new();
    for (card, button) in buttons.iter().enumerate() {
        for person in APPROVERS {
            // Pressed twice, and the same bytes a second time as Slack sends them when it has heard nothing.
            let press = signer.request("/slack/interactions", &approve(person, button, &ts(card)));
            presses.extend([press.clone(), press.clone(), press.clone(), press]);
        }
    }
    ensure!(presses.len() == buttons.len() * PRESSES, "a press is missing");
    let request = |number: usize| presses.get(number).cloned().unwrap_or_default();
    let is_right = |_: usize, answer: &Answer<'_>| answer.status == 200;
    let sent = Load::closed(server.address, PRESSES, presses.len(), &request, &is_right).run();
    sent.context("a press was not answered").map(drop)
}

fn replay(server: &Server, buttons: &[String]) -> anyhow::Result<usize> {
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| {
        let button = buttons.get(number).map_or("", String::as_str);
        signer.request_of(TOO_OLD, "/slack/interactions", &approve(APPROVERS[0], button, &ts(number)))
    };
    let refused = std::cell::Cell::new(0);
    let is_right = |_: usize, answer: &Answer<'_>| {
        refused.set(refused.get() + usize::from(answer.status == 401 && answer.body.is_empty()));
        true
    };
    Load::closed(server.address, 8, buttons.len(), &request, &is_right).run()?;
    Ok(refused.get())
}

/// Where the card of this number stands: no two in one place, and none where the program posted something.
fn ts(card: usize) -> String {
    format!("1663800000.{card:06}")
}
