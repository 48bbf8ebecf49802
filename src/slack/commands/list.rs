//! `/provision list [team]`: one's own requests, or a team's, a page at a time; what has ended behind a button.

use slack_morphism::prelude::SlackModalView;

use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::lookup::{self, Cut, Page};
use crate::ports::store::Whose;
use crate::slack::edge::{Edge, Whereabouts};
use crate::slack::messages::{self, ListPage, Message, PAGE_ROWS};
use crate::slack::mrkdwn::escape;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Which rows a button of a list stands for: `live:<skip>` or `ended:<skip>`, and `:<team>` for a team's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::slack) struct Rows {
    pub(in crate::slack) ended: bool,
    pub(in crate::slack) skip: usize,
    pub(in crate::slack) team: Option<String>,
}

impl Rows {
    /// The newest that live: a person's own, or a team's.
    pub(in crate::slack) fn first(team: Option<&str>) -> Self {
        Self { ended: false, skip: 0, team: team.map(str::to_owned) }
    }

    pub(in crate::slack) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let ended = match parts.next()? {
            "live" => false,
            "ended" => true,
            _ => return None,
        };
        let skip = parts.next()?.parse().ok()?;
        Some(Self { ended, skip, team: parts.next().map(str::to_owned) })
    }

    pub(in crate::slack) fn written(&self) -> String {
        let which = if self.ended { "ended" } else { "live" };
        match &self.team {
            Some(team) => format!("{which}:{}:{team}", self.skip),
            None => format!("{which}:{}", self.skip),
        }
    }

    fn turned(&self, ended: bool, skip: usize) -> String {
        Self { ended, skip, team: self.team.clone() }.written()
    }

    async fn page(&self, edge: &Edge, person: &PersonId) -> Result<Page, Error> {
        let cut = Cut { ended: self.ended, skip: self.skip, limit: PAGE_ROWS };
        lookup::list(&edge.portal, person, self.team.as_deref(), cut).await
    }
}

pub(super) async fn list(edge: &Edge, at: &Whereabouts, team: Option<&str>) -> Ack {
    Ack::Ephemeral(page(edge, &at.person, &Rows::first(team)).await)
}

/// One page as a message, or why there is none. Pages before it stand above it, so it only leads on.
pub(in crate::slack) async fn page(edge: &Edge, person: &PersonId, rows: &Rows) -> Message {
    match rows.page(edge, person).await {
        Ok(page) => {
            let mut turns = Vec::new();
            if page.more {
                turns.push(("Show more", rows.turned(rows.ended, rows.skip.saturating_add(PAGE_ROWS))));
            }
            if page.any_ended && !rows.ended {
                turns.push(("Show ended", rows.turned(true, 0)));
            }
            shown(edge, &page, rows, turns, messages::list)
        }
        Err(error @ (Error::Refused(_) | Error::Failed(_))) => Message::plain(&edge.words(&error)),
    }
}

/// One page as a modal, where each page takes the place of the one before.
///
/// # Errors
/// A refusal when the team is not theirs to see; a failure when Slack or the store is silent.
pub(in crate::slack) async fn modal(
    edge: &Edge,
    person: &PersonId,
    rows: &Rows,
) -> Result<SlackModalView, Error> {
    let page = rows.page(edge, person).await?;
    let mut turns = Vec::new();
    if page.more {
        turns.push(("Next page", rows.turned(rows.ended, rows.skip.saturating_add(PAGE_ROWS))));
    }
    if rows.skip > 0 {
        turns.push(("Previous page", rows.turned(rows.ended, rows.skip.saturating_sub(PAGE_ROWS))));
    }
    if rows.ended {
        turns.push(("Show what lives", rows.turned(false, 0)));
    } else if page.any_ended {
        turns.push(("Show ended", rows.turned(true, 0)));
    }
    Ok(shown(edge, &page, rows, turns, views::requests))
}

fn shown<T>(
    edge: &Edge,
    page: &Page,
    rows: &Rows,
    turns: Vec<(&'static str, String)>,
    build: impl FnOnce(&ListPage<'_>) -> T,
) -> T {
    let command = &edge.portal.organization.command;
    let ended = if rows.ended { "ended " } else { "" };
    let (title, who) = match &page.whose {
        Whose::Owner(_) => (format!("Your {ended}requests"), "You have".to_owned()),
        Whose::Team(team) | Whose::TeamProduct(team, _) => {
            // Its name is one of the settings, but nobody promised that it is free of Slack's markup.
            (
                format!("{}equests of team {team}", if rows.ended { "Ended r" } else { "R" }),
                format!("Team *{}* has", escape(team.as_str())),
            )
        }
        Whose::Product(_) | Whose::All => (
            format!("{}equests of all teams", if rows.ended { "Ended r" } else { "R" }),
            "No team has".to_owned(),
        ),
    };
    let empty = match (rows.ended || rows.skip > 0, page.any_ended) {
        (true, _) => "There are no more.".to_owned(),
        (false, true) => format!("{who} nothing that lives. `{command}` shows what there is."),
        (false, false) => format!("{who} not asked for anything yet. `{command}` shows what there is."),
    };
    build(&ListPage {
        title: &title,
        rows: &page.requests,
        turns,
        empty: &empty,
        simulated: edge.portal.ports.provisioner.is_simulated(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paging_button_reads_back_what_it_stands_for() {
        for rows in [Rows::first(None), Rows { ended: true, skip: 15, team: Some("payments: eu".into()) }] {
            assert_eq!(Rows::parse(&rows.written()), Some(rows));
        }
        for bad in ["", "15", "live", "live:-1", "gone:0", "live:x:payments"] {
            assert_eq!(Rows::parse(bad), None, "{bad}");
        }
    }
}
