//! Modals without fields: the catalog, a placeholder, a note.

use slack_morphism::prelude::{SlackBlock, SlackBlockId, SlackModalView};

use super::teardown::{KEEP_IT, TEAR_DOWN};
use super::{MAX_TITLE, modal};
use crate::domain::pause::Pause;
use crate::slack::blocks::{MAX_VIEW_BLOCKS, plain, section};
use crate::slack::ids::{CallbackId, PROBLEM_BLOCK};
use crate::slack::incoming::ViewRef;
use crate::slack::messages::{CatalogEntry, offer_blocks, paused};
use crate::slack::mrkdwn::{code, escape_within};

/// Returns the catalog with one Request button per product; `sought` is the search term, if any.
pub fn catalog(
    offers: &[CatalogEntry<'_>],
    command: &str,
    simulated: bool,
    pause: Option<&Pause>,
    sought: Option<&str>,
) -> SlackModalView {
    let only = sought.map(|words| {
        let (words, command) = (code(words, 100), escape_within(command, 40));
        section(&format!("Results for {words}; `{command}` alone shows everything."))
    });
    let notices: Vec<_> = pause.map(|pause| section(&paused(pause))).into_iter().chain(only).collect();
    // The notices count toward the view's limit, too, and must not push the last products out of it.
    let offers = offer_blocks(offers, command, simulated, MAX_VIEW_BLOCKS - notices.len());
    modal("Catalog", CallbackId::Catalog, notices.into_iter().chain(offers).collect())
}

/// Returns a modal that shows a text, such as a refusal; `text` must be formatted and escaped.
pub fn note(title: &str, text: &str) -> SlackModalView {
    modal(title, CallbackId::Note, vec![section(text)])
}

/// Rebuilds a dialog as it was shown, with `text` on top; `None` unless it is a dialog without fields but with a submit
/// button.
pub fn again(view: &ViewRef, text: &str) -> Option<SlackModalView> {
    let (callback, submit, close) = match CallbackId::parse(&view.callback_id)? {
        CallbackId::TearDown => (CallbackId::TearDown, TEAR_DOWN, KEEP_IT),
        // All others have fields, which can show errors, or no submit button.
        CallbackId::RequestForm
        | CallbackId::DenyReason
        | CallbackId::Retain
        | CallbackId::Transfer
        | CallbackId::Change
        | CallbackId::Approve
        | CallbackId::ApproveWithChanges
        | CallbackId::Away
        | CallbackId::Catalog
        | CallbackId::Requests
        | CallbackId::Note => return None,
    };
    let mut blocks: Vec<SlackBlock> = serde_json::from_str(&view.blocks).ok()?;
    // The blocks were shown before, so they may contain the problem of an earlier attempt.
    blocks.retain(|block| !is_problem(block));
    if let SlackBlock::Section(problem) = section(&format!(":warning: {text}")) {
        blocks.insert(0, problem.with_block_id(SlackBlockId(PROBLEM_BLOCK.to_owned())).into());
    }
    let view = modal(submit, callback, blocks)
        .with_submit(plain(submit, MAX_TITLE))
        .with_close(plain(close, MAX_TITLE))
        .with_private_metadata(view.private_metadata.clone());
    Some(view)
}

fn is_problem(block: &SlackBlock) -> bool {
    let id = if let SlackBlock::Section(section) = block { section.block_id.as_ref() } else { None };
    id.is_some_and(|id| id.0 == PROBLEM_BLOCK)
}

/// Returns the placeholder for a view that is not ready in time.
pub fn one_moment() -> SlackModalView {
    note("One moment…", "This is taking longer than usual. It appears here as soon as it is ready.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Actor;
    use crate::slack::messages::fixtures;
    use crate::slack::views::check::{assert_within_limits, transcript};

    #[test]
    fn the_catalog_has_one_button_a_product_and_nothing_to_submit() {
        let product = fixtures::product("s3-bucket");
        let offers = vec![CatalogEntry { product: &product, estimate: None }; 300];
        let view = catalog(&offers, "/provision", true, None, None);
        assert_within_limits(&view);
        assert_eq!(transcript(&view).matches("[Request]").count(), 97);
        let pause = Pause::new(None, &Actor::Operator, jiff::Timestamp::UNIX_EPOCH);
        let view = catalog(&offers, "/provision", true, Some(&pause), Some(&"<bucket>".repeat(500)));
        assert_within_limits(&view);
        assert!(transcript(&view).contains("*New requests are paused* since"), "{}", transcript(&view));
    }

    #[test]
    fn a_note_keeps_slacks_limits_whatever_it_says() {
        assert_within_limits(&note(&"t".repeat(80), &"<".repeat(9000)));
        insta::assert_snapshot!(transcript(&note("Not possible", "You are not in a team yet.")), @"
        Not possible [-] [Close]
        You are not in a team yet.
        ");
    }
}
