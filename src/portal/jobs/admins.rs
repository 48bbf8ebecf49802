//! Direct messages to the admins.

use std::collections::BTreeSet;

use crate::domain::ids::PersonId;
use crate::domain::principal::Principal;
use crate::portal::Portal;
use crate::ports::directory::Freshness;
use crate::ports::outage::warn_unless;
use crate::ports::slack::SlackError;

/// How many admins are notified at most.
const MOST_ADMINS: usize = 25;

impl Portal {
    /// Returns the admins as individual people, as far as Slack knows them.
    async fn admins(&self) -> BTreeSet<PersonId> {
        let mut people = BTreeSet::new();
        // One by one, so that a failed lookup of one admin does not hide the others.
        for admin in &self.organization.admins {
            match self.some_who_count(std::slice::from_ref(admin), &[], MOST_ADMINS, Freshness::Fresh).await {
                Ok(counted) => people.extend(counted.people),
                Err(error) => {
                    warn_unless!(
                        self.ports.trouble.outages.explains(&error),
                        error = format!("{error:#}"),
                        "cannot look up an admin"
                    );
                    // An admin named by id can be messaged without a lookup.
                    if let Principal::Person(person) = admin {
                        people.insert(person.clone());
                    }
                }
            }
        }
        people
    }

    /// Sends a direct message to every admin who can be found; returns whether any was delivered.
    pub(crate) async fn tell_admins(&self, text: &str) -> bool {
        let mut is_delivered = false;
        for admin in self.admins().await {
            match self.ports.slack.post_ephemeral(None, &admin, text).await {
                Ok(()) => is_delivered = true,
                // Some admins cannot be messaged for good; logged once a person, not once a message.
                Err(SlackError::Unreachable(why)) => self.note_unreachable(admin.as_str(), &why),
                Err(error) => {
                    warn_unless!(self.ports.trouble.outages.explains(&error), %admin, %error, "cannot notify an admin");
                }
            }
        }
        is_delivered
    }
}
