//! `[events]`: where every entry of the audit trail is sent.

use url::Url;

use super::values::refuse_secrets;
use cloudformation::document::Reader;

/// The receiver of audit entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsTo {
    /// A webhook at this address.
    Webhook(Url),
    /// The SNS topic with this ARN.
    Topic(String),
}

pub(super) fn read(root: &Reader<'_>) -> Option<EventsTo> {
    let events = root.section("events");
    refuse_secrets(&events, &[("secret", "QUARTERMASTER_EVENTS_SECRET")]);
    let webhook = events.text("webhook").filter(|text| !text.is_empty());
    let topic = events.text("topic").filter(|text| !text.is_empty());
    if webhook.is_some() && topic.is_some() {
        events.report(
            "topic",
            "`events.topic` stands beside `events.webhook`",
            "keep one of the two; a topic can forward events to an address",
        );
    }
    let chosen = match (webhook, topic) {
        // If both are there, that is reported above, and the webhook is checked as well.
        (Some(webhook), _) => address(&events, &webhook).map(EventsTo::Webhook),
        (None, Some(topic)) => arn(&events, topic).map(EventsTo::Topic),
        (None, None) => None,
    };
    events.finish();
    chosen
}

fn address(events: &Reader<'_>, text: &str) -> Option<Url> {
    let shaped = |url: &Url| {
        crate::https::is_private(url)
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(text).ok().filter(shaped);
    if url.is_none() {
        // Do not repeat the address, which may contain a password.
        events.report(
            "webhook",
            "`events.webhook` is not an https address without name and password",
            "write one such as `https://automation.example.com/quartermaster`; `http` only to this machine",
        );
    }
    url
}

fn arn(events: &Reader<'_>, text: String) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let shaped = matches!(&parts[..], ["arn", partition, "sns", region, account, name]
        if partition.starts_with("aws")
            && !region.is_empty()
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && !name.is_empty());
    if !shaped {
        events.report(
            "topic",
            format!("`events.topic` is `{text}`"),
            "write the ARN of an SNS topic, such as `arn:aws:sns:us-east-1:123456789012:provisioning-changes`",
        );
    }
    if shaped { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::*;

    fn with(lines: &str) -> Result<Option<EventsTo>, String> {
        let company = "[slack]\napprovals_channel = \"C0APPROVALS\"\n[[teams]]\nname = \"a\"\nmembers = []\n\
                       approvers = []\n";
        parse(&format!("[events]\n{lines}\n{company}"))
            .map(|settings| settings.events)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_webhook_or_a_topic_may_hear_of_everything() {
        assert_eq!(with(""), Ok(None));
        let webhook = Url::parse("https://automation.example.com/quartermaster?k=1").unwrap();
        assert_eq!(with(&format!("webhook = \"{webhook}\"")), Ok(Some(EventsTo::Webhook(webhook))));
        let topic = "arn:aws:sns:us-east-1:123456789012:changes.fifo";
        assert_eq!(with(&format!("topic = \"{topic}\"")), Ok(Some(EventsTo::Topic(topic.to_owned()))));
    }

    #[test]
    fn what_nobody_can_hear_is_told_with_an_example() {
        let wrong = [
            "webhook = \"http://automation.example.com/\"",
            "webhook = \"https://me:hunter2@automation.example.com/\"",
            "topic = \"changes\"",
            "webhook = \"https://a.example/\"\ntopic = \"arn:aws:sns:us-east-1:123456789012:changes\"",
            "webhok = \"https://a.example/\"",
        ];
        let problems: Vec<String> = wrong.iter().map(|lines| with(lines).unwrap_err()).collect();
        insta::assert_snapshot!(problems.join("\n"), @"
        line 2: `events.webhook` is not an https address without name and password: write one such as `https://automation.example.com/quartermaster`; `http` only to this machine
        line 2: `events.webhook` is not an https address without name and password: write one such as `https://automation.example.com/quartermaster`; `http` only to this machine
        line 2: `events.topic` is `changes`: write the ARN of an SNS topic, such as `arn:aws:sns:us-east-1:123456789012:provisioning-changes`
        line 3: `events.topic` stands beside `events.webhook`: keep one of the two; a topic can forward events to an address
        line 2: unknown key `events.webhok`: did you mean `webhook`?
        ");
    }
}
