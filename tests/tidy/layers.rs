//! Who may know whom: the direction in which modules use each other, and what the core does without.

use crate::source::{code, has_word, none, read, root, shipped};

/// Every module right under the bot's `src/`, with the others it may use. `cli` and `wiring` put things together.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("ports", &["domain"]),
    ("portal", &["ports", "domain"]),
    ("https", &[]),
    ("config", &["domain", "https"]),
    ("catalog", &["domain"]),
    ("slack", &["portal", "ports", "domain", "https"]),
    ("webhook", &["ports", "domain", "https"]),
    ("local", &["ports", "domain"]),
    ("aws", &["ports", "domain", "https"]),
    ("server", &["portal", "slack"]),
    ("telemetry", &["config"]),
    (
        "wiring",
        &[
            "config",
            "domain",
            "ports",
            "portal",
            "slack",
            "server",
            "local",
            "aws",
            "webhook",
            "catalog",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "domain",
            "ports",
            "portal",
            "config",
            "catalog",
            "slack",
            "local",
            "aws",
            "server",
            "telemetry",
            "wiring",
        ],
    ),
    ("lib", &[]),
];

/// Libraries, and crates of ours, that one layer alone may name, or a few. `catalog form --json` prints what Slack would get, hence `cli`.
const BELONGS_TO: [(&str, &[&str]); 16] = [
    ("slack_morphism", &["slack", "cli"]),
    ("rusqlite", &["local"]),
    ("aws_config", &["aws", "wiring"]),
    ("aws_sdk_cloudcontrol", &["aws"]),
    ("aws_sdk_costexplorer", &["aws"]),
    ("aws_sdk_dynamodb", &["aws"]),
    ("aws_sdk_servicecatalog", &["aws"]),
    ("aws_sdk_sfn", &["aws"]),
    ("aws_sdk_sqs", &["aws"]),
    ("aws_sigv4", &["aws"]),
    ("aws_smithy_http_client", &["aws"]),
    ("aws_types", &["aws"]),
    ("clap", &["cli", "main"]),
    ("cloudformation::document", &["domain", "catalog", "config", "cli"]),
    ("playground", &["cli"]),
    ("tokio_tungstenite", &["slack"]),
];

/// The core, and the crate it is built on.
const CORE: [&str; 2] = ["src/domain/", "crates/cloudformation/"];

/// What the core does without, and why.
const NOT_IN_DOMAIN: [(&str, &str); 8] = [
    ("async", "the core does not wait"),
    ("await", "the core does not wait"),
    ("tokio", "the core does no I/O"),
    ("tracing", "the core does not log"),
    ("serde_json", "the core has no JSON value"),
    ("SystemTime", "the time is an argument"),
    ("Instant", "the time is an argument"),
    ("std::fs", "the core does no I/O"),
];

/// What ships of the bot itself. A crate under `crates/` has its `Cargo.toml` for a rule.
fn shipped_of_the_bot() -> impl Iterator<Item = (String, Vec<String>)> {
    shipped().into_iter().filter(|(path, _)| path.starts_with("src/"))
}

fn top_module(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split(['/', '.']).next().unwrap_or(inside)
}

fn may_use(module: &str) -> Option<&'static [&'static str]> {
    MAY_USE.iter().find(|(name, _)| *name == module).map(|(_, others)| *others)
}

/// The modules that `crate::` leads to on a line.
fn used(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn modules_use_each_other_in_one_direction() {
    let mut problems = Vec::new();
    for (path, lines) in shipped_of_the_bot() {
        let own = top_module(&path);
        if own == "main" {
            continue;
        }
        let Some(allowed) = may_use(own) else {
            problems.push(format!("{path}: say in tests/tidy/layers.rs what `{own}` may use"));
            continue;
        };
        for (number, line) in lines.iter().enumerate() {
            for other in used(code(line)).filter(|other| *other != own && !allowed.contains(other)) {
                let place = number + 1;
                problems.push(format!("{path}:{place}: `{own}` may not use `{other}`, only {allowed:?}"));
            }
        }
    }
    none(&problems);
}

/// What a file of the portal may not use of it. A stored job is all that passes from people to jobs, and what both need
/// stands above them. `mod` and `reload` put the portal together.
fn closed_to(path: &str) -> &'static [&'static str] {
    let inside = path.trim_start_matches("src/portal/");
    match inside.split_once('/') {
        _ if inside == path || ["mod.rs", "reload.rs"].contains(&inside) => &[],
        Some(("people", _)) => &["portal::jobs"],
        Some(("jobs", _)) => &["portal::people"],
        _ => &["portal::people", "portal::jobs"],
    }
}

#[test]
fn people_and_jobs_meet_in_the_store_alone() {
    assert_eq!(closed_to("src/portal/people/decide.rs"), ["portal::jobs"]);
    assert_eq!(closed_to("src/portal/access/mod.rs").len(), 2);
    let mut problems = Vec::new();
    for (path, lines) in shipped() {
        for (number, line) in lines.iter().enumerate() {
            let closed = closed_to(&path).iter().filter(|room| code(line).contains(*room));
            problems.extend(closed.map(|room| format!("{path}:{}: may not use `{room}`", number + 1)));
        }
    }
    none(&problems);
}

#[test]
fn no_module_reaches_past_its_own_top_with_super() {
    let mut problems = Vec::new();
    for (path, lines) in shipped_of_the_bot() {
        let depth = path.trim_start_matches("src/").trim_end_matches("/mod.rs").split('/').count();
        let above = "super::".repeat(depth);
        for (number, line) in lines.iter().enumerate() {
            if code(line).contains(&above) {
                problems
                    .push(format!("{path}:{}: write `crate::…` where another module is meant", number + 1));
            }
        }
    }
    none(&problems);
}

#[test]
fn the_core_has_no_clock_no_waiting_no_log_and_no_json() {
    let mut problems = Vec::new();
    for (path, lines) in
        shipped().into_iter().filter(|(path, _)| CORE.iter().any(|folder| path.starts_with(folder)))
    {
        for (number, line) in lines.iter().enumerate() {
            let found = NOT_IN_DOMAIN.iter().filter(|(word, _)| has_word(code(line), word));
            problems.extend(found.map(|(word, why)| format!("{path}:{}: `{word}`: {why}", number + 1)));
        }
    }
    none(&problems);
}

#[test]
fn a_library_that_belongs_to_one_layer_is_named_in_no_other() {
    let mut problems = Vec::new();
    for (path, lines) in shipped_of_the_bot() {
        for (library, owners) in BELONGS_TO {
            let foreign = !owners.contains(&top_module(&path));
            if foreign && lines.iter().any(|line| has_word(code(line), library)) {
                problems.push(format!("{path}: `{library}` belongs to {owners:?}"));
            }
        }
    }
    none(&problems);
}

#[test]
fn production_code_does_not_know_that_it_is_tested() {
    let mut problems = Vec::new();
    for (path, lines) in shipped() {
        let gates = lines.windows(2).enumerate().filter(|(_, pair)| pair[0].contains("cfg(test)"));
        let seams = gates.filter(|(_, pair)| !has_word(&pair[1], "mod"));
        problems.extend(
            seams.map(|(number, _)| format!("{path}:{}: only a module may be for tests", number + 1)),
        );
        let branches =
            lines.iter().any(|line| line.contains("cfg(not(test))") || line.contains("cfg!(test)"));
        problems.extend(branches.then(|| format!("{path}: behaves differently under test")));
    }
    none(&problems);
}

#[test]
fn the_tree_of_libraries_has_one_tls_stack_and_one_http_stack() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages: Vec<(&str, &str)> = lock
        .split("[[package]]")
        .filter_map(|package| {
            let value =
                |key: &str| package.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix('"'));
            Some((value("name = \"")?, value("version = \"")?))
        })
        .collect();
    assert!(packages.len() > 50, "Cargo.lock was not understood");
    let banned = |(name, version): &&(&str, &str)| match *name {
        "aws-lc-rs" | "aws-lc-sys" | "openssl-sys" => true,
        "hyper" => version.starts_with("0."),
        "rustls" => version.starts_with("0.21"),
        _ => false,
    };
    let found: Vec<_> = packages.iter().filter(banned).collect();
    assert!(found.is_empty(), "turn off the feature that brings {found:?}; `cargo tree -i` shows who does");
    assert!(read("deny.toml").contains("aws-lc-rs"), "deny.toml bans them too");
}
