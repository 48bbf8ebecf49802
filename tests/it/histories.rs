//! Random histories: people ask, press whatever button they see or saw once, wait, and have their bot restarted under them.
//! After every step hold the things that always hold.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use playground::Place;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::harness::{Company, Person, Remembered, Setup, run_in};

/// Histories in the suite, and in a long run.
const CASES: u32 = 40;
const MANY_CASES: u32 = 1_000;
/// Steps of one.
const STEPS: Range<usize> = 10..26;

/// What has to happen in one of them at least.
const EVENTS: [&str; 14] = [
    "submitted",
    "approval requested",
    "approved",
    "denied",
    "cancelled",
    "timed out",
    "provisioning",
    "active",
    "warned",
    "renewed",
    "expired",
    "teardown",
    "terminated",
    "refused",
];

/// Buttons that change something.
const BUTTONS: [&str; 8] =
    ["Approve", "Deny", "Cancel", "Renew 30 days", "Tear down", "Try again", "Ask again", "Retain"];
const PERIODS: [&str; 6] = ["5m", "24h", "30d", "30d", "7d", "37d"];
const COMMANDS: [&str; 5] = [
    "/provision s3-bucket BucketPurpose=logs",
    "/provision s3-bucket BucketPurpose=data",
    "/provision rds-postgres DatabaseName=orders",
    "/provision rds-postgres DatabaseName=stock",
    "/provision ecs-service ServiceName=checkout Environment=dev",
];

/// What somebody does next; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Deed {
    Asks {
        person: usize,
        command: usize,
    },
    Presses {
        which: usize,
    },
    PressesOld {
        which: usize,
    },
    Waits {
        period: usize,
    },
    Restarts,
    /// The bot answers, but is killed before it does what it stored.
    Dies {
        which: usize,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let any = || 0..1_000_usize;
    prop_oneof![
        3 => (0..2_usize, 0..COMMANDS.len()).prop_map(|(person, command)| Deed::Asks { person, command }),
        6 => any().prop_map(|which| Deed::Presses { which }),
        2 => any().prop_map(|which| Deed::PressesOld { which }),
        4 => (0..PERIODS.len()).prop_map(|period| Deed::Waits { period }),
        1 => Just(Deed::Restarts),
        1 => any().prop_map(|which| Deed::Dies { which }),
    ]
}

/// A company and every button that anybody has seen in it.
struct History<'a> {
    company: &'a Company,
    seen: Vec<(&'a Person, Remembered)>,
}

impl<'a> History<'a> {
    fn people(&self) -> [&'a Person; 4] {
        let Company { alice, bob, morgan, pat, .. } = self.company;
        [alice, bob, morgan, pat]
    }

    async fn goes_on(&mut self, deed: &Deed) {
        let company = self.company;
        match deed {
            Deed::Asks { person, command } => self.asks(self.people()[*person], COMMANDS[*command]).await,
            Deed::Presses { which } => self.presses(*which).await,
            Deed::PressesOld { which } if !self.seen.is_empty() => {
                let (person, button) = &self.seen[which % self.seen.len()];
                person.presses(button).await;
                self.answers_the_form(person).await;
            }
            Deed::PressesOld { .. } => {}
            Deed::Waits { period } => company.waits(PERIODS[*period]).await,
            Deed::Restarts => company.restarts().await,
            Deed::Dies { which } => {
                company.holds_jobs(true);
                self.presses(*which).await;
                company.restarts().await;
                company.holds_jobs(false);
            }
        }
        company.settle().await;
        self.remembers_all();
        company.checks_what_always_holds().await;
        check_lives(&company.trail_by_request().await);
    }

    async fn asks(&self, person: &Person, command: &str) {
        person.runs(command).await;
        self.answers_the_form(person).await;
    }

    /// Of all that everybody sees now, one button.
    async fn presses(&self, which: usize) {
        let all = self.people().into_iter().flat_map(|person| BUTTONS.map(|button| (person, button)));
        let seen: Vec<_> = all.filter(|(person, button)| person.can_click(button)).collect();
        if let Some((person, button)) = seen.get(which % seen.len().max(1)) {
            person.clicks(button).await;
            self.answers_the_form(person).await;
        }
    }

    /// Fills in what the open form asks for, sends it, and closes whatever is left.
    async fn answers_the_form(&self, person: &Person) {
        if person.asks_in_form("reason") {
            person.fills(&[("reason", "Because <!channel> said so")]).await;
        }
        if person.asks_in_form("name") {
            let name = self.company.newest_request().await.resource_name();
            person.fills(&[("name", &name)]).await;
        }
        if person.has_a_form() {
            // Slack's own client may find something missing, and there may be nothing to send.
            let _ = person.tries_to_submit().await;
        }
        person.closes_all().await;
    }

    fn remembers_all(&mut self) {
        for person in self.people() {
            for button in BUTTONS {
                if person.can_click(button) {
                    let remembered = person.remembers(button);
                    if matches!(remembered.place, Place::Message { .. }) {
                        self.seen.push((person, remembered));
                    }
                }
            }
        }
    }
}

/// What must hold of every request's life, by its entries on the trail: event and detail.
fn check_lives(lives: &BTreeMap<String, Vec<(String, String)>>) {
    for life in lives.values().filter(|life| life[0].0 == "submitted") {
        let count = |event: &str| life.iter().filter(|(happened, _)| happened == event).count();
        let first = |event: &str| life.iter().position(|(happened, _)| happened == event);
        let decisions = count("approved") + count("denied") + count("cancelled") + count("timed out");
        assert!(decisions <= 1, "decided more than once: {life:?}");
        assert!(count("active") <= 1 && count("provisioning") <= 1, "provisioned more than once: {life:?}");
        if let Some(provisioning) = first("provisioning") {
            let decided = first("approved").is_some_and(|approved| approved < provisioning);
            let auto = life[0].1.starts_with("auto-approved");
            assert!(decided != auto, "provisioned undecided: {life:?}");
        }
        let ends = ["denied", "cancelled", "timed out", "failed", "terminated", "retained"];
        let ended: usize = ends.iter().map(|end| count(end)).sum();
        assert!(ended <= 1, "ended more than once: {life:?}");
        if let Some(expired) = first("expired") {
            let warned = life[..expired].iter().rposition(|(happened, _)| happened == "warned");
            let renewed = life[..expired].iter().rposition(|(happened, _)| happened == "renewed");
            assert!(warned.is_some() && warned > renewed, "ended unwarned: {life:?}");
        }
    }
}

/// Whoever waited for an end was told about it, once.
async fn check_messages(company: &Company) {
    let lives = company.trail_by_request().await;
    let ended = |event: &str| lives.values().flatten().filter(|(happened, _)| happened == event).count();
    let people = [&company.alice, &company.bob, &company.morgan, &company.pat];
    let dms: Vec<String> = people.iter().flat_map(|person| person.dms()).collect();
    let heads: Vec<&str> = dms.iter().filter_map(|text| text.lines().next()).collect();
    let told = |words: &str| heads.iter().filter(|head| head.contains(words)).count();
    assert_eq!(told("was denied"), ended("denied"));
    assert_eq!(told("timed out."), ended("timed out"));
    assert_eq!(told("is ready"), ended("active"));
    assert_eq!(told("is torn down."), ended("terminated"));
}

/// Plays so many random histories; how often each event happened in all of them.
fn play(cases: u32, rng_seed: RngSeed) -> BTreeMap<String, usize> {
    let events = RefCell::new(BTreeMap::<String, usize>::new());
    let config = ProptestConfig { cases, rng_seed, max_shrink_iters: 100, ..ProptestConfig::default() };
    let histories = prop::collection::vec(deed(), STEPS);
    let played = TestRunner::new(config).run(&histories, |deeds| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let both = "approvers = [\"U0MORGAN\", \"U0ALICE\"]";
        let setup = Setup::new().in_a_file().with_settings("approvers = [\"U0MORGAN\"]", both);
        runtime.block_on(Box::pin(run_in(setup, async |company| {
            let mut history = History { company, seen: Vec::new() };
            for deed in &deeds {
                Box::pin(history.goes_on(deed)).await;
            }
            check_messages(company).await;
            for (event, _) in company.trail_by_request().await.into_values().flatten() {
                *events.borrow_mut().entry(event).or_default() += 1;
            }
        })));
        Ok(())
    });
    played.unwrap();
    events.into_inner()
}

/// The same histories each time, many enough for everything to happen.
#[test]
fn no_history_of_clicks_waits_and_restarts_breaks_what_always_holds() {
    let events = play(CASES, RngSeed::Fixed(2026));
    for event in EVENTS {
        assert!(events.contains_key(event), "{event} never happens: {events:?}");
    }
}

/// Other histories each time.
#[test]
#[ignore = "takes half an hour: just histories"]
fn no_history_breaks_what_always_holds_however_many_are_played() {
    let events = play(MANY_CASES, RngSeed::Random);
    assert!(EVENTS.iter().all(|event| events.contains_key(*event)), "{events:?}");
}
