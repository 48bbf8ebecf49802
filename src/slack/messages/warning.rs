//! The warning that leases run out: what ends when, and what can be done. Rewritten as things are renewed or end.

use slack_morphism::prelude::{SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle};

use super::{Message, facts, loss};
use crate::domain::lease::Lease;
use crate::domain::request::Request;
use crate::ports::slack::{Warned, WarningNotice};
use crate::slack::blocks::{button, buttons, context, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{self, any_of, date_time, mention};

/// The warning as it stands now.
pub(super) fn warning(notice: &WarningNotice<'_>) -> Message {
    let mut texts = Vec::new();
    let mut blocks = Vec::new();
    if let [one] = notice.leases {
        let text = alone(notice, one);
        blocks.push(section(&text));
        blocks.extend(row(notice, one));
        texts.push(text);
    } else {
        texts.push(intro(notice));
        blocks.push(section(&intro(notice)));
        for warned in notice.leases {
            let text = one_of_several(warned.request);
            blocks.push(section(&text));
            blocks.extend(row(notice, warned));
            texts.push(text);
        }
    }
    let ids = notice.leases.iter().map(|warned| format!("`{}`", warned.request.id.short()));
    let ids = ids.collect::<Vec<_>>().join(" ");
    let requests = if notice.leases.len() == 1 { "Request" } else { "Requests" };
    let simulated = notice.simulated.then(|| facts::SIMULATED.to_owned());
    let footer: Vec<String> = [Some(format!("{requests} {ids}")), simulated.clone()].into_iter().flatten().collect();
    blocks.push(context(&footer.join(" · ")));
    texts.extend(simulated.map(|words| format!("{words}.")));
    Message::new(&texts.join("\n"), blocks)
}

/// The only one of a message, in a sentence of its own.
fn alone(notice: &WarningNotice<'_>, warned: &Warned<'_>) -> String {
    let request = warned.request;
    let name =
        format!("*{}* `{}` of team *{}*", facts::product(request), facts::resource(request), facts::team(request));
    let Some(lease) = ending(request) else { return format!("{name}\n{}", stands(request)) };
    let until = date_time(lease.expires_at);
    let renew = if request.product.lease.renew.is_empty() { "" } else { " unless it is renewed" };
    let what = match notice.instead {
        None => format!("Your {name} is torn down {until}{renew}."),
        Some(_) => format!("{name} is torn down {until}{renew}. {}", unreachable_owner(notice)),
    };
    let kept = loss::left_behind(request).map(|kept| format!("\n{kept}")).unwrap_or_default();
    let cost = request.estimate.as_ref().map(|estimate| format!("\nIt costs {}.", mrkdwn::estimate(estimate)));
    format!("{what}{}{kept}", cost.unwrap_or_default())
}

/// What a list of several begins with.
fn intro(notice: &WarningNotice<'_>) -> String {
    let all = notice.leases.len();
    let waiting = notice.leases.iter().filter(|warned| ending(warned.request).is_some()).count();
    let what = match waiting {
        0 => return "None of these is about to be torn down any more.".to_owned(),
        1 => format!("One of these {all} is torn down soon unless it is renewed."),
        some if some == all => format!("These {all} are torn down soon unless they are renewed."),
        some => format!("{some} of these {all} are torn down soon unless they are renewed."),
    };
    if notice.instead.is_some() { format!("{what} {}", unreachable_owner(notice)) } else { what }
}

fn unreachable_owner(notice: &WarningNotice<'_>) -> String {
    let who = match notice.instead.map(any_of).filter(|names| !names.is_empty()) {
        Some(names) => format!("{names} can"),
        None => "its approvers can".to_owned(),
    };
    format!(
        "{}, who owns it, cannot be reached, so {who} decide: renew, hand over or tear down.",
        mention(notice.owner)
    )
}

fn one_of_several(request: &Request) -> String {
    let name =
        format!("*{}* `{}` of team *{}*", facts::product(request), facts::resource(request), facts::team(request));
    match ending(request) {
        Some(lease) => format!("{name}\nTorn down {}. {}", date_time(lease.expires_at), facts::cost(request)),
        None => format!("{name}\n{}", stands(request)),
    }
}

/// The lease that ends unless somebody does something.
fn ending(request: &Request) -> Option<&Lease> {
    let waits = request.waiting_renewal().is_some();
    request.lease().filter(|lease| lease.warned.is_some() && !waits)
}

/// What has become of it since the warning.
fn stands(request: &Request) -> String {
    match request.lease() {
        Some(lease) if request.waiting_renewal().is_none() => {
            format!("Renewed: it lives until {}.", date_time(lease.expires_at))
        }
        _ => facts::standing(request),
    }
}

/// Renew and tear down, for what runs out; nothing for what does not any more.
fn row(notice: &WarningNotice<'_>, warned: &Warned<'_>) -> Option<SlackBlock> {
    let request = warned.request;
    let asks = warned.is_current && ending(request).is_some();
    asks.then(|| {
        let mut row = renew_buttons(request);
        row.push(facts::teardown_button(request));
        if notice.instead.is_some() {
            row.push(facts::transfer_button(request));
        }
        buttons(&format!("lease.{}", request.id), row)
    })
}

/// One button for each period the product can be renewed by.
pub(super) fn renew_buttons(request: &Request) -> Vec<SlackBlockButtonElement> {
    let periods = request.product.lease.renew.iter().zip(0_u8..);
    let button = |(period, index)| {
        let text = format!("Renew {period}");
        let spoken = facts::spoken(&text, request);
        let button = button(ActionId::Renew(index), &text, &facts::button_value(request), &spoken);
        if index == 0 { button.with_style(SlackBlockButtonStyle::Primary) } else { button }
    };
    periods.take(ActionId::MOST_PERIODS.into()).map(button).collect()
}
