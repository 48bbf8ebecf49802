//! Opens and updates views, and answers through response URLs.

use serde::Deserialize;
use serde_json::{Value, json};
use slack_morphism::prelude::{SlackHomeView, SlackModalView};

use super::failure::CallFailure;
use super::rate_limits::PUBLISH;
use super::response_url::followable;
use super::{SlackClient, lenient};
use crate::domain::ids::PersonId;
use crate::ports::slack::SlackError;
use crate::slack::incoming::ResponseUrl;
use crate::slack::messages::Message;
use crate::slack::views::to_json;

/// A view that Slack has opened, pushed or updated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OpenedView {
    /// Its id, for updates.
    pub id: String,
    /// Its version, so that an update does not overwrite a newer one.
    pub hash: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ViewOpened {
    // The view is open even if its description cannot be read.
    #[serde(deserialize_with = "lenient")]
    view: OpenedView,
}

impl SlackClient {
    /// Opens a modal for the user whose trigger it is.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Refused`] if the trigger has expired or was used before.
    pub async fn open_view(&self, trigger_id: &str, view: &SlackModalView) -> Result<OpenedView, SlackError> {
        let body = json!({ "trigger_id": trigger_id, "view": written(view)? });
        let opened: ViewOpened = self.call("views.open", &body, self.limits.open).await?;
        Ok(opened.view)
    }

    /// Opens a modal on top of the one whose trigger it is.
    ///
    /// # Errors
    /// Same as [`Self::open_view`]; also if three modals are open already.
    pub async fn push_view(&self, trigger_id: &str, view: &SlackModalView) -> Result<OpenedView, SlackError> {
        let body = json!({ "trigger_id": trigger_id, "view": written(view)? });
        let opened: ViewOpened = self.call("views.push", &body, self.limits.open).await?;
        Ok(opened.view)
    }

    /// Replaces an open modal; with a `hash`, only if it still has that version.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Gone`] if it was closed, [`SlackError::Refused`] if its version is newer.
    pub async fn update_view(
        &self,
        view_id: &str,
        hash: Option<&str>,
        view: &SlackModalView,
    ) -> Result<OpenedView, SlackError> {
        let mut body = json!({ "view_id": view_id, "view": written(view)? });
        if let Some(hash) = hash {
            body["hash"] = Value::from(hash);
        }
        let opened: ViewOpened = self.call("views.update", &body, self.limits.call).await?;
        Ok(opened.view)
    }

    /// Publishes a user's home tab.
    ///
    /// # Errors
    /// See [`SlackError`].
    pub(super) async fn publish(&self, person: &PersonId, view: &SlackHomeView) -> Result<(), SlackError> {
        let view = crate::slack::home::to_json(view).map_err(anyhow::Error::from)?;
        let body = json!({ "user_id": person.as_str(), "view": view });
        self.rate_limits.turn(PUBLISH, person.as_str()).map_err(CallFailure::RateLimited)?;
        match self.call::<ViewOpened>(PUBLISH, &body, self.limits.call).await {
            Ok(_) => Ok(()),
            // The user no longer exists, according to the example on the method's page (2026-11-29).
            Err(CallFailure::Api { code, detail })
                if code == "invalid_arguments" && detail.contains("user_id") =>
            {
                Err(SlackError::Unreachable(format!("{code}: {detail}")))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Answers a command or click ephemerally, leaving the original message unchanged.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Refused`] if the URL is not Slack's, [`SlackError::Gone`] if it has expired.
    pub async fn respond(&self, response_url: &ResponseUrl, message: &Message) -> Result<(), SlackError> {
        let url = followable(response_url.reveal(), &self.api)
            .ok_or_else(|| SlackError::Refused("the response address is not Slack's".to_owned()))?;
        let body = json!({
            "response_type": "ephemeral",
            "replace_original": false,
            "text": message.text,
            "blocks": message.blocks,
        });
        let answer = self.plain.post(&url, &body, self.limits.call).await;
        let answer = self.heard("an answer", answer)?;
        match answer.status.as_u16() {
            200..=299 => Ok(()),
            404 | 410 => Err(SlackError::Gone("the response address was used up".to_owned())),
            429 => Err(CallFailure::asked_to_wait(answer.retry_after()).into()),
            status => Err(anyhow::anyhow!("Slack answered with HTTP status {status}").into()),
        }
    }
}

fn written(view: &SlackModalView) -> Result<Value, SlackError> {
    to_json(view).map_err(|error| anyhow::Error::from(error).into())
}
