//! B11: five hundred requests ask the approvers in one channel, at a pace that Slack watches: more than it allows is
//! refused, and now and then it refuses for a second anyway. The program must use nearly all of what is allowed, show
//! every card once, and keep their order.
//!
//! The whole program runs in this process, because only there its pace can be made faster than Slack's one message a
//! second.

mod gate;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use quartermaster::config::{Environment, Inbound, Secret, Settings};
use quartermaster::ports::clock::{Clock, SystemClock};
use quartermaster::ports::limits::Limits;
use quartermaster::wiring::{App, Backends};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::rig;
use crate::rig::bot::is_stored;
use crate::rig::company::Company;
use crate::rig::connection::Answer;
use crate::rig::form::FilledForm;
use crate::rig::kept;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{SECRET, Signer};
use crate::rig::slack::{Call, Manners, Slack};
use gate::{Gate, HELD_FOR, HOLDS};

/// Of what Slack allows, this part has to be used.
const USED: f64 = 0.95;
/// A busy machine wastes some of it.
const QUICK_USED: f64 = 0.7;
/// How long the cards may take at most before the run is given up, in times of what they ought to.
const PATIENCE: u32 = 4;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let (cards, pace) = report.scale.pick((500, 100), (120, 50));
    let pace = Duration::from_millis(pace);
    let folder = rig::folder()?;
    let company = Company::in_folder(folder.path()).with_quota(1_000_000)?;
    let slack = Slack::start(Manners { remembers: true, ..Manners::default() })?;
    let (gate, counts) = Gate::new("C0APPROVALS", pace, cards);
    slack.set_gate(gate.boxed());
    let runtime = rig::runtime()?;
    let stop = CancellationToken::new();
    let (address, running) = runtime.block_on(start(&company, &slack.api, pace, stop.clone()))?;
    let form = FilledForm::of("rds-postgres", folder.path())?;
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| signer.request("/slack/interactions", &form.body(number));
    let is_right = |_: usize, answer: &Answer<'_>| is_stored(answer);
    // One after the other, so that they have an order.
    Load::closed(address, 1, cards, &request, &is_right).run()?;
    let ought = pace * u32::try_from(cards)? + HELD_FOR * u32::try_from(HOLDS)?;
    let posted = slack.hears(ought * PATIENCE, |calls| {
        let posted: Vec<Card> = calls.iter().filter_map(Card::of).collect();
        (posted.len() >= cards).then_some(posted)
    });
    stop.cancel();
    runtime.block_on(running).context("the program ended badly")??;
    let posted =
        posted.with_context(|| format!("not all of {cards} cards came within {:?}", ought * PATIENCE))?;
    let asked = kept::texts(&company.store(), "SELECT id FROM requests ORDER BY rowid")?;
    ensure!(asked.len() == cards, "{} of {cards} requests were stored", asked.len());
    let (first, last) = (posted.first().context("no card")?, posted.last().context("no card")?);
    let held = counts.held();
    let taken = (last.at - first.at).saturating_sub(held);
    #[expect(clippy::cast_precision_loss, reason = "counts of this size are exact")]
    let used = (cards - gate::BURST) as f64 * pace.as_secs_f64() / taken.as_secs_f64();
    report
        .note(&format!("{cards} cards, one each {pace:?}, {} refused, held for {held:?}", counts.refused()));
    let wanted = report.scale.pick(USED, QUICK_USED);
    report.judge(
        "cards in one channel, part of the allowed pace that was used",
        format!("{used:.2}"),
        format!("at least {wanted}"),
        used >= wanted,
    );
    let shown: Vec<&str> = posted.iter().map(|card| card.request.as_str()).collect();
    let once = asked.iter().filter(|id| shown.iter().filter(|shown| *shown == id).count() == 1).count();
    report.judge(
        "cards shown exactly once",
        format!("{once} of {cards}"),
        "all".to_owned(),
        once == cards && shown.len() == cards,
    );
    let moved = most_moved(&asked, &shown);
    let most = report.scale.pick(MOVED, QUICK_MOVED);
    report.judge(
        "places by which a card is out of order at most",
        moved.to_string(),
        most.to_string(),
        moved <= most,
    );
    Ok(())
}

/// Cards that are on their way at the same moment may overtake each other.
const MOVED: usize = 8;
/// On a busy machine more of them are.
const QUICK_MOVED: usize = 40;

fn most_moved(asked: &[String], shown: &[&str]) -> usize {
    let place = |id: &str| asked.iter().position(|asked| asked == id).unwrap_or(usize::MAX);
    shown.iter().enumerate().map(|(at, id)| place(id).abs_diff(at)).max().unwrap_or_default()
}

/// A card that was let in.
struct Card {
    request: String,
    at: std::time::Instant,
}

impl Card {
    fn of(call: &Call) -> Option<Self> {
        let is_here = call.method == "chat.postMessage" && call.body["channel"] == "C0APPROVALS";
        let button = is_here.then(|| rig::slack::button(&call.body, "request.approve"))??;
        let (request, _) = button.split_once(':')?;
        Some(Self { request: request.to_owned(), at: call.at })
    }
}

type Running = tokio::task::JoinHandle<anyhow::Result<()>>;

/// The whole program in this process.
async fn start(
    company: &Company,
    slack_api: &str,
    pace: Duration,
    stop: CancellationToken,
) -> anyhow::Result<(std::net::SocketAddr, Running)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen")?;
    let address = listener.local_addr().context("cannot read the address")?;
    let settings = Settings::read(&company.settings(address)?);
    let settings = settings.map_err(|problems| anyhow::anyhow!("the settings are wrong: {problems:?}"))?;
    let catalog = quartermaster::catalog::load(&settings.catalog, None);
    let catalog = catalog.map_err(|problems| anyhow::anyhow!("the catalog is wrong: {problems:?}"))?;
    let environment = Environment {
        inbound: Inbound::Http { signing_secret: Secret::new(SECRET) },
        bot_token: Secret::new("xoxb-bench"),
        slack_api_url: slack_api.to_owned(),
        events_secret: None,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let backends = Backends::embedded(&settings, &clock)?;
    let app = App::new(
        backends,
        &settings,
        &environment,
        clock,
        Arc::new(catalog),
        Limits { pace, ..Limits::default() },
    )?;
    Ok((address, tokio::spawn(app.run(listener, stop))))
}
