//! The home tab, built from what the portal says it shows. Pure.

use sha2::{Digest as _, Sha256};
use slack_morphism::prelude::{SlackBlock, SlackHomeView};

use super::blocks::{MAX_VIEW_BLOCKS, at_most, header, section};
use crate::ports::slack::HomePage;

/// The view.
pub(super) fn view(page: &HomePage) -> SlackHomeView {
    let blocks: Vec<SlackBlock> = vec![header("Quartermaster"), section(&page.command)];
    SlackHomeView::new(at_most(blocks, MAX_VIEW_BLOCKS))
}

/// Tells two views apart: SHA-256 of what Slack gets, lower-case hex.
pub(super) fn digest(view: &SlackHomeView) -> String {
    let json = serde_json::to_vec(view).unwrap_or_default();
    hex::encode(Sha256::digest(json))
}
