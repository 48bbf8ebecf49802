//! B14: how long people wait for the machine from pressing Submit until the approvers see the card, and from Approve until
//! the requester reads that it is ready, where provisioning itself takes no time. What the approver needs to think is
//! not counted.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::rig;
use crate::rig::bot::{Server, is_stored};
use crate::rig::company::{APPROVERS, Company, member};
use crate::rig::connection::Answer;
use crate::rig::figures::{median, percentile};
use crate::rig::form::{FilledForm, approve};
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{SECRET, Signer};
use crate::rig::slack::{Call, Manners, Slack, button};

/// Milliseconds that the machine may take for both.
const LIMIT: f64 = 250.0;
/// On a busy machine this shows only that nobody waited for a poll or a sweep of seconds.
const QUICK_LIMIT: f64 = 2_000.0;
/// Somebody reads the card and thinks.
const THOUGHT: Duration = Duration::from_secs(4);
/// Between two requests, so that what the channel still hears of the one does not use up Slack's pace of the other.
const QUIET: Duration = Duration::from_secs(12);
/// What has not happened by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let company =
        Company::in_folder(folder.path()).with_quota(1_000)?.with_settings("[simulated]\nstep = \"0s\"");
    let slack = Slack::start(Manners { remembers: true, ..Manners::default() })?;
    let server = company.start(&slack.api)?;
    let form = FilledForm::of("rds-postgres", folder.path())?;
    let mut grants = Vec::new();
    for person in 0..report.scale.pick(5, 1) {
        let grant = grant(&server, &slack, &form, person)?;
        report.note(&format!("card after {:.1} ms; told {:.1} ms after Approve", grant[0], grant[1]));
        grants.push(grant.iter().sum::<f64>());
    }
    let (usual, longest) = (median(&grants), percentile(&grants, 100.0));
    let limit = report.scale.pick(LIMIT, QUICK_LIMIT);
    report.judge(
        "request to ready, the machine's part of it",
        format!("{usual:.0} ms, longest {longest:.0} ms"),
        format!("{limit} ms"),
        usual <= limit,
    );
    Ok(())
}

/// Milliseconds from Submit to the card, and from Approve to the message that it is ready.
fn grant(server: &Server, slack: &Slack, form: &FilledForm, person: usize) -> anyhow::Result<[f64; 2]> {
    // Slack's pace in the channel is no part of the machine's.
    std::thread::sleep(QUIET);
    let submitted = Instant::now();
    press(server, &form.body(person), &is_stored)?;
    let card = slack.hears(PATIENCE, |calls| {
        let cards = calls.iter().filter_map(|call| Some((call.at, button(&call.body, "request.approve")?)));
        let mut posted = cards.filter(|(at, _)| *at > submitted);
        posted.next()
    });
    let (shown, value) = card.context("no card was posted")?;
    std::thread::sleep(THOUGHT);
    let approved = Instant::now();
    press(server, &approve(APPROVERS[0], &value, &format!("1663800000.{person:06}")), &|answer| {
        answer.status == 200
    })?;
    let id = value.split(':').next().unwrap_or_default();
    let told = slack.hears(PATIENCE, |calls| {
        calls.iter().find(|call| tells(call, &member(person), id)).map(|call| call.at)
    });
    let told = told.context("the requester was not told")?;
    let milliseconds = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1_000.0;
    Ok([milliseconds(submitted, shown), milliseconds(approved, told)])
}

/// A message of its own to the requester that has what was made in it.
fn tells(call: &Call, requester: &str, id: &str) -> bool {
    let text = call.body.to_string();
    call.method == "chat.postMessage"
        && call.body["channel"].as_str().is_some_and(|channel| channel.get(1..) == requester.get(1..))
        && text.contains(id.get(..8).unwrap_or(id))
        && text.contains("ConnectionUrl")
}

fn press(server: &Server, body: &str, is_right: &dyn Fn(&Answer<'_>) -> bool) -> anyhow::Result<()> {
    let signer = Signer::new(SECRET)?;
    let request = |_: usize| signer.request("/slack/interactions", body);
    let is_right = |_: usize, answer: &Answer<'_>| is_right(answer);
    Load::closed(server.address, 1, 1, &request, &is_right).run().map(drop)
}
