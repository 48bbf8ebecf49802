//! The company: its teams and people, a catalog in which everything happens within seconds, and its Slack.

use std::fs;

use playground::{Channel, Group, Person, Playground, RateLimits};

use crate::place::{Place, copy};
use crate::process::slack;

/// Teams of two, each with a channel of its own: Slack takes one message a second in each conversation.
pub(crate) const TEAMS: usize = 6;
/// Everybody who may approve.
pub(crate) const APPROVERS: [&str; 2] = ["U0MORGAN", "U0LEE"];
/// The platform team.
pub(crate) const ADMIN: &str = "U0ADMIN";
/// The group that the approvers are in, so that Slack has to be asked who they are.
pub(crate) const LEADS: &str = "S0LEADS";
/// What can be asked for: key and fields that are filled in.
pub(crate) const PRODUCTS: [(&str, &str); 4] = [
    ("s3-bucket", "BucketPurpose=logs"),
    ("rds-postgres", "DatabaseName=orders"),
    ("broken-bucket", "BucketPurpose=logs"),
    ("stuck-bucket", "BucketPurpose=logs"),
];

/// The two developers of a team.
pub(crate) fn members(team: usize) -> [String; 2] {
    ["A", "B"].map(|which| format!("U0DEV{team}{which}"))
}

/// The channel of a team.
pub(crate) fn channel(team: usize) -> String {
    format!("C0TEAM{team}")
}

/// An operator's folder with these settings and this catalog.
pub(crate) fn place(listen: &str) -> Place {
    let place = Place::new(listen);
    let settings = format!(
        r#"
[server]
listen = "{listen}"
[slack]
approvals_channel = "C0APPROVALS"
burst = 0
audit_channel = "C0AUDIT"
admins = ["{ADMIN}"]
[simulated]
step = "20ms"
pace = "20ms"
fail_products = ["broken-bucket"]
fail_teardowns = ["stuck-bucket"]
"#
    );
    let settings: String = [settings].into_iter().chain((0..TEAMS).map(team_settings)).collect();
    fs::write(place.file("quartermaster.toml"), settings).unwrap();
    hurry(&place);
    place
}

fn team_settings(team: usize) -> String {
    let [one, other] = members(team);
    let channel = channel(team);
    format!(
        r#"
[[teams]]
name = "team-{team}"
members = ["{one}", "{other}"]
approvers = ["{LEADS}"]
channel = "{channel}"
"#
    )
}

/// Buckets are warned about after seconds and end after some more; whoever asks for a database waits for seconds. A bot that
/// is killed moves a time limit up to seven times, so one of four seconds runs out within half a minute.
fn hurry(place: &Place) {
    let bucket = "catalog/s3-bucket/product.yml";
    let lease = "lease: { ttl: 30d, grace: 7d, reminders: [1d], renew: [30d], max_renewals: 12 }";
    let brief = "lease: { ttl: 3s, grace: 6s, reminders: [2s], renew: [4s], max_renewals: 1 }";
    place.replace(bucket, lease, brief);
    place.replace(bucket, "mode: auto", "mode: auto\n  timeout: 5s");
    place.replace(bucket, "per_team: 10", "per_team: 1000");
    place.replace(bucket, "type-the-name", "click");
    let database = "catalog/rds-postgres/product.yml";
    place.replace(database, "timeout: 24h", "timeout: 4s\n  remind_after: 1s\n  escalate_after: 2s");
    place.replace(database, "per_team: 3", "per_team: 1000");
    place.replace(database, "type-the-name", "click");
    for (key, name) in [("broken-bucket", "Broken Bucket"), ("stuck-bucket", "Stuck Bucket")] {
        let folder = place.file(&format!("catalog/{key}"));
        fs::create_dir(&folder).unwrap();
        copy(&place.file("catalog/s3-bucket"), &folder);
        place.replace(&format!("catalog/{key}/product.yml"), "Secure S3 Bucket", name);
    }
}

/// The Slack of all these people, whose bot is at `bot`, and where that Slack is.
pub(crate) async fn workspace(bot: &str) -> (Playground, String) {
    let (playground, origin) = slack(bot).await;
    // A year of people's doings in minutes; what Slack's limits do is another story.
    playground.set_rate_limits(RateLimits::all(10_000));
    playground.change(|workspace| {
        let developers = (0..TEAMS).flat_map(members);
        let new = developers.clone().chain([APPROVERS[1].to_owned()]);
        workspace.people.extend(new.map(|id| Person {
            name: id.to_lowercase(),
            real_name: id.clone(),
            email: format!("{id}@playground.example"),
            tz: "Europe/Berlin".to_owned(),
            id,
            ..Person::default()
        }));
        let leads = Group { members: APPROVERS.map(str::to_owned).to_vec(), ..workspace.groups[0].clone() };
        workspace.groups = vec![leads];
        let everybody: Vec<String> = developers
            .chain(APPROVERS.map(str::to_owned))
            .chain([ADMIN.to_owned(), "U0QM".to_owned()])
            .collect();
        let channels = (0..TEAMS).map(|team| Channel {
            id: channel(team),
            name: format!("team-{team}"),
            members: everybody.clone(),
            ..Channel::default()
        });
        workspace.channels.extend(channels);
    });
    (playground, origin)
}
