//! Implements the [`Slack`] port: posts and updates messages, posts ephemerally, publishes home tabs.

use async_trait::async_trait;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use slack_morphism::prelude::SlackBlock;

use super::failure::CallFailure;
use super::rate_limits::{Shows, UpdateProgress};
use super::{Pace, SlackClient};
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::request::{MessageRef, MessageSlot, Status};
use crate::ports::slack::HandBackReason;
use crate::ports::slack::{Destination, HomePage, Notice, Posted, RequestNotice, Slack, SlackError};
use crate::slack::home;
use crate::slack::messages::{Message, render};
use crate::slack::mrkdwn::quote;
use crate::slack::refusal::sentence;

#[derive(Debug, Serialize)]
struct Outgoing<'a> {
    channel: &'a str,
    text: &'a str,
    blocks: &'a [SlackBlock],
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unfurl_links: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unfurl_media: Option<bool>,
}

impl<'a> Outgoing<'a> {
    fn new(channel: &'a str, message: &'a Message) -> Self {
        Self {
            channel,
            text: &message.text,
            blocks: &message.blocks,
            thread_ts: None,
            ts: None,
            user: None,
            unfurl_links: None,
            unfurl_media: None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct PostAnswer {
    channel: Option<String>,
    ts: Option<String>,
    message: Option<PostedMessage>,
}

/// Slack posts a reply to a deleted message outside any thread; the only sign is that `thread_ts` is absent here
/// (slack-go/slack#1571, 2026-11-29).
#[derive(Debug, Deserialize)]
struct PostedMessage {
    thread_ts: Option<String>,
}

/// An answer of which only success or failure matters.
#[derive(Debug, Deserialize)]
struct Done {}

/// Longest user input that is quoted back, in characters.
const HANDED_BACK: usize = 2500;

/// How long a decision counts as new.
const NEW: SignedDuration = SignedDuration::from_mins(10);

/// How often a message that Slack refuses for a short time is retried within the call.
const STAYS: usize = 2;

impl SlackClient {
    async fn paced<A: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        place: &str,
        outgoing: &Outgoing<'_>,
    ) -> Result<A, CallFailure> {
        self.pace.turn(outgoing.channel, place).await.map_err(CallFailure::RateLimited)?;
        for _ in 0..STAYS {
            match self.call(method, outgoing, self.limits.call).await {
                Err(CallFailure::RateLimited(wait)) if Pace::is_short(wait) => {
                    self.pace.hold(outgoing.channel, wait);
                    tokio::time::sleep_until(tokio::time::Instant::now() + wait).await;
                }
                answer => return self.held(place, outgoing, answer),
            }
        }
        // Last attempt: if Slack still asks to wait, the caller comes back later.
        let answer = self.call(method, outgoing, self.limits.call).await;
        self.held(place, outgoing, answer)
    }

    /// Passes on the answer. If Slack asks to wait, blocks the conversation and reserves the message's turn.
    fn held<A>(
        &self,
        place: &str,
        outgoing: &Outgoing<'_>,
        answer: Result<A, CallFailure>,
    ) -> Result<A, CallFailure> {
        if let Err(CallFailure::RateLimited(wait)) = &answer {
            self.pace.hold_and_keep(outgoing.channel, place, *wait);
        }
        answer
    }

    /// Posts any message, for notices that are not about one request.
    ///
    /// # Errors
    /// See [`SlackError`].
    pub async fn say(&self, destination: &Destination, message: &Message) -> Result<MessageRef, SlackError> {
        Ok(self.send(destination, &message.text, message).await?.at)
    }

    async fn send(
        &self,
        destination: &Destination,
        place: &str,
        message: &Message,
    ) -> Result<Posted, SlackError> {
        // A user's id works as a channel: Slack opens the direct conversation and answers with its id.
        let (channel, thread_ts) = match destination {
            Destination::Channel(channel) => (channel.as_str(), None),
            Destination::Thread(first) => (first.channel.as_str(), Some(first.ts.as_str())),
            Destination::Person(person) => (person.as_str(), None),
        };
        // User input may contain URLs, for which Slack must not show previews.
        let (unfurl_links, unfurl_media) = (Some(false), Some(false));
        let outgoing = Outgoing { thread_ts, unfurl_links, unfurl_media, ..Outgoing::new(channel, message) };
        let answer: PostAnswer = self.paced("chat.postMessage", place, &outgoing).await?;
        let ts = answer.ts.ok_or(SlackError::Unplaced)?;
        let channel = ChannelId::new(answer.channel.unwrap_or_else(|| channel.to_owned()));
        let is_outside = answer.message.is_some_and(|message| message.thread_ts.is_none());
        Ok(Posted { at: MessageRef { channel, ts }, is_outside_thread: thread_ts.is_some() && is_outside })
    }

    /// Shows a message to one user only: ephemerally in `channel` if they are there, else as a direct message.
    ///
    /// # Errors
    /// See [`SlackError`].
    pub async fn say_privately(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        message: &Message,
    ) -> Result<(), SlackError> {
        if let Some(channel) = channel {
            let outgoing =
                Outgoing { user: Some(person.as_str()), ..Outgoing::new(channel.as_str(), message) };
            let posted = self.paced::<Done>("chat.postEphemeral", &message.text, &outgoing).await;
            match posted.map_err(SlackError::from) {
                Ok(Done {}) => return Ok(()),
                // A direct message may still get through, because the limit concerns this method or this channel.
                Err(SlackError::Unreachable(_) | SlackError::RateLimited(_)) => {}
                Err(error) => return Err(error),
            }
        }
        match self.say(&Destination::Person(person.clone()), message).await {
            // `Unplaced` means that it was posted, but that Slack did not say where, which does not matter here.
            Ok(_) | Err(SlackError::Unplaced) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Identifies a message in a conversation's queue, whatever it shows by the time of its turn.
fn place(notice: &Notice<'_>) -> String {
    match notice {
        Notice::Request(notice) => format!("{} {:?}", notice.request.id, notice.slot),
        Notice::Warning(notice) => format!("warning of {}", notice.owner),
        Notice::Trail(_) => "trail".to_owned(),
    }
}

/// Returns what an update with this notice shows.
fn shows(notice: &Notice<'_>) -> Shows {
    let Notice::Request(RequestNotice { slot, request, now, .. }) = notice else {
        return Shows { decisions: 0, is_new: false, progress: UpdateProgress::Settled };
    };
    let is_under_way = matches!(
        request.status,
        Status::Provisioning { .. } | Status::Updating { .. } | Status::Terminating { .. }
    );
    let is_card = matches!(slot, MessageSlot::Card | MessageSlot::Renewal | MessageSlot::Change);
    // The final decision counts once more than its approvals, because a denial or timeout has none.
    let decisions = request.approval().consents.len() + usize::from(!request.waits_for_approvers());
    let decided_at = request.approval().consents.last().map(|approval| approval.at).max(request.ended_at);
    Shows {
        decisions: if is_card { decisions } else { 0 },
        is_new: decided_at.is_some_and(|time| now.duration_since(time) < NEW),
        progress: if is_under_way { UpdateProgress::UnderWay } else { UpdateProgress::Settled },
    }
}

#[async_trait]
impl Slack for SlackClient {
    async fn post(&self, destination: &Destination, notice: &Notice<'_>) -> Result<Posted, SlackError> {
        let posted = self.send(destination, &place(notice), &render(notice)).await?;
        self.rate_limits.shown(&posted.at.ts, shows(notice));
        Ok(posted)
    }

    async fn update(&self, message_ref: &MessageRef, notice: &Notice<'_>) -> Result<(), SlackError> {
        let shows = shows(notice);
        self.rate_limits.update(&message_ref.ts, shows).map_err(CallFailure::RateLimited)?;
        let message = render(notice);
        let outgoing =
            Outgoing { ts: Some(&message_ref.ts), ..Outgoing::new(message_ref.channel.as_str(), &message) };
        match self.paced("chat.update", &place(notice), &outgoing).await {
            Ok(Done {}) => {
                self.rate_limits.shown(&message_ref.ts, shows);
                Ok(())
            }
            Err(error) => {
                self.rate_limits.not_shown(&message_ref.ts, shows);
                Err(error.into())
            }
        }
    }

    async fn post_ephemeral(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        text: &str,
    ) -> Result<(), SlackError> {
        self.say_privately(channel, person, &Message::plain(text)).await
    }

    async fn hand_back(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        why: HandBackReason<'_>,
        typed: Option<&str>,
    ) -> Result<(), SlackError> {
        let text = match why {
            HandBackReason::Refused(refusal) => sentence(refusal),
            HandBackReason::GivenUp(why) => why.to_owned(),
        };
        let quoted = typed.map(|typed| format!("\nYou wrote:\n{}", quote(typed, HANDED_BACK)));
        self.post_ephemeral(channel, person, &format!("{text}{}", quoted.unwrap_or_default())).await
    }

    async fn publish_home(&self, page: &HomePage, published: &str) -> Result<String, SlackError> {
        let view = home::view(page);
        let digest = home::digest(&view).map_err(anyhow::Error::from)?;
        // Slack limits how often tabs may be published, so an unchanged one is not sent.
        if digest != published {
            self.publish(&page.person, &view).await?;
        }
        Ok(digest)
    }

    async fn clock_ahead_by(&self) -> anyhow::Result<SignedDuration> {
        self.clock_is_ahead_by().await
    }

    async fn check(&self) -> anyhow::Result<()> {
        self.identity().await.map(|_| ())
    }
}
