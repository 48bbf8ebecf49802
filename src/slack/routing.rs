//! Routes every payload from Slack to the one function that answers it. `response_deadline` makes sure that every answer
//! is in time.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinHandle;

use super::edge::Edge;
use super::incoming::{Incoming, Origin, SlackEvent};
use super::messages::Message;
use super::reply::Ack;
use super::throttling::{not_done, throttled};
use super::{actions, commands, submissions, suggestions};
use crate::domain::audit::{By, Via};
use crate::domain::ids::PersonId;
use crate::portal::people::home;
use crate::portal::{Error, Received};
use crate::ports::outage::warn_unless;

/// Returns whether a user from `origin` belongs to the workspace or enterprise of our token: at least one of the two
/// ids must be named and match. An app that is installed for a whole enterprise has no single workspace, and Slack
/// sends `team: null` next to the `enterprise` with interactions
/// (docs.slack.dev/reference/interaction-payloads/view-interactions-payload: "Null if the app is org-installed";
/// slackapi/bolt-python#23 for shortcuts; 2026-11-28). No interaction of a user comes with neither.
fn serves(team: Option<&str>, enterprise: Option<&str>, origin: &Origin) -> bool {
    let pairs = [(team, origin.team.as_deref()), (enterprise, origin.enterprise.as_deref())];
    pairs.into_iter().filter_map(|(ours, theirs)| ours.zip(theirs)).any(|(ours, theirs)| ours == theirs)
}

impl Edge {
    /// Answers one payload by the current rules, within the time limit.
    pub async fn answer(&self, incoming: Incoming) -> Ack {
        let (kind, began) = (received(&incoming), Instant::now());
        let (edge, incoming) = (self.as_of_now(), Arc::new(incoming));
        let (answering, payload) = (edge.clone(), Arc::clone(&incoming));
        // Boxed, so that moving the future of an immediate answer is cheap.
        let work = Box::pin(async move { answering.answered(kind, &payload).await });
        let ack = edge.promptly(&incoming, work).await;
        self.portal.metrics.ack(kind, began.elapsed());
        ack
    }

    async fn answered(&self, kind: Received, incoming: &Incoming) -> Ack {
        // First, so that a throttled user causes no calls to Slack or the store.
        if let Some(wait) = self.throttle(kind, incoming) {
            return throttled(incoming, wait);
        }
        if let Some(origin) = origin(incoming) {
            if origin.is_from_nowhere() {
                return not_done(incoming, &|again| {
                    format!(
                        "Slack did not say which workspace this comes from, so nothing was done. Please {again}."
                    )
                });
            }
            match self.is_ours(origin).await {
                Some(true) => {}
                Some(false) => return Box::pin(self.strangers_answer(incoming, origin)).await,
                None => {
                    return not_done(incoming, &|again| {
                        format!(
                            "Slack has not said yet which workspace this app belongs to, so nothing was done. Wait a few seconds and {again}."
                        )
                    });
                }
            }
        }
        match incoming {
            Incoming::Command(command) => commands::answer(self, command).await,
            Incoming::Click(click) => Box::pin(actions::answer(self, click)).await,
            Incoming::Submission(submission) => Box::pin(submissions::answer(self, submission)).await,
            Incoming::UnreadForm { view, why } => submissions::unread(view, why),
            Incoming::Suggestion(suggestion) => Box::pin(suggestions::answer(self, suggestion)).await,
            Incoming::Shortcut(shortcut) => Box::pin(commands::shortcut(self, shortcut)).await,
            Incoming::UrlVerification { challenge } => Ack::Challenge(challenge.clone()),
            Incoming::Event(SlackEvent::AppHomeOpened { origin, tab, .. }) => {
                // Slack sends the event for the messages tab as well.
                if tab == "home" {
                    Box::pin(self.home_opened(&origin.person)).await;
                }
                Ack::Empty
            }
            Incoming::Closed | Incoming::Event(SlackEvent::Other { .. }) => Ack::Empty,
            Incoming::Unknown { kind } => {
                tracing::debug!(kind, "not something we use");
                Ack::Empty
            }
        }
    }

    /// Like [`Edge::answer`], in its own task, which continues even if the caller stops waiting.
    pub(super) fn answer_apart(&self, incoming: Incoming) -> JoinHandle<Ack> {
        let edge = self.clone();
        self.following.spawn(async move { edge.answer(incoming).await })
    }

    /// Requests that the home tab be published. A failure is only logged, as the user can do no more than open it
    /// again.
    async fn home_opened(&self, person: &PersonId) {
        if let Err(error) = home::opened(&self.portal, person).await {
            let outages = &self.portal.ports.trouble.outages;
            let is_told = matches!(&error, Error::Failed(error) if outages.explains(error));
            warn_unless!(is_told, actor = %person, %error, "cannot note that a home tab was opened");
        }
    }

    /// Returns whether the user belongs to the workspace or enterprise of our token; `None` until Slack has said which
    /// that is. Slack is asked again each time until it answers.
    async fn is_ours(&self, origin: &Origin) -> Option<bool> {
        if self.client.known_identity().is_none() {
            let client = Arc::clone(&self.client);
            // In its own task, so that an answer that is too late for this payload is there for the next one.
            let lookup = self.following.spawn(async move { client.identity().await.ok() });
            let _ = tokio::time::timeout(self.portal.limits.identity, lookup).await;
        }
        let identity = self.client.known_identity()?;
        Some(serves(identity.team_id.as_deref(), identity.enterprise_id.as_deref(), origin))
    }

    async fn strangers_answer(&self, incoming: &Incoming, origin: &Origin) -> Ack {
        let refused = self.portal.refuse_stranger(&stranger(incoming, origin)).await;
        let text = self.words(&refused);
        tracing::warn!(actor = %origin.person, "refused somebody of another workspace");
        match incoming {
            Incoming::Command(_) | Incoming::Click(_) => Ack::Ephemeral(Message::plain(&text)),
            Incoming::Submission(_) => Ack::UpdateView(Box::new(super::views::note("Not allowed", &text))),
            Incoming::Suggestion(_)
            | Incoming::Shortcut(_)
            | Incoming::Event(_)
            | Incoming::UnreadForm { .. }
            | Incoming::Closed
            | Incoming::UrlVerification { .. }
            | Incoming::Unknown { .. } => Ack::nothing(incoming),
        }
    }
}

/// Returns the kind of payload, for the metrics.
fn received(incoming: &Incoming) -> Received {
    match incoming {
        Incoming::Command(_) => Received::Command,
        Incoming::Click(_) => Received::Click,
        Incoming::Submission(_) | Incoming::UnreadForm { .. } => Received::Submission,
        Incoming::Suggestion(_) => Received::Suggestion,
        Incoming::Shortcut(_) => Received::Shortcut,
        Incoming::Event(_) => Received::Event,
        Incoming::Closed | Incoming::UrlVerification { .. } | Incoming::Unknown { .. } => Received::Other,
    }
}

/// Returns the user and where they acted, for the audit trail.
fn stranger(incoming: &Incoming, origin: &Origin) -> By {
    let via = match incoming {
        Incoming::Click(click) => click.channel.clone().map_or(Via::Home, Via::Message),
        Incoming::Submission(_) | Incoming::UnreadForm { .. } | Incoming::Suggestion(_) => Via::Form,
        Incoming::Event(_) => Via::Home,
        Incoming::Command(_)
        | Incoming::Shortcut(_)
        | Incoming::Closed
        | Incoming::UrlVerification { .. }
        | Incoming::Unknown { .. } => Via::Command,
    };
    By { person: origin.person.clone(), via }
}

fn origin(incoming: &Incoming) -> Option<&Origin> {
    match incoming {
        Incoming::Command(command) => Some(&command.origin),
        Incoming::Click(click) => Some(&click.origin),
        Incoming::Submission(submission) => Some(&submission.origin),
        Incoming::Suggestion(suggestion) => Some(&suggestion.origin),
        Incoming::Shortcut(shortcut) => Some(&shortcut.origin),
        Incoming::Event(SlackEvent::AppHomeOpened { origin, .. }) => Some(origin),
        Incoming::Event(SlackEvent::Other { .. })
        | Incoming::UnreadForm { .. }
        | Incoming::Closed
        | Incoming::UrlVerification { .. }
        | Incoming::Unknown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the size of an async function's future, in bytes.
    fn size<A, B, C, F>(_: impl FnOnce(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_is_answered_at_once_moves_little() {
        let outside = size(|edge: &'static Edge, incoming, ()| edge.answer(incoming));
        let boxed =
            size(|edge: &'static Edge, what, incoming: &'static Incoming| edge.answered(what, incoming));
        let kept = size_of::<Edge>();
        let bytes = outside + boxed + kept;
        assert!(
            bytes < 3 * 1024,
            "{outside} + {boxed} + {kept} bytes are moved for every answer: keep what is rare in a box"
        );
    }

    #[test]
    fn an_enterprise_is_served_as_a_whole_and_a_workspace_without_its_neighbors() {
        let from = |team: Option<&str>, enterprise: Option<&str>| Origin {
            person: PersonId::new("W0ALICE"),
            team: team.map(str::to_owned),
            enterprise: enterprise.map(str::to_owned),
        };
        let workspace = |origin| serves(Some("T0OURS"), None, &origin);
        assert!(workspace(from(Some("T0OURS"), None)));
        assert!(!workspace(from(Some("T0THEIRS"), None)));
        assert!(!workspace(from(Some("T0THEIRS"), Some("E0THEIRS"))));
        assert!(!workspace(from(None, None)), "nobody says that it is ours");
        assert!(!workspace(from(None, Some("E0THEIRS"))), "nothing of it can be compared");

        // Slack reports the enterprise as its own team there. Users come from its workspaces or from none.
        let enterprise = |origin| serves(Some("E0GRID"), Some("E0GRID"), &origin);
        assert!(enterprise(from(None, Some("E0GRID"))));
        assert!(enterprise(from(Some("T0ANY"), Some("E0GRID"))));
        assert!(!enterprise(from(None, Some("E0OTHER"))));
        assert!(!enterprise(from(Some("T0THEIRS"), None)));
        assert!(!enterprise(from(None, None)));

        let on_a_grid = |origin| serves(Some("T0OURS"), Some("E0GRID"), &origin);
        assert!(on_a_grid(from(Some("T0OURS"), None)));
        assert!(on_a_grid(from(None, Some("E0GRID"))));
        assert!(!on_a_grid(from(Some("T0THEIRS"), Some("E0OTHER"))));
        assert!(!on_a_grid(from(None, None)));
    }
}
