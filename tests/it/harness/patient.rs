//! Somebody who does a thing again when Slack says that it did not work, as people do.

use playground::LedTo;

use super::Person;

/// Often enough for a bot that dies once.
const TRIES: usize = 3;
/// Often enough for a store that is slow.
const PRESSES: usize = 100;

/// A person whose bot may die under their hands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patient<'a>(pub(crate) &'a Person);

impl Patient<'_> {
    /// Types a command until it is answered.
    pub(crate) async fn runs(self, command: &str) {
        for _ in 0..TRIES {
            if self.0.tries_to_run(command).await.is_ok() {
                return;
            }
        }
        panic!("{command} is never answered");
    }

    /// Presses a button until that is answered, or the button is gone because it has counted.
    pub(crate) async fn clicks(self, button: &str) {
        let mut tries = 0..TRIES;
        loop {
            tries.next().unwrap_or_else(|| panic!("{button} is never answered"));
            if self.0.tries_to_click(button).await.is_ok() || !self.0.can_click(button) {
                return;
            }
        }
    }

    /// Presses a button until a form is open.
    pub(crate) async fn opens(self, button: &str) {
        let mut tries = 0..TRIES;
        while !self.0.has_a_form() {
            tries.next().unwrap_or_else(|| panic!("{button} opens nothing"));
            let _ = self.0.tries_to_click(button).await;
        }
    }

    /// Looks at the home tab until the bot has heard of it.
    pub(crate) async fn opens_home(self) {
        let mut tries = 0..TRIES;
        while self.0.tries_to_open_home().await.is_err() {
            tries.next().unwrap_or_else(|| panic!("the home tab is never answered"));
        }
    }

    /// Opens a product's form, fills it and sends it, each until it works.
    pub(crate) async fn asks_for(self, product: &str, fields: &[(&str, &str)]) {
        self.asks_by(&format!("/provision {product}")).await;
        self.sends(fields).await;
    }

    /// Types a command until it has opened a form.
    pub(crate) async fn asks_by(self, command: &str) {
        let mut tries = 0..TRIES;
        while !self.0.has_a_form() {
            tries.next().unwrap_or_else(|| panic!("{command} opens no form"));
            // Slack says so where it failed; then there is no form.
            let _ = self.0.tries_to_run(command).await;
        }
    }

    /// Fills the open form and sends it, each until it works.
    pub(crate) async fn sends(self, fields: &[(&str, &str)]) {
        for (field, value) in fields {
            let mut tries = 0..TRIES;
            while self.0.tries_to_fill(field, value).await.is_err() {
                tries.next().unwrap_or_else(|| panic!("{field} cannot be filled"));
            }
        }
        let (mut tries, mut presses) = (0..TRIES, 0..PRESSES);
        while tries.next().is_some() {
            match self.0.tries_to_submit().await {
                Ok(LedTo::ViewsCleared) => return,
                // A bot that died before it could show a field shows it now.
                Ok(LedTo::ViewUpdated) if self.0.form().contains("[Request]") => {}
                Ok(LedTo::ViewUpdated) => return self.0.closes().await,
                // A slow machine says that it may not be stored yet, which is no death of the bot.
                Ok(_) if self.0.form().contains("press the button again") && presses.next().is_some() => {
                    tries = 0..TRIES;
                }
                Ok(led_to) => panic!("{led_to:?}: {}", self.0.form()),
                Err(_) => {}
            }
        }
        panic!("the form is never taken:\n{}", self.0.form());
    }
}
