//! The state of the playground: people, channels, messages, open views, trigger ids and unread marks, with
//! the rules that keep it consistent. HTTP, signatures and Block Kit limits are handled elsewhere.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::normalize;
use super::settings::{Channel, GRANTED, Group, Identity, Person, Settings};
use super::view::View;

/// How long a trigger id is valid, as in Slack.
const TRIGGER_LIFE: SignedDuration = SignedDuration::from_secs(3);
/// How long a `response_url` is valid.
const RESPONSE_URL_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// The most uses of a `response_url`.
const RESPONSE_URL_USES: u8 = 5;
/// The most messages to keep, so that a playground that runs for long stays small. Older ones are dropped.
const MESSAGES_KEPT: usize = 5_000;

/// A message as the workspace keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The channel's id, `C…` or `D…`.
    pub channel: String,
    /// `seconds.micros`; identifies the message within its channel.
    pub ts: String,
    /// The `ts` of the thread's root, if this is a reply.
    pub thread_ts: Option<String>,
    /// The id of a person or of the bot.
    pub author: String,
    /// The fallback text.
    pub text: String,
    /// An array of blocks, possibly empty.
    pub blocks: Value,
    /// The time of the last change, as a `ts`.
    pub edited: Option<String>,
    /// The only person who sees an ephemeral message.
    pub ephemeral_to: Option<String>,
}

/// The error that a person sees if the bot could not be reached or gave an invalid answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Unique, so that the same text twice counts as two errors.
    pub id: u64,
    /// The text that Slack would show.
    pub text: String,
}

/// A trigger id that was sent to the bot.
#[derive(Clone, Debug)]
struct Trigger {
    person: String,
    sent: Timestamp,
    used: bool,
}

/// Why a trigger id cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TriggerRefusal {
    Unknown,
    Expired,
    Used,
}

/// The target of a `response_url`.
#[derive(Clone, Debug)]
pub(super) struct ResponseUrl {
    pub(super) channel: String,
    pub(super) person: String,
    /// The message that was clicked; `None` for a slash command.
    pub(super) message_ts: Option<String>,
    pub(super) thread_ts: Option<String>,
    made: Timestamp,
    uses: u8,
}

/// The state of one workspace.
#[derive(Debug)]
pub struct Workspace {
    /// Members, including the bot.
    pub people: Vec<Person>,
    /// User groups.
    pub groups: Vec<Group>,
    /// Channels and the direct messages opened so far.
    pub channels: Vec<Channel>,
    /// The scopes granted to the bot at installation.
    pub scopes: Vec<String>,
    /// The app and the workspace it is installed in.
    pub identity: Identity,
    pub(super) messages: Vec<Message>,
    pub(super) views: BTreeMap<String, Vec<View>>,
    pub(super) homes: BTreeMap<String, View>,
    pub(super) trouble: BTreeMap<String, Trouble>,
    /// The options that the app offered last, by person, block and action.
    pub(super) suggested: BTreeMap<(String, String, String), Vec<Value>>,
    /// What a person selected in a message, as `state.values`, by person, channel and `ts`.
    pub(super) picked: BTreeMap<(String, String, String), Map<String, Value>>,
    triggers: BTreeMap<String, Trigger>,
    response_urls: BTreeMap<String, ResponseUrl>,
    /// The last `ts` read, by person and channel.
    pub(super) read: BTreeMap<(String, String), String>,
    pub(super) last_micros: i64,
    pub(super) serial: u64,
    /// How far the clock is ahead of the machine's.
    pub(super) ahead: SignedDuration,
}

impl Workspace {
    pub(super) fn new(settings: &Settings) -> Self {
        let identity = settings.identity.clone();
        let bot = Person {
            id: identity.bot_user.clone(),
            name: identity.name.to_lowercase(),
            real_name: identity.name.clone(),
            tz: "UTC".to_owned(),
            title: "app".to_owned(),
            is_bot: true,
            ..Person::default()
        };
        Self {
            people: settings.people.iter().cloned().chain([bot]).collect(),
            groups: settings.groups.clone(),
            channels: settings.channels.clone(),
            scopes: GRANTED.map(str::to_owned).into(),
            identity,
            messages: Vec::new(),
            views: BTreeMap::new(),
            homes: BTreeMap::new(),
            trouble: BTreeMap::new(),
            suggested: BTreeMap::new(),
            picked: BTreeMap::new(),
            triggers: BTreeMap::new(),
            response_urls: BTreeMap::new(),
            read: BTreeMap::new(),
            last_micros: 0,
            serial: 0,
            ahead: SignedDuration::ZERO,
        }
    }

    /// Returns the member with this id.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// Returns the channel with this id, or with this name after a hash.
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        let named = id.strip_prefix('#');
        self.channels
            .iter()
            .find(|channel| channel.id == id || named.is_some_and(|name| channel.name == name))
    }

    /// Returns the direct message between the bot and `person`, opening it if necessary.
    pub fn open_dm(&mut self, person: &str) -> String {
        let id = format!("D{}", person.get(1..).unwrap_or_default());
        if self.channel(&id).is_none() {
            self.channels.push(Channel {
                id: id.clone(),
                members: vec![person.to_owned(), self.identity.bot_user.clone()],
                is_private: true,
                ..Channel::default()
            });
        }
        id
    }

    /// Returns a number that was never used before.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Returns a `ts` later than all earlier ones, even if the clock went back.
    pub(super) fn next_ts(&mut self, now: Timestamp) -> String {
        self.last_micros = now.as_microsecond().max(self.last_micros + 1);
        let (seconds, micros) = (self.last_micros / 1_000_000, self.last_micros % 1_000_000);
        format!("{seconds}.{micros:06}")
    }

    /// Adds the ids that Slack would assign to blocks.
    pub(super) fn complete_blocks(&mut self, json: &Value) -> Value {
        normalize::blocks(json, &mut || {
            self.serial += 1;
            format!("pg{:03}", self.serial)
        })
    }

    /// Stores a message under a new `ts`.
    pub(super) fn post(&mut self, now: Timestamp, mut message: Message) -> Message {
        message.ts = self.next_ts(now);
        message.blocks = self.complete_blocks(&message.blocks);
        if let Some(thread) = message.thread_ts.clone() {
            message.thread_ts = Some(self.thread_root(&message.channel, &thread));
        }
        self.messages.push(message.clone());
        if self.messages.len() > MESSAGES_KEPT {
            self.messages.remove(0);
        }
        message
    }

    /// Returns the root of the thread: a reply to a reply joins the same thread.
    fn thread_root(&self, channel: &str, ts: &str) -> String {
        self.message(channel, ts).and_then(|parent| parent.thread_ts.clone()).unwrap_or_else(|| ts.to_owned())
    }

    pub(super) fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.channel == channel && message.ts == ts)
    }

    pub(super) fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.channel == channel && message.ts == ts)
    }

    /// Deletes a message. Returns whether it existed.
    pub(super) fn delete(&mut self, channel: &str, ts: &str) -> bool {
        let before = self.messages.len();
        self.messages.retain(|message| message.channel != channel || message.ts != ts);
        self.messages.len() < before
    }

    /// Returns the messages that `person` sees in `channel`, oldest first.
    pub(super) fn visible(&self, channel: &str, person: &str) -> Vec<&Message> {
        let member = self.channel(channel).is_some_and(|channel| channel.has(person));
        self.messages
            .iter()
            .filter(|message| member && message.channel == channel)
            .filter(|message| message.ephemeral_to.as_ref().is_none_or(|only| only == person))
            .collect()
    }

    /// Counts unread messages of others. Replies in threads do not count, as in Slack.
    pub(super) fn unread(&self, channel: &str, person: &str) -> usize {
        let mark = self.read.get(&(person.to_owned(), channel.to_owned()));
        self.visible(channel, person)
            .iter()
            .filter(|message| message.thread_ts.is_none() && message.author != person)
            .filter(|message| mark.is_none_or(|mark| message.ts > *mark))
            .count()
    }

    /// Marks everything in `channel` as read. Returns whether anything was unread.
    pub(super) fn mark_read(&mut self, channel: &str, person: &str) -> bool {
        let changed = self.unread(channel, person) > 0;
        let newest = self.visible(channel, person).last().map(|message| message.ts.clone());
        if let Some(newest) = newest {
            self.read.insert((person.to_owned(), channel.to_owned()), newest);
        }
        changed
    }

    /// Issues a trigger id for an action of `person`.
    pub(super) fn issue_trigger(&mut self, person: &str, now: Timestamp) -> String {
        // Expired ids are kept for a while, so that using one gives Slack's error for expired ids.
        self.triggers.retain(|_, trigger| now.duration_since(trigger.sent) <= TRIGGER_LIFE * 20);
        let id = format!("{}.{}", self.next_ts(now), self.next_serial());
        let trigger = Trigger { person: person.to_owned(), sent: now, used: false };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    /// Uses up a trigger id and returns its person.
    pub(super) fn redeem_trigger(&mut self, id: &str, now: Timestamp) -> Result<String, TriggerRefusal> {
        let trigger = self.triggers.get_mut(id).ok_or(TriggerRefusal::Unknown)?;
        if trigger.used {
            return Err(TriggerRefusal::Used);
        }
        if now.duration_since(trigger.sent) > TRIGGER_LIFE {
            return Err(TriggerRefusal::Expired);
        }
        trigger.used = true;
        Ok(trigger.person.clone())
    }

    /// Issues the id of a `response_url`.
    pub(super) fn issue_response_url(
        &mut self,
        person: &str,
        channel: &str,
        clicked: Option<&Message>,
        now: Timestamp,
    ) -> String {
        self.response_urls.retain(|_, url| now.duration_since(url.made) <= RESPONSE_URL_LIFE * 2);
        let id = uuid::Uuid::new_v4().simple().to_string();
        let url = ResponseUrl {
            channel: channel.to_owned(),
            person: person.to_owned(),
            message_ts: clicked.map(|message| message.ts.clone()),
            thread_ts: clicked.and_then(|message| message.thread_ts.clone()),
            made: now,
            uses: 0,
        };
        self.response_urls.insert(id.clone(), url);
        id
    }

    /// Returns the target of a `response_url`, or Slack's error code if it is unknown, expired or used up.
    pub(super) fn use_response_url(&mut self, id: &str, now: Timestamp) -> Result<ResponseUrl, &'static str> {
        let url = self.response_urls.get_mut(id).ok_or("invalid_url")?;
        if now.duration_since(url.made) > RESPONSE_URL_LIFE {
            return Err("expired_url");
        }
        if url.uses >= RESPONSE_URL_USES {
            return Err("used_url");
        }
        url.uses += 1;
        Ok(url.clone())
    }

    /// Shows `person` an error in reaching the bot.
    pub(super) fn show_trouble(&mut self, person: &str, text: impl Into<String>) {
        let trouble = Trouble { id: self.next_serial(), text: text.into() };
        self.trouble.insert(person.to_owned(), trouble);
    }
}
