//! Messages, built from a request as it is now. Pure: the same row gives the same message, so that it can be
//! rewritten at any time. Sending them is `client`'s work.

use slack_morphism::prelude::SlackBlock;

use super::blocks;

/// A message: its blocks, and the same in plain words for notifications and screen readers.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What the blocks say; escaped, at most [`MAX_TEXT`] characters.
    pub text: String,
    /// What clients show; at most 50.
    pub blocks: Vec<SlackBlock>,
}

/// Characters of a message's text; an edit with more is refused.
pub const MAX_TEXT: usize = 4000;

impl Message {
    /// A message with blocks.
    pub fn new(text: &str, blocks: Vec<SlackBlock>) -> Self {
        Self {
            text: blocks::cut_mrkdwn(text, MAX_TEXT),
            blocks: blocks::at_most(blocks, blocks::MAX_MESSAGE_BLOCKS),
        }
    }

    /// A message of one paragraph of formatted text.
    pub fn plain(text: &str) -> Self {
        Self::new(text, vec![blocks::section(text)])
    }
}
