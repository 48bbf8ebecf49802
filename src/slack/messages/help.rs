//! The help text: usage and examples.

use super::Message;
use crate::slack::blocks::{header, section};
use crate::slack::mrkdwn::escape_within;

/// Arguments of the command, and what each does. Angle brackets are escaped, because Slack would read them as links.
const USAGE: [(&str, &str); 17] = [
    ("", "shows everything you can request"),
    (" &lt;product&gt; [Key=value …] [team=name]", "opens that product's form, with the values you give"),
    (" &lt;words&gt;", "searches what you can request"),
    (" list [team]", "shows your requests, or your team's; of `all` teams for admins and auditors"),
    (" status &lt;id&gt;", "shows one request and its history"),
    (" again &lt;id&gt;", "opens the form again with the values of an earlier request"),
    (" cancel &lt;id&gt;", "withdraws a request that is not decided yet"),
    (" renew &lt;id&gt; [30d]", "renews a lease, by a period that the product offers"),
    (
        " change &lt;id&gt; [Key=value …]",
        "changes a resource as far as its product allows, or updates it to the newest version",
    ),
    (" teardown &lt;id&gt;", "tears a resource down, after showing what is deleted and what is kept"),
    (" transfer &lt;id&gt; [@person]", "hands a resource over to a team-mate"),
    (" audit &lt;id&gt;", "shows who did what and when; for approvers, admins and auditors"),
    (" costs [team]", "shows what your resources and your teams' cost, per month and this month"),
    (" stats [team]", "shows your teams' requests of the last 30 days, and what is waiting"),
    (" jobs", "shows failed jobs; for admins"),
    (" pause [message], resume", "pauses new requests, and resumes them; for admins"),
    (" help", "shows this"),
];

/// Returns usage and examples; `products` are keys for the examples.
pub fn help(command: &str, products: &[&str]) -> Message {
    let command = escape_within(command, 40);
    let lines: Vec<String> = USAGE.iter().map(|(rest, does)| format!("`{command}{rest}` {does}")).collect();
    let product = products.first().copied().unwrap_or("s3-bucket");
    let example = format!(
        "For example `{command} {product} team=payments`. Ids may be shortened to their first characters, as long as they are unique."
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
        (How to use /provision / `/provision` shows everything you can request / `/provision &lt;product&gt; [Key=value …] [team=name]` opens that product's form, with the values you give / `/provision &lt;words&gt;` searches what you can request / `/provision list [team]` shows your requests, or your team's; of `all` teams for admins and auditors / `/provision status &lt;id&gt;` shows one request and its history / `/provision again &lt;id&gt;` opens the form again with the values of an earlier request / `/provision cancel &lt;id&gt;` withdraws a request that is not decided yet / `/provision renew &lt;id&gt; [30d]` renews a lease, by a period that the product offers / `/provision change &lt;id&gt; [Key=value …]` changes a resource as far as its product allows, or updates it to the newest version / `/provision teardown &lt;id&gt;` tears a resource down, after showing what is deleted and what is kept / `/provision transfer &lt;id&gt; [@person]` hands a resource over to a team-mate / `/provision audit &lt;id&gt;` shows who did what and when; for approvers, admins and auditors / `/provision costs [team]` shows what your resources and your teams' cost, per month and this month / `/provision stats [team]` shows your teams' requests of the last 30 days, and what is waiting / `/provision jobs` shows failed jobs; for admins / `/provision pause [message], resume` pauses new requests, and resumes them; for admins / `/provision help` shows this / For example `/provision rds-postgres team=payments`. Ids may be shortened to their first characters, as long as they are unique.)
        # How to use /provision
        `/provision` shows everything you can request
        `/provision &lt;product&gt; [Key=value …] [team=name]` opens that product's form, with the values you give
        `/provision &lt;words&gt;` searches what you can request
        `/provision list [team]` shows your requests, or your team's; of `all` teams for admins and auditors
        `/provision status &lt;id&gt;` shows one request and its history
        `/provision again &lt;id&gt;` opens the form again with the values of an earlier request
        `/provision cancel &lt;id&gt;` withdraws a request that is not decided yet
        `/provision renew &lt;id&gt; [30d]` renews a lease, by a period that the product offers
        `/provision change &lt;id&gt; [Key=value …]` changes a resource as far as its product allows, or updates it to the newest version
        `/provision teardown &lt;id&gt;` tears a resource down, after showing what is deleted and what is kept
        `/provision transfer &lt;id&gt; [@person]` hands a resource over to a team-mate
        `/provision audit &lt;id&gt;` shows who did what and when; for approvers, admins and auditors
        `/provision costs [team]` shows what your resources and your teams' cost, per month and this month
        `/provision stats [team]` shows your teams' requests of the last 30 days, and what is waiting
        `/provision jobs` shows failed jobs; for admins
        `/provision pause [message], resume` pauses new requests, and resumes them; for admins
        `/provision help` shows this
        For example `/provision rds-postgres team=payments`. Ids may be shortened to their first characters, as long as they are unique.
        ");
    }
}
