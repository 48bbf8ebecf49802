//! How it is packed and started: the container, the unit, and the steps that the docs lead through. What systemd thinks
//! of the unit is `.ci/lint-unit`'s.

use cloudformation::document::{Node, parse_toml};

use crate::source::{files_under, none, read, root};

/// The value behind the first `key` that a line begins with.
fn after<'t>(text: &'t str, key: &str) -> &'t str {
    let found = text.lines().find_map(|line| line.trim_start().strip_prefix(key));
    found.unwrap_or_else(|| panic!("no line begins with `{key}`")).trim()
}

#[test]
fn the_container_is_the_one_that_the_stack_runs() {
    let (docker, portal) = (read("Dockerfile"), read("infra/portal.yml"));
    let user = after(&docker, "USER ");
    assert_eq!(after(&portal, "User: ").trim_matches('\''), user);
    assert!(docker.contains(&format!("--chown={user} ")), "the folder of the database is somebody else's");
    let config = after(&docker, "ENV QUARTERMASTER_CONFIG=");
    assert_eq!(after(&portal, "- { Name: QUARTERMASTER_CONFIG, Value: ").trim_end_matches(" }"), config);
    let unit = read("infra/quartermaster.service");
    assert_eq!(after(&unit, "Environment=QUARTERMASTER_CONFIG="), config);
    let entry = after(&docker, "ENTRYPOINT ").trim_matches(['[', ']', '"']);
    let command = after(&docker, "CMD ").trim_matches(['[', ']', '"']);
    assert_eq!(after(&portal, "Command: "), format!("[{command}]"));
    assert_eq!(after(&unit, "ExecStart="), format!("{entry} {command}"));
}

#[test]
fn the_container_is_built_by_the_oldest_rust_that_is_promised_and_holds_nothing_else() {
    let docker = read("Dockerfile");
    let promised = after(&read("Cargo.toml"), "rust-version = ").trim_matches('"').to_owned();
    assert_eq!(after(&docker, "FROM rust:"), format!("{promised}-alpine AS build"));
    assert!(docker.contains("\nFROM scratch\n"));
}

#[test]
fn the_forge_tests_with_the_oldest_rust_that_is_promised_and_pins_what_it_runs() {
    let promised = after(&read("Cargo.toml"), "rust-version = ").trim_matches('"').to_owned();
    let gate = read(".github/workflows/ci.yml");
    assert!(after(&gate, "container: ").starts_with(&format!("rust:{promised}-")));
    let advisories = read(".github/workflows/advisories.yml");
    assert_eq!(after(&advisories, "rust-version: ").trim_matches('"'), promised);
    let mut problems = Vec::new();
    for path in files_under(".github/workflows") {
        for line in read(&path).lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let hash =
                action.split_once('@').map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
            let is_hash = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_pinned = is_hash && action.contains(" # v");
            problems.extend((!is_pinned).then(|| format!("{path}: name a hash and its version: `{action}`")));
        }
    }
    none(&problems);
}

/// A folder that has moved would no longer be kept up to date, and nothing would say so.
#[test]
fn the_folders_that_the_forge_looks_after_are_there() {
    let mut problems = Vec::new();
    for line in read(".github/dependabot.yml").lines() {
        let Some((_, folders)) = line.split_once("director").and_then(|(_, rest)| rest.split_once(':'))
        else {
            continue;
        };
        for folder in folders.trim_matches([' ', '[', ']']).split(", ") {
            let there = root().join(folder.trim_start_matches('/')).is_dir();
            problems.extend((!there).then(|| format!(".github/dependabot.yml: there is no `{folder}`")));
        }
    }
    let workflow = read(".github/workflows/ci.yml");
    let (_, hashed) = workflow.split_once("hashFiles(").unwrap();
    for path in hashed.split(')').next().unwrap().split(", ").map(|path| path.trim_matches('\'')) {
        let there = root().join(path.trim_end_matches('*')).exists();
        problems.extend((!there).then(|| format!(".github/workflows/ci.yml: there is no `{path}`")));
    }
    none(&problems);
}

/// What a container is built from holds what cargo reads, and nothing that somebody keeps beside it.
#[test]
fn an_image_is_built_from_the_sources_alone() {
    let ignored = read(".dockerignore");
    let lines: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[0], "*", ".dockerignore: begin with everything");
    let mut problems = Vec::new();
    // A line without `!` leaves something out again.
    let let_in = lines[1..].iter().filter_map(|line| line.strip_prefix('!'));
    for path in let_in.clone() {
        let there = root().join(path).exists();
        problems.extend((!there).then(|| format!(".dockerignore: there is no `{path}`")));
    }
    let manifest = parse_toml(&read("Cargo.toml")).unwrap();
    let mut wanted =
        vec!["Cargo.toml".to_owned(), "Cargo.lock".into(), "build.rs".into(), "src".into(), "crates".into()];
    for kind in ["bench", "test"] {
        let targets = manifest.get(kind).and_then(Node::as_list).unwrap();
        wanted.extend(targets.iter().map(|target| {
            let text = |key: &str| target.get(key).and_then(Node::as_text);
            text("path").map_or_else(|| format!("tests/{}/main.rs", text("name").unwrap()), str::to_owned)
        }));
    }
    for path in wanted {
        let inside = let_in.clone().any(|known| known == path);
        problems.extend((!inside).then(|| format!(".dockerignore: let `{path}` in")));
    }
    none(&problems);
}

/// `8` is what we promise, and nobody who installs it counts what a step hides, so each is short.
#[test]
fn a_slack_app_is_in_production_in_at_most_eight_steps() {
    let text = read("docs/slack-setup.md");
    let section = text.split("\n## ").find(|section| section.starts_with("The steps\n"));
    let section = section.expect("docs/slack-setup.md: a section `The steps`");
    let steps: Vec<&str> = section
        .lines()
        .filter(|line| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok()))
        .collect();
    let numbers: Vec<String> = (1..=steps.len()).map(|number| format!("{number}. ")).collect();
    assert!((5..=8).contains(&steps.len()), "docs/slack-setup.md: {} steps", steps.len());
    for (step, number) in steps.iter().zip(numbers) {
        assert!(step.starts_with(&number), "docs/slack-setup.md: `{step}` should be step {number}");
    }
    let told = format!("{} steps", steps.len());
    assert!(text.contains(&told), "docs/slack-setup.md: say that it is {told}");
}

/// Both ways to be told of a stop leave more time than the program takes for it.
#[test]
fn whoever_stops_the_bot_waits_for_what_is_under_way() {
    let patience =
        after(&read("src/wiring/mod.rs"), "const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(")
            .trim_end_matches(");")
            .parse::<u32>()
            .unwrap();
    let unit = read("infra/quartermaster.service");
    let seconds: u32 = after(&unit, "TimeoutStopSec=").trim_end_matches('s').parse().unwrap();
    // A call of a job ends within a minute.
    assert!(seconds >= patience + 60, "TimeoutStopSec={seconds}s");
    let stack: u32 = after(&read("infra/portal.yml"), "StopTimeout: ").parse().unwrap();
    assert!(stack > patience, "StopTimeout: {stack}");
}
