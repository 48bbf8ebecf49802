//! Opens modals for commands and buttons. Slack accepts a `trigger_id` for three seconds only, so if the content is not
//! ready by then, a placeholder modal is opened and replaced later.

use std::pin::Pin;
use std::sync::atomic::Ordering;

use futures_util::future::join;
use slack_morphism::prelude::SlackModalView;
use tokio::time::timeout_at;

use super::client::OpenedView;
use super::edge::{Edge, ReplyTarget};
use super::incoming::ViewRef;
use super::messages::Message;
use super::reply::Ack;
use super::views;
use crate::portal::Error;
use crate::ports::outage::warn_unless;
use crate::ports::slack::SlackError;

const CLOSED: &str = "The window was closed before this was ready. Try again if you still need it.";
const NOT_OPENED: &str = "Slack took too long to open the form. Please try again.";
const NOT_SHOWN: &str = "Slack did not show the window. Close it if one is open, and try again.";
const CHANGED: &str =
    "The window changed before this was ready. Check it, and press again if you still need to.";

impl Edge {
    /// Opens the modal that `built` returns, on top of an open one, or says why it cannot be opened.
    pub(super) async fn opens(
        &self,
        at: &ReplyTarget,
        trigger: Option<&str>,
        mut built: Pin<Box<impl Future<Output = Result<SlackModalView, Error>>>>,
    ) -> Ack {
        // The deadline began when the payload arrived, so it includes checks such as that of the workspace.
        match timeout_at(self.due_at.into(), &mut built).await {
            Ok(Ok(view)) => {
                self.open_later(at, trigger, view);
                Ack::Empty
            }
            Ok(Err(error)) => self.refusal_of(&error),
            Err(_) => {
                // The trigger expires soon, so the placeholder is opened while the view is still being built.
                let (waiting, built) = join(self.opens_for_now(at, trigger), built).await;
                self.becomes(at, waiting, built).await
            }
        }
    }

    /// Opens a placeholder modal while the trigger is still valid.
    async fn opens_for_now(&self, at: &ReplyTarget, trigger: Option<&str>) -> Result<OpenedView, SlackError> {
        let opened = self.opened(at, trigger, &views::one_moment()).await;
        // The placeholder already tells the user that it takes long.
        self.is_seen.fetch_or(opened.is_ok(), Ordering::Relaxed);
        opened
    }

    /// Replaces the placeholder with the finished view, or with the reason why there is none.
    async fn becomes(
        &self,
        at: &ReplyTarget,
        waiting: Result<OpenedView, SlackError>,
        built: Result<SlackModalView, Error>,
    ) -> Ack {
        let (view, words) = match built {
            Ok(view) => (view, None),
            Err(error) => {
                let words = self.words(&error);
                (views::note("Not possible", &words), Some(words))
            }
        };
        let updated = match waiting {
            // Without a hash, because nothing else changes the placeholder.
            Ok(waiting) => self.client.update_view(&waiting.id, None, &view).await.map(drop),
            Err(error) => Err(error),
        };
        let Err(error) = updated else { return Ack::Empty };
        let otherwise = self.not_shown(at, error);
        Ack::Ephemeral(Message::plain(&words.unwrap_or(otherwise)))
    }

    async fn opened(
        &self,
        at: &ReplyTarget,
        trigger: Option<&str>,
        view: &SlackModalView,
    ) -> Result<OpenedView, SlackError> {
        match trigger {
            Some(trigger) if at.in_modal => self.client.push_view(trigger, view).await,
            Some(trigger) => self.client.open_view(trigger, view).await,
            // `not_shown` looks for `trigger_id` in this text.
            None => Err(SlackError::Refused("Slack sent no trigger_id".to_owned())),
        }
    }

    /// Replaces the open view with another one, or says why that failed.
    pub(super) async fn turns(&self, at: &ReplyTarget, open: &ViewRef, next: &SlackModalView) -> Ack {
        match self.client.update_view(&open.id, open.hash.as_deref(), next).await {
            Ok(_) => Ack::Empty,
            Err(error) => Ack::Ephemeral(Message::plain(&self.not_shown(at, error))),
        }
    }

    /// Opens a modal after the answer, on top of an open one.
    pub(super) fn open_later(&self, at: &ReplyTarget, trigger: Option<&str>, view: SlackModalView) {
        let (edge, at, trigger) = (self.clone(), at.clone(), trigger.map(str::to_owned));
        self.follow(async move {
            if let Err(error) = edge.opened(&at, trigger.as_deref(), &view).await {
                edge.say(&at, &Message::plain(&edge.not_shown(&at, error))).await;
            }
        });
    }

    /// Answers with the reason why something was not done.
    pub(super) fn refusal_of(&self, error: &Error) -> Ack {
        Ack::Ephemeral(Message::plain(&self.words(error)))
    }

    /// Returns what a user reads if Slack did not show a view.
    fn not_shown(&self, at: &ReplyTarget, error: SlackError) -> String {
        warn_unless!(self.portal.ports.trouble.outages.explains(&error), actor = %at.person, %error, "cannot show a view");
        match error {
            SlackError::RateLimited(_) => self.words(&Error::Failed(error.into())),
            SlackError::Gone(_) | SlackError::Unplaced => CLOSED.to_owned(),
            SlackError::Refused(why) if why.contains("trigger_id") => NOT_OPENED.to_owned(),
            SlackError::Refused(why) if why.contains("hash_conflict") => CHANGED.to_owned(),
            // Trying again cannot help, so this is logged as an error for the operator.
            SlackError::Refused(why) => {
                self.words(&Error::Failed(anyhow::anyhow!("cannot show a view: {why}")))
            }
            SlackError::Unreachable(_) | SlackError::Silence(_) | SlackError::Other(_) => {
                NOT_SHOWN.to_owned()
            }
        }
    }
}
