//! B13: what the first person waits for after a start, against those after them. Slack is far away here: a new connection
//! takes 300 ms until it says anything, every call 20 ms. The program says when it is ready; the first form is opened, and
//! the first one submitted, right then.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::rig;
use crate::rig::bot::{PROGRAM, Server, free_address, is_stored};
use crate::rig::company::{Company, member};
use crate::rig::connection::Answer;
use crate::rig::figures::median;
use crate::rig::form::FilledForm;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// The first one may take this many times what later ones take.
const LIMIT: f64 = 3.0;
/// A busy machine shows only whether somebody waited for a connection.
const QUICK_LIMIT: f64 = 8.0;
/// Forms after the first one.
const LATER: usize = 20;
/// A form that has not opened by then never will.
const PATIENCE: Duration = Duration::from_secs(10);

const FAR_AWAY: Manners = Manners {
    delay: Duration::from_millis(20),
    greeting: Duration::from_millis(300),
    fails: false,
    remembers: true,
};

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let (mut opened, mut submitted) = (Vec::new(), Vec::new());
    for _ in 0..report.scale.pick(9, 3) {
        opened.push(one_start(open)?);
        submitted.push(one_start(submit)?);
    }
    let limit = report.scale.pick(LIMIT, QUICK_LIMIT);
    for (name, starts) in [("opening a form", opened), ("submitting one", submitted)] {
        let [first, later, ratio] = [0, 1, 2].map(|column| {
            let column: Vec<f64> =
                starts.iter().filter_map(|start: &[f64; 3]| start.get(column).copied()).collect();
            median(&column)
        });
        report.judge(
            &format!("{name}, the first one after a start against later ones"),
            format!("{ratio:.2} × ({first:.1} ms, {later:.1} ms)"),
            format!("{limit} ×"),
            ratio <= limit,
        );
    }
    Ok(())
}

/// Milliseconds that something takes for the person with this number.
type Doing = fn(&Server, &Slack, &FilledForm, usize) -> anyhow::Result<f64>;

/// The first, the usual later one, and how many times longer the first took.
fn one_start(doing: Doing) -> anyhow::Result<[f64; 3]> {
    let folder = rig::folder()?;
    let company = Company::in_folder(folder.path()).with_quota(1_000)?;
    let slack = Slack::start(FAR_AWAY)?;
    let address = free_address()?;
    let settings = company.settings(address)?;
    let form = FilledForm::of("s3-bucket", folder.path())?;
    let mut command = std::process::Command::new(PROGRAM);
    command.arg("serve").arg("--config").arg(settings);
    command.env("SLACK_SIGNING_SECRET", SECRET).env("SLACK_BOT_TOKEN", "xoxb-bench");
    command.env("SLACK_API_URL", &slack.api).env_remove("RUST_LOG");
    let log = folder.path().join("bot.log");
    let mut server = Server::spawn(command, address, &log)?;
    let probe = |_: usize| b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec();
    server.answers(&probe, &|answer: &Answer<'_>| answer.status == 200, &log)?;
    let first = doing(&server, &slack, &form, 0)?;
    let later = (1..=LATER).map(|person| doing(&server, &slack, &form, person));
    let later = median(&later.collect::<anyhow::Result<Vec<f64>>>()?);
    Ok([first, later, first / later])
}

/// From the command until Slack is asked to open the form.
fn open(server: &Server, slack: &Slack, _form: &FilledForm, person: usize) -> anyhow::Result<f64> {
    let signer = Signer::new(SECRET)?;
    let body = signed::command(person, &member(person), "s3-bucket");
    let request = |_: usize| signer.request("/slack/commands", &body);
    let is_right = |_: usize, answer: &Answer<'_>| answer.status == 200;
    let begun = Instant::now();
    Load::closed(server.address, 1, 1, &request, &is_right).run()?;
    let opened = slack.hears(PATIENCE, |calls| {
        calls.iter().filter(|call| call.method == "views.open").nth(person).map(|call| call.at)
    });
    let opened = opened.context("a form did not open")?;
    Ok((opened - begun).as_secs_f64() * 1_000.0)
}

/// From Submit to its answer.
fn submit(server: &Server, _slack: &Slack, form: &FilledForm, person: usize) -> anyhow::Result<f64> {
    let signer = Signer::new(SECRET)?;
    let request = |_: usize| signer.request("/slack/interactions", &form.body(person));
    let is_right = |_: usize, answer: &Answer<'_>| is_stored(answer);
    let taken = Load::closed(server.address, 1, 1, &request, &is_right).run()?;
    taken.first().copied().context("nothing was submitted")
}
