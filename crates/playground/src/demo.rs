//! The demo workspace of `dev`: two developers of two teams, an approver, a person without a team, and a
//! platform admin.

use std::time::Duration;

use super::settings::{Channel, Group, Identity, Now, Paths, Person, RateLimits, Settings, Shortcut};

/// How long Slack waits for an ack.
const ACK_WITHIN: Duration = Duration::from_secs(3);

impl Settings {
    /// Returns the demo workspace. Its addresses are empty: set them with `set_bot_url` and `set_public_url`
    /// once the port is known.
    pub fn demo(signing_secret: impl Into<String>, bot_token: impl Into<String>, now: Now) -> Self {
        Self {
            bot_url: String::new(),
            public_url: String::new(),
            signing_secret: signing_secret.into(),
            bot_token: bot_token.into(),
            app_token: None,
            paths: Paths::default(),
            command: "/provision".to_owned(),
            should_escape: true,
            completions: completions(),
            shortcuts: vec![Shortcut {
                name: "Request a resource".to_owned(),
                callback_id: "catalog.open".to_owned(),
            }],
            identity: Identity::default(),
            people: people(),
            groups: vec![Group {
                id: "S0LEADS".to_owned(),
                name: "Engineering leads".to_owned(),
                handle: "leads".to_owned(),
                members: vec!["U0MORGAN".to_owned()],
            }],
            channels: channels(),
            rate_limits: RateLimits::default(),
            ack_within: ACK_WITHIN,
            keep_in: None,
            now,
            advance: None,
        }
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            team_id: "T0PLAY".to_owned(),
            enterprise: None,
            team_domain: "playground".to_owned(),
            app_id: "A0QM".to_owned(),
            bot_user: "U0QM".to_owned(),
            bot_id: "B0QM".to_owned(),
            name: "Quartermaster".to_owned(),
        }
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            commands: "/slack/commands".to_owned(),
            interactions: "/slack/interactions".to_owned(),
            options: "/slack/options".to_owned(),
            events: "/slack/events".to_owned(),
        }
    }
}

fn completions() -> Vec<(String, String)> {
    [
        ("/provision", "open the catalog"),
        ("/provision s3-bucket", "request an S3 bucket"),
        ("/provision rds-postgres", "request a PostgreSQL database"),
        ("/provision ecs-service", "request a container service"),
        ("/provision list", "your requests and resources"),
        ("/provision list payments", "what a team has"),
        ("/provision status ", "how one request stands: add its id"),
        ("/provision renew ", "keep a resource longer: add its id"),
        ("/provision teardown ", "delete a resource: add its id"),
        ("/provision again ", "the same once more: add its id"),
        ("/provision transfer ", "give a resource to somebody else: add its id"),
        ("/provision cancel ", "withdraw a request: add its id"),
        ("/provision costs", "what your team's resources cost a month"),
        ("/provision audit ", "the trail of one request: add its id"),
        ("/provision help", "everything you can ask for"),
    ]
    .into_iter()
    .map(|(text, hint)| (text.to_owned(), hint.to_owned()))
    .collect()
}

fn people() -> Vec<Person> {
    vec![
        person("U0ALICE", "Alice Adams", "developer, payments"),
        person("U0BOB", "Bob Brown", "developer, search"),
        person("U0MORGAN", "Morgan Lee", "approver, team lead"),
        person("U0OLGA", "Olga Orlov", "outsider, in no team"),
        Person { is_admin: true, ..person("U0ADMIN", "Pat Quinn", "platform admin") },
    ]
}

fn person(id: &str, real_name: &str, title: &str) -> Person {
    let name = real_name.split(' ').next().unwrap_or(real_name).to_lowercase();
    Person {
        id: id.to_owned(),
        email: format!("{name}@playground.example"),
        name,
        real_name: real_name.to_owned(),
        tz: "Europe/Berlin".to_owned(),
        title: title.to_owned(),
        ..Person::default()
    }
}

fn channels() -> Vec<Channel> {
    let everyone = ["U0ALICE", "U0BOB", "U0MORGAN", "U0OLGA", "U0ADMIN"];
    vec![
        channel("C0GENERAL", "general", &everyone),
        channel("C0PAYMENTS", "team-payments", &["U0ALICE", "U0MORGAN", "U0ADMIN"]),
        channel("C0SEARCH", "team-search", &["U0BOB", "U0MORGAN", "U0ADMIN"]),
        channel("C0APPROVALS", "approvals", &["U0MORGAN", "U0ADMIN"]),
        channel("C0AUDIT", "audit", &["U0ADMIN"]),
    ]
}

fn channel(id: &str, name: &str, people: &[&str]) -> Channel {
    let bot = Identity::default().bot_user;
    Channel {
        id: id.to_owned(),
        name: name.to_owned(),
        members: people.iter().map(|person| (*person).to_owned()).chain([bot]).collect(),
        ..Channel::default()
    }
}
