//! A message as Slack shows it: blocks, and the same as text.

use serde::Deserialize;
use slack_morphism::prelude::SlackBlock;

use crate::slack::{blocks, mrkdwn};

/// A message: its blocks, and the same content as text for notifications and screen readers.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The content as text; escaped, at most [`MAX_TEXT`] characters.
    pub text: String,
    /// What clients show; at most [`blocks::MAX_MESSAGE_BLOCKS`].
    pub blocks: Vec<SlackBlock>,
}

/// Slack's limit for a message's text, in characters. An edit that exceeds it is refused.
pub const MAX_TEXT: usize = 4000;

#[derive(Deserialize)]
struct Written {
    text: String,
    blocks: Vec<SlackBlock>,
}

impl Message {
    /// Creates a message with blocks. In its text, quoted user input is written inline.
    pub fn new(text: &str, blocks: Vec<SlackBlock>) -> Self {
        // Slack would format what somebody typed in a quotation. Blocks show it as a plain text block instead; here
        // there is only this one text.
        let line = |line: &str| {
            mrkdwn::unquoted(line).map_or_else(|| line.to_owned(), |typed| mrkdwn::inline(&typed, MAX_TEXT))
        };
        let lines: Vec<String> = text.lines().map(line).collect();
        Self {
            text: blocks::cut_mrkdwn(&lines.join("\n"), MAX_TEXT),
            blocks: blocks::arranged(blocks, blocks::MAX_MESSAGE_BLOCKS),
        }
    }

    /// Parses a message from JSON; `None` if it is not valid.
    pub(in crate::slack) fn written(json: &[u8]) -> Option<Self> {
        let Written { text, blocks } = serde_json::from_slice(json).ok()?;
        Some(Self { text, blocks })
    }

    /// Creates a message with a single paragraph of formatted text.
    pub fn plain(text: &str) -> Self {
        Self::new(text, vec![blocks::section(text)])
    }
}
