//! Opening the home tab. A job publishes it.

use crate::domain::ids::PersonId;
use crate::domain::job::JobKind;
use crate::portal::{Error, Portal};
use crate::ports::retention::{HOMES_KEPT_FOR, earlier};
use crate::ports::store::HomeTab;

/// Records that a person opened their home tab, and publishes it.
///
/// # Errors
/// If the store cannot be used.
pub async fn opened(portal: &Portal, person: &PersonId) -> Result<(), Error> {
    let now = portal.now();
    // An expired record may not be deleted yet; ignore it.
    let tab = portal.ports.store.home(person).await?;
    let tab = tab.filter(|tab| earlier(now, HOMES_KEPT_FOR) < tab.opened_at);
    let tab = match tab {
        Some(tab) => HomeTab { opened_at: now, ..tab },
        // `shows` is empty, so that the tab is published whatever it showed before.
        None => HomeTab { first_opened_at: now, opened_at: now, shows: String::new() },
    };
    portal.ports.store.put_home(person, &tab).await?;
    Ok(portal.write_jobs(vec![JobKind::Home.due(person.clone(), now)]).await?)
}
