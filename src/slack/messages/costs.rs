//! Costs: a table in messages, where Slack shows tables, and the same as text.

use rust_decimal::Decimal;
use slack_morphism::prelude::{
    SlackBlock, SlackTableBlock, SlackTableCell, SlackTableColumnAlign, SlackTableColumnSetting,
};

use super::{Message, text};
use crate::domain::spending::Amounts;
use crate::portal::people::costs::{Costs, OwnerCosts};
use crate::ports::store::RequestScope;
use crate::slack::blocks::{MAX_SECTION, context, cut, header, section};
use crate::slack::mrkdwn::{dollars, escape, meter, short_meter};

/// Most rows that Slack accepts in a table, including the heading.
const MAX_ROWS: usize = 100;
/// Longest cell, in characters. Slack has no such limit, but a phone's screen has.
const MAX_CELL: usize = 60;

/// Returns the costs as a message.
pub fn costs(costs: &Costs, command: &str) -> Message {
    let title = format!("Costs in {}", costs.month);
    let (paragraphs, note) = cost_paragraphs(costs, command);
    let mut blocks = vec![header(&title)];
    // Only the summaries, because the table has the products. The fallback text has no table.
    blocks.extend(costs.accounts.iter().map(|account| section(&summary(account, command))));
    blocks.extend(table(&costs.accounts));
    blocks.push(context(&note));
    Message::new(&format!("{title}\n{}\n{note}", paragraphs.join("\n")), blocks)
}

/// Returns the costs as text: a paragraph for each account, and a note that explains the figures.
pub fn cost_paragraphs(costs: &Costs, command: &str) -> (Vec<String>, String) {
    let paragraph = |account: &OwnerCosts| {
        let products = account.products.iter().map(|(name, amounts)| product_line(name, amounts, account));
        let lines: Vec<String> = [summary(account, command)].into_iter().chain(products).collect();
        // The note about lines that are left out may exceed the limit, so it gets room here.
        text::as_many_as_fit(&lines, MAX_SECTION - 40)
    };
    (costs.accounts.iter().map(paragraph).collect(), note(costs, command))
}

fn note(costs: &Costs, command: &str) -> String {
    let prices = if costs.region.is_empty() {
        "Estimates at list price".to_owned()
    } else {
        format!("Estimates at {} list price of {}", escape(&costs.region), escape(&costs.priced_on))
    };
    let hint = if costs.more_to_read {
        format!(" `{} costs all` shows all teams.", escape(command))
    } else {
        String::new()
    };
    format!(
        "{prices}, or of the day of an earlier request; this is not a bill. {} so far counts the hours each resource has \
         existed; the whole month counts each one until its lease ends.{hint}",
        costs.month
    )
}

/// Formats an account: owner, number of resources, monthly costs, this month's costs, and what is left of the budget.
fn summary(account: &OwnerCosts, command: &str) -> String {
    let Amounts { held, unpriced, monthly, so_far, projected, billed } = &account.total;
    let billed = billed.map(|amount| format!("\nAWS has charged {} this month", dollars(amount)));
    let name = title(account);
    if *held == 0 && projected.is_zero() {
        let budget = budget(account).unwrap_or_default();
        return format!("*{name}*: nothing yet. `{}` shows what you can request.{budget}", escape(command));
    }
    let unpriced = match unpriced {
        0 => String::new(),
        1 => "\n1 has no estimate and is not counted.".to_owned(),
        some => format!("\n{some} have no estimate and are not counted."),
    };
    format!(
        "*{name}*: {held} held, {}/month\nThis month {} so far, {} for the whole month{}{}{unpriced}",
        about(*monthly),
        about(*so_far),
        about(*projected),
        billed.unwrap_or_default(),
        budget(account).unwrap_or_default()
    )
}

/// Formats an amount as "about $12", but without "about" for less than a cent.
fn about(amount: Decimal) -> String {
    let dollars = dollars(amount);
    if dollars.starts_with('$') { format!("about {dollars}") } else { dollars }
}

fn title(account: &OwnerCosts) -> String {
    match &account.whose {
        RequestScope::Owner(_) => "Yours".to_owned(),
        RequestScope::Team(team) | RequestScope::TeamProduct(team, _) => {
            format!("Team {}", escape(team.as_str()))
        }
        RequestScope::Product(_) | RequestScope::All => "All teams".to_owned(),
    }
}

fn budget(account: &OwnerCosts) -> Option<String> {
    let budget = account.budget?;
    let monthly = account.total.monthly;
    let left = budget.saturating_sub(monthly);
    // Approvers or an admin may have allowed more than the budget.
    let left = if left.is_sign_negative() {
        format!("about {} over it", dollars(left.abs()))
    } else {
        format!("about {} left", dollars(left))
    };
    Some(format!(
        "\nBudget {} about {} of {} a month, {left}",
        meter(monthly, budget),
        dollars(monthly),
        dollars(budget)
    ))
}

fn product_line(name: &str, amounts: &Amounts, account: &OwnerCosts) -> String {
    let billed = amounts.billed.map(|amount| format!(", {} charged by AWS", dollars(amount)));
    let monthly = a_month(amounts)
        .map_or_else(|| "no estimate, not counted".to_owned(), |dollars| format!("{dollars}/month"));
    format!(
        "{} {}: {} held, {monthly}, {} so far, {} for the whole month{}",
        meter(amounts.monthly, account.total.monthly),
        escape(&cut(name, MAX_CELL)),
        amounts.held,
        dollars(amounts.so_far),
        dollars(amounts.projected),
        billed.unwrap_or_default()
    )
}

/// Formats the monthly costs; `None` if there are resources but none has an estimate.
fn a_month(amounts: &Amounts) -> Option<String> {
    let is_unknown = amounts.held > 0 && amounts.unpriced == amounts.held;
    if is_unknown { None } else { Some(dollars(amounts.monthly)) }
}

/// Returns a table with one row per product and account, with an owner column if there are several accounts.
fn table(accounts: &[OwnerCosts]) -> Option<SlackBlock> {
    let whose = accounts.iter().filter(|account| !account.products.is_empty()).count() > 1;
    let rows: Vec<Vec<SlackTableCell>> = accounts
        .iter()
        .flat_map(|account| account.products.iter().map(move |product| (account, product)))
        .map(|(account, (name, amounts))| row(account, whose, name, amounts))
        .take(MAX_ROWS - 1)
        .collect();
    if rows.is_empty() {
        return None;
    }
    let titles = ["Product", "Held", "A month", "So far", "Projected", "Share"];
    let titles = whose.then_some("Whose").into_iter().chain(titles).map(SlackTableCell::from).collect();
    let table = SlackTableBlock::new([vec![titles], rows].concat());
    Some(table.with_column_settings(columns(whose)).into())
}

fn row(account: &OwnerCosts, whose: bool, name: &str, amounts: &Amounts) -> Vec<SlackTableCell> {
    let money = |amount: Decimal| dollars(amount);
    let monthly = a_month(amounts).unwrap_or_else(|| "no estimate".to_owned());
    let cells = [
        cut(name, MAX_CELL),
        amounts.held.to_string(),
        monthly,
        money(amounts.so_far),
        money(amounts.projected),
        short_meter(amounts.monthly, account.total.monthly),
    ];
    let whose = whose.then(|| cut(&plain_title(account), MAX_CELL));
    // Slack refuses empty cells.
    let filled = |text: String| if text.trim().is_empty() { "-".to_owned() } else { text };
    whose.into_iter().chain(cells).map(filled).map(SlackTableCell::from).collect()
}

/// Like [`title`], without escaping, because cells are plain text.
fn plain_title(account: &OwnerCosts) -> String {
    match &account.whose {
        RequestScope::Owner(_) => "You".to_owned(),
        RequestScope::Team(team) | RequestScope::TeamProduct(team, _) => team.to_string(),
        RequestScope::Product(_) | RequestScope::All => "All teams".to_owned(),
    }
}

/// Aligns amounts to the right, so that their digits line up.
fn columns(whose: bool) -> Vec<SlackTableColumnSetting> {
    let align = |align| SlackTableColumnSetting::new().with_align(align);
    let texts = if whose { 2 } else { 1 };
    let texts = std::iter::repeat_with(|| align(SlackTableColumnAlign::Left)).take(texts);
    let amounts = std::iter::repeat_with(|| align(SlackTableColumnAlign::Right)).take(4);
    texts.chain(amounts).chain([align(SlackTableColumnAlign::Left)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{PersonId, TeamName};
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    fn amounts(held: u32, unpriced: u32, monthly: i64, so_far: i64, projected: i64) -> Amounts {
        let cents = |cents| Decimal::new(cents, 2);
        Amounts {
            held,
            unpriced,
            monthly: cents(monthly),
            so_far: cents(so_far),
            projected: cents(projected),
            billed: None,
        }
    }

    fn mine() -> OwnerCosts {
        OwnerCosts {
            whose: RequestScope::Owner(PersonId::new("U0ALICE")),
            products: vec![("Secure S3 Bucket".into(), amounts(2, 0, 430, 110, 215))],
            total: amounts(2, 0, 430, 110, 215),
            budget: None,
        }
    }

    fn team() -> OwnerCosts {
        OwnerCosts {
            whose: RequestScope::Team(TeamName::new("payments")),
            products: vec![
                ("PostgreSQL RDS Instance".into(), amounts(1, 0, 1_500, 750, 1_500)),
                ("Secure S3 Bucket".into(), amounts(4, 0, 860, 220, 430)),
                ("Queue".into(), amounts(2, 2, 0, 0, 0)),
            ],
            total: amounts(7, 2, 2_360, 970, 1_930),
            budget: Some(Decimal::from(50)),
        }
    }

    fn of(accounts: Vec<OwnerCosts>) -> Costs {
        let (region, priced_on) = ("us-east-1".into(), "2026-08-21".into());
        Costs { accounts, more_to_read: false, region, priced_on, month: "November 2026".into() }
    }

    #[test]
    fn costs_come_as_a_table_with_sums_and_what_is_left_of_the_budget() {
        insta::assert_snapshot!(transcript(&costs(&of(vec![mine(), team()]), "/provision")), @"
        (Costs in November 2026 / *Yours*: 2 held, about $4.30/month / This month about $1.10 so far, about $2.15 for the whole month / ▓▓▓▓▓▓▓▓▓▓ Secure S3 Bucket: 2 held, $4.30/month, $1.10 so far, $2.15 for the whole month / *Team payments*: 7 held, about $24/month / This month about $9.70 so far, about $19 for the whole month / Budget ▓▓▓▓░░░░░░ about $24 of $50 a month, about $26 left / 2 have no estimate and are not counted. / ▓▓▓▓▓▓░░░░ PostgreSQL RDS Instance: 1 held, $15/month, $7.50 so far, $15 for the whole month / ▓▓▓░░░░░░░ Secure S3 Bucket: 4 held, $8.60/month, $2.20 so far, $4.30 for the whole month / ░░░░░░░░░░ Queue: 2 held, no estimate, not counted, $0 so far, $0 for the whole month / Estimates at us-east-1 list price of 2026-08-21, or of the day of an earlier request; this is not a bill. November 2026 so far counts the hours each resource has existed; the whole month counts each one until its lease ends.)
        # Costs in November 2026
        *Yours*: 2 held, about $4.30/month
        This month about $1.10 so far, about $2.15 for the whole month
        *Team payments*: 7 held, about $24/month
        This month about $9.70 so far, about $19 for the whole month
        Budget ▓▓▓▓░░░░░░ about $24 of $50 a month, about $26 left
        2 have no estimate and are not counted.
        | Whose | Product | Held | A month | So far | Projected | Share |
        | You | Secure S3 Bucket | 2 | $4.30 | $1.10 | $2.15 | ▓▓▓▓▓ |
        | payments | PostgreSQL RDS Instance | 1 | $15 | $7.50 | $15 | ▓▓▓░░ |
        | payments | Secure S3 Bucket | 4 | $8.60 | $2.20 | $4.30 | ▓░░░░ |
        | payments | Queue | 2 | no estimate | $0 | $0 | ░░░░░ |
        (Estimates at us-east-1 list price of 2026-08-21, or of the day of an earlier request; this is not a bill. November 2026 so far counts the hours each resource has existed; the whole month counts each one until its lease ends.)
        ");
    }

    #[test]
    fn a_team_that_holds_nothing_is_told_what_to_do() {
        let nothing = OwnerCosts { products: vec![], total: Amounts::default(), ..team() };
        insta::assert_snapshot!(transcript(&costs(&of(vec![nothing]), "/provision")), @"
        (Costs in November 2026 / *Team payments*: nothing yet. `/provision` shows what you can request. / Budget ░░░░░░░░░░ about $0 of $50 a month, about $50 left / Estimates at us-east-1 list price of 2026-08-21, or of the day of an earlier request; this is not a bill. November 2026 so far counts the hours each resource has existed; the whole month counts each one until its lease ends.)
        # Costs in November 2026
        *Team payments*: nothing yet. `/provision` shows what you can request.
        Budget ░░░░░░░░░░ about $0 of $50 a month, about $50 left
        (Estimates at us-east-1 list price of 2026-08-21, or of the day of an earlier request; this is not a bill. November 2026 so far counts the hours each resource has existed; the whole month counts each one until its lease ends.)
        ");
    }

    #[test]
    fn a_budget_that_was_lowered_is_said_to_be_exceeded() {
        let over = OwnerCosts { budget: Some(Decimal::from(20)), ..team() };
        insta::assert_snapshot!(summary(&over, "/provision"), @"
        *Team payments*: 7 held, about $24/month
        This month about $9.70 so far, about $19 for the whole month
        Budget ▓▓▓▓▓▓▓▓▓▓ about $24 of $20 a month, about $3.60 over it
        2 have no estimate and are not counted.
        ");
    }

    #[test]
    fn enormous_costs_keep_slacks_limits() {
        let name = "<&>`é".repeat(100);
        let many =
            (0..400).map(|n| (format!("{n}{name}"), amounts(1, 0, i64::MAX, i64::MAX, i64::MAX))).collect();
        let big =
            OwnerCosts { products: many, whose: RequestScope::Team(TeamName::new(name.clone())), ..team() };
        assert_within_limits(&costs(&of(vec![big.clone(), big]), "/provision"));
        let small = vec![mine(); 80];
        assert_within_limits(&costs(&of(small), "/provision"));
    }
}
