//! The slash command. Its first word selects a subcommand, one file each. A product's key opens its request form; any
//! other word searches the catalog.

mod again;
mod audit;
mod change;
mod costs;
mod escaped;
mod help;
mod jobs;
mod list;
mod pause;
mod renew;
mod request;
mod stats;
mod teardown;
mod transfer;

pub(super) use costs::modal as cost_modal;
pub(super) use help::written as written_help;
pub(super) use jobs::listed as listed_jobs;
pub(super) use list::{Rows, modal as list_modal, page as list_page};
pub(super) use request::full;
pub(super) use stats::modal as stats_modal;

use slack_morphism::prelude::SlackModalView;

use super::edge::{Edge, ReplyTarget};
use super::incoming::{Shortcut, SlashCommand};
use super::reply::Ack;
use super::views;
use crate::domain::parameters::{Prefill, parse_prefill};
use crate::portal::Error;
use crate::portal::people::form::{OfferedProduct, Typed, find_product, found, offers, open};

/// Parses the text of a command and answers it.
pub(super) async fn answer(edge: &Edge, command: &SlashCommand) -> Ack {
    let typed_text = escaped::as_typed(&command.text);
    let words = parse_prefill(&typed_text);
    let word = words.words.first().map_or(Word::Catalog, |word| Word::of(word));
    if word == Word::Help {
        return Ack::Written(edge.help());
    }
    // Boxed, so that the future for `help`, the cheapest answer, stays small.
    Box::pin(by_word(edge, command, word, &typed_text, words)).await
}

/// The first word of a command, which selects the file here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// No word: opens the catalog.
    Catalog,
    Help,
    List,
    Status,
    Cancel,
    Renew,
    Teardown,
    Transfer,
    Again,
    Change,
    Audit,
    Costs,
    Stats,
    Jobs,
    Pause,
    Resume,
    /// Any other word: a product's key, or a search term.
    Product,
}

impl Word {
    fn of(typed: &str) -> Self {
        Self::NAMED
            .into_iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(typed))
            .map_or(Self::Product, |(_, word)| word)
    }

    /// All words that are subcommands.
    const NAMED: [(&str, Self); 15] = [
        ("help", Self::Help),
        ("list", Self::List),
        ("status", Self::Status),
        ("cancel", Self::Cancel),
        ("renew", Self::Renew),
        ("teardown", Self::Teardown),
        ("transfer", Self::Transfer),
        ("again", Self::Again),
        ("change", Self::Change),
        ("audit", Self::Audit),
        ("costs", Self::Costs),
        ("stats", Self::Stats),
        ("jobs", Self::Jobs),
        ("pause", Self::Pause),
        ("resume", Self::Resume),
    ];
}

async fn by_word(edge: &Edge, command: &SlashCommand, word: Word, typed_text: &str, words: Prefill) -> Ack {
    let target = &ReplyTarget::of_command(command);
    let (trigger, key) = (command.trigger_id.as_deref(), command.key.as_str());
    let mut plain = words.words.iter().skip(1).map(String::as_str);
    let (rest, third) = (plain.next(), plain.next());
    match word {
        Word::Catalog => catalog(edge, target, trigger).await,
        Word::Help => Ack::Written(edge.help()),
        Word::List => list::list(edge, target, rest).await,
        Word::Status => request::status(edge, target, rest).await,
        Word::Cancel => request::cancel(edge, target, key, rest).await,
        Word::Renew => renew::renew(edge, target, key, rest, third).await,
        Word::Teardown => teardown::ask(edge, target, (trigger, key), rest).await,
        Word::Transfer => transfer::transfer(edge, target, (trigger, key), rest, third).await,
        Word::Again => again::again(edge, target, trigger, rest).await,
        Word::Change => change::change(edge, target, (trigger, key), rest, &words.pairs).await,
        Word::Audit => audit::audit(edge, target, rest).await,
        Word::Costs => costs::costs(edge, target, rest).await,
        Word::Stats => stats::stats(edge, target, rest).await,
        Word::Jobs => jobs::jobs(edge, target).await,
        Word::Pause => pause::pause(edge, target, key, typed_text).await,
        Word::Resume => pause::resume(edge, target, key).await,
        Word::Product => edge.opens(target, trigger, Box::pin(named(edge, target, words))).await,
    }
}

/// Returns the form of the named product, or, if there is no such product, the catalog entries that match the words.
async fn named(edge: &Edge, target: &ReplyTarget, words: Prefill) -> Result<SlackModalView, Error> {
    let product = words.words.first().map(String::as_str).unwrap_or_default();
    // If the search finds nothing either, opening the form below reports that there is no such product.
    if find_product(&edge.portal, product).is_err()
        && let Ok(offers) = found(&edge.portal, &target.person, &words.words).await
        && !offers.is_empty()
    {
        return shown(edge, &offers, Some(&words.words.join(" "))).await;
    }
    let form = open(&edge.portal, &target.person, &product.to_lowercase(), &typed(words.pairs)).await?;
    Ok(views::form(&form, None))
}

/// Answers a shortcut. There is only one, which opens the catalog.
pub(super) async fn shortcut(edge: &Edge, shortcut: &Shortcut) -> Ack {
    if shortcut.callback_id == super::ids::CATALOG_SHORTCUT {
        let target = ReplyTarget::only(&shortcut.origin.person);
        catalog(edge, &target, shortcut.trigger_id.as_deref()).await
    } else {
        Ack::Empty
    }
}

/// Opens the catalog of what this person's teams may request.
pub(super) async fn catalog(edge: &Edge, target: &ReplyTarget, trigger: Option<&str>) -> Ack {
    edge.opens(
        target,
        trigger,
        Box::pin(async {
            let offers = offers(&edge.portal, &target.person).await?;
            shown(edge, &offers, None).await
        }),
    )
    .await
}

/// Returns the catalog modal with these products; `sought` is the search term, if any.
async fn shown(
    edge: &Edge,
    offers: &[OfferedProduct],
    sought: Option<&str>,
) -> Result<SlackModalView, Error> {
    let entries: Vec<_> = offers
        .iter()
        .map(|offer| super::messages::CatalogEntry {
            product: &offer.product,
            estimate: offer.estimate.clone(),
        })
        .collect();
    let simulated = edge.portal.ports.provisioner.is_simulated();
    let paused = edge.portal.ports.store.pause().await?;
    Ok(views::catalog(&entries, &edge.portal.organization.command, simulated, paused.as_ref(), sought))
}

/// Separates `team=name`, which selects the team, from the pairs that are parameters.
fn typed(pairs: Vec<(String, String)>) -> Typed {
    let (teams, pairs): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|(key, _)| key.eq_ignore_ascii_case("team"));
    // The last one counts, as for a parameter that is typed twice.
    Typed { team: teams.into_iter().next_back().map(|(_, name)| name), pairs }
}
