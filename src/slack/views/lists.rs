//! Modals that the home tab opens because it has no room: whole lists, costs, everything about one request.

use slack_morphism::prelude::SlackModalView;

use super::modal;
use crate::portal::costs::Costs;
use crate::slack::blocks::{context, section};
use crate::slack::ids::{ActionId, CallbackId};
use crate::slack::messages::{ListPage, Message, cost_paragraphs, list_blocks};

/// A page of requests; paging replaces it.
pub fn requests(page: &ListPage<'_>) -> SlackModalView {
    let title = section(&format!("*{}*", crate::slack::mrkdwn::escape(page.title)));
    let mut blocks = vec![title];
    blocks.extend(list_blocks(page, ActionId::ShowAll));
    modal("Requests", CallbackId::Requests, blocks)
}

/// What things cost. Slack shows no tables in modals, so it is told in lines.
pub fn costs(costs: &Costs, command: &str) -> SlackModalView {
    let (paragraphs, note) = cost_paragraphs(costs, command);
    let mut blocks: Vec<_> = paragraphs.iter().map(|paragraph| section(paragraph)).collect();
    blocks.push(context(&note));
    modal("Costs", CallbackId::Note, blocks)
}

/// What would be a message where there is one, such as everything about a request.
pub fn details(message: &Message) -> SlackModalView {
    modal("Details", CallbackId::Note, message.blocks.clone())
}
