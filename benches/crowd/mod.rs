//! B15: an organization of 200 teams, 200 user groups and 10,000 people under Slack's documented limits. What a command,
//! a form, a click and a home tab cost in calls beside the messages and views that they send, and whether a thousand people
//! can do something within ten minutes. The clock is simulated, so that nobody waits for it, and calls are counted, so that
//! the machine does not matter.

pub(crate) mod clock;
pub(crate) mod office;
mod tiers;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};

use crate::rig;
use crate::rig::run::Report;
use office::{MEMBERS, Office, TEAMS, approver, member};

/// Calls that something a person does may cost, beside the messages and views that it sends.
const MOST_CALLS: usize = 3;
/// Of those who did something, this part may be told to press again.
const MOST_TOLD: f64 = 0.02;
/// Seconds in which everybody does something, and until everything that follows is done.
const RUSH: usize = 600;
const AFTERWARDS: usize = 3_600;
/// Seconds that somebody fills in a form.
const TYPING: usize = 20;

/// What somebody does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Open(usize),
    Send(usize),
    Approve(usize),
    LookAtHome(usize),
}

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    rig::runtime()?.block_on(async {
        cost(report).await?;
        rush(report).await
    })
}

/// The calls of each thing that a person does, asked by somebody of whom nothing fresh is known.
async fn cost(report: &mut Report) -> anyhow::Result<()> {
    let cold = Office::open().await?;
    let before = cold.tiers.questions();
    cold.opens_a_form(&member(39, 0)).await?.then_some(()).context("no form opened after a cold start")?;
    let first = since(&before, &cold.tiers.questions());

    let office = Office::open().await?;
    office.looks_ahead(true).await?;
    let (person, lead) = (member(150, 7), approver(150, 0));
    report.note(&format!("first form, while a start has not asked anything: {first:?}"));
    let mut costs = Vec::new();
    for what in ["list", "form", "sent form", "click", "home tab"] {
        office.settles().await?;
        // Nothing of what is known is young enough to decide by.
        office.clock.passes(61);
        let before = office.tiers.questions();
        match what {
            "list" => drop(office.types(&person, "list").await?),
            "form" => ensure!(office.opens_a_form(&person).await?, "no form opened"),
            "sent form" => ensure!(office.sends_the_form(&person).await?, "a form was not taken"),
            "click" => {
                let requests = office.requests().await?;
                let (request, _) = requests.get(&person).context("nothing was stored")?;
                office.approves(&lead, request).await?;
            }
            _ => {
                office.opens_home(&person).await?;
                office.settles().await?;
            }
        }
        costs.push((what, since(&before, &office.tiers.questions())));
    }
    for (name, calls) in &costs {
        report.note(&format!("{name}: {calls:?}"));
    }
    let most = costs.iter().map(|(_, calls)| calls.values().sum::<usize>()).max().unwrap_or_default();
    report.judge(
        "calls to Slack of a command, form, click or home tab beside messages and views",
        format!("{most} at most"),
        MOST_CALLS.to_string(),
        most <= MOST_CALLS && office.tiers.refused().is_empty(),
    );
    Ok(())
}

fn since(before: &BTreeMap<String, usize>, now: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let more = |(method, count): (&String, &usize)| {
        let more = count - before.get(method).copied().unwrap_or_default();
        (more > 0).then(|| (method.clone(), more))
    };
    now.iter().filter_map(more).collect()
}

/// A thousand people in ten minutes, in an order that is the same in every run.
async fn rush(report: &mut Report) -> anyhow::Result<()> {
    let (forms, clicks, homes) = report.scale.pick((300, 300, 400), (30, 30, 40));
    let office = Office::open().await?;
    office.looks_ahead(true).await?;
    prepare(&office, clicks).await?;
    let waiting = office.requests().await?;
    let mut plan = plan(forms, clicks, homes);
    for second in 0..RUSH + AFTERWARDS {
        for act in plan.remove(&second).unwrap_or_default() {
            match act {
                Act::Open(number) => {
                    if !office.opens_a_form(&asker(number)).await? {
                        plan.entry(second + 60).or_default().push(act);
                        continue;
                    }
                    plan.entry(second + TYPING).or_default().push(Act::Send(number));
                }
                Act::Send(number) => {
                    if !office.sends_the_form(&asker(number)).await? {
                        plan.entry(second + 60).or_default().push(act);
                    }
                }
                Act::Approve(number) => {
                    let (request, _) = waiting.get(&waiter(number)).context("nothing waits")?;
                    office.approves(&approver(number % TEAMS, number / TEAMS), request).await?;
                }
                Act::LookAtHome(number) => office.opens_home(&visitor(number)).await?,
            }
        }
        office.settles().await?;
        office.clock.passes(1);
        if second % 60 == 59 {
            office.looks_ahead(false).await?;
        }
    }
    judge(report, &office, (forms, clicks, homes)).await
}

/// What came of it.
async fn judge(
    report: &mut Report,
    office: &Office,
    (forms, clicks, homes): (usize, usize, usize),
) -> anyhow::Result<()> {
    let stored = office.requests().await?;
    let sent = (0..forms).filter(|number| stored.contains_key(&asker(*number))).count();
    let approved =
        (0..clicks).filter(|n| stored.get(&waiter(*n)).is_some_and(|(_, count)| *count == 1)).count();
    let shown = (0..homes).filter(|number| office.has_a_home(&visitor(*number))).count();
    report.note(&format!("refused by Slack: {:?}", office.tiers.refused()));
    report.judge(
        "forms stored, clicks that count, home tabs shown",
        format!("{sent}, {approved}, {shown}"),
        format!("{forms}, {clicks}, {homes}"),
        (sent, approved, shown) == (forms, clicks, homes),
    );
    let everybody = (0..forms).map(asker).chain((0..homes).map(visitor));
    let approvers = (0..clicks).map(|number| approver(number % TEAMS, number / TEAMS));
    let (mut busy, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for person in everybody.chain(approvers) {
        for refusal in office.refusals(&person) {
            let is_busy = refusal.contains("Slack is busy. Nothing was done; press again in");
            if !is_busy {
                report.note(&format!("{person} reads: {refusal}"));
            }
            if is_busy { &mut busy } else { &mut wrong }.insert(person.clone());
        }
    }
    report.judge("people refused anything else", wrong.len().to_string(), "0", wrong.is_empty());
    #[expect(clippy::cast_precision_loss, reason = "counts of this size are exact")]
    let part = busy.len() as f64 / (forms + clicks + homes) as f64;
    report.judge(
        "people told to press again in some seconds",
        format!("{} ({:.1} %)", busy.len(), part * 100.0),
        format!("{:.0} %", MOST_TOLD * 100.0),
        part <= MOST_TOLD,
    );
    Ok(())
}

/// Requests that wait for the clicks.
async fn prepare(office: &Office, count: usize) -> anyhow::Result<()> {
    for number in 0..count {
        ensure!(office.opens_a_form(&waiter(number)).await?, "no form opened");
        ensure!(office.sends_the_form(&waiter(number)).await?, "a form was not taken");
        office.settles().await?;
        office.clock.passes(5);
        if number % 12 == 11 {
            office.looks_ahead(false).await?;
        }
    }
    for _ in 0..10 {
        office.clock.passes(60);
        office.looks_ahead(false).await?;
        office.settles().await?;
    }
    Ok(())
}

/// What happens in which second.
fn plan(forms: usize, clicks: usize, homes: usize) -> BTreeMap<usize, Vec<Act>> {
    let acts = (0..forms).map(Act::Open).chain((0..clicks).map(Act::Approve));
    let mut plan: BTreeMap<usize, Vec<Act>> = BTreeMap::new();
    let mut random = 88_172_645_463_325_252_u64;
    for act in acts.chain((0..homes).map(Act::LookAtHome)) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let second = usize::try_from(random % RUSH as u64).unwrap_or_default();
        plan.entry(second).or_default().push(act);
    }
    plan
}

/// A thousand different people, and those who had asked before.
fn asker(number: usize) -> String {
    member(number % TEAMS, number / TEAMS)
}

fn visitor(number: usize) -> String {
    member(number % TEAMS, 10 + number / TEAMS)
}

fn waiter(number: usize) -> String {
    member(number % TEAMS, 20 + number / TEAMS)
}

const _: () = assert!(MEMBERS >= 30, "nobody is two people");
