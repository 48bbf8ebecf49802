//! What every handler works with: the use cases, the client, and the work that continues after an answer. `routing`
//! finds the handler of a payload.

use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use tokio_util::task::TaskTracker;

use super::client::SlackClient;
use super::commands::written_help;
use super::incoming::{Click, Incoming, ResponseUrl, SlashCommand};
use super::messages::Message;
use super::rate_limiter::{RateLimiter, seconds};
use crate::domain::ids::{ChannelId, PersonId};
use crate::portal::{Error, Portal};
use crate::ports::directory::Late;
use crate::ports::outage::{Side, error_unless, warn_unless};
use crate::ports::slack::SlackError;
use crate::ports::stored::{Newer, is_unread};
use crate::slack::refusal::sentence;

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

/// Where a private answer can be shown.
#[derive(Clone, Debug)]
pub(super) struct ReplyTarget {
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
        let help = Arc::new(RwLock::new(help_of(&portal)));
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
        *self.help.write().unwrap_or_else(PoisonError::into_inner) = help_of(&self.portal.as_of_now());
    }

    /// Returns a copy for one answer, with the current rules and a new deadline.
    pub(super) fn as_of_now(&self) -> Self {
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
    pub(super) fn reply_later(&self, at: &ReplyTarget, message: Message) {
        let (edge, at) = (self.clone(), at.clone());
        self.follow(async move { edge.say(&at, &message).await });
    }

    /// Shows a message to one user: through the `response_url`, else in the channel, else as a direct message.
    pub(super) async fn say(&self, at: &ReplyTarget, message: &Message) {
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

impl ReplyTarget {
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

fn help_of(portal: &Portal) -> Bytes {
    written_help(&portal.organization.command, &portal.catalog)
}

/// Shown to an approver whose decision was stored until Slack answers.
pub(super) const STORED: &str = "Slack has not said yet who the approvers are. Your answer is saved and counts as soon as Slack \
    does. You get a message if it does not count after all.";
