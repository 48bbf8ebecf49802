//! The catalog: a list of products with a Request button each. A message here, a modal in `views`.

use slack_morphism::prelude::SlackBlock;

use super::{Message, text};
use crate::domain::catalog::{ApprovalMode, Product};
use crate::domain::cost::Estimate;
use crate::slack::blocks::{MAX_MESSAGE_BLOCKS, button, context, header, section, section_with};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{dollars, escape_within};

/// A product that a user may request.
#[derive(Clone, Debug)]
pub struct CatalogEntry<'a> {
    /// The product.
    pub product: &'a Product,
    /// The price with all defaults; `None` if it depends on the input.
    pub estimate: Option<Estimate>,
}

/// Returns the catalog as an ephemeral message.
pub fn catalog(offers: &[CatalogEntry<'_>], command: &str, simulated: bool) -> Message {
    let blocks = offer_blocks(offers, command, simulated, MAX_MESSAGE_BLOCKS);
    let names: Vec<String> = offers.iter().map(|offer| escape_within(&offer.product.name, 75)).collect();
    Message::new(&format!("Products you can request: {}", names.join(", ")), blocks)
}

/// Returns a heading, one row per product, and how to do the same by command; at most `limit` blocks.
pub fn offer_blocks(
    offers: &[CatalogEntry<'_>],
    command: &str,
    simulated: bool,
    limit: usize,
) -> Vec<SlackBlock> {
    let mut blocks = vec![header("What you can request")];
    if offers.is_empty() {
        blocks.push(section("There is no product for your team yet. Ask your platform team to add one."));
        return blocks;
    }
    // Three blocks for the heading, the hint and the note about simulation.
    let room = limit.saturating_sub(3);
    blocks.extend(offers.iter().take(room).map(row));
    let command = escape_within(command, 40);
    let hint = match offers.len().checked_sub(room) {
        Some(hidden) if hidden > 0 => format!("{hidden} more: `{command} <product>` opens any of them."),
        _ => format!("`{command} <product>` opens a form right away, `{command} help` shows the rest."),
    };
    // Escape the angle brackets of the placeholder, or Slack would read it as a link.
    blocks.push(context(&hint.replace("<product>", "&lt;product&gt;")));
    if simulated {
        blocks.push(context(text::SIMULATED));
    }
    blocks
}

fn row(offer: &CatalogEntry<'_>) -> SlackBlock {
    let product = offer.product;
    let cost = match &offer.estimate {
        Some(estimate) => format!("from about {}/month", dollars(estimate.monthly)),
        None => "cost depends on what you choose".to_owned(),
    };
    let rule = &product.approval;
    let approval = match rule.mode {
        // Which rule applies depends on the input, and nothing is filled in yet.
        ApprovalMode::Auto | ApprovalMode::Required if !rule.rules.is_empty() => "may need approval",
        ApprovalMode::Auto => "no approval needed",
        ApprovalMode::Required if rule.auto_when.is_empty() => "needs approval",
        ApprovalMode::Required => "may need approval",
    };
    let text = format!(
        "*{}* `{}`\n{}\n{cost} · {approval} · {}",
        escape_within(&product.name, 150),
        product.key,
        escape_within(&product.description, 500),
        escape_within(&product.owner, 100),
    );
    let spoken = format!("Request {}", product.name);
    section_with(&text, button(ActionId::ChooseProduct, "Request", product.key.as_str(), &spoken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::{ApprovalRule, RuleFor};
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    #[test]
    fn each_product_says_what_it_is_what_it_costs_and_whether_it_needs_approval() {
        let (bucket, database) = (fixtures::product("s3-bucket"), fixtures::product("rds-postgres"));
        let estimate = fixtures::request().estimate;
        let offers = [
            CatalogEntry { product: &bucket, estimate },
            CatalogEntry { product: &database, estimate: None },
        ];
        insta::assert_snapshot!(transcript(&catalog(&offers, "/provision", true)), @"
        (Products you can request: Secure S3 Bucket, Secure S3 Bucket)
        # What you can request
        *Secure S3 Bucket* `s3-bucket`
        An encrypted S3 bucket with versioning and lifecycle rules
        from about $15/month · needs approval · Platform Team
        [Request]
        *Secure S3 Bucket* `rds-postgres`
        An encrypted S3 bucket with versioning and lifecycle rules
        cost depends on what you choose · needs approval · Platform Team
        [Request]
        (`/provision &lt;product&gt;` opens a form right away, `/provision help` shows the rest.)
        (Simulated: nothing real is created)
        ");
    }

    #[test]
    fn a_product_with_rules_may_need_approval_whatever_it_is_without_them() {
        let said = |mode, rules| {
            let mut product = fixtures::product("s3-bucket");
            product.approval = ApprovalRule { mode, rules, ..product.approval };
            let text = transcript(&catalog(
                &[CatalogEntry { product: &product, estimate: None }],
                "/provision",
                false,
            ));
            text.lines().find_map(|line| line.split(" · ").nth(1).map(str::to_owned)).unwrap()
        };
        let rule = RuleFor { when: Vec::new(), mode: ApprovalMode::Required, stages: Vec::new() };
        let told = [
            said(ApprovalMode::Auto, vec![]),
            said(ApprovalMode::Required, vec![]),
            said(ApprovalMode::Auto, vec![rule.clone()]),
            said(ApprovalMode::Required, vec![rule]),
        ];
        assert_eq!(told, ["no approval needed", "needs approval", "may need approval", "may need approval"]);
    }

    #[test]
    fn an_empty_catalog_says_whom_to_ask() {
        let text = transcript(&catalog(&[], "/provision", false));
        assert!(text.contains("Ask your platform team"), "{text}");
    }

    #[test]
    fn a_huge_catalog_fits_one_message_and_says_what_is_hidden() {
        let product = fixtures::product("s3-bucket");
        let offers = vec![CatalogEntry { product: &product, estimate: None }; 200];
        let message = catalog(&offers, "/provision", true);
        assert_within_limits(&message);
        assert!(transcript(&message).contains("153 more"));
    }
}
