//! Asks Slack what the app may do and where: owner of the token, scopes, channels. Read-only; `diagnostics` interprets
//! the answers.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::failure::CallFailure;
use super::{Identity, SlackClient};
use crate::domain::ids::ChannelId;
use crate::ports::slack::SlackError;

/// Why a lookup has no answer.
#[derive(Debug)]
pub(crate) struct GrantUnknown {
    /// Slack's error code, such as `channel_not_found`; absent if Slack did not answer.
    code: Option<String>,
    /// The whole reason, for an operator to read.
    pub(crate) why: String,
}

impl GrantUnknown {
    /// Returns whether Slack answered with one of these error codes.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl From<CallFailure> for GrantUnknown {
    fn from(failure: CallFailure) -> Self {
        let code = match &failure {
            CallFailure::Api { code, .. } | CallFailure::Trouble(code) => Some(code.clone()),
            CallFailure::RateLimited(_) | CallFailure::Silence(_) | CallFailure::Unusable(_) => None,
        };
        Self { code, why: SlackError::from(failure).to_string() }
    }
}

/// A channel as the app sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct ChannelState {
    pub(crate) name: String,
    pub(crate) is_archived: bool,
    pub(crate) is_member: bool,
    pub(crate) is_private: bool,
}

#[derive(Debug, Deserialize)]
struct GrantLookup {
    channel: ChannelState,
}

impl SlackClient {
    /// Returns the owner of the token, and its scopes if Slack lists them.
    pub(crate) async fn grants(&self) -> Result<(Identity, Option<BTreeSet<String>>), GrantUnknown> {
        // The scopes are in a header of the answer, whichever method is called.
        let url = self.address_of("auth.test").map_err(CallFailure::Unusable)?;
        let (answer, identity) =
            self.answer("auth.test", &url, Some("{}".to_owned()), self.limits.call).await?;
        Ok((identity, answer.scopes()))
    }

    /// Looks up a channel.
    pub(crate) async fn channel(&self, channel: &ChannelId) -> Result<ChannelState, GrantUnknown> {
        let arguments = [("channel", channel.to_string())];
        Ok(self.read::<GrantLookup>("conversations.info", &arguments, self.limits.call).await?.channel)
    }
}
