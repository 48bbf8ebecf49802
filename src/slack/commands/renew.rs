//! `/provision renew <id> [30d]`: renews a lease.

use super::request::{named, which};
use crate::domain::period::Period;
use crate::portal::Error;
use crate::portal::people::renew::{RenewalChoice, renew as renew_request};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::messages::{self, Message};
use crate::slack::mrkdwn::escape;
use crate::slack::reply::Ack;

pub(super) async fn renew(
    edge: &Edge,
    at: &ReplyTarget,
    key: &str,
    typed: Option<&str>,
    period: Option<&str>,
) -> Ack {
    let Some(typed) = typed else { return which(edge, "renew") };
    let by = match period.map(|period| period.to_lowercase().parse::<Period>()) {
        None => RenewalChoice::First,
        Some(Ok(period)) => RenewalChoice::Period(period),
        Some(Err(error)) => {
            return Ack::Ephemeral(Message::plain(&format!("{}.", escape(&error.to_string()))));
        }
    };
    match renewed(edge, at, key, typed, by).await {
        Ok(message) => Ack::Ephemeral(message),
        Err(error) => edge.refusal_of(&error),
    }
}

async fn renewed(
    edge: &Edge,
    at: &ReplyTarget,
    key: &str,
    typed: &str,
    by: RenewalChoice,
) -> Result<Message, Error> {
    let click = named(edge, at, key, typed).await?;
    Ok(messages::renewed(&renew_request(&edge.portal, &click, by).await?))
}
