//! Routes every payload from Slack to the one function that answers it, and tracks work that continues after the
//! answer. `response_deadline` makes sure that every answer is in time.

use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::client::SlackClient;
use super::incoming::{Click, Incoming, Origin, ResponseUrl, SlackEvent, SlashCommand};
use super::messages::Message;
use super::rate_limiter::RateLimiter;
use super::refusal::sentence;
use super::reply::Ack;
use super::throttling::{not_done, seconds, throttled};
use super::{actions, commands, submissions, suggestions};
use crate::domain::audit::{By, Via};
use crate::domain::ids::{ChannelId, PersonId};
use crate::portal::people::home;
use crate::portal::{Error, Portal, Received};
use crate::ports::directory::Late;
use crate::ports::outage::{Side, error_unless, warn_unless};
use crate::ports::slack::SlackError;
use crate::ports::stored::{Newer, is_unread};

/// Answers Slack. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The use cases.
    pub portal: Portal,
    /// Calls Slack's Web API.
    pub client: Arc<SlackClient>,
    help: Arc<RwLock<Bytes>>,
    pub(super) allowances: Arc<RateLimiter>,
    pub(super) following: TaskTracker,
    /// Deadline of this answer.
    pub(super) due_at: Instant,
    /// Whether the user already sees that this answer takes long.
    pub(super) is_seen: Arc<AtomicBool>,
}

/// Returns whether a user from `origin` belongs to the workspace or enterprise of our token: at least one of the two
/// ids must be named and match. An app that is installed for a whole enterprise has no single workspace, and Slack
/// sends `team: null` next to the `enterprise` with interactions
/// (docs.slack.dev/reference/interaction-payloads/view-interactions-payload: "Null if the app is org-installed";
/// slackapi/bolt-python#23 for shortcuts; 2026-11-28). No interaction of a user comes with neither.
fn serves(team: Option<&str>, enterprise: Option<&str>, origin: &Origin) -> bool {
    let pairs = [(team, origin.team.as_deref()), (enterprise, origin.enterprise.as_deref())];
    pairs.into_iter().filter_map(|(ours, theirs)| ours.zip(theirs)).any(|(ours, theirs)| ours == theirs)
}

/// Where a private answer can be shown.
#[derive(Clone, Debug)]
pub(super) struct Whereabouts {
    /// Who reads it.
    pub(super) person: PersonId,
    /// The channel they acted in, if any.
    pub(super) channel: Option<ChannelId>,
    /// Slack's URL for answers, if any.
    pub(super) response_url: Option<ResponseUrl>,
    /// Whether they have one of our modals open, so that another one must be pushed on top of it.
    pub(super) in_modal: bool,
}

impl Edge {
    /// Creates an edge. Each user may do `burst` things at once, and then one a second.
    pub fn new(portal: Portal, client: Arc<SlackClient>, burst: u32) -> Self {
        let help = Arc::new(RwLock::new(written_help(&portal)));
        let allowances = Arc::new(RateLimiter::new(burst));
        let (following, due_at, is_seen) = (TaskTracker::new(), Instant::now(), Arc::default());
        Self { portal, client, help, allowances, following, due_at, is_seen }
    }

    /// Returns the cached answer to `help`.
    pub(super) fn help(&self) -> Bytes {
        self.help.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Renders the answer to `help` again after the rules changed.
    pub fn rules_changed(&self) {
        *self.help.write().unwrap_or_else(PoisonError::into_inner) = written_help(&self.portal.as_of_now());
    }

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

    /// Returns a copy for one answer, with the current rules and a new deadline.
    fn as_of_now(&self) -> Self {
        Self {
            portal: self.portal.as_of_now(),
            client: Arc::clone(&self.client),
            help: Arc::clone(&self.help),
            allowances: Arc::clone(&self.allowances),
            following: self.following.clone(),
            due_at: Instant::now() + self.portal.limits.answer,
            is_seen: Arc::default(),
        }
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

    /// Runs `work` after the answer.
    pub(super) fn follow(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.following.spawn(work);
    }

    /// Asks Slack for the bot's identity, so that the first click need not wait for that or for the connection.
    pub async fn warm_up(&self) {
        if let Err(error) = self.client.identity().await {
            // Every later payload asks again.
            warn_unless!(
                self.portal.ports.trouble.outages.explains(&error),
                error = format!("{error:#}"),
                "cannot ask Slack who we are"
            );
        }
    }

    /// Shows a message to one user, after the answer.
    pub(super) fn reply_later(&self, at: &Whereabouts, message: Message) {
        let (edge, at) = (self.clone(), at.clone());
        self.follow(async move { edge.say(&at, &message).await });
    }

    /// Shows a message to one user: through the `response_url`, else in the channel, else as a direct message.
    pub(super) async fn say(&self, at: &Whereabouts, message: &Message) {
        if let Some(url) = &at.response_url {
            match self.client.respond(url, message).await {
                Ok(()) => return,
                Err(error) => {
                    warn_unless!(self.portal.ports.trouble.outages.explains(&error), actor = %at.person, %error, "answering a person in another way");
                }
            }
        }
        // A `response_url` expires, so a failure there does not mean that the user cannot be reached.
        if let Err(error) = self.client.say_privately(at.channel.as_ref(), &at.person, message).await {
            warn_unless!(self.portal.ports.trouble.outages.explains(&error), actor = %at.person, %error, "cannot answer a person");
        }
    }

    /// Waits for all work that follows the answers given so far. Tests call it to see what users see in the end.
    pub async fn settle(&self) {
        self.following.close();
        self.following.wait().await;
        self.following.reopen();
    }

    /// Like [`Edge::settle`], at shutdown.
    pub async fn finish(&self) {
        self.following.close();
        self.following.wait().await;
    }

    /// Returns what a user reads about an error: what happened, and what to do. The operator finds the details in the
    /// log, under the same reference.
    pub(super) fn words(&self, error: &Error) -> String {
        let error = match error {
            Error::Refused(refusal) => return sentence(refusal),
            Error::Failed(error) if error.is::<Newer>() => {
                return "A newer version of this app is being rolled out and has changed this already. Nothing was done. \
                        Please try again in a few minutes."
                    .to_owned();
            }
            Error::Failed(error) if let Some(SlackError::RateLimited(wait)) = error.downcast_ref() => {
                return format!("Slack is busy. Nothing was done; press again in {}.", seconds(*wait));
            }
            Error::Failed(error) if error.is::<Late>() => {
                return "Slack is slow to say who is who. Nothing was done; press again in a few seconds."
                    .to_owned();
            }
            Error::Failed(error) => error,
        };
        let reference = uuid::Uuid::new_v4().simple().to_string();
        // Short enough to type, and unique enough to find in a log.
        let reference = reference.get(..8).unwrap_or(&reference);
        let (details, message) = (format!("{error:#}"), "an error was shown to a person");
        let outages = &self.portal.ports.trouble.outages;
        error_unless!(outages.explains(error), reference, error = details, "{message}");
        let lasts = format!("if it keeps happening, mention `{reference}` to your platform team.");
        if is_unread(error) {
            return format!(
                "What this app has stored about it cannot be read, so nothing was done, and trying again does not help. Mention \
                 `{reference}` to your platform team."
            );
        }
        match Side::of(error) {
            Some(Side::Store | Side::Queue) => format!(
                "The database of this app is not working at the moment, so nothing was saved as far as we know. The problem is on our side. \
                 Try again in a minute; {lasts}"
            ),
            Some(Side::Slack | Side::Sockets) => {
                format!("Slack is not responding, so nothing was done. Try again in a minute; {lasts}")
            }
            Some(Side::Aws(_)) => {
                format!("AWS is not responding, so nothing was done. Try again in a minute; {lasts}")
            }
            None => format!("Something went wrong and nothing was saved. Try again in a minute; {lasts}"),
        }
    }
}

impl Whereabouts {
    /// Returns where the user can be answered; `None` if not by a message.
    pub(super) fn of(incoming: &Incoming) -> Option<Self> {
        match incoming {
            Incoming::Command(command) => Some(Self::of_command(command)),
            Incoming::Click(click) => Some(Self::of_click(click)),
            Incoming::Shortcut(shortcut) => Some(Self::only(&shortcut.origin.person)),
            Incoming::Submission(_)
            | Incoming::UnreadForm { .. }
            | Incoming::Suggestion(_)
            | Incoming::Event(_)
            | Incoming::Closed
            | Incoming::UrlVerification { .. }
            | Incoming::Unknown { .. } => None,
        }
    }

    pub(super) fn of_command(command: &SlashCommand) -> Self {
        Self {
            person: command.origin.person.clone(),
            channel: command.channel.clone(),
            response_url: command.response_url.clone(),
            in_modal: false,
        }
    }

    pub(super) fn of_click(click: &Click) -> Self {
        Self {
            person: click.origin.person.clone(),
            channel: click.channel.clone(),
            response_url: click.response_url.clone(),
            // The home tab is a view too, but has no callback id. A modal cannot be pushed on top of it, only opened.
            in_modal: click.view.as_ref().is_some_and(|view| !view.callback_id.is_empty()),
        }
    }

    pub(super) fn only(person: &PersonId) -> Self {
        Self { person: person.clone(), channel: None, response_url: None, in_modal: false }
    }
}

fn written_help(portal: &Portal) -> Bytes {
    commands::written_help(&portal.organization.command, &portal.catalog)
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

/// Shown to an approver whose decision was stored until Slack answers.
pub(super) const STORED: &str = "Slack has not said yet who the approvers are. Your answer is saved and counts as soon as Slack \
    does. You get a message if it does not count after all.";

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
