//! Calls to Slack's Web API. Every call has a time limit, every conversation a rate limit, and answers are parsed
//! tolerantly. `messages` and `views` build the content.

mod connections;
mod failure;
#[cfg(test)]
pub(crate) mod fake;
mod grants;
mod pace;
mod people;
mod rate_limits;
mod response_url;
mod show;
#[cfg(test)]
mod tests;
mod transport;
mod views;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use axum::http::{HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::https::connector;
use crate::ports::clock::Clock;
use crate::ports::error_counters::ErrorCounters;
use crate::ports::limits::Limits;
use crate::ports::outage::Side;
use crate::ports::slack::SlackError;
use failure::CallFailure;
use pace::Pace;
use rate_limits::RateLimits;
use transport::{Plain, ResponseHead, authorization};

pub use connections::NoConnection;
pub(super) use connections::SocketUrl;
pub(crate) use grants::{ChannelState, GrantUnknown};
pub(super) use people::SlackUser;
pub use views::OpenedView;

/// How long the difference to Slack's clock is cached, unless it exceeds [`SAME_TIME`].
const REMEMBERED: Duration = Duration::from_mins(10);

/// Clocks that differ by no more than this are considered equal. A larger difference is not cached.
const SAME_TIME: SignedDuration = SignedDuration::from_secs(60);

/// Slack's Web API with one bot token.
pub struct SlackClient {
    api: Url,
    authorization: HeaderValue,
    plain: Plain,
    limits: Limits,
    pace: Pace,
    rate_limits: RateLimits,
    clock: Arc<dyn Clock>,
    /// The time on Slack's clock, and when we read it on the monotonic clock, which setting the date does not affect.
    slacks_time: Mutex<Option<(Timestamp, Instant)>>,
    trouble: ErrorCounters,
    /// The owner of the token, once Slack has answered.
    identity: tokio::sync::OnceCell<Identity>,
    /// The workspace whose user groups are used, if the token is for more than one workspace.
    workspace: Option<String>,
}

/// The owner of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// The workspace, such as `T012AB3CD`; absent for an install on a whole enterprise.
    pub team_id: Option<String>,
    /// The enterprise, such as `E012AB3CD`, on Enterprise Grid.
    pub enterprise_id: Option<String>,
    /// The bot's user id, such as `U012AB3CD`.
    pub user_id: Option<String>,
    /// The name of the workspace.
    pub team: Option<String>,
    /// Whether the app is installed for a whole enterprise.
    #[serde(deserialize_with = "lenient")]
    pub is_enterprise_install: bool,
    /// The bot's id, such as `B012AB3CD`; absent if the token belongs to a user.
    pub bot_id: Option<String>,
}

/// All Web API methods that are called; metrics and injected failures use this list.
pub const METHODS: [&str; 16] = [
    "api.test",
    "apps.connections.open",
    "auth.test",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "conversations.info",
    "usergroups.list",
    "users.info",
    "users.list",
    "users.lookupByEmail",
    "users.profile.get",
    "views.open",
    "views.publish",
    "views.push",
    "views.update",
];

impl SlackClient {
    /// Creates a client of the API at `api_url`, such as `https://slack.com/api/`, with the default limits.
    ///
    /// # Errors
    /// When `api_url` is not a URL, the token is not a valid header value, or the system's certificates cannot be
    /// loaded.
    pub fn new(api_url: &str, token: &str, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Self::held_to(Limits::default(), api_url, token, clock)
    }

    /// Like [`Self::new`], with these limits.
    ///
    /// # Errors
    /// Same as [`Self::new`].
    pub fn held_to(
        limits: Limits,
        api_url: &str,
        token: &str,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let api =
            Url::parse(api_url).with_context(|| format!("cannot use `{api_url}` as Slack's API address"))?;
        let connector = connector(&api)?;
        Ok(Self {
            api,
            authorization: authorization(token)?,
            plain: Plain::new(connector),
            limits,
            pace: Pace::new(limits.pace, Arc::clone(&clock)),
            rate_limits: RateLimits::new(limits.pace, &clock),
            clock,
            slacks_time: Mutex::default(),
            trouble: ErrorCounters::default(),
            identity: tokio::sync::OnceCell::new(),
            workspace: None,
        })
    }

    /// Counts in `trouble` how often Slack asks to wait.
    #[must_use]
    pub fn counting(self, trouble: &ErrorCounters) -> Self {
        trouble.counts_calls_of(&METHODS);
        Self { trouble: trouble.clone(), ..self }
    }

    /// Uses the user groups of this workspace. A token for a whole enterprise must name one:
    /// <https://docs.slack.dev/reference/methods/usergroups.list>.
    #[must_use]
    pub fn with_groups_of(self, workspace: Option<String>) -> Self {
        Self { workspace, ..self }
    }

    /// Returns the time limits of calls.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Asks Slack for the owner of the token.
    ///
    /// # Errors
    /// When Slack does not answer or rejects the token.
    pub async fn identity(&self) -> anyhow::Result<Identity> {
        let identity = self.call("auth.test", &json!({}), self.limits.call).await;
        let identity: Identity =
            identity.map_err(SlackError::from).context("cannot ask Slack whose token this is")?;
        // A concurrent call may have set it first, to the same value.
        let _ = self.identity.set(identity.clone());
        Ok(identity)
    }

    /// Returns the owner of the token, once Slack has answered. It cannot change while the token is in use.
    pub(super) fn known_identity(&self) -> Option<&Identity> {
        self.identity.get()
    }

    /// Like [`Self::identity`], but asks Slack only once.
    pub(super) async fn own_identity(&self) -> anyhow::Result<Identity> {
        match self.known_identity() {
            Some(identity) => Ok(identity.clone()),
            None => self.identity().await,
        }
    }

    /// Returns how far our clock is ahead of Slack's, to the second; negative if it is behind.
    ///
    /// # Errors
    /// When Slack does not answer, or its answer has no date.
    pub(super) async fn clock_is_ahead_by(&self) -> anyhow::Result<SignedDuration> {
        if let Some(ahead) = self.remembered_difference()
            && ahead.abs() <= SAME_TIME
        {
            return Ok(ahead);
        }
        // `api.test` needs no token. Only the `Date` header of the answer matters.
        let url = self.address_of("api.test")?;
        let answer = self.plain.post(&url, &json!({}), self.limits.call).await;
        let answer = self.heard("api.test", answer)?;
        let slacks_now = answer.date().ok_or_else(|| anyhow!("Slack's answer has no readable date"))?;
        let now = self.clock.now();
        *self.slacks_time.lock().unwrap_or_else(PoisonError::into_inner) = Some((slacks_now, Instant::now()));
        Ok(now.duration_since(slacks_now))
    }

    fn address_of(&self, method: &str) -> anyhow::Result<Url> {
        let url = format!("{}/{method}", self.api.as_str().trim_end_matches('/'));
        Url::parse(&url).with_context(|| format!("cannot build the address of `{method}`"))
    }

    /// Returns the difference computed from Slack's last known time; `None` if that is too old.
    fn remembered_difference(&self) -> Option<SignedDuration> {
        let (slacks_now, read_at) = (*self.slacks_time.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = read_at.elapsed();
        if since >= REMEMBERED {
            return None;
        }
        Some(self.clock.now().duration_since(slacks_now.checked_add(since).ok()?))
    }

    /// Calls a method that takes JSON.
    async fn call<A: DeserializeOwned>(
        &self,
        method: &str,
        body: &(impl Serialize + Sync),
        limit: Duration,
    ) -> Result<A, CallFailure> {
        let body = serde_json::to_string(body).map_err(|error| CallFailure::Unusable(error.into()))?;
        let url = self.address_of(method).map_err(CallFailure::Unusable)?;
        Ok(self.answer(method, &url, Some(body), limit).await?.1)
    }

    /// Calls a method that takes its arguments in the query string.
    async fn read<A: DeserializeOwned>(
        &self,
        method: &str,
        arguments: &[(&'static str, String)],
        limit: Duration,
    ) -> Result<A, CallFailure> {
        let mut url = self.address_of(method).map_err(CallFailure::Unusable)?;
        url.query_pairs_mut().extend_pairs(arguments);
        Ok(self.answer(method, &url, None, limit).await?.1)
    }

    /// Sends a call and reads the answer and its headers. After Slack asks to wait, the method is not called until
    /// then.
    async fn answer<A: DeserializeOwned>(
        &self,
        method: &str,
        url: &Url,
        body: Option<String>,
        limit: Duration,
    ) -> Result<(ResponseHead, A), CallFailure> {
        // Slack also counts calls that it refuses, so one that would be refused is not sent at all.
        self.rate_limits.check(method).map_err(CallFailure::RateLimited)?;
        let called = self.plain.call(url, &self.authorization, body, limit).await;
        let read = match called {
            Ok((answer, said)) => read_answer(&answer, &said).map(|read| (answer, read)),
            Err(error) => Err(CallFailure::Silence(error.context(format!("cannot call `{method}`")))),
        };
        if let Err(CallFailure::RateLimited(wait)) = &read {
            self.trouble.slack_asks_to_wait(method);
            self.rate_limits.hold(method, *wait);
        }
        self.notes(method, read)
    }

    /// Reports an outage if a part of Slack that is independent of the Web API did not answer. Does not report
    /// recovery, because that part may work while the Web API does not.
    fn heard(&self, call: &str, answer: anyhow::Result<ResponseHead>) -> Result<ResponseHead, SlackError> {
        answer.and_then(ResponseHead::unless_broken).map_err(|error| {
            self.trouble.outages.fails(Side::Slack, &format!("{call}: {error:#}"));
            SlackError::Silence(error)
        })
    }

    /// Reports to the outage tracker whether Slack answered, whatever the answer was.
    fn notes<A>(&self, method: &str, answer: Result<A, CallFailure>) -> Result<A, CallFailure> {
        let outages = &self.trouble.outages;
        match answer.map_err(|failure| failure.of(method)) {
            Err(CallFailure::Silence(error)) => {
                outages.fails(Side::Slack, &format!("{method}: {error:#}"));
                Err(CallFailure::Silence(error))
            }
            Err(CallFailure::Trouble(code)) => {
                // Such an error may concern only this call, so it counts as an outage only while one lasts.
                if outages.lasts(Side::Slack) {
                    outages.fails(Side::Slack, &format!("{method}: {code}"));
                }
                Err(CallFailure::Trouble(code))
            }
            answer => {
                outages.answers(Side::Slack);
                answer
            }
        }
    }
}

/// Reads an answer, or why the call failed. For rate limiting the status and header decide, whatever the body is.
fn read_answer<A: DeserializeOwned>(answer: &ResponseHead, said: &[u8]) -> Result<A, CallFailure> {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => return Err(CallFailure::asked_to_wait(answer.retry_after())),
        StatusCode::OK => {}
        status => {
            let error = anyhow!("Slack answered with HTTP status {status}");
            // Only a server error is an outage. Other statuses concern this request.
            let is_silence = status.is_server_error();
            return Err(if is_silence { CallFailure::Silence(error) } else { CallFailure::Unusable(error) });
        }
    }
    let unreadable = |error: serde_json::Error| {
        CallFailure::Unusable(anyhow!(error).context("cannot read Slack's answer"))
    };
    let mut said: Value = serde_json::from_slice(said).map_err(unreadable)?;
    drop_nulls(&mut said);
    match said["error"].as_str() {
        Some(code) => Err(CallFailure::answered(code.to_owned(), failure::detail(&said))),
        None if said["ok"] != true => {
            Err(CallFailure::Unusable(anyhow!("Slack did not take the call and did not say why")))
        }
        None => serde_json::from_value(said).map_err(unreadable),
    }
}

/// Removes nulls: Slack sends null for some fields that are empty.
fn drop_nulls(said: &mut Value) {
    if let Some(fields) = said.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(drop_nulls);
    } else if let Some(values) = said.as_array_mut() {
        values.retain(|value| !value.is_null());
        values.iter_mut().for_each(drop_nulls);
    }
}

/// Deserializes a field, treating a value of an unexpected type as absent.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(field: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(field)?).unwrap_or_default())
}

/// Deserializes a list, skipping elements that cannot be read.
fn readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(list: D) -> Result<Vec<T>, D::Error> {
    let list: Vec<Value> = lenient(list)?;
    Ok(list.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

/// Deserializes a flag of an account. Anything but `false` counts as `true`, because each of these flags takes rights
/// away.
fn flag<'de, D: Deserializer<'de>>(field: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(field)? != Value::Bool(false))
}

/// Shows the API address and never the token.
impl fmt::Debug for SlackClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlackClient({})", self.api)
    }
}
