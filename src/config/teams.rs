//! The keys of a team in `quartermaster.toml`.

use jiff::civil::Weekday;
use jiff::tz::{self, TimeZone, TimeZoneDatabase};

use super::values::{channel, principals};
use crate::domain::ids::TeamName;
use crate::domain::organization::{ALL_TEAMS, Team};
use crate::domain::quiet_hours::{Hours, QuietHours};
use cloudformation::document::{Reader, nearest};

/// Maximum length of a team name, which becomes part of bucket names and tags.
const LONGEST_TEAM_NAME: usize = 20;

pub(super) fn read(root: &Reader<'_>) -> Vec<Team> {
    if !root.has("teams") {
        root.report(
            "teams",
            "there is no `[[teams]]`",
            "add one with name, members and approvers, such as `[[teams]] name = \"payments\" members = [\"U0ALICE\"] approvers = [\"U0MORGAN\"]`",
        );
    }
    let mut teams: Vec<Team> = Vec::new();
    let readers = root.maps("teams");
    for reader in &readers {
        let team = read_team(reader);
        if teams.iter().any(|other| other.name == team.name) {
            reader.report(
                "name",
                format!("two teams are called `{}`", team.name),
                "give each team its own name",
            );
        }
        teams.push(team);
    }
    // Former names can only be checked once all teams are known.
    for (place, reader) in readers.into_iter().enumerate() {
        check_former_names(&reader, &teams, place);
        reader.finish();
    }
    teams
}

/// Checks that a former name leads to one team: no team has it now, and no two teams claim it.
fn check_former_names(reader: &Reader<'_>, teams: &[Team], place: usize) {
    let team = &teams[place];
    for (number, former) in team.formerly.iter().enumerate() {
        // Only among earlier teams, so that each conflict is reported once.
        let claimed = || teams[..place].iter().find(|other| other.formerly.contains(former));
        let (problem, remedy) = if *former == team.name {
            let problem = format!("team `{former}` was formerly called `{former}`");
            (problem, "leave it out: `formerly` names what the team was called before".to_owned())
        } else if teams.iter().any(|other| other.name == *former) {
            let problem = format!(
                "team `{}` was formerly called `{former}`, and there is a team `{former}`",
                team.name
            );
            (
                problem,
                "leave it out, or remove that team: everything under a former name moves to the new one"
                    .to_owned(),
            )
        } else if team.formerly[..number].contains(former) {
            (format!("`{former}` stands twice in `formerly`"), "write it once".to_owned())
        } else if let Some(other) = claimed() {
            let problem =
                format!("teams `{}` and `{}` were both formerly called `{former}`", other.name, team.name);
            (problem, "write it for the one team that took over from it".to_owned())
        } else {
            continue;
        };
        reader.report("formerly", problem, remedy);
    }
}

fn read_team(reader: &Reader<'_>) -> Team {
    let name = read_name(reader);
    for key in ["members", "approvers"] {
        if !reader.has(key) {
            reader.report(
                key,
                format!("`{}` is missing", reader.path_of(key)),
                format!("add a line such as `{key} = [\"U0ALICE\", \"S0GROUP\"]`"),
            );
        }
    }
    Team {
        name,
        formerly: read_former_names(reader),
        members: principals(reader, "members"),
        approvers: principals(reader, "approvers"),
        channel: channel(reader, "channel"),
        monthly_budget: reader.decimal("monthly_budget"),
        quiet: read_quiet(reader),
    }
}

fn read_name(reader: &Reader<'_>) -> TeamName {
    let name = reader.required_text("name");
    // `required_text` has reported an empty one.
    if !name.trim().is_empty() {
        check_name(reader, "name", &name);
    }
    if name == ALL_TEAMS {
        reader.report(
            "name",
            format!("a team cannot be called `{ALL_TEAMS}`"),
            "give it another name: commands take this word for all teams",
        );
    }
    TeamName::new(name)
}

fn read_former_names(reader: &Reader<'_>) -> Vec<TeamName> {
    let names = reader.list_of_texts("formerly").unwrap_or_default();
    for name in &names {
        check_name(reader, "formerly", name);
    }
    names.into_iter().map(TeamName::new).collect()
}

fn check_name(reader: &Reader<'_>, key: &str, name: &str) {
    let words_shaped = name
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    if !words_shaped || name.len() > LONGEST_TEAM_NAME {
        reader.report(
            key,
            format!("`{name}` cannot be a team's name"),
            "use at most 20 lower-case letters, digits and single hyphens, such as `payments`: it becomes part of resource names",
        );
    }
}

fn read_quiet(reader: &Reader<'_>) -> Option<QuietHours> {
    let zone = reader.text("time_zone").map_or(Some(TimeZone::UTC), |name| zone(reader, &name));
    let hours = hours(reader);
    let days: Vec<Weekday> = reader
        .list_of_texts("quiet_days")
        .unwrap_or_default()
        .iter()
        .filter_map(|text| weekday(reader, text))
        .collect();
    if hours.is_none() && days.is_empty() {
        return None;
    }
    // An unknown zone has been reported already.
    let quiet = QuietHours::new(hours, days, zone?);
    if let Err(error) = &quiet {
        let key = if hours.is_some() { "quiet_hours" } else { "quiet_days" };
        let remedy = "leave some hours of a week out, such as `quiet_hours = \"18:00-08:00\"` and `quiet_days = [\"sat\", \"sun\"]`";
        reader.report(key, error.to_string(), remedy);
    }
    quiet.ok()
}

fn hours(reader: &Reader<'_>) -> Option<Hours> {
    let hours = reader.text("quiet_hours")?.parse::<Hours>();
    if let Err(error) = &hours {
        let remedy = "write when it begins and when it ends, such as `18:00-08:00`";
        reader.report("quiet_hours", error.to_string(), remedy);
    }
    hours.ok()
}

const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn weekday(reader: &Reader<'_>, text: &str) -> Option<Weekday> {
    let day = WEEK.iter().find(|(word, _)| *word == text).map(|(_, day)| *day);
    if day.is_none() {
        let problem = format!("`{text}` in `{}` is not a day of the week", reader.path_of("quiet_days"));
        let word = text.to_lowercase();
        // Whole names begin with the short ones, so `Monday` leads to `mon`.
        let near = WEEK.iter().map(|(near, _)| *near).find(|near| word.starts_with(near));
        let remedy = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write days as `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`".to_owned(),
        };
        reader.report("quiet_days", problem, remedy);
    }
    day
}

/// Finds a time zone by name. Prefers the machine's database, which may be newer than the one built in.
fn zone(reader: &Reader<'_>, name: &str) -> Option<TimeZone> {
    let bundled = TimeZoneDatabase::bundled();
    let zone = tz::db().get(name).or_else(|_| bundled.get(name)).ok();
    if zone.is_none() {
        // Names come from the bundled database, because a machine may have none.
        let names: Vec<String> = bundled.available().map(|names| names.to_string()).collect();
        let remedy = match nearest_zone(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write an IANA name such as `Europe/Berlin`, or `UTC`".to_owned(),
        };
        reader.report("time_zone", format!("there is no time zone `{name}`"), remedy);
    }
    zone
}

/// Finds the zone that is spelled most like `name`, or that has it as its city.
fn nearest_zone<'k>(name: &str, zones: &'k [String]) -> Option<&'k str> {
    // Zones are named after cities, with underscores for spaces: `America/New_York`.
    let city = name.rsplit('/').next().unwrap_or(name).trim().replace(' ', "_");
    let is_city = |zone: &&str| zone.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&city));
    let mut names = zones.iter().map(String::as_str);
    nearest(name, names.clone()).or_else(|| names.find(is_city))
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::*;

    fn with_team(keys: &str) -> String {
        format!(
            "[slack]\napprovals_channel = \"C0APPROVALS\"\n[[teams]]\nname = \"a\"\nmembers = []\napprovers = []\n{keys}\n"
        )
    }

    fn quiet(keys: &str) -> Option<QuietHours> {
        parse(&with_team(keys)).unwrap().organization.teams.remove(0).quiet
    }

    fn problems(keys: &str) -> String {
        let problems = parse(&with_team(keys)).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_team_says_when_nothing_is_torn_down() {
        let nights = "18:00-08:00".parse().ok();
        assert_eq!(quiet(""), None);
        assert_eq!(quiet("time_zone = \"Europe/Berlin\""), None);
        assert_eq!(
            quiet("quiet_hours = \"18:00-08:00\""),
            QuietHours::new(nights, Vec::new(), TimeZone::UTC).ok()
        );
        let berlin = TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
        let weekend = vec![Weekday::Saturday, Weekday::Sunday];
        let friday_night: jiff::Timestamp = "2026-01-16T20:00:00Z".parse().unwrap();
        let problems = quiet(
            "quiet_hours = \"18:00-08:00\"\nquiet_days = [\"sat\", \"sun\"]\ntime_zone = \"Europe/Berlin\"",
        );
        assert_eq!(
            problems.unwrap().until(friday_night),
            QuietHours::new(nights, weekend, berlin).unwrap().until(friday_night)
        );
    }

    #[test]
    fn a_team_says_what_it_was_called_before() {
        let read = |keys: &str| parse(&with_team(keys)).unwrap().organization.teams.remove(0).formerly;
        assert_eq!(read(""), []);
        assert_eq!(read("formerly = [\"c\", \"b-2\"]"), [TeamName::new("c"), TeamName::new("b-2")]);
    }

    #[test]
    fn every_mistake_in_former_names_is_told_with_what_to_write() {
        insta::assert_snapshot!(problems("formerly = [\"Pay ments\", \"a\", \"c\", \"c\"]"), @"
        line 7: `Pay ments` cannot be a team's name: use at most 20 lower-case letters, digits and single hyphens, such as `payments`: it becomes part of resource names
        line 7: team `a` was formerly called `a`: leave it out: `formerly` names what the team was called before
        line 7: `c` stands twice in `formerly`: write it once
        ");
        insta::assert_snapshot!(problems("formerly = \"b\""), @r#"line 7: `teams[0].formerly` is `b` where a list of texts should be: write for example `formerly = ["billing"]`"#);
        insta::assert_snapshot!(problems("formely = [\"b\"]"), @"line 7: unknown key `teams[0].formely`: did you mean `formerly`?");
        let second = "[[teams]]\nname = \"b\"\nmembers = []\napprovers = []\n";
        insta::assert_snapshot!(problems(&format!("formerly = [\"b\"]\n{second}")), @"line 7: team `a` was formerly called `b`, and there is a team `b`: leave it out, or remove that team: everything under a former name moves to the new one");
        insta::assert_snapshot!(problems(&format!("formerly = [\"c\"]\n{second}formerly = [\"c\"]")), @"line 12: teams `a` and `b` were both formerly called `c`: write it for the one team that took over from it");
        insta::assert_snapshot!(problems(&second.replace("\"b\"", "\"all\"")), @"line 8: a team cannot be called `all`: give it another name: commands take this word for all teams");
    }

    #[test]
    fn every_mistake_in_a_quiet_time_is_told_with_an_example() {
        insta::assert_snapshot!(problems("quiet_hours = \"6pm\"\nquiet_days = [\"Saturday\", \"so\"]\ntime_zone = \"Europe/Berlni\""), @"
        line 7: `6pm` is not a time of the day, a hyphen and another time of the day: write when it begins and when it ends, such as `18:00-08:00`
        line 8: `Saturday` in `teams[0].quiet_days` is not a day of the week: did you mean `sat`?
        line 8: `so` in `teams[0].quiet_days` is not a day of the week: write days as `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`
        line 9: there is no time zone `Europe/Berlni`: did you mean `Europe/Berlin`?
        ");
        insta::assert_snapshot!(problems("quiet_hours = \"08:00-08:00\""), @"line 7: `08:00-08:00` ends when it begins: write when it begins and when it ends, such as `18:00-08:00`");
        insta::assert_snapshot!(problems("quiet_hours = \"00:00-24:00\""), @r#"line 7: this team would be quiet at every hour of every day, so nothing could ever be torn down: leave some hours of a week out, such as `quiet_hours = "18:00-08:00"` and `quiet_days = ["sat", "sun"]`"#);
        insta::assert_snapshot!(problems("quiet_days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]"), @r#"line 7: this team would be quiet at every hour of every day, so nothing could ever be torn down: leave some hours of a week out, such as `quiet_hours = "18:00-08:00"` and `quiet_days = ["sat", "sun"]`"#);
        insta::assert_snapshot!(problems("time_zone = \"Sao Paulo\""), @"line 7: there is no time zone `Sao Paulo`: did you mean `America/Sao_Paulo`?");
        insta::assert_snapshot!(problems("time_zone = \"the office\""), @"line 7: there is no time zone `the office`: write an IANA name such as `Europe/Berlin`, or `UTC`");
        insta::assert_snapshot!(problems("quiet_hour = \"18:00-08:00\""), @"line 7: unknown key `teams[0].quiet_hour`: did you mean `quiet_hours`?");
    }
}
