//! A valid value for every settings key that takes a text or a list of texts, shown to users who wrote an
//! invalid one.

/// Examples by path, in TOML.
pub(super) const EXAMPLES: [(&str, &str); 27] = [
    ("server.listen", "\"127.0.0.1:3000\""),
    ("slack.connections", "2"),
    ("slack.command", "\"/provision\""),
    ("slack.approvals_channel", "\"C0APPROVALS\""),
    ("slack.audit_channel", "\"C0AUDIT\""),
    ("slack.admins", "[\"U0ADMIN\", \"S0PLATFORM\"]"),
    ("slack.auditors", "[\"audit@example.com\"]"),
    ("slack.workspace", "\"T0ACME\""),
    ("slack.manager_field", "\"Xf0MANAGER\""),
    ("backend.store", "\"sqlite:quartermaster.db\""),
    ("backend.workflow", "\"local\""),
    ("backend.queue", "\"https://sqs.us-east-1.amazonaws.com/123456789012/quartermaster-events\""),
    ("aws.portfolio", "\"port-2s6wuabcdefoy\""),
    ("events.webhook", "\"https://automation.example.com/quartermaster\""),
    ("events.topic", "\"arn:aws:sns:us-east-1:123456789012:provisioning-changes\""),
    ("catalog.path", "\"catalog\""),
    ("simulated.fail_products", "[\"s3-bucket\"]"),
    ("simulated.fail_teardowns", "[\"s3-bucket\"]"),
    ("simulated.fail_changes", "[\"s3-bucket\"]"),
    ("teams.name", "\"payments\""),
    ("teams.formerly", "[\"billing\"]"),
    ("teams.members", "[\"U0ALICE\", \"S0PAYMENTS\"]"),
    ("teams.approvers", "[\"U0MORGAN\", \"S0LEADS\"]"),
    ("teams.channel", "\"C0PAYMENTS\""),
    ("teams.quiet_hours", "\"18:00-08:00\""),
    ("teams.quiet_days", "[\"sat\", \"sun\"]"),
    ("teams.time_zone", "\"Europe/Berlin\""),
];

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::*;

    /// Returns settings with this value at this path and valid values elsewhere.
    fn with(path: &str, value: &str) -> String {
        let (section, key) = path.split_once('.').unwrap();
        let mut slack = vec![("approvals_channel", "\"C0APPROVALS\"".to_owned())];
        let mut team = vec![
            ("name", "\"payments\"".to_owned()),
            ("members", "[]".to_owned()),
            ("approvers", "[]".to_owned()),
        ];
        let mut other = Vec::new();
        let lines = match section {
            "slack" => &mut slack,
            "teams" => &mut team,
            _ => &mut other,
        };
        lines.retain(|(name, _)| *name != key);
        lines.push((key, value.to_owned()));
        if path == "slack.connections" {
            slack.push(("transport", "\"socket\"".to_owned()));
        }
        let written = |lines: &[(&str, String)]| {
            let lines: Vec<String> = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
            lines.concat()
        };
        let other =
            if other.is_empty() { String::new() } else { format!("[{section}]\n{}", written(&other)) };
        format!("{other}[slack]\n{}[[teams]]\n{}", written(&slack), written(&team))
    }

    #[test]
    fn whoever_writes_a_wrong_value_is_told_a_right_one() {
        for (path, example) in EXAMPLES {
            let key = path.rsplit('.').next().unwrap();
            let problems = parse(&with(path, "{ a = 1 }")).unwrap_err();
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert!(
                problems.iter().any(|problem| problem.ends_with(&format!("`{key} = {example}`"))),
                "{path}: {problems:?}"
            );
            let taken = parse(&with(path, example));
            assert!(taken.is_ok(), "{path} = {example}: {taken:?}");
        }
    }

    #[test]
    fn what_is_missing_or_blank_is_told_with_a_right_value_too() {
        let problems = |text: &str| {
            let problems = parse(text).unwrap_err();
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(problems("[slack]\napprovals_channel = \" \"\n[[teams]]\nmembers = []\napprovers = []\n"), @r#"
        line 2: `slack.approvals_channel` is blank: write for example `approvals_channel = "C0APPROVALS"`
        line 3: `teams[0].name` is missing: add a line such as `name = "payments"`
        "#);
        insta::assert_snapshot!(problems("slack = 5\nteams = \"payments\"\n"), @r#"
        line 1: `slack` is `5` where a map should be: write `[slack]`, and below it keys with their values, for example `name = "value"`
        line 1: `slack.approvals_channel` is missing: add a line such as `approvals_channel = "C0APPROVALS"`
        line 2: `teams` is `payments` where a list of maps should be: write `[[teams]]`, and below it keys with their values, for example `name = "value"`
        "#);
    }
}
