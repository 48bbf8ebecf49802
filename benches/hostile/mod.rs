//! B10: what somebody without the secret can do to the program: bodies of 100 MiB, bodies that never end, signatures that
//! are forged, old or missing. It must cost less than an honest request, and nearly no memory.

mod bodies;
pub(crate) mod dawdlers;

use crate::rig;
use crate::rig::bot::{Server, is_help};
use crate::rig::company::Company;
use crate::rig::connection::Answer;
use crate::rig::figures::median;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// MiB by which the program may grow, at any moment.
const GROWTH: f64 = 4.0;
/// A busy machine is slow to give memory back.
const QUICK_GROWTH: f64 = 8.0;
/// What a refusal may cost, in times of an honest request.
const COST: f64 = 1.0;
/// A quick run has too few requests to tell as much as a hundredth of a second apart.
const QUICK_COST: f64 = 2.0;
/// Connections that stay open.
const CONNECTIONS: usize = 16;

/// What is sent for the price of a refusal.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Honest,
    Forged,
    Old,
    Missing,
}

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let slack = Slack::start(Manners::default())?;
    let server = Company::in_folder(folder.path()).start(&slack.api)?;
    prices(report, &server)?;
    let before = server.mebibytes("status", "VmRSS")?;
    let limit = report.scale.pick(GROWTH, QUICK_GROWTH);
    for (name, send) in bodies::ALL {
        server.forget_peak()?;
        let refused = send(server.address)?;
        let growth = (server.mebibytes("status", "VmHWM")? - before).max(0.0);
        report.judge(
            &format!("growth of the memory by {name}"),
            format!("{growth:.1} MiB; {refused}"),
            format!("{limit} MiB"),
            growth <= limit,
        );
    }
    // It still works.
    round(&server, Kind::Honest, 10).map(drop)
}

fn prices(report: &mut Report, server: &Server) -> anyhow::Result<()> {
    let (rounds, requests) = report.scale.pick((7, 10_000), (2, 4_000));
    round(server, Kind::Honest, 1_000)?;
    let kinds = [Kind::Forged, Kind::Old, Kind::Missing];
    let mut ratios = kinds.map(|_| Vec::new());
    for _ in 0..rounds {
        let honest = round(server, Kind::Honest, requests)?;
        for (kind, ratios) in kinds.into_iter().zip(&mut ratios) {
            ratios.push(round(server, kind, requests)? / honest);
        }
    }
    let [forged, old, missing] = ratios.map(|ratios| median(&ratios));
    let limit = report.scale.pick(COST, QUICK_COST);
    report.judge(
        "processor time to refuse a forged, old or missing signature, against a valid request",
        format!("{forged:.2} ×, {old:.2} ×, {missing:.2} ×"),
        format!("{limit} ×"),
        [forged, old, missing].into_iter().all(|ratio| ratio <= limit),
    );
    Ok(())
}

/// Processor time of the server for so many requests.
fn round(server: &Server, kind: Kind, requests: usize) -> anyhow::Result<f64> {
    let (honest, stranger) = (Signer::new(SECRET)?, Signer::new("another secret")?);
    let path = "/slack/commands";
    let request = |number: usize| {
        let body = signed::help(number);
        match kind {
            Kind::Honest => honest.request(path, &body),
            Kind::Forged => stranger.request(path, &body),
            Kind::Old => honest.request_of(3_600, path, &body),
            Kind::Missing => signed::unsigned(path, &body),
        }
    };
    let is_right = |_: usize, answer: &Answer<'_>| match kind {
        Kind::Honest => is_help(answer),
        Kind::Forged | Kind::Old | Kind::Missing => answer.status == 401 && answer.body.is_empty(),
    };
    let load = Load::closed(server.address, CONNECTIONS, requests, &request, &is_right);
    let before = server.cpu()?;
    load.run()?;
    Ok(server.cpu()? - before)
}
