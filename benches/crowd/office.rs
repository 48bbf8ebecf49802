//! An organization of 200 teams, each a user group, among 10,000 people, with its bot in this process and a Slack that
//! keeps to its documented limits.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use playground::{Ack, Channel, Group, LedTo, Person, Place, Playground, Settings as SlackSettings};
use quartermaster::config::{Environment, Inbound, Secret, Settings, StoreChoice};
use quartermaster::domain::ids::GroupId;
use quartermaster::ports::clock::Clock;
use quartermaster::ports::directory::Freshness;
use quartermaster::ports::limits::Limits;
use quartermaster::ports::store::{RequestFilter, RequestScope};
use quartermaster::wiring::{App, Backends};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::clock::SimulatedClock;
use super::tiers::{Tiers, keep};
use crate::rig::signed::SECRET;

/// Teams, and user groups.
pub(crate) const TEAMS: usize = 200;
/// People of a team.
pub(crate) const MEMBERS: usize = 50;

/// Where everybody is.
const EVERYWHERE: &str = "C0EVERYBODY";
const CARDS: &str = "C0APPROVALS";
const TOKEN: &str = "xoxb-bench";

/// The organization.
pub(crate) struct Office {
    pub(crate) clock: SimulatedClock,
    pub(crate) tiers: Tiers,
    playground: Playground,
    app: App,
}

/// The person of a team with this number.
pub(crate) fn member(team: usize, number: usize) -> String {
    format!("U{team:03}M{number:03}")
}

/// One of the two who approve for a team.
pub(crate) fn approver(team: usize, number: usize) -> String {
    member(team, MEMBERS - 1 - number % 2)
}

fn group(team: usize) -> String {
    format!("S0TEAM{team:03}")
}

impl Office {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        Self::open_at(":memory:", SimulatedClock::new()).await
    }

    /// On a store of its own.
    pub(crate) async fn open_at(store: &str, clock: SimulatedClock) -> anyhow::Result<Self> {
        let tiers = Tiers::new(&clock);
        let playground = playground(&clock);
        let slack = listener().await?;
        let bot = listener().await?;
        let (slack_at, bot_at) = (origin(&slack)?, origin(&bot)?);
        playground.set_bot_url(bot_at);
        playground.set_public_url(slack_at.clone());
        let router = playground.router().layer(axum::middleware::from_fn_with_state(tiers.clone(), keep));
        tokio::spawn(async move { axum::serve(slack, router).await });
        let environment = Environment {
            inbound: Inbound::Http { signing_secret: Secret::new(SECRET) },
            bot_token: Secret::new(TOKEN),
            slack_api_url: format!("{slack_at}/api/"),
            events_secret: None,
        };
        let app = app(store, &clock, &environment).await?;
        let router = app.router();
        tokio::spawn(async move { axum::serve(bot, router).await });
        Ok(Self { clock, tiers, playground, app })
    }

    /// What a start asks Slack, and what is looked after every minute.
    pub(crate) async fn looks_ahead(&self, is_start: bool) -> anyhow::Result<()> {
        let directory = &self.app.portal.ports.directory;
        if is_start {
            self.app.edge.warm_up().await;
            directory.group_members(&GroupId::new(group(0)), Freshness::Known).await?;
        }
        directory.refresh().await;
        Ok(())
    }

    /// Does everything that is due now.
    pub(crate) async fn settles(&self) -> anyhow::Result<()> {
        self.app.edge.settle().await;
        self.app.dispatcher.drain().await?;
        self.app.edge.settle().await;
        Ok(())
    }

    /// Types a command.
    pub(crate) async fn types(&self, person: &str, words: &str) -> anyhow::Result<Ack> {
        let ack = self.playground.run_command(person, EVERYWHERE, &format!("/provision {words}")).await?;
        self.app.edge.settle().await;
        Ok(ack)
    }

    /// Opens the form and fills it in; whether it opened.
    pub(crate) async fn opens_a_form(&self, person: &str) -> anyhow::Result<bool> {
        self.types(person, "rds-postgres").await?;
        let Some(view) = self.playground.view(person) else { return Ok(false) };
        let id = view["id"].as_str().context("a view without an id")?;
        let typed = json!("orders");
        self.playground.set_input(person, id, "param.DatabaseName", "value", typed).await?;
        self.app.edge.settle().await;
        Ok(true)
    }

    /// Sends the form that is open; whether it was taken. Where it was not, what was typed must still be there.
    pub(crate) async fn sends_the_form(&self, person: &str) -> anyhow::Result<bool> {
        let view = self.playground.view(person).context("no form is open")?;
        let id = view["id"].as_str().context("a view without an id")?.to_owned();
        let ack = self.playground.submit(person, &id).await?;
        self.app.edge.settle().await;
        if ack.led_to == LedTo::ViewsCleared {
            return Ok(true);
        }
        let still = self.playground.view(person).context("a form that was not taken is gone")?;
        ensure!(still.to_string().contains("param.DatabaseName"), "a form was replaced: {still}");
        Ok(false)
    }

    /// Presses Approve on the card of one of this team's requests that waits.
    pub(crate) async fn approves(&self, person: &str, request: &str) -> anyhow::Result<()> {
        let cards = self.playground.messages(CARDS, person);
        let found = cards.iter().find_map(|card| {
            let (block, action) = approve_button(&card.blocks, request)?;
            Some((Place::message(&card.channel, &card.ts), block, action))
        });
        let (place, block, action) = found.with_context(|| format!("no card of {request} waits"))?;
        self.playground.click(person, &place, &block, &action).await?;
        self.app.edge.settle().await;
        Ok(())
    }

    pub(crate) async fn opens_home(&self, person: &str) -> anyhow::Result<()> {
        self.playground.open_home(person).await?;
        self.app.edge.settle().await;
        Ok(())
    }

    /// Requests by who asked, and how many approvals each has.
    pub(crate) async fn requests(&self) -> anyhow::Result<BTreeMap<String, (String, usize)>> {
        let store = &self.app.portal.ports.store;
        let mut found = BTreeMap::new();
        for team in store.teams().await? {
            let whose = RequestScope::Team(team);
            for which in [RequestFilter::Live, RequestFilter::Ended] {
                for request in store.list(&whose, which, None, 1_000).await?.requests() {
                    let state = (request.id.to_string(), request.creation.consents.len());
                    found.insert(request.requester.to_string(), state);
                }
            }
        }
        Ok(found)
    }

    pub(crate) fn has_a_home(&self, person: &str) -> bool {
        self.playground.home(person).is_some()
    }

    /// What this person was told in place of what they wanted: nobody here does anything that has to be refused.
    pub(crate) fn refusals(&self, person: &str) -> Vec<String> {
        let own = self.playground.ephemerals(person).into_iter();
        let mut told: Vec<String> = own.map(|message| message.text + &message.blocks.to_string()).collect();
        told.extend(self.playground.field_errors(person).into_iter().map(|(_, text)| text));
        // A view without a field is a note in the place of a form.
        let notes = self.playground.view(person).map(|view| view.to_string());
        told.extend(notes.filter(|view| !view.contains("\"type\":\"input\"")));
        told
    }
}

fn approve_button(blocks: &Value, request: &str) -> Option<(String, String)> {
    blocks.as_array()?.iter().find_map(|block| {
        let element = block["elements"].as_array()?.iter().find(|element| {
            let value = element["value"].as_str().unwrap_or_default();
            element["action_id"] == "request.approve" && value.starts_with(request)
        })?;
        Some((block["block_id"].as_str()?.to_owned(), element["action_id"].as_str()?.to_owned()))
    })
}

fn playground(clock: &SimulatedClock) -> Playground {
    let reading = clock.clone();
    let mut slack = SlackSettings::demo(SECRET, TOKEN, Arc::new(move || reading.now()));
    // The machine may be busy; what is measured are calls.
    slack.ack_within = Duration::from_mins(1);
    for team in 0..TEAMS {
        let members: Vec<String> = (0..MEMBERS).map(|number| member(team, number)).collect();
        slack.people.extend(members.iter().map(|id| Person {
            id: id.clone(),
            name: id.to_lowercase(),
            real_name: id.clone(),
            email: format!("{}@example.com", id.to_lowercase()),
            tz: "Europe/Berlin".to_owned(),
            ..Person::default()
        }));
        slack.groups.push(Group { id: group(team), members, ..Group::default() });
    }
    let everybody: Vec<String> = slack.people.iter().map(|person| person.id.clone()).collect();
    slack.channels.retain(|channel| channel.id != CARDS);
    for id in [EVERYWHERE, CARDS] {
        let mut members = everybody.clone();
        members.push(slack.identity.bot_user.clone());
        slack.channels.push(Channel {
            id: id.to_owned(),
            name: id.to_lowercase(),
            members,
            ..Channel::default()
        });
    }
    Playground::new(slack)
}

async fn app(store: &str, clock: &SimulatedClock, environment: &Environment) -> anyhow::Result<App> {
    let mut text = format!("[slack]\nburst = 0\napprovals_channel = \"{CARDS}\"\nadmins = [\"U0ADMIN\"]\n");
    text += "\n[simulated]\nstep = \"0s\"\n";
    for team in 0..TEAMS {
        let approvers = [approver(team, 0), approver(team, 1)];
        let members = [group(team)];
        writeln!(
            text,
            "\n[[teams]]\nname = \"team-{team:03}\"\nmembers = {members:?}\napprovers = {approvers:?}"
        )?;
    }
    let settings = Settings::parse("B15", &text);
    let mut settings =
        settings.map_err(|problems| anyhow::anyhow!("the settings are wrong: {problems:?}"))?;
    settings.backend.store = StoreChoice::Sqlite(store.to_owned());
    let catalog = quartermaster::catalog::built_in();
    let mut catalog = catalog.map_err(|problems| anyhow::anyhow!("the catalog is wrong: {problems:?}"))?;
    for product in catalog.products.values_mut() {
        Arc::make_mut(product).quota.per_team = 1_000_000;
    }
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let backends = Backends::embedded(&settings, &clock)?;
    backends.bring_forward().await?;
    // Messages have a pace of their own, which B11 measures.
    let limits = Limits { pace: Duration::ZERO, ..Limits::default() };
    App::new(backends, &settings, environment, clock, Arc::new(catalog), limits)
}

async fn listener() -> anyhow::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await.context("cannot listen")
}

fn origin(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://{}", listener.local_addr().context("cannot read the address")?))
}
