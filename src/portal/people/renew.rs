//! Renewal of a lease.

use crate::domain::event::Event;
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Request};
use crate::portal::access::Managing;
use crate::portal::commit::applying;
use crate::portal::people::click::{RequestAction, named_request, refresh_clicked, refresh_news, refusal_in};
use crate::portal::{Error, Portal};

/// Which of the product's renewal periods to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalChoice {
    /// The first one.
    First,
    /// The one at this index, from 0.
    At(u8),
    /// This period, if the product offers it.
    Period(Period),
}

impl RenewalChoice {
    fn of(self, offered: &[Period]) -> Option<Period> {
        match self {
            Self::First => offered.first().copied(),
            Self::At(index) => offered.get(usize::from(index)).copied(),
            Self::Period(period) => offered.contains(&period).then_some(period),
        }
    }
}

/// Renews the lease, if the person may. The returned request has a later end, or a renewal that waits for approvers.
///
/// # Errors
/// A refusal, recorded on the trail if it is for lack of permission; or a failure, with nothing changed.
pub async fn renew(portal: &Portal, click: &RequestAction, choice: RenewalChoice) -> Result<Request, Error> {
    let request = named_request(portal, click, |_| MessageSlot::Warning, "renew").await?;
    portal.check_manages(&request, &click.by, (Managing::Keep, "renew")).await?;
    let offered = &request.product.lease.renew;
    let Some(period) = choice.of(offered) else {
        return Err(Refusal::NotARenewal { offered: offered.clone() }.into());
    };
    let event = Event::Renew { by: click.by.clone(), period };
    let result = portal.change(request.id, click.options(), applying(&event)).await;
    refresh_clicked(portal, &request, click, (MessageSlot::Warning, refusal_in(&result))).await;
    let request = result?;
    refresh_news(portal, &request, click).await?;
    Ok(request)
}
