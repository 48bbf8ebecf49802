//! B18: how much longer an honest form waits for its answer while senders without the secret dribble: every second so many
//! new ones, each with a body that it never ends. The same form without them is measured in turns.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::rig;
use crate::rig::bot::{Server, is_stored};
use crate::rig::company::Company;
use crate::rig::connection::Answer;
use crate::rig::figures::{median, percentile};
use crate::rig::form::FilledForm;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// New senders a second.
const RATES: [u32; 3] = [1, 3, 20];
/// Milliseconds by which the longest wait may be longer.
const LIMIT: f64 = 100.0;
/// A busy machine lets an honest form wait as well.
const QUICK_LIMIT: f64 = 1_000.0;
/// Bytes that a form of a shipped product has at least; a shorter one would have shown nothing.
const FORM: usize = 10_000;
/// So long the program hears a sender; after that there are as many as there will ever be.
const FILLED: Duration = Duration::from_secs(4);
/// Between two forms, and between two bytes of a sender.
const EVERY: Duration = Duration::from_millis(100);
/// What a sender announces, and how much of that comes at once: little, a form but for its end, half of a large one.
const BODIES: [(usize, usize); 3] = [(1024 * 1024, 100), (11_000, 10_500), (1024 * 1024, 512 * 1024)];

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let company = Company::in_folder(folder.path()).with_quota(1_000_000)?;
    let slack = Slack::start(Manners::default())?;
    let server = company.start(&slack.api)?;
    let form = FilledForm::of("rds-postgres", folder.path())?;
    ensure!(form.body(0).len() >= FORM, "the form has only {} bytes", form.body(0).len());
    let mut honest = Honest { server: &server, form: &form, submitted: 0 };
    let forms = report.scale.pick(50, 10);
    honest.submit(10)?;
    let limit = report.scale.pick(LIMIT, QUICK_LIMIT);
    for rate in RATES {
        let alone = honest.submit(forms)?;
        let runtime = rig::runtime()?;
        runtime.spawn(dribble(server.address, rate));
        std::thread::sleep(FILLED);
        let beside = honest.submit(forms)?;
        drop(runtime);
        let [longest, longest_beside] = [&alone, &beside].map(|taken| percentile(taken, 100.0));
        report.note(&format!(
            "{rate} a second: p50 {:.1} ms, without {:.1} ms; longest {longest_beside:.1} ms, without {longest:.1} ms",
            median(&beside),
            median(&alone),
        ));
        let more = (longest_beside - longest).max(0.0);
        report.judge(
            &format!(
                "longest wait for a form beside {rate} new dribbling senders a second, more than without"
            ),
            format!("{more:.1} ms"),
            format!("{limit} ms"),
            more <= limit,
        );
    }
    Ok(())
}

/// Submits a signed form again and again, each over a connection of its own.
struct Honest<'a> {
    server: &'a Server,
    form: &'a FilledForm,
    submitted: usize,
}

impl Honest<'_> {
    /// Milliseconds until the answer to each.
    fn submit(&mut self, forms: usize) -> anyhow::Result<Vec<f64>> {
        let signer = Signer::new(SECRET)?;
        let is_right = |_: usize, answer: &Answer<'_>| is_stored(answer);
        let mut taken = Vec::new();
        for _ in 0..forms {
            let body = self.form.body(self.submitted);
            let request = |_: usize| signer.request("/slack/interactions", &body);
            taken.extend(Load::closed(self.server.address, 1, 1, &request, &is_right).run()?);
            self.submitted += 1;
            std::thread::sleep(EVERY);
        }
        Ok(taken)
    }
}

/// Every second so many new senders, until dropped.
async fn dribble(address: SocketAddr, rate: u32) {
    let (mut senders, mut ticks) = (JoinSet::new(), tokio::time::interval(Duration::from_secs(1) / rate));
    for body in BODIES.into_iter().cycle() {
        ticks.tick().await;
        senders.spawn(send_slowly(address, body));
        while senders.try_join_next().is_some() {}
    }
}

/// The beginning of a body at once, then a byte now and then, until the program hangs up.
async fn send_slowly(address: SocketAddr, (announced, at_once): (usize, usize)) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("{}Content-Length: {announced}\r\n\r\n", super::bodies::head());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&vec![b'x'; at_once]).await?;
    let mut ticks = tokio::time::interval(EVERY);
    for _ in at_once + 1..announced {
        ticks.tick().await;
        stream.write_all(b"x").await?;
    }
    Ok(())
}
