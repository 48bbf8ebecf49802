//! The warning that leases run out: what ends when, and what can be done. Rewritten as things are renewed or end.

use slack_morphism::prelude::{SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle};

use super::{Message, facts};
use crate::domain::lease::Lease;
use crate::domain::request::{Request, Status};
use crate::ports::slack::{Warned, WarningNotice};
use crate::slack::blocks::{button, buttons, context, section};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{any_of, date_time, mention};

/// The warning as it stands now.
pub(super) fn warning(notice: &WarningNotice<'_>) -> Message {
    let intro = intro(notice);
    let mut blocks = vec![section(&intro)];
    for warned in notice.leases {
        blocks.push(section(&line(warned.request)));
        blocks.extend(row(warned));
    }
    let simulated = notice.simulated.then_some(facts::SIMULATED);
    let ids: Vec<String> =
        notice.leases.iter().map(|warned| format!("`{}`", warned.request.id.short())).collect();
    let footer = [Some(ids.join(" ")), simulated.map(str::to_owned)];
    blocks.push(context(&footer.into_iter().flatten().collect::<Vec<_>>().join(" · ")));
    let lines: Vec<String> = notice.leases.iter().map(|warned| line(warned.request)).collect();
    let simulated = simulated.map(|words| format!(" {words}.")).unwrap_or_default();
    Message::new(&format!("{intro}\n{}{simulated}", lines.join("\n")), blocks)
}

fn intro(notice: &WarningNotice<'_>) -> String {
    let waiting = notice.leases.iter().filter(|warned| is_ending(warned)).count();
    let what = match (waiting, notice.leases.len()) {
        (0, _) => return "Nothing of this is about to be torn down any more.".to_owned(),
        (1, 1) => "This is torn down soon unless it is renewed.".to_owned(),
        (some, all) if some == all => format!("These {all} are torn down soon unless they are renewed."),
        (some, all) => format!("{some} of these {all} are torn down soon unless they are renewed."),
    };
    match notice.instead {
        None => what,
        Some(approvers) => format!(
            "{what} Their owner {} cannot be reached, so {} can decide: renew, hand over or tear down.",
            mention(notice.owner),
            any_of(approvers)
        ),
    }
}

fn is_ending(warned: &Warned<'_>) -> bool {
    warned.request.lease().is_some_and(|lease| lease.warned.is_some())
}

fn line(request: &Request) -> String {
    let name = format!(
        "*{}* for team *{}*: `{}`",
        facts::product(request),
        facts::team(request),
        facts::resource(request)
    );
    let stands = match (&request.status, request.waiting_renewal()) {
        (Status::Active { lease }, None) => until(request, lease),
        _ => facts::standing(request),
    };
    format!("{name}\n{stands}")
}

fn until(request: &Request, lease: &Lease) -> String {
    if lease.warned.is_some() {
        return format!(
            "Torn down {} unless it is renewed. {}",
            date_time(lease.expires_at),
            facts::cost(request)
        );
    }
    format!("Renewed: it lives until {}.", date_time(lease.expires_at))
}

/// Renew and tear down, for what runs out; nothing for what does not any more.
fn row(warned: &Warned<'_>) -> Option<SlackBlock> {
    let request = warned.request;
    let asks = warned.is_current && is_ending(warned) && request.waiting_renewal().is_none();
    asks.then(|| {
        let mut row = renew_buttons(request);
        row.push(facts::teardown_button(request));
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
