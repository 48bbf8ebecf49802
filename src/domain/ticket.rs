//! The ticket that a request belongs to, if its product requires or accepts one.

use serde::{Deserialize, Serialize};

use cloudformation::Pattern;

/// Longest reference that a form accepts, in characters.
pub const LONGEST: u32 = 100;
/// The placeholder for the reference in a link.
pub const PLACE_IN_LINK: &str = "{ticket}";

/// A product's rule about tickets.
#[derive(Clone, Debug)]
pub struct TicketRule {
    /// What people call such a ticket.
    pub label: String,
    /// The pattern that the whole reference has to match; `None` for any text.
    pub pattern: Option<Pattern>,
    /// Whether a request has to name one.
    pub required: bool,
    /// The address of a ticket, with [`PLACE_IN_LINK`] for its reference.
    pub link: Option<String>,
}

/// The ticket of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// What people call it.
    pub label: String,
    /// The reference as typed, trimmed.
    pub reference: String,
    /// The address of the ticket.
    pub link: Option<String>,
}

impl TicketRule {
    /// Parses the typed reference; `None` if it is empty and optional.
    ///
    /// # Errors
    /// What is wrong with it, for the user.
    pub fn read(&self, typed: &str) -> Result<Option<Ticket>, String> {
        let reference = typed.trim();
        if reference.is_empty() {
            return if self.required {
                Err("Name the ticket that this belongs to.".to_owned())
            } else {
                Ok(None)
            };
        }
        if reference.chars().count() > LONGEST as usize {
            return Err(format!("Write at most {LONGEST} characters."));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.accepts(reference)) {
            return Err(format!("This is not a valid reference: it has to match {}.", pattern.as_str()));
        }
        let link = self.link.as_ref().map(|link| link.replace(PLACE_IN_LINK, &encoded(reference)));
        Ok(Some(Ticket { label: self.label.clone(), reference: reference.to_owned(), link }))
    }
}

/// Percent-encodes the reference as one path segment, so that nothing typed can change where the link leads.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
    let each = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(required: bool) -> TicketRule {
        TicketRule {
            label: "Change ticket".to_owned(),
            pattern: Some(Pattern::new("[A-Z]+-[0-9]+")),
            required,
            link: Some("https://jira.example.com/browse/{ticket}".to_owned()),
        }
    }

    #[test]
    fn a_ticket_is_checked_and_leads_to_its_page() {
        let ticket = rule(true).read(" OPS-17 ").unwrap().unwrap();
        assert_eq!((ticket.label.as_str(), ticket.reference.as_str()), ("Change ticket", "OPS-17"));
        assert_eq!(ticket.link.as_deref(), Some("https://jira.example.com/browse/OPS-17"));
        let wrong = rule(true).read("tomorrow OPS-17").unwrap_err();
        assert_eq!(wrong, "This is not a valid reference: it has to match [A-Z]+-[0-9]+.");
        assert_eq!(rule(true).read("  ").unwrap_err(), "Name the ticket that this belongs to.");
        assert_eq!(rule(false).read("").unwrap(), None);
    }

    #[test]
    fn nothing_that_is_typed_leads_elsewhere() {
        let any = TicketRule { pattern: None, ..rule(false) };
        let ticket = any.read("../../evil?a=b|c>#<@U1> é").unwrap().unwrap();
        let link = ticket.link.unwrap();
        assert_eq!(
            link,
            "https://jira.example.com/browse/%2E%2E%2F%2E%2E%2Fevil%3Fa%3Db%7Cc%3E%23%3C%40U1%3E%20%C3%A9"
        );
        assert_eq!(any.read(&"x".repeat(101)).unwrap_err(), "Write at most 100 characters.");
    }
}
