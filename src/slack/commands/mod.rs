//! The slash command: its first word says what is wanted. One file per word; a product's key opens its form, other words
//! the catalog with what they are found in.

mod again;
mod audit;
mod change;
mod costs;
mod escaped;
mod form;
mod help;
mod jobs;
mod list;
mod pause;
mod renew;
mod request;
mod stats;
mod teardown;
mod transfer;

pub(super) use change::change_view;
pub(super) use costs::modal as cost_modal;
pub(super) use form::{again, form_view, too_much};
pub(super) use help::written as written_help;
pub(super) use jobs::listed as listed_jobs;
pub(super) use list::{Rows, modal as list_modal, page as list_page};
pub(super) use request::full;
pub(super) use stats::modal as stats_modal;

use slack_morphism::prelude::SlackModalView;

use super::edge::{Edge, Whereabouts, words};
use super::incoming::{Command, Shortcut};
use super::messages::Message;
use super::reply::Ack;
use super::views;
use crate::domain::parameters::{Prefill, parse_prefill};
use crate::portal::Error;
use crate::portal::form::{Offer, Typed, find_product, found, offers};

/// Answers a command.
pub(super) async fn answer(edge: &Edge, command: Command) -> Ack {
    let typed_text = escaped::as_typed(&command.text);
    let words = parse_prefill(&typed_text);
    if words.words.first().is_some_and(|word| word.eq_ignore_ascii_case("help")) {
        return Ack::Written(edge.help());
    }
    // All that has more to do is kept elsewhere, so that help moves little.
    Box::pin(by_word(edge, command, &typed_text, words)).await
}

async fn by_word(edge: &Edge, command: Command, typed_text: &str, words: Prefill) -> Ack {
    let at = Whereabouts {
        person: command.origin.person.clone(),
        channel: command.channel.clone(),
        response_url: command.response_url.clone(),
        in_modal: false,
    };
    let mut plain = words.words.iter().map(String::as_str);
    let (first, rest, third) = (plain.next().map(str::to_lowercase), plain.next(), plain.next());
    match first.as_deref() {
        None => catalog(edge, at, command.trigger_id).await,
        Some("list") => list::list(edge, at, rest).await,
        Some("status") => request::status(edge, at, command.origin, rest).await,
        Some("cancel") => request::cancel(edge, at, &command.key, rest).await,
        Some("renew") => renew::renew(edge, at, command.key, rest, third).await,
        Some("teardown") => teardown::ask(edge, at, (command.trigger_id, &command.key), rest).await,
        Some("transfer") => {
            transfer::transfer(edge, at, (command.trigger_id, command.key), rest, third).await
        }
        Some("again") => again::again(edge, at, command.trigger_id, rest).await,
        Some("change") => {
            change::change(edge, at, (command.trigger_id, &command.key), rest, &words.pairs).await
        }
        Some("audit") => audit::audit(edge, at, rest).await,
        Some("costs") => costs::costs(edge, at, rest).await,
        Some("stats") => stats::stats(edge, at, rest).await,
        Some("jobs") => jobs::jobs(edge, at).await,
        Some("pause") => pause::pause(edge, at, command.key, typed_text).await,
        Some("resume") => pause::resume(edge, at, command.key).await,
        Some(product) => named(edge, at, command.trigger_id, product, words).await,
    }
}

/// Opens the form of the product that was named; where none is called so, the catalog with those that the words are found in.
async fn named(edge: &Edge, at: Whereabouts, trigger: Option<String>, product: &str, words: Prefill) -> Ack {
    if find_product(&edge.portal, product).is_err()
        && let Ok(offers) = found(&edge.portal, &at.person, &words.words).await
        && !offers.is_empty()
    {
        let view = shown(edge, &offers, Some(&words.words.join(" "))).await;
        return opened(edge, &at, trigger, view);
    }
    form::open(edge, at, trigger, product, typed(words.pairs)).await
}

/// Answers a shortcut: there is one, and it opens the catalog.
pub(super) async fn shortcut(edge: &Edge, shortcut: Shortcut) -> Ack {
    if shortcut.callback_id == super::ids::CATALOG_SHORTCUT {
        let at = Whereabouts::only(&shortcut.origin.person);
        if let Ack::Ephemeral(message) = catalog(edge, at.clone(), shortcut.trigger_id).await {
            // A shortcut has no place for an answer of its own.
            edge.say_later(&at, message);
        }
    }
    Ack::Empty
}

/// Opens the catalog.
pub(super) async fn catalog(edge: &Edge, at: Whereabouts, trigger: Option<String>) -> Ack {
    let view = match offers(&edge.portal, &at.person).await {
        Ok(offers) => shown(edge, &offers, None).await,
        Err(error) => Err(error),
    };
    opened(edge, &at, trigger, view)
}

fn opened(
    edge: &Edge,
    at: &Whereabouts,
    trigger: Option<String>,
    view: Result<SlackModalView, Error>,
) -> Ack {
    match view {
        Ok(view) => {
            edge.open_later(at, trigger, view);
            Ack::Empty
        }
        Err(error) => Ack::Ephemeral(Message::plain(&words(&error))),
    }
}

/// The modal with these products; `sought` are the words that they were searched for.
async fn shown(edge: &Edge, offers: &[Offer], sought: Option<&str>) -> Result<SlackModalView, Error> {
    let shown: Vec<_> = offers
        .iter()
        .map(|offer| super::messages::Offer { product: &offer.product, estimate: offer.estimate.clone() })
        .collect();
    let simulated = edge.portal.ports.provisioner.is_simulated();
    let paused = edge.portal.ports.store.pause().await?;
    Ok(views::catalog(&shown, &edge.portal.organization.command, simulated, paused.as_ref(), sought))
}

/// `team=name` is not a parameter of any product.
fn typed(pairs: Vec<(String, String)>) -> Typed {
    let (teams, pairs): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|(key, _)| key.eq_ignore_ascii_case("team"));
    Typed { team: teams.into_iter().next_back().map(|(_, name)| name), pairs }
}
