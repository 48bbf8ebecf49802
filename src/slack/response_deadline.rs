//! The time limit for all answers. Every payload is answered within it, however long the store, Slack or AWS take. Work
//! that is not finished by then continues, and its result is shown in another way. Every entry point goes through here.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, CatchUnwind, join};
use slack_morphism::prelude::SlackModalView;
use tokio::time::timeout;

use super::edge::{Edge, ReplyTarget};
use super::incoming::{Incoming, ViewSubmission};
use super::messages::Message;
use super::reply::Ack;
use super::throttling::not_done;
use super::{actions, submissions, views};

/// Work that may panic: unwinding is safe because its shared state is behind locks whose poisoning is ignored.
type Guarded = CatchUnwind<AssertUnwindSafe<BoxFuture<'static, Ack>>>;

/// Shown to a user whose click takes very long.
const CLICK_TAKES_LONG: &str = "This is taking longer than usual. It may still go through; if nothing has changed in a minute, press again.";
/// Shown to a user whose command takes very long.
const ANSWER_TAKES_LONG: &str = "This is taking longer than usual. You get a message when it is done; if none has come in a minute, try again.";

impl Edge {
    /// Returns the answer of `work`, or a provisional answer at the time limit.
    pub(super) async fn promptly(&self, incoming: &Arc<Incoming>, work: BoxFuture<'static, Ack>) -> Ack {
        // Slack must get an answer even if a handler panics.
        let mut work = AssertUnwindSafe(work).catch_unwind();
        // An immediate answer needs neither a task nor a timer.
        let ack = match (&mut work).now_or_never() {
            Some(ack) => ack.unwrap_or_else(|_| ended_badly(incoming)),
            None => Box::pin(self.within_the_limit(incoming, work)).await,
        };
        self.said_where_it_can_be(incoming, ack)
    }

    async fn within_the_limit(&self, incoming: &Arc<Incoming>, work: Guarded) -> Ack {
        // In its own task, so that the work continues if the connection that waits for the answer is gone.
        let (payload, going_on) = (Arc::clone(incoming), self.following.spawn(work));
        let mut work = going_on
            .map(move |ended| ended.ok().and_then(Result::ok).unwrap_or_else(|| ended_badly(&payload)))
            .boxed();
        // Slack shows nothing from the answer to a click, so one that changes nothing is acknowledged at once.
        let waits = !matches!(&**incoming, Incoming::Click(click) if !actions::changes(click));
        if waits && let Ok(ack) = timeout(self.portal.limits.answer, &mut work).await {
            return ack;
        }
        let (edge, payload) = (self.clone(), Arc::clone(incoming));
        self.follow(async move { edge.goes_on(&payload, work).await });
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

    /// Sends the message of a click or a shortcut separately, because Slack ignores it in the answer.
    fn said_where_it_can_be(&self, incoming: &Incoming, ack: Ack) -> Ack {
        match (incoming, ack) {
            (Incoming::Click(_) | Incoming::Shortcut(_), Ack::Ephemeral(message)) => {
                if let Some(at) = ReplyTarget::of(incoming) {
                    self.reply_later(&at, message);
                }
                Ack::Empty
            }
            (_, ack) => ack,
        }
    }

    /// Waits for late work and shows its result. After a while the user is told that it takes long, unless they already
    /// see it.
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
                    "It took longer than usual, and is done now. You can close this window.",
                );
                self.shows(submission, &done).await;
            }
            (_, Ack::Ephemeral(message)) => self.tells(incoming, &message).await,
            (_, Ack::Written(json)) => {
                if let Some(message) = Message::written(&json) {
                    self.tells(incoming, &message).await;
                }
            }
            // Field errors are shown when the user submits again, as the provisional answer asked them to.
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
        if let Some(at) = ReplyTarget::of(incoming) {
            self.say(&at, message).await;
        }
    }

    /// Replaces the submitted form with this view, unless it was closed or submitted again meanwhile.
    async fn shows(&self, submission: &ViewSubmission, view: &SlackModalView) {
        let version = submissions::version_after_late(submission);
        if let Err(error) = self.client.update_view(&submission.view.id, version, view).await {
            tracing::debug!(actor = %submission.origin.person, %error, "cannot show the result of a form");
        }
    }
}

/// Answers after a panic. What was committed before it remains.
fn ended_badly(incoming: &Incoming) -> Ack {
    tracing::error!("an answer panicked: see above");
    not_done(incoming, &|again| {
        format!(
            "Something went wrong on our side, and this may not have been done. Check before you {again}."
        )
    })
}
