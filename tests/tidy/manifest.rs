//! The Slack app: manifest.yml is what the program prints, both kinds of manifest are what Slack takes, their names are
//! those in the code, and their scopes are what our calls need.

use std::collections::BTreeSet;

use cloudformation::document::{Node, parse_yaml};
use quartermaster::slack::client::METHODS;
use quartermaster::slack::ids::CATALOG_SHORTCUT;
use quartermaster::slack::manifest::{Install, ManifestTransport, install_link, manifest};
use quartermaster::slack::scopes::{POST_ANYWHERE, SCOPES};

use crate::source::{none, read, root, shipped};

const HOST: &str = "https://quartermaster.example.com";

/// What may stand at a place of a manifest.
enum Rule {
    /// A map with these keys at least; the other rules say which more there may be.
    Map(&'static [&'static str]),
    /// A list of so many elements.
    List(usize, usize),
    /// A text of so many characters.
    Text(usize, usize),
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole,
    /// One of these.
    One(&'static [&'static str]),
    /// `#` and six hexadecimal digits.
    Color,
    /// A slash and a name without blanks, 32 characters at most.
    Command,
    /// An https address; there must be one over HTTP and none in Socket Mode.
    Url,
}

/// Slack's schema of a manifest as far as this app may go, by path; `[]` is an element of a list. Slack refuses any
/// other key.
const SCHEMA: [(&str, Rule); 45] = [
    ("", Rule::Map(&["display_information"])),
    ("_metadata", Rule::Map(&[])),
    ("_metadata.major_version", Rule::One(&["1", "2"])),
    ("_metadata.minor_version", Rule::Whole),
    ("display_information", Rule::Map(&["name"])),
    ("display_information.name", Rule::Text(1, 35)),
    ("display_information.description", Rule::Text(1, 140)),
    ("display_information.long_description", Rule::Text(175, 4000)),
    ("display_information.background_color", Rule::Color),
    ("features", Rule::Map(&[])),
    ("features.app_home", Rule::Map(&[])),
    ("features.app_home.home_tab_enabled", Rule::Flag),
    ("features.app_home.messages_tab_enabled", Rule::Flag),
    ("features.app_home.messages_tab_read_only_enabled", Rule::Flag),
    ("features.bot_user", Rule::Map(&["display_name"])),
    ("features.bot_user.display_name", Rule::Text(1, 80)),
    ("features.bot_user.always_online", Rule::Flag),
    ("features.slash_commands", Rule::List(1, 50)),
    ("features.slash_commands[]", Rule::Map(&["command", "description"])),
    ("features.slash_commands[].command", Rule::Command),
    ("features.slash_commands[].url", Rule::Url),
    ("features.slash_commands[].description", Rule::Text(1, 2000)),
    ("features.slash_commands[].usage_hint", Rule::Text(1, 1000)),
    ("features.slash_commands[].should_escape", Rule::Flag),
    ("features.shortcuts", Rule::List(1, 10)),
    ("features.shortcuts[]", Rule::Map(&["name", "type", "callback_id", "description"])),
    ("features.shortcuts[].name", Rule::Text(1, 24)),
    ("features.shortcuts[].type", Rule::One(&["message", "global"])),
    ("features.shortcuts[].callback_id", Rule::Text(1, 255)),
    ("features.shortcuts[].description", Rule::Text(1, 150)),
    ("oauth_config", Rule::Map(&[])),
    ("oauth_config.scopes", Rule::Map(&[])),
    ("oauth_config.scopes.bot", Rule::List(1, 255)),
    ("oauth_config.scopes.bot[]", Rule::Text(1, 50)),
    ("settings", Rule::Map(&[])),
    ("settings.event_subscriptions", Rule::Map(&[])),
    ("settings.event_subscriptions.request_url", Rule::Url),
    ("settings.event_subscriptions.bot_events", Rule::List(1, 100)),
    ("settings.event_subscriptions.bot_events[]", Rule::Text(1, 100)),
    ("settings.interactivity", Rule::Map(&["is_enabled"])),
    ("settings.interactivity.is_enabled", Rule::Flag),
    ("settings.interactivity.request_url", Rule::Url),
    ("settings.interactivity.message_menu_options_url", Rule::Url),
    ("settings.socket_mode_enabled", Rule::Flag),
    ("settings.org_deploy_enabled", Rule::Flag),
];

/// Keys of the schema beside those above that only ever are `false` here.
const OFF: [&str; 1] = ["settings.token_rotation_enabled"];

/// The scope of the bot that each Web API method needs, as Slack's method reference says; none for `views.*` and `auth.test`,
/// nor for what is called with another token or with none.
const SCOPE_OF: [(&str, Option<&str>); 16] = [
    ("api.test", None),
    ("apps.connections.open", None),
    ("auth.test", None),
    ("views.open", None),
    ("views.push", None),
    ("views.update", None),
    ("views.publish", None),
    ("chat.postMessage", Some("chat:write")),
    ("chat.postEphemeral", Some("chat:write")),
    ("chat.update", Some("chat:write")),
    ("conversations.info", Some("channels:read")),
    ("users.info", Some("users:read")),
    ("users.list", Some("users:read")),
    ("users.profile.get", Some("users.profile:read")),
    ("users.lookupByEmail", Some("users:read.email")),
    ("usergroups.list", Some("usergroups:read")),
];

/// Scopes that no method of ours needs by its own name, and why they are asked for.
const ALSO: [(&str, &str); 2] = [
    ("commands", "the slash command and the shortcut"),
    ("groups:read", "conversations.info of a private channel"),
];

fn parsed(text: &str) -> Node {
    parse_yaml(text).unwrap_or_else(|problem| panic!("the manifest: {problem:?}"))
}

fn at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| node.get(key))
}

fn text(node: &Node, path: &[&str]) -> String {
    let found = at(node, path).and_then(Node::as_text);
    found.unwrap_or_else(|| panic!("the manifest: {} is missing", path.join("."))).to_owned()
}

/// What Slack would object to.
fn objections(manifest: &Node) -> Vec<String> {
    let mut problems = Vec::new();
    let mut addresses = 0;
    walk(manifest, "", &mut problems, &mut addresses);
    let is_socket =
        at(manifest, &["settings", "socket_mode_enabled"]).and_then(Node::as_text) == Some("true");
    let wanted = if is_socket { 0 } else { 4 };
    if addresses != wanted {
        problems.push(format!("{addresses} addresses where {wanted} belong"));
    }
    problems
}

fn walk(node: &Node, path: &str, problems: &mut Vec<String>, addresses: &mut usize) {
    let line = node.line;
    let mut object = |what: String| problems.push(format!("line {line}: `{path}` {what}"));
    if OFF.contains(&path) {
        if node.as_text() != Some("false") {
            object("has to be false".to_owned());
        }
        return;
    }
    let Some((_, rule)) = SCHEMA.iter().find(|(known, _)| *known == path) else {
        object("is not known to Slack".to_owned());
        return;
    };
    if let Some(what) = objection(rule, node) {
        object(what);
    }
    *addresses += usize::from(matches!(rule, Rule::Url));
    for entry in node.as_map().unwrap_or_default() {
        let inside = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        walk(&entry.value, &inside, problems, addresses);
    }
    for element in node.as_list().unwrap_or_default() {
        walk(element, &format!("{path}[]"), problems, addresses);
    }
}

fn objection(rule: &Rule, node: &Node) -> Option<String> {
    let text = node.as_text();
    let shaped = |is_so: bool, what: &str| (!is_so).then(|| what.to_owned());
    match rule {
        Rule::Map(required) => {
            let missing = required.iter().find(|key| node.get(key).is_none());
            let lacks = missing.map(|missing| format!("has no `{missing}`"));
            shaped(node.as_map().is_some(), "has to be a map").or(lacks)
        }
        Rule::List(least, most) => {
            let length = node.as_list().map_or(0, <[Node]>::len);
            shaped((*least..=*most).contains(&length), &format!("has to be {least} to {most} elements"))
        }
        Rule::Text(least, most) => {
            let length = text.map_or(0, |text| text.chars().count());
            shaped((*least..=*most).contains(&length), &format!("has to be {least} to {most} characters"))
        }
        Rule::Flag => shaped(matches!(text, Some("true" | "false")), "has to be true or false"),
        Rule::Whole => {
            shaped(text.is_some_and(|text| text.parse::<u32>().is_ok()), "has to be a whole number")
        }
        Rule::One(words) => {
            shaped(text.is_some_and(|text| words.contains(&text)), &format!("has to be one of {words:?}"))
        }
        Rule::Color => shaped(text.is_some_and(is_color), "has to be a color such as #1d3c34"),
        Rule::Command => shaped(text.is_some_and(is_command), "has to be a command such as /provision"),
        Rule::Url => {
            let is_url = text.is_some_and(|text| text.starts_with("https://") && text.len() <= 3000);
            shaped(is_url, "has to be an https address")
        }
    }
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn is_command(text: &str) -> bool {
    text.len() <= 32 && text.len() > 1 && text.starts_with('/') && !text.contains(char::is_whitespace)
}

fn install<'a>(command: &'a str, transport: ManifestTransport<'a>) -> Install<'a> {
    Install { command, transport, is_for_enterprise: false }
}

fn both() -> [String; 2] {
    [ManifestTransport::Socket, ManifestTransport::Http(HOST)]
        .map(|transport| manifest(install("/provision", transport)))
}

#[test]
fn slack_will_take_the_manifest() {
    let longest = format!("/{}", "a".repeat(31));
    let unusual = manifest(install(&longest, ManifestTransport::Http("https://example.com/behind/a/proxy")));
    let enterprise = Install { is_for_enterprise: true, ..install("/provision", ManifestTransport::Socket) };
    let enterprise = manifest(enterprise);
    assert!(enterprise.contains("org_deploy_enabled: true\n"), "{enterprise}");
    for text in both().iter().chain([&unusual, &enterprise]) {
        none(&objections(&parsed(text)));
    }
}

#[test]
fn a_manifest_that_breaks_any_rule_is_objected_to() {
    let [socket, http] = both();
    let breaks = [
        (&socket, "  name: Quartermaster\n", ""),
        (&socket, "  name: Quartermaster\n", "  name: A name of six and thirty characters..\n"),
        (&socket, "  description: Request", "  descripton: Request"),
        (&socket, "Every step is kept in an audit trail.", &*"x".repeat(4000)),
        (&socket, "#1d3c34", "green"),
        (&socket, "command: /provision", "command: provision"),
        (&socket, "should_escape: true", "should_escape: yes"),
        (&socket, "type: global", "type: channel"),
        (&socket, "      callback_id: catalog.open\n", ""),
        (&socket, "name: Request a resource", "name: Request a resource of AWS"),
        (&socket, "    is_enabled: true\n", "    {}\n"),
        (&socket, "major_version: 2", "major_version: 3"),
        (&socket, "socket_mode_enabled: true", "socket_mode_enabled: false"),
        (&http, "socket_mode_enabled: false", "socket_mode_enabled: true"),
        (&http, "    request_url: https://quartermaster.example.com/slack/events\n", ""),
        (&http, "url: https://quartermaster.example.com/slack/commands", "url: http://example.com/"),
    ];
    for (text, from, to) in breaks {
        assert!(text.contains(from), "{from}");
        let broken = text.replacen(from, to, 1);
        let objected = parse_yaml(&broken).map_or(true, |broken| !objections(&broken).is_empty());
        assert!(objected, "`{from}` as `{to}` is taken");
    }
}

#[test]
fn the_committed_manifest_is_what_the_program_prints() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_quartermaster"))
        .args(["manifest", "--socket"])
        .current_dir(root())
        .env_clear()
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(read("manifest.yml"), printed, "run `cargo run -- manifest --socket > manifest.yml`");
}

#[test]
fn the_link_in_the_docs_makes_the_committed_manifest() {
    let link = install_link(&read("manifest.yml"));
    for path in ["README.md", "docs/slack-setup.md"] {
        let is_there = read(path).contains(&format!("]: {link}\n"));
        assert!(is_there, "{path}: put in what `cargo run -- manifest --socket --link` prints");
    }
    let (_, encoded) = link.split_once("manifest_yaml=").unwrap();
    let decoded: String = form_urlencoded::parse(format!("m={encoded}").as_bytes())
        .map(|(_, manifest)| manifest.into_owned())
        .collect();
    assert_eq!(decoded, read("manifest.yml"));
    assert!(link.len() < 8_000, "browsers and servers cut longer addresses: {}", link.len());
}

#[test]
fn the_manifest_names_what_the_code_answers() {
    let [_, http] = both();
    let manifest = parsed(&http);
    let first = |list: &str| at(&manifest, &["features", list]).unwrap().as_list().unwrap()[0].clone();
    assert_eq!(text(&first("shortcuts"), &["callback_id"]), CATALOG_SHORTCUT);
    assert_eq!(text(&first("shortcuts"), &["type"]), "global");
    let command = text(&first("slash_commands"), &["command"]);
    for path in ["src/config/file.rs", "src/cli/manifest.rs"] {
        assert!(read(path).contains(&format!("\"{command}\"")), "{path}: {command} is not the default");
    }
    let interactivity = |key: &str| text(&manifest, &["settings", "interactivity", key]);
    let addresses = [
        (text(&first("slash_commands"), &["url"]), "/slack/commands"),
        (interactivity("request_url"), "/slack/interactions"),
        (interactivity("message_menu_options_url"), "/slack/options"),
        (text(&manifest, &["settings", "event_subscriptions", "request_url"]), "/slack/events"),
    ];
    for (url, route) in addresses {
        assert_eq!(url, format!("{HOST}{route}"));
    }
}

#[test]
fn the_manifest_asks_for_the_scopes_that_our_calls_need_and_no_more() {
    let [socket, _] = both();
    let manifest = parsed(&socket);
    let listed = at(&manifest, &["oauth_config", "scopes", "bot"]).and_then(Node::as_list).unwrap();
    let asked: BTreeSet<String> = listed.iter().filter_map(Node::as_text).map(str::to_owned).collect();
    let mut needed: BTreeSet<String> = ALSO.iter().map(|(scope, _)| (*scope).to_owned()).collect();
    let mut called = BTreeSet::new();
    for (path, lines) in shipped().into_iter().filter(|(path, _)| path.starts_with("src/slack/client")) {
        // The list itself calls nothing.
        for method in lines.iter().filter(|line| !is_element(line)).flat_map(|line| methods(line)) {
            called.insert(method.to_owned());
            let known = SCOPE_OF.iter().find(|(name, _)| *name == method);
            let (_, scope) =
                known.unwrap_or_else(|| panic!("{path}: which scope does {method} need? Say so here"));
            needed.extend(scope.map(str::to_owned));
        }
    }
    assert_eq!(called, METHODS.map(str::to_owned).into(), "METHODS in src/slack/client/mod.rs");
    // Slack gives users:read.email only together with users:read.
    if needed.contains("users:read.email") {
        needed.insert("users:read".to_owned());
    }
    assert_eq!(asked, needed, "src/slack/scopes.rs");
}

#[test]
fn the_docs_explain_every_scope_and_the_changelog_names_them() {
    let setup = read("docs/slack-setup.md");
    let changelog = read("CHANGELOG.md");
    let mut problems = Vec::new();
    for scope in SCOPES {
        let row = format!("| `{}` | {} |", scope.name, scope.purpose);
        problems
            .extend((!setup.contains(&row)).then(|| format!("docs/slack-setup.md: there is no row {row}")));
        let named = changelog.contains(&format!("`{}`", scope.name));
        problems.extend((!named).then(|| format!("CHANGELOG.md: name {}", scope.name)));
    }
    problems.extend((!setup.contains(POST_ANYWHERE)).then(|| "docs/slack-setup.md: tell of it".to_owned()));
    none(&problems);
}

/// Whether a line is nothing but an element of a list of texts.
fn is_element(line: &str) -> bool {
    line.trim()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix("\","))
        .is_some_and(|text| !text.contains('"'))
}

/// The Web API methods that a line names as texts: `"family.method"` of a family that Slack has.
fn methods(line: &str) -> impl Iterator<Item = &str> {
    let families = [
        "api.",
        "apps.",
        "auth.",
        "chat.",
        "conversations.",
        "users.",
        "usergroups.",
        "views.",
        "bots.",
        "team.",
    ];
    let texts = line.split('"').skip(1).step_by(2);
    texts.filter(move |text| families.iter().any(|family| text.starts_with(family)) && !text.contains(' '))
}
