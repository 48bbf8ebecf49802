//! The card that asks approvers to agree to a renewal beyond those that need nobody.

use slack_morphism::prelude::{SlackBlock, SlackBlockButtonStyle};

use super::{Message, facts};
use crate::domain::request::{Renewal, RenewalAnswer, Request};
use crate::ports::slack::RequestNotice;
use crate::slack::blocks::{button, buttons, fields, header, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{any_of, date_time, escape_within, mention, quote};

pub(super) fn card(notice: &RequestNotice<'_>) -> Message {
    let request = notice.request;
    let Some(renewal) = &request.renewal else { return super::progress::direct(notice) };
    let title = title(request, renewal);
    let asked = format!(
        "{} asks to keep `{}` {} longer. It was renewed {} already.",
        mention(&renewal.by),
        facts::resource(request),
        renewal.period,
        times(renewals_before(request, renewal))
    );
    let mut blocks = vec![header(&title), section(&asked)];
    blocks.extend(fields(&[
        ("Owner", mention(&request.owner)),
        ("Team", facts::team(request)),
        ("Product", facts::product(request)),
        ("Cost", facts::cost(request)),
    ]));
    let outcome = outcome(notice, renewal);
    blocks.push(section(&outcome));
    blocks.extend(decide(request));
    blocks.push(facts::footer(notice, None));
    let simulated = if notice.simulated { format!(" {}.", facts::SIMULATED) } else { String::new() };
    let text = format!("{}. {asked} {outcome}{simulated}", escape_within(&title, 200));
    Message::new(&text, blocks)
}

/// How often it had been renewed when this was asked.
fn renewals_before(request: &Request, renewal: &Renewal) -> u32 {
    let granted = matches!(renewal.answer, Some(RenewalAnswer::Granted));
    request.lease().map_or(0, |lease| lease.renewals.saturating_sub(u32::from(granted)))
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn title(request: &Request, renewal: &Renewal) -> String {
    let name = &request.product.name;
    match (&renewal.answer, request.waiting_renewal()) {
        (None, Some(_)) => format!("Renewal needs approval: {name}"),
        (Some(RenewalAnswer::Granted), _) => format!("Renewal approved: {name}"),
        (Some(RenewalAnswer::Denied { .. }), _) => format!("Renewal denied: {name}"),
        (Some(RenewalAnswer::Unanswered), _) => format!("Renewal not answered: {name}"),
        (Some(RenewalAnswer::Moot) | None, _) => format!("Renewal no longer needed: {name}"),
    }
}

fn outcome(notice: &RequestNotice<'_>, renewal: &Renewal) -> String {
    match (&renewal.answer, notice.request.waiting_renewal()) {
        (None, Some(_)) => {
            let so_far: Vec<String> =
                renewal.approvals.iter().map(|approval| mention(&approval.by)).collect();
            let so_far =
                if so_far.is_empty() { String::new() } else { format!("\nAgreed: {}", so_far.join(", ")) };
            format!(
                "Waiting for {} until {}.{so_far}",
                any_of(notice.approvers),
                date_time(renewal.approve_by)
            )
        }
        (Some(RenewalAnswer::Granted), _) => {
            let by: Vec<String> = renewal
                .approvals
                .iter()
                .map(|approval| format!("{} ({})", mention(&approval.by), date_time(approval.at)))
                .collect();
            format!("Approved by {}\n{}", by.join(", "), facts::standing(notice.request))
        }
        (Some(RenewalAnswer::Denied { by, reason }), _) => {
            format!("Denied by {}\n{}", mention(by), quote(reason, facts::QUOTED))
        }
        (Some(RenewalAnswer::Unanswered), _) => "Nobody answered in time.".to_owned(),
        (Some(RenewalAnswer::Moot) | None, _) => facts::standing(notice.request),
    }
}

fn decide(request: &Request) -> Option<SlackBlock> {
    request.waiting_renewal()?;
    let value = facts::button_value(request);
    Some(buttons(
        "decide",
        vec![
            button(ActionId::Approve, "Approve", &value, &facts::spoken("Approve renewing", request))
                .with_style(SlackBlockButtonStyle::Primary),
            button(ActionId::Deny, "Deny", &value, &facts::spoken("Deny renewing", request))
                .with_style(SlackBlockButtonStyle::Danger),
        ],
    ))
}
