//! Keeping something longer.

use super::decide::{Click, named_request};
use super::{Error, Portal};
use crate::domain::event::Event;
use crate::domain::next::next;
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, Surface};

/// Renews by `period`, or by the product's first one, if the person may. The request after it has a later end, or a
/// renewal that waits for approvers.
///
/// # Errors
/// A refusal, noted on the trail when it is for lack of right; or a failure, with nothing changed.
pub async fn renew(portal: &Portal, click: &Click, period: Option<Period>) -> Result<Request, Error> {
    let request = named_request(portal, click, Surface::Warning, "renew").await?;
    portal.check_tends(&request, &click.by, "renew").await?;
    let offered = &request.product.lease.renew;
    let Some(period) = period.or_else(|| offered.first().copied()) else {
        return Err(Refusal::NotARenewal { offered: offered.clone() }.into());
    };
    let event = Event::Renew { by: click.by.clone(), period };
    portal.change(request.id, |request, now| next(request, &event, now)).await
}
