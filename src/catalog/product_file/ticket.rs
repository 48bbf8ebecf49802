//! Parses the rule for the ticket that requests of a product refer to.

use url::Url;

use crate::domain::ticket::{PLACE_IN_LINK, TicketRule};
use cloudformation::Pattern;
use cloudformation::document::Reader;

pub(super) fn ticket(reader: Reader<'_>) -> TicketRule {
    let label = reader.text_or("label", "Ticket");
    if label.trim().is_empty() || label.chars().count() > 75 {
        reader.report(
            "label",
            "`ticket.label` has to be 1 to 75 characters",
            "write for example `label: Change ticket`",
        );
    }
    let rule = TicketRule {
        label: label.trim().to_owned(),
        pattern: pattern(&reader),
        required: reader.boolean("required").unwrap_or(false),
        link: link(&reader),
    };
    reader.finish();
    rule
}

fn pattern(reader: &Reader<'_>) -> Option<Pattern> {
    let pattern = Pattern::new(&reader.text("pattern")?);
    if !pattern.is_checked() {
        let problem = format!(
            "`ticket.pattern` is `{}`, which is not a regular expression that can be checked",
            pattern.as_str()
        );
        reader.report(
            "pattern",
            problem,
            "write a regular expression for the whole reference, such as `[A-Z]+-[0-9]+`",
        );
    }
    Some(pattern)
}

fn link(reader: &Reader<'_>) -> Option<String> {
    let link = reader.text("link")?;
    // These characters end a link in Slack's mrkdwn, so an address must not contain them.
    let is_plain = !link.contains(['<', '>', '|']) && !link.contains(char::is_whitespace);
    let is_address = Url::parse(&link).is_ok_and(|url| url.scheme() == "https" && url.host().is_some());
    if !is_plain || !is_address || link.matches(PLACE_IN_LINK).count() != 1 {
        let problem = format!("`ticket.link` is `{link}`");
        let remedy = format!(
            "write an https address with `{PLACE_IN_LINK}` where the reference goes, such as `https://jira.example.com/browse/{PLACE_IN_LINK}`"
        );
        reader.report("link", problem, remedy);
    }
    Some(link)
}
