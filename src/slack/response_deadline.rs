//! The one limit that every answer has. Whatever Slack sends is answered within it, however long the store, Slack or AWS
//! take; what is not ready by then goes on, and is shown another way when it is there. No entry point is outside of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, CatchUnwind, join};
use slack_morphism::prelude::SlackModalView;
use tokio::time::timeout;

use super::actions;
use super::edge::{Edge, Whereabouts};
use super::incoming::{Incoming, ViewSubmission};
use super::messages::Message;
use super::reply::Ack;
use super::submissions;
use super::throttling::not_done;
use super::views;

/// Work that may panic without taking anything with it: what it shares is behind locks that are not poisoned.
type Guarded = CatchUnwind<AssertUnwindSafe<BoxFuture<'static, Ack>>>;

/// What whoever clicked reads where it takes very long.
const CLICK_TAKES_LONG: &str =
    "This takes longer than usual. It may still count; if nothing has changed in a minute, press again.";
/// What whoever typed a command reads.
const ANSWER_TAKES_LONG: &str = "This takes longer than usual. You are told when it is done; if you have heard nothing in a minute, try again.";

impl Edge {
    /// What `work` answers, or what stands for it once the limit is over.
    pub(super) async fn promptly(&self, incoming: &Arc<Incoming>, work: BoxFuture<'static, Ack>) -> Ack {
        let mut work = AssertUnwindSafe(work).catch_unwind();
        // What is there at once needs no clock.
        let ack = match (&mut work).now_or_never() {
            Some(ack) => ack.unwrap_or_else(|_| ended_badly(incoming)),
            None => Box::pin(self.within_the_limit(incoming, work)).await,
        };
        self.said_where_it_can_be(incoming, ack)
    }

    async fn within_the_limit(&self, incoming: &Arc<Incoming>, work: Guarded) -> Ack {
        // It goes on where whoever waits for the answer is gone, such as a connection.
        let (asked, going_on) = (Arc::clone(incoming), self.following.spawn(work));
        let mut work = going_on
            .map(move |ended| ended.ok().and_then(Result::ok).unwrap_or_else(|| ended_badly(&asked)))
            .boxed();
        // Nobody waits for what only shows something.
        let waits = !matches!(&**incoming, Incoming::Click(click) if !actions::changes(click));
        if waits && let Ok(ack) = timeout(self.portal.limits.answer, &mut work).await {
            return ack;
        }
        let (edge, asked) = (self.clone(), Arc::clone(incoming));
        self.follow(async move { edge.goes_on(&asked, work).await });
        match &**incoming {
            Incoming::Submission(submission) => submissions::late(submission),
            Incoming::Command(_)
            | Incoming::Click(_)
            | Incoming::UnreadForm { .. }
            | Incoming::Suggestion(_)
            | Incoming::Shortcut(_)
            | Incoming::Event(_)
            | Incoming::Closed
            | Incoming::UrlVerification { .. }
            | Incoming::Unknown { .. } => Ack::nothing(incoming),
        }
    }

    /// What a click or a shortcut is told has no place in the answer to it.
    fn said_where_it_can_be(&self, incoming: &Incoming, ack: Ack) -> Ack {
        match (incoming, ack) {
            (Incoming::Click(_) | Incoming::Shortcut(_), Ack::Ephemeral(message)) => {
                if let Some(at) = Whereabouts::of(incoming) {
                    self.reply_later(&at, message);
                }
                Ack::Empty
            }
            (_, ack) => ack,
        }
    }

    /// Waits for what was not there in time. Whoever waits longer than that is told so, unless they see it already.
    async fn goes_on(&self, incoming: &Incoming, mut work: BoxFuture<'static, Ack>) {
        let ack = match timeout(self.portal.limits.silence, &mut work).await {
            Ok(ack) => ack,
            Err(_) => join(work, self.says_that_it_takes_long(incoming)).await.0,
        };
        match (incoming, ack) {
            (Incoming::Submission(submission), Ack::UpdateView(view)) => self.shows(submission, &view).await,
            (Incoming::Submission(submission), Ack::Close) => {
                let done = views::note(
                    "Done",
                    "It took longer than usual, and it is done now. You can close this window.",
                );
                self.shows(submission, &done).await;
            }
            (_, Ack::Ephemeral(message)) => self.tells(incoming, &message).await,
            (_, Ack::Written(json)) => {
                if let Some(message) = Message::written(&json) {
                    self.tells(incoming, &message).await;
                }
            }
            // Whoever is to correct fields reads that when they press the button again, as they were told to.
            (
                _,
                Ack::Empty
                | Ack::FieldErrors(_)
                | Ack::Close
                | Ack::UpdateView(_)
                | Ack::Options(_)
                | Ack::Challenge(_),
            ) => {}
        }
    }

    async fn says_that_it_takes_long(&self, incoming: &Incoming) {
        let is_click = matches!(incoming, Incoming::Click(_));
        let text = if is_click { CLICK_TAKES_LONG } else { ANSWER_TAKES_LONG };
        if !self.is_seen.load(Ordering::Relaxed) {
            self.tells(incoming, &Message::plain(text)).await;
        }
    }

    async fn tells(&self, incoming: &Incoming, message: &Message) {
        if let Some(at) = Whereabouts::of(incoming) {
            self.say(&at, message).await;
        }
    }

    /// Shows this in the place of the form that was sent, unless that was closed or sent again meanwhile.
    async fn shows(&self, submission: &ViewSubmission, view: &SlackModalView) {
        let version = submissions::version_after_late(submission);
        if let Err(error) = self.client.update_view(&submission.view.id, version, view).await {
            tracing::debug!(actor = %submission.origin.person, %error, "what came of a form is shown nowhere");
        }
    }
}

/// The answer where the program made a mistake. What was done before that stays done.
fn ended_badly(incoming: &Incoming) -> Ack {
    tracing::error!("an answer ended badly: see the panic above");
    not_done(incoming, &|again| {
        format!(
            "Something went wrong on our side, and this may not be done. Look whether it is before you {again}."
        )
    })
}
