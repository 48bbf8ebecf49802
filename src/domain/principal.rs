//! People and groups as the settings and the product files name them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{GroupId, PersonId};

/// A person or group named in the settings or in a product file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Principal {
    /// A person, by Slack id.
    Person(PersonId),
    /// All members of a Slack user group.
    Group(GroupId),
    /// A person, by the e-mail address of their Slack profile.
    Email(String),
}

/// The spelling in a file.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
            Self::Email(address) => f.write_str(address),
        }
    }
}

impl Principal {
    /// Parses `U…`/`W…`, `S…` or an e-mail address; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        // Slack ids are upper-case letters and digits after the first letter.
        let is_id = text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match text.as_bytes().first() {
            // Lower-cased, so that an address has one spelling in comparisons.
            _ if is_address(text) => Some(Self::Email(text.to_ascii_lowercase())),
            Some(b'U' | b'W') if is_id => Some(Self::Person(PersonId::new(text))),
            Some(b'S') if is_id => Some(Self::Group(GroupId::new(text))),
            _ => None,
        }
    }

    /// Returns what to write instead of a text that is no principal, if its shape shows what was meant.
    pub fn remedy(text: &str) -> Option<&'static str> {
        match text.trim_start() {
            // Before addresses, which contain an `@` as well.
            handle if handle.starts_with('@') => Some(
                "write the id of the user group, `S…`, not its handle; of a person write the member id, `U…`, or the e-mail address",
            ),
            mention if mention.starts_with('<') => {
                Some("write the id alone, such as `U0ALICE` or `S0LEADS`, without `<`, `@`, `!` and `>`")
            }
            address if address.contains('@') => Some(
                "write the address alone, as it stands in the Slack profile, such as `ann@example.com`, or the member id, `U…`",
            ),
            _ => None,
        }
    }
}

/// Whether the text looks like the address of a Slack profile: one name, one `@`, a domain with a dot.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let in_name = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let in_domain = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    !name.is_empty() && name.chars().all(in_name) && domain.contains('.') && domain.split('.').all(in_domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_a_person_a_group_or_an_e_mail_address() {
        assert_eq!(Principal::parse("U0ALICE"), Some(Principal::Person(PersonId::new("U0ALICE"))));
        assert_eq!(Principal::parse("W12AB"), Some(Principal::Person(PersonId::new("W12AB"))));
        assert_eq!(Principal::parse("S0LEADS"), Some(Principal::Group(GroupId::new("S0LEADS"))));
        assert_eq!(Principal::parse("Ann@Example.com"), Some(Principal::Email("ann@example.com".into())));
        for bad in ["", "alice", "C0GENERAL", "@alice smith", "U", "Ualice"] {
            assert_eq!(Principal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_is_nobody_and_says_what_to_write() {
        for good in ["ann.o'hara+aws@mail.example.co.uk", "jörg@example.com"] {
            assert!(matches!(Principal::parse(good), Some(Principal::Email(_))), "{good}");
        }
        let bad = [
            "@leads",
            "@here",
            "@b.example",
            " @leads",
            "<@U0ALICE>",
            "<!subteam^S0LEADS|@leads>",
            "a@",
            "a@b",
            "a@b.",
            "a@@b.example",
            "a b@example.com",
            "ann@example.com ",
            "mailto:ann@example.com",
            "Ann <ann@example.com>",
            "ann@example.com,bob@example.com",
            "a@-b.example",
            "a@b..example",
        ];
        for bad in bad {
            assert_eq!(Principal::parse(bad), None, "{bad}");
            assert!(Principal::remedy(bad).is_some(), "{bad}");
        }
        assert_eq!(Principal::remedy("alice"), None);
        insta::assert_snapshot!(
            ["@leads", "<@U0ALICE>", "mailto:ann@example.com"].map(|bad| Principal::remedy(bad).unwrap()).join("\n"),
            @"
        write the id of the user group, `S…`, not its handle; of a person write the member id, `U…`, or the e-mail address
        write the id alone, such as `U0ALICE` or `S0LEADS`, without `<`, `@`, `!` and `>`
        write the address alone, as it stands in the Slack profile, such as `ann@example.com`, or the member id, `U…`
        "
        );
    }
}
