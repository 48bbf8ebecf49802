//! Buttons about what lives: renew, tear down, give up a teardown, hand over.

use super::{named, refuse};
use crate::portal::renew::{Which, renew as renew_request};
use crate::slack::edge::{Edge, Whereabouts};
use crate::slack::incoming::Click;

/// Renews; the messages change by themselves once that is stored.
pub(super) async fn renew(edge: &Edge, at: &Whereabouts, click: &Click, period: u8) {
    let renewed = match named(edge, click, "renew").await {
        Ok(named) => renew_request(&edge.portal, &named, Which::At(period)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = renewed {
        refuse(edge, at, &error);
    }
}
