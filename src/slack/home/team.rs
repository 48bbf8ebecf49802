//! A team's part of the home tab: budget, quotas, and the resources of team-mates.

use slack_morphism::prelude::SlackBlock;

use super::show_all;
use crate::ports::slack::{ProductUse, TeamPage};
use crate::slack::blocks::{MAX_SECTION, context, divider, header, section, section_with};
use crate::slack::messages::{details, line};
use crate::slack::mrkdwn::{dollars, escape, escape_within, meter};

/// Longest product name, in characters.
const NAME: usize = 60;

/// Returns the blocks of the n-th team.
pub(super) fn team(page: &TeamPage, number: usize, command: &str) -> Vec<SlackBlock> {
    let mut blocks = vec![divider(), header(&format!("Team {}", page.team)), section(&figures(page))];
    blocks.extend(page.live.requests.iter().map(|request| section_with(&line(request), details(request))));
    if page.live.requests.is_empty() {
        let command = escape_within(command, 40);
        let text = if page.live.more {
            format!(
                "Your own requests are the newest of many. `{command} list {}` shows all.",
                escape(page.team.as_str())
            )
        } else if page.is_member {
            format!("Your team-mates have nothing here. `{command} list` also shows what has ended.")
        } else {
            let team = escape(page.team.as_str());
            format!("This team has nothing active. `{command} list {team}` also shows what has ended.")
        };
        blocks.push(context(&text));
    }
    blocks.push(show_all(&format!("all.{number}"), Some(page.team.as_str())));
    blocks
}

/// Formats the team's costs against its budget, then the quota of each product.
fn figures(page: &TeamPage) -> String {
    let mut text = match page.budget {
        Some(budget) => format!(
            "{} about {} of {} a month",
            meter(page.monthly, budget),
            dollars(page.monthly),
            dollars(budget)
        ),
        None => format!("About {} a month", dollars(page.monthly)),
    };
    for product in &page.uses {
        let line = quota(product);
        // Leave room for the last line.
        if text.chars().count() + line.chars().count() > MAX_SECTION - 20 {
            text.push_str("\nand more");
            break;
        }
        text.push('\n');
        text.push_str(&line);
    }
    text
}

fn quota(product: &ProductUse) -> String {
    let (used, limit) = (product.quota.used, product.quota.limit);
    let name = escape(&crate::slack::blocks::cut(&product.product, NAME));
    let cost = if product.monthly.is_zero() {
        String::new()
    } else {
        format!(" · about {}/month", dollars(product.monthly))
    };
    format!("{} {name}: {used} of {limit}{cost}", meter(used.into(), limit.into()))
}
