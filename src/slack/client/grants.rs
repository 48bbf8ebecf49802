//! Asking Slack what this app may do and where it is: whose the token is, its scopes, the channels. Nothing here changes
//! anything; what the answers mean is `checkup`'s business.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::failure::Failure;
use super::{Identity, SlackClient};
use crate::domain::ids::ChannelId;
use crate::ports::slack::SlackError;

/// Why a question has no answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    /// Slack's code, such as `channel_not_found`; none where Slack was not heard.
    code: Option<String>,
    /// The whole reason.
    pub(crate) why: String,
}

impl Unanswered {
    /// Whether Slack answered with one of these codes.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        let code = match &failure {
            Failure::Api { code, .. } => Some(code.clone()),
            Failure::RateLimited(_) | Failure::Broken(_) => None,
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
struct Found {
    channel: ChannelState,
}

impl SlackClient {
    /// Whose token this is, and its scopes where Slack lists them.
    pub(crate) async fn grants(&self) -> Result<(Identity, Option<BTreeSet<String>>), Unanswered> {
        let url = self.address_of("auth.test").map_err(Failure::Broken)?;
        let (answer, identity) =
            self.answer("auth.test", &url, Some("{}".to_owned()), self.limits.call).await?;
        Ok((identity, answer.scopes()))
    }

    /// How this channel stands.
    pub(crate) async fn channel(&self, channel: &ChannelId) -> Result<ChannelState, Unanswered> {
        let arguments = [("channel", channel.to_string())];
        Ok(self.read::<Found>("conversations.info", &arguments, self.limits.call).await?.channel)
    }
}
