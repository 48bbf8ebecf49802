//! Undoes Slack's escaping of a command's text. Users remain ids; everything else becomes text again.

use crate::domain::ids::PersonId;
use crate::slack::incoming::is_id;
use crate::slack::mrkdwn::unescape;

/// Returns the text as it was typed. A user stays `<@U…>`, a channel becomes its name, and a link its text.
pub(super) fn as_typed(escaped: &str) -> String {
    let mut typed = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(start) = rest.find('<') {
        let (before, from) = rest.split_at(start);
        typed.push_str(before);
        let end = from.find('>').map_or(from.len(), |end| end + 1);
        let (marked, after) = from.split_at(end);
        typed.push_str(&unmarked(marked));
        rest = after;
    }
    typed.push_str(rest);
    // Entities are decoded last, so that a typed `<` is not taken for Slack's escaping.
    unescape(&typed)
}

/// Returns the text for one `<…>`, or the `<…>` itself if it is not Slack's escaping.
fn unmarked(marked: &str) -> String {
    let Some(inside) = marked.strip_prefix('<').and_then(|text| text.strip_suffix('>')) else {
        return marked.to_owned();
    };
    let (target, label) =
        inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
    let is_link = target.contains("://") || target.starts_with("mailto:");
    match (target.chars().next(), label.filter(|label| !label.is_empty())) {
        (Some('@'), _) => format!("<{target}>"),
        (Some('#'), Some(name)) => format!("#{name}"),
        (Some('!'), Some(label)) => label.to_owned(),
        (_, Some(label)) if is_link => label.to_owned(),
        (_, None) if is_link => target.to_owned(),
        _ => marked.to_owned(),
    }
}

/// Returns the user that a word of the command mentions.
pub(super) fn person(word: &str) -> Option<PersonId> {
    let id = word.strip_prefix("<@")?.strip_suffix('>')?;
    if is_id(id) { Some(PersonId::new(id)) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_escaped_command_reads_as_it_was_typed() {
        for (escaped, typed) in [
            ("transfer 0b8f1c9e <@U0BOB|bob>", "transfer 0b8f1c9e <@U0BOB>"),
            ("list <#C0PAYMENTS|payments>", "list #payments"),
            ("s3 Url=<https://example.com/a?b=1>", "s3 Url=https://example.com/a?b=1"),
            ("s3 Host=<http://logs.example.com|logs.example.com>", "s3 Host=logs.example.com"),
            ("s3 Mail=<mailto:a@example.com|a@example.com>", "s3 Mail=a@example.com"),
            ("s3 Note=a&lt;b&gt;c&amp;d", "s3 Note=a<b>c&d"),
            ("s3 Note=&amp;lt;", "s3 Note=&lt;"),
            ("s3 Group=<!subteam^S0LEADS|@leads>", "s3 Group=@leads"),
            ("s3 Open=<b", "s3 Open=<b"),
            ("s3 Note=<plain>", "s3 Note=<plain>"),
        ] {
            assert_eq!(as_typed(escaped), typed);
        }
    }

    #[test]
    fn only_a_mention_names_a_person() {
        assert_eq!(person("<@U0BOB>"), Some(PersonId::new("U0BOB")));
        for word in ["@bob", "U0BOB", "<@>", "<@U0 BOB>", "<@U0BOB|bob>", "<!channel>"] {
            assert_eq!(person(word), None, "{word}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[<>@#!|&;a-c:/é ]{0,40}") {
            let _ = as_typed(&text);
        }
    }
}
