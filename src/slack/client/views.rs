//! Opening and changing views, and answering where a click came from.

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

/// A view that is open now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OpenedView {
    /// Its id, to update it by.
    pub id: String,
    /// Its version, so that an update does not overwrite a newer one.
    pub hash: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ViewOpened {
    // A view that is open is open, whatever is said of it.
    #[serde(deserialize_with = "lenient")]
    view: OpenedView,
}

impl SlackClient {
    /// Opens a modal for the person whose trigger it is.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Refused`] when the trigger is too old or was used.
    pub async fn open_view(&self, trigger_id: &str, view: &SlackModalView) -> Result<OpenedView, SlackError> {
        let body = json!({ "trigger_id": trigger_id, "view": written(view)? });
        let opened: ViewOpened = self.call("views.open", &body, self.limits.open).await?;
        Ok(opened.view)
    }

    /// Opens a modal over the one whose trigger it is.
    ///
    /// # Errors
    /// As [`Self::open_view`]; also when three are open already.
    pub async fn push_view(&self, trigger_id: &str, view: &SlackModalView) -> Result<OpenedView, SlackError> {
        let body = json!({ "trigger_id": trigger_id, "view": written(view)? });
        let opened: ViewOpened = self.call("views.push", &body, self.limits.open).await?;
        Ok(opened.view)
    }

    /// Replaces an open modal; with a `hash` only if it is still that version.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Gone`] when it was closed, [`SlackError::Refused`] when it has moved on.
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

    /// Publishes a person's home tab.
    ///
    /// # Errors
    /// See [`SlackError`].
    pub(super) async fn publish(&self, person: &PersonId, view: &SlackHomeView) -> Result<(), SlackError> {
        let view = crate::slack::home::to_json(view).map_err(anyhow::Error::from)?;
        let body = json!({ "user_id": person.as_str(), "view": view });
        self.rate_limits.turn(PUBLISH, person.as_str()).map_err(CallFailure::RateLimited)?;
        match self.call::<ViewOpened>(PUBLISH, &body, self.limits.call).await {
            Ok(_) => Ok(()),
            // Nobody has this home tab any more: so says the example on the method's page (2026-11-29).
            Err(CallFailure::Api { code, detail })
                if code == "invalid_arguments" && detail.contains("user_id") =>
            {
                Err(SlackError::Unreachable(format!("{code}: {detail}")))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Answers privately where a command or click came from, leaving the message it came from as it is.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Refused`] for an address that is not Slack's, [`SlackError::Gone`] when it
    /// was used up.
    pub async fn respond(&self, to: &ResponseUrl, message: &Message) -> Result<(), SlackError> {
        let url = followable(to.reveal(), &self.api)
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
