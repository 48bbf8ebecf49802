//! The help text: usage and examples.

use super::Message;
use crate::slack::blocks::{header, section};
use crate::slack::mrkdwn::escape_within;

/// Arguments of the command, and what each does. Angle brackets are escaped, because Slack would read them as links.
const USAGE: [(&str, &str); 17] = [
    ("", "shows everything you can request"),
    (" &lt;product&gt; [Key=value …] [team=name]", "opens that product's form, filled in as far as you say"),
    (" &lt;words&gt;", "shows what you can request in which the words are found"),
    (" list [team]", "shows your requests, or your team's; of `all` teams for admins and auditors"),
    (" status &lt;id&gt;", "shows one request with all that happened to it"),
    (" again &lt;id&gt;", "opens the form of an earlier request, filled in as it was"),
    (" cancel &lt;id&gt;", "withdraws a request that nobody has decided yet"),
    (" renew &lt;id&gt; [30d]", "keeps something longer; its product says by how much"),
    (
        " change &lt;id&gt; [Key=value …]",
        "changes what lives, as far as its product allows, or brings it to the newest version",
    ),
    (" teardown &lt;id&gt;", "tears something down, after it has shown what is lost and what is kept"),
    (" transfer &lt;id&gt; [@person]", "hands something to a team-mate"),
    (" audit &lt;id&gt;", "shows who did what and when; for approvers, admins and auditors"),
    (" costs [team]", "shows what yours and your teams' cost, a month and this month"),
    (" stats [team]", "shows how your teams' requests went in the last 30 days, and what waits"),
    (" jobs", "shows what could not be done and was given up; for admins"),
    (" pause [message], resume", "stops taking new requests, and takes them again; for admins"),
    (" help", "shows this"),
];

/// Returns usage and examples; `products` are keys for the examples.
pub fn help(command: &str, products: &[&str]) -> Message {
    let command = escape_within(command, 40);
    let lines: Vec<String> = USAGE.iter().map(|(rest, does)| format!("`{command}{rest}` {does}")).collect();
    let product = products.first().copied().unwrap_or("s3-bucket");
    let example = format!(
        "For example `{command} {product} team=payments`. Ids may be cut to the first characters that tell them apart."
    );
    let text = format!("{}\n{example}", lines.join("\n"));
    let title = format!("How to use {command}");
    Message::new(
        &format!("{title}\n{text}"),
        vec![header(&title), section(&lines.join("\n")), section(&example)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::transcript::transcript;

    #[test]
    fn help_lists_every_command_with_an_example() {
        insta::assert_snapshot!(transcript(&help("/provision", &["rds-postgres"])), @"
        (How to use /provision / `/provision` shows everything you can request / `/provision &lt;product&gt; [Key=value …] [team=name]` opens that product's form, filled in as far as you say / `/provision &lt;words&gt;` shows what you can request in which the words are found / `/provision list [team]` shows your requests, or your team's; of `all` teams for admins and auditors / `/provision status &lt;id&gt;` shows one request with all that happened to it / `/provision again &lt;id&gt;` opens the form of an earlier request, filled in as it was / `/provision cancel &lt;id&gt;` withdraws a request that nobody has decided yet / `/provision renew &lt;id&gt; [30d]` keeps something longer; its product says by how much / `/provision change &lt;id&gt; [Key=value …]` changes what lives, as far as its product allows, or brings it to the newest version / `/provision teardown &lt;id&gt;` tears something down, after it has shown what is lost and what is kept / `/provision transfer &lt;id&gt; [@person]` hands something to a team-mate / `/provision audit &lt;id&gt;` shows who did what and when; for approvers, admins and auditors / `/provision costs [team]` shows what yours and your teams' cost, a month and this month / `/provision stats [team]` shows how your teams' requests went in the last 30 days, and what waits / `/provision jobs` shows what could not be done and was given up; for admins / `/provision pause [message], resume` stops taking new requests, and takes them again; for admins / `/provision help` shows this / For example `/provision rds-postgres team=payments`. Ids may be cut to the first characters that tell them apart.)
        # How to use /provision
        `/provision` shows everything you can request
        `/provision &lt;product&gt; [Key=value …] [team=name]` opens that product's form, filled in as far as you say
        `/provision &lt;words&gt;` shows what you can request in which the words are found
        `/provision list [team]` shows your requests, or your team's; of `all` teams for admins and auditors
        `/provision status &lt;id&gt;` shows one request with all that happened to it
        `/provision again &lt;id&gt;` opens the form of an earlier request, filled in as it was
        `/provision cancel &lt;id&gt;` withdraws a request that nobody has decided yet
        `/provision renew &lt;id&gt; [30d]` keeps something longer; its product says by how much
        `/provision change &lt;id&gt; [Key=value …]` changes what lives, as far as its product allows, or brings it to the newest version
        `/provision teardown &lt;id&gt;` tears something down, after it has shown what is lost and what is kept
        `/provision transfer &lt;id&gt; [@person]` hands something to a team-mate
        `/provision audit &lt;id&gt;` shows who did what and when; for approvers, admins and auditors
        `/provision costs [team]` shows what yours and your teams' cost, a month and this month
        `/provision stats [team]` shows how your teams' requests went in the last 30 days, and what waits
        `/provision jobs` shows what could not be done and was given up; for admins
        `/provision pause [message], resume` stops taking new requests, and takes them again; for admins
        `/provision help` shows this
        For example `/provision rds-postgres team=payments`. Ids may be cut to the first characters that tell them apart.
        ");
    }
}
