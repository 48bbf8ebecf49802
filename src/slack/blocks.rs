//! Block Kit elements, each cut to Slack's limits, so that no builder can produce a message that Slack refuses.
//! `messages` and `views` decide the content.

use slack_morphism::prelude::*;

use super::ids::ActionId;
use super::mrkdwn::unquoted;

/// Most blocks in a message.
pub const MAX_MESSAGE_BLOCKS: usize = 50;

/// Most blocks in a modal or home tab.
pub const MAX_VIEW_BLOCKS: usize = 100;

/// Longest text of a section, in characters.
pub const MAX_SECTION: usize = 3000;

/// Longest text of one field of a section, in characters.
pub const MAX_FIELD: usize = 2000;

/// Most fields in a section.
const MAX_FIELDS: usize = 10;

/// Cuts plain text to `limit` characters, ending in `…` if something is left out.
pub fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Cuts formatted text to `limit` characters without splitting a mention, link, date or entity.
pub fn cut_mrkdwn(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    for (open, close) in [('<', '>'), ('&', ';')] {
        // An opening character without its closing one means that the cut is in between.
        if let Some(start) = short.rfind(open)
            && !short[start..].contains(close)
        {
            short.truncate(start);
        }
    }
    short.push('…');
    short
}

/// Returns plain text for labels, titles and buttons. Slack refuses empty text, so it becomes `-`.
pub fn plain(text: &str, limit: usize) -> SlackBlockPlainTextOnly {
    let text = if text.trim().is_empty() { "-" } else { text };
    SlackBlockPlainTextOnly::from(SlackBlockPlainText::new(cut(text, limit)))
}

/// Returns plain text for user input. Names between colons are not turned into emoji.
pub fn typed(text: &str, limit: usize) -> SlackBlockPlainText {
    SlackBlockPlainText::new(cut(text, limit)).with_emoji(false)
}

/// Returns formatted text without Slack's automatic parsing, which would turn addresses and channel names into links
/// and mentions (`verbatim` of docs.slack.dev/reference/block-kit/composition-objects/text-object, 2026-11-29).
fn formatted(text: &str, limit: usize) -> SlackBlockMarkDownText {
    let text = if text.trim().is_empty() { "-" } else { text };
    SlackBlockMarkDownText::new(cut_mrkdwn(text, limit)).with_verbatim(true)
}

/// Returns a heading: plain text, in bold and larger.
pub fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(plain(text, 150)).into()
}

/// Returns a paragraph of formatted text.
pub fn section(text: &str) -> SlackBlock {
    SlackSectionBlock::new().with_text(formatted(text, MAX_SECTION).into()).into()
}

/// Returns a paragraph of formatted text with a button next to it.
pub fn section_with(text: &str, button: SlackBlockButtonElement) -> SlackBlock {
    let text = formatted(text, MAX_SECTION).into();
    SlackSectionBlock::new().with_text(text).with_accessory(SlackSectionBlockElement::Button(button)).into()
}

/// Returns pairs of label and value in two columns; values are formatted text. No pairs, no block.
pub fn fields(facts: &[(&str, String)]) -> Vec<SlackBlock> {
    let field = |(label, value): &(&str, String)| formatted(&format!("*{label}*\n{value}"), MAX_FIELD).into();
    let sections = facts.chunks(MAX_FIELDS);
    sections
        .map(|chunk| SlackSectionBlock::new().with_fields(chunk.iter().map(field).collect()).into())
        .collect()
}

/// Returns small gray formatted text.
pub fn context(text: &str) -> SlackBlock {
    SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(formatted(text, MAX_FIELD))]).into()
}

/// Returns a horizontal line.
pub fn divider() -> SlackBlock {
    SlackDividerBlock::new().into()
}

/// Returns a row of buttons.
pub fn buttons(block_id: &str, buttons: Vec<SlackBlockButtonElement>) -> SlackBlock {
    let elements = buttons.into_iter().map(SlackActionBlockElement::Button).collect();
    SlackActionsBlock::new(elements).with_block_id(SlackBlockId(block_id.to_owned())).into()
}

/// Returns a button. `spoken` is its label for screen readers, which must tell apart buttons with the same text.
pub fn button(action: ActionId, text: &str, value: &str, spoken: &str) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(plain(text, 75))
        .with_action_id(SlackActionId(action.as_str().to_owned()))
        .with_value(cut(value, 2000))
        .with_accessibility_label(SlackAccessibilityLabel(cut(spoken, 75)))
}

/// Returns a confirmation dialog for a button whose effect cannot be undone.
pub fn confirm(title: &str, text: &str, yes: &str, no: &str) -> SlackBlockConfirmItem {
    SlackBlockConfirmItem::new(plain(title, 100), formatted(text, 300).into(), plain(yes, 30), plain(no, 30))
}

/// Prepares blocks for sending. A quotation becomes a paragraph of plain text, because Slack would format the user
/// input in an mrkdwn quotation. If there are more than `limit` blocks, the first ones and the last two are kept, with
/// a note in between.
pub fn arranged(blocks: Vec<SlackBlock>, limit: usize) -> Vec<SlackBlock> {
    let mut blocks: Vec<SlackBlock> = blocks.into_iter().flat_map(set_apart).collect();
    if blocks.len() > limit {
        // The last two blocks are usually the buttons and the footer. One more is needed for the note.
        let tail = blocks.split_off(blocks.len() - 2);
        blocks.truncate(limit - 3);
        blocks.push(context("Some lines are left out here because Slack does not show more."));
        blocks.extend(tail);
    }
    blocks
}

/// Splits a paragraph so that its quotations are paragraphs of their own. An accessory stays with the first.
fn set_apart(block: SlackBlock) -> Vec<SlackBlock> {
    let SlackBlock::Section(whole) = block else { return vec![block] };
    let Some(SlackBlockText::MarkDown(text)) = &whole.text else { return vec![whole.into()] };
    let lines: Vec<(Option<String>, &str)> = text.text.lines().map(|line| (unquoted(line), line)).collect();
    if lines.iter().all(|(quoted, _)| quoted.is_none()) {
        return vec![whole.into()];
    }
    let parts = lines.chunk_by(|(line, _), (next, _)| line.is_some() == next.is_some()).map(|part| {
        let quoted: Vec<&str> = part.iter().filter_map(|(quoted, _)| quoted.as_deref()).collect();
        if quoted.is_empty() {
            let lines: Vec<&str> = part.iter().map(|(_, line)| *line).collect();
            return formatted(&lines.join("\n"), MAX_SECTION).into();
        }
        typed(&format!("“{}”", quoted.join("\n")), MAX_SECTION).into()
    });
    let mut parts = parts.collect::<Vec<SlackBlockText>>().into_iter();
    let first = SlackSectionBlock { text: parts.next(), ..whole };
    let rest = parts.map(|text| SlackSectionBlock::new().with_text(text).into());
    std::iter::once(first.into()).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::mrkdwn::quote;

    #[test]
    fn a_cut_never_leaves_half_a_mention_or_entity() {
        assert_eq!(cut_mrkdwn("ab <@U0ALICE> c", 8), "ab …");
        assert_eq!(cut_mrkdwn("ab &amp; c", 6), "ab …");
        assert_eq!(cut_mrkdwn("ab <@U1> cdefgh", 11), "ab <@U1> c…");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("ab", 2), "ab");
    }

    #[test]
    fn a_quotation_is_plain_text_and_leaves_its_button_where_it_was() {
        let typed = quote("*now* & <!here>\nhttps://x", 100);
        let button = || button(ActionId::ShowStatus, "Details", "1", "Details");
        let plain = |text: &str| SlackBlockPlainText::new(text.to_owned()).with_emoji(false).into();
        let paragraph = |text: SlackBlockText| SlackBlock::from(SlackSectionBlock::new().with_text(text));
        let written = section_with(&format!("*Why*\n{typed}\nAsked today"), button());
        assert_eq!(
            arranged(vec![written], 10),
            [
                section_with("*Why*", button()),
                paragraph(plain("“*now* & <!here>\nhttps://x”")),
                section("Asked today")
            ]
        );
        assert_eq!(arranged(vec![section(&quote("a", 10))], 10), [paragraph(plain("“a”"))]);
        assert_eq!(arranged(vec![section("a > b")], 10), [section("a > b")]);
    }

    #[test]
    fn too_many_blocks_keep_their_beginning_and_end() {
        let many: Vec<SlackBlock> = (0..70).map(|n| section(&n.to_string())).collect();
        let kept = arranged(many, MAX_MESSAGE_BLOCKS);
        assert_eq!(kept.len(), MAX_MESSAGE_BLOCKS);
        assert_eq!(kept[0], section("0"));
        assert_eq!(kept[49], section("69"));
    }
}
