//! manifest.yml: against Slack's schema, against the names in the code, and its scopes against the calls we make.

use std::collections::{BTreeMap, BTreeSet};

use quartermaster::document::{Node, parse_yaml};
use quartermaster::slack::ids::CATALOG_SHORTCUT;

use crate::source::{none, read, shipped};

/// Keys of Slack's manifest schema that this app may use, by the path of the map they stand in; `[]` is an element
/// of a list. Slack refuses any other.
const SCHEMA: [(&str, &[&str]); 13] = [
    ("", &["_metadata", "display_information", "features", "oauth_config", "settings"]),
    ("_metadata", &["major_version", "minor_version"]),
    ("display_information", &["name", "description", "long_description", "background_color"]),
    ("features", &["app_home", "bot_user", "slash_commands", "shortcuts"]),
    ("features.app_home", &["home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"]),
    ("features.bot_user", &["display_name", "always_online"]),
    ("features.slash_commands[]", &["command", "description", "usage_hint", "should_escape", "url"]),
    ("features.shortcuts[]", &["name", "type", "callback_id", "description"]),
    ("oauth_config", &["scopes", "redirect_urls", "token_management_enabled"]),
    ("oauth_config.scopes", &["bot", "bot_optional"]),
    (
        "settings",
        &[
            "event_subscriptions",
            "interactivity",
            "org_deploy_enabled",
            "socket_mode_enabled",
            "token_rotation_enabled",
        ],
    ),
    ("settings.event_subscriptions", &["request_url", "bot_events"]),
    ("settings.interactivity", &["is_enabled", "request_url", "message_menu_options_url"]),
];

/// Longest texts that Slack takes, in characters.
const LONGEST: [(&str, usize); 10] = [
    ("display_information.name", 35),
    ("display_information.description", 140),
    ("display_information.long_description", 4000),
    ("features.bot_user.display_name", 80),
    ("features.slash_commands[].command", 32),
    ("features.slash_commands[].description", 2000),
    ("features.slash_commands[].usage_hint", 1000),
    ("features.shortcuts[].name", 24),
    ("features.shortcuts[].callback_id", 255),
    ("features.shortcuts[].description", 150),
];

/// The scope that each Web API method needs, as Slack's method reference says; none for `views.*` and `auth.test`.
const SCOPE_OF: [(&str, Option<&str>); 13] = [
    ("auth.test", None),
    ("views.open", None),
    ("views.push", None),
    ("views.update", None),
    ("views.publish", None),
    ("chat.postMessage", Some("chat:write")),
    ("chat.postEphemeral", Some("chat:write")),
    ("chat.update", Some("chat:write")),
    ("conversations.open", Some("im:write")),
    ("users.info", Some("users:read")),
    ("users.lookupByEmail", Some("users:read.email")),
    ("usergroups.users.list", Some("usergroups:read")),
    ("usergroups.list", Some("usergroups:read")),
];

/// Scopes that no method of ours needs by its own name, and why they are asked for.
const ALSO: [(&str, &str); 2] = [
    ("commands", "the slash command and the shortcut"),
    ("im:write", "posting to a person opens the conversation with them"),
];

fn manifest() -> Node {
    parse_yaml(&read("manifest.yml")).unwrap_or_else(|problem| panic!("manifest.yml: {problem:?}"))
}

fn text(node: &Node, path: &[&str]) -> String {
    let end = path.iter().try_fold(node, |node, key| node.get(key));
    end.and_then(Node::as_text)
        .unwrap_or_else(|| panic!("manifest.yml: {} is missing", path.join(".")))
        .to_owned()
}

/// Every text with its path, such as `features.shortcuts[].name`; problems with keys go to `problems`.
fn walk(node: &Node, path: &str, texts: &mut Vec<(String, String)>, problems: &mut Vec<String>) {
    if let Some(entries) = node.as_map() {
        let known = SCHEMA.iter().find(|(place, _)| *place == path).map_or(&[][..], |(_, keys)| keys);
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                problems
                    .push(format!("manifest.yml:{}: Slack knows no `{}` in `{path}`", entry.line, entry.key));
            }
            let inside = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
            walk(&entry.value, &inside, texts, problems);
        }
    }
    for element in node.as_list().unwrap_or_default() {
        walk(element, &format!("{path}[]"), texts, problems);
    }
    texts.extend(node.as_text().map(|text| (path.to_owned(), text.to_owned())));
}

#[test]
fn slack_will_take_the_manifest() {
    let (mut texts, mut problems) = (Vec::new(), Vec::new());
    walk(&manifest(), "", &mut texts, &mut problems);
    let longest: BTreeMap<&str, usize> = LONGEST.into();
    for (path, text) in &texts {
        let limit = longest.get(path.as_str()).copied().unwrap_or(usize::MAX);
        let too_long = text.chars().count() > limit;
        problems.extend(too_long.then(|| format!("manifest.yml: {path} is longer than {limit} characters")));
        let bad_url = path.ends_with("url") && !(text.starts_with("https://") && text.len() <= 3000);
        problems.extend(bad_url.then(|| format!("manifest.yml: {path} has to be an https address")));
    }
    let long = text(&manifest(), &["display_information", "long_description"]);
    problems
        .extend((long.len() < 175).then(|| "manifest.yml: long_description needs 175 characters".to_owned()));
    none(&problems);
}

#[test]
fn the_manifest_names_what_the_code_answers() {
    let manifest = manifest();
    let first =
        |list: &str| manifest.get("features").and_then(|f| f.get(list)?.as_list()?.first().cloned()).unwrap();
    let shortcut = first("shortcuts");
    assert_eq!(text(&shortcut, &["callback_id"]), CATALOG_SHORTCUT);
    assert_eq!(text(&shortcut, &["type"]), "global");
    let default = read("src/config/file.rs");
    let command = text(&first("slash_commands"), &["command"]);
    assert!(
        default.contains(&format!("\"command\", \"{command}\"")),
        "{command} is not the default of the settings"
    );
    let host = "https://quartermaster.example.com";
    let interactivity = |key: &str| text(&manifest, &["settings", "interactivity", key]);
    let addresses = [
        (text(&first("slash_commands"), &["url"]), "/slack/commands"),
        (interactivity("request_url"), "/slack/interactions"),
        (interactivity("message_menu_options_url"), "/slack/options"),
        (text(&manifest, &["settings", "event_subscriptions", "request_url"]), "/slack/events"),
    ];
    let router = read("src/slack/router.rs");
    for (url, route) in addresses {
        assert_eq!(url, format!("{host}{route}"));
        assert!(router.contains(&format!("\"{route}\"")), "{route} is not answered");
    }
}

#[test]
fn the_manifest_asks_for_the_scopes_that_our_calls_need_and_no_more() {
    let manifest = manifest();
    let listed = manifest.get("oauth_config").and_then(|o| o.get("scopes")?.get("bot")?.as_list()).unwrap();
    let asked: BTreeSet<String> = listed.iter().filter_map(Node::as_text).map(str::to_owned).collect();
    let mut needed: BTreeSet<String> = ALSO.iter().map(|(scope, _)| (*scope).to_owned()).collect();
    let mut called = 0;
    for (path, lines) in shipped().into_iter().filter(|(path, _)| path.starts_with("src/slack/client")) {
        for method in lines.iter().flat_map(|line| methods(line)) {
            called += 1;
            let known = SCOPE_OF.iter().find(|(name, _)| *name == method);
            let (_, scope) =
                known.unwrap_or_else(|| panic!("{path}: which scope does {method} need? Say so here"));
            needed.extend(scope.map(str::to_owned));
        }
    }
    assert!(called > 5, "the calls to Slack were not found");
    // Slack gives users:read.email only together with users:read.
    if needed.contains("users:read.email") {
        needed.insert("users:read".to_owned());
    }
    assert_eq!(asked, needed, "manifest.yml: oauth_config.scopes.bot");
}

/// The Web API methods that a line names as texts: `"family.method"` of a family that Slack has.
fn methods(line: &str) -> impl Iterator<Item = &str> {
    let families = ["auth.", "chat.", "conversations.", "users.", "usergroups.", "views.", "bots.", "team."];
    let texts = line.split('"').skip(1).step_by(2);
    texts.filter(move |text| families.iter().any(|family| text.starts_with(family)) && !text.contains(' '))
}
