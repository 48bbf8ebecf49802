//! Text in Slack's mrkdwn format: escaping, mentions, dates, amounts.

use jiff::Timestamp;
use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::cost::Estimate;
use crate::domain::ids::PersonId;
use crate::domain::principal::Principal;

/// Escapes user input. Without this, a `<!channel>` in a reason would notify a whole channel.
pub fn escape(text: &str) -> String {
    escape_within(text, usize::MAX)
}

/// Like [`escape`], cut with `…` to at most `limit` characters without splitting an entity.
pub fn escape_within(text: &str, limit: usize) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut length = 0;
    // Where to cut if the next character does not fit.
    let mut fits = 0;
    for character in text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')) {
        let entity = match character {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            _ => None,
        };
        length += entity.map_or(1, str::len);
        if length > limit {
            escaped.truncate(fits);
            escaped.push('…');
            return escaped;
        }
        match entity {
            Some(entity) => escaped.push_str(entity),
            None => escaped.push(character),
        }
        if length < limit {
            fits = escaped.len();
        }
    }
    escaped
}

/// Formats user input as code on one line, at most `limit` characters. Backticks cannot be escaped and become `'`.
pub fn code(text: &str, limit: usize) -> String {
    let one_line: String = text
        .chars()
        .map(|c| {
            if c == '`' {
                '\''
            } else if c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let escaped = escape_within(&one_line, limit.saturating_sub(2));
    if escaped.trim().is_empty() { "_empty_".to_owned() } else { format!("`{escaped}`") }
}

/// Formats user input within a sentence, at most `limit` characters: unchanged, or as code if Slack would format or
/// link it.
pub fn inline(text: &str, limit: usize) -> String {
    let is_quotation = |line: &str| line.trim_start().starts_with('>');
    let is_more = text.lines().any(is_quotation) || text.split_whitespace().any(is_markup);
    if is_more { code(text, limit) } else { escape_within(text, limit) }
}

/// Returns whether Slack would render a word differently: as formatting, as an emoji, or, where `verbatim` cannot be
/// set, such as in a message's notification text, as a link to an address, channel or user ("Automatic parsing" of
/// docs.slack.dev/messaging/formatting-message-text, 2026-11-29).
fn is_markup(word: &str) -> bool {
    let is_formatted = word.contains(['*', '_', '~', '`', '|']) || word.split(':').count() > 2;
    let labels: Vec<&str> = word.split('.').collect();
    // A top-level domain has at least two letters, unlike the parts of a version number.
    let is_domain = labels.windows(2).any(|pair| {
        let ends = pair[0].ends_with(|c: char| c.is_alphanumeric());
        ends && pair[1].chars().take_while(char::is_ascii_alphabetic).count() > 1
    });
    is_formatted || is_domain || word.contains("://") || word.contains(['@', '#'])
}

/// Formats user input as a quotation, at most `limit` characters, with every line marked so that none escapes from it.
/// [`arranged`](super::blocks::arranged) turns it into plain text for sending.
pub fn quote(text: &str, limit: usize) -> String {
    let lines: Vec<&str> = text.trim().lines().collect();
    let marked = lines.len().saturating_mul(2);
    let escaped = escape_within(text.trim(), limit.saturating_sub(marked).max(1));
    escaped.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

/// Reverses [`escape`].
pub(super) fn unescape(text: &str) -> String {
    // The ampersand last, so that a typed `&lt;` is preserved.
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Returns the user input in a line that [`quote`] wrote; `None` for any other line.
pub(super) fn unquoted(line: &str) -> Option<String> {
    line.strip_prefix("> ").or_else(|| (line == ">").then_some("")).map(unescape)
}

/// Mentions a user; clients show the name.
pub fn mention(person: &PersonId) -> String {
    format!("<@{person}>")
}

/// Mentions a principal from the settings, or shows the address if only that is known.
pub fn mention_principal(principal: &Principal) -> String {
    match principal {
        Principal::Person(person) => mention(person),
        Principal::Group(group) => format!("<!subteam^{group}>"),
        Principal::Email(email) => escape(email),
    }
}

/// Lists principals as "a, b or c"; empty if there are none.
pub fn any_of(principals: &[Principal]) -> String {
    // A card has no room for more; those not named can still approve.
    const NAMED: usize = 10;
    let mut names: Vec<String> = principals.iter().take(NAMED).map(mention_principal).collect();
    if principals.len() > NAMED {
        names.push(format!("{} more", principals.len() - NAMED));
    }
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// Formats a date and time in the reader's time zone; UTC if the client cannot do that.
pub fn date_time(timestamp: Timestamp) -> String {
    format!("<!date^{}^{{date_short_pretty}} at {{time}}|{}>", timestamp.as_second(), utc(timestamp))
}

/// Formats a day in the reader's time zone; UTC if the client cannot do that.
pub fn day(timestamp: Timestamp) -> String {
    format!("<!date^{}^{{date_short_pretty}}|{}>", timestamp.as_second(), timestamp.strftime("%Y-%m-%d"))
}

/// Formats a date and time for plain text: `2026-11-22 16:30 UTC`.
pub fn utc(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Formats an estimate: "about $15/month, us-east-1 list price of 2026-08-21", or only the amount if it used no price
/// list.
pub fn estimate(estimate: &Estimate) -> String {
    let about = monthly(estimate);
    if estimate.region.is_empty() {
        return about;
    }
    let (region, day) = (escape(&estimate.region), escape(&estimate.priced_on));
    format!("{about}, {region} list price of {day}")
}

/// Formats the amount of an estimate: "about $15/month".
pub fn monthly(estimate: &Estimate) -> String {
    format!("about {}/month", dollars(estimate.monthly))
}

/// Formats US dollars, with cents below ten dollars and without above: `$1.15`, `$15`, `$1,234`.
pub fn dollars(amount: Decimal) -> String {
    let cent = Decimal::new(1, 2);
    if amount > Decimal::ZERO && amount < cent {
        return "less than $0.01".to_owned();
    }
    let places = if amount < Decimal::TEN { 2 } else { 0 };
    // The default is banker's rounding, which readers would take for a mistake.
    let rounded = amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_integer() {
        return format!("${}", thousands(rounded.to_i128().unwrap_or(i128::MAX)));
    }
    format!("${rounded:.2}")
}

/// Draws a bar of ten cells, `▓▓▓░░░░░░░`. It is empty only for zero, and full only for `whole` or more.
pub fn meter(part: Decimal, whole: Decimal) -> String {
    bar(part, whole, 10)
}

/// Like [`meter`] with five cells, for a column of a table.
pub fn short_meter(part: Decimal, whole: Decimal) -> String {
    bar(part, whole, 5)
}

fn bar(part: Decimal, whole: Decimal, length: usize) -> String {
    // `None` if `whole` is zero: then any part is more than the whole.
    let cells = part.checked_mul(length.into()).and_then(|many| many.checked_div(whole));
    let cells =
        cells.map_or(if part > Decimal::ZERO { length } else { 0 }, |cells| cells.to_usize().unwrap_or(0));
    let least = usize::from(part > Decimal::ZERO);
    let full = cells.clamp(least, length);
    format!("{}{}", "▓".repeat(full), "░".repeat(length - full))
}

fn thousands(amount: i128) -> String {
    let digits = amount.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::GroupId;

    #[test]
    fn typed_text_can_neither_mention_nor_link() {
        assert_eq!(escape("<!channel> & <https://x|y>"), "&lt;!channel&gt; &amp; &lt;https://x|y&gt;");
        assert_eq!(escape("a\u{7}b\nc"), "ab\nc");
        assert_eq!(code("a`b\n<c>", 100), "`a'b &lt;c&gt;`");
        assert_eq!(code(" ", 100), "_empty_");
        assert_eq!(inline("at 9:30 <now> & here", 100), "at 9:30 &lt;now&gt; &amp; here");
        for more in [
            "*now*",
            "a _b_",
            "~a~",
            "`a",
            ":tada: a",
            "> a",
            "see https://x/y",
            "x.example.com/y",
            "(a@x.org)",
            "in #general",
            "ask @here",
        ] {
            assert_eq!(inline(more, 100), code(more, 100));
        }
        for text in ["e.g. version 1.20, or v2.0", "a > b", "Done. Next: 10:30", "..."] {
            assert_eq!(inline(text, 100), escape(text));
        }
        assert_eq!(quote("one\n\n> two", 100), "> one\n> \n> &gt; two");
    }

    #[test]
    fn people_groups_and_addresses_are_named_as_slack_shows_them() {
        let people = [
            Principal::Person(PersonId::new("U0MORGAN")),
            Principal::Group(GroupId::new("S0LEADS")),
            Principal::Email("ann@example.com".into()),
        ];
        assert_eq!(any_of(&people), "<@U0MORGAN>, <!subteam^S0LEADS> or ann@example.com");
        assert_eq!(any_of(&people[..1]), "<@U0MORGAN>");
        assert_eq!(any_of(&[]), "");
        let crowd = vec![people[0].clone(); 14];
        assert!(any_of(&crowd).ends_with("<@U0MORGAN> or 4 more"));
    }

    #[test]
    fn a_date_is_the_readers_with_utc_to_fall_back_on() {
        let timestamp: Timestamp = "2026-11-22T16:30:59Z".parse().unwrap();
        assert_eq!(
            date_time(timestamp),
            "<!date^1795365059^{date_short_pretty} at {time}|2026-11-22 16:30 UTC>"
        );
        assert_eq!(day(timestamp), "<!date^1795365059^{date_short_pretty}|2026-11-22>");
    }

    #[test]
    fn amounts_are_rounded_as_a_person_would() {
        for (amount, text) in [
            ("0", "$0"),
            ("0.004", "less than $0.01"),
            ("1.15", "$1.15"),
            ("1.5", "$1.50"),
            ("9.999", "$10"),
            ("14.6", "$15"),
            ("15.5", "$16"),
            ("999.5", "$1,000"),
            ("1234567", "$1,234,567"),
        ] {
            assert_eq!(dollars(amount.parse().unwrap()), text, "{amount}");
        }
    }

    #[test]
    fn a_meter_is_empty_for_nothing_and_full_for_the_whole_alone() {
        for (part, whole, text) in [
            (0, 10, "░░░░░░░░░░"),
            (1, 1000, "▓░░░░░░░░░"),
            (2, 10, "▓▓░░░░░░░░"),
            (999, 1000, "▓▓▓▓▓▓▓▓▓░"),
            (10, 10, "▓▓▓▓▓▓▓▓▓▓"),
            (11, 10, "▓▓▓▓▓▓▓▓▓▓"),
            (0, 0, "░░░░░░░░░░"),
            (1, 0, "▓▓▓▓▓▓▓▓▓▓"),
        ] {
            assert_eq!(meter(part.into(), whole.into()), text, "{part} of {whole}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_text_keeps_to_its_limit_and_ends_in_no_half_entity(text in "[a&<>é\n`]{0,60}", limit in 1_usize..50) {
            let cut = escape_within(&text, limit);
            prop_assert!(cut.chars().count() <= limit);
            let rest = cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
            prop_assert!(!rest.contains(['&', '<', '>']));
            prop_assert!(quote(&text, limit).is_empty() || !quote(&text, limit).contains('<'));
        }
    }
}
